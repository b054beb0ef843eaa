"""The bundled scenarios: made anew byte by byte, complete, real in their codes, and plausible."""

import csv
import importlib
import os
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from pairmatch.domain.scenario import Scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
CANGZHOU = SCENARIOS / "cangzhou-2026"
LAUNCH = SCENARIOS / "launch-28"
NAMES = ("cangzhou-2026", "launch-28", "three-by-three")
CIZHUANG = "130983105217"


def read_contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def unpack(contents: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    # Another zlib may pack the same workbook into other bytes; what is in it must be the same.
    parts: dict[str, bytes] = {}
    for name, content in contents.items():
        if not name.endswith(".xlsx"):
            parts[name] = content
            continue
        with zipfile.ZipFile(folder / name) as archive:
            parts |= {f"{name}:{part}": archive.read(part) for part in archive.namelist()}
    return parts


def make_scenarios(out: Path, hash_seed: str) -> None:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": f"UTC-{hash_seed}"}
    command = [sys.executable, str(SCENARIOS / "make_scenarios.py"), "--out", str(out)]
    subprocess.run(command, check=True, env=env)


def read_csv(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def read_first_sheet(path: Path) -> list[tuple[object, ...]]:
    workbook = openpyxl.load_workbook(path)
    return [tuple(row) for row in workbook.worksheets[0].iter_rows(values_only=True)]


def read_units(folder: Path) -> list[dict[str, object]]:
    header, *rows = read_first_sheet(folder / "data" / "帮扶单位.xlsx")
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def find_codes(path: Path) -> list[str]:
    """Village codes in the first column of a county's file, however untidy."""
    if path.suffix == ".csv":
        encoding = "gb18030" if path.name.startswith("东光县") else "utf-8-sig"
        return [row["区划代码"] for row in read_csv(path, encoding)]
    cells = [str(row[0] or "").strip().lstrip("'") for row in read_first_sheet(path)]
    return [cell for cell in cells if len(cell) == 12 and cell.isdigit()]


def county_files() -> list[Path]:
    return sorted((CANGZHOU / "data" / "村情表").iterdir())


@pytest.fixture(scope="module")
def villages() -> ModuleType:
    if str(SCENARIOS) not in sys.path:
        sys.path.insert(0, str(SCENARIOS))
    return importlib.import_module("generator.villages")


def test_script_writes_the_committed_bytes_whatever_the_hash_seed_and_time_zone(
    tmp_path: Path,
) -> None:
    make_scenarios(tmp_path / "a", "1")
    make_scenarios(tmp_path / "b", "2")
    for name in NAMES:
        first, second = tmp_path / "a" / name, tmp_path / "b" / name
        contents = read_contents(first)
        assert contents == read_contents(second)
        committed = read_contents(SCENARIOS / name)
        assert unpack(contents, first) == unpack(committed, SCENARIOS / name)


def test_all_files_together_are_small() -> None:
    folders = [SCENARIOS / name for name in (*NAMES, "sources")]
    contents = [content for folder in folders for content in read_contents(folder).values()]
    assert sum(map(len, contents)) < 1_500_000


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_valid_and_say_synthetic(name: str) -> None:
    text = (SCENARIOS / name / "scenario.toml").read_text(encoding="utf-8")
    scenario = Scenario.model_validate(tomllib.loads(text))
    assert scenario.scenario.name == name
    assert scenario.scenario.synthetic
    assert "synthetic" in (SCENARIOS / name / "README.md").read_text(encoding="utf-8").lower()


def test_quotas_ask_for_eight_pairs_in_each_of_fourteen_counties() -> None:
    text = (CANGZHOU / "scenario.toml").read_text(encoding="utf-8")
    scenario = Scenario.model_validate(tomllib.loads(text))
    sizes: Counter[tuple[object, ...]] = Counter()
    for quota in scenario.quota:
        assert quota.min == quota.max
        group = tuple(v for k, v in sorted(quota.where.items()) if k != "village.county")
        sizes[group] += quota.max or 0
    assert sizes == {("city",): 28, ("agribusiness",): 14, ("county",): 84}
    assert len({quota.where["village.county"] for quota in scenario.quota}) == 14


def test_every_county_file_holds_thirty_real_villages() -> None:
    register = {
        row["village_code"]: row for row in read_csv(SCENARIOS / "sources/cangzhou_villages.csv")
    }
    all_codes: set[str] = set()
    for path in county_files():
        codes = find_codes(path)
        assert len(set(codes)) == len(codes) == 30
        assert {register[code]["county"] for code in codes} == {path.stem.removesuffix("村情表")}
        assert {register[code]["kind"] for code in codes} == {"village_committee"}
        assert len({register[code]["township"] for code in codes}) >= 6
        all_codes |= set(codes)
    assert len(all_codes) == 420
    assert CIZHUANG in all_codes


def test_every_row_and_workbook_says_synthetic() -> None:
    for folder in (CANGZHOU, LAUNCH):
        for path in folder.rglob("*.xlsx"):
            workbook = openpyxl.load_workbook(path)
            assert "合成数据，仅供演示" in str(workbook["说明"]["A1"].value)
            rows = list(workbook.worksheets[0].iter_rows(values_only=True))
            assert sum(row[-1] == "合成" for row in rows) >= 28
    for path in county_files():
        if path.suffix == ".csv":
            encoding = "gb18030" if path.name.startswith("东光县") else "utf-8-sig"
            assert {row["数据性质"] for row in read_csv(path, encoding)} == {"合成"}


def test_csv_counties_have_the_encodings_that_occur() -> None:
    folder = CANGZHOU / "data" / "村情表"
    with pytest.raises(UnicodeDecodeError):
        (folder / "东光县村情表.csv").read_bytes().decode("utf-8")
    assert (folder / "吴桥县村情表.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_messy_counties_are_messy() -> None:
    folder = CANGZHOU / "data" / "村情表"
    top = read_first_sheet(folder / "青县村情表.xlsx")
    assert top[4][0] == "区划代码"
    assert top[3][4] == "1基本情况"
    sheet = openpyxl.load_workbook(folder / "献县村情表.xlsx").worksheets[0]
    assert sum(row.hidden for row in sheet.row_dimensions.values()) == 2
    texts = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"村 名", "无", "不详"} <= texts
    for sample in ("约", "—", "%", ",", "１"):
        assert any(sample in text for text in texts)
    total = openpyxl.load_workbook(folder / "任丘市村情表.xlsx").worksheets[0]
    rows = list(total.iter_rows())
    assert rows[-1][0].value == "合计"
    assert sum(all(cell.value is None for cell in row) for row in rows) == 2
    assert any(cell.number_format == "0%" for cell in rows[1])


def test_units_are_the_ones_the_programme_needs() -> None:
    units = read_units(CANGZHOU)
    able = [unit for unit in units if not str(unit["单位编号"]).startswith("x")]
    assert Counter((unit["层级"], unit["类别"]) for unit in able) == {
        ("市级", "理事单位"): 14,
        ("市级", "龙头企业"): 14,
        ("县级", "理事单位"): 84,
    }
    per_county = Counter(unit["所属县"] for unit in able if unit["层级"] == "县级")
    assert set(per_county.values()) == {6}
    assert len({unit["单位编号"] for unit in units}) == len(units) == 116
    for unit in able:
        assert unit["法人资信良好"] == unit["规模实力达标"] == unit["愿意参加"] == "是"
        made_up = str(unit["单位名称"]).endswith("（合成）")
        assert made_up != str(unit["单位编号"]).startswith("u")


def test_an_able_unit_can_always_find_a_village() -> None:
    # A county chooses 8 of 30 villages; a unit that shuns at most two of them always has one left.
    for unit in read_units(CANGZHOU):
        if str(unit["单位编号"]).startswith("x"):
            continue
        shunned = [str(unit[name] or "") for name in ("回避对象", "不愿帮扶")]
        codes = [code for text in shunned for code in text.split("、") if code]
        assert len(codes) <= 2
        assert all(code.isdigit() for code in codes)


def test_four_units_fail_one_condition_each() -> None:
    units = {str(unit["单位编号"]): unit for unit in read_units(CANGZHOU)}
    conditions = ("法人资信良好", "规模实力达标", "愿意参加")
    for unit_id, failed in (("x01", 0), ("x02", 1), ("x03", 2), ("x04", None)):
        answers = [units[unit_id][name] for name in conditions]
        assert answers == ["否" if idx == failed else "是" for idx in range(3)]
    assert units["x04"]["回避对象"] == units["x04"]["帮扶范围"] == "献县"


def test_history_has_eight_pairs_in_each_county() -> None:
    header, *rows = read_first_sheet(CANGZHOU / "data" / "上一轮结对.xlsx")
    assert header[2:7] == tuple(f"{year}年评定" for year in range(2021, 2026))
    candidates = {code for path in county_files() for code in find_codes(path)}
    able = {str(u["单位编号"]) for u in read_units(CANGZHOU)} - {"x01", "x02", "x03", "x04"}
    assert {row[0] for row in rows} == able
    codes = {str(row[1]) for row in rows}
    assert len(rows) == len(codes) == 112
    assert codes <= candidates
    assert set(Counter(code[:6] for code in codes).values()) == {8}
    grades = Counter(grade for row in rows for grade in row[2:7])
    assert set(grades) == {"优", "良", "中", "差", None}


def test_one_answer_in_ten_is_unknown_and_different_ones_in_different_villages(
    villages: ModuleType,
) -> None:
    by_county: dict[str, list[bool]] = {}
    patterns: set[tuple[bool, ...]] = set()
    for form in villages.list_villages():
        unknown = tuple(value is None for value in form.values.values())
        assert len(unknown) == 75
        by_county.setdefault(form.place.county, []).extend(unknown)
        patterns.add(unknown)
    for cells in by_county.values():
        assert 0.05 <= sum(cells) / len(cells) <= 0.15
    assert len(patterns) > 400


def test_figures_of_a_village_agree_with_each_other(villages: ModuleType) -> None:
    limits = {row["indicator_id"]: row for row in villages.read_reference("village_indicators")}
    for form in villages.list_villages():
        known = {key: value for key, value in form.values.items() if value is not None}
        for key, value in known.items():
            if isinstance(value, int | float):
                assert float(limits[key]["min"]) <= value <= float(limits[key]["max"]), key
        households, population = known["bas_households"], known["bas_population"]
        assert 2.2 <= population / households <= 4
        assert known.get("bas_residents", 0) <= population
        assert 0.5 <= known.get("bas_farmland_mu", population) / population <= 5
        assert known.get("con_formerly_poor_households", 0) <= households
        assert known.get("pow_lowvolt_households", 0) <= households
        elderly = population * known.get("bas_over60_share", 100) / 100
        assert known.get("eld_alone", 0) <= elderly
        sites = known.get("her_sites", 5)
        assert known.get("her_sites_poor_condition", 0) <= sites
        assert sites or "her_site_level" not in known
        assert known.get("her_martyrs", 1) or not known.get("her_sites", 0)


def test_types_grades_and_wishes_follow_from_the_figures(villages: ModuleType) -> None:
    names = {row["need_id"]: row["name_zh"] for row in villages.read_reference("need_types")}
    first_is_worst = 0
    for form in villages.list_villages():
        types = form.values["bas_type"]
        assert types
        assert ("①" in types) == (form.values["bas_former_poor_village"] == "是")
        if (form.values["bas_km_to_county"] or 0) >= 20:
            assert "②" in types
        assert form.contribution_grade in range(1, 6)
        assert form.difficulty_grade in range(1, 6)
        worst = max(form.needs, key=lambda need_id: form.needs[need_id])
        first_is_worst += form.wishes[0] == names[worst]
    assert first_is_worst > 400


def test_saline_land_is_a_matter_of_the_coast(villages: ModuleType) -> None:
    shares: dict[str, list[float]] = {}
    for form in villages.list_villages():
        if form.values["bas_saline_share"] is not None:
            shares.setdefault(form.place.county, []).append(form.values["bas_saline_share"])
    average = {county: sum(found) / len(found) for county, found in shares.items()}
    assert set(sorted(average, key=lambda c: -average[c])[:3]) == {"海兴县", "黄骅市", "盐山县"}


def test_indicators_tell_villages_apart(villages: ModuleType) -> None:
    for row in villages.read_reference("village_indicators"):
        if not row["full_need_at"]:
            continue
        full, none = float(row["full_need_at"]), float(row["no_need_at"])
        deficits: list[float] = []
        for form in villages.list_villages():
            value = form.values[row["indicator_id"]]
            number = {"是": 1.0, "否": 0.0}.get(value, value) if isinstance(value, str) else value
            if number is not None:
                deficits.append(min(max((number - none) / (full - none), 0), 1))
        assert sum(d < 0.4 for d in deficits) > 0.15 * len(deficits), row["indicator_id"]
        assert sum(d >= 0.5 for d in deficits) > 0.05 * len(deficits), row["indicator_id"]


def test_launch_has_two_villages_a_county_and_a_unit_for_each() -> None:
    header, *rows = read_first_sheet(LAUNCH / "data" / "老区村.xlsx")
    assert len(rows) == len(read_units(LAUNCH)) == 28
    assert set(Counter(row[1] for row in rows).values()) == {2}
    assert CIZHUANG in {row[0] for row in rows}
    assert {row[header.index("最少帮扶单位数")] for row in rows} == {1}


def test_smallest_form_has_another_optimum_than_the_greedy_choice() -> None:
    rows = read_csv(SCENARIOS / "three-by-three" / "scores.csv")
    points = {(row["unit_id"], row["village_id"]): int(row["points"]) for row in rows}
    assert len(points) == 8
    assert min(points.values()) < 0
    greedy, left = 0, dict(points)
    while left:
        unit, village = max(left, key=lambda pair: left[pair])
        greedy += left[unit, village]
        left = {pair: p for pair, p in left.items() if pair[0] != unit and pair[1] != village}
    best = points["bank", "west"] + points["builder", "east"] + points["hospital", "north"]
    assert (greedy, best) == (15, 20)
