# Every target sets up .venv when it is missing, moved or broken, and installs what it needs when pyproject.toml
# has changed since. The files .venv/.* remember what is installed, so that nothing is done twice.
#
#   make demo      train a network on real handwritten digits and write a report
#   make test      run the tests                      make test ARGS="-k softmax"
#   make slow      run the longer training runs, which `make test` leaves out
#   make parity    compare with PyTorch               make parity TORCH="torch==2.13.0 --index-url ..."
#   make lint      ruff, mypy and the architecture
#   make bench     measure speed beside PyTorch       make bench ARGS="gpt lstm --profile"
#   make wheel     build the wheel in dist/
#   make clean     remove .venv and everything that was built; runs/ stays
#
# PYTHON names the interpreter for .venv: make test PYTHON=python3.12

SHELL  := /bin/sh
VENV   := .venv
PY     := $(VENV)/bin/python
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python3.10 python
TORCH  ?= torch==2.13.0
ARGS   ?=
PIP    := $(PY) -m pip --disable-pip-version-check --quiet
PYTEST := $(PY) -m pytest -rs

# Matplotlib keeps its font cache here and not in the home folder.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib

.NOTPARALLEL:
.PHONY: help demo test slow parity lint bench wheel clean venv torch FORCE

help:
	@sed -n 's/^#   make/make/p' Makefile

demo: $(VENV)/.demo
	@$(VENV)/bin/pellucid train digits $(ARGS)

# One thread in each worker: the workers share the processors already.
test: $(VENV)/.dev
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PYTEST) -n auto --maxprocesses 8 $(ARGS)

slow: $(VENV)/.dev
	$(PYTEST) -m slow $(ARGS)

parity: $(VENV)/.dev $(VENV)/.torch
	PELLUCID_REQUIRE_TORCH=1 $(PYTEST) tests/parity $(ARGS)

lint: $(VENV)/.dev
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_architecture.py

# All rows twice, unless ARGS says what to measure: as installed, and with NumPy alone.
bench: $(VENV)/.dev $(VENV)/.torch
	$(PY) -m bench $(ARGS)
	$(if $(ARGS),,$(PY) -m bench --numpy-only)

wheel: $(VENV)/.dev
	rm -rf dist
	$(PY) -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf $(VENV) build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find src tests bench .ci -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(VENV)/.where

torch: $(VENV)/.torch

# The test extra brings all that the demo needs.
$(VENV)/.dev: $(VENV)/.where pyproject.toml
	@echo "Installing Pellucid with everything its tests need into $(VENV), once; this takes a minute or two ..."
	@$(PIP) install --editable ".[dev]"
	@touch $(VENV)/.demo $@

$(VENV)/.demo: $(VENV)/.where pyproject.toml
	@echo "Installing Pellucid with what the demo needs into $(VENV), once; this takes a minute ..."
	@$(PIP) install --editable ".[cli,data,plot]"
	@touch $@

$(VENV)/.torch: $(VENV)/.where
	@echo "Installing $(TORCH) into $(VENV), once; this takes a few minutes ..."
	@$(PIP) install $(TORCH)
	@touch $@

# An environment knows its own place and its interpreter; where either is gone, it is made anew, and one that
# somebody else made is taken over if it works. The file keeps its time while all is well, so that nothing that
# depends on it is done again.
MODERN := import sys; sys.exit(sys.version_info < (3, 10))
WITHOUT_PIP := import sysconfig; print(sysconfig.get_path("purelib"))

$(VENV)/.where: FORCE
	@set -e; \
	if $(PY) -c '$(MODERN)' 2>/dev/null; then \
	    if [ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ]; then exit 0; fi; \
	    if [ ! -e $@ ] && $(PY) -m pip --version >/dev/null 2>&1; then echo "$(CURDIR)" > $@; exit 0; fi; \
	fi; \
	for python in $(PYTHON) none; do \
	    if "$$python" -c '$(MODERN)' >/dev/null 2>&1; then break; fi; \
	done; \
	if [ $$python = none ]; then \
	    echo "Pellucid needs Python 3.10 or newer; found none among: $(PYTHON)" >&2; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "Creating $(VENV) with $$($$python --version) ..."; \
	rm -rf $(VENV); \
	if $$python -c 'import ensurepip' 2>/dev/null; then $$python -m venv $(VENV); \
	elif $$python -m pip --version >/dev/null 2>&1 && $$python -m venv --without-pip $(VENV); then \
	    $$python -m pip install --quiet --target "$$($(PY) -c '$(WITHOUT_PIP)')" pip; \
	else \
	    echo "$$python can make no environment: it lacks venv, or both ensurepip and pip." >&2; \
	    echo "On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; \
	fi; \
	echo "$(CURDIR)" > $@
