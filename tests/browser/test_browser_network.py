"""What the page asks for, how long it is kept, and that it neither grows nor leaks over a long conversation."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chat import BINDING, FUSION, OUT, UNANSWERABLE, Chat
from tests.browser.conftest import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MAX_REQUESTS, MAX_BYTES = 60, 450_000  # of a first visit; measured 55 and 383,000 with Gradio 6.31
MAX_SHIFT = 0.05  # half of what counts as good; mostly 0.002, and once in a long while 0.034


def test_a_first_visit_is_small_and_stays_here(browser: "Browser", quoting_program: Running) -> None:
    """A first visit asks the own origin only, and nothing jumps; a second one loads none of Gradio's files again."""
    address = quoting_program.address
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    loaded: list[tuple[float, bool]] = []
    cached: list[str] = []
    network.on("Network.loadingFinished", lambda event: loaded.append((event["encodedDataLength"], True)))
    network.on("Network.requestServedFromCache", lambda event: cached.append(event["requestId"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.locator("#question textarea").wait_for()
    page.wait_for_load_state("load")
    first = list(asked)
    size = sum(length for length, _ in loaded)
    moved = page.evaluate(
        """() => new Promise(done => { let moved = 0;
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
          done(moved);
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(moved), 100); })"""
    )
    OUT.mkdir(parents=True, exist_ok=True)
    log = "".join(f"{url.removeprefix(address)}\n" for url in first)
    (OUT / "requests.txt").write_text(f"{len(first)} requests, {size:.0f} bytes\n{log}", encoding="utf-8")
    assert moved <= MAX_SHIFT
    assert all(url.startswith((address, "data:")) for url in first), first
    assert len(first) <= MAX_REQUESTS
    assert size <= MAX_BYTES
    cached.clear()
    asked.clear()
    page.goto(f"{address}/?lang=en")
    page.locator("#question textarea").wait_for()
    files = [url for url in asked if "/assets/" in url]
    assert len(cached) >= len(files) > 20
    assert context.cookies() == []
    context.close()


def test_every_page_and_every_action_stays_here(chat: Chat) -> None:
    """The plain pages, an answer's receipt and the chat ask no other host; the policy is never broken.

    What is asserted is in the ``page`` fixture: no request elsewhere, no error and no warning in the console.
    """
    for place in ("document", "document?q=AI&aid=1", "about", "privacy", "accessibility"):
        chat.page.goto(f"{chat.address}/{place}")
    chat.open().ask(BINDING[chat.language])
    receipt = chat.answer.locator("a.receipt").get_attribute("href")
    chat.page.goto(f"{chat.address}/{receipt}")
    chat.page.get_by_text("iii.p1.s1").or_(chat.page.get_by_text("Section III")).or_(
        chat.page.get_by_text("第III節")
    ).first.wait_for()


@pytest.mark.parametrize("language", ["en"])
def test_forty_questions_leave_nothing_behind(chat: Chat, language: str) -> None:
    """After 40 questions and Clear the page is as large as before; the server grows by at most 0.1 MB a question.

    English and Japanese questions by turns.
    """
    chat.open(anew=True)
    chat.ask(BINDING["en"])
    count = "() => document.querySelectorAll('*').length"
    chat.page.locator("#clear").click()
    chat.page.locator("#welcome").wait_for()
    before = chat.page.evaluate(count)
    asked = [BINDING["en"], FUSION["ja"], UNANSWERABLE["en"], "覚書を終了させるにはどうすればよいですか。"]
    asked += [BINDING["ja"], FUSION["en"], UNANSWERABLE["ja"], "How can a country leave the MOC?"]
    memory = {}
    for number in range(1, 41):
        chat.ask(asked[number % len(asked)])
        if number in (20, 40):
            gc.collect()
            memory[number] = _resident_megabytes()
    chat.page.locator("#clear").click()
    chat.page.locator("#welcome").wait_for()
    after = chat.page.evaluate(count)
    slope = (memory[40] - memory[20]) / 20
    print(f"{language}: {before} elements before, {after} after; {slope:.3f} MB a question")
    assert after <= before * 1.05
    assert slope <= 0.1


def _resident_megabytes() -> float:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
