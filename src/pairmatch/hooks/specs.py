"""The hooks a plugin may implement. Each returns frozen records; none changes the core."""

from collections.abc import Sequence

import pluggy

from pairmatch.domain.actions import ActionType
from pairmatch.domain.candidates import EligibilityRule, ScoreRule
from pairmatch.domain.plantemplates import PlanTemplate

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

    @hookspec
    def pairmatch_actions(self, county: str) -> Sequence[ActionType]:
        """Return what else can be done in the villages of a county, beyond the catalogue.

        Parameters
        ----------
        county
            The county that is asked for, with its full name; empty asks for those of the city.

        Returns
        -------
        Sequence
            Records of `ActionType`; an empty tuple for every county but the plugin's own.
        """
        raise NotImplementedError

    @hookspec
    def pairmatch_plan_templates(self, county: str) -> Sequence[PlanTemplate]:
        """Return the forms in which a county wants its help plans.

        Parameters
        ----------
        county
            The county that is asked for, with its full name; empty asks for those of the city.

        Returns
        -------
        Sequence
            Records of `PlanTemplate`; an empty tuple for every county but the plugin's own.
        """
        raise NotImplementedError
