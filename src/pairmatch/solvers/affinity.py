"""Affinity of industries and specialties: shortest paths over the industry-specialty graph.

A link of weight w has length FULL - w. Two specialties of one division (the first two digits of a
GB/T 4754 code) are SIMILAR apart, and so are a class that has links of its own and its division; a
class without any stands for its division. The affinity is FULL less the shortest length, and at
least 0, so it decays with every step away from what the table links directly.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pairmatch.domain.candidates import FULL
from pairmatch.domain.taxonomy import Taxonomy

SIMILAR = 3_000
"""Length between two near things of one division (an assumption, as the table's weights)."""

DIVISION_DIGITS = 2

_Node = tuple[str, str]


def measure_affinities(taxonomy: Taxonomy, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the affinity in ten-thousandths of every (industry code, specialty id) above 0."""
    edges = tuple(_list_edges(taxonomy))
    nodes = sorted({node for start, end, _length in edges for node in (start, end)})
    index = {node: k for k, node in enumerate(nodes)}
    length = np.full((len(nodes), len(nodes)), FULL, dtype=np.int64)
    np.fill_diagonal(length, 0)
    for start, end, step in edges:
        ends = [index[start], index[end]]
        length[ends, ends[::-1]] = min(int(length[ends[0], ends[1]]), step)
    # Floyd and Warshall: the graph has a node per linked code and specialty, about a hundred.
    for k in range(len(nodes)):
        np.minimum(length, length[:, k, None] + length[k], out=length)
    affinities = {}
    for code in sorted(set(codes)):
        row = index.get(("code", code), index.get(("code", code[:DIVISION_DIGITS])))
        if row is not None:
            for (kind, name), column in index.items():
                if kind == "specialty" and length[row, column] < FULL:
                    affinities[code, name] = FULL - int(length[row, column])
    return affinities


def _list_edges(taxonomy: Taxonomy) -> Iterator[tuple[_Node, _Node, int]]:
    for link in taxonomy.affinities:
        yield ("code", link.industry_code), ("specialty", link.specialty_id), FULL - link.weight
        if len(link.industry_code) > DIVISION_DIGITS:
            division = link.industry_code[:DIVISION_DIGITS]
            yield ("code", link.industry_code), ("code", division), SIMILAR
    for specialty in taxonomy.specialties:
        hub = ("specialties of", specialty.industry_code[:DIVISION_DIGITS])
        yield ("specialty", specialty.specialty_id), hub, SIMILAR // 2
