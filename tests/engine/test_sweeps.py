"""Sweeps: a draw is the scenario with other settings, and nothing but the question counts.

Not who makes the draws, in which order, how often it is cut off, or in which order rows stand.
"""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import spearmanr
from tests.cases import ALL_CASES, pick_share
from tests.engine import sweep_makers as makers

from pairmatch.domain.matching import StepsError
from pairmatch.domain.sweep import Draw, SpreadRange, SweepPlan
from pairmatch.engine import draws, executors, sweeps
from pairmatch.engine.executors import Workers
from pairmatch.errors import BadInputError, OutputBlockedError, UnprovenError, UsageError
from pairmatch.match.search import NothingFoundError
from pairmatch.store.journal import open_journal

NOTHING = SweepPlan(1, 1)
VILLAGES = ("a1", "a2", "b1", "b2")
ALL_PAIRS = (
    '\n[[quota]]\nname = "all"\nwhere = { "unit.unit_id" = ["u1", "u2", "u3", "u4"] }\nmin = 4'
)
PLUGGED_SPREADS = (
    SpreadRange("good.x", Fraction(1), Fraction(7)),
    SpreadRange("kind.x", Fraction(1), Fraction(7)),
)
WISHES = {"spreads": PLUGGED_SPREADS, "plugins": ("good", "kind"), "most_dropouts": 2}


@pytest.fixture(scope="module")
def launch(tmp_path_factory):
    way = makers.solve(makers.write_launch(tmp_path_factory.mktemp("launch") / "s"))
    return way, sweeps.build_model(way)


@pytest.fixture(scope="module")
def plugged(tmp_path_factory):
    way = makers.solve(makers.write_plugged(tmp_path_factory.mktemp("plugged") / "s"))
    return way, sweeps.build_model(way)


# --- one draw


def check_nothing_drawn(way, model):
    own, draw = way.answer, draws.make_draw(model, NOTHING, 0)
    assert makers.tell_points(makers.apply(model, NOTHING, 0)) == makers.tell_points(own.problem)
    chosen = own.matching.chosen_idx
    assert draw.is_feasible
    assert draw.num_kept == len(chosen)
    assert makers.name_pairs(model.problem, draw.pairs) == makers.name_pairs(own.problem, chosen)
    assert draw.metrics["total"] == own.matching.total
    assert draw.settings == {}


def test_nothing_drawn_is_the_scenario_itself(launch, plugged):
    check_nothing_drawn(*launch)
    check_nothing_drawn(*plugged)


def check_intervals(way):
    """All rules have one, within four seconds."""
    began = time.process_time()
    intervals = sweeps._find_intervals(way)
    assert time.process_time() - began < 4
    spreads = {c.rule_id: c.spread for c in way.answer.table.columns if c.spread}
    assert [i.rule_id for i in intervals] == list(spreads)
    for interval in intervals:
        assert interval.spread * 100 == spreads[interval.rule_id]
        assert interval.low <= interval.spread
        assert interval.high is None or interval.high >= interval.spread


def test_the_demonstration_as_it_is_and_without_its_plugins():
    way = makers.solve(makers.ROOT / "cangzhou-2026")
    model = sweeps.build_model(way)
    check_nothing_drawn(way, model)
    check_intervals(way)
    names = tuple(state.name for state in way.plugins if state.state == "on")
    plan = SweepPlan(2 ** len(names), 1, plugins=names, is_grid=True)
    other = makers.solve(makers.ROOT / "cangzhou-2026-without-plugins").answer
    problem = makers.apply(model, plan, plan.num_draws - 1)
    assert makers.tell_points(problem) == makers.tell_points(other.problem)
    draw = draws.make_draw(model, plan, plan.num_draws - 1)
    pairs = makers.name_pairs(other.problem, other.matching.chosen_idx)
    assert makers.name_pairs(model.problem, draw.pairs) == pairs


@pytest.mark.parametrize("seed", range(3))
def test_drawn_spreads_are_those_written_into_the_settings(launch, tmp_path, seed):
    _way, model = launch
    spreads = tuple(
        SpreadRange(rule, Fraction(own, 2), Fraction(2 * own))
        for rule, own in makers.SPREADS.items()
    )
    plan = SweepPlan(1, seed, spreads)
    draw = draws.make_draw(model, plan, 0)
    assert draw.settings.keys() == makers.SPREADS.keys()
    proposal = makers.propose(makers.write_launch(tmp_path / "s", draw.settings))
    drawn = makers.tell_points(makers.apply(model, plan, 0))
    written = makers.tell_points(proposal.problem)
    assert drawn.keys() == written.keys()
    # A rule's share is rounded to a 10**9th of its spread and then to a step: where the exact
    # points lie that near to half a step, a rule may differ by one step, and so by six in all.
    assert max(abs(drawn[pair] - written[pair]) for pair in drawn) <= len(spreads)
    assert sum(drawn[pair] != written[pair] for pair in drawn) <= len(drawn) // 100
    if drawn == written:
        chosen = makers.name_pairs(proposal.problem, proposal.matching.chosen_idx)
        assert makers.name_pairs(model.problem, draw.pairs) == chosen


def test_points_times_a_spread_are_exact_however_large():
    random = np.random.default_rng(1)
    for whole in (1, 7, 10**9, 2**40):
        points = np.append(random.integers(-whole, whole + 1, 30), [whole, -whole, 0])
        for spread in (0, 1, 999, 2**20, 2**40 - 1, 2**40):
            scaled = draws.scale_points(points, spread, whole).tolist()
            exact = [(2 * p * spread + whole) // (2 * whole) for p in points.tolist()]
            assert scaled == exact


@pytest.mark.parametrize("off", [(), ("good",), ("kind",), ("good", "kind")])
def test_a_plugin_off_is_a_plugin_disabled(plugged, tmp_path, off):
    _way, model = plugged
    plan = SweepPlan(4, 1, plugins=("good", "kind"), is_grid=True)
    [number] = [k for k in range(4) if draws._draw_settings(model, plan, k).off == frozenset(off)]
    listed = ", ".join(f'"{name}"' for name in off)
    other = makers.solve(makers.write_plugged(tmp_path / "s", f"disable = [{listed}]\n")).answer
    problem = makers.apply(model, plan, number)
    assert makers.tell_points(problem) == makers.tell_points(other.problem)
    draw = draws.make_draw(model, plan, number)
    pairs = makers.name_pairs(other.problem, other.matching.chosen_idx)
    assert makers.name_pairs(model.problem, draw.pairs) == pairs
    assert draw.settings == {f"plugins.{name}": "off" for name in off}


def test_a_unit_that_drops_out_is_one_without_capacity(plugged, tmp_path):
    _way, model = plugged
    plan = SweepPlan(12, 3, most_dropouts=2)
    seen = set()
    for number in range(plan.num_draws):
        draw = draws.make_draw(model, plan, number)
        out = tuple(filter(None, draw.settings.get("without", "").split("、")))
        assert len(out) <= 2
        if out in seen:
            continue
        seen.add(out)
        proposal = makers.propose(makers.write_plugged(tmp_path / "-".join(("s", *out)), "", out))
        pairs = makers.name_pairs(proposal.problem, proposal.matching.chosen_idx)
        assert makers.name_pairs(model.problem, draw.pairs) == pairs, out
        assert draw.metrics["total"] == proposal.matching.total
    assert {len(out) for out in seen} == {0, 1, 2}


def test_the_lock_of_a_unit_that_drops_out_goes_with_it(tmp_path):
    lock = '\n[[lock]]\nunit = "u3"\nvillage = "a1"\nreason = "x"\nby = "y"\n'
    model = sweeps.build_model(makers.solve(makers.write_plugged(tmp_path / "s", lock)))
    plan = SweepPlan(20, 1, most_dropouts=2)
    made = [draws.make_draw(model, plan, k) for k in range(20)]
    assert all(draw.is_feasible for draw in made)
    for draw in made:
        is_out = "u3" in draw.settings.get("without", "")
        assert (("u3", "a1") in makers.name_pairs(model.problem, draw.pairs)) != is_out
    assert any("u3" in draw.settings.get("without", "") for draw in made)


def test_a_tolerance_is_the_within_of_the_total(tmp_path):
    # The best pairing has a village with one point; a fifth less leaves all of them twenty.
    cells = [f"u{k + 1},{v},{(30, 30, 30, 1)[k]}" for k, v in enumerate(VILLAGES)]
    cells += [f"u{k + 1},{VILLAGES[k - 1]},20" for k in range(4)]

    def write(name, within):
        goals = f'levels = ["num_matched", {{ goal = "total"{within} }}, "leximin_village"]'
        folder = makers.write_plugged(tmp_path / name, f"[objective]\n{goals}\n")
        text = "\n".join(["unit_id,village_id,points", *cells]) + "\n"
        (folder / "scores.csv").write_text(text, encoding="utf-8")
        return folder

    model = sweeps.build_model(makers.solve(write("own", "")))
    shares = tuple(Fraction(k, 100) for k in (0, 5, 20, 60))
    plan = SweepPlan(4, 1, tolerances=shares, is_grid=True)
    totals = []
    for number, share in enumerate(shares):
        draw = draws.make_draw(model, plan, number)
        assert draw.settings == {"within": str(share)}
        within = f', within = "{int(share * 100)}%"'
        proposal = makers.propose(write(f"within{number}", within))
        pairs = makers.name_pairs(proposal.problem, proposal.matching.chosen_idx)
        assert makers.name_pairs(model.problem, draw.pairs) == pairs
        totals.append(proposal.matching.total)
    assert totals[0] > totals[-1]


def test_unknowns_are_drawn_between_their_ends_alike_for_all_pairs_of_a_village(launch):
    way, model = launch
    plan = SweepPlan(5, 1, draws_unknown=True)
    ends = {column.rule_id: column for column in way.answer.table.columns}
    assert any((rule.low < rule.high).any() for rule in model.rules)
    village_idx, size = model.problem.village_idx, len(model.problem.village_ids)
    places = np.arange(1001)[:, None]
    for number in range(plan.num_draws):
        as_it_is, as_shares = (
            draws._draw_settings(model, plan, number),
            replace(
                draws._draw_settings(model, plan, number),
                spreads={rule.rule_id: draws.FINE for rule in model.rules},
            ),
        )
        for rule in model.rules:
            column = ends[rule.rule_id]
            points = draws._score(rule, as_it_is, village_idx, size)
            # Ends are rounded to a 10**9th of the spread first: a step either way.
            assert (column.low - 1 <= points).all()
            assert (points <= column.high + 1).all()
            shares = draws._score(rule, as_shares, village_idx, size)
            for village in range(size):
                at = np.flatnonzero((village_idx == village) & (rule.low < rule.high))
                low, high = rule.low[at], rule.high[at]
                fits = (low + (high - low) * places // 1000 == shares[at]).all(axis=1)
                assert fits.any(), (rule.rule_id, village)


def test_scores_of_a_table_stay_where_unknowns_are_drawn(plugged):
    _way, model = plugged
    plan = SweepPlan(1, 1, draws_unknown=True)
    own = makers.tell_points(makers.apply(model, NOTHING, 0))
    assert makers.tell_points(makers.apply(model, plan, 0)) == own


def test_a_draw_depends_on_its_number_alone(launch):
    _way, model = launch
    spreads = (SpreadRange("wishes", Fraction(1), Fraction(20)),)
    plan = SweepPlan(6, 5, spreads, draws_unknown=True, most_dropouts=3)
    made = [draws.make_draw(model, plan, k) for k in range(6)]
    copy = pickle.loads(pickle.dumps((model, plan)))  # noqa: S301 - our own
    assert [draws.make_draw(*copy, k) for k in reversed(range(6))] == made[::-1]
    assert [sweeps.read_draw(sweeps.write_draw(draw)) for draw in made] == made
    assert len({draw.settings["wishes"] for draw in made}) > 1
    assert draws.make_draw(model, replace(plan, seed=6), 0) != made[0]


def test_a_grid_has_every_combination_once(plugged):
    way, model = plugged
    wishes = sweeps.SweepWishes(
        spreads=(
            SpreadRange("kind.x", Fraction(1), Fraction(4), tuple(map(Fraction, (1, 4)))),
            SpreadRange("good.x", Fraction(0), Fraction(8), tuple(map(Fraction, (0, 3, 8)))),
        ),
        tolerances=(Fraction(0), Fraction(1, 10)),
        plugins=("kind",),
        is_grid=True,
    )
    plan = sweeps.plan_sweep(way, wishes)
    told = [draws.make_draw(model, plan, k).settings for k in range(plan.num_draws)]
    taken = [(t["good.x"], t["kind.x"], t["within"], t.get("plugins.kind", "on")) for t in told]
    wanted = product(("0.00", "3.00", "8.00"), ("1.00", "4.00"), ("0", "1/10"), ("on", "off"))
    assert sorted(taken) == sorted(wanted)


def test_questions_that_cannot_be_drawn_are_told(plugged):
    way, _model = plugged
    far = Fraction(10**12)
    for error, wishes in [
        (UsageError, {"spreads": makers.fix(no_such_rule=1)}),
        (UsageError, {"plugins": ("huanghua",)}),  # it is there and off
        (UsageError, {"spreads": PLUGGED_SPREADS, "is_grid": True}),
        (BadInputError, {"spreads": (SpreadRange("good.x", Fraction(0), far),)}),
    ]:
        with pytest.raises(error):
            sweeps.plan_sweep(way, sweeps.SweepWishes(**wishes))


def test_what_hinders_a_draw_is_told_as_for_a_scenario(plugged, monkeypatch):
    _way, model = plugged
    for raised, told in [
        (NothingFoundError(), UnprovenError),
        (StepsError("large"), BadInputError),
        (ArithmeticError("inexact"), UnprovenError),
    ]:

        def fail(*_args, error=raised):
            raise error

        monkeypatch.setattr(draws, "find_matching", fail)
        with pytest.raises(told) as caught:
            draws.make_draw(model, NOTHING, 0)
        # From another process it comes as what it is.
        sent = pickle.dumps(executors.try_draws((model, NOTHING), (0,)))
        with pytest.raises(told) as arrived:
            executors._unpack(pickle.loads(sent))  # noqa: S301 - our own
        assert arrived.value.args == caught.value.args


# --- who makes the draws


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A scenario, and the files of its sweep made by one process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    scenario = makers.write_plugged(folder / "s")
    wishes = {**WISHES, "num_draws": 300}
    return scenario, wishes, makers.sweep(scenario, folder / "out", Workers(), **wishes)


def test_two_processes_give_the_same_bytes(undisturbed, tmp_path):
    scenario, wishes, files = undisturbed
    assert sorted(files) == ["draws.jsonl", "sweep.html", "sweep.json"]
    assert makers.sweep(scenario, tmp_path, Workers(2), **wishes) == files


def test_the_order_of_rows_changes_nothing_but_the_version(undisturbed, tmp_path):
    _scenario, wishes, files = undisturbed
    other = makers.write_plugged(tmp_path / "s")
    makers.shuffle_tables(other, 1)
    found = makers.sweep(other, tmp_path / "out", Workers(), **wishes)
    ids = [json.loads(f["sweep.json"])["run_id"].encode() for f in (files, found)]
    assert ids[0] != ids[1]
    # The page says by their digests which scripts and styles it may run; they are ours.
    digest, none = re.compile(rb"sha256-[\w+/]{43}="), b""
    for name, data in files.items():
        same = digest.sub(none, found[name].replace(ids[1], ids[0]))
        assert same == digest.sub(none, data)


def test_a_process_that_is_killed_changes_nothing(undisturbed, tmp_path):
    import psutil

    scenario, wishes, files = undisturbed
    killed = []

    def kill(_done, _all, _left):
        if not killed:
            own = psutil.Process().children()
            victims = [p for p in own if "spawn_main" in " ".join(p.cmdline())]
            killed.append(victims[0].pid)
            victims[0].kill()

    watch = sweeps.Watch(ticks=kill)
    question = sweeps.SweepWishes(**wishes)
    _found, paths = sweeps.sweep_scenario(scenario, question, tmp_path, Workers(2), watch=watch)
    assert killed
    assert makers.read_files(paths) == files


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(undisturbed, tmp_path):
    distributed = pytest.importorskip("distributed")
    scenario, wishes, files = undisturbed
    killed = []
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        pids = [worker.process.process.pid for worker in cluster.workers.values()]

        def kill(_done, _all, _left):
            if not killed:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        _found, paths = sweeps.sweep_scenario(
            scenario,
            sweeps.SweepWishes(**wishes),
            tmp_path,
            Workers(cluster=cluster.scheduler_address),
            watch=sweeps.Watch(ticks=kill),
        )
    assert killed
    assert makers.read_files(paths) == files


def test_no_cluster_is_told(undisturbed, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    scenario, _wishes, _files = undisturbed

    class Hasty(distributed.Client):
        def __init__(self, address, timeout, **options):
            assert timeout == "10s"
            super().__init__(address, timeout="1s", **options)

    namespace = SimpleNamespace(Client=Hasty)
    monkeypatch.setattr(executors, "_load_distributed", lambda: namespace)
    for address in ("tcp://127.0.0.1:1", "127.0.0.1", "nowhere", "http://", ""):
        with pytest.raises(UsageError) as caught:
            makers.sweep(scenario, tmp_path, Workers(cluster=address), num_draws=1)
        assert caught.value.code == "engine.no_cluster"
        assert caught.value.params == {"address": address}


def test_no_dask_is_told(undisturbed, tmp_path, monkeypatch):
    scenario, _wishes, _files = undisturbed
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as caught:
        makers.sweep(scenario, tmp_path, Workers(cluster="tcp://127.0.0.1:1"), num_draws=1)
    assert caught.value.code == "engine.no_distributed"


# --- cut off and going on


def start_program(scenario: Path, out: Path, processes: int) -> subprocess.Popen[bytes]:
    """Start the command."""
    words = ["sweep", scenario, "--out", out, "--processes", processes, "--draws", 300]
    words += ["--spread", "good.x=1..7", "--spread", "kind.x=1..7", "--dropouts", "2"]
    words += ["--toggle", "good", "--toggle", "kind"]
    return subprocess.Popen(
        [sys.executable, "-m", "pairmatch", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def fork_sweep(scenario: Path, out: Path, processes: int, wishes: dict[str, object]) -> int:
    """Start the sweep in a copy of this process, which has imported all it needs."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        makers.sweep(scenario, out, Workers(processes), **wishes)
    finally:
        os._exit(0)


def find_journal(out: Path) -> Path | None:
    return next(out.glob("*/draws.jsonl"), None)


def read_whole(out: Path) -> bytes:
    """Return the whole lines of the journal."""
    path = find_journal(out)
    data = path.read_bytes() if path else b""
    return data[: data.rfind(b"\n") + 1]


def wait_for_lines(pid: int, out: Path, number: int) -> None:
    """Wait until so many draws are kept."""
    until = time.monotonic() + 30
    while read_whole(out).count(b"\n") < number:
        assert os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, "too early"
        assert time.monotonic() < until
        time.sleep(0.002)


def expect_end_of_group(pid: int) -> None:
    """All processes of the session end by themselves."""
    until = time.monotonic() + 10
    while True:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < until, "a process is left"
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="cannot be forked")
@pytest.mark.parametrize(("processes", "num_kills"), [(1, 5), (2, pick_share(5, 5))])
def test_killed_again_and_again_it_goes_on(
    undisturbed, tmp_path, monkeypatch, processes, num_kills
):
    scenario, wishes, files = undisturbed
    random = np.random.default_rng(processes)
    for target in sorted(random.integers(1, 250, num_kills).tolist()):
        before = read_whole(tmp_path)
        pid = fork_sweep(scenario, tmp_path, processes, wishes)
        try:
            wait_for_lines(pid, tmp_path, max(target, before.count(b"\n") + 1))
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        expect_end_of_group(pid)
        assert read_whole(tmp_path).startswith(before)
    whole = read_whole(tmp_path)
    with find_journal(tmp_path).open("ab") as stream:
        stream.write(b'{"number": 299, "settings": {"goo')  # torn
    made, make_draw = [], draws.make_draw

    def note(model, plan, number):
        made.append(number)
        return make_draw(model, plan, number)

    monkeypatch.setattr(draws, "make_draw", note)
    assert makers.sweep(scenario, tmp_path, Workers(), **wishes) == files
    kept = [json.loads(line)["number"] for line in whole.splitlines()]
    assert sorted([*made, *kept]) == list(range(300))


@pytest.mark.parametrize("number", [40, 0] if ALL_CASES else [40])
def test_an_interrupt_keeps_what_is_done_and_leaves_no_process(undisturbed, tmp_path, number):
    scenario, wishes, files = undisturbed
    process = start_program(scenario, tmp_path, 2)
    until = time.monotonic() + 30
    while find_journal(tmp_path) is None:
        assert time.monotonic() < until
        time.sleep(0.002)
    wait_for_lines(process.pid, tmp_path, number)
    if not number:
        time.sleep(0.15)  # children are being started
    os.killpg(process.pid, signal.SIGINT)
    _out, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in told
    expect_end_of_group(process.pid)
    data = find_journal(tmp_path).read_bytes()
    assert data == read_whole(tmp_path)
    assert [sweeps.read_draw(line) for line in data.decode().splitlines()].count(None) == 0
    assert makers.sweep(scenario, tmp_path, Workers(), **wishes) == files


FEW = {**WISHES, "num_draws": 20}


def test_while_another_writes_the_file_is_busy(undisturbed, tmp_path):
    scenario = undisturbed[0]
    files = makers.sweep(scenario, tmp_path, Workers(), **FEW)
    with open_journal(find_journal(tmp_path)), pytest.raises(OutputBlockedError) as caught:
        makers.sweep(scenario, tmp_path, Workers(), **FEW)
    assert caught.value.code == "store.journal_busy"
    assert makers.sweep(scenario, tmp_path, Workers(), **FEW) == files


def test_lines_that_are_no_draws_are_made_again(undisturbed, tmp_path):
    scenario = undisturbed[0]
    files = makers.sweep(scenario, tmp_path, Workers(), **FEW)
    path = find_journal(tmp_path)
    lines = path.read_bytes().splitlines()
    lines[3:7] = [b"", b"\x00\x00\xff", b'{"number": 5}', b"[]"]
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert makers.sweep(scenario, tmp_path, Workers(), **FEW) == files


# --- what draws say together


def invent_draws(model, number):
    """Return draws as they never were, with many ties."""
    random = np.random.default_rng(number)
    found = []
    for k in range(int(random.integers(1, 60))):
        settings = {"good.x": str(random.integers(0, 8)), "kind.x": "3.00", "within": "1/10"}
        if random.random() < 0.5:
            settings["plugins.good"] = "off"
        if random.random() < 0.5:
            settings["without"] = "、".join(["u1", "u2"][: random.integers(1, 3)])
        if random.random() < 0.2:
            found.append(Draw(k, settings, False, 0))
            continue
        chosen = np.flatnonzero(random.random(model.problem.num_candidates) < 0.3)
        kept = len(set(chosen.tolist()) & set(model.own_idx.tolist()))
        if random.random() < 0.2:
            chosen, kept = model.own_idx, len(model.own_idx)
        metrics = {name: int(random.integers(0, 6)) for name in ("total", "worst_village")}
        metrics["num_matched"] = len(chosen)
        found.append(Draw(k, settings, True, kept, metrics, tuple(chosen.tolist())))
    return found


PLAN = SweepPlan(60, 1, PLUGGED_SPREADS, (Fraction(1, 10),), False, ("good",), 2)


@pytest.mark.parametrize("number", range(10))
def test_what_draws_say_together_counted_here(plugged, number):
    way, model = plugged
    made = invent_draws(model, number)
    said = sweeps.sum_up(way, model, PLAN, made)
    good = [draw for draw in made if draw.is_feasible]
    own = set(makers.name_pairs(model.problem, model.own_idx))
    assert said.num_feasible == len(good)
    assert said.num_same == sum(set(d.pairs) >= set(model.own_idx.tolist()) for d in good)
    counts = Counter(p for d in good for p in makers.name_pairs(model.problem, d.pairs))
    shares = {(s.unit_id, s.village_id): s.count for s in said.pairs}
    assert shares == {pair: counts[pair] for pair in counts.keys() | own}
    assert {(s.unit_id, s.village_id) for s in said.pairs if s.is_proposed} == own
    assert [s.count for s in said.pairs] == sorted(shares.values(), reverse=True)
    check_front(model, said, good)
    check_influences(model, said, good)


def check_front(model, said, good):
    def point_of(metrics):
        return tuple(metrics[name] for name in said.front_metrics)

    assert said.front_metrics == ("total", "worst_village")
    proposed = point_of(draws.measure_pairs(model, model.own_idx))
    points = [point_of(draw.metrics) for draw in good]
    everything = {*points, proposed}
    best = {
        p
        for p in everything
        if not any(o != p and np.greater_equal(o, p).all() for o in everything)
    }
    assert {point_of(f.metrics) for f in said.front} == everything
    assert len(said.front) == len(everything)
    assert [f.is_best for f in said.front] == [True] * len(best) + [False] * (
        len(everything) - len(best)
    )
    for found in said.front:
        point = point_of(found.metrics)
        assert found.is_best == (point in best)
        assert found.count == points.count(point)
        assert found.is_proposed == (point == proposed)
        numbers = [draw.number for draw in good if point_of(draw.metrics) == point]
        assert found.number == (min(numbers) if numbers else -1)


def check_influences(model, said, good):
    lost = [len(model.own_idx) - draw.num_kept for draw in good]
    out = [d.settings.get("without", "") for d in good]
    rows = {
        "good.x": [abs(float(d.settings["good.x"]) - 4) for d in good],
        "kind.x": [1.0 for _ in good],
        "plugins.good": [float("plugins.good" in d.settings) for d in good],
        "within": [0.1 for _ in good],
        "without": [float(len(o.split("、")) if o else 0) for o in out],
    }
    found = {f.setting: f.correlation for f in said.influences}
    assert found.keys() == rows.keys()
    for setting, row in rows.items():
        if len(set(row)) < 2 or len(set(lost)) < 2:
            assert found[setting] is None
        else:
            assert found[setting] == pytest.approx(spearmanr(row, lost).statistic, abs=2e-6)


def test_rank_correlation_is_spearmans():
    random = np.random.default_rng(0)
    for _ in range(100):
        size, most = random.integers(2, 40), random.integers(1, 9)
        first = [Fraction(int(k), 7) for k in random.integers(0, most, size)]
        second = random.integers(0, most, size).tolist()
        if len(set(first)) == 1 or len(set(second)) == 1:
            assert sweeps.correlate(first, second) is None
        else:
            wanted = spearmanr([float(f) for f in first], second).statistic
            assert sweeps.correlate(first, second) == pytest.approx(wanted, abs=1e-6)
    assert sweeps.correlate([], []) is None


def test_a_draw_without_a_pairing_counts_and_stops_nothing(tmp_path):
    scenario = makers.write_plugged(tmp_path / "s", ALL_PAIRS)
    wishes = sweeps.SweepWishes(num_draws=30, spreads=PLUGGED_SPREADS, most_dropouts=1)
    said, files = sweeps.sweep_scenario(scenario, wishes, tmp_path / "out")
    lines = makers.read_files(files)["draws.jsonl"].decode().splitlines()
    made = [json.loads(line) for line in lines]
    assert [draw["is_feasible"] for draw in made] == ["without" not in d["settings"] for d in made]
    assert said.num_feasible == sum(draw["is_feasible"] for draw in made)
    assert 0 < said.num_feasible < 30
    for draw in made:
        if not draw["is_feasible"]:
            assert (draw["pairs"], draw["metrics"], draw["num_kept"]) == ([], {}, 0)
