"""Scores as people read them: exact decimals of the integer steps they are counted in."""


def format_steps(steps: int, steps_per_point: int) -> str:
    """Return integer steps as points, an exact decimal with all its places.

    Parameters
    ----------
    steps
        The score, in steps.
    steps_per_point
        A power of ten.

    Examples
    --------
    >>> format_steps(-1234, 100)
    '-12.34'
    """
    places = len(str(steps_per_point)) - 1
    whole, rest = divmod(abs(steps), steps_per_point)
    sign = "-" if steps < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def format_change(steps: int, steps_per_point: int) -> str:
    """Return points with their sign: ``+3.20``, ``-0.50``, ``0.00``."""
    text = format_steps(steps, steps_per_point)
    return f"+{text}" if steps > 0 else text


def format_share(ten_thousandths: int) -> str:
    """Return a share counted in ten-thousandths as whole per cent, such as ``85%``."""
    return f"{(ten_thousandths + 50) // 100}%"
