"""The tables a programme is described with: needs, indicators, capabilities, industries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECTION_LETTER = re.compile(r"[A-T](?=\d{2,4}$)")
_CODE_LENGTHS = (2, 3, 4)


def drop_section(code: str) -> str:
    """Return an industry code (GB/T 4754) without the letter of its section: J6621 is 6621."""
    return _SECTION_LETTER.sub("", code)


def list_industries(code: str) -> frozenset[str]:
    """Return the division, group and class that an industry code lies in: 66, 662, 6621."""
    return frozenset(code[:length] for length in _CODE_LENGTHS) | {code}


@dataclass(frozen=True, slots=True)
class NeedType:
    """A kind of need of a village (34 in the default table), in one of six areas."""

    need_id: str
    area_id: str
    area_zh: str
    area_en: str
    name_zh: str
    name_en: str
    primary_indicator: str
    lead_department: str


@dataclass(frozen=True, slots=True)
class IndicatorType:
    """A field of the village profile sheet and, where it measures a need, its deficit scale.

    The deficit of a value x is ``clip((x - no_need_at) / (full_need_at - no_need_at), 0, 1)``;
    both are None for fields that measure no need. `value_type` is one of int, float, bool
    (是/否), set (several codes), enum and text; `unit` is as printed on the sheet.
    """

    indicator_id: str
    section: str
    need_id: str
    name_zh: str
    name_en: str
    unit: str
    value_type: str
    minimum: float | None
    maximum: float | None
    full_need_at: float | None
    no_need_at: float | None
    how_measured_zh: str


@dataclass(frozen=True, slots=True)
class CapabilityType:
    """Something a unit can give; levels run from 1 (a little) to 3 (strong)."""

    capability_id: str
    name_zh: str
    name_en: str
    kind: str
    unit: str


@dataclass(frozen=True, slots=True)
class Specialty:
    """A local product or trade a village can live by."""

    specialty_id: str
    name_zh: str
    name_en: str
    industry_code: str


@dataclass(frozen=True, slots=True)
class AffinityLink:
    """How well an industry (GB/T 4754 code) fits a specialty, in ten-thousandths."""

    industry_code: str
    specialty_id: str
    relation: str
    weight: int
    why_zh: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All tables together; `strengths` maps (capability_id, need_id) to ten-thousandths."""

    needs: tuple[NeedType, ...]
    indicators: tuple[IndicatorType, ...]
    capabilities: tuple[CapabilityType, ...]
    specialties: tuple[Specialty, ...]
    affinities: tuple[AffinityLink, ...]
    industries: Mapping[str, str]
    strengths: Mapping[tuple[str, str], int]


def weigh_indicators(taxonomy: Taxonomy) -> dict[str, tuple[int, int]]:
    """Return what each scaled indicator counts for in its need, of how much.

    The primary indicator of a need counts as much as all its others together, which count the
    same; a single one counts for all.
    """
    weighed: dict[str, tuple[int, int]] = {}
    for need in taxonomy.needs:
        own = [
            i.indicator_id
            for i in taxonomy.indicators
            if i.need_id == need.need_id and i.full_need_at is not None
        ]
        weights = [max(len(own) - 1, 1) if i == need.primary_indicator else 1 for i in own]
        weighed |= {i: (weight, sum(weights)) for i, weight in zip(own, weights, strict=True)}
    return weighed
