"""What every part of a formula is - a number, a condition, a text - and between which values."""

import ast
import difflib
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar

from pairmatch.domain.fields import Field
from pairmatch.hooks.packs import intervals
from pairmatch.hooks.packs.conditions import NO_WORDS, YES_WORDS
from pairmatch.hooks.packs.intervals import Interval, Range, Verdict, Word

MAX_PLACES = 6
_NUM_ARGUMENTS: Mapping[str, tuple[int, int]] = {
    "min": (2, 20),
    "max": (2, 20),
    "abs": (1, 1),
    "round": (1, 2),
}
_DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
_BINARY: Mapping[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: intervals.add,
    ast.Sub: intervals.subtract,
    ast.Mult: intervals.multiply,
    ast.Div: intervals.divide,
    ast.FloorDiv: intervals.divide_down,
    ast.Mod: intervals.take_rest,
}
_ORDER: Mapping[type[ast.cmpop], Callable[[Interval, Interval], Verdict]] = {
    ast.Eq: intervals.is_equal,
    ast.NotEq: intervals.is_unequal,
    ast.Lt: intervals.is_less,
    ast.LtE: intervals.is_at_most,
    ast.Gt: intervals.is_more,
    ast.GtE: intervals.is_at_least,
}


class FormulaFault(Exception):
    """A formula that is refused: the end of a message code, where, and parameters."""

    def __init__(self, code: str, at: int, params: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.at = at
        self.params = params


def find_range(field: Field) -> Range | None:
    """Return all that a field may be in a formula; None if it cannot be used in one."""
    if field.kind == "yes_no":
        return Verdict(False, True)
    if field.kind == "text":
        return Word(None)
    if field.kind == "set" or field.minimum is None or field.maximum is None:
        return None
    return Interval(to_fraction(field.minimum), to_fraction(field.maximum))


@lru_cache(maxsize=1 << 12)
def to_fraction(number: float) -> Fraction:
    """Return the decimal a number is written as, exactly: 0.1 is 1/10."""
    return Fraction(repr(number)) if math.isfinite(number) else Fraction(0)


class Checker:
    """Measures a tree over given ranges of its fields, and refuses what does not fit."""

    def __init__(self, ranges: Mapping[str, Range | None], fields: Mapping[str, Field]) -> None:
        self.ranges = ranges
        self.fields = fields

    def measure(self, node: ast.expr) -> Range:
        """Return what a part may be.

        Raises
        ------
        FormulaFault
            If kinds do not fit, or a divisor may be 0.
        """
        return self._measures[type(node)](self, node)

    def _measure_name(self, node: ast.Name) -> Range:
        found = self.ranges.get(node.id)
        if found is None:
            field = self.fields.get(node.id)
            if field is None:
                raise FormulaFault("not_allowed", node.col_offset, {})
            raise FormulaFault("field_kind", node.col_offset, _name(field))
        return found

    def _measure_constant(self, node: ast.Constant) -> Range:
        if isinstance(node.value, str | bool):
            return Word(str(node.value))
        number = Fraction(node.value)  # type: ignore[arg-type]
        return Interval(number, number)

    def _measure_unary(self, node: ast.UnaryOp) -> Range:
        if isinstance(node.op, ast.Not):
            return intervals.turn_round(self._condition(node.operand))
        number = self._number(node.operand)
        return intervals.negate(number) if isinstance(node.op, ast.USub) else number

    def _measure_binary(self, node: ast.BinOp) -> Range:
        left, right = self._number(node.left), self._number(node.right)
        if isinstance(node.op, _DIVISIONS) and right.has_zero:
            raise FormulaFault("divisor", node.right.col_offset, {})
        return _BINARY[type(node.op)](left, right)

    def _measure_bool(self, node: ast.BoolOp) -> Range:
        verdicts = [self._condition(value) for value in node.values]
        join = all if isinstance(node.op, ast.And) else any
        return Verdict(join(v.sure for v in verdicts), join(v.maybe for v in verdicts))

    def _measure_compare(self, node: ast.Compare) -> Range:
        parts = [node.left, *node.comparators]
        ranges = [self.measure(part) for part in parts]
        if any(isinstance(found, Word) for found in ranges):
            return self._compare_words(node, parts, ranges)
        numbers = [_take_number(*both) for both in zip(ranges, parts, strict=True)]
        verdicts = [_ORDER[type(op)](numbers[k], numbers[k + 1]) for k, op in enumerate(node.ops)]
        return Verdict(all(v.sure for v in verdicts), all(v.maybe for v in verdicts))

    def _compare_words(
        self, node: ast.Compare, parts: list[ast.expr], ranges: list[Range]
    ) -> Range:
        """Return whether a field of words is, or is not, a text that is written out."""
        is_plain = len(parts) == 2 and isinstance(node.ops[0], ast.Eq | ast.NotEq)  # noqa: PLR2004
        texts = [p for p in parts if isinstance(p, ast.Constant)]
        names = [p for p in parts if isinstance(p, ast.Name)]
        if not (is_plain and len(texts) == 1 and len(names) == 1):
            raise FormulaFault("text_compare", node.col_offset, {})
        field = self.fields[names[0].id]
        constant = texts[0]
        if isinstance(constant.value, str):
            # The tree keeps the stored value, so that evaluating needs no catalogue.
            constant.value = self._settle_word(constant, field)
        same = _is_same(self.ranges[names[0].id], constant.value)
        return same if isinstance(node.ops[0], ast.Eq) else intervals.turn_round(same)

    def _settle_word(self, constant: ast.Constant, field: Field) -> str | bool:
        """Return the stored value of a text that is compared with a field."""
        text = str(constant.value).strip()
        if field.kind == "yes_no" and text.lower() in YES_WORDS | NO_WORDS:
            return text.lower() in YES_WORDS
        words = {word.lower(): stored for word, stored in field.choices}
        words |= {stored.lower(): stored for _word, stored in field.choices}
        if field.kind == "text" and (not words or text.lower() in words):
            return words.get(text.lower(), text)
        if field.kind not in {"text", "yes_no"}:
            raise FormulaFault("text_compare", constant.col_offset, {})
        known = [word for word, _stored in field.choices]
        closest = difflib.get_close_matches(text, known, n=3, cutoff=0.3) or known[:8]
        params = {"text": text, "options": "、".join(closest), **_name(field)}
        raise FormulaFault("choice", constant.col_offset, params)

    def _measure_choice(self, node: ast.IfExp) -> Range:
        test = self._condition(node.test)
        body, other = self._number(node.body), self._number(node.orelse)
        if test.sure:
            return body
        return intervals.hull(body, other) if test.maybe else other

    def _measure_call(self, node: ast.Call) -> Range:
        if not isinstance(node.func, ast.Name) or node.func.id not in _NUM_ARGUMENTS:
            raise FormulaFault("not_allowed", node.col_offset, {})
        name = node.func.id
        least, most = _NUM_ARGUMENTS[name]
        if not least <= len(node.args) <= most:
            wanted = str(least) if least == most else f"{least}–{most}"
            raise FormulaFault("arguments", node.col_offset, {"name": name, "wanted": wanted})
        numbers = [self._number(arg) for arg in node.args]
        if name == "round" and len(numbers) > 1:
            self._check_places(node.args[1])
        return intervals.FUNCTIONS[name](*numbers)

    def _check_places(self, node: ast.expr) -> None:
        is_whole = isinstance(node, ast.Constant) and isinstance(node.value, Fraction)
        value = node.value if isinstance(node, ast.Constant) else None
        if not (is_whole and value in range(MAX_PLACES + 1)):
            raise FormulaFault("places", node.col_offset, {"limit": str(MAX_PLACES)})

    def _number(self, node: ast.expr) -> Interval:
        return _take_number(self.measure(node), node)

    def _condition(self, node: ast.expr) -> Verdict:
        found = self.measure(node)
        if not isinstance(found, Verdict):
            raise FormulaFault("not_a_condition", node.col_offset, {})
        return found

    _measures: ClassVar[Mapping[type[ast.expr], Callable[..., Range]]] = {
        ast.Name: _measure_name,
        ast.Constant: _measure_constant,
        ast.UnaryOp: _measure_unary,
        ast.BinOp: _measure_binary,
        ast.BoolOp: _measure_bool,
        ast.Compare: _measure_compare,
        ast.IfExp: _measure_choice,
        ast.Call: _measure_call,
    }


def _take_number(found: Range, node: ast.expr) -> Interval:
    if not isinstance(found, Interval):
        code = "not_a_number" if isinstance(found, Word) else "not_a_value"
        raise FormulaFault(code, node.col_offset, {})
    return found


def _is_same(found: Range | None, wanted: object) -> Verdict:
    if isinstance(found, Verdict):
        return found if wanted is True else intervals.turn_round(found)
    if isinstance(found, Word) and found.text is not None:
        return Verdict(found.text == wanted, found.text == wanted)
    return Verdict(False, True)


def _name(field: Field) -> dict[str, str]:
    return {"field": field.name_zh, "field_en": field.name_en}
