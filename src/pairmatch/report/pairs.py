"""The chosen pairs as rows: what the page's table, its cards and the workbook all show."""

from collections.abc import Mapping
from dataclasses import dataclass

from pairmatch.domain.explanation import NeedState, PairExplanation
from pairmatch.domain.proposal import Proposal
from pairmatch.domain.records import County, Unit, Village
from pairmatch.domain.taxonomy import NeedType
from pairmatch.report.wording import Text, format_points, join_texts, name_or_id, word

TIERS = ("city", "county")
KINDS = ("council_member", "agribusiness", "department", "other")
NUM_TOP_NEEDS = 3
NUM_REASONS = 2


@dataclass(frozen=True, slots=True)
class PairRow:
    """One chosen pair in words; rows stand in the order of the unit ids.

    `top_needs` are the needs of which the unit covers most, `cheapest` the least that changing
    the unit costs (empty: no change is possible), `reasons` the rules that gave most points.
    """

    number: int
    explanation: PairExplanation
    village: Village
    unit: Unit
    village_name: str
    unit_name: str
    county: Text
    tier: Text
    kind: Text
    points: str
    top_needs: Text
    cheapest: str
    cheapest_steps: int | None
    reasons: Text
    remarks: Text


@dataclass(frozen=True, slots=True)
class Names:
    """Names of everything by id, made once for a report; villages with county and township."""

    units: Mapping[str, str]
    villages: Mapping[str, str]
    needs: Mapping[str, NeedType]
    counties: Mapping[str, Text]


def collect_names(proposal: Proposal) -> Names:
    """Return the names of a proposal's units, villages, needs and counties."""
    inputs = proposal.inputs
    return Names(
        units={u.unit_id: name_or_id(u.name, u.unit_id) for u in inputs.units},
        villages={
            v.village_id: f"{v.county}{v.township}{name_or_id(v.name, v.village_id)}"
            for v in inputs.villages
        },
        needs={need.need_id: need for need in inputs.taxonomy.needs},
        counties={county.name: name_county(county.name, county) for county in inputs.counties},
    )


def name_county(name: str, county: County | None) -> Text:
    """Return the name of a county; in English its English name where it is known."""
    if not name:
        return Text("—", "—")
    return Text(name, county.name_en or name) if county else Text(name, name)


def list_rows(proposal: Proposal, names: Names) -> tuple[PairRow, ...]:
    """Return a row per chosen pair, in order of unit id, then village id."""
    units = {u.unit_id: u for u in proposal.inputs.units}
    villages = {v.village_id: v for v in proposal.inputs.villages}
    locks = {(lock.unit, lock.village): lock.reason for lock in proposal.inputs.scenario.lock}
    steps_per_point = proposal.problem.steps_per_point
    rows = []
    for number, pair in enumerate(proposal.explanations, start=1):
        unit, village = units[pair.unit_id], villages[pair.village_id]
        prices = [a.forcing_price for a in pair.alternatives if a.forcing_price is not None]
        rows.append(
            PairRow(
                number=number,
                explanation=pair,
                village=village,
                unit=unit,
                village_name=name_or_id(village.name, village.village_id),
                unit_name=names.units[unit.unit_id],
                county=names.counties.get(village.county) or name_county(village.county, None),
                tier=_name_code("tier_", unit.tier, TIERS),
                kind=_name_code("kind_", unit.kind, KINDS),
                points=format_points(pair.points, steps_per_point),
                top_needs=_name_top_needs(pair, names),
                cheapest=format_points(min(prices), steps_per_point) if prices else "",
                cheapest_steps=min(prices, default=None),
                reasons=_name_reasons(pair, steps_per_point),
                remarks=_name_remarks(pair, locks),
            )
        )
    return tuple(rows)


def name_need(need_id: str, names: Names) -> Text:
    """Return the name of a need, or a wish in the village's own words as it stands."""
    need = names.needs.get(need_id)
    return Text(need.name_zh, need.name_en) if need else Text(need_id, need_id)


def sort_needs(needs: tuple[NeedState, ...]) -> list[NeedState]:
    """Return the needs there are, largest weighted shortfall first."""
    return sorted(
        (n for n in needs if n.deficit > 0), key=lambda n: (-n.weight * n.deficit, n.need_id)
    )


def _name_code(start: str, code: str, known: tuple[str, ...]) -> Text:
    if code in known:
        return word(f"{start}{code}")
    return Text(code, code)


def _name_top_needs(pair: PairExplanation, names: Names) -> Text:
    covered = [n for n in pair.needs if n.covered > 0]
    covered.sort(key=lambda n: (-n.weight * n.covered, n.need_id))
    return join_texts([name_need(n.need_id, names) for n in covered[:NUM_TOP_NEEDS]])


def _name_reasons(pair: PairExplanation, steps_per_point: int) -> Text:
    lines = sorted((line for line in pair.lines if line.points > 0), key=lambda line: -line.points)
    return join_texts(
        [
            word(
                "reason_points",
                label=Text(line.label_zh, line.label_en),
                points=format_points(line.points, steps_per_point),
            )
            for line in lines[:NUM_REASONS]
        ],
        "；",
        "; ",
    )


def _name_remarks(pair: PairExplanation, locks: Mapping[tuple[str, str], str]) -> Text:
    remarks = []
    reason = locks.get((pair.unit_id, pair.village_id))
    if reason is not None:
        remarks.append(
            word("locked_remark_why", reason=reason) if reason else word("locked_remark")
        )
    if pair.tied:
        remarks.append(word("tie"))
    return join_texts(remarks, "；", "; ")
