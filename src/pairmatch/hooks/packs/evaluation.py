"""Evaluate a checked formula: simpleeval with exactly our operators, functions and names.

A formula is evaluated once for many rows: its names stand for arrays of exact values, and so do
its parts. Both branches of a choice are evaluated, which a checked formula cannot fail at.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from simpleeval import SimpleEval  # type: ignore[import-untyped]

from pairmatch.domain.candidates import BoolArray
from pairmatch.hooks.packs import rationals
from pairmatch.hooks.packs.rationals import Rationals, as_mask, make_rational, make_rationals

Atom = Fraction | bool | str


def _are_same(a: Any, b: Any) -> BoolArray:
    """Return where two numbers, texts, or a yes and a no are the same."""
    if isinstance(a, Rationals) and isinstance(b, Rationals):
        return rationals.is_equal(a, b)
    return as_mask(a == b)


def _join(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *arguments: reduce(function, arguments)


OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: rationals.add,
    ast.Sub: rationals.subtract,
    ast.Mult: rationals.multiply,
    ast.Div: rationals.divide,
    ast.FloorDiv: rationals.divide_down,
    ast.Mod: rationals.take_rest,
    ast.USub: rationals.negate,
    ast.UAdd: lambda value: value,
    ast.Not: lambda value: ~as_mask(value),
    ast.Eq: _are_same,
    ast.NotEq: lambda a, b: ~_are_same(a, b),
    ast.Lt: rationals.is_less,
    ast.LtE: lambda a, b: ~rationals.is_less(b, a),
    ast.Gt: lambda a, b: rationals.is_less(b, a),
    ast.GtE: lambda a, b: ~rationals.is_less(a, b),
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": _join(rationals.take_least),
    "max": _join(rationals.take_most),
    "abs": rationals.take_size,
    "round": rationals.round_half_up,
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


class FormulaEval(SimpleEval):  # type: ignore[misc]
    """An evaluator that knows nothing but what formulas may hold, for arrays of values."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=dict(OPERATORS), functions=dict(FUNCTIONS), names=names)
        own = {
            ast.Constant: self._take_constant,
            ast.Compare: self._compare_all,
            ast.BoolOp: self._join_all,
            ast.IfExp: self._choose_each,
        }
        self.nodes: dict[type[ast.AST], Any] = {
            kind: own.get(kind) or self.nodes[kind] for kind in NODES
        }

    def _take_constant(self, node: ast.Constant) -> Any:
        value: Any = node.value  # a fraction, which the parser never makes
        return make_rational(value) if isinstance(value, Fraction) else value

    def _compare_all(self, node: ast.Compare) -> Any:
        parts = [self._eval(part) for part in (node.left, *node.comparators)]
        pairs = zip(node.ops, parts, parts[1:], strict=False)
        return reduce(np.logical_and, [self.operators[type(op)](a, b) for op, a, b in pairs])

    def _join_all(self, node: ast.BoolOp) -> Any:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return reduce(join, [as_mask(self._eval(part)) for part in node.values])

    def _choose_each(self, node: ast.IfExp) -> Any:
        test, body, orelse = (self._eval(part) for part in (node.test, node.body, node.orelse))
        return rationals.choose(as_mask(test), body, orelse)


def evaluate_tree(tree: ast.expr, columns: Mapping[str, Any]) -> Rationals:
    """Return the exact values of a checked tree, whose names stand for the columns.

    Numbers are fractions, made from decimals as written, so that 0.1 + 0.2 is 0.3.
    """
    found: Rationals = FormulaEval(columns).eval("", previously_parsed=tree)
    return found


def make_column(values: Sequence[Atom]) -> Any:
    """Return a column of the values a field has, all of one kind."""
    if values and not isinstance(values[0], Fraction):
        return np.array(values, dtype=object)
    return make_rationals([value for value in values if isinstance(value, Fraction)])
