"""Evaluate a checked formula: simpleeval with exactly our operators, functions and names.

A formula is evaluated once for many rows: its names stand for arrays of exact values, and so do
its parts. Both branches of a choice are evaluated, which a checked formula cannot fail at.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from simpleeval import SimpleEval  # type: ignore[import-untyped]

from pairmatch.hooks.packs.intervals import round_half_up

Atom = Fraction | bool | str


def simplify(number: Any) -> Any:
    """Return a whole fraction as a plain number, which Python calculates with many times faster."""
    is_whole = type(number) is Fraction and number.denominator == 1
    return number.numerator if is_whole else number


_divide: Any = np.frompyfunc(lambda a, b: simplify(Fraction(a, b)), 2, 1)
_round_all: Any = np.frompyfunc(round_half_up, 2, 1)


def _join(function: Any) -> Callable[..., Any]:
    return lambda *arguments: reduce(function, arguments)


OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: lambda value: np.logical_not(_as_mask(value)),
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": _join(np.minimum),
    "max": _join(np.maximum),
    "abs": abs,
    "round": lambda value, places=Fraction(0): _round_all(value, places),
}
NODES = (
    ast.Name,
    ast.Constant,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
)
"""The only kinds of expressions there are."""


def _as_mask(value: Any) -> Any:
    return np.asarray(value).astype(np.bool_)


class FormulaEval(SimpleEval):  # type: ignore[misc]
    """An evaluator that knows nothing but what formulas may hold, for arrays of values."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=dict(OPERATORS), functions=dict(FUNCTIONS), names=names)
        own = {
            ast.Compare: self._compare_all,
            ast.BoolOp: self._join_all,
            ast.IfExp: self._choose_each,
        }
        self.nodes: dict[type[ast.AST], Any] = {
            kind: own.get(kind) or self.nodes[kind] for kind in NODES
        }

    def _compare_all(self, node: ast.Compare) -> Any:
        parts = [self._eval(part) for part in (node.left, *node.comparators)]
        pairs = zip(node.ops, parts, parts[1:], strict=False)
        found = [_as_mask(self.operators[type(op)](a, b)) for op, a, b in pairs]
        return reduce(np.logical_and, found)

    def _join_all(self, node: ast.BoolOp) -> Any:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return reduce(join, [_as_mask(self._eval(part)) for part in node.values])

    def _choose_each(self, node: ast.IfExp) -> Any:
        parts = (self._eval(part) for part in (node.body, node.orelse))
        return np.where(_as_mask(self._eval(node.test)), *map(_as_objects, parts))


def _as_objects(value: Any) -> Any:
    array = np.empty((), dtype=object)
    array[()] = value
    return value if isinstance(value, np.ndarray) else array


def evaluate_tree(tree: ast.expr, rows: Iterable[Mapping[str, Atom]]) -> list[Fraction]:
    """Return the exact values of a checked tree, one for each row of values of its fields.

    Numbers are fractions, made from decimals as written, so that 0.1 + 0.2 is 0.3.
    """
    cases = list(rows)
    names = cases[0] if cases else {}
    columns = {name: make_column([case[name] for case in cases]) for name in names}
    return evaluate_columns(tree, columns, len(cases))


def evaluate_columns(tree: ast.expr, columns: Mapping[str, Any], size: int) -> list[Fraction]:
    """Return the exact values of a checked tree, whose names stand for arrays of that size."""
    if not size:
        return []
    found = FormulaEval(columns).eval("", previously_parsed=tree)
    return [
        Fraction(value) if type(value) is not Fraction else value
        for value in np.broadcast_to(_as_objects(found), size).tolist()
    ]


def make_column(values: Sequence[Atom | None]) -> Any:
    """Return an array that holds the values as they are."""
    column = np.empty(len(values), dtype=object)
    column[:] = [simplify(value) for value in values]
    return column
