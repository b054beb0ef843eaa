"""Plausible synthetic proposals of any size, built from the domain records directly.

The numbers hang together (scores are sums of ledger lines, chains are real moves, quotas hold)
but nothing is optimised: these are for what a report shows, not for what a solver finds.
"""

import csv
import random
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np

from pairmatch.domain.candidates import FULL, FieldUse, Reason
from pairmatch.domain.explanation import (
    Alternative,
    LedgerLine,
    Move,
    NeedState,
    PairExplanation,
)
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Certificate, LevelProof, Matching, PriceStep
from pairmatch.domain.problem import Problem, Quota
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.records import County, PreviousPair, Reading, Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import Exclusion
from pairmatch.domain.taxonomy import IndicatorType, NeedType, Taxonomy
from pairmatch.messages import list_codes, read_catalogue

COUNTIES = (
    ("沧县", "130921", "Cang County", 117.00145, 38.21917),
    ("青县", "130922", "Qing County", 116.82799, 38.57872),
    ("东光县", "130923", "Dongguang County", 116.53535, 37.88697),
    ("海兴县", "130924", "Haixing County", 117.49765, 38.13976),
    ("盐山县", "130925", "Yanshan County", 117.23064, 38.05735),
    ("肃宁县", "130926", "Suning County", 115.83000, 38.42530),
    ("南皮县", "130927", "Nanpi County", 116.70224, 38.04121),
    ("吴桥县", "130928", "Wuqiao County", 116.38490, 37.62650),
    ("献县", "130929", "Xian County", 116.12270, 38.18956),
    ("孟村回族自治县", "130930", "Mengcun Hui Autonomous County", 117.10412, 38.05251),
    ("泊头市", "130981", "Botou City", 116.57840, 38.07366),
    ("任丘市", "130982", "Renqiu City", 116.09980, 38.70941),
    ("黄骅市", "130983", "Huanghua City", 117.33883, 38.37209),
    ("河间市", "130984", "Hejian City", 116.09948, 38.43918),
)
TOWNSHIPS = ("旧州镇", "崔尔庄镇", "望海寺乡", "小王庄镇", "圣佛镇")
VILLAGES = (
    "东关村",
    "慈庄村",
    "北街村",
    "十二里口村",
    "王官屯村",
    "刘庄村",
    "尹店三村",
    "本斋西村",
)
CITY_UNITS = (
    "沧州建投公司",
    "沧州供电公司",
    "沧州银行",
    "沧州市中心医院",
    "华北商厦",
    "沧州移动公司",
)
COUNTY_UNITS = ("农商银行", "县医院", "供电公司", "建筑公司", "职教中心", "百货大楼")

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "{{7*7}}{% raw %}",
    "A&B <合作社> \"甲\" '乙'",
    "𠮷家庄😀村",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "</style></title></svg><svg onload=alert(2)>",
    "[县]:*?/\\' CON ..",
    "http://evil.example/x?a=1&b=2",
    "长" * 300,
    "控\x08制\x1b[31m\u202e符\t格",
    "_x0041_&amp;&#65;",
)

RULES = (
    ("need_coverage", "短板匹配", "Need coverage", 6000),
    ("affinity", "产业相近", "Industry affinity", 1500),
    ("proximity", "距离远近", "Proximity", 800),
    ("continuity", "上一轮帮扶", "Previous cycle", 700),
    ("wishes", "双方意愿", "Wishes", 500),
    ("priority", "优先程度", "Village priority", 500),
)


@dataclass(frozen=True)
class Shape:
    """How large a proposal is and what it holds."""

    num_counties: int = 14
    villages_per_county: int = 30
    county_pairs: int = 6
    city_pairs: int = 2
    seed: int = 1
    hostile: bool = False
    needs: bool = True
    geography: bool = True
    synthetic: bool = True
    lang: str = "zh"
    resolution: str = "0.01"
    num_findings: int = 60


def make_proposal(shape: Shape | None = None) -> Proposal:
    """Return a proposal of the given shape; the same shape gives the same proposal."""
    return _Maker(shape or Shape()).make()


def make_small(**changes: object) -> Proposal:
    """Return a proposal of 3 counties with 5 villages each, 2 pairs a county."""
    small = Shape(num_counties=3, villages_per_county=5, county_pairs=1, city_pairs=1)
    return make_proposal(replace(small, **changes))  # type: ignore[arg-type]


def make_plain() -> Proposal:
    """Return a proposal of ids and points only, as the smallest scenarios are: no names, needs."""
    return make_small(
        needs=False, geography=False, synthetic=False, num_findings=0, resolution="0.000001"
    )


def reorder_mappings(proposal: Proposal) -> Proposal:
    """Return the same proposal with every mapping's keys in the opposite order."""
    inputs = proposal.inputs
    taxonomy = inputs.taxonomy
    return replace(
        proposal,
        versions=_reverse(proposal.versions),
        findings=tuple(replace(f, params=_reverse(f.params)) for f in proposal.findings),
        inputs=replace(
            inputs,
            units=tuple(replace(u, capabilities=_reverse(u.capabilities)) for u in inputs.units),
            villages=tuple(replace(v, indicators=_reverse(v.indicators)) for v in inputs.villages),
            distances=_reverse(inputs.distances),
            digests=_reverse(inputs.digests),
            taxonomy=replace(
                taxonomy,
                industries=_reverse(taxonomy.industries),
                strengths=_reverse(taxonomy.strengths),
            ),
        ),
    )


def make_taxonomy() -> Taxonomy:
    """Return the shipped needs and indicators, without what reports do not show."""
    needs = tuple(
        NeedType(
            need_id=r["need_id"],
            area_id=r["area_id"],
            area_zh=r["area_zh"],
            area_en=r["area_en"],
            name_zh=r["name_zh"],
            name_en=r["name_en"],
            primary_indicator=r["primary_indicator"],
            lead_department=r["lead_department"],
        )
        for r in _read_rows("need_types.csv")
    )
    indicators = tuple(
        IndicatorType(
            indicator_id=r["indicator_id"],
            section=r["sheet_section"],
            need_id=r["need_id"],
            name_zh=r["name_zh"],
            name_en=r["name_en"],
            unit=r["unit"],
            value_type=r["value_type"],
            minimum=_read_number(r["min"]),
            maximum=_read_number(r["max"]),
            full_need_at=_read_number(r["full_need_at"]),
            no_need_at=_read_number(r["no_need_at"]),
            how_measured_zh=r["how_measured_zh"],
        )
        for r in _read_rows("village_indicators.csv")
    )
    return Taxonomy(needs, indicators, (), (), (), {"6621": "货币银行服务", "44": "电力"}, {})


def _read_rows(name: str) -> list[dict[str, str]]:
    text = files("pairmatch.data").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _read_number(text: str) -> float | None:
    return float(text) if text else None


def _reverse(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(reversed(list(mapping.items())))


class _Maker:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.rng = random.Random(shape.seed)
        self.taxonomy = make_taxonomy() if shape.needs else Taxonomy((), (), (), (), (), {}, {})
        self.counties = COUNTIES[: shape.num_counties]
        self.num_names = 0
        self.eligible: frozenset[tuple[int, int]] = frozenset()

    def make(self) -> Proposal:
        villages = self._make_villages()
        units = self._make_units()
        chosen, eligible = self._choose(units, villages)
        self.eligible = frozenset(eligible)
        explanations = tuple(self._explain(pair, chosen, units, villages) for pair in chosen)
        inputs = Inputs(
            scenario=self._make_scenario(units, villages, chosen),
            taxonomy=self.taxonomy,
            units=units,
            villages=villages,
            previous=(PreviousPair(units[0].unit_id, villages[0].village_id, (3, None, 4)),),
            counties=self._make_counties(),
            digests={f"{c[0]}村情表.xlsx": f"{k:064x}" for k, c in enumerate(self.counties)},
        )
        problem = self._make_problem(units, villages, eligible, chosen, explanations)
        return Proposal(
            inputs=inputs,
            problem=problem,
            matching=self._make_matching(problem, eligible, chosen, explanations),
            explanations=explanations,
            exclusions=self._make_exclusions(units),
            findings=self._make_findings(),
            rules=tuple(RuleUse(r, "1", zh, en, self._scale(s)) for r, zh, en, s in RULES),
            run_id="3f9a1c07b2d4e85a6c1b90d7f2e34a58",
            versions={"pairmatch": "0.1.0", "ortools": "9.15"},
        )

    def _scale(self, hundredths: int) -> int:
        steps = round(1 / float(self.shape.resolution))
        return hundredths * steps // 100

    def _name(self, name: str) -> str:
        if not self.shape.hostile:
            return name
        self.num_names += 1
        return HOSTILE[self.num_names % len(HOSTILE)]

    def _make_counties(self) -> tuple[County, ...]:
        if not self.shape.geography:
            return ()
        named = [County(n, c, e, x, y) for n, c, e, x, y in self.counties]
        if self.shape.hostile:
            named[0] = replace(named[0], name=HOSTILE[9], name_en=HOSTILE[0])
            named[1] = replace(named[1], name=HOSTILE[2], longitude=None, latitude=None)
        return tuple(named)

    def _county(self, idx: int) -> str:
        counties = self._make_counties()
        return counties[idx].name if counties else ""

    def _make_villages(self) -> tuple[Village, ...]:
        made = []
        for k in range(len(self.counties)):
            for j in range(self.shape.villages_per_county):
                code = f"{self.counties[k][1]}{100 + j % 5}{200 + j:03d}"
                named = self.shape.geography
                place = Place(f"{self.counties[k][0]}村情表.xlsx", "Sheet1", j + 4)
                made.append(
                    Village(
                        village_id=code,
                        name=self._name(VILLAGES[(j + k) % len(VILLAGES)]) if named else "",
                        township=self._name(TOWNSHIPS[j % 5]) if named else "",
                        county=self._county(k),
                        types=frozenset({"1"}),
                        difficulty_grade=self.rng.choice((1, 2, 3, 4, 5, None)),
                        indicators=self._make_readings(place),
                        wishes=("road", self._name("想修一座桥"), "health") if named else (),
                        synthetic=self.shape.synthetic,
                        place=place,
                    )
                )
        return tuple(sorted(made, key=lambda v: v.village_id))

    def _make_readings(self, place: Place) -> dict[str, Reading]:
        readings = {}
        for indicator in self.taxonomy.indicators:
            draw = self.rng.random()
            if draw < 0.05:
                continue
            if draw < 0.1:
                readings[indicator.indicator_id] = Reading(place=place)
            elif draw < 0.12:
                readings[indicator.indicator_id] = Reading(low=1.0, high=3.0, place=place)
            else:
                readings[indicator.indicator_id] = Reading(float(self.rng.randrange(100)))
        return readings

    def _make_units(self) -> tuple[Unit, ...]:
        shape, made = self.shape, []
        for k in range(shape.city_pairs * len(self.counties)):
            kind = "council_member" if k % 2 == 0 else "agribusiness"
            stem = f"{CITY_UNITS[k % 6]}{k // 6 or ''}" if k % 2 == 0 else f"龙头食品{k}公司"
            made.append(self._make_unit(f"u{k + 1:03d}", stem, "city", kind, ""))
        for k in range(len(self.counties)):
            for j in range(shape.county_pairs):
                stem = f"{self.counties[k][0]}{COUNTY_UNITS[j % 6]}{j // 6 or ''}"
                made.append(
                    self._make_unit(f"v{k:02d}{j:02d}", stem, "county", "other", self._county(k))
                )
        for j in range(5):
            made.append(self._make_unit(f"x{j}", f"备选单位{j}", "city", "department", ""))
        return tuple(sorted(made, key=lambda u: u.unit_id))

    def _make_unit(self, unit_id: str, name: str, tier: str, kind: str, county: str) -> Unit:
        named = self.shape.geography
        return Unit(
            unit_id=unit_id,
            name=self._name(name) if named else "",
            tier=tier if named else "",
            kind=kind if named else "",
            county=county,
            industry_codes=("6621",),
            capabilities={"cash": 2, "training": 3},
            synthetic=self.shape.synthetic,
        )

    def _choose(
        self, units: Sequence[Unit], villages: Sequence[Village]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return chosen pairs and all eligible pairs as (unit index, village index), sorted."""
        per, shape = self.shape.villages_per_county, self.shape
        chosen = []
        for k in range(len(self.counties)):
            free = self.rng.sample(
                range(k * per, (k + 1) * per), shape.city_pairs + shape.county_pairs
            )
            takers = [k * shape.city_pairs + j for j in range(shape.city_pairs)]
            first = shape.city_pairs * len(self.counties) + k * shape.county_pairs
            takers += [first + j for j in range(shape.county_pairs)]
            chosen += list(zip(takers, free, strict=True))
        num_city = shape.city_pairs * len(self.counties)
        eligible = [
            (u, v)
            for u in range(len(units) - 4)
            for v in range(len(villages))
            if u < num_city
            or u == len(units) - 5
            or (u - num_city) // shape.county_pairs == v // per
        ]
        return sorted(chosen), eligible

    def _explain(
        self,
        pair: tuple[int, int],
        chosen: Sequence[tuple[int, int]],
        units: Sequence[Unit],
        villages: Sequence[Village],
    ) -> PairExplanation:
        unit, village = units[pair[0]], villages[pair[1]]
        lines = tuple(self._make_line(*rule) for rule in RULES)
        rivals = [u for u, v in chosen if v != pair[1] and (u, pair[1]) in self.eligible]
        self.rng.shuffle(rivals)
        points = sum(line.points for line in lines)
        alternatives = [
            self._make_alternative(rival, pair, chosen, units, villages, points)
            for rival in rivals[:3]
        ]
        return PairExplanation(
            unit_id=unit.unit_id,
            village_id=village.village_id,
            points=points,
            low=sum(line.low for line in lines),
            high=sum(line.high for line in lines),
            rank=self.rng.randrange(1, 6),
            num_candidates=sum(v == pair[1] for _, v in self.eligible),
            tied=any(a.forcing_price == 0 for a in alternatives),
            lines=lines,
            needs=tuple(self._make_need(n) for n in self.taxonomy.needs),
            alternatives=tuple(sorted(alternatives, key=_price_key)),
        )

    def _make_line(self, rule_id: str, zh: str, en: str, spread: int) -> LedgerLine:
        points = self._scale(self.rng.randrange(spread // 4, spread + 1))
        slack = self._scale(self.rng.choice((0, 0, 0, spread // 10)))
        what = self._name("本村缺路灯、缺冷库，单位正好能做")
        use = FieldUse(
            self._name("主街硬化率"), "hardened main streets", self._name("42%"), "村情表.xlsx!C7"
        )
        return LedgerLine(
            rule_id, "1", zh, en, points, points - slack, points + slack,
            f"{zh}：{what}", f"{en}: what is missing is what the unit can give", (use,),
        )  # fmt: skip

    def _make_need(self, need: NeedType) -> NeedState:
        deficit = self.rng.choice((0, 0, 1800, 3300, 5000, 7200, FULL))
        supply = self.rng.choice((0, 0, 2500, 6000, 9000))
        covered = min(deficit, supply)
        known = self.rng.random() > 0.1
        weight = self.rng.choice((FULL, FULL, 6000))
        return NeedState(need.need_id, deficit, supply, covered, deficit - covered, known, weight)

    def _make_alternative(
        self,
        rival: int,
        pair: tuple[int, int],
        chosen: Sequence[tuple[int, int]],
        units: Sequence[Unit],
        villages: Sequence[Village],
        points: int,
    ) -> Alternative:
        home = dict(chosen)[rival]
        price = self.rng.choice((0, 40, 140, 140, 260, 620, 1430, 2210, 840, None))
        chain = (
            Move(units[rival].unit_id, villages[home].village_id, villages[pair[1]].village_id),
            Move(units[pair[0]].unit_id, villages[pair[1]].village_id, villages[home].village_id),
        )
        return Alternative(
            units[rival].unit_id,
            villages[pair[1]].village_id,
            points - self._scale(self.rng.randrange(500)),
            None if price is None else self._scale(price),
            () if price is None else chain,
        )

    def _make_scenario(
        self,
        units: Sequence[Unit],
        villages: Sequence[Village],
        chosen: Sequence[tuple[int, int]],
    ) -> Scenario:
        u, v = chosen[0]
        return Scenario.model_validate(
            {
                "scenario": {
                    "name": "cangzhou-2026",
                    "title": {
                        "zh": self._name("沧州市百家理事单位进老区助振兴行动结对方案"),
                        "en": "Pairing of council units with base-area villages, Cangzhou",
                    },
                    "cycle": (2026, 2030),
                    "lang": self.shape.lang,
                    "synthetic": self.shape.synthetic,
                },
                "scoring": {"resolution": self.shape.resolution},
                "rules": {rule[0]: str(rule[3] / 100) for rule in RULES},
                "lock": (
                    {
                        "unit": units[u].unit_id,
                        "village": villages[v].village_id,
                        "reason": self._name("上一轮合作良好，双方要求续配"),
                        "by": self._name("市老促会"),
                    },
                ),
            }
        )

    def _make_problem(
        self,
        units: Sequence[Unit],
        villages: Sequence[Village],
        eligible: Sequence[tuple[int, int]],
        chosen: Sequence[tuple[int, int]],
        explanations: Sequence[PairExplanation],
    ) -> Problem:
        known = {pair: e.points for pair, e in zip(chosen, explanations, strict=True)}
        points = [known.get(p, self._scale(self.rng.randrange(8000))) for p in eligible]
        of_county = np.array([int(v.village_id[:6]) for v in villages])
        city = np.array([u.tier == "city" for u in units])
        shape = self.shape
        quotas = [
            Quota(
                f"{c[0]} 市级单位", city, of_county == int(c[1]), shape.city_pairs, shape.city_pairs
            )
            for c in self.counties
            if shape.geography
        ]
        quotas += [
            Quota(
                self._name(f"{c[0]} 总数"),
                np.ones(len(units), bool),
                of_county == int(c[1]),
                0,
                None,
            )
            for c in self.counties
        ]
        return Problem(
            unit_ids=tuple(u.unit_id for u in units),
            village_ids=tuple(v.village_id for v in villages),
            unit_idx=np.array([u for u, _ in eligible], np.int32),
            village_idx=np.array([v for _, v in eligible], np.int32),
            points=np.array(points, np.int64),
            unit_min=np.zeros(len(units), np.int64),
            unit_max=np.ones(len(units), np.int64),
            village_min=np.zeros(len(villages), np.int64),
            village_max=np.ones(len(villages), np.int64),
            quotas=tuple(quotas),
            steps_per_point=round(1 / float(shape.resolution)),
        )

    def _make_matching(
        self,
        problem: Problem,
        eligible: Sequence[tuple[int, int]],
        chosen: Sequence[tuple[int, int]],
        explanations: Sequence[PairExplanation],
    ) -> Matching:
        place = {pair: k for k, pair in enumerate(eligible)}
        total = sum(e.points for e in explanations)
        prices = (
            np.zeros(len(problem.unit_ids), np.int64),
            np.zeros(len(problem.village_ids), np.int64),
            np.zeros(len(problem.quotas), np.int64),
        )
        levels = tuple(
            LevelProof(goal, value, value, (PriceStep(value, *prices),))
            for goal, value in (("num_matched", len(chosen)), ("total", total))
        )
        return Matching(
            chosen_idx=np.array([place[p] for p in chosen], np.int32),
            tied=np.array([e.tied for e in explanations], np.bool_),
            num_matched=len(chosen),
            total=total,
            certificate=Certificate(levels),
        )

    def _make_exclusions(self, units: Sequence[Unit]) -> tuple[Exclusion, ...]:
        reasons = ("信用记录有未结案件", "规模达不到要求", "本单位不愿参加", "与村有经济纠纷")
        size = len(self.counties) * self.shape.villages_per_county
        full = [
            Exclusion(
                unit_id=unit.unit_id,
                rule_id=f"condition_{k}",
                label_zh="参加条件",
                label_en="Conditions of the programme",
                num_villages=size,
                all_villages=True,
                reason=Reason(self._name(reasons[k]), "a condition of the programme is not met"),
            )
            for k, unit in enumerate(units[-4:])
        ]
        partial = [
            Exclusion(
                unit.unit_id, "own_county", "县级单位只在本县", "County units help in their county",
                size - self.shape.villages_per_county, False,
                Reason("该村不在本县", "the village is in another county"),
            )
            for unit in units
            if unit.tier == "county"
        ]  # fmt: skip
        return tuple(sorted(full + partial, key=lambda e: (e.unit_id, e.rule_id)))

    def _make_findings(self) -> tuple[Finding, ...]:
        codes = [c for c in list_codes() if c.startswith(("check.", "load.", "files."))] or [
            "report.none"
        ]
        made = []
        for k in range(self.shape.num_findings):
            code = codes[k // 15 % len(codes)]
            severity = (Severity.WARNING, Severity.NOTE)[k // 15 % 2]
            file = f"{self.counties[k % min(3, len(self.counties))][0]}村情表.xlsx"
            place = Place(file, "Sheet1", k + 3, "户 数", f"D{k + 3}", self._name("约300"))
            made.append(Finding(code, severity, place, _fill_params(code, self._name("村 名"))))
        return tuple(sorted(made, key=lambda f: f.sort_key))


def _price_key(alternative: Alternative) -> tuple[bool, int, str]:
    price = alternative.forcing_price
    return price is None, price or 0, alternative.unit_id


def _fill_params(code: str, value: str) -> dict[str, str]:
    """Give every placeholder of a message, in either language, the same value."""
    area, _, short = code.partition(".")
    texts = read_catalogue(area)[short].values()
    names = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name: value for name in sorted(names)}
