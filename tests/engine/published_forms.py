"""Instances of the kinds that are published as benchmarks, as scenario folders of small tables.

Nothing here knows the solver or the records of pairmatch: an instance is arrays and text files, and
its optimum comes from other solvers.

Sources of the kinds: linear assignment as in the OR-Library (Beasley 1990), generalised assignment
of types A to D (Chu and Beasley 1997) and E (Yagiura et al. 1999), papers and reviewers with loads
as conferences assign them (Charlin and Zemel 2013).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

HOURS = "hours"


@dataclass(frozen=True)
class Instance:
    """Units with capacities, villages with demands, and what each pair is worth and uses up.

    Matrices are units by villages. Points are whole steps of 10**-`places`, loads and capacities
    are whole steps of 10**-`load_places`.
    """

    points: np.ndarray
    eligible: np.ndarray
    unit_min: np.ndarray
    unit_max: np.ndarray
    village_min: np.ndarray
    village_max: np.ndarray
    places: int = 0
    loads: np.ndarray | None = None
    capacity: np.ndarray | None = None
    load_places: int = 0

    @property
    def unit_ids(self) -> list[str]:
        """Ids of the units, in order of the rows."""
        return [f"u{k:03}" for k in range(self.points.shape[0])]

    @property
    def village_ids(self) -> list[str]:
        """Ids of the villages, in order of the columns."""
        return [f"v{k:03}" for k in range(self.points.shape[1])]


def draw_assignment(
    shape: tuple[int, int], seed: int, density: float = 1, places: int = 0
) -> Instance:
    """Return costs from 1 to 100 as the OR-Library has them, to be minimised: 100 less the cost."""
    draw = np.random.default_rng(seed)
    points = 100 * 10**places - draw.integers(10**places, 100 * 10**places + 1, shape)
    eligible = draw.random(shape) < density
    ones = [np.full(size, 1) for size in shape]
    return Instance(points, eligible, 0 * ones[0], ones[0], 0 * ones[1], ones[1], places)


def draw_generalised(kind: str, num_units: int, num_villages: int, seed: int) -> Instance:
    """Return a generalised assignment problem: every job to one agent, at the least cost.

    Loads a and costs c of the types; points are the costs with a minus sign. Capacities of types
    C, D and E are 0.8 sum_j a_ij / m; of type A 9 n/m + 0.4 R, with R the largest load an agent has
    if each job goes where it costs least, and of type B 0.7 of that.
    """
    draw = np.random.default_rng([ord(kind), num_units, num_villages, seed])
    shape = (num_units, num_villages)
    loads, costs = draw.integers(5, 26, shape), draw.integers(10, 51, shape)
    if kind == "D":
        loads = draw.integers(1, 101, shape)
        costs = 111 - loads + draw.integers(-10, 11, shape)
    if kind == "E":
        real = 1 - 10 * np.log(1 - draw.random(shape))
        loads = np.rint(real).astype(np.int64)
        costs = np.rint(1000 / real - 10 * draw.random(shape)).astype(np.int64)
    capacity = 8 * loads.sum(axis=1) // (10 * num_units)
    if kind in "AB":
        owners = costs.argmin(axis=0)
        largest = np.bincount(owners, loads[owners, np.arange(num_villages)]).max()
        share = 1.0 if kind == "A" else 0.7
        whole = int(share * (9 * num_villages / num_units + 0.4 * largest))
        capacity = np.full(num_units, whole)
    ones = np.full(num_villages, 1)
    return Instance(
        points=-costs,
        eligible=np.ones(shape, dtype=bool),
        unit_min=np.zeros(num_units, dtype=np.int64),
        unit_max=np.full(num_units, num_villages),
        village_min=ones,
        village_max=ones,
        loads=loads,
        capacity=capacity,
    )


def draw_reviews(
    num_reviewers: int, num_papers: int, seed: int, places: int, load: tuple[int, int]
) -> Instance:
    """Return papers that need three reviewers each, some pairs in conflict.

    Affinities come from topics that papers and reviewers share, so that reviewers are unequally
    sought after; `load` is the least and the most papers a reviewer takes.
    """
    draw = np.random.default_rng([num_reviewers, num_papers, seed])
    skills = draw.gamma(0.4, size=(num_reviewers, 8))
    topics = draw.dirichlet(np.full(8, 0.3), num_papers)
    affinity = skills @ topics.T
    points = np.rint(affinity / affinity.max() * 10**places).astype(np.int64)
    threes = np.full(num_papers, 3)
    return Instance(
        points=points,
        eligible=draw.random(points.shape) < 0.93,
        unit_min=np.full(num_reviewers, load[0]),
        unit_max=np.full(num_reviewers, load[1]),
        village_min=threes,
        village_max=threes,
        places=places,
    )


def write_scenario(folder: Path, instance: Instance, time_s: str = "") -> Path:
    """Write an instance as the smallest scenario there is and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    units, villages = instance.unit_ids, instance.village_ids
    has_loads = instance.capacity is not None and instance.loads is not None
    settings = '[inputs]\nscores = "scores.csv"\n'
    if has_loads:
        settings += 'loads = "loads.csv"\ncapacities = "capacities.csv"\n'
    if instance.places > 2:
        settings += f'\n[scoring]\nresolution = "{Decimal(1).scaleb(-instance.places):f}"\n'
    if time_s:
        settings += f"\n[limits]\ntime_s = {time_s}\n"
    (folder / "scenario.toml").write_text(settings, encoding="utf-8")
    bounds = zip(units, instance.unit_min, instance.unit_max, strict=True)
    _write_rows(folder / "units.csv", "unit_id,capacity_min,capacity_max", bounds)
    bounds = zip(villages, instance.village_min, instance.village_max, strict=True)
    _write_rows(folder / "villages.csv", "village_id,demand_min,demand_max", bounds)
    points = _list_cells(instance, instance.points, instance.places)
    rows: Iterable[Sequence[Any]] = [(units[u], villages[v], text) for u, v, text in points]
    _write_rows(folder / "scores.csv", "unit_id,village_id,points", rows)
    if instance.capacity is None or instance.loads is None:
        return folder
    loads = _list_cells(instance, instance.loads, instance.load_places)
    rows = [(units[u], villages[v], HOURS, text) for u, v, text in loads]
    _write_rows(folder / "loads.csv", "unit_id,village_id,resource,load", rows)
    shown = [Decimal(n).scaleb(-instance.load_places) for n in instance.capacity.tolist()]
    rows = [("unit", u, HOURS, f"{n:f}") for u, n in zip(units, shown, strict=True)]
    _write_rows(folder / "capacities.csv", "side,id,resource,capacity", rows)
    return folder


def value_pairs(instance: Instance, pairs: Iterable[tuple[str, str]]) -> int:
    """Return the points of some pairs in steps, once it is sure that they keep all limits."""
    units = {text: k for k, text in enumerate(instance.unit_ids)}
    villages = {text: k for k, text in enumerate(instance.village_ids)}
    chosen = np.zeros(instance.points.shape, dtype=bool)
    for unit, village in pairs:
        assert not chosen[units[unit], villages[village]]
        chosen[units[unit], villages[village]] = True
    assert not (chosen & ~instance.eligible).any()
    for counts, least, most in (
        (chosen.sum(axis=1), instance.unit_min, instance.unit_max),
        (chosen.sum(axis=0), instance.village_min, instance.village_max),
    ):
        assert ((least <= counts) & (counts <= most)).all()
    if instance.loads is not None and instance.capacity is not None:
        assert ((instance.loads * chosen).sum(axis=1) <= instance.capacity).all()
    return int(instance.points[chosen].sum())


def solve_with_highs(instance: Instance) -> int | None:
    """Return the best total in steps if all demands are to be met; None if they cannot be."""
    units, villages = np.nonzero(instance.eligible)
    points = instance.points[units, villages]
    rows, lower, upper = _list_limits(instance)
    found = milp(
        -points,
        integrality=np.ones(len(points)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows, lower, upper),
        options={"mip_rel_gap": 0},
    )
    if found.x is None:
        assert found.status == 2
        return None
    assert found.status == 0
    chosen = np.rint(found.x).astype(bool)
    names = instance.unit_ids, instance.village_ids
    pairs = zip(units[chosen], villages[chosen], strict=True)
    return value_pairs(instance, [(names[0][u], names[1][v]) for u, v in pairs])


def bound_by_relaxation(instance: Instance) -> int:
    """Return what no choice exceeds: the best total in steps of pairs that may be shared out."""
    units, villages = np.nonzero(instance.eligible)
    rows, lower, upper = _list_limits(instance)
    both = csr_array(vstack([rows, -rows]))
    limits = np.concatenate([upper, -lower])
    points = instance.points[units, villages]
    found = linprog(-points, A_ub=both, b_ub=limits, bounds=(0, 1), method="highs")
    assert found.status == 0
    return int(np.floor(-found.fun + 1e-6))


def solve_with_cp_sat(instance: Instance, time_s: float = 60) -> tuple[int | None, int]:
    """Return the best total in steps, or None, and a bound on it; equal numbers are a proof."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    cells = zip(*np.nonzero(instance.eligible), strict=True)
    pairs = {(int(u), int(v)): model.new_bool_var(f"{u},{v}") for u, v in cells}
    for axis, low, high in (
        (0, instance.unit_min, instance.unit_max),
        (1, instance.village_min, instance.village_max),
    ):
        for k in range(instance.points.shape[axis]):
            own = [pair for at, pair in pairs.items() if at[axis] == k]
            model.add_linear_constraint(sum(own), int(low[k]), int(high[k]))
    if instance.loads is not None and instance.capacity is not None:
        for u, most in enumerate(instance.capacity.tolist()):
            used = [int(instance.loads[at]) * pair for at, pair in pairs.items() if at[0] == u]
            model.add(sum(used) <= most)
    model.maximize(sum(int(instance.points[at]) * pair for at, pair in pairs.items()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = time_s
    status = solver.solve(model)
    has_choice = status in {cp_model.OPTIMAL, cp_model.FEASIBLE}
    value = round(solver.objective_value) if has_choice else None
    return value, int(np.floor(solver.best_objective_bound + 1e-6))


def _list_limits(instance: Instance) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return a row per limit over the eligible pairs, with its lower and upper bounds."""
    units, villages = np.nonzero(instance.eligible)
    cells = np.arange(len(units))
    rows = [
        csr_array((np.ones(len(cells)), (owners, cells)), shape=(size, len(cells)))
        for owners, size in zip((units, villages), instance.points.shape, strict=True)
    ]
    lower = [instance.unit_min, instance.village_min]
    upper = [instance.unit_max, instance.village_max]
    if instance.loads is not None and instance.capacity is not None:
        loads = instance.loads[units, villages].astype(float)
        rows.append(csr_array((loads, (units, cells)), shape=rows[0].shape))
        lower.append(np.zeros(len(instance.capacity)))
        upper.append(instance.capacity)
    return csr_array(vstack(rows)), np.concatenate(lower), np.concatenate(upper)


def _list_cells(
    instance: Instance, matrix: np.ndarray, places: int
) -> Iterable[tuple[int, int, str]]:
    for u, v in zip(*np.nonzero(instance.eligible), strict=True):
        yield int(u), int(v), f"{Decimal(int(matrix[u, v])).scaleb(-places):f}"


def _write_rows(path: Path, header: str, rows: Iterable[Sequence[Any]]) -> None:
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
