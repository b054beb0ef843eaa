"""The best starts of a schedule by HiGHS, checked again in whole numbers.

HiGHS calculates in floating point. What it chooses is rounded and checked in whole numbers, and a
choice that breaks a supply is cut off; its bound is widened by more than its tolerances. What is
not solved at once is left to a process of its own, while better schedules are sought here: near
the linear relaxation, which is strong where tasks wait for each other, and near what is known.
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pairmatch.solvers.programs import InexactError, solve_program
from pairmatch.solvers.schedulegreedy import build_greedily
from pairmatch.solvers.scheduleneighbours import Neighbourhoods, Relaxed, Values
from pairmatch.solvers.scheduleprograms import Program, Row, Terms, describe_program
from pairmatch.solvers.schedules import (
    Aim,
    Clock,
    Report,
    Schedule,
    Search,
    Starts,
    Supply,
    find_faults,
    is_near,
    measure_gain,
    measure_overlap,
    measure_use,
)
from pairmatch.solvers.scheduleworkers import Ending, Worker, call_apart

if TYPE_CHECKING:
    from ortools.math_opt import model_pb2

Kept = Sequence[tuple[Aim, int]]
"""Goals that came before, each with the least that it must still reach."""

_SLACK = 1e-9
"""Relative error of a bound in floating point that is allowed for; a little more near 0."""
_LEAST_SLACK = 1e-4
_MOST_CUTS = 50
_QUICK_SECONDS = 4.0
"""Seconds of the first try, in this process."""
_ORDER_SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)
_SECONDS_BETWEEN = 0.2
_SECONDS_KEPT = 0.3
"""Seconds that remain for what comes after a worker."""


def search_program(
    schedule: Schedule,
    aim: Aim,
    kept: Kept,
    clock: Clock,
    known: Starts | None = None,
    report: Report | None = None,
) -> Search:
    """Return the best starts for a goal that HiGHS finds, and its bound.

    Parameters
    ----------
    schedule, aim, kept
        The limits, the goal, and the goals that came before.
    clock
        When to stop.
    known
        Starts that are known already.
    report
        Is told how far the search is.
    """
    search = _ProgramSearch(schedule, aim, kept, clock, known, report)
    try:
        return search.run()
    except KeyboardInterrupt:
        return Search(search.starts, search.bound, False, True)
    finally:
        search.stop()


class _ProgramSearch:
    """The program, the best starts so far and the least bound."""

    def __init__(
        self,
        schedule: Schedule,
        aim: Aim,
        kept: Kept,
        clock: Clock,
        known: Starts | None,
        report: Report | None,
    ) -> None:
        self._schedule, self._aim, self._kept = schedule, aim, kept
        self._clock, self._report = clock, report
        self.starts = known
        self.bound: int | None = None
        self._value = None if known is None else measure_gain(schedule, aim, known)
        self._program = Program(schedule)
        self._goal = self._program.add_aim(aim)
        self._floors: list[tuple[Terms, float]] = [
            (self._program.add_aim(earlier), least) for earlier, least in kept
        ]
        self._worker: Worker | None = None

    def run(self) -> Search:
        """Try the whole at once, and then with a worker and here at the same time."""
        if not self._program.is_possible:
            return Search(None, None, True)
        for _ in range(_MOST_CUTS):
            ending = self._try_at_once()
            if ending.reason == "INFEASIBLE":
                return Search(None, None, True)
            if ending.reason == "OPTIMAL" and not self._take(ending.values):
                continue  # what broke a limit is cut off now
            if ending.reason == "OPTIMAL" or self._is_over:
                return Search(self.starts, self.bound, ending.reason == "OPTIMAL")
            return self._search_long()
        raise InexactError("rounded choices break the limits again and again")

    def stop(self) -> None:
        """End what still runs."""
        if self._worker is not None:
            self._worker.stop()

    @property
    def _is_over(self) -> bool:
        return not self._clock.seconds_left or self._is_near

    @property
    def _is_near(self) -> bool:
        if self._value is None or self.bound is None:
            return False
        return is_near(self._value, self.bound, self._clock.gap)

    def _describe(self, floors: Sequence[tuple[Terms, float]]) -> "model_pb2.ModelProto":
        model, self._unit = describe_program(self._program, self._goal, floors)
        return model

    def _try_at_once(self) -> Ending:
        from ortools.math_opt.python import mathopt

        seconds = min(_QUICK_SECONDS, self._clock.seconds_left)
        parameters = mathopt.SolveParameters(
            relative_gap_tolerance=self._clock.gap,
            absolute_gap_tolerance=0.0,
            time_limit=timedelta(seconds=max(seconds, 0.01)),
        )
        model = mathopt.Model.from_model_proto(self._describe(self._floors))
        result = call_apart(lambda: solve_program(model, parameters))
        reason = result.termination.reason.name
        if reason == "INFEASIBLE_OR_UNBOUNDED":  # every variable is bounded
            reason = "INFEASIBLE"
        if reason not in {"INFEASIBLE", "OPTIMAL", "FEASIBLE", "NO_SOLUTION_FOUND"}:
            raise InexactError(f"the solver gave up: {reason}")
        bound = result.termination.objective_bounds.dual_bound
        self._lower_bound(bound)
        values = result.variable_values(list(model.variables())) if result.solutions else None
        if reason == "FEASIBLE":
            self._take(values)
        return Ending(reason, bound, None if values is None else tuple(values))

    def _search_long(self) -> Search:
        """Let a worker search the whole, and look here for better starts at the same time."""
        model = self._describe(self._floors)
        seconds = max(self._clock.seconds_left - _SECONDS_KEPT, 0.1)
        self._worker = Worker(model, seconds, self._clock.gap)
        parts = Neighbourhoods(self._program, model)
        relaxed = parts.relax(self._clock.seconds_left / 2)
        if relaxed is not None:
            self._lower_bound(relaxed.value)
            self._round(parts, relaxed)
        while not self._is_ended():
            if self.starts is None:
                self._worker.wait(_SECONDS_BETWEEN)
            else:
                values = self._program.find_values(self.starts)
                self._take(parts.improve(values, relaxed, self._clock.seconds_left))
        ending = self._worker.ending
        is_done = ending is not None and ending.reason in {"OPTIMAL", "INFEASIBLE"}
        return Search(self.starts, self.bound, is_done)

    def _round(self, parts: Neighbourhoods, relaxed: Relaxed) -> None:
        """Start tasks in the order that the relaxation does, for several shares of them."""
        aims = [self._aim, *(aim for aim, _least in self._kept)]
        for share in _ORDER_SHARES:
            if not self._is_ended():
                order = parts.order_tasks(relaxed, share)
                self._take_starts(build_greedily(self._schedule, aims, order))

    def _is_ended(self) -> bool:
        """Whether there is nothing more to do; what the worker tells is taken in."""
        has_ended = False
        if self._worker is not None:
            has_ended = self._worker.wait()
            self._lower_bound(self._worker.bound)
            if self._worker.ending is not None:
                self._lower_bound(self._worker.ending.bound)
                self._take(self._worker.ending.values)
        if self._report is not None:
            self._report(self._value, self.bound)
        return has_ended or self._is_over

    def _lower_bound(self, bound: float) -> None:
        widened = widen_bound(bound, self._unit)
        if widened is not None and (self.bound is None or widened < self.bound):
            self.bound = widened

    def _take(self, values: "Sequence[float] | Values | None") -> bool:
        """Take starts if they hold and are better; tell whether they hold."""
        if values is None:
            return True
        return self._take_starts(self._program.read_starts(values))

    def _take_starts(self, starts: Starts | None) -> bool:
        if starts is None:
            return True
        faults = find_faults(self._schedule, starts)
        for supply in faults:
            _cut_off(self._program, supply, starts)
        if faults or self._raise_floors(starts):
            return False
        gain = measure_gain(self._schedule, self._aim, starts)
        if self._value is None or gain > self._value:
            self.starts, self._value = starts, gain
        return True

    def _raise_floors(self, starts: Starts) -> bool:
        """Ask for a little more of each earlier goal that was missed; tell whether any was."""
        missed = False
        for number, (aim, least) in enumerate(self._kept):
            lacking = least - measure_gain(self._schedule, aim, starts)
            if lacking > 0:
                terms, floor = self._floors[number]
                self._floors[number] = (terms, floor + lacking)
                missed = True
        return missed


def widen_bound(bound: float, unit: float) -> int | None:
    """Return the largest whole number that a goal may still reach, given what the solver says."""
    if not math.isfinite(bound):
        return None
    return math.floor((bound + max(_LEAST_SLACK, _SLACK * abs(bound))) * unit)


def _cut_off(program: Program, supply: Supply, starts: Starts) -> None:
    """Forbid what uses too much of a supply in whole numbers: not all of it can be chosen.

    Such a cover is a valid cut (Balas, Facets of the knapsack polytope, 1975).
    """
    used = measure_use(supply, starts, program.schedule.num_periods)
    spans = [(t, t, most) for t, most in enumerate(supply.capacity or ())]
    for first, last, most in (*spans, *supply.limits):
        if sum(used[first : last + 1]) > most:
            cover = {k: s for k, s in starts.items() if k in supply.uses}
            cover = {
                k: s for k, s in cover.items() if measure_overlap(supply.uses[k], s, first, last)
            }
            terms: dict[int, int] = {}
            for k, start in cover.items():
                own = program.schedule.tasks[k].starts
                program.spread(terms, k, [*(int(s == start) for s in own), 0])
            program.rows.append(Row(terms, most=len(cover) - 1))
