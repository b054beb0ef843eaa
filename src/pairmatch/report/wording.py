"""Words and figures in both languages, exactly as every report prints them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from pairmatch.domain.candidates import FULL
from pairmatch.domain.explanation import Alternative, Move
from pairmatch.domain.points import format_steps
from pairmatch.messages import Language, render

# Characters that are invisible, break a file, or turn the reading direction of what follows:
# shown as visible stand-ins, so that a name never looks like another one.
_VISIBLE: dict[int, str] = {code: chr(0x2400 + code) for code in range(0x20)}
_VISIBLE |= {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_VISIBLE |= {
    code: "\ufffd" for code in (*range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
}
_VISIBLE |= {ord("\n"): "\n", ord("\t"): " ", ord("\r"): ""}


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages; in a page, the language switch shows one of them."""

    zh: str
    en: str

    def pick(self, lang: Language) -> str:
        """Return the text in one language."""
        return self.zh if lang == "zh" else self.en

    def __html__(self) -> str:
        """Return escaped markup holding both languages, or the bare text if they are equal."""
        zh = escape(clean_text(self.zh))
        if self.zh == self.en:
            return zh
        return f'<span lang="zh">{zh}</span><span lang="en">{escape(clean_text(self.en))}</span>'


def clean_text(text: str) -> str:
    """Return a text with invisible and direction-turning characters made visible."""
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


def word(code: str, **params: str | Text) -> Text:
    """Return the sentence of the `report` catalogue with this short code in both languages."""
    if not params:
        return _plain_word(code)
    return Text(*(render(f"report.{code}", _pick(params, lang), lang).text for lang in _LANGS))


@cache
def _plain_word(code: str) -> Text:
    return Text(*(render(f"report.{code}", {}, lang).text for lang in _LANGS))


_LANGS: tuple[Language, Language] = ("zh", "en")


def _pick(params: Mapping[str, str | Text], lang: Language) -> dict[str, str]:
    return {k: v.pick(lang) if isinstance(v, Text) else v for k, v in params.items()}


def join_texts(texts: Sequence[Text], zh: str = "、", en: str = ", ") -> Text:
    """Return the texts joined by each language's own separator."""
    return Text(zh.join(t.zh for t in texts), en.join(t.en for t in texts))


def format_points(steps: int, steps_per_point: int) -> str:
    """Return points as an exact decimal with all its digits and a typographic minus sign.

    Examples
    --------
    >>> format_points(-1405, 100)
    '−14.05'
    """
    return format_steps(steps, steps_per_point).replace("-", "−")


def round_ratio(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest whole number, halves up, without floats."""
    return (2 * numerator + denominator) // (2 * denominator)


def format_share(part: int, whole: int) -> str:
    """Return a share in whole per cent that says 0 % or 100 % only where it is exactly that.

    Examples
    --------
    >>> format_share(1, 3), format_share(1, 900), format_share(899, 900), format_share(0, 0)
    ('33%', '<1%', '>99%', '—')
    """
    if whole == 0:
        return "—"
    if 0 < part * 100 < whole:
        return "<1%"
    if (whole - part) * 100 < whole and part < whole:
        return ">99%"
    return f"{round_ratio(part * 100, whole)}%"


def format_share_up(part: int, whole: int) -> str:
    """Return a share in tenths of a per cent, rounded up: a loss is never told smaller than it is.

    Examples
    --------
    >>> format_share_up(1, 500), format_share_up(1, 900), format_share_up(1, 10**9)
    ('0.2%', '0.2%', '0.1%')
    """
    tenths = -(-part * 1000 // whole)
    return f"{tenths // 10}.{tenths % 10}%"


def format_level(value: int) -> str:
    """Return ten-thousandths as whole per cent."""
    return format_share(value, FULL)


def name_or_id(name: str, record_id: str) -> str:
    """Return the name, or the id of a record that has none."""
    return name or record_id


def describe_alternative(
    alternative: Alternative,
    unit_names: Mapping[str, str],
    village_names: Mapping[str, str],
    steps_per_point: int,
) -> Text:
    """Return what choosing another unit for a village costs and whom it moves, as a sentence."""
    unit = unit_names[alternative.unit_id]
    price = alternative.forcing_price
    if price is None:
        return word("alternative_impossible", unit=unit)
    if price == 0:
        head = word("alternative_free", unit=unit)
    else:
        head = word("alternative_costs", unit=unit, points=format_points(price, steps_per_point))
    others = [m for m in alternative.chain if not _is_same(m, alternative)]
    if not others:
        return Text(
            head.zh + word("alternative_nobody").zh, head.en + word("alternative_nobody").en
        )
    moves = join_texts([describe_move(m, unit_names, village_names) for m in others], "，", ", ")
    code = "alternative_moves" if len(others) == 1 else "alternative_moves_many"
    tail = word(code, moves=moves, count=str(len(others)))
    return Text(head.zh + tail.zh, head.en + tail.en)


def _is_same(move: Move, alternative: Alternative) -> bool:
    return (move.unit_id, move.to_village_id) == (alternative.unit_id, alternative.village_id)


def describe_move(
    move: Move, unit_names: Mapping[str, str], village_names: Mapping[str, str]
) -> Text:
    """Return where a unit goes, comes from idleness to, or leaves, as part of a sentence."""
    unit = unit_names[move.unit_id]
    if not move.to_village_id:
        return word("move_out", unit=unit, village=village_names[move.from_village_id])
    code = "move_to" if move.from_village_id else "move_in"
    return word(code, unit=unit, village=village_names[move.to_village_id])
