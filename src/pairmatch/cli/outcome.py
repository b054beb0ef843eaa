"""What came of a proposal: ten lines for people, everything for programs, the exit code."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.findings import count_findings
from pairmatch.cli.plugins import (
    describe_state,
    name_plugins,
    present_left_out,
    warn_of_slow,
)
from pairmatch.domain.objectives import find_headline, show_bound, show_gap, show_level
from pairmatch.domain.points import format_steps
from pairmatch.messages import render

if TYPE_CHECKING:
    from pairmatch.domain.limits import CureMember
    from pairmatch.domain.matching import Conflict, ConflictMember
    from pairmatch.domain.proposal import Proposal
    from pairmatch.engine import Outcome

INFEASIBLE, STOPPED = 4, 6
REPORT_NAME = "report.html"
WORKBOOK_NAME = "结对安排表.xlsx"


def present_outcome(console: Console, outcome: "Outcome") -> int:
    """Print the outcome and return the exit code.

    It is 0 if there is a proven pairing, 4 if there can be none, 6 if the time ran out before the
    proof.

    Parameters
    ----------
    console
        Where to print.
    outcome
        What the engine returned.
    """
    warn_of_slow(console, outcome.plugin_seconds)
    present_left_out(console, outcome.plugins)
    if outcome.proposal is None:
        _present_infeasible(console, outcome)
        return INFEASIBLE
    described = _describe_outcome(outcome, outcome.proposal)
    excluded = describe_members(console, outcome.excluded)
    console.emit({**described, **_describe_plugins(console, outcome), "excluded": excluded})
    if not console.as_json:
        _present_proposal(console, outcome, outcome.proposal)
    return STOPPED if outcome.status == "stopped" else 0


def _present_infeasible(console: Console, outcome: "Outcome") -> None:
    present_conflict(console, outcome.conflict)
    console.emit(
        {
            "status": outcome.status,
            "run": None,
            "conflict": describe_conflict(console, outcome.conflict),
            "findings": count_findings(outcome.findings),
            **_describe_plugins(console, outcome),
        }
    )


def present_conflict(
    console: Console, conflict: "Conflict | None", following: str = "cli.infeasible_next"
) -> None:
    """Print the limits that cannot all hold, what stands behind them, and what to do.

    Parameters
    ----------
    console
        Where to print.
    conflict
        The conflict.
    following
        Message code of what to do next.
    """
    if console.as_json:
        return
    described = describe_conflict(console, conflict)
    is_alone = len(described["members"]) == 1
    console.tell("cli.infeasible_alone" if is_alone else "cli.infeasible")
    _list_lines(console, described["members"])
    _list_titled(console, "cli.infeasible_sum", described["sums"])
    if conflict is not None and not conflict.sums and len(conflict.core) > 1:
        console.tell("cli.infeasible_unsummed")
    _list_titled(console, "cli.infeasible_facts", described["facts"])
    cure = None if conflict is None else conflict.cure
    if cure is not None:
        console.tell(cure.code, **cure.params)
        _present_cure(console, described["cure"])
    elif conflict is not None and conflict.has_no_cure:
        console.tell("cli.infeasible_no_cure")
    console.say(following)


def _present_cure(console: Console, cure: Mapping[str, Any]) -> None:
    """Print what gives way, why no less will do, and what else would."""
    _list_lines(console, cure["members"])
    if cure["needs"]:
        console.tell("cli.infeasible_needs")
    for need in cure["needs"]:
        _list_lines(console, [need["told"]])
        _list_lines(console, (*need["members"], *need["sums"]), indent=4)
    if cure["others"]:
        console.tell("cli.infeasible_others")
    for other in cure["others"]:
        if len(other) > 1:
            _list_lines(console, [console.word("cli.infeasible_together").text])
        _list_lines(console, other, indent=2 if len(other) == 1 else 4)


def _list_titled(console: Console, title: str, texts: Sequence[str]) -> None:
    """Print a list under its title, if there is anything in it."""
    if texts:
        console.tell(title)
        _list_lines(console, texts)


def _list_lines(console: Console, texts: Iterable[str], indent: int = 2) -> None:
    for text in texts:
        console.write(f"{' ' * indent}- {text}")


def describe_conflict(console: Console, conflict: "Conflict | None") -> dict[str, Any]:
    """Return a conflict as data, in the words of the language that is spoken."""
    if conflict is None:
        return {"members": [], "sums": [], "shortage": 0, "facts": [], "cure": None}
    return {
        "members": describe_members(console, conflict.members),
        "sums": describe_members(console, conflict.sums),
        "shortage": conflict.shortage,
        "facts": describe_members(console, conflict.facts),
        "cure": _describe_cure(console, conflict),
    }


def _describe_cure(console: Console, conflict: "Conflict") -> dict[str, Any] | None:
    from pairmatch.match.wordings import merge_members

    cure = conflict.cure
    if cure is None:
        return None
    return {
        "members": describe_members(console, merge_members(cure.members)),
        "cost": cure.params["cost"],
        "is_priced": cure.is_priced,
        "needs": [
            {
                "told": describe_members(console, [need.told])[0],
                "members": describe_members(console, need.members),
                "sums": describe_members(console, need.sums),
            }
            for need in conflict.needs
        ],
        "others": [
            describe_members(console, merge_members(other.members)) for other in conflict.others
        ],
    }


def _describe_plugins(console: Console, outcome: "Outcome") -> dict[str, Any]:
    return {
        "plugins": [describe_state(console, state) for state in outcome.plugins],
        "plugin_seconds": {k: round(v, 4) for k, v in sorted(outcome.plugin_seconds.items())},
    }


def describe_members(
    console: Console, members: "Iterable[ConflictMember | CureMember]"
) -> list[str]:
    """Return the members of a conflict in the words of the language that is spoken.

    Long lists of names are cut short for people; data have all of them.
    """
    return [console.word(member.code, **_name_all(console, member)).text for member in members]


def _name_all(console: Console, member: "ConflictMember | CureMember") -> dict[str, str]:
    params = dict(member.params)
    if console.as_json:
        whole = {key: params.get(f"all_{key}") for key in ("names", "names_en")}
        params |= {key: names for key, names in whole.items() if names is not None}
    return params


def _present_proposal(console: Console, outcome: "Outcome", proposal: "Proposal") -> None:
    inputs = proposal.inputs
    console.say(
        "cli.read_all" if proposal.num_pairs else "cli.read_summary",
        units=str(len(inputs.units)),
        villages=str(len(inputs.villages)),
        candidates=str(proposal.num_pairs or proposal.problem.num_candidates),
        listed=str(proposal.problem.num_candidates),
    )
    counts = {key: str(value) for key, value in count_findings(outcome.findings).items()}
    console.say("cli.findings_summary", **counts)
    if inputs.scenario.scenario.synthetic:
        console.tell("cli.synthetic")
    _present_status(console, proposal)
    _present_counties(console, proposal)
    for member in outcome.excluded:
        console.say(member.code, **member.params)
    active = [state for state in outcome.plugins if state.state == "on"]
    if active:
        names = name_plugins(console, active)
        code = "cli.plugins_took_part" if proposal.num_pairs else "cli.plugins_used"
        console.say(code, number=str(len(active)), names=names)
    num_tied = sum(explanation.tied for explanation in proposal.explanations)
    if num_tied:
        console.say("cli.tied", number=str(num_tied))
    if outcome.run is None:
        console.tell("cli.dry_run")
        return
    _present_run(console, outcome.run)


def _present_status(console: Console, proposal: "Proposal") -> None:
    """Say how many pairs there are, their total, and what is proven of them."""
    matching, step = proposal.matching, proposal.problem.steps_per_point
    params = {"num_matched": str(matching.num_matched), "total": format_steps(matching.total, step)}
    if matching.status != "stopped":
        code = "cli.proven" if matching.status == "optimal" else "cli.bounded"
        console.tell(code, **params)
        return
    level = find_headline(matching.certificate)
    console.tell(
        "cli.stopped",
        **params,
        goal=render(f"goals.{level.goal}", {}, "zh").text,
        goal_en=render(f"goals.{level.goal}", {}, "en").text,
        value=show_level(level.goal, level.best, step),
        bound=show_level(level.goal, level.bound, step),
        gap=show_gap(matching.certificate),
    )


def _present_run(console: Console, run: Path) -> None:
    if console.quiet:
        console.write(str(run))
        return
    console.say("cli.where_report", path=str(run / REPORT_NAME))
    console.say("cli.where_workbook", path=str(run / WORKBOOK_NAME))
    console.say("cli.propose_next", run=str(run))


def _present_counties(console: Console, proposal: "Proposal") -> None:
    counties = _count_by_county(proposal)
    named = {name: count for name, count in counties.items() if name}
    kinds = {tuple(sorted(count.items())) for count in named.values()}
    count = next(iter(named.values()), {"total": 0, "city": 0, "county": 0})
    has_tiers = count["city"] + count["county"] == count["total"]
    if len(named) > 1 and len(kinds) == 1 and has_tiers:
        console.say(
            "cli.counties_equal",
            number=str(len(named)),
            **{key: str(value) for key, value in count.items()},
        )
    elif named:
        mark = "、" if console.lang == "zh" else ", "
        parts = [f"{name} {count['total']}" for name, count in named.items()]
        console.say("cli.counties", parts=mark.join(parts))


def _describe_outcome(outcome: "Outcome", proposal: "Proposal") -> dict[str, Any]:
    matching, steps_per_point = proposal.matching, proposal.problem.steps_per_point
    return {
        "status": outcome.status,
        "run": None if outcome.run is None else str(outcome.run),
        "run_id": proposal.run_id,
        "synthetic": proposal.inputs.scenario.scenario.synthetic,
        "num_matched": matching.num_matched,
        "objective": {
            "total": format_steps(matching.total, steps_per_point),
            "total_steps": matching.total,
            "steps_per_point": steps_per_point,
            "levels": [
                {"goal": level.goal, "value": level.value, "bound": level.bound}
                for level in matching.certificate.levels
            ],
        },
        "bound": show_bound(matching.certificate, steps_per_point),
        "gap": show_gap(matching.certificate),
        "seconds": {name: round(value, 4) for name, value in outcome.seconds.items()},
        "pairs_per_county": _count_by_county(proposal),
        "pairs": [
            {
                "unit_id": explanation.unit_id,
                "village_id": explanation.village_id,
                "score": format_steps(explanation.points, steps_per_point),
            }
            for explanation in proposal.explanations
        ],
        "num_tied": sum(explanation.tied for explanation in proposal.explanations),
        "findings": count_findings(outcome.findings),
    }


def _count_by_county(proposal: "Proposal") -> dict[str, dict[str, int]]:
    """Return the pairs of each county: all, with units of the city, with units of the county."""
    tiers = {unit.unit_id: unit.tier for unit in proposal.inputs.units}
    counties = {village.village_id: village.county for village in proposal.inputs.villages}
    totals: Counter[str] = Counter()
    by_tier: Counter[tuple[str, str]] = Counter()
    for explanation in proposal.explanations:
        county = counties[explanation.village_id]
        totals[county] += 1
        by_tier[county, tiers[explanation.unit_id]] += 1
    return {
        county: {
            "total": totals[county],
            "city": by_tier[county, "city"],
            "county": by_tier[county, "county"],
        }
        for county in sorted(totals)
    }
