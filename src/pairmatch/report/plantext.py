"""What the parts of a help plan are written from: the pair, its fields, and short ways to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pairmatch.domain.plan import PairPlan
from pairmatch.report.plandossier import PlanDossier, number_part, say
from pairmatch.report.planfields import Value
from pairmatch.report.worddocument import Block, Paragraph, Table, make_table

_SMALL = 8
Part = tuple[str, list[Block]]
"""The message code of a heading, and what stands under it."""


@dataclass(frozen=True, slots=True)
class PlanText:
    """A pair with the fields of its plan."""

    dossier: PlanDossier
    pair: PairPlan
    fields: Mapping[str, Value]

    def get(self, name: str) -> str:
        """Return a field that is a text."""
        value = self.fields[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is a list")
        return value

    def list_rows(self, name: str) -> list[dict[str, Any]]:
        """Return a field that is a list of rows."""
        value = self.fields[name]
        if isinstance(value, str):
            raise TypeError(f"{name} is a text")
        return value

    def say(self, code: str, *names: str, **params: str) -> str:
        """Return a sentence that names some of the fields, and other parameters."""
        return say(self.dossier.lang, code, **{name: self.get(name) for name in names}, **params)

    def write(self, code: str, *names: str, **params: str) -> Paragraph:
        """Return a sentence as a paragraph."""
        return Paragraph(self.say(code, *names, **params))

    def name_item(self, name: str, share: str) -> str:
        """Return a need with how much of it is short or left."""
        return self.say("plandocs.item", name=name, share=share)

    def head_part(self, number: int, code: str) -> Paragraph:
        """Return a heading of the second rank."""
        return Paragraph(number_part(self.dossier, number) + self.say(code), "Heading2")

    def tabulate(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[tuple[str, str, int]],
        aligns: str = "",
    ) -> Table:
        """Return rows as a table; a column is a field, the code of its heading, and a width."""
        table = make_table(
            [width for _, _, width in columns],
            [self.say(code) for _, code, _ in columns],
            [[row[name] for name, _, _ in columns] for row in rows],
            aligns,
        )
        return replace(table, stays_whole=len(rows) <= _SMALL)
