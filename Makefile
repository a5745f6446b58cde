# Every target sets up what it needs, once. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMPS := .venv/.stamps
UV := $(BIN)/uv
# A lock names no index and holds nothing that only the machine at hand has.
COMPILE := env -u UV_FIND_LINKS $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

# Trust what the system trusts, as pip and apt-get do: some networks have a certificate authority of their own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
endif

# Extra arguments for pytest, the benchmark or the demo: make test ARGS="-k weather"
ARGS ?=
# Most tests wait more than they compute. 0 runs them in one process, as a debugger needs it.
PROCESSES ?= 2

.PHONY: help setup demo test faults check bench lock clean distclean

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## (.*)/\1\t\2/' | expand -t 12

setup: $(STAMPS)/dev .tools/.stamp  ## Install what demo and test need; run nothing
	@scripts/system-programs
	@scripts/prometheus

demo: $(STAMPS)/demo  ## Serve the weather plugin on http://127.0.0.1:8080
	@exec $(BIN)/python scripts/demo.py $(ARGS)

test: setup  ## Run the whole test suite, fast tests first, in PROCESSES=2 processes
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile $(ARGS)

# Those that look at no clock run side by side, the others alone.
TIMELESS := $(wildcard tests/faults/test_*.py) $(addprefix tests/faults/,hostile idempotency jobs)

faults: setup  ## Races, random sequences, crashes, overload and everything that may die (about half an hour)
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile $(TIMELESS) $(ARGS)
	@$(BIN)/python -m pytest tests/faults $(addprefix --ignore=,$(TIMELESS)) $(ARGS)

check: $(STAMPS)/dev  ## Lint, formatting, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(STAMPS)/dev  ## Measure against the peers; writes benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: $(STAMPS)/uv  ## Resolve the locked requirements anew (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) $(ARGS) pyproject.toml requirements/build.in --group dev -o requirements/dev.txt
	$(COMPILE) $(ARGS) pyproject.toml requirements/build.in --group example -c requirements/dev.txt -o requirements/demo.txt

clean:  ## Remove caches, build output and downloaded test tools
	rm -rf .tools .bench dist .pytest_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## Also remove the virtual environment
	rm -rf .venv

$(STAMPS)/uv: requirements/uv.txt
	@scripts/bootstrap
	@touch $@

$(STAMPS)/demo: requirements/demo.txt pyproject.toml | $(STAMPS)/uv
	$(UV) pip install --quiet --require-hashes -r requirements/demo.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The demo's packages are part of these, so this stamp stands for both.
$(STAMPS)/dev: requirements/dev.txt pyproject.toml | $(STAMPS)/uv
	$(UV) pip sync --quiet --require-hashes requirements/dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMPS)/demo $@

.tools/.stamp: scripts/tools/package.json scripts/tools/package-lock.json scripts/tools/.npmrc | $(STAMPS)/dev
	@scripts/node-tools
	@touch $@
