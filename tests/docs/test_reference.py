"""The generated parts of the documentation are what the code says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()
PAGES = SCRIPT.list_pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_generated_page_is_up_to_date(page: Path) -> None:
    assert SCRIPT.build_page(page) == page.read_text(encoding="utf-8"), "run `make docs`"


def test_every_part_is_on_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in SCRIPT.PARTS:
        assert text.count(f"<!-- begin: {name} -->") == 1, name


def test_example_proves_what_the_page_claims() -> None:
    example = SCRIPT.build_example()
    assert "= **20.00**. Value of the matching: **20.00**." in example
    assert "= **3**. Value of the matching: **3**." in example


def test_example_is_better_than_highest_points_first() -> None:
    page = (DOCS / "explanation" / "how-it-proves.md").read_text(encoding="utf-8")
    proposal = SCRIPT._propose_smallest()
    problem = proposal.problem
    left_units, left_villages, total = set(), set(), 0
    for k in sorted(range(problem.num_candidates), key=lambda k: -int(problem.points[k])):
        unit, village = int(problem.unit_idx[k]), int(problem.village_idx[k])
        if unit not in left_units and village not in left_villages:
            left_units.add(unit)
            left_villages.add(village)
            total += int(problem.points[k])
    assert total == 1500
    assert "gives 9 + 4 + 2 = 15" in page
    assert proposal.matching.total == 2000
