"""Run folders: whole or absent, never overwritten, the same question twice gives one run."""

import errno
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from pairmatch.errors import OutputBlockedError
from pairmatch.store import ledger, runs
from pairmatch.store.locks import lock_folder


def make_files(total="9.50", when="2026-10-19T08:00:00+08:00", pairs=b"u1,v1\n"):
    facts = {
        "schema": 1,
        "name": "r",
        "run_id": "abc",
        "scenario": "three",
        "status": "optimal",
        "num_matched": 1,
        "objective": {"total": total, "levels": []},
        "published_at": when,
    }
    return {
        "run.json": json.dumps(facts).encode(),
        "pairings.csv": pairs,
        "结对安排表.xlsx": b"x",
    }


def list_visible(parent):
    hidden = {ledger.LEDGER_NAME}
    return sorted(n for n in os.listdir(parent) if not n.startswith(".") and n not in hidden)


def test_a_run_is_published_and_in_the_ledger(tmp_path):
    run = runs.publish_run(tmp_path / "runs", "r", make_files())
    assert run == tmp_path / "runs" / "r"
    assert sorted(os.listdir(run)) == ["pairings.csv", "run.json", "结对安排表.xlsx"]
    (row,) = ledger.list_runs(run.parent)
    assert (row.name, row.status, row.num_matched, row.total) == ("r", "optimal", 1, "9.50")
    assert (row.run_id, row.scenario, row.published_at[:4]) == ("abc", "three", "2026")


def test_the_same_run_at_another_time_is_the_same_folder(tmp_path):
    first = runs.publish_run(tmp_path, "r", make_files())
    before = (first / "run.json").read_bytes()
    (first / "~$结对安排表.xlsx").write_bytes(b"Excel was here")
    again = runs.publish_run(tmp_path, "r", make_files(when="2027-01-01T00:00:00+08:00"))
    assert again == first
    assert (first / "run.json").read_bytes() == before
    assert list_visible(tmp_path) == ["r"]


def test_another_answer_gets_another_name(tmp_path):
    for pairs in (b"1", b"2", b"3", b"2"):
        last = runs.publish_run(tmp_path, "r", make_files(pairs=pairs))
    assert last.name == "r-2"
    assert list_visible(tmp_path) == ["r", "r-2", "r-3"]
    assert (tmp_path / "r" / "pairings.csv").read_bytes() == b"1"
    assert [row.name for row in ledger.list_runs(tmp_path)] == ["r", "r-2", "r-3"]


def test_a_file_or_a_damaged_run_of_that_name_is_left_alone(tmp_path):
    (tmp_path / "r").write_bytes(b"mine")
    assert runs.publish_run(tmp_path, "r", make_files()).name == "r-2"
    (tmp_path / "r-2" / "run.json").write_bytes(b"{broken")
    assert runs.publish_run(tmp_path, "r", make_files()).name == "r-3"
    assert (tmp_path / "r").read_bytes() == b"mine"


def test_run_files_without_an_object_are_compared_as_they_are(tmp_path):
    assert runs.publish_run(tmp_path, "r", {"run.json": b"[1]"}).name == "r"
    assert runs.publish_run(tmp_path, "r", {"run.json": b"[1]"}).name == "r"
    assert runs.publish_run(tmp_path, "r", {"run.json": b"[2]"}).name == "r-2"


def test_names_and_files_never_leave_the_folder(tmp_path):
    run = runs.publish_run(tmp_path / "runs", "../evil", {"../../x": b"1", "run.json": b"{}"})
    assert run.resolve().parent == (tmp_path / "runs").resolve()
    assert os.listdir(tmp_path) == ["runs"]


def test_leftovers_of_dead_processes_go(tmp_path):
    half = tmp_path / ".tmp-r-99999"
    half.mkdir()
    (half / "run.json").write_bytes(b"{")
    runs.publish_run(tmp_path, "r", make_files())
    assert not half.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, number):
    def fail(*_args):
        raise OSError(number, "cause")

    monkeypatch.setattr(runs, "flush_stream", fail)
    with pytest.raises(OutputBlockedError):
        runs.publish_run(tmp_path, "r", make_files())
    assert list_visible(tmp_path) == []
    assert not list(tmp_path.glob(".tmp-*"))


def test_ctrl_c_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "_rename_folder", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runs.publish_run(tmp_path, "r", make_files())
    assert list_visible(tmp_path) == []
    assert not list(tmp_path.glob(".tmp-*"))


@pytest.mark.parametrize("times", [2, 6, 7])
def test_a_folder_held_by_a_virus_scanner_is_tried_again(tmp_path, monkeypatch, times):
    real = Path.rename
    left = [times]

    def rename(self, target):
        if left[0] > 0:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "held")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    if times > len(runs.RETRY_DELAYS):
        with pytest.raises(OutputBlockedError):
            runs.publish_run(tmp_path, "r", make_files())
    else:
        assert runs.publish_run(tmp_path, "r", make_files()).name == "r"


def test_a_parent_that_is_a_file_is_told(tmp_path):
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(OutputBlockedError):
        runs.publish_run(tmp_path / "f", "r", make_files())
    with pytest.raises(OutputBlockedError), lock_folder(tmp_path / "f"):
        pass


def test_a_second_run_waits_and_then_tells_who_holds_the_folder(tmp_path):
    told = []
    with lock_folder(tmp_path), pytest.raises(OutputBlockedError) as caught:
        runs.publish_run(tmp_path, "r", make_files(), wait_s=0.2, notify=told.append)
    assert told == ["store.waiting"]
    assert caught.value.code == "store.locked"
    assert caught.value.params["pid"] == str(os.getpid())
    assert caught.value.params["since"].startswith("20")
    assert runs.publish_run(tmp_path, "r", make_files(), notify=told.append).name == "r"
    assert told == ["store.waiting"]


def test_lock_information_that_is_missing_is_no_obstacle(tmp_path):
    with lock_folder(tmp_path):
        (tmp_path / ".pairmatch.lock.json").write_text("half", encoding="utf-8")
        with (
            pytest.raises(OutputBlockedError) as caught,
            lock_folder(tmp_path, wait_s=0.0),
        ):
            pass
    assert caught.value.params["pid"] == "?"


def test_a_damaged_ledger_is_made_again_with_a_note(tmp_path):
    runs.publish_run(tmp_path, "r", make_files())
    (tmp_path / ledger.LEDGER_NAME).write_bytes(b"SQLite format 3\0" + b"junk" * 500)
    told = []
    runs.publish_run(tmp_path, "r", make_files(pairs=b"2"), notify=told.append)
    assert told == ["store.ledger_rebuilt"]
    assert [row.name for row in ledger.list_runs(tmp_path)] == ["r", "r-2"]
    assert (tmp_path / ledger.DAMAGED_NAME).read_bytes().endswith(b"junk")


def test_a_ledger_held_by_another_program_does_not_fail_the_run(tmp_path, monkeypatch):
    real = sqlite3.connect
    runs.publish_run(tmp_path, "r", make_files())
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: real(path, timeout=0.05))
    holder = real(tmp_path / ledger.LEDGER_NAME)
    holder.execute("BEGIN EXCLUSIVE")
    told = []
    try:
        run = runs.publish_run(tmp_path, "s", make_files(), notify=told.append)
        runs.publish_run(tmp_path, "t", make_files())
    finally:
        holder.rollback()
        holder.close()
    assert run.is_dir()
    assert told == ["store.ledger_later"]
    ledger.update_ledger(tmp_path)
    assert [row.name for row in ledger.list_runs(tmp_path)] == ["r", "s", "t"]


def test_the_ledger_follows_the_folders_and_can_be_rebuilt(tmp_path):
    for name, when in (("b", "2026-01"), ("a", "2026-02"), ("c", "2026-03")):
        runs.publish_run(tmp_path, name, make_files(when=when))
    shutil.rmtree(tmp_path / "c")
    assert ledger.update_ledger(tmp_path) is False
    rows = ledger.list_runs(tmp_path)
    assert [row.name for row in rows] == ["b", "a"]
    ledger.rebuild_ledger(tmp_path)
    assert ledger.list_runs(tmp_path) == rows


def test_totals_keep_all_their_digits(tmp_path):
    text = '{"objective": {"total": 1234567.1234567890123}, "num_matched": "?"}'
    runs.publish_run(tmp_path, "r", {"run.json": text.encode()})
    (row,) = ledger.list_runs(tmp_path)
    assert row.total == "1234567.1234567890123"
    assert (row.num_matched, row.published_at) == (None, None)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, f'{{"num_matched": {10**30}}}', '{"run_id": "\\ud800"}']
)
def test_odd_neighbours_neither_fail_a_run_nor_keep_it_out_of_the_ledger(tmp_path, text):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "run.json").write_text(text)
    told = []
    runs.publish_run(tmp_path, "r", make_files(), notify=told.append)
    assert told == []
    assert "r" in {row.name for row in ledger.list_runs(tmp_path)}


def test_adoptions_outlive_the_ledger(tmp_path):
    runs.publish_run(tmp_path, "r", make_files())
    adoption = ledger.Adoption("r", "2026-11-01", "理事会")
    assert ledger.record_adoption(tmp_path, adoption).name == "r.json"
    (tmp_path / "adoptions" / "broken.json").write_bytes(b"[")
    ledger.rebuild_ledger(tmp_path)
    assert ledger.list_adoptions(tmp_path) == (adoption,)


def test_a_ledger_of_a_newer_kind_is_put_aside(tmp_path):
    runs.publish_run(tmp_path, "r", make_files())
    connection = sqlite3.connect(tmp_path / ledger.LEDGER_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert ledger.is_damaged(tmp_path)
    assert ledger.update_ledger(tmp_path) is True
    assert [row.name for row in ledger.list_runs(tmp_path)] == ["r"]


def test_no_ledger_is_made_where_there_is_none_to_damage(tmp_path):
    assert ledger.is_damaged(tmp_path) is False
    assert os.listdir(tmp_path) == []


def test_a_ledger_that_is_a_folder_counts_as_damaged(tmp_path):
    (tmp_path / ledger.LEDGER_NAME).mkdir()
    told = []
    runs.publish_run(tmp_path, "r", make_files(), notify=told.append)
    assert told == ["store.ledger_rebuilt"]
