"""The matching problem as pure data: nothing here knows about villages or China."""

from dataclasses import dataclass

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray


@dataclass(frozen=True, slots=True)
class Quota:
    """Bounds on the number of pairs between a set of units and a set of villages.

    The sets are masks over units and villages; `maximum` None is no upper bound.
    """

    name: str
    units: BoolArray
    villages: BoolArray
    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class FixedPair:
    """A lock or a ban: the pair, why, and who decided."""

    unit_idx: int
    village_idx: int
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Choose pairs so that the objective levels are best, one after another.

    Candidates are sorted by (unit_id, village_id) and hold each pair at most once; `points` are
    integer steps; bounds are per unit and per village. `levels` are goal names in order. Labels
    are what messages call units and villages; where there are none they are called by id.
    """

    unit_ids: tuple[str, ...]
    village_ids: tuple[str, ...]
    unit_idx: IndexArray
    village_idx: IndexArray
    points: IntArray
    unit_min: IntArray
    unit_max: IntArray
    village_min: IntArray
    village_max: IntArray
    quotas: tuple[Quota, ...] = ()
    locks: tuple[FixedPair, ...] = ()
    bans: tuple[FixedPair, ...] = ()
    levels: tuple[str, ...] = ("num_matched", "total")
    steps_per_point: int = 100
    unit_labels: tuple[str, ...] = ()
    village_labels: tuple[str, ...] = ()

    @property
    def num_candidates(self) -> int:
        """How many pairs may be chosen from."""
        return len(self.points)
