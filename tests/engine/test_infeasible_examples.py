"""Requirements that cannot all hold: exit 4, and the conflict named in words, who and how many."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pairmatch.cli.program import program

SCENARIOS = Path(__file__).parents[2] / "scenarios"

TOO_FEW_FOR_A_NEED = """
[[quota]]
name = "融资担保"
where = { "unit.capability" = "guarantee" }
min = 99
"""
CONTRADICTORY_LOCKS = """
[[lock]]
unit = "u07"
village = "130983105217"
[[lock]]
unit = "u07"
village = "130921209217"
"""
QUOTA_ABOVE_SUPPLY = """
[[quota]]
name = "献县县级单位再加一家"
where = { "unit.tier" = "county", "village.county" = "献县" }
min = 7
"""
CASES = {
    "too-few": (TOO_FEW_FOR_A_NEED, ["融资担保", "99", "有 2 个单位"]),
    "locks": (
        CONTRADICTORY_LOCKS,
        ["沧州银行（u07）", "慈庄村（130983105217）", "最多帮扶 1 个村"],
    ),
    "supply": (QUOTA_ABOVE_SUPPLY, ["献县县级单位再加一家", "至少 7 对", "由 7 对减为 6 对"]),
}


def propose(folder, *words):
    return CliRunner().invoke(program, ["propose", str(folder), *words])


@pytest.mark.parametrize("case", CASES)
def test_the_programme_with_one_requirement_too_many(case, tmp_path):
    text, expected = CASES[case]
    folder = tmp_path / "scenario"
    shutil.copytree(SCENARIOS / "cangzhou-2026", folder, ignore=shutil.ignore_patterns("runs"))
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write(text)
    result = propose(folder)
    assert result.exit_code == 4
    for part in expected:
        assert part in result.stdout
    assert not (folder / "runs").exists()


def test_all_pairs_banned(tmp_path):
    folder = tmp_path / "scenario"
    shutil.copytree(SCENARIOS / "three-by-three", folder, ignore=shutil.ignore_patterns("runs"))
    pairs = [line.split(",")[:2] for line in (folder / "scores.csv").read_text().split()[1:]]
    bans = "".join(f'[[ban]]\nunit = "{u}"\nvillage = "{v}"\n' for u, v in pairs)
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n" + bans)
    result = propose(folder, "--json")
    assert result.exit_code == 4
    data = json.loads(result.stdout)
    assert data["status"] == "infeasible"
    assert data["conflict"]["shortage"] == 1
    named = " ".join(data["conflict"]["members"])
    assert all(f"{u} = {v}" in named for u, v in pairs)


def test_every_village_needs_one_but_units_are_too_few(tmp_path):
    folder = tmp_path / "scenario"
    shutil.copytree(SCENARIOS / "three-by-three", folder, ignore=shutil.ignore_patterns("runs"))
    ids = (folder / "villages.csv").read_text().split()[1:]
    rows = "".join(f"{i},1,1\n" for i in ids)
    (folder / "villages.csv").write_text("village_id,demand_min,demand_max\n" + rows)
    (folder / "units.csv").write_text("unit_id,capacity_min,capacity_max\nbank,0,1\nhospital,0,1\n")
    scores = (folder / "scores.csv").read_text().split()
    kept = [line for line in scores if not line.startswith("builder")]
    (folder / "scores.csv").write_text("\n".join(kept) + "\n")
    result = propose(folder, "--json", "--lang", "en")
    assert result.exit_code == 4
    data = json.loads(result.stdout)
    assert data["conflict"]["shortage"] == 1
    assert any("must each get at least 1 unit" in text for text in data["conflict"]["members"])
