"""Text tables (.csv, .txt): encoding, delimiter, quoted cells, rows of unequal length."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.load.readers.archives import RejectedFileError
from pairmatch.load.readers.columns import ColumnBuilder
from pairmatch.load.readers.sheets import ColumnSheet, RawColumn

DELIMITERS = (",", "\t", ";")
HEAD_LINES = 20
BATCH_CELLS = 20_000
"""So many cells are read at a time: as many as stay in the processor's cache."""

TextRow = tuple[str, ...]

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SAMPLE = 1 << 16
_MIN_SAMPLE = 8
_MIN_MIXED = 3  # so many Chinese characters valid as UTF-8 do not stand in a GBK line by chance
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROL_BYTES = bytes(c for c in range(128) if _CONTROL.match(chr(c)))
_BLOCK = 1 << 20
_SURE_SYMBOLS = frozenset("、。，；：？！（）【】《》“”‘’—…·％①②③④⑤⑥⑦⑧⑨⑩　～－")


def describe_os_error(error: OSError, name: str) -> Finding:
    """Return the finding for a file that the system does not let us read."""
    codes: dict[type[OSError], str] = {
        FileNotFoundError: "files.not_found",
        IsADirectoryError: "files.folder",
        PermissionError: "files.not_permitted",
    }
    code = codes.get(type(error), "files.not_readable")
    params = {"file": name, "detail": error.strerror or type(error).__name__}
    return Finding(code, Severity.ERROR, Place(name), params)


def parse_csv(data: bytes, name: str) -> tuple[list[TextRow], tuple[Finding, ...]]:
    """Split the bytes of a text table into rows of texts; missing last cells stay missing.

    Parameters
    ----------
    data
        The whole file.
    name
        Its path relative to the scenario, for findings.

    Returns
    -------
    tuple
        The rows in file order (row 1 first, blank rows empty), and findings.

    Raises
    ------
    RejectedFileError
        If the encoding is none we know, or quotes or bytes are broken.
    """
    text = decode_text(data)
    # Tuples of texts drop out of the garbage collector's rounds, which halves the time.
    rows: list[TextRow] = list(map(tuple, _iterate_rows(text)))
    if not any(any(row) for row in rows):
        raise RejectedFileError("files.empty")
    return rows, (*_tell_controls(text, name), *_tell_long_rows(rows, name))


def parse_text_columns(data: bytes, name: str) -> tuple[tuple[RawColumn, ...], tuple[Finding, ...]]:
    """Split the bytes of a large text table into columns; see `parse_csv`.

    What comes back says the same as the rows do, in a twentieth of the memory.

    Parameters
    ----------
    data
        The whole file.
    name
        Its path relative to the scenario, for findings.

    Raises
    ------
    RejectedFileError
        Like `parse_csv`.
    """
    text = decode_text(data)
    builder = ColumnBuilder()
    rows = _iterate_rows(text)
    size = 1
    while batch := list(islice(rows, size)):
        builder.add(batch)
        size = max(1, BATCH_CELLS // max(1, *map(len, batch)))
    columns = builder.build()
    if all(len(column.cells) == 1 for column in columns):
        raise RejectedFileError("files.empty")
    # A search in the text takes as long as all the rest; bytes are looked through in no time.
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    clean = not is_wide and len(data.translate(None, _CONTROL_BYTES)) == len(data)
    controls = () if clean else _tell_controls(text, name)
    return columns, (*controls, *_tell_long_columns(columns, name))


def _iterate_rows(text: str) -> Iterator[list[str]]:
    delimiter, body = _take_separator_line(text)
    if len(body) != len(text):
        yield []  # the `sep=;` line keeps its row number
    lines = _iterate_lines(body)
    reader = csv.reader(lines, delimiter=delimiter or sniff_delimiter(body), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        line = str(reader.line_num)
        at = Place(row=reader.line_num)
        raise RejectedFileError("files.bad_quote", at, line=line, detail=str(error)) from error


def _iterate_lines(text: str) -> Iterator[str]:
    # A stream over the whole text would take four bytes a character.
    start = 0
    while start < len(text):
        end = text.find("\n", start + _BLOCK) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end


def decode_text(data: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else GB18030.

    Statistical guessers misread short Chinese files, so the order is fixed and every candidate is
    decoded strictly; what no encoding explains is refused with its line.

    Parameters
    ----------
    data
        The whole file.

    Raises
    ------
    RejectedFileError
        If a line cannot be decoded, encodings are mixed, or there are NUL bytes.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _refuse_nul(_decode(data.removeprefix(mark), encoding))
    if b"\0" in data:
        raise RejectedFileError("files.nul", _place_byte(data, data.index(b"\0")))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        _refuse_mixture(data)
        text = _decode(data, "gb18030")
        _refuse_rarity(text)
        return text


def sniff_delimiter(text: str) -> str:
    """Return the delimiter of a table: the one that its header line has most of.

    The header is taken to be the line, among the first ones, with the most delimiters outside
    quotes; notes above it have few.
    """
    head = text[:_SAMPLE]
    bare = "".join(head.split('"')[::2])
    lines = bare.splitlines()[:HEAD_LINES]
    counts = [(max((line.count(d) for line in lines), default=0), d) for d in DELIMITERS]
    best = max(count for count, _ in counts)
    return next(delimiter for count, delimiter in counts if count == best)


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RejectedFileError(
            "files.encoding", _place_byte(data, error.start), line=_find_line(data, error.start)
        ) from error


def _find_line(data: bytes, position: int) -> str:
    return str(data.count(b"\n", 0, position) + 1)


def _place_byte(data: bytes, position: int) -> Place:
    return Place(row=int(_find_line(data, position)))


def _refuse_nul(text: str) -> str:
    position = text.find("\0")
    if position >= 0:
        line = text.count("\n", 0, position) + 1
        raise RejectedFileError("files.nul", Place(row=line))
    return text


def _refuse_mixture(data: bytes) -> None:
    # Lines pasted from a UTF-8 file into a GBK file would decode as rare characters. The line to
    # look at is the first of the kind that there is less of.
    utf8_lines: list[int] = []
    other_lines: list[int] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            other_lines.append(number)
        else:
            if sum(map(_is_chinese, text)) >= _MIN_MIXED:
                utf8_lines.append(number)
    if utf8_lines:
        number = min(utf8_lines, other_lines, key=len)[0]
        raise RejectedFileError("files.mixed_encoding", Place(row=number), line=str(number))


def _refuse_rarity(text: str) -> None:
    # Big5 and others decode as GB18030 too, but into characters that hardly anyone uses.
    wide = [character for character in text[:_SAMPLE] if not character.isascii()]
    if len(wide) >= _MIN_SAMPLE and 2 * sum(map(_is_common, wide)) < len(wide):
        position = text.index(next(c for c in wide if not _is_common(c)))
        line = text.count("\n", 0, position) + 1
        raise RejectedFileError("files.encoding", Place(row=line), line=str(line))


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _is_common(character: str) -> bool:
    # The 3,755 most frequent characters are rows 16 to 55 of GB 2312.
    if character in _SURE_SYMBOLS or "！" <= character <= "～":
        return True
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7  # noqa: PLR2004 (the lead bytes of those rows)


def _take_separator_line(text: str) -> tuple[str, str]:
    # Excel's own hint, such as `sep=;` in a line of its own above the table.
    first, line_end, rest = text.partition("\n")
    bare = first.rstrip("\r")
    if line_end and bare.lower().startswith("sep=") and len(bare) == len("sep=") + 1:
        return bare[-1], rest
    return "", text


def _tell_controls(text: str, name: str) -> tuple[Finding, ...]:
    found = _CONTROL.search(text)
    if found is None:
        return ()
    place = Place(name, row=text.count("\n", 0, found.start()) + 1)
    params = {"file": name, "line": str(place.row), "character": f"U+{ord(found[0]):04X}"}
    return (Finding("files.control_character", Severity.WARNING, place, params),)


def _tell_long_rows(rows: list[TextRow], name: str) -> tuple[Finding, ...]:
    width = _find_table_width(rows[:HEAD_LINES])
    if max(map(len, rows)) <= width:
        return ()
    long_rows = [
        number
        for number, row in enumerate(rows, 1)
        if len(row) > width and _find_width(row) > width
    ]
    if not long_rows:
        return ()
    return (_describe_long_rows(name, width, long_rows, rows[long_rows[0] - 1]),)


def _tell_long_columns(columns: tuple[RawColumn, ...], name: str) -> tuple[Finding, ...]:
    sheet = ColumnSheet(name, columns, len(columns[0].codes))

    def build_row(row: int) -> TextRow:
        return tuple("" if cell is None else str(cell) for cell in sheet.build_row(row))

    width = _find_table_width([build_row(row) for row in range(min(HEAD_LINES, sheet.num_rows))])
    is_long = np.zeros(sheet.num_rows, dtype=np.bool_)
    for column in columns[width:]:
        filled = [cell is not None and bool(str(cell).strip()) for cell in column.cells]
        is_long |= np.array(filled, dtype=np.bool_)[column.codes]
    long_rows = (np.flatnonzero(is_long) + 1).tolist()
    if not long_rows:
        return ()
    return (_describe_long_rows(name, width, long_rows, build_row(long_rows[0] - 1)),)


def _find_table_width(head: Sequence[TextRow]) -> int:
    # The header is the first row that is not far narrower than those around it: notes above the
    # table hold one or two cells.
    widths = list(map(_find_width, head))
    return next((width for width in widths if 2 * width > max(widths)), 0)


def _describe_long_rows(
    name: str, width: int, long_rows: Sequence[int], first_row: TextRow
) -> Finding:
    params = {
        "file": name,
        "row": str(long_rows[0]),
        "count": str(len(long_rows)),
        "width": str(width),
        "length": str(_find_width(first_row)),
    }
    place = Place(name, row=long_rows[0], value=first_row[width])
    return Finding("files.long_rows", Severity.WARNING, place, params)


def _find_width(row: TextRow) -> int:
    # Cells up to the last one that holds something.
    return next((k for k in range(len(row), 0, -1) if row[k - 1].strip()), 0)
