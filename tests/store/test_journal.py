"""A journal keeps whole lines, in their order, and says what hinders it."""

import os
from multiprocessing import get_context

import pytest

from pairmatch.errors import OutputBlockedError
from pairmatch.messages import render
from pairmatch.store.journal import Journal, open_journal

STRANGE = ("村\u2028落", "a\x85b", "\x0b\x0c\x1c", "", '{"number":1}')


def test_lines_come_back_whole_and_in_order(tmp_path):
    path = tmp_path / "new" / "folders" / "draws.jsonl"
    with open_journal(path) as journal:
        assert journal.lines == ()
        journal.add(STRANGE)
        assert path.read_text(encoding="utf-8").split("\n") == [*STRANGE, ""]  # at once
        journal.add([])
        journal.add(["last"])
    for _ in range(2):
        with open_journal(path) as journal:
            assert journal.lines == (*STRANGE, "last")


@pytest.mark.parametrize("torn", [b"{", '{"u":"村'.encode()[:-1], b"x" * 5000, b"\xff\x00"])
def test_a_torn_last_line_is_dropped(tmp_path, torn):
    path = tmp_path / "draws.jsonl"
    path.write_bytes(b"one\ntwo\n" + torn)
    with open_journal(path) as journal:
        assert journal.lines == ("one", "two")
        journal.add(["three"])
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_a_file_without_any_line_end_is_as_good_as_empty(tmp_path):
    path = tmp_path / "draws.jsonl"
    path.write_bytes(b"torn")
    with open_journal(path) as journal:
        assert journal.lines == ()
    assert path.read_bytes() == b""


def test_bytes_that_are_no_text_stop_nothing(tmp_path):
    path = tmp_path / "draws.jsonl"
    path.write_bytes(b"\xff\xfe\nwhole\n")
    with open_journal(path) as journal:
        assert journal.lines[1:] == ("whole",)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "a").write_text("", encoding="utf-8")
    with pytest.raises(OutputBlockedError) as caught, open_journal(tmp_path / "a" / "draws.jsonl"):
        pass
    assert caught.value.exit_code == 7


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="has no such rights")
def test_an_unwritable_folder(tmp_path, monkeypatch):
    if os.geteuid() == 0:  # whom nothing is forbidden

        def refuse(*_args, **_options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pathlib.Path.open", refuse)
    else:
        tmp_path.chmod(0o500)
    with pytest.raises(OutputBlockedError) as caught, open_journal(tmp_path / "draws.jsonl"):
        pass
    assert caught.value.code == "store.read_only"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no full disk to write to")
def test_a_full_disk_is_told(tmp_path):
    with open("/dev/full", "ab", buffering=0) as full:
        journal = Journal((), tmp_path / "draws.jsonl", full)
        with pytest.raises(OutputBlockedError) as caught:
            journal.add(["x"])
    assert caught.value.code == "store.disk_full"


def _hold(path, is_open, may_end):
    with open_journal(path) as journal:
        journal.add(["held"])
        is_open.set()
        may_end.wait(20)


def test_one_process_at_a_time(tmp_path):
    path, context = tmp_path / "draws.jsonl", get_context("spawn")
    is_open, may_end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(path, is_open, may_end))
    other.start()
    try:
        assert is_open.wait(20)
        with pytest.raises(OutputBlockedError) as caught, open_journal(path):
            pass
        assert caught.value.code == "store.journal_busy"
        for lang in ("zh", "en"):
            message = render(caught.value.code, caught.value.params, lang)
            assert str(path) in message.text
            assert message.hint
    finally:
        may_end.set()
        other.join()
    with open_journal(path) as journal:
        assert journal.lines == ("held",)
