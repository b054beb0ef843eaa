"""`pairmatch whatif`: a pairing under other locks, bans and withdrawals, and what that costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.grids import align_rows
from pairmatch.cli.options import make_command, make_folder_argument, open_folder
from pairmatch.cli.outcome import (
    INFEASIBLE,
    STOPPED,
    describe_conflict,
    describe_members,
    present_conflict,
)
from pairmatch.cli.points import UNKNOWN, format_change
from pairmatch.cli.reasons import describe_move, list_moves
from pairmatch.domain.objectives import show_bound, show_gap
from pairmatch.domain.points import format_steps
from pairmatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pairmatch.engine import Changes, RunFacts, WhatIf
    from pairmatch.engine.whatif import ChangedChain

EXAMPLES = (
    "pairmatch whatif runs/cangzhou-2026 --lock u01=130983105217 --without u07",
    "pairmatch whatif runs/cangzhou-2026 --min-changes 3 --county 南皮县 --json",
)


@make_command(
    "whatif",
    EXAMPLES,
    make_folder_argument("run"),
    click.Option(["--lock", "locks"], multiple=True, metavar="U=V", help="cli.opt_lock"),
    click.Option(["--ban", "bans"], multiple=True, metavar="U=V", help="cli.opt_ban"),
    click.Option(["--without"], multiple=True, metavar="U", help="cli.opt_without"),
    click.Option(
        ["--max-changes"], type=click.IntRange(min=0), metavar="K", help="cli.opt_max_changes"
    ),
    click.Option(
        ["--min-changes"], type=click.IntRange(min=1), metavar="K", help="cli.opt_min_changes"
    ),
    click.Option(["--county"], metavar="C", help="cli.opt_changed_county"),
    click.Option(["--fewest-changes", "fewest"], is_flag=True, help="cli.opt_fewest_changes"),
    click.Option(["--frontier"], is_flag=True, help="cli.opt_frontier"),
    click.Option(["--accept", "accepted"], multiple=True, metavar="OTHER#N", help="cli.opt_accept"),
)
def command(
    console: Console, run: Path, frontier: bool, accepted: tuple[str, ...], **asked: Any
) -> int:
    """Say what other decisions would cost and whom they would move; nothing is published."""
    locks, bans = (tuple(map(_split_pair, asked.pop(key))) for key in ("locks", "bans"))
    open_folder(console, run)
    from pairmatch import engine
    from pairmatch.cli.plugins import present_run_left_out

    if accepted:
        if frontier or locks or bans or any(asked.values()):
            raise UsageError("cli.accept_alone")
        return _accept_chains(console, run, accepted)
    present_run_left_out(console, engine.list_left_out(run))
    changes = engine.Changes(locks, bans, **asked)
    if frontier:
        return _list_frontier(console, run, changes)
    answer = engine.ask_what_if(run, changes, progress=console.show_step)
    facts = engine.describe_run(run, console.lang)
    if answer.after is None:
        return _present_impossible(console, answer)
    console.emit(_describe_answer(answer, facts))
    if not console.as_json:
        _present_answer(console, answer, facts)
    return STOPPED if answer.after.status == "stopped" else 0


def _accept_chains(console: Console, run: Path, texts: tuple[str, ...]) -> int:
    from pairmatch import engine

    answer = engine.accept_chains(run, [_split_chain(text) for text in texts])
    facts, scale = answer.facts, answer.facts.steps_per_point
    total, before = answer.total, answer.before.total
    change = None if total is None else total - before
    told = None if total is None else format_steps(total, scale)
    broken = describe_members(console, answer.broken)
    console.emit(
        {
            "status": "infeasible" if broken else "feasible",
            "num_matched": answer.num_matched,
            "total": told,
            "price": None if change is None else format_steps(-change, scale),
            "broken": broken,
            "pairs": [{"unit_id": u, "village_id": v} for u, v in answer.pairs],
        }
    )
    if not console.as_json:
        console.tell(
            "cli.accept_broken" if broken else "cli.accept_done",
            num_matched=str(answer.num_matched),
            total=told or UNKNOWN,
            change=format_change(change, scale),
        )
        for text in broken:
            console.write(f"  - {text}")
        _list_chains(console, answer.chains, answer.numbers, facts)
    return INFEASIBLE if broken else 0


def _split_chain(text: str) -> tuple[Path, int]:
    place, mark, number = text.rpartition("#")
    if not mark or not place or not number.isdecimal():
        raise UsageError("cli.bad_chain", text=text)
    return Path(place), int(number)


def _list_frontier(console: Console, run: Path, changes: "Changes") -> int:
    from pairmatch import engine

    found = engine.trace_changes(run, changes)
    facts = engine.describe_run(run, console.lang)
    scale = facts.steps_per_point
    if not found.steps:
        console.tell("cli.frontier_none")
        console.emit({"status": "infeasible", "frontier": []})
        return INFEASIBLE
    listed = [
        {
            "num_changes": step.num_changes,
            "total": format_steps(step.total, scale),
            "change": format_change(step.total - found.total, scale),
            "bound": format_steps(step.bound, scale),
        }
        for step in found.steps
    ]
    console.emit({"status": "done", "frontier": listed})
    if not console.as_json:
        console.tell("cli.frontier_head", total=format_steps(found.total, scale))
        keys = ("changes", "total", "change", "bound")
        head = [console.word(f"cli.frontier_{key}").text for key in keys]
        for line in align_rows([head, *([str(cell) for cell in row.values()] for row in listed)]):
            console.write(line)
    return 0


def _split_pair(text: str) -> tuple[str, str]:
    unit, mark, village = text.partition("=")
    if not mark or not unit.strip() or not village.strip():
        raise UsageError("cli.bad_pair", text=text)
    return unit.strip(), village.strip()


def _present_impossible(console: Console, answer: "WhatIf") -> int:
    present_conflict(console, answer.conflict, "cli.whatif_next")
    console.emit({"status": "infeasible", "conflict": describe_conflict(console, answer.conflict)})
    return INFEASIBLE


def _present_answer(console: Console, answer: "WhatIf", facts: "RunFacts") -> None:
    before, after = answer.before, answer.after
    assert after is not None  # noqa: S101 - a conflict was told before
    scale = facts.steps_per_point
    if not answer.num_changes and before.num_matched == after.num_matched:
        console.tell("cli.whatif_same", total=format_steps(after.total, scale))
        return
    console.tell(
        "cli.whatif_total",
        num_matched=str(after.num_matched),
        before_matched=str(before.num_matched),
        total=format_steps(after.total, scale),
        change=format_change(after.total - before.total, scale),
        number=str(answer.num_changes),
    )
    if after.status == "stopped":
        console.tell(
            "cli.whatif_stopped",
            bound=show_bound(after.certificate, scale),
            gap=show_gap(after.certificate),
        )
    _list_chains(console, answer.chains, range(1, len(answer.chains) + 1), facts)


def _list_chains(
    console: Console, chains: "Sequence[ChangedChain]", numbers: "Sequence[int]", facts: "RunFacts"
) -> None:
    for number, chain in zip(numbers, chains, strict=True):
        gain = format_change(chain.gain, facts.steps_per_point)
        console.tell("cli.whatif_chain", number=str(number), gain=gain)
        list_moves(console, chain.moves, facts)


def _describe_answer(answer: "WhatIf", facts: "RunFacts") -> dict[str, Any]:
    before, after = answer.before, answer.after
    assert after is not None  # noqa: S101 - a conflict was told before
    scale = facts.steps_per_point
    return {
        "status": after.status,
        "num_matched": after.num_matched,
        "total": format_steps(after.total, scale),
        "bound": show_bound(after.certificate, scale),
        "gap": show_gap(after.certificate),
        "num_matched_before": before.num_matched,
        "total_before": format_steps(before.total, scale),
        "price": format_steps(before.total - after.total, scale),
        "num_changes": answer.num_changes,
        "chains": [
            {
                "gain": None if chain.gain is None else format_steps(chain.gain, scale),
                "moves": [describe_move(move) for move in chain.moves],
            }
            for chain in answer.chains
        ],
    }
