"""An engine that returns what a test tells it to: the command line is tested alone."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.cli.outcomes import (
    VILLAGES,
    make_audit,
    make_explanation,
    make_finding,
    make_outcome,
    make_proposal,
    make_report,
    make_state,
    make_what_if,
)
from tests.plan.calendar_cases import make_calendar
from tests.plan.synthetic_plans import make_plan
from tests.report.comparisons import make_comparison, make_sweep

import pairmatch
from pairmatch.cli.program import program
from pairmatch.domain.explanation import Alternative
from pairmatch.engine.calendars import CalendarFiles, CalendarWishes
from pairmatch.engine.comparisons import make_plain
from pairmatch.engine.evaluations import WrittenForms
from pairmatch.engine.executors import Workers
from pairmatch.engine.fields import list_fields
from pairmatch.engine.plans import PlanOutcome, PlanWishes
from pairmatch.engine.scenarios import is_plugin_fault
from pairmatch.engine.sweeps import SweepWishes, Watch
from pairmatch.engine.whatif import Changes


@pytest.fixture
def engine(monkeypatch):
    """The engine that the commands import, with an answer for everything."""

    def propose_pairing(folder, out, options=None, *, dry_run=False, progress=None):
        progress("cli.step_read")
        run = None if dry_run else Path(out or "runs") / "r"
        return make_outcome(make_proposal(), run, findings=(make_finding(),))

    def explain_run(_run, _village, _unit):
        return tuple(make_explanation(k) for k in range(4))

    lines = (SimpleNamespace(name="Python", ok=True, detail="3.11"),)
    facts = SimpleNamespace(steps_per_point=100, names={"U1": "甲公司", VILLAGES[0]: "慈庄村"})
    fake = SimpleNamespace(
        find_language=lambda _folder: "zh",
        list_left_out=lambda _run: (),
        check_scenario=lambda _folder, _options: (None, (make_finding(),)),
        mark_inputs=lambda _folder, out, _lang, _options: (Path(out) / "a.xlsx",),
        write_forms=lambda _folder, out, _prefilled: (Path(out) / "a.xlsx",),
        init_scenario=lambda folder: (Path(folder) / "scenario.toml",),
        propose_pairing=propose_pairing,
        run_demo=lambda out, progress, _options: propose_pairing(None, out, progress=progress),
        verify_run=lambda _run: (),
        write_evaluation_forms=lambda _run, out, _year, _returned: WrittenForms(
            2027, (Path(out) / "a.xlsx",), ()
        ),
        explain_run=explain_run,
        price_pair=lambda _run, unit, village: Alternative(unit, village, 900, 35),
        describe_run=lambda _run, _lang: facts,
        find_status=lambda _run: "optimal",
        Changes=Changes,
        ask_what_if=lambda _run, _changes, progress: make_what_if(),
        compare_ways=lambda _places, _options, _progress: make_comparison(),
        publish_comparison=lambda _found, out, _sweep, _lang: (Path(out) / "compare.html",),
        make_plain=make_plain,
        SweepWishes=SweepWishes,
        Workers=Workers,
        Watch=Watch,
        sweep_scenario=lambda *_args: (make_sweep(), (Path("sweep.html"),)),
        CalendarFiles=CalendarFiles,
        CalendarWishes=CalendarWishes,
        make_calendar=lambda _folder, _wishes: make_calendar(),
        write_calendar=lambda _calendar, _files, _lang: (),
        PlanWishes=PlanWishes,
        plan_run=lambda _run, _scenario, _wishes, **_told: PlanOutcome(
            make_plan(3), Path("plans"), (), {}, 0.5
        ),
        diagnose=lambda: lines,
        is_plugin_fault=is_plugin_fault,
        list_plugins=lambda _folder, _options: ((make_state(),), ()),
        check_plugins=lambda _folder, _names, _options: (make_report(),),
        audit_plugins=lambda _folder, _options, _progress: make_audit(),
        create_plugin=lambda folder, info, _kind: (Path(folder) / info.name / "plugin.py",),
        read_plugin_folders=lambda _folder: ("plugins",),
        list_fields=list_fields,
    )
    monkeypatch.setitem(sys.modules, "pairmatch.engine", fake)
    monkeypatch.setattr(pairmatch, "engine", fake, raising=False)
    return fake


@pytest.fixture
def run_cli(monkeypatch, tmp_path):
    """Run the program with some words; `.stdout`, `.stderr` and `.exit_code` are what came."""
    monkeypatch.delenv("PAIRMATCH_LOAD_PLUGINS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*words):
        return CliRunner().invoke(program, [str(word) for word in words])

    return run
