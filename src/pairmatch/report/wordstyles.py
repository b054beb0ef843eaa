"""Styles and fonts of Word documents, after GB/T 9704: the layout of official papers."""

_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TITLE, _HEAVY, _KAI, _BODY = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
_LATIN = "Times New Roman"

_FALL_BACKS = {_TITLE: "华文中宋", _HEAVY: "SimHei", _KAI: "楷体", _BODY: "仿宋"}
"""What is used on a computer that lacks a font; the newer Windows have no fonts named GB2312."""


def _write_fonts(east: str) -> str:
    return f'<w:rFonts w:ascii="{_LATIN}" w:hAnsi="{_LATIN}" w:cs="{_LATIN}" w:eastAsia="{east}"/>'


def _write_style(
    name: str, shown: str, paragraph: str, font: str, half_points: int, extra: str = ""
) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}">'
        f'<w:name w:val="{shown}"/><w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{_write_fonts(font)}{extra}"
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr></w:style>'
    )


def _write_spacing(line: int, rule: str = "exact", before: int = 0, after: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="{rule}"/>'


_TWO_LETTERS = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
_LINE = _write_spacing(560)
_TABLE_LINE = '<w:snapToGrid w:val="0"/>' + _write_spacing(310, "atLeast")
_OFF_GRID = '<w:snapToGrid w:val="0"/>'
_STAYS = "<w:keepNext/><w:keepLines/>"

STYLES = (
    f"<w:styles {_SPACE}><w:docDefaults><w:rPrDefault><w:rPr>{_write_fonts(_BODY)}"
    '<w:kern w:val="2"/><w:sz w:val="32"/><w:szCs w:val="32"/>'
    '<w:lang w:val="en-US" w:eastAsia="{lang}" '
    'w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
    f'<w:qFormat/><w:pPr><w:widowControl w:val="0"/>{_LINE}<w:jc w:val="both"/></w:pPr></w:style>'
    '<w:style w:type="character" w:styleId="Lead"><w:name w:val="Lead"/><w:rPr>'
    f"{_write_fonts(_KAI)}</w:rPr></w:style>"
    '<w:style w:type="table" w:default="1" w:styleId="NormalTable"><w:name w:val="Normal Table"/>'
    '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>'
    '<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/>'
    '<w:basedOn w:val="NormalTable"/><w:tblPr><w:tblBorders>'
    + "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + '</w:tblBorders><w:tblCellMar><w:left w:w="57" w:type="dxa"/>'
    '<w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    + _write_style(
        "Title", "Title", _write_spacing(640, after=160) + '<w:jc w:val="center"/>', _TITLE, 44
    )
    + _write_style(
        "Subtitle", "Subtitle", _write_spacing(560, after=280) + '<w:jc w:val="center"/>', _KAI, 32
    )
    + _write_style(
        "Heading1",
        "heading 1",
        f'{_STAYS}{_LINE}{_TWO_LETTERS}<w:outlineLvl w:val="0"/>',
        _HEAVY,
        32,
    )
    + _write_style(
        "Heading2", "heading 2", f'{_STAYS}{_LINE}{_TWO_LETTERS}<w:outlineLvl w:val="1"/>', _KAI, 32
    )
    + _write_style("Body", "Body Text", _LINE + _TWO_LETTERS, _BODY, 32)
    + _write_style("Plain", "Plain", _LINE, _BODY, 32)
    + _write_style("Note", "Note", _OFF_GRID + _write_spacing(360, "atLeast", after=120), _BODY, 22)
    + _write_style("Right", "Right", _LINE + '<w:jc w:val="right"/>', _BODY, 32)
    + _write_style("Cell", "Table Text", _TABLE_LINE, _BODY, 21)
    + _write_style("Large", "Table Large", _OFF_GRID + _write_spacing(460, "atLeast"), _BODY, 28)
    + _write_style("Head", "Table Head", f"<w:keepNext/>{_TABLE_LINE}", _HEAVY, 21)
    + _write_style("Gap", "Gap", _OFF_GRID + _write_spacing(160), _BODY, 10)
    + _write_style("Break", "Break", _OFF_GRID + _write_spacing(20), _BODY, 2)
    + _write_style(
        "Header",
        "header",
        _OFF_GRID + _write_spacing(280, "atLeast") + '<w:jc w:val="center"/>',
        _HEAVY,
        21,
    )
    + _write_style(
        "Footer",
        "footer",
        _OFF_GRID + _write_spacing(240, "atLeast") + '<w:jc w:val="center"/>',
        _BODY,
        16,
        '<w:color w:val="595959"/>',
    )
    + _write_style("Page", "Page", _OFF_GRID + _write_spacing(320, "atLeast"), "宋体", 28)
    + "</w:styles>"
)

FONTS = (
    f"<w:fonts {_SPACE}>"
    + "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in _FALL_BACKS.items()
    )
    + "</w:fonts>"
)
