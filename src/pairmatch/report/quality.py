"""What the page says about the data: findings by file, open questions, units without a village."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.messages import render
from pairmatch.report.pairs import Names
from pairmatch.report.summary import IdleUnit, PartialExclusion, QuestionSummary
from pairmatch.report.wording import Text, join_texts, word

MOST_OF_A_KIND = 10
MOST_QUESTIONS = 15
MOST_VILLAGES = 3
MOST_IDLE = 60


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding in words: where, what, and what to do (empty if as for the one above)."""

    place: Text
    text: Text
    hint: Text


@dataclass(frozen=True, slots=True)
class FindingKind:
    """Findings of one code in one file, the first of them, and how many more there are."""

    severity: str
    label: Text
    shown: tuple[FindingView, ...]
    more: Text | None


@dataclass(frozen=True, slots=True)
class FileFindings:
    """All findings of a file: counts in words, then kind by kind; `only_notes` is not printed."""

    file: str
    only_notes: bool
    counts: tuple[Text, ...]
    kinds: tuple[FindingKind, ...]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """An open question: its wording, how many left it open, and the first villages to ask."""

    name: Text
    num_chosen: int
    num_villages: int
    villages: Text


def group_findings(findings: Sequence[Finding]) -> tuple[FileFindings, ...]:
    """Return the findings by file and kind, at most ten of a kind spelt out."""
    by_file: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda f: f.sort_key):
        by_file[finding.place.file].append(finding)
    return tuple(
        FileFindings(
            file,
            all(f.severity is Severity.NOTE for f in found),
            _count_severities(found),
            _group_kinds(found),
        )
        for file, found in sorted(by_file.items())
    )


def _count_severities(findings: Sequence[Finding]) -> tuple[Text, ...]:
    counts = [(s, sum(f.severity is s for f in findings)) for s in Severity]
    return tuple(word(f"num_{s.value}s", count=str(count)) for s, count in counts if count)


def _group_kinds(findings: Sequence[Finding]) -> tuple[FindingKind, ...]:
    kinds: defaultdict[tuple[Severity, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.severity, finding.code].append(finding)
    return tuple(
        FindingKind(
            severity=severity.value,
            label=word(f"severity_{severity.value}"),
            shown=_view_findings(found[:MOST_OF_A_KIND]),
            more=_count_more("more_findings", len(found) - MOST_OF_A_KIND),
        )
        for (severity, _), found in kinds.items()
    )


def _count_more(code: str, count: int) -> Text | None:
    return word(code, count=str(count)) if count > 0 else None


def _view_findings(findings: Sequence[Finding]) -> tuple[FindingView, ...]:
    views: list[FindingView] = []
    last = Text("", "")
    for finding in findings:
        zh, en = (
            render(finding.code, finding.params, "zh"),
            render(finding.code, finding.params, "en"),
        )
        hint = Text(zh.hint, en.hint)
        shown = Text("", "") if hint == last else hint
        views.append(FindingView(_name_place(finding.place), Text(zh.text, en.text), shown))
        last = hint
    return tuple(views)


def _name_place(place: Place) -> Text:
    parts = [Text(place.sheet, place.sheet)] if place.sheet else []
    if place.cell:
        parts.append(Text(place.cell, place.cell))
    elif place.row:
        parts.append(word("place_row", row=str(place.row)))
    if place.column:
        parts.append(Text(f"“{place.column}”", f"“{place.column}”"))
    return join_texts(parts, " ", " ")


def view_questions(
    questions: Sequence[QuestionSummary], names: Names
) -> tuple[tuple[QuestionView, ...], Text | None]:
    """Return the questions to ask first, and a sentence counting those left out."""
    shown = tuple(
        QuestionView(
            name=Text(q.indicator.name_zh, q.indicator.name_en),
            num_chosen=len(q.chosen),
            num_villages=q.num_villages,
            villages=_name_villages(q.chosen, names),
        )
        for q in questions[:MOST_QUESTIONS]
    )
    return shown, _count_more("more_questions", len(questions) - MOST_QUESTIONS)


def _name_villages(village_ids: Sequence[str], names: Names) -> Text:
    first = [Text(names.villages[v], names.villages[v]) for v in village_ids[:MOST_VILLAGES]]
    text = join_texts(first)
    if len(village_ids) <= MOST_VILLAGES:
        return text
    return join_texts([text, word("and_more", count=str(len(village_ids)))], "", "")


def explain_idle(idle: IdleUnit) -> Text:
    """Return why a unit has no village."""
    if idle.exclusions:
        return join_texts(
            [
                word(
                    "labelled_reason",
                    label=Text(e.label_zh, e.label_en),
                    reason=Text(e.reason.zh, e.reason.en),
                )
                for e in idle.exclusions
            ],
            "；",
            "; ",
        )
    return word("idle_eligible") if idle.able else word("idle_no_rule")


def explain_partial(partial: PartialExclusion, names: Names) -> Text:
    """Return a sentence on a rule that closed some villages to some units, with an example."""
    example = partial.example
    return word(
        "partial_exclusion",
        label=Text(partial.label_zh, partial.label_en),
        units=str(partial.num_units),
        pairs=str(partial.num_pairs),
        unit=names.units[example.unit_id],
        reason=Text(example.reason.zh, example.reason.en),
    )
