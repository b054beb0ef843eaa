"""Plans of a run: what they are made from must be what the pairing was made from."""

import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from pairmatch.engine.plans import PlanWishes, plan_run
from pairmatch.engine.proposals import propose_pairing
from pairmatch.errors import BadInputError, UsageError

SOURCE = Path(__file__).parents[2] / "scenarios" / "launch-28"
QUICK = PlanWishes(time_s=10, gap=0.05)


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans") / "launch-28"
    shutil.copytree(SOURCE, folder)
    run = propose_pairing(folder).run
    assert run is not None
    return run


def copy(run: Path, to: Path) -> tuple[Path, Path]:
    """Return a copy of the scenario of a run, and of the run in it."""
    scenario = to / "copy"
    shutil.copytree(run.parent.parent, scenario)
    return scenario, scenario / run.parent.name / run.name


def test_plans_are_published_beside_the_runs(launched: Path, tmp_path: Path) -> None:
    scenario, run = copy(launched, tmp_path)
    outcome = plan_run(run, wishes=QUICK)
    assert outcome.folder is not None and outcome.folder.parent == scenario / "plans"
    told = json.loads((outcome.folder / "plan.json").read_text(encoding="utf-8"))
    assert told["run_id"] == run.name
    assert len(told["pairs"]) == len(outcome.plan.pairs) > 0
    documents = Counter(path.suffix for path in outcome.folder.rglob("*") if path.is_file())
    assert documents[".docx"] >= len(outcome.plan.pairs) + len(outcome.plan.departments)
    assert documents[".html"] == documents[".xlsx"] == 1
    again = plan_run(run, wishes=QUICK)
    assert again.folder == outcome.folder  # the same question, the same files
    assert {path.name for path in (scenario / "plans").iterdir() if path.is_dir()} == {
        outcome.folder.name
    }


def test_a_trial_writes_nothing(launched: Path, tmp_path: Path) -> None:
    scenario, run = copy(launched, tmp_path)
    outcome = plan_run(run, wishes=QUICK, dry_run=True)
    assert outcome.folder is None and not (scenario / "plans").exists()
    assert all(y.planned <= y.high for p in outcome.plan.pairs for y in p.budgets if y.high)
    assert sum((y.planned for y in outcome.plan.department_years), Decimal(0)) >= 0


def test_a_run_without_its_scenario(launched: Path, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / launched.name
    shutil.copytree(launched, alone)
    with pytest.raises(UsageError) as told:
        plan_run(alone, wishes=QUICK)
    assert told.value.code == "plan.no_scenario"
    outcome = plan_run(alone, launched.parent.parent, QUICK, dry_run=True)
    assert outcome.plan.run_id == launched.name


def test_tables_that_changed_since(launched: Path, tmp_path: Path) -> None:
    scenario, run = copy(launched, tmp_path)
    table = scenario / "reference" / "distances.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    with pytest.raises(BadInputError) as told:
        plan_run(run, wishes=QUICK)
    assert told.value.code == "plan.scenario_changed"
    assert [finding.place.file for finding in told.value.findings] == ["reference/distances.csv"]


def test_settings_may_change_but_a_cycle_is_needed(launched: Path, tmp_path: Path) -> None:
    scenario, run = copy(launched, tmp_path)
    settings = scenario / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + "\n[plan]\nneeds = 1\n", encoding="utf-8")
    few = plan_run(run, wishes=QUICK, dry_run=True).plan
    settings.write_text(text + "\n[plan]\nneeds = 6\n", encoding="utf-8")
    many = plan_run(run, wishes=QUICK, dry_run=True).plan
    count = [sum(len(pair.actions) for pair in plan.pairs) for plan in (few, many)]
    assert count[0] < count[1]
    lines = [line for line in text.splitlines() if not line.startswith("cycle")]
    settings.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError) as told:
        plan_run(run, wishes=QUICK)
    assert told.value.code == "plan.no_cycle"
