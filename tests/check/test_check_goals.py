"""Goals that look at nothing, tolerances without effect, quotas that count nothing."""

import numpy as np
from tests.load.sheet_makers import check_sentences, find_one, list_codes

from pairmatch.check.inputs import check_inputs
from pairmatch.domain.findings import Severity
from pairmatch.domain.inputs import Inputs, PairSet
from pairmatch.domain.problem import MAX_CHANGES
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.load.taxonomy import read_taxonomy

VILLAGES = (Village("v1", county="青县"), Village("v2"))


def check(settings, **tables):
    scenario = Scenario.model_validate(settings)
    inputs = Inputs(scenario, read_taxonomy(), (Unit("u1"),), VILLAGES, **tables)
    findings = check_inputs(inputs)
    check_sentences(findings)
    return findings


def set_levels(*levels):
    return {"objective": {"levels": list(levels)}}


def test_villages_without_a_county_are_told_where_counties_are_compared():
    finding = find_one(
        check(set_levels("num_matched", "worst_county")), "check.goal_without_county"
    )
    assert finding.severity is Severity.WARNING
    assert (finding.params["count"], finding.params["villages"]) == ("1", "2")
    assert check(set_levels("num_matched", "worst_village")) == ()


def test_a_tolerance_of_the_last_level_has_no_effect():
    last = {"goal": "total", "within": "1%"}
    finding = find_one(check(set_levels("num_matched", last)), "check.within_last")
    assert (finding.severity, finding.params["within"]) == (Severity.WARNING, "1%")
    assert check(set_levels("num_matched", last, "worst_village")) == ()
    assert check(set_levels("num_matched", {"goal": "total", "within": 0})) == ()


def test_quotas_that_list_no_pair_or_have_a_name_that_is_taken():
    none = PairSet(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
    one = PairSet(np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32))
    quotas = [
        {"name": "q", "pairs": [], "max": 3},
        {"name": MAX_CHANGES, "pairs": "p.csv", "min": 1},
    ]
    findings = check({"quota": quotas}, quota_pairs={0: none, 1: one})
    assert list_codes(findings, Severity.ERROR) == [
        "check.quota_reserved_name",
        "check.quota_no_pairs",
    ]
    assert find_one(findings, "check.quota_no_pairs").place.column == "quota.q.pairs"
