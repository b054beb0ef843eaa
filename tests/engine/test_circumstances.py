"""What stands behind a conflict: who refuses which pair, and what the settings say of changes."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import pytest
from openpyxl import Workbook
from tests.faults.plugin_scenarios import add_plugin, read, run_program, write_pair_condition
from tests.faults.plugin_scenarios import write_scenario as write_plugin_scenario

LOCK = '[[lock]]\nunit = "{unit}"\nvillage = "{village}"\n'


def write_scenario(
    folder: Path,
    *,
    units: Iterable[str],
    villages: Iterable[str],
    settings: str = "",
    **tables: str,
) -> Path:
    """Write two tables, and others that the settings name, each as text."""
    folder.mkdir()
    (folder / "scenario.toml").write_text(f'[scenario]\nname = "small"\n{settings}', "utf-8")
    texts = {"units": "\n".join(units), "villages": "\n".join(villages), **tables}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(f"{text}\n", "utf-8")
    return folder


def read_conflict(folder: Path, lang: str = "zh") -> dict[str, list[str]]:
    result = run_program("propose", folder, "--dry-run", "--json", "--lang", lang)
    assert result.exit_code == 4, result.output
    conflict = read(result)["conflict"]
    return {**conflict, "cured": conflict["cure"]["members"] if conflict["cure"] else []}


UNITS = (
    "unit_id,name,willing,conflicts,refusals,scope_counties",
    "u1,银行,,v2,,",
    "u2,医院,否,,,",
    "u3,公司,,,v1,",
    "u4,学校,,,,南县",
)
VILLAGES = ("village_id,name,county", "v1,甲村,北县", "v2,乙村,北县", "v3,丙村,南县")


@pytest.mark.parametrize(
    ("unit", "village", "reason", "reason_en"),
    [
        (
            "u1",
            "v2",
            "银行与北县乙村：需要回避（写在单位表“回避对象”一栏）",
            "conflict of interest (stated in the column conflicts, “回避对象”, of the unit table)",
        ),
        (
            "u2",
            "v1",
            "医院：“愿意参加”一栏填的是“否”",
            "the answer to 'willing to take part' is no",
        ),
        (
            "u3",
            "v1",
            "公司与北县甲村：单位不愿到此帮扶（写在单位表“不愿帮扶”一栏）",
            "the unit refuses this place "
            "(stated in the column refusals, “不愿帮扶”, of the unit table)",
        ),
        ("u4", "v2", "学校与北县：不在帮扶范围内", "outside the unit's scope"),
    ],
)
def test_a_lock_is_told_with_the_condition_that_refuses_the_pair(
    tmp_path: Path, unit: str, village: str, reason: str, reason_en: str
) -> None:
    settings = LOCK.format(unit=unit, village=village)
    folder = write_scenario(tmp_path / "s", units=UNITS, villages=VILLAGES, settings=settings)
    facts = read_conflict(folder)["facts"]
    assert len(facts) == 1
    assert facts[0].endswith(f"不符合结对条件：{reason}")
    assert read_conflict(folder, "en")["facts"][0].endswith(reason_en)


def test_a_lock_that_a_county_refuses_or_nobody_scored(tmp_path: Path) -> None:
    folder = write_plugin_scenario(tmp_path / "s")
    add_plugin(folder, write_pair_condition('return Reason("太远", "too far to go")'))
    settings = folder / "scenario.toml"
    scored = settings.read_text("utf-8")
    settings.write_text(scored + LOCK.format(unit="u1", village="a1"), "utf-8")
    assert read_conflict(folder)["facts"] == [
        "对子 单位1（u1） = 甲县村a1（a1） 在“远”这一项上不合条件：太远"
    ]
    settings.write_text(scored + LOCK.format(unit="u1", village="b1"), "utf-8")
    scores = folder / "scores.csv"
    rows = [row for row in scores.read_text("utf-8").split() if not row.startswith("u1,b1")]
    scores.write_text("\n".join(rows) + "\n", "utf-8")
    assert read_conflict(folder)["facts"] == [
        "对子 单位1（u1） = 乙县村b1（b1） 在得分表（scores）里没有得分"
    ]


def test_a_village_that_nobody_is_left_for(tmp_path: Path) -> None:
    """Each unit is counted once, by the first condition that refuses it."""
    villages = ("village_id,name,county,demand_min", "v1,甲村,北县,1", "v2,丙村,南县,")
    units = (UNITS[0], "u2,医院,否,,,", "u3,公司,,,v1,", "u4,学校,,,,南县", "u5,电站,,北县,,")
    folder = write_scenario(tmp_path / "s", units=units, villages=villages)
    conflict = read_conflict(folder)
    assert conflict["members"] == ["村 北县甲村（v1） 须至少有 1 个帮扶单位"]
    assert conflict["facts"] == [
        "村 北县甲村（v1）：有 1 个单位在“需要回避”这一项上不合条件（电站（u5））",
        "村 北县甲村（v1）：有 1 个单位在“单位不愿到此帮扶”这一项上不合条件（公司（u3））",
        "村 北县甲村（v1）：有 1 个单位在“不在帮扶范围内”这一项上不合条件（学校（u4））",
        "村 北县甲村（v1）：有 1 个单位在“愿意参加”这一项上不合条件（医院（u2））",
        "有 1 个单位在“愿意参加”这一项上不合条件，没有可帮扶的村：医院（u2）",
    ]


def test_a_unit_that_no_village_is_left_for(tmp_path: Path) -> None:
    units = ("unit_id,name,capacity_min,capacity_max,refusals", "u1,银行,2,2,北县", "u2,医院,,,")
    folder = write_scenario(tmp_path / "s", units=units, villages=VILLAGES)
    conflict = read_conflict(folder)
    assert conflict["members"] == ["单位 银行（u1） 须至少帮扶 2 个村"]
    assert conflict["facts"] == [
        "单位 银行（u1）：有 2 个村在“单位不愿到此帮扶”这一项上不合条件"
        "（北县甲村（v1）、北县乙村（v2））"
    ]


def test_only_units_that_could_help_are_told(tmp_path: Path) -> None:
    """That of another county, and those of a kind that is not wanted, do not bear on it."""
    units = (
        "unit_id,name,kind,county,tier,willing",
        "u1,北银行,龙头企业,北县,county,否",
        "u2,南银行,龙头企业,南县,county,否",
        "u3,北医院,理事单位,北县,county,否",
        "u4,市医院,理事单位,,city,",
    )
    settings = (
        '[[quota]]\nname = "银行"\nmin = 1\n'
        'where = { "unit.kind" = "agribusiness", "village.county" = "北县" }\n'
    )
    folder = write_scenario(tmp_path / "s", units=units, villages=VILLAGES, settings=settings)
    facts = read_conflict(folder)["facts"]
    assert facts == ["有 1 个单位在“愿意参加”这一项上不合条件，没有可帮扶的村：北银行（u1）"]


def test_changes_that_pairs_use_up_which_cannot_stay(tmp_path: Path) -> None:
    """One of three pairs may change, one is not eligible any more, and a lock moves another."""
    settings = (
        '[inputs]\nprevious = "previous.csv"\n[limits]\nmax_changes = 1\nmax_changes_waiver = 1\n'
        + LOCK.format(unit="u2", village="v3")
    )
    units = ("unit_id,name,conflicts", "u1,银行,v1", "u2,医院,", "u3,公司,")
    folder = write_scenario(
        tmp_path / "s",
        units=units,
        villages=VILLAGES,
        settings=settings,
        previous="unit_id,village_id\nu1,v1\nu2,v2\nu3,v3",
    )
    conflict = read_conflict(folder)
    said = " ".join(conflict["members"])
    assert "原有 3 对，[limits] 的 max_changes 写的是 1 对，就是至少要保留 2 对" in said
    assert "只剩 0 对可改" in said
    assert "max_changes 由 1 改为 3" in conflict["cured"][0]
    assert conflict["facts"] == [
        "原有对子 银行（u1） = 北县甲村（v1） 已经不合条件，不能保留：银行与北县甲村："
        "需要回避（写在单位表“回避对象”一栏）"
    ]
    settings = (folder / "scenario.toml").read_text("utf-8")
    (folder / "scenario.toml").write_text(settings.replace("changes = 1", "changes = 3"), "utf-8")
    assert run_program("propose", folder, "--dry-run").exit_code == 0


def test_more_changes_than_are_allowed_have_happened(tmp_path: Path) -> None:
    settings = '[inputs]\nprevious = "previous.csv"\n[limits]\nmax_changes = 1\n'
    units = ("unit_id,name,conflicts", "u1,银行,北县", "u2,医院,北县", "u3,公司,")
    folder = write_scenario(
        tmp_path / "s",
        units=units,
        villages=VILLAGES,
        settings=settings,
        previous="unit_id,village_id\nu1,v1\nu2,v2\nu3,v3",
    )
    conflict = read_conflict(folder, "en")
    assert (
        "there are 3 of them, and max_changes of [limits] is 1, so at least 2 must stay"
        in conflict["members"][0]
    )
    assert "2 of them are no longer eligible and cannot stay, so only 1" in conflict["members"][0]
    assert "from 1 to 2" in conflict["cured"][0]


def test_data_have_every_name(tmp_path: Path) -> None:
    """Texts for people are cut short and say how many more there are."""
    units = ("unit_id,name", *(f"u{k:02},单位{k:02}" for k in range(35)))
    villages = ("village_id,name", *(f"v{k:02},村{k:02}" for k in range(60)))
    settings = '[[quota]]\nname = "多"\nmin = 50\n'
    folder = write_scenario(tmp_path / "s", units=units, villages=villages, settings=settings)
    told = next(text for text in read_conflict(folder)["members"] if text.startswith("35 个单位"))
    assert all(f"单位{k:02}（u{k:02}）" in told for k in range(35))
    text = run_program("propose", folder, "--dry-run").stdout
    assert "单位29（u29） … (+5)" in text


def test_a_cure_says_in_which_file_and_sheet_its_number_stands(tmp_path: Path) -> None:
    villages = ("village_id,name,county,demand_min", "v1,甲村,北县,1", "v2,乙村,北县,1")
    units = ("unit_id,name", "u1,银行")
    folder = write_scenario(tmp_path / "s", units=units, villages=villages)
    assert "units.csv，第 2 行" in read_conflict(folder)["cured"][0]
    assert "units.csv, row 2" in read_conflict(folder, "en")["cured"][0]
    book = Workbook()
    for name, rows in (("单位", units), ("空", ())):
        sheet = book.active if name == "单位" else book.create_sheet(name)
        sheet.title = name
        for row in rows:
            sheet.append(row.split(","))
    book.save(folder / "units.xlsx")
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write('[inputs]\nunits = "units.xlsx"\n')
    told = read_conflict(folder)
    assert "units.xlsx" in told["cured"][0]
    assert "单位" in told["cured"][0] and "第 2 行" in told["cured"][0]
    assert "villages.csv" in str(told["cure"]["others"])


def test_an_earlier_pair_that_nobody_scored(tmp_path: Path) -> None:
    folder = write_plugin_scenario(tmp_path / "s")
    scores = folder / "scores.csv"
    rows = [row for row in scores.read_text("utf-8").split() if not row.startswith("u1,b1")]
    scores.write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "previous.csv").write_text("unit_id,village_id\nu1,b1\n", "utf-8")
    settings = folder / "scenario.toml"
    text = settings.read_text("utf-8").replace("[inputs]", '[inputs]\nprevious = "previous.csv"')
    settings.write_text(text + "[limits]\nmax_changes = 0\n", "utf-8")
    conflict = read_conflict(folder)
    assert len(conflict["facts"]) == 1
    assert "原有对子 单位1（u1） = 乙县村b1（b1）" in conflict["facts"][0]
    assert "没有得分" in conflict["facts"][0]


def test_what_a_cure_says_of_its_size_and_of_others(tmp_path: Path) -> None:
    """Two villages want two units each; the conflict tells of one, the need of the other."""
    villages = ("village_id,name,demand_min,demand_max", "v1,甲村,2,2", "v2,乙村,2,2")
    units = ("unit_id,name", "u1,银行", "u2,医院")
    folder = write_scenario(tmp_path / "s", units=units, villages=villages)
    conflict = read_conflict(folder)
    assert conflict["sums"][-1].startswith("所以最多只有")
    cure = conflict["cure"]
    assert [set(need) for need in cure["needs"]] == [{"told", "members", "sums"}] * len(
        cure["needs"]
    )
    text = run_program("propose", folder, "--dry-run").stdout
    for line in (*conflict["sums"], *cure["members"], *chain.from_iterable(cure["others"])):
        assert f"- {line}" in text
    for need in cure["needs"]:
        assert f"  - {need['told']}" in text
        assert all(f"    - {line}" in text for line in (*need["members"], *need["sums"]))


def test_changes_are_counted_as_the_rest_of_a_cure_leaves_them(tmp_path: Path) -> None:
    """What a smaller cure leaves impossible is told with the number of changes it would allow."""
    settings = (
        '[inputs]\nprevious = "previous.csv"\n[limits]\nmax_changes = 1\n'
        + LOCK.format(unit="u1", village="v2")
        + LOCK.format(unit="u2", village="v1")
    )
    folder = write_scenario(
        tmp_path / "s",
        units=("unit_id,name,conflicts", "u1,银行,", "u2,医院,", "u3,公司,v3"),
        villages=VILLAGES,
        settings=settings,
        previous="unit_id,village_id\nu1,v1\nu2,v2\nu3,v3",
    )
    conflict = read_conflict(folder)
    assert "max_changes 由 1 改为 3" in conflict["cured"][0]
    assert "max_changes 写的是 1 对" in " ".join(conflict["members"])
    need = conflict["cure"]["needs"][0]
    said = " ".join(need["members"])
    assert (
        "max_changes 写的是 2 对，就是至少要保留 1 对；其中 1 对" in said
        and "只剩 1 对可改" in said
    )
