"""What is wrong with a pack, collected: every finding says whose pack and which rule it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plugins import PluginInfo


@dataclass(slots=True)
class Problems:
    """The findings of one pack; `rule` is the id of the rule looked at, empty outside rules."""

    info: PluginInfo
    rule: str = ""
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, place: Place, **params: str) -> None:
        """Add an error."""
        self._add(code, Severity.ERROR, place, params)

    def warn(self, code: str, place: Place, **params: str) -> None:
        """Add a warning."""
        self._add(code, Severity.WARNING, place, params)

    def _add(self, code: str, severity: Severity, place: Place, params: Mapping[str, str]) -> None:
        about = {"plugin": self.info.name, "county": self.info.county}
        if self.rule:
            about["rule"] = self.rule
        self.findings.append(Finding(code, severity, place, {**about, **params}))

    @property
    def has_errors(self) -> bool:
        """Whether one of the findings is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
