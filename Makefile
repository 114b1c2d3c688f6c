# Two commands set everything up on a fresh machine: make demo, make test.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test check bench clean

demo: $(VENV)/.demo
	@$(BIN)/iocbridge demo

# Four processes, whatever the number of cores: most of the tests wait for wires most of the time. What fails beside
# three others is run once more with nothing beside it: a fault of the code fails again, a machine that was busy does not.
# Both runs are printed.
test: check
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal || \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	@echo "[1/3] making the environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("iocbridge needs Python 3.11 or newer; this is " + sys.version.split()[0] + " (choose another with: make PYTHON=python3.12)" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	@echo "[2/3] installing iocbridge and its libraries (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@
	@echo "[3/3] starting the demo"

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build *.egg-info
