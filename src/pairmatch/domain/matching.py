"""Answers: a matching with its certificate, or the conflict that makes one impossible."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairmatch.domain.candidates import BoolArray
from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.limits import Cure, Limit


@dataclass(frozen=True, slots=True)
class PriceStep:
    """Dual prices that prove one step of an objective level, all in integer steps.

    With prices a (units), b (villages) and c (quotas), the reduced points of pair (u, v) are
    ``w - a_u - b_v - sum(c)``, where w is what the pair adds to the goal of the step: its points,
    one pair, one kept pair or, for a fairness goal, -1 where its points are at most `threshold`.
    The step's `value` equals the bound that linear-programming duality gives for these prices over
    all matchings that are best in the steps before, so no matching is better.
    """

    value: int
    unit_prices: IntArray
    village_prices: IntArray
    quota_prices: IntArray
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class LevelProof:
    """One objective level: its value, what bounds it from above, and the prices that prove that.

    `value` is a number of pairs, or steps of points; of a fairness goal the least of all, and
    `ascending` lists all of them from the least upwards. `bound` is at least what any matching
    reaches that keeps the levels before. `given_up` is how much of the best value later levels
    took, within the level's tolerance. `steps` are the prices; there are none where a solver gave
    the bound and nothing but its word stands for it.
    """

    goal: str
    value: int
    bound: int
    steps: tuple[PriceStep, ...] = ()
    ascending: tuple[int, ...] = ()
    given_up: int = 0

    @property
    def best(self) -> int:
        """The best value that was found, before later levels took anything of it."""
        return self.value + self.given_up

    @property
    def gap(self) -> int:
        """How far the best value is from its bound; 0 if the level is proven."""
        return self.bound - self.best


@dataclass(frozen=True, slots=True)
class Certificate:
    """One proof per objective level, in order."""

    levels: tuple[LevelProof, ...]

    @property
    def is_independent(self) -> bool:
        """Whether every level has prices, so that no solver needs to be believed."""
        return all(level.steps for level in self.levels)

    @property
    def is_closed(self) -> bool:
        """Whether every level reaches its bound."""
        return all(level.gap == 0 for level in self.levels)


@dataclass(frozen=True, slots=True)
class Matching:
    """The chosen pairs, as sorted indices of candidates.

    `tied` marks, per chosen pair, that another matching is equally good without it, so that the
    stated tie rule decided: units in order of id, each with the smallest possible village id.
    Where the answer is not a flow nothing is known of that, and no pair is marked.
    """

    chosen_idx: IndexArray
    tied: BoolArray
    num_matched: int
    total: int
    certificate: Certificate

    @property
    def status(self) -> str:
        """``optimal``: prices prove it; ``bounded``: a solver's word; ``stopped``: nothing."""
        if not self.certificate.is_closed:
            return "stopped"
        return "optimal" if self.certificate.is_independent else "bounded"


@dataclass(frozen=True, slots=True)
class ConflictMember:
    """One limit in a conflict: a message code of the `match` catalogue with its parameters."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CureNeed:
    """What stays impossible if one limit of a cure, `limit`, gives way by one less.

    `told` says so, `members` are a minimal conflict of what is left, and `sums` its sum.
    """

    limit: Limit
    told: ConflictMember
    members: tuple[ConflictMember, ...]
    sums: tuple[ConflictMember, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A minimal set of limits that cannot all hold, and how many pairs are missing in all.

    Minimal means: drop any one member and the others can hold. It was re-solved to be sure.
    Members that can hold under no circumstances, such as a lock on a pair that is not eligible,
    are all named together instead. `shortage` counts what is missing everywhere, which may be
    more than the members alone lack; it is a lower bound where quotas cross.
    `facts` are no limits but say what stands behind them, such as units that meet no condition.
    `cure` is the cheapest set of limits that must give way, where there is one and it was sought;
    `has_no_cure` says that there is none by relaxing limits with a waiver cost. Where the time ran
    out the members are all limits there are: a solver found no matching, and nothing was re-solved.
    `core` are the limits that the members tell of, where they are limits, and `sums` how many pairs
    they ask for and allow, where that alone shows it. `needs` tell why the cure is as large as it
    is, where the members do not, and `others` are some other cures that cost as much; both only
    where they were sought.
    """

    members: tuple[ConflictMember, ...]
    shortage: int
    facts: tuple[ConflictMember, ...] = ()
    cure: Cure | None = None
    has_no_cure: bool = False
    core: tuple[Limit, ...] = ()
    sums: tuple[ConflictMember, ...] = ()
    needs: tuple[CureNeed, ...] = ()
    others: tuple[Cure, ...] = ()


class StepsError(ValueError):
    """Scores leave the range in which integer arithmetic is exact."""
