"""Faults 24 to 28: bad numbers, empty or impossible problems, ties and shuffled rows."""

import random
from pathlib import Path

import pytest

from pairmatch.domain.matching import StepsError
from pairmatch.engine import Outcome, propose_pairing, verify_run
from pairmatch.errors import BadInputError
from pairmatch.match import solution
from pairmatch.messages import render

UNITS = ("bank", "builder", "hospital")
VILLAGES = ("east", "north", "west")
SCORES = (
    "bank,east,9",
    "bank,north,3",
    "bank,west,8",
    "builder,east,8",
    "builder,north,-1",
    "builder,west,2",
    "hospital,east,5",
    "hospital,north,4",
)


def write_scenario(
    folder: Path,
    *,
    units: tuple[str, ...] = UNITS,
    villages: tuple[str, ...] = VILLAGES,
    scores: tuple[str, ...] = SCORES,
    settings: str = "",
    heads: tuple[str, str] = ("unit_id", "village_id"),
) -> Path:
    folder.mkdir(exist_ok=True)
    text = f'[scenario]\nname = "small"\n[inputs]\nscores = "scores.csv"\n{settings}'
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    tables = {
        "units.csv": (heads[0], *units),
        "villages.csv": (heads[1], *villages),
        "scores.csv": ("unit_id,village_id,points", *scores),
    }
    for name, rows in tables.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def read_pairs(outcome: Outcome) -> str:
    assert outcome.run is not None
    return (outcome.run / "pairings.csv").read_text(encoding="utf-8")


def refuse_solver(*_args: object) -> None:
    raise AssertionError("the solver was reached")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("nan", "load.score_not_a_number"),
        ("NaN", "load.score_not_a_number"),
        ("inf", "load.score_not_a_number"),
        ("-inf", "load.score_not_a_number"),
        ("1e308", "load.score_not_a_number"),
        ("1e-320", "load.score_not_a_number"),
        ("", "load.score_blank"),
        ("0.001", "load.score_too_fine"),
        ("9007199254740993", "load.score_magnitude"),
        ("4611686018427387904", "load.score_magnitude"),
        ("-4611686018427387905", "load.score_magnitude"),
        ("1" + "0" * 40, "load.score_magnitude"),
    ],
)
def test_24_26_bad_scores_stop_before_the_solver(
    value: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solution, "solve_problem", refuse_solver)
    folder = write_scenario(tmp_path / "s", scores=(*SCORES[:2], f"bank,west,{value}", *SCORES[3:]))
    with pytest.raises(BadInputError) as caught:
        propose_pairing(folder)
    errors = [f for f in caught.value.findings if f.severity == "error"]
    assert [(f.code, f.place.file, f.place.row) for f in errors] == [(code, "scores.csv", 4)]
    assert errors[0].place.column == "points"
    assert errors[0].place.value == value
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("value", ["-0", "-0.00", "+0", "0.000"])
def test_24_negative_zero_is_zero(value: str, tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "s", scores=(*SCORES[:4], f"builder,north,{value}"))
    outcome = propose_pairing(folder)
    assert outcome.status == "optimal"
    assert "-0" not in read_pairs(outcome)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e308"])
def test_24_25_bad_weights_in_the_settings(value: str, tmp_path: Path) -> None:
    """A spread is a finite number of points, never negative; nothing is normalised in silence."""
    folder = write_scenario(tmp_path / "s", settings=f"[rules]\nwishes = {value}\n")
    with pytest.raises(BadInputError) as caught:
        propose_pairing(folder)
    assert any(f.place.file == "scenario.toml" for f in caught.value.findings)


def test_25_all_weights_zero_leave_the_external_scores(tmp_path: Path) -> None:
    rules = "[rules]\nwishes = 0\nneed_coverage = 0\n"
    outcome = propose_pairing(write_scenario(tmp_path / "s", settings=rules), dry_run=True)
    assert outcome.proposal is not None
    assert outcome.proposal.matching.total == 2000


def test_26_largest_score_and_its_sum_are_exact(tmp_path: Path) -> None:
    """The largest that is accepted (10**12 steps) comes out to the last digit."""
    scores = ("bank,east,9999999999.99", "builder,north,9999999999.99", "hospital,west,0.01")
    outcome = propose_pairing(write_scenario(tmp_path / "s", scores=scores))
    assert outcome.proposal is not None
    assert outcome.proposal.matching.total == 2 * 999_999_999_999 + 1
    assert "9999999999.99" in read_pairs(outcome)
    assert outcome.run is not None
    assert verify_run(outcome.run) == ()


def test_26_own_range_check_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overflow(_problem: object, _time_s: float) -> None:
        raise StepsError

    monkeypatch.setattr(solution, "solve_problem", overflow)
    with pytest.raises(BadInputError) as caught:
        propose_pairing(write_scenario(tmp_path / "s"))
    assert caught.value.code == "match.scores_too_large"
    assert "BAD_COST_RANGE" not in render(caught.value.code, caught.value.params, "en").text


@pytest.mark.parametrize(
    ("units", "villages", "codes"),
    [
        ((), VILLAGES, ["engine.conflict_no_units"]),
        (UNITS, (), ["engine.conflict_no_villages"]),
        ((), (), ["engine.conflict_no_units", "engine.conflict_no_villages"]),
    ],
)
def test_27_no_units_or_no_villages(
    units: tuple[str, ...], villages: tuple[str, ...], codes: list[str], tmp_path: Path
) -> None:
    folder = write_scenario(tmp_path / "s", units=units, villages=villages, scores=())
    outcome = propose_pairing(folder)
    assert outcome.status == "infeasible"
    assert outcome.run is None
    assert outcome.conflict is not None
    assert [member.code for member in outcome.conflict.members] == codes
    for code in codes:
        assert render(code, {}, "zh").text


def test_27_one_by_one(tmp_path: Path) -> None:
    folder = write_scenario(
        tmp_path / "s", units=("bank",), villages=("east",), scores=("bank,east,-3",)
    )
    outcome = propose_pairing(folder)
    assert outcome.status == "optimal"
    assert "bank,east,-3.00" in read_pairs(outcome)


def test_27_no_scores_at_all(tmp_path: Path) -> None:
    """A table without rows leaves no candidate; the answer says so."""
    outcome = propose_pairing(write_scenario(tmp_path / "s", scores=()))
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    assert [m.code for m in outcome.conflict.members] == ["match.limit_any_pair"]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (
            '[[quota]]\nname = "four"\nmin = 4\n',
            {"match.limit_quota_min", "match.limit_village_max_each"},
        ),
        (
            "".join(f'[[lock]]\nunit = "bank"\nvillage = "{v}"\n' for v in ("east", "west")),
            {"match.limit_lock_each", "match.limit_unit_max"},
        ),
        (
            '[[lock]]\nunit = "hospital"\nvillage = "west"\n',
            {"match.limit_lock_ineligible"},
        ),
        (
            "".join(f'[[ban]]\nunit = "{u}"\nvillage = "{v}"\n' for u in UNITS for v in VILLAGES),
            {"match.limit_any_pair", "match.limit_ban_each"},
        ),
    ],
)
def test_27_impossible_settings(settings: str, codes: set[str], tmp_path: Path) -> None:
    outcome = propose_pairing(write_scenario(tmp_path / "s", settings=settings))
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    assert {member.code for member in outcome.conflict.members} == codes
    assert not (tmp_path / "s" / "runs").exists()


def test_27_more_villages_than_capacity(tmp_path: Path) -> None:
    folder = write_scenario(
        tmp_path / "s",
        units=("bank", "builder"),
        villages=tuple(f"{v},1" for v in VILLAGES),
        heads=("unit_id", "village_id,demand_min"),
        scores=SCORES[:6],
    )
    outcome = propose_pairing(folder)
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    assert outcome.conflict.shortage == 1
    assert {m.code for m in outcome.conflict.members} == {
        "match.limit_unit_max_each",
        "match.limit_village_min_each",
    }


def test_28_all_tied_by_the_stated_rule(tmp_path: Path) -> None:
    scores = tuple(f"{u},{v},5" for u in UNITS for v in VILLAGES)
    outcome = propose_pairing(write_scenario(tmp_path / "s", scores=scores))
    assert outcome.proposal is not None
    pairs = [(e.unit_id, e.village_id, e.tied) for e in outcome.proposal.explanations]
    assert pairs == [(u, v, True) for u, v in zip(UNITS, VILLAGES, strict=True)]


def test_28_duplicate_rows_name_both(tmp_path: Path) -> None:
    folder = write_scenario(tmp_path / "s", scores=(*SCORES, "bank,east,7"))
    with pytest.raises(BadInputError) as caught:
        propose_pairing(folder)
    doubles = [f for f in caught.value.findings if f.code == "load.score_double"]
    assert [(f.place.row, f.params["first_row"]) for f in doubles] == [(10, "2")]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_28_shuffled_rows_give_the_same_bytes(seed: int, tmp_path: Path) -> None:
    tied = tuple(f"{u},{v},{p}" for u in UNITS for v, p in zip(VILLAGES, (5, 5, 4), strict=True))
    plain = propose_pairing(write_scenario(tmp_path / "plain", scores=tied))

    def shuffle(rows: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(random.Random(seed).sample(rows, len(rows)))

    mixed = propose_pairing(
        write_scenario(
            tmp_path / "mixed",
            units=shuffle(UNITS),
            villages=shuffle(VILLAGES),
            scores=shuffle(tied),
        )
    )
    assert plain.run is not None
    assert mixed.run is not None
    for name in ("pairings.csv", "certificate.json", "contributions.csv", "explanations.json"):
        assert (plain.run / name).read_bytes() == (mixed.run / name).read_bytes()
