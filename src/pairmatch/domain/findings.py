"""Findings: what is wrong or doubtful in the input, each with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is: an error stops the job, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: file (relative to the scenario), sheet, row (from 1), column.

    `column` is the header as the file has it, `cell` the address such as ``C7`` (empty for CSV),
    `value` the text found there.
    """

    file: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""
    cell: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or doubtful: a message code with parameters, a severity and a place.

    `is_about_code` tells that its value is an id or code, which must be read to be mended.
    """

    code: str
    severity: Severity
    place: Place = Place()
    params: Mapping[str, str] = field(default_factory=dict)
    is_about_code: bool = field(default=False, compare=False, repr=False)

    @property
    def sort_key(self) -> tuple[int, Place, str, tuple[tuple[str, str], ...]]:
        """Errors first, then by place: the order of every listing, whatever the reading order."""
        order = (Severity.ERROR, Severity.WARNING, Severity.NOTE).index(self.severity)
        return order, self.place, self.code, tuple(sorted(self.params.items()))
