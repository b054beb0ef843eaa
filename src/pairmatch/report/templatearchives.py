"""Word files from elsewhere, behind guards: no macros, nothing from outside, nothing oversized."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from pairmatch.domain.findings import Finding, Place, Severity

MAX_ENTRIES = 1_000
MAX_BYTES = 32 << 20
MAX_PART_BYTES = 3 << 20
"""Largest part that is a template: the text, a header, a footer."""

MAIN_PART = "word/document.xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 18
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TEMPLATE_PART = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_FORBIDDEN_PARTS = (
    (re.compile(r"vbaproject|vbadata|macro", re.I), "planfiles.template_macros"),
    (re.compile(r"activex|embeddings/|oleobject|afchunk|\.(exe|dll|js|vbs|bat)$", re.I),
     "planfiles.template_embedded"),
)  # fmt: skip
_EXTERNAL = re.compile(r'TargetMode\s*=\s*["\']External["\']', re.I)
_TARGET = re.compile(r'Target\s*=\s*["\']([^"\']*)["\']')
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_CHUNK_RELATION = re.compile(r'Type\s*=\s*["\'][^"\']*/aFChunk["\']', re.I)
_ACTIVE_FIELD = re.compile(
    r"\b(INCLUDETEXT|INCLUDEPICTURE|DDE|DDEAUTO|LINK|DATABASE|MACROBUTTON|IMPORT|RD|HYPERLINK)\b"
)
_INSTRUCTION = re.compile(r"<w:instrText\b[^>]*>([^<]*)<|w:instr\s*=\s*[\"']([^\"']*)[\"']")
_SHOWN_LENGTH = 60


class RejectedTemplateError(Exception):
    """A template that is refused; the findings say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


def tell(file: str, code: str, part: str = "", **params: str) -> Finding:
    """Return what is wrong with a template, at one of its parts."""
    return Finding(code, Severity.ERROR, Place(file, part), params)


def open_template(content: bytes, file: str) -> dict[str, bytes]:
    """Return the parts of a Word file that holds nothing dangerous, in their order.

    Parameters
    ----------
    content
        The file.
    file
        Its name, for the findings.

    Raises
    ------
    RejectedTemplateError
        If it is no Word file, damaged, too large, or holds what is not allowed.
    """
    parts = _unpack(content, file)
    findings = list(_find_dangers(parts, file))
    if findings:
        raise RejectedTemplateError(findings)
    return parts


def list_template_parts(parts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the parts that may hold fields: text, headers, footers, notes."""
    for name, data in parts.items():
        if _TEMPLATE_PART.fullmatch(name):
            yield name, data.decode("utf-8-sig")


def _unpack(content: bytes, file: str) -> dict[str, bytes]:
    if content.startswith(_OLE):
        raise RejectedTemplateError([tell(file, "planfiles.template_old")])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_parts(archive, file)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise RejectedTemplateError([tell(file, "planfiles.template_damaged")]) from error
    except RuntimeError as error:  # zipfile's way to say that a part is encrypted
        raise RejectedTemplateError([tell(file, "planfiles.template_old")]) from error


def _read_parts(archive: zipfile.ZipFile, file: str) -> dict[str, bytes]:
    limit = str(MAX_BYTES >> 20)
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = [entry.filename for entry in entries]
    if len(names) > MAX_ENTRIES:
        raise RejectedTemplateError([tell(file, "planfiles.template_too_large", limit=limit)])
    if len({name.lower() for name in names}) < len(names) or any(".." in name for name in names):
        raise RejectedTemplateError([tell(file, "planfiles.template_damaged")])
    parts: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        pieces = []
        # The declared sizes may lie, so what really comes out is counted.
        with archive.open(entry) as stream:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > MAX_BYTES:
                    found = tell(file, "planfiles.template_too_large", entry.filename, limit=limit)
                    raise RejectedTemplateError([found])
                pieces.append(piece)
        parts[entry.filename] = b"".join(pieces)
    return parts


def _find_dangers(parts: Mapping[str, bytes], file: str) -> Iterator[Finding]:
    types = parts.get("[Content_Types].xml", b"").decode("utf-8", "replace")
    for name in parts:
        for pattern, code in _FORBIDDEN_PARTS:
            if pattern.search(name):
                yield tell(file, code, name)
    if "macroenabled" in types.lower():
        yield tell(file, "planfiles.template_macros", "[Content_Types].xml")
    elif MAIN_PART not in parts or _MAIN_TYPE not in types:
        yield tell(file, "planfiles.template_not_docx")
    for name, data in parts.items():
        if name.endswith((".xml", ".rels")):
            yield from _check_xml(name, data, file)


def _check_xml(name: str, data: bytes, file: str) -> Iterator[Finding]:
    fault = find_fault(data)
    if fault:
        yield tell(file, "planfiles.template_xml", name, detail=fault)
        return
    if _TEMPLATE_PART.fullmatch(name) and len(data) > MAX_PART_BYTES:
        limit = str(MAX_PART_BYTES >> 20)
        yield tell(file, "planfiles.template_too_large", name, limit=limit)
        return
    text = data.decode("utf-8", "replace")
    if name.endswith(".rels"):
        for relation in _RELATION.findall(text):
            target = _TARGET.search(relation)
            shown = target[1][:_SHOWN_LENGTH] if target else ""
            if _EXTERNAL.search(relation):
                yield tell(file, "planfiles.template_external", name, target=shown)
            elif _CHUNK_RELATION.search(relation):
                yield tell(file, "planfiles.template_embedded", name)
    instructions = " ".join("".join(match) for match in _INSTRUCTION.findall(text))
    active = _ACTIVE_FIELD.search(instructions.upper())
    # An instruction may be cut into pieces anywhere, so it is looked at without its blanks too.
    joined = active or re.search(r"(INCLUDETEXT|INCLUDEPICTURE|DDEAUTO|MACROBUTTON)",
                                 instructions.upper().replace(" ", ""))  # fmt: skip
    if joined:
        yield tell(file, "planfiles.template_field", name, field=joined[1])


def find_fault(data: bytes) -> str:
    """Return why XML is refused: not well-formed, a document type, or not UTF-8; else nothing."""
    parser = expat.ParserCreate()
    doctypes: list[str] = []
    parser.StartDoctypeDeclHandler = lambda *given: doctypes.append(str(given[0]))
    try:
        data.decode("utf-8-sig")
        # A document type comes before the first element: what it declares takes no effect yet.
        head = data[:4096]
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            return "DOCTYPE"
        parser.Parse(data, True)
    except UnicodeDecodeError:
        return "UTF-8"
    except expat.ExpatError as error:
        return str(error)
    return "DOCTYPE" if doctypes else ""
