"""The main job on the bundled scenario: what must hold of every proposal, shown on the real one."""

import csv
import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pairmatch import engine
from pairmatch.explain.prices import price_candidates, trace_moves
from pairmatch.match.solution import solve_problem

SCENARIO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return engine.propose_pairing(SCENARIO, tmp_path_factory.mktemp("runs"))


def read_rows(run, name):
    with (run / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_county_gets_two_city_and_six_county_units(outcome):
    rows = read_rows(outcome.run, "pairings.csv")
    assert len(rows) == 112
    assert len({row["unit_id"] for row in rows}) == len({row["village_id"] for row in rows}) == 112
    tiers = Counter((row["county"], row["tier"]) for row in rows)
    assert len({county for county, _tier in tiers}) == 14
    assert {count for (_county, tier), count in tiers.items() if tier == "city"} == {2}
    assert {count for (_county, tier), count in tiers.items() if tier == "county"} == {6}
    kinds = Counter((row["county"], row["kind"]) for row in rows if row["tier"] == "city")
    assert set(kinds.values()) == {1}


def test_the_objective_is_the_sum_of_both_tables(outcome):
    facts = json.loads((outcome.run / "run.json").read_text(encoding="utf-8"))
    total = Decimal(facts["objective"]["total"])
    assert facts["status"] == "optimal"
    assert facts["num_matched"] == 112
    assert sum(Decimal(r["score"]) for r in read_rows(outcome.run, "pairings.csv")) == total
    assert sum(Decimal(r["points"]) for r in read_rows(outcome.run, "contributions.csv")) == total
    assert facts["bound"] == facts["objective"]["total"]


def test_the_four_unfit_units_are_reported_with_their_reason(outcome):
    # Other counties are out of scope for a county's unit anyway; that is not what it fails by.
    idle = {
        e.unit_id: e.rule_id
        for e in outcome.proposal.exclusions
        if e.all_villages and e.rule_id != "condition.scope"
    }
    assert idle == {
        "x01": "condition.credit_ok",
        "x02": "condition.scale_ok",
        "x03": "condition.willing",
        "x04": "condition.conflict",
    }
    assert not {pair.unit_id for pair in outcome.proposal.explanations} & set(idle)


def test_every_output_says_that_the_data_are_synthetic(outcome):
    import openpyxl

    assert "合成数据" in (outcome.run / "report.html").read_text(encoding="utf-8")
    assert json.loads((outcome.run / "run.json").read_text(encoding="utf-8"))["synthetic"] is True
    assert {r["synthetic"] for r in read_rows(outcome.run, "pairings.csv")} == {"1"}
    workbook = openpyxl.load_workbook(outcome.run / "结对安排表.xlsx", read_only=True)
    for sheet in workbook.worksheets:
        texts = "".join(str(c) for row in sheet.iter_rows(values_only=True) for c in row if c)
        assert "合成" in texts, sheet.title
    workbook.close()


def test_ledger_lines_sum_to_every_score(outcome):
    for pair in outcome.proposal.explanations:
        assert sum(line.points for line in pair.lines) == pair.points
        assert pair.low <= pair.points <= pair.high


def test_two_runs_are_the_same_bytes_apart_from_the_time(outcome, tmp_path):
    again = engine.propose_pairing(SCENARIO, tmp_path)
    for path in sorted(outcome.run.iterdir()):
        other = again.run / path.name
        if path.name == "run.json":
            facts, repeated = (json.loads(p.read_text(encoding="utf-8")) for p in (path, other))
            assert facts.pop("published_at") and repeated.pop("published_at")
            assert facts == repeated
        else:
            assert path.read_bytes() == other.read_bytes(), path.name


def test_every_alternative_and_chain_equals_a_re_solve(outcome):
    """Re-solve with each of the 336 shown alternatives locked."""
    from dataclasses import replace

    from pairmatch.domain.problem import FixedPair

    proposal = outcome.proposal
    problem, base = proposal.problem, proposal.matching
    unit_at = {name: k for k, name in enumerate(problem.unit_ids)}
    village_at = {name: k for k, name in enumerate(problem.village_ids)}
    current = {(pair.unit_id, pair.village_id): pair.points for pair in proposal.explanations}
    scores = dict(
        zip(
            zip(problem.unit_idx.tolist(), problem.village_idx.tolist(), strict=True),
            problem.points.tolist(),
            strict=True,
        )
    )
    num_checked = 0
    for pair in proposal.explanations:
        for other in pair.alternatives:
            lock = FixedPair(unit_at[other.unit_id], village_at[other.village_id])
            forced = solve_problem(replace(problem, locks=(lock,)))
            if other.forcing_price is None:
                assert getattr(forced, "num_matched", 0) < base.num_matched
                continue
            assert forced.num_matched == base.num_matched
            assert base.total - forced.total == other.forcing_price
            moved = set(current)
            for move in other.chain:
                if move.from_village_id:
                    moved.remove((move.unit_id, move.from_village_id))
                if move.to_village_id:
                    moved.add((move.unit_id, move.to_village_id))
            assert (other.unit_id, other.village_id) in moved
            value = sum(scores[unit_at[u], village_at[v]] for u, v in moved)
            assert base.total - value == other.forcing_price
            assert len(moved) == len({v for _u, v in moved}) == 112
            num_checked += 1
    assert num_checked == 336


def test_price_book_agrees_with_the_stored_run(outcome):
    problem, matching = outcome.proposal.problem, outcome.proposal.matching
    book = price_candidates(problem, matching)
    assert (book.forcing[matching.chosen_idx] == 0).all()
    assert (book.forcing[np.flatnonzero(book.chosen == 0)] != 0).sum() > 0
    assert trace_moves(book, int(matching.chosen_idx[0])) == ()


def shuffle_scenario(target, seed):
    """Copy the scenario with the rows of every CSV and simple workbook in another order."""
    import random

    import openpyxl

    shutil.copytree(SCENARIO, target, ignore=shutil.ignore_patterns("runs"))
    random_order = random.Random(seed)
    for path in sorted((target / "data").rglob("*.csv")):
        data = path.read_bytes()
        encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030"
        header, *rows = data.decode(encoding).splitlines(keepends=True)
        random_order.shuffle(rows)
        path.write_bytes("".join([header, *rows]).encode(encoding))
    book_path = target / "data" / "帮扶单位.xlsx"
    book = openpyxl.load_workbook(book_path)
    sheet = next(s for s in book.worksheets if s.max_column > 20)
    grid = [[cell.value for cell in row] for row in sheet.iter_rows()]
    first = next(k for k, row in enumerate(grid) if "单位编号" in [str(c) for c in row]) + 1
    body = grid[first:]
    random_order.shuffle(body)
    for row_number, row in enumerate(body, start=first + 1):
        for column, value in enumerate(row, start=1):
            sheet.cell(row_number, column).value = value
    book.save(book_path)
    villages = sorted((target / "data" / "村情表").iterdir())
    # Files in another order: the names decide the order of reading.
    for number, path in enumerate(reversed(villages)):
        path.rename(path.with_name(f"{number:02d}-{path.name}"))


def test_shuffled_rows_and_files_give_the_same_pairings(outcome, tmp_path):
    target = tmp_path / "shuffled"
    shuffle_scenario(target, seed=7)
    other = engine.propose_pairing(target)
    for name in ("pairings.csv", "candidates.csv", "certificate.json", "contributions.csv"):
        assert (other.run / name).read_bytes() == (outcome.run / name).read_bytes(), name
