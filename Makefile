# The few commands people use. Everything runs in an environment of its own, .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DIR ?= pairmatch-demo
# Tests that run whole commands: apart from the measure of coverage, which would make them half as
# long again and has enough in the others. The longest come first.
LONG := tests/docs tests/faults tests/engine/test_infeasible_examples.py \
	tests/engine/test_installed_plugin.py tests/engine/test_plugin_bounds.py \
	tests/engine/test_plugin_review.py tests/engine/test_verify_run.py \
	tests/hooks/packs/test_pack_escapes.py tests/hooks/packs/test_pack_rules.py \
	tests/match/test_determinism.py tests/plugins tests/report/test_forms.py \
	tests/report/test_html_page.py tests/score/test_score_coverage.py \
	tests/score/test_score_demo.py tests/score/test_score_exactness.py \
	tests/score/test_score_sides.py
# Tests that compare thousands of cases, start hundreds of processes or need a browser: `test-all`.
SLOW := tests/engine/test_causes.py tests/engine/test_comparisons.py \
	tests/engine/test_conformance.py tests/engine/test_demo_proposal.py \
	tests/engine/test_published_forms.py tests/engine/test_sweeps.py tests/engine/test_whatif.py \
	tests/faults/test_faults_30_35_plugins.py tests/faults/test_faults_43_47_outputs.py \
	tests/faults/test_faults_44_kill.py tests/faults/test_faults_46_47_sizes.py \
	tests/load/test_inheritance.py tests/match/test_choices_random.py \
	tests/match/test_optimum_random.py tests/report/test_comparison.py \
	tests/report/test_html_browser.py tests/scenarios tests/solvers/test_parts.py
# A process that has nothing left to do takes over tests of the other.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# Hundreds of processes start; none should compile what another has compiled already.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all check lint docs bench clean

demo: $(VENV)/installed  ## install, run the main job on the bundled scenario, say where the report is
	$(BIN)/pairmatch demo $(DEMO_DIR)

test: lint  ## what must hold at any time, in less than five minutes; all that `check` looks at included
	$(PYTEST) $(LONG:%=--ignore=%) $(SLOW:%=--ignore=%) --cov --cov-report=term --cov-fail-under=90
	$(BIN)/python -m coverage report --include='*/pairmatch/score/*,*/pairmatch/match/*,*/pairmatch/explain/*' --fail-under=100
	$(PYTEST) $(LONG) $(SLOW:%=--ignore=%)

test-all: test  ## before a release: the slow ones too, and all of the thousands of random cases
	ALL_CASES=1 $(PYTEST) tests

check: lint  ## style, types, import contract, documentation
	$(BIN)/python -m pytest tests/docs

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/installed-dev  ## write the generated pages of docs/ anew
	$(BIN)/python docs/make_reference.py

bench: $(VENV)/installed-bench  ## measure dense and national sizes beside other solvers, write the page; an idle PC, an hour
	$(BIN)/python -m tests.benchmarks.bench_dense --save tests/benchmarks/results/dense.json
	$(BIN)/python -m tests.benchmarks.bench_national --growth --seeds 0,1 --save tests/benchmarks/results/national-distinct.json
	$(BIN)/python -m tests.benchmarks.bench_national --growth --kind alike --save tests/benchmarks/results/national-alike.json
	$(BIN)/python -m tests.benchmarks.write_results

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt $(shell find src scenarios plugins -type f 2>/dev/null | sed 's/ /\\ /g')
	$(BIN)/python -m pip install --quiet --constraint constraints.txt .
	@touch $@

$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@ $(VENV)/installed

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,bench]"
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .coverage
