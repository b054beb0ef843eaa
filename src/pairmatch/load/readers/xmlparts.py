"""XML of untrusted files, read as a stream of events by expat.

Expat is used directly because it lets us refuse every document type declaration before anything
in it takes effect: without one there are no entities to expand (billion laughs) and no external
file or address to fetch. Office programmes never write one.
"""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn
from xml.parsers import expat

from pairmatch.load.readers.archives import RejectedFileError

Attributes = dict[str, str]

MAX_QUIET_BYTES = 4 << 20
"""Longest stretch without the end of a tag: expat reads an unfinished tag again with each chunk."""


class XmlEvents:
    """Receiver of events; element names come without the prefix of the root."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, data: str) -> None:
        """Take character data; one text may come in several pieces."""


def parse_xml(part: str, chunks: Iterable[bytes], events: XmlEvents) -> None:
    """Send the events of an XML part to a receiver.

    Parameters
    ----------
    part
        Name of the part, for messages.
    chunks
        The bytes of the part.
    events
        What receives the events.

    Raises
    ------
    RejectedFileError
        If the part has a document type declaration or is not well-formed to its end.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    _install(parser, events)
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _make_refusal(part)
    num_quiet = 0
    try:
        for chunk in chunks:
            num_quiet = 0 if b">" in chunk else num_quiet + len(chunk)
            if num_quiet > MAX_QUIET_BYTES:
                detail = expat.errors.XML_ERROR_UNCLOSED_TOKEN
                line = str(parser.CurrentLineNumber)
                raise RejectedFileError("files.damaged_part", part=part, line=line, detail=detail)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RejectedFileError(
            "files.damaged_part", part=part, line=str(error.lineno), detail=str(error)
        ) from error


def find_attribute(attributes: Attributes, local_name: str) -> str:
    """Return a prefixed attribute (such as ``r:id``) by its local name, or an empty text."""
    suffix = f":{local_name}"
    return next((value for key, value in attributes.items() if key.endswith(suffix)), "")


def _install(parser: expat.XMLParserType, events: XmlEvents) -> None:
    # The root tells which prefix the part uses (mostly none). Only that one is taken off, so
    # elements of extensions never pass for ours, and the usual case costs no call per event.
    def start_root(name: str, attributes: Attributes) -> None:
        prefix, colon, _ = name.rpartition(":")
        skip = len(prefix) + len(colon)
        if skip:
            parser.StartElementHandler = lambda name, attributes: events.start(
                name[skip:] if name.startswith(f"{prefix}:") else name, attributes
            )
            parser.EndElementHandler = lambda name: events.end(
                name[skip:] if name.startswith(f"{prefix}:") else name
            )
        else:
            parser.StartElementHandler = events.start
            parser.EndElementHandler = events.end
        events.start(name[skip:], attributes)

    parser.StartElementHandler = start_root
    parser.CharacterDataHandler = events.text


def _make_refusal(part: str) -> Callable[..., Any]:
    def refuse(*_: object) -> NoReturn:
        raise RejectedFileError("files.forbidden_xml", part=part)

    return refuse
