"""Plugins where they lie: in folders of the scenario, in pairmatch itself, in installed packages.

Nothing of a plugin is run or imported here: names, kinds and digests only.
"""

import hashlib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, entry_points
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plugins import (
    PLUGIN_NAME,
    PLUGINS_VARIABLE,
    RESERVED_NAMES,
    PluginKind,
    PluginSource,
)
from pairmatch.domain.scenario import PluginsSection
from pairmatch.load.bundles import find_bundled_plugins
from pairmatch.load.readers.files import WORKBOOK_SUFFIXES
from pairmatch.load.records.headers import suggest_names

GROUP = "pairmatch"
"""The group of entry points by which installed packages offer plugins."""
PYTHON_FILE, PACK_FILE = "plugin.py", "pack.toml"

_SETTINGS = "scenario.toml"
_EDITABLE = re.compile(r'"editable"\s*:\s*true')
_ABSOLUTE = re.compile(r"/|~|[A-Za-z]:")
_SCRIPTS, _NOT_OWN = frozenset({"bin", "Scripts"}), frozenset({"tests", "__pycache__"})


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What a user wants of plugins: the scenario's settings, or the names of the variable."""

    settings: PluginsSection
    only: frozenset[str] | None

    def decide(self, name: str, is_own: bool) -> tuple[bool, str]:
        """Return whether a plugin is on and the message code of the reason."""
        if self.only is not None:
            is_on = name in self.only
            return is_on, "plugins.on_variable" if is_on else "plugins.off_variable"
        if name in self.settings.disable:
            return False, "plugins.off_disabled"
        if is_own:
            return True, "plugins.on_folder"
        is_on = name in self.settings.enable
        return is_on, "plugins.on_enabled" if is_on else "plugins.off_not_enabled"


@dataclass(slots=True)
class _Search:
    """Collects what is found; `seen` are all names met, usable or not."""

    wishes: _Wishes
    sources: list[PluginSource] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def add(self, source: PluginSource, is_own: bool) -> None:
        if source.name in RESERVED_NAMES:
            self.refuse("plugins.reserved_name", source.name, source.origin, is_own)
            return
        is_on, why = self.wishes.decide(source.name, is_own)
        self.seen.add(source.name)
        self.sources.append(replace(source, is_on=is_on, why=why))

    def refuse(self, code: str, name: str, origin: str, is_own: bool, **params: str) -> None:
        # What nobody asked for stops no job: it is only told.
        is_on, _why = self.wishes.decide(name, is_own)
        severity = Severity.ERROR if is_on else Severity.NOTE
        self.seen.add(name)
        told = {"plugin": name, "origin": origin, **params}
        self.findings.append(Finding(code, severity, Place(origin), told))

    def tell_setting(self, code: str, severity: Severity, value: str, **params: str) -> None:
        place = Place(_SETTINGS, column="plugins", value=value)
        self.findings.append(Finding(code, severity, place, params))


def find_plugins(
    folder: Path, settings: PluginsSection, only: frozenset[str] | None
) -> tuple[tuple[PluginSource, ...], tuple[Finding, ...]]:
    """Return all plugins that can be had and whether each is on; none is loaded.

    Parameters
    ----------
    folder
        The scenario.
    settings
        Its `[plugins]`.
    only
        The names in the variable PAIRMATCH_LOAD_PLUGINS, which then decides alone; None if it is
        not set.

    Returns
    -------
    tuple
        The plugins sorted by name, and findings: folders that are missing or hold no plugin,
        names that are unknown, doubled or not possible.
    """
    search = _Search(_Wishes(settings, only))
    entries = [_shorten(entry) for entry in settings.folders]
    for entry in dict.fromkeys(entries):
        _search_folder(folder, entry, search)
    bundled = find_bundled_plugins()
    for path in _list_folders(bundled) if bundled else ():
        _add_folder(path, GROUP, False, search)
    _search_packages(search)
    _switch_off_doubles(search)
    _check_names(search)
    sources = sorted(search.sources, key=lambda source: (source.name, source.origin))
    return tuple(sources), tuple(sorted(search.findings, key=lambda finding: finding.sort_key))


def find_plugin(folder: Path) -> tuple[PluginSource | None, tuple[Finding, ...]]:
    """Return the plugin in a folder of its own, whatever scenario it may belong to.

    Parameters
    ----------
    folder
        The plugin's own folder; its name is the plugin's.

    Returns
    -------
    tuple
        The plugin, switched on, or None if the folder holds none; and the findings.
    """
    search = _Search(_Wishes(PluginsSection(), None))
    path = folder.absolute()
    if path.is_dir():
        _add_folder(path, path.name, True, search)
    found = tuple(sorted(search.findings, key=lambda finding: finding.sort_key))
    return (search.sources[0] if search.sources else None), found


# --- folders ---------------------------------------------------------------------------------


def _shorten(entry: str) -> str:
    text = entry.replace("\\", "/").strip()
    return text if _ABSOLUTE.match(text) else os.path.normpath(text or ".").replace("\\", "/")


def _search_folder(scenario: Path, entry: str, search: _Search) -> None:
    if _ABSOLUTE.match(entry):
        search.tell_setting("plugins.folder_absolute", Severity.ERROR, entry, folder=entry)
        return
    folder = scenario / entry
    try:
        if not folder.is_dir():
            search.tell_setting("plugins.folder_missing", Severity.ERROR, entry, folder=entry)
            return
        paths = _list_folders(folder)
        loose = _list_plugin_files(folder)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        detail = getattr(error, "strerror", None) or type(error).__name__
        search.tell_setting(
            "plugins.folder_unreadable", Severity.ERROR, entry, folder=entry, detail=detail
        )
        return
    if loose:
        search.tell_setting(
            "plugins.loose_file", Severity.ERROR, entry, folder=entry, file=loose[0]
        )
    for path in paths:
        _add_folder(path, (PurePosixPath(entry) / path.name).as_posix(), True, search)


def _list_folders(folder: Path) -> list[Path]:
    """Return the sub-folders that may hold plugins."""
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return [p for p in paths if p.is_dir() and not p.name.startswith((".", "__"))]


def _list_plugin_files(folder: Path) -> list[str]:
    """Return the names of the files that make a folder a plugin."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    shown = [name for name in names if not name.startswith((".", "~$"))]
    return [
        name
        for name in shown
        if name in (PYTHON_FILE, PACK_FILE) or Path(name).suffix.lower() in WORKBOOK_SUFFIXES
    ]


def find_pack_file(folder: Path) -> Path | None:
    """Return the table of a rule pack: ``pack.toml``, else its workbook; None if there is none."""
    try:
        names = _list_plugin_files(folder)
    except OSError:
        return None
    tables = [name for name in names if name != PYTHON_FILE]
    chosen = PACK_FILE if PACK_FILE in tables else next(iter(tables), None)
    return folder / chosen if chosen else None


def _add_folder(path: Path, origin: str, is_own: bool, search: _Search) -> None:
    name = path.name
    try:
        files = _list_plugin_files(path)
    except OSError as error:
        detail = error.strerror or type(error).__name__
        search.refuse("plugins.unreadable", name, origin, is_own, detail=detail)
        return
    if not files:
        if is_own:
            params = {"folder": origin}
            search.findings.append(
                Finding("plugins.no_plugin", Severity.NOTE, Place(origin), params)
            )
        return
    shown = "、".join(files)
    if not PLUGIN_NAME.fullmatch(name):
        suggested = _suggest_name(name)
        search.refuse("plugins.bad_folder_name", name, origin, is_own, suggested=suggested)
    elif len(files) > 1 and {PYTHON_FILE, PACK_FILE} & set(files):
        search.refuse("plugins.two_kinds", name, origin, is_own, files=shown)
    elif len(files) > 1:
        search.refuse("plugins.many_workbooks", name, origin, is_own, files=shown)
    else:
        kind: PluginKind = "python" if files == [PYTHON_FILE] else "pack"
        digest = compute_digest(path)
        source = PluginSource(name, kind, str(path.absolute()), origin, digest, False, "")
        search.add(source, is_own)


def _suggest_name(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).lower()
    ascii_name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_0123456789")
    return ascii_name or "huanghua"


def compute_digest(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of a plugin's own files, tests apart.

    Parameters
    ----------
    folder
        The plugin. What cannot be read counts by its name alone.
    """
    return _digest_files(_list_own_files(folder))


def _list_own_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith((".", "__")) and f != "tests"]
        for name in names:
            path = Path(place, name)
            if _is_own_file(name):
                files[path.relative_to(folder).as_posix()] = path
    return files


def _is_own_file(name: str) -> bool:
    is_test = name.startswith("test_") and name.endswith(".py")
    return not (name.startswith((".", "~$")) or name.endswith(".pyc") or is_test)


def _digest_files(files: dict[str, Path]) -> str:
    total = hashlib.sha256()
    # Some file systems store 黄 in two parts: one spelling, so that the digest is the same.
    plain = {unicodedata.normalize("NFC", name): path for name, path in files.items()}
    for name in sorted(plain):
        total.update(name.encode("utf-8", "surrogateescape") + b"\0")
        try:
            if plain[name].is_file():  # a pipe would be waited for without end
                with plain[name].open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError:
            total.update(b"?")
    return total.hexdigest()


# --- packages --------------------------------------------------------------------------------


def _search_packages(search: _Search) -> None:
    try:
        points = sorted(set(entry_points(group=GROUP)), key=lambda point: (point.name, point.value))
    # One package with a spoilt list of entry points spoils the search: any way of failing.
    except Exception as error:
        params = {"detail": f"{type(error).__name__}: {error}"}
        search.findings.append(
            Finding("plugins.packages_unreadable", Severity.WARNING, Place(), params)
        )
        return
    for point in points:
        origin, digest = _describe_package(point)
        if PLUGIN_NAME.fullmatch(point.name):
            source = PluginSource(point.name, "package", point.value, origin, digest, False, "")
            search.add(source, False)
        else:
            suggested = _suggest_name(point.name)
            search.refuse("plugins.bad_folder_name", point.name, origin, False, suggested=suggested)


def _describe_package(point: EntryPoint) -> tuple[str, str]:
    dist = point.dist
    if dist is None:
        return point.module, hashlib.sha256(point.value.encode()).hexdigest()
    try:
        origin = f"{dist.metadata['Name']} {dist.version}"
    except (OSError, KeyError, TypeError, PackageNotFoundError):  # metadata that are cut off
        origin = point.module
    direct = _read_text(dist, "direct_url.json")
    # Installed to be edited in place: its list of files names none of its own.
    is_editable = _EDITABLE.search(direct)
    listed = _list_module_files(point.module) if is_editable else _list_package_files(dist)
    files = {name: path for name, path in listed if path.is_file()}
    if files:
        return origin, _digest_files(files)
    facts = "\0".join((origin, point.value, direct)).encode("utf-8", "surrogateescape")
    return origin, hashlib.sha256(facts).hexdigest()


def _list_package_files(dist: Distribution) -> Iterator[tuple[str, Path]]:
    try:
        listed: Sequence[PurePosixPath] = dist.files or ()
    except (OSError, ValueError, TypeError):
        return
    for path in listed:
        # Scripts name this computer's Python; what is compiled differs from run to run.
        is_script = path.parts[0] == ".." and path.parent.name in _SCRIPTS
        is_about = is_script or path.parts[0].endswith(".dist-info")
        if _is_own_file(path.name) and not is_about and not _NOT_OWN & set(path.parts):
            yield path.as_posix(), Path(str(dist.locate_file(path)))


def _list_module_files(module: str) -> Iterator[tuple[str, Path]]:
    # Its topmost package is found without being imported.
    try:
        spec = find_spec(module.partition(".")[0])
    except (ImportError, ValueError, AttributeError):
        return
    for k, folder in enumerate(spec.submodule_search_locations or () if spec else ()):
        yield from ((f"{k}/{name}", path) for name, path in _list_own_files(Path(folder)).items())
    if spec and spec.origin and spec.submodule_search_locations is None:
        yield Path(spec.origin).name, Path(spec.origin)


def _read_text(dist: Distribution, name: str) -> str:
    try:
        return dist.read_text(name) or ""
    except (OSError, ValueError):
        return ""


# --- names -----------------------------------------------------------------------------------


def _switch_off_doubles(search: _Search) -> None:
    # A plugin that is off takes no name away: a county may have its own of the same name.
    wanted: defaultdict[str, list[PluginSource]] = defaultdict(list)
    for source in search.sources:
        if source.is_on:
            wanted[source.name].append(source)
    doubles = {name: found for name, found in wanted.items() if len(found) > 1}
    for name, found in doubles.items():
        first, second = sorted(source.origin for source in found)[:2]
        params = {"plugin": name, "first": first, "second": second}
        finding = Finding("plugins.same_name", Severity.ERROR, Place(second), params)
        search.findings.append(finding)
    search.sources = [
        replace(source, is_on=False, why="plugins.off_same_name")
        if source.name in doubles and source.is_on
        else source
        for source in search.sources
    ]


def _check_names(search: _Search) -> None:
    settings, only = search.wishes.settings, search.wishes.only
    if only is not None:
        for name in sorted(only - search.seen):
            _tell_unknown(name, PLUGINS_VARIABLE, Severity.ERROR, search)
        return
    for name in sorted(set(settings.enable) - search.seen):
        _tell_unknown(name, "[plugins] enable", Severity.ERROR, search)
    for name in sorted(set(settings.disable) - search.seen):
        _tell_unknown(name, "[plugins] disable", Severity.WARNING, search)
    for name in sorted(set(settings.disable) & set(settings.enable)):
        search.tell_setting("plugins.enabled_and_disabled", Severity.WARNING, name, plugin=name)


def _tell_unknown(name: str, where: str, severity: Severity, search: _Search) -> None:
    closest = suggest_names(name.lower(), search.seen)
    params = {"plugin": name, "where": where, "closest": closest}
    code = "plugins.unknown_close" if closest else "plugins.unknown"
    if where == PLUGINS_VARIABLE:
        search.findings.append(Finding(code, severity, Place(value=name), params))
    else:
        search.tell_setting(code, severity, name, **params)
