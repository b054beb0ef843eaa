"""Files that come with pairmatch, and copies of a scenario's own files as they are."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pairmatch.data

RESULT_FOLDERS = ("expected", "runs")
"""Folders of a scenario that hold results, not inputs."""


def read_bundle(name: str) -> Mapping[str, bytes] | None:
    """Return the input files of a bundled scenario by relative path, or None if it is missing."""
    folder = find_bundle(name)
    if folder is None:
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in RESULT_FOLDERS
    }


def find_bundle(name: str) -> Path | None:
    """Return the folder of a bundled scenario, or None if it is missing."""
    folders = (parent / name for parent in _list_places("scenarios"))
    return next((folder for folder in folders if (folder / "scenario.toml").is_file()), None)


def find_bundled_plugins() -> Path | None:
    """Return the folder of the plugins that come with pairmatch, or None if it is missing."""
    return next((folder for folder in _list_places("plugins") if folder.is_dir()), None)


def _list_places(name: str) -> tuple[Path, ...]:
    package = Path(pairmatch.data.__file__).parent
    # Inside an installed package, or beside src/ in a checkout.
    return package / name, package.parents[2] / name


SCAFFOLDS = {"python": "plugin-python", "pack": "plugin-pack", "toml": "plugin-pack-toml"}
"""Kinds of plugins that can be begun with, and the folder of `starter` that holds each."""


def read_scaffold(kind: str) -> Mapping[str, str]:
    """Return the files that a new plugin starts with, by name, with their placeholders.

    Both the texts and the names of the files may hold ``$name``, ``$county`` and ``$label``, for
    `string.Template`. The workbook of a ``pack`` is not among them: it is built.

    Parameters
    ----------
    kind
        ``"python"``, ``"pack"`` (a workbook) or ``"toml"`` (a rule pack as text).
    """
    folder = Path(pairmatch.data.__file__).parent / "starter" / SCAFFOLDS[kind]
    # The ending keeps tools from taking the templates for programs of ours.
    paths = sorted(folder.glob("*.template"))
    return {path.name.removesuffix(".template"): path.read_text(encoding="utf-8") for path in paths}


def read_starter() -> str:
    """Return the commented settings that a new scenario starts with."""
    path = Path(pairmatch.data.__file__).parent / "starter" / "scenario.toml"
    return path.read_text(encoding="utf-8")


def keep_own_files(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return those names that are files inside a scenario, relative to it."""
    # A copy of a file from outside would be written outside too.
    inside = [n for n in names if ".." not in Path(n).parts and not Path(n).is_absolute()]
    return tuple(name for name in inside if (folder / name).is_file())


def read_copy(folder: Path, name: str) -> bytes:
    """Return the bytes of a scenario's file."""
    return (folder / name).read_bytes()


def list_names(folder: Path) -> tuple[str, ...]:
    """Return the names of what a folder holds, sorted; none if it does not exist."""
    return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()
