"""The checks of villages for large tables: arrays say which rows to look at, records what is told.

Every finding is made by the function that makes it for a small scenario, so both say the same.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import eq

import numpy as np

from pairmatch.check.closeness import find_closest
from pairmatch.check.completeness import (
    WARN_VILLAGE_ABOVE,
    describe_county,
    describe_incomplete,
    list_asked,
)
from pairmatch.check.villages import (
    COUNTY_DIGITS,
    FARMLAND_PER_HEAD,
    HOUSEHOLD_SIZES,
    LEAST_COPIED,
    MIN_COPIED,
    PARTS,
    SHARES_OVER_60,
    check_bounds,
    check_clinic,
    check_copies,
    check_farmland,
    check_household_size,
    check_part,
    check_same_names,
    check_share_over_60,
    describe_other_county,
    describe_unknown_county,
    describe_unusual_county,
    find_county,
    find_usual,
    is_code,
    is_wide,
)
from pairmatch.check.wishes import check_wishes
from pairmatch.domain.findings import Finding
from pairmatch.domain.listings import MAX_LISTED, describe_rest, list_first
from pairmatch.domain.records import County, Village
from pairmatch.domain.tablecolumns import BoolArray, FloatArray, IntArray
from pairmatch.domain.tables import VillageTable
from pairmatch.domain.taxonomy import IndicatorType, Taxonomy

MORE = "check.more_of_a_kind"


def check_village_table(
    villages: VillageTable, everyone: VillageTable, taxonomy: Taxonomy
) -> Iterator[Finding]:
    """Yield what `check_villages` finds, at most MAX_LISTED of a kind.

    Parameters
    ----------
    villages
        The villages.
    everyone
        The same and those of rows without a code of their own.
    taxonomy
        The indicators, for their names and ranges.
    """
    for suspects, check in _list_checks(everyone, taxonomy):
        yield from _tell(everyone, suspects, check)
    yield from _check_names(villages)
    yield from _check_townships(villages, taxonomy)


def check_county_table(everyone: VillageTable, counties: Sequence[County]) -> Iterator[Finding]:
    """Yield what `check_village_counties` finds, at most MAX_LISTED of a kind.

    Parameters
    ----------
    everyone
        All villages, those of rows without a code of their own too.
    counties
        The counties of the table.
    """
    if not counties:
        yield from _check_counties_by_code(everyone)
        return
    codes = {county.code: county.name for county in counties}
    known = frozenset(codes.values())
    for name in sorted(set(everyone.county.list_items()) - known - {""}):
        is_there = everyone.county.match(partial(eq, name))
        rows = everyone.places.order_rows(is_there)
        first = everyone[int(rows[0])]
        yield describe_unknown_county(first, len(rows), find_closest(name, known))
    by_code = {
        row: found
        for row, (code, name) in enumerate(zip(everyone.ids, everyone.county, strict=True))
        if name in known and (found := find_county(code, name, codes)) != name
    }
    yield from list_first(
        list(by_code), lambda row: [describe_other_county(everyone[row], by_code[row])], MORE
    )


def check_wish_table(everyone: VillageTable, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Yield what `check_wishes` finds, at most MAX_LISTED of a kind.

    Parameters
    ----------
    everyone
        All villages.
    taxonomy
        The needs and their names.
    """
    need_ids = {need.need_id for need in taxonomy.needs}
    odd = everyone.wishes.match(lambda wishes: not need_ids.issuperset(wishes))
    yield from _tell(everyone, odd, lambda village: check_wishes([village], taxonomy))


def check_complete_table(villages: VillageTable, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Yield what `check_completeness` finds, at most MAX_LISTED of a kind.

    Parameters
    ----------
    villages
        The villages.
    taxonomy
        The indicators.
    """
    asked = list_asked(taxonomy)
    unknown = np.full(len(villages), len(asked), dtype=np.int64)
    for indicator_id in asked:
        unknown -= villages.find_answered(indicator_id)
    counted = villages.find_asked()
    many = counted & (100 * unknown // len(asked) > WARN_VILLAGE_ABOVE)
    yield from list_first(
        villages.places.order_rows(many),
        lambda row: [describe_incomplete(villages[row], int(unknown[row]), len(asked))],
        MORE,
    )
    ordered = villages.places.order_rows(counted)
    codes = villages.county.codes[ordered]
    sizes = np.bincount(codes)
    sums = np.bincount(codes, weights=unknown[ordered]).astype(np.int64)
    present, first = np.unique(codes, return_index=True)
    for code, at in zip(present.tolist(), first.tolist(), strict=True):
        place = villages.places.place(int(ordered[at]))
        county = villages.county.items[code]
        yield describe_county(county, place, int(sums[code]), int(sizes[code]), len(asked))


def _tell(
    villages: VillageTable, suspects: BoolArray, check: Callable[[Village], Iterable[Finding]]
) -> Iterator[Finding]:
    rows = villages.places.order_rows(suspects)
    yield from list_first(rows, lambda row: check(villages[row]), MORE)


def _list_checks(
    villages: VillageTable, taxonomy: Taxonomy
) -> Iterator[tuple[BoolArray, Callable[[Village], Iterable[Finding]]]]:
    labels = {i.indicator_id: i.name_zh for i in taxonomy.indicators}
    read = villages.find_numbers
    yield villages.demand_min > villages.demand_max, check_bounds
    for part, whole in PARTS:
        yield (
            read(part) > read(whole),
            partial(check_part, part_id=part, whole_id=whole, labels=labels),
        )
    population, households = _drop_zero(read("bas_population")), _drop_zero(read("bas_households"))
    yield _leave(population / households, HOUSEHOLD_SIZES), check_household_size
    yield _leave(read("bas_farmland_mu") / population, FARMLAND_PER_HEAD), check_farmland
    yield _leave(read("bas_over60_share"), SHARES_OVER_60), check_share_over_60
    items = _drop_zero(read("health_equipment_items"))
    yield (read("health_clinic_m2") == 0) & ~np.isnan(items), check_clinic


def _drop_zero(numbers: FloatArray) -> FloatArray:
    return np.where(numbers == 0, np.nan, numbers)


def _leave(ratio: FloatArray, usual: tuple[float, float]) -> BoolArray:
    outside: BoolArray = (ratio < usual[0]) | (ratio > usual[1])
    return outside


def _check_names(villages: VillageTable) -> Iterator[Finding]:
    names, counties = villages.name, villages.county
    pairs = counties.codes.astype(np.int64) * len(names.items) + names.codes
    named = np.flatnonzero(names.match(bool))
    _, groups, sizes = np.unique(pairs[named], return_inverse=True, return_counts=True)
    rows = named[sizes[groups] > 1]
    same: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows.tolist():
        same[counties[row], names[row]].append(row)
    listed = sorted(same)[:MAX_LISTED]
    records = [villages[row] for key in listed for row in same[key]]
    findings = list(check_same_names(records))
    yield from findings
    if len(same) > len(listed):
        yield describe_rest(findings[-1], len(same), MORE)


def _check_townships(villages: VillageTable, taxonomy: Taxonomy) -> Iterator[Finding]:
    townships, counties = villages.township, villages.county
    pairs = counties.codes.astype(np.int64) * len(townships.items) + townships.codes
    rows = np.flatnonzero(townships.match(bool) & villages.find_asked())
    rows = rows[np.argsort(pairs[rows], kind="stable")]
    if not len(rows):
        return
    starts = np.flatnonzero(np.append(True, np.diff(pairs[rows]) != 0))
    sizes = np.diff(np.append(starts, len(rows)))
    copied = np.zeros(len(starts), dtype=np.bool_)
    for indicator in taxonomy.indicators:
        if is_wide(indicator):
            numbers = villages.find_numbers(indicator.indicator_id)[rows]
            copied |= _find_copied(indicator, numbers, starts)
    suspects = np.repeat(copied & (sizes >= MIN_COPIED), sizes)
    # One record of a township more or less would change what is said of it: they come whole.
    findings = list(check_copies((villages[row] for row in rows[suspects].tolist()), taxonomy))
    yield from findings[:MAX_LISTED]
    if len(findings) > MAX_LISTED:
        yield describe_rest(findings[MAX_LISTED - 1], len(findings), MORE)


def _find_copied(indicator: IndicatorType, numbers: FloatArray, starts: IntArray) -> BoolArray:
    """Return in which groups all villages have one and the same figure, and a telling one."""
    least, most = np.minimum.reduceat(numbers, starts), np.maximum.reduceat(numbers, starts)
    telling: BoolArray = (least == most) & (least > LEAST_COPIED)
    telling &= (least != indicator.minimum) & (least != indicator.maximum)
    return telling


def _check_counties_by_code(villages: VillageTable) -> Iterator[Finding]:
    named = [
        (row, code[:COUNTY_DIGITS], county)
        for row, (code, county) in enumerate(zip(villages.ids, villages.county, strict=True))
        if county and is_code(code)
    ]
    counts = Counter((code, county) for _row, code, county in named)
    by_code: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (code, county), count in counts.items():
        by_code[code][county] = count
    usual = {code: find_usual(found) for code, found in by_code.items()}
    odd = {row: code for row, code, county in named if county != usual[code]}

    def describe(row: int) -> Iterator[Finding]:
        county = usual[odd[row]]
        yield describe_unusual_county(villages[row], county, by_code[odd[row]][county])

    yield from list_first(list(odd), describe, MORE)
