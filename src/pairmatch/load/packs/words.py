"""The words a pack is written with: operators, and / or, and what refuses a pair."""

import difflib
from collections.abc import Mapping

from pairmatch.domain.packcolumns import (
    AND_WORD,
    BANDS_WORD,
    OPERATOR_WORDS,
    OR_WORD,
    REFUSE_WORD,
)
from pairmatch.load.records.tables import simplify_header

BANDS = "bands"
"""Not an operator of the records: a cell with several ranges, each with points of its own."""

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "equal": ("=", "==", "是", "为", "equals"),
    "unequal": ("≠", "!=", "<>", "不是", "不为", "not equal"),
    "less": ("<", "不足", "低于", "少于", "不满", "less than"),
    "at_most": ("<=", "≤", "小于等于", "小于或等于", "不大于", "不高于", "最多", "至多"),
    "more": (">", "超过", "高于", "多于", "more than"),
    "at_least": (
        *(">=", "≥", "大于等于", "大于或等于", "不小于", "不低于", "不少于", "达到", "最少"),
    ),
    "between": ("之间", "范围"),
    "among": ("包括", "包含", "其中之一", "之一", "in", "any of"),
    "known": ("已知", "有数据", "不为空", "非空"),
    "unknown": ("未知", "无数据", "为空", "空", "没填"),
    BANDS: ("分档", "分级"),
}
_WORDS: Mapping[str, str] = {**OPERATOR_WORDS, BANDS: BANDS_WORD}

WITHOUT_VALUE = frozenset({"known", "unknown"})
ORDERED = frozenset({"less", "at_most", "more", "at_least"})

_JOINS: Mapping[str, tuple[str, ...]] = {
    "and": (AND_WORD, "并且", "而且", "同时", "与", "and", "&"),
    "or": (OR_WORD, "或者", "or", "|"),
}
_REFUSALS = (REFUSE_WORD, "不得结对", "不能结对", "不可结对", "不予结对", "refuse")
_ALLOWANCES = ("可结对", "可以结对", "能结对", "allow")


def _index(words: Mapping[str, tuple[str, ...]]) -> Mapping[str, str]:
    named = {_plain(word): name for name, known in words.items() for word in known}
    return {**named, **{_plain(name): name for name in words}}


def _plain(text: str) -> str:
    # Marks such as = and < must stay, which is all that headers do otherwise.
    return simplify_header(text)


_OPERATOR_NAMES = _index({name: (_WORDS[name], *known) for name, known in _SYNONYMS.items()})
_JOIN_NAMES = _index(_JOINS)
_REFUSAL_NAMES = {_plain(word) for word in _REFUSALS}
_ALLOWANCE_NAMES = {_plain(word) for word in _ALLOWANCES}


def find_operator(text: str) -> str:
    """Return the operator (or `BANDS`) that a text names; empty if there is none such."""
    return _OPERATOR_NAMES.get(_plain(text), "")


def suggest_operator(text: str) -> str:
    """Return the word for the operator that a misspelt one probably means, or empty."""
    close = difflib.get_close_matches(_plain(text)[:40], sorted(_OPERATOR_NAMES), n=1, cutoff=0.5)
    if not close:
        return ""
    return _WORDS[_OPERATOR_NAMES[close[0]]]


def find_join(text: str) -> str:
    """Return ``"and"`` or ``"or"`` for a text that says so, else empty."""
    return _JOIN_NAMES.get(_plain(text), "")


def is_refusal(text: str) -> bool:
    """Whether a text says that a pair is refused."""
    return _plain(text) in _REFUSAL_NAMES


def is_allowance(text: str) -> bool:
    """Whether a text says that a pair is not refused."""
    return _plain(text) in _ALLOWANCE_NAMES
