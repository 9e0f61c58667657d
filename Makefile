# What people type. Each target is one line of work; the how is in workbench/, annotations/ and tests/.

PYTHON ?= python3
PIP = .venv/bin/python -m pip --disable-pip-version-check --no-input
RUN = .venv/bin/python -m tests.run

.DEFAULT_GOAL := help
.PHONY: help install demo test test-full bench lint format messages lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## Make .venv with the locked dependencies and the workbench itself

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements-dev.lock pyproject.toml
	$(PIP) install --quiet --no-compile --require-hashes --requirement requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## Serve a filled demonstration (PORT=8000; DEMO=0 starts empty)
	@exec .venv/bin/workbench demo

test: install ## Lint, types, and all tests on SQLite, PostgreSQL, Node and Chromium
	@$(RUN)

test-full: install ## The same, and the long ones: kills, faults, properties at length
	@$(RUN) --full

bench: install ## Measure the figures that the design promises
	@$(RUN) --bench

lint: install ## Lint, formatting and types only
	@$(RUN) --only lint

format: install ## Put the code into the one format
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

UV_COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

messages: install ## Bring the catalogues of translations up to date, and compile them
	@.venv/bin/python -m tests.catalogues

lock: ## Write both lock files anew from pyproject.toml (needs uv)
	$(UV_COMPILE) $(LOCK_OPTIONS) --output-file requirements.lock pyproject.toml
	$(UV_COMPILE) $(LOCK_OPTIONS) --extra dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## Remove what was built; keeps var/, where the demonstration's data lies
	rm -rf .venv build staticfiles *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
