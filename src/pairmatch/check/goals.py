"""Objective levels that the data give nothing to look at, and tolerances without effect."""

from collections.abc import Iterator

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.tables import list_all_texts

SETTINGS_FILE = "scenario.toml"


def check_goals(inputs: Inputs) -> tuple[Finding, ...]:
    """Return findings on goals that compare counties without names, and on a last `within`.

    Parameters
    ----------
    inputs
        The inputs with their settings.
    """
    return (*_tell_counties(inputs), *_tell_last_within(inputs))


def _tell_counties(inputs: Inputs) -> Iterator[Finding]:
    levels = inputs.scenario.objective.levels
    goal = next((level.goal for level in levels if level.goal.endswith("_county")), "")
    nameless = 0
    if goal:
        nameless = sum(not county for county in list_all_texts(inputs.villages, "county"))
    if goal and nameless:
        params = {"goal": goal, "count": str(nameless), "villages": str(len(inputs.villages))}
        yield Finding("check.goal_without_county", Severity.WARNING, _place(goal), params)


def _tell_last_within(inputs: Inputs) -> Iterator[Finding]:
    last = inputs.scenario.objective.levels[-1]
    if last.share or last.amount:
        params = {"goal": last.goal, "within": last.within or ""}
        yield Finding("check.within_last", Severity.WARNING, _place(last.goal), params)


def _place(goal: str) -> Place:
    return Place(SETTINGS_FILE, "", 0, "objective.levels", "", goal)
