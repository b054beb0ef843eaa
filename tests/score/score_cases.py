"""Small taxonomies, units and villages for tests of scoring, by hand and by Hypothesis."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from pairmatch.domain.candidates import (
    FULL,
    Background,
    Candidates,
    Contribution,
    DescribedReasons,
    EligibilityRule,
    Reason,
    ScoreRule,
    UnitSide,
    VillageSide,
)
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.domain.taxonomy import (
    AffinityLink,
    IndicatorType,
    NeedType,
    Specialty,
    Taxonomy,
)
from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules
from pairmatch.load.scenario import read_scenario
from pairmatch.score.table import score_candidates

DEMO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"
POLICIES = ("county-median", "none", "full")


@cache
def read_demo() -> Inputs:
    inputs, _findings = read_scenario(DEMO)
    assert inputs is not None
    return inputs


@cache
def score_demo() -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    return score_builtin(read_demo())


def score_builtin(inputs: Inputs) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    return score_candidates(inputs, collect_builtin_rules(), collect_builtin_conditions())


def find_rule(rule_id: str) -> ScoreRule:
    return {rule.rule_id: rule for rule in collect_builtin_rules()}[rule_id]


def find_condition(rule_id: str) -> EligibilityRule:
    rules = collect_builtin_conditions()
    return {rule.rule_id: rule for rule in rules}[f"condition.{rule_id}"]


def make_need(need_id: str, area_id: str = "a", primary: str = "") -> NeedType:
    return NeedType(need_id, area_id, "", "", f"{need_id}号", f"{need_id} en", primary, "")


def make_indicator(
    indicator_id: str, need_id: str, full: float | None, none: float | None
) -> IndicatorType:
    return IndicatorType(indicator_id, "", need_id, "", "", "", "float", None, None, full, none, "")


def make_taxonomy(
    needs: Sequence[NeedType] = (),
    indicators: Sequence[IndicatorType] = (),
    strengths: Mapping[tuple[str, str], int] | None = None,
    specialties: Sequence[Specialty] = (),
    affinities: Sequence[AffinityLink] = (),
    industries: Mapping[str, str] | None = None,
) -> Taxonomy:
    return Taxonomy(
        tuple(needs),
        tuple(indicators),
        (),
        tuple(specialties),
        tuple(affinities),
        industries or {},
        strengths or {},
    )


def make_inputs(
    units: Sequence[Unit],
    villages: Sequence[Village],
    taxonomy: Taxonomy | None = None,
    *,
    rules: Mapping[str, str] | None = None,
    scoring: Mapping[str, object] | None = None,
    **tables: Any,
) -> Inputs:
    """Return inputs in the loader's order; `tables` are further fields of `Inputs`."""
    scenario = Scenario.model_validate({"rules": rules or {}, "scoring": scoring or {}})
    return Inputs(
        scenario,
        taxonomy or make_taxonomy(),
        tuple(sorted(units, key=lambda unit: unit.unit_id)),
        tuple(sorted(villages, key=lambda village: village.village_id)),
        **tables,
    )


def list_candidates(inputs: Inputs) -> Candidates:
    """Return all pairs, unscored and whatever their eligibility."""
    table, _exclusions = score_candidates(inputs, (), ())
    return table.candidates


def contribute(rule_id: str, inputs: Inputs, spread: int = FULL) -> Contribution:
    return find_rule(rule_id).contribute(list_candidates(inputs), spread)


def show(contribution: Contribution) -> list[tuple[int, int, int]]:
    """Return (low, points, high) of every candidate."""
    columns = (contribution.low, contribution.points, contribution.high)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def known(value: float) -> Reading:
    return Reading(value)


def between(low: float, high: float) -> Reading:
    return Reading(None, low, high)


def make_sides(
    supply: Sequence[Sequence[int]],
    deficits: Sequence[Sequence[tuple[int, int, int]]],
    weights: Sequence[Sequence[int]],
) -> Candidates:
    """Return all pairs of sides given as plain numbers: (low, value, high) per deficit."""
    num_units, num_villages, num_needs = len(supply), len(deficits), len(weights[0])
    ends = np.array(deficits, dtype=np.int64).reshape(num_villages, num_needs, 3)
    needs = [make_need(f"n{k}") for k in range(num_needs)]
    return Candidates(
        UnitSide(
            tuple(Unit(f"u{k}") for k in range(num_units)),
            np.array(supply, dtype=np.int64).reshape(num_units, num_needs),
        ),
        VillageSide(
            tuple(Village(f"v{k}") for k in range(num_villages)),
            ends[:, :, 1],
            ends[:, :, 0],
            ends[:, :, 2],
            np.array(weights, dtype=np.int64),
        ),
        np.repeat(np.arange(num_units, dtype=np.int32), num_villages),
        np.tile(np.arange(num_villages, dtype=np.int32), num_units),
        100,
        Background(make_taxonomy(needs)),
    )


def make_rule(
    points: object, low: object = None, high: object = None, *, bounded: bool = True
) -> ScoreRule:
    """Return a rule that gives what it was told to, whatever the candidates."""
    ends = (points if low is None else low), (points if high is None else high)
    reasons = DescribedReasons(9, lambda k: Reason(f"第{k}个", f"no. {k}"))
    contribution = Contribution(points, *ends, reasons)  # type: ignore[arg-type]
    return ScoreRule("made", "1", "规则", "made", lambda _c, _s: contribution, bounded)


# --- Hypothesis ------------------------------------------------------------------------------

SPANS = (1, 2, 3, 4, 5, 7, 8, 10, 20, 30, 40, 60, 100)
"""Lengths of deficit scales; half-units on them never fall between two ten-thousandths."""


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    """A few needs in a few areas, measured by none to three indicators each."""
    needs, indicators = [], []
    for n in range(draw(st.integers(1, 5))):
        num = draw(st.integers(0, 3))
        own = [f"n{n}i{k}" for k in range(num)]
        primary = draw(st.sampled_from([*own, "elsewhere"]))
        needs.append(make_need(f"n{n}", draw(st.sampled_from("abc")), primary))
        for indicator_id in own:
            none = draw(st.integers(0, 50))
            span = draw(st.sampled_from(SPANS)) * draw(st.sampled_from((1, -1)))
            indicators.append(make_indicator(indicator_id, f"n{n}", none + span, none))
        indicators.append(make_indicator(f"n{n}x", f"n{n}", None, None))
    indicators.append(make_indicator("free", "", None, None))
    strengths = draw(
        st.dictionaries(
            st.tuples(
                st.sampled_from(("c0", "c1", "c2")),
                st.sampled_from([need.need_id for need in needs]),
            ),
            st.integers(0, FULL),
        )
    )
    return make_taxonomy(needs, indicators, strengths)


def _readings() -> st.SearchStrategy[Reading]:
    number = st.integers(-20, 320).map(lambda half: half / 2)
    return st.one_of(
        number.map(known),
        number.map(known),
        st.just(Reading()),
        st.just(Reading("不清楚")),
        st.tuples(number, number).map(lambda ends: between(min(ends), max(ends))),
    )


@st.composite
def problems(draw: st.DrawFn, policies: Sequence[str] = POLICIES) -> Inputs:
    """Random inputs for the rule of need coverage."""
    taxonomy = draw(taxonomies())
    fields = [indicator.indicator_id for indicator in taxonomy.indicators]
    readings = st.dictionaries(st.sampled_from(fields), _readings())
    villages = [
        Village(f"v{k}", county=draw(st.sampled_from(("甲县", "乙县"))), indicators=draw(readings))
        for k in range(draw(st.integers(1, 5)))
    ]
    capabilities = st.dictionaries(st.sampled_from(("c0", "c1", "c2", "c9")), st.integers(1, 3))
    units = [Unit(f"u{k}", capabilities=draw(capabilities)) for k in range(draw(st.integers(1, 4)))]
    scoring = {
        "unknown": draw(st.sampled_from(policies)),
        "area_cap": Decimal(draw(st.sampled_from(("0.3", "0.4", "0.55", "1")))),
    }
    spread = draw(st.sampled_from(("60", "0.07", "100")))
    return make_inputs(units, villages, taxonomy, rules={"need_coverage": spread}, scoring=scoring)
