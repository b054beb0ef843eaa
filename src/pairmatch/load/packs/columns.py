"""The sheets of a rule pack's workbook: how each is recognised, and the names of its columns."""

from collections.abc import Mapping

from pairmatch.domain.packcolumns import EXAMPLE_HEADER, INFO_LABELS, INFO_SHEET, RULE_COLUMNS
from pairmatch.load.records.tables import Table, simplify_header

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "rule_id": ("规则号", "规则代码", "规则id", "编号", "rule", "id"),
    "label": ("规则说明", "规则名称", "名称"),
    "field": ("字段名", "字段名称", "指标", "看什么"),
    "operator": ("运算符", "运算方式", "比较", "条件", "关系", "op"),
    "value": ("阈值", "阈值或分段", "分段", "分段/阈值", "标准", "值", "threshold"),
    "points": ("分数", "分值", "加分", "score"),
    "reason": ("原因", "加分理由", "依据"),
    "formula": ("计算公式", "得分公式"),
    "spread": ("最大幅度", "影响幅度", "最多影响"),
    "join": ("连接词", "且/或", "且或"),
    "label_en": ("英文名称", "说明(英文)"),
    "reason_en": ("英文原因", "理由(英文)"),
}


def _build_table() -> Table:
    names: dict[str, str] = {}
    for column in RULE_COLUMNS:
        for known in (column.field, column.header_zh, *_SYNONYMS[column.field]):
            names.setdefault(simplify_header(known), column.field)
    columns = {column.field: column for column in RULE_COLUMNS}
    return Table("packs", columns, names, ("rule_id",))


RULES_TABLE = _build_table()
"""The sheet of rules."""

INFO_SHEETS = frozenset({INFO_SHEET, "说明", "pack"})
EXAMPLE_SHEETS = frozenset({"例子", "案例", "examples", "cases"})
EXAMPLE_HEADERS = frozenset({EXAMPLE_HEADER, "案例", "例子名称", "example", "case"})
EXPECTED_PREFIXES = ("预期", "期望", "expect")
"""What a header begins with, before a mark and a rule's id: 预期.salt."""

_INFO: Mapping[str, tuple[str, ...]] = {
    "name": ("规则包名称", "插件名称"),
    "county": ("县", "县市", "县区", "所属县"),
    "version": ("版本号",),
    "api": ("接口",),
    "title_zh": ("中文标题",),
    "title_en": (),
}
INFO_NAMES: Mapping[str, str] = {
    simplify_header(known): key
    for key, words in _INFO.items()
    for known in (key, INFO_LABELS[key], *words)
}
"""What a line of the sheet 规则包 says, by every known name of it."""
