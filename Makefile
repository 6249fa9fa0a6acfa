# make demo: set up and read a scanned report.   make test: set up and check everything.
# Needs Python 3.11 to 3.14, git and a package registry; nothing is fetched at run time. Some tests need 3.11 or 3.12.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV ?= .venv
DEMO ?= $(firstword $(wildcard fixtures/scans/dongfeng-2025.pdf fixtures/scans/*.pdf))
BIN = $(VENV)/bin

.PHONY: demo test lint tests system setup format constraints clean

demo: setup
	$(BIN)/extractor run "$(DEMO)" --output build/demo
	$(BIN)/extractor show "build/demo/$(basename $(notdir $(DEMO))).json"

test: lint tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Many of them wait for processes to be started, killed and missed: more at once than there are processors.
tests: setup system
	$(BIN)/python -m pytest --numprocesses 6 --dist worksteal --durations 40

# What the tests find on the system, where that can be installed.
system:
	.ci/fonts
	.ci/browser

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
	  || { echo "Python 3.11 to 3.14 is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[test]'
	.ci/system-libraries $(BIN)/python
	touch $@

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Asks the registry; needs uv.
constraints:
	uv pip compile pyproject.toml --extra test --extra generate --python-version 3.11 --universal --quiet \
	  --no-header --no-annotate --no-emit-index-url --output-file constraints.txt
	sed -i '1i # What the direct dependencies of pyproject.toml pull in, pinned; make it anew with `make constraints`.' \
	  constraints.txt

clean:
	rm -rf $(VENV) build
