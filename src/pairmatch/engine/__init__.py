"""The composition root: one short function per job, data passed along from stage to stage."""

from pairmatch.engine.calendars import (
    CalendarFiles,
    CalendarWishes,
    make_calendar,
    write_calendar,
)
from pairmatch.engine.comparisons import compare_ways, make_plain, publish_comparison, read_sweep
from pairmatch.engine.diagnosis import diagnose
from pairmatch.engine.evaluations import (
    Evaluated,
    WrittenForms,
    evaluate_run,
    write_evaluation_forms,
)
from pairmatch.engine.executors import Workers
from pairmatch.engine.fields import list_fields, read_plugin_folders
from pairmatch.engine.folders import init_scenario, mark_inputs, run_demo, write_forms
from pairmatch.engine.outcomes import DoctorLine, Outcome, Progress, RunFacts
from pairmatch.engine.planning import (
    DEFAULT_TIME_S,
    Solved,
    check_solution_file,
    solve_problem_file,
)
from pairmatch.engine.plans import PlanOutcome, PlanWishes, plan_run
from pairmatch.engine.plugins import (
    audit_plugins,
    check_plugins,
    create_plugin,
    list_plugins,
)
from pairmatch.engine.proposals import check_scenario, propose_pairing
from pairmatch.engine.runs import (
    describe_run,
    explain_run,
    find_language,
    find_status,
    list_left_out,
    price_pair,
    price_ways_in,
    verify_run,
)
from pairmatch.engine.scenarios import is_plugin_fault
from pairmatch.engine.sweeps import SweepWishes, Watch, sweep_scenario
from pairmatch.engine.whatif import (
    Accepted,
    Changes,
    ChangeStep,
    WhatIf,
    accept_chains,
    ask_what_if,
    trace_changes,
)

__all__ = [
    "DEFAULT_TIME_S",
    "Accepted",
    "CalendarFiles",
    "CalendarWishes",
    "ChangeStep",
    "Changes",
    "DoctorLine",
    "Evaluated",
    "Outcome",
    "PlanOutcome",
    "PlanWishes",
    "Progress",
    "RunFacts",
    "Solved",
    "SweepWishes",
    "Watch",
    "WhatIf",
    "Workers",
    "WrittenForms",
    "accept_chains",
    "ask_what_if",
    "audit_plugins",
    "check_plugins",
    "check_scenario",
    "check_solution_file",
    "compare_ways",
    "create_plugin",
    "describe_run",
    "diagnose",
    "evaluate_run",
    "explain_run",
    "find_language",
    "find_status",
    "init_scenario",
    "is_plugin_fault",
    "list_fields",
    "list_left_out",
    "list_plugins",
    "make_calendar",
    "make_plain",
    "mark_inputs",
    "plan_run",
    "price_pair",
    "price_ways_in",
    "propose_pairing",
    "publish_comparison",
    "read_plugin_folders",
    "read_sweep",
    "run_demo",
    "solve_problem_file",
    "sweep_scenario",
    "trace_changes",
    "verify_run",
    "write_calendar",
    "write_evaluation_forms",
    "write_forms",
]
