"""Of the many variants of a fault, the first is followed through all commands."""

from collections.abc import Iterator

import pytest
from tests.faults.plugin_scenarios import CHOICE


@pytest.fixture(autouse=True)
def choose_thoroughness(request: pytest.FixtureRequest) -> Iterator[None]:
    variant = getattr(request.node, "callspec", None)
    CHOICE.is_thorough = variant is None or not any(variant.indices.values())
    yield
    CHOICE.is_thorough = True
