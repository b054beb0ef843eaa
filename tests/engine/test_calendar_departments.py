"""The calendar goes by the departments of the scenario, of a run too, or says that it cannot."""

import shutil

import pytest
from tests.faults.plugin_scenarios import SETTINGS, list_runs, run_program, write_scenario

from pairmatch import engine
from pairmatch.errors import UsageError

TABLE = "部门编号,部门,简称,能办的需求\nd1,某市体育局,体育,体育健身\n"


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = SETTINGS.replace("[inputs]\n", '[inputs]\ndepartments = "d.csv"\n')
    settings = settings.replace("[scenario]\n", "[scenario]\ncycle = [2026, 2030]\n")
    folder = write_scenario(tmp_path / "s", settings)
    (folder / "d.csv").write_text(TABLE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["d1", "某市体育局", "体育"])
def test_departments_are_the_scenarios(scenario, name):
    calendar = engine.make_calendar(scenario, engine.CalendarWishes(department=name))
    assert calendar.members.departments == {"d1": "某市体育局"}
    assert calendar.listed
    with pytest.raises(UsageError) as caught:
        engine.make_calendar(scenario, engine.CalendarWishes(department="教育"))
    assert caught.value.params["options"] == "体育"


def test_those_of_a_run_are_its_scenarios(scenario, tmp_path):
    assert run_program("propose", scenario).exit_code == 0
    [run] = list_runs(scenario)
    calendar = engine.make_calendar(run, engine.CalendarWishes())
    assert set(calendar.members.departments) == {"d1"}
    assert not calendar.findings
    away = shutil.copytree(run, tmp_path / "elsewhere" / "runs" / run.name)
    lost = engine.make_calendar(away, engine.CalendarWishes())
    assert [f.code for f in lost.findings] == ["catalogue.departments_unread"]
    assert len(lost.members.departments) == 14
