"""Jobs on scenario folders: the demo, a new scenario, forms, marked copies."""

from collections.abc import Sequence
from pathlib import Path

from pairmatch.domain.findings import Severity
from pairmatch.domain.plugins import PluginOptions
from pairmatch.engine.outcomes import Outcome, Progress
from pairmatch.engine.proposals import NO_OPTIONS, check_scenario, propose_pairing
from pairmatch.errors import BadInputError, UsageError
from pairmatch.messages import Language

BUNDLE = "cangzhou-2026"
VARIANTS = ("continuity", "fairness", "industry", "rotation", "without-plugins")
"""Scenarios that extend the bundled one, to compare it with."""
DEMO_FOLDER = "pairmatch-demo"
MARKABLE = (".xlsx", ".xlsm", ".csv", ".txt", ".tsv")
"""Endings of the tables that marked copies are made of."""
WITHOUT_PLUGINS = PluginOptions(only=frozenset())
"""Forms hold nothing of plugins, so none is run for them."""


def run_demo(
    out: Path | None, progress: Progress | None = None, options: PluginOptions = NO_OPTIONS
) -> Outcome:
    """Copy the bundled scenario and its variants into a folder, unless there, and propose.

    Raises
    ------
    BadInputError
        If this installation lacks the scenario, or the folder holds one with errors.
    """
    from pairmatch.load.bundles import list_names, read_bundle
    from pairmatch.store.files import write_files

    parent = out or Path(DEMO_FOLDER)
    for name in (BUNDLE, *(f"{BUNDLE}-{variant}" for variant in VARIANTS)):
        bundle = read_bundle(name)
        if bundle is None:
            raise BadInputError("engine.no_bundle")
        if "scenario.toml" not in list_names(parent / name):
            write_files(parent / name, bundle)
    folder = parent / BUNDLE
    return propose_pairing(folder, None, options, progress=progress)


def init_scenario(folder: Path) -> tuple[Path, ...]:
    """Write a new scenario: commented settings and blank workbooks.

    Raises
    ------
    UsageError
        If the folder holds anything.
    """
    from pairmatch.load.bundles import list_names, read_starter
    from pairmatch.load.taxonomy import read_taxonomy
    from pairmatch.report.forms import build_unit_form, build_village_form
    from pairmatch.store.files import write_files

    if list_names(folder):
        raise UsageError("engine.folder_not_empty", folder=str(folder))
    taxonomy = read_taxonomy()
    files = {
        "scenario.toml": read_starter().encode(),
        "data/村情表.xlsx": build_village_form(taxonomy, (), "", prefilled=False),
        "data/帮扶单位.xlsx": build_unit_form(taxonomy, (), prefilled=False),
    }
    return write_files(folder, files)


def write_forms(folder: Path, out: Path, prefilled: bool) -> tuple[Path, ...]:
    """Write one village workbook per county and the units' workbook, blank or filled in.

    Raises
    ------
    BadInputError
        If the inputs cannot be read at all; single cells that cannot be read stay blank.
    UsageError
        If files of these names are there already with other content: they may be filled in.
    """
    from pairmatch.report.forms import build_unit_form, build_village_form
    from pairmatch.store.files import find_other_files, write_files

    inputs, findings = check_scenario(folder, WITHOUT_PLUGINS)
    if inputs is None:
        num_errors = sum(finding.severity is Severity.ERROR for finding in findings)
        raise BadInputError("engine.bad_input", findings, count=str(num_errors))
    files = {"帮扶单位.xlsx": build_unit_form(inputs.taxonomy, inputs.units, prefilled)}
    for county in sorted({village.county for village in inputs.villages}):
        villages = [village for village in inputs.villages if village.county == county]
        files[f"{county}村情表.xlsx"] = build_village_form(
            inputs.taxonomy, villages, county, prefilled
        )
    _refuse_overwriting(out, find_other_files(out, files))
    return write_files(out, files)


def mark_inputs(
    folder: Path, out: Path, lang: Language, options: PluginOptions = NO_OPTIONS
) -> tuple[Path, ...]:
    """Write copies of the workbooks and tables that have findings, with the cells marked.

    Rule packs of the scenario are among them; those that lie elsewhere are not.

    Raises
    ------
    UsageError
        If a copy would take the place of one of the inputs.
    """
    from pairmatch.load.bundles import keep_own_files, read_copy
    from pairmatch.report.marks import build_marked_workbook
    from pairmatch.store.files import find_same_files, write_files

    inputs, findings = check_scenario(folder, options)
    named = {f.place.file for f in findings if f.place.row or f.place.cell}
    marked = keep_own_files(folder, sorted(named))
    files = {
        _name_copy(name, marked): build_marked_workbook(
            read_copy(folder, name), name, [f for f in findings if f.place.file == name], lang
        )
        for name in marked
        if name.lower().endswith(MARKABLE)
    }
    originals = (*marked, *(inputs.digests if inputs is not None else ()))
    _refuse_overwriting(out, find_same_files(out, files, [folder / name for name in originals]))
    return write_files(out, files)


def _name_copy(name: str, names: Sequence[str]) -> str:
    stem = name.rpartition(".")[0]
    taken = any(other != name and other.rpartition(".")[0] == stem for other in names)
    return f"{name}.xlsx" if taken else f"{stem}.xlsx"


def _refuse_overwriting(out: Path, names: Sequence[str]) -> None:
    if names:
        raise UsageError("engine.would_overwrite", folder=str(out), files="、".join(names))
