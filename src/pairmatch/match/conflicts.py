"""Why no matching exists: a minimal set of limits that cannot all hold, re-solved to be sure.

What is impossible as a whole is first narrowed to few limits: by a violated cut of the network
where quotas nest, else by the prices of a linear program whose lower bounds give way. QuickXplain
(Junker, AAAI 2004) then drops every limit that is not needed, testing each step by solving again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.limits import (
    ANY_PAIR,
    KINDS,
    Limit,
    label_unit,
    label_village,
    list_bounds,
    relax_limits,
)
from pairmatch.domain.matching import Conflict, ConflictMember
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.match.wordings import merge_members, tell_limit
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.feasibility import blame_bounds, find_choice, is_impossible
from pairmatch.solvers.flows import find_violated_cut
from pairmatch.solvers.network import Network, build_network, find_candidate

QUOTA_KINDS = ("quota_min", "quota_max")
Limits = tuple[Limit, ...]


def find_conflict(problem: Problem) -> Conflict:
    """Return a minimal conflict of a problem that has no matching, or none with any pair.

    Locks on pairs that are not candidates can hold under no circumstances: where there are any,
    all of them are named and nothing else.

    Raises
    ------
    ArithmeticError
        If there is a matching after all, or two solvers disagree on whether there is one.
    """
    strange = _find_ineligible_locks(problem)
    if strange:
        return Conflict(strange, len(strange))
    judge = Judge(problem)
    limits, shortage = judge.narrow()
    core = tuple(sorted(judge.find_core(limits)))
    judge.confirm(core)
    told = (tell_limit(problem, limit, judge.bounds[limit]) for limit in core)
    return Conflict(merge_members(told), max(shortage, 1))


def can_meet_limits(problem: Problem) -> bool:
    """Whether some matching keeps all limits, and has a pair where pairs are an objective."""
    judge = Judge(problem)
    return judge.can_hold(judge.limits)


def is_feasible(problem: Problem, limits: Iterable[Limit]) -> bool:
    """Whether some matching keeps the given limits; all others are dropped."""
    return Judge(problem).can_hold(tuple(limits))


class Judge:
    """Decides which limits of a problem can hold together."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.bounds = list_bounds(problem)
        self._hopeless = frozenset(
            limit
            for limit, bound in self.bounds.items()
            if bound.is_least and bound.value > bound.reach
        )
        # What each choice found so far breaks: it is one for all limits but these.
        self._broken: list[frozenset[Limit]] = []

    @property
    def limits(self) -> Limits:
        """All limits that exclude anything."""
        return tuple(self.bounds)

    def can_hold(self, limits: Limits) -> bool:
        """Whether some choice keeps the given limits; others than those listed limit nothing.

        A flow is exact. Where it cannot tell, a choice is one in whole numbers, and that there is
        none is HiGHS's word.
        """
        if not self._hopeless.isdisjoint(limits):
            return False
        if not limits or any(broken.isdisjoint(limits) for broken in self._broken):
            return True
        flow = self._try_flow(limits)
        if flow is not None:
            return flow
        bounds = [self.bounds[limit] for limit in limits if limit in self.bounds]
        chosen = find_choice(self.problem.num_candidates, bounds)
        if chosen is not None:
            self._broken.append(self._list_broken(chosen))
        return chosen is not None

    def narrow(self) -> tuple[Limits, int]:
        """Return few limits that probably contradict each other, and how many pairs are missing.

        The number is a lower bound where quotas cross or resources bind.
        """
        network = self._try_network(self.limits)
        if network is not None:
            return self._cut_limits(network)
        bounds = list(self.bounds.values())
        blamed, shortage = blame_bounds(self.problem.num_candidates, bounds)
        return tuple(self.limits[k] for k in blamed), shortage

    def find_core(self, narrowed: Limits) -> Limits:
        """Return a minimal part of the limits that cannot all hold.

        Parameters
        ----------
        narrowed
            A part of the limits that probably cannot hold; if it can, all are tried.

        Raises
        ------
        ArithmeticError
            If all of them can hold.
        """
        left = tuple(narrowed)
        if self.can_hold(left):
            left = self.limits
            if self.can_hold(left):
                raise ArithmeticError("limits that were to contradict each other can all hold")
        for kind in KINDS:
            fewer = tuple(limit for limit in left if limit.kind != kind)
            if len(fewer) < len(left) and not self.can_hold(fewer):
                left = self._shrink(fewer)
        return _quick_xplain(self.can_hold, (), left, check=False)

    def _shrink(self, limits: Limits) -> Limits:
        """Return those of contradicting limits that a linear program blames, if they suffice."""
        bounds = [self.bounds[limit] for limit in limits]
        blamed, _shortage = blame_bounds(self.problem.num_candidates, bounds)
        fewer = tuple(limits[k] for k in blamed)
        return limits if len(fewer) == len(limits) or self.can_hold(fewer) else fewer

    def confirm(self, core: Limits) -> None:
        """Solve a conflict again, and once more without each of its members.

        Raises
        ------
        ArithmeticError
            If it can hold, or cannot without one of them.
        """
        # A choice that was found for the others was counted through, and serves as their solution.
        certain = not self.can_hold(core)
        if certain and self._try_flow(core) is None:
            bounds = [self.bounds[limit] for limit in core]
            certain = is_impossible(self.problem.num_candidates, bounds)
        if not certain:
            raise ArithmeticError("a conflict can hold after all")
        for limit in core:
            if not self.can_hold(tuple(other for other in core if other != limit)):
                raise ArithmeticError(f"a conflict is not minimal: {limit}")

    def _list_broken(self, chosen: BoolArray) -> frozenset[Limit]:
        return frozenset(
            limit for limit, bound in self.bounds.items() if bound.measure_gap(chosen) > 0
        )

    def _try_flow(self, limits: Limits) -> bool | None:
        """Whether a flow keeps the given limits; None if they are more than a flow."""
        network = self._try_network(limits)
        if network is None:
            return None
        lower, upper = _bound_arcs(network, ANY_PAIR in self.bounds and ANY_PAIR in limits)
        return find_violated_cut(network, lower, upper)[1] == 0

    def _try_network(self, limits: Limits) -> Network | None:
        """Return the network of the given limits alone; None if they are more than a flow."""
        kept = frozenset(limits)
        if any(limit.kind == "resource" for limit in kept):
            return None
        relaxed = relax_limits(self.problem, dict.fromkeys(self.bounds.keys() - kept))
        # A quota without a bound would still have to nest.
        quotas = tuple(relaxed.quotas[k] for k in _list_quotas(kept))
        try:
            return build_network(replace(relaxed, quotas=quotas))
        except CrossingQuotasError:
            return None

    def _cut_limits(self, network: Network) -> tuple[Limits, int]:
        """Return the limits of a violated cut, and how many pairs it lacks."""
        arcs, shortage = find_violated_cut(network, *_bound_arcs(network, any_pair=False))
        if shortage == 0 and ANY_PAIR in self.bounds:
            arcs, shortage = find_violated_cut(network, *_bound_arcs(network, any_pair=True))
        named = frozenset(self._name_limits(network, arcs.tolist()))
        return tuple(limit for limit in self.bounds if limit in named), shortage

    def _name_limits(self, network: Network, arcs: Sequence[int]) -> Iterator[Limit]:
        problem = self.problem
        quota_idx = _list_quotas(self.bounds)
        terms = {arc: bounded.terms for arc, bounded in network.set_arcs}
        locks = _index_candidates(problem, problem.locks)
        bans = _index_candidates(problem, problem.bans)
        first_unit = network.num_candidates
        first_village = first_unit + len(problem.unit_ids)
        for arc in arcs:
            if arc < first_unit:
                yield from [Limit("lock", locks[arc])] if arc in locks else []
                yield from [Limit("ban", bans[arc])] if arc in bans else []
            elif arc < first_village:
                yield from (Limit(kind, arc - first_unit) for kind in ("unit_min", "unit_max"))
            elif arc in terms:
                for k, _factor in terms[arc]:
                    yield from (Limit(kind, quota_idx[k]) for kind in QUOTA_KINDS)
            elif arc == network.return_arc:
                yield ANY_PAIR
            else:
                idx = arc - first_village
                yield from (Limit(kind, idx) for kind in ("village_min", "village_max"))


def _bound_arcs(network: Network, any_pair: bool) -> tuple[IntArray, IntArray]:
    lower = network.lower.copy()
    lower[network.return_arc] = int(any_pair)
    return lower, network.upper


def _list_quotas(limits: Iterable[Limit]) -> list[int]:
    """Return the quotas that some limit bounds, in order."""
    return sorted({limit.idx for limit in limits if limit.kind in QUOTA_KINDS})


def _index_candidates(problem: Problem, pairs: Sequence[FixedPair]) -> dict[int | None, int]:
    """Return the place in the list of each pair, by candidate; None is where there is none."""
    return {find_candidate(problem, p.unit_idx, p.village_idx): k for k, p in enumerate(pairs)}


def _quick_xplain(
    is_possible: Callable[[Limits], bool],
    background: Limits,
    limits: Limits,
    *,
    check: bool,
) -> Limits:
    """Return a minimal part of `limits` that contradicts the background."""
    if check and not is_possible(background):
        return ()
    if len(limits) == 1:
        return limits
    half = len(limits) // 2
    first, second = limits[:half], limits[half:]
    needed_second = _quick_xplain(is_possible, background + first, second, check=True)
    needed_first = _quick_xplain(
        is_possible, background + needed_second, first, check=bool(needed_second)
    )
    return needed_first + needed_second


def _find_ineligible_locks(problem: Problem) -> tuple[ConflictMember, ...]:
    """Name locks on pairs that are not candidates."""
    return tuple(
        ConflictMember(
            "match.limit_lock_ineligible",
            {
                "unit": label_unit(problem, lock.unit_idx),
                "village": label_village(problem, lock.village_idx),
            },
        )
        for lock in problem.locks
        if find_candidate(problem, lock.unit_idx, lock.village_idx) is None
    )
