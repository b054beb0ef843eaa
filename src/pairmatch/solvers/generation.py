"""The best pairing of all pairs, by looking closely at few of them: column generation.

A pairing over few pairs gives prices; a pass over all pairs finds those worth more than both their
prices; they come in, and so on until there is none. Then the prices prove that no pairing of any
pairs is better (Dantzig and Wolfe, Operations Research 8, 1960). The first prices come from a
sample of both sides, solved in the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.matching import StepsError
from pairmatch.domain.pairscores import REFUSED, PairScores
from pairmatch.solvers.filling import fill_pairing
from pairmatch.solvers.masters import (
    Columns,
    MasterFlow,
    Prices,
    match_square,
    price_master,
    solve_master,
)
from pairmatch.solvers.pricing import (
    WORTH_PARTS,
    Look,
    Paying,
    drop_repeated,
    find_loss,
    find_newly_paying,
    find_paying,
    gather_columns,
    join_columns,
    mark_active,
)
from pairmatch.solvers.threads import open_look

SMALL = 100_000
"""As many pairs are not worth a sample."""

SAMPLE = 4
"""One in so many units and villages is in the sample."""

PER_NODE = 8
"""How many pairs a unit or village has on average at the start."""

FIRST_WIDTH, FIRST_WIDTH_OF_MANY = 10, 40
"""Prices from a sample may be off by one part in so many of the largest points. A wide box takes
fewer rounds and lets in more pairs, which counts where there are many."""

RARE = 0.01
"""Prices of so few in a sample say nothing of what is usual."""

OFTEN = 0.05
"""So many of the errors of a guess may be larger than the box is wide at first."""

ROUGHLY = 4
"""So many times as many pairs as are wanted are enough in a first, rough pass."""

LEAST_WIDTH = 4
"""The narrowest box."""

LEAST_PER_NODE = 4
"""How many pairs every unit and village has at the start at least."""

FORGOTTEN = 4
"""Pairs with a loss of more than so many widths are let go altogether."""

ACTIVE = 2
"""Pairs with a loss of more than so many widths of the box are left out of a master."""

HARDLY_BETTER = 0.9
"""A sample in which this share of what was amiss still is will not get much better."""

PATIENCE = 32
"""A box in which no pairing was found by this round is doubled in each."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands after a round: enough to go on from.

    `bound` is the least value that a finished pass has proven no pairing to exceed; `is_priced`
    says that all pairs worth more than the prices are among the columns.
    """

    number: int
    columns: Columns
    prices: Prices
    width: int
    bound: int
    num_paying: int
    is_priced: bool = False


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """A pairing of all units: `village_of` each, its value and a bound on any pairing's.

    At the end of a search the prices prove the bound; of one that was stopped, earlier ones may.
    `num_rounds` counts the masters that were solved.
    """

    village_of: IndexArray
    value: int
    bound: int
    prices: Prices
    num_rounds: int


class NothingFoundError(Exception):
    """The time ran out, or pairs ran out, before every unit had a village."""


Notify = Callable[[Progress], bool]
"""Is told of each round; returns whether to go on."""


def go_on(_progress: Progress) -> bool:
    """Tell nobody, and go on."""
    return True


def solve_pairs(
    scores: PairScores,
    capacity: IntArray,
    seed: int = 0,
    start: Progress | None = None,
    notify: Notify = go_on,
    look: Look | None = None,
) -> PairAnswer:
    """Return the best pairing of every unit with one village.

    Parameters
    ----------
    scores
        The points of all pairs; there are no more units than the villages can take.
    capacity
        How many units each village takes.
    seed
        Which units and villages are in the sample: it changes the way, not the value.
    start
        Where an earlier search stood.
    notify
        Is told of each round.
    look
        How all pairs of some units and villages are looked at, if not in threads of this computer.

    Raises
    ------
    NothingFoundError
        If not every unit can have a village, or the search was stopped before all had.
    """
    capacity = np.minimum(capacity, scores.num_units)
    if capacity.sum() < scores.num_units:
        raise NothingFoundError(f"{scores.num_units} units, but villages take {capacity.sum()}")
    if not scores.num_units:
        nothing = np.zeros(0, dtype=np.int64)
        return PairAnswer(nothing.astype(np.int32), 0, 0, Prices(nothing, 0 * capacity), 0)
    if look is None and scores.num_units * scores.num_villages >= WORTH_PARTS:
        with open_look() as look_in_threads:
            return solve_pairs(scores, capacity, seed, start, notify, look_in_threads)
    look = look or find_paying
    state = start or _begin(scores, capacity, seed, look)
    # To begin with, every unit has all pairs near it; later on some may have been let go.
    num_lonely = 0 if start else scores.num_units - len(np.unique(state.columns.unit_idx))
    if num_lonely:
        raise NothingFoundError(f"{num_lonely} units have no village that they may have")
    state, chosen = _improve(scores, capacity, state, notify, look)
    answer = _build_answer(scores, capacity, state, chosen)
    if answer is None:
        raise NothingFoundError("stopped before every unit had a village")
    return answer


def _begin(scores: PairScores, capacity: IntArray, seed: int, look: Look) -> Progress:
    """Return the pairs and prices to begin with."""
    num_pairs = scores.num_units * scores.num_villages
    if num_pairs <= SMALL:
        nothing = np.zeros(scores.num_villages, dtype=np.int64)
        prices = Prices(np.floor(scores.bound_units(nothing)).astype(np.int64), nothing)
        width = max(LEAST_WIDTH, scores.largest // 2)
    else:
        prices, off = _guess_prices(scores, capacity, seed, look)
        share = FIRST_WIDTH if num_pairs < WORTH_PARTS else FIRST_WIDTH_OF_MANY
        width = max(LEAST_WIDTH, min(off, scores.largest // share))
    columns = gather_columns(scores, prices, PER_NODE, LEAST_PER_NODE, look)
    bound = scores.largest * scores.num_units
    return Progress(0, columns, prices, width, bound, len(columns))


def _guess_prices(
    scores: PairScores, capacity: IntArray, seed: int, look: Look
) -> tuple[Prices, int]:
    """Return prices as they are in a sample of both sides.

    A unit is worth what it could get from the villages of the sample at their prices, a village
    what it could get from the sample's units. Bounds are higher than points; by how much is seen
    in the sample itself.
    """
    draw = np.random.default_rng([seed, scores.num_units])
    units, villages = draw_sample(draw, *scores.strata)
    everyone = np.arange(scores.num_units, dtype=np.int32)
    everywhere = np.arange(scores.num_villages, dtype=np.int32)
    room = capacity[villages]
    sample = scores.take(units, villages)
    if len(units) * len(villages) < WORTH_PARTS:
        look = find_paying
    start = _begin(sample, room, seed, look)
    state, chosen = _improve(sample, room, start, go_on, look, len(units) // 100)
    known, housed = state.prices, np.unique(chosen.unit_idx)
    unit_bounds = scores.take(everyone, villages).bound_units(known.villages)
    # A unit that finds no village in the sample says nothing of what villages are worth.
    village_bounds = scores.take(units[housed], everywhere).bound_villages(known.units[housed])
    unit_prices = unit_bounds - np.median(unit_bounds[units] - known.units)
    if len(housed):  # whoever has nobody in the sample is taken for one of the middle
        unit_prices[unit_bounds <= -scores.largest] = np.median(known.units[housed])
    wanted = known.villages > 0
    too_high = (village_bounds[villages] - known.villages)[wanted]
    village_prices = village_bounds - (np.median(too_high) if len(too_high) else 0)
    guess = Prices(
        _keep_usual(unit_prices, known.units[housed]),
        np.maximum(_keep_usual(village_prices, known.villages), 0),
    )
    return guess, _measure_errors(start.prices, known)


def _measure_errors(guess: Prices, known: Prices) -> int:
    """Return what a guess of the sample's own prices was off by, but for the rarest errors."""
    errors = [np.abs(guess.units - known.units), np.abs(guess.villages - known.villages)]
    return int(np.quantile(np.concatenate(errors), 1 - OFTEN))


def _keep_usual(prices: NDArray[np.float64], known: IntArray) -> IntArray:
    """Return whole prices within the range of known ones, but for the rarest, and a little more.

    One that found nobody in the sample has no price of its own.
    """
    if not len(known):
        return np.rint(prices).astype(np.int64)
    low, high = np.quantile(known, [RARE, 1 - RARE])
    more = (high - low) / 2
    return np.rint(np.clip(prices, low - more, high + more)).astype(np.int64)


def draw_sample(draw: np.random.Generator, *strata: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return some of both sides, an equal share of every stratum.

    Shares are rounded up or down by the same draw on both sides: where a county has no more units
    than villages, its sample has not either.
    """
    lowest = min(int(side.min()) for side in strata)
    offsets = draw.random(max(int(side.max()) for side in strata) - lowest + 1)
    units, villages = (_draw_share(draw, side - lowest, offsets) for side in strata)
    return units, villages


def _draw_share(
    draw: np.random.Generator, strata: IndexArray, offsets: NDArray[np.float64]
) -> IndexArray:
    """Return one `SAMPLE`th of each stratum, rounded as its offset says.

    In all it is one at least, and no more than half: a sample of few is smaller than they are.
    """
    order = np.lexsort((draw.random(len(strata)), strata))
    ordered = strata[order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    wanted = np.floor(np.bincount(strata, minlength=len(offsets)) / SAMPLE + offsets)
    chosen = order[place < wanted[ordered]][: max(1, len(order) // 2)]
    return np.sort(chosen if len(chosen) else order[:1]).astype(np.int32)


def _improve(
    scores: PairScores,
    capacity: IntArray,
    state: Progress,
    notify: Notify,
    look: Look,
    tolerance: int | None = None,
) -> tuple[Progress, Columns]:
    """Solve masters until no pair pays and all units have a village; return the chosen pairs.

    With a tolerance, until no more than so many pairs pay, and no more than so many units and
    villages are amiss or it hardly gets better: a sample may have no pairing of all its units.
    """
    best: Columns | None = None
    amiss_before = float("inf")
    while True:
        state, flow = _go_round(scores, capacity, state, look)
        chosen = state.columns.take(flow.chosen)
        if flow.is_sound and (best is None or chosen.points.sum() >= best.points.sum()):
            best = chosen
        if tolerance is None and state.bound < REFUSED * scores.num_units:
            raise NothingFoundError("not every unit can have a village of its own")
        is_done = max(state.num_paying, flow.num_amiss) <= (tolerance or 0)
        if tolerance is not None and state.num_paying <= tolerance:
            is_done |= flow.num_amiss > HARDLY_BETTER * amiss_before
        amiss_before = flow.num_amiss
        if not notify(state) or is_done or (tolerance is not None and state.number >= PATIENCE):
            return state, chosen if best is None else best


def _go_round(
    scores: PairScores, capacity: IntArray, state: Progress, look: Look
) -> tuple[Progress, MasterFlow]:
    """Solve a master and look for pairs that pay; the flow's pairs are among the new columns."""
    try:
        flow, prices = _solve_active(state, capacity)
    except StepsError as error:
        if state.number <= PATIENCE:
            raise
        raise NothingFoundError("no prices in range prove a pairing") from error
    # At first some are idle or crowded, and prices wrong by about a width: what pays by little
    # then may not pay at all in the end, and there may be very much of it.
    is_rough = not flow.is_sound and state.number == 0
    is_rough &= scores.num_units * scores.num_villages >= WORTH_PARTS
    if is_rough:
        wanted = PER_NODE * (scores.num_units + scores.num_villages)
        least = max(1, state.width // 4, -find_loss(scores, prices, wanted))
        found = look(scores, prices, least, ROUGHLY * wanted)
        paying, bound = replace(found, is_complete=False), state.bound
    else:
        paying = _price_pairs(scores, state, prices, look)
        worth = (prices.units + paying.excess).sum() + (prices.villages * capacity).sum()
        bound = min(state.bound, int(worth))
    # Pairs far from paying are let go: should one come to pay, a pass will find it again.
    is_near = mark_active(state.columns, prices, FORGOTTEN * state.width)
    after = Progress(
        number=state.number + 1,
        columns=join_columns([state.columns.take(is_near), paying.columns]),
        prices=prices,
        width=_choose_width(state, flow, int(paying.excess.max(initial=0))),
        bound=bound,
        num_paying=len(paying.columns),
        is_priced=paying.is_complete,
    )
    # The chosen pairs lose nothing at these prices, so all of them are still there.
    return after, replace(flow, chosen=(np.cumsum(is_near) - 1)[flow.chosen])


def _solve_active(state: Progress, capacity: IntArray) -> tuple[MasterFlow, Prices]:
    """Solve the master over the pairs that are near their prices; return flow and new prices."""
    active = np.flatnonzero(mark_active(state.columns, state.prices, ACTIVE * state.width))
    columns = state.columns.take(active)
    # At first the pairs may hold no pairing of all units, and it would only be tried in vain.
    flow = match_square(columns, capacity, state.prices) if state.number else None
    if flow is None:
        flow = solve_master(columns, capacity, state.prices, state.width)
    prices = price_master(columns, len(capacity), flow, state.prices, state.width)
    return MasterFlow(active[flow.chosen], flow.is_idle, flow.is_crowded), prices


def _price_pairs(scores: PairScores, state: Progress, prices: Prices, look: Look) -> Paying:
    """Return the pairs that pay at the new prices and were not in the master."""
    if not state.is_priced:
        return look(scores, prices)
    found = find_newly_paying(scores, state.prices, prices, look)
    # A pair that pays may be one that came in before and was left out since.
    left_out = state.columns.take(np.flatnonzero(prices.reduce(state.columns) > 0))
    excess = found.excess.copy()
    np.maximum.at(excess, left_out.unit_idx, prices.reduce(left_out))
    both = drop_repeated(join_columns([found.columns, left_out]), scores.num_villages)
    return Paying(both, excess, found.is_complete)


def _choose_width(state: Progress, flow: MasterFlow, most: int) -> int:
    if state.number < PATIENCE:
        return state.width if not flow.is_sound else max(LEAST_WIDTH, min(state.width, 2 * most))
    return state.width if flow.is_sound else 2 * state.width


def _build_answer(
    scores: PairScores, capacity: IntArray, state: Progress, chosen: Columns
) -> PairAnswer | None:
    """Return the answer of a search; stopped too early, it is some pairing of everyone."""
    village_of = fill_pairing(scores, capacity, chosen)
    if village_of is None:
        return None
    points = scores.score(np.arange(scores.num_units, dtype=np.int32), village_of)
    return PairAnswer(village_of, int(points.sum()), state.bound, state.prices, state.number)
