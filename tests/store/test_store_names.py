"""Safe names: whatever the text, a name that every system accepts, and never the same one twice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmatch.store.names import make_safe_name, make_safe_path, map_safe_paths

FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}
MORE = ["x.", "x ", " x", "a:b", "a\nb", "a\u202eb", "村" * 90, "a" * 300 + ".xlsx", ".tmp-x"]


@pytest.mark.parametrize(
    "text", ["黄骅市.xlsx", "结对安排表.xlsx", "a b.csv", "2026-run", "𠮷村.xlsx", "a.b.c"]
)
def test_good_names_stay(text):
    assert make_safe_name(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "CON",
        "con.txt",
        "NUL",
        "COM1.xlsx",
        "LPT9",
        "a/b",
        "a\\b",
        "..\\..\\x",
        *MORE,
    ],
)
def test_bad_names_are_changed_and_stay_safe(text):
    name = make_safe_name(text)
    assert name != text
    assert 0 < len(name) <= 100
    assert len(name.encode()) <= 200
    assert not FORBIDDEN & set(name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert make_safe_name(text) == name


def test_the_ending_survives():
    assert make_safe_name("a/" + "村" * 200 + ".xlsx").endswith(".xlsx")


@settings(max_examples=300, deadline=None)
@given(st.sets(st.text(max_size=130), min_size=2, max_size=8))
def test_different_texts_get_different_names(texts):
    names = [make_safe_name(text) for text in texts]
    assert len(set(names)) == len(texts)


def test_a_name_made_safe_is_not_the_safe_name_of_itself():
    name = make_safe_name("a/b")
    assert make_safe_name(name) != name


def test_a_path_never_leaves_its_folder():
    parts = make_safe_path("../../etc/CON").split("/")
    assert ".." not in parts
    assert len(parts) == 4


def test_names_differ_where_upper_case_is_ignored():
    paths = map_safe_paths(["x/A.csv", "x/a.csv", "x/b.csv"])
    assert len({path.casefold() for path in paths.values()}) == 3
    assert paths["x/b.csv"] == "x/b.csv"
