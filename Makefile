# Every target sets up what it needs in a private virtual environment. A machine
# needs Python 3.11 or later, make and a package index; `make interop` and the peers
# of `make bench` need node as well. A second run of a target installs nothing.

VENV ?= .venv
NODE_MODULES := interop/node_modules
BIN := $(VENV)/bin
# The command line's own name for the folder in which pip, coverage and the like run.
RUN := $(BIN)/python -m
# One more than two cores: some tests wait for the commands that they start.
WORKERS ?= 3
# Tests that run commands, whose lines are not counted.
UNMEASURED := --ignore=tests/docs --ignore=tests/examples --ignore=tests/house
# For how long each target is fuzzed, and from which chance: one and the same each time,
# so that a change is judged by what it changed. `make soak` takes another each time.
SECONDS ?= 1
SEED ?= 1
# Compiled modules are kept, whatever the machine's habit: hundreds of processes start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint format docs bench conformance interop fuzz soak clean

help: ## Show the targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.has-all ## Issue, consent, decide, withdraw, deny: the main job on realistic data.
	@$(BIN)/medid demo

test: $(VENV)/.has-test ## Run the tests, the documentation's code and the examples.
	$(RUN) pytest -q -n $(WORKERS) --dist=worksteal $(PYTEST)

coverage: $(VENV)/.has-test ## Hold every room to its branch coverage.
	@$(RUN) coverage erase
	$(RUN) coverage run -m pytest -q -n $(WORKERS) --dist=worksteal -m "not campaign" $(UNMEASURED) $(PYTEST)
	@$(RUN) coverage combine -q
	@$(RUN) coverage json -q -o .coverage.json
	@$(RUN) tools.coverage_gate .coverage.json

lint: $(VENV)/.has-lint ## Judge style, types, floors and fences.
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.has-lint ## Rewrite the code in the house's form.
	$(RUN) ruff check --fix-only .
	$(RUN) ruff format .

docs: $(VENV)/.has-docs ## Build the documentation into site/; a warning is an error.
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	@echo "site/index.html"

bench: $(VENV)/.has-bench ## Time medid beside its peers, in one run.
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES)/.installed; \
	else echo "node is absent: its peers are left out"; fi
	@$(RUN) benchmarks

interop: $(VENV)/.has-interop $(NODE_MODULES)/.installed ## Exchange credentials with other implementations, in both directions.
	$(RUN) pytest -q -n $(WORKERS) --dist=loadfile interop $(PYTEST)

conformance: $(VENV)/.has-test ## Run the official vectors, and write what agreed into docs/conformance.md.
	$(RUN) tools.conformance $(if $(SUITES),--suites $(SUITES))

fuzz: $(VENV)/.has-fuzz ## Fuzz every reader, guided by coverage (SECONDS=1 each).
	@$(RUN) tests.fuzz --seconds $(SECONDS) --seed $(SEED) --workers $(WORKERS)

soak: $(VENV)/.has-fuzz ## Run the campaigns in full, with fresh input, then fuzz for long.
	MEDID_SOAK=1 $(RUN) pytest -q -n $(WORKERS) -m "campaign or hypothesis" --dist=worksteal $(PYTEST)
	@$(RUN) tests.fuzz --seconds 120 --workers $(WORKERS)

clean: ## Remove what the other targets made, the virtual environment included.
	rm -rf $(VENV) $(NODE_MODULES) site dist build demo-output .coverage .coverage.* \
		.fuzz .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
		if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo "medid needs Python 3.11 or later with its venv module: install it, or run make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "setting up $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV)
	@touch $@

# One stamp for each extra: what is installed is as new as the metadata that asked for it.
# A module is compiled when it is first imported; most of what is installed never is.
$(VENV)/.has-%: $(VENV)/.made pyproject.toml
	@echo "installing medid[$*]"
	@$(RUN) pip install --quiet --no-compile --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(NODE_MODULES)/.installed: interop/package.json
	@command -v npm >/dev/null || { echo "make interop needs node 20 or later and npm" >&2; exit 1; }
	cd interop && npm install --no-audit --no-fund --ignore-scripts --no-package-lock --loglevel=error
	@touch $@
