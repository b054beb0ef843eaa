"""What the report page shows, section by section, ready for the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pairmatch.domain.proposal import Proposal
from pairmatch.domain.scenario import PairSetting
from pairmatch.report.cards import Card, make_card
from pairmatch.report.charts import Bar, draw_bar
from pairmatch.report.claims import describe_proof
from pairmatch.report.freedom import view_choices
from pairmatch.report.influence import (
    describe_left_out,
    name_left_out,
    name_rule,
    view_plugins,
)
from pairmatch.report.map import DotMap, draw_map
from pairmatch.report.pairs import Names, PairRow, collect_names, list_rows, name_county
from pairmatch.report.quality import (
    MOST_IDLE,
    explain_idle,
    explain_partial,
    group_findings,
    view_questions,
)
from pairmatch.report.summary import (
    CountySummary,
    Coverage,
    NeedSummary,
    Summary,
    summarise_proposal,
)
from pairmatch.report.wording import (
    Text,
    format_points,
    format_share,
    join_texts,
    name_or_id,
    round_ratio,
    word,
)

MOST_CARDS = 200
MOST_LEFT_NEEDS = 10


@dataclass(frozen=True, slots=True)
class Share:
    """The covered share of a shortfall, as a figure and as a bar."""

    share: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class CountyRow:
    """A county's line in the tables."""

    name: Text
    totals: CountySummary
    points: str
    overall: Share
    areas: tuple[Share, ...]
    unknown: str
    unknown_bar: Bar


def build_context(proposal: Proposal) -> dict[str, Any]:
    """Return everything the page's templates name, as plain values and texts."""
    names = collect_names(proposal)
    summary = summarise_proposal(proposal)
    rows = list_rows(proposal, names)
    counties = _list_counties(summary, proposal.problem.steps_per_point)
    context: dict[str, Any] = {
        "lang": proposal.inputs.scenario.scenario.lang,
        "summary": summary,
        "rows": rows,
        "counties": counties,
        "area_names": [_shorten_area(a.name_zh, a.name_en) for a in summary.areas],
        "county_idx": {c.totals.name: k for k, c in enumerate(counties)},
        "has_needs": summary.coverage.deficit > 0,
        "has_geography": any(c.name for c in summary.counties),
    }
    context |= describe_document(proposal)
    context |= _describe_result(proposal, summary, rows) | _describe_conditions(
        proposal, summary, names
    )
    context["choices"] = view_choices(proposal, rows, names)
    context |= _describe_plugins(proposal)
    context |= _describe_coverage(summary)
    context |= _describe_data(proposal, summary, names)
    context |= _make_cards(proposal, rows, names)
    return context


def describe_document(proposal: Proposal) -> dict[str, Any]:
    """Return the title, the years and the version, as every output heads itself."""
    section = proposal.inputs.scenario.scenario
    plain = Text(
        section.title.zh or section.title.en or section.name or word("untitled").zh,
        section.title.en or section.title.zh or section.name or word("untitled").en,
    )
    title = word("document_title", title=plain)
    if plain.zh.startswith("关于"):
        title = Text(plain.zh, title.en)
    cycle = section.cycle
    return {
        "plain_title": plain,
        "title": title,
        "cycle": word("cycle", first=str(cycle[0]), last=str(cycle[1])) if cycle else None,
        "run_id": proposal.run_id,
        "versions": join_texts(
            [Text(f"{k} {v}", f"{k} {v}") for k, v in sorted(proposal.versions.items())]
        ),
        "digests": [
            (file, digest[:16]) for file, digest in sorted(proposal.inputs.digests.items())
        ],
    }


def describe_decision(summary: Summary) -> Text:
    """Return what was decided, as one sentence."""
    counties = [c for c in summary.counties if c.num_pairs]
    return word(
        "decided" if any(c.name for c in counties) else "decided_plain",
        pairs=str(summary.num_pairs),
        units=str(summary.num_units),
        candidates=str(summary.num_candidates),
        villages=str(summary.num_villages),
        counties=str(len(counties)),
    )


def _describe_result(
    proposal: Proposal, summary: Summary, rows: Sequence[PairRow]
) -> dict[str, Any]:
    steps_per_point = proposal.problem.steps_per_point
    cheap = sum(
        r.cheapest_steps is not None
        and r.cheapest_steps < steps_per_point
        and not r.explanation.tied
        for r in rows
    )
    average = round_ratio(summary.points, summary.num_pairs) if summary.num_pairs else 0
    return {
        "decided": describe_decision(summary),
        "proof": describe_proof(proposal),
        "tied": word("tied_sentence", tied=str(summary.num_tied)) if summary.num_tied else None,
        "cheap": word("cheap_sentence", cheap=str(cheap)) if cheap else None,
        "total": format_points(summary.points, steps_per_point),
        "average": format_points(average, steps_per_point),
        "coverage_share": format_share(summary.coverage.covered, summary.coverage.deficit),
    }


def _describe_conditions(proposal: Proposal, summary: Summary, names: Names) -> dict[str, Any]:
    steps_per_point = proposal.problem.steps_per_point
    scenario = proposal.inputs.scenario
    return {
        "rules": [
            (
                name_rule(r.rule.label_zh, r.rule.label_en, r.rule.plugin),
                format_points(r.rule.spread, steps_per_point),
                format_points(r.points, steps_per_point),
            )
            for r in summary.rules
        ],
        "decisions": [_describe_pair("lock", setting, names) for setting in scenario.lock]
        + [_describe_pair("ban", setting, names) for setting in scenario.ban],
    }


def _describe_plugins(proposal: Proposal) -> dict[str, Any]:
    views = view_plugins(proposal)
    active = [view for view in views if not view.is_broken]
    return {
        "plugins": views,
        "active_plugins": active,
        "broken_plugins": [view for view in views if view.is_broken],
        "plugin_rules": [
            (v.name if k == 0 else None, label, spread)
            for v in active
            for k, (label, spread) in enumerate(v.rules)
        ],
        "plugin_conditions": [
            (v.name, c.label, c.num_pairs, v.figures.loss_by_conditions)
            for v in active
            for c in v.conditions
        ],
        "left_out": name_left_out(proposal),
        "left_out_long": describe_left_out(proposal),
    }


def _describe_pair(kind: str, setting: PairSetting, names: Names) -> tuple[Text | str, ...]:
    # A setting may name a unit or village that the inputs do not hold; then its id is shown.
    return (
        word(kind),
        names.units.get(setting.unit, setting.unit),
        names.villages.get(setting.village, setting.village),
        setting.reason,
        setting.by,
    )


def _list_counties(summary: Summary, steps_per_point: int) -> list[CountyRow]:
    return [
        CountyRow(
            name=name_county(c.name, c.county),
            totals=c,
            points=format_points(c.points, steps_per_point),
            overall=_draw_share(c.coverage),
            areas=tuple(_draw_share(area) for area in c.areas),
            unknown=format_share(c.num_unknown, c.num_asked),
            unknown_bar=draw_bar(0, c.num_unknown, c.num_asked),
        )
        for c in summary.counties
    ]


def _draw_share(coverage: Coverage, full: int | None = None) -> Share:
    length = coverage.deficit if full is None else full
    return Share(
        format_share(coverage.covered, coverage.deficit),
        draw_bar(coverage.covered, coverage.deficit, length),
    )


def _describe_coverage(summary: Summary) -> dict[str, Any]:
    largest = max((a.coverage.deficit for a in summary.areas), default=0)
    left = [n for n in summary.needs if n.coverage.residual > 0]
    left.sort(key=lambda n: (-n.coverage.residual, n.need.need_id))
    largest_left = left[0].coverage.residual if left else 0
    total_left = summary.coverage.residual
    drawing = draw_map(summary.counties)
    return {
        "areas": [
            (Text(a.name_zh, a.name_en), _draw_share(a.coverage, largest)) for a in summary.areas
        ],
        "areas_heading": word("head_areas" if len(summary.areas) == 6 else "head_areas_n"),  # noqa: PLR2004 -- the programme's six
        "left_needs": [_view_left(n, largest_left, total_left) for n in left[:MOST_LEFT_NEEDS]],
        "map": drawing,
        "map_missing": _name_missing(drawing),
    }


def _view_left(need: NeedSummary, largest: int, total: int) -> dict[str, Any]:
    residual = need.coverage.residual
    return {
        "name": Text(need.need.name_zh, need.need.name_en),
        "department": need.need.lead_department,
        "num_left": need.num_left,
        "bar": draw_bar(0, residual, largest),
        "share": format_share(residual, total),
    }


def _name_missing(drawing: DotMap | None) -> Text | None:
    if drawing is None or not drawing.missing:
        return None
    missing = join_texts([name_county(c.name, c.county) for c in drawing.missing])
    return word("map_missing", names=missing)


def _describe_data(proposal: Proposal, summary: Summary, names: Names) -> dict[str, Any]:
    questions, more_questions = view_questions(summary.questions, names)
    more_idle = len(summary.idle_units) - MOST_IDLE
    return {
        "files": group_findings(proposal.findings),
        "questions": questions,
        "more_questions": more_questions,
        "has_questions": any(c.num_asked for c in summary.counties),
        "idle": [
            (name_or_id(i.unit.name, i.unit.unit_id), i.unit.unit_id, explain_idle(i))
            for i in summary.idle_units[:MOST_IDLE]
        ],
        "more_idle": word("more_idle", count=str(more_idle)) if more_idle > 0 else None,
        "partial": [explain_partial(p, names) for p in summary.partial_exclusions],
    }


def _make_cards(proposal: Proposal, rows: Sequence[PairRow], names: Names) -> Mapping[str, Any]:
    policy = proposal.inputs.scenario.scoring.unknown
    steps_per_point = proposal.problem.steps_per_point
    cards: list[Card] = [
        make_card(row, names, steps_per_point, policy) for row in rows[:MOST_CARDS]
    ]
    limited = word("cards_limited", shown=str(MOST_CARDS)) if len(rows) > MOST_CARDS else None
    return {"cards": cards, "cards_limited": limited}


def _shorten_area(zh: str, en: str) -> Text:
    """Return an area's name without what stands in brackets or after a colon, for narrow heads."""
    return Text(zh.partition("（")[0], en.partition(":")[0])
