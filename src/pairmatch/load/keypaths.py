"""Where a setting stands in the text of a TOML file."""

import re
from collections import Counter
from collections.abc import Mapping

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
    return look_up_line(index_lines(text), path)


def index_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line of every table and key, for many questions about one text."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    seen: Counter[KeyPath] = Counter()
    for number, line in enumerate(text.split("\n"), 1):
        if match := _TABLE.fullmatch(line):
            table = _resolve(_split(match[2]), seen)
            if match[1] == "[[":
                seen[table] += 1
                table = (*table, seen[table] - 1)
            found = table
        elif match := _KEY.match(line):
            found = (*table, *_split(match[1]))
        else:
            continue
        lines.setdefault(found, number)
    return lines


def look_up_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a path, or of the longest part of it that is known; 0 if none is."""
    starts = (path[:k] for k in range(len(path), 0, -1))
    return next((lines[start] for start in starts if start in lines), 0)


def _resolve(name: KeyPath, seen: Mapping[KeyPath, int]) -> KeyPath:
    # [[rule.row]] belongs to the last [[rule]] above it.
    path: KeyPath = ()
    for part in name[:-1]:
        path = (*path, part)
        if path in seen:
            path = (*path, seen[path] - 1)
    return (*path, *name[-1:])


def _split(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
