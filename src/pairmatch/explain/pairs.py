"""Explain every chosen pair: its ledger, the needs it covers, and the best alternatives."""

import numpy as np

from pairmatch.domain.explanation import Alternative, LedgerLine, NeedState, PairExplanation
from pairmatch.domain.inputs import IndexArray
from pairmatch.domain.matching import Matching
from pairmatch.domain.scores import ScoreTable
from pairmatch.explain.prices import PriceBook, describe_alternative

NUM_ALTERNATIVES = 3


def explain_matching(
    table: ScoreTable, matching: Matching, book: PriceBook | None
) -> tuple[PairExplanation, ...]:
    """Return one explanation per chosen pair, in the order of the matching.

    Without prices, where the answer is more than a flow, there are no alternatives.
    """
    by_village = _group_by_village(table)
    return tuple(
        _explain_pair(table, book, by_village, candidate, bool(tied))
        for candidate, tied in zip(
            matching.chosen_idx.tolist(), matching.tied.tolist(), strict=True
        )
    )


def list_ledger(table: ScoreTable, candidate: int) -> tuple[LedgerLine, ...]:
    """Return the lines whose points sum exactly to a candidate's score.

    Rules of counties other than the village's have none: they never give it a point.
    """
    village = table.candidates.villages.records[int(table.candidates.village_idx[candidate])]
    lines = []
    for column in table.columns:
        if column.county and column.county != village.county:
            continue
        reason = column.reasons[candidate]
        lines.append(
            LedgerLine(
                column.rule_id,
                column.version,
                column.label_zh,
                column.label_en,
                int(column.points[candidate]),
                int(column.low[candidate]),
                int(column.high[candidate]),
                reason.zh,
                reason.en,
                reason.fields,
                column.plugin,
            )
        )
    return tuple(lines)


def list_alternatives(
    book: PriceBook, rivals: IndexArray, limit: int = NUM_ALTERNATIVES
) -> tuple[Alternative, ...]:
    """Return the cheapest pairs, among candidates not chosen, by forcing price, then by ids."""
    rivals = rivals[book.chosen[rivals] == 0]
    price = book.forcing[rivals]
    order = np.lexsort((rivals, price, price < 0))
    return tuple(describe_alternative(book, int(rivals[k])) for k in order[:limit])


def _group_by_village(table: ScoreTable) -> list[IndexArray]:
    order = np.argsort(table.candidates.village_idx, kind="stable").astype(np.int32)
    num_villages = len(table.candidates.villages.records)
    starts = np.searchsorted(table.candidates.village_idx[order], np.arange(num_villages + 1))
    return [order[starts[v] : starts[v + 1]] for v in range(num_villages)]


def _explain_pair(
    table: ScoreTable,
    book: PriceBook | None,
    by_village: list[IndexArray],
    candidate: int,
    tied: bool,
) -> PairExplanation:
    unit = int(table.candidates.unit_idx[candidate])
    village = int(table.candidates.village_idx[candidate])
    rivals = by_village[village]
    points = int(table.total[candidate])
    return PairExplanation(
        unit_id=table.candidates.units.records[unit].unit_id,
        village_id=table.candidates.villages.records[village].village_id,
        points=points,
        low=int(table.low[candidate]),
        high=int(table.high[candidate]),
        rank=1 + int((table.total[rivals] > points).sum()),
        num_candidates=len(rivals),
        tied=tied,
        lines=list_ledger(table, candidate),
        needs=_list_needs(table, unit, village),
        alternatives=() if book is None else list_alternatives(book, rivals),
    )


def _list_needs(table: ScoreTable, unit: int, village: int) -> tuple[NeedState, ...]:
    """Return the village's needs, largest weighted deficit first; none if nothing is measured."""
    sides = table.candidates.villages
    if not sides.records[village].indicators:
        return ()
    supply = table.candidates.units.supply[unit]
    deficit = sides.deficit[village]
    weighted = deficit * sides.need_weight[village]
    needs = table.candidates.background.taxonomy.needs
    return tuple(
        NeedState(
            needs[n].need_id,
            int(deficit[n]),
            int(supply[n]),
            int(min(deficit[n], supply[n])),
            int(max(deficit[n] - supply[n], 0)),
            bool(sides.deficit_low[village, n] == sides.deficit_high[village, n]),
            int(sides.need_weight[village, n]),
        )
        for n in np.argsort(-weighted, kind="stable").tolist()
        if deficit[n]
    )
