"""Pages hang together: links resolve, and nothing of one computer or registry is in them."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
HIDDEN = {".venv", ".git", ".hypothesis", "build", "dist", "node_modules"}
LINK = re.compile(r"!?\[[^\]]*\]\((?P<goal>[^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
ABSOLUTE = re.compile(
    r"(?<![\w.:/）)])/(?:home|root|tmp|work|usr|mnt|Users|opt|var)/|[A-Z]:\\\\?(?:Users|home)"
)
ADDRESS = re.compile(r"https?://([\w.-]+)")
KNOWN_HOSTS = {"semver.org"}
IMAGE_LIMIT = 300_000


def list_pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if not HIDDEN & set(path.parts))


PAGES = list_pages()


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def name_anchor(heading: str) -> str:
    plain = re.sub(r"[`*\[\]]", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def list_anchors(page: Path) -> set[str]:
    return {name_anchor(h) for h in re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_resolve(page: Path) -> None:
    for link in LINK.finditer(CODE.sub("", read(page))):
        goal, _, anchor = unquote(link["goal"]).partition("#")
        if re.match(r"[a-z]+:", goal):
            continue
        target = (ROOT / page).parent / goal if goal else ROOT / page
        assert target.exists(), f"{page}: {goal}"
        if anchor:
            assert anchor in list_anchors(target.resolve().relative_to(ROOT)), f"{page}: #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page_names_no_computer_and_no_registry(page: Path) -> None:
    text = read(page)
    assert not ABSOLUTE.search(text)
    # The pages must hold without a network: an address is the exception and is listed.
    assert set(ADDRESS.findall(text)) <= KNOWN_HOSTS


def test_every_page_is_in_the_index() -> None:
    index = read(Path("docs/README.md"))
    for page in PAGES:
        if page.parts[0] == "docs" and page.name != "README.md":
            assert f"]({page.relative_to('docs').as_posix()})" in index, page


def test_pictures_are_small() -> None:
    for picture in sorted((ROOT / "docs").rglob("*.png")):
        assert picture.stat().st_size < IMAGE_LIMIT, picture.name


def test_readmes_are_short() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        assert len(read(Path(name)).splitlines()) <= 120, name


@pytest.mark.parametrize("decision", sorted((ROOT / "docs").rglob("0*.md")), ids=lambda p: p.stem)
def test_decision_is_one_dated_page(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert text.startswith(f"# {decision.name[:4]} ")
    assert re.search(r"^20\d\d-\d\d-\d\d · (accepted|superseded by \d{4})$", text, re.MULTILINE)
    for part in ("## Context", "## Decision", "## Consequences"):
        assert part in text
