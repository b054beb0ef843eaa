"""The cheapest cure: compared with all sets of pairs, applied, and in words."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from tests.match.limit_oracle import AllSets, limited_problems
from tests.strategies import make_problem, make_quota

from pairmatch.domain.limits import Cure
from pairmatch.domain.problem import MAX_CHANGES, FixedPair, Problem, Quota, Resource
from pairmatch.match.cures import apply_cure, find_cure
from pairmatch.messages import render


def read_cure(cure: Cure) -> tuple[Fraction, list[tuple[tuple[str, int], int]]]:
    return cure.cost, [((m.limit.kind, m.limit.idx), m.amount) for m in cure.members]


@settings(max_examples=150, deadline=None)
@given(limited_problems())
def test_cures_are_cheapest_and_cure(problem: Problem) -> None:
    everything = AllSets(problem)
    cure = find_cure(problem)
    expected = everything.find_cure()
    assert (None if cure is None else read_cure(cure)) == expected
    if cure is not None:
        assert AllSets(apply_cure(problem, cure)).is_feasible()
        assert (not cure.members) is everything.is_feasible()
        for member in cure.members:
            for lang in ("zh", "en"):
                assert render(member.code, member.params, lang).text  # type: ignore[arg-type]
