# Two commands matter: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

PEERS  := $(VENV)/peers

.PHONY: demo test chaos bench docs pictures format wheel clean

demo: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" tamr demo

test: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest --numprocesses 4 --dist worksteal

# Every schedule of kills, lost answers and races; make test plays a sample of them.
chaos: $(READY)
	PYTHONPATH=tests $(BIN)/python -m support.chaos_table

# How fast and how sparing, beside what others do: docs/performance.md. About ten minutes; scenario
# D and the pulumi rows need the Pulumi CLI on PATH.
bench: $(READY) $(PEERS)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	PATH="$(CURDIR)/$(BIN):$$PATH" PEERS_PYTHON="$(CURDIR)/$(PEERS)/bin/python" $(BIN)/python -m bench

# The documentation as a site, in site/; warnings are errors.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# What the documentation shows of a run and of the board; needs Chromium for the board.
pictures: $(READY)
	PYTHONPATH=tests $(BIN)/python docs/pictures.py

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(READY)
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# Prefect asks for a FastAPI that it does not start with, hence the second line.
$(PEERS)/.ready: $(READY)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'prefect>=3.8,<3.9' httpx
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'fastapi<0.130'
	touch $(PEERS)/.ready

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; say PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)
