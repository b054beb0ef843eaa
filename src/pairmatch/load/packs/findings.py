"""What is wrong with a pack, collected while it is read: everything at once."""

from dataclasses import dataclass, field

from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.packs import LOCAL_ID, MAX_ROWS, MAX_RULES
from pairmatch.load.records.headers import suggest_names

MAX_EXAMPLES = 1_000
"""How many examples a pack may hold."""


@dataclass(slots=True)
class PackFindings:
    """The findings on one pack, which is that of the plugin called `plugin`."""

    plugin: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether the pack cannot be used."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def tell(self, code: str, place: Place, **params: str) -> None:
        """Add an error; its value and column are among the parameters if not given."""
        self.mention(code, place, Severity.ERROR, **params)

    def mention(self, code: str, place: Place, severity: Severity, **params: str) -> None:
        """Add a finding that need not be an error."""
        told = {"plugin": self.plugin, "value": place.value, "column": place.column, **params}
        self.findings.append(Finding(code, severity, place, told))

    def add(self, found: tuple[Finding, ...] | list[Finding]) -> None:
        """Add the findings of a reader that does not know which plugin it reads for."""
        for finding in found:
            params = {**finding.params, "plugin": self.plugin}
            self.findings.append(
                Finding(
                    finding.code, finding.severity, finding.place, params, finding.is_about_code
                )
            )

    def check_local_id(self, text: str, place: Place) -> str:
        """Return a rule's id without the plugin's name; tell if it cannot be one."""
        local_id = text.removeprefix(f"{self.plugin}.")
        if not LOCAL_ID.fullmatch(local_id):
            self.tell("packfiles.bad_rule_id", place, rule=text)
        return local_id

    def check_name(self, text: str, place: Place) -> None:
        """Tell if a pack calls itself other than its folder."""
        if text and text != self.plugin:
            self.tell("packfiles.name_differs", place, name=text)

    def check_expected(self, rules: set[str], local_id: str, place: Place) -> None:
        """Tell if an example expects something of a rule that does not exist."""
        if local_id not in rules:
            closest = suggest_names(local_id, rules)
            code = "packfiles.unknown_rule_close" if closest else "packfiles.unknown_rule"
            self.tell(code, place, rule=local_id, closest=closest)

    def check_size(self, num_rules: int, num_rows: int, place: Place) -> bool:
        """Whether a pack is small enough to be taken in; tell if not."""
        if num_rules <= MAX_RULES and num_rows <= MAX_ROWS:
            return True
        self.tell(
            "packfiles.too_many",
            place,
            rules=str(num_rules),
            rows=str(num_rows),
            max_rules=str(MAX_RULES),
            max_rows=str(MAX_ROWS),
        )
        return False
