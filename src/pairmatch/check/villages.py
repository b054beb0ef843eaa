"""Villages: numbers that contradict each other, and sheets that look copied."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pairmatch.check.closeness import find_closest
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.records import County, Village
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy

PARTS = (
    ("bas_party_members", "bas_population"),
    ("bas_residents", "bas_population"),
    ("con_formerly_poor_households", "bas_households"),
    ("con_unsafe_houses", "bas_households"),
    ("con_monitored_unresolved", "bas_households"),
    ("pow_lowvolt_households", "bas_households"),
    ("tel_weak_signal_households", "bas_households"),
    ("con_jobless_workers", "bas_population"),
    ("health_chronic_patients", "bas_population"),
    ("eld_alone", "bas_population"),
    ("soc_lowincome_people", "bas_population"),
    ("irr_waterlogged_mu", "bas_farmland_mu"),
    ("her_sites_poor_condition", "her_sites"),
)
"""Indicators that count a part, each with the indicator that counts the whole."""

HOUSEHOLD_SIZES = (1.0, 8.0)
FARMLAND_PER_HEAD = (0.5, 5.0)
SHARES_OVER_60 = (5.0, 60.0)
MIN_COPIED = 3
MIN_COPIED_COLUMNS = 2
SURELY_COPIED = 5
WIDE_RANGE = 50.0
LEAST_COPIED = 10
CODE_DIGITS, COUNTY_DIGITS = 12, 6
_COUNTY_ENDS = "县市区旗"


def check_villages(
    villages: Sequence[Village], taxonomy: Taxonomy, extra: Sequence[Village] = ()
) -> tuple[Finding, ...]:
    """Return findings on single villages and on villages compared with their neighbours.

    Parameters
    ----------
    villages
        The villages.
    taxonomy
        The indicators, for their names and ranges.
    extra
        Villages of rows without a code of their own, which are compared with none.
    """
    labels = {i.indicator_id: i.name_zh for i in taxonomy.indicators}
    findings: list[Finding] = []
    for village in (*villages, *extra):
        findings += check_bounds(village)
        if village.indicators:
            for part_id, whole_id in PARTS:
                findings += check_part(village, part_id, whole_id, labels)
            findings += check_household_size(village)
            findings += check_farmland(village)
            findings += check_share_over_60(village)
            findings += check_clinic(village)
    findings += check_same_names(villages)
    findings += check_copies(villages, taxonomy)
    return tuple(findings)


def check_village_counties(
    villages: Sequence[Village], counties: Sequence[County]
) -> tuple[Finding, ...]:
    """Return findings on villages whose county is not in the county table, or not their code's.

    Parameters
    ----------
    villages
        The villages.
    counties
        The counties of the table; without any, the villages of a county are compared with each
        other: the first six digits of their codes are the county's.
    """
    findings: list[Finding] = []
    codes = {county.code: county.name for county in counties}
    members: defaultdict[str, list[Village]] = defaultdict(list)
    for village in villages if counties else ():
        members[village.county].append(village)
    for name, same in sorted(members.items()):
        if name and name not in codes.values():
            closest = find_closest(name, set(codes.values()))
            first = min(same, key=lambda village: village.place_of("county"))
            findings.append(describe_unknown_county(first, len(same), closest))
            continue
        for village in same:
            by_code = find_county(village.village_id, name, codes)
            if by_code != name:
                findings.append(describe_other_county(village, by_code))
    if not counties:
        findings += _check_counties_by_code(villages)
    return tuple(findings)


def find_county(village_id: str, county: str, codes: Mapping[str, str]) -> str:
    """Return the county that a village's code says, or the one it names where none is known."""
    if not county or len(village_id) != CODE_DIGITS:
        return county
    return codes.get(village_id[:COUNTY_DIGITS], county)


def describe_unknown_county(first: Village, count: int, closest: str) -> Finding:
    """Return the finding for the villages of a county that is not in the county table."""
    params = {"county": first.county, "count": str(count), "closest": closest}
    return Finding("check.village_county", Severity.ERROR, first.place_of("county"), params)


def describe_other_county(village: Village, by_code: str) -> Finding:
    """Return the finding for a village whose code is of another county than it names."""
    params = {"name": show_village(village), "county": village.county, "by_code": by_code}
    place = village.place_of("county")
    return Finding("check.county_by_code", Severity.WARNING, place, params)


def show_village(village: Village) -> str:
    """Return how a village is called in a finding: name and code."""
    known = village.name and village.village_id
    return (
        f"{village.name}（{village.village_id}）" if known else village.name or village.village_id
    )


def _check_counties_by_code(villages: Sequence[Village]) -> Iterator[Finding]:
    members: defaultdict[str, list[Village]] = defaultdict(list)
    for village in villages:
        if village.county and is_code(village.village_id):
            members[village.village_id[:COUNTY_DIGITS]].append(village)
    for _code, same in sorted(members.items()):
        counts = Counter(village.county for village in same)
        usual = find_usual(counts)
        for village in same:
            if village.county != usual:
                yield describe_unusual_county(village, usual, counts[usual])


def is_code(village_id: str) -> bool:
    """Whether an id is a 12-digit code, whose first six digits are the county's."""
    return len(village_id) == CODE_DIGITS and village_id.isascii() and village_id.isdigit()


def find_usual(counts: Mapping[str, int]) -> str:
    """Return the name of a county that most villages of its code give."""
    # Of names given as often, that of a county in full is the likelier one.
    return min(counts, key=lambda name: (-counts[name], name[-1] not in _COUNTY_ENDS, name))


def describe_unusual_county(village: Village, usual: str, count: int) -> Finding:
    """Return the finding for a village that names another county than most of its code."""
    params = {"name": show_village(village), "county": village.county}
    params |= {"code": village.village_id[:COUNTY_DIGITS], "usual": usual, "count": str(count)}
    place = village.place_of("county")
    return Finding("check.county_differs", Severity.ERROR, place, params)


def _number(village: Village, indicator_id: str) -> float | None:
    reading = village.indicators.get(indicator_id)
    value = None if reading is None else reading.value
    return value if isinstance(value, int | float) else None


def show_number(number: float) -> str:
    """Return a number as people write it: 12, 0.5."""
    return f"{number:.15g}"


def check_bounds(village: Village) -> Iterator[Finding]:
    """Yield a finding if the least number of units is above the most."""
    if village.demand_min > village.demand_max:
        params = {
            "name": show_village(village),
            "min": str(village.demand_min),
            "max": str(village.demand_max),
        }
        place = village.place_of("demand_min")
        yield Finding("check.demand_crossed", Severity.ERROR, place, params)


def check_part(
    village: Village, part_id: str, whole_id: str, labels: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield a finding if a part is above its whole."""
    part, whole = _number(village, part_id), _number(village, whole_id)
    if part is None or whole is None or part <= whole:
        return
    params = {
        "name": show_village(village),
        "part": labels.get(part_id, part_id),
        "part_value": show_number(part),
        "whole": labels.get(whole_id, whole_id),
        "whole_value": show_number(whole),
    }
    place = village.indicators[part_id].place
    yield Finding("check.part_above_whole", Severity.WARNING, place, params)


def check_household_size(village: Village) -> Iterator[Finding]:
    """Yield a finding if households are unusually small or large."""
    population = _number(village, "bas_population")
    households = _number(village, "bas_households")
    if population and households:
        ratio = population / households, HOUSEHOLD_SIZES
        yield from _check_ratio(village, "household_size", "bas_population", *ratio)


def check_farmland(village: Village) -> Iterator[Finding]:
    """Yield a finding if there is unusually little or much farmland per head."""
    population = _number(village, "bas_population")
    farmland = _number(village, "bas_farmland_mu")
    if population and farmland is not None:
        ratio = farmland / population, FARMLAND_PER_HEAD
        yield from _check_ratio(village, "farmland_per_head", "bas_farmland_mu", *ratio)


def check_share_over_60(village: Village) -> Iterator[Finding]:
    """Yield a finding if unusually few or many people are over 60."""
    share = _number(village, "bas_over60_share")
    if share is not None:
        yield from _check_ratio(village, "share_over_60", "bas_over60_share", share, SHARES_OVER_60)


def _check_ratio(
    village: Village, code: str, indicator_id: str, ratio: float, usual: tuple[float, float]
) -> Iterator[Finding]:
    if usual[0] <= ratio <= usual[1]:
        return
    params = {"name": show_village(village), "ratio": f"{ratio:.2f}"}
    params |= {"low": show_number(usual[0]), "high": show_number(usual[1])}
    place = village.indicators[indicator_id].place
    yield Finding(f"check.{code}", Severity.WARNING, place, params)


def check_clinic(village: Village) -> Iterator[Finding]:
    """Yield a finding if there is equipment but no clinic."""
    items = _number(village, "health_equipment_items")
    if _number(village, "health_clinic_m2") == 0 and items:
        params = {"name": show_village(village), "items": show_number(items)}
        place = village.indicators["health_equipment_items"].place
        yield Finding("check.clinic_without_area", Severity.WARNING, place, params)


def check_same_names(villages: Iterable[Village]) -> Iterator[Finding]:
    """Yield a note for each name that several villages of a county have."""
    named: defaultdict[tuple[str, str], list[Village]] = defaultdict(list)
    for village in villages:
        if village.name:
            named[village.county, village.name].append(village)
    for (county, name), same in sorted(named.items()):
        if len(same) > 1:
            where = "、".join(f"{v.township or '?'} {v.village_id}" for v in same)
            params = {"name": county + name, "count": str(len(same)), "where": where}
            place = min(v.place for v in same)
            yield Finding("check.same_name", Severity.NOTE, place, params)


def check_copies(villages: Iterable[Village], taxonomy: Taxonomy) -> Iterator[Finding]:
    """Yield a finding for each township whose villages have all the same figures."""
    townships: defaultdict[tuple[str, str], list[Village]] = defaultdict(list)
    for village in villages:
        if village.township and village.indicators:
            townships[village.county, village.township].append(village)
    for (county, township), neighbours in sorted(townships.items()):
        if len(neighbours) < MIN_COPIED:
            continue
        copied = [i for i in taxonomy.indicators if _is_copied(i, neighbours)]
        # Three villages may well share one rounded figure, but not two, and five not even one.
        if len(copied) >= MIN_COPIED_COLUMNS or (copied and len(neighbours) >= SURELY_COPIED):
            first = min(v.indicators[copied[0].indicator_id].place for v in neighbours)
            params = {
                "township": county + township,
                "count": str(len(neighbours)),
                "columns": "；".join(i.name_zh for i in copied),
            }
            yield Finding("check.copied_values", Severity.WARNING, first, params)


def _is_copied(indicator: IndicatorType, neighbours: Sequence[Village]) -> bool:
    # Small counts and the ends of a scale agree by chance or with good reason.
    if not is_wide(indicator):
        return False
    numbers = (_number(village, indicator.indicator_id) for village in neighbours)
    value = next(numbers)
    if any(number != value for number in numbers):
        return False
    ends = indicator.minimum, indicator.maximum
    return value is not None and value not in ends and value > LEAST_COPIED


def is_wide(indicator: IndicatorType) -> bool:
    """Whether an indicator has a range so wide that equal figures are no chance."""
    low, high = indicator.minimum, indicator.maximum
    return low is not None and high is not None and high - low >= WIDE_RANGE
