"""Where a setting stands in the text of a TOML file."""

import re
from collections import Counter

KeyPath = tuple[str | int, ...]

_TABLE = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def show_path(path: KeyPath) -> str:
    """Return a path as people read it: ``quota[2].min`` (the second quota)."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            shown += f".{part}" if shown else part
    return shown


def find_line(text: str, path: KeyPath) -> int:
    """Return the line (from 1) that sets a path, or the nearest one above it; 0 if none is known.

    A search by line, good enough to point at a place: values that span several lines count for
    the line they start on.
    """
    best, line_of_best = 0, 0
    table: KeyPath = ()
    seen: Counter[str] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if match := _TABLE.fullmatch(line):
            name = _split(match[2])
            table = name
            if match[1] == "[[":
                table = (*name, seen[match[2]])
                seen[match[2]] += 1
            found = table
        elif match := _KEY.match(line):
            found = (*table, *_split(match[1]))
        else:
            continue
        if path[: len(found)] == found and len(found) > best:
            best, line_of_best = len(found), number
    return line_of_best


def _split(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
