"""从村和单位的记录里取值；没有填的就是没有填，不当作零。

Values from the records of villages and units; what is not filled in stays unknown, never zero.
"""

from pairmatch.hooks import Unit, Village


def find_specialty(village: Village) -> str | None:
    """Return the id of the village's main specialty, None if it is not filled in."""
    reading = village.indicators.get("ind_specialty")
    return reading.value if reading is not None and isinstance(reading.value, str) else None


def find_number(village: Village, indicator_id: str) -> float | None:
    """Return the number an indicator has, None if it is not filled in or only as a range."""
    reading = village.indicators.get(indicator_id)
    if reading is None or not isinstance(reading.value, int | float):
        return None
    return float(reading.value)


def find_range(village: Village, indicator_id: str, least: float, most: float) -> tuple[float, ...]:
    """Return the least and the most an indicator may be: twice the number where it is known."""
    number = find_number(village, indicator_id)
    if number is not None:
        return number, number
    reading = village.indicators.get(indicator_id)
    low = None if reading is None else reading.low
    high = None if reading is None else reading.high
    return least if low is None else low, most if high is None else high


def list_codes(unit: Unit, starts: tuple[str, ...]) -> list[str]:
    """Return those industry codes of a unit that begin with one of `starts` (GB/T 4754)."""
    codes = [code.lstrip("ABCDEFGHIJKLMNOPQRST") for code in unit.industry_codes]
    return [code for code in codes if code.startswith(starts)]
