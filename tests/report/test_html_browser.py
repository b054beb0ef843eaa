"""The page in a real browser: it opens clean, finds, sorts, switches, unfolds and prints."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report.freedoms import add_freedom, make_hostile
from tests.report.plugged import make_plugged
from tests.report.proposals import Shape, make_proposal

from pairmatch.report.html import build_report_html

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    file = tmp_path / "report.html"
    proposal = add_freedom(make_proposal(Shape(num_counties=3, villages_per_county=12)))
    file.write_text(build_report_html(proposal), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: request.url.startswith("file:") or trouble.append(request.url)
    )
    page.goto(file.as_uri())
    yield page
    page.close()
    assert trouble == []


def count_shown(page: Any, selector: str) -> int:
    return sum(item.is_visible() for item in page.locator(selector).all())


def test_searching_narrows_rows_and_cards(page: Any) -> None:
    assert count_shown(page, "#list tbody tr") == 24
    page.fill("#search", "１３０９２２")
    assert count_shown(page, "#list tbody tr") == count_shown(page, "details.card") == 8
    assert page.inner_text("#shown") == "8"
    page.fill("#search", "没有这个村")
    assert page.locator("#no-match").is_visible()
    page.fill("#search", "")
    page.select_option("#county", "2")
    assert count_shown(page, "#list tbody tr") == 8


def test_headings_sort_and_say_so(page: Any) -> None:
    heading = page.locator("th:has(button:has-text('得分'))")
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    points = [float(text.split()[0]) for text in page.locator("td.points").all_inner_texts()]
    assert points == sorted(points)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.locator("button").click()
    points = [float(text.split()[0]) for text in page.locator("td.points").all_inner_texts()]
    assert points == sorted(points, reverse=True)
    page.locator("th.no button").click()
    numbers = [int(text) for text in page.locator("td.no").all_inner_texts()]
    assert numbers == list(range(1, 25))


def test_the_language_switches_everywhere(page: Any) -> None:
    assert page.inner_text("#summary h2") == "一、结论"
    page.click("[data-set-lang=en]")
    assert page.inner_text("#summary h2") == "1. Result"
    assert page.title().startswith("Report: ")
    assert page.locator("#county option").first.inner_text() == "All counties"
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("[data-set-lang=zh]")
    assert page.inner_text("#summary h2") == "一、结论"


def test_a_village_opens_its_card(page: Any) -> None:
    assert not page.locator("#p5 .body").is_visible()
    page.locator("#list td.village a").nth(4).click()
    assert page.locator("#p5 .body").is_visible()
    page.locator("#p5 > summary").click()
    page.locator("#list td.village a").nth(4).click()
    assert page.locator("#p5 .body").is_visible()


def test_all_cards_open_and_close(page: Any) -> None:
    page.click("#open-all")
    assert count_shown(page, "details.card > .body") == 24
    page.click("#open-all")
    assert count_shown(page, "details.card > .body") == 0


def test_the_page_fits_a_phone(page: Any) -> None:
    wide = page.locator("#choices .curve").bounding_box()["width"]
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert wide > 400 > page.locator("#choices .curve").bounding_box()["width"] > 300


def test_the_curve_of_fairness_has_a_name_in_the_language_that_is_shown(page: Any) -> None:
    label = "得分最低的村（分）"
    assert page.get_by_role("img", name="菱形是本方案").count() == 1
    assert page.locator(f".curve text:text-is('{label}')").is_visible()
    page.click("[data-set-lang=en]")
    assert page.get_by_role("img", name="The diamond is this proposal").count() == 1
    assert not page.locator(f".curve text:text-is('{label}')").is_visible()


@pytest.mark.parametrize("width", [420, 1366])
def test_the_influence_of_plugins_fits_and_prints(browser: Any, tmp_path: Path, width: int) -> None:
    file = tmp_path / "report.html"
    file.write_text(build_report_html(make_plugged()), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = page.locator("#plugins .influence svg").first.bounding_box()
    assert bar["width"] > 200 and bar["height"] >= 14
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.locator("#plugins .influence").is_visible()
    assert page.locator("div.synthetic").last.is_visible()
    page.close()


def test_it_prints(page: Any) -> None:
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
    page.emulate_media(media="print")
    assert page.locator("#choices .freest").is_visible()
    assert not page.locator("#choices > .screen").is_visible()
    assert not page.locator("#data details").first.get_attribute("open")


def test_hostile_names_run_nothing(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(build_report_html(make_hostile()), encoding="utf-8")
    page = browser.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(file.as_uri())
    page.click("#open-all")
    page.click("[data-set-lang=en]")
    assert page.locator("img, iframe, object, link").count() == 0
    assert trouble == []
    page.close()
