"""How much of the village sheets is answered: 底数清楚."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from pairmatch.check.villages import show_village
from pairmatch.domain.findings import Finding, Severity
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
    asked = [i.indicator_id for i in taxonomy.indicators if i.full_need_at is not None]
    findings: list[Finding] = []
    counties: defaultdict[str, list[Village]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    for village in villages:
        if not village.indicators:
            continue
        counties[village.county].append(village)
        num_unknown = _count_unknown(village, asked)
        unknown[village.county] += num_unknown
        percent = 100 * num_unknown // len(asked)
        if percent > WARN_VILLAGE_ABOVE:
            params = {"name": show_village(village), "percent": str(percent)}
            params |= {"count": str(num_unknown), "asked": str(len(asked))}
            code = "check.village_incomplete"
            findings.append(Finding(code, Severity.WARNING, village.place, params))
    for county, members in sorted(counties.items()):
        num_unknown = unknown[county]
        percent = 100 * num_unknown // (len(asked) * len(members))
        params = {"county": county or "—", "percent": str(percent)}
        params |= {"count": str(num_unknown), "villages": str(len(members))}
        severity = Severity.WARNING if percent > WARN_COUNTY_ABOVE else Severity.NOTE
        place = min(village.place for village in members)
        findings.append(Finding("check.county_incomplete", severity, place, params))
    return tuple(findings)


def _count_unknown(village: Village, asked: Sequence[str]) -> int:
    # An answer given as a range is an answer.
    answers = map(village.indicators.get, asked)
    return sum(a is None or (a.value is None and a.low is None) for a in answers)
