"""`verify` accepts a published run and names whatever was changed in it."""

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from pairmatch import engine
from pairmatch.errors import BadInputError
from pairmatch.messages import render

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return engine.propose_pairing(SCENARIOS / "launch-28", tmp_path_factory.mktemp("runs")).run


@pytest.fixture
def copy(run, tmp_path):
    return Path(shutil.copytree(run, tmp_path / "copy"))


def edit_rows(path, change):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def list_codes(run):
    findings = engine.verify_run(run)
    for finding in findings:
        for lang in ("zh", "en"):
            assert render(finding.code, finding.params, lang).text
    return {finding.code for finding in findings}


def test_an_untouched_run_holds(run):
    assert engine.verify_run(run) == ()


def test_swapping_two_units_is_found(copy):
    def swap(rows):
        rows[1][0], rows[2][0] = rows[2][0], rows[1][0]

    edit_rows(copy / "pairings.csv", swap)
    codes = list_codes(copy)
    assert "runs.file_changed" in codes
    assert codes & {"engine.score_differs", "match.verify_bound", "match.verify_total"}


@pytest.mark.parametrize("name", ["pairings.csv", "contributions.csv", "candidates.csv"])
def test_changing_one_score_is_found(copy, name):
    with (copy / "pairings.csv").open(encoding="utf-8", newline="") as stream:
        first = next(csv.DictReader(stream))

    def raise_score(rows):
        column = next(c for c in ("score", "points") if c in rows[0])
        at = rows[0].index(column)
        row = next(r for r in rows[1:] if r[:2] == [first["unit_id"], first["village_id"]])
        row[at] = str(Decimal(row[at]) + 1)

    edit_rows(copy / name, raise_score)
    assert {"runs.file_changed", "engine.score_differs"} <= list_codes(copy)


@pytest.mark.parametrize("side", ["unit_prices", "village_prices"])
def test_changing_one_dual_price_is_found(copy, side):
    path = copy / "certificate.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    prices = data["levels"][-1]["steps"][0][side]
    prices[next(iter(prices))] += 10**6  # a small change may well be another proof
    path.write_text(json.dumps(data), encoding="utf-8")
    assert {"runs.file_changed", "match.verify_bound"} <= list_codes(copy)


def test_a_missing_file_and_nonsense_are_findings_not_crashes(copy):
    (copy / "problem.json").write_text("[]", encoding="utf-8")
    assert "runs.bad_value" in list_codes(copy)
    (copy / "certificate.json").unlink()
    assert "runs.file_missing" in list_codes(copy)


def test_a_pair_that_is_no_candidate_is_found(copy):
    def invent(rows):
        rows[1][1] = "999999999999"

    edit_rows(copy / "pairings.csv", invent)
    assert "runs.not_candidate" in list_codes(copy)


def test_changed_inputs_are_named(tmp_path):
    folder = tmp_path / "three"
    shutil.copytree(SCENARIOS / "three-by-three", folder, ignore=shutil.ignore_patterns("runs"))
    run = engine.propose_pairing(folder).run
    assert engine.verify_run(run) == ()
    with (folder / "units.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert [f.code for f in engine.verify_run(run)] == ["engine.input_changed"]


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(BadInputError):
        engine.verify_run(tmp_path)
