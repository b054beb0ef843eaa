"""The settings of a scenario, as `scenario.toml` has them, validated at the border."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pairmatch.domain.objectives import COUNTED_GOALS
from pairmatch.domain.problem import FAIR_GOALS

FIRST_YEAR, LAST_YEAR = 1900, 2999
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WITHIN = re.compile(r"\d{1,7}(?:\.\d{1,9})?%?", re.ASCII)


class Settings(BaseModel):
    """Common behaviour: unknown keys, NaN and changes after validation are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Title(Settings):
    """A title in both languages; a missing one falls back to the other."""

    zh: str = ""
    en: str = ""


class ScenarioSection(Settings):
    """`[scenario]`: name, titles, first and last year of the cycle, language of the outputs.

    `extends` is the folder of another scenario, relative to this one, whose settings hold where
    this one says nothing. `synthetic` says that the data are made up; every output then says so.
    """

    name: str = ""
    title: Title = Title()
    cycle: tuple[int, int] | None = None
    lang: Literal["zh", "en"] = "zh"
    synthetic: bool = False
    extends: str = ""

    @field_validator("cycle")
    @classmethod
    def check_cycle(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        """Refuse a cycle that ends before it begins, or years that are none."""
        if value is not None and not FIRST_YEAR <= value[0] <= value[1] <= LAST_YEAR:
            raise ValueError("the cycle must be a first and a last year")
        return value


Paths = Annotated[tuple[str, ...], Field(min_length=1)]


class InputsSection(Settings):
    """`[inputs]`: paths or globs of the tables, relative to the scenario folder.

    `loads` says what each pair uses up of a resource and `capacities` how much of it there is;
    `counties` (seat coordinates) and `distances` (km between seats) are reference tables; `duties`
    adds events to the official calendar or moves their dates.
    """

    units: str | Paths = "units.csv"
    villages: str | Paths = "villages.csv"
    scores: str | None = None
    loads: str | None = None
    capacities: str | None = None
    previous: str | None = None
    counties: str | None = None
    distances: str | None = None
    duties: str | None = None
    departments: str | None = None
    actions: str | None = None


class ScoringSection(Settings):
    """`[scoring]`: size of one integer step of score in points, and the policy for unknowns.

    `unknown` is how an unknown deficit enters the score: ``county-median`` of the same indicator,
    ``none`` (as if there were no need) or ``full`` (as if there were full need). Where one of the
    six areas makes up more than `area_cap` of a village's weighted shortfall, its needs count less,
    until they hold that share of the shortfall there was.
    """

    resolution: Decimal = Decimal("0.01")
    unknown: Literal["county-median", "none", "full"] = "county-median"
    area_cap: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.4")

    @field_validator("resolution")
    @classmethod
    def check_resolution(cls, value: Decimal) -> Decimal:
        """Accept 1, 0.1, 0.01 ... 0.000000001: whole steps make one point."""
        if value not in {Decimal(1).scaleb(-k) for k in range(10)}:
            raise ValueError("resolution must be 1, 0.1, 0.01, ... or 0.000000001")
        return value

    @property
    def steps_per_point(self) -> int:
        """How many integer steps make one point (100 for a resolution of 0.01)."""
        return int(1 / self.resolution)


Goal = Literal[
    "num_matched",
    "total",
    "worst_village",
    "leximin_village",
    "worst_county",
    "leximin_county",
    "kept",
]


def read_within(value: object) -> object:
    """Return what may be given up of a level as text: ``"1%"`` is a share, ``"3"`` an amount."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = f"{Decimal(str(value)):f}"
    text = value.strip().replace("％", "%") if isinstance(value, str) else ""
    if not _WITHIN.fullmatch(text) or (text.endswith("%") and Decimal(text[:-1]) > 100):  # noqa: PLR2004
        raise PydanticCustomError("bad_within", "neither a share nor an amount")
    return text


class LevelSetting(Settings):
    """One objective level; levels are optimised in the order given.

    `within` is how much of its best value later levels may give up: a share such as ``"1%"``, or
    points such as ``"3"`` (pairs for ``num_matched`` and ``kept``).
    """

    goal: Goal
    within: Annotated[str, BeforeValidator(read_within)] | None = None

    @property
    def share(self) -> Fraction:
        """The share of the best value that may be given up."""
        text = self.within or ""
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(0)

    @property
    def amount(self) -> Fraction:
        """The points or pairs that may be given up, where `within` is no share."""
        text = self.within or "0"
        return Fraction(0) if text.endswith("%") else Fraction(text)


class ObjectiveSection(Settings):
    """`[objective]`: the levels, each a goal name or a table with `goal` and `within`."""

    levels: tuple[LevelSetting, ...] = (
        LevelSetting(goal="num_matched"),
        LevelSetting(goal="total"),
    )

    @field_validator("levels", mode="before")
    @classmethod
    def accept_names(cls, value: object) -> object:
        """Turn ``"total"`` into ``{goal = "total"}``."""
        if isinstance(value, list | tuple):
            return tuple({"goal": v} if isinstance(v, str) else v for v in value)
        return value

    @model_validator(mode="after")
    def check_levels(self) -> "ObjectiveSection":
        """Refuse levels that mean nothing, all of them at once."""
        faults = tuple(list_level_faults(self.levels))
        if faults:
            raise PydanticCustomError("levels", "impossible levels", {"faults": faults})
        return self


def list_level_faults(levels: Sequence[LevelSetting]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with objective levels: a code and the goal it is about.

    Each goal stands once. The points of the worst village say something only where the number of
    pairs is fixed, so fairness comes after ``num_matched``, of which nothing may be given up. A
    leximin goal is a whole list of points, so nothing of it can be given up in one number.
    """
    if not levels:
        yield "bad_levels", ""
    before: dict[str, LevelSetting] = {}
    for level in levels:
        goal, first = level.goal, before.get("num_matched")
        if goal in before:
            yield "level_twice", goal
        if goal in FAIR_GOALS and first is None:
            yield "level_too_early", goal
        elif goal in FAIR_GOALS and first is not None and (first.share or first.amount):
            yield "level_after_tolerance", goal
        if goal.startswith("leximin") and level.within is not None:
            yield "within_leximin", goal
        if goal in COUNTED_GOALS and level.amount.denominator != 1:
            yield "within_pairs", goal
        before.setdefault(goal, level)


def refuse_bool(value: object) -> object:
    """Refuse true and false, which would else be taken for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "not a number")
    return value


Condition = str | int | tuple[str | int, ...]


QuotaBound = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(refuse_bool)]
Waiver = Annotated[Decimal, Field(ge=0, le=1_000_000)]


def check_pairs(value: object) -> object:
    """Accept the path of a table, or a list of pairs of a unit id and a village id."""
    is_list = isinstance(value, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(i, str) for i in pair)  # noqa: PLR2004
        for pair in value
    )
    if not is_list and not isinstance(value, str):
        raise PydanticCustomError("bad_pairs", "neither a path nor a list of pairs")
    return value


class QuotaSetting(Settings):
    """`[[quota]]`: bounds on the number of pairs in a set.

    Keys of `where` are ``unit.`` or ``village.`` and a field (tier, kind, county, unit_id,
    capability, industry; county, township, type, village_id); a list of values means any of them.
    `pairs` lists the pairs of the set, or names the table that does; with both, pairs that are in
    the list and meet `where` are counted. `waiver` is what each pair too few or too many costs, in
    points, if the quota is waived; without it the quota always holds.
    """

    name: str
    where: dict[str, Condition] = Field(default_factory=dict)
    pairs: Annotated[str | tuple[tuple[str, str], ...], BeforeValidator(check_pairs)] | None = None
    min: QuotaBound | None = None
    max: QuotaBound | None = None
    waiver: Waiver | None = None

    @model_validator(mode="after")
    def check_bounds(self) -> "QuotaSetting":
        """Refuse a quota that bounds nothing or whose least is above its most."""
        if self.min is None and self.max is None:
            raise ValueError("a quota needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is greater than max")
        return self


class PairSetting(Settings):
    """`[[lock]]` and `[[ban]]`: a pair fixed in or out, with the reason and who decided.

    `waiver` is what waiving it costs, in points; without it the pair always stays fixed.
    """

    unit: str
    village: str
    reason: str = ""
    by: str = ""
    waiver: Waiver | None = None


class PluginsSection(Settings):
    """`[plugins]`: folders to load from, and names to switch on or off.

    Plugins in folders are on unless they are disabled, those that come with pairmatch or are
    installed only if they are enabled. `max_spread` is the most, in points, that all rules of one
    county together may move a score.
    """

    folders: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    max_spread: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(10)


class LimitsSection(Settings):
    """`[limits]`: seconds that a search beyond flows may take (0: no limit), and changes.

    A flow takes milliseconds and always ends; what is no flow is searched, and a search that is
    stopped tells value, bound and gap. Of the pairs before (`[inputs]` previous) whose unit and
    village both still take part, all but `max_changes` are kept; `max_changes_waiver` is what each
    further change costs, in points, if that is waived.
    """

    time_s: Annotated[float, Field(ge=0)] = 0
    max_changes: QuotaBound | None = None
    max_changes_waiver: Waiver | None = None

    @model_validator(mode="after")
    def check_waiver(self) -> "LimitsSection":
        """Refuse the cost of waiving a limit that there is none of."""
        if self.max_changes_waiver is not None and self.max_changes is None:
            key = {"key": "max_changes_waiver"}
            raise PydanticCustomError("waiver_alone", "there is nothing to waive", key)
        return self


def read_day(value: object) -> object:
    """Return a day, written as ``2026-10-19`` with quotes or without; no other number is one."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:  # 2026-02-30
            pass
    raise PydanticCustomError("bad_day", "not a day")


Share = Annotated[Decimal, Field(ge=0, le=1)]


class PlanSection(Settings):
    """`[plan]`: the five years of work that follow the pairing.

    `launch` is the day on which the cycle is launched; the official calendar counts from it.

    Of each village the `needs` most pressing needs that something can be done about are planned,
    its three wishes besides; large works are split into at most `stages`. A unit with a capability
    of level 1, 2 or 3 gives `in_kind` of a work's worth in goods and services and the rest in
    money. The village can put `upkeep` of its collective income into upkeep every year. Beyond the
    first half of an area's shortfall, what is closed counts `taper` of what it did before.
    `time_s` and `gap` say when a plan is good enough: seconds, and how far it may be from the
    best there could be.
    """

    launch: Annotated[date | None, BeforeValidator(read_day)] = None
    needs: Annotated[int, Field(ge=1, le=50)] = 4
    stages: Annotated[int, Field(ge=1, le=10)] = 2
    in_kind: tuple[Share, Share, Share] = (Decimal("0.3"), Decimal("0.6"), Decimal(1))
    upkeep: Share = Decimal("0.3")
    taper: Share = Decimal("0.6")
    time_s: Annotated[float, Field(gt=0)] = 90
    gap: Share = Decimal("0.005")


def flatten_rules(value: object) -> object:
    """Turn ``huanghua.salt = 3``, which TOML takes for a table, into a rule of that id."""
    if not isinstance(value, Mapping):
        return value
    flat: dict[object, object] = {}
    for key, spread in value.items():
        inner = spread if isinstance(spread, Mapping) else {"": spread}
        for name, given in inner.items():
            rule = f"{key}.{name}" if isinstance(spread, Mapping) else key
            if rule in flat:  # with quotes and without: TOML takes them for two
                raise PydanticCustomError("rule_twice", "a rule is listed twice", {"rule": rule})
            flat[rule] = given
    return flat


class Scenario(Settings):
    """All settings of a scenario; what the file leaves out stands at its default."""

    scenario: ScenarioSection = ScenarioSection()
    inputs: InputsSection = InputsSection()
    scoring: ScoringSection = ScoringSection()
    rules: Annotated[dict[str, Annotated[Decimal, Field(ge=0)]], BeforeValidator(flatten_rules)] = (
        Field(default_factory=dict)
    )
    objective: ObjectiveSection = ObjectiveSection()
    quota: tuple[QuotaSetting, ...] = ()
    lock: tuple[PairSetting, ...] = ()
    ban: tuple[PairSetting, ...] = ()
    plugins: PluginsSection = PluginsSection()
    limits: LimitsSection = LimitsSection()
    plan: PlanSection = PlanSection()
