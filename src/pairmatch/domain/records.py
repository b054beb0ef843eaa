"""Villages, units and the other rows of the inputs, as frozen records with their places."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.findings import Place


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one indicator of one village.

    `value` is a number (是/否 is 1/0), a text, or a tuple of texts for fields with several codes;
    None means unknown (never zero). For an answer given as a range, `low` and `high` hold its
    ends and `value` is None.
    """

    value: float | str | tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Village:
    """A village that may be helped; the key is the 12-digit division code, kept as text.

    Grades run from 1 (least) to 5 (most): `contribution_grade` for sacrifice and contribution in
    the revolution, `difficulty_grade` for difficulty; None is unknown. `wishes` are the village's
    three most wanted things, as need ids or free text, most wanted first. The bounds say how many
    units the village may and must get. `places` says where some of the fields stand.
    """

    village_id: str
    name: str = ""
    township: str = ""
    county: str = ""
    types: frozenset[str] = frozenset()
    contribution_grade: int | None = None
    difficulty_grade: int | None = None
    indicators: Mapping[str, Reading] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()
    demand_min: int = 0
    demand_max: int = 1
    synthetic: bool = False
    place: Place = Place()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, name: str) -> Place:
        """Return where a field stands, or the place of the row if that is not known."""
        return self.places.get(name, self.place)


@dataclass(frozen=True, slots=True)
class Unit:
    """A helper unit.

    `tier` is ``"city"``, ``"county"`` or empty; `kind` one of council_member, agribusiness,
    department, other or empty; `scope_counties` the counties it may help in (empty: everywhere,
    except that a county-tier unit helps in its own county). `capabilities` maps capability ids to
    levels 1 to 3. Budgets are 万元 a year. The four conditions of the programme (credit standing,
    scale, willingness, influence) are True, False or None for unknown. `conflicts`, `wishes` and
    `refusals` hold village ids or county names. The bounds say how many villages it may and must
    take. `places` says where fields stand.
    """

    unit_id: str
    name: str = ""
    tier: str = ""
    kind: str = ""
    county: str = ""
    scope_counties: tuple[str, ...] = ()
    industry_codes: tuple[str, ...] = ()
    capabilities: Mapping[str, int] = field(default_factory=dict)
    budget_low: float | None = None
    budget_high: float | None = None
    team_size: int | None = None
    credit_ok: bool | None = None
    scale_ok: bool | None = None
    willing: bool | None = None
    influence_ok: bool | None = None
    conflicts: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    capacity_min: int = 0
    capacity_max: int = 1
    synthetic: bool = False
    place: Place = Place()
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, name: str) -> Place:
        """Return where a field stands, or the place of the row if that is not known."""
        return self.places.get(name, self.place)


@dataclass(frozen=True, slots=True)
class County:
    """A county of the programme; coordinates are those of its seat (WGS 84 degrees)."""

    name: str
    code: str
    name_en: str
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class PreviousPair:
    """A pair of the cycle before, with its yearly evaluations 1 (poor) to 4 (excellent)."""

    unit_id: str
    village_id: str
    grades: tuple[int | None, ...] = ()
    place: Place = Place()
