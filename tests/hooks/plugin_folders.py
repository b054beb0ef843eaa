"""Plugins as folders of a few lines, loaded for two counties."""

from collections.abc import Sequence
from pathlib import Path

from pairmatch.domain.plugins import PluginOptions, PluginSource
from pairmatch.hooks.manager import Plugins, open_plugins
from pairmatch.load.packs import read_pack
from pairmatch.load.taxonomy import read_taxonomy

COUNTIES = ("乙县", "甲县")

HEAD = """
from pairmatch.hooks import (
    NO_POINTS, PluginInfo, Points, Reason, hookimpl, make_contribution, refuse_pairs, score_pairs
)

PLUGIN = PluginInfo(name="{name}", county="{county}", version="1", label_zh="试", label_en="try")
"""

BODY = """
@score_pairs(
    rule_id="{name}.near", version="1", label_zh="近", label_en="near", spread=2,
    fields=("village.county",),
)
def near(unit, village):
    return Points(2, "单数", "odd") if unit.unit_id.endswith(("1", "3")) else NO_POINTS


@refuse_pairs(rule_id="{name}.never", version="1", label_zh="不", label_en="never")
def never(unit, village):
    return Reason("不行", "no") if unit.unit_id.endswith("9") else None


@hookimpl
def pairmatch_score_rules(county):
    return (near,) if county == PLUGIN.county else ()


@hookimpl
def pairmatch_eligibility_rules(county):
    return (never,) if county == PLUGIN.county else ()
"""


def write_plugin(
    folder: Path, name: str, body: str = BODY, *, county: str = "甲县", head: str = HEAD
) -> PluginSource:
    """Write a plugin and return it as a source that is on."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    text = (head + body).replace("{name}", name).replace("{county}", county)
    (path / "plugin.py").write_text(text, encoding="utf-8")
    origin, why = f"plugins/{name}", "plugins.on_folder"
    return PluginSource(name, "python", str(path), origin, "0", True, why)


def load(sources: Sequence[PluginSource], options: PluginOptions | None = None) -> Plugins:
    """Load plugins for two counties, in this process unless the options say otherwise."""
    return open_plugins(sources, read_pack, COUNTIES, read_taxonomy(), options or PluginOptions())
