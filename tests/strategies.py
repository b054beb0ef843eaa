"""Hypothesis strategies for matching problems, and makers of problems from matrices."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from pairmatch.domain.problem import FixedPair, Problem, Quota

POINT_RANGES = ((0, 0), (0, 2), (-3, 3), (-9, 9), (-(10**6), 10**6))
LEVELS = (("num_matched", "total"), ("num_matched", "total"), ("total",), ("num_matched",))


def make_problem(points: Sequence[Sequence[int | None]], **changes: object) -> Problem:
    """Return a one-to-one problem from a matrix (units x villages); None is no candidate."""
    num_units, num_villages = len(points), len(points[0]) if points else 0
    pairs = [
        (u, v, points[u][v])
        for u in range(num_units)
        for v in range(num_villages)
        if points[u][v] is not None
    ]
    problem = Problem(
        unit_ids=tuple(f"u{u:03d}" for u in range(num_units)),
        village_ids=tuple(f"v{v:03d}" for v in range(num_villages)),
        unit_idx=np.array([u for u, _, _ in pairs], dtype=np.int32),
        village_idx=np.array([v for _, v, _ in pairs], dtype=np.int32),
        points=np.array([p for *_, p in pairs], dtype=np.int64),
        unit_min=np.zeros(num_units, dtype=np.int64),
        unit_max=np.ones(num_units, dtype=np.int64),
        village_min=np.zeros(num_villages, dtype=np.int64),
        village_max=np.ones(num_villages, dtype=np.int64),
    )
    return replace(problem, **changes)


def make_dense_problem(points: np.ndarray, eligible: np.ndarray, **changes: object) -> Problem:
    """Return a one-to-one problem from a large matrix and the mask of its candidates."""
    units, villages = np.nonzero(eligible)
    problem = Problem(
        unit_ids=tuple(f"u{u:04d}" for u in range(points.shape[0])),
        village_ids=tuple(f"v{v:04d}" for v in range(points.shape[1])),
        unit_idx=units.astype(np.int32),
        village_idx=villages.astype(np.int32),
        points=points[units, villages].astype(np.int64),
        unit_min=np.zeros(points.shape[0], dtype=np.int64),
        unit_max=np.ones(points.shape[0], dtype=np.int64),
        village_min=np.zeros(points.shape[1], dtype=np.int64),
        village_max=np.ones(points.shape[1], dtype=np.int64),
    )
    return replace(problem, **changes)


def make_quota(
    problem: Problem,
    name: str,
    sets: tuple[Sequence[int] | None, Sequence[int] | None],
    minimum: int = 0,
    maximum: int | None = None,
) -> Quota:
    """Return a quota over lists of units and of villages; None is all of them."""
    masks = []
    for members, size in zip(sets, (len(problem.unit_ids), len(problem.village_ids)), strict=True):
        mask = np.ones(size, dtype=np.bool_)
        if members is not None:
            mask[:] = False
            mask[list(members)] = True
        masks.append(mask)
    return Quota(name, masks[0], masks[1], minimum, maximum)


@st.composite
def matrices(
    draw: st.DrawFn, max_units: int = 5, max_villages: int = 5, max_pairs: int = 12
) -> list[list[int | None]]:
    """Draw points with holes, with at most `max_pairs` candidates."""
    num_units = draw(st.integers(1, max_units))
    num_villages = draw(st.integers(1, max_villages))
    low, high = draw(st.sampled_from(POINT_RANGES))
    size = num_units * num_villages
    cells = draw(st.lists(st.integers(low, high), min_size=size, max_size=size))
    sparse = draw(st.booleans()) or size > max_pairs
    holes = draw(st.sets(st.integers(0, size - 1))) if sparse else set()
    kept = [k for k in range(size) if k not in holes][:max_pairs]
    flat = [cells[k] if k in set(kept) else None for k in range(size)]
    return [flat[u * num_villages : (u + 1) * num_villages] for u in range(num_units)]


@st.composite
def problems(
    draw: st.DrawFn,
    max_units: int = 5,
    max_villages: int = 5,
    max_pairs: int = 12,
    strict: bool = False,
) -> Problem:
    """Draw a problem with bounds, nested quotas, locks and bans; `strict` ones often conflict."""
    problem = make_problem(draw(matrices(max_units, max_villages, max_pairs)))
    problem = replace(problem, levels=draw(st.sampled_from(LEVELS)))
    if draw(st.booleans()):
        problem = draw(_with_bounds(problem, strict))
    kind = draw(st.sampled_from(("none", "units", "villages", "rows", "counties")))
    if kind != "none":
        problem = draw(_with_quotas(problem, kind, strict))
    if problem.num_candidates and draw(st.integers(0, 3)) == 0:
        problem = draw(_with_fixed_pairs(problem, strict))
    return problem


@st.composite
def _with_bounds(draw: st.DrawFn, problem: Problem, strict: bool) -> Problem:
    sides: dict[str, np.ndarray] = {}
    for side, ids in (("unit", problem.unit_ids), ("village", problem.village_ids)):
        upper = draw(
            st.lists(st.integers(0 if strict else 1, 3), min_size=len(ids), max_size=len(ids))
        )
        least = st.integers(0, 3 if strict else 1)
        lower = draw(st.lists(least, min_size=len(ids), max_size=len(ids)))
        kept = draw(st.sampled_from(ids)) if not strict else None
        # Easy problems have at most one lower bound a side, so that most of them can be solved.
        lower = [
            min(b, upper[k]) if kept is None or ids[k] == kept else 0 for k, b in enumerate(lower)
        ]
        sides[f"{side}_min"] = np.array(lower, dtype=np.int64)
        sides[f"{side}_max"] = np.array(upper, dtype=np.int64)
    return replace(problem, **sides)


@st.composite
def _with_quotas(draw: st.DrawFn, problem: Problem, kind: str, strict: bool) -> Problem:
    """Add quotas that nest: groups and their union; groups in one unit's row; or both sides."""
    num_units, num_villages = len(problem.unit_ids), len(problem.village_ids)
    cut = draw(st.integers(0, num_villages if kind != "units" else num_units))
    groups: list[tuple[list[int] | None, list[int] | None]]
    if kind == "units":
        groups = [(list(range(cut)), None), (list(range(cut, num_units)), None), (None, None)]
    elif kind == "villages":
        groups = [(None, list(range(cut))), (None, list(range(cut, num_villages))), (None, None)]
    elif kind == "rows":
        unit = draw(st.integers(0, num_units - 1))
        groups = [([unit], list(range(cut))), ([unit], list(range(cut, num_villages)))]
    else:
        half = draw(st.integers(0, num_units))
        groups = [(None, list(range(cut))), (list(range(half)), None), (None, None)]
    quotas = []
    for k, sets in enumerate(groups):
        if draw(st.booleans()):
            minimum = draw(st.integers(0, 3 if strict else 1))
            maximum = draw(st.none() | st.integers(minimum, minimum + 2))
            quotas.append(make_quota(problem, f"q{k}", sets, minimum, maximum))
    return replace(problem, quotas=tuple(quotas))


@st.composite
def _with_fixed_pairs(draw: st.DrawFn, problem: Problem, strict: bool) -> Problem:
    n = problem.num_candidates
    locked = sorted(draw(st.sets(st.integers(0, n - 1), max_size=3 if strict else 1)))
    banned = sorted(draw(st.sets(st.integers(0, n - 1), max_size=n if strict else 3)))
    if not strict:
        banned = [k for k in banned if k not in locked]

    def fix(at: list[int]) -> tuple[FixedPair, ...]:
        return tuple(FixedPair(int(problem.unit_idx[k]), int(problem.village_idx[k])) for k in at)

    return replace(problem, locks=fix(locked), bans=fix(banned))


@st.composite
def tier_problems(draw: st.DrawFn, max_counties: int = 3, max_pairs: int = 14) -> Problem:
    """Draw a programme of two tiers: equality quotas per county, and per county for one tier.

    City units may go anywhere, county units only to their own county. The quotas cross ("so many
    in this county", "so many of them city units") but combine into nested ones.
    """
    num_counties = draw(st.integers(1, max_counties))
    sizes = draw(st.lists(st.integers(1, 2), min_size=num_counties, max_size=num_counties))
    village_county = [c for c, size in enumerate(sizes) for _ in range(size)]
    num_city = draw(st.integers(1, 2))
    county_units = draw(st.lists(st.integers(0, num_counties - 1), max_size=4))
    home = [None] * num_city + sorted(county_units)
    low, high = draw(st.sampled_from(POINT_RANGES))
    points: list[list[int | None]] = []
    left = max_pairs
    for county in home:
        row: list[int | None] = []
        for c in village_county:
            allowed = county is None or county == c
            row.append(draw(st.integers(low, high)) if allowed and left > 0 else None)
            left -= allowed
        points.append(row)
    problem = make_problem(points)
    problem = replace(problem, village_max=np.full(len(village_county), 2, dtype=np.int64))
    quotas = []
    for c in range(num_counties):
        villages = [v for v, county in enumerate(village_county) if county == c]
        city = draw(st.integers(0, 1))
        total = city + draw(st.integers(0, 1 + county_units.count(c)))
        quotas.append(make_quota(problem, f"county {c}", (None, villages), total, total))
        quotas.append(make_quota(problem, f"city {c}", (range(num_city), villages), city, city))
    unit_max = draw(st.lists(st.integers(1, 3), min_size=len(home), max_size=len(home)))
    return replace(
        problem,
        quotas=tuple(draw(st.permutations(quotas))),
        unit_max=np.array(unit_max, dtype=np.int64),
    )
