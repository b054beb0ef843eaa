"""Templates of help plans: a county's own form, filled in with the fields of a plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pairmatch.domain.findings import Finding

TemplateKind = Literal["docx", "text"]
TEMPLATE_KINDS: tuple[TemplateKind, ...] = ("docx", "text")


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A template for the help plans of one county.

    Parameters
    ----------
    template_id
        Name of the plugin, a dot and the name of the template: ``renqiu.help_plan``.
    county
        The county whose pairs get a document made from it.
    name_zh
        What the document is called; its file is named after it.
    kind
        ``docx`` (a Word document) or ``text`` (UTF-8).
    data
        The template itself.
    plugin
        The plugin it belongs to; filled in by the core.
    """

    template_id: str
    county: str
    name_zh: str
    kind: TemplateKind
    data: bytes
    plugin: str = ""


CheckTemplate = Callable[[PlanTemplate, str], tuple[Finding, ...]]
"""Returns what is wrong with a template; the text names it in the findings."""


def accept_template(_template: PlanTemplate, _file: str) -> tuple[Finding, ...]:
    """Return no findings: for whoever takes a template over and leaves the check to others."""
    return ()


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What actions and templates of plugins are checked against.

    `action_ids` are those of the scenario's catalogue, which may come before a plugin's own
    actions; None if they are not known here and others check it.
    """

    action_ids: frozenset[str] | None = None
    check_template: CheckTemplate = accept_template


NO_CONTEXT = PlanContext()
