"""Formatted but blank rows and cells, cut out of a sheet's XML before it is parsed.

A sheet in which someone formatted whole columns holds a million rows without any content; an event
for each of them and their cells would take ten seconds, a regular expression takes less than one.
"""

import re
from collections.abc import Iterable, Iterator

_BLANK_CELL = rb"<c r=[^<>/]*+/>"
_BLANK_CELLS = re.compile(_BLANK_CELL)
_BLANK_ROWS = re.compile(
    rb'(?:<row r="[0-9]++"[^<>/]*+(?:/>|>(?:' + _BLANK_CELL + rb")*+</row>))++"
)
_HIDING = (b"hidden=", b' ht="0"')  # hidden rows are counted, blank or not


class BlankFilter:
    """Takes blank rows and cells out of a stream of XML.

    `dropped` tells whether it has taken out any: elements that leave out their address and count
    on their neighbours can then no longer be placed.
    """

    def __init__(self) -> None:
        self.dropped = False

    def filter_chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the XML without blank rows and cells.

        Parameters
        ----------
        chunks
            The bytes of a worksheet part.
        """
        rest = b""
        plain = True
        for number, chunk in enumerate(chunks):
            if number == 0:  # the patterns hold for one-byte text only, so UTF-16 passes unfiltered
                plain = chunk.lstrip(b"\xef\xbb\xbf").startswith((b"<?xml", b"<worksheet"))
            # A comment or CDATA section may hold anything, so nothing is cut from there on.
            xml = rest + chunk
            plain = plain and b"<!" not in xml
            end = xml.rfind(b">") + 1 if plain else 0
            plain = end > 0  # no tag ends in a whole chunk: nothing to cut, and nothing to hoard
            end = end or len(xml)
            rest = xml[end:]
            yield self._drop(xml[:end]) if plain else xml
        yield rest

    def _drop(self, xml: bytes) -> bytes:
        thin = xml
        if not any(word in xml for word in _HIDING):
            thin = _BLANK_ROWS.sub(b"", thin)
        thin = _BLANK_CELLS.sub(b"", thin)
        self.dropped = self.dropped or len(thin) < len(xml)
        return thin
