"""The plan book: every plan is in it, it loads nothing, and shows names as they are."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.plan.synthetic_plans import AWKWARD, RARE, make_inputs, make_plan, read_actions
from tests.report.proposals import HOSTILE

from pairmatch.report.planbook import build_plan_book
from pairmatch.report.plandossier import PlanDossier, make_dossier
from pairmatch.report.planfields import make_fields
from pairmatch.report.wording import clean_text

VOID = {"meta", "input"}


class Page(HTMLParser):
    """The tags and texts of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.texts.append(data)


def make_small(*, awkward: bool = False, lang: str = "zh") -> PlanDossier:
    inputs = make_inputs(awkward=awkward, lang=lang)
    return make_dossier(make_plan(5, 2, inputs), inputs, read_actions())


def test_every_plan_is_in_it_in_both_languages() -> None:
    dossier = make_small()
    page = Page(build_plan_book(dossier))
    cards = [a["id"] for tag, a in page.tags if tag == "details"]
    assert cards == [f"p{k}" for k in range(1, len(dossier.plan.pairs) + 1)]
    text = "".join(page.texts)
    for lang in ("zh", "en"):
        for pair in dossier.plan.pairs:
            fields = make_fields(replace(dossier, lang=lang), pair)
            for name in ("unit_name", "profile", "wishes", "upkeep_text", "total_unit_cash"):
                assert str(fields[name]) in text
            for row in fields["measures"]:
                assert row["name"] in text and row["outcome"] in text


def test_nothing_is_loaded_and_nothing_else_runs() -> None:
    text = build_plan_book(make_small(awkward=True))
    page = Page(text)
    for _, attributes in page.tags:
        assert not {"src", "srcset", "action", "style", "onclick"} & set(attributes)
        if "href" in attributes:
            assert (attributes["href"] or "").startswith("#")
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a) or ""
    assert policy.startswith("default-src 'none'")
    for kind in ("style", "script"):
        (inside,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "http" not in re.sub(r"http-equiv", "", html.unescape(text))


def test_awkward_names_are_shown_as_they_are() -> None:
    dossier = make_small(awkward=True)
    inputs = dossier.inputs
    named = zip(inputs.villages, HOSTILE * len(inputs.villages), strict=False)
    villages = tuple(replace(v, township=name) for v, name in named)
    used = [
        v.township for v in villages if v.village_id in {p.village_id for p in dossier.plan.pairs}
    ]
    changed = make_dossier(dossier.plan, replace(inputs, villages=villages), read_actions())
    text = "".join(Page(build_plan_book(changed)).texts)
    for name in (AWKWARD, RARE, *map(clean_text, used)):
        assert name in text


def test_the_same_plan_gives_the_same_page() -> None:
    assert build_plan_book(make_small()) == build_plan_book(make_small())
    english = build_plan_book(make_small(lang="en"))
    assert '<html lang="en" data-lang="en">' in english


@pytest.mark.browser
def test_it_is_searched_by_village_unit_and_county(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    executable = Path("/usr/bin/chromium")
    if not executable.exists():
        pytest.skip("no Chromium")
    dossier = make_small()
    pair = dossier.plan.pairs[-1]
    village, unit = dossier.villages[pair.village_id], dossier.units[pair.unit_id]
    (tmp_path / "book.html").write_text(build_plan_book(dossier), encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(executable), args=["--no-sandbox"])
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto((tmp_path / "book.html").as_uri())
        for words in (f"{village.name} {village.county}", unit.name, village.village_id):
            page.fill("#search", words)
            assert int(page.inner_text("#shown")) >= 1
            assert page.is_visible(f"#p{len(dossier.plan.pairs)}")
        page.fill("#search", "没有这个村")
        assert page.inner_text("#shown") == "0"
        page.click('[data-set-lang="en"]')
        assert page.evaluate("document.documentElement.lang") == "en"
        browser.close()
    assert faults == []
