"""Atomic files: the old or the new, whole; blocked outputs are told, not half done."""

import errno
import os
import time
from pathlib import Path

import pytest

from pairmatch.errors import OutputBlockedError
from pairmatch.store import files


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def test_write_makes_folders_and_replaces(tmp_path):
    path = tmp_path / "新" / "a.txt"
    assert files.write_file(path, b"1") == path
    assert files.write_file(path, b"2") == path
    assert path.read_bytes() == b"2"
    assert os.listdir(path.parent) == ["a.txt"]


def test_colleagues_can_read_what_is_written(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    written = files.write_file(tmp_path / "written", b"")
    assert written.stat().st_mode == plain.stat().st_mode


def refuse_replace(monkeypatch, refused, times=10**6):
    """Let `Path.replace` fail as Windows does while `refused` is open in Excel."""
    real = Path.replace
    left = [times]

    def replace(self, target):
        if Path(target) == refused and left[0] > 0:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_file_let_go_in_time_keeps_its_name(tmp_path, monkeypatch):
    path = tmp_path / "表.xlsx"
    path.write_bytes(b"old")
    refuse_replace(monkeypatch, path, times=3)
    assert files.write_file(path, b"new") == path
    assert path.read_bytes() == b"new"


def test_a_file_held_open_is_written_under_a_new_name(tmp_path, monkeypatch):
    path = tmp_path / "表.xlsx"
    path.write_bytes(b"old")
    refuse_replace(monkeypatch, path)
    assert files.write_file(path, b"new").name == "表(2).xlsx"
    assert files.write_file(path, b"newer").name == "表(3).xlsx"
    assert path.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["表(2).xlsx", "表(3).xlsx", "表.xlsx"]


def test_all_files_are_written_before_the_new_names_are_told(tmp_path, monkeypatch):
    held = tmp_path / "a.xlsx"
    held.write_bytes(b"old")
    refuse_replace(monkeypatch, held)
    with pytest.raises(OutputBlockedError) as caught:
        files.write_files(tmp_path, {"a.xlsx": b"A", "b/c.xlsx": b"C"})
    assert caught.value.code == "store.written_elsewhere"
    assert "a(2).xlsx" in caught.value.params["files"]
    assert (tmp_path / "a(2).xlsx").read_bytes() == b"A"
    assert (tmp_path / "b" / "c.xlsx").read_bytes() == b"C"


def test_write_files_returns_paths_in_order_and_stays_inside(tmp_path):
    out = tmp_path / "out"
    written = files.write_files(out, {"b.csv": b"", "../a.csv": b""})
    assert all(path.resolve().is_relative_to(out.resolve()) for path in written)
    assert len(written) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "store.disk_full"),
        (errno.EROFS, "store.read_only"),
        (errno.EACCES, "store.read_only"),
        (errno.EIO, "store.folder_gone"),
        (errno.ENAMETOOLONG, "store.name_too_long"),
        (errno.EBADF, "store.blocked"),
    ],
)
def test_a_blocked_disk_is_told_and_nothing_is_left(tmp_path, monkeypatch, number, code):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail(_descriptor):
        raise OSError(number, "cause")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputBlockedError) as caught:
        files.write_file(path, b"new")
    assert caught.value.code == code
    assert caught.value.params["path"] == str(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_drive_that_cannot_flush_is_no_error(tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "fsync", fail)
    assert files.write_file(tmp_path / "a", b"1").read_bytes() == b"1"


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OutputBlockedError) as caught:
        files.write_file(tmp_path / "a" / "b.txt", b"")
    assert caught.value.code == "store.not_a_folder"


def test_a_name_too_long_is_told(tmp_path):
    with pytest.raises(OutputBlockedError) as caught:
        files.write_file(tmp_path / ("村" * 100), b"")
    assert caught.value.code == "store.name_too_long"
    assert os.listdir(tmp_path) == []


def test_the_long_path_of_windows_is_told():
    error = OSError(errno.ENOENT, "cause")
    error.winerror = 206
    assert files.describe_blockage(error, Path("x")).code == "store.name_too_long"


def test_leftovers_of_a_crash_go_when_they_are_old(tmp_path):
    old = tmp_path / ".tmp-1-0-a.xlsx"
    fresh = tmp_path / ".tmp-2-0-a.xlsx"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    files.write_files(tmp_path, {"a.xlsx": b"A"})
    assert sorted(os.listdir(tmp_path)) == [".tmp-2-0-a.xlsx", "a.xlsx"]


def test_a_leftover_of_the_same_process_number_is_no_obstacle(tmp_path):
    (tmp_path / f".tmp-{os.getpid()}-0-a").write_bytes(b"half")
    assert files.write_file(tmp_path / "a", b"1").read_bytes() == b"1"
