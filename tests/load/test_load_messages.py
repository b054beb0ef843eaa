"""The sentences of load, settings, check and forms: whole in both languages, every code used."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.load.sheet_makers import list_placeholders

from pairmatch.messages import read_catalogue

SOURCE = Path(__file__).parents[2] / "src" / "pairmatch"
AREAS = ("load", "settings", "check", "forms")
CODES = [(area, code) for area in AREAS for code in read_catalogue(area)]


@pytest.mark.parametrize(("area", "code"), CODES)
def test_both_languages_say_the_same(area, code):
    entry = read_catalogue(area)[code]
    assert {"zh", "en"} <= set(entry) <= {"zh", "en", "zh_hint", "en_hint"}
    assert ("zh_hint" in entry) == ("en_hint" in entry)
    assert list_placeholders(entry["zh"]) == list_placeholders(entry["en"])
    hints = entry.get("zh_hint", ""), entry.get("en_hint", "")
    assert list_placeholders(hints[0]) == list_placeholders(hints[1])


@cache
def read_source():
    return "\n".join(
        path.read_text(encoding="utf-8")
        for stage in ("load", "check", "report", "domain")
        for path in (SOURCE / stage).rglob("*.py")
    )


@pytest.mark.parametrize(("area", "code"), CODES)
def test_every_code_is_used(area, code):
    words = read_source()
    stem = re.sub(r"_(more|close|several|known|noted|other)$", "", code)
    variants = {code, stem, *re.findall(r"(?:noted|skipped|unit|not|wrong_kind)_(.+)", code)}
    variants |= {re.sub("^unit_", "", stem)}
    found = any(f'"{area}.{v}"' in words or f'"{v}"' in words for v in variants)
    assert found, f"{area}.{code} is said nowhere"
