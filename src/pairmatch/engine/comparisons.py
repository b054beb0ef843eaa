"""Ways of pairing side by side, and the pairing in between that a council chooses."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pairmatch.domain.comparison import Comparison, Difference, PairValue, SwapChain
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.matching import ConflictMember
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.problem import Problem
from pairmatch.engine.causes import find_causes
from pairmatch.engine.differences import list_data, list_plugins, list_settings
from pairmatch.engine.outcomes import Progress
from pairmatch.engine.proposals import NO_OPTIONS
from pairmatch.engine.scenarios import open_scenario
from pairmatch.engine.ways import (
    Way,
    collect_names,
    describe_way,
    find_scenario,
    list_pairs,
    solve_way,
)
from pairmatch.messages import Language

if TYPE_CHECKING:
    from pairmatch.domain.candidates import BoolArray
    from pairmatch.domain.limits import Bound, Limit
    from pairmatch.domain.sweep import Sweep
    from pairmatch.explain.chains import Chain

Pairs = tuple[tuple[str, str], ...]


def compare_ways(
    places: Sequence[Path], options: PluginOptions = NO_OPTIONS, progress: Progress | None = None
) -> Comparison:
    """Solve scenarios, or runs of them, and say in what the others differ from the first.

    Raises
    ------
    BadInputError
        If the inputs of one hold errors.
    InfeasibleError
        If one has no pairing.
    PluginFaultError
        If a plugin breaks its contract and `options` do not say to leave it out.
    UnprovenError
        If an answer fails its independent check.
    UsageError
        If a place is neither a scenario nor a run of one as it is now.
    """
    with ExitStack() as stack:
        ways = []
        for place in places:
            if progress is not None:
                progress("cli.step_read")
            opened = stack.enter_context(open_scenario(find_scenario(place), options))
            ways.append(solve_way(place, opened, options, progress))
        first, *others = ways = _tell_apart(ways)
        return Comparison(
            sides=tuple(map(describe_way, ways)),
            differences=tuple(_compare(first, other, progress) for other in others),
            names={key: name for way in ways for key, name in collect_names(way).items()},
        )


def _tell_apart(ways: Sequence[Way]) -> list[Way]:
    """Return the ways with labels that differ: a scenario may have the name of one it extends."""
    told = list(ways)
    for name in (lambda way: find_scenario(Path(way.folder)).resolve().name, lambda w: w.folder):
        counted = Counter(way.label for way in told)
        told = [replace(w, label=name(w)) if counted[w.label] > 1 else w for w in told]
    return told


def publish_comparison(
    comparison: Comparison, out: Path, sweep: "Sweep | None" = None, lang: Language = "zh"
) -> tuple[Path, ...]:
    """Write a comparison as a page, a workbook and data, into a folder of its own.

    The folder's name stands for what is compared, so equal comparisons take each other's place.

    Parameters
    ----------
    comparison
        What was compared.
    out
        Where the folder goes.
    sweep
        A sweep of the first scenario, to be shown with it.
    lang
        The language that the page opens in.

    Returns
    -------
    tuple
        The files written: page, workbook and data.

    Raises
    ------
    OutputBlockedError
        If they cannot be written.
    """
    from pairmatch.report.comparison import build_comparison_html, build_comparison_workbook
    from pairmatch.store.files import write_files

    parts = [side.run_id for side in comparison.sides] + ([sweep.run_id] if sweep else [])
    name = f"compare-{hashlib.sha256('+'.join(parts).encode()).hexdigest()[:12]}"
    files = {
        "compare.html": build_comparison_html(comparison, sweep, lang).encode("utf-8"),
        "方案比较.xlsx": build_comparison_workbook(comparison, sweep, lang),
        "compare.json": dump_plain(comparison).encode("utf-8"),
    }
    return write_files(out / name, files)


def read_sweep(place: Path) -> "Sweep":
    """Return the sweep in a folder.

    Raises
    ------
    BadInputError
        If there is none, or it cannot be understood.
    """
    from pairmatch.load.sweeps import read_sweep as read

    return read(place)


def dump_plain(record: object) -> str:
    """Return a record as JSON: fractions as text, tuples as lists, keys as they are."""
    return json.dumps(make_plain(record), ensure_ascii=False, indent=1) + "\n"


def make_plain(value: Any) -> Any:
    """Return a record as plain data; fractions are exact decimals, or quotients as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: make_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): make_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [make_plain(inner) for inner in value]
    return str(value) if isinstance(value, Fraction) else value


@dataclass(frozen=True, slots=True)
class Swaps:
    """What two answers differ in, by the limits and points of the first one's problem.

    `problem` has the pairs of the other as candidates too, `is_foreign` marks those that it lacked,
    `bounds` are its limits, `before_idx` the pairs before.
    """

    problem: Problem
    is_foreign: "BoolArray"
    bounds: "Mapping[Limit, Bound]"
    before_idx: IndexArray
    chains: tuple["Chain", ...]

    def measure(self, chain: "Chain") -> int | None:
        """Return what a chain adds to the total, None if a pair that it brings is foreign."""
        return None if self.is_foreign[chain.gained].any() else chain.gain

    def accept(self, chains: tuple["Chain", ...]) -> "BoolArray":
        """Return the choice of candidates once some chains are accepted."""
        from pairmatch.explain.swaps import accept_chains

        return accept_chains(self.problem, self.before_idx, chains)

    def judge(self, chains: tuple["Chain", ...]) -> tuple[ConflictMember, ...]:
        """Return what the first answer breaks once some chains are accepted."""
        from pairmatch.domain.limits import label_unit, label_village
        from pairmatch.explain.swaps import list_broken
        from pairmatch.match.wordings import merge_members, tell_limit

        problem = self.problem
        told = []
        for k in (k for chain in chains for k in chain.gained.tolist() if self.is_foreign[k]):
            unit = label_unit(problem, int(problem.unit_idx[k]))
            village = label_village(problem, int(problem.village_idx[k]))
            params = {"count": "1", "names": f"{unit} = {village}"}
            told.append(ConflictMember("match.limit_ineligible", params))
        broken = list_broken(self.bounds, self.accept(chains))
        told += [tell_limit(problem, limit, self.bounds[limit]) for limit in broken]
        return merge_members(told)


def find_swaps(problem: Problem, before: Pairs, after: Pairs) -> Swaps:
    """Return what two answers differ in.

    Parameters
    ----------
    problem
        The problem of the first answer.
    before, after
        Unit id and village id of the pairs of both.
    """
    from pairmatch.domain.limits import list_bounds
    from pairmatch.explain.swaps import adopt_pairs, split_swaps

    wide, is_foreign, found = adopt_pairs(problem, (*before, *after))
    before_idx, after_idx = np.sort(found[: len(before)]), np.sort(found[len(before) :])
    chains = split_swaps(wide, before_idx, after_idx)
    return Swaps(wide, is_foreign, list_bounds(wide), before_idx, chains)


def _compare(first: Way, other: Way, progress: Progress | None) -> Difference:
    settings = list_settings(first.inputs.scenario, other.inputs.scenario)
    causes, uncaused = find_causes(first, other, progress)
    here, there = _list_points(first), _list_points(other)
    lost = tuple(sorted(set(first.pairs) - set(other.pairs)))
    gained = tuple(sorted(set(other.pairs) - set(first.pairs)))
    return Difference(
        settings=(*settings, *list_plugins(first.plugins, other.plugins)),
        data=list_data(first.inputs, other.inputs),
        lost=tuple(PairValue(*pair, here.get(pair), there.get(pair)) for pair in lost),
        gained=tuple(PairValue(*pair, here.get(pair), there.get(pair)) for pair in gained),
        chains=_list_chains(first, other, there),
        same_total=_add_up(there.get(pair) for pair in first.pairs),
        causes=causes,
        uncaused=uncaused,
        counties=_compare_counties(first, other, (here, there)),
    )


def _list_points(way: Way) -> dict[tuple[str, str], int]:
    problem = way.answer.problem
    rows = zip(
        problem.unit_idx.tolist(),
        problem.village_idx.tolist(),
        problem.points.tolist(),
        strict=True,
    )
    return {(problem.unit_ids[u], problem.village_ids[v]): points for u, v, points in rows}


def _add_up(points: Iterable[int | None]) -> int | None:
    total = 0
    for number in points:
        if number is None:
            return None
        total += number
    return total


def _list_chains(
    first: Way, other: Way, there: dict[tuple[str, str], int]
) -> tuple[SwapChain, ...]:
    from pairmatch.explain.chains import list_moves

    swaps = find_swaps(first.answer.problem, first.pairs, other.pairs)
    found = []
    for number, chain in enumerate(swaps.chains, start=1):
        lost, gained = (list_pairs(swaps.problem, idx) for idx in (chain.lost, chain.gained))
        after = [_add_up(there.get(pair) for pair in pairs) for pairs in (gained, lost)]
        known = None if after[0] is None or after[1] is None else after[0] - after[1]
        found.append(
            SwapChain(
                number=number,
                moves=list_moves(swaps.problem, chain),
                lost=lost,
                gained=gained,
                gain_before=swaps.measure(chain),
                gain_after=known,
                faults=swaps.judge((chain,)),
            )
        )
    return tuple(found)


def _compare_counties(
    first: Way, other: Way, points: tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]
) -> dict[str, tuple[int | None, int | None]]:
    """Return what each county gains by the points of either scenario."""
    found = {}
    counties = {
        village.village_id: village.county
        for way in (first, other)
        for village in way.inputs.villages
    }
    for county in sorted(set(counties.values()) - {""}):
        own = [
            [pair for pair in way.pairs if counties[pair[1]] == county] for way in (first, other)
        ]
        sums = [[_add_up(known.get(pair) for pair in pairs) for pairs in own] for known in points]
        found[county] = tuple(
            None if before is None or after is None else after - before for before, after in sums
        )
    return found  # type: ignore[return-value]
