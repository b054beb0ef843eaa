"""The conformance suite: what every plugin must hold, tried on a scenario's own data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from pairmatch.domain.candidates import (
    FULL,
    Background,
    BoolArray,
    Candidates,
    Contribution,
    VillageSide,
)
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import ExternalScores, IndexArray, Inputs
from pairmatch.domain.plugins import SLOW_S, PluginOptions, PluginReport, PluginSource
from pairmatch.domain.records import Village
from pairmatch.engine.scenarios import list_counties, make_plan_context
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.manager import Plugins, open_plugins
from pairmatch.hooks.packs.examples import check_examples
from pairmatch.load.packs import read_pack
from pairmatch.score.city import CityScores, compute_spreads
from pairmatch.score.conditions import find_refused
from pairmatch.score.counties import score_counties
from pairmatch.score.gate import check_contribution
from pairmatch.score.rules import check_rules
from pairmatch.score.scope import CountyViews


def examine_plugin(
    source: PluginSource, inputs: Inputs, city: CityScores, options: PluginOptions
) -> PluginReport:
    """Return what holds and what does not hold of one plugin.

    Parameters
    ----------
    source
        The plugin, on or off in the scenario.
    inputs, city
        The data it is tried on, with the scores of the built-in rules.
    options
        The limits it must keep; it always runs in a process of its own.
    """
    wanted = replace(source, is_on=True)
    examination = _Examination(wanted, inputs, city, replace(options, isolate=True))
    return examination.run()


class _Examination:
    """Runs one check after the other; the first that fails ends it, as the rest would mislead."""

    def __init__(
        self, source: PluginSource, inputs: Inputs, city: CityScores, options: PluginOptions
    ) -> None:
        self._source, self._inputs, self._city, self._options = source, inputs, city, options
        self._passed: list[str] = []
        self._findings: list[Finding] = []

    def run(self) -> PluginReport:
        """Run all checks."""
        with self._open(probe=1) as plugins:
            [state] = plugins.states
            try:
                self._run_checks(plugins)
            except PluginFaultError as error:
                self._findings += map(self._place, error.findings)
            seconds = sum(plugins.seconds.values())
        found = sorted(self._findings, key=lambda finding: finding.sort_key)
        if any(f.severity is Severity.ERROR for f in found) and state.state == "on":
            first = found[0]
            state = replace(state, state="broken", why=first.code, params=first.params)
        return PluginReport(state, tuple(self._passed), tuple(found), seconds)

    def _run_checks(self, plugins: Plugins) -> None:
        self._findings += plugins.findings
        if plugins.states[0].state != "on":
            return
        self._pass("plugins.check_loads")
        self._check_spreads(plugins)
        view = self._restrict(self._city.candidates, plugins)
        if not len(view):
            self._warn("hooks.nothing_to_try", county=plugins.states[0].county)
            self._check_examples()
            return
        self._check_answers(plugins)
        self._check_examples()
        answers = ask_all(plugins, view)
        before = sum(plugins.seconds.values())
        self._compare("plugins.check_stateless", "hooks.keeps_state", answers, plugins, view)
        self._check_speed(sum(plugins.seconds.values()) - before)
        with self._open(probe=2) as others:
            self._compare("plugins.check_repeatable", "hooks.not_repeatable", answers, others, view)
        self._check_order(plugins, view, answers)
        elsewhere = self._restrict(self._change_other_counties(plugins), plugins)
        self._compare("plugins.check_scope", "hooks.reads_others", answers, plugins, elsewhere)

    @contextmanager
    def _open(self, probe: int) -> Iterator[Plugins]:
        options = replace(self._options, probe=probe)
        counties, taxonomy = list_counties(self._inputs), self._inputs.taxonomy
        context = make_plan_context(self._inputs)
        sources = [self._source]
        with open_plugins(sources, read_pack, counties, taxonomy, options, context) as plugins:
            yield plugins

    def _place(self, fault: Finding) -> Finding:
        here = Place(self._source.origin)
        return fault if fault.place.file else replace(fault, place=here)

    def _pass(self, code: str) -> None:
        self._passed.append(code)

    def _warn(self, code: str, **params: str) -> None:
        told = {"plugin": self._source.name, **params}
        place = Place(self._source.origin)
        self._findings.append(Finding(code, Severity.WARNING, place, told))

    def _fail(self, code: str, rule: str, county: str) -> None:
        name = self._source.name
        params = {"plugin": name, "county": county, "rule": rule, "line": "0"}
        finding = Finding(code, Severity.ERROR, Place(self._source.origin), params)
        raise PluginFaultError("hooks.broken_plugin", (finding,), plugin=name)

    def _restrict(self, candidates: Candidates, plugins: Plugins) -> Candidates:
        county = plugins.states[0].county
        return CountyViews(candidates).of(county).candidates

    def _check_spreads(self, plugins: Plugins) -> None:
        rules = check_rules(self._inputs, plugins.score_rules)
        found = [f for f in rules if f.params.get("plugin") == self._source.name]
        self._findings += map(self._place, found)
        if not found:
            self._pass("plugins.check_spread")

    def _check_answers(self, plugins: Plugins) -> None:
        rules, conditions = plugins.score_rules, plugins.eligibility_rules
        spreads = compute_spreads(self._inputs.scenario, rules)
        score_counties(self._city, rules, conditions, spreads)
        self._pass("plugins.check_answers")

    def _check_examples(self) -> None:
        if self._source.kind != "pack":
            return
        pack, _findings = read_pack(self._source)
        if pack is None or not pack.examples:
            return
        found = check_examples(pack, self._inputs.taxonomy)
        self._findings += found
        if not found:
            self._pass("plugins.check_examples")

    def _compare(
        self,
        check: str,
        fault: str,
        answers: Mapping[str, bytes],
        plugins: Plugins,
        candidates: Candidates,
    ) -> None:
        again = ask_all(plugins, candidates)
        for rule, said in answers.items():
            if again.get(rule) != said:
                self._fail(fault, rule, plugins.states[0].county)
        self._pass(check)

    def _check_speed(self, seconds: float) -> None:
        if seconds > SLOW_S:
            self._warn("hooks.slow", seconds=f"{seconds:.1f}")

    def _check_order(
        self, plugins: Plugins, view: Candidates, answers: Mapping[str, bytes]
    ) -> None:
        turned, back = _turn_around(view)
        for rule, said in ask_all(plugins, turned, back).items():
            if answers[rule] != said:
                self._fail("hooks.depends_on_order", rule, plugins.states[0].county)
        self._pass("plugins.check_order")

    def _change_other_counties(self, plugins: Plugins) -> Candidates:
        """Return the candidates with all that is known of other counties' villages changed.

        Names, indicators, deficits, weights, scores from tables and pairs of the cycle before. A
        plugin is given nothing of them, so what this holds is the core's promise: it fails if the
        restricted view ever lets through what belongs to another county.
        """
        county, whole = plugins.states[0].county, self._city.candidates
        is_other = np.array([village.county != county for village in whole.villages.records])
        return replace(
            whole,
            villages=_change_villages(whole.villages, is_other),
            background=_change_background(whole, is_other),
        )


def ask_all(
    plugins: Plugins, candidates: Candidates, order: IndexArray | None = None
) -> dict[str, bytes]:
    """Return what every rule of plugins says of the candidates, in the given order of rows.

    What they give besides, actions and templates, is the same whatever the candidates are.
    """
    rows = np.arange(len(candidates), dtype=np.int32) if order is None else order
    said = {}
    for rule in plugins.score_rules:
        if rule.plugin:
            spread = int(rule.spread * candidates.steps_per_point)
            given = rule.contribute(candidates, spread)
            # Each time through the gate: an answer may be whole once and not the next time.
            whole = check_contribution(rule, given, len(candidates), spread)
            said[rule.rule_id] = _write(whole, rows)
    for condition in plugins.eligibility_rules:
        if condition.plugin:
            refused = find_refused(condition, candidates)
            said[condition.rule_id] = refused[rows].tobytes()
    said |= {action.action_id: repr(action).encode() for action in plugins.actions}
    said |= {template.template_id: template.data for template in plugins.plan_templates}
    return said


def _write(given: Contribution, rows: IndexArray) -> bytes:
    numbers = [array[rows].tolist() for array in (given.points, given.low, given.high)]
    reasons = [given.reasons[k] for k in rows.tolist()]
    return repr((numbers, [(reason.zh, reason.en) for reason in reasons])).encode()


def _turn_around(view: Candidates) -> tuple[Candidates, IndexArray]:
    """Return the same candidates with units and villages in reverse order, and the way back."""
    last_unit, last_village = len(view.units.records) - 1, len(view.villages.records) - 1
    unit_idx, village_idx = last_unit - view.unit_idx, last_village - view.village_idx
    order = np.lexsort((village_idx, unit_idx))
    units, villages = view.units, view.villages
    turned = replace(
        view,
        background=replace(
            view.background, scores=_turn_scores(view.background.scores, last_unit, last_village)
        ),
        units=replace(units, records=units.records[::-1], supply=units.supply[::-1]),
        villages=replace(
            villages,
            records=villages.records[::-1],
            deficit=villages.deficit[::-1],
            deficit_low=villages.deficit_low[::-1],
            deficit_high=villages.deficit_high[::-1],
            need_weight=villages.need_weight[::-1],
        ),
        unit_idx=unit_idx[order],
        village_idx=village_idx[order],
    )
    return turned, np.argsort(order).astype(np.int32)


def _turn_scores(
    scores: ExternalScores | None, last_unit: int, last_village: int
) -> ExternalScores | None:
    """Return scores from tables, numbered and sorted anew as units and villages are."""
    if scores is None:
        return None
    unit_idx, village_idx = last_unit - scores.unit_idx, last_village - scores.village_idx
    order = np.lexsort((village_idx, unit_idx))
    return replace(
        scores,
        unit_idx=unit_idx[order],
        village_idx=village_idx[order],
        points=scores.points[order],
    )


def _change_villages(side: VillageSide, is_other: BoolArray) -> VillageSide:
    """Return villages of which those of other counties have other names, needs and weights."""
    records = tuple(
        Village(village.village_id, name=f"~{village.name}", county=village.county)
        if other
        else village
        for village, other in zip(side.records, is_other.tolist(), strict=True)
    )
    rows = is_other[:, None]
    deficit = (side.deficit + FULL // 4) % FULL  # another one, whatever it was
    return VillageSide(
        records,
        np.where(rows, deficit, side.deficit),
        np.where(rows, deficit, side.deficit_low),
        np.where(rows, deficit, side.deficit_high),
        np.where(rows, side.need_weight + 1, side.need_weight),
    )


def _change_background(whole: Candidates, is_other: BoolArray) -> Background:
    """Return the background without earlier pairs of other counties, their scores changed."""
    villages = zip(whole.villages.records, is_other.tolist(), strict=True)
    others = {village.village_id for village, other in villages if other}
    background, scores = whole.background, whole.background.scores
    if scores is not None:
        scores = replace(scores, points=scores.points + is_other[scores.village_idx])
    previous = tuple(pair for pair in background.previous if pair.village_id not in others)
    return replace(background, previous=previous, scores=scores)
