"""The sheets beside the rules: whose pack it is, and the county's own examples."""

from decimal import Decimal

from pairmatch.domain.findings import Place, Severity
from pairmatch.domain.packcolumns import INFO_LABELS
from pairmatch.domain.packs import MAX_RULES, PackExample
from pairmatch.domain.plugins import API_LEVEL, PluginInfo
from pairmatch.load.packs.amounts import read_number, show_cell
from pairmatch.load.packs.columns import (
    EXAMPLE_HEADERS,
    EXAMPLE_SHEETS,
    EXPECTED_PREFIXES,
    INFO_NAMES,
    INFO_SHEETS,
)
from pairmatch.load.packs.findings import MAX_EXAMPLES, PackFindings
from pairmatch.load.packs.words import is_allowance, is_refusal
from pairmatch.load.readers.sheets import Sheet
from pairmatch.load.readers.sheetscan import name_column
from pairmatch.load.records.headers import SEARCHED_ROWS, suggest_names
from pairmatch.load.records.tables import simplify_header

_ENOUGH = 2


def is_info_sheet(sheet: Sheet) -> bool:
    """Whether a sheet says whose pack it is: its name or, county among them, its lines."""
    keys = {INFO_NAMES.get(simplify_header(show_cell(row[0]))) for row in sheet.rows if row}
    known = keys - {None}
    by_name = simplify_header(sheet.name) in INFO_SHEETS and known
    return bool(by_name) or (len(known) >= _ENOUGH and "county" in known)


def read_info(sheet: Sheet | None, file: str, told: PackFindings) -> PluginInfo:
    """Return what a pack says of itself.

    Parameters
    ----------
    sheet
        The sheet 规则包: a name and a value in each line; None if there is none.
    file
        What findings call the workbook.
    told
        Collects what is wrong.
    """
    found: dict[str, str] = {}
    places: dict[str, Place] = {}
    for number, row in enumerate(sheet.rows if sheet else (), 1):
        if sheet is None or not show_cell(row[0]):
            continue
        label = show_cell(row[0])
        value = show_cell(row[1]) if len(row) > 1 else ""
        place = Place(sheet.file, sheet.name, number, label, f"B{number}", value)
        key = INFO_NAMES.get(simplify_header(label))
        if (number, 2) in sheet.errors:
            told.tell("load.cell_error", place, value=sheet.errors[number, 2])
        elif key is None:
            closest = suggest_names(simplify_header(label), INFO_NAMES, 0.7)
            if value and closest:
                shown = INFO_LABELS[INFO_NAMES[closest]]
                told.mention("packfiles.unknown_info", place, Severity.WARNING, closest=shown)
        elif key in found and value not in ("", found[key]):
            told.tell("packfiles.double_info", place)
        elif value:
            found[key], places[key] = value, place
    return _build_info(found, places, Place(file, sheet.name if sheet else ""), told)


def _build_info(
    found: dict[str, str], places: dict[str, Place], place: Place, told: PackFindings
) -> PluginInfo:
    if "county" not in found:
        told.tell("packfiles.no_county", place)
    told.check_name(found.get("name", ""), places.get("name", place))
    level = found.get("api", str(API_LEVEL))
    if not (level.isascii() and level.isdecimal() and 0 < int(level[:9]) <= MAX_RULES):
        told.tell("packfiles.bad_level", places["api"])
        level = str(API_LEVEL)
    chinese, english = found.get("title_zh", ""), found.get("title_en", "")
    titles = chinese or english, english or chinese
    version = found.get("version", "1")
    return PluginInfo(told.plugin, found.get("county", ""), version, *titles, int(level))


# --- examples --------------------------------------------------------------------------------


def find_examples_header(sheet: Sheet) -> int:
    """Return the row (from 1) of the header of a sheet of examples; 0 if it is another sheet."""
    if simplify_header(sheet.name) not in EXAMPLE_SHEETS:
        return 0
    for number, row in enumerate(sheet.rows[:SEARCHED_ROWS], 1):
        texts = {simplify_header(show_cell(cell)) for cell in row} - {""}
        if texts & EXAMPLE_HEADERS and len(texts) > 1:
            return number
    return 0


def read_examples(
    sheet: Sheet, header_row: int, rules: set[str], told: PackFindings
) -> tuple[PackExample, ...]:
    """Return the examples on a sheet.

    Parameters
    ----------
    sheet
        The sheet: a column 例子, one for each field, and 预期.<rule> for each rule.
    header_row
        The row of its header.
    rules
        The local ids of the rules.
    told
        Collects what is wrong.
    """
    headers = [show_cell(cell) for cell in sheet.rows[header_row - 1]]
    if len(sheet.rows) - header_row > MAX_EXAMPLES:
        told.tell("packfiles.many_examples", Place(sheet.file, sheet.name), limit=str(MAX_EXAMPLES))
        return ()
    _check_headers(sheet, header_row, headers, rules, told)
    examples = []
    for number in range(header_row + 1, len(sheet.rows) + 1):
        example = _read_example(sheet, number, headers, told)
        if example:
            examples.append(example)
    return tuple(examples)


def _find_expected(header: str) -> str:
    """Return what stands after 预期. in a header, empty if it is no such header."""
    plain = header.strip()
    for prefix in EXPECTED_PREFIXES:
        if plain.lower().startswith(prefix) and len(plain) > len(prefix):
            rest = plain[len(prefix) :]
            if rest[0] in ".．:：。_ -（(":
                return rest[1:].strip("（）() ")
    return ""


def _check_headers(
    sheet: Sheet, row: int, headers: list[str], rules: set[str], told: PackFindings
) -> None:
    first: dict[str, str] = {}
    for index, header in enumerate(headers):
        if not header:
            continue
        place = _place_cell(sheet, row, index, header)
        earlier = first.setdefault(header, place.cell)
        if earlier != place.cell:
            told.tell("packfiles.double_column", place, first=earlier)
        elif rule := _find_expected(header):
            told.check_expected(rules, rule.removeprefix(f"{told.plugin}."), place)


def _read_example(
    sheet: Sheet, number: int, headers: list[str], told: PackFindings
) -> PackExample | None:
    name, fields = "", {}
    expected: dict[str, Decimal | None] = {}
    for index, header in enumerate(headers):
        text = show_cell(sheet.rows[number - 1][index])
        place = _place_cell(sheet, number, index, header, text)
        if (number, index + 1) in sheet.errors and header:
            told.tell("load.cell_error", place, value=sheet.errors[number, index + 1])
        elif not header or not text:
            continue
        elif simplify_header(header) in EXAMPLE_HEADERS:
            name = text
        elif rule := _find_expected(header):
            local_id = rule.removeprefix(f"{told.plugin}.")
            expected[local_id] = _read_expected(text, place, told)
        else:
            fields[header] = text
    if not (fields or expected):
        return None
    name = name or str(number)
    place = Place(sheet.file, sheet.name, number, "", f"A{number}", name)
    if not expected:
        told.tell("packfiles.no_expectation", place, example=name)
    return PackExample(name, fields, expected, place)


def _read_expected(text: str, place: Place, told: PackFindings) -> Decimal | None:
    if is_refusal(text):
        return None
    number = Decimal(0) if is_allowance(text) else read_number(text)
    if number is None:
        told.tell("packfiles.bad_expectation", place)
    return number


def _place_cell(sheet: Sheet, row: int, index: int, header: str, text: str = "") -> Place:
    cell = f"{name_column(index + 1)}{row}"
    return Place(sheet.file, sheet.name, row, header, cell, text or header)
