"""A proposal: inputs, answer, proof and reasons together, as reports and runs show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.findings import Finding
from pairmatch.domain.freedom import Freedom
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Matching
from pairmatch.domain.plugins import Influence, PluginState
from pairmatch.domain.problem import Problem
from pairmatch.domain.scores import Exclusion


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule that took part: its id, version, labels and spread in steps.

    `plugin` and `county` name who gave it, for whose villages; both are empty for a built-in one.
    """

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    spread: int
    plugin: str = ""
    county: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proven matching with everything needed to report it.

    `explanations` follow the order of the matching's chosen pairs (unit id, then village id).
    `run_id` is the digest of inputs, settings, plugins and versions: the same for the same
    question. `plugins` says what became of every plugin that was found, `influences` what each
    that took part does to the pairing. `freedom` is what may still be chosen, at which price; None
    where the answer is more than a flow.

    `num_pairs` is how many pairs the proof is over where there are too many to list: then the
    candidates are the chosen ones and those of least loss beside them, and there are neither
    explanations nor influences; else it is 0.
    """

    inputs: Inputs
    problem: Problem
    matching: Matching
    explanations: tuple[PairExplanation, ...]
    exclusions: tuple[Exclusion, ...]
    findings: tuple[Finding, ...]
    rules: tuple[RuleUse, ...]
    run_id: str
    versions: Mapping[str, str] = field(default_factory=dict)
    plugins: tuple[PluginState, ...] = ()
    influences: tuple[Influence, ...] = ()
    freedom: Freedom | None = None
    num_pairs: int = 0

    @property
    def broken_plugins(self) -> tuple[PluginState, ...]:
        """The plugins that were left out because they broke their contract."""
        return tuple(plugin for plugin in self.plugins if plugin.state == "broken")
