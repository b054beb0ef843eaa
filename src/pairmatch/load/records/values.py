"""One cell to one value: by type of column, with range check; never a guess.

Parsing knows no places: `load.records.rows` turns problems and notes into findings with their row.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pairmatch.domain.columns import Column
from pairmatch.domain.findings import Severity
from pairmatch.domain.personal import mask_personal
from pairmatch.load.readers.sheets import CellValue
from pairmatch.load.records.dates import looks_like_date, parse_date
from pairmatch.load.records.decimals import find_decimal_problem, show_decimal
from pairmatch.load.records.numbers import PLAIN_NUMBER, Quantity, normalise_text, parse_quantity

UNKNOWN_WORDS = frozenset(
    {
        *("", "-", "--", "—", "——", "–", "/", "\\", "?", "??", ".", "…", "...", "......", "空"),
        *("无数据", "不详", "未知", "未填", "不清楚", "不清", "不知道", "不明", "暂无", "暂无数据"),
        *("待查", "待定", "待核", "待核实", "未统计", "没统计", "没有数据", "未报", "未填写"),
        *("n/a", "na", "null", "none", "unknown"),
    }
)
NONE_WORDS = frozenset({"无", "没有", "没", "0无"})
_YES_WORDS = frozenset(
    {"是", "有", "√", "✓", "✔", "对", "yes", "y", "true", "1", "1.0", "已", "能"}
)
_NO_WORDS = frozenset(
    {"否", "×", "✗", "✘", "x", "错", "no", "n", "false", "0", "0.0", "不是", "未", "不", "不能"}
)
_CHOICE_WORDS = {
    **{"市": "市级", "市直": "市级", "县": "县级", "县直": "县级", "区县": "县级"},
    **{"优秀": "优", "良好": "良", "中等": "中", "一般": "中", "合格": "中", "较差": "差"},
    **{"企业": "龙头企业", "农业龙头企业": "龙头企业", "机关": "部门"},
    **{"国家级": "国保", "省级": "省保", "市级": "市保", "县级": "县保", "未定": "未定级"},
    **{"帮扶单位": "单位", "units": "单位", "受助村": "村", "村庄": "村", "villages": "村"},
    **{"实际": "真实", "实测": "真实", "合成数据": "合成"},
}
_ERROR_TEXT = re.compile(r"#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d*)?e[+-]?\d+")
_SEPARATORS = re.compile(r"[、,，;；|/\s]+")
_TRUNCATED_FROM = 10**15
_LARGEST = 10**12
_SMALLEST = 1e-12
_CODE_LENGTH = 12
_CODE_CHARACTERS = re.compile(r"[\x21-\x7e]+")

Value = int | float | str | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong or doubtful about one cell, still without its place."""

    code: str
    severity: Severity = Severity.ERROR
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a cell says.

    None in `value` is unknown; a range has only `low` and `high`. `notes` are kinds of
    normalisation that are counted per column (message codes ``load.noted_<kind>``).
    """

    value: Value = None
    low: float | None = None
    high: float | None = None
    problem: Problem | None = None
    notes: tuple[str, ...] = ()


UNKNOWN = Parsed()


def show_number(value: float) -> str:
    """Return a number as people write it: 12, 0.5."""
    return f"{value:.15g}"


def parse_cell(raw: CellValue, column: Column, typed: bool = True) -> Parsed:
    """Return what a cell says in a column.

    Parameters
    ----------
    raw
        The cell as stored.
    column
        The column it stands in.
    typed
        Whether the file tells numbers from text; in CSV files every number is text.

    Returns
    -------
    Parsed
        The value, or a problem. Never raises.
    """
    if raw is None or raw == "":
        return UNKNOWN
    if isinstance(raw, str) and _ERROR_TEXT.fullmatch(raw.strip().upper()):
        return _refuse("cell_error")
    return _PARSERS[column.value_type](raw, column, typed)


def _refuse(code: str, **params: str) -> Parsed:
    return Parsed(problem=Problem(f"load.{code}", Severity.ERROR, params))


def _doubt(code: str, **params: str) -> Parsed:
    return Parsed(problem=Problem(f"load.{code}", Severity.WARNING, params))


# --- numbers ---------------------------------------------------------------------------------


def _parse_number(raw: CellValue, column: Column, typed: bool) -> Parsed:
    if isinstance(raw, bool):
        return _refuse("not_a_number", unit=column.unit)
    if isinstance(raw, int | float):
        return _check_number(raw, column)
    if isinstance(raw, str) and PLAIN_NUMBER.fullmatch(raw) and raw.isascii():
        return _check_number(float(raw), column, ("text_number",) if typed else ())
    return _parse_number_text(str(raw), column)


def _parse_number_text(raw: str, column: Column) -> Parsed:
    text = normalise_text(raw).lower()
    if text in UNKNOWN_WORDS:
        return UNKNOWN
    if text in NONE_WORDS:
        return _check_number(0, column, ("none_as_zero",))
    if refusal := _find_refusal(text):
        return _refuse(refusal)
    if PLAIN_NUMBER.fullmatch(text) and text.isascii():
        kind = "trimmed" if text == raw.strip() else "normalised"
        return _check_number(float(text), column, (kind,))
    quantity = parse_quantity(text, column.unit)
    if quantity is None:
        return _refuse("not_a_number", unit=column.unit)
    return _accept_quantity(quantity, column)


def _find_refusal(text: str) -> str:
    if _NOT_FINITE.fullmatch(text):
        return "not_finite"
    if _SCIENTIFIC.fullmatch(text):
        return "scientific"
    return "cell_is_date" if looks_like_date(text) else ""


def _accept_quantity(quantity: Quantity, column: Column) -> Parsed:
    notes = tuple(sorted(quantity.notes - {"approximate", "range"}))
    if not quantity.notes:
        notes = ("normalised",)
    if "range" in quantity.notes:
        return _accept_range(float(quantity.low), float(quantity.high), column, notes)
    parsed = _check_number(float(quantity.low), column, notes)
    if "approximate" in quantity.notes and parsed.problem is None:
        shown = show_number(float(quantity.low))
        doubt = Problem("load.approximate", Severity.WARNING, {"number": shown})
        return Parsed(parsed.value, problem=doubt, notes=notes)
    return parsed


def _accept_range(low: float, high: float, column: Column, notes: tuple[str, ...]) -> Parsed:
    ends = [_check_number(end, column) for end in (low, high)]
    for end in ends:
        if end.problem:
            return end
    shown = {"low": show_number(low), "high": show_number(high)}
    doubt = Problem("load.range_answer", Severity.WARNING, shown)
    return Parsed(low=low, high=high, problem=doubt, notes=notes)


def _check_number(number: float, column: Column, notes: tuple[str, ...] = ()) -> Parsed:
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return _refuse("not_finite")
    if abs(number) > _LARGEST or 0 < abs(number) < _SMALLEST:
        return _refuse("magnitude")
    low, high = column.minimum, column.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = {"low": "" if low is None else show_number(low)}
        bounds["high"] = "" if high is None else show_number(high)
        return _refuse("out_of_range", **bounds)
    if column.value_type == "int":
        if number != int(number):
            return _refuse("not_whole")
        return Parsed(int(number), notes=notes)
    return Parsed(float(number) + 0.0, notes=notes)  # adding 0.0 turns -0 into 0


def _parse_decimal(raw: CellValue, column: Column, _typed: bool) -> Parsed:
    text = show_decimal(raw)
    problem = find_decimal_problem(text, column)
    if not problem:
        return Parsed(text)
    if not text:
        return UNKNOWN
    low, high = (show_number(end or 0) for end in (column.minimum, column.maximum))
    return _refuse(problem, low=low, high=high)


# --- words -----------------------------------------------------------------------------------


def _parse_bool(raw: CellValue, _column: Column, _typed: bool) -> Parsed:
    if isinstance(raw, bool):
        return Parsed(int(raw))
    text = normalise_text(str(raw)).lower()
    if text in UNKNOWN_WORDS:
        return UNKNOWN
    if text in NONE_WORDS:
        return Parsed(0, notes=("none_as_no",))
    if text in _YES_WORDS or text in _NO_WORDS:
        return Parsed(int(text in _YES_WORDS))
    return _refuse("not_yes_no")


def _parse_choice(raw: CellValue, column: Column, _typed: bool) -> Parsed:
    text = normalise_text(_show_raw(raw))
    if text.lower() in UNKNOWN_WORDS or text in NONE_WORDS:
        return UNKNOWN
    words = {normalise_text(word): stored for word, stored in column.choices}
    stored_words = {stored.lower(): stored for _word, stored in column.choices}
    alias = _CHOICE_WORDS.get(text, text)
    found = words.get(text) or stored_words.get(text.lower()) or words.get(alias)
    if found:
        return Parsed(found)
    options = "、".join(word for word, _stored in column.choices)
    if column.value_type == "specialty":
        return _doubt("unknown_specialty", closest=options)
    return _refuse("not_a_choice", options=options)


def _parse_types(raw: CellValue, _column: Column, _typed: bool) -> Parsed:
    text = normalise_text(_show_raw(raw)).lower()
    if text in UNKNOWN_WORDS:
        return UNKNOWN
    if text in NONE_WORDS:
        return Parsed(())
    rest = re.sub(r"[123]|[、,，;；./|\s+和()]|类型?|第", "", text)
    digits = tuple(sorted(set(re.findall(r"[123]", text))))
    return Parsed(digits) if digits and not rest else _refuse("not_types")


def _parse_date(raw: CellValue, _column: Column, _typed: bool) -> Parsed:
    if normalise_text(_show_raw(raw)).lower() in UNKNOWN_WORDS:
        return UNKNOWN
    found = parse_date(_show_raw(raw))
    return Parsed(found) if found else _doubt("not_a_date")


# --- texts and codes -------------------------------------------------------------------------


def _show_raw(raw: CellValue) -> str:
    if isinstance(raw, float) and raw == raw and raw == int(min(max(raw, -1e300), 1e300)):  # noqa: PLR0124
        return str(int(raw))
    return str(raw)


def clean_text(text: str) -> str:
    """Return a text without control characters and spaces around it; its letters stay as typed."""
    kept = "".join(c if c.isprintable() or c in " \u3000" else " " for c in text)
    return " ".join(kept.split())


def _parse_text(raw: CellValue, _column: Column, _typed: bool) -> Parsed:
    text = _show_raw(raw)
    cleaned = clean_text(text)
    if normalise_text(cleaned).lower() in UNKNOWN_WORDS:
        return UNKNOWN
    # A telephone number typed beside a name must not travel on into reports.
    masked = mask_personal(cleaned)
    if masked != cleaned:
        return Parsed(masked, notes=("masked",))
    return Parsed(cleaned, notes=() if cleaned == text else ("trimmed",))


def _parse_id(raw: CellValue, _column: Column, _typed: bool) -> Parsed:
    if isinstance(raw, bool):
        return _refuse("not_an_id")
    if isinstance(raw, int | float):
        return _parse_id_number(raw)
    text = clean_text(str(raw))
    notes = () if text == raw else ("trimmed",)
    plain = normalise_text(text.lstrip("'‘’＇"))
    if _CODE_CHARACTERS.fullmatch(plain) and plain != text:
        text, notes = plain, ("normalised",)
    if text.lower() in UNKNOWN_WORDS:
        return UNKNOWN
    if _SCIENTIFIC.fullmatch(text.lower()) and "+" in text:
        return _refuse("code_scientific")
    whole = re.fullmatch(r"(\d{12})\.0+", text)
    return Parsed(whole[1], notes=("normalised",)) if whole else Parsed(text, notes=notes)


def _parse_id_number(raw: float) -> Parsed:
    if raw != raw or abs(raw) >= _TRUNCATED_FROM:  # noqa: PLR0124 - NaN
        return _refuse("precision_lost")
    if raw < 0 or raw != int(raw):
        return _refuse("not_an_id")
    text = str(int(raw))
    return Parsed(text, notes=("code_as_number",) if len(text) == _CODE_LENGTH else ())


def _parse_names(raw: CellValue, column: Column, typed: bool) -> Parsed:
    if isinstance(raw, int | float):
        return _split_number(raw, column, typed)
    text = clean_text(str(raw))
    if normalise_text(text).lower() in UNKNOWN_WORDS or text in NONE_WORDS:
        return Parsed(())
    parts = [mask_personal(p.lstrip("'‘’＇")) for p in _SEPARATORS.split(text)]
    plain = [normalise_text(p) if normalise_text(p).isascii() else p for p in parts]
    if any(_SCIENTIFIC.fullmatch(p.lower()) and "+" in p for p in plain):
        return _refuse("code_scientific")
    return Parsed(tuple(dict.fromkeys(p for p in plain if p)))


def _split_number(raw: float, column: Column, typed: bool) -> Parsed:
    one = _parse_id(raw, column, typed)
    return one if one.problem else Parsed((str(one.value),), notes=one.notes)


_PARSERS: Mapping[str, Callable[[CellValue, Column, bool], Parsed]] = {
    "int": _parse_number,
    "float": _parse_number,
    "decimal": _parse_decimal,
    "bool": _parse_bool,
    "choice": _parse_choice,
    "specialty": _parse_choice,
    "types": _parse_types,
    "date": _parse_date,
    "name": _parse_text,
    "text": _parse_text,
    "id": _parse_id,
    "names": _parse_names,
}
