"""The plans of a run on the command line: what they hold and how far they are proven."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.outcome import STOPPED
from pairmatch.cli.planning import make_watcher
from pairmatch.domain.planmoney import list_money, sum_lines

if TYPE_CHECKING:
    from pairmatch.engine import PlanOutcome, PlanWishes


def plan_pairs(
    console: Console, run: Path, scenario: Path | None, wishes: "PlanWishes", *, dry_run: bool
) -> int:
    """Make the plans of a run and say what they hold; the exit code tells how good they are.

    It is 0 if the plan is as near to the best there could be as was asked for.
    """
    from pairmatch import engine

    outcome = engine.plan_run(
        run,
        scenario,
        wishes,
        dry_run=dry_run,
        progress=console.show_step,
        watcher=make_watcher(console),
    )
    console.emit(_describe(outcome))
    if not console.as_json:
        for line in _list_lines(console, outcome):
            console.write(line)
    if outcome.folder is not None:
        console.tell("plan.written", path=str(outcome.folder))
    return 0 if outcome.is_good else STOPPED


def _describe(outcome: "PlanOutcome") -> dict[str, Any]:
    plan = outcome.plan
    return {
        "schema": 1,
        "status": plan.status,
        "goals": [
            {"goal": g.goal, "value": str(g.value), "bound": str(g.bound), "gap": str(g.gap)}
            for g in plan.goals
        ],
        "num_pairs": len(plan.pairs),
        "num_actions": sum(len(pair.actions) for pair in plan.pairs),
        "money": {line: f"{a:.2f}" for line, a in sum_lines(list_money(plan.pairs)).items()},
        "path": None if outcome.folder is None else str(outcome.folder),
        "synthetic": plan.synthetic,
        "seconds": dict(outcome.seconds),
    }


def _list_lines(console: Console, outcome: "PlanOutcome") -> Iterator[str]:
    plan = outcome.plan
    count = {"pairs": str(len(plan.pairs))}
    count["actions"] = str(sum(len(pair.actions) for pair in plan.pairs))
    yield console.word("plan.made", **count).text
    if plan.synthetic:
        yield console.word("plan.synthetic").text
    for goal in plan.goals:
        yield console.word(
            "planning.level",
            goal=console.word(f"planning.goal_{goal.goal}").text,
            value=_show(goal.value),
            bound=_show(goal.bound),
            gap=f"{100 * goal.gap:.3g} %",
        ).text
    for line, amount in sum_lines(list_money(plan.pairs)).items():
        yield console.word(f"plan.sum_{line}", amount=f"{amount:.2f}").text


def _show(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
