"""Run the examples a pack brings along: what each rule gives to a case written out by hand."""

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.fields import INDUSTRY_FIELD, Field, list_fields
from pairmatch.domain.fieldvalues import FieldValues
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.packs import PackExample, RulePack
from pairmatch.domain.points import format_steps
from pairmatch.domain.taxonomy import Taxonomy, list_industries
from pairmatch.hooks.packs.compilation import compile_pack
from pairmatch.hooks.packs.conditions import read_number, read_word, resolve_field
from pairmatch.hooks.packs.frames import Frame
from pairmatch.hooks.packs.problems import Problems
from pairmatch.hooks.packs.rows import choose_rows
from pairmatch.hooks.packs.rules import CompiledPack, PackRefusal, list_rows

_FEWEST_PLACES = 2
_MOST_PLACES = 6


def check_examples(pack: RulePack, taxonomy: Taxonomy) -> tuple[Finding, ...]:
    """Return what a pack's examples show to be wrong; empty if all come out as expected.

    An example's fields are taken as written; every other field is unknown, nothing stands in for
    it, and a condition on it does not hold. Points are compared as expected: to as many decimals
    as are written, two at least.
    """
    compiled, findings = compile_pack(pack, taxonomy)
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    if compiled is None:
        return errors
    problems = Problems(pack.info)
    for example in pack.examples:
        problems.rule = ""
        read = _read_values(example, taxonomy, problems)
        _check_rules(example, compiled, read, problems)
    return tuple(sorted(problems.findings, key=lambda finding: finding.sort_key))


def _read_values(
    example: PackExample, taxonomy: Taxonomy, problems: Problems
) -> Callable[[Field], FieldValues]:
    fields = list_fields(taxonomy)
    given: dict[str, FieldValues] = {}
    for name, text in example.fields.items():
        field = resolve_field(name, example.place, fields, {}, problems)
        if field is None or not text.strip():
            continue
        if field.field_id in given:
            problems.add("packs.example_twice", example.place, example=example.name, name=name)
            continue
        values = _read_value(field, text, example.place, problems)
        if values is not None:
            given[field.field_id] = values
    return lambda field: given.get(field.field_id) or _leave_open(field)


def _read_value(field: Field, text: str, place: Place, problems: Problems) -> FieldValues | None:
    if field.kind in {"text", "set"}:
        parts = _split(text) if field.kind == "set" else [text]
        words = [read_word(part, field, place, problems) for part in parts]
        known = [word for word in words if word is not None]
        if len(known) < len(words):
            return None
        if field.field_id == INDUSTRY_FIELD:
            known = sorted(set().union(*(list_industries(code) for code in known)))
        nothing = np.array([math.nan])
        value = frozenset(known) if field.kind == "set" else known[0]
        return FieldValues(nothing, nothing, nothing, np.array([True]), (value,))
    number = read_number(text, field, place, problems)
    if number is None:
        return None
    array = np.array([number])
    return FieldValues(array, array, array, np.array([True]))


def _split(text: str) -> list[str]:
    for sign in "，,；;":
        text = text.replace(sign, "、")
    return [part.strip() for part in text.split("、") if part.strip()]


def _leave_open(field: Field) -> FieldValues:
    nothing, unknown = np.array([math.nan]), np.array([False])
    if field.kind in {"text", "set"}:
        return FieldValues(nothing, nothing, nothing, unknown, (None,))
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    return FieldValues(nothing, np.array([low]), np.array([high]), unknown)


def _check_rules(
    example: PackExample,
    compiled: CompiledPack,
    read: Callable[[Field], FieldValues],
    problems: Problems,
) -> None:
    rules: dict[str, ScoreRule | EligibilityRule] = {r.rule_id: r for r in compiled.score_rules}
    rules.update((rule.rule_id, rule) for rule in compiled.eligibility_rules)
    for local_id, expected in example.expected.items():
        rule_id = f"{problems.info.name}.{local_id}"
        problems.rule = rule_id
        names = {"example": example.name, "id": local_id}
        if rule_id not in rules:
            options = "、".join(sorted(known.partition(".")[2] for known in rules))
            problems.add("packs.example_rule", example.place, **names, options=options)
            continue
        _check_rule(example, rules[rule_id], expected, read, problems)


def _check_rule(
    example: PackExample,
    rule: ScoreRule | EligibilityRule,
    expected: Decimal | None,
    read: Callable[[Field], FieldValues],
    problems: Problems,
) -> None:
    place, names = example.place, {"example": example.name, "label": rule.label_zh}
    names["label_en"] = rule.label_en
    first = np.zeros(1, dtype=np.int32)
    frame = Frame("pair", 1, first, first, read)
    if isinstance(rule, EligibilityRule):
        is_refused = bool(PackRefusal(list_rows(rule)).refuse(frame)[0])
        if is_refused and expected is not None:
            problems.add("packs.example_refused", place, **names)
        elif not is_refused and expected is None:
            problems.add("packs.example_not_refused", place, **names)
        return
    if expected is None or not expected.is_finite():
        problems.add("packs.example_no_points", place, **names)
        return
    places = -int(expected.as_tuple().exponent)
    scale = 10 ** min(max(places, _FEWEST_PLACES), _MOST_PLACES)
    _codes, steps = choose_rows(list_rows(rule), frame, scale)
    got = int(steps.points[0])
    if got != round(Fraction(expected) * scale):
        shown = _show(got, scale)
        problems.add(
            "packs.example_points", replace(place, value=str(expected)),
            **names, expected=str(expected), got=shown,
        )  # fmt: skip


def _show(steps: int, scale: int) -> str:
    return f"{Decimal(format_steps(steps, scale)).normalize():f}"
