"""Answers: a matching with its certificate, or the conflict that makes one impossible."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray


@dataclass(frozen=True, slots=True)
class LevelProof:
    """Dual prices that prove one objective level, all in integer steps (pairs for num_matched).

    With prices a (units), b (villages), c (quotas) and d (one price per earlier level), the
    reduced points of pair (u, v) are ``p - a_u - b_v - sum(c) - sum(d)``; the level's value equals
    the bound that linear-programming duality gives for these prices, so no matching is better.
    """

    goal: str
    value: int
    unit_prices: IntArray
    village_prices: IntArray
    quota_prices: IntArray
    earlier_level_prices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One proof per objective level, in order."""

    levels: tuple[LevelProof, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The chosen pairs, as sorted indices of candidates.

    `tied` marks, per chosen pair, that another matching is equally good without it, so that the
    stated tie rule decided: units in order of id, each with the smallest possible village id.
    """

    chosen_idx: IndexArray
    tied: BoolArray
    num_matched: int
    total: int
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class ConflictMember:
    """One limit in a conflict: a message code of the `match` catalogue with its parameters."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A minimal set of limits that cannot all hold, and how many pairs are missing in all.

    Minimal means: drop any one member and the others can hold. It was re-solved to be sure.
    Members that can hold under no circumstances, such as a lock on a pair that is not eligible,
    are all named together instead. `shortage` counts what is missing everywhere, which may be
    more than the members alone lack; it is a lower bound where quotas cross.
    `facts` are no limits but say what stands behind them, such as units that meet no condition.
    """

    members: tuple[ConflictMember, ...]
    shortage: int
    facts: tuple[ConflictMember, ...] = ()


class StepsError(ValueError):
    """Scores leave the range in which integer arithmetic is exact."""
