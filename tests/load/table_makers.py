"""Messy tables that the tests of large tables read in both ways."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import strategies as st
from tests.load.sheet_makers import UNITS, VILLAGES

from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import Inputs
from pairmatch.load import reading
from pairmatch.load.records.tables import Table
from pairmatch.load.scenario import read_scenario

CODES = [f"1309211002{k:02d}" for k in range(6)]
MESS = [
    *("", "", "", " ", "无", "不详", "-", "/", "没有", "null", "NA", "#N/A", "#REF!"),
    *("0", "1", "2", "3", "12", "12.0", "0.35", "35%", "０.5％", "1,234", " 12 ", "+7", "-3"),
    *("1e5", "nan", "3—5", "3-5", "约300", "三百二十", "300户", "2万", "1.3E+11", ".5", "007"),
    *("是", "否", "√", "有", "市级", "县级", "龙头企业", "合成", "鸭梨", "县保", "①③", "养骆驼"),
    *("2026年5月", "2026-05-01", "东村", "西村", "Ａ村", "x" * 25, "'东村", "东\t村", "东\u200b村"),
    *("13800138000", "电话13800138000", "110101199001011234", "00000000000", "村12345678901"),
    *("全市", "沧县", "沧县、青县", "130921100200、东村", "医疗卫生", "修路", "盖个戏台", "1392"),
    *(
        "合计",
        "小计",
        "平均",
        "Total",
        "注：以下无",
        "说明: x",
        "填表人",
        "会计",
        "均",
        "填表人：某",
    ),
]
VILLAGE_FIELDS = (
    *("county", "township", "name", "bas_households", "bas_population", "bas_farmland_mu"),
    *("water_tap_share", "bas_over60_share", "bas_type", "ind_specialty", "her_site_level"),
    *("tel_broadcast_ok", "con_unsold_value", "contribution_grade", "wish_1", "wish_2", "wish_3"),
    *("demand_min", "demand_max", "data_status", "survey_date", "health_clinic_m2"),
    *("health_equipment_items", "con_formerly_poor_households", "bas_income_per_head"),
)
UNIT_FIELDS = (
    *("name", "tier", "kind", "county", "scope_counties", "industry_codes", "cash", "jobs"),
    *("design", "budget_low", "budget_high", "team_size", "credit_ok", "willing", "conflicts"),
    *("wishes", "refusals", "capacity_min", "capacity_max", "data_status"),
)
OTHER_UNITS = {"con_unsold_value": "滞销农产品价值(元)", "bas_farmland_mu": "耕地面积(公顷)"}


def write_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def order(findings: Iterable[Finding]) -> list[tuple[Finding, bool]]:
    """Findings in listing order, with what their equality does not look at."""
    return sorted(((f, f.is_about_code) for f in findings), key=lambda pair: pair[0].sort_key)


def read_in_columns(folder: Path, min_rows: int) -> tuple[Inputs | None, tuple[Finding, ...]]:
    """Read a scenario, in columns from so many rows on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MANY_ROWS", min_rows)
        return read_scenario(folder)


@st.composite
def village_rows(draw: st.DrawFn) -> list[list[str]]:
    return draw(_rows(VILLAGES, "village_id", CODES, VILLAGE_FIELDS))


@st.composite
def unit_rows(draw: st.DrawFn) -> list[list[str]]:
    ids = ["u1", "u2", "U-3", "7", "unit one", "null"]
    return draw(_rows(UNITS, "unit_id", ids, UNIT_FIELDS))


@st.composite
def _rows(
    draw: st.DrawFn, table: Table, key: str, ids: list[str], fields: Sequence[str]
) -> list[list[str]]:
    """Draw a table: notes, header, rows of mess, and among them rows that are none."""
    chosen = draw(st.lists(st.sampled_from(fields), min_size=1, max_size=12, unique=True))
    names = [OTHER_UNITS.get(f, table.columns[f].header) for f in (key, *chosen)]
    if draw(st.booleans()):
        names.insert(draw(st.integers(0, len(names))), draw(st.sampled_from(["备注", "", "手机"])))
    header = [name if draw(st.integers(0, 5)) else f" {name}" for name in names]
    at = next(k for k, name in enumerate(names) if name == table.columns[key].header)
    cells = st.one_of(st.sampled_from(MESS), st.sampled_from(["5", "20", "300", "沧县", "东村"]))
    rows = [["2026年村情表"]] if draw(st.booleans()) else []
    rows.append(header)
    for _ in range(draw(st.integers(0, 9))):
        kind = draw(st.integers(0, 12))
        row = [draw(cells) for _ in names]
        row[at] = draw(st.sampled_from([*ids, *ids, *ids, *MESS]))
        if kind == 0:
            row = list(names)
        elif kind == 1:
            row = [draw(st.sampled_from(MESS))] * draw(st.integers(1, len(names)))
        elif kind == 2:
            row = []
        elif kind == 3:
            row[at] = ""
        elif kind == 4:
            row = ["" if k not in (at, 0) else row[k] for k in range(len(row))]
        elif kind == 5:
            row = [*row, draw(st.sampled_from(["", "x"]))]
        rows.append(row)
    return rows
