"""Sheets, scenarios and checks of findings that the tests of load and check share."""

import string
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.load.readers.sheets import CellValue, Sheet
from pairmatch.load.records.headers import find_header
from pairmatch.load.records.rows import Row, read_rows
from pairmatch.load.records.tables import Table, describe_units, describe_villages
from pairmatch.load.scenario import read_scenario
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.messages import read_catalogue, render

CODE = "130921100201"
VILLAGES = describe_villages(read_taxonomy())
UNITS = describe_units(read_taxonomy())


def make_sheet(rows: Sequence[Sequence[CellValue]], *, typed: bool = True, **kw: object) -> Sheet:
    width = max(map(len, rows))
    padded = tuple(tuple(row) + (None,) * (width - len(row)) for row in rows)
    name = "表" if typed else ""
    return Sheet("t.xlsx" if typed else "t.csv", name, padded, typed=typed, **kw)  # type: ignore[arg-type]


def read_table(sheet: Sheet, table: Table = VILLAGES) -> tuple[tuple[Row, ...], list[Finding]]:
    block, findings = find_header(sheet, table)
    assert block is not None
    rows, more = read_rows(sheet, block)
    told = [*findings, *more]
    check_sentences(told)
    return rows, told


def check_sentences(findings: Iterable[Finding]) -> None:
    """Every finding has a whole sentence in both languages, and errors and warnings a remedy."""
    for finding in findings:
        for lang in ("zh", "en"):
            message = render(finding.code, finding.params, lang)  # type: ignore[arg-type]
            assert message.text
            assert "{" not in _without_values(message.text, finding.params), message
        area, _, short = finding.code.partition(".")
        if finding.severity is Severity.ERROR and not short.endswith("_more"):
            assert "zh_hint" in read_catalogue(area)[short], finding.code


def _without_values(text: str, params: Mapping[str, str]) -> str:
    for value in params.values():
        text = text.replace(value, "") if value else text
    return text


def list_codes(findings: Iterable[Finding], severity: Severity | None = None) -> list[str]:
    return [f.code for f in findings if severity in (None, f.severity)]


def find_one(findings: Iterable[Finding], code: str) -> Finding:
    (finding,) = [f for f in findings if f.code == code]
    return finding


def write_scenario(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    files = {"scenario.toml": "", **files}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read_files(
    folder: Path, files: Mapping[str, str | bytes]
) -> tuple[Inputs | None, tuple[Finding, ...]]:
    inputs, findings = read_scenario(write_scenario(folder, files))
    check_sentences(findings)
    return inputs, findings


def list_placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
