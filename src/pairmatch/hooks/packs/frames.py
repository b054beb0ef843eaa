"""Where a rule is evaluated: over the units, the villages or the pairs, whichever is fewest."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import Candidates
from pairmatch.domain.fields import Field, Side
from pairmatch.domain.fieldvalues import FieldValues, read_field
from pairmatch.domain.inputs import IndexArray
from pairmatch.hooks.packs.comparisons import Comparison, Truth, make_crisp

_Number = TypeVar("_Number", bound=np.generic)


def find_level(fields: Iterable[Field]) -> Side:
    """Return the side a rule can be evaluated on: ``pair`` if it reads more than one."""
    sides = {item.side for item in fields}
    return sides.pop() if len(sides) == 1 else "pair" if sides else "village"


@dataclass(slots=True)
class Frame:
    """The rows a rule is evaluated for, and how to get at the fields of each.

    `read` gives a field's values on its own side; each is read once.
    """

    level: Side
    size: int
    unit_idx: IndexArray
    village_idx: IndexArray
    read: Callable[[Field], FieldValues]
    _values: dict[str, FieldValues] = field(default_factory=dict)

    def values_of(self, item: Field) -> FieldValues:
        """Return a field's values on its own side."""
        if item.field_id not in self._values:
            self._values[item.field_id] = self.read(item)
        return self._values[item.field_id]

    def index_of(self, side: Side) -> IndexArray | None:
        """Return which row of a side each row here belongs to; None if they are the same."""
        if side == self.level:
            return None
        return self.unit_idx if side == "unit" else self.village_idx

    def compare(self, comparison: Comparison) -> Truth:
        """Return where a comparison holds, for the rows here."""
        truth = comparison.compare(self.values_of(comparison.field))
        index = self.index_of(comparison.field.side)
        if index is None:
            return truth
        if truth.is_crisp:
            return make_crisp(truth.point[index])
        return Truth(*(mask[index] for mask in truth))

    def spread_out(self, array: NDArray[_Number], candidates: Candidates) -> NDArray[_Number]:
        """Return an array over the rows here as one over the pairs."""
        if self.level == "pair":
            return array
        index = candidates.unit_idx if self.level == "unit" else candidates.village_idx
        found: NDArray[_Number] = array[index]
        return found


_lately: list[tuple[Candidates, dict[str, FieldValues]]] = []
"""The candidates that were read last: all rules of a county ask about the same ones."""


def _read_shared(item: Field, candidates: Candidates) -> FieldValues:
    if not _lately or _lately[0][0] is not candidates:
        _lately[:] = [(candidates, {})]
    values = _lately[0][1]
    if item.field_id not in values:
        values[item.field_id] = read_field(item, candidates)
    return values[item.field_id]


def frame_candidates(candidates: Candidates, level: Side, *, guess: bool = True) -> Frame:
    """Return the frame of some candidates; without `guess`, nothing stands in for the unknown."""
    sizes = {
        "unit": len(candidates.units.records),
        "village": len(candidates.villages.records),
        "pair": len(candidates),
    }

    def read(item: Field) -> FieldValues:
        values = _read_shared(item, candidates)
        return values if guess else drop_guesses(values)

    return Frame(level, sizes[level], candidates.unit_idx, candidates.village_idx, read)


def drop_guesses(values: FieldValues) -> FieldValues:
    """Return values with nothing standing in for the unknown."""
    known = np.where(values.is_known, values.values, np.nan)
    return FieldValues(known, values.low, values.high, values.is_known, values.texts)
