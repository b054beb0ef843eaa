"""pairmatch: proven, priced and explained pairings of helper units with villages."""

__version__ = "0.1.0"
