"""The plain pages in a real browser: reading without a script, receipts, axe, narrow and dark windows, print."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page, ViewportSize, expect

from assistant import receipt
from assistant.types import Language
from assistant.web.server import create
from index import parse
from tests.browser import axe
from tests.browser.chat import OUT
from tests.web.live import serving
from tests.web.scripted import Scripted, service_with

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the application of this module is served."""
    with serving(create(service_with(Scripted()))) as found:
        yield found


@pytest.fixture(scope="module")
def answer(address: str) -> dict[str, Any]:
    """An answer object."""
    reply = httpx.post(f"{address}/api/ask", json={"question": "Is it binding?"}, timeout=60)
    return dict(reply.json())


class Tabs:
    """A page with scripts and one without, for all tests: a window of its own costs more than what most do in it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._made: dict[bool, Page] = {}
        self._seen: list[str] = []
        self._home = ""

    def open(
        self, url: str, viewport: ViewportSize = WIDE, scripts: bool = True, dark: bool = False
    ) -> tuple[Page, list[str]]:
        """The page at this address, and what it says on the console or asks of other hosts from now on."""
        if scripts not in self._made:
            self._made[scripts] = page = self._browser.new_context(java_script_enabled=scripts).new_page()
            page.on("console", lambda message: self._seen.append(message.text))
            page.on("pageerror", lambda error: self._seen.append(str(error)))
            page.on("request", lambda request: self._asked(request.url))
        page = self._made[scripts]
        home = "/".join(url.split("/")[:3])
        page.goto(f"{home}/healthz")  # an address that differs in its fragment only would not be loaded
        page.context.clear_cookies()
        page.set_viewport_size(viewport)
        page.emulate_media(media="null", color_scheme="dark" if dark else "light")
        self._seen, self._home = [], home
        page.goto(url)
        return page, self._seen

    def _asked(self, url: str) -> None:
        if not url.startswith(self._home):
            self._seen.append(url)

    def close(self) -> None:
        """End the windows."""
        for page in self._made.values():
            page.context.close()


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Iterator[Tabs]:
    made = Tabs(browser)
    yield made
    made.close()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_axe_finds_nothing(tabs: Tabs, address: str, language: str) -> None:
    """Every plain page, in both languages, light and dark, at 320 pixels, with nothing cut off at the side."""
    page, _ = tabs.open(f"{address}/document?lang={language}", NARROW)
    for path in ("document?aid=1", "document?q=quantum&aid=0", "about?", "privacy?", "accessibility?", "nowhere?"):
        name = "page-" + path.replace("?", "-").partition("=")[0].rstrip("-")
        page.emulate_media(color_scheme="light")
        page.goto(f"{address}/{path}&lang={language}")
        assert axe.problems(page, name, language) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.screenshot(path=OUT / f"{name}-320-{language}-light.png")
        page.emulate_media(color_scheme="dark")
        assert axe.problems(page, name, language, colours_only=True) == [], path


@pytest.mark.parametrize("language", ["en", "ja"])
def test_reading_needs_no_script(tabs: Tabs, address: str, language: str) -> None:
    """With JavaScript off: search finds and links, a hit's link shows its sentence, the aid opens and closes."""
    page, seen = tabs.open(f"{address}/document?lang={language}&aid=0", scripts=False)
    page.locator("#q").fill("180 days")
    page.locator("#q").press("Enter")
    expect(page.locator("mark")).to_have_text(["180 days"])
    page.locator(".found a").click()
    assert page.url.endswith("#iv.p1.s4")
    target = page.locator(".sentence:target")
    expect(target).to_have_text(parse.load().by_address["iv.p1.s4"].text)
    expect(target).to_be_in_viewport()
    expect(page.locator("article .aid")).to_have_count(0)
    page.locator(".toggle").click()
    assert page.locator("article .aid").count() >= 51
    expect(page.locator("mark")).to_have_text(["180 days"])  # the search stays
    page.locator(".switch").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja" if language == "en" else "en")
    expect(page.locator("mark")).to_have_text(["180 days"])
    assert seen == []


def test_the_keyboard_skips_and_is_never_hidden(tabs: Tabs, address: str) -> None:
    """The first Tab offers to skip; tabbing through the document never leaves the focus under the bar."""
    page, _ = tabs.open(f"{address}/document?lang=en")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    covered = """() => {
      const box = document.activeElement.getBoundingClientRect();
      const bar = document.querySelector(".tools").getBoundingClientRect();
      return box.top < bar.bottom - 1 && bar.top <= 0;
    }"""
    for _ in range(20):
        page.keyboard.press("Tab")
        assert not page.evaluate(covered)
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate(covered)


@pytest.mark.parametrize(("language", "verdict"), [("en", "Everything in this answer holds."), ("ja", "すべて本文と")])
def test_a_receipt_is_checked(
    tabs: Tabs, address: str, answer: dict[str, Any], language: Language, verdict: str
) -> None:
    """The link of an answer shows question, quotes and what holds; axe finds nothing; the fragment is sent nowhere."""
    link = receipt.link(answer, address, language)
    page, seen = tabs.open(link, NARROW)
    expect(page.locator("#verdict")).to_contain_text(verdict)
    expect(page.locator(".claims blockquote")).to_have_text([claim["text"] for claim in answer["claims"]])
    assert axe.problems(page, "page-receipt", language) == []
    page.emulate_media(color_scheme="dark")
    assert axe.problems(page, "page-receipt", language, colours_only=True) == []
    page.emulate_media(color_scheme="light")
    page.screenshot(path=OUT / f"page-receipt-320-{language}-light.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".switch").click()
    expect(page.locator("#verdict.good")).to_be_visible()
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    paper = page.locator(".paper")
    expect(paper).to_be_visible()
    expect(paper).to_contain_text("October 28, 2025" if language == "ja" else "2025年10月28日")  # it was switched
    expect(paper).to_contain_text(f"{address}/a/{answer['id']}?")
    assert seen == []


def test_a_forged_receipt_is_found_out(tabs: Tabs, address: str, answer: dict[str, Any]) -> None:
    """A changed quote is marked with its reason beside what the text says; markup in it stays text."""
    forged = json.loads(json.dumps(answer))
    forged["claims"][0]["text"] = "<img src=x onerror=alert(1)> This MOC creates legally binding rights."
    page, seen = tabs.open(receipt.link(forged, address, "en"))
    expect(page.locator("#verdict.bad")).to_have_text("Not everything in this answer holds.")
    expect(page.locator(".claims > li").first).to_contain_text("does not hold (the quote differs from the text)")
    expect(page.locator(".claims > li").first.locator("q")).to_have_text(answer["claims"][0]["text"])
    assert page.locator(".claims img").count() == 0
    assert axe.problems(page, "page-receipt-forged", "en") == []
    page.emulate_media(color_scheme="dark")
    assert axe.problems(page, "page-receipt-forged", "en", colours_only=True) == []
    assert seen == []


def test_a_saved_answer_can_be_pasted(tabs: Tabs, address: str, answer: dict[str, Any]) -> None:
    """Without data in the link the page asks for the saved answer; what is none is told."""
    page, _ = tabs.open(f"{address}/a/{answer['id']}?lang=en")
    expect(page.locator("#verdict")).to_contain_text("This link carries no answer.")
    page.get_by_label("Answer object (JSON)").fill("not JSON")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdict.bad")).to_have_text("This is not a saved answer object (JSON).")
    page.get_by_label("Answer object (JSON)").fill(json.dumps(answer))
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#verdict.good")).to_be_visible()


def test_print_holds_the_text_and_nothing_else(tabs: Tabs, address: str) -> None:
    """Navigation, search and marks are not printed; every sentence is."""
    page, _ = tabs.open(f"{address}/document?lang=en&aid=0&q=funds", dark=True)
    page.emulate_media(media="print")
    for hidden in (".site", ".tools", ".contents", ".result", ".links-note"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.locator(".anchor:visible").count() == 0
    assert page.locator(".sentence:visible").count() == 51
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
