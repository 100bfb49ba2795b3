# `make` prints what there is. The two that matter: `make run` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check-infra test-kafka test-images bench-audit bench-kafka fmt lint doc diagram \
	cost schema python-lock images status bootstrap plan apply destroy clean

# What scripts/setup.sh installs, for the recipes after it.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

FUNCTIONS := $(notdir $(wildcard functions/*))

# make run: the user's own folder of images, and whether to end after the table.
IMAGES ?=
ONCE ?=

# make deploy-<function> and the like: the environment, a folder of infra/envs.
ENV ?=

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { sub("%", "<function>", $$1); printf "  make %-20s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)
	@printf '\n  make run IMAGES=dir sends your own images; ONCE=1 ends it after the table;\n  KAFKA_BROKERS=host:port uses a real Kafka.\n'
	@printf '  What deploys needs ENV=<environment>; DRY_RUN=1 only prints the commands.\n'
	@printf '  A <function> is one of: $(FUNCTIONS).\n'

setup: ## Install what is missing: a C compiler, Rust, the warehouse
	@scripts/setup.sh

# The dev profile, shared with `make test`: the pixel work is optimised in it too (see Cargo.toml).
run: setup ## Start everything on this machine, send images through, show what came out
	@cargo build --workspace --bins --locked
	@cargo run --quiet --locked -p local-stack --bin local-stack -- \
		$(if $(IMAGES),--images '$(IMAGES)') $(if $(ONCE),--once)

test: setup ## Check format, lints, unit and integration tests, documentation and infrastructure
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo build --workspace --bins --locked
	# Most tests wait for processes rather than for a processor.
	RUST_TEST_THREADS=$$((2 * $$(nproc))) cargo test --workspace --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	@$(MAKE) --no-print-directory check-infra

check-infra: ## Check the Terraform, the scripts and the Dockerfile, without a cloud
	@scripts/setup.sh infra
	cargo build --quiet --locked -p local-stack --bin local-stack
	.local/infra/bin/python -m pytest --quiet --numprocesses 2 --dist loadfile \
		infra/check scripts/deploy scripts/images/test_dockerfile.py

test-kafka: setup ## Test what needs a real Kafka broker, on KAFKA_BROKERS or one that is built once
	@scripts/test-kafka.sh

test-images: images ## Test that every function's image is what it should be, and starts
	cargo build --locked -p local-cloud
	.local/infra/bin/pytest scripts/images

bench-audit: setup ## Measure sweeps by how much is stored
	cargo build --release --locked -p purge-auditor
	cargo bench --locked -p integration-tests --bench audit

bench-kafka: setup ## Measure images through Kafka beside straight uploads
	cargo build --release --locked -p kafka-ingest
	cargo bench --locked -p integration-tests --bench kafka

fmt: setup ## Format the code
	cargo fmt --all

lint: setup ## Lint the code, warnings denied
	cargo clippy --workspace --all-targets --locked -- -D warnings

doc: setup ## Build the documentation
	cargo doc --workspace --no-deps --document-private-items --locked

diagram: setup ## Draw docs/architecture from docs/diagram/architecture.toml
	@scripts/diagram.sh

cost: setup ## Print what a month costs by images a day, from docs/cost/prices.toml
	@.local/python/bin/python docs/cost

schema: setup ## Generate the warehouse tables' definitions in infra/warehouse
	@cd infra/warehouse && for table in image_records purge_ledger; do \
		cargo run --quiet --locked -p darkroom-core --example warehouse_table $$table > $$table.json.new && \
		mv $$table.json.new $$table.json || exit 1; \
	done

python-lock: setup ## Pin the Python packages anew, from their .in files
	@scripts/lock-python.sh

image-%: setup ## Build a function's image and the list of what is in it, in target/images
	@scripts/images/build.sh '$*'

images: $(FUNCTIONS:%=image-%) ## Build every function's image

push-%: ## Build a function's image and push it, before there is anything to deploy it to
	@scripts/deploy/push.sh '$*' '$(ENV)'

deploy-%: ## Build, push, make a revision, smoke-test it, shift traffic to it
	@scripts/deploy/deploy.sh '$*' '$(ENV)'

rollback-%: ## Shift traffic back to the revision that served before
	@scripts/deploy/rollback.sh '$*' '$(ENV)'

status: ## Print which revision and image of each function serves
	@scripts/deploy/status.sh '$(ENV)'

bootstrap: ## Make what an environment needs first: APIs, the state's bucket, the registry
	@scripts/deploy/terraform.sh bootstrap '$(ENV)'

plan: ## Print what Terraform would change
	@scripts/deploy/terraform.sh plan '$(ENV)'

apply: ## Change it, once confirmed
	@scripts/deploy/terraform.sh apply '$(ENV)'

destroy: ## Delete an environment, once confirmed; refused while images are kept, but for FORCE=1
	@scripts/deploy/terraform.sh destroy '$(ENV)'

clean: ## Delete what was built and what the local run keeps
	rm -rf target .local
