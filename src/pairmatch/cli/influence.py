"""The influence of plugins: a block of lines for each, and the same as data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pairmatch.cli.console import Console
from pairmatch.cli.grids import align_rows
from pairmatch.cli.plugins import describe_state, name_plugin, present_left_out
from pairmatch.cli.points import format_change
from pairmatch.domain.points import format_steps

if TYPE_CHECKING:
    from pairmatch.domain.plugins import Audit, Influence

_MARGIN = "  "


def present_audit(console: Console, audit: "Audit") -> None:
    """Print what every plugin does to the pairing, with the bound beside the measure."""
    present_left_out(console, audit.states)
    if not audit.is_feasible:
        console.tell("cli.audit_infeasible")
        return
    if not audit.influences:
        console.tell("cli.audit_none")
        return
    states = {state.name: state for state in audit.states}
    for influence in audit.influences:
        console.tell("cli.audit_title", plugin=name_plugin(console, states[influence.plugin]))
        rows = list(_list_rows(console, influence, audit.steps_per_point))
        for line in align_rows(rows):
            console.write(f"{_MARGIN}{line}")
    scale = audit.steps_per_point
    console.tell(
        "cli.audit_total",
        number=str(len(audit.influences)),
        num_matched=str(audit.num_matched),
        total=format_steps(audit.total, scale),
        loss=format_steps(sum(i.loss_by_scores for i in audit.influences), scale),
        bound=format_steps(sum(i.bound for i in audit.influences), scale),
    )
    console.say("cli.audit_bound")
    console.say("cli.audit_conditions")


def _list_rows(console: Console, influence: "Influence", scale: int) -> Iterator[tuple[str, str]]:
    def change(steps: int) -> str:
        return format_change(steps, scale)

    rows: list[tuple[str, dict[str, str]]] = [
        ("pairs", _count_pairs(influence)),
        ("excluded", {"number": str(influence.num_excluded)}),
        (
            "own",
            {"points": change(influence.own_gain), "base": change(influence.own_base_gain)},
        ),
        ("others", {"points": change(-influence.others_cost)}),
        ("loss", {"points": format_steps(influence.loss, scale)}),
        (
            "scores",
            {
                "points": format_steps(influence.loss_by_scores, scale),
                "bound": format_steps(influence.bound, scale),
            },
        ),
        ("conditions", {"points": format_steps(influence.loss_by_conditions, scale)}),
    ]
    if influence.num_matched_lost > 0:
        rows.append(("fewer", {"number": str(influence.num_matched_lost)}))
    for name, params in rows:
        label = console.word(f"cli.audit_row_{name}").text
        yield label, console.word(f"cli.audit_cell_{name}", **params).text


def _count_pairs(influence: "Influence") -> dict[str, str]:
    return {
        "number": str(influence.num_pairs),
        "elsewhere": str(influence.num_pairs_elsewhere),
    }


def describe_audit(console: Console, audit: "Audit") -> dict[str, Any]:
    """Return an audit as data; points are exact decimals."""
    from pairmatch.cli.findings import count_findings

    return {
        "status": "optimal" if audit.is_feasible else "infeasible",
        "num_matched": audit.num_matched,
        "total": format_steps(audit.total, audit.steps_per_point),
        "steps_per_point": audit.steps_per_point,
        "plugins": [describe_state(console, state) for state in audit.states],
        "influences": [
            _describe(influence, audit.steps_per_point) for influence in audit.influences
        ],
        "findings": count_findings(audit.findings),
        "seconds": round(audit.seconds, 4),
    }


def _describe(influence: "Influence", scale: int) -> dict[str, Any]:
    counts = ("num_pairs", "num_pairs_elsewhere", "num_excluded", "num_matched_lost")
    points = (
        "own_gain",
        "own_base_gain",
        "others_cost",
        "loss",
        "loss_by_conditions",
        "loss_by_scores",
        "bound",
    )
    return {
        "plugin": influence.plugin,
        "county": influence.county,
        **{name: getattr(influence, name) for name in counts},
        **{name: format_steps(getattr(influence, name), scale) for name in points},
    }
