"""10,000 broken workbooks and text files: none may end in a traceback, a hang or a crash."""

import random
import signal
from collections.abc import Callable, Iterable, Iterator

import pytest
from tests.faults.reader_books import make_small_parts, pack

from pairmatch.domain.findings import Finding
from pairmatch.load.readers.archives import MEGABYTE, Limits
from pairmatch.load.readers.files import read_data
from pairmatch.messages import render

NUM_MUTANTS = 10_000
MAX_SECONDS = 10
SEED = 20261124

NUMBERS = (
    b"-1", b"1e999", b"nan", b"99999999999999999999", b"XFD1048576", b"A0", b"ZZZZ1",
    b"A1:XFD1048576", b"x", b"0.1e-400",
)  # fmt: skip
FRAGMENTS = (
    *NUMBERS, b"<", b">", b"/>", b"&", b"&#0;", b"&amp;", b'"', b"<!--", b"]]>", b"<![CDATA[",
    b"<!DOCTYPE x>", b"<c>", b"</c>", b"<row>", b"</row>", b"<v>", b"</v>", b"<f>", b'<row r="0"/>',
    b"\xff\xfe", b"\0", "村".encode(), b'encoding="utf-16"', b'encoding="gb18030"', b't="s"',
    b't="d"', b's="9"', b's="x"', b"_xD800_", b"_x000D_",
)  # fmt: skip


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        mutant[rng.randrange(len(mutant))] = rng.randrange(256)
    return bytes(mutant)


def cut_end(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def cut_out(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randrange(1, 40) :]


def repeat_piece(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 60)]
    at = rng.randrange(len(data))
    return data[:at] + piece * rng.choice((1, 2, 50)) + data[at:]


def insert_fragment(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(FRAGMENTS) + data[at + rng.choice((0, 0, 1, 4)) :]


def replace_number(data: bytes, rng: random.Random) -> bytes:
    digits = [k for k, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return data
    at = rng.choice(digits)
    return data[:at] + rng.choice(NUMBERS) + data[at + 1 :]


BYTE_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes, cut_end, cut_out, repeat_piece, insert_fragment, replace_number,
)  # fmt: skip


def mutate_parts(parts: dict[str, bytes], rng: random.Random) -> bytes:
    mutant = dict(parts)
    first, second = rng.sample(sorted(mutant), 2)
    kind = rng.randrange(8)
    if kind == 0:
        mutant[first], mutant[second] = mutant[second], mutant[first]
    elif kind == 1:
        del mutant[first]
    elif kind == 2:
        mutant[f"..\\..\\{first}"] = mutant.pop(first)
    else:
        mutant[first] = rng.choice(BYTE_MUTATIONS)(mutant[first], rng)
    return pack(mutant)


def make_mutants(num_mutants: int, seed: int) -> Iterable[tuple[str, bytes]]:
    rng = random.Random(seed)
    parts = {part: content.encode() for part, content in make_small_parts().items()}
    book = pack(parts)
    table = '村名,户数\r\n慈庄村,"1,200"\r\n李村,约300\r\n'
    texts = [table.encode(), table.encode("gb18030"), table.encode("utf-16"), b"\xef\xbb\xbf1,2\n"]
    for number in range(num_mutants):
        kind = number % 10
        if kind < 5:
            yield "a.xlsx", mutate_parts(parts, rng)
        elif kind < 8:
            yield "a.xlsx", rng.choice(BYTE_MUTATIONS[:4])(book, rng)
        elif kind == 8:
            yield "a.csv", rng.choice(BYTE_MUTATIONS)(rng.choice(texts), rng)
        else:
            head = rng.choice((b"", b"PK\x03\x04", book[:200], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
            yield "a.xlsx", head + rng.randbytes(rng.randrange(400))


def check_told(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        for lang in ("zh", "en"):
            assert render(finding.code, finding.params, lang).text


@pytest.fixture
def alarm() -> Iterator[None]:
    """Fail the test when an alarm rings; where there are none, a hang is only seen by people."""
    if not hasattr(signal, "alarm"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("a mutant took too long"))
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("share", range(4))
def test_mutants_of_files_end_in_sheets_or_findings(share: int) -> None:
    limits = Limits(max_bytes=8 * MEGABYTE)
    num_read = 0
    for name, data in make_mutants(NUM_MUTANTS // 4, SEED + share):
        if hasattr(signal, "alarm"):
            signal.alarm(MAX_SECONDS)
        sheets, findings = read_data(data, name, limits)  # anything it raises fails the test
        assert sheets or findings
        check_told(findings)
        num_read += bool(sheets)
    assert 100 < num_read < NUM_MUTANTS // 4  # some are harmless, most are not
