"""Which villages are candidates: real ones, by their real codes, spread over the townships."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from .sources import read_source

VILLAGES_PER_COUNTY = 30
CIZHUANG = "130983105217"
"""慈庄村, 黄骅市: the one helped village that the programme's own documents name."""

NOT_RURAL = ("街道", "开发区", "农场")


@dataclass(frozen=True, slots=True)
class Place:
    """A village as the register of division codes has it."""

    code: str
    name: str
    township: str
    county: str
    county_code: str


def list_places() -> tuple[Place, ...]:
    """Return the candidate villages of all counties, sorted by code."""
    by_county: dict[str, list[Place]] = defaultdict(list)
    for row in read_source("cangzhou_villages"):
        if row["kind"] == "village_committee" and not row["township"].endswith(NOT_RURAL):
            by_county[row["county_code"]].append(
                Place(
                    row["village_code"],
                    row["village"],
                    row["township"],
                    row["county"],
                    row["county_code"],
                )
            )
    chosen = [place for places in by_county.values() for place in _spread(places)]
    return tuple(sorted(chosen, key=lambda place: place.code))


def _spread(places: list[Place]) -> list[Place]:
    """Take villages from the townships in turn, inside each in the order of a digest."""
    townships: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=_order):
        townships[place.township].append(place)
    chosen: list[Place] = []
    round_no = 0
    while len(chosen) < VILLAGES_PER_COUNTY:
        for name in sorted(townships):
            if round_no < len(townships[name]) and len(chosen) < VILLAGES_PER_COUNTY:
                chosen.append(townships[name][round_no])
        round_no += 1
    return chosen


def _order(place: Place) -> tuple[bool, str]:
    return place.code != CIZHUANG, hashlib.sha256(place.code.encode()).hexdigest()
