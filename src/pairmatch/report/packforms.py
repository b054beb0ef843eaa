"""The workbook in which a county writes its rules: drop-downs, samples, examples and a guide."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pairmatch.domain.packcolumns import (
    AND_WORD,
    BANDS_WORD,
    EXAMPLE_HEADER,
    EXAMPLES_SHEET,
    EXPECTED_PREFIX,
    INFO_LABELS,
    INFO_SHEET,
    OPERATOR_WORDS,
    OR_WORD,
    REFUSE_WORD,
    RULE_COLUMNS,
    RULES_SHEET,
)
from pairmatch.domain.packs import Operator, PackCondition, PackExample, PackRow, PackRule
from pairmatch.domain.plugins import PluginInfo
from pairmatch.messages import render
from pairmatch.report.sheets import BOOK_OPTIONS

BLANK_ROWS = 200
"""So many rows have drop-downs."""

_CREATED = datetime(2026, 1, 1)
"""A fixed date in the file's properties: the same data give the same bytes."""
_WIDTHS: Mapping[str, int] = {"label": 26, "field": 24, "value": 18, "reason": 34, "formula": 24}
_SEPARATORS = ("、", "；", "，")
_EXACT_DIGITS = 15
_NUMERIC = frozenset({"less", "at_most", "more", "at_least"})
_GUIDE = 15

Cell = str | Decimal
Line = dict[str, Cell]


def _make_condition(field: str, operator: Operator, *values: str) -> PackCondition:
    return PackCondition(field, operator, values)


def _make_band(low: str, high: str, points: int) -> PackRow:
    band = _make_condition("单位.团队人数", "between", low, high)
    return PackRow(((band,),), Decimal(points), "", "人手多，帮得上忙", "many hands")


SAMPLE_RULES = (
    PackRule(
        "sales",
        "农产品不好卖的村，优先配有销路的单位",
        "units with sales channels for villages with unsold produce",
        False,
        Decimal(3),
        (
            PackRow(
                (
                    (
                        _make_condition("村.滞销农产品价值", "at_least", "20"),
                        _make_condition("单位.商超专柜与电商", "at_least", "2"),
                    ),
                ),
                Decimal(3),
                "",
                "村里农产品积压多，单位有销路",
                "much unsold produce, strong sales channels",
            ),
            PackRow(
                (
                    (
                        _make_condition("村.滞销农产品价值", "at_least", "5"),
                        _make_condition("单位.商超专柜与电商", "at_least", "1"),
                    ),
                ),
                Decimal(1),
                "",
                "村里有农产品积压，单位能帮着卖",
                "some unsold produce, some sales channels",
            ),
        ),
    ),
    PackRule(
        "team",
        "人手多的单位",
        "units with many people",
        False,
        Decimal(2),
        (_make_band("", "10", 0), _make_band("10", "30", 1), _make_band("30", "", 2)),
    ),
)
"""What a new pack begins with, in the workbook as in the template of ``pack.toml``."""
SAMPLE_EXAMPLES = (
    PackExample(
        "积压多的村，配有销路的单位",
        {"村.滞销农产品价值": "25", "单位.商超专柜与电商": "2", "单位.团队人数": "12"},
        {"sales": Decimal(3), "team": Decimal(1)},
    ),
    PackExample(
        "没有积压的村",
        {"村.滞销农产品价值": "0", "单位.商超专柜与电商": "2", "单位.团队人数": "30"},
        {"sales": Decimal(0), "team": Decimal(2)},
    ),
)


def build_pack_workbook(
    info: PluginInfo,
    fields: Sequence[tuple[str, str]],
    rules: Sequence[PackRule] = SAMPLE_RULES,
    examples: Sequence[PackExample] = SAMPLE_EXAMPLES,
) -> bytes:
    """Return the workbook of a rule pack.

    Parameters
    ----------
    info
        Whose pack it is.
    fields
        The name of every field that rules may look at, and what it means.
    rules
        Rules to begin with.
    examples
        Examples to begin with: what the rules give in certain cases.

    Returns
    -------
    bytes
        An .xlsx workbook; `load` reads from it the same rules and examples, without findings.

    Raises
    ------
    ValueError
        If a rule cannot be written on a sheet, such as a value that holds all separators.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, BOOK_OPTIONS)
    book.set_properties(
        {"title": _say("packforms.rules_title", name=info.name), "created": _CREATED}
    )
    formats = _make_formats(book)
    _write_rules(book.add_worksheet(RULES_SHEET), rules, len(fields), formats)
    _write_info(book.add_worksheet(INFO_SHEET), info, formats)
    _write_examples(book.add_worksheet(EXAMPLES_SHEET), rules, examples, formats)
    _write_fields(book.add_worksheet(_say("packforms.fields_sheet")), fields, formats)
    _write_guide(book.add_worksheet(_say("packforms.guide_sheet")), formats)
    book.close()
    return buffer.getvalue()


def _say(code: str, **params: str) -> str:
    return render(code, params, "zh").text


def _require(result: int | None) -> None:
    # xlsxwriter says by a return value, not by raising, that it left something out.
    if result:
        raise ValueError(f"a cell of the workbook could not be written ({result})")


def _make_formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
    cell = {**base, "border": 1, "text_wrap": True}
    return {
        "header": book.add_format({**cell, "bold": True, "align": "center", "bg_color": "#DDEBF7"}),
        "text": book.add_format({**cell, "num_format": "@"}),
        "number": book.add_format(cell),
        "guide": book.add_format({**base, "text_wrap": True}),
    }


def _write_cell(sheet: Any, at: tuple[int, int], value: Cell, formats: Mapping[str, Any]) -> None:
    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXACT_DIGITS:
        _require(sheet.write_number(*at, float(value), formats["number"]))
    else:
        text = format(value, "f") if isinstance(value, Decimal) else value
        _require(sheet.write_string(*at, text, formats["text"]))


# --- rules -----------------------------------------------------------------------------------


def _write_rules(
    sheet: Any, rules: Sequence[PackRule], num_fields: int, formats: Mapping[str, Any]
) -> None:
    for k, column in enumerate(RULE_COLUMNS):
        _require(sheet.write_string(0, k, column.header_zh, formats["header"]))
        comment = _say(f"packforms.column_{column.field}")
        _require(sheet.write_comment(0, k, comment, {"author": "pairmatch"}))
        _require(sheet.set_column(k, k, _WIDTHS.get(column.field, 11)))
    lines = [line for rule in rules for line in _list_lines(rule)]
    for r in range(1, max(len(lines), BLANK_ROWS) + 1):
        line: Line = lines[r - 1] if r <= len(lines) else {}
        for k, column in enumerate(RULE_COLUMNS):
            value = line.get(column.field, "")
            if value == "":
                _require(sheet.write_blank(r, k, None, formats["text"]))
            else:
                _write_cell(sheet, (r, k), value, formats)
    _add_choices(sheet, max(len(lines), BLANK_ROWS), num_fields)
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _add_choices(sheet: Any, last: int, num_fields: int) -> None:
    sources: dict[str, object] = {
        "operator": [*OPERATOR_WORDS.values(), BANDS_WORD],
        "join": [AND_WORD, OR_WORD],
    }
    if num_fields:
        sources["field"] = f"='{_say('packforms.fields_sheet')}'!$A$2:$A${num_fields + 1}"
    for k, column in enumerate(RULE_COLUMNS):
        if column.field in sources:
            choice = {
                "validate": "list",
                "source": sources[column.field],
                "error_message": _say("packforms.choose"),
                # Other spellings of a field or an operator are understood too.
                "error_type": "warning",
                "ignore_blank": True,
            }
            _require(sheet.data_validation(1, k, last, k, choice))


def _list_lines(rule: PackRule) -> Iterator[Line]:
    head: Line = {"rule_id": rule.local_id, "label": rule.label_zh}
    if rule.label_en != rule.label_zh:
        head["label_en"] = rule.label_en
    if rule.spread is not None:
        head["spread"] = rule.spread
    rows = list(rule.rows)
    while rows:
        num_bands = _count_bands(rows)
        lines = [_show_bands(rows[:num_bands])] if num_bands > 1 else None
        for line in lines or _list_row_lines(rows[0], rule.refuses):
            yield {**head, **line}
            head = {}
        del rows[:num_bands]


def _find_band(row: PackRow) -> PackCondition | None:
    """Return the only condition of a row with points, if it is a range."""
    if row.points is None or len(row.alternatives) != 1 or len(row.alternatives[0]) != 1:
        return None
    (condition,) = row.alternatives[0]
    return condition if condition.operator == "between" else None


def _count_bands(rows: Sequence[PackRow]) -> int:
    """Return how many rows, from the first on, are ranges of one field that follow each other."""
    for k, (row, following) in enumerate(pairwise(rows), 1):
        band, other = _find_band(row), _find_band(following)
        if band is None or other is None or band.field != other.field:
            return k
        reasons = [(r.reason_zh, r.reason_en) for r in (row, following)]
        if band.values[1] != other.values[0] or not band.values[1] or reasons[0] != reasons[1]:
            return k
    return len(rows)


def _show_bands(rows: Sequence[PackRow]) -> Line:
    bands = [band for row in rows if (band := _find_band(row))]
    points = [row.points for row in rows if row.points is not None]
    line: Line = {
        "field": bands[0].field,
        "operator": BANDS_WORD,
        "value": "；".join(_show_range(*band.values) for band in bands),
        "points": "；".join(format(number, "f") for number in points),
    }
    return {**line, **_show_reason(rows[0])}


def _show_reason(row: PackRow) -> Line:
    english = {} if row.reason_en == row.reason_zh else {"reason_en": row.reason_en}
    return {"reason": row.reason_zh, **english}


def _list_row_lines(row: PackRow, refuses: bool) -> Iterator[Line]:
    result = _show_reason(row)
    if refuses:
        result["points"] = REFUSE_WORD
    elif row.points is not None:
        result["points"] = row.points
    else:
        result["formula"] = row.formula
    if not row.alternatives:
        yield result
    for a, group in enumerate(row.alternatives):
        for c, condition in enumerate(group):
            line = _show_condition(condition)
            if a or c:
                line["join"] = AND_WORD if c else OR_WORD
            yield {**line, **result}
            result = {}


def _show_condition(condition: PackCondition) -> Line:
    line: Line = {"field": condition.field, "operator": OPERATOR_WORDS[condition.operator]}
    values = condition.values
    if condition.operator == "between":
        line["value"] = _show_range(*values)
    elif condition.operator == "among":
        line["value"] = _join_values(values)
    elif values:
        is_number = condition.operator in _NUMERIC and _is_plain(values[0])
        line["value"] = Decimal(values[0]) if is_number else values[0]
    return line


def _show_range(low: str, high: str) -> str:
    if low and high:
        return f"{low}~{high}"
    return f"{low}以上" if low else f"{high}以下"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.lstrip("-").replace(".", "", 1).isdigit()


def _join_values(values: Sequence[str]) -> str:
    if any(separator in value for value in values for separator in _SEPARATORS):
        raise ValueError(f"a value holds the sign that separates values: {values}")
    return _SEPARATORS[0].join(values)


# --- the other sheets ------------------------------------------------------------------------


def _write_info(sheet: Any, info: PluginInfo, formats: Mapping[str, Any]) -> None:
    values = {
        "name": info.name,
        "county": info.county,
        "version": info.version,
        "api": str(info.api),
        "title_zh": info.label_zh,
        "title_en": info.label_en,
    }
    for r, (key, value) in enumerate(values.items()):
        _require(sheet.write_string(r, 0, INFO_LABELS[key], formats["header"]))
        _require(sheet.write_string(r, 1, value, formats["text"]))
    _require(sheet.set_column(0, 0, 14))
    _require(sheet.set_column(1, 1, 50))


def _write_examples(
    sheet: Any,
    rules: Sequence[PackRule],
    examples: Sequence[PackExample],
    formats: Mapping[str, Any],
) -> None:
    names = list(dict.fromkeys(name for example in examples for name in example.fields))
    ids = list(dict.fromkeys(rule.local_id for rule in rules))
    headers = [EXAMPLE_HEADER, *names, *(f"{EXPECTED_PREFIX}{rule_id}" for rule_id in ids)]
    for k, header in enumerate(headers):
        _require(sheet.write_string(0, k, header, formats["header"]))
        _require(sheet.set_column(k, k, 16))
    _require(sheet.write_comment(0, 0, _say("packforms.example_comment"), {"author": "pairmatch"}))
    for r, example in enumerate(examples, 1):
        cells: list[Cell] = [example.name, *(example.fields.get(name, "") for name in names)]
        for rule_id in ids:
            points = example.expected.get(rule_id, "")
            cells.append(REFUSE_WORD if points is None else points)
        for k, value in enumerate(cells):
            if value != "":
                _write_cell(sheet, (r, k), value, formats)
    sheet.freeze_panes(1, 1)


def _write_fields(
    sheet: Any, fields: Sequence[tuple[str, str]], formats: Mapping[str, Any]
) -> None:
    for r, texts in enumerate(
        [(_say("packforms.field_name"), _say("packforms.field_meaning")), *fields]
    ):
        for k, text in enumerate(texts):
            _require(sheet.write_string(r, k, text, formats["text" if r else "header"]))
    _require(sheet.set_column(0, 0, 34))
    _require(sheet.set_column(1, 1, 70))
    sheet.freeze_panes(1, 0)


def _write_guide(sheet: Any, formats: Mapping[str, Any]) -> None:
    for r in range(_GUIDE):
        text = f"{r + 1}. {_say(f'packforms.guide_{r + 1:02}')}"
        _require(sheet.write_string(r, 0, text, formats["guide"]))
    _require(sheet.set_column(0, 0, 110))
