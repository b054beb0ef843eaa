"""Plausible comparisons and sweeps of any size, built from the domain records directly.

The figures hang together (chains add up to what is lost and gained, effects to the whole
difference) but nothing is solved: these are for what a report shows.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tests.report.proposals import CITY_UNITS, COUNTIES, COUNTY_UNITS, HOSTILE, TOWNSHIPS, VILLAGES

from pairmatch.domain.comparison import (
    Cause,
    Comparison,
    DataChange,
    Difference,
    Metrics,
    PairValue,
    SettingChange,
    Side,
    SwapChain,
)
from pairmatch.domain.explanation import Move
from pairmatch.domain.matching import ConflictMember
from pairmatch.domain.sweep import (
    FrontPoint,
    PairShare,
    SettingInfluence,
    SpreadInterval,
    SpreadRange,
    Sweep,
    SweepPlan,
)

AREAS = ("consolidate", "infrastructure", "services", "industry", "environment", "heritage")
FAULT = ConflictMember(
    "match.limit_quota_max",
    {
        "count": "1",
        "names": "沧县",
        "value": "2",
        "value_en": "2 pairs",
        "units": "9",
        "units_en": "9 units",
        "villages": "12",
        "villages_en": "12 villages",
    },
)


@dataclass(frozen=True)
class Shape:
    """How large a comparison is and what it holds."""

    num_others: int = 1
    num_chains: int = 6
    moves_per_chain: int = 3
    hostile: bool = False
    synthetic: bool = True
    steps_per_point: int = 100
    seed: int = 1


def make_comparison(shape: Shape | None = None, **changes: Any) -> Comparison:
    """Return a comparison of the given shape; the same shape gives the same comparison."""
    return _Maker(replace(shape or Shape(), **changes)).make()


def make_same() -> Comparison:
    """Return a comparison of a pairing with one that has all the same, of which little is known."""
    comparison = make_comparison(num_chains=0, synthetic=False)
    side = comparison.sides[0]
    plain = replace(side.metrics, counties={}, areas={}, kept=None, mean_km=None)
    side = replace(side, metrics=plain)
    other = replace(side, label="again", folder="again")
    difference = Difference((), (), (), (), (), same_total=plain.total)
    return Comparison((side, other), (difference,), {})


class _Maker:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.random = random.Random(shape.seed)
        self.names: dict[str, str] = {}

    def make(self) -> Comparison:
        first = self.make_side(0)
        sides, differences = [first], []
        for k in range(1, self.shape.num_others + 1):
            difference, other = self.make_difference(first, self.make_side(k), k)
            sides.append(other)
            differences.append(difference)
        return Comparison(tuple(sides), tuple(differences), self.names)

    def make_side(self, k: int) -> Side:
        titles = ("沧州 2026 年结对", "偏重产业", "轮换单位", "兼顾公平", "不用插件")
        english = ("Cangzhou 2026", "Industry first", "Rotation", "Fairness", "Without plugins")
        title = HOSTILE[k % len(HOSTILE)] if self.shape.hostile else titles[k]
        metrics = Metrics(
            num_matched=210,
            total=1_234_567 + 1_000 * k,
            worst_village=3_012 - 100 * k,
            worst_county=51_230 + 7 * k,
            counties={c[0]: 80_000 + 991 * n + 77 * k for n, c in enumerate(COUNTIES)},
            areas={area: 4_321 + 613 * n - 40 * k for n, area in enumerate(AREAS)},
            residual=4_765 + 11 * k,
            kept=88 - 3 * k,
            mean_km=Fraction(1234 + k, 21) if k != 2 else None,
        )
        return Side(
            label=f"run-{k}",
            folder=HOSTILE[k] if self.shape.hostile else f"runs/run-{k}",
            title_zh=title,
            title_en=title if self.shape.hostile else english[k],
            run_id=f"{k}" * 12,
            status=("optimal", "bounded", "stopped")[k % 3],
            steps_per_point=self.shape.steps_per_point,
            metrics=metrics,
            is_synthetic=self.shape.synthetic and k != 1,
        )

    def make_difference(self, first: Side, other: Side, k: int) -> tuple[Difference, Side]:
        chains, values = [], {}
        for number in range(1, self.shape.num_chains + 1):
            chains.append(self.make_chain(k, number, values))
        lost = tuple(values[pair] for chain in chains for pair in chain.lost)
        gained = tuple(values[pair] for chain in chains for pair in chain.gained)
        gain = sum((v.after or 0) for v in gained) - sum((v.after or 0) for v in lost)
        same_total = other.metrics.total - gain
        counties = {
            c[0]: (None if n == 3 else 900 - 150 * n, 700 - 130 * n) for n, c in enumerate(COUNTIES)
        }
        difference = Difference(
            settings=(
                SettingChange("scoring.rules.affinity.spread", "15", "25"),
                SettingChange("quota.沧县.max", "", "30"),
            ),
            data=self.make_data(),
            lost=lost,
            gained=gained,
            chains=tuple(chains),
            same_total=same_total,
            causes=make_causes(first, other),
            counties=counties,
        )
        return difference, other

    def make_data(self) -> tuple[DataChange, ...]:
        villages = [i for i in self.names if i.startswith("1309")]
        return (
            DataChange("units", removed=("u999",), added=tuple(f"n{n:03d}" for n in range(20))),
            DataChange("villages", changed=dict.fromkeys(villages[:2], ("人口", "lat"))),
        )

    def make_chain(
        self, k: int, number: int, values: dict[tuple[str, str], PairValue]
    ) -> SwapChain:
        length = self.shape.moves_per_chain
        villages = [self.make_village(k, number, n) for n in range(length + 1)]
        units = [self.make_unit(k, number, n) for n in range(length)]
        moves = tuple(Move(u, villages[n], villages[n + 1]) for n, u in enumerate(units))
        if number % 3 == 0:
            moves = (replace(moves[0], from_village_id=""), *moves[1:])
        lost = tuple((m.unit_id, m.from_village_id) for m in moves if m.from_village_id)
        gained = tuple((m.unit_id, m.to_village_id) for m in moves)
        for pair in (*lost, *gained):
            before, after = (self.random.randrange(3_000, 8_000) for _ in range(2))
            is_new = pair in gained and number == 4 and pair == gained[0]
            values[pair] = PairValue(*pair, None if is_new else before, after)
        before = _add([values[p].before for p in gained], [values[p].before for p in lost])
        after = _add([values[p].after for p in gained], [values[p].after for p in lost])
        faults = (FAULT,) if number % 2 == 0 else ()
        return SwapChain(number, moves, lost, gained, before, after, faults)

    def make_village(self, k: int, number: int, n: int) -> str:
        county = COUNTIES[(number + n) % len(COUNTIES)]
        village_id = f"{county[1]}{k}{number:02d}{n:02d}0"
        township = TOWNSHIPS[(number * 3 + n) % len(TOWNSHIPS)]
        self.names[village_id] = (
            HOSTILE[(number + n) % len(HOSTILE)]
            if self.shape.hostile
            else f"{county[0]}{township}{VILLAGES[(number + n) % len(VILLAGES)]}"
        )
        return village_id

    def make_unit(self, k: int, number: int, n: int) -> str:
        unit_id = f"u{k}{number:02d}{n:02d}"
        known = (*CITY_UNITS, *(f"{c[0]}{u}" for c in COUNTIES for u in COUNTY_UNITS))
        self.names[unit_id] = (
            HOSTILE[(number + 2 * n) % len(HOSTILE)]
            if self.shape.hostile
            else known[(number * 7 + n * 5 + k) % len(known)]
        )
        return unit_id


def _add(gained: list[int | None], lost: list[int | None]) -> int | None:
    if None in gained or None in lost:
        return None
    return sum(v or 0 for v in gained) - sum(v or 0 for v in lost)


def make_causes(first: Side, other: Side) -> tuple[Cause, ...]:
    """Return three causes whose effects add up to the whole difference of two sides."""
    whole = {
        name: getattr(other.metrics, name) - getattr(first.metrics, name)
        for name in ("num_matched", "total", "worst_village", "kept")
    }
    parts = {name: Fraction(value, 3) + Fraction(1, 7) for name, value in whole.items()}
    effects: list[Mapping[str, Fraction]] = [parts, parts]
    effects.append({name: value - 2 * parts[name] for name, value in whole.items()})
    named = (("scoring", ("scoring.rules.affinity.spread",)), ("quota", ("quota",)), ("units", ()))
    return tuple(Cause(*n, e) for n, e in zip(named, effects, strict=True))  # type: ignore[arg-type]


def make_sweep(*, hostile: bool = False, synthetic: bool = True, num_pairs: int = 60) -> Sweep:
    """Return a sweep of a pairing with so many pairs."""
    drawn = random.Random(7)
    names: dict[str, str] = {}
    pairs = []
    for n in range(num_pairs + 15):
        unit_id, village_id = f"u{n:03d}", f"1309210{n:05d}"
        names[unit_id] = HOSTILE[n % len(HOSTILE)] if hostile else f"{CITY_UNITS[n % 6]}{n}"
        names[village_id] = f"{COUNTIES[n % 14][0]}{TOWNSHIPS[n % 5]}{VILLAGES[n % 8]}"
        is_proposed = n < num_pairs
        count = 200 if is_proposed and n % 2 else drawn.randrange(1, 200 if is_proposed else 60)
        pairs.append(PairShare(unit_id, village_id, count, is_proposed))
    front = [
        FrontPoint(3, {"total": 1_240_000, "worst_village": 2_500}, 12, True, False),
        FrontPoint(1, {"total": 1_234_567, "worst_village": 3_012}, 90, True, True),
        FrontPoint(9, {"total": 1_210_000, "worst_village": 3_400}, 4, True, False),
        FrontPoint(17, {"total": 1_205_500, "worst_village": 2_800}, 30, False, False),
        FrontPoint(21, {"total": 1_225_500, "worst_village": 2_450}, 8, False, False),
    ]
    title = HOSTILE[0] if hostile else "沧州 2026 年结对"
    return Sweep(
        label="cangzhou-2026",
        title_zh=title,
        title_en=title if hostile else "Cangzhou 2026",
        run_id="a1b2c3d4e5f6",
        is_synthetic=synthetic,
        steps_per_point=100,
        plan=SweepPlan(
            num_draws=220,
            seed=42,
            spreads=(
                SpreadRange("affinity", Fraction(5), Fraction(45, 2)),
                SpreadRange("proximity", Fraction(0), Fraction(8), (Fraction(4), Fraction(8))),
            ),
            tolerances=(Fraction(0), Fraction(1, 100)),
            draws_unknown=True,
            plugins=("ag-cold-chain",),
            most_dropouts=3,
        ),
        num_feasible=200,
        num_same=17,
        pairs=tuple(sorted(pairs, key=lambda p: -p.count)),
        influences=(
            SettingInfluence("spread.affinity", 0.8125),
            SettingInfluence("spread.proximity", -0.254),
            SettingInfluence("tolerance.total", None),
        ),
        front_metrics=("total", "worst_village"),
        front=tuple(front),
        intervals=(
            SpreadInterval(
                "affinity",
                "产业相近",
                "Industry affinity",
                *map(Fraction, (15, 12)),
                Fraction(187, 9),
            ),
            SpreadInterval("need", "短板匹配", "Need coverage", *map(Fraction, (60, 51)), None),
            SpreadInterval(
                "proximity", "距离远近", "Proximity", Fraction(8), Fraction(1, 3), Fraction(65, 4)
            ),
        ),
        names=names,
    )


def reverse_mappings(comparison: Comparison) -> Comparison:
    """Return the same comparison with every mapping's keys in the opposite order."""
    return replace(
        comparison,
        sides=tuple(
            replace(
                side,
                metrics=replace(
                    side.metrics,
                    counties=_reverse(side.metrics.counties),
                    areas=_reverse(side.metrics.areas),
                ),
            )
            for side in comparison.sides
        ),
        differences=tuple(
            replace(
                d,
                counties=_reverse(d.counties),
                data=tuple(replace(c, changed=_reverse(c.changed)) for c in d.data),
                causes=tuple(replace(c, effects=_reverse(c.effects)) for c in d.causes),
            )
            for d in comparison.differences
        ),
        names=_reverse(comparison.names),
    )


def _reverse(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(reversed(list(mapping.items())))
