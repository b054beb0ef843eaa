"""Rule packs in folders, and their rules without places, for tests of packs and their forms."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import xlsxwriter
from tests.load.sheet_makers import check_sentences

from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.packs import PackCondition, PackExample, PackRow, PackRule, RulePack
from pairmatch.domain.plugins import PluginSource
from pairmatch.load.packs import read_pack

NAME = "nanpi"
HEADER = ["规则编号", "说明", "字段", "运算", "阈值/分段", "得分", "理由", "连接", "公式", "幅度"]
INFO = (("名称", NAME), ("县(市)", "南皮县"), ("版本", "1"))


def read_folder(folder: Path) -> tuple[RulePack | None, tuple[Finding, ...]]:
    """Read the pack in a folder as that of a scenario, and check what is said of it."""
    source = PluginSource(NAME, "pack", str(folder), f"plugins/{NAME}", "", True, "")
    pack, findings = read_pack(source)
    check_sentences(findings)
    assert all(finding.params["plugin"] == NAME for finding in findings)
    assert all(finding.place.file.startswith("plugins/nanpi") for finding in findings)
    return pack, findings


def read_toml_text(
    folder: Path, text: str | bytes, cases: str | None = None
) -> tuple[RulePack | None, tuple[Finding, ...]]:
    """Read a pack.toml, and a cases.toml beside it."""
    (folder / "pack.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    if cases is not None:
        (folder / "cases.toml").write_text(cases, encoding="utf-8")
    return read_folder(folder)


def write_book(
    path: Path, sheets: Sequence[tuple[str, Sequence[Sequence[object]]]]
) -> xlsxwriter.Workbook:
    """Return an open workbook with these sheets; a text that begins with = is a formula."""
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None and value != "":
                    sheet.write(r, c, value)
    return book


def read_lines(
    folder: Path, *lines: Sequence[object], examples: Sequence[Sequence[object]] = ()
) -> tuple[RulePack | None, tuple[Finding, ...]]:
    """Read a workbook with these lines below the header of the rules."""
    sheets: list[tuple[str, Sequence[Sequence[object]]]] = [
        ("规则", [HEADER, *lines]),
        ("规则包", INFO),
    ]
    if examples:
        sheets.append(("例子", examples))
    write_book(folder / "规则.xlsx", sheets).close()
    return read_folder(folder)


def strip_condition(condition: PackCondition) -> PackCondition:
    return replace(condition, place=Place())


def strip_row(row: PackRow) -> PackRow:
    groups = tuple(tuple(strip_condition(c) for c in group) for group in row.alternatives)
    return replace(row, alternatives=groups, place=Place(), formula_place=Place())


def strip_rule(rule: PackRule) -> PackRule:
    rows = tuple(strip_row(row) for row in rule.rows)
    return replace(rule, rows=rows, place=Place())


def strip_rules(pack: RulePack | None) -> tuple[PackRule, ...]:
    """Return the rules of a pack without their places."""
    assert pack is not None
    return tuple(strip_rule(rule) for rule in pack.rules)


def strip_examples(pack: RulePack | None) -> tuple[PackExample, ...]:
    """Return the examples of a pack without their places."""
    assert pack is not None
    return tuple(replace(example, place=Place()) for example in pack.examples)


def list_cells(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Return the codes and cells of findings."""
    return [(finding.code, finding.place.cell) for finding in findings]


def list_rows(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    """Return the codes and rows of findings."""
    return [(finding.code, finding.place.row) for finding in findings]
