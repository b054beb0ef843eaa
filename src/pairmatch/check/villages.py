"""Villages: numbers that contradict each other, and sheets that look copied."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

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
_WIDE_RANGE = 50.0
_CODE_DIGITS, _COUNTY_DIGITS = 12, 6
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
        findings += _check_bounds(village)
        if village.indicators:
            findings += _check_parts(village, labels)
            findings += _check_ratios(village)
            findings += _check_clinic(village)
    findings += _check_same_names(villages)
    findings += _check_copies(villages, taxonomy)
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
            params = {"county": name, "count": str(len(same)), "closest": closest}
            place = min(village.place_of("county") for village in same)
            findings.append(Finding("check.village_county", Severity.ERROR, place, params))
            continue
        for village in same:
            by_code = codes.get(village.village_id[:_COUNTY_DIGITS], name)
            if name and by_code != name and len(village.village_id) == _CODE_DIGITS:
                params = {"name": show_village(village), "county": name, "by_code": by_code}
                place = village.place_of("county")
                findings.append(Finding("check.county_by_code", Severity.WARNING, place, params))
    if not counties:
        findings += _check_counties_by_code(villages)
    return tuple(findings)


def show_village(village: Village) -> str:
    """Return how a village is called in a finding: name and code."""
    known = village.name and village.village_id
    return (
        f"{village.name}（{village.village_id}）" if known else village.name or village.village_id
    )


def _check_counties_by_code(villages: Sequence[Village]) -> Iterator[Finding]:
    members: defaultdict[str, list[Village]] = defaultdict(list)
    for village in villages:
        code = village.village_id
        if village.county and len(code) == _CODE_DIGITS and code.isascii() and code.isdigit():
            members[code[:_COUNTY_DIGITS]].append(village)
    for code, same in sorted(members.items()):
        counts = Counter(village.county for village in same)
        # Of names given as often, that of a county in full is the likelier one.
        usual = min(counts, key=lambda name: (-counts[name], name[-1] not in _COUNTY_ENDS, name))
        for village in same:
            if village.county != usual:
                params = {"name": show_village(village), "county": village.county}
                params |= {"code": code, "usual": usual, "count": str(counts[usual])}
                place = village.place_of("county")
                yield Finding("check.county_differs", Severity.ERROR, place, params)


def _number(village: Village, indicator_id: str) -> float | None:
    reading = village.indicators.get(indicator_id)
    value = None if reading is None else reading.value
    return value if isinstance(value, int | float) else None


def show_number(number: float) -> str:
    """Return a number as people write it: 12, 0.5."""
    return f"{number:.15g}"


def _check_bounds(village: Village) -> Iterator[Finding]:
    if village.demand_min > village.demand_max:
        params = {
            "name": show_village(village),
            "min": str(village.demand_min),
            "max": str(village.demand_max),
        }
        place = village.place_of("demand_min")
        yield Finding("check.demand_crossed", Severity.ERROR, place, params)


def _check_parts(village: Village, labels: dict[str, str]) -> Iterator[Finding]:
    for part_id, whole_id in PARTS:
        part, whole = _number(village, part_id), _number(village, whole_id)
        if part is None or whole is None or part <= whole:
            continue
        params = {
            "name": show_village(village),
            "part": labels.get(part_id, part_id),
            "part_value": show_number(part),
            "whole": labels.get(whole_id, whole_id),
            "whole_value": show_number(whole),
        }
        place = village.indicators[part_id].place
        yield Finding("check.part_above_whole", Severity.WARNING, place, params)


def _check_ratios(village: Village) -> Iterator[Finding]:
    population = _number(village, "bas_population")
    households = _number(village, "bas_households")
    farmland = _number(village, "bas_farmland_mu")
    share = _number(village, "bas_over60_share")
    if population and households:
        ratio = population / households, HOUSEHOLD_SIZES
        yield from _check_ratio(village, "household_size", "bas_population", *ratio)
    if population and farmland is not None:
        ratio = farmland / population, FARMLAND_PER_HEAD
        yield from _check_ratio(village, "farmland_per_head", "bas_farmland_mu", *ratio)
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


def _check_clinic(village: Village) -> Iterator[Finding]:
    items = _number(village, "health_equipment_items")
    if _number(village, "health_clinic_m2") == 0 and items:
        params = {"name": show_village(village), "items": show_number(items)}
        place = village.indicators["health_equipment_items"].place
        yield Finding("check.clinic_without_area", Severity.WARNING, place, params)


def _check_same_names(villages: Sequence[Village]) -> Iterator[Finding]:
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


def _check_copies(villages: Sequence[Village], taxonomy: Taxonomy) -> Iterator[Finding]:
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
    low, high = indicator.minimum, indicator.maximum
    if low is None or high is None or high - low < _WIDE_RANGE:
        return False
    numbers = (_number(village, indicator.indicator_id) for village in neighbours)
    value = next(numbers)
    if any(number != value for number in numbers):
        return False
    return value is not None and value not in (low, high) and value > 10  # noqa: PLR2004
