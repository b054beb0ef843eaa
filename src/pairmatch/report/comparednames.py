"""What sides, units and villages are called where several pairings are told of at once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import east_asian_width

from pairmatch.domain.comparison import Side
from pairmatch.report.figures import Cell, show_points, show_unknown, tell
from pairmatch.report.wording import Text, clean_text


class KnownNames(dict[str, str]):
    """Names by id: with the id where two have one name, and the id alone where there is none."""

    def __init__(self, names: Mapping[str, str]) -> None:
        counted = Counter(names.values())
        super().__init__(
            (i, f"{name}（{i}）" if name and counted[name] > 1 else name or i)
            for i, name in names.items()
        )
        self._plain = dict(names)

    def __missing__(self, record_id: str) -> str:
        return record_id

    def get_plain(self, record_id: str) -> str:
        """Return the name alone, empty where there is none."""
        return self._plain.get(record_id, "")

    def shorten(self, record_id: str, columns: int) -> str:
        """Return a name that fits into so many half-width columns; an id beside it is kept."""
        name = clean_text(self[record_id])
        if count_columns(name) <= columns:
            return name
        plain = clean_text(self.get_plain(record_id) or record_id)
        tail = f"（{record_id}）" if self[record_id] != plain and plain != record_id else ""
        if count_columns(tail) > columns // 2:
            return cut_text(name, columns)
        return cut_text(plain, columns - count_columns(tail)) + tail


@dataclass(frozen=True, slots=True)
class SidePair:
    """The two sides of a difference with their names and the names of units and villages."""

    first: Side
    other: Side
    first_name: Text
    other_name: Text
    names: KnownNames

    @property
    def scales(self) -> tuple[int, int]:
        """Steps of a point on either side."""
        return self.first.steps_per_point, self.other.steps_per_point


def head_points(code: str, both: SidePair) -> tuple[Text, Text]:
    """Return the headings of two columns with points by either side's scoring."""
    return tell(code, name=both.first_name), tell(code, name=both.other_name)


def show_known(points: int | None, steps_per_point: int, *, signed: bool = False) -> Cell:
    """Return a cell with points, or that there are none as a pair is not eligible."""
    if points is None:
        return show_unknown(tell("compare.not_eligible"))
    return show_points(points, steps_per_point, signed=signed)


def name_sides(sides: tuple[Side, ...]) -> tuple[Text, ...]:
    """Return what each side is called: its title, with its label where two have one title."""
    titles = [_name_title(side.label, side.title_zh, side.title_en) for side in sides]
    counted = [Counter(t.zh for t in titles), Counter(t.en for t in titles)]
    return tuple(
        tell("compare.side_named", title=title, label=side.label)
        if (counted[0][title.zh] > 1 or counted[1][title.en] > 1) and title.zh != side.label
        else title
        for side, title in zip(sides, titles, strict=True)
    )


def _name_title(label: str, zh: str, en: str) -> Text:
    return Text(zh or en or label, en or zh or label)


def count_columns(text: str) -> int:
    """Return the width of a text in half-width columns; a full-width character takes two."""
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in text)


def cut_text(text: str, columns: int) -> str:
    """Return a text cut to so many columns, with a sign where it goes on."""
    if count_columns(text) <= columns:
        return text
    kept, width = "", 2
    for char in text:
        width += count_columns(char)
        if width > columns:
            break
        kept += char
    return f"{kept}…"
