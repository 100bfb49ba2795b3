# `make` prints what there is. The two that matter: `make run` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run dashboard notebook test check-analytics check-infra test-kafka test-images \
	bench-analytics bench-audit bench-kafka fmt lint doc diagram cost schema python-lock images status \
	bootstrap plan apply destroy looker-studio clean

# What scripts/setup.sh installs, for the recipes after it.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# Always built for the whole workspace: for one crate alone its dependencies would be compiled again, with
# the features that it needs of them.
BINARIES := $(or $(CARGO_TARGET_DIR),target)/debug

FUNCTIONS := $(notdir $(wildcard functions/*))

# make run: the user's own folder of images, and whether to end after the table.
IMAGES ?=
ONCE ?=

# make bench-analytics: how many images.
ROWS ?= 1000000

# make deploy-<function> and the like: the environment, a folder of infra/envs.
ENV ?=

# make looker-studio: the report to copy.
TEMPLATE ?=

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { sub("%", "<function>", $$1); printf "  make %-20s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)
	@printf '\n  make run IMAGES=dir sends your own images; ONCE=1 ends it after the table;\n  KAFKA_BROKERS=host:port uses a real Kafka.\n'
	@printf '  What deploys needs ENV=<environment>; DRY_RUN=1 only prints the commands.\n'
	@printf '  A <function> is one of: $(FUNCTIONS); or dashboard.\n'

setup: ## Install what is missing: a C compiler, Rust, the warehouse
	@scripts/setup.sh

# The dev profile, shared with `make test`: the pixel work is optimised in it too (see Cargo.toml).
run: setup ## Start everything on this machine, send images through, show what came out
	@cargo build --workspace --bins --locked
	@$(BINARIES)/local-stack \
		$(if $(IMAGES),--images '$(IMAGES)') $(if $(ONCE),--once)

# What `make run` serves, for what comes after it.
is_running := source analytics/local.env && { curl -so /dev/null $$BIGQUERY_EMULATOR_HOST || \
	{ echo "Nothing answers at $$BIGQUERY_EMULATOR_HOST: start \`make run\` first, in another terminal."; exit 1; }; }

dashboard: ## Serve the dashboard over what `make run` runs in another terminal
	@$(is_running)
	@scripts/setup.sh dashboard
	@mkdir -p .local/superset
	@source analytics/local.env && SUPERSET_HOME=$(CURDIR)/.local/superset \
		.local/dashboard/bin/python analytics/dashboard/start.py 2>.local/superset/log || \
		{ tail -n 1 .local/superset/log; echo 'The whole log is in .local/superset/log.'; exit 1; }

notebook: ## Open the notebook over what `make run` runs in another terminal
	@$(is_running)
	@scripts/setup.sh notebook
	@source analytics/local.env && .local/analytics/bin/jupyter lab analytics/notebooks/explore.ipynb

test: setup ## Check format, lints, unit and integration tests, documentation and infrastructure
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo build --workspace --bins --locked
	# Most tests wait for processes rather than for a processor.
	RUST_TEST_THREADS=$$((2 * $$(nproc))) cargo test --workspace --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
	@$(MAKE) --no-print-directory check-infra check-analytics

check-analytics: ## Check the views, their documentation, the notebook and the dashboard, on the local stack
	@scripts/setup.sh analytics
	cargo build --quiet --workspace --bins --locked
	cd analytics && for check in 'ruff check --quiet' 'ruff format --check --quiet' 'mypy'; do \
		../.local/analytics/bin/$$check || exit 1; done
	.local/analytics/bin/python -m pytest --quiet analytics

check-infra: ## Check the Terraform, the scripts and the Dockerfile, without a cloud
	@scripts/setup.sh infra
	cargo build --quiet --workspace --bins --locked
	.local/infra/bin/python -m pytest --quiet --numprocesses 2 --dist loadfile \
		infra/check scripts/deploy scripts/images/test_dockerfile.py

test-kafka: setup ## Test what needs a real Kafka broker, on KAFKA_BROKERS or one that is built once
	@scripts/test-kafka.sh

test-images: images ## Test that every function's image is what it should be, and starts
	cargo build --locked --workspace --bins
	.local/infra/bin/pytest scripts/images

bench-audit: setup ## Measure sweeps by how much is stored
	cargo build --release --locked -p purge-auditor
	cargo bench --locked -p integration-tests --bench audit

bench-analytics: ## Measure views, the guide's questions and the dashboard over a million images; ROWS=…
	@scripts/setup.sh analytics
	cargo build --quiet --workspace --bins --locked
	PYTHONPATH=scripts/images .local/analytics/bin/python analytics/bench.py --rows '$(ROWS)'

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

schema: setup ## Generate the warehouse tables' definitions in infra/warehouse, and the data dictionary
	@cd infra/warehouse && for table in audit_checks image_records purge_ledger; do \
		cargo run --quiet --locked -p darkroom-core --example warehouse_table $$table > $$table.json.new && \
		mv $$table.json.new $$table.json || exit 1; \
	done
	@.local/python/bin/python analytics/dictionary.py > docs/data-dictionary.md.new
	@mv docs/data-dictionary.md.new docs/data-dictionary.md

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

looker-studio: ## Print the URL that makes a Looker Studio report on an environment; TEMPLATE=id copies one
	@scripts/deploy/looker_studio.sh '$(ENV)' '$(TEMPLATE)'

clean: ## Delete what was built and what the local run keeps
	rm -rf target .local
