# `make run` starts the site, `make test` tests it; both install what is missing first.
# Settings come from the environment or as in `make run PORT=8001`; see docs/configuration.md.

PYTHON = .venv/bin/python

.PHONY: run test admin setup setup-dev check format clean help

run: setup ## start the site: Redis, web server, composer, reconciler
	@$(PYTHON) deploy/run.py

test: setup-dev ## run all checks and tests; one of them by ARGS="tests/test_journey.py"
	@$(MAKE) --no-print-directory check
	$(PYTHON) -m pytest $(ARGS)

admin: setup ## create a staff account
	@$(PYTHON) deploy/prepare.py
	@deploy/admin

setup: ## install system packages, virtual environment, soundfont, secret key
	@python3 deploy/setup.py

setup-dev:
	@python3 deploy/setup.py --dev

check: ## what needs no tests to be seen wrong
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

format: ## lay the code out as the house does
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

clean: ## remove what tools leave behind; never var/, where the pieces are
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 10
