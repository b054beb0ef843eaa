"""What is claimed of a pairing: no more than its certificate or its bounds say."""

from collections.abc import Sequence
from typing import get_args

from pairmatch.domain.objectives import find_headline, show_level
from pairmatch.domain.proposal import Proposal
from pairmatch.messages import Language, render
from pairmatch.report.wording import Text, word


def describe_proof(proposal: Proposal) -> tuple[Text, ...]:
    """Return what is proven of the matching and by what; nothing is claimed without a proof."""
    certificate = proposal.matching.certificate
    if not certificate.is_closed:
        level = find_headline(certificate)
        step = proposal.problem.steps_per_point
        params = {
            "value": show_level(level.goal, level.best, step),
            "bound": show_level(level.goal, level.bound, step),
        }
        return (word("stopped", goal=name_goal(level.goal), **params),)
    goals = [level.goal for level in certificate.levels]
    if not certificate.is_independent:
        return (_list_goals(goals), word("bounded_how"))
    code = {
        ("num_matched", "total"): "proven_both",
        ("num_matched",): "proven_num_matched",
        ("total",): "proven_total",
    }.get(tuple(goals))
    claim = word(code) if code else _list_goals(goals)
    return (claim, word("proven_how")) if goals else (word("unproven"),)


def _list_goals(goals: Sequence[str]) -> Text:
    """Return the goals, in order, that no other arrangement is better in."""
    names = [name_goal(goal) for goal in goals]
    listed = Text("；".join(n.zh for n in names), "; ".join(n.en for n in names))
    return word("proven_goals", goals=listed)


def name_goal(goal: str) -> Text:
    """Return what a goal is called, as part of a sentence."""
    return Text(*(render(f"goals.{goal}", {}, lang).text for lang in get_args(Language)))
