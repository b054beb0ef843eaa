"""Other decisions on a published pairing: prices, chains and conflicts, checked by re-solving."""

from pathlib import Path

import numpy as np
import pytest

from pairmatch import engine
from pairmatch.engine.runs import open_run
from pairmatch.errors import UsageError
from pairmatch.explain.prices import price_candidates

ROOT = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return engine.propose_pairing(ROOT / "three-by-three", tmp_path_factory.mktemp("runs")).run


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return engine.propose_pairing(ROOT / "cangzhou-2026", tmp_path_factory.mktemp("runs")).run


def list_pairs(run, matching):
    problem = open_run(run).problem
    return {
        (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
        for k in matching.chosen_idx.tolist()
    }


def check_chains(run, answer):
    """The gains sum to the difference, and the moves lead from one pairing to the other."""
    assert sum(chain.gain for chain in answer.chains) == answer.after.total - answer.before.total
    pairs = list_pairs(run, answer.before)
    num_lost = 0
    for chain in answer.chains:
        for move in chain.moves:
            if move.from_village_id:
                pairs.remove((move.unit_id, move.from_village_id))
                num_lost += 1
        for move in chain.moves:
            if move.to_village_id:
                pairs.add((move.unit_id, move.to_village_id))
    assert pairs == list_pairs(run, answer.after)
    assert num_lost == answer.num_changes


def test_without_a_change_nothing_changes(small):
    answer = engine.ask_what_if(small, engine.Changes())
    assert (answer.chains, answer.num_changes) == ((), 0)
    assert answer.after.status == "optimal"


def test_a_lock_costs_its_forcing_price_and_a_ban_its_banning_price(demo):
    stored = open_run(demo)
    problem, book = stored.problem, price_candidates(stored.problem, stored.matching)
    draw = np.random.default_rng(7)
    rivals = np.flatnonzero((book.chosen == 0) & (book.forcing >= 0))
    for kind, prices, rows in (
        ("locks", book.forcing, draw.choice(rivals, 6)),
        ("bans", book.banning, draw.choice(stored.matching.chosen_idx, 6)),
    ):
        for k in rows.tolist():
            pair = (
                problem.unit_ids[problem.unit_idx[k]],
                problem.village_ids[problem.village_idx[k]],
            )
            answer = engine.ask_what_if(demo, engine.Changes(**{kind: (pair,)}))
            if prices[k] < 0:
                assert answer.after is None or answer.after.num_matched < answer.before.num_matched
                continue
            assert answer.before.total - answer.after.total == prices[k]
            check_chains(demo, answer)


def test_several_changes_at_once_by_name(demo):
    stored = open_run(demo)
    problem, chosen = stored.problem, stored.matching.chosen_idx[[3, 40, 80]]
    pairs = [
        (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
        for k in chosen.tolist()
    ]
    names = stored.names
    changes = engine.Changes(
        locks=((names.units[pairs[2][0]], pairs[2][1]),), bans=tuple(pairs[:2])
    )
    answer = engine.ask_what_if(demo, changes)
    assert answer.after is not None
    after = list_pairs(demo, answer.after)
    assert pairs[2] in after
    assert not set(pairs[:2]) & after
    check_chains(demo, answer)


def test_fewest_changes_come_before_the_total(demo):
    stored = open_run(demo)
    problem = stored.problem
    k = int(stored.matching.chosen_idx[50])
    pair = problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]]
    best = engine.ask_what_if(demo, engine.Changes(bans=(pair,)))
    few = engine.ask_what_if(demo, engine.Changes(bans=(pair,), fewest=True))
    limited = engine.ask_what_if(demo, engine.Changes(bans=(pair,), max_changes=few.num_changes))
    assert few.num_changes <= best.num_changes
    assert few.after.total <= best.after.total
    assert limited.after.total == few.after.total
    none = engine.ask_what_if(demo, engine.Changes(bans=(pair,), max_changes=0))
    assert none.after is None


def test_a_unit_that_withdraws_has_no_pair(small):
    answer = engine.ask_what_if(small, engine.Changes(without=("bank",)))
    assert answer.after.num_matched == 2
    assert all(unit != "bank" for unit, _village in list_pairs(small, answer.after))
    check_chains(small, answer)


def test_a_conflict_names_units_and_villages(demo):
    stored = open_run(demo)
    # Every county must have as many units as there are: it cannot do without any of them.
    unit = stored.problem.unit_ids[int(stored.problem.unit_idx[stored.matching.chosen_idx[0]])]
    answer = engine.ask_what_if(demo, engine.Changes(without=(unit,)))
    assert answer.after is None
    told = " ".join(str(member.params) for member in answer.conflict.members)
    assert "合成" in told


def test_a_name_that_nobody_has_is_told(small):
    for changes in (
        engine.Changes(without=("banc",)),
        engine.Changes(locks=(("bank", "wst"),)),
    ):
        with pytest.raises(UsageError):
            engine.ask_what_if(small, changes)


def test_a_lock_on_a_pair_that_is_no_candidate_is_a_conflict(small):
    answer = engine.ask_what_if(small, engine.Changes(locks=(("hospital", "west"),)))
    assert answer.after is None
    assert [member.code for member in answer.conflict.members] == ["match.limit_lock_ineligible"]


def test_the_frontier_is_what_each_number_of_changes_reaches(demo):
    stored = open_run(demo)
    problem, first = stored.problem, int(stored.matching.chosen_idx[0])
    pair = (
        problem.unit_ids[problem.unit_idx[first]],
        problem.village_ids[problem.village_idx[first]],
    )
    frontier = engine.trace_changes(demo, engine.Changes(bans=(pair,)))
    assert len(frontier.steps) > 1
    assert frontier.total == stored.matching.total
    for step in frontier.steps:
        asked = engine.Changes(bans=(pair,), max_changes=step.num_changes)
        answer = engine.ask_what_if(demo, asked)
        assert (answer.after.total, step.bound) == (step.total, step.total)
        assert answer.num_changes <= step.num_changes
        check_chains(demo, answer)
    free = engine.ask_what_if(demo, engine.Changes(bans=(pair,)))
    assert frontier.steps[-1].total == free.after.total
    fewest = engine.ask_what_if(demo, engine.Changes(bans=(pair,), fewest=True))
    assert (fewest.num_changes, fewest.after.total) == (
        frontier.steps[0].num_changes,
        frontier.steps[0].total,
    )


def test_the_frontier_of_what_is_impossible_is_empty(small):
    stored = open_run(small)
    pairs = [(stored.problem.unit_ids[0], village) for village in stored.problem.village_ids]
    locks = engine.Changes(locks=tuple(pairs[:2]))
    assert engine.trace_changes(small, locks).steps == ()


def test_another_pairing_differs_as_much_as_asked_and_no_better_one_does(small):
    before = list_pairs(small, open_run(small).matching)
    best = engine.ask_what_if(small, engine.Changes(min_changes=1))
    assert best.num_changes >= 1
    check_chains(small, best)
    # Whoever differs lacks one of the pairs: the best without one of them is the best of all.
    without = [engine.ask_what_if(small, engine.Changes(bans=(pair,))) for pair in sorted(before)]
    assert best.after.total == max(other.after.total for other in without if other.after)


def test_changes_are_counted_in_one_county(demo):
    names = open_run(demo).names
    answer = engine.ask_what_if(demo, engine.Changes(min_changes=3, county="南皮县"))
    check_chains(demo, answer)
    lost = list_pairs(demo, answer.before) - list_pairs(demo, answer.after)
    assert sum(names.villages[village][0] == "南皮县" for _unit, village in lost) >= 3
    with pytest.raises(UsageError, match="no_county"):
        engine.ask_what_if(demo, engine.Changes(min_changes=3, county="南皮"))


def test_more_changes_than_there_are_pairs_are_refused(small):
    with pytest.raises(UsageError, match="too_many_changes"):
        engine.ask_what_if(small, engine.Changes(min_changes=9))
