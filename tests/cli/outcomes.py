"""Makers of outcomes, findings and explanations, as the engine would return them."""

from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import FieldUse
from pairmatch.domain.explanation import Alternative, LedgerLine, Move, NeedState, PairExplanation
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.matching import (
    Certificate,
    Conflict,
    ConflictMember,
    LevelProof,
    Matching,
    PriceStep,
)
from pairmatch.domain.plugins import Audit, Influence, PluginReport, PluginState
from pairmatch.domain.problem import Problem
from pairmatch.domain.proposal import Proposal
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.scenario import Scenario
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.engine.outcomes import Outcome
from pairmatch.engine.whatif import ChangedChain, WhatIf

UNITS = ("U1", "U2", "U3", "U4")
VILLAGES = ("130900000001", "130900000002", "130900000003", "130900000004")


def make_finding(severity=Severity.WARNING, code="cli.folder_missing", **params):
    place = Place("村情表/黄骅市.xlsx", "村情表", 7, "饮水", "C7", "约300")
    return Finding(code, severity, place, {"path": "x", **params})


def make_explanation(k, tied=False):
    moves = (Move("U2", VILLAGES[1], VILLAGES[0]), Move("U1", VILLAGES[0], ""))
    return PairExplanation(
        unit_id=UNITS[k],
        village_id=VILLAGES[k],
        points=1000 + k,
        low=900,
        high=1000 + k if k == 3 else 1100,
        rank=1,
        num_candidates=4,
        tied=tied,
        lines=(
            LedgerLine(
                "need", "1", "需求", "needs", 1010, 1, 2, "能补", "can", (FieldUse("a", "b", "1"),)
            ),
            LedgerLine("near", "1", "就近", "near", -10, 1, 2, "路远", "far"),
        ),
        needs=tuple(
            NeedState(f"need{n}", 0 if n == 0 else 5000, 9000, 4000, 1000, n % 2 == 0)
            for n in range(15)
        ),
        alternatives=()
        if k == 3
        else (
            Alternative("U2", VILLAGES[k], 900, 35, (*moves, Move("U4", "", VILLAGES[1]))),
            Alternative("U3", VILLAGES[k], 800, None),
        ),
    )


def make_proposal(counties=("甲县", "甲县", "乙县", "乙县"), synthetic=True, tied=False):
    units = tuple(
        Unit(u, tier="city" if k % 2 else "county", county=counties[k]) for k, u in enumerate(UNITS)
    )
    villages = tuple(Village(v, county=counties[k]) for k, v in enumerate(VILLAGES))
    settings = Scenario.model_validate({"scenario": {"synthetic": synthetic}})
    inputs = Inputs(settings, Taxonomy((), (), (), (), (), {}, {}), units, villages)
    four = np.arange(4)
    ones = np.ones(4, np.int64)
    problem = Problem(
        UNITS, VILLAGES, four.astype(np.int32), four.astype(np.int32), 1000 + four,
        0 * ones, ones, 0 * ones, ones,
    )  # fmt: skip
    matching = make_matching(4006)
    explanations = tuple(make_explanation(k, tied) for k in range(4))
    return Proposal(inputs, problem, matching, explanations, (), (), (), "abc123")


def make_matching(total, bound=None, is_independent=True):
    """Return four pairs whose total has a bound: by prices, or by a solver's word."""
    ones = np.ones(4, np.int64)

    def prove(goal, value, bound):
        steps = (PriceStep(value, ones, ones, ones),) if is_independent else ()
        return LevelProof(goal, value, bound, steps)

    total_bound = total if bound is None else bound
    proofs = (prove("num_matched", 4, 4), prove("total", total, total_bound))
    return Matching(np.arange(4, dtype=np.int32), np.zeros(4, bool), 4, total, Certificate(proofs))


def make_what_if(total=3900, **changes):
    moves = (Move("U2", VILLAGES[1], VILLAGES[0]), Move("U1", VILLAGES[0], ""))
    answer = WhatIf(
        make_matching(4006), make_matching(total), None, (ChangedChain(moves, -106),), 2
    )
    return replace(answer, **changes)


def make_outcome(
    proposal=None, run=None, conflict=None, findings=(), plugins=(), plugin_seconds=()
):
    status = "infeasible" if proposal is None else proposal.matching.status
    return Outcome(
        status,
        proposal,
        conflict,
        run,
        findings,
        {"match": 0.02},
        (),
        dict(plugin_seconds),
        plugins,
    )


def make_state(state="on", name="huanghua"):
    if state == "broken":
        params = {"path": "盐.xlsx"}
        return PluginState(name, "pack", "plugins/x", "0" * 64, state, "cli.folder_missing", params)
    return PluginState(
        name,
        "python",
        "pairmatch",
        "0" * 64,
        state,
        "plugins.on_folder" if state == "on" else "plugins.off_disabled",
        county="黄骅市",
        version="1.2",
        label_zh="盐和枣",
        label_en="salt and jujube",
        hooks=("pairmatch_score_rules",),
        rules=("huanghua.salt", "huanghua.jujube"),
    )


def make_report(findings=()):
    return PluginReport(make_state(), ("plugins.on_folder",), findings, 0.125)


def make_influence(num_matched_lost=0):
    return Influence(
        "huanghua", "黄骅市", 5, 2, 16, 320, -40, 80, 120, 50, 70, 3000, num_matched_lost
    )


def make_audit(influences=None, is_feasible=True, states=None):
    states = (make_state(), make_state("off", "a")) if states is None else states
    influences = (make_influence(),) if influences is None else influences
    return Audit(states, influences, (), 100, 674263, 112, is_feasible, 0.5)


def make_conflict():
    members = (
        ConflictMember("cli.counties", {"parts": "甲"}),
        ConflictMember("cli.counties", {"parts": "乙"}),
    )
    return Conflict(members, 3)
