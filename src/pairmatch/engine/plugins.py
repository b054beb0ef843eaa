"""Jobs on plugins: list them, check them, measure what they do, begin a new one."""

import difflib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from pairmatch.domain.fields import Field, name_with_side
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.plugins import (
    PLUGIN_NAME,
    RESERVED_NAMES,
    Audit,
    PluginInfo,
    PluginOptions,
    PluginReport,
    PluginSource,
    PluginState,
)
from pairmatch.engine.outcomes import Progress
from pairmatch.engine.proposals import NO_OPTIONS, answer_scenario
from pairmatch.engine.scenarios import list_counties, open_scenario
from pairmatch.errors import BadInputError, UsageError

if TYPE_CHECKING:
    from pairmatch.domain.inputs import Inputs

UNQUOTABLE = frozenset("\"'\\$")
"""Characters that would end a text in TOML or Python, or stand for a placeholder."""

PACK_WORKBOOK = "打分规则.xlsx"
PLUGIN_FOLDER = "plugins"
BUNDLE = "cangzhou-2026"


def list_plugins(
    folder: Path, options: PluginOptions = NO_OPTIONS
) -> tuple[tuple[PluginState, ...], tuple[Finding, ...]]:
    """Return what became of every plugin found for a scenario, and what is wrong with them.

    Raises
    ------
    BadInputError
        If the scenario cannot be read at all.
    """
    with open_scenario(folder, options) as opened:
        if opened.plugins is None:
            raise BadInputError("engine.bad_input", opened.findings, count="1")
        # Those too that no state tells of: wanted and not there, or nothing that can be loaded.
        about = [
            f for f in opened.findings if "plugin" in f.params or f.code.startswith("plugins.")
        ]
        return opened.plugins.states, tuple(about)


def check_plugins(
    folder: Path,
    names: Sequence[str] = (),
    options: PluginOptions = NO_OPTIONS,
    *,
    data: Path | None = None,
) -> tuple[PluginReport, ...]:
    """Run the conformance suite over plugins.

    Parameters
    ----------
    folder
        A scenario, whose plugins are checked with its data; or the folder of one plugin.
    names
        The plugins to check, on or off; all that are on if empty.
    options
        The limits they must keep.
    data
        The scenario whose data the plugin of a folder is tried on; the bundled one by default.

    Raises
    ------
    BadInputError
        If the scenario or its plugin folders cannot be used.
    UsageError
        If there is no such plugin.
    """
    from pairmatch.engine.conformance import examine_plugin
    from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules
    from pairmatch.score.city import score_city

    inputs, sources, faults = _find_sources(folder, options, data)
    lost = [_report_lost(fault) for fault in faults if not names or fault.params["plugin"] in names]
    chosen = [s for s in sources if s.name in names] if names else [s for s in sources if s.is_on]
    known = [*(s.name for s in sources), *(fault.params["plugin"] for fault in faults)]
    missing = sorted(set(names) - set(known))
    if missing:
        near = difflib.get_close_matches(missing[0], known, n=1, cutoff=0.0)
        raise UsageError("plugins.no_such", plugin=missing[0], closest="".join(near) or "–")
    city = score_city(inputs, collect_builtin_rules(), collect_builtin_conditions())
    reports = [examine_plugin(source, inputs, city, options) for source in chosen]
    return tuple(sorted((*lost, *reports), key=lambda report: report.state.name))


def _report_lost(fault: Finding) -> PluginReport:
    """Return the report on a plugin that was wanted and of which there is nothing to examine."""
    from pairmatch.hooks.manager import name_broken

    return PluginReport(name_broken(fault), (), (fault,), 0.0)


def audit_plugins(
    folder: Path, options: PluginOptions = NO_OPTIONS, progress: Progress | None = None
) -> Audit:
    """Return what every plugin does to the pairing of a scenario, measured by solving without it.

    Raises
    ------
    BadInputError
        If the inputs hold errors.
    PluginFaultError
        If plugins break their contracts.
    """
    began = time.perf_counter()
    with open_scenario(folder, options) as opened:
        answered = answer_scenario(opened, options, progress)
        inputs, plugins = opened.require(options)
        states = plugins.states
    found = answered.answer
    return Audit(
        states=states,
        influences=answered.influences,
        findings=opened.findings,
        steps_per_point=inputs.scenario.scoring.steps_per_point,
        total=0 if found is None else found.matching.total,
        num_matched=0 if found is None else found.matching.num_matched,
        is_feasible=found is not None,
        seconds=time.perf_counter() - began,
    )


def create_plugin(folder: Path, info: PluginInfo, kind: str) -> tuple[Path, ...]:
    """Write a new plugin that passes its own tests, into ``plugins/NAME`` of a scenario.

    Parameters
    ----------
    folder
        The scenario; or any other folder, which then holds ``NAME`` itself.
    info
        Name, county and labels of the plugin.
    kind
        ``python``, ``pack`` (a workbook) or ``toml`` (a pack as text).

    Raises
    ------
    UsageError
        If the name is none or taken, the county is not one of the scenario's, or the folder is not
        empty.
    """
    from pairmatch.load.bundles import list_names
    from pairmatch.store.files import write_files

    if not PLUGIN_NAME.fullmatch(info.name):
        raise UsageError("plugins.bad_name", name=info.name)
    if info.name in RESERVED_NAMES:
        raise UsageError("plugins.reserved_name", plugin=info.name)
    for text in (info.county, info.label_zh, info.label_en):
        if not text.isprintable() or UNQUOTABLE & set(text):
            raise UsageError("plugins.bad_label", text=text)
    is_scenario = "scenario.toml" in list_names(folder)
    if is_scenario:
        _require_county(folder, info.county)
    target = folder / PLUGIN_FOLDER / info.name if is_scenario else folder / info.name
    if list_names(target):
        raise UsageError("engine.folder_not_empty", folder=str(target))
    return write_files(target, _fill_scaffold(info, kind))


def _fill_scaffold(info: PluginInfo, kind: str) -> dict[str, bytes]:
    """Return the files of a new plugin by name."""
    from pairmatch.engine.fields import list_fields
    from pairmatch.load.bundles import read_scaffold
    from pairmatch.report.packforms import build_pack_workbook

    values = {"name": info.name, "county": info.county, "label": info.label_zh}
    files = {
        Template(name).substitute(values): Template(text).substitute(values).encode("utf-8")
        for name, text in read_scaffold(kind).items()
    }
    if kind == "pack":
        fields = [(name_with_side(field), _describe_field(field)) for field in list_fields()]
        files[PACK_WORKBOOK] = build_pack_workbook(info, fields)
    return files


def _describe_field(field: Field) -> str:
    """Return what a clerk wants to know of a field: its unit, its range, the words it takes."""
    unit = f"单位：{field.unit}" if field.unit else ""
    words = "、".join(word for word, _stored in field.choices)
    span = ""
    if field.minimum is not None and field.maximum is not None and not words:
        span = f"{field.minimum:.15g} 到 {field.maximum:.15g}"
    return "；".join(part for part in (unit, span, words, field.name_en) if part)


def _require_county(folder: Path, county: str) -> None:
    from pairmatch.load.scenario import read_scenario

    inputs, _findings = read_scenario(folder)
    counties = () if inputs is None else list_counties(inputs)
    if counties and county not in counties:
        near = difflib.get_close_matches(county, counties, n=1, cutoff=0.0)
        raise UsageError("plugins.no_such_county", county=county, closest="".join(near))


def _find_sources(
    folder: Path, options: PluginOptions, data: Path | None
) -> "tuple[Inputs, tuple[PluginSource, ...], tuple[Finding, ...]]":
    """Return the inputs to try plugins on, the plugins found beside them, and their faults.

    Raises
    ------
    BadInputError
        If the scenario or its plugin folders cannot be read, or the folder is neither a scenario
        nor a plugin.
    """
    from pairmatch.load.bundles import find_bundle, list_names
    from pairmatch.load.plugins import find_plugin, find_plugins
    from pairmatch.load.scenario import read_scenario

    own: tuple[PluginSource, ...] = ()
    if "scenario.toml" not in list_names(folder):
        source, findings = find_plugin(folder)
        if source is None:
            raise BadInputError("plugins.not_a_plugin", findings, folder=str(folder))
        own, scenario = (replace(source, is_on=True),), data or find_bundle(BUNDLE)
        if scenario is None:
            raise BadInputError("engine.no_bundle")
        folder = scenario
    inputs, findings = read_scenario(folder)
    if inputs is None:
        raise BadInputError("engine.bad_input", findings, count="1")
    if own:
        return inputs, own, ()
    sources, found = find_plugins(folder, inputs.scenario.plugins, options.only)
    errors = [f for f in found if f.severity is Severity.ERROR]
    slips = [f for f in errors if "plugin" not in f.params]  # in the folders, not in a plugin
    if slips:
        raise BadInputError("engine.bad_input", slips, count=str(len(slips)))
    return inputs, sources, tuple(errors)
