"""Makers of packs, units and villages for the tests of rule packs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from pairmatch.domain.candidates import FULL, Background, Candidates, UnitSide, VillageSide
from pairmatch.domain.fields import FieldCatalogue, list_fields
from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.packs import PackCondition, PackExample, PackRow, PackRule, RulePack
from pairmatch.domain.plugins import PluginInfo
from pairmatch.domain.records import PreviousPair, Reading, Unit, Village
from pairmatch.hooks.packs import CompiledPack, compile_pack
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.messages import render

TAXONOMY = read_taxonomy()
FIELDS: FieldCatalogue = list_fields(TAXONOMY)
COUNTY = "黄骅市"
NUM_NEEDS = len(TAXONOMY.needs)


def row_place(row: int) -> Place:
    return Place("plugins/huanghua/规则.xlsx", "规则", row)


def when(field: str, operator: str, *values: str, row: int = 0) -> PackCondition:
    return PackCondition(field, operator, values, row_place(row))  # type: ignore[arg-type]


def make_row(
    *conditions: PackCondition,
    points: object = None,
    formula: str = "",
    row: int = 2,
    reason: str = "",
    alternatives: Sequence[Sequence[PackCondition]] | None = None,
) -> PackRow:
    """Return a row whose conditions must all hold, or one with the given alternatives."""
    joined = (conditions,) if conditions else ()
    if alternatives is not None:
        joined = tuple(tuple(alternative) for alternative in alternatives)  # type: ignore[assignment]
    worth = None if points is None else Decimal(str(points))
    return PackRow(joined, worth, formula, reason, reason and f"{reason} en", row_place(row))


def make_rule(
    *rows: PackRow,
    rule_id: str = "rule",
    refuses: bool = False,
    spread: object = None,
    row: int = 2,
) -> PackRule:
    worth = None if spread is None else Decimal(str(spread))
    return PackRule(
        rule_id, f"{rule_id}规则", f"{rule_id} en", refuses, worth, rows, row_place(row)
    )


def make_example(
    fields: Mapping[str, str], expected: Mapping[str, object], name: str = "例一", row: int = 30
) -> PackExample:
    points = {k: None if v is None else Decimal(str(v)) for k, v in expected.items()}
    return PackExample(name, fields, points, row_place(row))


def make_pack(*rules: PackRule, examples: Sequence[PackExample] = ()) -> RulePack:
    info = PluginInfo("huanghua", COUNTY, "1.0", "黄骅", "Huanghua")
    return RulePack(info, rules, tuple(examples), "plugins/huanghua/规则.xlsx")


def compile_sound(*rules: PackRule) -> CompiledPack:
    """Return the compiled rules of a pack in which nothing is wrong."""
    compiled, findings = compile_pack(make_pack(*rules), TAXONOMY)
    assert compiled is not None, findings
    assert findings == ()
    return compiled


def find_problems(*rules: PackRule) -> list[tuple[str, int]]:
    """Return the codes and rows of what is wrong with a pack, each told in both languages."""
    compiled, findings = compile_pack(make_pack(*rules), TAXONOMY)
    assert (compiled is None) == any(f.severity == "error" for f in findings)
    for finding in findings:
        assert finding.params["plugin"] == "huanghua"
        assert finding.params["county"] == COUNTY
    tell_all(findings)
    return [(f.code.removeprefix("packs."), f.place.row) for f in findings]


def tell_all(findings: Sequence[Finding]) -> str:
    """Return all findings in both languages, as users read them."""
    told = []
    for finding in findings:
        for lang in ("zh", "en"):
            message = render(finding.code, finding.params, lang)  # type: ignore[arg-type]
            assert message.text
            assert message.hint
            told.append(f"{message.text} {message.hint}")
    return "\n".join(told)


def make_unit(unit_id: str = "u0", **fields: Any) -> Unit:
    return Unit(unit_id, **fields)


def make_village(village_id: str = "v0", /, **readings: Any) -> Village:
    """Return a village of the county; names of record fields go there, the others are readings."""
    own = {k: readings.pop(k) for k in list(readings) if k in Village.__dataclass_fields__}
    told = {k: v if isinstance(v, Reading) else Reading(v) for k, v in readings.items()}
    return Village(village_id, county=own.pop("county", COUNTY), indicators=told, **own)


def make_candidates(  # noqa: PLR0913 - a test names the few it wants
    units: Sequence[Unit],
    villages: Sequence[Village],
    *,
    unknown: str = "county-median",
    distances: Mapping[tuple[str, str], float] | None = None,
    previous: Sequence[PreviousPair] = (),
    deficit: tuple[object, object, object] = (0, 0, FULL),
    supply: object = 0,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> Candidates:
    """Return all pairs; `deficit` is (value, low, high) and `supply` a value, for all needs."""
    if pairs is None:
        pairs = [(u, v) for u in range(len(units)) for v in range(len(villages))]
    sizes = (len(villages), NUM_NEEDS)
    ends = [np.array(np.broadcast_to(np.array(e, dtype=np.int64), sizes)) for e in deficit]
    supplies = np.broadcast_to(np.array(supply, dtype=np.int64), (len(units), NUM_NEEDS))
    return Candidates(
        UnitSide(tuple(units), np.array(supplies)),
        VillageSide(tuple(villages), ends[0], ends[1], ends[2], np.ones(sizes, dtype=np.int64)),
        np.array([u for u, _ in pairs], dtype=np.int32),
        np.array([v for _, v in pairs], dtype=np.int32),
        100,
        Background(TAXONOMY, unknown, distances or {}, tuple(previous)),
    )


def score(rule: PackRule, candidates: Candidates) -> list[tuple[int, int, int]]:
    """Return (low, points, high) per pair, in steps."""
    (compiled,) = compile_sound(rule).score_rules
    given = compiled.contribute(candidates, 0)
    assert len(given.reasons) == len(candidates)
    return list(zip(given.low.tolist(), given.points.tolist(), given.high.tolist(), strict=True))
