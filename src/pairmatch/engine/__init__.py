"""The composition root: one short function per job, data passed along from stage to stage."""

from pairmatch.engine.diagnosis import diagnose
from pairmatch.engine.folders import init_scenario, mark_inputs, run_demo, write_forms
from pairmatch.engine.outcomes import DoctorLine, Outcome, Progress, RunFacts
from pairmatch.engine.proposals import check_scenario, propose_pairing
from pairmatch.engine.runs import (
    describe_run,
    explain_run,
    find_language,
    price_pair,
    price_ways_in,
    verify_run,
)

__all__ = [
    "DoctorLine",
    "Outcome",
    "Progress",
    "RunFacts",
    "check_scenario",
    "describe_run",
    "diagnose",
    "explain_run",
    "find_language",
    "init_scenario",
    "mark_inputs",
    "price_pair",
    "price_ways_in",
    "propose_pairing",
    "run_demo",
    "verify_run",
    "write_forms",
]
