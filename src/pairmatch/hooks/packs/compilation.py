"""From a pack's rows to rules that run; everything that is wrong with them is told at once."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from pairmatch.domain.candidates import EligibilityRule, Reason, ScoreRule
from pairmatch.domain.fields import FieldCatalogue, list_fields
from pairmatch.domain.findings import Finding, Place
from pairmatch.domain.packs import LOCAL_ID, MAX_ROWS, MAX_RULES, PackRow, PackRule, RulePack
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.hooks.packs.bands import check_bands, check_reach
from pairmatch.hooks.packs.conditions import read_condition
from pairmatch.hooks.packs.formulas import MAX_POINTS, Formula, compile_formula
from pairmatch.hooks.packs.problems import Problems
from pairmatch.hooks.packs.rows import Alternatives, CompiledRow, list_row_fields
from pairmatch.hooks.packs.rules import CompiledPack, PackRefusal, PackScore, list_rows

MAX_VALUES = 10_000
"""How many values all conditions of a pack may compare with."""
MAX_WORK = 1_000
"""How large all formulas of a pack may be together, so that none of them can stall a run."""
_SPREAD_PLACES = 6


@dataclass(slots=True)
class _Reading:
    """What reading the rows of a rule needs: the fields, the names of rules, the findings."""

    fields: FieldCatalogue
    names: Mapping[str, str]
    problems: Problems
    ids: Counter[str] = field(default_factory=Counter)


def compile_pack(
    pack: RulePack, taxonomy: Taxonomy
) -> tuple[CompiledPack | None, tuple[Finding, ...]]:
    """Return a pack's rules, or None, and everything that is wrong or doubtful in it.

    Parameters
    ----------
    pack
        The pack as it was read.
    taxonomy
        The tables of the programme: which fields there are.

    Returns
    -------
    tuple
        The rules, None if there is an error; and all findings, each with the place of its row.
        Points are rounded to whole steps, half up, when the rules run.
    """
    problems = Problems(pack.info)
    if _is_too_large(pack, problems):
        return None, tuple(problems.findings)
    names = _name_rules(pack)
    reading = _Reading(list_fields(taxonomy), names, problems)
    _check_ids(pack, problems)
    scores, refusals = [], []
    for rule in pack.rules:
        problems.rule = f"{pack.info.name}.{rule.local_id}"
        rows = _read_rows(rule, reading)
        if rule.refuses:
            refusals.append(_build_refusal(rule, rows, pack))
        else:
            scores.append(_build_score(rule, rows, pack))
    problems.rule = ""
    _check_work(pack, scores, problems)
    found = tuple(sorted(problems.findings, key=lambda finding: finding.sort_key))
    if problems.has_errors:
        return None, found
    return CompiledPack(tuple(scores), tuple(refusals)), found


def _is_too_large(pack: RulePack, problems: Problems) -> bool:
    rows = [row for rule in pack.rules for row in rule.rows]
    conditions = [c for row in rows for alternative in row.alternatives for c in alternative]
    num_values = sum(max(len(condition.values), 1) for condition in conditions)
    before = len(problems.findings)
    place = pack.rules[0].place if pack.rules else Place(file=pack.file)
    for code, num, limit in (
        ("packs.too_many_rules", len(pack.rules), MAX_RULES),
        ("packs.too_many_rows", len(rows), MAX_ROWS),
        ("packs.too_many_values", num_values, MAX_VALUES),
    ):
        if num > limit:
            problems.add(code, place, num=str(num), limit=str(limit))
    return len(problems.findings) > before


def _name_rules(pack: RulePack) -> dict[str, str]:
    names: dict[str, str] = {}
    for rule in pack.rules:
        for name in (rule.local_id, f"{pack.info.name}.{rule.local_id}", rule.label_zh):
            names.setdefault(name.strip(), rule.local_id)
    names.pop("", None)
    return names


def _check_ids(pack: RulePack, problems: Problems) -> None:
    first: dict[str, PackRule] = {}
    for rule in pack.rules:
        problems.rule = f"{pack.info.name}.{rule.local_id}"
        if not LOCAL_ID.fullmatch(rule.local_id):
            place = replace(rule.place, value=rule.local_id)
            problems.add("packs.bad_rule_id", place, id=rule.local_id)
        elif rule.local_id in first:
            other = first[rule.local_id].place
            problems.add(
                "packs.duplicate_rule", rule.place, id=rule.local_id, first_row=str(other.row)
            )
        first.setdefault(rule.local_id, rule)


# --- rows ------------------------------------------------------------------------------------


def _read_rows(rule: PackRule, reading: _Reading) -> tuple[CompiledRow, ...]:
    problems = reading.problems
    if not rule.rows:
        problems.add("packs.no_rows", rule.place)
    if rule.spread is not None and not (rule.spread.is_finite() and rule.spread > 0):
        problems.add("packs.bad_spread", rule.place, spread=str(rule.spread))
    rows: list[CompiledRow] = []
    sound: list[tuple[PackRow, Alternatives]] = []
    for number, row in enumerate(rule.rows, start=1):
        alternatives = _read_alternatives(row, reading)
        if alternatives is not None:
            sound.append((row, alternatives))
        formula = _read_formula(row, reading)
        points = _check_points(rule, row, problems)
        reason = _make_reason(rule, row, number)
        rows.append(CompiledRow(alternatives or (), points, formula, reason))
    check_bands(sound, problems)
    # What contradicts itself or an earlier row is only told of rows that are right otherwise.
    check_reach(sound, problems)
    return tuple(rows)


def _read_alternatives(row: PackRow, reading: _Reading) -> Alternatives | None:
    found: Alternatives = ()
    is_sound = True
    for alternative in row.alternatives:
        comparisons = [
            read_condition(condition, reading.fields, reading.names, reading.problems)
            for condition in alternative
        ]
        kept = tuple(comparison for comparison in comparisons if comparison is not None)
        is_sound = is_sound and len(kept) == len(comparisons)
        found = (*found, kept)
    return found if is_sound else None


def _read_formula(row: PackRow, reading: _Reading) -> Formula | None:
    if not row.formula:
        return None
    place = row.formula_place if row.formula_place != Place() else row.place
    found = compile_formula(row.formula, reading.fields, place, reading.problems)
    return found if isinstance(found, Formula) else None


def _check_points(rule: PackRule, row: PackRow, problems: Problems) -> Fraction:
    """Return the points of a row, 0 where they are wrong or left to a formula."""
    if rule.refuses:
        if row.points is not None or row.formula:
            problems.add("packs.points_in_condition", row.place)
        return Fraction(0)
    if row.points is None:
        if not row.formula:
            problems.add("packs.points_missing", row.place)
        return Fraction(0)
    if row.formula:
        problems.add("packs.points_twice", row.place)
    if not row.points.is_finite() or abs(row.points) > MAX_POINTS:
        place = replace(row.place, value=str(row.points))
        problems.add("packs.bad_points", place, points=str(row.points), limit=str(MAX_POINTS))
        return Fraction(0)
    return Fraction(row.points)


def _make_reason(rule: PackRule, row: PackRow, number: int) -> Reason:
    zh = row.reason_zh or f"{rule.label_zh or rule.local_id}：符合第 {number} 档"
    en = row.reason_en or row.reason_zh or f"{_label_en(rule)}: row {number} holds"
    return Reason(zh, en)


def _label_en(rule: PackRule) -> str:
    return rule.label_en or rule.label_zh or rule.local_id


# --- rules -----------------------------------------------------------------------------------


def _build_score(rule: PackRule, rows: Sequence[CompiledRow], pack: RulePack) -> ScoreRule:
    kept = tuple(rows)
    return ScoreRule(
        rule_id=f"{pack.info.name}.{rule.local_id}",
        version=pack.info.version,
        label_zh=rule.label_zh or rule.local_id,
        label_en=_label_en(rule),
        contribute=PackScore(kept),
        fields=tuple(list_row_fields(kept)),
        spread=measure_spread(kept) if rule.spread is None else rule.spread,
        plugin=pack.info.name,
        county=pack.info.county,
    )


def _build_refusal(rule: PackRule, rows: Sequence[CompiledRow], pack: RulePack) -> EligibilityRule:
    refusal = PackRefusal(tuple(rows))
    return EligibilityRule(
        rule_id=f"{pack.info.name}.{rule.local_id}",
        version=pack.info.version,
        label_zh=rule.label_zh or rule.local_id,
        label_en=_label_en(rule),
        decide=refusal.decide,
        explain=refusal.explain,
        fields=tuple(list_row_fields(refusal.rows)),
        plugin=pack.info.name,
        county=pack.info.county,
    )


def _check_work(pack: RulePack, rules: Sequence[ScoreRule], problems: Problems) -> None:
    formulas = [row.formula for rule in rules for row in list_rows(rule)]
    size = sum(formula.num_nodes for formula in formulas if formula is not None)
    if size > MAX_WORK:
        place = Place(file=pack.file)
        problems.add("packs.too_many_formulas", place, num=str(size), limit=str(MAX_WORK))


def measure_spread(rows: Sequence[CompiledRow]) -> Decimal:
    """Return the difference between the most and the least that rows give, none (0) included.

    A formula gives what its range allows; the difference is rounded up to six decimals.
    """
    ends = [Fraction(0)]
    for row in rows:
        ends += [row.points] if row.formula is None else [row.formula.low, row.formula.high]
    scale = 10**_SPREAD_PLACES
    whole = math.ceil((max(ends) - min(ends)) * scale)
    spread: Decimal = Decimal(whole) / scale
    return spread.normalize()
