"""The input files of a scenario: paths and globs, never outside its folder."""

import re
from pathlib import Path, PurePosixPath

from pairmatch.domain.findings import Finding, Severity
from pairmatch.load.keypaths import KeyPath, show_path
from pairmatch.load.settings import SettingsFile

TABLE_SUFFIXES = frozenset(
    {
        *(".xlsx", ".xlsm", ".csv", ".txt", ".tsv", ".xls", ".et", ".ods", ".xlsb", ".xltx"),
        *(".parquet", ".pq"),
    }
)
_GLOB = re.compile(r"[*?\[]")
_DRIVE = re.compile(r"[A-Za-z]:")


def find_files(
    folder: Path, settings: SettingsFile, entry: KeyPath, given: str | tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return the files that an entry of the settings names, sorted, as POSIX relative paths.

    Lock files of spreadsheet programs (``~$x.xlsx``) and hidden files are passed over.

    Parameters
    ----------
    folder
        The scenario.
    settings
        Its settings.
    entry
        Where the entry stands: ``("inputs", "villages")``, ``("quota", 0, "pairs")`` ...
    given
        What it says.

    Returns
    -------
    tuple
        The files, and findings: paths that leave the folder, patterns nothing matches, files
        that are no tables.
    """
    patterns: tuple[str, ...] = (given,) if isinstance(given, str) else given or ()
    key = show_path(entry).removeprefix("inputs.")
    found: set[str] = set()
    findings: list[Finding] = []
    for k, pattern in enumerate(patterns):
        path = entry if isinstance(given, str) else (*entry, k)
        place = settings.place_of(path, pattern)
        params = {"path": pattern, "key": key}
        text = pattern.replace("\\", "/")
        names = _list_inside(folder, text, settings.bases)
        if names is None:
            findings.append(Finding("load.path_outside", Severity.ERROR, place, params))
            continue
        tables = {n for n in names if _is_table(n) or n == PurePosixPath(text).as_posix()}
        ignored = sorted(names - tables)
        findings += [
            Finding("load.file_ignored", Severity.NOTE, place, {"file": name}) for name in ignored
        ]
        if not tables:
            code = "load.no_match" if _GLOB.search(text) else "load.file_missing"
            findings.append(Finding(code, Severity.ERROR, place, params))
        found |= tables
    return tuple(sorted(found)), tuple(findings)


def _list_inside(folder: Path, text: str, bases: tuple[str, ...]) -> set[str] | None:
    """Return the matches in the scenario or, if it begins with one, in a folder that it extends.

    None means that the path leads out.
    """
    start = next((base for base in sorted(bases, reverse=True) if text.startswith(base)), "")
    root, rest = folder / start, text[len(start) :]
    names = _list_matches(root, rest) if _is_inside(rest) else None
    if names is None or not all(_stays_inside(root, name) for name in names):
        return None
    return {start + name for name in names}


def _is_inside(text: str) -> bool:
    path = PurePosixPath(text)
    absolute = path.is_absolute() or bool(_DRIVE.match(text)) or text.startswith("~")
    return bool(text.strip()) and not absolute and ".." not in path.parts and "\0" not in text


def _stays_inside(folder: Path, name: str) -> bool:
    # A symbolic link may lead anywhere, or round in a circle.
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


def _list_matches(folder: Path, text: str) -> set[str]:
    name = PurePosixPath(text).as_posix()
    try:
        # A file may be called 村情表[1].xlsx: what exists by that name is meant.
        if (folder / name).exists():
            return {name}
        return {
            path.relative_to(folder).as_posix()
            for path in folder.glob(name)
            if not path.name.startswith(("~$", ".")) and (path.is_file() or _is_table(path.name))
        }
    except (OSError, ValueError):  # a name too long for the system, or no possible pattern
        return set()


def _is_table(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES
