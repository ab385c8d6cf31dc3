# Flywheel: every target works as the first command ever typed on a machine with python3 (3.11 to 3.13), git and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { command -v "$$p"; break; }; done)
BIN := .venv/bin
UV := $(BIN)/uv
READY := .venv/.ready

# Nothing of this project phones anybody.
export DO_NOT_TRACK := 1
export DVC_NO_ANALYTICS := true
export GX_ANALYTICS_ENABLED := false
export MLFLOW_DISABLE_TELEMETRY := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false

.PHONY: help setup run test check format lint types imports docs up deploy results bench chinese-names lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv with every locked dependency

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python was found that Flywheel runs on."; \
		echo "Expected python3 of version 3.11, 3.12 or 3.13 on the PATH."; \
		echo "Fix: install one of them, or name it: make PYTHON=/path/to/python3.12 run"; exit 2; }
	@test -x $(BIN)/python || { echo "Making .venv with $(PYTHON) …"; "$(PYTHON)" -m venv .venv; }
	@# uv itself comes from the lock, with its hashes, like everything else.
	@awk '/^uv==/ {keep=1; print; next} keep && /^ / {print; next} {keep=0}' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@echo "Installing the locked dependencies (about 2.6 GB on disk) …"
	@# Compiled once here, not by each process anew: some machines forbid Python to keep what it compiles.
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## turn the flywheel once on the embedded sample
	@$(BIN)/flywheel run

test: $(READY) ## run the tests, with coverage
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --cov --cov-report=term:skip-covered

check: format lint types imports docs test ## all that must hold before a change lands

format: $(READY)
	@$(BIN)/ruff format --check .

lint: $(READY)
	@$(BIN)/ruff check .

types: $(READY)
	@$(BIN)/mypy

imports: $(READY)
	@$(BIN)/lint-imports

docs: $(READY)
	@$(BIN)/python -m pytest --quiet --doctest-modules pipelines/features.py pipelines/costs.py flywheel/words.py

up: $(READY) ## start Prefect, a worker, the MLflow UI and the service; ctrl-C stops them all
	@$(BIN)/flywheel up

deploy: $(READY) ## register the deployments with the Prefect server at PREFECT_API_URL
	@$(BIN)/prefect work-pool inspect flywheel > /dev/null 2>&1 || $(BIN)/prefect work-pool create flywheel --type process
	@$(BIN)/prefect --no-prompt deploy --all

bench: bench-flow bench-presets bench-privacy bench-data bench-models ## run the benchmarks; each writes benchmarks/results/NAME.json

bench-%: $(READY)
	@$(BIN)/python benchmarks/bench_$*.py

chinese-names: $(READY) ## make the model of Chinese names anew: HANLP=DIR AISHELL=DIR UNIVERSAL="DIR DIR"
	@$(BIN)/python -m flywheel.chinese_names --hanlp $(HANLP) --aishell $(AISHELL) --universal $(UNIVERSAL)

lock: $(READY) ## make requirements.lock anew from pyproject.toml
	@$(UV) pip compile pyproject.toml --extra dev --universal --generate-hashes --python-version 3.11 \
		--no-header --upgrade --quiet --output-file requirements.lock

clean: ## remove the environment and all caches; data, models and keys stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage
