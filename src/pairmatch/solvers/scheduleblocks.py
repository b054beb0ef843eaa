"""Schedules that fall apart into blocks which share few supplies: solved block by block.

The villages' plans share the departments and nothing else. Each block is solved by itself at
prices of what is shared; a linear program over all plans found so far makes the prices
(Dantzig and Wolfe, Decomposition principle for linear programs, 1960), smoothed so that they do
not jump (Wentges, Weighted Dantzig-Wolfe decomposition, 1997). What all blocks gain at any prices,
and the prices of all that there is, together are a bound (Everett, 1963): prices are whole numbers
and CP-SAT calculates in whole numbers, so the bound is exact. One plan for each block is then
chosen from those found, and improved block by block within what the others leave.
"""

import itertools
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pairmatch.solvers.programs import InexactError, Row, build_model, run_solver
from pairmatch.solvers.scheduleprograms import Program, Terms
from pairmatch.solvers.schedules import (
    Aim,
    Clock,
    Curve,
    Quota,
    Report,
    Schedule,
    Search,
    Starts,
    Supply,
    Task,
    is_near,
    measure_gain,
    measure_overlap,
)

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

Kept = Sequence[tuple[Aim, int]]

LEAST_BLOCKS = 8
"""With fewer blocks the whole is better solved at once."""
LEAST_TASKS, LEAST_SIZE = 400, 8
"""Fewer tasks are better solved at once, and so are blocks of fewer tasks on average."""
MOST_TIES = 500
"""With more rows that blocks share, prices say too little."""
_SCALE = 4096
"""Prices are whole numbers of 1/4096."""
_SMOOTH = 0.5
_THREADS = 2
_SUB_EFFORT, _CHOICE_EFFORT = 2.0, 8.0
"""How long CP-SAT may take for a block and for a choice, in its own measure, which is nearly one
second each and the same on every machine."""
_PASSES = 3
_GROUP = 6
"""So many blocks are improved together."""
_WORTH_MORE = 1.0005
"""Another pass over all blocks is worth its time if the last one gained so much."""
_SAMPLE = 7
"""Prices are guessed from every seventh block."""
_GUESSES = 25
_LATER_ROUNDS = 5
"""Later goals are sought in so many rounds: they only settle what the first one leaves open, and
a search that ends by itself gives the same answer on every machine."""
_LAST_PART = 0.5
"""Single plans are chosen at the latest when so much of the time spent is left."""
_GUESS_GAP = 0.02
_READY = 0.5
"""Single plans are chosen once mixes are within so much of the gap that is asked for."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A row that blocks share: by task what it uses at each of its starts, and the most of all."""

    uses: Mapping[int, tuple[int, ...]]
    most: int


@dataclass(frozen=True, slots=True)
class Parting:
    """How a schedule falls apart: the tasks of each block, the ties, and supplies within blocks."""

    blocks: tuple[tuple[int, ...], ...]
    ties: tuple[Tie, ...]
    supplies: tuple[Supply, ...]


def part_schedule(schedule: Schedule, aims: Sequence[Aim]) -> Parting | None:
    """Return how a schedule falls apart into blocks, None if it does not.

    Supplies join the tasks that use them as long as blocks stay small; those that would join too
    much are shared.
    """
    if len(schedule.tasks) < LEAST_TASKS or any(aim.is_makespan for aim in aims):
        return None
    sets = _Sets(len(schedule.tasks))
    for k, task in enumerate(schedule.tasks):
        for need in task.requires:
            sets.join([k, *(other for other, _lag in need)])
    for quota in schedule.quotas:
        sets.join(quota.members)
    for aim in aims:
        for curve in aim.curves:
            sets.join([*curve.amounts])
    most = max(len(schedule.tasks) // LEAST_BLOCKS, 1)
    shared, within = [], []
    for supply in sorted(schedule.supplies, key=lambda supply: len(supply.uses)):
        if sets.measure([*supply.uses]) <= most:
            sets.join([*supply.uses])
            within.append(supply)
        else:
            shared.append(supply)
    ties = tuple(tie for supply in shared for tie in _list_ties(schedule, supply))
    blocks = sets.list_sets()
    is_fine = len(blocks) * LEAST_SIZE > len(schedule.tasks)
    if is_fine or len(blocks) < LEAST_BLOCKS or len(ties) > MOST_TIES:
        return None
    return Parting(blocks, ties, tuple(within))


class _Sets:
    """Disjoint sets of tasks."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))
        self._size = [1] * size

    def find(self, k: int) -> int:
        while self._parent[k] != k:
            self._parent[k] = self._parent[self._parent[k]]
            k = self._parent[k]
        return k

    def join(self, members: Sequence[int]) -> None:
        for k in members[1:]:
            a, b = sorted((self.find(members[0]), self.find(k)))
            if a != b:
                self._parent[b] = a
                self._size[a] += self._size[b]

    def measure(self, members: Sequence[int]) -> int:
        """Return how large the set would be that joins some tasks."""
        return sum(self._size[root] for root in {self.find(k) for k in members})

    def list_sets(self) -> tuple[tuple[int, ...], ...]:
        found: dict[int, list[int]] = {}
        for k in range(len(self._parent)):
            found.setdefault(self.find(k), []).append(k)
        return tuple(tuple(members) for members in found.values())


def _list_ties(schedule: Schedule, supply: Supply) -> Iterator[Tie]:
    capacity = supply.capacity
    spans = [(t, t, capacity[t]) for t in range(schedule.num_periods)] if capacity else []
    for first, last, most in (*spans, *supply.limits):
        uses = {}
        for k, profile in supply.uses.items():
            used = tuple(
                measure_overlap(profile, start, first, last) for start in schedule.tasks[k].starts
            )
            if any(used):
                uses[k] = used
        if sum(map(max, uses.values())) > most:
            yield Tie(uses, most)


@dataclass(frozen=True, slots=True)
class Column:
    """A plan of one block: starts, gain, what it uses of each tie and adds to each floor."""

    starts: Starts
    gain: int
    uses: tuple[int, ...]
    kept: tuple[int, ...]


class Block:
    """A block as a program of its own, asked again and again at other prices."""

    def __init__(
        self, schedule: Schedule, parting: Parting, members: Sequence[int], aims: Sequence[Aim]
    ) -> None:
        self.members = members
        self._whole = schedule
        self._aims = [_restrict_aim(aim, members) for aim in aims]
        self._schedule = _restrict(schedule, parting, members)
        program = Program(self._schedule)
        self._goals = [program.add_aim(aim) for aim in self._aims]
        place = {k: j for j, k in enumerate(members)}
        self._ties: list[Terms] = []
        for tie in parting.ties:
            terms: dict[int, int] = {}
            for k, used in tie.uses.items():
                if k in place:
                    program.spread(terms, place[k], [*used, 0])
            self._ties.append(terms)
        self._own_ties = [{k: u for k, u in tie.uses.items() if k in place} for tie in parting.ties]
        self._program = program
        self._model, self._variables = _build_model(program)

    def price(
        self, prices: Sequence[int], weights: Sequence[int], seconds: float
    ) -> tuple[int, Column | None]:
        """Return the most the block gains at some prices, in 1/4096, and the plan that does.

        Parameters
        ----------
        prices
            The price of each tie, in 1/4096.
        weights
            What each of the floors counts, in 1/4096.
        seconds
            How long it may take.
        """
        goal: dict[int, int] = {}
        for scale, terms in (
            (_SCALE, self._goals[0]),
            *zip(weights, self._goals[1:], strict=True),
            *((-price, terms) for price, terms in zip(prices, self._ties, strict=True)),
        ):
            for k, c in terms.items() if scale else ():
                goal[k] = goal.get(k, 0) + scale * c
        bound, values = _solve(self._model, self._variables, goal, seconds)
        return bound, None if values is None else self._read(values)

    def improve(
        self,
        room: Sequence[int],
        floors: Sequence[int],
        seconds: float,
        known: Starts | None = None,
    ) -> Column | None:
        """Return the best plan within what is left of the ties, that adds enough to the floors."""
        model = self._model.clone()
        variables = [model.get_int_var_from_proto_index(v.index) for v in self._variables]
        for terms, most in zip(self._ties, room, strict=True):
            if terms:
                model.add(_weigh(variables, terms) <= most)
        for terms, least in zip(self._goals[1:], floors, strict=True):
            model.add(_weigh(variables, terms) >= least)
        if known is not None:
            self._hint(model, variables, known)
        _bound, values = _solve(model, variables, self._goals[0], seconds)
        return None if values is None else self._read(values)

    def _hint(
        self, model: "cp_model.CpModel", variables: "Sequence[cp_model.IntVar]", known: Starts
    ) -> None:
        for j, k in enumerate(self.members):
            first, starts = self._program.first[j], self._schedule.tasks[j].starts
            for place, start in enumerate(starts):
                model.add_hint(variables[first + place], int(k in known and known[k] <= start))

    def describe(self, starts: Starts) -> Column:
        """Return starts of the block's tasks, by their numbers in the whole, as a column."""
        place = {k: j for j, k in enumerate(self.members)}
        own = {place[k]: s for k, s in starts.items() if k in place}
        gains = [measure_gain(self._schedule, aim, own) for aim in self._aims]
        uses = [
            sum(
                used[self._whole.tasks[k].starts.index(starts[k])]
                for k, used in tie.items()
                if k in starts
            )
            for tie in self._own_ties
        ]
        kept = {k: s for k, s in starts.items() if k in place}
        return Column(kept, gains[0], tuple(uses), tuple(gains[1:]))

    def _read(self, values: Sequence[int]) -> Column:
        starts = self._program.read_starts(values)
        return self.describe({self.members[j]: s for j, s in starts.items()})


def _build_model(program: Program) -> "tuple[cp_model.CpModel, list[cp_model.IntVar]]":
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    variables = [
        model.new_int_var(0, math.floor(program.upper.get(k, 1.0)), "")
        for k in range(program.num_variables)
    ]
    for row in program.rows:
        expression = _weigh(variables, row.terms)
        if row.least > -math.inf:
            model.add(expression >= math.ceil(row.least))
        if row.most < math.inf:
            model.add(expression <= math.floor(row.most))
    return model, variables


def _weigh(variables: "Sequence[cp_model.IntVar]", terms: Terms) -> "cp_model.LinearExprT":
    from ortools.sat.python import cp_model

    return cp_model.LinearExpr.weighted_sum([variables[k] for k in terms], [*terms.values()])


def _solve(
    model: "cp_model.CpModel",
    variables: "Sequence[cp_model.IntVar]",
    goal: Terms,
    seconds: float,
) -> tuple[int, list[int] | None]:
    from ortools.sat.python import cp_model

    model.clear_objective()  # type: ignore[no-untyped-call]
    model.maximize(_weigh(variables, goal))
    solver = _make_solver(seconds, _SUB_EFFORT)
    status = solver.solve(model)
    highest = sum(max(c, 0) * list(variables[k].proto.domain)[-1] for k, c in goal.items())
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return highest, None
    bound = min(math.floor(solver.best_objective_bound + 1e-6), highest)
    return bound, list(solver.response_proto.solution)


def _make_solver(seconds: float, effort: float) -> "cp_model.CpSolver":
    """Return a solver whose answer is always the same, if it has that many seconds."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    return solver


def _restrict_aim(aim: Aim, members: Sequence[int]) -> Aim:
    place = {k: j for j, k in enumerate(members)}
    curves = []
    for curve in aim.curves:
        own = {place[k]: a for k, a in curve.amounts.items() if k in place}
        if own:
            curves.append(Curve(own, curve.lines, curve.divisor))
    gains = tuple(aim.gains[k] for k in members) if aim.gains else ()
    return Aim(gains, tuple(curves), aim.error)


def _restrict(schedule: Schedule, parting: Parting, members: Sequence[int]) -> Schedule:
    place = {k: j for j, k in enumerate(members)}
    tasks = []
    for k in members:
        task = schedule.tasks[k]
        requires = tuple(tuple((place[o], lag) for o, lag in need) for need in task.requires)
        tasks.append(Task(task.duration, task.starts, task.is_mandatory, requires))
    supplies = [
        Supply({place[k]: p for k, p in s.uses.items() if k in place}, s.capacity, s.limits)
        for s in parting.supplies
        if any(k in place for k in s.uses)
    ]
    quotas = [
        Quota(tuple(place[k] for k in quota.members), quota.least, quota.most)
        for quota in schedule.quotas
        if quota.members and quota.members[0] in place
    ]
    return Schedule(schedule.num_periods, tuple(tasks), tuple(supplies), tuple(quotas))


@dataclass(slots=True)
class _Prices:
    """Prices of the ties and weights of the floors, in 1/4096."""

    ties: list[int]
    floors: list[int]

    def near(self, other: "_Prices") -> "_Prices":
        """Return prices between these and others."""

        def mix(one: list[int], two: list[int]) -> list[int]:
            return [round(_SMOOTH * a + (1 - _SMOOTH) * b) for a, b in zip(one, two, strict=True)]

        return _Prices(mix(self.ties, other.ties), mix(self.floors, other.floors))


@dataclass(frozen=True, slots=True)
class Parts:
    """What is sought: the schedule and how it falls apart, the goal, and the goals before it."""

    schedule: Schedule
    parting: Parting
    aim: Aim
    kept: Kept = ()


def search_blocks(
    parts: Parts, clock: Clock, known: Starts, report: Report | None = None
) -> Search:
    """Return the best starts for a goal that are found block by block, and a bound.

    Parameters
    ----------
    parts
        What is sought.
    clock
        When to stop.
    known
        Starts that hold.
    report
        Is told how far the search is.
    """
    search = _BlockSearch(parts, clock, known, report)
    try:
        search.run()
    except KeyboardInterrupt:
        return Search(search.starts, search.bound, False, True)
    return Search(search.starts, search.bound, search.is_near)


@dataclass(slots=True)
class _Pool:
    """All plans found of each block."""

    columns: list[list[Column]] = field(default_factory=list)

    def add(self, block: int, column: Column) -> bool:
        """Keep a plan; tell whether it is new."""
        if column in self.columns[block]:
            return False
        self.columns[block].append(column)
        return True


class _BlockSearch:
    """Finds prices of what blocks share, and one plan for each block."""

    def __init__(self, parts: Parts, clock: Clock, known: Starts, report: Report | None) -> None:
        aims = [parts.aim, *(earlier for earlier, _least in parts.kept)]
        self._make_block = partial(Block, parts.schedule, parts.parting, aims=aims)
        self.ties = parts.parting.ties
        self.least = [least for _earlier, least in parts.kept]
        self._clock, self._report = clock, report
        self.bound: int | None = None
        self._blocks = [self._make_block(members) for members in parts.parting.blocks]
        self._best = [block.describe(known) for block in self._blocks]
        self.pool = _Pool([[column] for column in self._best])
        self._center = _Prices([0] * len(self.ties), [0] * len(self.least))
        self._begin = time.monotonic()
        self._draw = random.Random(len(self._blocks))  # noqa: S311  # the same each time

    @property
    def starts(self) -> Starts:
        """The best starts so far."""
        return {k: s for column in self._best for k, s in column.starts.items()}

    @property
    def value(self) -> int:
        """What they gain."""
        return _add_gains(self._best)

    @property
    def is_near(self) -> bool:
        """Whether they are as good as was asked for."""
        return self.bound is not None and is_near(self.value, self.bound, self._clock.gap)

    def run(self) -> None:
        """Price and choose in turns until the best plans are near enough to the bound."""
        everyone = range(len(self._blocks))
        with ThreadPoolExecutor(_THREADS) as threads:
            if self.least:  # what is known was sought for another goal
                self._best = self._improve(self._best)
            self._guess_prices(threads)
            self._price(threads, self._center, everyone)
            is_new = True
            for _ in itertools.count() if not self.least else range(_LATER_ROUNDS):
                if not is_new or self.is_near or self._clock.seconds_left <= 0:
                    break
                relaxed, prices = self._solve_master(everyone)
                is_new = self._price(threads, prices.near(self._center), everyone)
                is_new = is_new or self._price(threads, prices, everyone)
                self._tell()
                if not is_new or self._is_close(relaxed) or self._is_late():
                    self._settle()
            if self.least:
                self._settle()
            while not (self.least or self.is_near or self._clock.seconds_left <= 0):
                before = self.value
                self._exchange(threads)
                self._tell()
                if self.value <= before:
                    return

    def _is_late(self) -> bool:
        """Whether there is just time enough left to choose single plans."""
        spent = time.monotonic() - self._begin
        return self._clock.seconds_left < spent * _LAST_PART

    def _settle(self) -> None:
        """Choose single plans from those found, and improve them block by block."""
        chosen = self._choose()
        if chosen is not None:
            chosen = self._improve(chosen)
            if _add_gains(chosen) > self.value:
                self._best = chosen
        self._tell()

    def _exchange(self, threads: ThreadPoolExecutor) -> None:
        """Improve a few blocks together, so that they can pass on what they share."""
        order = [*range(len(self._blocks))]
        self._draw.shuffle(order)
        groups = [order[k : k + _GROUP] for k in range(0, len(order), _GROUP)]
        for first in range(0, len(groups), _THREADS):
            few = groups[first : first + _THREADS]
            if self.is_near or self._clock.seconds_left <= 0:
                return
            free = [room // _THREADS for room in self._leave_room(self._best)]
            lack = [-(-x // _THREADS) for x in self._find_lack(self._best)]
            improve = partial(self._improve_group, free=free, lack=lack)
            found = threads.map(improve, few)
            for group, columns in zip(few, found, strict=True):
                for number, column in zip(group, columns, strict=True):
                    self.pool.add(number, column)
                    self._best = [*self._best[:number], column, *self._best[number + 1 :]]

    def _improve_group(
        self, group: Sequence[int], free: Sequence[int], lack: Sequence[int]
    ) -> list[Column]:
        """Return plans of some blocks, at least as good, within what is theirs and what is free."""
        own = [self._best[number] for number in group]
        room = [f + sum(c.uses[r] for c in own) for r, f in enumerate(free)]
        floors = [x + sum(c.kept[r] for c in own) for r, x in enumerate(lack)]
        members = [k for number in group for k in self._blocks[number].members]
        known = {k: s for column in own for k, s in column.starts.items()}
        seconds = self._clock.seconds_left
        joint = self._make_block(members).improve(room, floors, seconds, known)
        if joint is None or joint.gain <= _add_gains(own):
            return own
        return [self._blocks[number].describe(joint.starts) for number in group]

    def _is_close(self, relaxed: float) -> bool:
        """Whether mixes of plans come as near to the bound as single plans must."""
        return self.bound is not None and is_near(relaxed, self.bound, self._clock.gap * _READY)

    def _guess_prices(self, threads: ThreadPoolExecutor) -> None:
        """Find prices for a part of the blocks, with a part of all there is."""
        some = range(0, len(self._blocks), _SAMPLE)
        if len(some) < LEAST_BLOCKS:
            return
        part = len(some) / len(self._blocks)
        lowest = math.inf
        for _ in range(_GUESSES):
            if self._clock.seconds_left <= 0:
                return
            relaxed, prices = self._solve_master(some)
            tried = prices.near(self._center)
            total, is_new = self._ask(threads, tried, some)
            bound = self._add_shared(total, tried, part) / _SCALE
            if bound < lowest:
                lowest, self._center = bound, tried
            if not is_new or is_near(relaxed, lowest, _GUESS_GAP):
                return

    def _tell(self) -> None:
        if self._report is not None:
            self._report(self.value, self.bound)

    def _price(self, threads: ThreadPoolExecutor, prices: _Prices, numbers: Sequence[int]) -> bool:
        """Ask all blocks at some prices for a bound; tell whether any plan is new."""
        total, is_new = self._ask(threads, prices, numbers)
        bound = math.floor(self._add_shared(total, prices, 1)) // _SCALE
        if self.bound is None or bound < self.bound:
            self.bound, self._center = bound, prices
        return is_new

    def _ask(
        self, threads: ThreadPoolExecutor, prices: _Prices, numbers: Sequence[int]
    ) -> tuple[int, bool]:
        """Return what blocks gain at some prices together, and whether any plan is new."""
        seconds = self._clock.seconds_left
        answers = list(
            threads.map(
                lambda k: self._blocks[k].price(prices.ties, prices.floors, seconds), numbers
            )
        )
        found = [
            self.pool.add(number, column)
            for number, (_bound, column) in zip(numbers, answers, strict=True)
            if column is not None
        ]
        return sum(bound for bound, _column in answers), any(found)

    def _add_shared(self, total: int, prices: _Prices, part: float) -> float:
        """Return what blocks gain with what a part of all that is shared is worth."""
        worth = sum(p * tie.most for p, tie in zip(prices.ties, self.ties, strict=True))
        worth -= sum(w * least for w, least in zip(prices.floors, self.least, strict=True))
        return total + (worth if part == 1 else worth * part)

    def _solve_master(self, numbers: Sequence[int]) -> tuple[float, _Prices]:
        """Return the value of the best mix of plans of some blocks, and the prices it makes."""
        answer = _Master(self, numbers).solve()
        if answer is None:
            raise InexactError("the plans that are known do not fit together")
        return answer.value, answer.prices

    def _choose(self) -> list[Column] | None:
        """Return the best plan for each block from those found; None if none are found to fit."""
        from ortools.sat.python import cp_model

        model = cp_model.CpModel()
        mixes = [[model.new_bool_var("") for _ in own] for own in self.pool.columns]
        flat = [mix for own in mixes for mix in own]
        columns = [column for own in self.pool.columns for column in own]
        for own in mixes:
            model.add_exactly_one(own)
        for r, tie in enumerate(self.ties):
            used = cp_model.LinearExpr.weighted_sum(flat, [c.uses[r] for c in columns])
            model.add(used <= tie.most)
        for r, least in enumerate(self.least):
            added = cp_model.LinearExpr.weighted_sum(flat, [c.kept[r] for c in columns])
            model.add(added >= least)
        model.maximize(cp_model.LinearExpr.weighted_sum(flat, [c.gain for c in columns]))
        solver = _make_solver(self._clock.seconds_left, _CHOICE_EFFORT)
        solver.parameters.relative_gap_limit = self._clock.gap / 4
        if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        chosen = [
            next(c for mix, c in zip(own, plans, strict=True) if solver.boolean_value(mix))
            for own, plans in zip(mixes, self.pool.columns, strict=True)
        ]
        return chosen if self._fits(chosen) else None

    def _fits(self, chosen: Sequence[Column]) -> bool:
        """Whether plans of all blocks keep the ties and the floors, in whole numbers."""
        return all(room >= 0 for room in self._leave_room(chosen)) and all(
            lack <= 0 for lack in self._find_lack(chosen)
        )

    def _leave_room(self, chosen: Sequence[Column]) -> list[int]:
        return [tie.most - sum(c.uses[r] for c in chosen) for r, tie in enumerate(self.ties)]

    def _find_lack(self, chosen: Sequence[Column]) -> list[int]:
        return [least - sum(c.kept[r] for c in chosen) for r, least in enumerate(self.least)]

    def _improve(self, chosen: list[Column]) -> list[Column]:
        """Return plans improved block by block, each within what the others leave."""
        for _ in range(_PASSES):
            before = _add_gains(chosen)
            for number, block in enumerate(self._blocks):
                own = chosen[number]
                seconds = self._clock.seconds_left
                if seconds <= 0:
                    return chosen
                room = [r + u for r, u in zip(self._leave_room(chosen), own.uses, strict=True)]
                floors = [x + k for x, k in zip(self._find_lack(chosen), own.kept, strict=True)]
                column = block.improve(room, floors, seconds)
                if column is not None and column.gain > own.gain:
                    self.pool.add(number, column)
                    chosen = [*chosen[:number], column, *chosen[number + 1 :]]
            if _add_gains(chosen) <= before * _WORTH_MORE:
                break
        return chosen


def _add_gains(chosen: Sequence[Column]) -> int:
    return sum(column.gain for column in chosen)


@dataclass(frozen=True, slots=True)
class _Mix:
    """The best mix: its value, the share of each plan of each block, and the prices it makes."""

    value: float
    mixes: tuple[tuple[float, ...], ...]
    prices: _Prices


class _Master:
    """Mixes of the plans found of some blocks, within their part of what is shared.

    The plans that are known from the start, the first of each block, always fit, unless `room`
    says what there is.
    """

    def __init__(
        self, search: _BlockSearch, numbers: Sequence[int], room: Sequence[int] | None = None
    ) -> None:
        pools = [search.pool.columns[k] for k in numbers]
        part = len(numbers) / len(search.pool.columns)
        columns = [column for own in pools for column in own]
        self._sizes = [len(own) for own in pools]
        rows = [
            Row(range(end - size, end), [1] * size, 1, 1)
            for size, end in zip(self._sizes, itertools.accumulate(self._sizes), strict=True)
        ]
        for r, tie in enumerate(search.ties):
            most = max(tie.most * part, sum(own[0].uses[r] for own in pools))
            used = [c.uses[r] for c in columns]
            rows.append(_weigh_row(used, most=room[r] if room is not None else most))
        for r, least in enumerate(search.least):
            added = [c.kept[r] for c in columns]
            rows.append(
                _weigh_row(added, least=min(least * part, sum(own[0].kept[r] for own in pools)))
            )
        self._num_ties = len(search.ties)
        self._model = build_model([0] * len(columns), [1] * len(columns), rows, is_integer=False)
        gains = [c.gain for c in columns]
        variables = [*self._model.variables()]
        from ortools.math_opt.python import mathopt

        self._model.maximize(
            mathopt.fast_sum([g * v for g, v in zip(gains, variables, strict=True) if g])
        )
        self._variables = variables

    def solve(self) -> _Mix | None:
        """Return the best mix, None if there is none."""
        from ortools.math_opt.python import mathopt

        result = run_solver(self._model, mathopt.SolverType.GLOP)
        if result.termination.reason is not mathopt.TerminationReason.OPTIMAL:
            return None
        shares = iter(result.variable_values(self._variables))
        dual = result.dual_values([*self._model.linear_constraints()])[len(self._sizes) :]
        steps = [round(d * _SCALE) for d in dual]
        prices = _Prices(
            [max(x, 0) for x in steps[: self._num_ties]],
            [max(-x, 0) for x in steps[self._num_ties :]],
        )
        mixes = tuple(tuple(itertools.islice(shares, size)) for size in self._sizes)
        return _Mix(result.objective_value(), mixes, prices)


def _weigh_row(weights: Sequence[int], least: float = -math.inf, most: float = math.inf) -> Row:
    idx = [k for k, weight in enumerate(weights) if weight]
    return Row(idx, [weights[k] for k in idx], least, most)
