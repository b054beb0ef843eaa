"""The sheet on plugins: what each did to the pairing, with the proven bound beside the loss."""

from collections.abc import Mapping, Sequence
from typing import Any

from pairmatch.report.influence import NO_FIGURE, PluginView
from pairmatch.report.sheets import (
    LINE_HEIGHT,
    Document,
    fit_height,
    merge_row,
    set_page,
    write_labels,
    write_text,
)
from pairmatch.report.wording import Text, join_texts, word

PLUGIN_COLUMNS: tuple[tuple[str, int], ...] = (
    ("col_plugin", 20),
    ("col_county", 10),
    ("col_version", 7),
    ("col_state", 22),
    ("col_rules_spreads", 30),
    ("col_moved", 8),
    ("col_elsewhere", 8),
    ("col_own_gain", 9),
    ("col_own_base_gain", 11),
    ("col_others_gain", 9),
    ("col_loss_scores", 9),
    ("col_bound", 9),
    ("col_excluded", 9),
    ("col_loss_by_conditions", 9),
    ("col_matched_lost", 8),
)
"""Message codes of the headings and widths of the columns; first words, then figures."""
NUM_PLUGIN_WORDS = 5


def write_plugins(
    sheet: Any, document: Document, views: Sequence[PluginView], formats: Mapping[str, Any]
) -> None:
    """Write what every plugin did, with the bound beside the loss."""
    lang, widths = document.lang, [width for _, width in PLUGIN_COLUMNS]
    last = len(PLUGIN_COLUMNS) - 1
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    merge_row(sheet, 0, last, word("head_plugins").pick(lang), formats["title"])
    sheet.set_row(0, 30)
    line = write_labels(sheet, 1, widths, document, formats)
    for column, (code, _) in enumerate(PLUGIN_COLUMNS):
        write_text(sheet, line, column, word(code).pick(lang), formats["head"])
    sheet.set_row(line, 66)
    sheet.repeat_rows(line)
    for view in views:
        line += 1
        texts = [text.pick(lang) for text in _list_plugin_cells(view)]
        for column, text in enumerate(texts):
            style = "text" if column < NUM_PLUGIN_WORDS else "figure"
            write_text(sheet, line, column, text, formats[style])
        sheet.set_row(line, fit_height(list(zip(texts, widths, strict=True)), LINE_HEIGHT))
    for code in ("plugins_intro", "bound_explained", "conditions_explained"):
        line += 1
        text = word(code).pick(lang)
        merge_row(sheet, line, last, text, formats["note"])
        sheet.set_row(line, fit_height([(text, sum(widths))], LINE_HEIGHT))
    set_page(sheet, document)
    sheet.set_landscape()
    sheet.print_area(0, 0, line, last)


def _list_plugin_cells(view: PluginView) -> tuple[Text, ...]:
    """Return the cells of a plugin, in the order of the columns; figures as they are printed."""
    rules = [word("rule_spread", label=label, spread=spread) for label, spread in view.rules]
    conditions = [condition.label for condition in view.conditions]
    why = [view.why] if view.is_broken else []
    state = join_texts([view.state_name, *why], "：", ": ")
    counts = [NO_FIGURE] * 4
    if view.influence is not None:
        counts = [
            str(count)
            for count in (
                view.influence.num_pairs,
                view.influence.num_pairs_elsewhere,
                view.influence.num_excluded,
                view.influence.num_matched_lost,
            )
        ]
    moved, elsewhere, excluded, lost = counts
    figures = view.figures
    plain = (
        moved,
        elsewhere,
        figures.own_gain,
        figures.own_base_gain,
        figures.others_gain,
        figures.loss_by_scores,
        figures.bound,
        excluded,
        figures.loss_by_conditions,
        lost,
    )
    facts = (view.county, view.state.version or NO_FIGURE)
    return (
        view.name if view.name.zh == view.state.name else _name_both(view),
        *(Text(fact, fact) for fact in facts),
        state,
        join_texts([*rules, *conditions], "；", "; "),
        *(Text(text, text) for text in plain),
    )


def _name_both(view: PluginView) -> Text:
    return word("named", name=view.name, facts=view.state.name)
