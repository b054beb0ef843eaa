"""Whether this computer has what pairmatch needs."""

import importlib
import platform
from importlib import metadata

from pairmatch import __version__
from pairmatch.domain.matching import Matching
from pairmatch.domain.problem import Problem
from pairmatch.engine.outcomes import DoctorLine
from pairmatch.engine.proofs import prove_matching
from pairmatch.errors import UnprovenError


def diagnose() -> tuple[DoctorLine, ...]:
    """Return whether each library works, by solving the smallest scenario with it."""
    lines = [
        DoctorLine(f"pairmatch {__version__}", True, "Python " + platform.python_version()),
        *(_try_library(name) for name in ("ortools", "numpy", "openpyxl", "xlsxwriter", "jinja2")),
    ]
    return (*lines, _try_solver())


def _try_library(name: str) -> DoctorLine:
    try:
        importlib.import_module(name)
        return DoctorLine(name, True, metadata.version(name))
    except (ImportError, OSError) as error:
        return DoctorLine(name, False, str(error))


def _try_solver() -> DoctorLine:
    import numpy as np

    one = np.ones(1, dtype=np.int64)
    zero = np.zeros(1, dtype=np.int32)
    problem = Problem(
        unit_ids=("u",),
        village_ids=("v",),
        unit_idx=zero,
        village_idx=zero,
        points=one,
        unit_min=one * 0,
        unit_max=one,
        village_min=one * 0,
        village_max=one,
    )
    try:
        answer = prove_matching(problem)
    except (ImportError, OSError, UnprovenError) as error:
        return DoctorLine("solver", False, str(error))
    works = isinstance(answer, Matching) and answer.total == 1
    return DoctorLine("solver", works, "1 x 1")
