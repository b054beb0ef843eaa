"""Formulas: points from fields, numbers and a few functions, checked in full when loaded."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from pairmatch.domain.fields import (
    COUNTY_FIELD,
    Field,
    FieldCatalogue,
    name_with_side,
)
from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.plugins import PluginInfo
from pairmatch.hooks.packs.conditions import tell_unknown_name
from pairmatch.hooks.packs.evaluation import NODES, OPERATORS, evaluate_tree
from pairmatch.hooks.packs.intervals import Interval, Range
from pairmatch.hooks.packs.kinds import Checker, FormulaFault, find_range
from pairmatch.hooks.packs.problems import Problems
from pairmatch.hooks.packs.rationals import Rationals
from pairmatch.hooks.packs.tokens import FUNCTION_NAMES, Refusal, Token, split_formula

MAX_NODES = 200
MAX_DEPTH = 100
MAX_POINTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked formula: its tree, the fields it reads by the names in the tree, and its range."""

    text: str
    tree: ast.expr
    fields: Mapping[str, Field]
    low: Fraction
    high: Fraction
    num_nodes: int

    def evaluate(self, columns: Mapping[str, Any]) -> Rationals:
        """Return the exact points for columns of values, by the names in the tree.

        A formula without a field gives one number, which counts for every row.
        """
        return evaluate_tree(self.tree, columns)

    def bound(self, ranges: Mapping[str, Range]) -> Interval:
        """Return an interval with the points for all values of the fields in their ranges."""
        found = Checker(ranges, self.fields).measure(self.tree)
        assert isinstance(found, Interval)  # noqa: S101 - compile_formula has checked it
        return found


def compile_formula(
    text: str,
    fields: FieldCatalogue,
    place: Place = Place(),
    problems: Problems | None = None,
) -> Formula | tuple[Finding, ...]:
    """Return a formula that cannot fail, or what is wrong with it, by the number of the letter.

    Nothing is evaluated here, and nothing is parsed but pieces known to be harmless. A formula that
    passes has a value for every value its fields may have: kinds fit, no divisor can be 0, and the
    points stay within a million either way.
    """
    told = problems or Problems(PluginInfo("", "", ""))
    before = len(told.findings)
    place = replace(place, value=_shorten(text))
    tokens, refusals = split_formula(text, fields)
    for refusal in refusals:
        _tell(refusal, place, fields, told)
    for token in tokens:
        if token.kind == "field" and token.value == COUNTY_FIELD:
            told.add("packs.own_county", place, name=token.text)
    if len(told.findings) > before:
        return tuple(told.findings[before:])
    found = _build(text, tokens, fields)
    if isinstance(found, Refusal):
        _tell(found, place, fields, told)
        return tuple(told.findings[before:])
    return found


def _build(text: str, tokens: list[Token], fields: FieldCatalogue) -> Formula | Refusal:
    source, starts, names, texts = _write_source(tokens, fields)

    def locate(node_at: int) -> int:
        # The piece whose place in the new text is the last one not after the node's.
        k = max((k for k, start in enumerate(starts) if start <= node_at), default=0)
        return tokens[k].at

    try:
        body: ast.expr = ast.parse(source, mode="eval").body
    except SyntaxError as fault:
        # At the end of the text the parser names no place.
        return Refusal("syntax", locate((fault.offset or len(source) + 1) - 1), {})
    except (MemoryError, RecursionError, ValueError):
        return Refusal("too_deep", 0, {"limit": str(MAX_DEPTH)})
    try:
        num_nodes = check_tree(body)
        tree = _Settler(texts).visit(body)
        found = Checker({n: find_range(f) for n, f in names.items()}, names).measure(tree)
        if not isinstance(found, Interval):
            return Refusal("not_points", 0, {})
        if max(abs(found.low), abs(found.high)) > MAX_POINTS:
            raise FormulaFault("unbounded", 0, {"low": _show(found.low), "high": _show(found.high)})
    except FormulaFault as fault:
        return Refusal(fault.code, locate(fault.at), fault.params)
    return Formula(text, tree, names, found.low, found.high, num_nodes)


def _write_source(
    tokens: list[Token], fields: FieldCatalogue
) -> tuple[str, list[int], dict[str, Field], dict[str, str]]:
    """Return the text to parse, where its pieces start, and what its names stand for."""
    names: dict[str, str] = {}
    used: dict[str, Field] = {}
    texts: dict[str, str] = {}
    pieces, starts, at = [], [], 0
    for token in tokens:
        piece = token.value
        if token.kind == "field":
            piece = names.setdefault(token.value, f"f{len(names)}")
            used[piece] = fields[token.value]
        elif token.kind == "text":
            piece = f"s{len(texts)}"
            texts[piece] = token.value
        elif token.kind == "number" and "." not in token.value:
            piece = token.value.lstrip("0") or "0"
        starts.append(at)
        pieces.append(piece)
        at += len(piece) + 1
    return " ".join(pieces), starts, used, texts


def check_tree(tree: ast.expr) -> int:
    """Return how large a tree is, if it holds nothing but the few things a formula may hold.

    Raises
    ------
    FormulaFault
        If it does, or if it is too large or too deep.
    """
    num_nodes, layer, depth = 0, [tree], 0
    while layer:
        depth += 1
        num_nodes += len(layer)
        if num_nodes > MAX_NODES:
            raise FormulaFault("too_big", 0, {"limit": str(MAX_NODES)})
        if depth > MAX_DEPTH:
            raise FormulaFault("too_deep", 0, {"limit": str(MAX_DEPTH)})
        for node in layer:
            _check_node(node)
        layer = [child for node in layer for child in _list_children(node)]
    return num_nodes


def _check_node(node: ast.expr) -> None:
    if not isinstance(node, NODES):
        raise FormulaFault("not_allowed", node.col_offset, {})
    operators: list[ast.AST] = list(node.ops) if isinstance(node, ast.Compare) else []
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        operators.append(node.op)
    if not all(type(op) in OPERATORS for op in operators):
        raise FormulaFault("not_allowed", node.col_offset, {})
    if isinstance(node, ast.Call):
        is_known = isinstance(node.func, ast.Name) and node.func.id in FUNCTION_NAMES.values()
        if node.keywords or not is_known:
            raise FormulaFault("not_allowed", node.col_offset, {})
    if isinstance(node, ast.Constant) and type(node.value) not in {int, float}:
        raise FormulaFault("not_allowed", node.col_offset, {})


def _list_children(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        return node.args
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


class _Settler(ast.NodeTransformer):
    """Put in texts and exact numbers, and write 如果(c, a, b) as a if c else b."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.texts:
            return node
        return ast.copy_location(ast.Constant(self.texts[node.id]), node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        # repr() gives the shortest decimal of a float, which is the one that was written.
        return ast.copy_location(ast.Constant(Fraction(repr(node.value))), node)  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(arg) for arg in node.args]
        if not (isinstance(node.func, ast.Name) and node.func.id == "choose"):
            return node
        if len(node.args) != 3:  # noqa: PLR2004
            raise FormulaFault("arguments", node.col_offset, {"name": "如果", "wanted": "3"})
        test, body, orelse = node.args
        return ast.copy_location(ast.IfExp(test, body, orelse), node)


# --- telling ---------------------------------------------------------------------------------


def _tell(refusal: Refusal, place: Place, fields: FieldCatalogue, problems: Problems) -> None:
    params = {**refusal.params, "position": str(refusal.at + 1)}
    written = params.pop("text", "")
    if refusal.code == "name":
        tell_unknown_name(
            "packs.formula_name", written, place, fields, problems, position=params["position"]
        )
        return
    if refusal.code == "ambiguous":
        ids = params.pop("ids").split(",")
        params["options"] = "、".join(name_with_side(fields[field_id]) for field_id in ids)
    if written:
        params["text"] = _shorten(written)
    problems.add(f"packs.formula_{refusal.code}", place, **params)


def _shorten(text: str, limit: int = 60) -> str:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[: limit + 1])
    return shown if len(text) <= limit else f"{shown[:limit]}…"


def _show(number: Fraction) -> str:
    return f"{float(number):.6g}" if abs(number) < 10**300 else "1e300"
