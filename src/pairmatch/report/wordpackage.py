"""The file around a Word document: styles, heads and feet of pages, watermark; same bytes always.

The parts are written directly, so that a document holds what official papers ask for and nothing
else, and so that equal texts give equal bytes on every machine.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from pairmatch.messages import Language
from pairmatch.report.worddocument import Section, write_body, write_run
from pairmatch.report.wording import clean_text
from pairmatch.report.wordstyles import FONTS, STYLES

_CREATED = "2000-01-01T00:00:00Z"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPACES = (
    f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    f'xmlns:r="{_OFFICE}/relationships" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w10="urn:schemas-microsoft-com:office:word"'
)
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS: Mapping[str, str] = {
    "document": "document.main",
    "styles": "styles",
    "settings": "settings",
    "fontTable": "fontTable",
    "header1": "header",
    "header2": "header",
    "footer1": "footer",
    "footer2": "footer",
}
"""The parts in the folder ``word`` and their kinds; 1 is for odd pages, 2 for even ones."""


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page.

    `title` is that of the file's properties, `header` the line above the text (such as that the
    data are made up), `footer` the line below it, `watermark` what lies across the page, empty for
    none.
    """

    title: str
    header: str
    footer: str
    watermark: str
    lang: Language = "zh"


def build_docx(sections: Sequence[Section], furniture: Furniture) -> bytes:
    """Return the Word file of some sections; the same sections give the same bytes.

    Parameters
    ----------
    sections
        The text, at least one section.
    furniture
        What stands on every page.
    """
    parts = {
        "[Content_Types].xml": _write_types(),
        "_rels/.rels": _write_relations(
            [
                ("rId1", f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
                (
                    "rId2",
                    f"{_PACKAGE}/relationships/metadata/core-properties",
                    "docProps/core.xml",
                ),
            ]
        ),
        "docProps/core.xml": _write_properties(furniture),
        "word/document.xml": _write_document(sections),
        "word/_rels/document.xml.rels": _write_relations(
            (name, f"{_OFFICE}/relationships/{kind.partition('.')[0]}", f"{name}.xml")
            for name, kind in _PARTS.items()
            if name != "document"
        ),
        "word/styles.xml": _HEAD + STYLES.replace("{lang}", _name_language(furniture.lang)),
        "word/settings.xml": _write_settings(furniture.lang),
        "word/fontTable.xml": _HEAD + FONTS,
    }
    for number in (1, 2):
        parts[f"word/header{number}.xml"] = _write_header(furniture, number)
        parts[f"word/footer{number}.xml"] = _write_footer(furniture, number)
    return pack_parts({name: text.encode("utf-8") for name, text in parts.items()})


def pack_parts(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip container of the parts in the order given, without times and owners."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # else it tells the system it was made on
            archive.writestr(entry, data, compresslevel=6)
    return stream.getvalue()


def _name_language(lang: Language) -> str:
    return "zh-CN" if lang == "zh" else "en-GB"


def _write_types() -> str:
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_WORD_TYPE}.{kind}+xml"/>'
        for name, kind in _PARTS.items()
    )
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'{overrides}<Override PartName="/docProps/core.xml" ContentType="{core}"/></Types>'
    )


def _write_relations(relations: Iterable[tuple[str, str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>'
        for key, kind, target in relations
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _write_properties(furniture: Furniture) -> str:
    title = escape(clean_text(furniture.title), quote=False)
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{title}</dc:title><dc:creator>pairmatch</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_CREATED}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{_CREATED}</dcterms:modified>'
        "</cp:coreProperties>"
    )


def _write_document(sections: Sequence[Section]) -> str:
    references = "".join(
        f'<w:{place}Reference w:type="{kind}" r:id="{place}{number}"/>'
        for number, kind in ((1, "default"), (2, "even"))
        for place in ("header", "footer")
    )
    body = write_body(sections, references)
    return f"{_HEAD}<w:document {_SPACES}><w:body>{body}</w:body></w:document>"


def _write_settings(lang: Language) -> str:
    return (
        f'{_HEAD}<w:settings {_SPACES}><w:zoom w:percent="100"/>'
        '<w:defaultTabStop w:val="420"/><w:evenAndOddHeaders/>'
        '<w:characterSpacingControl w:val="compressPunctuation"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f'<w:themeFontLang w:val="en-US" w:eastAsia="{_name_language(lang)}"/></w:settings>'
    )


def _write_header(furniture: Furniture, number: int) -> str:
    text = write_run(furniture.header)
    mark = _write_watermark(furniture.watermark, number) if furniture.watermark else ""
    return (
        f'{_HEAD}<w:hdr {_SPACES}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
        f"{text}{mark}</w:p></w:hdr>"
    )


def _write_watermark(text: str, number: int) -> str:
    shown = escape(clean_text(text))
    width = 420 if text.isascii() else 400
    return (
        '<w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" '
        'adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>'
        '<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
        '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
        '<v:path textpathok="t" o:connecttype="custom" '
        'o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>'
        '<v:textpath on="t" fitshape="t"/><o:lock v:ext="edit" text="t" shapetype="t"/>'
        f'</v:shapetype><v:shape id="PowerPlusWaterMarkObject{number}" '
        f'o:spid="_x0000_s{2048 + number}" '
        'type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;'
        f"width:{width}pt;height:84pt;rotation:315;z-index:-251658752;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        'mso-position-vertical:center;mso-position-vertical-relative:margin" '
        'o:allowincell="f" fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".45"/>'
        f'<v:textpath style="font-family:&quot;黑体&quot;;font-size:1pt" string="{shown}"/>'
        '<w10:wrap anchorx="margin" anchory="margin"/></v:shape></w:pict></w:r>'
    )


def _write_footer(furniture: Furniture, number: int) -> str:
    side = "right" if number == 1 else "left"
    field = "".join(
        f"<w:r>{part}</w:r>"
        for part in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    page = write_run("— ") + field + write_run(" —")
    return (
        f'{_HEAD}<w:ftr {_SPACES}><w:p><w:pPr><w:pStyle w:val="Page"/><w:jc w:val="{side}"/>'
        f'</w:pPr>{page}</w:p><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        f"{write_run(furniture.footer)}</w:p></w:ftr>"
    )
