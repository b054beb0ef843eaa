"""One cell to one value: what is understood, what is refused, and that nothing ever raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmatch.domain.columns import GRADES, KINDS, TIERS, Column
from pairmatch.load.records.dates import parse_date
from pairmatch.load.records.numbers import parse_numeral
from pairmatch.load.records.values import NONE_WORDS, UNKNOWN_WORDS, parse_cell

PEOPLE = Column("n", "人数", "int", "人", 0, 1_000_000)
HOUSEHOLDS = Column("h", "户数", "int", "户", 1, 5000)
SHARE = Column("s", "占比", "float", "%", 0, 100)
MONEY = Column("m", "销售额", "float", "万元/年", 0, 10_000)
YUAN = Column("y", "收入", "int", "元/年", 0, 1_000_000)
DISTANCE = Column("d", "距离", "float", "公里", 0, 100)
AREA = Column("a", "面积", "float", "㎡", 0, 10_000)
TRUTH = Column("t", "有无", "bool")
TYPES = Column("k", "受助类型", "types")
CODE = Column("id", "区划代码", "id")
NAMES = Column("x", "回避对象", "names")
TEXT = Column("w", "最想办的事", "text")
TIER = Column("tier", "层级", "choice", choices=tuple(TIERS.items()))
KIND = Column("kind", "类别", "choice", choices=tuple(KINDS.items()))
GRADE = Column("g", "评定", "choice", choices=tuple(GRADES.items()))
DATE = Column("date", "填报日期", "date")
ALL = (
    *(PEOPLE, HOUSEHOLDS, SHARE, MONEY, YUAN, DISTANCE, AREA, TRUTH, TYPES, CODE, NAMES, TEXT),
    *(TIER, KIND, GRADE, DATE),
)


@pytest.mark.parametrize(
    ("column", "raw", "value", "notes"),
    [
        (PEOPLE, 300, 300, ()),
        (PEOPLE, 300.0, 300, ()),
        (PEOPLE, "300", 300, ("text_number",)),
        (PEOPLE, " 300 ", 300, ("trimmed",)),
        (PEOPLE, "１２３", 123, ("normalised",)),
        (PEOPLE, "1,234", 1234, ("normalised",)),
        (PEOPLE, "１，２３４", 1234, ("normalised",)),
        (PEOPLE, "300人", 300, ("normalised",)),
        (PEOPLE, "三百二十", 320, ("numeral",)),
        (PEOPLE, "一百零五", 105, ("numeral",)),
        (PEOPLE, "12万", 120_000, ("wan",)),
        (PEOPLE, "无", 0, ("none_as_zero",)),
        (PEOPLE, "-0", 0, ("text_number",)),
        (SHARE, "35%", 35.0, ("normalised",)),
        (SHARE, "３５％", 35.0, ("normalised",)),
        (SHARE, 35, 35.0, ()),
        (SHARE, 0.35, 0.35, ()),
        (MONEY, "12万", 12.0, ("wan",)),
        (MONEY, "12万元", 12.0, ("normalised",)),
        (MONEY, "5000元", 0.5, ("converted",)),
        (YUAN, "1.2万元", 12_000, ("converted",)),
        (YUAN, "1.2万", 12_000, ("wan",)),
        (DISTANCE, "500米", 0.5, ("converted",)),
        (DISTANCE, "3km", 3.0, ("normalised",)),
        (AREA, "85㎡", 85.0, ("normalised",)),
        (AREA, "85平方米", 85.0, ("normalised",)),
        (TRUTH, "是", 1, ()),
        (TRUTH, "√", 1, ()),
        (TRUTH, "×", 0, ()),
        (TRUTH, "有", 1, ()),
        (TRUTH, "无", 0, ("none_as_no",)),
        (TRUTH, True, 1, ()),
        (TRUTH, 0, 0, ()),
        (TYPES, "①③", ("1", "3"), ()),
        (TYPES, "1,3", ("1", "3"), ()),
        (TYPES, "3、1", ("1", "3"), ()),
        (TYPES, 2, ("2",), ()),
        (TYPES, "无", (), ()),
        (CODE, "130921100201", "130921100201", ()),
        (CODE, " 130921100201", "130921100201", ("trimmed",)),
        (CODE, "'130921100201", "130921100201", ("normalised",)),
        (CODE, "１３０９２１１００２０１", "130921100201", ("normalised",)),
        (CODE, 130921100201, "130921100201", ("code_as_number",)),
        (CODE, 130921100201.0, "130921100201", ("code_as_number",)),
        (CODE, 7, "7", ()),
        (CODE, "V-1", "V-1", ()),
        (CODE, "1e5", "1e5", ()),
        (CODE, "村𠮷", "村𠮷", ()),
        (NAMES, "沧县、青县", ("沧县", "青县"), ()),
        (NAMES, "沧县,青县；沧县", ("沧县", "青县"), ()),
        (NAMES, "无", (), ()),
        (TIER, "市级", "city", ()),
        (TIER, "county", "county", ()),
        (TIER, "市直", "city", ()),
        (KIND, "龙头企业", "agribusiness", ()),
        (GRADE, "优", "4", ()),
        (GRADE, "良好", "3", ()),
        (GRADE, 2, "2", ()),
        (TEXT, "修  路\n", "修 路", ("trimmed",)),
        (DATE, "2026年5月1日", "2026-05-01", ()),
        (DATE, "2026年5月", "2026-05", ()),
        (DATE, 20260501, "2026-05-01", ()),
    ],
)
def test_what_is_understood(column, raw, value, notes):
    parsed = parse_cell(raw, column)
    assert parsed.problem is None
    assert parsed.value == value
    assert type(parsed.value) is type(value)
    assert parsed.notes == notes


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        (PEOPLE, "很多", "load.not_a_number"),
        (PEOPLE, "300户", "load.not_a_number"),
        (PEOPLE, "35%", "load.not_a_number"),
        (PEOPLE, "三百二", "load.not_a_number"),
        (PEOPLE, "--5", "load.not_a_number"),
        (PEOPLE, "5-3", "load.not_a_number"),
        (PEOPLE, "1,23", "load.not_a_number"),
        (PEOPLE, True, "load.not_a_number"),
        (PEOPLE, 0.5, "load.not_whole"),
        (PEOPLE, -3, "load.out_of_range"),
        (PEOPLE, "0-9999999", "load.out_of_range"),
        (HOUSEHOLDS, "无", "load.out_of_range"),
        (PEOPLE, float("nan"), "load.not_finite"),
        (PEOPLE, float("-inf"), "load.not_finite"),
        (PEOPLE, "NaN", "load.not_finite"),
        (PEOPLE, "inf", "load.not_finite"),
        (PEOPLE, 1e308, "load.magnitude"),
        (PEOPLE, 10**400, "load.magnitude"),
        (SHARE, 1e-320, "load.magnitude"),
        (PEOPLE, "1e308", "load.scientific"),
        (PEOPLE, "1.2E+3", "load.scientific"),
        (PEOPLE, "2026-03-05", "load.cell_is_date"),
        (PEOPLE, "2026-03-05T00:00:00", "load.cell_is_date"),
        (PEOPLE, "2026年5月", "load.cell_is_date"),
        (PEOPLE, "#N/A", "load.cell_error"),
        (TEXT, "#REF!", "load.cell_error"),
        (CODE, "#N/A", "load.cell_error"),
        (SHARE, "12万", "load.not_a_number"),
        (SHARE, 135, "load.out_of_range"),
        (MONEY, "12亿", "load.not_a_number"),
        (TRUTH, "也许", "load.not_yes_no"),
        (TYPES, "④", "load.not_types"),
        (TYPES, "4", "load.not_types"),
        (TYPES, "一类", "load.not_types"),
        (CODE, "1.30921E+11", "load.code_scientific"),
        (CODE, 130921.5, "load.not_an_id"),
        (CODE, -4, "load.not_an_id"),
        (CODE, True, "load.not_an_id"),
        (CODE, 130921199001011234, "load.precision_lost"),
        (CODE, 1.30921199001011e17, "load.precision_lost"),
        (NAMES, "1.30921E+11", "load.code_scientific"),
        (NAMES, 130921199001011234, "load.precision_lost"),
        (TIER, "省级", "load.not_a_choice"),
        (GRADE, 5, "load.not_a_choice"),
        (DATE, "5/1/2026", "load.not_a_date"),
        (DATE, 46143, "load.not_a_date"),
        (DATE, "20261341", "load.not_a_date"),
    ],
)
def test_what_is_refused(column, raw, code):
    parsed = parse_cell(raw, column)
    assert parsed.problem is not None
    assert parsed.problem.code == code
    assert parsed.value is None


@pytest.mark.parametrize(
    "raw", ["约300", "300左右", "近300", "300多", "300多人", "约三百", "大约300人"]
)
def test_approximate_numbers_are_used_and_doubted(raw):
    parsed = parse_cell(raw, PEOPLE)
    assert parsed.value == 300
    assert parsed.problem is not None
    assert parsed.problem.code == "load.approximate"


@pytest.mark.parametrize(
    ("column", "raw", "low", "high"),
    [
        (PEOPLE, "3—5", 3, 5),
        (PEOPLE, "3-5", 3, 5),
        (PEOPLE, "３～５", 3, 5),
        (PEOPLE, "3至5人", 3, 5),
        (PEOPLE, "3-5万", 30_000, 50_000),
        (MONEY, "3—5万", 3, 5),
        (SHARE, "30%-40%", 30, 40),
        (SHARE, "30-40%", 30, 40),
    ],
)
def test_ranges_are_intervals_of_an_unknown_value(column, raw, low, high):
    parsed = parse_cell(raw, column)
    assert (parsed.value, parsed.low, parsed.high) == (None, low, high)
    assert parsed.problem is not None
    assert parsed.problem.code == "load.range_answer"


@pytest.mark.parametrize("word", sorted(UNKNOWN_WORDS))
@pytest.mark.parametrize("column", ALL, ids=lambda c: c.field)
def test_unknown_words_are_unknown_and_never_zero(word, column):
    parsed = parse_cell(word, column)
    assert parsed.value in (None, ())
    assert parsed.problem is None


@pytest.mark.parametrize("column", ALL, ids=lambda c: c.field)
def test_blank_is_unknown(column):
    assert parse_cell(None, column).value is None
    assert parse_cell("", column).value is None


@given(
    st.one_of(
        st.text(),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.none(),
        st.text("0123456789.,-—~约万亿年月%人户三百十零两 eE+", max_size=12),
    ),
    st.sampled_from(ALL),
    st.booleans(),
)
def test_parsing_never_raises_and_stays_in_range(raw, column, typed):
    parsed = parse_cell(raw, column, typed)
    if column.value_type in ("int", "float") and isinstance(parsed.value, int | float):
        assert column.minimum <= parsed.value <= column.maximum
        assert str(parsed.value) != "-0.0"
    if parsed.low is not None:
        assert parsed.value is None
        assert column.minimum <= parsed.low <= parsed.high <= column.maximum


@given(st.integers(0, 1_000_000))
def test_whole_numbers_are_read_however_they_are_written(number):
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    written = (str(number), f"{number:,}", str(number).translate(wide), f"{number}人", f" {number}")
    assert {parse_cell(text, PEOPLE).value for text in written} == {number}


@given(st.decimals(0, 100, places=4, allow_nan=False))
def test_shares_are_read_however_they_are_written(number):
    written = (f"{number}", f"{number}%", f"{number}％")
    assert {parse_cell(text, SHARE).value for text in written} == {float(number)}


@given(st.integers(0, 9999))
def test_numerals_read_back(number):
    assert parse_numeral(_write_numeral(number)) == number


def _write_numeral(number: int) -> str:
    digits, text, gap = "零一二三四五六七八九", "", False
    for power, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + sign
        gap = not digit
    return text or "零"


@pytest.mark.parametrize("text", ["三百二", "一千二", "十十", "百", "二三百", "三百二百", "万"])
def test_numerals_with_two_readings_are_refused(text):
    assert parse_numeral(text) is None


@pytest.mark.parametrize("word", sorted(NONE_WORDS))
def test_none_words_mean_zero_where_things_are_counted(word):
    assert parse_cell(word, PEOPLE).value == 0
    assert parse_cell(word, TRUTH).value == 0
    assert parse_cell(word, GRADE).value is None


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "0", "", "5月1日", "2026年13月", "abc"]
)
def test_dates_without_one_meaning_are_refused(text):
    assert parse_date(text) is None
