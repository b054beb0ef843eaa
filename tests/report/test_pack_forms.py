"""The workbook of a rule pack: what is written in it is read back without loss."""

import io
import tempfile
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from string import Template

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.load.pack_makers import read_folder, strip_examples, strip_rules

from pairmatch.domain.fields import list_fields, name_with_side
from pairmatch.domain.packcolumns import OPERATOR_WORDS, RULE_COLUMNS
from pairmatch.domain.packs import PackCondition, PackExample, PackRow, PackRule
from pairmatch.domain.plugins import PluginInfo
from pairmatch.hooks.packs import check_examples, compile_pack
from pairmatch.load.bundles import read_scaffold
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.report.packforms import SAMPLE_EXAMPLES, SAMPLE_RULES, build_pack_workbook

INFO = PluginInfo("nanpi", "南皮县", "2", "南皮特色", "Nanpi", 1)
TAXONOMY = read_taxonomy()
FIELDS = [(name_with_side(f), f.name_en) for f in list_fields(TAXONOMY).values()]


def read_back(folder, **kw):
    (folder / "规则.xlsx").write_bytes(build_pack_workbook(INFO, FIELDS, **kw))
    pack, findings = read_folder(folder)
    assert findings == ()
    assert pack.info == INFO
    return pack


def open_book(**kw):
    return openpyxl.load_workbook(io.BytesIO(build_pack_workbook(INFO, FIELDS, **kw)))


# --- round trips -----------------------------------------------------------------------------

words = st.text("盐户a1 .", min_size=1, max_size=8).map(lambda t: " ".join(f"字{t}".split()))
number_texts = st.integers(-10_000, 10_000).map(lambda k: f"{Decimal(k) / 100:f}")
plain_texts = number_texts.map(lambda t: t.rstrip("0").rstrip(".") if "." in t else t)
points = st.integers(-1_000, 1_000).map(lambda k: Decimal(k) / 100)


def draw_conditions():
    single = st.sampled_from(["less", "at_most", "more", "at_least"])
    ends = st.lists(plain_texts, min_size=2, max_size=2, unique=True).map(
        lambda pair: tuple(sorted(pair, key=Decimal))
    )
    half = plain_texts.map(lambda t: (t, "")) | plain_texts.map(lambda t: ("", t))
    return (
        st.builds(PackCondition, words, single, st.tuples(plain_texts))
        | st.builds(PackCondition, words, st.sampled_from(["equal", "unequal"]), st.tuples(words))
        | st.builds(PackCondition, words, st.just("between"), ends | half)
        | st.builds(
            PackCondition,
            words,
            st.just("among"),
            st.lists(words, min_size=1, max_size=3, unique=True).map(tuple),
        )
        | st.builds(PackCondition, words, st.sampled_from(["known", "unknown"]), st.just(()))
    )


groups = st.lists(st.lists(draw_conditions(), min_size=1, max_size=3).map(tuple), max_size=3)


def draw_rows(refuses):
    alternatives = groups.map(tuple)
    if refuses:  # never without a condition: it would refuse every pair
        some = alternatives.filter(lambda found: bool(found) and all(found))
        return st.builds(PackRow, some, reason_zh=words, reason_en=words)
    by_points = st.builds(PackRow, alternatives, points, reason_zh=words, reason_en=words)
    by_formula = st.builds(
        PackRow, alternatives, formula=st.just("0.1 * 总户数"), reason_zh=words, reason_en=words
    )
    return by_points | by_formula


def draw_rules(refuses):
    return st.builds(
        PackRule,
        st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True),
        words,
        words,
        st.just(refuses),
        st.none() if refuses else st.none() | points.map(abs),
        st.lists(draw_rows(refuses), min_size=1, max_size=4).map(tuple),
    )


rule_lists = st.lists(
    st.booleans().flatmap(draw_rules), min_size=1, max_size=4, unique_by=lambda r: r.local_id
).map(tuple)


@settings(max_examples=20, deadline=None)
@given(rules=rule_lists)
def test_rules_are_read_back(rules):
    with tempfile.TemporaryDirectory() as folder:
        assert strip_rules(read_back(Path(folder), rules=rules, examples=())) == rules


@settings(max_examples=20, deadline=None)
@given(
    examples=st.lists(
        st.builds(
            PackExample,
            words,
            st.dictionaries(words, plain_texts | words, min_size=1, max_size=4),
            st.fixed_dictionaries({"sales": points, "team": points}),
        ),
        max_size=4,
    ).map(tuple)
)
def test_examples_are_read_back(examples):
    with tempfile.TemporaryDirectory() as folder:
        assert strip_examples(read_back(Path(folder), examples=examples)) == examples


def test_contiguous_ranges_become_bands():
    cuts = ["", "0", "5", "10", ""]
    rows = tuple(
        PackRow(((PackCondition("x", "between", ends),),), Decimal(k), "", "r", "r")
        for k, ends in enumerate(pairwise(cuts))
    )
    rule = PackRule("a", "b", "b", False, None, (*rows, PackRow((), Decimal(1), "", "r", "r")))
    sheet = open_book(rules=(rule,), examples=())["规则"]
    assert [cell.value for cell in sheet[2]][2:6] == [
        "x",
        "分段",
        "0以下；0~5；5~10；10以上",
        "0；1；2；3",
    ]
    assert sheet["A4"].value is None
    with tempfile.TemporaryDirectory() as folder:
        assert strip_rules(read_back(Path(folder), rules=(rule,), examples=())) == (rule,)


def test_a_value_with_the_sign_that_separates_values_is_refused():
    condition = PackCondition("x", "among", ("a、b", "c"))
    rule = PackRule("a", "b", "b", False, None, (PackRow(((condition,),), Decimal(1)),))
    with pytest.raises(ValueError, match="separates"):
        build_pack_workbook(INFO, FIELDS, (rule,), ())


# --- the sheets ------------------------------------------------------------------------------


def test_same_bytes_each_time():
    assert build_pack_workbook(INFO, FIELDS) == build_pack_workbook(INFO, FIELDS)


def test_sheets_choices_and_comments():
    book = open_book()
    assert book.sheetnames == ["规则", "规则包", "例子", "字段", "填写说明"]
    rules = book["规则"]
    assert rules.freeze_panes == "B2"
    assert [cell.value for cell in rules[1]] == [column.header_zh for column in RULE_COLUMNS]
    assert all(cell.comment and cell.comment.text for cell in rules[1])
    choices = {str(v.sqref): v.formula1 for v in rules.data_validations.dataValidation}
    assert choices["H2:H201"] == '"且,或"'
    assert set(OPERATOR_WORDS.values()) < set(choices["D2:D201"].strip('"').split(","))
    assert choices["C2:C201"] == f"'字段'!$A$2:$A${len(FIELDS) + 1}"
    assert book["字段"].max_row == len(FIELDS) + 1
    assert len(list(book["填写说明"].rows)) == 15


def test_texts_never_become_formulas_or_links():
    rule = PackRule("a", '=cmd|"x"', "http://x", False, None, SAMPLE_RULES[0].rows)
    book = open_book(rules=(rule,), examples=())
    assert book["规则"]["B2"].value == '=cmd|"x"'
    assert book["规则"]["B2"].data_type == "s"
    assert book["规则"]["K2"].hyperlink is None


def test_without_fields_there_is_no_choice_of_fields():
    book = openpyxl.load_workbook(io.BytesIO(build_pack_workbook(INFO, [])))
    assert len(book["规则"].data_validations.dataValidation) == 2


# --- what new packs begin with ---------------------------------------------------------------


def read_scaffold_pack(folder):
    values = {"name": "nanpi", "county": "南皮县", "label": "南皮特色"}
    for name, text in read_scaffold("toml").items():
        (folder / name).write_text(Template(text).substitute(values), encoding="utf-8")
    pack, findings = read_folder(folder)
    assert findings == ()
    return pack


def test_both_forms_begin_with_the_same_rules(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    book, text = read_back(tmp_path / "a"), read_scaffold_pack(tmp_path / "b")
    assert strip_rules(book) == strip_rules(text) == SAMPLE_RULES
    assert strip_examples(book) == strip_examples(text) == SAMPLE_EXAMPLES


@pytest.mark.parametrize("read", [read_back, read_scaffold_pack])
def test_new_packs_pass_their_own_checks(tmp_path, read):
    pack = read(tmp_path)
    compiled, findings = compile_pack(pack, TAXONOMY)
    assert compiled is not None
    assert findings == ()
    assert check_examples(pack, TAXONOMY) == ()
