"""Rows whose columns stand below each other, whatever the letters in them."""

from collections.abc import Sequence

from pairmatch.cli.help import measure_width

_GAP = "  "


def align_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line per row, each column as wide as its widest cell; Chinese takes two.

    Parameters
    ----------
    rows
        All with as many cells; the first is usually the heading.

    Examples
    --------
    >>> align_rows([("名称", "县"), ("huanghua", "黄骅市")])
    ['名称      县', 'huanghua  黄骅市']
    """
    widths = [max(map(measure_width, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(
            cell + " " * (width - measure_width(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
