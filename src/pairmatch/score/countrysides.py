"""All pairs of a country before any of them is scored, and the ledger of those one asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pairmatch.domain.candidates import Candidates, EligibilityRule, ScoreRule
from pairmatch.domain.inputs import IndexArray, Inputs
from pairmatch.domain.pairscores import list_slices
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.domain.tables import list_all_texts
from pairmatch.score.city import CityScores, compute_spreads, open_sides, run_rule
from pairmatch.score.conditions import find_refused, list_rows, take_candidates
from pairmatch.score.counties import score_counties

PAIRS_AT_ONCE = 1 << 20
"""How many pairs of a county with plugins are scored at a time."""


@dataclass(frozen=True, slots=True)
class CountrySides:
    """All pairs of a scenario before any of them is scored: the sides, the rules and their spreads.

    `candidates` has the sides of all pairs and no pairs itself.
    """

    candidates: Candidates
    rules: tuple[ScoreRule, ...]
    conditions: tuple[EligibilityRule, ...]
    spreads: Mapping[str, int]

    def list_pairs(self, unit_idx: IndexArray, village_idx: IndexArray) -> Candidates:
        """Return some pairs as candidates; they are in order of unit and village."""
        return replace(self.candidates, unit_idx=unit_idx, village_idx=village_idx)

    @property
    def own_rules(self) -> tuple[ScoreRule, ...]:
        """The built-in rules that are on."""
        return tuple(
            rule
            for rule in self.rules
            if not rule.plugin and rule.bounded and self.spreads.get(rule.rule_id, 0)
        )

    @property
    def own_conditions(self) -> tuple[EligibilityRule, ...]:
        """The built-in conditions."""
        return tuple(rule for rule in self.conditions if not rule.plugin)

    @property
    def counties_with_rules(self) -> tuple[str, ...]:
        """The counties that have rules of their own, of plugins that are on."""
        active = (r for r in self.rules if r.plugin and self.spreads.get(r.rule_id, 0))
        return tuple(sorted({rule.county for rule in active}))

    def list_villages(self, county: str) -> IndexArray:
        """Return the villages of a county."""
        names = list_all_texts(self.candidates.villages.records, "county")
        return np.array([v for v, name in enumerate(names) if name == county], dtype=np.int32)


def open_country(
    inputs: Inputs, rules: Sequence[ScoreRule], conditions: Sequence[EligibilityRule]
) -> CountrySides:
    """Return all pairs of a scenario before any of them is scored."""
    spreads = compute_spreads(inputs.scenario, rules)
    return CountrySides(open_sides(inputs), tuple(rules), tuple(conditions), spreads)


def score_pairs(
    sides: CountrySides, pairs: Candidates, *, with_plugins: bool = True
) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    """Return the ledger of some pairs, and what the conditions refuse of them.

    A county's rules need all pairs of a village: points are centred on their mean.

    Raises
    ------
    PluginFaultError
        If plugins break their contracts, or a built-in rule does.
    """
    refusals = tuple((rule, find_refused(rule, pairs)) for rule in sides.own_conditions)
    rows = list_rows(len(pairs), refusals)
    candidates = take_candidates(pairs, rows)
    columns = tuple(
        run_rule(rule, candidates, sides.spreads[rule.rule_id]) for rule in sides.own_rules
    )
    city = CityScores(pairs, refusals, rows, candidates, columns)
    rules, conditions = (sides.rules, sides.conditions) if with_plugins else ((), ())
    return score_counties(city, rules, conditions, sides.spreads)


def list_county_pairs(sides: CountrySides, villages: IndexArray) -> Iterator[Candidates]:
    """Yield all pairs of a county, some villages at a time."""
    num_units = len(sides.candidates.units.records)
    everyone = np.arange(num_units, dtype=np.int32)
    for part in list_slices(len(villages), max(1, PAIRS_AT_ONCE // max(1, num_units))):
        own = villages[part]
        yield sides.list_pairs(np.repeat(everyone, len(own)), np.tile(own, num_units))
