"""The columns of the input tables: their headers, types, ranges and the words their cells take.

One definition serves both directions: `load` reads these columns, `report` writes them into forms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pairmatch.domain.taxonomy import CapabilityType, IndicatorType, Specialty

PRINTED_TYPES = ("是/否", "多选")
"""What the `unit` of an indicator says when it is no unit of measure."""
SPECIALTY_UNIT = "代码"
"""The `unit` of the indicator that takes one of the specialties."""

YES, NO = "是", "否"
TIERS: Mapping[str, str] = {"市级": "city", "县级": "county"}
KINDS: Mapping[str, str] = {
    "理事单位": "council_member",
    "龙头企业": "agribusiness",
    "部门": "department",
    "其他": "other",
}
SIDES: Mapping[str, str] = {"单位": "unit", "村": "village"}
GRADES: Mapping[str, str] = {"优": "4", "良": "3", "中": "2", "差": "1"}
OWNERS: Mapping[str, str] = {
    "市老促会": "city_council",
    "县老促会": "county_councils",
    "帮扶单位": "units",
    "部门": "departments",
}
SYNTHETIC: Mapping[str, str] = {"合成": "synthetic", "真实": "real"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an input table.

    `value_type` is one of id, name, text, int, float, decimal (kept exact as its text), bool,
    choice (one of `choices`, a mapping from the word on the sheet to the stored value), specialty
    (a choice that may be left open), types (several of 1, 2, 3), names (several, separated by 、)
    and date. `unit` is the unit of measure, empty if there is none.
    """

    field: str
    header_zh: str
    value_type: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def header(self) -> str:
        """The header as forms print it: the name, then the unit in brackets."""
        return f"{self.header_zh}({self.unit})" if self.unit else self.header_zh


def _choose(
    field: str, header_zh: str, choices: Mapping[str, str], required: bool = False
) -> Column:
    options = tuple(choices.items())
    return Column(field, header_zh, "choice", required=required, choices=options)


PLACE_COLUMNS = (
    Column("village_id", "区划代码", "id", required=True),
    Column("county", "县(市)", "name"),
    Column("township", "乡镇", "name"),
    Column("name", "村名", "name"),
)
DATA_STATUS = _choose("data_status", "数据性质", SYNTHETIC)
VILLAGE_END = (
    Column("contribution_grade", "牺牲贡献等级(1-5)", "int", minimum=1, maximum=5),
    Column("difficulty_grade", "困难程度等级(1-5)", "int", minimum=1, maximum=5),
    Column("wish_1", "最想办的事1", "text"),
    Column("wish_2", "最想办的事2", "text"),
    Column("wish_3", "最想办的事3", "text"),
    Column("demand_min", "最少帮扶单位数", "int", minimum=0, maximum=1_000_000),
    Column("demand_max", "最多帮扶单位数", "int", minimum=0, maximum=1_000_000),
    DATA_STATUS,
)
VILLAGE_DATE = Column("survey_date", "填报日期", "date")
"""Read and checked when a sheet has it; the forms do not ask for it."""

UNIT_START = (
    Column("unit_id", "单位编号", "id", required=True),
    Column("name", "单位名称", "name"),
    _choose("tier", "层级", TIERS),
    _choose("kind", "类别", KINDS),
    Column("county", "所属县", "name"),
    Column("scope_counties", "帮扶范围", "names"),
    Column("industry_codes", "行业代码", "names"),
)
UNIT_END = (
    Column("budget_low", "年度公益预算下限", "float", "万元", 0, 1_000_000),
    Column("budget_high", "年度公益预算上限", "float", "万元", 0, 1_000_000),
    Column("team_size", "团队人数", "int", "人", 0, 100_000),
    Column("credit_ok", "法人资信良好", "bool"),
    Column("scale_ok", "规模实力达标", "bool"),
    Column("willing", "愿意参加", "bool"),
    Column("influence_ok", "社会影响力", "bool"),
    Column("conflicts", "回避对象", "names"),
    Column("wishes", "帮扶意愿", "names"),
    Column("refusals", "不愿帮扶", "names"),
    Column("capacity_min", "最少帮扶村数", "int", minimum=0, maximum=1_000_000),
    Column("capacity_max", "最多帮扶村数", "int", minimum=0, maximum=1_000_000),
    DATA_STATUS,
)
PREVIOUS_COLUMNS = (
    Column("unit_id", "单位编号", "id", required=True),
    Column("village_id", "区划代码", "id", required=True),
    Column("unit_name", "单位名称", "name"),
    Column("county", "县(市)", "name"),
    Column("township", "乡镇", "name"),
    Column("name", "村名", "name"),
    DATA_STATUS,
)
PAIR_COLUMNS = (
    Column("unit_id", "单位编号", "id", required=True),
    Column("village_id", "区划代码", "id", required=True),
)
SCORE_COLUMNS = (*PAIR_COLUMNS, Column("points", "得分", "decimal", required=True))
LOAD_COLUMNS = (
    *PAIR_COLUMNS,
    Column("resource", "资源", "name", required=True),
    Column("load", "用量", "decimal", "", 0, 1_000_000_000, required=True),
)
CAPACITY_COLUMNS = (
    _choose("side", "单位或村", SIDES, required=True),
    Column("id", "编号", "id", required=True),
    Column("resource", "资源", "name", required=True),
    Column("capacity", "总量", "decimal", "", 0, 1_000_000_000_000, required=True),
    Column("waiver", "放宽代价", "decimal", "", 0, 1_000_000),
)
COUNTY_COLUMNS = (
    Column("name_zh", "县(市)", "name", required=True),
    Column("county_code", "县代码", "id", required=True),
    Column("name_en", "英文名", "name"),
    Column("seat_lon_wgs84", "经度", "float", "", -180, 180),
    Column("seat_lat_wgs84", "纬度", "float", "", -90, 90),
)
DISTANCE_COLUMNS = (
    Column("from_code", "起点代码", "id", required=True),
    Column("from_name", "起点", "name", required=True),
    Column("to_code", "终点代码", "id", required=True),
    Column("to_name", "终点", "name", required=True),
    Column("km_seat_to_seat", "距离", "float", "公里", 0, 20_000, required=True),
)
DUTY_COLUMNS = (
    Column("event_id", "事项编号", "id", required=True),
    Column("name_zh", "事项", "text"),
    Column("name_en", "英文名称", "text"),
    _choose("owner", "由谁办", OWNERS),
    Column("participants", "参加", "names"),
    Column("due_rule", "时间", "text", required=True),
    Column("after", "前置事项", "names"),
    Column("document", "形成的材料", "text"),
    Column("seed_quote", "原文", "text"),
    Column("basis", "依据", "text"),
    Column("county", "县(市)", "name"),
)
DONE_COLUMNS = (
    Column("owner", "谁", "text", required=True),
    Column("county", "县(市)", "name"),
    Column("event_id", "事项编号", "id", required=True),
    Column("event", "事项", "text"),
    Column("period", "期次", "text"),
    Column("due", "最迟日期", "text"),
    Column("done_on", "完成日期", "date", required=True),
)
DEPARTMENT_COLUMNS = (
    Column("department_id", "部门编号", "id", required=True),
    Column("name_zh", "部门", "name", required=True),
    Column("short_zh", "简称", "name"),
    Column("name_en", "英文名称", "text"),
    Column("needs", "能办的需求", "names", required=True),
    Column("capacity", "每年资金", "decimal", "万元", 0, 1_000_000),
    DATA_STATUS,
)
ACTION_COLUMNS = (
    Column("action_id", "措施编号", "id", required=True),
    Column("need_id", "需求", "text"),
    Column("name_zh", "措施", "text"),
    Column("name_en", "英文名称", "text"),
    Column("unit", "计量单位", "text"),
    Column("cost_low_wan", "单位费用下限", "decimal", "万元", 0, 1_000_000),
    Column("cost_typ_wan", "单位费用", "decimal", "万元", 0, 1_000_000),
    Column("cost_high_wan", "单位费用上限", "decimal", "万元", 0, 1_000_000),
    Column("duration_months", "工期月数", "int", "", 1, 120),
    Column("duration_quarters", "工期季度数", "int", "", 1, 40),
    Column("work_months", "施工月份", "text"),
    Column("prerequisites", "前置措施", "names"),
    Column("prerequisite_met_if", "不用前置的情况", "text"),
    Column("outcome_indicator", "成效指标", "text"),
    Column("outcome_per_unit", "每单位成效", "decimal", "", -1_000_000, 1_000_000),
    Column("reference_village", "参照村", "text"),
    Column("typical_qty", "一般数量", "decimal", "", 0, 1_000_000),
    Column("max_qty", "最多数量", "decimal", "", 0, 1_000_000),
    Column("upkeep_pct_per_year", "每年管护费占比", "decimal", "%", 0, 100),
    Column("capabilities", "可用的能力", "names"),
    Column("evidence_ids", "费用佐证", "names"),
    Column("basis", "依据", "text"),
    Column("version", "版本", "text"),
    Column("author", "编制人", "text"),
)


def describe_indicator(indicator: IndicatorType, specialties: Sequence[Specialty]) -> Column:
    """Return the column of an indicator: its name, and its unit if that is a real one."""
    choices: tuple[tuple[str, str], ...] = ()
    kind = {"set": "types", "enum": "choice"}.get(indicator.value_type, indicator.value_type)
    if kind == "choice":
        choices = tuple((word, word) for word in indicator.unit.split("/"))
    if indicator.unit == SPECIALTY_UNIT:
        kind = "specialty"
        choices = tuple((s.name_zh, s.specialty_id) for s in specialties)
    return Column(
        field=indicator.indicator_id,
        header_zh=indicator.name_zh,
        value_type=kind,
        unit="" if choices or indicator.unit in PRINTED_TYPES else indicator.unit,
        minimum=indicator.minimum,
        maximum=indicator.maximum,
        choices=choices,
    )


def describe_capability(capability: CapabilityType) -> Column:
    """Return the column of a capability: levels 1 to 3, blank or 0 where it is not offered."""
    return Column(capability.capability_id, capability.name_zh, "int", minimum=0, maximum=3)


def describe_year(year: int) -> Column:
    """Return the column of one year's evaluation in the table of the cycle before."""
    return Column(f"grade_{year}", f"{year}年评定", "choice", choices=tuple(GRADES.items()))
