"""Plugins written on the fly, the candidates they are asked about, and how to load them."""

import textwrap
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from pairmatch.domain.candidates import Background, Candidates, Contribution, UnitSide, VillageSide
from pairmatch.domain.findings import Finding
from pairmatch.domain.plugins import PluginOptions, PluginSource
from pairmatch.domain.records import Reading, Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.containment import Containment
from pairmatch.hooks.loading import PluginFacts, build_manager, load_plugin, open_module

COUNTY = "黄骅市"
COUNTIES = ("孟村回族自治县", COUNTY)
TAXONOMY = Taxonomy((), (), (), (), (), MappingProxyType({"A": "农业"}), {})
QUICK = PluginOptions(isolate=True, time_s=1.0, memory_mb=256)
PATIENT = PluginOptions(isolate=True, time_s=30.0, memory_mb=256)

HEAD = f"""
from pairmatch.hooks import *
import os, sys
import numpy as np
PLUGIN = PluginInfo("yanchang", "{COUNTY}", "1")

def make_rule(contribute, name="yanchang.salt"):
    return ScoreRule(name, "1", "盐场", "salt", contribute, spread=Decimal(3))

def make_condition(decide, explain, name="yanchang.coast"):
    return EligibilityRule(name, "1", "沿海", "coast", decide, explain)

from decimal import Decimal
"""

RULES = """
@hookimpl
def pairmatch_score_rules(county):
    return (make_rule(contribute),) if county == PLUGIN.county else ()
"""

CONDITIONS = """
@hookimpl
def pairmatch_eligibility_rules(county):
    return (make_condition(decide, explain),) if county == PLUGIN.county else ()
"""


def make_source(folder: Path, code: str, name: str = "yanchang") -> PluginSource:
    """Write a plugin whose code is added to the usual head."""
    return write_source(folder, HEAD + textwrap.dedent(code), name)


def make_rule_source(folder: Path, *bodies: str, name: str = "yanchang") -> PluginSource:
    """Write a plugin with a score rule for each body of its function, the first being `salt`."""
    names = ("salt", *(f"salt_{number:02}" for number in range(1, len(bodies))))
    functions = "".join(
        f"def {rule}(candidates, spread):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
        for rule, body in zip(names, bodies, strict=True)
    )
    rules = ", ".join(f"make_rule({rule}, '{name}.{rule}')" for rule in names)
    hook = RULES.replace("make_rule(contribute)", rules)
    return write_source(folder, HEAD.replace("yanchang", name) + functions + hook, name)


def write_source(folder: Path, code: str, name: str = "yanchang") -> PluginSource:
    """Write a plugin whose code is just this."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "plugin.py").write_text(code, encoding="utf-8")
    return PluginSource(name, "python", str(path), f"plugins/{name}", "0" * 64, True, "")


def load_here(source: PluginSource) -> tuple[PluginFacts, Containment]:
    """Load a plugin into this process."""
    return load_plugin(build_manager(), source, lambda: open_module(source), COUNTIES, TAXONOMY)


def make_candidates(num_units: int = 3, num_villages: int = 4) -> Candidates:
    """Return all pairs of a county's villages, read-only as the core gives them to plugins."""
    units = tuple(
        Unit(f"U{k}", f"单位{k}", county=COUNTIES[k % 2], capabilities=MappingProxyType({"c": k}))
        for k in range(num_units)
    )
    villages = tuple(
        Village(
            f"13098300000{k}",
            f"村{k}",
            county=COUNTY,
            types=frozenset({"1", "2"}),
            indicators=MappingProxyType({"pop": Reading(100.0 * k), "coast": Reading()}),
        )
        for k in range(num_villages)
    )
    needs = _lock(np.arange(num_villages * 2, dtype=np.int64).reshape(num_villages, 2))
    return Candidates(
        UnitSide(units, _lock(np.arange(num_units * 2, dtype=np.int64).reshape(num_units, 2))),
        VillageSide(villages, needs, needs, needs, needs),
        _lock(np.repeat(np.arange(num_units, dtype=np.int32), num_villages)),
        _lock(np.tile(np.arange(num_villages, dtype=np.int32), num_units)),
        100,
        Background(TAXONOMY, distances=MappingProxyType({(COUNTY, COUNTY): 1.5})),
    )


def describe(contribution: Contribution) -> tuple[Any, ...]:
    """Return all of a contribution as values that can be compared."""
    arrays = (contribution.points, contribution.low, contribution.high)
    return (
        *((array.dtype.str, array.shape, array.tobytes()) for array in arrays),
        list(contribution.reasons),
    )


def the_only(findings: tuple[Finding, ...]) -> Finding:
    [finding] = findings
    return finding


def _lock(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
