"""One table of a TOML file: its keys asked for by kind, every slip told with its line."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pairmatch.domain.findings import Place
from pairmatch.domain.personal import mask_personal
from pairmatch.load.keypaths import KeyPath, index_lines, look_up_line, show_path
from pairmatch.load.packs.amounts import is_moderate, show_cell
from pairmatch.load.packs.findings import PackFindings
from pairmatch.load.records.headers import suggest_names
from pairmatch.load.records.values import clean_text


class TomlFile:
    """A TOML file: its name and lines, and where to tell what is wrong."""

    def __init__(self, text: str, name: str, told: PackFindings) -> None:
        self.name = name
        self.told = told
        self._lines = index_lines(text)
        self._set_lines = frozenset(self._lines.values())
        self._texts = text.split("\n")

    def place_of(self, path: KeyPath, value: str = "", line: int = 0) -> Place:
        """Return where a path stands, at a given line if that is known better."""
        line = line or look_up_line(self._lines, path)
        return Place(self.name, "", line, show_path(path), "", value)

    def list_lines(self, path: KeyPath, key: str) -> list[int]:
        """Return the line of each time that a key is set inside the list at a path."""
        first = self._lines.get(path)
        lines: list[int] = []
        if first is None:  # written inside another list
            return lines
        for number in range(first, len(self._texts) + 1):
            if number > first and number in self._set_lines:
                break
            count = len(re.findall(rf"\b{key}[\"']?\s*=", self._texts[number - 1]))
            lines += [number] * count
        return lines

    def tell(
        self, code: str, path: KeyPath, value: object = "", *, line: int = 0, **params: str
    ) -> None:
        """Add an error; the key, the line and the value are among its parameters."""
        shown = "" if isinstance(value, Mapping | list) else show_cell(value)  # type: ignore[arg-type]
        place = self.place_of(path, shown, line)
        told = {"key": show_path(path), "line": str(place.row), **params}
        self.told.tell(code, place, **told)


class TomlTable:
    """A table and its path; `close` tells the keys that nobody asked for."""

    def __init__(self, file: TomlFile, values: Mapping[str, Any], path: KeyPath) -> None:
        self.file = file
        self.path = path
        self.line = 0
        """Where it stands, if that is known better than by its path."""
        self._values = values
        self._asked: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def raw(self, key: str) -> Any:
        """Return the value of a key as it was parsed, None if it is not there."""
        self._asked[key] = None
        return self._values.get(key)

    def place_of(self, key: str, value: str = "") -> Place:
        """Return where a key stands."""
        return self.file.place_of((*self.path, key), value, self.line)

    def tell(self, code: str, key: str, value: object = "", **params: str) -> None:
        """Add an error about a key."""
        self.file.tell(code, (*self.path, key), value, line=self.line, **params)

    def text(self, key: str, *, required: bool = False) -> str:
        """Return a text, empty if it is not there; versions may be written as numbers."""
        value = self.raw(key)
        if value is None:
            if required:
                self.file.tell(
                    "settings.missing",
                    self.path,
                    line=self.line,
                    key=".".join((*self._show(), key)),
                )
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            self.tell("packfiles.not_a_text", key, value)
            return ""
        return mask_personal(clean_text(str(value)))

    def labels(self, key: str) -> tuple[str, str]:
        """Return a text in Chinese and English; where there is one of them, it serves for both."""
        value = self.raw(key)
        if not isinstance(value, Mapping):
            text = self.text(key)
            return text, text
        table = TomlTable(self.file, value, (*self.path, key))
        chinese, english = table.text("zh"), table.text("en")
        table.close()
        return chinese or english, english or chinese

    def number(self, key: str) -> Decimal | None:
        """Return a number exactly as written, None if it is not there or is none."""
        return self.check_number(key, self.raw(key))

    def check_number(self, key: str, value: object) -> Decimal | None:
        """Return a value as a number; tell if it is none."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.tell("settings.wrong_kind_number", key, value)
            return None
        number = Decimal(value)
        if not is_moderate(number):
            self.tell("settings.not_finite", key, str(value)[:40])
            return None
        return number

    def numbers(self, key: str) -> tuple[Decimal, ...]:
        """Return a list of numbers; those that are none are told and left out."""
        found = (self.check_number(key, item) for item in self.items(key))
        return tuple(number for number in found if number is not None)

    def items(self, key: str) -> list[Any]:
        """Return a list, empty if it is not there or is none."""
        value = self.raw(key)
        if value is None or isinstance(value, list):
            return value or []
        self.tell("packfiles.not_a_list", key, value)
        return []

    def table(self, key: str) -> "TomlTable | None":
        """Return a table inside this one."""
        value = self.raw(key)
        if value is None or isinstance(value, Mapping):
            return None if value is None else TomlTable(self.file, value, (*self.path, key))
        self.tell("settings.wrong_kind_table", key, value)
        return None

    def flat_table(self, key: str) -> "TomlTable | None":
        """Return a table whose keys have dots, whether they were put in quotes or not."""
        table = self.table(key)
        if table is None:
            return None
        return TomlTable(self.file, dict(_flatten(table._values, "")), table.path)

    def tables(self, key: str) -> "list[TomlTable]":
        """Return the tables of a list such as ``[[rule]]``."""
        value = self.raw(key)
        if isinstance(value, Mapping):
            self.tell("settings.single_brackets", key)
            return []
        return self.wrap((*self.path, key), self.items(key))

    def wrap(self, path: KeyPath, items: list[Any]) -> "list[TomlTable]":
        """Return the tables of a list that stands at a path; tell what is none."""
        tables = []
        for k, item in enumerate(items):
            if isinstance(item, Mapping):
                tables.append(TomlTable(self.file, item, (*path, k)))
            else:
                self.file.tell("settings.wrong_kind_table", (*path, k), item)
        return tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def close(self) -> None:
        """Tell the keys that do not exist, each with the closest one."""
        options = tuple(self._asked)
        for key in self._values:
            if key not in self._asked:
                closest = suggest_names(key.lower(), options)
                code = "settings.unknown_key_close" if closest else "settings.unknown_key"
                self.tell(code, key, options=", ".join(options), closest=closest)

    def _show(self) -> tuple[str, ...]:
        return (show_path(self.path),) if self.path else ()


def _flatten(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
