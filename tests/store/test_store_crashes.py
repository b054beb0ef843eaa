"""Crash logs go to the user's log folder, or nowhere, but never fail."""

import os
from pathlib import Path

import platformdirs

from pairmatch.errors import OutputBlockedError
from pairmatch.store import crashes


def test_a_log_is_written_and_old_ones_go(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_a, **_k: tmp_path / "logs")
    (tmp_path / "logs").mkdir()
    for number in range(30):
        (tmp_path / "logs" / f"crash-2020{number:02}.log").write_bytes(b"")
    path = crashes.write_crash_log("Traceback \udc80")
    assert path.read_text() == "Traceback \\udc80"
    assert len(os.listdir(path.parent)) == crashes.NUM_KEPT


def test_without_a_home_no_folder_named_tilde_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_a, **_k: Path("~/logs"))
    monkeypatch.setattr(crashes.tempfile, "gettempdir", lambda: str(tmp_path / "t"))
    assert crashes.write_crash_log("x").parent == tmp_path / "t"
    assert os.listdir(tmp_path) == ["t"]


def test_nowhere_to_write_is_no_second_crash(monkeypatch):
    def refuse(_path, _data):
        raise OutputBlockedError("store.read_only", path="x")

    monkeypatch.setattr(crashes, "write_file", refuse)
    assert crashes.write_crash_log("x") is None
