# The only task runner: what is not here does not exist. `make` alone lists what can be made.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=
ONLY ?=
UPGRADE ?=
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

.PHONY: help setup demo test check format tree routes fields bench torture lock vendor clean

help:  ## List what can be made
	@echo 'make TARGET [NAME=VALUE ...]'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup:  ## Build .venv and fetch the data, npm tools and browser of tests and demo, digests checked; instant when nothing changed
	@$(PYTHON) tools/build_environment.py
	@$(BIN)/python tools/fetch_data.py
	@$(BIN)/python tools/fetch_npm.py
	@$(BIN)/python tools/fetch_browser.py
	@$(BIN)/python tools/fetch_auditor_tools.py
	@$(BIN)/python tools/fetch_fault_tools.py
	@$(BIN)/python tools/fetch_promtool.py
	@$(BIN)/python tools/fetch_servers.py
	@$(BIN)/python tools/fetch_spark.py

demo: setup  ## Play the loop on an example organisation: make demo ARGS="--no-serve --dir DIR"
	@$(BIN)/care demo $(ARGS)

test: check  ## All that CI runs: the checks, then every test: make test ARGS="-k card"
	@$(PYTEST) $(ARGS)

check: setup  ## Lint, layout, types and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import_linter

format: setup  ## Put the source into its one layout and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

tree: setup  ## Print the layers from the import contract and the package docstrings into ARCHITECTURE.md
	@$(BIN)/python tools/print_tree.py --write

routes: setup  ## Print the pages and who may see them into docs/reference/routes.md
	@$(BIN)/python tools/print_routes.py --write

fields: setup  ## Print the fields of every kind of JSON into docs/reference/json-fields.md
	@$(BIN)/python tools/print_json_fields.py --write

bench: setup  ## Measure beside peers, print ratios: make bench ONLY=check,ledger (file stems of benchmarks/)
	@stems="$(subst $(comma), ,$(ONLY))"; \
	for stem in $${stems:-$$(cd benchmarks && ls *.py | sed 's/\.py$$//')}; do $(BIN)/python "benchmarks/$$stem.py"; done

torture: setup  ## The property tests with many more examples, and the soak tests; takes long
	@$(PYTEST) --hypothesis-profile=torture -m "soak or unit or contract" $(ARGS)

lock: setup  ## Write requirements/ anew from pyproject.toml: make lock UPGRADE="ruff mypy"
	@$(BIN)/python tools/lock_requirements.py $(UPGRADE)

vendor: setup  ## Fetch the pages' style sheets, scripts and icons as listed: make vendor UPGRADE="htmx.org@2.0.11"
	@$(BIN)/python tools/vendor_assets.py $(UPGRADE)

clean:  ## Remove everything that can be made again
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

comma := ,
