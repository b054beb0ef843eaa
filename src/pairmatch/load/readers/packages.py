"""The parts of a workbook around its sheets: relationships, sheet list, styles, shared texts."""

import posixpath
import re
from dataclasses import dataclass, field

from pairmatch.load.readers.archives import Archive, RejectedFileError
from pairmatch.load.readers.formats import NumberKind, classify_format
from pairmatch.load.readers.xmlparts import Attributes, XmlEvents, find_attribute, parse_xml

MAX_STRINGS = 5_000_000
TRUE_WORDS = frozenset(["1", "true", "on"])

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DEFAULT_WORKBOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Package:
    """What all sheets of a workbook share.

    `kinds` holds what each cell style makes of a number; `trusts_zero` is False where the file
    says that its formulas must be calculated when it is opened: a zero then is a placeholder.
    """

    sheets: tuple[SheetEntry, ...]
    strings: tuple[str, ...]
    kinds: tuple[NumberKind, ...]
    epoch_1904: bool
    trusts_zero: bool


def read_package(archive: Archive) -> Package:
    """Read everything of a workbook except the cells.

    Parameters
    ----------
    archive
        The container.

    Raises
    ------
    RejectedFileError
        If a part is missing or damaged, or the file is another kind of document.
    """
    part = _find_workbook(archive)
    workbook = _WorkbookEvents()
    parse_xml(part, archive.iterate_part(part), workbook)
    targets = _read_relationships(archive, part)
    sheets = []
    for name, relation_id, hidden in workbook.sheets:
        if relation_id not in targets:
            raise RejectedFileError("files.missing_part", part=name)
        kind, target = targets[relation_id]
        if kind == "worksheet":  # charts and macro sheets hold no tables
            sheets.append(SheetEntry(name, target, hidden))
    by_kind = {kind: target for kind, target in targets.values()}
    return Package(
        tuple(sheets),
        _read_strings(archive, by_kind.get("sharedStrings")),
        _read_kinds(archive, by_kind.get("styles")),
        workbook.epoch_1904,
        workbook.trusts_zero,
    )


def unescape_text(text: str) -> str:
    """Return a text with escapes such as ``_x000D_`` (a carriage return) decoded."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(_decode_escape, text)


def _decode_escape(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    # A lone surrogate is no character and could not be written to any file later.
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)  # noqa: PLR2004 (Unicode's bounds)


def _find_workbook(archive: Archive) -> str:
    part = _DEFAULT_WORKBOOK
    if "_rels/.rels" in archive:
        targets = _read_relationships(archive, "")
        part = next((t for kind, t in targets.values() if kind == "officeDocument"), part)
    if part.endswith(".bin"):
        raise RejectedFileError("files.old_format", format=".xlsb")
    if posixpath.basename(part) != "workbook.xml":  # a text document or a presentation
        raise RejectedFileError("files.not_xlsx")
    return part


def _read_relationships(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    folder, base = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{base}.rels")
    events = _RelationshipEvents()
    parse_xml(relations, archive.iterate_part(relations), events)
    return {
        relation_id: (kind, posixpath.join("/", folder, target).lstrip("/"))
        for relation_id, kind, target in events.found
    }


def _read_strings(archive: Archive, part: str | None) -> tuple[str, ...]:
    if part is None:
        return ()
    events = _StringEvents()
    parse_xml(part, archive.iterate_part(part), events)
    return tuple(events.found)


def _read_kinds(archive: Archive, part: str | None) -> tuple[NumberKind, ...]:
    if part is None:
        return ()
    events = _StyleEvents()
    parse_xml(part, archive.iterate_part(part), events)
    known = {n: classify_format(n, events.codes) for n in set(events.format_ids)}
    return tuple(known[n] for n in events.format_ids)


class _RelationshipEvents(XmlEvents):
    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = posixpath.basename(attributes.get("Type", ""))
            target = attributes.get("Target", "").replace("\\", "/")
            self.found.append((attributes.get("Id", ""), kind, target))


class _WorkbookEvents(XmlEvents):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.epoch_1904 = False
        self.trusts_zero = True

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            relation_id = find_attribute(attributes, "id")
            self.sheets.append((attributes.get("name", ""), relation_id, hidden))
        elif name == "workbookPr":
            self.epoch_1904 = attributes.get("date1904", "") in TRUE_WORDS
        elif name == "calcPr":
            self.trusts_zero = attributes.get("fullCalcOnLoad", "") not in TRUE_WORDS


class _StyleEvents(XmlEvents):
    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.format_ids: list[int] = []
        self._in_cell_styles = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self.codes[int(attributes.get("numFmtId", 0))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cell_styles = True
        elif name == "xf" and self._in_cell_styles:
            self.format_ids.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cell_styles = False


@dataclass(slots=True)
class _StringEvents(XmlEvents):
    found: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _listening: bool = False
    _phonetic: bool = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._pieces = []
        elif name == "t":
            self._listening = not self._phonetic
        elif name == "rPh":  # pronunciation above the text, not part of it
            self._phonetic = True

    def text(self, data: str) -> None:
        if self._listening:
            self._pieces.append(data)

    def end(self, name: str) -> None:
        if name == "t":
            self._listening = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            if len(self.found) >= MAX_STRINGS:
                raise RejectedFileError("files.too_many_cells", limit=str(MAX_STRINGS))
            self.found.append(unescape_text("".join(self._pieces)))
