"""Village names: suggestions to choose from, and never a choice made for anyone."""

import pytest

from pairmatch.domain.records import Village
from pairmatch.load.records.names import MAX_SUGGESTIONS, Likeness, index_names, suggest_villages

VILLAGES = (
    Village("130925100201", "尹店三村", "韩集镇", "盐山县"),
    Village("130925100202", "北街村", "盐山镇", "盐山县"),
    Village("130921100203", "北街村", "旧州镇", "沧县"),
    Village("130921100204", "北街村", "杜林回族乡", "沧县"),
    Village("130921100205", "十二里口村", "旧州镇", "沧县"),
    Village("130930100206", "孙庄子村", "孟村镇", "孟村回族自治县"),
)
NAMES = index_names(VILLAGES)


def codes(suggestion):
    return [v.village_id[-3:] for v in suggestion.villages]


@pytest.mark.parametrize(
    ("text", "township", "county", "likeness", "found"),
    [
        ("尹店三村", "", "", "one", ["201"]),
        ("尹店三村民委员会", "", "", "one", ["201"]),
        ("尹店三村村委会", "", "", "one", ["201"]),
        (" 尹店 三村", "", "", "one", ["201"]),
        ("尹店三分村", "", "", "close", ["201"]),
        ("十二里村", "", "", "close", ["205"]),
        ("北街村", "", "", "several", ["203", "204", "202"]),
        ("北街村", "", "沧县", "several", ["203", "204"]),
        ("北街村", "旧州", "沧县", "one", ["203"]),
        ("北街村", "", "盐山", "one", ["202"]),
        ("盐山县北街村", "", "", "one", ["202"]),
        ("沧县旧州镇北街村", "", "", "one", ["203"]),
        ("孙庄子村", "", "孟村", "one", ["206"]),
        ("北街村", "", "青县", "close", ["203", "204", "202"]),
        ("完全不同的名字", "", "", "none", []),
        ("", "", "", "none", []),
    ],
)
def test_suggestions(text, township, county, likeness, found):
    suggestion = suggest_villages(NAMES, text, township, county)
    assert suggestion.likeness == Likeness(likeness)
    assert codes(suggestion) == found


def test_a_long_list_is_cut_and_counted():
    many = [Village(f"1309251002{k:02d}", "北街村", f"{k}镇", "盐山县") for k in range(20)]
    shown = suggest_villages(index_names(many), "北街村").show()
    assert shown.count("北街村") == MAX_SUGGESTIONS
    assert "(+12)" in shown


def test_villages_without_names_are_never_suggested():
    assert codes(suggest_villages(index_names([Village("v1")]), "v1")) == []
