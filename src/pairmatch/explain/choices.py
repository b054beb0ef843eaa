"""What is free and what is scarce: pairs that must, may and never are, and one place more or less.

One place more for a unit, or one pair more for a quota, is worth the shortest residual cycle
through its arc once that has room; one less costs the shortest way round it. Those two are the
least and the greatest dual price that proves the optimum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.problem import LINEAR_GOALS, weigh_pairs
from pairmatch.explain.prices import PriceBook
from pairmatch.solvers.distances import compute_distances, measure_paths
from pairmatch.solvers.faces import cost_arcs, narrow_face, open_face, price_flow
from pairmatch.solvers.network import Network, build_network
from pairmatch.solvers.residual import FAR, StackedCosts, build_residual, stack_costs
from pairmatch.solvers.variants import Worth, value_variant


@dataclass(frozen=True, slots=True)
class Choices:
    """Candidates, sorted, that all, some and none of the matchings of a certain value hold."""

    must: IndexArray
    may: IndexArray
    never: IndexArray


@dataclass(frozen=True, slots=True)
class Scarcity:
    """What an upper bound is worth: the least and the greatest dual price of a unit or quota.

    `gain` is what the priced level gains if the bound goes up by one; if `raises_earlier`, a level
    before it gets better too (such as one pair more), and `gain` is the difference of the new best
    answer, which may be negative. It is None if a fairness goal is among the levels then: solve
    again to know. `loss` is what the priced level loses if the bound goes down by one, None where
    that is impossible or takes something from a level before.
    """

    gain: int | None
    loss: int | None
    raises_earlier: bool = False


@dataclass(frozen=True, slots=True)
class GroupScarcity:
    """The most that one place more with some unit of a group is worth, and that unit."""

    name: str
    unit_idx: int
    gain: int | None
    raises_earlier: bool


@dataclass(frozen=True, slots=True)
class Scarcities:
    """One entry per unit, per quota, and per group that has units."""

    units: tuple[Scarcity, ...]
    quotas: tuple[Scarcity, ...]
    groups: tuple[GroupScarcity, ...]


def sort_choices(book: PriceBook, slack: int = 0) -> Choices:
    """Return which pairs are in every, in some and in no matching within a loss of the best.

    Parameters
    ----------
    book
        The prices.
    slack
        How many steps of the priced level a matching may be worse than the best; the levels before
        are kept.
    """
    forced, banned = book.forcing, book.banning
    must = (book.chosen > 0) & ((banned < 0) | (banned > slack))
    never = (forced < 0) | (forced > slack)
    kinds = (must, ~must & ~never, never)
    return Choices(*(np.flatnonzero(mask).astype(np.int32) for mask in kinds))


def list_scarcity(book: PriceBook, groups: Mapping[str, BoolArray]) -> Scarcities:
    """Return what one place more and one less is worth, for every unit and quota.

    Parameters
    ----------
    book
        The prices.
    groups
        Masks over the units by name, such as those of one kind; one without units is left out.

    Raises
    ------
    ArithmeticError
        If a solver gives up.
    """
    margins = _measure_margins(book)
    num_units = len(book.problem.unit_ids)
    units = [_value_unit(margins, u) for u in range(num_units)]
    quotas = [_value_quota(margins, q) for q in range(len(book.problem.quotas))]
    named = [(name, np.flatnonzero(mask).tolist()) for name, mask in groups.items() if mask.any()]
    return Scarcities(
        tuple(map(_describe, units)),
        tuple(map(_describe, quotas)),
        tuple(_find_scarcest(name, members, units) for name, members in named),
    )


_Margin = tuple[Worth, int | None]
"""What one more is worth and what one less costs."""


@dataclass(frozen=True, slots=True)
class _Margins:
    """Per arc: its cost, and the lengths of the shortest paths back from head to tail and round it.

    `costs` are stacked over all levels, or None if only the priced level is measured on the face
    that the levels before leave; that says nothing about arcs with a price in one of them.
    """

    book: PriceBook
    costs: StackedCosts | None
    cost: IntArray
    back: IntArray
    round: IntArray


def _measure_margins(book: PriceBook) -> _Margins:
    network, face = book.network, book.face
    stacked = _stack_levels(book)
    if stacked is not None:
        face = open_face(network)
    cost = book.reduced_cost if stacked is None else stacked.cost
    graph = build_residual(network, book.flow, cost, face.lower, face.upper)
    distances = compute_distances(graph, network)
    arcs = np.arange(network.num_candidates, network.return_arc)
    lengths = np.full((2, len(cost)), FAR)
    tail, head = network.tail[arcs], network.head[arcs]
    lengths[0, arcs] = measure_paths(distances, graph, head, tail)
    lengths[1, arcs] = measure_paths(distances, graph, tail, head)
    return _Margins(book, stacked, cost, lengths[0], lengths[1])


def _stack_levels(book: PriceBook) -> StackedCosts | None:
    """Return the costs of all levels in one, or None if that cannot be done."""
    if any(proof.goal not in LINEAR_GOALS for proof in book.proofs):
        return None
    network, face = book.network, open_face(book.network)
    layers = []
    for proof in book.proofs:
        cost = cost_arcs(network, weigh_pairs(book.problem, proof.goal))
        priced = price_flow(network, face, cost, book.flow)
        layers.append(priced.reduced_cost)
        face = narrow_face(face, priced)
    return stack_costs((*layers, book.reduced_cost), network.num_nodes)


def _value_unit(margins: _Margins, unit: int) -> _Margin:
    book = margins.book
    arc = int(book.network.unit_arc[unit])
    is_priced = any(
        not proof.steps or any(step.unit_prices[unit] for step in proof.steps)
        for proof in book.proofs
    )
    return _raise_bound(margins, arc, 1, is_priced), _lower_bound(margins, arc, 1)


def _value_quota(margins: _Margins, quota_idx: int) -> _Margin:
    """Value a quota's maximum; one that is an equality may be part of several sets."""
    book, quota = margins.book, margins.book.problem.quotas[quota_idx]
    if quota.maximum is None:
        return Worth(), 0
    sets = _list_sets(book, quota_idx)
    if len(sets) != 1 or abs(sets[0][1]) != 1:
        # Of an equality there are two cases: as many as now, or one more in all its sets at once.
        quotas = list(book.problem.quotas)
        quotas[quota_idx] = replace(quota, minimum=quota.maximum + 1, maximum=quota.maximum + 1)
        return _value_variant(
            book, build_network(replace(book.problem, quotas=tuple(quotas)))
        ), None
    ((arc, factor),) = sets
    is_priced = any(
        not proof.steps or any(step.quota_prices[quota_idx] for step in proof.steps)
        for proof in book.proofs
    )
    return _raise_bound(margins, arc, factor, is_priced), _lower_bound(margins, arc, factor)


def _list_sets(book: PriceBook, quota_idx: int) -> list[tuple[int, int]]:
    """Return the arcs of the sets that a quota is part of, and how often it is added to each."""
    factors = [
        (arc, sum(factor for k, factor in bounded.terms if k == quota_idx))
        for arc, bounded in book.network.set_arcs
    ]
    return [(arc, factor) for arc, factor in factors if factor]


def _raise_bound(margins: _Margins, arc: int, factor: int, is_priced: bool) -> Worth:
    """Return what one more on an arc's upper bound is worth; factor -1: one less on its lower."""
    book, network = margins.book, margins.book.network
    bounds = network.upper if factor > 0 else network.lower
    if book.flow[arc] != bounds[arc]:
        return Worth()
    if margins.costs is None and is_priced:
        beyond = bounds[arc] + factor
        lower, upper = network.lower.copy(), network.upper.copy()
        lower[arc] = upper[arc] = beyond
        return _value_variant(book, replace(network, lower=lower, upper=upper))
    length = margins.back[arc] if factor > 0 else margins.round[arc]
    gain = -int(factor * margins.cost[arc] + length)
    if gain <= 0:
        return Worth()
    rank = (gain,) if margins.costs is None else margins.costs.split(gain)
    return Worth(rank[-1], any(rank[:-1]), rank)


def _lower_bound(margins: _Margins, arc: int, factor: int) -> int | None:
    """Return what one place less on an arc costs; None if it takes from a level before."""
    book, network = margins.book, margins.book.network
    if network.lower[arc] == network.upper[arc] or factor < 0:
        return None
    if book.flow[arc] < network.upper[arc]:
        return 0
    if margins.round[arc] >= FAR or (
        margins.costs is None and book.face.lower[arc] == book.flow[arc]
    ):
        return None
    loss = int(margins.round[arc] - margins.cost[arc])
    parts = (loss,) if margins.costs is None else margins.costs.split(loss)
    return None if any(parts[:-1]) else parts[-1]


def _value_variant(book: PriceBook, network: Network) -> Worth:
    problem = book.problem
    goal = problem.levels[len(book.proofs)]
    value = int(weigh_pairs(problem, goal)[book.chosen > 0].sum())
    return value_variant(problem, network, book.proofs, goal, value)


def _describe(margin: _Margin) -> Scarcity:
    worth, loss = margin
    return Scarcity(worth.gain, loss, worth.raises_earlier)


def _find_scarcest(name: str, members: Sequence[int], units: Sequence[_Margin]) -> GroupScarcity:
    """Return the first unit of a group to which one place more is worth most."""
    best = max(members, key=lambda u: (units[u][0].rank, -u))
    worth = units[best][0]
    return GroupScarcity(name, best, worth.gain, worth.raises_earlier)
