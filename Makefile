# Everything that is done with this repository, each by one word. `make` alone lists the words.
# Needs only make and Python 3.11 or newer; the rest is installed into .venv.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq

# What production needs with these settings only: PostgreSQL's driver; the cache and the queue in
# Redis; METRICS; SENTRY_DSN. EXTRAS= installs none.
ALL_EXTRAS := postgresql redis metrics sentry
EXTRAS ?= postgresql redis
empty :=
EXTRA_LOCKS := $(EXTRAS:%=requirements-%.lock)

# The stamps stand for a .venv that agrees with a lock: while a lock is unchanged, nothing is done.
SITE := $(VENV)/.site-installed$(subst $(empty) $(empty),,$(EXTRAS:%=-%))
TOOLS := $(VENV)/.tools-installed
STATIC := var/static/.collected

# Values that let the production settings load where nothing of production is there; the key is
# new each time, so nothing can come to depend on it.
PRETEND_PRODUCTION = $(BIN)/python .ci/pretend_production.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- What is installed -------------------------------------------------------------------------

$(BIN)/python:
	@for candidate in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			fit="$$fit $$candidate"; \
			if "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then \
				echo "Making $(VENV) with $$candidate"; \
				exec "$$candidate" -m venv --clear $(VENV); \
			fi; \
		fi; \
	done; \
	if [ -n "$$fit" ]; then \
		echo "Python is here ($${fit# }) but cannot make virtual environments."; \
		echo "On Debian or Ubuntu: apt-get install python3-venv"; \
	else \
		echo "No Python 3.11 or newer was found. Install one, or name it: make PYTHON=/path/to/python3"; \
	fi >&2; exit 1

# The locks are complete: nothing that they do not name is wanted (--no-deps).
$(SITE): requirements.lock $(EXTRA_LOCKS) | $(BIN)/python
	@echo "Installing the site's packages into $(VENV) (about half a minute, only when they change)"
	@$(PIP) install --no-deps --require-hashes $(patsubst %,-r %,requirements.lock $(EXTRA_LOCKS))
	@touch $@

# This lock holds the others: after it there is nothing left to install for the site.
$(TOOLS): requirements-dev.lock requirements.lock $(ALL_EXTRAS:%=requirements-%.lock) | $(BIN)/python
	@echo "Installing the packages for development into $(VENV) (about a minute, only when they change)"
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $(SITE) $@

$(STATIC): $(SITE) $(shell find static -type f 2>/dev/null)
	@mkdir -p var
	@$(PRETEND_PRODUCTION) $(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@

.PHONY: install
install: $(SITE) $(STATIC) ## make .venv and collect the static files: all that production needs (EXTRAS=)

# --- What people do ----------------------------------------------------------------------------

.PHONY: run
run: $(SITE) ## start the site on localhost (PORT=8000) with SQLite and a mailbox page
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 0
	@printf '\n  %-10s %s\n' \
		"The site" "http://localhost:$(PORT)/" \
		"Its mails" "http://localhost:$(PORT)/poczta/" \
		"The admin" "http://localhost:$(PORT)/admin/  (make demo makes staff of every role)"
	@printf '\n  Stop it with Ctrl+C.\n\n'
	@BASE_URL=http://localhost:$(PORT) $(MANAGE) runserver localhost:$(PORT)

.PHONY: demo
demo: $(SITE) ## fill the development database with accounts in every state, and staff of every role
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo

.PHONY: test
test: $(TOOLS) ## run the whole suite (what lacks Chromium, PostgreSQL or Redis is skipped, CI apart)
	@mkdir -p var
	$(MANAGE) test --parallel auto $(TESTS)

.PHONY: test-newest
test-newest: $(TOOLS) ## run the suite without its browser part on the newest Django and Python at hand
	@.ci/newest $(TESTS)

.PHONY: drill
drill: $(TOOLS) ## rehearse what operators fear, a quarter of an hour, and write docs/drill.md (OPTIONS=--short: two minutes)
	@mkdir -p var
	$(if $(filter --short,$(OPTIONS)),,$(MANAGE) test tests.test_release tests.test_backup tests.test_canaries \
		tests.test_doctor tests.test_deploy tests.test_metrics tests.test_container)
	@$(BIN)/python -W ignore -m bench.drill $(or $(OPTIONS),--write)

.PHONY: before
before: $(TOOLS) ## run the journeys of the commit before on the schema of today (BEFORE=COMMIT)
	@mkdir -p var
	@.ci/before

.PHONY: bench-scale
bench-scale: $(TOOLS) ## ask whether statements stay as fast among millions (OPTIONS="--postgres URL --write")
	@$(BIN)/python -W ignore -m bench.scale $(OPTIONS)

.PHONY: check
check: lint types layers migrations deployment catalogues same-tests coverage ## all that CI runs

.PHONY: bench
bench: $(TOOLS) ## measure a registration beside three baselines (OPTIONS="--http --write")
	@$(BIN)/python -m bench.run $(OPTIONS)

.PHONY: weights
weights: $(TOOLS) ## weigh what a browser loads for each page, against the budget (OPTIONS=--write)
	@$(BIN)/python -m bench.weights $(OPTIONS)

.PHONY: bench-passwords
bench-passwords: $(TOOLS) ## measure what judging a password costs at worst (OPTIONS="--search 60 --write")
	@$(BIN)/python -m bench.passwords $(OPTIONS)

.PHONY: bench-stores
bench-stores: $(TOOLS) ## measure counters and sessions in the database and in Redis (OPTIONS="--redis URL --postgres URL")
	@$(BIN)/python -m bench.stores $(OPTIONS)

.PHONY: bench-desk
bench-desk: $(TOOLS) ## measure the staff's desk at a million customers (OPTIONS="--postgres URL --write")
	@$(BIN)/python -W ignore -m bench.desk $(OPTIONS)

.PHONY: bench-export
bench-export: $(TOOLS) ## measure time and memory of an export of a million customers (OPTIONS="--postgres URL --write")
	@$(BIN)/python -W ignore -m bench.export $(OPTIONS)

# --- The checks, one by one --------------------------------------------------------------------

.PHONY: lint
lint: $(TOOLS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/djlint templates --check
	$(BIN)/djlint templates --lint

.PHONY: types
types: $(TOOLS)
	$(BIN)/mypy

.PHONY: layers
layers: $(TOOLS)
	$(BIN)/lint-imports

.PHONY: migrations
migrations: $(TOOLS)
	$(MANAGE) makemigrations --check --dry-run
	$(BIN)/python .ci/lint_migrations.py

.PHONY: deployment
deployment: $(TOOLS)
	@mkdir -p var
	@for tasks in immediate database redis; do \
		echo "check --deploy with TASKS=$$tasks"; \
		TASKS=$$tasks REDIS_URL=redis://127.0.0.1:6379/0 $(PRETEND_PRODUCTION) $(MANAGE) check \
			--deploy --fail-level WARNING || exit 1; \
	done

.PHONY: catalogues
catalogues: $(TOOLS)
	$(BIN)/python .ci/check_catalogues.py

.PHONY: same-tests
same-tests: $(TOOLS)
	@mkdir -p var
	$(BIN)/python .ci/check_same_tests.py

.PHONY: coverage
coverage: $(TOOLS)
	@mkdir -p var
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto --dist loadscope \
		--no-loadscope-reorder
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# --- What is generated -------------------------------------------------------------------------

COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --quiet \
	--universal --generate-hashes --python-version 3.11

# The lock of an extra holds only what it adds.
.PHONY: lock
lock: $(TOOLS) ## write the locks anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) -o requirements.lock
	for extra in $(ALL_EXTRAS); do \
		$(COMPILE) $(UPGRADE) --extra $$extra --constraints requirements.lock \
			$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.lock) \
			-o requirements-$$extra.lock || exit 1; \
	done
	$(COMPILE) $(UPGRADE) --group dev --all-extras --constraints requirements.lock \
		$(ALL_EXTRAS:%=--constraints requirements-%.lock) \
		-o requirements-dev.lock

.PHONY: messages
messages: $(TOOLS) ## bring the catalogues up to date with the sources and compile them
	$(MANAGE) makemessages --locale pl --locale en --no-obsolete --no-location --no-wrap \
		--ignore var --ignore bench --ignore tests
	@sed -i.before '/^"POT-Creation-Date/d' locale/*/LC_MESSAGES/*.po && rm locale/*/LC_MESSAGES/*.before
	$(BIN)/python .ci/compile_catalogues.py

.PHONY: terms-pdf
terms-pdf: $(TOOLS) ## print versions of the terms that have no PDF yet (needs Chromium)
	$(BIN)/python .ci/print_terms.py

.PHONY: mails
mails: $(TOOLS) ## write every mail in both languages to var/mails, for mail programs and checkers
	$(BIN)/python .ci/write_mails.py

.PHONY: pictures
pictures: $(TOOLS) ## draw the icons and the pictures for shared links anew from our SVG
	$(BIN)/python .ci/pictures.py

.PHONY: accessibility-report
accessibility-report: $(TOOLS) ## run the accessibility tests and write what the statement says of them
	@mkdir -p var
	$(BIN)/python .ci/accessibility_report.py

.PHONY: screenshots
screenshots: $(TOOLS) ## take the pictures of the guide, the README and docs/staff.md anew (needs Chromium)
	@mkdir -p var
	$(BIN)/python .ci/screenshots.py $(PICTURES)

# A folder of its own: the site needs neither wordfreq nor the dictionary, which Debian has in hunspell-pl.
WORDS := var/words
DICTIONARY ?= /usr/share/hunspell/pl_PL.dic

.PHONY: words
words: $(SITE) ## write the lists of words anew, and what the site reads of them (OPTIONS=--check compares; needs hunspell-pl)
	@test -r $(DICTIONARY) || { echo "apt-get install hunspell-pl, or DICTIONARY=/path/to/pl_PL.dic" >&2; exit 1; }
	@test -x $(WORDS)/bin/python || $(BIN)/python -m venv $(WORDS)
	@$(WORDS)/bin/python -m pip --disable-pip-version-check --no-input -qq install wordfreq==3.1.1
	@$(WORDS)/bin/python accounts/passwords/data/build.py --dictionary $(DICTIONARY) $(OPTIONS)
	@$(BIN)/python accounts/passwords/data/join.py $(OPTIONS)

.PHONY: format
format: $(TOOLS) ## put Python and templates into the agreed form
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	-$(BIN)/djlint templates --reformat --quiet

.PHONY: clean
clean: ## remove all that these words made: .venv, var (the development database too), caches
	rm -rf $(VENV) var .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
