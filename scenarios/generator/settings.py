"""Settings files and notes of the scenarios: templates, with the quotas written out per county."""

from pathlib import Path
from string import Template

from .layouts import write_text
from .sources import read_source

TEMPLATES = Path(__file__).resolve().parent / "templates"

CONTINUITY = "continuity = 5          # 上一轮结对评定好的可以续，评定差的换一换\n"


def write_settings(folder: Path, continuity: bool = False) -> None:
    """Write `scenario.toml` and `README.md` into a scenario folder, after the folder's name.

    `continuity` lists the rule on the cycle before, for a scenario that has one.
    """
    rules = _fill("rules.toml", continuity=CONTINUITY if continuity else "")
    counties = [row["name_zh"] for row in read_source("cangzhou_counties")]
    quotas = "".join(_fill("quota.toml", county=county) for county in counties)
    write_text(folder / "scenario.toml", _fill(f"{folder.name}.toml", rules=rules, quotas=quotas))
    write_text(folder / "README.md", _fill(f"{folder.name}.md"))


def write_plugins_note(folder: Path) -> None:
    """Write the folder `plugins` of a scenario, with a note on what to put there."""
    write_text(folder / "plugins" / "README.md", _fill("plugins.md"))


def _fill(template: str, **values: str) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return Template(text).substitute(values)
