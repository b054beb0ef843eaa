"""What a template may say: fields by name, loops over lists, conditions, and nothing else.

A template of a county is data. Its expressions are read as a tree before anything is rendered, and
whatever is not on the list here is refused by name: calls, arithmetic, assignments, imports,
names with an underscore in front. So nothing can run for long or reach what it should not.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from pairmatch.domain.findings import Finding
from pairmatch.report.planfields import PlanField
from pairmatch.report.templatearchives import tell

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

FILTERS = ("count", "length", "trim")
TESTS = ("even", "odd")
LOOP_FIELDS = ("first", "index", "index0", "last", "length", "revindex")
MOST_NESTED = 2
MOST_NODES = 20_000
MOST_OUTPUT = 16 << 20
"""Most characters that a part may become."""

ASSUMED_ROWS = 60
"""Rows that a list is taken to have where a template is checked without its fields."""
_ROW = "a row"
_ASSUMED_TEXT = 200
_ESCAPED = 6
_NUM_CLOSE = 2

Scope = Mapping[str, "PlanField | None"]
"""What names mean: a field, or None for the counters of a loop."""


@cache
def make_environment() -> "Environment":
    """Return the environment in which templates are read and rendered."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.tests = {name: environment.tests[name] for name in TESTS}
    return environment


def name_both(fields: Iterable[PlanField]) -> dict[str, PlanField]:
    """Return fields by both their names."""
    return {name: known for known in fields for name in (known.name, known.name_zh)}


def check_text(
    text: str, known: Sequence[PlanField], file: str, part: str
) -> tuple["nodes.Template | None", list[Finding]]:
    """Return the tree of a template text, or everything that is wrong with it.

    Parameters
    ----------
    text
        The text of a part.
    known
        The fields there are.
    file, part
        Names for the findings.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        tree = make_environment().parse(text)
    except (TemplateSyntaxError, TemplateError, RecursionError, OverflowError) as error:
        detail = str(getattr(error, "message", "") or type(error).__name__)
        return None, [tell(file, "planfiles.template_syntax", part, detail=detail)]
    checker = _Checker(file, part)
    try:
        checker.check(tree, name_both(known), 0)
    except RecursionError:
        checker.findings.append(tell(file, "planfiles.template_too_deep", part))
    return (None, checker.findings) if checker.findings else (tree, [])


def estimate_output(tree: "nodes.Node", lists: Mapping[str, int], longest: int) -> int:
    """Return how many characters a tree becomes at most.

    Parameters
    ----------
    tree
        A checked tree.
    lists
        How many rows the lists have at most, by name; lists inside rows by their own names.
    longest
        Length of the longest text of a field.
    """
    from jinja2 import nodes

    if isinstance(tree, nodes.TemplateData):
        return len(tree.data)
    if isinstance(tree, nodes.For):
        body = sum(estimate_output(child, lists, longest) for child in tree.body)
        other = sum(estimate_output(child, lists, longest) for child in tree.else_)
        return lists.get(_name_list(tree.iter), ASSUMED_ROWS) * body + other
    if isinstance(tree, nodes.Expr):
        # A sum of texts is as long as its parts; anything else is one text at most.
        parts = [estimate_output(child, lists, longest) for child in tree.iter_child_nodes()]
        own = len(str(tree.value)) if isinstance(tree, nodes.Const) else longest
        return max(sum(parts), own) * (_ESCAPED if not parts else 1)
    return sum(estimate_output(child, lists, longest) for child in tree.iter_child_nodes())


def count_rows(fields: Mapping[str, Any], known: Iterable[PlanField]) -> dict[str, int]:
    """Return the most rows of each list under both its names, also of lists inside rows."""
    counts: dict[str, int] = {}
    for entry in known:
        if not entry.items:
            continue
        rows = fields[entry.name]
        inner = [count_rows(row, entry.items) for row in rows]
        found = {entry.name: len(rows), entry.name_zh: len(rows)}
        for one in (found, *inner):
            counts |= {name: max(counts.get(name, 0), n) for name, n in one.items()}
    return counts


def measure_longest(value: Any) -> int:
    """Return the length of the longest text of the fields."""
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, Mapping) else value
    return max((measure_longest(item) for item in items), default=0)


def exceeds_output(
    tree: "nodes.Node", fields: Mapping[str, Any], known: Sequence[PlanField]
) -> bool:
    """Return whether a tree could become too long; without fields, with lists as assumed."""
    lists = count_rows(fields, known) if fields else {}
    longest = measure_longest(fields) if fields else _ASSUMED_TEXT
    return estimate_output(tree, lists, longest) > MOST_OUTPUT


@dataclass
class _Checker:
    """Walks a tree and collects what is not allowed in it."""

    file: str
    part: str
    findings: list[Finding] = field(default_factory=list)
    num_nodes: int = 0

    def check(self, node: "nodes.Node", scope: Scope, depth: int) -> None:
        """Check a node and what is under it; `depth` counts the loops around it."""
        from jinja2 import nodes

        self.num_nodes += 1
        if self.num_nodes == MOST_NODES:
            self._add("planfiles.template_too_deep")
        if self.num_nodes >= MOST_NODES:
            return
        if isinstance(node, nodes.For):
            self._check_loop(node, scope, depth)
        elif isinstance(node, nodes.Output):
            for shown in node.nodes:
                self._check_shown(shown, scope, depth)
        elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            self._resolve(node, scope)
        elif self._is_allowed(node):
            for child in node.iter_child_nodes():
                self.check(child, scope, depth)
        else:
            self._add("planfiles.template_forbidden", what=_describe(node))

    def _check_loop(self, node: "nodes.For", scope: Scope, depth: int) -> None:
        from jinja2 import nodes

        if depth >= MOST_NESTED:
            self._add("planfiles.template_too_deep")
            return
        if node.recursive or not isinstance(node.target, nodes.Name):
            self._add("planfiles.template_forbidden", what=_describe(node.target))
            return
        found = None
        if isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
            found = self._resolve(node.iter, scope)
            if found is not None and (not found.items or found.about == _ROW):
                self._add("planfiles.template_no_list", field=found.name_zh)
        else:
            self._add("planfiles.template_forbidden", what=_describe(node.iter))
        row = PlanField(node.target.name, node.target.name, _ROW, found.items if found else ())
        inner = {**scope, node.target.name: row, "loop": None}
        for statement in node.body:
            self.check(statement, inner, depth + 1)
        if node.test is not None:
            self.check(node.test, inner, depth)
        for statement in node.else_:
            self.check(statement, scope, depth)

    def _check_shown(self, node: "nodes.Node", scope: Scope, depth: int) -> None:
        from jinja2 import nodes

        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            found = self._resolve(node, scope)
            if found is not None and found.items:
                self._add("planfiles.template_is_list", field=found.name_zh)
        else:
            self.check(node, scope, depth)

    def _resolve(self, node: "nodes.Node", scope: Scope) -> PlanField | None:
        """Return the field that a name means; what means none is told."""
        from jinja2 import nodes

        if isinstance(node, nodes.Name):
            if node.name not in scope:
                self._add_unknown(node.name, scope)
            return scope.get(node.name)
        if isinstance(node, nodes.Getattr):
            return self._resolve_part(node.node, node.attr, scope)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            return self._resolve_part(node.node, str(node.arg.value), scope)
        self._add("planfiles.template_forbidden", what=_describe(node))
        return None

    def _resolve_part(self, whole: "nodes.Node", name: str, scope: Scope) -> PlanField | None:
        """Return the field of a row, where `whole` is the row."""
        from jinja2 import nodes

        if isinstance(whole, nodes.Name) and whole.name == "loop" and "loop" in scope:
            if name not in LOOP_FIELDS:
                self._add_unknown(f"loop.{name}", LOOP_FIELDS)
        elif isinstance(whole, nodes.Name | nodes.Getattr | nodes.Getitem):
            row = self._resolve(whole, scope)
            if row is not None:
                items = name_both(row.items)
                if name not in items:
                    self._add_unknown(name, items)
                return items.get(name)
        else:
            self._add("planfiles.template_forbidden", what=_describe(whole))
        return None

    def _is_allowed(self, node: "nodes.Node") -> bool:
        from jinja2 import nodes

        if isinstance(node, nodes.Filter):
            plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
            return node.name in FILTERS and plain and node.node is not None
        if isinstance(node, nodes.Test):
            return node.name in TESTS and not (node.args or node.kwargs)
        if isinstance(node, nodes.Const):
            return isinstance(node.value, str | int | bool)
        return isinstance(
            node,
            nodes.Template
            | nodes.TemplateData
            | nodes.If
            | nodes.CondExpr
            | nodes.Compare
            | nodes.Operand
            | nodes.And
            | nodes.Or
            | nodes.Not
            | nodes.Concat,
        )

    def _add_unknown(self, name: str, known: Iterable[str]) -> None:
        close = difflib.get_close_matches(name, list(known), _NUM_CLOSE)
        code = "planfiles.template_unknown_close" if close else "planfiles.template_unknown"
        self._add(code, field=name, close="、".join(close))

    def _add(self, code: str, **params: str) -> None:
        found = tell(self.file, code, self.part, **params)
        if found not in self.findings:
            self.findings.append(found)


def _describe(node: "nodes.Node") -> str:
    """Return what a forbidden node is, in the words of a template."""
    from jinja2 import nodes

    if isinstance(node, nodes.Call):
        inner = node.node
        return f"{getattr(inner, 'name', getattr(inner, 'attr', ''))}()"
    if isinstance(node, nodes.Filter):
        return f"|{node.name}"
    if isinstance(node, nodes.Test):
        return f"is {node.name}"
    return type(node).__name__.lower()


def _name_list(node: "nodes.Node") -> str:
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return str(node.arg.value)
    return ""
