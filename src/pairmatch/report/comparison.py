"""Ways of pairing side by side, and how firm one is: pages of one file, and a workbook."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pairmatch.domain.comparison import Comparison
from pairmatch.domain.sweep import Sweep
from pairmatch.messages import Language
from pairmatch.report.comparedchanges import DifferenceView, view_difference
from pairmatch.report.comparedmetrics import view_metrics
from pairmatch.report.comparednames import name_sides
from pairmatch.report.comparisonsheets import write_difference, write_parts
from pairmatch.report.figures import Part, tell
from pairmatch.report.pageshell import render_page
from pairmatch.report.sheets import BOOK_OPTIONS, Document, make_formats
from pairmatch.report.sweepview import SweepView, view_sweep
from pairmatch.report.wording import Text, clean_text, join_texts, word
from pairmatch.report.workbook import LONGEST_FOOTER, name_sheets

_CREATED = datetime(2000, 1, 1)  # fixed: the same comparison, the same bytes
_LONGEST_TITLE = 250
_RUN_DIGITS = 16
_WORDS = (
    "compare.nav_metrics",
    "compare.nav_sweep",
    "compare.head_picture",
    "compare.picture_note",
    "compare.head_chains",
    "compare.chains_plain",
    "compare.command",
    "compare.copy_command",
    "compare.copied",
    "compare.no_script",
    "compare.accepted_count",
    "compare.front_proposed",
)
"""Labels that the templates name."""


def build_comparison_html(
    comparison: Comparison, sweep: Sweep | None = None, lang: Language = "zh"
) -> str:
    """Return ways of pairing side by side as one HTML page in both languages.

    Parameters
    ----------
    comparison
        What differs; the first side is the one that the others are compared with.
    sweep
        How firm one of the sides is, where that was asked.
    lang
        The language in which the page opens.
    """
    differences = _view_differences(comparison)
    context = _describe_comparison(comparison, sweep) | {
        "metrics": view_metrics(comparison),
        "differences": differences,
        "sweep": None if sweep is None else view_sweep(sweep),
    }
    return _render(context, lang, comparison.sides[0].run_id)


def build_sweep_html(sweep: Sweep, lang: Language = "zh") -> str:
    """Return how firm a pairing is as one HTML page in both languages."""
    view = view_sweep(sweep)
    context = _describe_sweep(sweep, view) | {"metrics": None, "differences": (), "sweep": view}
    return _render(context, lang, sweep.run_id)


def build_comparison_workbook(
    comparison: Comparison, sweep: Sweep | None = None, lang: Language = "zh"
) -> bytes:
    """Return the same as the page as a workbook, figures as numbers and texts as texts.

    A sheet has the main figures, one each other side against the first, and one the sweep. The
    same comparison gives the same bytes.

    Raises
    ------
    ValueError
        If a cell could not be written.
    """
    import xlsxwriter

    described = _describe_comparison(comparison, sweep)
    document = _make_document(described, comparison, lang)
    metrics, firmness = (tell(f"compare.sheet_{kind}").pick(lang) for kind in ("metrics", "sweep"))
    others = [name.pick(lang) for name in name_sides(comparison.sides)[1:]]
    sheet_names = name_sheets(others, (metrics, firmness))
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, BOOK_OPTIONS) as book:
        book.set_properties({"title": document.title[:_LONGEST_TITLE], "created": _CREATED})
        formats = make_formats(book, document.steps_per_point)
        parts: list[Part | Text] = [*_list_versions(described), view_metrics(comparison)]
        write_parts(book, metrics, document, formats, described["title"], parts)
        for name, view in zip(sheet_names, _view_differences(comparison), strict=True):
            write_difference(book, name, document, formats, view)
        if sweep is not None:
            view_of_sweep = view_sweep(sweep)
            told: list[Part | Text] = [*view_of_sweep.sentences, *view_of_sweep.all_parts]
            write_parts(book, firmness, document, formats, view_of_sweep.heading, told)
    return stream.getvalue()


def _view_differences(comparison: Comparison) -> tuple[DifferenceView, ...]:
    return tuple(view_difference(comparison, k) for k in range(len(comparison.differences)))


def _render(context: dict[str, Any], lang: Language, run_id: str) -> str:
    words = {code.partition(".")[2]: tell(code) for code in _WORDS}
    return render_page(
        "compare",
        {"lang": lang, "words": words, **context},
        ("style", "compare"),
        run_id,
    )


# --- what every output says of itself ------------------------------------------------------------


def _describe_comparison(comparison: Comparison, sweep: Sweep | None) -> dict[str, Any]:
    sides = comparison.sides
    names = name_sides(sides)
    made_up = [name for side, name in zip(sides, names, strict=True) if side.is_synthetic]
    versions = [
        tell("compare.version_of", name=name, run=side.run_id)
        for side, name in zip(sides, names, strict=True)
    ]
    if sweep is not None and sweep.run_id not in {side.run_id for side in sides}:
        view = view_sweep(sweep)
        versions.append(tell("compare.version_of", name=view.name, run=sweep.run_id))
        made_up += [view.name] if sweep.is_synthetic else []
    return {
        "title": tell("compare.title", names=join_texts(names)),
        "versions": versions,
        "synthetic": _tell_synthetic(made_up),
    }


def _describe_sweep(sweep: Sweep, view: SweepView) -> dict[str, Any]:
    return {
        "title": tell("compare.title_sweep", name=view.name),
        "versions": [tell("compare.version_of", name=view.name, run=sweep.run_id)],
        "synthetic": _tell_synthetic([view.name] if sweep.is_synthetic else []),
    }


def _tell_synthetic(names: Sequence[Text]) -> Text | None:
    """Return which sides rest on made-up data; None if none does."""
    if not names:
        return None
    return tell("compare.synthetic_sides", names=join_texts(list(dict.fromkeys(names))))


def _make_document(described: dict[str, Any], comparison: Comparison, lang: Language) -> Document:
    first = comparison.sides[0]
    labels = []
    if described["synthetic"] is not None:
        labels = [f"{word('synthetic').pick(lang)}　{described['synthetic'].pick(lang)}"]
    return Document(
        lang=lang,
        title=clean_text(described["title"].pick(lang)),
        version=word("version_short", run=first.run_id[:_RUN_DIGITS]).pick(lang),
        steps_per_point=first.steps_per_point,
        labels=tuple(labels),
        footer=word("synthetic").pick(lang)[:LONGEST_FOOTER] if labels else "",
    )


def _list_versions(described: dict[str, Any]) -> list[Text]:
    return [*described["versions"], word("version_help"), word("judgement")]
