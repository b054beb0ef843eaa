"""Score every eligible pair: the city's rules first, then those of its counties."""

from collections.abc import Sequence

from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.scores import Exclusion, ScoreTable
from pairmatch.score.city import compute_spreads, score_city
from pairmatch.score.counties import score_counties


def score_candidates(
    inputs: Inputs, rules: Sequence[ScoreRule], conditions: Sequence[EligibilityRule]
) -> tuple[ScoreTable, tuple[Exclusion, ...]]:
    """Return the scores of all eligible pairs and what was excluded, by unit and rule.

    Raises
    ------
    PluginFaultError
        If a rule returns points that are not whole, of the wrong shape, too large or outside its
        spread, or a condition anything but one yes or no per pair; the faults of all plugins
        together.
    """
    city = score_city(inputs, rules, conditions)
    return score_counties(city, rules, conditions, compute_spreads(inputs.scenario, rules))
