# Three commands, each from nothing: it makes its own virtual environment, then does its job. A second call starts at once.
#
#   make demo    speak three languages, carry one emotion across them, convert a recording: listen to demo/
#   make test    lint, format, types, layers and all tests
#   make bench   every speed and size, side by side with the published model and peers: docs/benchmarks.md
#
# Any Python from 3.10 to 3.13 will do; another one than the first found: make demo PYTHON=/path/to/python

SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.12 python3.11 python3.13 python3.10 python; do \
	"$$python" -c '$(SUPPORTED)' 2>/dev/null && { echo "$$python"; break; }; done)
INSTALL := -m pip install --disable-pip-version-check --quiet

.PHONY: demo test bench
.DEFAULT_GOAL := demo

demo: .venv-demo/ready
	@.venv-demo/bin/xespeech demo --output demo

test: .venv-test/ready
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports
	OMP_NUM_THREADS=1 .venv-test/bin/pytest --numprocesses 2 --dist loadfile

bench: .venv-bench/ready
	.venv-bench/bin/python benchmarks/bench.py

# LOCK: packages that are taken by hash, from locks/. What then is missing, as PyTorch, is taken by version.
# ALONE: packages without what they ask for, here torchaudio, which does not fit every torch and is not used.
.venv-bench/ready: ALONE := distillmos xls-r-sqa
.venv-bench/ready: EXTRAS := [bench,evaluate,teacher]
# Modules are compiled when they are first used: compiling all of them takes a sixth of the processor time of `make demo`.
.venv-demo/ready: INSTALL += --no-compile
.venv-demo/ready: EXTRAS :=
.venv-demo/ready: LOCK := base
.venv-test/ready: ALONE := distillmos xls-r-sqa
.venv-test/ready: EXTRAS := [train,evaluate,teacher,original,whisper,cluster,hub,formats,serve,ui,docs,dev]
.venv-test/ready: LOCK := test

.venv-demo/ready: locks/base.txt
.venv-test/ready: locks/test.txt

.venv-%/ready: pyproject.toml constraints.txt
	@"$(PYTHON)" -c '$(SUPPORTED)' || { echo "Python 3.10 to 3.13 is needed: make $* PYTHON=/path/to/python"; exit 2; }
	@echo "Installing into .venv-$* (once) ..."
	@"$(PYTHON)" -m venv --clear .venv-$*
	@$(if $(LOCK),.venv-$*/bin/python $(INSTALL) --no-deps --require-hashes --requirement locks/$(LOCK).txt)
	@.venv-$*/bin/python $(INSTALL) $(if $(EXTRAS),--constraint constraints.txt,--no-deps) --editable ".$(EXTRAS)"
	@$(if $(ALONE),.venv-$*/bin/python $(INSTALL) --constraint constraints.txt --no-deps $(ALONE))
	@touch $@
