"""Fault 38: slips in scenario.toml end as one finding with its line, before any table is read."""

import pytest
from tests.load.sheet_makers import list_codes, read_files

from pairmatch.domain.findings import Severity

TABLES = {"units.csv": "unit_id\nu1\n", "villages.csv": "village_id\nv1\n"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('[scenario]\nname = "沧州"\n'.encode("gbk"), "settings.not_utf8", 2),
        (b'[inputs]\nunits = "C:\\new\\u.csv"\n', "settings.backslash", 2),
        ("[rules]\n需求 = 5\n", "settings.bare_key", 2),
        ("[scenario]\nname = “沧州”\n", "settings.smart_quotes", 2),
        ("[rules]\na = 1\na = 2\n", "settings.duplicate_key", 3),
        ("[rules]\na = nan\n", "settings.not_finite", 2),
    ],
)
def test_slips_are_named_with_their_line(tmp_path, text, code, line):
    inputs, findings = read_files(tmp_path, {**TABLES, "scenario.toml": text})
    assert inputs is None
    assert [(f.code, f.severity, f.place.row) for f in findings] == [(code, Severity.ERROR, line)]


def test_a_byte_order_mark_is_accepted(tmp_path):
    data = '[scenario]\r\nname = "沧州"\r\n'.encode("utf-8-sig")
    inputs, findings = read_files(tmp_path, {**TABLES, "scenario.toml": data})
    assert inputs.scenario.scenario.name == "沧州"
    assert not list_codes(findings, Severity.ERROR)
