"""From a run to the plans of its pairs: what is done when, who pays, and the papers for it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pairmatch import __version__
from pairmatch.domain.findings import Finding
from pairmatch.domain.plan import Plan
from pairmatch.domain.plugins import PluginOptions
from pairmatch.engine.outcomes import Progress, Stopwatch
from pairmatch.engine.planpapers import build_papers
from pairmatch.engine.proposals import NO_OPTIONS, RUNS_FOLDER
from pairmatch.engine.runs import find_source, open_run
from pairmatch.engine.scenarios import open_scenario
from pairmatch.errors import BadInputError, UnprovenError, UsageError

if TYPE_CHECKING:
    from pairmatch.domain.actions import ActionType
    from pairmatch.domain.inputs import Inputs
    from pairmatch.hooks.manager import Plugins
    from pairmatch.load.runs import StoredRun
    from pairmatch.plan.solve import Progress as SearchProgress

PLANS_FOLDER = "plans"


@dataclass(frozen=True, slots=True)
class PlanWishes:
    """How a plan is to be made: the scenario's own settings hold where nothing is said.

    `time_s` and `gap` say when it is good enough; `out` is the folder that plans are put in.
    """

    time_s: float | None = None
    gap: float | None = None
    out: Path | None = None
    options: PluginOptions = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A plan, the folder that it was published in (None for a trial), and what was found.

    `gap` is how far it may be from the best there could be, as a share.
    """

    plan: Plan
    folder: Path | None
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]
    gap: float

    @property
    def is_good(self) -> bool:
        """Whether the value is as near to the best there could be as was asked for."""
        goals = self.plan.goals
        return self.plan.status == "optimal" or (bool(goals) and goals[0].gap <= self.gap)


def plan_run(
    run: Path,
    scenario: Path | None = None,
    wishes: PlanWishes | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    watcher: "Callable[[SearchProgress], None] | None" = None,
) -> PlanOutcome:
    """Make the plans of all pairs of a run and, unless `dry_run`, publish them with their papers.

    Parameters
    ----------
    run
        The run folder.
    scenario
        The scenario it was made from; by default the one whose folder of runs it lies in.
    wishes
        How the plan is to be made.
    dry_run
        Only plan, and write nothing.
    progress
        Is told when a step begins.
    watcher
        Is told how far the search for the best plan is.

    Raises
    ------
    BadInputError
        If the run is damaged, or the scenario is not what it was when the run was made.
    UsageError
        If there is no scenario there, or it has no cycle.
    PluginFaultError
        If plugins break their contracts.
    UnprovenError
        If the plan fails its independent check.
    OutputBlockedError
        If the plan cannot be written.
    """
    asked = wishes or PlanWishes()
    step = Stopwatch(progress)
    step("cli.step_read")
    stored = open_run(run)
    source = find_source(run, scenario)
    if source is None:
        place = scenario or run.resolve().parent.parent
        raise UsageError("plan.no_scenario", run=str(run), folder=str(place))
    with open_scenario(source, asked.options) as opened:
        inputs, plugins = opened.require(asked.options)
        _require_same(stored, inputs, source)
        actions = (*inputs.actions, *plugins.actions)
        step("cli.step_plan")
        question = _digest(stored, inputs, plugins)
        plan = _make_plan(run, inputs, actions, asked, watcher, question)
        folder = None
        if not dry_run:
            step("cli.step_papers")
            files = build_papers(plan, inputs, actions, plugins.plan_templates)
            step("cli.step_publish")
            folder = _publish(plan, files, run, asked.out, step)
    gap = float(inputs.scenario.plan.gap) if asked.gap is None else asked.gap
    return PlanOutcome(plan, folder, opened.findings, step.stop(), gap)


def _require_same(stored: "StoredRun", inputs: "Inputs", source: Path) -> None:
    """Refuse a scenario whose tables have changed since the run: its pairs would be others.

    Settings may change, and the tables of the plan: they are read anew.
    """
    from pairmatch.load.inheritance import SETTINGS_FILE
    from pairmatch.load.runs import check_digests

    own = {inputs.scenario.inputs.departments, inputs.scenario.inputs.actions}
    before = {
        name: digest
        for name, digest in stored.facts.inputs.items()
        if not name.endswith(SETTINGS_FILE) and name not in own
    }
    faults = check_digests(source, before, "engine.input_changed")
    if faults:
        raise BadInputError("plan.scenario_changed", faults, folder=str(source))
    if inputs.scenario.scenario.cycle is None:
        raise UsageError("plan.no_cycle", folder=str(source))


def _make_plan(
    run: Path,
    inputs: "Inputs",
    actions: "tuple[ActionType, ...]",
    wishes: PlanWishes,
    watcher: "Callable[[SearchProgress], None] | None",
    digest: str,
) -> Plan:
    from pairmatch.load.runs import read_explanations
    from pairmatch.plan.options import list_options
    from pairmatch.plan.problems import build_plan_model
    from pairmatch.plan.results import PlanFacts, build_plan
    from pairmatch.plan.solve import solve_planning
    from pairmatch.plan.ways import Funding, find_horizon
    from pairmatch.plan.works import Pair

    units = {unit.unit_id: unit for unit in inputs.units}
    villages = {village.village_id: village for village in inputs.villages}
    pairs = [
        Pair(units[e.unit_id], villages[e.village_id], e.needs) for e in read_explanations(run)
    ]
    settings, cycle = inputs.scenario.plan, inputs.scenario.scenario.cycle
    assert cycle is not None  # noqa: S101  # asked for before
    funding = Funding(inputs.departments, inputs.taxonomy, settings, find_horizon(cycle))
    options = list_options(pairs, actions, funding)
    model = build_plan_model(options, funding)
    time_s = settings.time_s if wishes.time_s is None else wishes.time_s
    gap = float(settings.gap) if wishes.gap is None else wishes.gap
    try:
        answer = solve_planning(model.problem, time_s, gap, watcher)
    except ArithmeticError as unsound:
        raise UnprovenError("planning.unsound", detail=str(unsound)) from unsound
    facts = PlanFacts(
        run_id=run.resolve().name,
        digest=digest,
        cycle=cycle,
        synthetic=inputs.scenario.scenario.synthetic,
    )
    return build_plan(options, model, answer, funding, facts)


def _digest(stored: "StoredRun", inputs: "Inputs", plugins: "Plugins") -> str:
    """Return the digest of all that a plan follows from: the same question, the same digest."""
    question = {
        "run": stored.facts.digest,
        "inputs": dict(sorted(inputs.digests.items())),
        "version": __version__,
        "plugins": sorted([p.name, p.digest] for p in plugins.states if p.state == "on"),
    }
    text = json.dumps(question, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def _publish(
    plan: Plan, files: Mapping[str, bytes], run: Path, out: Path | None, notify: Progress
) -> Path:
    from pairmatch.store.runs import publish_run

    home = run.resolve().parent
    if home.name == RUNS_FOLDER:  # beside the scenario's runs, not among them
        home = home.parent
    return publish_run(
        out or home / PLANS_FOLDER, f"{plan.run_id}-plan-{plan.digest}", files, notify=notify
    )
