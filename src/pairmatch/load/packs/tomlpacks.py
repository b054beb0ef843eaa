"""Rule packs as text: pack.toml and, beside it, cases.toml."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

from pairmatch.domain.findings import Place
from pairmatch.domain.packcolumns import OPERATOR_WORDS
from pairmatch.domain.packs import (
    MAX_ROWS,
    MAX_RULES,
    Operator,
    PackCondition,
    PackExample,
    PackRow,
    PackRule,
    RulePack,
)
from pairmatch.domain.plugins import API_LEVEL, PluginInfo
from pairmatch.load.packs.amounts import (
    read_comparand,
    read_range,
    read_threshold,
    show_cell,
    show_number,
)
from pairmatch.load.packs.findings import MAX_EXAMPLES, PackFindings
from pairmatch.load.packs.tomltables import TomlFile, TomlTable
from pairmatch.load.packs.words import (
    BANDS,
    WITHOUT_VALUE,
    find_operator,
    is_allowance,
    is_refusal,
    suggest_operator,
)
from pairmatch.load.tomltexts import read_toml

MAX_BYTES = 1 << 20

_RULE = re.compile(rb"^[ \t]*\[\[[ \t]*rule[ \t]*\]\]", re.MULTILINE)
_ROW = re.compile(rb"^[ \t]*\[\[[ \t]*rule[ \t]*\.[ \t]*row[ \t]*\]\]", re.MULTILINE)
_KINDS = ("score", "condition")
_PAIR = 2

Alternatives = tuple[tuple[PackCondition, ...], ...]


def read_toml_pack(
    data: bytes, cases: bytes | None, names: tuple[str, str], told: PackFindings
) -> RulePack | None:
    """Return the pack in the bytes of ``pack.toml``, None if it cannot be used.

    Parameters
    ----------
    data
        The whole file.
    cases
        The whole file of the county's examples, None if there is none.
    names
        What findings call the two files.
    told
        Collects what is wrong.
    """
    file = _open(data, names[0], told)
    if file is None:
        return None
    top = file
    info = _read_info(top)
    tables = top.tables("rule")
    if not told.check_size(len(tables), 0, Place(names[0])):
        return None
    rules = [rule for table in tables if (rule := _read_rule(table, told))]
    top.close()
    if not told.check_size(len(rules), sum(len(r.rows) for r in rules), Place(names[0])):
        return None
    _check_doubles(rules, told)
    if not rules and not told.has_errors:
        told.tell("packfiles.no_rules", Place(names[0]))
    known = {rule.local_id for rule in rules}
    examples = () if cases is None else _read_examples(cases, names[1], known, told)
    return RulePack(info, tuple(rules), examples, names[0])


def _open(data: bytes, name: str, told: PackFindings) -> TomlTable | None:
    # Counted before parsing, which takes its time with ten thousand rules.
    num_rules, num_rows = len(_RULE.findall(data)), len(_ROW.findall(data))
    if num_rules > MAX_RULES or num_rows > MAX_ROWS:
        told.check_size(num_rules, num_rows, Place(name))
        return None
    if len(data) > MAX_BYTES:
        told.tell("packfiles.too_long", Place(name), limit=str(MAX_BYTES >> 20))
        return None
    raw, text, problem = read_toml(data, name)
    if problem:
        told.add([problem])
        return None
    return TomlTable(TomlFile(text, name, told), raw, ())


def _read_info(top: TomlTable) -> PluginInfo:
    told = top.file.told
    table = top.table("pack")
    if table is None:
        if "pack" not in top:
            top.file.tell("settings.missing", (), key="[pack]")
        return PluginInfo(told.plugin, "", "")
    name = table.text("name")
    told.check_name(name, table.place_of("name", name))
    county = table.text("county")
    if not county:
        told.tell("packfiles.no_county", table.place_of("county"))
    version = table.text("version") or "1"
    chinese, english = table.labels("title")
    api = _read_level(table)
    table.close()
    return PluginInfo(told.plugin, county, version, chinese, english, api)


def _read_level(table: TomlTable) -> int:
    value = table.raw("api")
    if value is None:
        return API_LEVEL
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ROWS:
        table.tell("settings.wrong_kind_whole", "api", value)
        return API_LEVEL
    return value


# --- rules -----------------------------------------------------------------------------------


def _read_rule(table: TomlTable, told: PackFindings) -> PackRule | None:
    text = table.text("id", required=True)
    local_id = told.check_local_id(text, table.place_of("id", text)) if text else ""
    chinese, english = table.labels("label")
    kind = table.text("kind") or "score"
    if kind not in _KINDS:
        table.tell("settings.not_an_option", "kind", kind, options=", ".join(_KINDS))
    refuses = kind == "condition"
    spread = table.number("spread")
    if refuses:
        _refuse_keys(table, ("spread",))
    elif spread is not None and spread < 0:
        table.tell("packfiles.negative_spread", "spread", spread)
    rows = tuple(row for t in table.tables("row") for row in _read_row(t, refuses))
    table.close()
    if not rows and not told.has_errors:
        told.tell("packfiles.no_rows", table.place_of("id", text), rule=local_id)
    label = chinese or local_id, english or local_id
    place = table.place_of("id", text)
    return PackRule(local_id, *label, refuses, spread, rows, place) if local_id else None


def _check_doubles(rules: list[PackRule], told: PackFindings) -> None:
    first: dict[str, PackRule] = {}
    for rule in rules:
        earlier = first.setdefault(rule.local_id, rule)
        if earlier is not rule:
            row = str(earlier.place.row)
            told.tell("packfiles.double_rule", rule.place, rule=rule.local_id, first=row)


def _refuse_keys(table: TomlTable, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in table:
            table.tell("packfiles.not_in_condition", key, table.raw(key))


def _read_row(table: TomlTable, refuses: bool) -> Iterator[PackRow]:
    alternatives = _read_alternatives(table)
    points, formula = table.number("points"), table.text("formula")
    chinese, english = table.labels("reason")
    bands = table.table("bands")
    table.close()
    giving = [key for key in ("points", "formula", "bands") if key in table]
    if refuses:
        _refuse_keys(table, tuple(giving))
        if "when" not in table and "when_any" not in table:
            table.file.tell("packfiles.refuses_all", table.path)
    elif len(giving) > 1:
        table.tell("packfiles.two_results", giving[1], first=giving[0])
    elif not giving:
        table.file.tell("packfiles.no_result", table.path)
    elif bands is not None:
        yield from _read_bands(bands, alternatives, (chinese, english))
        return
    shown = "" if points is None else show_number(points)
    place = table.place_of("points" if points is not None else "when", shown)
    formula_place = table.place_of("formula", formula) if formula else Place()
    yield PackRow(alternatives, points, formula, chinese, english, place, formula_place)


def _read_bands(
    table: TomlTable, alternatives: Alternatives, reason: tuple[str, str]
) -> Iterator[PackRow]:
    name = table.text("field", required=True)
    cuts, points = table.numbers("cuts"), table.numbers("points")
    table.close()
    if len(points) != len(cuts) + 1 or not cuts:
        table.tell("packfiles.bands_count", "points", cuts=str(len(cuts)), points=str(len(points)))
        return
    if any(low >= high for low, high in pairwise(cuts)):
        table.tell("packfiles.bands_order", "cuts")
        return
    place = table.place_of("cuts")
    field_place = table.place_of("field", name)
    shown = [show_number(cut) for cut in cuts]
    ends = zip(["", *shown], [*shown, ""], strict=True)
    for (low, high), given in zip(ends, points, strict=True):
        band = PackCondition(name, "between", (low, high), field_place)
        every = tuple((*group, band) for group in alternatives) or ((band,),)
        yield PackRow(every, given, "", *reason, place)


def _read_alternatives(table: TomlTable) -> Alternatives:
    if "when" in table and "when_any" in table:
        table.tell("packfiles.when_twice", "when_any")
    else:  # an empty one holds for every pair, which nobody means by it
        for key in ("when", "when_any"):
            if table.raw(key) == []:
                table.tell("packfiles.empty_group", key)
    groups: list[list[TomlTable]] = []
    if "when_any" in table:
        for k, group in enumerate(table.items("when_any")):
            path = (*table.path, "when_any", k)
            if group == []:
                table.file.tell("packfiles.empty_group", path)
            elif isinstance(group, list):
                groups.append(table.wrap(path, group))
            else:
                table.file.tell("packfiles.not_a_list", path, group)
    table.raw("when_any")
    conditions = table.tables("when")
    if conditions:
        groups.append(conditions)
    _find_lines(table, groups)
    read = (tuple(c for t in group if (c := _read_condition(t))) for group in groups)
    return tuple(group for group in read if group)


def _find_lines(table: TomlTable, groups: list[list[TomlTable]]) -> None:
    """Tell each condition its own line, where they stand one below the other."""
    conditions = [condition for group in groups for condition in group]
    key = "when_any" if "when_any" in table else "when"
    lines = table.file.list_lines((*table.path, key), "field")
    if len(lines) == len(conditions):
        for condition, line in zip(conditions, lines, strict=True):
            condition.line = line


def _read_condition(table: TomlTable) -> PackCondition | None:
    name, word = table.text("field", required=True), table.text("op", required=True)
    value = table.raw("value")
    table.close()
    place = table.place_of("field", name)
    if not name or not word:
        return None
    operator = find_operator(word)
    if not operator or operator == BANDS:
        options = "、".join(OPERATOR_WORDS.values())
        closest = suggest_operator(word)
        code = "packfiles.unknown_operator_close" if closest else "packfiles.unknown_operator"
        table.tell(code, "op", word, operator=word, options=options, closest=closest)
        return None
    values = _read_values(table, operator, value)
    return (
        values if values is None else PackCondition(name, cast("Operator", operator), values, place)
    )


def _read_values(table: TomlTable, operator: str, value: Any) -> tuple[str, ...] | None:
    if operator in WITHOUT_VALUE:
        if value not in (None, "", []):
            table.tell("packfiles.surplus_value", "value", value)
        return ()
    if operator == "between":
        return _read_ends(table, value)
    items = value if isinstance(value, list) else [value]
    texts = [text for item in items if (text := _read_item(table, item)) is not None]
    if len(texts) < len(items):
        return None
    if not texts or (len(texts) > 1 and operator != "among"):
        table.tell("packfiles.one_value" if texts else "packfiles.no_value", "value")
        return None
    values = [read_comparand(operator, text) for text in texts]
    if None in values:
        table.tell("packfiles.bad_amount", "value", texts[0])
    return tuple(dict.fromkeys(v for v in values if v is not None)) or None


def _read_ends(table: TomlTable, value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list) and len(value) == _PAIR:
        given = [_read_item(table, item, may_be_empty=True) for item in value]
        ends = [None if text is None else (text and read_threshold(text)) for text in given]
        if ends[0] is not None and ends[1] is not None and any(ends):
            return ends[0], ends[1]
    elif isinstance(value, str) and (found := read_range(value)):
        return found
    shown = value if not isinstance(value, list) else "、".join(map(str, value))
    table.tell("packfiles.bad_range", "value", shown)
    return None


def _read_item(table: TomlTable, item: object, may_be_empty: bool = False) -> str | None:
    is_blank = item is None or (isinstance(item, str) and not item.strip())
    if is_blank and not (may_be_empty and item is not None):
        table.tell("packfiles.no_value", "value")
        return None
    if isinstance(item, bool | str):
        return show_cell(item)
    number = table.check_number("value", item)
    return None if number is None else show_number(number)


# --- examples --------------------------------------------------------------------------------


def _read_examples(
    data: bytes, name: str, rules: set[str], told: PackFindings
) -> tuple[PackExample, ...]:
    top = _open(data, name, told)
    if top is None:
        return ()
    tables = top.tables("case")
    top.close()
    if len(tables) > MAX_EXAMPLES:
        told.tell("packfiles.many_examples", Place(name), limit=str(MAX_EXAMPLES))
        return ()
    return tuple(_read_example(table, k, rules, told) for k, table in enumerate(tables, 1))


def _read_example(
    table: TomlTable, number: int, rules: set[str], told: PackFindings
) -> PackExample:
    name = table.text("name") or str(number)
    fields = table.flat_table("fields")
    expect = table.flat_table("expect")
    table.close()
    place = table.place_of("name", name if "name" in table else "")
    values = {} if fields is None else dict(_read_fields(fields))
    expected: dict[str, Decimal | None] = {}
    if expect is None or not list(expect):
        told.tell("packfiles.no_expectation", place, example=name)
    else:
        expected = dict(_read_expected(expect, rules, told))
    return PackExample(name, values, expected, place)


def _read_fields(table: TomlTable) -> Iterator[tuple[str, str]]:
    for key in table:
        value = table.raw(key)
        items = value if isinstance(value, list) else [value]
        texts = []
        for item in items:
            if isinstance(item, bool | str):
                texts.append(show_cell(item))
            elif (number := table.check_number(key, item)) is not None:
                texts.append(show_number(number))
        yield key, "、".join(texts)


def _read_expected(
    table: TomlTable, rules: set[str], told: PackFindings
) -> Iterator[tuple[str, Decimal | None]]:
    for key in table:
        value = table.raw(key)
        local_id = key.removeprefix(f"{told.plugin}.")
        told.check_expected(rules, local_id, table.place_of(key))
        if isinstance(value, str) and is_refusal(value):
            yield local_id, None
        elif isinstance(value, str) and is_allowance(value):
            yield local_id, Decimal(0)
        elif isinstance(value, Mapping | list | str):
            table.tell("packfiles.bad_expectation", key, value)
        elif (number := table.check_number(key, value)) is not None:
            yield local_id, number
