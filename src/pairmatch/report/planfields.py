"""The fields of a help plan: plain texts and lists of texts, for our document and for templates.

Each field has an English and a Chinese name; a template may use either. Everything a document says
of a pair is in the fields, so that a county's own template can say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pairmatch.domain.plan import PairPlan
from pairmatch.domain.planmoney import LINES, list_money, sum_lines, sum_years
from pairmatch.report.plandossier import (
    SHOWN_DIGEST,
    PlanDossier,
    format_amount,
    join_words,
    name_place,
    name_unit,
    name_village,
    say,
)
from pairmatch.report.planmeasures import (
    Measure,
    describe_seasons,
    list_in_kind,
    list_measures,
    list_orders,
    list_requests,
    list_targets,
    list_upkeep,
)
from pairmatch.report.planneeds import (
    describe_wishes,
    list_not_done,
    list_shortfalls,
    list_unknown,
)
from pairmatch.report.planprofile import (
    describe_affinity,
    describe_industry,
    describe_team,
    describe_tier,
    describe_types,
    describe_uses,
    describe_village,
    list_budgets,
    list_good_needs,
    list_strengths,
)
from pairmatch.report.planrisks import describe_upkeep, list_risks, list_support

Value = str | list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PlanField:
    """A field: its names, what it holds, and the fields of its rows if it is a list."""

    name: str
    name_zh: str
    about: str
    items: "tuple[PlanField, ...]" = ()


def _list_items(*triples: tuple[str, str, str]) -> tuple[PlanField, ...]:
    return tuple(PlanField(*triple) for triple in triples)


_MONEY_ITEMS = (
    ("unit_cash", "单位资金", "the unit's money"),
    ("in_kind", "折款", "goods and services of the unit, at their money value"),
    ("village", "村自筹", "the village's own money"),
    ("department", "部门项目", "programmes of departments"),
)
_TEXT = ("text", "内容", "the sentence")

FIELDS: tuple[PlanField, ...] = (
    PlanField("title", "标题", "title of the document"),
    PlanField("unit_name", "单位名称", "name of the unit"),
    PlanField("unit_id", "单位编号", "id of the unit"),
    PlanField("unit_kind", "单位类别", "tier and kind of the unit"),
    PlanField("unit_industry", "单位行业", "names of its industries, empty if unknown"),
    PlanField("village_name", "村名", "name of the village alone"),
    PlanField("village_place", "村全称", "county, township and village"),
    PlanField("village_code", "区划代码", "12-digit code of the village"),
    PlanField("county", "县", "county"),
    PlanField("township", "乡镇", "township"),
    PlanField("village_types", "受助类型", "types ①②③ in words, empty if unknown"),
    PlanField("first_year", "首年", "first year of the cycle"),
    PlanField("last_year", "末年", "last year of the cycle"),
    PlanField("edition", "版次", "number of this edition"),
    PlanField("version", "版本号", "version of the pairing"),
    PlanField("digest", "摘要", "digest of everything the plan follows from"),
    PlanField("data_date", "数据日期", "day of the data, or that it is not filled in"),
    PlanField("draft", "征求意见稿", "the words of the draft mark"),
    PlanField("synthetic", "合成数据", "that figures are made up; empty if they are not"),
    PlanField("profile", "村情概况", "what the village's sheet says"),
    PlanField("profile_unknown", "没有填的村情", "what the sheet leaves open, empty if nothing"),
    PlanField("good_needs", "基础较好", "needs of which nothing is short, empty if none"),
    PlanField("wishes", "村民心愿", "the village's wishes and what the plan does with them"),
    PlanField(
        "shortfalls",
        "短板清单",
        "needs of which something is short, largest first",
        _list_items(
            ("number", "序号", "1, 2, 3 …"),
            ("area", "领域", "area"),
            ("name", "短板", "need"),
            ("measures", "现状", "answers that make it up, and what is enough"),
            ("deficit", "程度", "how short, in per cent"),
            ("remark", "备注", "wish of the village; closed, partly closed or left"),
            ("minor", "较轻", "“1” if it is slight and not planned for, else empty"),
        ),
    ),
    PlanField("unknown_needs", "没有填的短板", "needs that are not planned on, empty if none"),
    PlanField("strengths", "单位所长", "what the unit can give, strongest first"),
    PlanField("uses", "用到的所长", "which of it the plan uses, and for what"),
    PlanField("affinity", "产业对口", "how the trades fit, empty if they do not"),
    PlanField("team", "帮扶团队", "size of the team, or that it is not filled in"),
    PlanField(
        "budgets",
        "单位预算",
        "money of the unit by year",
        _list_items(
            ("year", "年度", "year"),
            ("promised", "可用", "least and most that it promised"),
            ("planned", "安排", "what is planned of it"),
        ),
    ),
    PlanField(
        "targets",
        "五年目标",
        "indicators that the plan moves",
        (
            *_list_items(
                ("name", "指标", "indicator"),
                ("now", "现状", "value now"),
                ("goal", "目标", "value at the end of the cycle"),
                ("enough", "达标值", "value at which nothing is short"),
            ),
            PlanField(
                "years",
                "各年",
                "value at the end of each year",
                _list_items(("year", "年度", "year"), ("value", "数值", "value")),
            ),
        ),
    ),
    PlanField(
        "measures",
        "帮扶措施",
        "planned actions, by start",
        _list_items(
            ("number", "序号", "1, 2, 3 …"),
            ("area", "领域", "area"),
            ("name", "措施", "action"),
            ("quantity", "数量", "quantity with unit"),
            *_MONEY_ITEMS,
            ("carrier", "承担单位", "who carries it"),
            ("period", "起止", "from and to"),
            ("finish_year", "完成年度", "year in which it is finished"),
            ("outcome", "成效指标", "indicator before and after"),
        ),
    ),
    PlanField(
        "money",
        "分年资金",
        "sums by year and payer, in 万元",
        _list_items(("year", "年度", "year"), *_MONEY_ITEMS),
    ),
    *(
        PlanField(f"total_{name}", f"{zh}合计", f"sum over all years: {about}")
        for name, zh, about in _MONEY_ITEMS
    ),
    PlanField(
        "in_kind_items",
        "实物与服务",
        "what the unit gives in kind, in its own measure",
        _list_items(
            ("capability", "所用能力", "with what"),
            ("name", "措施", "for which action"),
            ("quantity", "数量", "quantity with unit"),
            ("amount", "折款", "money value in 万元"),
        ),
    ),
    PlanField(
        "requests",
        "需部门支持事项",
        "what departments are to do",
        _list_items(
            ("department", "部门", "department"),
            ("need", "事项", "need"),
            ("text", "内容", "what, how much, when"),
            ("state", "状态", "in the plan, or to be asked for"),
        ),
    ),
    PlanField(
        "not_done",
        "不做什么及原因",
        "needs that are left",
        _list_items(
            ("name", "短板", "need"), ("left", "剩余", "how much is left"), ("why", "原因", "why")
        ),
    ),
    PlanField("seasons", "施工季节", "months of the works, empty if none depends on them"),
    PlanField("orders", "先后次序", "which action waits for which", _list_items(_TEXT)),
    PlanField(
        "upkeep",
        "管护",
        "what has to be kept up",
        _list_items(
            ("name", "措施", "action"),
            ("amount", "每年费用", "yearly cost in 万元"),
            ("carrier", "承担方", "who bears it"),
        ),
    ),
    PlanField("upkeep_text", "管护说明", "all upkeep against what the village earns"),
    PlanField("risks", "风险", "what may go wrong", _list_items(_TEXT)),
    PlanField(
        "support",
        "保障",
        "team, money, reports, evidence",
        _list_items(("head", "小标题", "heading"), _TEXT),
    ),
)


def make_fields(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    """Return the fields of a pair's plan by their English names.

    Parameters
    ----------
    dossier
        The plan with everything that it names.
    pair
        The pair.
    """
    return {
        **_describe_document(dossier, pair),
        **_describe_sides(dossier, pair),
        **_describe_needs(dossier, pair),
        **_describe_work(dossier, pair),
        **_describe_money(dossier, pair),
        **_describe_care(dossier, pair),
    }


def add_chinese_names(
    fields: Mapping[str, Any], known: Iterable[PlanField] = FIELDS
) -> dict[str, Any]:
    """Return the fields under both their names, those of rows too."""
    both: dict[str, Any] = {}
    for field in known:
        value = fields[field.name]
        if field.items:
            value = [add_chinese_names(row, field.items) for row in value]
        both[field.name] = both[field.name_zh] = value
    return both


def describe_edition(dossier: PlanDossier) -> dict[str, str]:
    """Return what every document of a plan says of its version and of its data."""
    unknown = say(dossier.lang, "plandocs.not_filled")
    synthetic = say(dossier.lang, "plandocs.synthetic") if dossier.is_synthetic else ""
    return {
        "first_year": str(dossier.plan.cycle[0]),
        "last_year": str(dossier.plan.cycle[1]),
        "edition": dossier.edition,
        "version": dossier.plan.run_id[:SHOWN_DIGEST],
        "digest": dossier.plan.digest[:SHOWN_DIGEST],
        "data_date": dossier.data_date or unknown,
        "draft": say(dossier.lang, "plandocs.draft"),
        "synthetic": synthetic,
    }


def _describe_document(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    title = say(
        dossier.lang,
        "plandocs.title",
        unit=name_unit(dossier, pair.unit_id),
        place=name_place(dossier, pair.village_id),
    )
    return {"title": title, **describe_edition(dossier)}


def _describe_sides(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    village = dossier.villages.get(pair.village_id)
    overview = describe_village(dossier, pair)
    return {
        "unit_name": name_unit(dossier, pair.unit_id),
        "unit_id": pair.unit_id,
        "unit_kind": describe_tier(dossier, pair.unit_id),
        "unit_industry": describe_industry(dossier, pair.unit_id),
        "village_name": name_village(dossier, pair.village_id),
        "village_place": name_place(dossier, pair.village_id),
        "village_code": pair.village_id,
        "county": pair.county,
        "township": village.township if village else "",
        "village_types": describe_types(dossier, pair),
        "profile": overview.text,
        "profile_unknown": join_words(dossier, overview.unknown),
        "good_needs": join_words(dossier, list_good_needs(dossier, pair)),
        "wishes": describe_wishes(dossier, pair),
        "strengths": join_words(dossier, list_strengths(dossier, pair))
        or say(dossier.lang, "plandocs.not_filled"),
        "uses": describe_uses(dossier, pair),
        "affinity": describe_affinity(dossier, pair),
        "team": describe_team(dossier, pair),
        "budgets": _make_rows(("year", "promised", "planned"), list_budgets(dossier, pair)),
    }


def _describe_needs(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    shortfalls: list[dict[str, Any]] = [
        {
            "number": str(number),
            "area": shortfall.area,
            "name": shortfall.name,
            "measures": shortfall.measures,
            "deficit": shortfall.deficit,
            "remark": shortfall.remark,
            "minor": "1" if shortfall.is_minor else "",
        }
        for number, shortfall in enumerate(list_shortfalls(dossier, pair), start=1)
    ]
    return {
        "shortfalls": shortfalls,
        "unknown_needs": join_words(dossier, list_unknown(dossier, pair)),
        "not_done": _make_rows(("name", "left", "why"), list_not_done(dossier, pair)),
        "requests": _make_rows(
            ("department", "need", "text", "state"), list_requests(dossier, pair)
        ),
    }


def _describe_work(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    targets: list[dict[str, Any]] = [
        {
            "name": target.name,
            "now": target.now,
            "goal": target.years[-1],
            "enough": target.enough,
            "years": _make_rows(
                ("year", "value"), zip(map(str, dossier.years), target.years, strict=True)
            ),
        }
        for target in list_targets(dossier, pair)
    ]
    return {
        "targets": targets,
        "measures": [_describe_measure(measure) for measure in list_measures(dossier, pair)],
        "seasons": describe_seasons(dossier, pair),
        "orders": _make_rows(("text",), ((text,) for text in list_orders(dossier, pair))),
    }


def _describe_measure(measure: Measure) -> dict[str, Any]:
    return {
        "number": str(measure.number),
        "area": measure.area,
        "name": measure.name,
        "quantity": measure.quantity,
        **{line: format_amount(measure.money[line]) for line in LINES},
        "carrier": measure.carrier,
        "period": measure.period,
        "finish_year": str(measure.planned.finish.year),
        "outcome": measure.outcome,
    }


def _describe_money(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    money = list_money([pair])
    totals = sum_lines(money)
    rows: list[dict[str, Any]] = [
        {"year": str(y.year), **{line: format_amount(y.amounts[line]) for line in LINES}}
        for y in sum_years(money, dossier.years)
    ]
    return {
        "money": rows,
        **{f"total_{line}": format_amount(totals[line]) for line in LINES},
        "in_kind_items": _make_rows(
            ("capability", "name", "quantity", "amount"), list_in_kind(dossier, pair)
        ),
    }


def _describe_care(dossier: PlanDossier, pair: PairPlan) -> dict[str, Value]:
    return {
        "upkeep": _make_rows(("name", "amount", "carrier"), list_upkeep(dossier, pair)),
        "upkeep_text": describe_upkeep(dossier, pair),
        "risks": _make_rows(("text",), ((text,) for text in list_risks(dossier, pair))),
        "support": _make_rows(("head", "text"), list_support(dossier, pair)),
    }


def _make_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]
