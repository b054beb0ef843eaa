"""A proposal: inputs, answer, proof and reasons together, as reports and runs show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.findings import Finding
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem
from pairmatch.domain.scores import Exclusion


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule that took part: its id, version, labels and spread in steps."""

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    spread: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proven matching with everything needed to report it.

    `explanations` follow the order of the matching's chosen pairs (unit id, then village id).
    `run_id` is the digest of inputs, settings and versions: the same for the same question.
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
