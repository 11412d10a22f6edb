# `make demo` shows the package, `make check` is for every save, `make test` runs everything.
# All of them create .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

PEERS  := $(VENV)/peers

.PHONY: axe demo lint check test chaos bench docs pictures format wheel clean

demo: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" tamr demo

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Format, lint, types, layers, and the tests that start no process: less than a minute on 2 cores.
check: lint
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --quiet tests/unit tests/emulator

test: lint axe
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --numprocesses 4 --dist worksteal

# Install axe-core, which checks the board for accessibility. Without it those tests are skipped.
AXE := $(VENV)/axe/node_modules/axe-core/axe.min.js
axe: $(READY)
	test -e $(AXE) || npm install --silent --no-audit --no-fund --no-save --prefix $(VENV)/axe \
		axe-core@4.14.1 || echo "axe-core is not installed: its tests are skipped."

# Every schedule of kills, lost responses and races; `make test` runs a sample.
chaos: $(READY)
	PYTHONPATH=tests $(BIN)/python -m support.chaos_table

# Write docs/performance.md, in about ten minutes. Scenario D and the pulumi rows need the Pulumi CLI
# on PATH.
bench: $(READY) $(PEERS)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	PATH="$(CURDIR)/$(BIN):$$PATH" PEERS_PYTHON="$(CURDIR)/$(PEERS)/bin/python" $(BIN)/python -m bench

# Build the documentation site in site/; warnings are errors.
docs: $(READY)
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs site

# Redraw the pictures of a run and of the board; the board needs Chromium.
pictures: $(READY)
	PYTHONPATH=tests $(BIN)/python docs/pictures.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(READY)
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# Prefect does not start with the newest FastAPI that it accepts.
$(PEERS)/.ready: $(READY)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'prefect>=3.8,<3.9' httpx
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'fastapi<0.130'
	touch $(PEERS)/.ready

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is required. Set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)
