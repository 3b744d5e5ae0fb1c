# The operator's commands. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 3
PYTEST_ARGS ?=
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
VAR_DIR ?= $(CURDIR)/var
PACKAGES := academy assessments cms courses credentials
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet

export VAR_DIR
ifdef PIP_INDEX_URL  # uv does not read pip's variable; a mirror named for pip serves both
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  Variables: PORT (8000), HOST (127.0.0.1), VAR_DIR (var), WORKERS (3), PYTEST_ARGS, PYTHON\n'

.PHONY: demo
demo: $(VENV)/.run-stamp ## Start the academy with demo data (PORT, HOST); Ctrl-C stops all of it
	@HOST="$(HOST)" PORT="$(PORT)" exec $(BIN)/python deploy/demo.py

.PHONY: demo-reset
demo-reset: $(VENV)/.run-stamp ## Forget the demo's data and start over
	@$(BIN)/python deploy/demo.py --reset
	@HOST="$(HOST)" PORT="$(PORT)" exec $(BIN)/python deploy/demo.py

.PHONY: test
test: $(VENV)/.test-stamp ## Run the whole test suite (WORKERS, PYTEST_ARGS)
	@CHROMIUM="$$(deploy/chromium.sh)" $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: lint
lint: $(VENV)/.test-stamp ## Check style, templates and layers
	@failed=0; \
	echo "ruff check";          $(BIN)/ruff check --quiet || failed=1; \
	echo "ruff format --check"; $(BIN)/ruff format --check --quiet || failed=1; \
	echo "djlint";              $(BIN)/djlint --lint --quiet $(PACKAGES) || failed=1; \
	echo "layers";              $(MAKE) layers || failed=1; \
	exit $$failed

.PHONY: layers
layers: $(VENV)/.test-stamp ## Check that imports point down only
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(VENV)/.test-stamp ## Put the Python code in form
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

.PHONY: bench
bench: $(VENV)/.test-stamp ## Run the benchmarks
	@shopt -s nullglob; for script in tests/benchmarks/[!_]*.py; do \
		echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script"; done

.PHONY: messages
messages: $(VENV)/.run-stamp ## Collect and compile the translations (needs gettext)
	@command -v msgfmt >/dev/null || { echo "gettext is not installed (Debian: apt-get install gettext)"; exit 1; }
	@$(BIN)/python manage.py makemessages --locale fr --no-wrap --no-obsolete --add-location file \
		--ignore '.venv*' --ignore var --ignore 'node_modules' --ignore tests --ignore build
	@cd academy && ../$(BIN)/python ../manage.py compilemessages

.PHONY: lock
lock: $(VENV)/.uv-stamp ## Lock the dependencies again, with hashes and without addresses
	@$(BIN)/$(LOCK) --output-file requirements.lock
	@$(BIN)/$(LOCK) --extra test --output-file requirements-test.lock
	@echo 'uv>=0.9,<1' | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet --output-file requirements-tools.lock

.PHONY: clean
clean: ## Remove environments and caches (data in var/ stays)
	@rm -rf .venv .venv-* build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# --- The environment: made once, renewed when a lock file changes ----------------------------------

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found (set PYTHON=...)"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Debian and Ubuntu need: apt-get install python3-venv"; exit 1; }

$(VENV)/.uv-stamp: requirements-tools.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-tools.lock
	@touch $@

$(VENV)/.run-stamp: requirements.lock $(VENV)/.uv-stamp
	@echo "Installing what the academy needs, hash-checked"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.test-stamp: requirements-test.lock $(VENV)/.uv-stamp
	@echo "Installing what the tests need, hash-checked"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-test.lock
	@touch $@
