PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo up test test-channels test-embedded test-programs test-servers check fmt bench faults messages lock clean

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

# The checks; everything on the embedded engine; and what needs a database or the program once more on PostgreSQL and Redis.
# Side by side, because much of their time is waiting for processes.
test: .venv/ready-test
	$(MAKE) --jobs=5 check test-channels test-embedded test-programs test-servers

test-channels: .venv/ready-test
	$(BIN)/pytest tests/channels tests/benchmarks

test-embedded: .venv/ready-test
	$(BIN)/pytest --ignore=tests/channels --ignore=tests/benchmarks --ignore=tests/faults --ignore=tests/browser

# What starts the program, kills it, or drives a browser.
test-programs: .venv/ready-test
	$(BIN)/pytest tests/faults tests/browser

test-servers: .venv/ready-test
	PUBLISHER_TEST_ENGINE=servers $(BIN)/pytest

check: .venv/ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint --profile=django publisher
	$(BIN)/djlint --quiet --check --lint --profile=jinja --ignore=J018 channels
	$(BIN)/django-admin check --settings publisher.settings
	$(BIN)/django-admin makemigrations --check --dry-run --settings publisher.settings

fmt: .venv/ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat --quiet --profile=django publisher
	$(BIN)/djlint --reformat --quiet --profile=jinja --ignore=J018 channels

# Ratios to baselines measured in the same run, on an otherwise idle machine; such as: make bench ARGS="--quick --only speed"
bench: .venv/ready-test
	$(BIN)/python -m tests.benchmarks $(ARGS)

# Break the program on purpose and judge by the books; such as: make faults N=10000 SEED=1 ARGS="--report drill.md"
N ?= 1000
SEED ?= 1
faults: .venv/ready-test
	$(BIN)/python -m tests.faults --n $(N) --seed $(SEED) $(ARGS)

# Collect the messages of the interface into publisher/locale and compile them; translate what is new in between.
messages: .venv/ready-test
	$(BIN)/django-admin makemessages --settings publisher.settings --locale zh_Hans --extension py,html \
		--no-obsolete --no-wrap --no-location --ignore tests --ignore var --ignore channels/sandbox --ignore 'channels/*/templates'
	$(BIN)/django-admin compilemessages --settings publisher.settings --locale zh_Hans --ignore .venv --ignore var

clean:
	rm -rf .venv var

lock:
	rm -rf var/lock && $(PYTHON) -m venv var/lock
	var/lock/bin/pip install --quiet --upgrade '.[test]'
	{ echo "# Versions that were tested together; renew with the oldest Python that is supported (3.11.2 of Debian 12): make lock"; var/lock/bin/pip freeze --exclude publisher | grep -v '^publisher' ; } > constraints.txt
	rm -rf var/lock
