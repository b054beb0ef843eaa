"""Templates that are plain text: filled in, with nothing written as markup, or refused by name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import ALL_CASES
from tests.plan.synthetic_plans import AWKWARD, RARE, make_inputs, make_plan, read_actions

from pairmatch.domain.plantemplates import PlanTemplate
from pairmatch.errors import BadInputError
from pairmatch.report.countytemplates import check_county_template, render_county_template
from pairmatch.report.plandossier import make_dossier
from pairmatch.report.planfields import make_fields


@pytest.fixture(scope="module")
def fields():
    inputs = make_inputs(awkward=True)
    dossier = make_dossier(make_plan(3, 4, inputs), inputs, read_actions())
    return make_fields(dossier, dossier.plan.pairs[0])


def make(text):
    data = text.encode("utf-8") if isinstance(text, str) else text
    return PlanTemplate("x.letter", "沧县", "告知书", "text", data)


def test_a_letter_says_what_the_plan_says_letter_by_letter(fields):
    text = (
        "{{ 村名 }}：\n{% for 行 in 帮扶措施 %}\n"
        "{{ loop.index }}. {{ 行.措施 }}，{{ 行.quantity }}\n"
        "{% endfor %}\n{{ unit_name }}\n"
    )
    template = make(text)
    assert check_county_template(template) == ()
    shown = render_county_template(template, fields).decode("utf-8")
    measures = "".join(
        f"{k}. {m['name']}，{m['quantity']}\n" for k, m in enumerate(fields["measures"], 1)
    )
    assert shown == f"{RARE}：\n{measures}{AWKWARD}\n"
    assert fields["measures"]


def test_line_ends_and_marks_of_the_editor_do_not_show(fields):
    template = make(b"\xef\xbb\xbf{{ county }}\r\nend\r\n")
    assert render_county_template(template, fields) == f"{fields['county']}\nend\n".encode()


@pytest.mark.parametrize("text", ["{{ 村民 }}", "{{ range(9) }}", "{{", b"\xff"])
def test_what_is_refused_when_loaded_is_refused_when_filled_in(fields, text):
    findings = check_county_template(make(text), "a")
    assert findings and {f.place.file for f in findings} == {"a"}
    with pytest.raises(BadInputError) as caught:
        render_county_template(make(text), fields, "a")
    assert caught.value.code == "planfiles.template_refused"
    assert tuple(caught.value.findings) == findings


PARTS = st.sampled_from(
    (
        *("{{ 村名 }}", "{{ 风险 }}", "{{ r.内容 }}", "{{ loop.index }}", "{{ 风险|length }}"),
        *("{% for r in 风险 %}", "{% for r in 各年 %}", "{% endfor %}", "{% if 合成数据 %}"),
        *("{% else %}", "{% endif %}", "{# x #}", "{{ 村名 ~ 县 }}", "{{ r['text'] }}", "{{", "}}"),
        *("\n", "a&b<c>", "{{ x }}", "{{ 村名() }}", "{% raw %}", "{% endraw %}", "{{ 1 }}"),
    )
)


@settings(max_examples=3000 if ALL_CASES else 300, deadline=None)
@given(st.lists(PARTS, max_size=8))
def test_whatever_a_text_says_is_filled_in_or_refused(fields, parts):
    template = make("".join(parts))
    if check_county_template(template):
        with pytest.raises(BadInputError):
            render_county_template(template, fields)
    else:
        assert render_county_template(template, fields).decode("utf-8") is not None
