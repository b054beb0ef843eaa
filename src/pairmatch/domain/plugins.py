"""Plugins: what an author declares, where one was found, and what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pairmatch.domain.findings import Finding, Severity

API_LEVEL = 1
"""Level of the hooks of this version: a plugin for a newer one is refused."""

PLUGIN_NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What a plugin may be called, and the part of a rule id after its name."""

PLUGINS_VARIABLE = "PAIRMATCH_LOAD_PLUGINS"
"""The variable that names the plugins to load, whatever the scenario says."""

SLOW_S = 2.0
"""Seconds beyond which a plugin is called slow."""

PluginKind = Literal["python", "pack", "package"]


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What a plugin says about itself: a Python plugin as ``PLUGIN``, a pack under ``[pack]``.

    `name` (small Latin letters, digits, ``_``) is also the name of its folder, and every rule id
    begins with it. `county` is the one county whose villages its rules see. `api` is the level of
    the hooks it was written for.
    """

    name: str
    county: str
    version: str
    label_zh: str = ""
    label_en: str = ""
    api: int = API_LEVEL


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin that was found: its name and where it lies, not loaded yet.

    `kind` is ``python`` (a folder with ``plugin.py``), ``pack`` (a folder with ``pack.toml`` or
    one workbook) or ``package`` (installed with pip). `path` is the folder, or the entry point of
    a package (``module:attribute``); `origin` says where it is in words that are the same on every
    computer: a path relative to the scenario, ``pairmatch`` for those that come with it, or the
    name and version of the distribution. `digest` is the SHA-256 over its files. `is_on` tells
    whether the scenario switches it on, `why` the message code of the reason.
    """

    name: str
    kind: PluginKind
    path: str
    origin: str
    digest: str
    is_on: bool
    why: str


@dataclass(frozen=True, slots=True)
class PluginState:
    """What became of a plugin in a run: ``on``, ``off`` (not wanted) or ``broken`` (left out).

    `why` is a message code with `params`. `hooks` are the hooks it implements, `rules` the ids of
    its rules, `offers` those of its actions and templates. `county` and `version` are empty if it
    could not be loaded.
    """

    name: str
    kind: PluginKind
    origin: str
    digest: str
    state: Literal["on", "off", "broken"]
    why: str
    params: Mapping[str, str] = field(default_factory=dict)
    county: str = ""
    version: str = ""
    label_zh: str = ""
    label_en: str = ""
    hooks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


RESERVED_NAMES = frozenset({"builtin", "condition", "pairmatch"})
"""What no plugin may be called: pairmatch itself uses these names, as in ids of rules."""


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """How a user wants plugins to be run.

    `only` names the plugins to load whatever the scenario says (the variable
    PAIRMATCH_LOAD_PLUGINS), None leaves it to the scenario. `skip_broken` goes on without a plugin
    that breaks its contract; `isolate` runs each in a process of its own, which may take `time_s`
    seconds for a step and `memory_mb` MB. `probe` is for the conformance suite: such a run has no
    network, and its random numbers and clock depend on that number.
    """

    only: frozenset[str] | None = None
    skip_broken: bool = False
    isolate: bool = False
    time_s: float = 10.0
    memory_mb: int = 1024
    probe: int = 0


@dataclass(frozen=True, slots=True)
class Influence:
    """What one plugin does to the pairing, measured by solving again without it; points in steps.

    `num_pairs` pairs are in the pairing only with the plugin, of which `num_pairs_elsewhere` in
    other counties; `num_excluded` pairs are refused by its conditions and by no other. `own_gain`
    is what its county gains, its rules' points included; `own_base_gain` the same without them;
    `others_cost` what the other counties lose. `loss` is the base score (all points but the
    plugin's own) lost in all, `loss_by_conditions` the part due to its conditions, for which there
    is no bound, and `loss_by_scores` the rest, which is never above `bound`. `num_matched_lost` is
    how many pairs fewer there are.
    """

    plugin: str
    county: str
    num_pairs: int
    num_pairs_elsewhere: int
    num_excluded: int
    own_gain: int
    own_base_gain: int
    others_cost: int
    loss: int
    loss_by_conditions: int
    loss_by_scores: int
    bound: int
    num_matched_lost: int


@dataclass(frozen=True, slots=True)
class PluginReport:
    """What the conformance suite says about one plugin.

    `passed` are the message codes of the checks it passed (`plugins.check_*`); `findings` what it
    failed or was warned of; `seconds` how long its code took for one scoring of the scenario.
    """

    state: PluginState
    passed: tuple[str, ...]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong with it."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Audit:
    """The influence of all plugins of a scenario on its pairing; points in steps.

    `influences` is empty and `is_feasible` False if there is no pairing at all.
    """

    states: tuple[PluginState, ...]
    influences: tuple[Influence, ...]
    findings: tuple[Finding, ...]
    steps_per_point: int
    total: int
    num_matched: int
    is_feasible: bool
    seconds: float
