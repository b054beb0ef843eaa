"""Lines of the sheet of rules to rules: which line begins a row, which adds a condition to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from pairmatch.domain.findings import Place
from pairmatch.domain.packcolumns import BANDS_WORD, OPERATOR_WORDS
from pairmatch.domain.packs import Operator, PackCondition, PackRow, PackRule
from pairmatch.load.packs.amounts import (
    is_spoilt_range,
    read_comparand,
    read_number,
    read_range,
    split_bands,
    split_values,
)
from pairmatch.load.packs.findings import PackFindings
from pairmatch.load.packs.sheetlines import Cell, Line
from pairmatch.load.packs.words import (
    BANDS,
    WITHOUT_VALUE,
    find_join,
    find_operator,
    is_refusal,
    suggest_operator,
)

_RESULTS = ("points", "formula", "reason")


@dataclass(frozen=True, slots=True)
class _Band:
    """A part of a cell with several ranges, with its points and reason."""

    condition: PackCondition
    points: Decimal
    reason: tuple[str, str] | None


@dataclass(slots=True)
class _Row:
    """A row while its conditions are gathered."""

    place: Place
    points: Decimal | None = None
    formula: str = ""
    formula_place: Place = Place()
    reason: tuple[str, str] = ("", "")
    alternatives: list[list[PackCondition]] = field(default_factory=list)
    bands: tuple[_Band, ...] = ()
    has_condition: bool = False
    """Whether it names any, well written or not."""

    def build(self) -> Iterator[PackRow]:
        """Yield the row, or one for each of its bands."""
        every = tuple(tuple(group) for group in self.alternatives)
        if not self.bands:
            yield PackRow(
                every, self.points, self.formula, *self.reason, self.place, self.formula_place
            )
        for band in self.bands:
            reason = band.reason or self.reason
            groups = tuple((band.condition, *group) for group in every) or ((band.condition,),)
            yield PackRow(groups, band.points, "", *reason, self.place)


@dataclass(slots=True)
class _Rule:
    """A rule while its lines are gathered."""

    local_id: str
    place: Place
    label: tuple[str, str] = ("", "")
    spread: Decimal | None = None
    refuses: bool | None = None
    rows: list[_Row] = field(default_factory=list)

    def build(self) -> PackRule:
        """Return the rule."""
        rows = tuple(row for draft in self.rows for row in draft.build())
        chinese, english = self.label
        labels = chinese or english or self.local_id, english or chinese or self.local_id
        return PackRule(self.local_id, *labels, bool(self.refuses), self.spread, rows, self.place)


def build_rules(lines: Iterable[Line], told: PackFindings) -> tuple[PackRule, ...]:
    """Return the rules on a sheet, in the order in which they begin.

    Parameters
    ----------
    lines
        The filled lines of the sheet.
    told
        Collects what is wrong.
    """
    rules: dict[str, _Rule] = {}
    current: _Rule | None = None
    for line in lines:
        current = _find_rule(line, current, rules, told)
        if current:
            _describe_rule(line, current, told)
            _take_line(line, current, told)
    for rule in rules.values():
        for row in rule.rows if rule.refuses else ():
            if not row.has_condition:
                told.tell("packfiles.refuses_all", row.place)
    if not told.has_errors:
        for rule in rules.values():
            if not rule.rows:
                told.tell("packfiles.no_rows", rule.place, rule=rule.local_id)
    return tuple(rule.build() for rule in rules.values())


def _find_rule(
    line: Line, current: _Rule | None, rules: dict[str, _Rule], told: PackFindings
) -> _Rule | None:
    cell = line["rule_id"]
    if not cell.text:
        if current is None:
            told.tell("packfiles.no_rule_id", cell.place)
        return current
    local_id = cell.text.removeprefix(f"{told.plugin}.")
    if local_id not in rules:
        told.check_local_id(cell.text, cell.place)
        rules[local_id] = _Rule(local_id, cell.place)
    return rules[local_id]


def _describe_rule(line: Line, rule: _Rule, told: PackFindings) -> None:
    for k, column in enumerate(("label", "label_en")):
        text = line.text(column)
        if text and rule.label[k] and text != rule.label[k]:
            params = {"rule": rule.local_id, "first": rule.label[k]}
            told.tell("packfiles.label_differs", line[column].place, **params)
        elif text:
            rule.label = (text, rule.label[1]) if k == 0 else (rule.label[0], text)
    cell = line["spread"]
    if not cell.text:
        return
    spread = _read_number(cell, told)
    if spread is not None and spread < 0:
        told.tell("packfiles.negative_spread", cell.place)
    elif spread is not None and rule.spread not in (None, spread):
        told.tell("packfiles.spread_differs", cell.place, rule=rule.local_id)
    elif spread is not None:
        rule.spread = spread


def _take_line(line: Line, rule: _Rule, told: PackFindings) -> None:
    join = _read_join(line["join"], told)
    has_condition = any(line.text(column) for column in ("field", "operator", "value"))
    has_result = any(line.text(c) for c in _RESULTS if not (join and line[c].is_copy))
    if not (has_condition or has_result or line.text("join")):
        return  # only the rule's name, above its rows
    if not (join or not has_result):
        _begin_row(line, rule, has_condition, told)
    elif not rule.rows:
        code = "packfiles.join_first" if join else "packfiles.no_result"
        told.tell(code, line["join" if join else "points"].place)
    elif not has_condition:
        told.tell("packfiles.join_without_condition", line["field"].place)
    elif line.text("points") and not line["points"].is_copy:
        told.tell("packfiles.points_on_joined", line["points"].place)
    elif line.text("formula") and not line["formula"].is_copy:
        told.tell("packfiles.points_on_joined", line["formula"].place)
    elif find_operator(line.text("operator")) == BANDS:
        told.tell("packfiles.bands_joined", line["operator"].place)
    else:
        rule.rows[-1].has_condition = True
        _join_condition(_read_condition(line, told), rule.rows[-1], join)


def _read_join(cell: Cell, told: PackFindings) -> str:
    join = find_join(cell.text)
    if cell.text and not join:
        told.tell("packfiles.unknown_join", cell.place)
    return join


def _join_condition(condition: PackCondition | None, row: _Row, join: str) -> None:
    if condition is None:
        return
    if join == "or" or not row.alternatives:
        row.alternatives.append([condition])
    else:
        row.alternatives[-1].append(condition)


def _begin_row(line: Line, rule: _Rule, has_condition: bool, told: PackFindings) -> None:
    result = line["points" if line.text("points") else "formula"]
    if result.is_copy:
        told.tell("packfiles.merged_points", result.place)
        return
    reason = line.text("reason"), line.text("reason_en")
    row = _Row(result.place, reason=(reason[0] or reason[1], reason[1] or reason[0]))
    row.has_condition = has_condition
    rule.rows.append(row)
    if find_operator(line.text("operator")) == BANDS:
        row.place = line["value"].place
        row.bands = _read_bands(line, told)
        _set_kind(rule, False, result.place, told)
        return
    if has_condition:
        _join_condition(_read_condition(line, told), row, "")
    _read_result(line, row, rule, told)


def _read_result(line: Line, row: _Row, rule: _Rule, told: PackFindings) -> None:
    points, formula = line["points"], line["formula"]
    if points.text and formula.text:
        told.tell("packfiles.two_results", formula.place, first=points.place.column)
    elif is_refusal(points.text):
        _set_kind(rule, True, points.place, told)
        if line.text("spread"):
            told.tell("packfiles.not_in_condition", line["spread"].place)
    elif points.text:
        row.points = _read_number(points, told)
        _set_kind(rule, False, points.place, told)
    elif formula.text:
        row.formula, row.formula_place = formula.text, formula.place
        _set_kind(rule, False, formula.place, told)
    else:
        told.tell("packfiles.no_result", points.place)


def _set_kind(rule: _Rule, refuses: bool, place: Place, told: PackFindings) -> None:
    if rule.refuses is None:
        rule.refuses = refuses
    elif rule.refuses != refuses:
        told.tell("packfiles.mixed_kinds", place, rule=rule.local_id)


def _read_number(cell: Cell, told: PackFindings) -> Decimal | None:
    number = read_number(cell.text)
    if number is None:
        told.tell("packfiles.bad_number", cell.place)
    return number


# --- conditions ------------------------------------------------------------------------------


def _read_condition(line: Line, told: PackFindings) -> PackCondition | None:
    name, word, value = line["field"], line["operator"], line["value"]
    if not name.text:
        told.tell("packfiles.no_field", name.place)
    if not word.text:
        told.tell("packfiles.no_operator", word.place)
    if not name.text or not word.text:
        return None
    operator = find_operator(word.text)
    if not operator:
        options = "、".join([*OPERATOR_WORDS.values(), BANDS_WORD])
        closest = suggest_operator(word.text)
        code = "packfiles.unknown_operator_close" if closest else "packfiles.unknown_operator"
        told.tell(code, word.place, operator=word.text, options=options, closest=closest)
        return None
    values = _read_values(operator, value, told)
    if values is None:
        return None
    return PackCondition(name.text, cast("Operator", operator), values, name.place, value.place)


def _read_values(operator: str, cell: Cell, told: PackFindings) -> tuple[str, ...] | None:
    if operator in WITHOUT_VALUE:
        if cell.text and not cell.is_copy:
            told.tell("packfiles.surplus_value", cell.place)
        return ()
    if operator == "between" and cell.text:
        return _read_range(cell.text, cell.place, told)
    if operator == "among":
        values = split_values(cell.text)
    else:
        value = read_comparand(operator, cell.text)
        values = () if value is None else (value,)
    if not (values and values[0]):
        told.tell("packfiles.bad_amount" if cell.text else "packfiles.no_value", cell.place)
        return None
    return values


def _read_range(text: str, place: Place, told: PackFindings) -> tuple[str, str] | None:
    found = read_range(text)
    if found is None:
        code = "packfiles.range_is_date" if is_spoilt_range(text) else "packfiles.bad_range"
        told.tell(code, place, value=text)
    return found


def _read_bands(line: Line, told: PackFindings) -> tuple[_Band, ...]:
    name, value, points = line["field"], line["value"], line["points"]
    if not name.text:
        told.tell("packfiles.no_field", name.place)
    if line.text("formula"):
        told.tell("packfiles.two_results", line["formula"].place, first=value.place.column)
    parts, given = split_bands(value.text), split_bands(points.text)
    if not parts or len(parts) != len(given):
        told.tell(
            "packfiles.bands_differ", value.place, bands=str(len(parts)), points=str(len(given))
        )
        return ()
    bands = []
    for part, text, reason in zip(parts, given, _split_reasons(line, len(parts)), strict=True):
        ends = _read_range(part, value.place, told)
        number = read_number(text)
        if number is None:
            told.tell("packfiles.bad_number", points.place, value=text)
        if ends and number is not None:
            condition = PackCondition(name.text, "between", ends, name.place, value.place)
            bands.append(_Band(condition, number, reason))
    return tuple(bands)


def _split_reasons(line: Line, number: int) -> list[tuple[str, str] | None]:
    """Return a reason for each band, None where all have the one of the row."""
    chinese, english = split_bands(line.text("reason")), split_bands(line.text("reason_en"))
    if len(chinese) != number or number == 1:
        return [None] * number
    return list(zip(chinese, english if len(english) == number else chinese, strict=True))
