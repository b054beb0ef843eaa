"""Scores of a country: every pair bounded by a product of its sides, and exact when asked for.

Where there are too many pairs to list, need coverage and nearness within a county become a
product of matrices and a bonus; of every other built-in rule its spread is known, which bounds it;
and a county with plugins has its own pairs scored exactly beforehand, by the same code as ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import (
    FULL,
    BoolArray,
    Candidates,
    ScoreRule,
    guess_share,
)
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.pairscores import REFUSED, FloatArray
from pairmatch.domain.productscores import NO_GROUP, ProductScores
from pairmatch.domain.scores import Exclusion
from pairmatch.domain.tables import list_all_texts
from pairmatch.score.city import run_rule
from pairmatch.score.conditions import (
    count_exclusions,
    find_refused,
    take_candidates,
)
from pairmatch.score.countrysides import CountrySides, list_county_pairs, score_pairs

ROUNDED = 0.5
"""What rounding to whole steps may add to a rule's points."""

COVERAGE, NEARNESS, PRIORITY = "need_coverage", "proximity", "village_priority"
PRODUCT_RULES = frozenset({COVERAGE, NEARNESS, PRIORITY})
"""Rules that the product and the bonus say all of."""

SCOPE = "condition.scope"
WHOLE_UNIT = frozenset(
    {"condition.credit_ok", "condition.scale_ok", "condition.willing", "condition.influence_ok"}
)
"""Conditions that close all villages to a unit or none."""


@dataclass(frozen=True, slots=True)
class CountyPoints:
    """The exact points of all pairs in the villages of one county that has plugins.

    `points` are (units, villages of the county), `REFUSED` where a pair is not eligible; `extra`
    is, per village, the most that the county's rules give any unit.
    """

    villages: IndexArray
    points: NDArray[np.int32]
    extra: IntArray


@dataclass(frozen=True, slots=True)
class PairCalculator:
    """Computes the exact points of pairs by the rules themselves, `REFUSED` if not eligible."""

    sides: CountrySides
    counties: tuple[CountyPoints, ...]
    place: IntArray
    """Where each village stands in `counties`: county x villages + place in it, or -1."""
    bans: IntArray
    """The banned pairs: rising numbers unit x villages + village."""

    def add_others(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the sum of what built-in rules give that are no part of the product."""
        others = [r for r in self.sides.own_rules if r.rule_id not in PRODUCT_RULES]
        return self._add_rules(others, unit_idx, village_idx)

    def __call__(self, unit_idx: IndexArray, village_idx: IndexArray) -> IntArray:
        """Return the points of pairs."""
        found = self._add_rules(self.sides.own_rules, unit_idx, village_idx)
        pairs = self.sides.list_pairs(unit_idx, village_idx)
        for condition in self.sides.own_conditions:
            found[find_refused(condition, pairs)] = REFUSED
        self._fill_counties(found, unit_idx, village_idx)
        if len(self.bans):
            numbers = unit_idx.astype(np.int64) * len(self.place) + village_idx
            found[np.isin(numbers, self.bans)] = REFUSED
        return found

    def _add_rules(
        self, rules: Sequence[ScoreRule], unit_idx: IndexArray, village_idx: IndexArray
    ) -> IntArray:
        """Return the sum of what some rules give."""
        points = np.zeros(len(unit_idx), dtype=np.int64)
        # What measures the points alone does not mind their order.
        plain = self.sides.list_pairs(unit_idx, village_idx)
        for rule in rules:
            if rule.measure is not None:
                points += rule.measure(plain, self.sides.spreads[rule.rule_id])
        unmeasured = [rule for rule in rules if rule.measure is None]
        if unmeasured:
            order = np.lexsort((village_idx, unit_idx))
            pairs = self.sides.list_pairs(unit_idx[order], village_idx[order])
            for rule in unmeasured:
                points[order] += run_rule(rule, pairs, self.sides.spreads[rule.rule_id]).points
        return points

    def _fill_counties(
        self, points: IntArray, unit_idx: IndexArray, village_idx: IndexArray
    ) -> None:
        if not self.counties:
            return
        county, at = np.divmod(self.place[village_idx], len(self.place))
        for k, own in enumerate(self.counties):
            rows = np.flatnonzero((county == k) & (self.place[village_idx] >= 0))
            points[rows] = own.points[unit_idx[rows], at[rows]]


@dataclass(frozen=True, slots=True)
class CountryScores:
    """The points of all pairs of the units that may take part, in an order of their own.

    `unit_idx` and `village_idx` say which unit and village of the inputs stands at each place;
    `exclusions` why the other units take no part.
    """

    scores: ProductScores
    unit_idx: IndexArray
    village_idx: IndexArray
    exclusions: tuple[Exclusion, ...]


def bound_country(sides: CountrySides, bans: Sequence[tuple[int, int]] = ()) -> CountryScores:
    """Return the scores of all pairs: bounds on blocks, exact points when they are asked for.

    Parameters
    ----------
    sides
        The pairs, their rules and conditions.
    bans
        Units and villages that must not be paired.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts, or a built-in rule does.
    """
    candidates, spreads = sides.candidates, sides.spreads
    villages = candidates.villages
    counties = _score_plugin_counties(sides)
    place = _place_villages(counties, len(villages.records))
    left, row, right = _multiply_coverage(sides)
    extra = np.zeros(len(villages.records))
    for own in counties:
        extra[own.villages] += own.extra
    slack, bonus, most = ROUNDED if spreads.get(COVERAGE, 0) else 0.0, 0.0, 0.0
    for rule in sides.own_rules:
        spread = spreads[rule.rule_id]
        if rule.rule_id == NEARNESS:
            away = _bound_nearness(rule, sides)
            slack, bonus = slack + away, max(0.0, spread - away)
        elif rule.rule_id == PRIORITY:
            extra += _score_villages(rule, sides)
        elif rule.rule_id != COVERAGE:
            most += spread
    left = np.hstack([left, np.ones((len(left), 1), dtype=np.float32)])
    right = np.hstack([right, extra[:, None].astype(np.float32)])
    unit_group, village_group, home_only = _group_by_county(candidates)
    numbers = [u * len(villages.records) + v for u, v in bans]
    banned = np.array(sorted(numbers), dtype=np.int64)
    calculator = PairCalculator(sides, counties, place, banned)
    homeless = home_only & ~np.isin(unit_group, village_group)
    closed, exclusions = _find_closed(sides, homeless)
    doubtful = home_only & ~closed & _find_doubtful(sides, counties, village_group, unit_group)
    closed |= _find_lonely(calculator, np.flatnonzero(doubtful), unit_group, village_group)
    open_units = np.flatnonzero(~closed)
    unit_order = open_units[np.argsort(unit_group[open_units], kind="stable")].astype(np.int32)
    village_order = np.argsort(village_group, kind="stable").astype(np.int32)
    used, new_row = np.unique(row[unit_order], return_inverse=True)
    scores = ProductScores(
        left=left[used],
        right=right[village_order],
        row=new_row.astype(np.int32),
        slack=slack,
        compute=calculator,
        unit_idx=unit_order,
        village_idx=village_order,
        unit_group=unit_group[unit_order],
        village_group=village_group[village_order],
        bonus=bonus,
        home_only=home_only[unit_order],
        remainder=calculator.add_others if most else None,
        most_remainder=most,
    )
    return CountryScores(scores, unit_order, village_order, exclusions)


def _place_villages(counties: Sequence[CountyPoints], num_villages: int) -> IntArray:
    place = np.full(num_villages, -1, dtype=np.int64)
    for k, own in enumerate(counties):
        place[own.villages] = k * num_villages + np.arange(len(own.villages))
    return place


def _multiply_coverage(sides: CountrySides) -> tuple[FloatArray, IndexArray, FloatArray]:
    """Return the factors whose product is need coverage in steps, and the row of every unit.

    Supplies come in few levels. With a column for each level l of each need n, a unit has 1 where
    that is its supply and a village has ``spread w_n min(d_n, l) / sum w d``: their product is the
    coverage, only not yet rounded.
    """
    units, villages = sides.candidates.units, sides.candidates.villages
    spread = sides.spreads.get(COVERAGE, 0)
    supplies, row = np.unique(units.supply, axis=0, return_inverse=True)
    wanted = np.maximum((villages.need_weight * villages.deficit).sum(axis=1), 1)
    left, right = [], []
    for need in range(supplies.shape[1]) if spread else ():
        deficit, weight = villages.deficit[:, need], villages.need_weight[:, need]
        for level in np.unique(supplies[:, need]):
            if level:
                left.append(supplies[:, need] == level)
                right.append(spread * (weight * np.minimum(deficit, level) / wanted))
    shape = (len(left), len(supplies)), (len(right), len(wanted))
    return (
        np.array(left, dtype=np.float32).reshape(shape[0]).T,
        row.ravel().astype(np.int32),
        np.array(right, dtype=np.float32).reshape(shape[1]).T,
    )


def _bound_nearness(rule: ScoreRule, sides: CountrySides) -> float:
    """Return the most that nearness may give a pair of two counties."""
    candidates, spread = sides.candidates, sides.spreads[rule.rule_id]
    known = candidates.background.distances
    most = guess_share(candidates.background.unknown) * spread / FULL + ROUNDED
    counties, tiers = (list_all_texts(candidates.units.records, f) for f in ("county", "tier"))
    places = enumerate(zip(counties, tiers, strict=True))
    # A county's unit whose county is not known is not in the city, which has no name either.
    homes = {home: u for u, (home, tier) in places if home or tier != "county"}
    goals = {g: v for v, g in enumerate(list_all_texts(candidates.villages.records, "county"))}
    apart = sorted((homes[a], goals[b]) for a, b in known if a != b and a in homes and b in goals)
    if not apart:
        return most
    ends = np.array(apart, dtype=np.int32)
    points = run_rule(rule, sides.list_pairs(ends[:, 0], ends[:, 1]), spread).points
    return max(most, float(points.max()))


def _score_villages(rule: ScoreRule, sides: CountrySides) -> NDArray[np.float64]:
    """Return the points of a rule that asks for the village only."""
    everywhere = np.arange(len(sides.candidates.villages.records), dtype=np.int32)
    pairs = sides.list_pairs(np.zeros_like(everywhere), everywhere)
    return run_rule(rule, pairs, sides.spreads[rule.rule_id]).points.astype(np.float64)


def _group_by_county(candidates: Candidates) -> tuple[IndexArray, IndexArray, BoolArray]:
    """Return the county of units and villages as numbers, and which units stay in theirs."""
    units, villages = candidates.units.records, candidates.villages.records
    homes, goals = list_all_texts(units, "county"), list_all_texts(villages, "county")
    numbers = {name: k for k, name in enumerate(sorted({*homes, *goals} - {""}))}
    unit_group = np.array([numbers.get(home, NO_GROUP) for home in homes], dtype=np.int32)
    village_group = np.array([numbers.get(goal, NO_GROUP) for goal in goals], dtype=np.int32)
    tiers, scopes = list_all_texts(units, "tier"), list_all_texts(units, "scope_counties")
    # Villages without a county are open to all: then nobody is sure to stay at home.
    closed = not (village_group == NO_GROUP).any()
    home_only = [
        bool(closed and home and (scope == (home,) or (not scope and tier == "county")))
        for home, tier, scope in zip(homes, tiers, scopes, strict=True)
    ]
    return unit_group, village_group, np.array(home_only, dtype=np.bool_)


def _find_closed(
    sides: CountrySides, homeless: BoolArray
) -> tuple[BoolArray, tuple[Exclusion, ...]]:
    """Return which units fail a condition that closes all villages to them, and why.

    `homeless` are those that stay in their county, which has no village.
    """
    everyone = np.arange(len(sides.candidates.units.records), dtype=np.int32)
    pairs = sides.list_pairs(everyone, np.zeros_like(everyone))
    rules = [rule for rule in sides.own_conditions if rule.rule_id in WHOLE_UNIT]
    refusals = [(rule, find_refused(rule, pairs)) for rule in rules]
    refusals += [(rule, homeless) for rule in sides.own_conditions if rule.rule_id == SCOPE]
    closed = np.zeros(len(everyone), dtype=np.bool_)
    for _rule, refused in refusals:
        closed |= refused
    some = take_candidates(pairs, np.flatnonzero(closed).astype(np.int32))
    own = tuple((rule, refused[closed]) for rule, refused in refusals)
    num_villages = len(sides.candidates.villages.records)
    excluded = count_exclusions(some, own)
    return closed, tuple(replace(one, num_villages=num_villages) for one in excluded)


def _find_doubtful(
    sides: CountrySides,
    counties: Sequence[CountyPoints],
    village_group: IndexArray,
    unit_group: IndexArray,
) -> BoolArray:
    """Return which units may be refused by a village of their own county."""
    units = sides.candidates.units.records
    named = (list_all_texts(units, "refusals"), list_all_texts(units, "conflicts"))
    picky = [bool(refused or avoided) for refused, avoided in zip(*named, strict=True)]
    strict = [village_group[own.villages[0]] for own in counties]
    return np.array(picky, dtype=np.bool_) | np.isin(unit_group, strict)


def _find_lonely(
    calculator: PairCalculator,
    units: NDArray[np.intp],
    unit_group: IndexArray,
    village_group: IndexArray,
) -> BoolArray:
    """Return which of some units, all of which stay at home, are refused by every village there."""
    lonely = np.zeros(len(unit_group), dtype=np.bool_)
    for group in np.unique(unit_group[units]).tolist():
        own = units[unit_group[units] == group].astype(np.int32)
        villages = np.flatnonzero(village_group == group).astype(np.int32)
        points = calculator(np.repeat(own, len(villages)), np.tile(villages, len(own)))
        lonely[own] = (points.reshape(len(own), -1) == REFUSED).all(axis=1)
    return lonely


def _score_plugin_counties(sides: CountrySides) -> tuple[CountyPoints, ...]:
    """Return the exact points of all pairs in the counties that have plugins."""
    with_conditions = {rule.county for rule in sides.conditions if rule.plugin}
    counties = sorted(with_conditions.union(sides.counties_with_rules))
    places = (sides.list_villages(county) for county in counties)
    return tuple(_score_county(sides, villages) for villages in places if len(villages))


def _score_county(sides: CountrySides, villages: IndexArray) -> CountyPoints:
    num_units = len(sides.candidates.units.records)
    points = np.full((num_units, len(villages)), REFUSED, dtype=np.int32)
    extra = np.zeros(len(villages), dtype=np.int64)
    for everyone in list_county_pairs(sides, villages):
        table, _exclusions = score_pairs(sides, everyone)
        if np.abs(table.total).max(initial=0) >= -REFUSED:
            raise OverflowError("points are too large")
        at = np.searchsorted(villages, table.candidates.village_idx)
        points[table.candidates.unit_idx, at] = table.total
        mine = sum(
            (column.points for column in table.columns if column.plugin),
            start=np.zeros(len(table.total), dtype=np.int64),
        )
        np.maximum.at(extra, at, mine)
    return CountyPoints(villages, points, extra)
