"""Wishes of villages in words that name no need: they earn nothing unless they are reworded."""

import difflib
from collections.abc import Sequence

from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.records import Village
from pairmatch.domain.taxonomy import Taxonomy

MAX_CLOSEST = 3
_LEAST_LIKENESS = 0.4
_LEAST_RUN = 2
# Characters of so many names or wishes that sharing one says nothing.
_COMMON = frozenset(
    "村里乡农民生活与和及的了要想办建修设立改造解决问题提升加强增强建化文产业服务公共有不"
)


def check_wishes(villages: Sequence[Village], taxonomy: Taxonomy) -> tuple[Finding, ...]:
    """Return a note on each village with wishes that name no need, with the closest names.

    Parameters
    ----------
    villages
        The villages; wishes that were understood are ids of needs.
    taxonomy
        The needs and their names.
    """
    need_ids = {need.need_id for need in taxonomy.needs}
    names = sorted(need.name_zh for need in taxonomy.needs)
    findings = []
    for village in villages:
        unknown = [wish for wish in village.wishes if wish not in need_ids]
        if not unknown:
            continue
        closest = dict.fromkeys(name for wish in unknown for name in find_needs(wish, names))
        params = {
            "name": village.name or village.village_id,
            "wishes": "；".join(unknown),
            "closest": "；".join(closest),
        }
        code = "check.wish_unknown_close" if closest else "check.wish_unknown"
        places = [p for k in (1, 2, 3) if (p := village.places.get(f"wish_{k}"))]
        same = (place for place in places if place.value.strip() == unknown[0])
        findings.append(Finding(code, Severity.NOTE, next(same, village.place), params))
    return tuple(findings)


def find_needs(wish: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of needs closest to a wish, by their characters, at most three.

    Examples
    --------
    >>> find_needs("修路", ["体育健身", "村内道路与田间路"])
    ('村内道路与田间路',)
    """
    graded = []
    for name in names:
        matcher = difflib.SequenceMatcher(None, wish, name, autojunk=False)
        run = matcher.find_longest_match().size
        shared = len((set(wish) & set(name)) - _COMMON)
        if shared or run >= _LEAST_RUN or matcher.ratio() >= _LEAST_LIKENESS:
            graded.append((-run, -shared, -matcher.ratio(), name))
    return tuple(name for *_grades, name in sorted(graded)[:MAX_CLOSEST])
