"""JSON as all files of a run have it."""

import json
from typing import Any

SCHEMA = 1
"""Number of the form of a run's JSON files."""


def write_json(data: Any) -> str:
    """Return indented JSON with keys in the order given, Chinese as it is."""
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
