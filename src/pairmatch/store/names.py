"""File names that every system accepts, made from whatever text the users' data hold."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

MAX_CHARS = 100
MAX_BYTES = 200  # Linux allows 255 bytes; a temporary name needs some of them

_FORBIDDEN = frozenset('<>:"/\\|?*')
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.I)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_TAGGED = re.compile(r"~[0-9a-f]{8}(\.[A-Za-z0-9]{1,10})?$")


def make_safe_name(text: str) -> str:
    """Return a file name for a text; different texts get different names.

    A text that is a good name on Windows, macOS and Linux stays as it is. Any other loses what
    those systems refuse and gains a mark made from the whole text, ``~`` and eight hex digits, so
    that two texts never share a name.

    Parameters
    ----------
    text
        Any text: a county, a unit, a file name.

    Returns
    -------
    str
        A name without path separators, of at most 100 characters and 200 bytes.

    Examples
    --------
    >>> make_safe_name("黄骅市.xlsx")
    '黄骅市.xlsx'
    >>> make_safe_name("a/b.xlsx").startswith("a_b~")
    True
    """
    name = unicodedata.normalize("NFC", text)
    name = "".join("_" if _is_forbidden(char) else char for char in name)
    name = name.strip(" ").rstrip(". ")
    if name.startswith("."):
        name = "_" + name[1:]
    if _RESERVED.fullmatch(name):
        name = "_" + name
    if name == text and name and _fits(name) and not _TAGGED.search(name):
        return name
    return add_tag(name, text)


def add_tag(name: str, text: str) -> str:
    """Return the name, shortened where needed, with a mark made from `text` before its ending."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    match = _EXTENSION.search(name)
    ending = match.group() if match else ""
    stem = name[: len(name) - len(ending)] or "_"
    while not _fits(f"{stem}~{digest}{ending}"):
        stem = stem[:-1]
    return f"{stem}~{digest}{ending}"


def make_safe_path(text: str) -> str:
    """Return a relative path with ``/``, each of whose parts is a safe name.

    Parameters
    ----------
    text
        A relative path with ``/``; parts such as ``..`` become ordinary names, so the result
        never leads outside the folder it is joined to.
    """
    return "/".join(make_safe_name(part) for part in text.split("/"))


def map_safe_paths(texts: Iterable[str]) -> dict[str, str]:
    """Return a safe path for each text, different also where a system ignores upper case.

    Parameters
    ----------
    texts
        Relative paths with ``/``.
    """
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for text in sorted(set(texts)):
        path = make_safe_path(text)
        if path.casefold() in taken:
            folder, slash, name = path.rpartition("/")
            path = folder + slash + add_tag(name, text)
        taken.add(path.casefold())
        paths[text] = path
    return paths


def _is_forbidden(char: str) -> bool:
    return char in _FORBIDDEN or unicodedata.category(char) in _FORBIDDEN_CATEGORIES


def _fits(name: str) -> bool:
    return len(name) <= MAX_CHARS and len(name.encode("utf-8", "surrogatepass")) <= MAX_BYTES
