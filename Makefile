# Everything is installed into this checkout: uv into .uv, the packages into .venv.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync

.PHONY: setup demo test fuzz lowest bench studies mutants same check format docs lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set up, simulate a shop of a million events, segment it"
	@echo "make test    set up, run every check and every test"
	@echo "make fuzz    read damaged files of every kind, a minute for each (SEED=1 for others)"
	@echo "make lowest  try the lowest versions of all dependencies, in a place of their own"
	@echo "make check   formatting, lint, types and room contracts only"
	@echo "make bench   measure speed and memory beside the alternatives (BENCH=--full for all)"
	@echo "make studies run what is left of the studies of many draws (STUDIES=--only planted; hours)"
	@echo "make mutants find changes that no test notices (MUTANTS='--only clustomer/pipeline'; hours)"
	@echo "make same    compare results with those of another revision, byte for byte (BASE=main)"
	@echo "make docs    regenerate the reference pages"
	@echo "make clean   remove everything that make created"

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"clustomer needs Python 3.11 or later; $(PYTHON) is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .uv || { echo "'$(PYTHON) -m venv' failed. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf .uv; exit 1; }
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) pyproject.toml uv.lock
	$(UV) sync --frozen --all-extras --python .uv/bin/python --quiet
	@touch $@

setup: .venv/.ready

demo: setup
	@$(RUN) python scripts/demo.py

check: setup
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy --num-workers 2
	$(RUN) lint-imports
	$(RUN) python scripts/check_repository.py
	$(RUN) python scripts/check_house.py
	$(RUN) python scripts/check_unread.py

test: check
	$(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder

# The engine, the readers and a whole run: what depends on how old a library is. The newest of
# what our dependencies need warn of their older ways, so that warnings are no errors here.
LOWEST := .lowest
LOWEST_TESTS := tests/engines tests/events/test_cleaning.py tests/events/test_sessions.py \
	tests/customers/test_features.py tests/pipeline/test_without_sessions.py

$(LOWEST)/.ready: $(UV) pyproject.toml
	$(UV) venv --quiet --clear --python .uv/bin/python $(LOWEST)
	$(UV) pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
		--requirement pyproject.toml --all-extras --group dev --editable .
	@touch $@

fuzz: setup
	CLUSTOMER_FUZZ_SECONDS=60 CLUSTOMER_FUZZ_SEED=$(or $(SEED),0) $(RUN) pytest tests/events/sources/test_fuzz.py

lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest -q -n 2 --dist loadfile -p no:cacheprovider -o filterwarnings=default $(LOWEST_TESTS)

format: setup
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: setup
	$(RUN) python benchmarks/bench.py $(BENCH)

studies: setup
	$(RUN) python benchmarks/studies.py $(STUDIES)

mutants: setup
	$(RUN) python scripts/mutants.py $(MUTANTS)

same: setup
	$(RUN) python scripts/same_results.py $(or $(BASE),main)

docs: setup
	$(RUN) python scripts/generate_reference.py

lock: $(UV)
	$(UV) lock

clean:
	rm -rf .uv .venv .lowest .small-model .demo dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
