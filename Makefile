# One command each; `make help` lists them. Continuous integration calls the same targets.

PYTHON ?= python3
STAGE ?= dev
TESTS ?=
ONLY ?=
HISTORIES ?= 1500
SEED ?= 0
unexport PYTHONDONTWRITEBYTECODE  # without byte code the CDK library compiles for a minute at each start
unexport VIRTUAL_ENV
SHELL := /bin/bash
PY := .venv/bin/python
PACKAGES := schemas events rules connectors adapters functions infra local cli tests

.DEFAULT_GOAL := help
.PHONY: help setup run up down test check fix histories bench synth deploy lock

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## Install the locked tools and libraries into this folder
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m local.install --quiet

run: setup ## Everything on this machine, in the foreground, until Ctrl-C
	@exec $(PY) -m local run $(if $(PORT),--port $(PORT))

up: setup ## The same in the background; returns when it is ready
	@$(PY) -m local up $(if $(PORT),--port $(PORT))

down: setup ## Stop what `make up` started
	@$(PY) -m local down

test: setup ## Run every test (TESTS=path or options to narrow)
ifeq ($(TESTS),)
	@$(PY) -m pytest -n 2 --ignore tests/e2e
	@$(PY) -m pytest tests/e2e
else
	@$(PY) -m pytest $(TESTS)
endif

histories: setup ## Play some 18 x HISTORIES=1500 random histories of the graph, from SEED=0
	@SLUICE_HISTORIES=$(HISTORIES) SLUICE_SEED=$(SEED) $(PY) -m pytest -n 2 -q $$(grep -l HISTORIES tests/property/*.py)

check: setup ## Everything that can be said without running the product
	@$(PY) -m local.check

fix: setup ## Repair what can be repaired: format, lint, generated contracts
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .
	@if [ -f events/generate.py ]; then $(PY) -m events.generate; fi

bench: setup ## Measure; one JSON object a line (ONLY=group to narrow)
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

synth: setup ## The CloudFormation template for AWS (STAGE=dev), into build/cdk.out
	@$(PY) -m local.synth --stage $(STAGE)

deploy: setup ## Deploy to AWS (STAGE=dev); needs credentials and a bootstrapped account
	@$(PY) -m local.aws --stage $(STAGE)

lock: setup ## Resolve requirements/*.in into the lock files (UPGRADE=1 for newest)
	@$(PY) -m local.lock $(if $(UPGRADE),--upgrade)
