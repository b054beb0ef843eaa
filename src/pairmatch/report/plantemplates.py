"""Templates of counties: a Word file with fields in it, checked first and rendered in a sandbox.

The way fields are written in Word is that of docxtpl: ``{{ 村名 }}`` in a text, and
``{%tr for m in 帮扶措施 %}`` in a row of a table of its own. docxtpl makes the text of a part one
that can be rendered; what is rendered, and whether the result is a sound file, is decided here,
since docxtpl would repair what is broken and lose text by it.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from pairmatch.domain.findings import Finding
from pairmatch.errors import BadInputError
from pairmatch.report.planfields import FIELDS, PlanField, add_chinese_names
from pairmatch.report.templatearchives import (
    RejectedTemplateError,
    find_fault,
    list_template_parts,
    open_template,
    tell,
)
from pairmatch.report.templatelanguage import check_text, exceeds_output, make_environment
from pairmatch.report.wording import clean_text
from pairmatch.report.wordpackage import pack_parts

if TYPE_CHECKING:
    from jinja2 import nodes

MOST_TAGS = 2_000
LONGEST_TAG = 400
_TAG_ENDS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPENING = re.compile(r"\{[{%#]")
_MARKUP = re.compile(r"<[^>]*>")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_UNSUPPORTED = re.compile(r"\{%\s*(vm|hm)\s*%\}|\{[{%](r|tc)\s")
_BARE = frozenset(
    f"http://schemas.openxmlformats.org/wordprocessingml/2006/main {name}"
    for name in ("document", "body", "p", "r", "tbl", "tr", "tc", "hdr", "ftr")
)
"""Elements that hold no text of their own: text in them would be lost."""

Trees = dict[str, tuple[str, "nodes.Template"]]


def check_template(
    content: bytes, known_fields: Sequence[PlanField] = FIELDS, file: str = ""
) -> tuple[Finding, ...]:
    """Return everything that keeps a template from being used; nothing if it can be.

    Parameters
    ----------
    content
        The Word file.
    known_fields
        The fields it may name.
    file
        Its name, for the findings.
    """
    try:
        parts = open_template(content, file)
        trees = _read_trees(parts, known_fields, file)
    except RejectedTemplateError as error:
        return tuple(error.findings)
    return tuple(
        tell(file, "planfiles.template_too_long", part)
        for part, (_, tree) in trees.items()
        if exceeds_output(tree, {}, known_fields)
    )


def render_template(
    content: bytes,
    fields: Mapping[str, Any],
    known_fields: Sequence[PlanField] = FIELDS,
    file: str = "",
) -> bytes:
    """Return the Word file of a template and the fields of a pair; equal input, equal bytes.

    Parameters
    ----------
    content
        The template.
    fields
        The fields by their English names, as `make_fields` gives them.
    known_fields
        What there is of fields.
    file
        Name of the template, for the findings.

    Raises
    ------
    BadInputError
        If the template cannot be used; what is wrong with it is in the findings.
    """
    try:
        parts = open_template(content, file)
        trees = _read_trees(parts, known_fields, file)
        given = add_chinese_names(_clean(fields), known_fields)
        for part, (text, tree) in trees.items():
            if exceeds_output(tree, fields, known_fields):
                raise RejectedTemplateError([tell(file, "planfiles.template_too_long", part)])
            parts[part] = _render_part(text, given, part, file)
    except RejectedTemplateError as error:
        raise BadInputError("planfiles.template_refused", error.findings, file=file) from error
    return pack_parts(parts)


def _clean(value: Any) -> Any:
    """Return fields without characters that would break a file or turn the reading direction."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value]


def _read_trees(parts: Mapping[str, bytes], known: Sequence[PlanField], file: str) -> Trees:
    """Return text and tree of each part that may hold fields.

    Raises
    ------
    RejectedTemplateError
        With everything that is wrong with any of them.
    """
    trees: Trees = {}
    findings: list[Finding] = []
    for part, raw in list_template_parts(parts):
        wrong = list(_check_tags(raw, part, file))
        if wrong:
            findings += wrong
            continue
        text = _prepare(raw)
        tree, wrong = check_text(text, known, file, part)
        findings += wrong
        if tree is not None:
            trees[part] = (text, tree)
    if findings:
        raise RejectedTemplateError(findings)
    return trees


def _prepare(raw: str) -> str:
    """Return the XML of a part with its tags made whole, as docxtpl does."""
    from docxtpl import DocxTemplate

    return str(DocxTemplate(io.BytesIO()).patch_xml(_DECLARATION.sub("", raw)))


def _check_tags(raw: str, part: str, file: str) -> Iterator[Finding]:
    """Yield what is wrong with the tags of a part before anything slow is done with it."""
    if any(_OPENING.search(markup) for markup in _MARKUP.findall(raw)):
        yield tell(file, "planfiles.template_forbidden", part, what="{{ }} <…>")
        return
    plain = _MARKUP.sub("", raw)
    at, count = 0, 0
    while match := _OPENING.search(plain, at):
        opening = match[0]
        end = plain.find(_TAG_ENDS[opening], match.end(), match.end() + LONGEST_TAG)
        shown = plain[match.start() : match.start() + 30]
        if end < 0:
            yield tell(file, "planfiles.template_syntax", part, detail=shown)
            return
        if _UNSUPPORTED.match(plain[match.start() : end + 2]):
            yield tell(file, "planfiles.template_forbidden", part, what=shown)
        at, count = end + 2, count + 1
        if count > MOST_TAGS:
            yield tell(file, "planfiles.template_too_deep", part)
            return


def _render_part(text: str, fields: Mapping[str, Any], part: str, file: str) -> bytes:
    from jinja2 import TemplateError

    try:
        shown = make_environment().from_string(text).render(fields)
    except (TemplateError, RecursionError, TypeError, ValueError) as error:
        detail = str(error)
        raise RejectedTemplateError(
            [tell(file, "planfiles.template_syntax", part, detail=detail)]
        ) from error
    data = (_HEAD + shown).encode("utf-8")
    fault = find_fault(data)
    if fault:
        raise RejectedTemplateError([tell(file, "planfiles.template_crossed", part, detail=fault)])
    stray = _find_stray_text(data)
    if stray:
        raise RejectedTemplateError([tell(file, "planfiles.template_stray", part, text=stray)])
    return data


def _find_stray_text(data: bytes) -> str:
    """Return the first text that stands where Word shows none."""
    open_elements: list[str] = []
    found: list[str] = []

    def take(text: str) -> None:
        if text.strip() and open_elements and open_elements[-1] in _BARE:
            found.append(text.strip()[:40])

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: open_elements.append(name)
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = take
    parser.Parse(data, True)
    return found[0] if found else ""
