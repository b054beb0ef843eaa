"""Findings as people read them: by file, at most ten of a kind, each kind with its remedy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.messages import Language, Message, render

MAX_OF_A_KIND = 10


def list_findings(findings: Iterable[Finding], lang: Language) -> list[str]:
    """Return the lines that tell the findings: errors first, grouped by file.

    Parameters
    ----------
    findings
        In any order.
    lang
        Language of the lines.

    Returns
    -------
    list of str
        At most ten findings of a kind; a last line per kind counts those left out.
    """
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    shown: Counter[str] = Counter()
    hidden: dict[str, list[Finding]] = {}
    lines: list[str] = []
    heading = hint = ""
    for finding in ordered:
        if shown[finding.code] == MAX_OF_A_KIND:
            hidden.setdefault(finding.code, []).append(finding)
            continue
        shown[finding.code] += 1
        severity = render(f"cli.severity_{finding.severity}", {}, lang).text
        new_heading = f"{severity} · {finding.place.file}" if finding.place.file else severity
        message = render_finding(finding, lang)
        # A remedy is told once, after the last of the lines it belongs to.
        if hint and (new_heading, message.hint) != (heading, hint):
            lines.append(f"      → {hint}")
        if new_heading != heading:
            lines.append(new_heading)
        lines.append(f"  - {describe_place(finding.place, message.text, lang)}{message.text}")
        heading, hint = new_heading, message.hint
    if hint:
        lines.append(f"      → {hint}")
    for rest in hidden.values():
        text = render_finding(rest[0], lang).text
        example = describe_place(rest[0].place, text, lang) + text
        params = {"number": str(len(rest)), "example": example}
        lines.append(render("cli.findings_more", params, lang).text)
    return lines


def render_finding(finding: Finding, lang: Language) -> Message:
    """Return the message of a finding; its place may stand in the sentence too."""
    place = finding.place
    params = {
        "file": place.file,
        "sheet": place.sheet,
        "row": str(place.row),
        "column": place.column,
        "cell": place.cell,
        "value": place.value,
        **finding.params,
    }
    return render(finding.code, params, lang)


def describe_place(place: Place, text: str, lang: Language) -> str:
    """Return where in its file something stands, as the start of a line (empty if nowhere).

    The value found there is left out if the text that follows names it anyway.
    """
    parts = []
    if place.sheet:
        parts.append(render("cli.place_sheet", {"sheet": place.sheet}, lang).text)
    if place.row:
        parts.append(render("cli.place_row", {"row": str(place.row)}, lang).text)
    if place.column:
        parts.append(render("cli.place_column", {"column": place.column}, lang).text)
    if place.cell:
        parts.append(place.cell)
    if place.value and place.value not in text:
        parts.append(render("cli.place_value", {"value": place.value}, lang).text)
    return render("cli.place", {"parts": " ".join(parts)}, lang).text if parts else ""


def count_findings(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each severity."""
    counts = Counter(finding.severity for finding in findings)
    return {severity.value: counts[severity] for severity in Severity}


def describe_findings(findings: Sequence[Finding], lang: Language) -> list[Mapping[str, Any]]:
    """Return the findings as data, all of them, errors first."""
    rows: list[Mapping[str, Any]] = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        message = render_finding(finding, lang)
        place = finding.place
        rows.append(
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "message": message.text,
                "hint": message.hint,
                "file": place.file,
                "sheet": place.sheet,
                "row": place.row,
                "column": place.column,
                "cell": place.cell,
                "value": place.value,
            }
        )
    return rows
