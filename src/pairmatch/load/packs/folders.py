"""A rule pack in its folder, whichever of the two forms it has."""

from pathlib import Path

from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.packs import RulePack
from pairmatch.domain.plugins import PluginSource
from pairmatch.load.packs.findings import PackFindings
from pairmatch.load.packs.tomlpacks import MAX_BYTES, read_toml_pack
from pairmatch.load.packs.workbooks import read_workbook_pack
from pairmatch.load.plugins import GROUP, PACK_FILE, find_pack_file
from pairmatch.load.readers.textfiles import describe_os_error

CASES_FILE = "cases.toml"


def read_pack(source: PluginSource) -> tuple[RulePack | None, tuple[Finding, ...]]:
    """Read a rule pack; whatever is wrong with it comes back as findings, all at once.

    Parameters
    ----------
    source
        Where it lies; its kind is ``pack``.

    Returns
    -------
    tuple
        The pack, None if there is any error, and the findings in listing order. Never raises.
    """
    told = PackFindings(source.name)
    folder = Path(source.path)
    # The origin of what comes with pairmatch does not say which plugin it is.
    origin = f"{GROUP}/{source.name}" if source.origin == GROUP else source.origin
    path = find_pack_file(folder)
    if path is None:
        told.tell("packfiles.no_table", Place(origin), folder=origin)
        pack = None
    elif path.name == PACK_FILE:
        pack = _read_toml(folder, origin, told)
    else:
        pack = read_workbook_pack(path, f"{origin}/{path.name}", told)
    findings = tuple(sorted(told.findings, key=lambda finding: finding.sort_key))
    return (None if told.has_errors else pack), findings


def _read_toml(folder: Path, origin: str, told: PackFindings) -> RulePack | None:
    names = f"{origin}/{PACK_FILE}", f"{origin}/{CASES_FILE}"
    data = _read_bytes(folder / PACK_FILE, names[0], told)
    has_cases = (folder / CASES_FILE).exists()
    cases = _read_bytes(folder / CASES_FILE, names[1], told) if has_cases else None
    return None if data is None else read_toml_pack(data, cases, names, told)


def _read_bytes(path: Path, name: str, told: PackFindings) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES * 4)
    except OSError as error:
        told.add([describe_os_error(error, name)])
        return None
