"""The tables that ship with the package, as one taxonomy."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pairmatch.domain.candidates import FULL
from pairmatch.domain.taxonomy import (
    AffinityLink,
    CapabilityType,
    IndicatorType,
    NeedType,
    Specialty,
    Taxonomy,
)


def read_table(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV table of the package's data."""
    text = files("pairmatch.data").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(io.StringIO(text, newline=""))


@cache
def read_taxonomy() -> Taxonomy:
    """Return the default taxonomy; strengths and weights are whole ten-thousandths."""
    strengths = {
        (row["capability_id"], row["need_id"]): _scale(row["strength"])
        for row in read_table("capability_need.csv")
    }
    return Taxonomy(
        needs=tuple(_read_need(row) for row in read_table("need_types.csv")),
        indicators=tuple(_read_indicator(row) for row in read_table("village_indicators.csv")),
        capabilities=tuple(
            CapabilityType(
                row["capability_id"], row["name_zh"], row["name_en"], row["kind"], row["unit"]
            )
            for row in read_table("capability_types.csv")
        ),
        specialties=tuple(
            Specialty(row["specialty_id"], row["name_zh"], row["name_en"], row["gb4754_code"])
            for row in read_table("specialties.csv")
        ),
        affinities=tuple(_read_affinity(row) for row in read_table("industry_affinity.csv")),
        industries=MappingProxyType(
            {row["code"]: row["name_zh"] for row in read_table("industries.csv")}
        ),
        strengths=MappingProxyType(strengths),
    )


def _scale(text: str) -> int:
    return int(Decimal(text) * FULL)


def _read_number(text: str) -> float | None:
    return float(text) if text else None


def _read_need(row: dict[str, str]) -> NeedType:
    return NeedType(
        need_id=row["need_id"],
        area_id=row["area_id"],
        area_zh=row["area_zh"],
        area_en=row["area_en"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        primary_indicator=row["primary_indicator"],
        lead_department=row["lead_department"],
    )


def _read_indicator(row: dict[str, str]) -> IndicatorType:
    return IndicatorType(
        indicator_id=row["indicator_id"],
        section=row["sheet_section"],
        need_id=row["need_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        unit=row["unit"],
        value_type=row["value_type"],
        minimum=_read_number(row["min"]),
        maximum=_read_number(row["max"]),
        full_need_at=_read_number(row["full_need_at"]),
        no_need_at=_read_number(row["no_need_at"]),
        how_measured_zh=row["how_measured_zh"],
    )


def _read_affinity(row: dict[str, str]) -> AffinityLink:
    return AffinityLink(
        industry_code=row["unit_industry_code"],
        specialty_id=row["specialty_id"],
        relation=row["relation"],
        weight=_scale(row["weight"]),
        why_zh=row["why_zh"],
    )
