"""The workbook of a rule pack: its sheets, columns and words.

One definition serves both directions: `load` reads them, `report` writes them.
"""

from collections.abc import Mapping

from pairmatch.domain.columns import Column

RULES_SHEET, INFO_SHEET, EXAMPLES_SHEET = "规则", "规则包", "例子"

RULE_COLUMNS = (
    Column("rule_id", "规则编号", "text", required=True),
    Column("label", "说明", "text"),
    Column("field", "字段", "text", required=True),
    Column("operator", "运算", "text", required=True),
    Column("value", "阈值/分段", "text", required=True),
    Column("points", "得分", "text", required=True),
    Column("reason", "理由", "text", required=True),
    Column("join", "连接", "text"),
    Column("formula", "公式", "text"),
    Column("spread", "幅度", "text"),
    Column("label_en", "英文说明", "text"),
    Column("reason_en", "英文理由", "text"),
)

OPERATOR_WORDS: Mapping[str, str] = {
    "equal": "等于",
    "unequal": "不等于",
    "less": "小于",
    "at_most": "不超过",
    "more": "大于",
    "at_least": "至少",
    "between": "介于",
    "among": "属于",
    "known": "已填",
    "unknown": "未填",
}
"""The Chinese word for each operator of `domain.packs`."""
BANDS_WORD = "分段"
"""Several ranges in one cell, each with points of its own."""
AND_WORD, OR_WORD = "且", "或"
REFUSE_WORD = "不结对"

INFO_LABELS: Mapping[str, str] = {
    "name": "名称",
    "county": "县(市)",
    "version": "版本",
    "api": "接口级别",
    "title_zh": "标题",
    "title_en": "英文标题",
}
"""What each line of the sheet 规则包 says."""

EXAMPLE_HEADER, EXPECTED_PREFIX = "例子", "预期."
