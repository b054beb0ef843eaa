"""Pairs too many to list: the same answers as where they are listed, proven over all of them."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pairmatch import engine
from pairmatch.domain.pairscores import REFUSED
from pairmatch.domain.plugins import PluginOptions
from pairmatch.domain.tables import list_ids
from pairmatch.engine import country
from pairmatch.engine.proposals import answer_scenario
from pairmatch.engine.scenarios import open_scenario
from pairmatch.errors import UsageError
from pairmatch.score.countryledger import list_ledger
from pairmatch.store.checkpoints import read_checkpoint

DEMO = Path(__file__).parents[2] / "scenarios" / "cangzhou-2026"
OPTIONS = PluginOptions()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo without its quotas: its units, villages and four counties' plugins."""
    folder = tmp_path_factory.mktemp("country") / "demo"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("runs"))
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    kept, in_quota = [], False
    for line in text.splitlines():
        in_quota = line.startswith("[[quota") if line.startswith("[") else in_quota
        if not in_quota:
            kept.append(line)
    (folder / "scenario.toml").write_text("\n".join(kept), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _few_pairs_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(country, "MANY_PAIRS", 1_000)


def copy_with(demo: Path, folder: Path, settings: str) -> Path:
    """Return a copy of the demo with more settings."""
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("runs"))
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n" + settings)
    return folder


def answer_both(folder: Path) -> tuple[country.CountryAnswer, int, int]:
    """Return the answer over pairs that are not listed, and value and count of the listed way."""
    with open_scenario(folder, OPTIONS) as opened:
        inputs, plugins = opened.require(OPTIONS)
        listed = answer_scenario(opened, OPTIONS).answer
        assert listed is not None
        answer = country.answer_country(inputs, plugins, lambda _code: None)
        return answer, listed.matching.total, listed.matching.num_matched


def test_the_same_total_as_with_all_pairs_listed(demo: Path) -> None:
    answer, total, num_matched = answer_both(demo)
    assert answer.matching.status == "optimal"
    assert (answer.matching.total, answer.matching.num_matched) == (total, num_matched)
    assert answer.num_pairs > 10 * answer.problem.num_candidates > 0


def test_with_locks_and_bans(demo: Path, tmp_path: Path) -> None:
    answer, _total, _count = answer_both(demo)
    k, other = answer.matching.chosen_idx[:2]
    units, villages = answer.problem.unit_ids, answer.problem.village_ids
    banned = units[answer.problem.unit_idx[k]], villages[answer.problem.village_idx[k]]
    unit = units[answer.problem.unit_idx[other]]
    wish = next(
        villages[answer.problem.village_idx[row]]
        for row in range(answer.problem.num_candidates)
        if units[answer.problem.unit_idx[row]] == unit and row != other
    )
    settings = f'[[ban]]\nunit = "{banned[0]}"\nvillage = "{banned[1]}"\n'
    settings += f'[[lock]]\nunit = "{unit}"\nvillage = "{wish}"\n'
    changed, total, count = answer_both(copy_with(demo, tmp_path / "fixed", settings))
    assert (changed.matching.total, changed.matching.num_matched) == (total, count)
    assert changed.matching.status == "optimal"


def test_every_pair_has_the_points_it_has_when_listed(demo: Path) -> None:
    with open_scenario(demo, OPTIONS) as opened:
        inputs, plugins = opened.require(OPTIONS)
        listed = answer_scenario(opened, OPTIONS).answer
        assert listed is not None
        found = country.open_scores(inputs, plugins)
        problem = listed.problem
        points = found.score_listed(problem.unit_idx, problem.village_idx)
        np.testing.assert_array_equal(points, problem.points)
        ledger = list_ledger(found.sides, problem.unit_idx, problem.village_idx)
        np.testing.assert_array_equal(ledger.total, listed.table.total)
        for mine, theirs in zip(
            sorted(ledger.columns, key=lambda c: c.rule_id),
            sorted(listed.table.columns, key=lambda c: c.rule_id),
            strict=True,
        ):
            assert mine.rule_id == theirs.rule_id
            for end in ("points", "low", "high"):
                np.testing.assert_array_equal(getattr(mine, end), getattr(theirs, end))
        everyone = np.repeat(np.arange(len(inputs.units), dtype=np.int32), len(inputs.villages))
        everywhere = np.tile(np.arange(len(inputs.villages), dtype=np.int32), len(inputs.units))
        eligible = found.score_listed(everyone, everywhere) > REFUSED
        assert int(eligible.sum()) == problem.num_candidates


def test_bounds_are_never_below_the_points(demo: Path) -> None:
    with open_scenario(demo, OPTIONS) as opened:
        inputs, plugins = opened.require(OPTIONS)
        scores = country.open_scores(inputs, plugins).scores.scores
    units = np.repeat(np.arange(scores.num_units, dtype=np.int32), scores.num_villages)
    villages = np.tile(np.arange(scores.num_villages, dtype=np.int32), scores.num_units)
    points = scores.score(units, villages).reshape(scores.num_units, -1)
    bounds = scores.bound_block(slice(0, scores.num_units), slice(0, scores.num_villages))
    eligible = points > REFUSED
    assert eligible.any() and (bounds[eligible] >= points[eligible]).all()


def test_a_published_run_is_verified_over_all_pairs(demo: Path, tmp_path: Path) -> None:
    folder = copy_with(demo, tmp_path / "demo", "")
    run = engine.propose_pairing(folder).run
    assert run is not None
    assert engine.verify_run(run) == ()
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert facts["num_pairs"] > facts["num_candidates"]
    with (run / "pairings.csv").open(encoding="utf-8", newline="") as stream:
        pairs = {(row["unit_id"], row["village_id"]) for row in csv.DictReader(stream)}
    assert len(pairs) == facts["num_matched"]
    assert list(folder.joinpath("runs").glob(".search-*")) == []
    # The same bytes another time, but for the time of publication.
    assert engine.propose_pairing(folder).run == run
    for question in (
        lambda: engine.price_pair(run, "x", "y"),
        lambda: engine.ask_what_if(run, engine.Changes()),
        lambda: engine.explain_run(run),
    ):
        with pytest.raises(UsageError, match="not_at_this_size"):
            question()


def test_prices_that_pairs_beat_are_found(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_scenario(demo, OPTIONS) as opened:
        inputs, plugins = opened.require(OPTIONS)
        answer = country.answer_country(inputs, plugins, lambda _code: None)
        found = country.open_scores(inputs, plugins)
    prices = answer.matching.certificate.levels[-1].steps[-1]
    assert country.verify_scores(found, prices.unit_prices, prices.village_prices) == 0
    paired = answer.problem.unit_idx[answer.matching.chosen_idx]
    low = prices.unit_prices.copy()
    low[paired] -= 1
    assert country.verify_scores(found, low, prices.village_prices) >= len(paired)


def test_a_run_without_its_scenario_cannot_be_verified(demo: Path, tmp_path: Path) -> None:
    folder = copy_with(demo, tmp_path / "demo", "")
    run = engine.propose_pairing(folder, tmp_path / "elsewhere").run
    assert run is not None
    assert [f.code for f in engine.verify_run(run)] == ["engine.scenario_needed"]
    assert engine.verify_run(run, folder) == ()
    with (folder / "scenario.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")
    codes = [f.code for f in engine.verify_run(run, folder)]
    assert sorted(codes) == ["engine.input_changed", "engine.scenario_needed"]


class Killed(BaseException):
    """Stands for a process that ends in the middle of its work."""


def test_killed_in_a_round_and_gone_on_from_there(demo: Path, tmp_path: Path) -> None:
    folder = copy_with(demo, tmp_path / "demo", "")
    whole = engine.propose_pairing(folder, tmp_path / "whole")
    rounds = 0

    def kill(code: str) -> None:
        nonlocal rounds
        rounds += code == "cli.step_round"
        if rounds == 2:
            raise Killed

    with pytest.raises(Killed):
        engine.propose_pairing(folder, tmp_path / "runs", progress=kill)
    (kept,) = (tmp_path / "runs").glob(".search-*.npz")
    stored = read_checkpoint(kept)
    assert stored is not None and stored["numbers"][0] == 1
    told: list[str] = []
    resumed = engine.propose_pairing(folder, tmp_path / "runs", progress=told.append)
    assert "cli.search_resumed" in told and not kept.exists()
    assert whole.run is not None and resumed.run is not None
    for name in ("pairings.csv", "certificate.json", "candidates.csv"):
        assert (whole.run / name).read_bytes() == (resumed.run / name).read_bytes()


def test_a_damaged_checkpoint_is_passed_over(demo: Path, tmp_path: Path) -> None:
    folder = copy_with(demo, tmp_path / "demo", "")
    first = engine.propose_pairing(folder)
    assert first.proposal is not None
    kept = folder / "runs" / f".search-{first.proposal.run_id}.npz"
    kept.write_bytes(b"PK\x03\x04 nothing of use")
    assert engine.propose_pairing(folder).run == first.run


def test_out_of_time_says_value_bound_and_gap(demo: Path, tmp_path: Path) -> None:
    folder = copy_with(demo, tmp_path / "demo", "[limits]\ntime_s = 0.000001\n")
    outcome = engine.propose_pairing(folder)
    best = engine.propose_pairing(copy_with(demo, tmp_path / "best", ""))
    assert outcome.status == "stopped" and outcome.proposal is not None
    assert best.proposal is not None
    level = outcome.proposal.matching.certificate.levels[-1]
    assert level.value <= best.proposal.matching.total <= level.bound
    assert level.gap > 0 and not level.steps


def test_what_needs_all_pairs_listed_is_named(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_with(demo, tmp_path / "demo", '[[quota]]\nname = "all"\nmin = 1\n')
    with open_scenario(folder, OPTIONS) as opened:
        inputs, _plugins = opened.require(OPTIONS)
    assert country.list_hindrances(inputs) == ("[[quota]]",)
    assert not country.is_country(inputs)
    monkeypatch.setattr(country, "TOO_MANY_PAIRS", 2_000)
    with pytest.raises(UsageError, match="too_many_pairs") as caught:
        engine.propose_pairing(folder)
    assert caught.value.params["keys"] == "[[quota]]"


def test_the_order_of_rows_does_not_matter(demo: Path) -> None:
    with open_scenario(demo, OPTIONS) as opened:
        inputs, plugins = opened.require(OPTIONS)
        scores = country.open_scores(inputs, plugins).scores
    ids = list_ids(inputs.units)
    assert list(ids) == sorted(ids)
    assert (np.diff(scores.scores.unit_group) >= 0).all()
