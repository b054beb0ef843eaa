"""Totals of a proposal: per county, need, area, rule, quota and question; whole numbers only."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pairmatch.domain.explanation import NeedState, PairExplanation
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.records import County, Reading, Unit, Village
from pairmatch.domain.scores import Exclusion
from pairmatch.domain.taxonomy import IndicatorType, NeedType


@dataclass(frozen=True, slots=True)
class Coverage:
    """A shortfall and the part of it that the paired units can cover, weighted; in any scale."""

    deficit: int = 0
    covered: int = 0

    @property
    def residual(self) -> int:
        """The part that is left."""
        return self.deficit - self.covered

    def __add__(self, other: "Coverage") -> "Coverage":
        """Return the sum of both."""
        return Coverage(self.deficit + other.deficit, self.covered + other.covered)


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """One of the need areas: its id, its names and its coverage over all chosen pairs."""

    area_id: str
    name_zh: str
    name_en: str
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class NeedSummary:
    """One kind of need over all chosen pairs; `num_left` villages keep a part of it."""

    need: NeedType
    coverage: Coverage
    num_left: int


@dataclass(frozen=True, slots=True)
class CountySummary:
    """A county's pairs, points and coverage; `areas` follow the summary's areas.

    Of the `num_asked` questions put to its candidate villages, `num_unknown` have no answer.
    `county` is None for a name that the table of counties does not hold.
    """

    name: str
    county: County | None
    num_candidates: int
    num_pairs: int
    points: int
    coverage: Coverage
    areas: tuple[Coverage, ...]
    num_asked: int
    num_unknown: int


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """A scoring rule and the points it gave to all chosen pairs together."""

    rule: RuleUse
    points: int


@dataclass(frozen=True, slots=True)
class QuotaSummary:
    """A quota, its bounds, and how many chosen pairs fall under it."""

    name: str
    minimum: int
    maximum: int | None
    num_pairs: int


@dataclass(frozen=True, slots=True)
class QuestionSummary:
    """A question of the profile sheet and who has not answered it, chosen villages by id."""

    indicator: IndicatorType
    chosen: tuple[str, ...]
    num_villages: int


@dataclass(frozen=True, slots=True)
class IdleUnit:
    """A unit without a village: whether any was open to it, and the rules that closed them."""

    unit: Unit
    able: bool
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class PartialExclusion:
    """A rule that closed some villages to some units, counted; `example` is one of them."""

    label_zh: str
    label_en: str
    num_units: int
    num_pairs: int
    example: Exclusion


@dataclass(frozen=True, slots=True)
class Summary:
    """All totals of a proposal."""

    num_pairs: int
    num_units: int
    num_villages: int
    num_candidates: int
    points: int
    num_tied: int
    coverage: Coverage
    synthetic: bool
    counties: tuple[CountySummary, ...]
    areas: tuple[AreaSummary, ...]
    needs: tuple[NeedSummary, ...]
    rules: tuple[RuleSummary, ...]
    quotas: tuple[QuotaSummary, ...]
    questions: tuple[QuestionSummary, ...]
    idle_units: tuple[IdleUnit, ...]
    partial_exclusions: tuple[PartialExclusion, ...]


def summarise_proposal(proposal: Proposal) -> Summary:
    """Return all totals of a proposal, recomputed from its pairs' ledgers and needs."""
    inputs, pairs = proposal.inputs, proposal.explanations
    asked = _list_asked(proposal)
    records: tuple[Unit | Village, ...] = (*inputs.units, *inputs.villages)
    return Summary(
        num_pairs=len(pairs),
        num_units=len({p.unit_id for p in pairs}),
        num_villages=len({p.village_id for p in pairs}),
        num_candidates=len(inputs.villages),
        points=sum(p.points for p in pairs),
        num_tied=sum(p.tied for p in pairs),
        coverage=cover_needs(need for p in pairs for need in p.needs),
        synthetic=inputs.scenario.scenario.synthetic or any(r.synthetic for r in records),
        counties=_summarise_counties(proposal, asked),
        areas=_summarise_areas(proposal),
        needs=_summarise_needs(proposal),
        rules=_summarise_rules(proposal),
        quotas=_summarise_quotas(proposal),
        questions=_summarise_questions(proposal, asked),
        idle_units=_list_idle_units(proposal),
        partial_exclusions=_summarise_exclusions(proposal),
    )


def cover_needs(needs: Iterable[NeedState]) -> Coverage:
    """Return the weighted shortfall of some needs and the part that is covered."""
    deficit = covered = 0
    for need in needs:
        deficit += need.weight * need.deficit
        covered += need.weight * need.covered
    return Coverage(deficit, covered)


def list_areas(needs: Iterable[NeedType]) -> dict[str, NeedType]:
    """Return the first need of each area, in the order of the table."""
    areas: dict[str, NeedType] = {}
    for need in needs:
        areas.setdefault(need.area_id, need)
    return areas


def _summarise_areas(proposal: Proposal) -> tuple[AreaSummary, ...]:
    taxonomy = proposal.inputs.taxonomy
    per_area = _cover_areas(taxonomy.needs, proposal.explanations)
    return tuple(
        AreaSummary(area_id, need.area_zh, need.area_en, per_area[area_id])
        for area_id, need in list_areas(taxonomy.needs).items()
    )


def _cover_areas(
    needs: Iterable[NeedType], pairs: Iterable[PairExplanation]
) -> defaultdict[str, Coverage]:
    area_of = {need.need_id: need.area_id for need in needs}
    sums: defaultdict[str, Coverage] = defaultdict(Coverage)
    for pair in pairs:
        for state in pair.needs:
            sums[area_of[state.need_id]] += cover_needs((state,))
    return sums


def _summarise_needs(proposal: Proposal) -> tuple[NeedSummary, ...]:
    states: defaultdict[str, list[NeedState]] = defaultdict(list)
    for pair in proposal.explanations:
        for state in pair.needs:
            states[state.need_id].append(state)
    return tuple(
        NeedSummary(
            need,
            cover_needs(states[need.need_id]),
            sum(s.residual > 0 for s in states[need.need_id]),
        )
        for need in proposal.inputs.taxonomy.needs
        if need.need_id in states
    )


def _summarise_counties(
    proposal: Proposal, asked: tuple[IndicatorType, ...]
) -> tuple[CountySummary, ...]:
    inputs = proposal.inputs
    villages: defaultdict[str, list[Village]] = defaultdict(list)
    for village in inputs.villages:
        villages[village.county].append(village)
    county_of = {v.village_id: v.county for v in inputs.villages}
    pairs: defaultdict[str, list[PairExplanation]] = defaultdict(list)
    for pair in proposal.explanations:
        pairs[county_of[pair.village_id]].append(pair)
    known = {county.name: county for county in inputs.counties}
    names = [name for name in known if name in villages]
    names += sorted(name for name in villages if name not in known)
    areas = list_areas(inputs.taxonomy.needs)
    made = []
    for name in names:
        per_area = _cover_areas(inputs.taxonomy.needs, pairs[name])
        made.append(
            CountySummary(
                name=name,
                county=known.get(name),
                num_candidates=len(villages[name]),
                num_pairs=len(pairs[name]),
                points=sum(p.points for p in pairs[name]),
                coverage=sum(per_area.values(), Coverage()),
                areas=tuple(per_area[area_id] for area_id in areas),
                num_asked=len(asked) * len(villages[name]),
                num_unknown=sum(_count_unknown(v, asked) for v in villages[name]),
            )
        )
    return tuple(made)


def _list_asked(proposal: Proposal) -> tuple[IndicatorType, ...]:
    """Return the indicators that measure a need; none if no village has a sheet at all."""
    if not any(village.indicators for village in proposal.inputs.villages):
        return ()
    indicators = proposal.inputs.taxonomy.indicators
    return tuple(i for i in indicators if i.full_need_at is not None)


def _is_known(reading: Reading | None) -> bool:
    # An answer given as a range is an answer.
    return reading is not None and not (reading.value is None and reading.low is None)


def _count_unknown(village: Village, asked: Iterable[IndicatorType]) -> int:
    return sum(not _is_known(village.indicators.get(i.indicator_id)) for i in asked)


def _summarise_rules(proposal: Proposal) -> tuple[RuleSummary, ...]:
    points: Counter[str] = Counter()
    for pair in proposal.explanations:
        for line in pair.lines:
            points[line.rule_id] += line.points
    return tuple(RuleSummary(rule, points[rule.rule_id]) for rule in proposal.rules)


def _summarise_quotas(proposal: Proposal) -> tuple[QuotaSummary, ...]:
    problem = proposal.problem
    unit_idx = problem.unit_idx[proposal.matching.chosen_idx]
    village_idx = problem.village_idx[proposal.matching.chosen_idx]
    return tuple(
        QuotaSummary(
            quota.name,
            quota.minimum,
            quota.maximum,
            int((quota.units[unit_idx] & quota.villages[village_idx]).sum()),
        )
        for quota in problem.quotas
    )


def _summarise_questions(
    proposal: Proposal, asked: tuple[IndicatorType, ...]
) -> tuple[QuestionSummary, ...]:
    """Return the unanswered questions, those that most chosen villages left open first."""
    chosen = {pair.village_id for pair in proposal.explanations}
    made = []
    for indicator in asked:
        silent = [
            village.village_id
            for village in proposal.inputs.villages
            if not _is_known(village.indicators.get(indicator.indicator_id))
        ]
        if silent:
            kept = tuple(village_id for village_id in silent if village_id in chosen)
            made.append(QuestionSummary(indicator, kept, len(silent)))
    return tuple(sorted(made, key=lambda q: (-len(q.chosen), -q.num_villages)))


def _list_idle_units(proposal: Proposal) -> tuple[IdleUnit, ...]:
    placed = {pair.unit_id for pair in proposal.explanations}
    able = {proposal.problem.unit_ids[k] for k in set(proposal.problem.unit_idx.tolist())}
    reasons = _group_exclusions(proposal.exclusions)
    idle = [u for u in proposal.inputs.units if u.unit_id not in placed]
    return tuple(
        IdleUnit(unit, True, ())
        if unit.unit_id in able
        else IdleUnit(unit, False, _keep_decisive(reasons.get(unit.unit_id, ())))
        for unit in idle
    )


def _group_exclusions(exclusions: Iterable[Exclusion]) -> Mapping[str, tuple[Exclusion, ...]]:
    grouped: defaultdict[str, tuple[Exclusion, ...]] = defaultdict(tuple)
    for exclusion in exclusions:
        grouped[exclusion.unit_id] += (exclusion,)
    return grouped


def _keep_decisive(exclusions: tuple[Exclusion, ...]) -> tuple[Exclusion, ...]:
    """Return the rules that alone close every village, or all rules where none does alone."""
    return tuple(e for e in exclusions if e.all_villages) or exclusions


def _summarise_exclusions(proposal: Proposal) -> tuple[PartialExclusion, ...]:
    grouped: defaultdict[str, list[Exclusion]] = defaultdict(list)
    for exclusion in proposal.exclusions:
        if not exclusion.all_villages:
            grouped[exclusion.rule_id].append(exclusion)
    return tuple(
        PartialExclusion(
            label_zh=found[0].label_zh,
            label_en=found[0].label_en,
            num_units=len({e.unit_id for e in found}),
            num_pairs=sum(e.num_villages for e in found),
            example=found[0],
        )
        for _, found in sorted(grouped.items())
    )
