"""Changes and shares as people read them."""

from pairmatch.domain.points import format_steps

UNKNOWN = "–"


def format_change(steps: int | None, steps_per_point: int) -> str:
    """Return points with their sign: ``+3.20``, ``-0.50``, ``0.00``; a dash for unknown ones."""
    if steps is None:
        return UNKNOWN
    text = format_steps(steps, steps_per_point)
    return f"+{text}" if steps > 0 else text


def format_share(ten_thousandths: int) -> str:
    """Return a share counted in ten-thousandths as whole per cent, such as ``85%``."""
    return f"{(ten_thousandths + 50) // 100}%"
