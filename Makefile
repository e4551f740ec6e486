# `make` shows what there is. Each target sets the environment up first, if it is not.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup lock demo run test test-slow coverage lint format bench clean

bin := .venv/bin
# Named, or ruff would also take the Python in README.md, which is laid out for readers.
code := $(wildcard schemas services tests bench docs/decisions)
# Machines set this for images that run once; here every test that starts `jisr` would compile it anew.
unexport PYTHONDONTWRITEBYTECODE
pytest_args ?=
# Most of a test's time is waiting for brokers, so three workers do on two cores. workers=0: one process.
workers ?= 3
# A file stays with one worker; the files come in the order of tests/conftest.py, longest first.
spread := -n $(workers) --dist loadfile --no-loadscope-reorder

help: ## Show this.
	@echo "Jisr: an innovation city's demand reaches the members who can answer."
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo "  $(bin)/jisr --help says what else there is."

setup: ## Make .venv from requirements.lock (once; 1.1 GB, some minutes).
	@ops/setup.sh

demo: setup ## Show the hub at work on samples/. ONCE=1: end by itself. JSON=file: also write the result.
	@$(bin)/jisr demo $(if $(filter-out 0,$(ONCE)),--once) $(if $(JSON),--json "$(JSON)")

run: setup ## Serve the hub until Ctrl-C, on its own broker and database; its data stays in var/.
	@$(bin)/jisr run

test: setup ## Run the tests on a real broker and PostgreSQL. pytest_args="-k inbox" narrows.
	@$(bin)/pytest $(spread) -m "not slow" $(pytest_args)

test-slow: setup ## Run those that take long: simulated years, kill -9, every page under axe.
	@$(bin)/pytest $(spread) -m slow $(pytest_args)

coverage: setup ## Run all tests, the slow ones too, and show the lines that they do not reach.
	@$(bin)/python -m coverage erase
	@$(bin)/python -m coverage run -m pytest $(spread) $(pytest_args)
	@$(bin)/python -m coverage combine --quiet
	@$(bin)/python -m coverage report --skip-covered --show-missing

lint: setup ## Check style, types, directions of imports, and that generated files are up to date.
	@$(bin)/ruff check $(code)
	@$(bin)/ruff format --check $(code)
	@$(bin)/mypy
	@$(bin)/lint-imports --no-logo
	@$(bin)/python -m schemas.generate --check
	@$(bin)/python -m services.matcher.picture --check
	@$(bin)/jisr settings --check

format: setup ## Put the code into its style.
	@$(bin)/ruff check --fix --quiet $(code) || true
	@$(bin)/ruff format $(code)

bench: setup ## Measure the hub beside its floor, the engine beside its peers, webhooks and mails beside bare clients.
	@$(bin)/python -c 'import faiss, tantivy' 2>/dev/null || ops/setup.sh bench
	@$(bin)/python -m bench $(bench_args)

lock: ## Write requirements.lock anew from requirements.in.
	@ops/lock.sh

clean: ## Remove .venv, caches and the hub's data in var/.
	@rm -rf .venv var build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
