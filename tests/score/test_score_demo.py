"""The reasons of the demo, all of them: complete, in plain words, one language at a time."""

import re
import time

import pytest
from tests.score.score_cases import make_inputs, read_demo, score_builtin, score_demo

from pairmatch.domain.scenario import Scenario
from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules

CHINESE = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[A-Za-z?]")
JARGON = ("中位数", "加权", "权重", "归一", "区间", "未知", "None", "nan", "步")


def _list_names(inputs):
    """Every name that stays Chinese in an English sentence."""
    names = {unit.name for unit in inputs.units} | {unit.county for unit in inputs.units}
    for village in inputs.villages:
        names |= {village.name, village.township, village.county, *village.wishes}
        names.add(village.county + village.township + village.name)
    names |= {"回避对象", "不愿帮扶"}  # columns of the unit table
    return sorted(names - {""}, key=len, reverse=True)


def _strip(text, names):
    for name in names:
        text = text.replace(name, "")
    return text


def _list_reasons(table, every=1):
    """Yield (rule id, reason) without repeats."""
    seen = set()
    for column in table.columns:
        for k in range(0, len(table.candidates), every):
            reason = column.reasons[k]
            if reason not in seen:
                seen.add(reason)
                yield column.rule_id, reason


def _list_ids(inputs):
    taxonomy = inputs.taxonomy
    return {need.need_id for need in taxonomy.needs if "_" in need.need_id} | {
        s.specialty_id for s in taxonomy.specialties
    }


def _check_texts(inputs, reasons):
    names = _list_names(inputs)
    has_name = re.compile("|".join(map(re.escape, names)))
    ids = re.compile("|".join(map(re.escape, _list_ids(inputs))))
    for rule_id, reason in reasons:
        pairs = [(reason.zh, reason.en)]
        for use in reason.fields:
            pairs += [(use.label_zh, use.label_en), (use.value, use.value_en or use.value)]
        for zh, en in pairs:
            assert not ids.search(zh), (rule_id, zh)
            assert not any(word in zh for word in JARGON), (rule_id, zh)
            assert not LATIN.search(zh), (rule_id, zh)
            assert "?" not in en, (rule_id, en)
            if CHINESE.search(en):
                assert not CHINESE.search(has_name.sub("", en)), (rule_id, en)


def test_every_reason_of_the_demo_is_in_one_language():
    table, exclusions = score_demo()
    _check_texts(read_demo(), _list_reasons(table))
    _check_texts(read_demo(), [(e.rule_id, e.reason) for e in exclusions])
    for rule in (*table.columns, *exclusions):
        assert not LATIN.search(rule.label_zh)
        assert not CHINESE.search(rule.label_en)


@pytest.mark.parametrize("policy", ["none", "full"])
def test_reasons_tell_the_policy_for_unknowns(policy):
    demo = read_demo()
    inputs = make_inputs(
        demo.units,
        demo.villages[::10],
        demo.taxonomy,
        rules={"rotation": "1", **{name: str(p) for name, p in demo.scenario.rules.items()}},
        scoring={"unknown": policy},
        previous=[
            p for p in demo.previous if p.village_id in {v.village_id for v in demo.villages[::10]}
        ],
    )
    table, _ = score_builtin(inputs)
    reasons = list(_list_reasons(table, every=3))
    _check_texts(inputs, reasons)
    told = {"none": "没有填，按没有算", "full": "没有填，按最高算"}
    texts = [reason.zh + "".join(use.value for use in reason.fields) for _id, reason in reasons]
    assert any(told[policy] in text for text in texts)
    assert not any("中间水平" in text for text in texts)


def test_every_rule_of_the_demo_tells_pairs_apart_except_by_history():
    table, _ = score_demo()
    for column in table.columns:
        assert column.points.min() < column.points.max(), column.rule_id
        few = column.rule_id == "continuity"
        assert len({column.reasons[k].zh for k in range(0, 8000, 40)}) >= (1 if few else 5)


def test_scoring_the_demo_is_quick():
    demo = read_demo()
    rules = collect_builtin_rules(), collect_builtin_conditions()
    assert all(rules)
    took = []
    for _ in range(3):
        start = time.process_time()
        score_builtin(demo)
        took.append(time.process_time() - start)
    assert min(took) < 0.35


def test_all_rules_of_the_demo_exist():
    known = {rule.rule_id for rule in collect_builtin_rules()}
    assert set(read_demo().scenario.rules) <= known
    assert isinstance(read_demo().scenario, Scenario)
