# `make` prints what there is. The two that matter: `make run` and `make test`.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test test-kafka bench-audit bench-kafka fmt lint doc schema python-lock clean

# What scripts/setup.sh installs, for the recipes after it.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# make run: the user's own folder of images, and whether to end after the table.
IMAGES ?=
ONCE ?=

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  make run IMAGES=dir sends your own images; ONCE=1 ends it after the table;\n  KAFKA_BROKERS=host:port uses a real Kafka.\n'

setup: ## Install what is missing: a C compiler, Rust, the warehouse
	@scripts/setup.sh

# The dev profile, shared with `make test`: the pixel work is optimised in it too (see Cargo.toml).
run: setup ## Start everything on this machine, send images through, show what came out
	@cargo build --workspace --bins --locked
	@cargo run --quiet --locked -p local-stack --bin local-stack -- \
		$(if $(IMAGES),--images '$(IMAGES)') $(if $(ONCE),--once)

test: setup ## Check format, lints, unit and integration tests, and documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo build --workspace --bins --locked
	cargo test --workspace --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

test-kafka: setup ## Test what needs a real Kafka broker, on KAFKA_BROKERS or one that is built once
	@scripts/test-kafka.sh

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

schema: setup ## Generate the warehouse tables' definitions in infra/warehouse
	@cd infra/warehouse && for table in image_records purge_ledger; do \
		cargo run --quiet --locked -p darkroom-core --example warehouse_table $$table > $$table.json.new && \
		mv $$table.json.new $$table.json || exit 1; \
	done

python-lock: setup ## Pin the Python packages anew, from requirements.in
	@scripts/lock-python.sh

clean: ## Delete what was built and what the local run keeps
	rm -rf target .local
