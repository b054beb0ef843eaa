"""The digest by which `run.json` proves that it was not changed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST_KEY = "digest"
UNSIGNED_KEYS = (DIGEST_KEY, "published_at")
"""What the digest leaves out: itself, and the one thing that differs between equal runs."""


def compute_facts_digest(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the facts of a run, whatever the order of the keys.

    Parameters
    ----------
    facts
        What `run.json` holds, as plain data.
    """
    signed = {key: value for key, value in facts.items() if key not in UNSIGNED_KEYS}
    text = json.dumps(signed, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
