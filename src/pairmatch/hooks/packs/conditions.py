"""Read the conditions of a pack: which field, which comparison, which values; say what is wrong."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from pairmatch.domain.fields import (
    COUNTY_FIELD,
    INDUSTRY_FIELD,
    Field,
    FieldCatalogue,
    Kind,
    closest_fields,
    name_with_side,
)
from pairmatch.domain.findings import Place
from pairmatch.domain.packcolumns import OPERATOR_WORDS
from pairmatch.domain.packs import Operator, PackCondition
from pairmatch.domain.taxonomy import drop_section
from pairmatch.hooks.packs.comparisons import EVERYTHING, Comparison, Edge, Span, single
from pairmatch.hooks.packs.problems import Problems

_WORDS: tuple[Operator, ...] = ("equal", "unequal", "among", "known", "unknown")
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    "number": get_args(Operator),
    "text": _WORDS,
    "set": _WORDS,
    "yes_no": ("equal", "unequal", "known", "unknown"),
}
"""Which comparisons fit which kind of field."""

YES_WORDS = frozenset({"是", "有", "yes", "true", "1", "√", "✓"})
NO_WORDS = frozenset({"否", "无", "没有", "no", "false", "0", "×"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?|[+-]?\.\d+")
_INDUSTRY_CODE = re.compile(r"\d{2,4}")
_NUM_ENDS = 2
_LARGEST = 1e12


def resolve_field(
    name: str,
    place: Place,
    fields: FieldCatalogue,
    rules: Mapping[str, str],
    problems: Problems,
    values: Sequence[str] = (),
) -> Field | None:
    """Return the field that a name means, or None and a finding.

    `rules` maps ids and labels of the pack's rules to their ids: a rule is no field. `values` are
    those it is compared with, to be named where that is a county.
    """
    found = fields.match(name)
    if len(found) == 1 and found[0].field_id != COUNTY_FIELD:
        return found[0]
    if found and found[0].field_id == COUNTY_FIELD:
        written = " ".join([name, "、".join(values)]).strip()
        problems.add("packs.own_county", place, name=written)
    elif found:
        options = "、".join(name_with_side(field) for field in found)
        problems.add("packs.ambiguous_field", place, name=name, options=options)
    elif name.strip() in rules:
        problems.add("packs.field_is_rule", place, name=name)
    else:
        tell_unknown_name("packs.unknown_field", name, place, fields, problems)
    return None


def tell_unknown_name(
    code: str, name: str, place: Place, fields: FieldCatalogue, problems: Problems, **params: str
) -> None:
    """Add the finding for a name that no field has, with the closest ones if there are any."""
    closest = closest_fields(name, fields)
    if closest:
        code += "_closest"
    problems.add(code, place, name=_shorten(name), closest="、".join(closest), **params)


def read_condition(
    condition: PackCondition,
    fields: FieldCatalogue,
    rules: Mapping[str, str],
    problems: Problems,
) -> Comparison | None:
    """Return a condition as a comparison, or None and findings for all that is wrong with it."""
    place = condition.place
    field = resolve_field(condition.field, place, fields, rules, problems, condition.values)
    if field is None:
        return None
    if condition.operator not in OPERATORS[field.kind]:
        _tell_operator(field, condition, problems)
        return None
    values = _check_count(condition, field, problems)
    if values is None:
        return None
    if condition.operator in {"known", "unknown"}:
        return Comparison(field, condition.operator)
    place = condition.place_of_values
    if field.kind in {"text", "set"}:
        words = [read_word(value, field, place, problems) for value in values]
        kept = frozenset(word for word in words if word is not None)
        return Comparison(field, condition.operator, words=kept) if None not in words else None
    return _read_numbers(field, condition.operator, values, place, problems)


def _tell_operator(field: Field, condition: PackCondition, problems: Problems) -> None:
    fitting = OPERATORS[field.kind]
    problems.add(
        "packs.bad_operator",
        condition.place,
        field=field.name_zh,
        field_en=field.name_en,
        operator=OPERATOR_WORDS.get(condition.operator, condition.operator),
        operator_en=condition.operator,
        options="、".join(OPERATOR_WORDS[operator] for operator in fitting),
        options_en=", ".join(fitting),
    )


def _check_count(
    condition: PackCondition, field: Field, problems: Problems
) -> tuple[str, ...] | None:
    """Return the values if they are as many as the comparison takes."""
    values = condition.values
    filled = [bool(value.strip()) for value in values]
    wanted, is_right = {
        "known": ("0", not any(filled)),
        "unknown": ("0", not any(filled)),
        "between": ("2", len(values) == _NUM_ENDS and any(filled)),
        "among": ("1+", bool(values) and all(filled)),
    }.get(condition.operator, ("1", filled == [True]))
    if not is_right:
        _tell_count(condition, field, wanted, problems)
        return None
    return values if any(filled) else ()


def _tell_count(condition: PackCondition, field: Field, wanted: str, problems: Problems) -> None:
    place = replace(condition.place_of_values, value="、".join(condition.values))
    problems.add(
        "packs.wrong_count",
        place,
        field=field.name_zh,
        field_en=field.name_en,
        operator=OPERATOR_WORDS.get(condition.operator, condition.operator),
        operator_en=condition.operator,
        wanted=wanted,
        given=str(sum(1 for value in condition.values if value.strip())),
    )


def _read_numbers(
    field: Field, operator: Operator, values: Sequence[str], place: Place, problems: Problems
) -> Comparison | None:
    is_between = operator == "between"
    numbers = [
        None if is_between and not value.strip() else read_number(value, field, place, problems)
        for value in values
    ]
    given = [value for value in values if value.strip()]
    known = [number for number in numbers if number is not None]
    if len(known) < len(given):
        return None
    if not is_between:
        return Comparison(field, operator, tuple(_make_span(operator, n) for n in known))
    start, end = numbers
    if start is not None and end is not None and start >= end:
        place = replace(place, value=f"{values[0]}–{values[1]}")
        problems.add(
            "packs.ends_reversed", place, field=field.name_zh, field_en=field.name_en,
            low=values[0], high=values[1],
        )  # fmt: skip
        return None
    span = Span(
        EVERYTHING.start if start is None else Edge(start, False),
        EVERYTHING.end if end is None else Edge(end, False),
    )
    return Comparison(field, operator, (span,))


def _make_span(operator: Operator, number: float) -> Span:
    if operator in {"less", "at_most"}:
        return Span(EVERYTHING.start, Edge(number, operator == "at_most"))
    if operator in {"more", "at_least"}:
        return Span(Edge(number, operator == "more"), EVERYTHING.end)
    return single(number)


def read_number(text: str, field: Field, place: Place, problems: Problems) -> float | None:
    """Return a number (yes is 1, no is 0), or None and a finding."""
    plain = _plain(text)
    if field.kind == "yes_no":
        if plain.lower() in YES_WORDS | NO_WORDS:
            return float(plain.lower() in YES_WORDS)
        _tell_choice(text, field, place, problems)
        return None
    words = {_plain(word): stored for word, stored in field.choices}
    plain = words.get(plain, plain)
    for unit in {_plain(field.unit), "%" if field.unit == "%" else ""} - {""}:
        plain = plain.removesuffix(unit).strip()
    plain = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", plain)
    number = float(plain) if _NUMBER.fullmatch(plain) and plain.isascii() else None
    if number is None or abs(number) > _LARGEST:
        place = replace(place, value=text)
        names = {"field": field.name_zh, "field_en": field.name_en}
        problems.add("packs.not_a_number", place, value=_shorten(text), **names)
        return None
    return number + 0.0


def read_word(text: str, field: Field, place: Place, problems: Problems) -> str | None:
    """Return the stored value of a text: a word of the sheet, or itself where any will do."""
    plain = _plain(text)
    if field.field_id == INDUSTRY_FIELD:
        code = drop_section(plain.upper())
        if _INDUSTRY_CODE.fullmatch(code):
            return code
        problems.add("packs.not_an_industry", replace(place, value=text), value=_shorten(text))
        return None
    if not field.choices:
        return text.strip()
    words = {_plain(word).lower(): stored for word, stored in field.choices}
    words |= {stored.lower(): stored for _word, stored in field.choices}
    if plain.lower() in words:
        return words[plain.lower()]
    _tell_choice(text, field, place, problems)
    return None


def _tell_choice(text: str, field: Field, place: Place, problems: Problems) -> None:
    known = [word for word, _stored in field.choices]
    closest = difflib.get_close_matches(_plain(text)[:60], known, n=3, cutoff=0.3)
    problems.add(
        "packs.not_a_choice",
        replace(place, value=text),
        value=_shorten(text),
        field=field.name_zh,
        field_en=field.name_en,
        options="、".join(closest or known[:8]),
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def _shorten(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
