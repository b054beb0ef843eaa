"""Proposals in which plugins took part or were left out."""

from dataclasses import replace
from typing import Any

from tests.report.proposals import HOSTILE, make_small

from pairmatch.domain.candidates import Reason
from pairmatch.domain.plugins import Influence, PluginState
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.domain.scores import Exclusion

ON = PluginState(
    "cang",
    "pack",
    "plugins/cang",
    "a" * 64,
    "on",
    "plugins.on_folder",
    county="沧县",
    version="1.2",
    label_zh="沧县：红木家具",
    label_en="Cang: furniture",
    hooks=("pairmatch_eligibility_rules", "pairmatch_score_rules"),
    rules=("cang.wood", "cang.far", "cang.never"),
)
OFF = replace(ON, name="off", state="off", why="plugins.off_disabled")
BROKEN = PluginState(
    "qing",
    "python",
    "plugins/qing",
    "b" * 64,
    "broken",
    "cli.folder_missing",
    {"path": "青.xlsx"},
)
RULE = RuleUse("cang.wood", "1.2", "红木家具村", "furniture villages", 300, "cang", "沧县")
INFLUENCE = Influence("cang", "沧县", 5, 2, 16, 320, -40, 80, 120, 50, 70, 3000, 1)


def make_plugged(**changes: Any) -> Proposal:
    """Return a proposal in which one plugin took part, one was off and one was left out."""
    proposal = make_small(**changes)
    first = proposal.explanations[0]
    line = replace(
        first.lines[-1], rule_id="cang.wood", label_zh="红木家具村", plugin="cang", points=0
    )
    first = replace(first, lines=(*first.lines, line))
    reason = Reason("太远", "too far")
    unit = proposal.inputs.units[0].unit_id
    far = Exclusion(unit, "cang.far", "路太远", "too far away", 9, False, reason)
    return replace(
        proposal,
        explanations=(first, *proposal.explanations[1:]),
        exclusions=(*proposal.exclusions, far, replace(far, num_villages=7)),
        rules=(*proposal.rules, RULE),
        plugins=(OFF, BROKEN, ON),
        influences=(INFLUENCE,),
    )


def make_hostile() -> Proposal:
    """Return a proposal whose plugins have labels and faults that try to break out."""
    proposal = make_plugged(hostile=True)
    broken = tuple(
        replace(BROKEN, name=f"q{k}", params={"path": name}, label_zh=name)
        for k, name in enumerate(HOSTILE)
    )
    named = replace(ON, label_zh=HOSTILE[0], label_en=HOSTILE[8], county=HOSTILE[9])
    rule = replace(RULE, label_zh=HOSTILE[4], label_en=HOSTILE[1])
    rules = (*proposal.rules[:-1], rule)
    return replace(proposal, plugins=(named, *broken), rules=rules)
