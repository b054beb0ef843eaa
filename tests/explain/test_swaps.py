"""Swap chains: what two matchings differ in, any of it acceptable alone; pairs of other answers.

Limits are counted here from the arrays of a problem, by no function of pairmatch.
"""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from tests.cases import pick_share
from tests.match.choice_cases import draw_case
from tests.match.choice_oracle import MOST_CANDIDATES, list_sets, solve_by_listing
from tests.strategies import make_problem, make_quota

from pairmatch.domain.limits import Limit, list_bounds
from pairmatch.domain.problem import FixedPair, Problem, Resource
from pairmatch.explain.chains import Chain, split_chains
from pairmatch.explain.swaps import accept_chains, adopt_pairs, list_broken, split_swaps
from pairmatch.solvers.choices import keeps_limits
from pairmatch.solvers.cycles import split_cycles
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.network import build_network, spread_flow

NUM_CASES = 1000
SHARE = pick_share(NUM_CASES, 4)
STARTS = range(0, SHARE, 50)
MOST_CHAINS = 6
"""Of so many chains all sets are tried, of more as many random ones."""

Two = tuple[Problem, np.ndarray, np.ndarray]


def draw_two(number: int) -> Two | None:
    """Return a random problem, of any kinds of limits, with two matchings that differ in much."""
    rng = np.random.default_rng([27, number])
    problem = draw_case(rng, number)
    sets = list_sets(problem)
    if len(sets) < 2:
        return None
    first, *others = sets[rng.permutation(len(sets))[:20]]
    second = max(others, key=lambda row: int((row != first).sum()))
    return problem, *(np.flatnonzero(row).astype(np.int32) for row in (first, second))


def draw_tight(number: int) -> Two:
    """Return two random choices in a larger problem, of which each limit is met by one exactly."""
    rng = np.random.default_rng([32, number])
    num_units, num_villages = rng.integers(3, 9, size=2).tolist()
    problem = make_problem(rng.integers(-9, 10, size=(num_units, num_villages)).tolist())
    does_cross = number % 3 == 0
    density = 0.1 if does_cross else rng.choice([0.1, 0.2, 0.4])
    both = rng.random((2, problem.num_candidates)) < density
    bounds = {}
    for side, ids, idx in (
        ("unit", problem.unit_ids, problem.unit_idx),
        ("village", problem.village_ids, problem.village_idx),
    ):
        counts = [np.bincount(idx[mask], minlength=len(ids)) for mask in both]
        bounds |= {f"{side}_min": np.minimum(*counts), f"{side}_max": np.maximum(*counts)}
    problem = replace(problem, **bounds)
    cut, half = int(rng.integers(1, num_villages)), int(rng.integers(1, num_units))
    sets: list[tuple[list[int] | None, list[int] | None]] = [
        (None, list(range(cut))),
        (list(range(half)), None),
        ([0], list(range(cut))),
        (list(range(half, num_units)), list(range(cut))),  # crosses the first two
    ]
    quotas = []
    for k, members in enumerate(sets if does_cross else sets[:3]):
        if does_cross or rng.random() < 0.6:
            quota = make_quota(problem, f"q{k}", members)
            mask = quota.units[problem.unit_idx] & quota.villages[problem.village_idx]
            least, most = sorted(int((row & mask).sum()) for row in both)
            quotas.append(replace(quota, minimum=least, maximum=most))
    resources = []
    for unit in range(num_units):
        idx = np.flatnonzero(problem.unit_idx == unit).astype(np.int32)
        loads = rng.integers(0, 9, size=len(idx))
        capacity = max(int(loads[row[idx]].sum()) for row in both)
        if rng.random() < 0.3:
            resources.append(Resource("hours", "unit", unit, idx, loads, capacity))
    problem = replace(problem, quotas=tuple(quotas), resources=tuple(resources))
    return problem, *(np.flatnonzero(row).astype(np.int32) for row in both)


@lru_cache(maxsize=1)
def draw_cases() -> tuple[tuple[int, Two], ...]:
    drawn = [(number, draw_two(number)) for number in range(SHARE)]
    drawn += [(number, draw_tight(number)) for number in range(SHARE // 3)]
    return tuple((number, two) for number, two in drawn if two is not None)


def nests(problem: Problem) -> bool:
    try:
        build_network(problem)
    except CrossingQuotasError:
        return False
    return True


def count_broken(problem: Problem, chosen: set[int]) -> set[Limit]:
    """Return the limits that a choice breaks, counted pair by pair."""
    pairs = [(int(problem.unit_idx[k]), int(problem.village_idx[k])) for k in sorted(chosen)]
    broken = set()
    for side, at in (("unit", 0), ("village", 1)):
        counts = Counter(pair[at] for pair in pairs)
        least, most = getattr(problem, f"{side}_min"), getattr(problem, f"{side}_max")
        for k in range(len(least)):
            if counts[k] < least[k]:
                broken.add(Limit(f"{side}_min", k))
            if counts[k] > most[k]:
                broken.add(Limit(f"{side}_max", k))
    for k, quota in enumerate(problem.quotas):
        number = sum(
            bool(quota.units[u] and quota.villages[v])
            and (quota.pairs is None or bool(quota.pairs[at]))
            for at, (u, v) in zip(sorted(chosen), pairs, strict=True)
        )
        if number < quota.minimum:
            broken.add(Limit("quota_min", k))
        if quota.maximum is not None and number > quota.maximum:
            broken.add(Limit("quota_max", k))
    for k, resource in enumerate(problem.resources):
        loads = dict(zip(resource.idx.tolist(), resource.loads.tolist(), strict=True))
        if sum(loads.get(at, 0) for at in chosen) > resource.capacity:
            broken.add(Limit("resource", k))
    for kind, fixed, is_wanted in (("lock", problem.locks, True), ("ban", problem.bans, False)):
        for k, pair in enumerate(fixed):
            if ((pair.unit_idx, pair.village_idx) in pairs) is not is_wanted:
                broken.add(Limit(kind, k))
    return broken


def list_choices(number: int, size: int) -> np.ndarray:
    """Return sets of chains to accept, as rows of 0 and 1: all of them, or a random share."""
    if size <= MOST_CHAINS:
        return np.array(list(product((0, 1), repeat=size)), dtype=np.int8)
    rng = np.random.default_rng([28, number])
    return rng.integers(0, 2, size=(2**MOST_CHAINS, size), dtype=np.int8)


def accept(before: np.ndarray, chains: tuple[Chain, ...]) -> set[int]:
    chosen = set(before.tolist())
    for chain in chains:
        assert set(chain.lost.tolist()) <= chosen
        assert chosen.isdisjoint(chain.gained.tolist())
        chosen = (chosen - set(chain.lost.tolist())) | set(chain.gained.tolist())
    return chosen


def sum_points(problem: Problem, chosen: set[int]) -> int:
    return sum(problem.points[sorted(chosen)].tolist())


def check_parts(two: Two, chains: tuple[Chain, ...]) -> None:
    """Each change is in one chain, and the gains sum to the difference of the totals."""
    problem, before, after = two
    lost: list[int] = []
    gained: list[int] = []
    for chain in chains:
        assert chain.lost.tolist() == sorted(chain.lost.tolist())
        assert chain.gained.tolist() == sorted(chain.gained.tolist())
        lost += chain.lost.tolist()
        gained += chain.gained.tolist()
        points = sum_points(problem, set(chain.gained.tolist()))
        assert chain.gain == points - sum_points(problem, set(chain.lost.tolist()))
    assert sorted(lost) == sorted(set(before.tolist()) - set(after.tolist()))
    assert sorted(gained) == sorted(set(after.tolist()) - set(before.tolist()))
    starts = [min(chain.lost.tolist() + chain.gained.tolist()) for chain in chains]
    assert starts == sorted(starts)
    total = sum_points(problem, set(after.tolist())) - sum_points(problem, set(before.tolist()))
    assert sum(chain.gain for chain in chains) == total


@pytest.mark.parametrize("start", STARTS)
def test_chains_partition_the_difference_and_any_may_be_accepted(start):
    for number, two in draw_cases():
        if number not in range(start, start + 50):
            continue
        problem, before, after = two
        chains = split_swaps(problem, before, after)
        check_parts(two, chains)
        assert accept(before, chains) == set(after.tolist())
        if nests(problem):
            check_all_choices(number, two, chains)
        for chain in chains:
            check_broken(problem, before, (chain,))


def check_all_choices(number: int, two: Two, chains: tuple[Chain, ...]) -> None:
    """Any of the chains may be accepted: all limits of flows hold, and gains add up."""
    problem, before, _after = two
    bare = replace(problem, resources=())
    for row in list_choices(number, len(chains)).tolist():
        accepted = tuple(chain for chain, is_on in zip(chains, row, strict=True) if is_on)
        chosen = accept(before, accepted)
        mask = accept_chains(problem, before, accepted)
        assert set(np.flatnonzero(mask).tolist()) == chosen
        assert keeps_limits(bare, mask)
        assert count_broken(bare, chosen) == set()
        gain = sum(chain.gain for chain in accepted)
        assert sum_points(problem, chosen) == sum_points(problem, set(before.tolist())) + gain


def check_broken(problem: Problem, before: np.ndarray, chains: tuple[Chain, ...]) -> None:
    chosen = accept(before, chains)
    broken = list_broken(list_bounds(problem), accept_chains(problem, before, chains))
    assert set(broken) == count_broken(problem, chosen)
    assert len(broken) == len(set(broken))


def test_the_cases_are_of_all_kinds():
    """Chains that nest and that do not, broken ones among them, and matchings of several chains."""
    kinds: Counter[tuple[bool, bool]] = Counter()
    most = 0
    for _number, (problem, before, after) in draw_cases():
        chains = split_swaps(problem, before, after)
        most = max(most, len(chains))
        for chain in chains:
            broken = count_broken(problem, accept(before, (chain,)))
            kinds[nests(problem), bool(broken)] += 1
            if nests(problem):
                assert {limit.kind for limit in broken} <= {"resource"}
    assert min(kinds[key] for key in product((True, False), repeat=2)) >= 5, kinds
    assert most > MOST_CHAINS


def test_any_choice_at_all_is_counted():
    """Whatever is chosen, possible or not, breaks what an independent count finds."""
    found: set[str] = set()
    for number, (problem, _before, _after) in draw_cases():
        rng = np.random.default_rng([29, number])
        chosen = rng.random(problem.num_candidates) < 0.5
        broken = list_broken(list_bounds(problem), chosen)
        assert set(broken) == count_broken(problem, set(np.flatnonzero(chosen).tolist()))
        assert list(broken) == sorted(broken)
        found |= {limit.kind for limit in broken}
    sides = {f"{side}_{bound}" for side in ("unit", "village") for bound in ("min", "max")}
    assert found == sides | {"lock", "ban", "quota_min", "quota_max", "resource"}


def test_where_quotas_cross_chains_are_what_hangs_together():
    problem = make_problem([[3, 2, 1], [2, 1, 3], [1, 3, 2]])
    quotas = tuple(
        make_quota(problem, f"q{k}", ([k, k + 1], [k, k + 1]), maximum=2) for k in range(2)
    )
    problem = replace(problem, quotas=quotas)
    assert not nests(problem)
    before, after = np.array([0, 4, 8]), np.array([1, 3, 8])
    swaps, chains = (split(problem, before, after) for split in (split_swaps, split_chains))
    assert [(c.lost.tolist(), c.gained.tolist(), c.gain) for c in swaps] == [([0, 4], [1, 3], 0)]
    assert [c.lost.tolist() for c in chains] == [c.lost.tolist() for c in swaps]


def test_two_moves_that_only_a_quota_binds_are_one_chain():
    """u0 leaves county a as u1 comes into it: with one pair due there, neither goes alone."""
    problem = make_problem([[5, 4, None, None], [None, None, 7, 9]])
    quota = make_quota(problem, "county a", (None, [0, 3]), 1, 1)
    bound = replace(problem, quotas=(quota,))
    before, after = np.array([0, 2]), np.array([1, 3])
    assert [c.gain for c in split_swaps(problem, before, after)] == [-1, 2]
    (chain,) = split_swaps(bound, before, after)
    assert (chain.lost.tolist(), chain.gained.tolist(), chain.gain) == ([0, 2], [1, 3], 1)


def test_nothing_changed_is_no_chain():
    problem = make_problem([[1, 2], [3, 4]])
    assert split_swaps(problem, np.array([0, 3]), np.array([0, 3])) == ()
    assert accept_chains(problem, np.array([0, 3]), ()).tolist() == [True, False, False, True]


@pytest.mark.parametrize("start", STARTS)
def test_cycles_are_simple_and_sum_to_the_difference(start):
    for number, (problem, before, after) in draw_cases():
        if number not in range(start, start + 50) or not nests(problem):
            continue
        network = build_network(problem)
        flows = [spread_flow(problem, network, idx) for idx in (before, after)]
        left = flows[1] - flows[0]
        whole = left.copy()
        for cycle in split_cycles(network, left):
            tails = np.where(cycle.change > 0, network.tail[cycle.arcs], network.head[cycle.arcs])
            heads = np.where(cycle.change > 0, network.head[cycle.arcs], network.tail[cycle.arcs])
            assert len(set(tails.tolist())) == len(tails)  # no node twice
            assert heads.tolist() == [*tails[1:].tolist(), tails[0]]
            assert set(cycle.change.tolist()) <= {-1, 1}
            assert (np.sign(whole[cycle.arcs]) == cycle.change).all()  # never against it
            left[cycle.arcs] -= cycle.change
        assert not left.any()


# --- pairs of another answer -----------------------------------------------------------------


def name_pairs(problem: Problem, candidates: np.ndarray) -> list[tuple[str, str]]:
    return [
        (problem.unit_ids[problem.unit_idx[k]], problem.village_ids[problem.village_idx[k]])
        for k in candidates.tolist()
    ]


def draw_foreign(number: int, problem: Problem, most: int) -> tuple[tuple[str, str], ...]:
    """Return pairs of another answer: some that the problem has, and up to `most` others."""
    rng = np.random.default_rng([30, number])
    units = (*problem.unit_ids, "x1", "a0")  # before and after those there are
    villages = (*problem.village_ids, "w", "b")
    own = name_pairs(problem, np.flatnonzero(rng.random(problem.num_candidates) < 0.3))
    known = set(all_of(problem))
    others = [pair for pair in product(units, villages) if pair not in known]
    if rng.random() < 0.3:
        others = [(u, v) for u, v in others if u in problem.unit_ids and v in problem.village_ids]
    chosen = [others[k] for k in rng.permutation(len(others))[:most].tolist()]
    pairs = [*own, *chosen]
    return tuple(pairs[k] for k in rng.permutation(len(pairs)).tolist())


def all_of(problem: Problem) -> list[tuple[str, str]]:
    return name_pairs(problem, np.arange(problem.num_candidates))


def name_limits(problem: Problem, chosen: set[int]) -> set[tuple[str, str]]:
    """Return the limits that a choice breaks, units and villages by their ids."""
    names = {"unit": problem.unit_ids, "village": problem.village_ids}
    return {
        (limit.kind, names[side][limit.idx] if side in names else str(limit.idx))
        for limit in count_broken(problem, chosen)
        for side in [limit.kind.partition("_")[0]]
    }


def check_same_pairs(problem: Problem, wide: Problem) -> None:
    """Masks, resources, locks and bans mean the same pairs, units and villages as before."""

    def show(given: Problem, mask: np.ndarray | None) -> set[tuple[str, str]] | None:
        return None if mask is None else set(name_pairs(given, np.flatnonzero(mask)))

    assert show(wide, wide.previous) == show(problem, problem.previous)
    for ours, theirs in zip(problem.quotas, wide.quotas, strict=True):
        assert show(wide, theirs.pairs) == show(problem, ours.pairs)
        for side in ("unit", "village"):
            masks = getattr(ours, f"{side}s"), getattr(theirs, f"{side}s")
            ids = getattr(problem, f"{side}_ids"), getattr(wide, f"{side}_ids")
            first, second = (
                {i for i, is_on in zip(*both, strict=True) if is_on}
                for both in zip(ids, masks, strict=True)
            )
            assert first == second
        assert (ours.name, ours.minimum, ours.maximum, ours.waiver) == (
            *(theirs.name, theirs.minimum, theirs.maximum, theirs.waiver),
        )
    for ours, theirs in zip(problem.resources, wide.resources, strict=True):
        assert name_pairs(wide, theirs.idx) == name_pairs(problem, ours.idx)
        assert theirs.loads.tolist() == ours.loads.tolist()
        assert (theirs.side, theirs.owner, theirs.capacity) == (
            *(ours.side, ours.owner, ours.capacity),
        )
    assert (wide.locks, wide.bans) == (problem.locks, problem.bans)


@pytest.mark.parametrize("start", STARTS)
def test_adopted_pairs_change_nothing_for_the_problem(start):
    for number in range(start, min(start + 50, SHARE)):
        problem = draw_case(np.random.default_rng([31, number]), number)
        room = MOST_CANDIDATES - problem.num_candidates
        foreign = draw_foreign(number, problem, max(min(room, 3), 1))
        wide, is_foreign, found = adopt_pairs(problem, foreign)
        check_widened(problem, foreign, (wide, is_foreign, found))
        if room > 0:
            check_optimum(problem, wide, is_foreign)


def check_widened(
    problem: Problem,
    foreign: tuple[tuple[str, str], ...],
    widened: tuple[Problem, np.ndarray, np.ndarray],
) -> None:
    wide, is_foreign, found = widened
    keys = list(zip(wide.unit_idx.tolist(), wide.village_idx.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert wide.unit_ids[: len(problem.unit_ids)] == problem.unit_ids
    assert wide.village_ids[: len(problem.village_ids)] == problem.village_ids
    assert set(wide.unit_ids) == {*problem.unit_ids, *(u for u, _v in foreign)}
    assert set(wide.village_ids) == {*problem.village_ids, *(v for _u, v in foreign)}
    assert len(set(wide.unit_ids)) == len(wide.unit_ids)
    assert name_pairs(wide, found) == list(foreign)
    assert name_pairs(wide, np.flatnonzero(~is_foreign)) == all_of(problem)
    theirs = set(name_pairs(wide, np.flatnonzero(is_foreign)))
    assert theirs == set(foreign) - set(all_of(problem))
    assert wide.points[~is_foreign].tolist() == problem.points.tolist()
    assert not wide.points[is_foreign].any()
    check_same_pairs(problem, wide)
    # Whoever the problem lacks may have no pair; for all others the bounds are what they were.
    own = set(np.flatnonzero(~is_foreign).tolist())
    assert name_limits(wide, own) == name_limits(problem, set(range(problem.num_candidates)))
    for k in np.flatnonzero(is_foreign).tolist():
        (unit, village) = name_pairs(wide, np.array([k]))[0]
        broken = name_limits(wide, {k})
        assert (("unit_max", unit) in broken) == (unit not in problem.unit_ids)
        assert (("village_max", village) in broken) == (village not in problem.village_ids)
        alone = np.zeros(wide.num_candidates, dtype=bool)
        alone[k] = True
        assert set(list_broken(list_bounds(wide), alone)) == count_broken(wide, {k})


def check_optimum(problem: Problem, wide: Problem, is_foreign: np.ndarray) -> None:
    bans = tuple(
        FixedPair(int(wide.unit_idx[k]), int(wide.village_idx[k]))
        for k in np.flatnonzero(is_foreign).tolist()
    )
    before = solve_by_listing(problem)
    after = solve_by_listing(replace(wide, bans=(*wide.bans, *bans)))
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.values == before.values
        assert (after.best[:, ~is_foreign] == before.best).all()


def test_adopting_nothing_new_gives_the_same_problem():
    problem = make_problem([[1, 2], [3, None]])
    wide, is_foreign, found = adopt_pairs(problem, (("u001", "v000"), ("u000", "v001")))
    assert not is_foreign.any()
    assert found.tolist() == [2, 1]
    assert (wide.unit_ids, wide.village_ids) == (problem.unit_ids, problem.village_ids)
    assert wide.points.tolist() == [1, 2, 3]
    wide, is_foreign, found = adopt_pairs(problem, ())
    assert (wide.num_candidates, is_foreign.tolist(), found.tolist()) == (3, [False] * 3, [])


@pytest.mark.parametrize("with_labels", [True, False])
def test_units_and_villages_that_are_lacking_come_last(with_labels):
    labels = {"unit_labels": ("甲行", "乙行"), "village_labels": ("东村",)} if with_labels else {}
    problem = make_problem([[1], [2]], **labels)
    if with_labels:
        problem = replace(problem, counties=("c",), county_idx=np.zeros(1, dtype=np.int32))
    wide, is_foreign, found = adopt_pairs(problem, (("b", "z"), ("a", "v000"), ("u001", "y")))
    assert wide.unit_ids == ("u000", "u001", "a", "b")
    assert wide.village_ids == ("v000", "y", "z")
    assert wide.unit_labels == (("甲行", "乙行", "a", "b") if with_labels else ())
    assert wide.village_labels == (("东村", "y", "z") if with_labels else ())
    assert (wide.county_idx is None) is not with_labels
    if wide.county_idx is not None:
        assert len(wide.county_idx) == 3
    assert name_pairs(wide, np.arange(5)) == [
        *(("u000", "v000"), ("u001", "v000"), ("u001", "y"), ("a", "v000"), ("b", "z")),
    ]
    assert is_foreign.tolist() == [False, False, True, True, True]
    assert found.tolist() == [4, 3, 2]
    assert wide.unit_max.tolist() == [1, 1, 0, 0]


def test_only_units_or_only_villages_may_be_lacking():
    problem = make_problem([[1]])
    assert adopt_pairs(problem, (("x", "v000"),))[0].village_ids == ("v000",)
    assert adopt_pairs(problem, (("u000", "x"),))[0].unit_ids == ("u000",)


def test_a_pair_that_uses_nothing_up_takes_no_resource():
    """What a foreign pair would use of a resource nobody knows: it counts for nothing."""
    problem = make_problem([[1, None], [1, 1]])
    idx, loads = np.array([1, 2], dtype=np.int32), np.array([2, 3], dtype=np.int64)
    problem = replace(problem, resources=(Resource("h", "unit", 1, idx, loads, 4),))
    wide, _is_foreign, (found,) = adopt_pairs(problem, (("u000", "v001"),))
    assert found == 1
    assert wide.resources[0].idx.tolist() == [2, 3]
    both = np.array([False, False, True, True])
    assert Limit("resource", 0) in list_broken(list_bounds(wide), both)


def test_chains_between_a_problem_and_another_answer():
    """The other answer pairs u0 with a village that the problem lacks: its chain breaks a limit."""
    problem = make_problem([[4, None], [None, 5], [None, 6]])
    pairs = (("u000", "z"), ("u002", "v001"))
    wide, is_foreign, found = adopt_pairs(problem, pairs)
    before = np.flatnonzero(~is_foreign)[[0, 1]].astype(np.int32)
    chains = split_swaps(wide, before, np.sort(found))
    check_parts((wide, before, np.sort(found)), chains)
    told = []
    for chain in chains:
        check_broken(wide, before, (chain,))
        broken = list_broken(list_bounds(wide), accept_chains(wide, before, (chain,)))
        told.append((chain.gain, [limit.kind for limit in broken]))
    assert sorted(told) == [(-4, ["village_max"]), (1, [])]
