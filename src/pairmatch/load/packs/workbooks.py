"""Rule packs as workbooks: the sheet of rules, found by its header, and the two beside it."""

from collections.abc import Sequence
from pathlib import Path

from pairmatch.domain.findings import Place
from pairmatch.domain.packs import PackExample, RulePack
from pairmatch.load.packs.columns import RULES_TABLE
from pairmatch.load.packs.findings import PackFindings
from pairmatch.load.packs.infosheets import (
    find_examples_header,
    is_info_sheet,
    read_examples,
    read_info,
)
from pairmatch.load.packs.sheetlines import count_lines, find_rules_header, read_lines
from pairmatch.load.packs.sheetrules import build_rules
from pairmatch.load.readers.archives import MEGABYTE, Limits
from pairmatch.load.readers.files import read_sheets
from pairmatch.load.readers.sheets import Sheet

LIMITS = Limits(max_bytes=8 * MEGABYTE)
"""Several times what two thousand rows take, and read in about a second."""


def read_workbook_pack(path: Path, name: str, told: PackFindings) -> RulePack | None:
    """Return the pack in a workbook, None if it cannot be used.

    Parameters
    ----------
    path
        The workbook.
    name
        What findings call it.
    told
        Collects what is wrong.
    """
    sheets, findings = read_sheets(path, name, limits=LIMITS)
    for finding in findings:
        if finding.code == "files.too_large":
            # The limit of a scenario's tables can be raised; this one has no reason to be.
            told.tell("packfiles.too_long", Place(name), limit=LIMITS.megabytes)
        else:
            told.add([finding])
    return _read_pack(sheets, name, told) if sheets else None


def _read_pack(sheets: Sequence[Sheet], name: str, told: PackFindings) -> RulePack | None:
    found = [(sheet, *find_rules_header(sheet)) for sheet in sheets]
    tables = [(sheet, block, more) for sheet, block, more in found if block]
    if not tables:
        columns = "、".join(c.header for c in RULES_TABLE.columns.values() if c.required)
        told.tell("packfiles.no_rules_sheet", Place(name), columns=columns)
        return None
    if len(tables) > 1:
        shown = "、".join(sheet.name for sheet, _block, _more in tables)
        told.tell("packfiles.many_rules_sheets", Place(name), sheets=shown)
        return None
    ((sheet, block, more),) = tables
    told.add(more)
    place = Place(name, sheet.name)
    if "rule_id" in block.fields and not told.check_size(*count_lines(sheet, block), place):
        return None
    rules = build_rules(read_lines(sheet, block, told), told)
    if not told.check_size(len(rules), sum(len(rule.rows) for rule in rules), place):
        return None
    if not rules and not told.has_errors:
        told.tell("packfiles.no_rules", place)
    others = [other for other in sheets if other is not sheet]
    info = read_info(next(filter(is_info_sheet, others), None), name, told)
    examples = _read_examples(others, {rule.local_id for rule in rules}, told)
    return RulePack(info, rules, examples, name)


def _read_examples(
    sheets: Sequence[Sheet], rules: set[str], told: PackFindings
) -> tuple[PackExample, ...]:
    return tuple(
        example
        for sheet in sheets
        if (row := find_examples_header(sheet))
        for example in read_examples(sheet, row, rules, told)
    )
