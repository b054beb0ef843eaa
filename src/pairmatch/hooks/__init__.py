"""Hook specifications, the plugin manager and the built-in rules; the only importer of pluggy.

Authors of plugins import everything from here.
"""

from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.domain.candidates import (
    Candidates,
    CodedReasons,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.plantemplates import PlanTemplate
from pairmatch.domain.plugins import API_LEVEL, PluginInfo
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.hooks.authoring import (
    NO_POINTS,
    Points,
    make_contribution,
    refuse_pairs,
    score_pairs,
)
from pairmatch.hooks.specs import hookimpl

__all__ = [
    "API_LEVEL",
    "NO_POINTS",
    "ActionType",
    "Candidates",
    "CodedReasons",
    "Contribution",
    "EligibilityRule",
    "PlanTemplate",
    "PluginInfo",
    "Points",
    "Prerequisite",
    "Reading",
    "Reason",
    "ScoreRule",
    "Unit",
    "Village",
    "hookimpl",
    "make_contribution",
    "refuse_pairs",
    "score_pairs",
]
