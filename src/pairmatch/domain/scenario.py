"""The settings of a scenario, as `scenario.toml` has them, validated at the border."""

from collections.abc import Mapping
from decimal import Decimal
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

FIRST_YEAR, LAST_YEAR = 1900, 2999


class Settings(BaseModel):
    """Common behaviour: unknown keys, NaN and changes after validation are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Title(Settings):
    """A title in both languages; a missing one falls back to the other."""

    zh: str = ""
    en: str = ""


class ScenarioSection(Settings):
    """`[scenario]`: name, titles, first and last year of the cycle, language of the outputs.

    `synthetic` says that the data are made up; every output then says so.
    """

    name: str = ""
    title: Title = Title()
    cycle: tuple[int, int] | None = None
    lang: Literal["zh", "en"] = "zh"
    synthetic: bool = False

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

    `counties` (seat coordinates) and `distances` (km between seats) are reference tables.
    """

    units: str | Paths = "units.csv"
    villages: str | Paths = "villages.csv"
    scores: str | None = None
    previous: str | None = None
    counties: str | None = None
    distances: str | None = None


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


class LevelSetting(Settings):
    """One objective level; levels are optimised in the order given."""

    goal: Literal["num_matched", "total"]


class ObjectiveSection(Settings):
    """`[objective]`: the levels, each a goal name or a table with `goal`."""

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
    def check_order(self) -> "ObjectiveSection":
        """Accept ``total`` alone or ``num_matched`` before ``total``."""
        goals = [level.goal for level in self.levels]
        if goals not in (["total"], ["num_matched"], ["num_matched", "total"]):
            raise ValueError('levels must be ["num_matched", "total"] or a part of it')
        return self


def refuse_bool(value: object) -> object:
    """Refuse true and false, which would else be taken for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "not a number")
    return value


Condition = str | int | tuple[str | int, ...]


QuotaBound = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(refuse_bool)]


class QuotaSetting(Settings):
    """`[[quota]]`: bounds on the number of pairs among the units and villages that `where` names.

    Keys of `where` are ``unit.`` or ``village.`` and a field (tier, kind, county, unit_id,
    capability, industry; county, township, type, village_id); a list of values means any of them.
    """

    name: str
    where: dict[str, Condition] = Field(default_factory=dict)
    min: QuotaBound | None = None
    max: QuotaBound | None = None

    @model_validator(mode="after")
    def check_bounds(self) -> "QuotaSetting":
        """Refuse a quota that bounds nothing or whose least is above its most."""
        if self.min is None and self.max is None:
            raise ValueError("a quota needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is greater than max")
        return self


class PairSetting(Settings):
    """`[[lock]]` and `[[ban]]`: a pair fixed in or out, with the reason and who decided."""

    unit: str
    village: str
    reason: str = ""
    by: str = ""


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
    """`[limits]`: seconds the solver may take (0: no limit).

    Without effect so far: all problems that are solved are flows, which take milliseconds.
    """

    time_s: Annotated[float, Field(ge=0)] = 0


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
