"""What many drawn settings do to a pairing: how firm it is, and what moves it most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SpreadRange:
    """A rule whose spread is drawn, in points: between two ends, or one of the values listed."""

    rule_id: str
    low: Fraction
    high: Fraction
    values: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What is drawn, how often, and from which seed.

    `spreads` are the rules that are drawn; `tolerances` the values that ``within`` of the level
    ``total`` takes; `draws_unknown` says that unknown values are drawn from their intervals;
    `plugins` are switched on or off at random; `most_dropouts` units at most drop out. With
    `is_grid` every combination of the listed values is taken once, and `num_draws` is their number.
    """

    num_draws: int
    seed: int
    spreads: tuple[SpreadRange, ...] = ()
    tolerances: tuple[Fraction, ...] = ()
    draws_unknown: bool = False
    plugins: tuple[str, ...] = ()
    most_dropouts: int = 0
    is_grid: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: its number, the settings taken (by name, as text), and what came of it.

    `pairs` are the numbers of chosen candidates, empty if no pairing was possible; `metrics` are
    whole numbers by name (``num_matched``, ``total``, ``worst_village``, ``kept``), the points
    measured by the scenario's own settings, so that draws can be compared.
    """

    number: int
    settings: Mapping[str, str]
    is_feasible: bool
    num_kept: int
    metrics: Mapping[str, int] = field(default_factory=dict)
    pairs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PairShare:
    """How often a pair is in the pairing; `is_proposed` if it is in the scenario's own."""

    unit_id: str
    village_id: str
    count: int
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class SettingInfluence:
    """How much a drawn setting goes with changes of the pairing.

    `correlation` is Spearman's rank correlation between the distance of the setting from its own
    value and the number of proposed pairs that are lost, None where either never varies.
    """

    setting: str
    correlation: float | None


@dataclass(frozen=True, slots=True)
class SpreadInterval:
    """Between which spreads of a rule, in points, the pairing stays the best, all others as set.

    The rule's points are multiplied and not rounded anew, so the ends are exact fractions; None as
    `high` is without end. `low` is never below 0.
    """

    rule_id: str
    label_zh: str
    label_en: str
    spread: Fraction
    low: Fraction
    high: Fraction | None


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """Draws that reach the same metrics; `is_best` if no draw is better in one and worse in none.

    `number` is the first of those draws, `count` how many there are.
    """

    number: int
    metrics: Mapping[str, int]
    count: int
    is_best: bool
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep of a scenario found; `num_feasible` draws had a pairing.

    `pairs` are all that were ever chosen, the most frequent first; `influences` the strongest
    first; `front` has the points of the metrics `front_metrics`, the best ones first; `intervals`
    are in order of rule. `names` has names of units and villages by id.
    """

    label: str
    title_zh: str
    title_en: str
    run_id: str
    is_synthetic: bool
    steps_per_point: int
    plan: SweepPlan
    num_feasible: int
    num_same: int
    pairs: tuple[PairShare, ...]
    influences: tuple[SettingInfluence, ...]
    front_metrics: tuple[str, ...]
    front: tuple[FrontPoint, ...]
    intervals: tuple[SpreadInterval, ...]
    names: Mapping[str, str]
