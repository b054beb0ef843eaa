"""Synthetic pairings of any size up to a nation's, as arrays, the same for the same seed.

Everything here is made up. Sizes and kinds follow China's programme in which about 127,000 firms
were paired with about 139,100 villages; no figure of a firm or village is taken from anywhere.
Points are whole steps of 0.01: up to 60.00 for the needs that a unit covers, 6.00 for a village of
its own county, and up to 2.00 from a rule of which a solver may know nothing but this spread.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.inputs import IndexArray, IntArray
from pairmatch.domain.pairscores import list_slices
from pairmatch.domain.productscores import ProductScores

FULL_SIZE = (127_000, 139_100)
"""Units and villages of the whole nation."""

NUM_NEEDS = 20
NUM_CAPABILITIES = 14
MOST_CAPABILITIES = 3
TOP_LEVEL = 3
VILLAGES_PER_COUNTY = 50

MOST_COVERAGE = 6000
BONUS = 600
SPREAD = 200
"""Points for all needs covered, for one county, and the most of the rule, in steps of 0.01."""

SHARE_STEPS = 4096
"""A village's needs weigh so much together."""

SUPPLY_STEPS = 100_000_000
"""A unit that covers a need wholly supplies so much: fine enough to tell 127,000 sizes apart."""

NUM_LABELS = 1000
LABEL_FACTORS = (7919, 104729)
LABEL_CYCLE = 1009


@dataclass(frozen=True, slots=True)
class National:
    """Synthetic units and villages, sorted by county, and the points of their pairs.

    Parameters
    ----------
    supply
        How much of each need a unit covers, (units, needs), in `SUPPLY_STEPS`.
    share
        What each need makes up of all that a village needs, (villages, needs), in `SHARE_STEPS`.
    unit_county, village_county
        Counties by number, rising.
    unit_label, village_label
        What the rule with a spread looks at.
    """

    supply: NDArray[np.int32]
    share: NDArray[np.int32]
    unit_county: IndexArray
    village_county: IndexArray
    unit_label: IntArray
    village_label: IntArray

    @property
    def num_units(self) -> int:
        """How many units there are."""
        return len(self.supply)

    @property
    def num_villages(self) -> int:
        """How many villages there are."""
        return len(self.share)

    def score(
        self, unit_idx: IndexArray | IntArray, village_idx: IndexArray | IntArray
    ) -> IntArray:
        """Return the exact points of some pairs, in whole numbers all the way."""
        needs = np.einsum(
            "ij,ij->i", self.supply[unit_idx], self.share[village_idx], dtype=np.int64
        )
        is_home = self.unit_county[unit_idx] == self.village_county[village_idx]
        rule = mix_labels(self.unit_label[unit_idx], self.village_label[village_idx])
        points: IntArray = convert_coverage(needs) + np.where(is_home, BONUS, 0) + rule
        return points

    def score_block(self, units: slice) -> IntArray:
        """Return the exact points of some units with all villages, (units, villages).

        The product is of 64-bit floats, but every number in it is a whole one below 2^53.
        """
        needs = self.supply[units].astype(np.float64) @ self.share.T.astype(np.float64)
        is_home = self.unit_county[units, None] == self.village_county
        rule = mix_labels(self.unit_label[units, None], self.village_label)
        points: IntArray = (
            convert_coverage(needs.astype(np.int64)) + np.where(is_home, BONUS, 0) + rule
        )
        return points

    def build_scores(self) -> ProductScores:
        """Return the points as a bound by products, and exact when asked for.

        The product is the coverage before it is rounded down; the rule is its whole spread.
        """
        kinds, row = np.unique(self.supply, axis=0, return_inverse=True)
        factor = MOST_COVERAGE / (SHARE_STEPS * SUPPLY_STEPS)
        return ProductScores(
            left=(kinds * factor).astype(np.float32),
            right=self.share.astype(np.float32),
            row=row.ravel().astype(np.int32),
            slack=float(SPREAD),
            compute=self.score,
            unit_idx=np.arange(self.num_units, dtype=np.int32),
            village_idx=np.arange(self.num_villages, dtype=np.int32),
            unit_group=self.unit_county,
            village_group=self.village_county,
            bonus=float(BONUS),
            home_only=np.zeros(self.num_units, dtype=np.bool_),
        )


def make_national(
    num_units: int, num_villages: int, seed: int = 1, *, distinct: bool = True
) -> National:
    """Return synthetic units and villages.

    A county has about 50 villages, and units and villages fall into counties by chance, so that
    some counties have more units than villages and others fewer.

    Parameters
    ----------
    num_units, num_villages
        How many of each.
    seed
        Equal seeds give equal arrays.
    distinct
        Whether every unit has a size of its own that scales all it supplies, so that no two units
        are alike: the hard kind. Otherwise many units supply the same.
    """
    draw = np.random.default_rng([seed, num_units, num_villages, int(distinct)])
    num_counties = max(2, num_villages // VILLAGES_PER_COUNTY)
    unit_county, village_county = (
        np.sort(draw.integers(0, num_counties, number)).astype(np.int32)
        for number in (num_units, num_villages)
    )
    return National(
        supply=draw_supply(draw, num_units, distinct),
        share=draw_shares(draw, village_county, num_counties),
        unit_county=unit_county,
        village_county=village_county,
        unit_label=draw.integers(0, NUM_LABELS, num_units),
        village_label=draw.integers(0, NUM_LABELS, num_villages),
    )


def draw_supply(draw: np.random.Generator, num_units: int, distinct: bool) -> NDArray[np.int32]:
    """Return how much of each need a unit covers.

    There are 14 capabilities; each helps with one need wholly and with one in five of the others
    by 30% to 100%. A unit has one to three capabilities at levels 1 to 3; a lower level covers one
    or two thirds, and of several capabilities the best one for a need counts. A unit covers the
    same share of a need wherever it is: that makes the points a product of the two sides. Sizes,
    if units have them, are spread evenly from 70% to 100%.
    """
    shape = (NUM_CAPABILITIES, NUM_NEEDS)
    strength = np.where(draw.random(shape) < 0.2, draw.choice([0.3, 0.5, 0.7, 1.0], shape), 0.0)
    strength[np.arange(NUM_CAPABILITIES), draw.integers(0, NUM_NEEDS, NUM_CAPABILITIES)] = 1.0
    number = draw.integers(1, MOST_CAPABILITIES + 1, num_units)
    supply = np.zeros((num_units, NUM_NEEDS))
    for place in range(MOST_CAPABILITIES):
        capability = draw.integers(0, NUM_CAPABILITIES, num_units)
        level = draw.integers(1, TOP_LEVEL + 1, num_units) / TOP_LEVEL
        covered = strength[capability] * np.where(place < number, level, 0.0)[:, None]
        np.maximum(supply, covered, out=supply)
    if distinct:
        supply *= (0.7 + 0.3 * draw.permutation(num_units) / num_units)[:, None]
    return np.rint(supply * SUPPLY_STEPS).astype(np.int32)


def draw_shares(
    draw: np.random.Generator, village_county: IndexArray, num_counties: int
) -> NDArray[np.int32]:
    """Return what each need makes up of all that a village needs.

    Villages of one county are alike: each deficit is the county's, between none and all and mostly
    below one half, and varies by 20 points from village to village; three in ten are none at all.
    Needs weigh between half and one and a half. Shares are rounded down, so that no coverage is
    above 60.00 points.
    """
    usual = draw.beta(2, 3, (num_counties, NUM_NEEDS))
    shape = (len(village_county), NUM_NEEDS)
    deficit = np.clip(usual[village_county] + draw.normal(0, 0.2, shape), 0, 1)
    deficit[draw.random(shape) < 0.3] = 0
    weighted = deficit * draw.uniform(0.5, 1.5, NUM_NEEDS)
    total = weighted.sum(axis=1, keepdims=True)
    total[total == 0] = 1
    share: NDArray[np.int32] = np.floor(weighted / total * SHARE_STEPS).astype(np.int32)
    return share


def convert_coverage(needs: IntArray) -> IntArray:
    """Return points for coverage, rounded down."""
    return needs * MOST_COVERAGE // (SHARE_STEPS * SUPPLY_STEPS)


def mix_labels(unit_label: IntArray, village_label: IntArray) -> IntArray:
    """Return what a rule of a plugin gives a pair: from 0 to its spread, with no pattern to use."""
    mixed = unit_label * LABEL_FACTORS[0] + village_label * LABEL_FACTORS[1]
    return mixed % LABEL_CYCLE * SPREAD // (LABEL_CYCLE - 1)


def make_matrix(size: int, seed: int = 1, *, distinct: bool = True) -> NDArray[np.int32]:
    """Return the exact points of all pairs of so many units and as many villages."""
    national = make_national(size, size, seed, distinct=distinct)
    points = np.empty((size, size), dtype=np.int32)
    for units in list_slices(size, 512):
        points[units] = national.score_block(units)
    return points
