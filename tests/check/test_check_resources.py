"""Loads and capacities that have nothing to do with each other."""

from decimal import Decimal

import numpy as np
from tests.load.sheet_makers import check_sentences, find_one, list_codes

from pairmatch.check.inputs import check_inputs
from pairmatch.check.resources import MAX_FINDINGS
from pairmatch.domain.findings import Place, Severity
from pairmatch.domain.inputs import Capacity, Inputs, ResourceLoads
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.load.taxonomy import read_taxonomy

UNITS = (Unit("u1"), Unit("u2"))
VILLAGES = (Village("v1"), Village("v2"))


def make_loads(resource, *rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    units, villages = columns[:2].astype(np.int32)
    return ResourceLoads(resource, units, villages, columns[2], 1, "loads.csv")


def make_capacity(side, owner_id, resource, row=2):
    place = Place("capacities.csv", "", row, "capacity", "", "5")
    return Capacity(side, owner_id, resource, Decimal(5), place=place)


def check(loads, capacities):
    taxonomy = read_taxonomy()
    inputs = Inputs(Scenario(), taxonomy, UNITS, VILLAGES, loads=loads, capacities=capacities)
    findings = check_inputs(inputs)
    check_sentences(findings)
    assert all(finding.severity is Severity.WARNING for finding in findings)
    return findings


def test_tables_that_fit_have_no_findings():
    loads = (make_loads("r", (0, 0, 3), (1, 1, 0)),)
    assert (
        check(loads, (make_capacity("unit", "u1", "r"), make_capacity("village", "v1", "r"))) == ()
    )
    assert check((), ()) == ()


def test_a_name_written_two_ways_is_told_from_both_sides():
    loads = (make_loads("资金", (0, 0, 3), (0, 1, 2)),)
    capacities = (
        make_capacity("unit", "u1", "资金（万元）", 7),
        make_capacity("unit", "u2", "资金（万元）", 3),
    )
    findings = check(loads, capacities)
    unbounded = find_one(findings, "check.loads_unbounded")
    assert (unbounded.place.file, unbounded.params["count"]) == ("loads.csv", "2")
    assert unbounded.params["closest"] == "资金（万元）"
    unused = find_one(findings, "check.capacity_unused")
    assert (unused.place.row, unused.params["closest"], unused.params["count"]) == (3, "资金", "2")


def test_owners_none_of_whose_pairs_uses_anything():
    loads = (make_loads("r", (0, 0, 3), (1, 1, 0)),)
    capacities = (
        make_capacity("unit", "u1", "r"),
        make_capacity("unit", "u2", "r", 3),
        make_capacity("village", "v2", "r", 4),
    )
    finding = find_one(check(loads, capacities), "check.capacity_idle")
    assert (finding.place.row, finding.params["id"], finding.params["count"]) == (3, "u2", "2")


def test_many_resources_are_counted_in_one():
    names = [f"r{k:02d}" for k in range(MAX_FINDINGS + 3)]
    loads = tuple(make_loads(name, (0, 0, 1)) for name in names)
    findings = check(loads, ())
    assert list_codes(findings).count("check.loads_unbounded") == MAX_FINDINGS
    assert find_one(findings, "check.loads_unbounded_more").params["count"] == "3"
    capacities = tuple(make_capacity("unit", "u1", name) for name in names)
    assert find_one(check((), capacities), "check.capacity_unused_more").params["total"] == "23"
    idle = tuple(make_capacity("unit", "u2", name) for name in names)
    assert find_one(check(loads, idle), "check.capacity_idle_more").params["total"] == "23"
