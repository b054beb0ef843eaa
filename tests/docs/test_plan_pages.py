"""The pages on templates and on plan.json say what the code takes and writes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.plan.synthetic_plans import make_plan

from pairmatch.report import plantemplates, templatearchives, templatelanguage
from pairmatch.report.planfields import FIELDS, PlanField
from pairmatch.report.planjson import PLAN_SCHEMA, build_plan_json

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
TEMPLATES = (REFERENCE / "plan-templates.md").read_text(encoding="utf-8")
FORM = (REFERENCE / "plan-json.md").read_text(encoding="utf-8")

LIMITS = {
    "unpacked size of the document, MB": templatearchives.MAX_BYTES >> 20,
    "size of a part with fields, MB": templatearchives.MAX_PART_BYTES >> 20,
    "entries of the document": templatearchives.MAX_ENTRIES,
    "fields and loops in a part": plantemplates.MOST_TAGS,
    "letters of a field or loop": plantemplates.LONGEST_TAG,
    "loops inside loops": templatelanguage.MOST_NESTED,
    "letters a part may become": templatelanguage.MOST_OUTPUT,
}


def read_rows(text: str) -> list[tuple[str, ...]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def list_fields(
    known: tuple[PlanField, ...], en: str = "", zh: str = ""
) -> Iterator[tuple[str, ...]]:
    for field in known:
        yield f"`{en}{field.name}`", f"`{zh}{field.name_zh}`", field.about
        yield from list_fields(field.items, f"{en}{field.name}.", f"{zh}{field.name_zh}.")


def test_every_field_is_on_the_page() -> None:
    told = [row for row in read_rows(TEMPLATES.split("## Fields", 1)[1]) if row[0] != "field"]
    assert sorted(told) == sorted(list_fields(FIELDS))


def test_names_of_fields_are_different_words() -> None:
    def check(fields: tuple[PlanField, ...]) -> None:
        names = [name for field in fields for name in {field.name, field.name_zh}]
        assert len(names) == len(set(names))
        assert all(name.isidentifier() and not name.startswith("_") for name in names)
        for field in fields:
            check(field.items)

    check(FIELDS)


def test_limits() -> None:
    rows = dict(row for row in read_rows(TEMPLATES.split("| limit |", 1)[1]) if len(row) == 2)
    assert {name: int(rows[name]) for name in LIMITS} == LIMITS


def test_every_key_of_the_file_is_on_its_page() -> None:
    data = json.loads(build_plan_json(make_plan(4)))
    assert data["schema"] == PLAN_SCHEMA
    parts = re.split(r"^###? ", FORM, flags=re.MULTILINE)[1:]
    told = {}
    for part in parts:
        name = part.splitlines()[0].strip()
        told[name] = [row[0].strip("`") for row in read_rows(part) if row[0] != "key"]
    assert told.pop("The file") == list(data)
    for name, keys in told.items():
        values = [data]
        for step in name.split("."):
            found = [value[step] for value in values]
            values = [item for v in found for item in (v if isinstance(v, list) else [v])]
        assert {tuple(value) for value in values} == {tuple(keys)}, name
