# fieldset: tasks. `make` alone lists them.
#
# Every task sets up what it needs first: the virtual environment in .venv from
# requirements.lock, and Qt's system libraries (installed when root, else named).

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
ifneq (,$(filter output-sync,$(.FEATURES)))
MAKEFLAGS += --output-sync=target
endif

BIN := .venv/bin
# Rich and pytest colour their output by themselves where there is a terminal.
PYTEST_ARGS ?=
# A process a core and one more, for many a test waits for a child or a server; up to
# four. A process that is done takes tests from the others.
PROCESSES := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); \
	if [ "$$n" -lt 3 ]; then echo $$((n + 1)); else echo 4; fi)
WORKERS ?= --numprocesses=$(PROCESSES) --dist=worksteal
# These hold the finished core files at 100 %; all others run without the measurement,
# which costs time and, with many threads, now and then a test.
COVERING := tests/station/test_logs.py tests/station/test_jobs.py \
	tests/station/test_cli_commands.py

.DEFAULT_GOAL := help
.PHONY: help demo app test check format format-check lint types contracts bench soak \
	lock screenshots wheel clean environment libraries azurite

# What of Qt's system libraries a task cannot do without; see the script.
NEED := note
app: NEED := window
test check bench soak screenshots: NEED := offscreen

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
		while IFS='|' read -r task does; do printf '%-20s %s\n' "$$task" "$$does"; done

# The system libraries are looked at before the long download starts.
libraries:
	@sh packaging/desktop/system_libraries.sh $(NEED)

azurite:
	@sh tests/azurite/install.sh

environment: libraries
	@sh packaging/desktop/environment.sh

demo: environment ## the main job on a real clip, in the folder demo/
	@if [ -e demo ]; then \
		rm -rf demo.previous; mv demo demo.previous; \
		echo "The demo that was here is kept in demo.previous/" >&2; \
	fi
	@$(BIN)/fieldset demo demo

app: environment ## the window on the demo project
	@[ -e demo/fieldset.toml ] || $(BIN)/fieldset demo demo
	@$(BIN)/fieldset --project demo

test: environment azurite ## all tests, finished core files at 100 % coverage
	@$(BIN)/python -m pytest $(WORKERS) --cov --cov-report=term $(COVERING)
	@$(BIN)/python -m pytest $(WORKERS) $(COVERING:%=--ignore=%) $(PYTEST_ARGS)

check: format-check lint types contracts test ## format, lint, types, contracts, tests

format: environment ## write the code in the house's format
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix-only .

format-check: environment
	@$(BIN)/ruff format --quiet --check --output-format=concise . || \
		{ echo "Run: make format" >&2; exit 1; }

lint: environment
	@$(BIN)/ruff check --quiet --output-format=concise .

types: environment
	@$(BIN)/mypy --no-error-summary

contracts: environment
	@$(BIN)/lint-imports --no-logo 2>&1 || exit 1

bench: environment ## measure (tests/benchmarks); figures, no verdict
	@$(BIN)/python -m pytest -m bench --capture=no --timeout=0 \
		--override-ini="python_files=test_*.py *_bench.py" tests/benchmarks $(PYTEST_ARGS)

soak: environment azurite ## the tests that take minutes
	@$(BIN)/python -m pytest -m soak --timeout=0 $(PYTEST_ARGS)
	@$(BIN)/python -m pytest -m "hypothesis and not bench and not soak" \
		--hypothesis-profile=soak --timeout=0 $(WORKERS) $(PYTEST_ARGS)
	@PUSH_CUTS=500 PUSH_KILLS=50 $(BIN)/python -m pytest --timeout=0 \
		tests/export/test_push_azure.py -k "cuts or killed" $(PYTEST_ARGS)

# A registry of your own is taken from pip's settings; the lock itself names none.
lock: environment ## resolve requirements.lock anew, with hashes and without addresses
	@index=$${UV_DEFAULT_INDEX:-$$($(BIN)/python -m pip config get global.index-url \
		2>/dev/null || true)}; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$$index"; fi; \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
		--no-header --no-annotate --system-certs --extra dev --extra azure \
		--output-file requirements.lock pyproject.toml && \
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--constraint requirements.lock --generate-hashes --no-strip-extras \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--system-certs --no-emit-package pyside6-essentials \
		--no-emit-package shiboken6 --no-emit-package pyqtgraph \
		--output-file packaging/edge/requirements.lock pyproject.toml

screenshots: environment ## the README's pictures, from a seeded demo
	@$(BIN)/python station/screenshots/take.py

wheel: environment ## dist/fieldset-*.whl
	@$(BIN)/python -m pip --quiet wheel --no-deps --no-build-isolation \
		--wheel-dir dist .

clean: ## remove what the tasks made, also .venv and the demo
	@rm -rf .venv demo demo.previous build dist *.egg-info tests/azurite/node_modules \
		.coverage .benchmarks \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find station labeling dataset packaging tests -name __pycache__ -type d \
		-prune -exec rm -rf {} +
