"""Cut a formula into the few kinds of pieces it may have; everything else is refused by place.

This comes before any parsing: what the parser is given is put together from these pieces, with
fields and texts replaced by plain names, so that nothing a user writes reaches it as it is.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pairmatch.domain.fields import FieldCatalogue

MAX_LENGTH = 500
MAX_NESTING = 20
MAX_TEXT = 50

TokenKind = Literal["field", "text", "number", "word", "function", "sign"]

KEYWORDS = ("if", "else", "and", "or", "not")
FUNCTION_NAMES: Mapping[str, str] = {
    "min": "min",
    "max": "max",
    "abs": "abs",
    "round": "round",
    "最小": "min",
    "最大": "max",
    "绝对值": "abs",
    "四舍五入": "round",
    "如果": "choose",
}
"""Functions and what they are called inside; 如果(c, a, b) is a if c else b."""

_SIGNS = ("//", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",")
_INSTEAD: Mapping[str, str] = {
    "**": "a * a",
    "&&": "and",
    "||": "or",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "===": "==",
    "!==": "!=",
    "=": "==",
    "&": "and",
    "|": "or",
    "!": "not",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "“": '"',
    "”": '"',
    "‘": '"',
    "’": '"',
    "「": '"',
    "」": '"',
    "、": ",",
    "。": ".",
    "【": "(",
    "】": ")",
}
_MOST_SIGN = 3
_WORD_INSTEAD: Mapping[str, str] = {
    "且": "and",
    "并且": "and",
    "而且": "and",
    "与": "and",
    "或": "or",
    "或者": "or",
    "非": "not",
    "不是": "not",
    "大于": ">",
    "小于": "<",
    "等于": "==",
    "不等于": "!=",
    "大于等于": ">=",
    "小于等于": "<=",
    "and": "and",
    "or": "or",
    "not": "not",
    "if": "a if c else b",
    "iif": "a if c else b",
    "ifs": "a if c else b",
    "else": "else",
    "则": "a if c else b",
    "那么": "a if c else b",
    "否则": "else",
    "min": "min",
    "max": "max",
    "abs": "abs",
    "round": "round",
    "sum": "a + b",
    "average": "(a + b) / 2",
    "求和": "a + b",
    "平均": "(a + b) / 2",
    "pow": "a * a",
    "power": "a * a",
    "mod": "a % b",
    "int": "a // 1",
    "true": "1",
    "false": "0",
}
_WORD = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NUMBER_LIKE = re.compile(r"[\d.][\w.]*")
_LARGEST = 10**9
_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula: `text` as written, `value` what it means, `at` its place from 0."""

    kind: TokenKind
    text: str
    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a formula is refused: the end of a message code, the place from 0, and parameters."""

    code: str
    at: int
    params: Mapping[str, str]


def split_formula(text: str, fields: FieldCatalogue) -> tuple[list[Token], list[Refusal]]:
    """Return the pieces of a formula, and all that may not be in one."""
    if len(text) > MAX_LENGTH:
        params = {"length": str(len(text)), "limit": str(MAX_LENGTH)}
        return [], [Refusal("too_long", 0, params)]
    tokens: list[Token] = []
    refusals: list[Refusal] = []
    at = len(text) - len(text.lstrip())
    if text[at : at + 1] in {"=", "＝"}:
        # As on a sheet; what follows is looked at as well.
        refusals.append(Refusal("begins_equal", at, {}))
        at += 1
    while at < len(text):
        if text[at] in " \t\r\n":
            at += 1
            continue
        found = _take(text, at, fields)
        if isinstance(found, Token):
            tokens.append(found)
            at += len(found.text)
        else:
            refusals.append(found)
            at += max(1, len(found.params.get("text", "")))
    if not refusals:
        refusals = _check_nesting(tokens)
    if not tokens and not refusals:
        refusals = [Refusal("empty", 0, {})]
    return tokens, refusals


def _take(text: str, at: int, fields: FieldCatalogue) -> Token | Refusal:
    if text[at] in "'\"":
        return _take_text(text, at)
    if found := _take_field(text, at, fields):
        return found
    if match := _WORD.match(text, at):
        return _take_word(match[0], at, text)
    if text[at].isdecimal() or (text[at] == "." and text[at + 1 : at + 2].isdecimal()):
        return _take_number(text, at)
    return _take_sign(text, at)


def _take_text(text: str, at: int) -> Token | Refusal:
    end = text.find(text[at], at + 1)
    if end < 0:
        return Refusal("text_open", at, {"text": text[at:]})
    content = text[at + 1 : end]
    if len(content) > MAX_TEXT:
        return Refusal("text_too_long", at, {"text": text[at : end + 1], "limit": str(MAX_TEXT)})
    return Token("text", text[at : end + 1], content, at)


def _take_field(text: str, at: int, fields: FieldCatalogue) -> Token | Refusal | None:
    """Return the longest name of a field that stands here as a whole."""
    for length in fields.lengths.get(text[at], ()):
        name = text[at : at + length]
        ids = fields.spellings.get(name, ())
        following = text[at + length : at + length + 1]
        is_whole = not (_is_letter(name[-1]) and following and _is_letter(following))
        if ids and is_whole and following != ".":
            if len(ids) > 1:
                return Refusal("ambiguous", at, {"text": name, "ids": ",".join(ids)})
            return Token("field", name, ids[0], at)
    return None


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"


def _take_word(word: str, at: int, text: str) -> Token | Refusal:
    is_call = text[at + len(word) :].lstrip(" \t\r\n").startswith("(")
    if word in KEYWORDS:
        return Token("word", word, word, at)
    if is_call and word in FUNCTION_NAMES:
        return Token("function", word, FUNCTION_NAMES[word], at)
    plain = unicodedata.normalize("NFKC", word).lower()
    if instead := _WORD_INSTEAD.get(plain):
        return Refusal("replace", at, {"text": word, "instead": instead})
    return Refusal("function" if is_call else "name", at, {"text": word})


def _take_number(text: str, at: int) -> Token | Refusal:
    # A number in full width, or one that goes on with letters, is not one.
    like = _NUMBER_LIKE.match(text, at)
    written = like[0] if like else text[at]
    if not (_NUMBER.fullmatch(written) and written.isascii()):
        plain = unicodedata.normalize("NFKC", written)
        if plain != written and plain.isascii() and _NUMBER.fullmatch(plain):
            return Refusal("replace", at, {"text": written, "instead": plain})
        return Refusal("number", at, {"text": written})
    if len(written) > _MOST_DIGITS or float(written) > _LARGEST:
        return Refusal("large", at, {"text": written})
    return Token("number", written, written, at)


def _take_sign(text: str, at: int) -> Token | Refusal:
    for length in range(_MOST_SIGN, 0, -1):
        piece = text[at : at + length]
        if piece in _INSTEAD and len(piece) == length:
            code = "power" if piece == "**" else "replace"
            return Refusal(code, at, {"text": piece, "instead": _INSTEAD[piece]})
        if piece in _SIGNS:
            return Token("sign", piece, piece, at)
    character = text[at]
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and (plain in _SIGNS or plain in _INSTEAD or not plain.strip()):
        instead = _INSTEAD.get(plain, plain)
        return Refusal("replace", at, {"text": character, "instead": instead})
    return Refusal("character", at, {"text": character})


def _check_nesting(tokens: list[Token]) -> list[Refusal]:
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind == "sign" else 0
        if depth > MAX_NESTING:
            return [Refusal("too_deep", token.at, {"text": "(", "limit": str(MAX_NESTING)})]
    return []
