"""Read the results of a sweep back, to be shown with a comparison."""

from pathlib import Path

from pairmatch.domain.sweep import Sweep
from pairmatch.errors import BadInputError

SWEEP_FILE = "sweep.json"


def read_sweep(place: Path) -> Sweep:
    """Return the sweep in a folder, or in its ``sweep.json``.

    Raises
    ------
    BadInputError
        If there is none, or it was changed so that it cannot be understood.
    """
    from pydantic import TypeAdapter, ValidationError

    path = place / SWEEP_FILE if place.is_dir() else place
    try:
        return TypeAdapter(Sweep).validate_json(path.read_bytes())
    except OSError as error:
        raise BadInputError("load.no_sweep", path=str(path)) from error
    except ValidationError as error:
        raise BadInputError("load.bad_sweep", path=str(path)) from error
