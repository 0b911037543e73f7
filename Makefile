# Each target sets up what it needs, once; again only when pyproject.toml changed.
# Needs Python 3.11 or newer, git and make; the network only for the set-up.

VENV := .venv
BIN := $(VENV)/bin
BRAINTRUST := .venv-braintrust
MLFLOW := .venv-mlflow
OPIK := .venv-opik

# The first of these that is new enough; override with `make PYTHON=/path/to/python3 test`.
CANDIDATES := python3 python3.15 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo "$$python" && break; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP_INSTALL := -m pip install --quiet
# The first pip that reads dependency groups.
PIP_WITH_GROUPS := 'pip>=25.1'

# A half-made environment is made again, and two recipes never write to the same one.
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: help demo test lint unit everything opik-tests docs docs-write bench clean

help:
	@echo 'make demo   show the main job on a throw-away repository'
	@echo 'make test   lint, then every test, with coverage'
	@echo 'make unit   the tests of seconds: no git, no database, no server'
	@echo 'make lint   formatting, ruff and mypy'
	@echo 'make opik-tests  run the tests of Opik in OPIK_SOURCE against our fake of it'
	@echo 'make docs   build the documentation, strictly, into site/'
	@echo 'make docs-write  write into docs/ what commands print and what is made from the code'
	@echo 'make bench  run the benchmarks and print the ratios'
	@echo 'make clean  remove the environments and everything built'

demo: $(VENV)/.package
	@$(BIN)/python examples/demo.py

test: lint everything

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Without bytecode each process of the run would compile every test anew.
unit: $(VENV)/.dev
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --numprocesses auto \
		-m 'not (system or network or slow or vendor)'

everything: $(VENV)/.dev $(BRAINTRUST)/.installed $(MLFLOW)/.installed $(OPIK)/.installed
	$(BIN)/pytest --numprocesses auto --cov --cov-report term --cov-fail-under 95

# Opik's own end-to-end tests, from a checkout of its repository: see CONTRIBUTING.md.
opik-tests: $(VENV)/.dev $(OPIK)/.installed
	@test -n '$(OPIK_SOURCE)' || { \
		echo 'error: OPIK_SOURCE does not name a checkout of Opik' >&2; \
		echo 'hint: CONTRIBUTING.md says how to make one' >&2; exit 1; }
	$(OPIK)/bin/python $(PIP_INSTALL) --group opik-tests
	OPIK_SOURCE='$(OPIK_SOURCE)' $(BIN)/pytest -rA tests/fakes/test_opik_source.py

docs: $(VENV)/.dev
	$(BIN)/zensical build --strict --clean

docs-write: $(VENV)/.dev
	WRITE_DOCS=1 $(BIN)/pytest tests/test_documentation.py

bench: $(VENV)/.dev $(BRAINTRUST)/.installed $(MLFLOW)/.installed $(OPIK)/.installed
	$(BIN)/python $(PIP_INSTALL) --group bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(BRAINTRUST) $(MLFLOW) $(OPIK) build dist site htmlcov .coverage .coverage.* \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python $(BRAINTRUST)/bin/python $(MLFLOW)/bin/python $(OPIK)/bin/python:
	@test -n '$(PYTHON)' || { \
		echo 'error: promptsync needs Python 3.11 or newer; none of these is: $(CANDIDATES)' >&2; \
		echo 'hint: install one, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)' >&2; \
		exit 1; }
	@'$(PYTHON)' -c '$(NEW_ENOUGH)' || { \
		echo 'error: promptsync needs Python 3.11 or newer; $(PYTHON) is not' >&2; exit 1; }
	@echo 'setting up $(@:/bin/python=) (the first time this takes a minute or two)'
	'$(PYTHON)' -m venv --clear $(@:/bin/python=)

$(VENV)/.package: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python $(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python $(PIP_INSTALL) --upgrade $(PIP_WITH_GROUPS)
	$(BIN)/python $(PIP_INSTALL) --editable . --group dev
	@touch $@ $(VENV)/.package

$(BRAINTRUST)/.installed: pyproject.toml | $(BRAINTRUST)/bin/python
	$(BRAINTRUST)/bin/python $(PIP_INSTALL) --upgrade $(PIP_WITH_GROUPS)
	$(BRAINTRUST)/bin/python $(PIP_INSTALL) --group braintrust
	@touch $@

$(MLFLOW)/.installed: pyproject.toml | $(MLFLOW)/bin/python
	$(MLFLOW)/bin/python $(PIP_INSTALL) --upgrade $(PIP_WITH_GROUPS)
	$(MLFLOW)/bin/python $(PIP_INSTALL) --group mlflow
	@touch $@

$(OPIK)/.installed: pyproject.toml | $(OPIK)/bin/python
	$(OPIK)/bin/python $(PIP_INSTALL) --upgrade $(PIP_WITH_GROUPS)
	$(OPIK)/bin/python $(PIP_INSTALL) --group opik
	@touch $@
