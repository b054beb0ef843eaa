"""The hooks a plugin may implement. Each returns frozen records; none changes the core."""

from collections.abc import Sequence

import pluggy

from pairmatch.domain.candidates import EligibilityRule, ScoreRule

PROJECT = "pairmatch"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class HookSpecs:
    """Specifications by which pluggy checks every implementation."""

    @hookspec
    def pairmatch_score_rules(self, county: str) -> Sequence[ScoreRule]:
        """Return the scoring rules for a county; the empty name asks for those of the city."""
        raise NotImplementedError

    @hookspec
    def pairmatch_eligibility_rules(self, county: str) -> Sequence[EligibilityRule]:
        """Return the eligibility rules for a county; the empty name asks for those of the city."""
        raise NotImplementedError
