"""The single files of a run folder: each value is checked, so nothing damaged gets further."""

import csv
import io
import json
import re
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pairmatch.domain.explanation import PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.points import parse_steps
from pairmatch.errors import BadInputError

RUN_FILE = "run.json"
MAX_FINDINGS = 10
_SHOWN_LENGTH = 40
_POSITION = re.compile(r"line (\d+) column (\d+)")
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d{4})?$"
_SCORE = re.compile(r"-?\d{1,16}(?:\.\d{1,9})?", re.ASCII)

Count = Annotated[int, Field(ge=0, le=10**9)]
Cost = Annotated[int, Field(ge=0, le=2**60)]
PairIds = tuple[str, str]
Price = Annotated[int, Field(ge=-(2**60), le=2**60)]
Goal = Literal[
    "num_matched",
    "total",
    "kept",
    "worst_village",
    "leximin_village",
    "worst_county",
    "leximin_county",
]


class Shape(BaseModel):
    """Common behaviour: no value is converted from another type, further keys are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class StoredLevel(Shape):
    """The value of an objective level in `run.json`."""

    goal: Goal
    value: int
    bound: int


class StoredObjective(Shape):
    """`objective` in `run.json`."""

    total: str
    total_steps: int
    steps_per_point: int
    levels: list[StoredLevel]


class StoredPlugin(Shape):
    """A plugin in `run.json`."""

    name: str
    state: Literal["on", "off", "broken"]


class StoredFacts(Shape):
    """What is used of `run.json`; runs of versions before there were plugins have none.

    `num_pairs` is how many pairs the proof is over where they are not all listed, else 0.
    """

    digest: str
    published_at: Annotated[str, Field(pattern=_TIME)]
    status: str
    num_matched: int
    num_units: int
    num_villages: int
    num_candidates: int
    num_tied: int
    objective: StoredObjective
    bound: str
    gap: str
    inputs: dict[str, str]
    files: dict[str, str]
    num_pairs: int = 0
    plugins: list[StoredPlugin] = Field(default_factory=list)


class StoredUnit(Shape):
    """A unit in `problem.json`."""

    unit_id: str
    minimum: Count
    maximum: Count


class StoredVillage(Shape):
    """A village in `problem.json`."""

    village_id: str
    minimum: Count
    maximum: Count


class StoredQuota(Shape):
    """A quota in `problem.json`; None for `units` or `villages` is all of them."""

    name: str
    units: tuple[str, ...] | None
    villages: tuple[str, ...] | None
    minimum: Count
    maximum: Count | None
    pairs: tuple[PairIds, ...] | None
    waiver: Cost | None


class StoredResource(Shape):
    """A resource in `problem.json`: its loads by the id on the other side than the owner's."""

    name: str
    side: Literal["unit", "village"]
    id: str
    capacity: Price
    scale: Annotated[int, Field(ge=1, le=10**9)]
    loads: dict[str, Price]
    waiver: Cost | None


class StoredGoal(Shape):
    """An objective level in `problem.json`, and what later ones may give up of it."""

    goal: Goal
    share: Annotated[str, Field(pattern=r"^\d{1,12}(/[1-9]\d{0,12})?$")]
    steps: Cost


class StoredPair(Shape):
    """A lock or a ban in `problem.json`."""

    unit: str
    village: str
    reason: str
    by: str
    waiver: Cost | None


class StoredProblem(Shape):
    """`problem.json`."""

    steps_per_point: Literal[
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
    ]
    levels: Annotated[tuple[StoredGoal, ...], Field(min_length=1, max_length=7)]
    units: tuple[StoredUnit, ...]
    villages: tuple[StoredVillage, ...]
    quotas: tuple[StoredQuota, ...]
    locks: tuple[StoredPair, ...]
    bans: tuple[StoredPair, ...]
    resources: tuple[StoredResource, ...]
    previous: tuple[PairIds, ...]
    counties: dict[str, tuple[str, ...]]


class StoredQuotaPrice(Shape):
    """The price of a quota in `certificate.json`."""

    quota: str
    price: Price


class StoredStep(Shape):
    """The prices of a step in `certificate.json`; those that are not listed are 0."""

    value: Price
    threshold: Price | None
    unit_prices: dict[str, Price]
    village_prices: dict[str, Price]
    quota_prices: tuple[StoredQuotaPrice, ...]


class StoredProof(Shape):
    """A level in `certificate.json`."""

    goal: Goal
    value: Price
    bound: Price
    given_up: Price
    ascending: tuple[Price, ...]
    steps: tuple[StoredStep, ...]


class StoredCertificate(Shape):
    """`certificate.json`."""

    levels: Annotated[tuple[StoredProof, ...], Field(min_length=1)]


class StoredExplanations(Shape):
    """`explanations.json`."""

    steps_per_point: Annotated[int, Field(ge=1, le=10**9)]
    units: dict[str, str]
    villages: dict[str, tuple[str, ...]]
    pairs: tuple[PairExplanation, ...]


AnyShape = TypeVar("AnyShape", bound=Shape)


def read_facts(folder: Path) -> tuple[dict[str, Any], StoredFacts]:
    """Return `run.json` as plain data and, of that, what is used.

    Raises
    ------
    BadInputError
        If the folder is not a run, or the file is damaged.
    """
    data = _read_bytes(folder, RUN_FILE)
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        position = {
            "line": str(getattr(error, "lineno", 1)),
            "column": str(getattr(error, "colno", 1)),
        }
        place = Place(RUN_FILE)
        raise_damage(folder, [Finding("runs.not_json", Severity.ERROR, place, position)])
    try:
        return raw, StoredFacts.model_validate(raw)
    except ValidationError as error:
        raise_damage(folder, _describe_errors(error, RUN_FILE))


def read_shape(folder: Path, name: str, shape: type[AnyShape]) -> AnyShape:
    """Return a JSON file of a run.

    Raises
    ------
    BadInputError
        If the folder is not a run, or the file is damaged; what is wrong is in its findings.
    """
    try:
        return shape.model_validate_json(_read_bytes(folder, name))
    except ValidationError as error:
        raise_damage(folder, _describe_errors(error, name))


def read_table(folder: Path, name: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the cells of some columns of a CSV file of a run.

    Raises
    ------
    BadInputError
        If the folder is not a run, or the file is damaged; what is wrong is in its findings.
    """
    try:
        text = _read_bytes(folder, name).decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise_damage(folder, [Finding("runs.not_csv", Severity.ERROR, Place(name))])
    header = rows[0] if rows else []
    missing = [column for column in columns if header.count(column) != 1]
    if missing:
        params = {"columns": ", ".join(missing)}
        raise_damage(folder, [Finding("runs.missing_columns", Severity.ERROR, Place(name), params)])
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            place = Place(name, "", number)
            raise_damage(folder, [Finding("runs.bad_row", Severity.ERROR, place)])
    return list(map(itemgetter(*map(header.index, columns)), rows[1:]))


def parse_scores(
    folder: Path, name: str, column: str, texts: Sequence[str], steps_per_point: int
) -> list[int]:
    """Return the scores of a column in steps.

    Raises
    ------
    BadInputError
        If a text is not a whole number of steps.
    """
    known: dict[str, int] = {}
    for k, text in enumerate(texts):
        if text in known:
            continue
        steps = parse_steps(text, steps_per_point) if _SCORE.fullmatch(text) else None
        if steps is None:
            place = Place(name, "", k + 2, column, "", _shorten(text))
            params = {"key": column, "value": _shorten(text)}
            raise_damage(folder, [Finding("runs.bad_value", Severity.ERROR, place, params)])
        known[text] = steps
    return [known[text] for text in texts]


def refuse_value(folder: Path, name: str, key: str, value: str) -> NoReturn:
    """Raise the error for a value that cannot be right.

    Raises
    ------
    BadInputError
        Always.
    """
    params = {"key": key, "value": _shorten(value)}
    raise_damage(folder, [Finding("runs.bad_value", Severity.ERROR, Place(name), params)])


def raise_damage(folder: Path, findings: Sequence[Finding]) -> NoReturn:
    """Raise the error for a run with damaged files.

    Raises
    ------
    BadInputError
        Always.
    """
    raise BadInputError("runs.damaged", findings, folder=str(folder))


def _read_bytes(folder: Path, name: str) -> bytes:
    if not (folder / RUN_FILE).is_file():
        raise BadInputError("runs.not_a_run", folder=str(folder))
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise_damage(folder, [Finding("runs.file_missing", Severity.ERROR, Place(name))])
    except OSError as error:
        params = {"detail": error.strerror or type(error).__name__}
        raise_damage(folder, [Finding("runs.unreadable", Severity.ERROR, Place(name), params)])


def _describe_errors(error: ValidationError, name: str) -> list[Finding]:
    return [_describe_error(detail, name) for detail in error.errors()[:MAX_FINDINGS]]


def _describe_error(detail: ErrorDetails, name: str) -> Finding:
    key = ".".join(str(part) for part in detail["loc"]) or name
    if detail["type"] == "json_invalid":
        match = _POSITION.search(detail["msg"])
        line, column = (match[1], match[2]) if match else ("1", "1")
        params = {"line": line, "column": column}
        return Finding("runs.not_json", Severity.ERROR, Place(name), params)
    if detail["type"] == "missing":
        return Finding("runs.missing_value", Severity.ERROR, Place(name), {"key": key})
    params = {"key": key, "value": _shorten(str(detail["input"]))}
    return Finding("runs.bad_value", Severity.ERROR, Place(name), params)


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
