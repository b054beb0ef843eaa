"""Ways of pairing side by side: what differs in the question, in the answer, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pairmatch.domain.explanation import Move
from pairmatch.domain.matching import ConflictMember


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a pairing reaches, measured in its own scenario; points in steps.

    `worst_village` and `worst_county` are the least points of a chosen pair and of a county's pairs
    together; `counties` has every county's sum, `areas` the covered share of the six areas'
    weighted shortfall and `residual` the share of all of it that is left, in ten-thousandths.
    `kept` counts the pairs of the cycle before, None where there is no list of them; `mean_km` is
    the mean distance between the counties' seats, None if it is not known.
    """

    num_matched: int
    total: int
    worst_village: int
    worst_county: int
    counties: Mapping[str, int] = field(default_factory=dict)
    areas: Mapping[str, int] = field(default_factory=dict)
    residual: int = 0
    kept: int | None = None
    mean_km: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the ways compared: its scenario and what its pairing reaches.

    `label` tells it from the others in commands (the folder's name); `title_zh` and `title_en` are
    the scenario's own. `status` is that of its matching, `folder` where it was read from.
    """

    label: str
    folder: str
    title_zh: str
    title_en: str
    run_id: str
    status: str
    steps_per_point: int
    metrics: Metrics
    is_synthetic: bool


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that differs: its path as people read it, and both values as text ('' for none)."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DataChange:
    """Records of a table that differ, by id: those only before, those only after, and the others.

    `changed` has, by record id, the fields whose values differ.
    """

    table: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairValue:
    """A pair with its points before and after, in steps; None where it is not eligible."""

    unit_id: str
    village_id: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class SwapChain:
    """Changes that hang together and can be accepted together, numbered from 1.

    `gain_before` is what the chain adds to the total by the points before, None if a pair that it
    brings is not eligible there; `gain_after` by the points after, None if a pair that it takes is
    not eligible there. `faults` are the limits of the scenario before that the chain alone would
    break: none of them means that it can be accepted alone.
    """

    number: int
    moves: tuple[Move, ...]
    lost: tuple[tuple[str, str], ...]
    gained: tuple[tuple[str, str], ...]
    gain_before: int | None
    gain_after: int | None
    faults: tuple[ConflictMember, ...] = ()

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be accepted alone."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of what differs between two scenarios, and what it does to each metric.

    `paths` are the settings and tables it is made of. `effects` are Shapley values (Shapley, A
    value for n-person games, 1953): the mean of what the part changes over all orders in which the
    parts could be made, by metric (``total``, ``worst_village``, ``kept`` ...). They add up to the
    whole difference, in whatever order the parts are listed.
    """

    label: str
    paths: tuple[str, ...]
    effects: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Difference:
    """One way of pairing against the first.

    `lost` and `gained` are the pairs that only one of the two has. `same_total` is what the pairs
    of the first are worth by the points of the other (None if one of them is not eligible there):
    the rest of the difference of the totals is due to the chains. `causes` are empty if nothing but
    the answer differs, or if some part alone leaves no pairing at all (`uncaused` then says which).
    `counties` has what each county gains by the points of the first scenario and by those of the
    other, None where a pair is not eligible.
    """

    settings: tuple[SettingChange, ...]
    data: tuple[DataChange, ...]
    lost: tuple[PairValue, ...]
    gained: tuple[PairValue, ...]
    chains: tuple[SwapChain, ...]
    same_total: int | None
    causes: tuple[Cause, ...] = ()
    uncaused: tuple[str, ...] = ()
    counties: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ways of pairing side by side; `differences` has one for each side after the first.

    `names` has the names of all units and villages that are told of, by id, and the names of the
    counties' villages with county and township.
    """

    sides: tuple[Side, ...]
    differences: tuple[Difference, ...]
    names: Mapping[str, str]
