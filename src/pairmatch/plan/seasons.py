"""When work may run: months of a season turned into quarters."""

from dataclasses import dataclass
from decimal import Decimal

from pairmatch.domain.actions import ActionType
from pairmatch.domain.plan import MONTHS_PER_QUARTER, QUARTERS_PER_YEAR, Quarter

YEAR = 12


@dataclass(frozen=True, slots=True)
class Season:
    """How many quarters a work touches, and in which quarters of the year it starts to do so."""

    num_quarters: int
    starts: tuple[int, ...]


def find_season(action: ActionType) -> Season:
    """Return how long the work takes if it starts in the right season.

    Work runs in its months only and rests in between, so it takes longer from a wrong start:
    starts are kept from which it touches the fewest quarters.
    """
    open_months = {m for first, last in action.work_months for m in range(first, last + 1)}
    spans = {}
    for number in range(1, QUARTERS_PER_YEAR + 1):
        first = (number - 1) * MONTHS_PER_QUARTER + 1
        inside = [m for m in range(first, first + MONTHS_PER_QUARTER) if m in open_months]
        if inside:
            end = _find_end(inside[0], action.duration_months, open_months)
            spans[number] = (end - 1) // MONTHS_PER_QUARTER - (number - 1) + 1
    shortest = min(spans.values())
    return Season(shortest, tuple(number for number, span in spans.items() if span == shortest))


def _find_end(month: int, duration: int, open_months: set[int]) -> int:
    """Return the last month of a work that starts in a month, counted on from that year's first."""
    left = duration
    while True:
        if (month - 1) % YEAR + 1 in open_months:
            left -= 1
        if left <= 0:
            return month
        month += 1


def is_standing(action: ActionType) -> bool:
    """Whether an action is a service that is given year after year, not a work that ends."""
    return action.duration_months >= YEAR


def spread_amount(amount: Decimal, quarters: int) -> tuple[Decimal, ...]:
    """Return an amount over quarters to the last 0.01: alike, what is left over first."""
    cents = int(amount * 100)
    share, rest = divmod(cents, quarters)
    return tuple(Decimal(share + (k < rest)) / 100 for k in range(quarters))


def list_starts(
    season: Season, first: Quarter, last: Quarter, earliest: Quarter
) -> tuple[int, ...]:
    """Return the periods, counted from `first`, in which a work may start and end by `last`."""
    found = []
    for period in range(max(0, earliest.since(first)), last.since(first) + 1):
        quarter = first.shift(period)
        ends = quarter.shift(season.num_quarters - 1)
        if quarter.number in season.starts and ends <= last:
            found.append(period)
    return tuple(found)
