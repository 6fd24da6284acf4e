# Two commands: `make run` and `make test`. `make check` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
EXAMPLES ?= examples
TESTS ?= tests
export NUANXIN_HOME ?= $(CURDIR)/var
export NUANXIN_DEMO ?= 1

.PHONY: permissions run test check lint bench spark peers lock clean messages

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/.ready
	@$(BIN)/nuanxin example run $(EXAMPLES)
	@$(BIN)/nuanxin demo load
ifeq ($(SERVE),1)
	@$(BIN)/nuanxin serve --host 127.0.0.1 --port 8000
endif

# NUANXIN_TEST_DATABASE_URL=postgres://… runs the same tests on PostgreSQL.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $${NUANXIN_TEST_WORKERS:-2} --dist worksteal $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files '*.html')
	$(BIN)/python -m django makemigrations --check --dry-run --settings nuanxin.site.settings

check: lint test

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# PySpark beside the rest, for `--engine spark` and its tests (Java 17 is needed); the peers that bench/policy/peers.py is measured against.
spark: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock

peers: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock

# Locks hold no address of any registry; resolve them anew after changing pyproject.toml.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra postgres pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --extra postgres --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --group spark -c requirements-dev.lock -o requirements-spark.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --group bench -c requirements-dev.lock -o requirements-bench.lock

clean:
	rm -rf $(VENV) var

# Compiles the English; needs gettext's msgfmt. A test compares, so nobody else needs it.
messages:
	@for po in $$(git ls-files '*/LC_MESSAGES/django.po'); do msgfmt -o $${po%.po}.mo $$po && echo $$po; done

# docs/permissions.csv is made from the code; a test fails when it is old.
permissions:
	@$(BIN)/nuanxin permissions > docs/permissions.csv
