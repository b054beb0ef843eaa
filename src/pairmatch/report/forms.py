"""The workbooks that councils fill in: 村情表 and the register of units, blank or pre-filled."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from pairmatch.domain.columns import (
    NO,
    PLACE_COLUMNS,
    UNIT_END,
    UNIT_START,
    VILLAGE_END,
    YES,
    Column,
    describe_capability,
    describe_indicator,
)
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.messages import render
from pairmatch.report.form_values import (
    FormValue,
    list_unit_values,
    list_village_values,
    show_number,
    show_reading,
)
from pairmatch.report.sheets import BOOK_OPTIONS

BLANK_ROWS = 50
HEADER_ROW = 3
"""Rows are counted from 0: title, instructions, groups, headers, then the data."""
_CREATED = datetime(2026, 1, 1)
"""A fixed date in the file's properties: the same data give the same bytes."""
_A3 = 8
_PAGES_WIDE = 6
_HEAD_HEIGHTS = (28, 20, 22, 52)
_ROW_HEIGHT = 20
_WIDTHS = {"id": 15, "name": 14, "text": 18, "names": 22, "specialty": 14}


@dataclass(frozen=True, slots=True)
class _FormColumn:
    """A column of a form with the heading of its group and how its value is come by."""

    column: Column
    group: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """Everything on a form's main sheet."""

    sheet: str
    title: str
    instructions: str
    columns: tuple[_FormColumn, ...]
    rows: tuple[Mapping[str, FormValue], ...]
    suggestions: Mapping[str, tuple[str, ...]]
    num_fixed: int


def build_village_form(
    taxonomy: Taxonomy, villages: Sequence[Village], county: str, prefilled: bool
) -> bytes:
    """Return the 村情表 workbook of a county.

    Parameters
    ----------
    taxonomy
        The indicators to ask for.
    villages
        The villages, each with a row; without any, there are blank rows.
    county
        The county's name, for the title.
    prefilled
        Whether what is known is filled in, or only who and where each village is.

    Returns
    -------
    bytes
        An .xlsx workbook that `load` reads back without loss.
    """
    columns = (
        *(_FormColumn(c, _say("group_place")) for c in PLACE_COLUMNS),
        *(
            _FormColumn(describe_indicator(i, taxonomy.specialties), i.section, i.how_measured_zh)
            for i in taxonomy.indicators
        ),
        *(_FormColumn(c, _say("group_village_end")) for c in VILLAGE_END),
    )
    rows = tuple(_fill_village(v, columns, taxonomy, prefilled) for v in _order(villages))
    needs = tuple(need.name_zh for need in taxonomy.needs)
    form = _Form(
        sheet=_say("village_sheet"),
        title=_say("village_title", county=county),
        instructions=_instruct(any(v.synthetic for v in villages)),
        columns=columns,
        rows=rows,
        suggestions=dict.fromkeys(("wish_1", "wish_2", "wish_3"), needs),
        num_fixed=len(PLACE_COLUMNS),
    )
    return _write_form(form)


def build_unit_form(taxonomy: Taxonomy, units: Sequence[Unit], prefilled: bool) -> bytes:
    """Return the register of helper units.

    Parameters
    ----------
    taxonomy
        The capabilities to ask for.
    units
        The units, each with a row; without any, there are blank rows.
    prefilled
        Whether what is known is filled in, or only the ids and names.

    Returns
    -------
    bytes
        An .xlsx workbook that `load` reads back without loss.
    """
    columns = (
        *(_FormColumn(c, _say("group_unit")) for c in UNIT_START),
        *(
            _FormColumn(describe_capability(c), _say("group_capabilities"))
            for c in taxonomy.capabilities
        ),
        *(_FormColumn(c, _say("group_unit_end")) for c in UNIT_END),
    )
    by_field = {c.column.field: c.column for c in columns}
    rows = tuple(
        {
            "unit_id": unit.unit_id,
            "name": unit.name or None,
            **(list_unit_values(unit, by_field) if prefilled else {}),
        }
        for unit in sorted(units, key=lambda u: u.unit_id)
    )
    form = _Form(
        sheet=_say("unit_sheet"),
        title=_say("unit_title"),
        instructions=_instruct(any(u.synthetic for u in units)),
        columns=columns,
        rows=rows,
        suggestions={},
        num_fixed=2,
    )
    return _write_form(form)


def _say(code: str, **params: str) -> str:
    return render(f"forms.{code}", params, "zh").text


def _instruct(synthetic: bool) -> str:
    return _say("instructions") + (_say("synthetic") if synthetic else "")


def _order(villages: Sequence[Village]) -> list[Village]:
    return sorted(villages, key=lambda v: (v.county, v.township, v.village_id))


def _fill_village(
    village: Village, columns: tuple[_FormColumn, ...], taxonomy: Taxonomy, prefilled: bool
) -> Mapping[str, FormValue]:
    place: dict[str, FormValue] = {
        "village_id": village.village_id,
        "county": village.county or None,
        "township": village.township or None,
        "name": village.name or None,
    }
    if not prefilled:
        return place
    readings = {
        c.column.field: show_reading(village.indicators.get(c.column.field, Reading()), c.column)
        for c in columns
    }
    return {**readings, **place, **list_village_values(village, taxonomy)}


# --- writing ---------------------------------------------------------------------------------


def _write_form(form: _Form) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, BOOK_OPTIONS)
    book.set_properties({"title": form.title, "created": _CREATED})
    sheet = book.add_worksheet(form.sheet)
    guide = book.add_worksheet(_say("guide_sheet"))
    lists = _write_choices(book, form)
    formats = _make_formats(book)
    _write_head(sheet, form, formats)
    _write_rows(sheet, form, formats)
    _add_validations(sheet, form, lists)
    _write_guide(guide, form, formats)
    _set_page(sheet, form)
    book.close()
    return buffer.getvalue()


def _make_formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
    cell = {**base, "border": 1}
    head = {**cell, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#DDEBF7"}
    return {
        "title": book.add_format({**base, "bold": True, "font_size": 16}),
        "instructions": book.add_format({**base, "font_color": "#9C0006"}),
        "group": book.add_format({**head, "bg_color": "#BDD7EE"}),
        "header": book.add_format(head),
        "text": book.add_format({**cell, "num_format": "@"}),
        "number": book.add_format(cell),
    }


def _require(result: int | None) -> None:
    # xlsxwriter says by a return value, not by raising, that it left something out.
    if result:
        raise ValueError(f"a cell of the form could not be written ({result})")


def _write_head(sheet: Any, form: _Form, formats: Mapping[str, Any]) -> None:
    _require(sheet.write_string(0, 0, form.title, formats["title"]))
    _require(sheet.write_string(1, 0, form.instructions, formats["instructions"]))
    first = 0
    for group, members in groupby(form.columns, key=lambda c: c.group):
        last = first + len(list(members)) - 1
        if last > first:
            _require(sheet.merge_range(2, first, 2, last, group, formats["group"]))
        else:
            _require(sheet.write_string(2, first, group, formats["group"]))
        first = last + 1
    for k, item in enumerate(form.columns):
        _require(sheet.write_string(HEADER_ROW, k, item.column.header, formats["header"]))
        _require(sheet.write_comment(HEADER_ROW, k, _describe(item), {"author": "pairmatch"}))
        width = _WIDTHS.get(item.column.value_type, 11)
        _require(sheet.set_column(k, k, width))
    for row, height in enumerate(_HEAD_HEIGHTS):
        sheet.set_row(row, height)


def _describe(item: _FormColumn) -> str:
    column = item.column
    kinds = {"id": "id_range", "types": "types_range", "names": "names_range"}
    if column.choices:
        text = "、".join(word for word, _stored in column.choices)
    elif column.value_type == "bool":
        text = f"{YES}、{NO}"
    elif column.minimum is not None and column.maximum is not None:
        low, high = show_number(column.minimum), show_number(column.maximum)
        text = _say("range", low=low, high=high)
    else:
        text = _say(kinds.get(column.value_type, "text_range"))
    return "\n".join(part for part in (item.source, text) if part)


def _write_rows(sheet: Any, form: _Form, formats: Mapping[str, Any]) -> None:
    rows = form.rows or ({},) * BLANK_ROWS
    for r, row in enumerate(rows, HEADER_ROW + 1):
        sheet.set_row(r, _ROW_HEIGHT)
        for k, item in enumerate(form.columns):
            value = row.get(item.column.field)
            is_number = item.column.value_type in ("int", "float")
            style = formats["number" if is_number else "text"]
            if value is None or value == "":
                _require(sheet.write_blank(r, k, None, style))
            elif isinstance(value, str):
                _require(sheet.write_string(r, k, value, style))
            else:
                _require(sheet.write_number(r, k, value, style))
    end = HEADER_ROW + len(rows) + 2
    _require(sheet.write_string(end, 0, _say("footer")))


def _write_choices(book: Any, form: _Form) -> Mapping[str, str]:
    """Write the words of all drop-down lists and return the reference of each, by field."""
    from xlsxwriter.utility import xl_col_to_name

    sheet = book.add_worksheet(_say("choice_sheet"))
    references: dict[str, str] = {}
    column_of: dict[tuple[str, ...], int] = {}
    for item in form.columns:
        words = form.suggestions.get(item.column.field) or _list_words(item.column)
        if not words:
            continue
        if words not in column_of:
            column_of[words] = k = len(column_of)
            heading = f"{_say('choice_sheet')}：{item.column.header_zh}"
            for r, text in enumerate((heading, *words)):
                _require(sheet.write_string(r, k, text))
        letter = xl_col_to_name(column_of[words])
        references[item.column.field] = f"='{sheet.name}'!${letter}$2:${letter}${len(words) + 1}"
    return references


def _list_words(column: Column) -> tuple[str, ...]:
    if column.value_type == "bool":
        return (YES, NO)
    return tuple(word for word, _stored in column.choices)


def _add_validations(sheet: Any, form: _Form, lists: Mapping[str, str]) -> None:
    first, last = HEADER_ROW + 1, HEADER_ROW + max(len(form.rows), BLANK_ROWS)
    for k, item in enumerate(form.columns):
        column = item.column
        if column.field in lists:
            rule: dict[str, object] = {
                "validate": "list",
                "source": lists[column.field],
                "error_message": _say("choose"),
                # A wish may be told in the village's own words.
                "error_type": "information" if column.value_type == "text" else "stop",
            }
        elif column.value_type in ("int", "float") and column.minimum is not None:
            low, high = show_number(column.minimum), show_number(column.maximum or 0)
            rule = {
                "validate": "integer" if column.value_type == "int" else "decimal",
                "criteria": "between",
                "minimum": column.minimum,
                "maximum": column.maximum,
                "error_message": _say("out_of_range", low=low, high=high),
                "error_type": "warning",
            }
        else:
            continue
        _require(sheet.data_validation(first, k, last, k, {**rule, "ignore_blank": True}))


def _write_guide(sheet: Any, form: _Form, formats: Mapping[str, Any]) -> None:
    heads = ("guide_number", "guide_column", "guide_range", "guide_field")
    for k, code in enumerate(heads):
        _require(sheet.write_string(0, k, _say(code), formats["header"]))
        _require(sheet.set_column(k, k, (6, 32, 60, 28)[k]))
    for r, item in enumerate(form.columns, 1):
        texts = (str(r), item.column.header, _describe(item).replace("\n", "；"), item.column.field)
        for k, text in enumerate(texts):
            _require(sheet.write_string(r, k, text, formats["text"]))
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _set_page(sheet: Any, form: _Form) -> None:
    sheet.freeze_panes(HEADER_ROW + 1, form.num_fixed)
    sheet.set_paper(_A3)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(_PAGES_WIDE, 0)
    sheet.repeat_rows(HEADER_ROW - 1, HEADER_ROW)
    sheet.repeat_columns(0, form.num_fixed - 1)
    sheet.set_footer("&C&P / &N")
