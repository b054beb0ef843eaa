"""任丘市: points of hand-computed pairs."""

import importlib.util
import io
import zipfile

import pytest
from docx import Document
from tests.plan.synthetic_plans import AWKWARD, RARE, make_inputs, make_plan, read_actions
from tests.plugins.county_rules import Ends, make_unit, make_village, open_all, score
from tests.plugins.test_county_plugins import PLUGINS

from pairmatch.report.countytemplates import check_county_template, render_county_template
from pairmatch.report.plandossier import make_dossier
from pairmatch.report.planfields import make_fields


def village(specialty=None):
    return make_village("renqiu", specialty)


@pytest.mark.parametrize(
    ("unit", "points"),
    [
        (make_unit("11"), 3),
        (make_unit("0710"), 3),
        (make_unit("B11", jobs=3), 3),
        (make_unit("33 3352"), 2.5),
        (make_unit("35"), 2.5),
        (make_unit("33"), 0),
        (make_unit("38", skills_training=2, jobs=2), 2),
        (make_unit("47", machinery=3), 1.5),
        (make_unit("52", jobs=2), 1),
        (make_unit("52", jobs=1), 0),
    ],
)
def test_oil_villages_like_oil_trades_then_equipment_then_people(unit, points):
    ends, _reason = score("renqiu.oil_services", unit, village("oil_gas_services"))
    assert ends == Ends(points, points, points)
    ends, reason = score("renqiu.oil_services", unit, village())
    assert ends == Ends(0, 0, points)
    assert "没有填" in reason
    assert score("renqiu.oil_services", unit, village("wire_cable"))[0] == Ends(0, 0, 0)


@pytest.mark.parametrize(
    ("rule", "specialty", "unit", "points"),
    [
        ("wire_cable", "wire_cable", make_unit("38 3831"), 2.5),
        ("wire_cable", "wire_cable", make_unit("4420"), 1.5),
        ("wire_cable", "wire_cable", make_unit("4710"), 1.5),
        ("wire_cable", "wire_cable", make_unit("8411"), 0),
        ("motorcycle_parts", "motorcycle_parts", make_unit("37"), 2.5),
        ("motorcycle_parts", "motorcycle_parts", make_unit("3670"), 2.5),
        ("motorcycle_parts", "motorcycle_parts", make_unit("38", workshop=2), 2),
        ("motorcycle_parts", "motorcycle_parts", make_unit("52", retail_channel=3), 1),
        ("motorcycle_parts", "motorcycle_parts", make_unit("52", workshop=1), 0),
    ],
)
def test_workshop_villages_like_their_trade(rule, specialty, unit, points):
    ends, reason = score(f"renqiu.{rule}", unit, village(specialty))
    assert ends == Ends(points, points, points)
    if unit.industry_codes[0] in ("4420", "4710", "37", "3670"):
        assert unit.industry_codes[0] in reason
    assert score(f"renqiu.{rule}", unit, village("oil_gas_services"))[0].points == 0
    ends, reason = score(f"renqiu.{rule}", unit, village())
    assert ends.points == 0
    assert "没有填" in reason


# --- its own help plan


def find_template():
    [template] = open_all().plan_templates
    return template


def unpack(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def render(*, awkward=False):
    """Return the fields of a pair of 任丘市, and the texts of its plan in the county's form."""
    inputs = make_inputs(awkward=awkward)
    dossier = make_dossier(make_plan(112, 5, inputs), inputs, read_actions())
    pair = next(pair for pair in dossier.plan.pairs if pair.county == "任丘市")
    fields = make_fields(dossier, pair)
    content = render_county_template(find_template(), fields)
    assert content == render_county_template(find_template(), fields)
    document = Document(io.BytesIO(content))
    texts = [p.text for p in document.paragraphs]
    texts += [c.text for t in document.tables for row in t.rows for c in row.cells]
    texts += [
        p.text for s in document.sections for p in (*s.header.paragraphs, *s.footer.paragraphs)
    ]
    return fields, "\n".join(texts)


def test_the_template_is_the_countys_and_sound():
    template = find_template()
    assert (template.template_id, template.kind) == ("renqiu.help_plan", "docx")
    assert (template.plugin, template.county) == ("renqiu", "任丘市")
    assert check_county_template(template) == ()


def test_the_file_is_what_its_script_writes():
    path = PLUGINS / "renqiu" / "templates" / "make_help_plan.py"
    spec = importlib.util.spec_from_file_location("make_help_plan", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Another zlib may pack the same parts into other bytes.
    assert unpack(module.build_template()) == unpack(find_template().data)


def test_a_help_plan_holds_the_figures_of_the_plan():
    fields, text = render()
    assert "{" not in text and "}" not in text
    for name in ("unit_name", "village_place", "village_code", "profile", "wishes", "synthetic"):
        assert fields[name] and fields[name] in text
    for line in ("unit_cash", "in_kind", "village", "department"):
        assert f"{fields[f'total_{line}']} 万元" in text
    for measure in fields["measures"]:
        for name in ("name", "quantity", "period", "outcome"):
            assert measure[name] in text
    for shortfall in fields["shortfalls"]:
        assert shortfall["name"] in text
    for request in fields["requests"]:
        assert request["text"] in text


def test_names_that_break_careless_forms_come_out_whole():
    _fields, text = render(awkward=True)
    assert AWKWARD in text and RARE in text
