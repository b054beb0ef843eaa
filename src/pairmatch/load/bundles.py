"""Files that come with pairmatch, and copies of a scenario's own files as they are."""

from collections.abc import Mapping
from pathlib import Path

import pairmatch.data

RESULT_FOLDERS = ("expected", "runs")
"""Folders of a scenario that hold results, not inputs."""


def read_bundle(name: str) -> Mapping[str, bytes] | None:
    """Return the input files of a bundled scenario by relative path, or None if it is missing."""
    package = Path(pairmatch.data.__file__).parent
    # Inside an installed package, or beside src/ in a checkout.
    for parent in (package / "scenarios", package.parents[2] / "scenarios"):
        folder = parent / name
        if (folder / "scenario.toml").is_file():
            return {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(folder.rglob("*"))
                if path.is_file() and path.relative_to(folder).parts[0] not in RESULT_FOLDERS
            }
    return None


def read_starter() -> str:
    """Return the commented settings that a new scenario starts with."""
    path = Path(pairmatch.data.__file__).parent / "starter" / "scenario.toml"
    return path.read_text(encoding="utf-8")


def read_copy(folder: Path, name: str) -> bytes:
    """Return the bytes of a scenario's file."""
    return (folder / name).read_bytes()


def list_names(folder: Path) -> tuple[str, ...]:
    """Return the names of what a folder holds, sorted; none if it does not exist."""
    return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()
