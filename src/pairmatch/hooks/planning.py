"""What plugins add to plans: their actions and templates, checked when they are loaded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pairmatch.domain.actionfaults import list_action_faults, list_chain_faults
from pairmatch.domain.actions import ActionType
from pairmatch.domain.plantemplates import CheckTemplate, PlanTemplate
from pairmatch.domain.plugins import PluginInfo
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.containment import Containment, make_fault
from pairmatch.hooks.planrecords import (
    MOST_ACTIONS,
    MOST_TEMPLATE_BYTES,
    MOST_TEMPLATES,
    take_action,
    take_template,
)

if TYPE_CHECKING:
    from pairmatch.domain.findings import Finding


def check_actions(
    containment: Containment,
    actions: Sequence[ActionType],
    info: PluginInfo,
    taxonomy: Taxonomy,
    known: frozenset[str] | None,
) -> tuple[ActionType, ...]:
    """Return the actions of a plugin as plain records that say whose they are.

    Parameters
    ----------
    containment
        What the plugin's code runs in.
    actions
        What it gave, sorted by id.
    info
        What it says about itself.
    taxonomy
        What actions may name.
    known
        Ids of the catalogue, which may come before; None if they are checked elsewhere.

    Raises
    ------
    PluginFaultError
        If there is anything wrong with them; the findings say all of it.
    """
    if len(actions) > MOST_ACTIONS:
        containment.refuse("hooks.too_many", count=str(len(actions)), most=str(MOST_ACTIONS))
    own = tuple(
        replace(take_action(action), plugin=info.name, county=info.county) for action in actions
    )
    there = known
    if there is None:
        # What begins otherwise is none of its own: whoever knows the catalogue checks it.
        named = {p.action_id for action in own for p in action.prerequisites}
        there = frozenset(name for name in named if not name.startswith(f"{info.name}."))
    faults = [fault for action in own for fault in list_action_faults(action, taxonomy)]
    faults += list_chain_faults(own, [action.action_id for action in own], there)
    if faults:
        told = [
            containment.describe_fault(fault.code, fault.action_id, **fault.params)
            for fault in faults
        ]
        raise make_fault(told, info.name)
    return own


def check_templates(
    containment: Containment,
    templates: Sequence[PlanTemplate],
    info: PluginInfo,
    check_template: CheckTemplate,
) -> tuple[PlanTemplate, ...]:
    """Return the templates of a plugin as plain records that say whose they are.

    Parameters
    ----------
    containment
        What the plugin's code runs in.
    templates
        What it gave, sorted by id.
    info
        What it says about itself.
    check_template
        Says what is wrong with a template.

    Raises
    ------
    PluginFaultError
        If there is anything wrong with them; the findings say all of it.
    """
    if len(templates) > MOST_TEMPLATES:
        containment.refuse("hooks.too_many", count=str(len(templates)), most=str(MOST_TEMPLATES))
    own = tuple(
        replace(take_template(template), plugin=info.name, county=info.county)
        for template in templates
    )
    if sum(len(template.data) for template in own) > MOST_TEMPLATE_BYTES:
        containment.refuse("hooks.large_templates", limit=str(MOST_TEMPLATE_BYTES >> 20))
    findings: list[Finding] = []
    for template in own:
        if not template.name_zh:
            containment.refuse("hooks.template_unnamed", template.template_id)
        file = f"{containment.source.origin}/{template.template_id}"
        findings += [
            replace(
                found,
                params=containment.describe_fault(
                    found.code, template.template_id, **found.params
                ).params,
            )
            for found in check_template(template, file)
        ]
    if findings:
        raise make_fault(findings, info.name)
    return own
