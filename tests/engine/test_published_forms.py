"""Instances of the kinds of published benchmarks, as people would bring them: tables in, proof out.

Every optimum is compared with that of another solver, every pair is checked again with the arrays
that the tables were written from.
"""

import csv
import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.engine.published_forms import (
    Instance,
    bound_by_relaxation,
    draw_assignment,
    draw_generalised,
    draw_reviews,
    solve_with_cp_sat,
    solve_with_highs,
    value_pairs,
    write_scenario,
)
from tests.oracles import assign_with_scipy

from pairmatch import engine
from pairmatch.cli.program import program
from pairmatch.errors import UnprovenError


@dataclass(frozen=True)
class Answer:
    """What pairmatch says of an instance: points in steps of the instance, and what it proved."""

    status: str
    num_matched: int
    value: Decimal
    bound: Decimal


def propose(folder: Path, instance: Instance, time_s: str = "") -> Answer:
    """Return the answer to an instance that was written to a folder, checked pair by pair."""
    outcome = engine.propose_pairing(write_scenario(folder, instance, time_s), dry_run=True)
    assert outcome.proposal is not None
    matching, steps = outcome.proposal.matching, outcome.proposal.problem.steps_per_point
    pairs = [(pair.unit_id, pair.village_id) for pair in outcome.proposal.explanations]
    factor = Decimal(10**instance.places) / steps
    level = matching.certificate.levels[-1]
    assert level.goal == "total"
    assert value_pairs(instance, pairs) == matching.total * factor == level.value * factor
    return Answer(outcome.status, len(pairs), level.value * factor, level.bound * factor)


def run_program(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(program, [str(word) for word in words])
    return result.exit_code, result.stdout


def require_proof(answer: Answer, best: int, status: str) -> None:
    assert (answer.status, answer.value, answer.bound) == (status, Decimal(best), Decimal(best))


@pytest.mark.parametrize("seed", [100, 101])
def test_linear_assignment(seed: int, tmp_path: Path) -> None:
    instance = draw_assignment((100, 100), seed)
    answer = propose(tmp_path, instance)
    num_matched, best = assign_with_scipy(instance.points, instance.eligible)
    assert answer.num_matched == num_matched == 100
    require_proof(answer, best, "optimal")


@pytest.mark.parametrize(
    ("shape", "density", "places"), [((60, 110), 0.02, 0), ((110, 60), 0.02, 3)]
)
def test_sparse_linear_assignment(
    shape: tuple[int, int], density: float, places: int, tmp_path: Path
) -> None:
    instance = draw_assignment(shape, 7, density, places)
    answer = propose(tmp_path, instance)
    num_matched, best = assign_with_scipy(instance.points, instance.eligible)
    assert answer.num_matched == num_matched < min(shape)
    require_proof(answer, best, "optimal")


@pytest.mark.parametrize(
    ("kind", "num_jobs", "seed"),
    [
        ("A", 25, 0),
        ("A", 50, 1),
        ("B", 25, 1),
        ("B", 50, 1),
        ("C", 25, 0),
        ("C", 50, 1),
        ("D", 25, 0),
        ("E", 25, 0),
        ("E", 50, 1),
    ],
)
def test_generalised_assignment(kind: str, num_jobs: int, seed: int, tmp_path: Path) -> None:
    instance = draw_generalised(kind, 5, num_jobs, seed)
    best, bound = solve_with_cp_sat(instance)
    assert best is not None and best == bound
    require_proof(propose(tmp_path, instance), best, "bounded")


def test_loads_with_decimals_are_kept_exact(tmp_path: Path) -> None:
    """A capacity that one smallest digit more would break, in loads of three decimals."""
    whole = draw_generalised("C", 4, 12, 3)
    assert whole.loads is not None and whole.capacity is not None
    digits = np.random.default_rng(3).integers(0, 10**3, whole.loads.shape)
    loads = whole.loads * 10**3 + digits
    roomy = replace(whole, loads=loads, capacity=whole.capacity * 10**3, load_places=3)
    outcome = engine.propose_pairing(write_scenario(tmp_path / "roomy", roomy), dry_run=True)
    assert outcome.proposal is not None
    chosen = np.zeros(loads.shape, dtype=bool)
    for pair in outcome.proposal.explanations:
        chosen[int(pair.unit_id[1:]), int(pair.village_id[1:])] = True
    used = (loads * chosen).sum(axis=1)
    # Exactly what the best choice uses is enough; a thousandth less for the fullest unit is not.
    best = value_pairs(roomy, [(p.unit_id, p.village_id) for p in outcome.proposal.explanations])
    require_proof(propose(tmp_path / "tight", replace(roomy, capacity=used)), best, "bounded")
    assert roomy.capacity is not None
    fullest = (used - roomy.capacity).argmax()
    short = roomy.capacity.copy()
    short[fullest] = used[fullest] - 1
    tighter = replace(roomy, capacity=short)
    proven, bound = solve_with_cp_sat(tighter)
    assert proven is not None and proven == bound < best
    require_proof(propose(tmp_path / "tighter", tighter), proven, "bounded")


@pytest.mark.parametrize("kind", ["C", "E"])
def test_jobs_that_fit_nowhere_are_no_answer(kind: str, tmp_path: Path) -> None:
    instance = draw_generalised(kind, 3, 9, 0)
    assert instance.capacity is not None
    instance = replace(instance, capacity=instance.capacity // 2)
    assert solve_with_cp_sat(instance)[0] is None
    assert run_program("propose", write_scenario(tmp_path, instance))[0] == 4


@pytest.mark.parametrize(("places", "load"), [(4, (2, 6)), (5, (4, 5)), (6, (3, 5))])
def test_reviewer_assignment(places: int, load: tuple[int, int], tmp_path: Path) -> None:
    instance = draw_reviews(40, 60, places, places, load)
    answer = propose(tmp_path, instance)
    best = solve_with_highs(instance)
    assert best is not None and answer.num_matched == 180
    require_proof(answer, best, "optimal")


@pytest.mark.parametrize("seed", [0, 1])
def test_reviewer_assignment_with_hours(seed: int, tmp_path: Path) -> None:
    """Papers of unequal length, read at unequal speed; reviewers have hours, in hundredths."""
    instance = draw_reviews(20, 30, seed, 5, (1, 9))
    draw = np.random.default_rng(seed)
    lengths, paces = draw.integers(20, 61, (1, 30)), draw.integers(8, 13, (20, 1))
    hours = draw.integers(160, 261, 20) * 10
    instance = replace(instance, loads=lengths * paces, capacity=hours, load_places=2)
    best = solve_with_highs(instance)
    assert best is not None
    require_proof(propose(tmp_path, instance), best, "bounded")


def test_too_few_hours_are_exit_4(tmp_path: Path) -> None:
    instance = draw_reviews(8, 12, 0, 5, (0, 12))
    hours = np.full((8, 12), 25)
    instance = replace(instance, loads=hours, capacity=np.full(8, 112), load_places=1)
    assert solve_with_highs(instance) is None  # four papers each are 32, not 36
    assert run_program("propose", write_scenario(tmp_path, instance))[0] == 4


def test_an_answer_without_a_proof_says_so(tmp_path: Path) -> None:
    """What a minute does not prove gets a second."""
    instance = draw_generalised("D", 20, 200, 1)
    folder = write_scenario(tmp_path / "scenario", instance, "1")
    code, text = run_program("propose", folder, "--json", "--out", tmp_path / "runs")
    facts = json.loads(text)
    assert (code, facts["status"], facts["num_matched"]) == (6, "stopped", 200)
    value, bound = Decimal(facts["objective"]["total"]), Decimal(facts["bound"])
    with (Path(facts["run"]) / "pairings.csv").open(encoding="utf-8", newline="") as stream:
        pairs = [(row["unit_id"], row["village_id"]) for row in csv.DictReader(stream)]
    assert value == value_pairs(instance, pairs)
    assert value <= bound_by_relaxation(instance)
    assert value < bound
    known, _bound = solve_with_cp_sat(instance, 1)
    assert known is None or known <= bound
    assert 0 < (bound - value) / max(-bound, -value) <= Decimal(facts["gap"])
    code, text = run_program("verify", facts["run"], "--lang", "en")
    assert code == 0
    assert "not proven" in text


def test_what_is_printed_of_an_answer_without_a_proof(tmp_path: Path) -> None:
    folder = write_scenario(tmp_path, draw_generalised("D", 20, 120, 1), "0.6")
    code, text = run_program("propose", folder, "--dry-run", "--lang", "en")
    assert code == 6
    found = re.search(r"has (\S+), no pairing has more than (\S+), gap ([0-9.]+)\.\n", text)
    assert found is not None
    value, bound, gap = map(Decimal, found.groups())
    assert f"total score {value}" in text
    assert value < bound and 0 < gap <= 1
    assert "optimal" not in text


def test_cut_short_every_bound_is_on_the_right_side(tmp_path: Path) -> None:
    """Whatever the limit leaves time for: value <= optimum <= bound, and equal means proven."""
    statuses = []
    sizes = {"B": 13, "C": 13, "D": 10, "E": 13}
    drawn = [draw_generalised(kind, 4, n, seed) for kind, n in sizes.items() for seed in range(6)]
    known = [(instance, solve_with_cp_sat(instance)) for instance in drawn]
    known = [(instance, found) for instance, found in known if found[0] is not None]
    assert len(known) >= 20
    for k, (instance, (best, proven)) in enumerate(known):
        assert best is not None and best == proven
        for time_s in ("0.01", "1"):
            try:
                answer = propose(tmp_path / f"{k}-{time_s}", instance, time_s)
            except UnprovenError as nothing:
                assert nothing.code == "engine.nothing_found"
                continue
            assert answer.value <= best <= answer.bound
            assert (answer.status == "bounded") == (answer.value == answer.bound)
            statuses.append(answer.status)
    assert len(statuses) >= len(known)  # a second is enough for some answer
    assert "bounded" in statuses
