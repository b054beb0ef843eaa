"""Templates that counties give, of either kind: checked when loaded, filled in for a pair."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pairmatch.domain.findings import Finding
from pairmatch.domain.plantemplates import PlanTemplate
from pairmatch.errors import BadInputError
from pairmatch.report.planfields import FIELDS, add_chinese_names
from pairmatch.report.plantemplates import MOST_TAGS, check_template, render_template
from pairmatch.report.templatearchives import MAX_PART_BYTES, RejectedTemplateError, tell
from pairmatch.report.templatelanguage import check_text, exceeds_output, make_environment
from pairmatch.report.wording import clean_text

if TYPE_CHECKING:
    from jinja2 import nodes

_OPENINGS = ("{{", "{%", "{#")


def check_county_template(template: PlanTemplate, file: str = "") -> tuple[Finding, ...]:
    """Return everything that keeps a county's template from being used; nothing if it can be.

    Parameters
    ----------
    template
        The template.
    file
        Its name, for the findings.
    """
    if template.kind == "docx":
        return check_template(template.data, FIELDS, file)
    try:
        _text, tree = _read_text(template.data, file)
    except RejectedTemplateError as error:
        return tuple(error.findings)
    too_long = exceeds_output(tree, {}, FIELDS)
    return (tell(file, "planfiles.template_too_long"),) if too_long else ()


def render_county_template(
    template: PlanTemplate, fields: Mapping[str, Any], file: str = ""
) -> bytes:
    """Return the document of a pair in a county's own form; equal input, equal bytes.

    Parameters
    ----------
    template
        The template.
    fields
        The fields of the pair by their English names, as `make_fields` gives them.
    file
        Name of the template, for the findings.

    Raises
    ------
    BadInputError
        If the template cannot be used; what is wrong with it is in the findings.
    """
    if template.kind == "docx":
        return render_template(template.data, fields, FIELDS, file)
    try:
        text, tree = _read_text(template.data, file)
        if exceeds_output(tree, fields, FIELDS):
            raise RejectedTemplateError([tell(file, "planfiles.template_too_long")])
        shown = _render_text(text, fields, file)
    except RejectedTemplateError as error:
        raise BadInputError("planfiles.template_refused", error.findings, file=file) from error
    return shown.encode("utf-8")


def _read_text(data: bytes, file: str) -> tuple[str, "nodes.Template"]:
    """Return a text template and its tree.

    Raises
    ------
    RejectedTemplateError
        If it is no text, too large, or says what no template may.
    """
    limit = str(MAX_PART_BYTES >> 20)
    if len(data) > MAX_PART_BYTES:
        raise RejectedTemplateError([tell(file, "planfiles.template_too_large", limit=limit)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedTemplateError([tell(file, "catalogue.template_not_text")]) from error
    if "\0" in text:
        raise RejectedTemplateError([tell(file, "catalogue.template_not_text")])
    if sum(map(text.count, _OPENINGS)) > MOST_TAGS:
        raise RejectedTemplateError([tell(file, "planfiles.template_too_deep")])
    plain = text.replace("\r\n", "\n")
    tree, findings = check_text(plain, FIELDS, file, "")
    if tree is None or findings:
        raise RejectedTemplateError(findings)
    return plain, tree


def _render_text(text: str, fields: Mapping[str, Any], file: str) -> str:
    from jinja2 import TemplateError

    # A text has no markup, so nothing in it is written as markup.
    environment = make_environment().overlay(autoescape=False, trim_blocks=True)
    try:
        shown = environment.from_string(text).render(add_chinese_names(_clean(fields)))
    except (TemplateError, RecursionError, TypeError, ValueError) as error:
        found = tell(file, "planfiles.template_syntax", detail=str(error))
        raise RejectedTemplateError([found]) from error
    return shown


def _clean(value: Any) -> Any:
    """Return fields without characters that would turn the reading direction."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value]
