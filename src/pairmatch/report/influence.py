"""What the outputs say about plugins: who took part, what each did, who was left out and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairmatch.domain.plugins import Influence, PluginState
from pairmatch.domain.proposal import Proposal, RuleUse
from pairmatch.messages import render
from pairmatch.report.charts import Bar, draw_bar
from pairmatch.report.wording import Text, format_points, join_texts, word

NO_FIGURE = "—"


@dataclass(frozen=True, slots=True)
class ConditionView:
    """A county's condition: its name, and how many pairs it excluded."""

    label: Text
    num_pairs: int


@dataclass(frozen=True, slots=True)
class PluginView:
    """A plugin that took part, or was to; `influence` is None where nothing was measured.

    `rules` are its scoring rules with their spreads in points, `conditions` its other rules. The
    `bar` shows the loss by its scores within the bound that is proven for it.
    """

    state: PluginState
    name: Text
    facts: Text
    county: str
    state_name: Text
    why: Text
    rules: tuple[tuple[Text, str], ...]
    conditions: tuple[ConditionView, ...]
    influence: Influence | None
    figures: "Figures"
    bar: Bar

    @property
    def is_broken(self) -> bool:
        """Whether it was left out."""
        return self.state.state == "broken"


@dataclass(frozen=True, slots=True)
class Figures:
    """The measured influence as it is printed; a dash where nothing was measured."""

    own_gain: str = NO_FIGURE
    own_base_gain: str = NO_FIGURE
    others_gain: str = NO_FIGURE
    loss_by_scores: str = NO_FIGURE
    bound: str = NO_FIGURE
    loss_by_conditions: str = NO_FIGURE


def view_plugins(proposal: Proposal) -> tuple[PluginView, ...]:
    """Return the plugins that took part or were left out, by name."""
    influences = {influence.plugin: influence for influence in proposal.influences}
    step = proposal.problem.steps_per_point
    excluded = _count_excluded(proposal)
    active = [state for state in proposal.plugins if state.state == "on"]
    views = []
    for state in sorted((*active, *_list_left_out(proposal)), key=lambda state: state.name):
        influence = influences.get(state.name)
        views.append(
            PluginView(
                state=state,
                name=name_plugin(state),
                facts=_join_facts(state),
                county=state.county or NO_FIGURE,
                state_name=word(f"plugin_{state.state}"),
                why=explain_state(state),
                rules=tuple(_view_rules(proposal.rules, state.name, step)),
                conditions=tuple(_view_conditions(state, proposal, excluded)),
                influence=influence,
                figures=Figures() if influence is None else _view_figures(influence, step),
                bar=_draw_loss(influence),
            )
        )
    return tuple(views)


def name_plugin(state: PluginState) -> Text:
    """Return what a plugin is called: its label, else its name."""
    return Text(state.label_zh or state.name, state.label_en or state.name)


def explain_state(state: PluginState) -> Text:
    """Return why a plugin is on, off or left out."""
    zh, en = (render(state.why, state.params, lang).text for lang in ("zh", "en"))
    return Text(zh, en)


def describe_left_out(proposal: Proposal) -> Text | None:
    """Return which plugins were left out and why, as a sentence; None if none was."""
    entries = [
        word("left_out_plugin", plugin=_name_fully(state), why=_end_without_stop(state))
        for state in _list_left_out(proposal)
    ]
    return word("left_out_long", plugins=join_texts(entries, "；", "; ")) if entries else None


def name_left_out(proposal: Proposal) -> Text | None:
    """Return which plugins were left out, as a label; None if none was."""
    names = [Text(state.name, state.name) for state in _list_left_out(proposal)]
    return word("left_out", plugins=join_texts(names)) if names else None


def name_rule(label_zh: str, label_en: str, plugin: str) -> Text:
    """Return the name of a rule; one of a plugin says whose it is."""
    label = Text(label_zh, label_en)
    return word("rule_of_plugin", label=label, plugin=plugin) if plugin else label


def _join_facts(state: PluginState) -> Text:
    """Return county, name, version and state in one line, as far as they are known."""
    named = " ".join(filter(None, (state.name, state.version)))
    facts = [Text(fact, fact) for fact in (state.county, named) if fact]
    return join_texts([*facts, word(f"plugin_{state.state}")], "　", ", ")


def _list_left_out(proposal: Proposal) -> list[PluginState]:
    """Return the broken plugins; of two with one name, which is what is wrong with them, one."""
    return list({state.name: state for state in proposal.broken_plugins}.values())


def _name_fully(state: PluginState) -> Text:
    """Return a plugin's name with its label and county, where they are known."""
    facts = [Text(state.label_zh, state.label_en or state.label_zh)] if state.label_zh else []
    if state.county not in state.label_zh:
        facts.append(Text(state.county, state.county))
    if not facts:
        return Text(state.name, state.name)
    return word("named", name=state.name, facts=join_texts(facts, "，"))


def _end_without_stop(state: PluginState) -> Text:
    why = explain_state(state)
    return Text(why.zh.rstrip("。"), why.en.rstrip("."))


def _count_excluded(proposal: Proposal) -> Counter[str]:
    counts: Counter[str] = Counter()
    for exclusion in proposal.exclusions:
        counts[exclusion.rule_id] += exclusion.num_villages
    return counts


def _view_rules(
    rules: Sequence[RuleUse], plugin: str, steps_per_point: int
) -> Iterable[tuple[Text, str]]:
    for rule in rules:
        if rule.plugin == plugin:
            spread = format_points(rule.spread, steps_per_point)
            yield Text(rule.label_zh, rule.label_en), spread


def _view_conditions(
    state: PluginState, proposal: Proposal, excluded: Counter[str]
) -> Iterable[ConditionView]:
    scoring = {rule.rule_id for rule in proposal.rules}
    labels = {e.rule_id: Text(e.label_zh, e.label_en) for e in proposal.exclusions}
    for rule_id in state.rules:
        if rule_id not in scoring:
            label = labels.get(rule_id, Text(rule_id, rule_id))
            yield ConditionView(label, excluded[rule_id])


def _view_figures(influence: Influence, steps_per_point: int) -> Figures:
    def gain(steps: int) -> str:
        text = format_points(steps, steps_per_point)
        return f"+{text}" if steps > 0 else text

    return Figures(
        own_gain=gain(influence.own_gain),
        own_base_gain=gain(influence.own_base_gain),
        others_gain=gain(-influence.others_cost),
        loss_by_scores=format_points(influence.loss_by_scores, steps_per_point),
        bound=format_points(influence.bound, steps_per_point),
        loss_by_conditions=format_points(influence.loss_by_conditions, steps_per_point),
    )


def _draw_loss(influence: Influence | None) -> Bar:
    if influence is None:
        return Bar(0, 0)
    bar = draw_bar(max(influence.loss_by_scores, 0), influence.bound, influence.bound)
    # A loss that is there is seen, however small.
    seen = max(bar.covered, 1) if influence.loss_by_scores > 0 else bar.covered
    return Bar(seen, bar.covered + bar.residual - seen)
