"""Sums of the money lines of a plan: exact, and never over the lines of different payers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from pairmatch.domain.plan import Line, MoneyLine, PairPlan, Plan

LINES: tuple[Line, ...] = get_args(Line)


@dataclass(frozen=True, slots=True)
class YearMoney:
    """The money of one year, by line, in 万元."""

    year: int
    amounts: Mapping[Line, Decimal]


def list_money(pairs: Iterable[PairPlan]) -> tuple[MoneyLine, ...]:
    """Return all money lines of some pairs, in their order."""
    return tuple(line for pair in pairs for action in pair.actions for line in action.money)


def sum_lines(money: Iterable[MoneyLine]) -> dict[Line, Decimal]:
    """Return the sum of each line, over all years."""
    sums = dict.fromkeys(LINES, Decimal("0.00"))
    for line in money:
        sums[line.line] += line.amount
    return sums


def sum_years(money: Iterable[MoneyLine], years: Iterable[int]) -> tuple[YearMoney, ...]:
    """Return the sums of each line by year; years with money beyond those given are added."""
    listed = tuple(money)
    wanted = sorted({*years, *(line.year for line in listed)})
    return tuple(
        YearMoney(year, sum_lines(line for line in listed if line.year == year)) for year in wanted
    )


def sum_payers(plan: Plan) -> dict[tuple[Line, str, int], Decimal]:
    """Return the sums by line, payer and year, sorted."""
    sums: dict[tuple[Line, str, int], Decimal] = {}
    for line in list_money(plan.pairs):
        key = (line.line, line.payer_id, line.year)
        sums[key] = sums.get(key, Decimal("0.00")) + line.amount
    return dict(sorted(sums.items()))
