"""The settings that a run was made with, as its `run.json` has them."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from pairmatch.domain.scenario import Scenario
from pairmatch.load.runfiles import RUN_FILE, read_facts, refuse_value


def read_run_settings(folder: Path) -> tuple[Scenario, Mapping[str, str]]:
    """Return the settings of a run, and the digests of the files that it was made from.

    What a version before did not know yet stands at its default.

    Raises
    ------
    BadInputError
        If the folder is not a run, or its facts are damaged.
    """
    raw, facts = read_facts(folder)
    try:
        return Scenario.model_validate(raw.get("settings")), facts.inputs
    except ValidationError as error:
        key = ".".join(("settings", *map(str, error.errors()[0]["loc"])))
        refuse_value(folder, RUN_FILE, key, str(error.errors()[0]["input"]))
