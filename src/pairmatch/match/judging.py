"""Decides which of a problem's limits can hold together: by a flow, or by choosing pairs."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IntArray
from pairmatch.domain.limits import ANY_PAIR, Bound, Limit, list_bounds, relax_limits
from pairmatch.domain.problem import FixedPair, Problem
from pairmatch.solvers.families import CrossingQuotasError
from pairmatch.solvers.feasibility import blame_bounds, find_choice, is_impossible
from pairmatch.solvers.flows import find_violated_cut
from pairmatch.solvers.network import Network, build_network, find_candidate
from pairmatch.solvers.tallies import Tally
from pairmatch.solvers.variations import vary_choices

QUOTA_KINDS = ("quota_min", "quota_max")
Limits = tuple[Limit, ...]


class Judge:
    """Decides which limits of a problem can hold together, and remembers the choices it found."""

    def __init__(self, problem: Problem, time_s: float = 0) -> None:
        self.problem = problem
        self._until = time.monotonic() + time_s if time_s else math.inf
        self.bounds = list_bounds(problem)
        self._hopeless = frozenset(
            limit
            for limit, bound in self.bounds.items()
            if bound.is_least and bound.value > bound.reach
        )
        # A set of limits is the bits of one number: what a large conflict asks most often is
        # whether such sets have anything in common.
        self._bits = {limit: 1 << place for place, limit in enumerate(self.bounds)}
        rows = [(bound.idx, bound.weights) for bound in self.bounds.values()]
        self._tally = Tally(list(self.bounds.values()), rows)
        self._found: list[tuple[int, BoolArray]] = []
        self._varied: set[int] = set()

    @property
    def seconds_left(self) -> float:
        """How long questions may still take; infinite without a limit."""
        return self._until - time.monotonic()

    @property
    def limits(self) -> Limits:
        """All limits that exclude anything."""
        return tuple(self.bounds)

    def can_hold(
        self, limits: Limits, *, near: Limit | None = None, leave_choice: bool = False
    ) -> bool:
        """Whether some choice keeps the given limits; others than those listed limit nothing.

        A flow is exact. Where it cannot tell, a choice is one in whole numbers, and that there is
        none is HiGHS's word.

        Parameters
        ----------
        limits
            The limits.
        near
            Another limit, which the choice that is found is to miss by little.
        leave_choice
            Find a choice to vary where a flow tells, too: by itself it leaves none.
        """
        if not self._hopeless.isdisjoint(limits):
            return False
        asked = self._mark(limits)
        if not limits or any(not asked & broken for broken, _ in self._found):
            return True
        flow = self._try_flow(limits)
        if flow is not None and not (flow and leave_choice):
            return flow
        bounds = self._list_bounds(limits)
        wanted = None if near is None else self.bounds.get(near)
        chosen = find_choice(self.problem.num_candidates, bounds, self.seconds_left, wanted)
        if chosen is not None:
            self._remember(chosen)
        return chosen is not None

    def cannot_hold(self, limits: Limits) -> bool:
        """Whether no choice keeps the given limits: by a flow, or by two solvers that agree.

        Raises
        ------
        ArithmeticError
            If the two disagree.
        """
        if not self._hopeless.isdisjoint(limits):
            return True
        flow = self._try_flow(limits)
        if flow is not None:
            return not flow
        bounds = self._list_bounds(limits)
        return is_impossible(self.problem.num_candidates, bounds, self.seconds_left)

    def narrow(self) -> tuple[Limits, int]:
        """Return few limits that probably contradict each other, and how many pairs are missing.

        The number is a lower bound where quotas cross or resources bind.
        """
        network = self._try_network(self.limits)
        return self.blame(self.limits) if network is None else self._cut_limits(network)

    def blame(self, limits: Limits) -> tuple[Limits, int]:
        """Return those of the limits that contradict each other even if pairs were divisible.

        Also return how many pairs the lower ones lack; none, if divisible pairs would do.
        """
        bounds = self._list_bounds(limits)
        blamed, shortage = blame_bounds(self.problem.num_candidates, bounds)
        return tuple(limits[k] for k in blamed), shortage

    def list_needed(self, limits: Limits) -> frozenset[Limit]:
        """Return those of the limits without which the others hold in a choice that was found."""
        asked = self._mark(limits)
        within = {asked & broken for broken, _chosen in self._found}
        return frozenset(limit for limit in limits if self._bits.get(limit) in within)

    def vary(self, limits: Limits) -> None:
        """Derive from choices that break one of the limits others that break another one.

        Only choices that were found are varied, and each once; a flow leaves none.
        """
        asked, places = self._mark(limits), {self._bits.get(n): k for k, n in enumerate(limits)}
        single: dict[int, BoolArray] = {}
        settled: set[int] = set()
        for number, (broken, chosen) in enumerate(self._found):
            if (place := places.get(asked & broken)) is None:
                continue
            if number not in self._varied and place not in settled:
                single[place] = chosen
            settled.add(place)
            self._varied.add(number)
        bounds, num_found = self._list_bounds(limits), len(self._found)
        if not single:
            return
        for chosen in vary_choices(self.problem.num_candidates, bounds, single, settled):
            self._remember(chosen)
        self._varied.update(range(num_found, len(self._found)))

    def _mark(self, limits: Limits) -> int:
        """Return the bits of the limits; those that exclude nothing have none."""
        return sum(self._bits[limit] for limit in frozenset(limits) if limit in self._bits)

    def _list_bounds(self, limits: Limits) -> list[Bound]:
        return [self.bounds[limit] for limit in limits if limit in self.bounds]

    def _remember(self, chosen: BoolArray) -> None:
        """Keep a choice with what it breaks, counted: it is one for all limits but these."""
        gaps = zip(self._bits.values(), self._tally.measure(chosen), strict=True)
        self._found.append((sum(bit for bit, gap in gaps if gap > 0), chosen))

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
