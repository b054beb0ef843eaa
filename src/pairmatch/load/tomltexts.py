"""The text of a TOML file: parsed, and every way it can be mistyped named with its line."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pairmatch.domain.findings import Finding, Place, Severity

_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")
_SMART_QUOTES = re.compile("[“”‘’„‟＂＇「」]")
_FULL_WIDTH = re.compile(r"[＝，：［］｛｝　＃]")
_BARE_KEY = re.compile(r"""\s*\[{0,2}[^"'=#\[\]]*[^\x00-\x7f"'][^"'=#]*(?:=|\]|$)""")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def read_toml(data: bytes, name: str) -> tuple[Mapping[str, Any], str, Finding | None]:
    """Return what the bytes of a TOML file say, and its text; numbers stay exactly as written.

    Parameters
    ----------
    data
        The whole file.
    name
        Its name, for findings.

    Returns
    -------
    tuple
        The values, the text with plain line ends, and what keeps the file from being read.
    """
    text, problem = _decode(data, name)
    if problem:
        return {}, "", problem
    try:
        return tomllib.loads(text, parse_float=Decimal), text, None
    except RecursionError:
        message = "nested too deeply (at line 1, column 1)"
        return {}, text, _describe_syntax(message, text, name)
    except (ValueError, ArithmeticError) as error:  # also whole numbers of thousands of digits
        return {}, text, _describe_syntax(str(error), text, name)


def _decode(data: bytes, name: str) -> tuple[str, Finding | None]:
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    try:
        text = data.removeprefix(mark).decode(encoding)
        return text.replace("\r\n", "\n").replace("\r", "\n"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(name, "", line)
        return "", Finding("settings.not_utf8", Severity.ERROR, place, {"line": str(line)})


def _describe_syntax(message: str, text: str, name: str) -> Finding:
    lines = text.split("\n")
    match = _POSITION.search(message)
    number, column = (int(match[1]), int(match[2])) if match else (len(lines), 1)
    line = lines[number - 1] if number <= len(lines) else ""
    # A parser that stops at the start of the next line means the end of this one.
    if not line.strip() and number > 1:
        number, line = number - 1, lines[number - 2]
    code, params = _diagnose(message, line, text, number)
    params |= {"line": str(number), "column": str(column), "text": line.strip()}
    place = Place(name, "", number, "", "", line.strip())
    return Finding(f"settings.{code}", Severity.ERROR, place, params)


def _diagnose(message: str, line: str, text: str, number: int) -> tuple[str, dict[str, str]]:
    if re.search("overwrite|declare|twice|mutate|redefine|redundant", message, re.IGNORECASE):
        return "duplicate_key", _describe_duplicate(line, text, number)
    outside = re.sub(r""""[^"\\]*"|'[^']*'""", '""', line).partition("#")[0]
    if _SMART_QUOTES.search(outside):
        return "smart_quotes", {}
    if _FULL_WIDTH.search(outside):
        return "full_width", {}
    if "\\" in line and re.search("escape|hex|unescaped|scalar", message, re.IGNORECASE):
        return "backslash", {}
    if _BARE_KEY.match(outside):
        return "bare_key", {"key": outside.partition("=")[0].strip(" []")}
    return "syntax", {}


def _describe_duplicate(line: str, text: str, number: int) -> dict[str, str]:
    key = line.partition("=")[0].strip()
    earlier = [
        k
        for k, other in enumerate(text.split("\n")[: number - 1], 1)
        if other.partition("=")[0].strip() == key
    ]
    return {"key": key, "first": str(earlier[-1]) if earlier else "?"}
