"""From one cycle to the next: forms out, filled, in, lists, and the next pairing's continuity.

All grades are made up from a seed; the scenario is synthetic and says so.
"""

import csv
import json
import random
import shutil
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tests.cases import ALL_CASES
from tests.report.test_evaluation_forms import WORDS, fill_form

from pairmatch import engine
from pairmatch.domain.evaluation import PREVIOUS_TABLE, SUMMARY_DATA, SUMMARY_WORKBOOK
from pairmatch.domain.plugins import PluginOptions
from pairmatch.engine.scenarios import open_scenario
from pairmatch.errors import BadInputError, UsageError
from pairmatch.score.city import compute_spreads, score_city
from pairmatch.score.counties import score_counties

DEMO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"
ALONE = PluginOptions(only=frozenset())
YEARS = range(2026, 2031)
CSV_YEAR = 2028
"""In this year the counties answer in one CSV file in GBK, as some do."""
SETTINGS = f"""
[scenario]
extends = "../cangzhou-2026"
name = "cangzhou-2031"
title = {{ zh = "下一轮（合成数据演示）", en = "the next cycle (synthetic)" }}
cycle = [2031, 2035]

[inputs]
previous = "{PREVIOUS_TABLE}"
"""


def read_rows(run, name):
    with (run / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def draw_grades(pairs):
    """Made-up grades: by county and by city, for each pair and year; some are not given."""
    draws = random.Random(20310101)
    grades = {}
    for row in pairs:
        for year in YEARS:
            county = draws.choice((4, 4, 3, 3, 3, 2, 1)) if draws.random() < 0.97 else None
            moved = min(max((county or 0) + draws.choice((-1, 0, 0, 1)), 1), 4)
            city = None if county is None or draws.random() < 0.1 else moved
            grades[row["unit_id"], row["village_id"], year] = county, city
    return grades


def write_county_csv(path, pairs, grades, year):
    header = ["县级评定", "区划代码", "年度", "单位编号"]
    rows = [
        [
            WORDS.get(grades[p["unit_id"], p["village_id"], year][0], ""),
            p["village_id"],
            f"{year}年度",
            p["unit_id"],
        ]
        for p in pairs
    ]
    with path.open("w", encoding="gb18030", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


def fill_year(run, folder, pairs, grades, year):
    """Let counties and then the city fill in the forms of a year."""
    asked = {
        (p["unit_id"], p["village_id"]): grades[p["unit_id"], p["village_id"], year] for p in pairs
    }
    written = engine.write_evaluation_forms(run, folder, year)
    assert len(written.files) == 15
    by_county = {pair: {"县级评定等次": WORDS.get(g)} for pair, (g, _city) in asked.items()}
    for path in written.files:
        if not path.name.startswith("市级"):
            if year == CSV_YEAR:
                path.unlink()
            else:
                fill_form(path, path.read_bytes(), by_county)
                path.rename(path.with_name(f"交回 {path.name}"))
    if year == CSV_YEAR:
        write_county_csv(folder / "各县.csv", pairs, grades, year)
    (city,) = engine.write_evaluation_forms(run, folder, year, [folder]).files
    by_city = {pair: {"市级评定等次": WORDS.get(g)} for pair, (_county, g) in asked.items()}
    fill_form(city, city.read_bytes(), by_city)


class Cycle:
    """The demo's run, its made-up grades, the forms and what came of them."""

    def __init__(self, parent):
        shutil.copytree(DEMO, parent / "cangzhou-2026")
        self.parent = parent
        self.run = engine.propose_pairing(parent / "cangzhou-2026", None, ALONE).run
        self.pairs = read_rows(self.run, "pairings.csv")
        self.grades = draw_grades(self.pairs)
        self.forms, self.out = parent / "forms", parent / "out"
        for year in YEARS:
            fill_year(self.run, self.forms / str(year), self.pairs, self.grades, year)
        self.evaluated = engine.evaluate_run(self.run, [self.forms], self.out)
        self.facts = json.loads((self.out / SUMMARY_DATA).read_text(encoding="utf-8"))
        self.next = parent / "cangzhou-2031"
        self.next.mkdir()
        (self.next / "scenario.toml").write_text(SETTINGS, encoding="utf-8")
        shutil.copy(self.out / PREVIOUS_TABLE, self.next)


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    return Cycle(tmp_path_factory.mktemp("cycle"))


def count_ranks(grades):
    """Ranks by id from lists of grades: mean rounded half up, one more than the better ones."""
    words = {
        owner: (2 * sum(known) + len(known)) // (2 * len(known)) if known else None
        for owner, known in grades.items()
    }
    return {
        owner: grade and 1 + sum(1 for other in words.values() if other and other > grade)
        for owner, grade in words.items()
    }


def test_lists_are_those_of_the_made_up_grades(cycle):
    city, counties = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for pair in cycle.pairs:
        own = counties[pair["county"]][pair["unit_id"]]
        for year in YEARS:
            by_county, by_city = cycle.grades[pair["unit_id"], pair["village_id"], year]
            own += [by_county] if by_county else []
            settled = by_city or by_county
            city[pair["unit_id"]] += [settled] if settled else []
    assert {s["id"]: s["rank"] for s in cycle.facts["city"]} == count_ranks(city)
    assert len(cycle.facts["counties"]) == 14
    for listed in cycle.facts["counties"]:
        expected = count_ranks(counties[listed["county"]])
        assert {s["id"]: s["rank"] for s in listed["units"]} == expected
    for listed in (cycle.facts["city"], *(c["units"] for c in cycle.facts["counties"])):
        assert [s["id"] for s in listed] == [
            s["id"] for s in sorted(listed, key=lambda s: (s["rank"] or 999, s["id"]))
        ]


def test_commendations_are_those_of_the_rule(cycle):
    expected = set()
    for pair in cycle.pairs:
        city = [cycle.grades[pair["unit_id"], pair["village_id"], year][1] for year in YEARS]
        if all(city) and sum(city) >= 18 and min(city) >= 3:
            expected.add(pair["unit_id"])
    assert {c["unit_id"] for c in cycle.facts["commendations"] if c["is_proposed"]} == expected
    assert expected


def test_results_say_that_they_are_synthetic(cycle):
    assert cycle.facts["synthetic"] is True
    for name in (SUMMARY_WORKBOOK, PREVIOUS_TABLE):
        for sheet in openpyxl.load_workbook(cycle.out / name).worksheets:
            assert "合成数据" in str([c.value for row in sheet.iter_rows(max_row=4) for c in row])


def test_the_same_forms_give_the_same_bytes(cycle, tmp_path):
    again = engine.evaluate_run(cycle.run, [cycle.forms], tmp_path)
    for path in again.files:
        assert path.read_bytes() == (cycle.out / path.name).read_bytes()


def score_all(folder):
    """The ledger of all candidates of a scenario, by rule, in steps."""
    with open_scenario(folder, ALONE) as opened:
        inputs, plugins = opened.require(ALONE)
        rules, conditions = plugins.score_rules, plugins.eligibility_rules
        city = score_city(inputs, rules, conditions)
        table, _excluded = score_counties(
            city, rules, conditions, compute_spreads(inputs.scenario, rules)
        )
    return inputs, table


def measure_share(grades):
    """The share of the spread that a pair's settled grades give: 0 for poor, 1 for excellent."""
    known = [grade - 1 for grade in grades if grade]
    return Fraction(sum(known), 3 * len(known)) if known else None


def test_continuity_follows_the_grades_of_the_cycle_before(cycle):
    inputs, table = score_all(cycle.next)
    assert inputs.scenario.scenario.cycle == (2031, 2035)
    (column,) = (c for c in table.columns if c.rule_id == "continuity")
    shares = {}
    for pair in cycle.pairs:
        both = (cycle.grades[pair["unit_id"], pair["village_id"], year] for year in YEARS)
        shares[pair["unit_id"], pair["village_id"]] = measure_share([c or k for k, c in both])
    candidates, found = table.candidates, 0
    for k in range(len(candidates)):
        unit = candidates.units.records[candidates.unit_idx[k]].unit_id
        village = candidates.villages.records[candidates.village_idx[k]].village_id
        share = shares.get((unit, village), Fraction(0))
        assert share is not None  # every made-up pair has a grade in some year
        assert abs(Fraction(int(column.points[k])) - share * column.spread) <= 1
        found += (unit, village) in shares
    assert found == len(shares) == 112


def test_the_next_pairing_is_proven_and_its_ledger_shows_the_grades(cycle):
    outcome = engine.propose_pairing(cycle.next, None, ALONE)
    assert outcome.status == "optimal"
    assert engine.verify_run(outcome.run) == ()
    before = {(p["unit_id"], p["village_id"]) for p in cycle.pairs}
    lines = [
        row for row in read_rows(outcome.run, "contributions.csv") if row["rule_id"] == "continuity"
    ]
    kept = [row for row in lines if (row["unit_id"], row["village_id"]) in before]
    assert kept
    assert all(0 <= Fraction(row["points"]) <= 5 for row in lines)
    assert {row["points"] for row in lines if row not in kept} <= {"0.00"}


def change_grades(path, word):
    """Put one word, or nothing, into every grade of the table of the cycle before."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    header = next(row for row in sheet.iter_rows() if row[0].value == "单位编号")
    columns = [cell.column for cell in header if str(cell.value).endswith("评定")]
    for line in range(header[0].row + 1, sheet.max_row + 1):
        for column in columns:
            sheet.cell(line, column).value = word
    book.save(path)


def test_evaluation_moves_no_score_beyond_the_spread_of_continuity(cycle):
    _inputs, true = score_all(cycle.next)
    kept = (cycle.next / PREVIOUS_TABLE).read_bytes()
    try:
        for word in ("优", "差", None) if ALL_CASES else ("优", None):
            change_grades(cycle.next / PREVIOUS_TABLE, word)
            _inputs, other = score_all(cycle.next)
            assert [c.rule_id for c in other.columns] == [c.rule_id for c in true.columns]
            for a, b in zip(true.columns, other.columns, strict=True):
                if a.rule_id == "continuity":
                    moved = b.points - a.points
                    assert np.abs(moved).max() <= a.spread == 5 * 100
                    assert (a.points >= 0).all() and (a.points <= a.spread).all()
                    assert (b.points >= 0).all() and (b.points <= b.spread).all()
                    assert np.array_equal(other.total - true.total, moved)
                else:
                    assert np.array_equal(a.points, b.points), a.rule_id
    finally:
        (cycle.next / PREVIOUS_TABLE).write_bytes(kept)


# --- what is refused


def test_an_error_stops_everything_and_names_the_cell(cycle, tmp_path):
    forms = tmp_path / "forms"
    shutil.copytree(cycle.forms / "2026", forms)
    unit, village, _year = next(iter(cycle.grades))
    other = next(p["village_id"] for p in cycle.pairs if p["village_id"] != village)
    header = "年度,单位编号,区划代码,县级评定等次"
    bad = "\n".join([header, f"2026,{unit},{other},优秀", f"2036,{unit},{village},优秀"])
    (forms / "错表.csv").write_text(bad, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        engine.evaluate_run(cycle.run, [forms], tmp_path / "out")
    assert caught.value.exit_code == 3
    told = {(f.code, f.place.row, f.place.column) for f in caught.value.findings}
    assert ("evaluation.not_a_pair", 2, "区划代码") in told
    assert ("evaluation.year_outside", 3, "年度") in told
    assert not (tmp_path / "out").exists()


def test_forms_that_are_filled_in_are_not_overwritten(cycle, tmp_path):
    first, *_rest = engine.write_evaluation_forms(cycle.run, tmp_path, 2027).files
    engine.write_evaluation_forms(cycle.run, tmp_path, 2027)  # the same again is no loss
    unit, village, _year = next(iter(cycle.grades))
    fill_form(first, first.read_bytes(), {(unit, village): {"市级评定等次": "优秀"}})
    data = first.read_bytes()
    with pytest.raises(UsageError) as caught:
        engine.write_evaluation_forms(cycle.run, tmp_path, 2027)
    assert caught.value.code == "engine.would_overwrite"
    assert first.read_bytes() == data


def test_the_table_of_the_cycle_before_in_a_scenario_is_not_overwritten(cycle, tmp_path):
    own = tmp_path / PREVIOUS_TABLE
    own.write_bytes(b"of the cycle before this one")
    with pytest.raises(UsageError) as caught:
        engine.evaluate_run(cycle.run, [cycle.forms], tmp_path)
    assert caught.value.params["files"] == PREVIOUS_TABLE
    assert own.read_bytes() == b"of the cycle before this one"


def test_results_of_before_are_replaced(cycle, tmp_path):
    engine.evaluate_run(cycle.run, [cycle.forms / "2026"], tmp_path)
    engine.evaluate_run(cycle.run, [cycle.forms], tmp_path)
    again = (tmp_path / SUMMARY_DATA).read_bytes()
    assert again == (cycle.out / SUMMARY_DATA).read_bytes()


def test_the_year_of_the_forms(cycle, tmp_path):
    assert engine.write_evaluation_forms(cycle.run, tmp_path / "a").year == 2026
    with pytest.raises(UsageError) as caught:
        engine.write_evaluation_forms(cycle.run, tmp_path / "b", 2031)
    assert caught.value.params == {"year": "2031", "first": "2026", "last": "2030"}


def test_a_run_without_a_cycle_cannot_be_evaluated(tmp_path):
    shutil.copytree(DEMO.parent / "three-by-three", tmp_path / "small")
    run = engine.propose_pairing(tmp_path / "small", None, ALONE).run
    with pytest.raises(BadInputError) as caught:
        engine.write_evaluation_forms(run, tmp_path / "forms")
    assert caught.value.code == "evaluation.no_cycle"


def test_villages_without_names_or_counties_have_one_form(tmp_path):
    small = shutil.copytree(DEMO.parent / "three-by-three", tmp_path / "small")
    settings = (small / "scenario.toml").read_text(encoding="utf-8")
    assert settings.count("[scenario]\n") == 1
    settings = settings.replace("[scenario]\n", "[scenario]\ncycle = [2026, 2026]\n")
    (small / "scenario.toml").write_text(settings, encoding="utf-8")
    run = engine.propose_pairing(small, None, ALONE).run
    forms = engine.write_evaluation_forms(run, tmp_path / "forms").files
    assert [path.name for path in forms] == ["市级评定表_2026.xlsx", "成效评定表_2026.xlsx"]
    pairs = {(p["unit_id"], p["village_id"]) for p in read_rows(run, "pairings.csv")}
    fill_form(forms[1], forms[1].read_bytes(), {p: {"县级评定等次": "良好"} for p in pairs})
    evaluated = engine.evaluate_run(run, forms, tmp_path / "out")
    assert {s.cycle.grade for s in evaluated.evaluation.city} == {3}
    assert [c.county for c in evaluated.evaluation.counties] == [""]


def test_a_damaged_run_is_not_evaluated(cycle, tmp_path):
    shutil.copytree(cycle.run, tmp_path / "run")
    path = tmp_path / "run" / "pairings.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(BadInputError):
        engine.evaluate_run(tmp_path / "run", [cycle.forms], tmp_path / "out")
