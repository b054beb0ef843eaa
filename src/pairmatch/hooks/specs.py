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
        """Return the scoring rules for a county.

        Parameters
        ----------
        county
            The county that is asked for, with its full name; empty asks for those of the city.

        Returns
        -------
        Sequence
            Records of `ScoreRule`; an empty tuple for every county but the plugin's own.
        """
        raise NotImplementedError

    @hookspec
    def pairmatch_eligibility_rules(self, county: str) -> Sequence[EligibilityRule]:
        """Return the conditions for a county: which pairs are not possible, and why.

        Parameters
        ----------
        county
            The county that is asked for, with its full name; empty asks for those of the city.

        Returns
        -------
        Sequence
            Records of `EligibilityRule`; an empty tuple for every county but the plugin's own.
        """
        raise NotImplementedError
