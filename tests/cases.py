"""How many of thousands of random cases are tried: a part by default, all with ALL_CASES=1."""

import os

ALL_CASES = os.environ.get("ALL_CASES") == "1"


def pick_share(number: int, share: int) -> int:
    """Return the number of cases, or of examples, to try: one in `share` unless all are wanted."""
    return number if ALL_CASES else number // share
