"""Affinity of industries and specialties: shortest paths over the industry-specialty graph.

A link of weight w has length FULL - w; a class (four digits) is joined to its division (two
digits) at no length, and two specialties of one division at SIMILAR. The affinity is FULL less
the shortest length, and at least 0, so it decays with every step away.
"""

from collections.abc import Sequence

from pairmatch.domain.candidates import FULL
from pairmatch.domain.taxonomy import Taxonomy

SIMILAR = 3_000
"""Length between two specialties of the same division (an assumption, as the table's weights)."""

DIVISION_DIGITS = 2


def measure_affinities(taxonomy: Taxonomy, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the affinity in ten-thousandths of every (industry code, specialty id) above 0."""
    import networkx as nx

    graph = nx.Graph()
    for link in taxonomy.affinities:
        graph.add_edge(
            ("code", link.industry_code),
            ("specialty", link.specialty_id),
            length=FULL - link.weight,
        )
    for code in sorted({*codes, *(link.industry_code for link in taxonomy.affinities)}):
        graph.add_node(("code", code))
        if len(code) > DIVISION_DIGITS:
            graph.add_edge(("code", code), ("code", code[:DIVISION_DIGITS]), length=0)
    for specialty in taxonomy.specialties:
        hub = ("specialties of", specialty.industry_code[:DIVISION_DIGITS])
        graph.add_edge(("specialty", specialty.specialty_id), hub, length=SIMILAR // 2)
    affinities = {}
    for code in codes:
        lengths = nx.single_source_dijkstra_path_length(
            graph, ("code", code), cutoff=FULL - 1, weight="length"
        )
        for (kind, name), length in lengths.items():
            if kind == "specialty":
                affinities[code, name] = FULL - int(length)
    return affinities
