"""The rules that come with pairmatch, given through the same hooks as counties' rules."""

from collections.abc import Sequence

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.hooks.builtin import (
    coverage,
    difficulty,
    eligibility,
    external,
    history,
    industry,
    priority,
    proximity,
    wishes,
)
from pairmatch.hooks.specs import hookimpl

MODULES = (coverage, difficulty, external, history, industry, priority, proximity, wishes)


@hookimpl
def pairmatch_score_rules(county: str) -> Sequence[ScoreRule]:
    """Return the built-in scoring rules, which hold for the whole city."""
    if county:
        return ()
    return tuple(rule for module in MODULES for rule in module.RULES)


@hookimpl
def pairmatch_eligibility_rules(county: str) -> Sequence[EligibilityRule]:
    """Return the built-in conditions, which hold for the whole city."""
    return () if county else eligibility.RULES
