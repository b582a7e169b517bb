PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo up test check fmt messages lock clean

demo: .venv/ready
	$(BIN)/publisher demo

up: .venv/ready
	$(BIN)/publisher up

.venv/ready: pyproject.toml constraints.txt .ci/setup
	PYTHON=$(PYTHON) .ci/setup
	@touch $@

.venv/ready-test: .venv/ready
	PYTHON=$(PYTHON) .ci/setup test
	@touch $@

test: check
	$(BIN)/pytest

check: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint --profile=django publisher
	$(BIN)/djlint --quiet --check --lint --profile=jinja --ignore=J018 channels
	$(BIN)/django-admin makemigrations --check --dry-run --settings publisher.settings

fmt: .venv/ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet --profile=django publisher
	$(BIN)/djlint --reformat --quiet --profile=jinja --ignore=J018 channels

clean:
	rm -rf .venv var

lock:
	rm -rf var/lock && $(PYTHON) -m venv var/lock
	var/lock/bin/pip install --quiet --upgrade '.[test]'
	{ echo "# Versions that were tested together; renew with the oldest Python that is supported (3.11.2 of Debian 12): make lock"; var/lock/bin/pip freeze --exclude publisher | grep -v '^publisher' ; } > constraints.txt
	rm -rf var/lock
