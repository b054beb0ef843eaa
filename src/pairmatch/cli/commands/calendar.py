"""`pairmatch calendar`: who has to do what by when, and what is overdue."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import PATH, make_command, make_folder_argument, open_folder
from pairmatch.errors import UsageError

if TYPE_CHECKING:
    from pairmatch.domain.calendar import Calendar, Duty, DutyGroup, Overdue
    from pairmatch.domain.findings import Finding

EXAMPLES = (
    "pairmatch calendar scenarios/cangzhou-2026 --county 黄骅市 --year 2027",
    "pairmatch calendar runs/cangzhou-2026 --date 2027-11-30 --done 完成情况.xlsx",
)
MOST_LINES = 60
TOLD_NOTES = frozenset({"calendar.duties_changed"})
OWNER_CHOICES = ("city_council", "county_councils", "units", "departments")


@make_command(
    "calendar",
    EXAMPLES,
    make_folder_argument("folder"),
    click.Option(["--owner"], type=click.Choice(OWNER_CHOICES), help="cli.opt_calendar_owner"),
    click.Option(["--unit"], metavar="U", help="cli.opt_calendar_unit"),
    click.Option(["--county"], metavar="C", help="cli.opt_calendar_county"),
    click.Option(["--department"], metavar="D", help="cli.opt_calendar_department"),
    click.Option(["--year"], type=click.IntRange(1900, 2999), help="cli.opt_calendar_year"),
    click.Option(["--date", "today"], metavar="DATE", help="cli.opt_calendar_date"),
    click.Option(["--done"], type=PATH, metavar="FILE", help="cli.opt_calendar_done"),
    click.Option(["--forms", "form"], type=PATH, metavar="FILE", help="cli.opt_calendar_forms"),
    click.Option(["--ics"], type=PATH, metavar="FILE", help="cli.opt_calendar_ics"),
    click.Option(["--out"], type=PATH, metavar="FILE", help="cli.opt_calendar_out"),
)
def command(  # noqa: PLR0913, PLR0917 - one for each option
    console: Console,
    folder: Path,
    owner: Any,
    unit: str | None,
    county: str | None,
    department: str | None,
    year: int | None,
    today: str | None,
    done: Path | None,
    form: Path | None,
    ics: Path | None,
    out: Path | None,
) -> int:
    """List duties or what is overdue, and write the files that were asked for."""
    open_folder(console, folder)
    from pairmatch import engine

    if done is not None and today is None:
        raise UsageError("calendar.done_without_date")
    day = None if today is None else _read_day(today)
    wishes = engine.CalendarWishes(owner, unit, county, department, year, day, done)
    calendar = engine.make_calendar(folder, wishes)
    files = engine.CalendarFiles(workbook=out, form=form, ics=ics)
    written = engine.write_calendar(calendar, files, console.lang)
    if console.as_json:
        console.emit({"status": "done", **_describe(console, calendar, written)})
        return 0
    _present(console, calendar)
    if written:
        console.say("calendar.written")
        console.list_paths(written)
    return 0


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("calendar.bad_day", text=text) from None


# --- for people


def _present(console: Console, calendar: "Calendar") -> None:
    from pairmatch.cli.findings import list_findings
    from pairmatch.report.calendarwords import describe_launch, name_calendar

    if not console.quiet:
        console.write(name_calendar(calendar, console.lang))
        console.write(describe_launch(calendar, console.lang))
    if calendar.is_synthetic:
        console.tell("cli.synthetic")
    for line in list_findings(select_findings(calendar), console.lang):
        console.write(line, err=True)
    if calendar.today is None:
        _list_duties(console, calendar)
    else:
        _list_overdue(console, calendar, calendar.today)


def select_findings(calendar: "Calendar") -> "list[Finding]":
    """Return the findings that are news: how a form's cells were read is none."""
    is_news = ("error", "warning")
    return [f for f in calendar.findings if f.severity in is_news or f.code in TOLD_NOTES]


def _list_duties(console: Console, calendar: "Calendar") -> None:
    from pairmatch.report.calendarwords import join_words, name_event

    if not calendar.groups:
        console.tell("calendar.none_listed")
        return
    _write_lines(console, [_tell_group(console, calendar, group) for group in calendar.groups])
    params = {"groups": str(len(calendar.groups)), "duties": str(len(calendar.listed))}
    console.say("calendar.num_listed", **params)
    if calendar.on_demand and not calendar.shares:
        names = [f"{e.event_id} {name_event(e, console.lang)}" for e in calendar.on_demand]
        console.say("calendar.on_demand", names=join_words(names, console.lang))


def _write_lines(console: Console, lines: list[str]) -> None:
    for line in lines[:MOST_LINES]:
        console.write(f"  {line}")
    if len(lines) > MOST_LINES:
        console.tell("calendar.more_lines", count=str(len(lines) - MOST_LINES))


def _tell_group(console: Console, calendar: "Calendar", group: "DutyGroup") -> str:
    from pairmatch.report import calendarwords as words

    head, lang = group.head, console.lang
    line = console.word(
        "calendar.line",
        days=words.describe_days(head, lang),
        event=head.event.event_id,
        name=words.name_event(head.event, lang),
        owner=words.name_owners(group, calendar.members, lang),
    ).text
    share = calendar.shares.get(head.duty_id, "")
    notes = [console.word(f"calendar.share_{share}").text] if share else []
    remark = words.describe_remark(head.last, calendar.holidays, lang)
    notes += [console.word("calendar.last_is", remark=remark).text] if remark else []
    if not notes:
        return line
    return console.word("calendar.line_note", line=line, note=words.join_words(notes, lang)).text


def _list_overdue(console: Console, calendar: "Calendar", today: date) -> None:
    if not calendar.is_done_known:
        console.say("calendar.overdue_unlisted")
    params = {"today": today.isoformat(), "count": str(len(calendar.overdue))}
    console.tell("calendar.overdue_head" if calendar.overdue else "calendar.overdue_none", **params)
    _write_lines(console, [_tell_overdue(console, calendar, late) for late in calendar.overdue])


def _tell_overdue(console: Console, calendar: "Calendar", late: "Overdue") -> str:
    from pairmatch.report import calendarwords as words

    duty, lang = late.duty, console.lang
    line = console.word(
        "calendar.overdue_line",
        event=duty.event.event_id,
        name=words.name_event(duty.event, lang),
        owner=words.name_owner(duty, calendar.members, lang),
        last=duty.last.isoformat(),
        days=str(late.num_days),
    ).text
    waits = words.describe_waits(late, calendar.members, lang)
    if not waits:
        return line
    return console.word("calendar.overdue_waits", line=line, waits=waits).text


# --- for programs


def _describe(console: Console, calendar: "Calendar", written: tuple[Path, ...]) -> dict[str, Any]:
    from pairmatch.cli.findings import describe_findings

    cycle = calendar.cycle
    return {
        "cycle": [cycle.first_year, cycle.last_year],
        "launch": cycle.launch.isoformat(),
        "launch_assumed": calendar.is_assumed,
        "synthetic": calendar.is_synthetic,
        "duties": [_describe_duty(console, calendar, duty) for duty in calendar.listed],
        "on_demand": [
            {"event_id": e.event_id, "name_zh": e.name_zh, "name_en": e.name_en}
            for e in calendar.on_demand
        ],
        "date": None if calendar.today is None else calendar.today.isoformat(),
        "overdue": [
            {
                "duty_id": late.duty.duty_id,
                "days": late.num_days,
                "waits_for": [duty.duty_id for duty in late.waits_for],
            }
            for late in calendar.overdue
        ],
        "findings": describe_findings(select_findings(calendar), console.lang),
        "files": [str(path) for path in written],
    }


def _describe_duty(console: Console, calendar: "Calendar", duty: "Duty") -> dict[str, Any]:
    from pairmatch.report.calendarwords import describe_remark, name_owner

    event = duty.event
    return {
        "duty_id": duty.duty_id,
        "event_id": event.event_id,
        "name_zh": event.name_zh,
        "name_en": event.name_en,
        "owner_kind": event.owner,
        "owner_id": duty.owner_id,
        "owner": name_owner(duty, calendar.members, console.lang),
        "county": duty.county,
        "villages": list(duty.village_ids),
        "participants": list(event.participants),
        "share": calendar.shares.get(duty.duty_id, ""),
        "period": duty.period,
        "first": None if duty.first is None else duty.first.isoformat(),
        "last": duty.last.isoformat(),
        "after": list(duty.after),
        "document": event.document,
        "basis": event.basis,
        "remark": describe_remark(duty.last, calendar.holidays, console.lang),
    }
