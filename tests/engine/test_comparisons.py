"""Scenarios side by side: sums, chains and what they break, counted here from the plain tables.

Random scenarios are written as small tables with quotas, locks, bans, bounds and hours. Nothing of
pairmatch is used to count: a case is dictionaries, and so is what is expected of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from tests.cases import ALL_CASES, pick_share

from pairmatch import engine
from pairmatch.domain.plugins import PluginOptions
from pairmatch.engine import comparisons, ways
from pairmatch.errors import BadInputError, InfeasibleError, PairmatchError, UsageError
from pairmatch.messages import render

NUM_GROUPS, GROUP = pick_share(20, 4), 10
NO_PLUGINS = PluginOptions(only=frozenset())
ROOT = Path(__file__).parents[2] / "scenarios"

Pair = tuple[str, str]
Fault = tuple[str, str]


@dataclass(frozen=True)
class Quota:
    """Pairs of some units and villages, or listed ones, that there are at least and at most."""

    name: str
    units: tuple[str, ...]
    villages: tuple[str, ...]
    pairs: tuple[Pair, ...] | None
    least: int
    most: int

    def counts(self, pair: Pair) -> bool:
        is_listed = self.pairs is None or pair in self.pairs
        return is_listed and pair[0] in self.units and pair[1] in self.villages


@dataclass(frozen=True)
class Case:
    """A scenario: bounds by id (of a village with its county), points in hundredths, limits."""

    units: dict[str, tuple[int, int]]
    villages: dict[str, tuple[int, int, str]]
    points: dict[Pair, int]
    quotas: tuple[Quota, ...] = ()
    locks: tuple[Pair, ...] = ()
    bans: tuple[Pair, ...] = ()
    hours: dict[Pair, int] | None = None
    capacities: dict[str, int] | None = None


def draw_case(random: np.random.Generator) -> Case:
    """Return a random scenario that usually has a pairing."""
    num_units, num_villages = random.integers(3, 7, 2).tolist()
    units = {f"u{k}": (0, int(random.integers(1, 3))) for k in range(num_units)}
    villages = {
        f"v{k}": (0, int(random.integers(1, 3)), "甲乙"[k % 2] + "县") for k in range(num_villages)
    }
    case = Case(units, villages, _draw_points(random, units, villages))
    if random.random() < 0.5:
        hours = {pair: int(random.integers(1, 10)) for pair in case.points}
        capacities = {u: int(random.integers(5, 14)) for u in units}
        case = replace(case, hours=hours, capacities=capacities)
    return _draw_limits(random, case)


def vary_case(random: np.random.Generator, case: Case) -> Case:
    """Return another scenario: other points and limits, at times other units and villages."""
    units, villages = dict(case.units), dict(case.villages)
    if random.random() < 0.2:
        del units[str(random.choice(sorted(units)))]
    if random.random() < 0.2:
        villages["v9"] = (0, 1, "甲县")
    points = _draw_points(random, units, villages)
    for pair in sorted(set(points) & set(case.points)):
        if random.random() < 0.8:
            points[pair] = case.points[pair]
    hours = case.hours and {pair: case.hours.get(pair, 3) for pair in points}
    capacities = case.capacities and {u: case.capacities[u] for u in units}
    varied = Case(units, villages, points, hours=hours, capacities=capacities)
    if set(units) == set(case.units) and random.random() < 0.5:
        bans = tuple(pair for pair in case.bans if pair in points)
        return replace(varied, quotas=_drop_pairs(case.quotas, points), bans=bans)
    return _draw_limits(random, varied)


def _drop_pairs(quotas: Iterable[Quota], points: dict[Pair, int]) -> tuple[Quota, ...]:
    return tuple(
        replace(q, pairs=q.pairs and tuple(p for p in q.pairs if p in points)) for q in quotas
    )


def _draw_points(
    random: np.random.Generator, units: Iterable[str], villages: Iterable[str]
) -> dict[Pair, int]:
    pairs = [(u, v) for u in units for v in villages if random.random() < 0.9]
    return {pair: int(random.integers(-200, 1000)) for pair in pairs}


def _draw_limits(random: np.random.Generator, case: Case) -> Case:
    def pick(ids: Iterable[str]) -> tuple[str, ...]:
        some = tuple(i for i in ids if random.random() < 0.5)
        return some or tuple(ids)

    quotas = []
    for k in range(int(random.integers(0, 4))):
        pairs = tuple(p for p in case.points if random.random() < 0.5)
        least = int(random.random() < 0.3)
        most = least + int(random.integers(0, 3))
        listed = pairs if random.random() < 0.3 else None
        quotas.append(Quota(f"q{k}", pick(case.units), pick(case.villages), listed, least, most))
    pairs = sorted(case.points)
    order = random.permutation(len(pairs)).tolist()
    num_locks, num_bans = int(random.random() < 0.3), int(random.integers(0, 4))
    locks = tuple(pairs[k] for k in order[:num_locks])
    bans = tuple(pairs[k] for k in order[num_locks : num_locks + num_bans])
    return replace(case, quotas=tuple(quotas), locks=locks, bans=bans)


def write_case(folder: Path, case: Case, shuffle: np.random.Generator | None = None) -> Path:
    """Write a scenario; its rows in any order, if wanted."""
    folder.mkdir(parents=True)

    def write(name: str, head: str, rows: Iterable[Iterable[object]]) -> None:
        lines = [",".join(map(str, row)) for row in rows]
        if shuffle is not None:
            shuffle.shuffle(lines)
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")

    write("units", "unit_id,capacity_min,capacity_max", ((u, *b) for u, b in case.units.items()))
    head = "village_id,demand_min,demand_max,county"
    write("villages", head, ((v, *b) for v, b in case.villages.items()))
    points = ((u, v, f"{p / 100:.2f}") for (u, v), p in case.points.items())
    write("scores", "unit_id,village_id,points", points)
    settings = ["[inputs]", 'scores = "scores.csv"']
    if case.hours is not None and case.capacities is not None:
        settings += ['loads = "loads.csv"', 'capacities = "capacities.csv"']
        loads = ((u, v, "hours", n) for (u, v), n in case.hours.items())
        write("loads", "unit_id,village_id,resource,load", loads)
        owned = (("unit", u, "hours", n) for u, n in case.capacities.items())
        write("capacities", "side,id,resource,capacity", owned)
    for quota in case.quotas:
        where = {"unit.unit_id": quota.units, "village.village_id": quota.villages}
        told = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in where.items())
        settings += ["[[quota]]", f'name = "{quota.name}"', f"where = {{ {told} }}"]
        settings += [f"min = {quota.least}", f"max = {quota.most}"]
        if quota.pairs is not None:
            settings.append(f"pairs = {json.dumps(quota.pairs)}")
    for section, pairs in (("lock", case.locks), ("ban", case.bans)):
        for unit, village in pairs:
            settings += [f"[[{section}]]", f'unit = "{unit}"', f'village = "{village}"']
    (folder / "scenario.toml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return folder


# --- the own count


def count_broken(case: Case, chosen: Iterable[Pair]) -> set[Fault]:
    """Return what a choice of pairs breaks: what kind of limit, and whose."""
    pairs, found = sorted(chosen), set()
    by_unit, by_village = Counter(u for u, _v in pairs), Counter(v for _u, v in pairs)
    for unit, village in pairs:
        if (unit, village) not in case.points:
            found.add(("ineligible", f"{unit} = {village}"))
        if (unit, village) in case.bans:
            found.add(("ban", f"{unit} = {village}"))
    found |= {("lock", f"{u} = {v}") for u, v in case.locks if (u, v) not in pairs}
    for unit, number in by_unit.items():
        if unit not in case.units:
            found.add(("unit_max_none", unit))
        elif number > case.units[unit][1]:
            found.add(("unit_max", unit))
    for village, number in by_village.items():
        if village not in case.villages:
            found.add(("village_max_none", village))
        elif number > case.villages[village][1]:
            found.add(("village_max", village))
    return found | set(_count_sums(case, pairs))


def _count_sums(case: Case, pairs: Iterable[Pair]) -> Iterator[Fault]:
    for quota in case.quotas:
        # Who does not take part meets no condition, and only eligible pairs are listed.
        number = sum(quota.counts(pair) for pair in pairs)
        if number < quota.least:
            yield "quota_min", quota.name
        if number > quota.most:
            yield "quota_max", quota.name
    for unit, capacity in (case.capacities or {}).items():
        hours = case.hours or {}
        if sum(hours[p] for p in pairs if p[0] == unit and p in case.points) > capacity:
            yield "hours", unit


def list_faults(members: Iterable[object]) -> set[Fault]:
    """Return the members of a conflict in the words of the own count."""
    found = set()
    for member in members:
        kind = member.code.removeprefix("match.limit_").removesuffix("_each")
        if kind == "resource_unit":
            assert member.params["resource"] == "hours"
            kind = "hours"
        names = member.params["names"].split("、")
        assert member.params["count"] == str(len(names))
        found |= {(kind, name) for name in names}
    return found


def name_bounds_by_hours(case: Case, faults: set[Fault]) -> set[Fault]:
    """Where all pairs of a unit take as long, its hours are a number of pairs: told as that."""
    told = set()
    for kind, name in faults:
        own = {(case.hours or {}).get(p) for p in case.points if p[0] == name}
        told.add(("unit_max", name) if kind == "hours" and len(own) == 1 else (kind, name))
    return {(kind.removesuffix("_none"), name) for kind, name in told}


def draw_group(number: int) -> tuple[Case, ...]:
    """Return a random scenario and others beside it; these always have a pairing."""
    random = np.random.default_rng([45, number])
    first = draw_case(random)
    return first, *(_ease(vary_case(random, first)) for _ in range(GROUP))


def _ease(case: Case) -> Case:
    return replace(case, quotas=tuple(replace(q, least=0) for q in case.quotas), locks=())


def compare_groups(folder: Path, number: int) -> Iterator[tuple]:
    """Yield the folders and cases of so many groups of scenarios with their comparisons."""
    for k in range(1000):
        cases = draw_group(k)
        places = [write_case(folder / f"{k}-{j}", case) for j, case in enumerate(cases)]
        try:
            comparison = engine.compare_ways(places, NO_PLUGINS)
        except InfeasibleError as error:
            assert error.params["folder"] == str(places[0])
            continue
        yield places, cases, comparison
        number -= 1
        if not number:
            return


@pytest.fixture
def answers(monkeypatch):
    """The pairs of each scenario that is compared, by folder; causes are not looked for."""
    solve, found = comparisons.solve_way, {}

    def solve_way(place, *others):
        way = solve(place, *others)
        found[place] = set(way.pairs)
        return way

    monkeypatch.setattr(comparisons, "solve_way", solve_way)
    monkeypatch.setattr(comparisons, "find_causes", lambda *_: ((), ()))
    return found


# --- 200 pairs of random scenarios


def test_all_sums_and_faults_are_those_of_an_own_count(tmp_path, answers):
    seen = Counter()
    for places, cases, comparison in compare_groups(tmp_path, NUM_GROUPS):
        first, before = cases[0], answers[places[0]]
        assert not count_broken(first, before)
        for k, difference in enumerate(comparison.differences, 1):
            after = answers[places[k]]
            assert not count_broken(cases[k], after)
            metrics = comparison.sides[0].metrics, comparison.sides[k].metrics
            check_pairs(difference, (first, cases[k]), before, after)
            check_sums(difference, (first, cases[k]), before, after, metrics)
            for chain in difference.chains:
                accepted = (before - set(chain.lost)) | set(chain.gained)
                expected = name_bounds_by_hours(first, count_broken(first, accepted))
                told = {(k.removesuffix("_none"), n) for k, n in list_faults(chain.faults)}
                assert told == expected
                assert chain.is_acceptable == (not expected)
                seen.update(kind for kind, _name in expected)
                seen["acceptable"] += chain.is_acceptable
    kinds = ["ban", "ineligible", "acceptable", "quota_max"]
    kinds += ["quota_min", "hours", "lock"] if ALL_CASES else []
    assert min(seen[kind] for kind in kinds) > 0, seen


def check_pairs(difference, cases, before, after) -> None:
    assert _name(difference.lost) == before - after
    assert _name(difference.gained) == after - before
    for pair in (*difference.lost, *difference.gained):
        key = pair.unit_id, pair.village_id
        assert (pair.before, pair.after) == tuple(case.points.get(key) for case in cases)


def _name(values: Iterable[object]) -> set[Pair]:
    return {(value.unit_id, value.village_id) for value in values}


def add_up(points: dict[Pair, int], pairs: Iterable[Pair]) -> int | None:
    """Return the points of pairs, None if one of them is not eligible."""
    values = [points.get(pair) for pair in pairs]
    return None if None in values else sum(values)


def subtract(gained: int | None, lost: int | None) -> int | None:
    return None if gained is None or lost is None else gained - lost


def check_sums(difference, cases, before, after, metrics) -> None:
    first, other = cases
    assert metrics[0].total == add_up(first.points, before)
    assert metrics[1].total == add_up(other.points, after)
    chains = difference.chains
    assert sorted(p for c in chains for p in c.lost) == sorted(before - after)
    assert sorted(p for c in chains for p in c.gained) == sorted(after - before)
    for chain in chains:
        for gain, case in ((chain.gain_before, first), (chain.gain_after, other)):
            sums = [add_up(case.points, pairs) for pairs in (chain.gained, chain.lost)]
            assert gain == subtract(*sums)
    if after <= set(first.points):
        gains = sum(chain.gain_before for chain in chains)
        assert metrics[0].total + gains == add_up(first.points, after)
    assert difference.same_total == add_up(other.points, before)
    if difference.same_total is not None:
        gains = sum(chain.gain_after for chain in chains)
        assert difference.same_total + gains == metrics[1].total
    counties = {v: b[2] for case in cases for v, b in case.villages.items()}
    assert sorted(difference.counties) == sorted(set(counties.values()))
    for county, gains in difference.counties.items():
        own = [{p for p in pairs if counties[p[1]] == county} for pairs in (after, before)]
        for gain, case in zip(gains, cases, strict=True):
            assert gain == subtract(*(add_up(case.points, pairs) for pairs in own))
    for k, case in enumerate(cases):
        whole = subtract(add_up(case.points, after), add_up(case.points, before))
        known = [gains[k] for gains in difference.counties.values()]
        assert whole == (None if None in known else sum(known))


# --- accepting chains


def test_any_chains_accepted_have_the_total_and_the_faults_of_an_own_count(tmp_path, answers):
    seen = Counter()
    for places, cases, comparison in compare_groups(tmp_path, 3):
        first, before = cases[0], answers[places[0]]
        run, other_run = (engine.propose_pairing(place).run for place in places[:2])
        for k, difference in enumerate(comparison.differences[:3], 1):
            chains = difference.chains[:3]
            sets = [s for n in range(1, len(chains) + 1) for s in combinations(chains, n)]
            for chosen in sets:
                numbers = [chain.number for chain in chosen]
                answer = engine.accept_chains(run, [(places[k], number) for number in numbers])
                pairs = before - {p for chain in chosen for p in chain.lost}
                pairs |= {p for chain in chosen for p in chain.gained}
                assert answer.pairs == tuple(sorted(pairs))
                assert answer.numbers == tuple(numbers)
                assert answer.num_matched == len(pairs)
                if pairs <= set(first.points):
                    assert answer.total == add_up(first.points, pairs)
                broken = count_broken(first, pairs)
                assert (answer.broken == ()) == (not broken)
                seen["broken" if broken else "fine"] += 1
                if k == 1:  # a run says the same as its scenario, in any order
                    twin = engine.accept_chains(run, [(other_run, n) for n in reversed(numbers)])
                    for field in ("pairs", "total", "numbers", "chains", "broken"):
                        assert getattr(twin, field) == getattr(answer, field)
    assert min(seen["broken"], seen["fine"]) > 3


# --- what only one of two has, and what cannot be compared


SMALL = Case(
    units={"u1": (0, 1), "u2": (0, 1)},
    villages={"v1": (0, 1, "甲县"), "v2": (0, 1, "乙县")},
    points={("u1", "v1"): 500, ("u2", "v2"): 500, ("u1", "v2"): 100},
)
ELSEWHERE = Case(
    units={"u1": (0, 1), "u3": (0, 1)},
    villages={"v1": (0, 1, "甲县"), "v3": (0, 1, "丙县")},
    points={("u1", "v1"): 100, ("u3", "v3"): 300, ("u1", "v3"): 700, ("u3", "v1"): 700},
)


def test_what_only_one_has_is_unknown_to_the_other_and_named(tmp_path):
    places = [write_case(tmp_path / n, c) for n, c in (("a", SMALL), ("b", ELSEWHERE))]
    [difference] = engine.compare_ways(places).differences
    assert {(p.unit_id, p.village_id, p.before, p.after) for p in difference.lost} == {
        ("u1", "v1", 500, 100),
        ("u2", "v2", 500, None),
    }
    assert {(p.unit_id, p.village_id, p.before, p.after) for p in difference.gained} == {
        ("u1", "v3", None, 700),
        ("u3", "v1", None, 700),
    }
    assert difference.same_total is None
    assert difference.counties == {
        "甲县": (None, 600),
        "乙县": (-500, None),
        "丙县": (None, 700),
    }
    faults = {fault for chain in difference.chains for fault in list_faults(chain.faults)}
    assert {"u1 = v3", "u3 = v1", "u3", "v3"} <= {name for _kind, name in faults}
    for chain in difference.chains:
        is_strange = any(pair not in SMALL.points for pair in chain.gained)
        assert (chain.gain_before is None) == is_strange
        assert (("ineligible", "u3 = v1") in list_faults(chain.faults)) == (
            ("u3", "v1") in chain.gained
        )
    run = engine.propose_pairing(places[0]).run
    numbers = [(places[1], chain.number) for chain in difference.chains]
    answer = engine.accept_chains(run, numbers)
    assert answer.pairs == (("u1", "v3"), ("u3", "v1"))
    told = {name for _kind, name in list_faults(answer.broken)}
    assert {"u1 = v3", "u3 = 甲县（v1）", "v3", "u3"} <= told


def expect_error(kind: type[PairmatchError], code: str, action) -> PairmatchError:
    """Return the error that an action ends with; both languages have words for all of it."""
    with pytest.raises(kind) as caught:
        action()
    assert caught.value.code == code
    for lang in ("zh", "en"):
        message = render(code, caught.value.params, lang)
        assert "{" not in message.text + message.hint
        assert message.hint
        for value in caught.value.params.values():
            assert value in message.text + message.hint
    return caught.value


def test_what_cannot_be_compared_or_accepted_says_why(tmp_path):
    first, other = (write_case(tmp_path / n, SMALL) for n in "ab")
    bad = replace(SMALL, locks=(("u1", "v2"), ("u1", "v1")))
    impossible = write_case(tmp_path / "c", bad)
    run, stray = engine.propose_pairing(first).run, tmp_path / "stray"
    lone = engine.propose_pairing(other, stray).run
    empty = tmp_path / "empty"
    empty.mkdir()

    def compare(*places):
        return lambda: engine.compare_ways(places)

    def accept(*wanted):
        return lambda: engine.accept_chains(run, list(wanted))

    error = expect_error(InfeasibleError, "engine.way_infeasible", compare(first, impossible))
    assert error.exit_code == 4
    assert error.params["folder"] == str(impossible)
    expect_error(InfeasibleError, "engine.way_infeasible", accept((impossible, 1)))
    for place in (compare(first, empty), accept((empty, 1))):
        assert expect_error(UsageError, "engine.no_way", place).params == {"folder": str(empty)}
    expect_error(UsageError, "engine.run_without_scenario", compare(first, lone))
    expect_error(UsageError, "engine.several_others", accept((first, 1), (other, 1)))
    expect_error(UsageError, "engine.several_others", accept())
    for number in (0, 1, 7):
        error = expect_error(UsageError, "engine.no_chain", accept((lone, number)))
        assert error.params == {"number": str(number), "count": "0"}
    assert engine.compare_ways([run, other]).differences[0].chains == ()
    settings = first / "scenario.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "# noted\n", encoding="utf-8")
    expect_error(UsageError, "engine.run_outdated", compare(run, other))
    (other / "scores.csv").write_text("unit_id,village_id,points\nu1,v1,x\n", encoding="utf-8")
    with pytest.raises(BadInputError):
        engine.compare_ways([first, other])


def test_ways_of_one_name_are_told_apart(tmp_path):
    first = write_case(tmp_path / "甲" / "s", SMALL)
    twin = write_case(tmp_path / "乙" / "s", SMALL)
    variant = tmp_path / "variant"
    variant.mkdir()
    (variant / "scenario.toml").write_text('[scenario]\nextends = "../甲/s"\n', encoding="utf-8")
    for folder in (first, twin):
        settings = folder / "scenario.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text('[scenario]\nname = "2026"\n' + text, encoding="utf-8")
    labels = [side.label for side in engine.compare_ways([first, variant]).sides]
    assert labels == ["s", "variant"]
    labels = [side.label for side in engine.compare_ways([first, twin]).sides]
    assert labels == [str(first), str(twin)]
    assert engine.compare_ways([first]).sides[0].label == "2026"


# --- the same bytes


def test_the_order_of_rows_does_not_change_a_byte_but_the_versions(tmp_path, monkeypatch):
    case = next(k for k in range(99) if draw_group(k)[0].hours and len(draw_group(k)[0].quotas) > 1)
    cases = draw_group(case)[:2]
    found = []
    # The version is that of the files' bytes.
    monkeypatch.setattr(ways, "digest_question", lambda *_: "0123456789ab")
    for k in range(3):
        (tmp_path / str(k)).mkdir()
        monkeypatch.chdir(tmp_path / str(k))  # a comparison names the folders as they were given
        random = np.random.default_rng(k) if k else None
        places = [write_case(Path(n), c, random) for n, c in zip("ab", cases, strict=True)]
        comparison = engine.compare_ways(places)
        files = engine.publish_comparison(comparison, Path("out"))
        found.append([file.read_bytes() for file in files])
        if not k:
            again = engine.publish_comparison(engine.compare_ways(places), Path("again"))
            assert [f.read_bytes() for f in again] == [f.read_bytes() for f in files]
            assert [f.name for f in again] == [f.name for f in files]
    assert found[0] == found[1] == found[2]


def test_the_demonstration_beside_a_variant(tmp_path):
    places = [ROOT / f"cangzhou-2026{end}" for end in ("", "-industry")]
    comparison = engine.compare_ways(places)
    page, book, data = sorted(engine.publish_comparison(comparison, tmp_path))
    facts = json.loads((tmp_path / page.parent.name / "compare.json").read_text(encoding="utf-8"))
    assert facts == engine.make_plain(comparison)
    first, *others = comparison.sides
    for side, difference in zip(others, comparison.differences, strict=True):
        gains = sum(chain.gain_before for chain in difference.chains)
        assert difference.same_total is not None
        assert sum(c.gain_after for c in difference.chains) == (
            side.metrics.total - difference.same_total
        )
        assert gains == sum(gain[0] for gain in difference.counties.values()) <= 0
        for metric in difference.causes[0].effects:
            whole = getattr(side.metrics, metric) - getattr(first.metrics, metric)
            assert sum(cause.effects[metric] for cause in difference.causes) == whole
    labels = [cause.label for cause in comparison.differences[0].causes]
    assert labels == ["rules.industry_affinity", "rules.need_coverage"]
    assert book.stat().st_size > 0
    assert data.is_file()
