"""The three untidy county workbooks: the same facts, in the state such files come in."""

from .draws import Draws
from .indicators import Value
from .layouts import Cell, Layout, PercentCell
from .sources import read_reference
from .villages import ID_HEADERS, village_headers

TITLE = "青县革命老区重点村村情表（合成数据，仅供演示）"
FILLED_BY = "填报单位：青县老区建设促进会　　填报日期：2026年9月15日　　金额单位：见各栏表头"
ADVICE = "注：1.不掌握的情况请空着不填；2.百分比填数字即可；3.有疑问请与市老促会联系。"

FULL_WIDTH = str.maketrans("0123456789.,%", "０１２３４５６７８９．，％")
NOT_KNOWN = ("不详", "未填", "—", "不清楚", "无数据")

HIDDEN_IDX = (7, 19)
"""Which villages of the workbook with hidden rows are hidden (they count all the same)."""


def lay_two_row_header(rows: list[list[Value]]) -> Layout:
    """Notes above the table, section names merged over field names, units in the header."""
    headers = village_headers()
    sections = ["基本信息"] * len(ID_HEADERS)
    sections += [row["sheet_section"] for row in read_reference("village_indicators")]
    sections += ["老区评定与意愿"] * (len(headers) - len(sections))
    width = len(headers)
    top: list[list[Cell]] = [
        [TITLE, *[None] * (width - 1)],
        [FILLED_BY, *[None] * (width - 1)],
        [ADVICE, *[None] * (width - 1)],
        list[Cell](sections),
        list[Cell](headers),
    ]
    merges = [(row_idx, 0, row_idx, 20) for row_idx in range(3)]
    merges += [(3, first, 3, last) for first, last in _list_runs(sections) if first < last]
    body = [list[Cell](row) for row in rows]
    return Layout("村情表", top + body, (3, 4), tuple(merges))


def _list_runs(names: list[str]) -> list[tuple[int, int]]:
    """Return first and last index of every stretch of equal neighbours."""
    starts = [idx for idx, name in enumerate(names) if idx == 0 or names[idx - 1] != name]
    return [
        (first, following - 1)
        for first, following in zip(starts, [*starts[1:], len(names)], strict=True)
    ]


def lay_hidden_rows(rows: list[list[Value]]) -> Layout:
    """Hidden villages, odd headers, and numbers typed in every way but the plain one."""
    headers = [_vary_header(header) for header in village_headers()]
    body = [_type_oddly(row) for row in rows]
    hidden = tuple(1 + idx for idx in HIDDEN_IDX)
    return Layout("Sheet1", [list[Cell](headers), *body], (0,), (), hidden)


def _vary_header(header: str) -> str:
    draws = Draws("header", header)
    if header == "村名":
        return "村 名"
    if "(" in header and draws.chance(0.5):
        header = header.replace("(", "（").replace(")", "）")
    if draws.chance(0.12):
        # No-break spaces come with text pasted from web pages.
        header = header[:2] + draws.pick((" ", "\u00a0", "\u3000")) + header[2:]
    return f"{header} " if draws.chance(0.08) else header


def _type_oddly(row: list[Value]) -> list[Cell]:
    first = len(ID_HEADERS)
    indicators = read_reference("village_indicators")
    cells: list[Cell] = list[Cell](row)
    for idx, indicator in enumerate(indicators, start=first):
        draws = Draws("oddly", str(row[0]), indicator["indicator_id"])
        cells[idx] = _spell(row[idx], indicator["unit"], indicator["indicator_id"], draws)
    draws = Draws("oddly", str(row[0]))
    if draws.chance(0.4):
        cells[3] = str(row[3]) + draws.pick((" ", "\u3000", "  "))
    return cells


def _spell(value: Value, unit: str, indicator_id: str, draws: Draws) -> Cell:
    """Return a value as somebody in a hurry might type it; its meaning stays the same."""
    if value is None:
        return draws.pick(NOT_KNOWN) if draws.chance(0.4) else None
    if isinstance(value, str):
        return "无" if value == "否" and draws.chance(0.3) else value
    if value == 0 and draws.chance(0.7):
        return "无"
    rough = isinstance(value, int) and value >= 3 and not indicator_id.startswith("bas_")
    if rough and unit != "%" and draws.chance(0.05):
        return f"约{value}"
    if rough and unit in ("户", "人", "处") and draws.chance(0.06):
        return f"{value - 1:g}—{value + 1:g}"
    return _spell_number(value, unit, draws)


def _spell_number(value: float, unit: str, draws: Draws) -> Cell:
    if unit == "%" and draws.chance(0.35):
        return f"{value}%"
    if value >= 1000 and draws.chance(0.5):
        return f"{value:,}"
    return f"{value}".translate(FULL_WIDTH) if draws.chance(0.15) else value


def lay_total_row(rows: list[list[Value]]) -> Layout:
    """Untidy codes, per cent cells, blank rows inside, and a row of totals at the bottom."""
    headers = village_headers()
    table: list[list[Cell]] = [list[Cell](headers)]
    for idx, row in enumerate(rows):
        if idx and idx % 10 == 0:
            table.append([None] * len(headers))
        table.append(_format_row(row))
    table.append(_add_up(headers, rows))
    return Layout("2026年汇总", table)


def _format_row(row: list[Value]) -> list[Cell]:
    code = str(row[0])
    draws = Draws("code", code)
    cells: list[Cell] = list[Cell](row)
    cells[0] = draws.pick((code, f"'{code}", f"{code} ", f" {code}"))
    indicators = read_reference("village_indicators")
    for idx, indicator in enumerate(indicators, start=len(ID_HEADERS)):
        value = row[idx]
        # Whole columns are formatted: all shares of the sections 3 and 4.
        in_section = indicator["sheet_section"][0] in "34"
        if indicator["unit"] == "%" and in_section and isinstance(value, int):
            cells[idx] = PercentCell(value / 100)
        elif indicator["value_type"] == "set" and isinstance(value, str):
            cells[idx] = ",".join(str("①②③".index(mark) + 1) for mark in value)
    return cells


def _add_up(headers: list[str], rows: list[list[Value]]) -> list[Cell]:
    total: list[Cell] = ["合计", *[None] * (len(headers) - 1)]
    for name in ("总户数(户)", "户籍人口(人)", "常住人口(人)", "耕地面积(亩)"):
        idx = headers.index(name)
        total[idx] = sum(value for row in rows if isinstance(value := row[idx], int | float))
    return total
