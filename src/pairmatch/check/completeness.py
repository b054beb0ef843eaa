"""How much of the village sheets is answered: 底数清楚."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from pairmatch.check.villages import show_village
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.records import Village
from pairmatch.domain.taxonomy import Taxonomy

WARN_VILLAGE_ABOVE = 30
WARN_COUNTY_ABOVE = 20


def check_completeness(villages: Sequence[Village], taxonomy: Taxonomy) -> tuple[Finding, ...]:
    """Return the share of unanswered questions per county, and villages with many of them.

    Only indicators that measure a need count; villages without any (the smallest form of a
    scenario) are not asked for them.

    Parameters
    ----------
    villages
        The villages.
    taxonomy
        The indicators.
    """
    asked = list_asked(taxonomy)
    findings: list[Finding] = []
    counties: defaultdict[str, list[Village]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    for village in villages:
        if not village.indicators:
            continue
        counties[village.county].append(village)
        num_unknown = _count_unknown(village, asked)
        unknown[village.county] += num_unknown
        if 100 * num_unknown // len(asked) > WARN_VILLAGE_ABOVE:
            findings.append(describe_incomplete(village, num_unknown, len(asked)))
    for county, members in sorted(counties.items()):
        place = min(village.place for village in members)
        findings.append(describe_county(county, place, unknown[county], len(members), len(asked)))
    return tuple(findings)


def list_asked(taxonomy: Taxonomy) -> list[str]:
    """Return the indicators that measure a need."""
    return [i.indicator_id for i in taxonomy.indicators if i.full_need_at is not None]


def describe_incomplete(village: Village, num_unknown: int, num_asked: int) -> Finding:
    """Return the finding for a village that left many questions open."""
    percent = 100 * num_unknown // num_asked
    params = {"name": show_village(village), "percent": str(percent)}
    params |= {"count": str(num_unknown), "asked": str(num_asked)}
    return Finding("check.village_incomplete", Severity.WARNING, village.place, params)


def describe_county(
    county: str, place: Place, num_unknown: int, num_villages: int, num_asked: int
) -> Finding:
    """Return the finding on how many questions the villages of a county left open."""
    percent = 100 * num_unknown // (num_asked * num_villages)
    params = {"county": county or "—", "percent": str(percent)}
    params |= {"count": str(num_unknown), "villages": str(num_villages)}
    severity = Severity.WARNING if percent > WARN_COUNTY_ABOVE else Severity.NOTE
    return Finding("check.county_incomplete", severity, place, params)


def _count_unknown(village: Village, asked: Sequence[str]) -> int:
    # An answer given as a range is an answer.
    answers = map(village.indicators.get, asked)
    return sum(a is None or (a.value is None and a.low is None) for a in answers)
