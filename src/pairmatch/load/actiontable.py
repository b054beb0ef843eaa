"""A scenario's own actions: rows that add to the catalogue or change an entry of it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pairmatch.domain.actionfaults import (
    LAST_MONTH,
    ActionFault,
    list_action_faults,
    list_chain_faults,
)
from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.plan import MONTHS_PER_QUARTER
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.load.actions import (
    PERCENT,
    REFERENCES,
    read_official_actions,
    read_prerequisites,
    read_seasons,
)
from pairmatch.load.reading import Reading
from pairmatch.load.records.decimals import read_decimal
from pairmatch.load.records.rows import Row
from pairmatch.load.records.tables import describe_actions
from pairmatch.load.records.values import NONE_WORDS

_ACTION_ID = re.compile(r"\w+")
_DASHES = re.compile(r"\s*[—–~～至到]+\s*")
_REFERENCE = re.compile(r"(\w+)=(\d+(?:\.\d+)?)\w?")
_YEAR_ROUND = ((1, LAST_MONTH),)

_COLUMNS: Mapping[str, str] = {
    "cost_low": "cost_low_wan",
    "cost_typ": "cost_typ_wan",
    "cost_high": "cost_high_wan",
    "upkeep_share": "upkeep_pct_per_year",
    "reference_indicator": "reference_village",
    "met_if": "prerequisite_met_if",
}
"""Columns that are not called as the fields of an action are."""

_DECIMALS = ("cost_low", "cost_typ", "cost_high", "outcome_per_unit", "typical_qty", "max_qty")
_TEXTS = ("name_zh", "unit", "basis", "version", "author")
_REQUIRED = (
    *("need_id", "name_zh", "unit", "cost_low", "cost_typ", "cost_high", "duration_months"),
    *("work_months", "outcome_indicator", "outcome_per_unit", "typical_qty", "max_qty"),
)
"""What a new action must state; one that takes the place of another may leave anything out."""

_NEW = ActionType(
    action_id="",
    need_id="",
    name_zh="",
    name_en="",
    unit="",
    cost_low=Decimal(0),
    cost_typ=Decimal(0),
    cost_high=Decimal(0),
    duration_months=1,
    work_months=_YEAR_ROUND,
    outcome_indicator="",
    outcome_per_unit=Decimal(0),
    typical_qty=Decimal(1),
    max_qty=Decimal(1),
)


def read_actions(reading: Reading, taxonomy: Taxonomy) -> tuple[ActionType, ...]:
    """Return the catalogue of a scenario: the package's, with what its table adds and changes.

    Parameters
    ----------
    reading
        The scenario being read; what is wrong is kept in it.
    taxonomy
        The needs, indicators and capabilities that actions may name.
    """
    rows = reading.read_table("actions", describe_actions())
    official = read_official_actions()
    return official if rows is None else reading.keep(build_actions(rows, official, taxonomy))


def build_actions(
    rows: Iterable[Row], official: Iterable[ActionType], taxonomy: Taxonomy
) -> tuple[tuple[ActionType, ...], tuple[Finding, ...]]:
    """Return the catalogue with the rows of a table, and everything that is wrong with them.

    A row with the id of an entry takes its place, and cells that it leaves blank are as they were;
    others come after the catalogue, in the order of the rows.

    Parameters
    ----------
    rows
        The rows of the table.
    official
        The catalogue without it.
    taxonomy
        The needs, indicators and capabilities, which rows call by name or id.
    """
    words = _make_words(taxonomy)
    merged = {action.action_id: action for action in official}
    taken: dict[str, Row] = {}
    findings: list[Finding] = []
    for row in sorted(rows, key=lambda r: r.place):
        action_id = row.text("action_id")
        first = taken.setdefault(action_id, row)
        base = merged.get(action_id)
        builder = _Builder(row, base or replace(_NEW, action_id=action_id), words, base is None)
        action = builder.build()
        findings += builder.findings
        findings += _tell_id(row, first)
        findings += builder.tell(list_action_faults(action, taxonomy))
        if first is row and action_id:
            merged[action_id] = action
    actions = tuple(merged.values())
    findings += _tell_chains(actions, taken)
    return actions, tuple(findings)


@dataclass(frozen=True, slots=True)
class _Words:
    """Ids of needs, indicators and capabilities, by id and by Chinese name in one spelling."""

    needs: Mapping[str, str]
    indicators: Mapping[str, str]
    capabilities: Mapping[str, str]


def _make_words(taxonomy: Taxonomy) -> _Words:
    needs = [(need.need_id, need.name_zh) for need in taxonomy.needs]
    indicators = [(i.indicator_id, i.name_zh) for i in taxonomy.indicators]
    capabilities = [(c.capability_id, c.name_zh) for c in taxonomy.capabilities]
    listed = (
        {_fold(text): key for key, name in pairs for text in (name, key)}
        for pairs in (needs, indicators, capabilities)
    )
    return _Words(*listed)


def _tell_id(row: Row, first: Row) -> Iterator[Finding]:
    action_id, place = row.text("action_id"), row.place_of("action_id")
    if action_id and not _ACTION_ID.fullmatch(action_id):
        params = {"id": action_id}
        yield Finding("catalogue.action_id", Severity.ERROR, place, params, is_about_code=True)
    if action_id and first is not row:
        params = {"id": action_id, "first_file": first.place.file}
        params["first_row"] = str(first.place.row)
        yield Finding("catalogue.action_double", Severity.ERROR, place, params, is_about_code=True)


def _tell_chains(actions: tuple[ActionType, ...], taken: Mapping[str, Row]) -> Iterator[Finding]:
    for fault in list_chain_faults(actions, taken):
        place = taken[fault.action_id].place_of("prerequisites")
        yield Finding(fault.code, Severity.ERROR, place, fault.params)


def _fold(text: str) -> str:
    """Return a text in half-width letters without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


class _Builder:
    """Makes the action of one row; what a cell does not say stays as it is in `base`."""

    def __init__(self, row: Row, base: ActionType, words: _Words, is_new: bool) -> None:
        self._row, self._base, self._words, self._is_new = row, base, words, is_new
        self._told: set[str] = set()
        self.findings: list[Finding] = []

    def build(self) -> ActionType:
        """Return the action; fields that are blank or cannot be read are told, once each."""
        self._note_problems()
        row, base = self._row, self._base
        changed: dict[str, Any] = {name: row.text(name) for name in _TEXTS if row.text(name)}
        names = {"need_id": self._words.needs, "outcome_indicator": self._words.indicators}
        for name, known in names.items():
            if text := row.text(name):
                changed[name] = known.get(_fold(text), text)
        changed["name_en"] = row.text("name_en") or changed.get("name_zh") or base.name_en
        changed |= self._read_numbers()
        changed |= self._read_reference()
        changed |= self._read_lists()
        changed["work_months"] = self._read_months()
        changed["prerequisites"] = self._read_prerequisites()
        action = replace(base, **changed)
        self._check_quarters(action)
        return self._drop_basis(action)

    def tell(self, faults: Iterable[ActionFault]) -> Iterator[Finding]:
        """Yield faults at their cells; those about a cell that is told already are passed over."""
        for fault in faults:
            if not self._told & set(fault.fields):
                severity = Severity.WARNING if fault.is_doubt else Severity.ERROR
                # Where several fields do not go together, one that the row states is to be mended.
                own = [f for f in fault.fields if _COLUMNS.get(f, f) in self._row.places]
                place = self._place_of((own or fault.fields)[0])
                yield Finding(fault.code, severity, place, fault.params)

    def _place_of(self, field: str) -> Place:
        return self._row.place_of(_COLUMNS.get(field, field))

    def _is_blank(self, field: str) -> bool:
        """Whether a cell says nothing; 无 among several names says that there is none."""
        cell = self._row.cells.get(_COLUMNS.get(field, field))
        is_empty = cell is None or cell.value is None or cell.value == ()
        return is_empty and self._place_of(field).value.strip() not in NONE_WORDS

    def _add(self, code: str, field: str, **params: str) -> None:
        told = {"id": self._base.action_id or "–", **params}
        place = self._place_of(field)
        self.findings.append(Finding(f"catalogue.{code}", Severity.ERROR, place, told))
        self._told.add(field)

    def _note_problems(self) -> None:
        """Note fields whose cells cannot be read, and tell those that should be there."""
        fields = {column: field for field, column in _COLUMNS.items()}
        for column, cell in self._row.cells.items():
            if cell.problem is not None and cell.problem.severity is Severity.ERROR:
                self._told.add(fields.get(column, column))
        for field in ("action_id", *(_REQUIRED if self._is_new else ())):
            column = _COLUMNS.get(field, field)
            # A column that is missing altogether has been told if it is `action_id`.
            is_gone = field == "action_id" and column not in self._row.cells
            if field not in self._told and self._is_blank(field) and not is_gone:
                header = describe_actions().columns[column].header
                self._add("action_blank", field, column=f"{header} ({column})")
        if "name_zh" in self._told:
            self._told.add("name_en")

    def _read_numbers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field in _DECIMALS:
            if text := self._row.text(_COLUMNS.get(field, field)):
                found[field] = read_decimal(text)
        months = self._row.number("duration_months")
        if months is not None:
            found["duration_months"] = int(months)
        if text := self._row.text(_COLUMNS["upkeep_share"]):
            found["upkeep_share"] = read_decimal(text) / PERCENT
        return found

    def _read_months(self) -> tuple[tuple[int, int], ...]:
        text = _fold(self._row.text("work_months"))
        if not text:
            return self._base.work_months
        if text in ("全年", "全年均可"):
            return _YEAR_ROUND
        plain = _DASHES.sub("-", text.replace("月", ""))
        parts = [part for part in re.split(r"[|、,;和及]", plain) if part]
        try:
            return read_seasons("|".join(p if "-" in p else f"{p}-{p}" for p in parts))
        except ValueError as error:
            self._add("seasons", "work_months", value=str(error))
            return self._base.work_months

    def _read_reference(self) -> dict[str, Any]:
        text = _fold(self._row.text("reference_village"))
        if not text:
            return {}
        if text in NONE_WORDS:
            return {"reference_indicator": "", "reference_amount": None}
        match = _REFERENCE.fullmatch(text)
        if match is None:
            self._add("reference", "reference_indicator")
            return {}
        name = REFERENCES.get(match[1], match[1])
        indicator = self._words.indicators.get(name, name)
        return {"reference_indicator": indicator, "reference_amount": read_decimal(match[2])}

    def _read_lists(self) -> dict[str, Any]:
        found = {}
        if not self._is_blank("capabilities"):
            given = self._row.names("capabilities")
            found["capabilities"] = tuple(self._words.capabilities.get(_fold(c), c) for c in given)
        if not self._is_blank("evidence_ids"):
            found["evidence_ids"] = self._row.names("evidence_ids")
        return found

    def _read_prerequisites(self) -> tuple[Prerequisite, ...]:
        before = {p.action_id: p for p in self._base.prerequisites}
        if not self._is_blank("prerequisites"):
            given = [text.replace("？", "?") for text in self._row.names("prerequisites")]
            ids = {text.removesuffix("?"): text.endswith("?") for text in given}
            before = {
                key: replace(before.get(key, Prerequisite(key)), is_advisable=is_advisable)
                for key, is_advisable in ids.items()
            }
        text = _fold(self._row.text("prerequisite_met_if"))
        if not text:
            return tuple(before.values())
        cleared = {k: Prerequisite(k, p.is_advisable) for k, p in before.items()}
        if text in NONE_WORDS:
            return tuple(cleared.values())
        plain = re.sub(r"[;、,]+", ";", text.replace("≤", "<=").replace("≥", ">="))
        try:
            states = read_prerequisites(";".join(cleared), plain)
        except ValueError as error:
            self._add("met_if", "met_if", value=str(error))
            return tuple(before.values())
        known = self._words.indicators
        return tuple(
            replace(
                p,
                is_advisable=cleared[p.action_id].is_advisable,
                measure=known.get(p.measure, p.measure),
            )
            for p in states
        )

    def _check_quarters(self, action: ActionType) -> None:
        given = self._row.number("duration_quarters")
        quarters = -(-action.duration_months // MONTHS_PER_QUARTER)
        if given is not None and int(given) != quarters and "duration_months" not in self._told:
            months = str(action.duration_months)
            self._add("quarters", "duration_quarters", months=months, quarters=str(quarters))

    def _drop_basis(self, action: ActionType) -> ActionType:
        """Return an action without the evidence of the catalogue, if its costs are others now."""
        names = ("cost_low", "cost_typ", "cost_high")
        if all(getattr(action, name) == getattr(self._base, name) for name in names):
            return action
        basis = action.basis if self._row.text("basis") else ""
        evidence = () if self._is_blank("evidence_ids") else action.evidence_ids
        return replace(action, basis=basis, evidence_ids=evidence)
