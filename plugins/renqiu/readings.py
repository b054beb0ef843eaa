"""从村和单位的记录里取值；没有填的就是没有填，不当作零。

Values from the records of villages and units; what is not filled in stays unknown, never zero.
"""

from pairmatch.hooks import Unit, Village


def find_specialty(village: Village) -> str | None:
    """Return the id of the village's main specialty, None if it is not filled in."""
    reading = village.indicators.get("ind_specialty")
    return reading.value if reading is not None and isinstance(reading.value, str) else None


def list_codes(unit: Unit, starts: tuple[str, ...]) -> list[str]:
    """Return those industry codes of a unit that begin with one of `starts` (GB/T 4754)."""
    codes = [code.lstrip("ABCDEFGHIJKLMNOPQRST") for code in unit.industry_codes]
    return [code for code in codes if code.startswith(starts)]
