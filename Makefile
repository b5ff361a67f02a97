.DEFAULT_GOAL := help
BIN := .venv/bin

# The tests of one file share their servers, so a file stays on one process.
PYTEST_OPTIONS ?= -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## Show what can be done here
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

.PHONY: run
run: ## Start the app at http://127.0.0.1:8000, database included; Ctrl-C stops it
	@tools/bootstrap.sh requirements.lock
	@# The launcher stops when make is gone, even when make was killed and could not pass it on.
	@BLOG_SUPERVISOR_PID=$$PPID exec $(BIN)/python -m infrastructure.launcher

.PHONY: platform
platform: ## Start the blog with its four sibling apps, at ports 8000 to 8004
	@tools/bootstrap.sh requirements.lock
	@exec $(BIN)/python -m siblings.platform

.PHONY: test test-slow
test: ## Run every test but the long runs
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh
	@$(BIN)/pytest -m "not slow" $(PYTEST_OPTIONS) || { [ $$? = 1 ] && \
		echo "What failed is run once more, alone; if it passes now, it is not steady:" && \
		$(BIN)/pytest -m "not slow" --last-failed --last-failed-no-failures none; }

test-slow: ## Run the long runs
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh
	@$(BIN)/pytest -m slow

.PHONY: lint
lint: ## Check style, types and the rules of the house
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.house_rules
	@if [ -d editor/node_modules ]; then cd editor && npm run --silent check; fi

# The built editor lies in static/editor, so that running the blog needs no Node.
.PHONY: editor
editor: ## Build the editor's page anew from editor/ (needs Node 20 or newer)
	@cd editor && npm ci --no-audit --no-fund && npm run check && npm run build

.PHONY: chaos-editor
chaos-editor: ## Write in 200 sessions while tab, server and network die; SESSIONS=20 for fewer
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh
	@SESSIONS=$(or $(SESSIONS),200) $(BIN)/pytest -m slow tests/browser/editor/test_chaos.py

.PHONY: lock
lock: ## Resolve the dependencies again into the two lock files
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --upgrade pyproject.toml -o requirements.lock >/dev/null
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --upgrade -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock >/dev/null

# Documents: see docs/lexical.md. A mutation run takes hours; `make mutation-lexical ONLY=lexical.slugs*` a part.
.PHONY: coverage-lexical bench-lexical compare-lexical mutation-lexical
coverage-lexical: ## Check that the tests of documents reach every line and branch
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/coverage run --branch --source=lexical -m pytest -q -p no:cacheprovider -m "not browser and not ghost" tests/lexical
	@$(BIN)/coverage report --show-missing --skip-covered --fail-under=100

bench-lexical: ## Measure documents per second, beside Ghost's own renderer
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.lexical

compare-lexical: ## Compare with Ghost's own packages on thousands of random documents
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m tests.lexical.ghost_pairs compare $(or $(COUNT),3000) $(or $(SEED),$(shell date +%s))

mutation-lexical: ## Change the code of documents in small ways and see that a test notices
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/mutmut run $(ONLY)
	@$(BIN)/mutmut results

# Speed: see docs/performance.md.
.PHONY: bench bench-smoke bench-memory bench-edits bench-readers bench-page-cache bench-lighthouse bench-phases
bench: ## Measure the app beside a bare answer, nginx and Ghost, in one run
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh wrk
	@$(BIN)/python -m benchmarks.beside $(SECONDS) $(TURNS)

bench-smoke: ## Count what pages cost (queries, requests, bytes) and hold it to the budgets
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh
	@$(BIN)/pytest -q -s tests/browser/test_budgets.py

bench-memory: ## Ask a million times over a mixed list, and see what memory does
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh wrk
	@$(BIN)/python -m benchmarks.endurance memory $(REQUESTS)

bench-edits: ## Measure readers while fifty posts a second are saved
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh wrk
	@$(BIN)/python -m benchmarks.endurance edits $(SECONDS)

bench-lighthouse: ## Let Lighthouse judge home, a post and a tag at phone width (needs Node)
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh
	@cd benchmarks/lighthouse && npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python -m benchmarks.lighthouse

bench-phases: ## Show where the time of an uncached page goes
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.phases

bench-readers: ## Measure readers' pages with 500 and with 50,000 posts, side by side
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.readers

.PHONY: bench-nav-tree
bench-nav-tree: ## Measure the menu that siblings fetch: warm, cold and 304, beside Quart and a bare answer
	@tools/bootstrap.sh requirements-dev.lock
	@tools/install_test_programs.sh wrk
	@$(BIN)/python -m benchmarks.nav_tree $(SECONDS)

.PHONY: bench-ghost-sync
bench-ghost-sync: ## Measure mirroring a Ghost: posts a second and peak memory at 1,000 and 10,000 posts
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.ghost_sync

bench-page-cache: ## Measure what a warm page costs beside a bare ASGI answer, on both servers
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.page_cache

.PHONY: bench-webhooks chaos-ghost
bench-webhooks: ## Measure how fast webhooks are answered while 100,000 wait
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/python -m benchmarks.webhooks

chaos-ghost: ## Live through 200 histories of a misbehaving Ghost, and 200 kills of the app
	@tools/bootstrap.sh requirements-dev.lock
	@$(BIN)/pytest -m slow tests/chaos
