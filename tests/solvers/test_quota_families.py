"""Which quotas nest, which combine, and which are refused."""

from dataclasses import replace

import numpy as np
import pytest
from tests.oracles import brute_force
from tests.strategies import make_problem, make_quota

from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem
from pairmatch.match.solution import solve_problem
from pairmatch.match.verify import verify_matching
from pairmatch.solvers.families import CrossingQuotasError, sort_into_families

CITY, COUNTY = [0], [1, 2]
SQUARE = [[3, 9, 4], [8, 1, 7], [5, 6, 2]]
"""Unit 0 is of the city, units 1 and 2 of the county; villages 0, 1 in one place, 2 elsewhere."""


def with_quotas(*quotas: tuple[object, object, int, int | None]) -> Problem:
    problem = make_problem(SQUARE)
    made = tuple(
        make_quota(problem, f"q{k}", (units, villages), low, high)  # type: ignore[arg-type]
        for k, (units, villages, low, high) in enumerate(quotas)
    )
    return replace(problem, quotas=made)


def check_solved(problem: Problem) -> None:
    expected, answer = brute_force(problem), solve_problem(problem)
    assert expected is not None
    assert isinstance(answer, Matching)
    assert (answer.num_matched, answer.total) == (expected.num_matched, expected.total)
    assert verify_matching(problem, answer) == ()


def test_groups_of_units_and_of_villages_stand_side_by_side() -> None:
    problem = with_quotas((CITY, None, 0, 1), (COUNTY, None, 1, 1), (None, [0, 1], 1, None))
    families = sort_into_families(problem)
    assert (len(families.unit_sets), len(families.village_sets)) == (2, 1)
    check_solved(problem)


def test_part_of_one_row_and_of_one_column_nest() -> None:
    check_solved(with_quotas(([0], [0, 1], 1, 1), ([1, 2], [2], 1, 1), (None, None, 2, 3)))


@pytest.mark.parametrize(
    "quotas",
    [
        # The place's total less its city pairs is the county's pairs there, and so on.
        ([(None, [0, 1], 2, 2), (COUNTY, [0, 1], 1, 1)]),
        ([(COUNTY, [0, 1], 1, 1), (None, [0, 1], 2, 2)]),
        # Together with its complement it is the whole.
        ([([0], [0, 1], 1, 1), (COUNTY, [0, 1], 1, 1)]),
        ([(COUNTY, None, 2, 2), (COUNTY, [0, 1], 1, 1)]),
        # The whole less the block fits nowhere, but the block less its first row does.
        ([(None, None, 3, 3), ([0], [0, 1], 1, 1), ([0, 1], [0, 1], 2, 2)]),
    ],
)
def test_crossing_equalities_combine(quotas: list[tuple[object, object, int, int | None]]) -> None:
    problem = with_quotas(*quotas)
    check_solved(problem)


@pytest.mark.parametrize(
    ("quotas", "crossing"),
    [
        ([([0, 1], None, 0, 1), ([1, 2], None, 0, 1)], (1,)),
        ([(COUNTY, [0, 1], 0, 1)], (0,)),
        ([(COUNTY, [0, 1], 1, 1)], (0,)),
        ([(None, [0, 1], 1, 2), (COUNTY, [0, 1], 1, 1)], (1,)),
        ([([0, 1], [0, 1], 1, 1), ([1, 2], [1, 2], 1, 1)], (0, 1)),
    ],
)
def test_quotas_that_fit_nowhere_are_refused_by_index(
    quotas: list[tuple[object, object, int, int | None]], crossing: tuple[int, ...]
) -> None:
    with pytest.raises(CrossingQuotasError) as caught:
        sort_into_families(with_quotas(*quotas))
    assert caught.value.quota_idx == crossing


def test_quota_that_fits_both_sides_does_not_block_the_other() -> None:
    """All pairs is a set of units as well as of villages."""
    check_solved(with_quotas((None, None, 1, 3), ([0, 1], None, 1, 1), (None, [1, 2], 1, 2)))


def test_empty_quota_is_no_obstacle() -> None:
    check_solved(with_quotas(([], None, 0, 3), (None, [], 0, 0)))
    with_minimum = with_quotas(([], None, 1, 3))
    assert not isinstance(solve_problem(with_minimum), Matching)
    assert np.array_equal(with_minimum.quotas[0].units, [False] * 3)
