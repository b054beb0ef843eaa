"""Which part of a difference does what: Shapley values against means over all orders, by hand.

A part is a change to the files of a scenario; every prefix of every order is written as a scenario
with just those changes, and proposed.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from tests.faults.plugin_scenarios import GOOD

from pairmatch import engine
from pairmatch.engine import causes
from pairmatch.engine.causes import MAX_PARTS
from pairmatch.engine.differences import list_data, list_settings

Texts = dict[str, str]
"""A scenario: the text of each section of its settings in brackets, and of each file."""
Change = Callable[[Texts], None]


def make_base() -> Texts:
    """Return a scenario of four units and villages, two counties, and pairs of the cycle before."""
    units, villages = range(1, 5), range(1, 5)
    points = [f"u{u},v{v},{(7 * u + 5 * v + u * v) % 11}" for u in units for v in villages]
    return {
        "[scenario]": 'name = "base"',
        "[inputs]": 'scores = "scores.csv"\nprevious = "previous.csv"',
        "units.csv": "\n".join(["unit_id,name", *(f"u{k},单位{k}" for k in units)]),
        "villages.csv": "\n".join(
            ["village_id,county,households", *(f"v{k},{'甲乙'[k % 2]}县,{k}00" for k in villages)]
        ),
        "scores.csv": "\n".join(["unit_id,village_id,points", *points]),
        "previous.csv": "unit_id,village_id\nu1,v1\nu2,v2",
    }


def write_scenario(folder: Path, texts: Texts, reverse: bool = False) -> Path:
    """Write a scenario, its sections in the order given or the other way round."""
    sections = [f"{name}\n{text}\n" for name, text in texts.items() if name.startswith("[")]
    files = {name: text + "\n" for name, text in texts.items() if not name.startswith("[")}
    files["scenario.toml"] = "\n".join(reversed(sections) if reverse else sections)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def put(**changes: str) -> Change:
    """Return a change that sets sections and files, by their short names."""
    return lambda texts: texts.update({NAMES[key]: text for key, text in changes.items()})


NAMES = {
    "objective": "[objective]",
    "scoring": "[scoring]",
    "rules": "[rules]",
    "plugins": "[plugins]",
    "limits": "[limits]",
    "quota": "[[quota]]",
    "lock": "[[lock]]",
    "ban": "[[ban]]",
    "scores": "scores.csv",
    "villages": "villages.csv",
    "previous": "previous.csv",
    "good": "plugins/good/plugin.py",
}


def replace_text(name: str, old: str, new: str) -> Change:
    def change(texts: Texts) -> None:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)

    return change


def remove_village(texts: Texts) -> None:
    """Take v2 and its points out: every village after it moves up a place."""
    for name in ("villages.csv", "scores.csv"):
        rows = texts[name].splitlines()
        texts[name] = "\n".join(row for row in rows if "v2," not in row)


def measure(folder: Path) -> dict[str, Fraction]:
    """Return the metrics of what is proposed for a scenario, points as they are."""
    proposal = engine.propose_pairing(folder, dry_run=True).proposal
    points = [e.points for e in proposal.explanations]
    scale = proposal.problem.steps_per_point
    counties: dict[str, int] = {v.county: 0 for v in proposal.inputs.villages}
    county_of = {v.village_id: v.county for v in proposal.inputs.villages}
    for pair in proposal.explanations:
        counties[county_of[pair.village_id]] += pair.points
    before = {(p.unit_id, p.village_id) for p in proposal.inputs.previous}
    return {
        "num_matched": Fraction(len(points)),
        "total": Fraction(sum(points), scale),
        "worst_village": Fraction(min(points), scale),
        "worst_county": Fraction(min(counties.values()), scale),
        "kept": Fraction(sum((e.unit_id, e.village_id) in before for e in proposal.explanations)),
    }


def share_by_orders(
    folder: Path, base: Texts, changes: Mapping[str, Change]
) -> dict[str, dict[str, Fraction]]:
    """Return the mean of what each change adds, over all orders of the changes."""
    known: dict[frozenset[str], dict[str, Fraction]] = {}

    def solve(names: frozenset[str]) -> dict[str, Fraction]:
        if names not in known:
            texts = dict(base)
            for name in changes:
                if name in names:
                    changes[name](texts)
            place = folder / f"mixed{len(known)}"
            known[names] = measure(write_scenario(place, texts))
        return known[names]

    orders = list(permutations(changes))
    effects = {name: dict.fromkeys(solve(frozenset()), Fraction(0)) for name in changes}
    for order in orders:
        for k, name in enumerate(order):
            with_it, without = solve(frozenset(order[: k + 1])), solve(frozenset(order[:k]))
            for metric in with_it:
                effects[name][metric] += (with_it[metric] - without[metric]) / len(orders)
    return effects


def compare(folder: Path, base: Texts, changes: Mapping[str, Change], reverse: bool = False):
    other = dict(base)
    for change in changes.values():
        change(other)
    places = [
        write_scenario(folder / f"{name}{reverse:d}", texts, reverse)
        for name, texts in (("first", base), ("other", other))
    ]
    return engine.compare_ways(places)


def check_sums(comparison) -> None:
    """All effects together are the whole difference, metric by metric."""
    [difference], [first, other] = comparison.differences, comparison.sides
    assert difference.causes
    for metric in difference.causes[0].effects:
        values = [getattr(side.metrics, metric) for side in (first, other)]
        if metric in {"total", "worst_village", "worst_county"}:
            values[1] = Fraction(values[1] * first.steps_per_point, other.steps_per_point)
        assert sum(c.effects[metric] for c in difference.causes) == values[1] - values[0]


FAIR = 'levels = ["num_matched", "leximin_village", "total"]'
LISTED = 'name = "q"\npairs = [["u4", "v3"], ["u3", "v3"]]\nmax = 0'
KEPT = 'levels = ["num_matched", "kept", "total"]'

CASES: dict[str, tuple[Change, dict[str, Change]]] = {
    "limits and scores": (
        put(),
        {
            "objective": put(objective=FAIR),
            "limits.quota": put(quota=LISTED),
            "limits.ban": put(ban='unit = "u4"\nvillage = "v4"'),
            "data.scores": replace_text("scores.csv", "u1,v1,2", "u1,v1,9"),
        },
    ),
    # Taking v2 away moves the places of v3 and v4, which the quota lists.
    "a village less": (
        put(quota=LISTED),
        {
            "data": remove_village,
            "limits.quota": put(quota=LISTED.replace("u4", "u1").replace("v3", "v4")),
            "limits.lock": put(lock='unit = "u2"\nvillage = "v4"'),
        },
    ),
    "finer steps": (
        put(),
        {
            "scoring": lambda texts: (
                put(scoring='resolution = "0.0001"')(texts),
                replace_text("scores.csv", "u1,v1,2", "u1,v1,9.1234")(texts),
            ),
            "objective": put(objective=KEPT),
            "data.previous": put(previous="unit_id,village_id\nu1,v4\nu4,v3"),
        },
    ),
    "a plugin": (
        put(plugins='folders = ["plugins"]\ndisable = ["good"]', good=GOOD, rules="good.x = 2"),
        {
            "plugins.good": put(plugins='folders = ["plugins"]'),
            "rules.good.x": replace_text("[rules]", "good.x = 2", "good.x = 9"),
            "limits.limits": put(limits="max_changes = 1"),
            "rules.continuity": replace_text("[rules]", "good.x", "continuity = 3\ngood.x"),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_effects_are_the_mean_over_all_orders(name, tmp_path):
    prepare, changes = CASES[name]
    base = make_base()
    prepare(base)
    comparison = compare(tmp_path, base, changes)
    found = {cause.label: cause for cause in comparison.differences[0].causes}
    expected = share_by_orders(tmp_path, base, changes)
    assert sorted(found) == sorted(expected)
    scale = comparison.sides[0].steps_per_point
    for label, cause in found.items():
        assert set(cause.effects) == set(expected[label])
        for metric, effect in cause.effects.items():
            steps = 1 if metric in {"num_matched", "kept"} else scale
            assert effect == expected[label][metric] * steps, (label, metric)
    check_sums(comparison)
    assert any(cause.effects["total"] for cause in found.values())
    turned = compare(tmp_path, base, changes, reverse=True)
    assert turned.differences[0].causes == comparison.differences[0].causes


def test_locks_and_capacities_of_who_is_gone_bind_nothing(tmp_path):
    base = make_base()
    base["[inputs]"] += '\nloads = "loads.csv"\ncapacities = "capacities.csv"'
    base["loads.csv"] = "unit_id,village_id,resource,load\nu1,v1,hours,3\nu1,v4,hours,5"
    base["capacities.csv"] = "side,id,resource,capacity\nunit,u1,hours,4\nvillage,v2,hours,1"
    put(lock='unit = "u3"\nvillage = "v2"', ban='unit = "u4"\nvillage = "v2"')(base)

    def remove(texts: Texts) -> None:
        remove_village(texts)
        texts["capacities.csv"] = "side,id,resource,capacity\nunit,u1,hours,6"
        del texts["[[lock]]"], texts["[[ban]]"]

    comparison = compare(tmp_path, base, {"": remove})
    labels = [cause.label for cause in comparison.differences[0].causes]
    assert labels == ["data", "limits.ban", "limits.lock"]
    check_sums(comparison)


def test_what_changes_nothing_has_no_effect_and_names_are_no_cause(tmp_path):
    base = make_base()
    proposal = engine.propose_pairing(write_scenario(tmp_path, base), dry_run=True).proposal
    chosen = {e.village_id for e in proposal.explanations if e.unit_id == "u4"}
    idle = min({"v1", "v2", "v3", "v4"} - chosen)
    changes = {
        "ban": put(ban=f'unit = "u4"\nvillage = "{idle}"\nreason = "x"'),
        "title": lambda texts: texts.update({"[scenario]": 'name = "other"\nlang = "en"'}),
    }
    comparison = compare(tmp_path, base, changes)
    [difference] = comparison.differences
    assert [cause.label for cause in difference.causes] == ["limits.ban"]
    assert set(difference.causes[0].effects.values()) == {0}
    assert not difference.lost
    assert [s.path for s in difference.settings] == [f"ban.u4 = {idle}", "scenario.lang"]
    nothing = compare(tmp_path / "none", base, {})
    assert (nothing.differences[0].causes, nothing.differences[0].uncaused) == ((), ())


def test_what_neither_knows_is_no_metric(tmp_path):
    base = make_base()
    base["[inputs]"] = 'scores = "scores.csv"'
    base["villages.csv"] = "village_id\nv1\nv2\nv3\nv4"
    comparison = compare(tmp_path, base, {"ban": put(ban='unit = "u4"\nvillage = "v3"')})
    [cause] = comparison.differences[0].causes
    assert set(cause.effects) == {"num_matched", "total", "worst_village"}
    check_sums(comparison)


def test_too_many_pieces_are_joined_and_still_add_up(tmp_path, monkeypatch):
    rules = "\n".join(f"{rule} = 2" for rule in ("continuity", "proximity", "wishes"))
    changes = {
        "rules": put(rules=rules),
        "objective": put(objective=FAIR),
        "quota": put(quota=LISTED),
        "ban": put(ban='unit = "u4"\nvillage = "v4"'),
        "scores": replace_text("scores.csv", "u1,v1,2", "u1,v1,9"),
        "previous": put(previous="unit_id,village_id\nu1,v4\nu4,v3"),
    }
    solved = []
    solve = causes._solve_mixed
    monkeypatch.setattr(causes, "_solve_mixed", lambda *a: solved.append(a) or solve(*a))
    joined = compare(tmp_path / "a", make_base(), changes)
    labels = [cause.label for cause in joined.differences[0].causes]
    # Rules go together first, then limits: that is few enough.
    assert labels == ["data.previous", "data.scores", "limits", "objective", "rules"]
    assert len(labels) <= MAX_PARTS
    assert len(solved) == 2 ** len(labels) - 2
    rules_paths = next(c.paths for c in joined.differences[0].causes if c.label == "rules")
    assert rules_paths == ("rules.continuity", "rules.proximity", "rules.wishes")
    check_sums(joined)
    everything = {**changes, "scoring": put(scoring='unknown = "full"'), "plugin": _add_plugin}
    [cause] = compare(tmp_path / "b", make_base(), everything).differences[0].causes
    assert cause.label == "all"
    assert {"objective.levels", "scoring.unknown", "quota_pairs", "scores"} <= set(cause.paths)


def _add_plugin(texts: Texts) -> None:
    put(plugins='folders = ["plugins"]', good=GOOD)(texts)


def test_a_part_that_alone_leaves_no_pairing_is_named(tmp_path):
    base = make_base()
    put(ban='unit = "u1"\nvillage = "v1"')(base)
    changes = {
        "lock": put(lock='unit = "u1"\nvillage = "v1"'),
        "ban": lambda texts: texts.pop("[[ban]]") and None,
    }
    [difference] = compare(tmp_path, base, changes).differences
    assert (difference.causes, difference.uncaused) == ((), ("limits.lock",))


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_parts_does_not_matter(seed):
    random = np.random.default_rng([46, seed])
    size = int(random.integers(1, MAX_PARTS + 1))
    parts = [causes._Part(f"p{k}", ()) for k in range(size)]
    sets = [frozenset(k for k in range(size) if n >> k & 1) for n in range(2**size)]
    values = {s: {"total": Fraction(int(random.integers(-99, 99)), 7)} for s in sets}
    shared = causes.share_out(parts, values)
    order = random.permutation(size).tolist()
    turned = {frozenset(order.index(k) for k in s): value for s, value in values.items()}
    assert causes.share_out([parts[k] for k in order], turned) == shared
    whole = values[frozenset(range(size))]["total"] - values[frozenset()]["total"]
    assert sum(cause.effects["total"] for cause in shared) == whole


# --- what differs


def list_differences(folder: Path, base: Texts, change: Change, **files: bool):
    """Return the paths that differ, and by table the ids removed, added and changed."""
    other = dict(base)
    change(other)
    inputs = []
    for name, texts in (("first", base), ("other", other)):
        found, findings = engine.check_scenario(write_scenario(folder / name, texts, **files))
        assert found is not None, findings
        inputs.append(found)
    settings = [s.path for s in list_settings(inputs[0].scenario, inputs[1].scenario)]
    data = {d.table: (d.removed, d.added, dict(d.changed)) for d in list_data(*inputs)}
    return settings, data


def make_full() -> Texts:
    """Return a scenario with every section and every table."""
    texts = make_base()
    texts["[inputs]"] += "".join(
        f'\n{name} = "{name}.csv"' for name in ("loads", "capacities", "counties", "distances")
    )
    texts |= {
        "loads.csv": "unit_id,village_id,resource,load\nu1,v1,hours,3\nu2,v4,hours,5",
        "capacities.csv": "side,id,resource,capacity\nunit,u1,hours,4\nunit,u2,hours,6",
        "counties.csv": "name_zh,county_code\n甲县,130921\n乙县,130922",
        "distances.csv": "from_name,to_name,km_seat_to_seat\n甲县,乙县,12.5\n乙县,甲县,12.5",
        "pairs.csv": "unit_id,village_id\nu1,v1\nu2,v2",
        "[rules]": "proximity = 5",
        "[scoring]": 'area_cap = "0.4"',
        "[objective]": 'levels = ["num_matched", { goal = "total", within = "1%" }]',
        "[plugins]": "max_spread = 10",
        "[limits]": "max_changes = 5",
        "[[quota]]": 'name = "q"\nmax = 9\npairs = "pairs.csv"\n'
        'where = { "unit.unit_id" = ["u1", "u2"], "village.county" = "甲县" }',
        "[[lock]]": 'unit = "u1"\nvillage = "v1"',
        "[[ban]]": 'unit = "u1"\nvillage = "v4"',
    }
    return texts


SETTINGS = {
    "scenario.cycle": replace_text("[scenario]", '"base"', '"base"\ncycle = [2026, 2030]'),
    "scenario.synthetic": replace_text("[scenario]", '"base"', '"base"\nsynthetic = true'),
    "rules.proximity": put(rules="proximity = 6"),
    "scoring.area_cap": put(scoring='area_cap = "0.5"'),
    "scoring.unknown": put(scoring='area_cap = "0.4"\nunknown = "none"'),
    "objective.levels": put(objective='levels = ["num_matched", "total"]'),
    "plugins.max_spread": put(plugins="max_spread = 11"),
    "limits.max_changes": put(limits="max_changes = 4"),
    "limits.time_s": put(limits="max_changes = 5\ntime_s = 1"),
    "quota.q": replace_text("[[quota]]", "max = 9", "max = 8"),
    "lock.u1 = v1": replace_text("[[lock]]", '"v1"', '"v1"\nreason = "x"'),
    "ban.u1 = v4": replace_text("[[ban]]", '"v4"', '"v4"\nwaiver = 3'),
}
TABLES = {
    "units": ("units.csv", "单位3", "单位三", ((), (), {"u3": ("name",)})),
    "villages": ("villages.csv", "300", "301", ((), (), {"v3": ("indicators.bas_households",)})),
    "previous": ("previous.csv", "u2,v2", "u2,v3", (("u2 = v2",), ("u2 = v3",), {})),
    "counties": ("counties.csv", "130922", "130923", ((), (), {"乙县": ("code",)})),
    "distances": (
        "distances.csv",
        "乙县,12.5\n乙县,甲县,12.5",
        "乙县,13\n乙县,甲县,13",
        ((), (), {"乙县 - 甲县": ("km",), "甲县 - 乙县": ("km",)}),
    ),
    "scores": ("scores.csv", "u1,v1,2", "u1,v1,2.01", ((), (), {"u1 = v1": ("points",)})),
    "loads": ("loads.csv", "hours,5", "hours,5.5", ((), (), {"hours: u2 = v4": ("load",)})),
    "capacities": (
        "capacities.csv",
        "u2,hours,6",
        "u2,hours,7",
        ((), (), {"hours: unit u2": ("amount",)}),
    ),
    "quota_pairs": ("pairs.csv", "u2,v2", "u3,v2", (("q: u2 = v2",), ("q: u3 = v2",), {})),
}


@pytest.mark.parametrize("path", SETTINGS)
def test_every_setting_that_differs_shows_and_no_other(path, tmp_path):
    assert list_differences(tmp_path, make_full(), SETTINGS[path]) == ([path], {})


@pytest.mark.parametrize("table", TABLES)
def test_every_record_that_differs_shows_and_no_other(table, tmp_path):
    name, old, new, expected = TABLES[table]
    settings, data = list_differences(tmp_path, make_full(), replace_text(name, old, new))
    assert (settings, data) == ([], {table: expected})


def _turn_around(texts: Texts) -> None:
    """Change all that says nothing: names, the order of rows and entries, how numbers look."""
    for name in [name for name in texts if name.endswith(".csv")]:
        head, *rows = texts[name].splitlines()
        texts[name] = "\n".join([head, *reversed(rows)])
    texts["people.csv"] = texts.pop("units.csv")
    texts["[inputs]"] += '\nunits = "people.csv"'
    texts["[scenario]"] = 'name = "other"\ntitle = { zh = "另" }'
    texts["[rules]"] = "proximity = 5.0"
    texts["[scoring]"] = 'area_cap = "0.40"\nresolution = "0.01"'
    texts["[[quota]]"] = (
        'where = { "village.county" = "甲县", "unit.unit_id" = ["u1", "u2"] }\n'
        'pairs = "pairs.csv"\nmax = 9\nname = "q"'
    )


def test_names_places_and_order_are_no_difference(tmp_path):
    assert list_differences(tmp_path / "a", make_full(), _turn_around) == ([], {})
    listed = make_base() | {"[[quota]]": LISTED}
    turned = put(quota='max = 0\npairs = [["u3", "v3"], ["u4", "v3"]]\nname = "q"')
    assert list_differences(tmp_path / "b", listed, turned) == ([], {})


def test_the_same_points_in_other_steps_are_one_difference_only(tmp_path):
    finer = put(scoring='resolution = "0.001"')
    assert list_differences(tmp_path, make_base(), finer) == (["scoring.resolution"], {})


def test_a_variant_differs_in_what_it_says_itself(tmp_path):
    write_scenario(tmp_path / "first", make_base())
    said = '[scenario]\nextends = "../first"\nname = "variant"\n[rules]\ncontinuity = 5\n'
    (tmp_path / "variant").mkdir()
    (tmp_path / "variant" / "scenario.toml").write_text(said, encoding="utf-8")
    [difference] = engine.compare_ways([tmp_path / "first", tmp_path / "variant"]).differences
    assert [(s.path, s.before, s.after) for s in difference.settings] == [
        ("rules.continuity", "", "5")
    ]
    assert difference.data == ()
