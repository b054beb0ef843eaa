"""Write the parts of the documentation that repeat the code, from the code.

A page marks such a part with ``<!-- begin: NAME -->`` and ``<!-- end: NAME -->``; what stands
between is replaced. Run by ``make docs``; tests/docs compares the pages with what this would write.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pairmatch import engine
from pairmatch.cli import outcome, program
from pairmatch.cli.commands import doctor, verify
from pairmatch.domain import columns, scenario
from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.columns import Column
from pairmatch.domain.matching import PriceStep
from pairmatch.domain.points import format_steps
from pairmatch.domain.problem import Problem, weigh_pairs
from pairmatch.domain.proposal import Proposal
from pairmatch.errors import PairmatchError
from pairmatch.hooks.builtin import difficulty, proximity, wishes
from pairmatch.hooks.manager import collect_builtin_conditions, collect_builtin_rules
from pairmatch.load.taxonomy import read_taxonomy
from pairmatch.match.verify import Limits, compute_bound, narrow_limits, open_limits
from pairmatch.messages import list_codes, read_catalogue, render
from pairmatch.report import proofs, tables
from pairmatch.score import sides
from pairmatch.solvers import affinity

DOCS = Path(__file__).parent
SMALLEST = DOCS.parent / "scenarios" / "three-by-three"

_PART = re.compile(r"(<!-- begin: ([a-z-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)

KEY_MEANINGS = {
    "scenario.name": "short name; the run folders are named after it",
    "scenario.title": 'title of the outputs, `{ zh = "...", en = "..." }`',
    "scenario.cycle": "first and last year",
    "scenario.lang": "language of messages and outputs",
    "scenario.extends": (
        "folder of another scenario, relative to this one, whose settings hold where this one says "
        "nothing: of tables key by key; a quota of the same name, and a lock or ban of the same "
        "pair, takes the place of the other's; paths lead from the folder that states them, and "
        "tables that nothing names are taken from the nearest folder that has them"
    ),
    "scenario.synthetic": "whether the data are made up; every output then says so",
    "inputs.units": "table of units",
    "inputs.villages": "table of villages, or several",
    "inputs.scores": "table of external scores; only its pairs are candidates",
    "inputs.loads": "table of what each pair uses up of a [resource](#loads-and-capacities)",
    "inputs.capacities": "table of how much of a resource units and villages have",
    "inputs.previous": "the pairs of the cycle before",
    "inputs.counties": "reference table: counties and their seats",
    "inputs.distances": "reference table: km between seats",
    "inputs.duties": "[events](#duties) added to the official calendar, or moved",
    "inputs.departments": "[departments](#departments-and-actions), in place of the programme's 14",
    "inputs.actions": "[actions](#departments-and-actions) added to the catalogue, or changed",
    "scoring.resolution": "one step of score, in points: 1, 0.1, ... 0.000000001 (in quotes)",
    "scoring.unknown": "how an unknown value enters the score",
    "scoring.area_cap": "the most one area may make up of a village's weighted shortfall",
    "objective.levels": "[goals](#levels-of-the-objective), the most important first",
    "quota.name": "what the quota is called in messages and reports",
    "quota.where": "which pairs are counted: a [condition](#what-a-quota-counts)",
    "quota.pairs": "which pairs are counted: a table of pairs, or a list of them",
    "quota.min": "least number of pairs",
    "quota.max": "most pairs",
    "quota.waiver": "[cost](#waivers) of each pair too few or too many, in points",
    "lock.unit": "unit id",
    "lock.village": "village id",
    "lock.reason": "why; kept in the run",
    "lock.by": "who decided; kept in the run",
    "lock.waiver": "[cost](#waivers) of doing without it, in points",
    "plugins.folders": "folders with plugins, one folder each; relative to the scenario",
    "plugins.enable": "plugins to switch on that come with pairmatch or are installed",
    "plugins.disable": "plugins to switch off",
    "plugins.max_spread": "the most, in points, that all rules of one county may move a score",
    "limits.time_s": "seconds that a search beyond flows may take; 0 is no limit",
    "limits.max_changes": "most pairs of the cycle before that may [change](#changes)",
    "limits.max_changes_waiver": "[cost](#waivers) of each change beyond that, in points",
    "plan.launch": (
        'day of the launch, `"2026-10-19"`; the [calendar](#duties) counts from it '
        "(without it, 19 October of the first year, which is said to be assumed)"
    ),
    "plan.needs": (
        "how many of a village's most pressing needs are planned for, its three wishes besides"
    ),
    "plan.stages": "into how many stages a large work is split at most",
    "plan.in_kind": (
        "share of a work's worth that a unit with a capability of level 1, 2 or 3 gives in goods "
        "and services; the rest is money"
    ),
    "plan.upkeep": "share of its collective income that a village can put into upkeep a year",
    "plan.taper": (
        "what closing more than half of an area's shortfall counts, of what it counted before"
    ),
    "plan.time_s": "seconds that the search for a plan may take",
    "plan.gap": "how far a plan may be from the best there could be, as a share",
}

COLUMN_MEANINGS = {
    "unit_id": "id of the unit",
    "village_id": "id of the village (12-digit code)",
    "score": "score of the pair in points, exact",
    "score_low": "least score over all values that unknown fields could have",
    "score_high": "greatest score over them",
    "unit_name": "name of the unit",
    "tier": "`city`, `county` or empty",
    "kind": "`council_member`, `agribusiness`, `department`, `other` or empty",
    "village_name": "name of the village",
    "township": "its township",
    "county": "its county",
    "decided_by_tie_rule": "1 if an equally good matching does without this pair, else 0",
    "synthetic": "1 if the unit or the village is made up, else 0",
    "left_out_plugins": "plugins that were left out because they are broken, joined by `、`",
    "rule_id": "rule that gave the points",
    "rule_version": "version of the rule",
    "plugin": "plugin that the rule belongs to; empty for a built-in one",
    "points": "points, exact",
    "points_low": "least points over all values that unknown fields could have",
    "points_high": "greatest points over them",
    "reason_zh": "reason in Chinese",
    "reason_en": "reason in English",
}


def list_pages() -> list[Path]:
    """Return the pages that have generated parts."""
    return [page for page in sorted(DOCS.rglob("*.md")) if _PART.search(_read(page))]


def build_page(page: Path) -> str:
    """Return the text of a page with its generated parts as the code has them now."""

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}\n{PARTS[match[2]]().strip()}\n\n{match[3]}"

    return _PART.sub(replace, _read(page))


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# --- command line


def build_commands() -> str:
    """Return a section per command: what it does, parameters, examples."""
    context = click.Context(program.program, info_name="pairmatch")
    return "\n\n".join(_describe_group(program.program, context))


def _describe_group(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise LookupError(name)
        own = click.Context(command, info_name=name, parent=context)
        yield _describe_command(command, own)
        if isinstance(command, click.Group):
            yield from _describe_group(command, own)


def _describe_command(command: click.Command, context: click.Context) -> str:
    usage = f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    if isinstance(command, click.Group):
        usage = f"{context.command_path} COMMAND [OPTIONS] ..."
    topic = "_".join(["cli.help", *context.command_path.split()[1:]])
    en, zh = (render(topic, {}, lang) for lang in ("en", "zh"))
    lines = [
        f"{'#' * (1 + len(context.command_path.split()))} {context.command_path}",
        "",
        f"{en.text}{en.hint}",
        "",
        f"{zh.text}{zh.hint}",
        "",
        "```text",
        usage,
        "```",
        "",
    ]
    rows = [_describe_parameter(param, context) for param in command.get_params(context)]
    lines += _table(("parameter", "English", "中文"), rows)
    examples: Sequence[str] = getattr(command, "examples", ())
    return "\n".join([*lines, "", "```console", *examples, "```"])


def _describe_parameter(param: click.Parameter, context: click.Context) -> tuple[str, str, str]:
    if isinstance(param, click.Option):
        record = param.get_help_record(context)
        label = record[0] if record else param.opts[-1]
        code = "cli.opt_help" if "--help" in param.opts else str(param.help)
    else:
        label, code = str(param.name).upper(), f"cli.arg_{param.name}"
    return f"`{label}`", render(code, {}, "en").text, render(code, {}, "zh").text


def build_exit_codes() -> str:
    """Return the table of exit codes, from the constants and the classes of errors."""
    found = {
        0: "done",
        verify.DOES_NOT_HOLD: "the answer is no: `verify` found that a run does not hold",
        outcome.INFEASIBLE: "no pairing can meet all requirements; they are named",
        program.INTERRUPTED: "interrupted by the user",
    }
    if doctor.NOT_WELL == verify.DOES_NOT_HOLD:
        found[doctor.NOT_WELL] += ", or `doctor` found something broken"
    for kind in (PairmatchError, *_list_subclasses(PairmatchError)):
        first = (kind.__doc__ or "").strip().splitlines()[0]
        if kind is PairmatchError:
            first = "Something broke inside pairmatch; a log is written."
        found[kind.exit_code] = first[0].lower() + first[1:].rstrip(".")
    return "\n".join(_table(("code", "meaning"), [(str(k), found[k]) for k in sorted(found)]))


def _list_subclasses(kind: type[PairmatchError]) -> list[type[PairmatchError]]:
    direct = [k for k in kind.__subclasses__() if k.__module__ == "pairmatch.errors"]
    found = [k for child in direct for k in (child, *_list_subclasses(child))]
    # One that only others derive from is never raised itself.
    own = [k for k in found if k.exit_code != kind.exit_code]
    return sorted(own, key=lambda k: k.exit_code)


# --- file formats


def build_settings() -> str:
    """Return a table per section of scenario.toml: key, type, default, meaning."""
    sections: list[str] = []
    used: set[str] = set()
    for name, field in scenario.Scenario.model_fields.items():
        model = _find_model(field.annotation)
        if model is None:
            continue
        title = f"`[[{name}]]`" if field.default == () else f"`[{name}]`"
        meanings = "lock" if name == "ban" else name
        rows = []
        for key, inner in model.model_fields.items():
            used.add(f"{meanings}.{key}")
            default = _show_default(inner.default, inner.default_factory)
            kind = _show_type(model, key)
            rows.append((f"`{key}`", kind, default, KEY_MEANINGS[f"{meanings}.{key}"]))
        table = _table(("key", "type", "default", "meaning"), rows)
        sections.append("\n".join([f"#### {title}", "", *table, ""]))
    surplus = set(KEY_MEANINGS) - used
    if surplus:
        raise LookupError(f"no such settings: {sorted(surplus)}")
    return "\n".join(sections)


def _find_model(annotation: Any) -> type[BaseModel] | None:
    for kind in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _show_default(value: Any, factory: Any) -> str:
    if factory is not None:
        value = factory()
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, tuple) and value and isinstance(value[0], scenario.LevelSetting):
        return "`[" + ", ".join(f'"{level.goal}"' for level in value) + "]`"
    if value is None or value in ("", (), {}) or isinstance(value, BaseModel):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _show_type(model: type[BaseModel], key: str) -> str:
    if key == "levels":  # names are accepted too, before the schema is looked at
        return "list of goals"
    if key == "pairs":
        return "text or list of pairs of texts"
    schema = model.model_json_schema()
    return _show_schema(schema["properties"][key], schema)


def _show_schema(part: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "$ref" in part:
        part = whole["$defs"][str(part["$ref"]).rpartition("/")[2]]
    if "anyOf" in part:
        kinds = [_show_schema(p, whole) for p in part["anyOf"]]
        if "number" in kinds:  # a decimal, which JSON may also give as text
            return "number"
        return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")
    if "enum" in part:
        return " or ".join(f'`"{word}"`' for word in part["enum"])
    if part.get("type") == "array":
        first = part.get("prefixItems")
        if first:
            return f"list of {len(first)} {_show_schema(first[0], whole)}s"
        return f"list of {_show_schema(part['items'], whole)}s"
    names = {"string": "text", "boolean": "true/false", "object": "table"}
    return names.get(str(part.get("type")), str(part.get("type")))


def build_village_columns() -> str:
    """Return the columns of the village table."""
    taxonomy = read_taxonomy()
    asked = [columns.describe_indicator(i, taxonomy.specialties) for i in taxonomy.indicators]
    return _tell_columns(
        [*columns.PLACE_COLUMNS, *asked, *columns.VILLAGE_END, columns.VILLAGE_DATE],
        {i.indicator_id: i.name_en for i in taxonomy.indicators},
    )


def build_unit_columns() -> str:
    """Return the columns of the unit table."""
    taxonomy = read_taxonomy()
    offered = [columns.describe_capability(c) for c in taxonomy.capabilities]
    english = {c.capability_id: c.name_en for c in taxonomy.capabilities}
    return _tell_columns([*columns.UNIT_START, *offered, *columns.UNIT_END], english)


def build_other_columns() -> str:
    """Return the columns of the smaller tables."""
    parts = []
    for title, listed in (
        ("previous: the cycle before", (*columns.PREVIOUS_COLUMNS, columns.describe_year(2025))),
        ("scores: external scores", columns.SCORE_COLUMNS),
        ("loads: what pairs use up", columns.LOAD_COLUMNS),
        ("capacities: how much there is", columns.CAPACITY_COLUMNS),
        ("pairs of a quota", columns.PAIR_COLUMNS),
        ("duties: events of the calendar", columns.DUTY_COLUMNS),
        ("what is done", columns.DONE_COLUMNS),
        ("departments", columns.DEPARTMENT_COLUMNS),
        ("actions: entries of the catalogue", columns.ACTION_COLUMNS),
        ("counties: seats", columns.COUNTY_COLUMNS),
        ("distances: km between seats", columns.DISTANCE_COLUMNS),
    ):
        parts.append(f"#### {title}\n\n{_tell_columns(listed, {})}")
    return "\n\n".join(parts)


def build_needs() -> str:
    """Return the needs, whose names and ids tables may use."""
    rows = [(f"`{n.need_id}`", n.name_zh, n.name_en, n.area_zh) for n in read_taxonomy().needs]
    return "\n".join(_table(("need", "中文", "English", "area"), rows))


def _tell_columns(listed: Iterable[Column], english: Mapping[str, str]) -> str:
    rows = []
    for column in listed:
        name = f"`{column.field}`"
        if column.field in english:
            name += f" {english[column.field]}"
        rows.append((name, column.header, _tell_type(column), "yes" if column.required else ""))
    return "\n".join(_table(("field", "header", "takes", "required"), rows))


def _tell_type(column: Column) -> str:
    ends = [f"{end:g}" if end is not None else "" for end in (column.minimum, column.maximum)]
    if column.value_type in {"int", "float"}:
        kind = "whole number" if column.value_type == "int" else "number"
        return f"{kind}, {ends[0]} to {ends[1]}" if any(ends) else kind
    if column.value_type == "decimal":
        return "decimal, kept exact" + (f", {ends[0]} to {ends[1]}" if any(ends) else "")
    words = {
        "id": "id, as text",
        "name": "name",
        "text": "text",
        "names": "several, separated by 、",
        "date": "date",
        "types": "several of 1, 2, 3",
        "bool": f"{columns.YES} or {columns.NO}",
        "specialty": "a specialty, or blank",
    }
    if column.value_type == "choice":
        return "one of " + " ".join(word for word, _value in column.choices)
    return words[column.value_type]


def build_run_columns() -> str:
    """Return the columns of the CSV files of a run, read from files made by the code."""
    proposal = _propose_smallest()
    files = {
        "pairings.csv": tables.build_pairings_csv(proposal),
        "contributions.csv": tables.build_contributions_csv(proposal),
        "candidates.csv": proofs.build_candidates_csv(proposal.problem),
    }
    parts = []
    for name, text in files.items():
        header = text.partition("\n")[0].split(",")
        rows = [(f"`{column}`", COLUMN_MEANINGS[column]) for column in header]
        parts.append("\n".join([f"#### {name}", "", *_table(("column", "meaning"), rows)]))
    return "\n\n".join(parts)


# --- rules


def build_score_rules() -> str:
    """Return the built-in scoring rules with what their code says about them."""
    rows = [_tell_score_rule(rule) for rule in collect_builtin_rules()]
    return "\n".join(_table(("rule", "中文", "English", "version", "points"), rows))


def _tell_score_rule(rule: ScoreRule) -> tuple[str, ...]:
    points = _first_line(rule.contribute).removeprefix("Return ").rstrip(".").replace("``", "`")
    return f"`{rule.rule_id}`", rule.label_zh, rule.label_en, rule.version, points


def build_eligibility_rules() -> str:
    """Return the built-in conditions."""
    rules: Sequence[EligibilityRule] = collect_builtin_conditions()
    rows = [(f"`{r.rule_id}`", r.label_zh, r.label_en, r.version) for r in rules]
    return "\n".join(_table(("condition", "中文", "English", "version"), rows))


def build_assumptions() -> str:
    """Return the figures that are ours, not the programme's, with their values in the code."""
    rows = [
        ("proximity", f"{proximity.FAR_KM:g} km", "distance at which nearness counts for nothing"),
        (
            "scale_difficulty",
            f"{difficulty.BUDGET_SMALL:g} to {difficulty.BUDGET_LARGE:g} 万元 a year",
            "budgets at which a unit counts as small (0) and as large (1)",
        ),
        (
            "industry_affinity",
            f"{affinity.SIMILAR / 10_000:g}",
            "what is lost between two specialties of one division of GB/T 4754",
        ),
        (
            "wishes",
            " : ".join(str(weight) for weight in wishes.WISH_WEIGHTS),
            "weights of a village's first, second and third wish",
        ),
        ("need_coverage", f"level / {sides.TOP_LEVEL}", "how a capability's level scales supply"),
    ]
    return "\n".join(_table(("rule", "value", "meaning"), rows))


def _first_line(function: Callable[..., object]) -> str:
    return (function.__doc__ or "").strip().splitlines()[0]


# --- messages


def build_messages() -> str:
    """Return every sentence of every catalogue, by code."""
    parts = []
    for area in sorted({code.partition(".")[0] for code in list_codes()}):
        rows = []
        for short, entry in sorted(read_catalogue(area).items()):
            zh, en = (
                " → ".join(filter(None, (entry[lang], entry.get(f"{lang}_hint", "").strip())))
                for lang in ("zh", "en")
            )
            rows.append((f"`{area}.{short}`", zh, en))
        parts.append("\n".join([f"## {area}", "", *_table(("code", "中文", "English"), rows)]))
    return "\n\n".join(parts)


# --- the worked example


def build_example() -> str:
    """Return the proof of the smallest scenario, every figure computed by the code."""
    proposal = _propose_smallest()
    problem, certificate = proposal.problem, proposal.matching.certificate
    limits, parts = open_limits(problem), []
    for proof in certificate.levels:
        [step] = proof.steps
        parts.append(_tell_level(problem, proposal, proof.goal, step, limits))
        narrow_limits(problem, limits, step, weigh_pairs(problem, proof.goal))
    return "\n\n".join(parts)


def _tell_level(
    problem: Problem, proposal: Proposal, goal: str, step: PriceStep, limits: Limits
) -> str:
    scale = 1 if goal == "num_matched" else problem.steps_per_point
    chosen = set(proposal.matching.chosen_idx.tolist())
    price = {
        **dict(zip(problem.unit_ids, step.unit_prices.tolist(), strict=True)),
        **dict(zip(problem.village_ids, step.village_prices.tolist(), strict=True)),
    }
    weights = weigh_pairs(problem, goal)
    rows, surplus = [], 0
    for k in range(problem.num_candidates):
        unit = problem.unit_ids[problem.unit_idx[k]]
        village = problem.village_ids[problem.village_idx[k]]
        reduced = int(weights[k]) - price[unit] - price[village]
        surplus += max(reduced, 0)
        cells = (int(weights[k]), price[unit], price[village], reduced)
        mark = "**" if k in chosen else ""
        rows.append(
            (f"{mark}{unit}–{village}{mark}", *(format_steps(cell, scale) for cell in cells))
        )
    head = ("pair", "points", "price of unit", "price of village", "reduced")
    bound = compute_bound(problem, limits, step, weights)
    terms = _tell_terms(problem, step, limits, surplus, scale)
    return "\n".join(
        [
            f"#### {goal}",
            "",
            *_table(head, rows),
            "",
            f"Bound: {terms} = **{format_steps(bound, scale)}**. "
            f"Value of the matching: **{format_steps(step.value, scale)}**.",
        ]
    )


def _tell_terms(problem: Problem, step: PriceStep, limits: Limits, surplus: int, scale: int) -> str:
    """Return the bound as a sum of the sides' prices times their bounds, and the surplus."""
    if problem.quotas:
        raise ValueError("the example has outgrown its words")
    sides = (
        ("units", step.unit_prices, limits.unit_min, limits.unit_max),
        ("villages", step.village_prices, limits.village_min, limits.village_max),
    )
    terms = [
        f"{name} {format_steps(int(np.where(p >= 0, p * most, p * least).sum()), scale)}"
        for name, p, least, most in sides
    ]
    return " + ".join([*terms, f"surplus {format_steps(surplus, scale)}"])


def build_example_prices() -> str:
    """Return the forcing price of every pair of the smallest scenario that was not chosen."""
    proposal = _propose_smallest()
    step = proposal.problem.steps_per_point
    rows = []
    for pair in proposal.explanations:
        for other in pair.alternatives:
            price = other.forcing_price
            moves = "; ".join(
                f"{m.unit_id} {m.from_village_id or 'idle'} → {m.to_village_id or 'idle'}"
                for m in other.chain
            )
            cost = "impossible" if price is None else format_steps(price, step)
            rows.append((f"{other.unit_id}–{other.village_id}", cost, moves or "–"))
    return "\n".join(_table(("pair", "forcing price", "who moves"), sorted(rows)))


def _propose_smallest() -> Proposal:
    proposal = engine.propose_pairing(SMALLEST, dry_run=True).proposal
    if proposal is None:
        raise ValueError("the smallest scenario has no pairing")
    return proposal


# --- Markdown


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [_row(head), "|" + "---|" * len(head)]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escape(cell) for cell in cells) + " |"


def _escape(cell: str) -> str:
    # A table cell is one line without bars; angle brackets outside code would be HTML.
    plain = cell.replace("|", "\\|").replace("\n", " ")
    if not plain.startswith("`"):
        plain = plain.replace("<", "&lt;")
    return plain


PARTS: dict[str, Callable[[], str]] = {
    "assumptions": build_assumptions,
    "commands": build_commands,
    "eligibility-rules": build_eligibility_rules,
    "example": build_example,
    "example-prices": build_example_prices,
    "exit-codes": build_exit_codes,
    "messages": build_messages,
    "needs": build_needs,
    "other-columns": build_other_columns,
    "run-columns": build_run_columns,
    "score-rules": build_score_rules,
    "settings": build_settings,
    "unit-columns": build_unit_columns,
    "village-columns": build_village_columns,
}


def main() -> int:
    """Write all pages anew."""
    for page in list_pages():
        page.write_text(build_page(page), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
