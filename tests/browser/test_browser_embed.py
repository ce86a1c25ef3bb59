"""The chat on a page of another site: in a frame as the manual gives it, and put there by one script tag."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.chat import BINDING, Chat

if TYPE_CHECKING:
    from playwright.sync_api import Frame, FrameLocator, Locator

DOCS = Path(__file__).parents[2] / "docs"
SANDBOX = (
    "allow-scripts allow-same-origin allow-forms allow-downloads "
    "allow-popups allow-popups-to-escape-sandbox allow-modals"
)
Host = tuple[str, Path]


def framed(frame: "Locator") -> dict[str, str | None]:
    """What a frame may do."""
    return {name: frame.get_attribute(name) for name in ("sandbox", "allow", "referrerpolicy")}


ALLOWED = {"sandbox": SANDBOX, "allow": "clipboard-write", "referrerpolicy": "no-referrer"}


def inside(chat: Chat) -> "Frame":
    """The chat's own frame in the page."""
    [found] = [frame for frame in chat.page.frames if frame.url.startswith(chat.address)]
    return found


def ask(frame: "FrameLocator", question: str) -> "Locator":
    """Ask in a frame, and wait for the answer."""
    box = frame.locator("#question textarea")
    box.fill(question)
    box.press("Enter")
    answer = frame.locator(".answer.answered")
    answer.wait_for()
    return answer


def carries_everything_out(chat: Chat, frame: "FrameLocator", answer: "Locator") -> None:
    """Copying, downloading, printing and the full view in a new tab work inside the frame; no cookie is set."""
    answer.get_by_role("button", name=chat.words["copy_answer"]).click()
    expect(answer.locator(".said")).to_have_text(chat.words["copied"])
    copied = chat.page.evaluate("() => navigator.clipboard.readText()")
    assert answer.locator("a.cite").first.inner_text() in copied
    with chat.page.expect_download():
        frame.locator("#download").click()
    inside(chat).evaluate("() => addEventListener('beforeprint', () => (window.printed = true))")
    frame.locator("#print").click()
    inside(chat).wait_for_function("() => window.printed")
    with chat.page.context.expect_page() as opened:
        frame.locator("#full").click()
    expect(opened.value.locator("#panel")).to_be_visible()
    assert "embed" not in opened.value.url
    opened.value.close()
    assert chat.page.context.cookies() == []


def test_15_in_a_frame_of_another_site(chat: Chat, host: Host) -> None:
    """The frame of docs/embed.md at 360 px: answers, citations and everything that leads out of it work."""
    origin, folder = host
    manual = (DOCS / "embed.md").read_text(encoding="utf-8")
    [given] = re.findall(r"<iframe.*?</iframe>", manual, re.DOTALL)
    given = given.replace("https://moc.example.gov", chat.address).replace("lang=en", f"lang={chat.language}")
    page = f'<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,"><h1>Intranet</h1>{given}'
    (folder / f"frame-{chat.language}.html").write_text(page, encoding="utf-8")
    chat.page.set_viewport_size({"width": 376, "height": 800})
    chat.page.goto(f"{origin}/frame-{chat.language}.html")
    assert framed(chat.page.locator("iframe")) == ALLOWED
    frame = chat.page.frame_locator("iframe")
    answer = ask(frame, BINDING[chat.language])
    assert inside(chat).evaluate("() => innerWidth") <= 360
    assert inside(chat).evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    expect(frame.locator("#panel")).to_be_hidden()
    expect(frame.locator("#small .whose")).to_contain_text(chat.words["operator_unnamed"])
    expect(frame.locator("#small #full")).to_be_in_viewport(ratio=1)
    answer.locator("a.cite").first.click()
    expect(frame.locator("#panel")).to_be_visible()
    expect(frame.locator('[id="iii.p1.s1"]')).to_be_in_viewport()
    frame.locator("#back").click()
    expect(answer.locator("a.cite").first).to_be_focused()
    carries_everything_out(chat, frame, answer)


def demo(chat: Chat, host: Host, tag: int) -> str:
    """The manual's page with one of its two script tags, pointing at the running program; gives its address."""
    origin, folder = host
    text = (DOCS / "embed-demo.html").read_text(encoding="utf-8").replace("http://127.0.0.1:7860", chat.address)
    tags = re.findall(r"<script.*?</script>", text, re.DOTALL)
    assert len(tags) == 2
    (folder / "demo.html").write_text(text.replace(tags[1 - tag], ""), encoding="utf-8")
    return f"{origin}/demo.html"


@pytest.mark.parametrize("language", ["ja"])
def test_15_a_panel_by_one_script_tag(chat: Chat, host: Host) -> None:
    """Language, theme, height and question come from the tag's attributes; the question waits until it is sent."""
    chat.page.emulate_media(color_scheme="dark")
    chat.page.goto(demo(chat, host, 0))
    panel = chat.page.locator("#ask iframe")
    assert framed(panel) == ALLOWED
    assert panel.evaluate("frame => frame.getBoundingClientRect().height") == 560
    frame = chat.page.frame_locator("#ask iframe")
    expect(frame.locator("html")).to_have_attribute("lang", "ja")
    expect(frame.locator("#question textarea")).to_have_value(BINDING["ja"])
    expect(frame.locator("#welcome")).to_be_visible()
    expect(frame.locator("#chat")).to_have_css("background-color", "rgb(255, 255, 255)")
    frame.locator("#send").click()
    frame.locator(".answer.answered").wait_for()


@pytest.mark.parametrize("language", ["en"])
def test_15_a_button_by_one_script_tag(chat: Chat, host: Host) -> None:
    """The button opens the chat, by keyboard too, and closes it without losing it; it fits a window of 360 px."""
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.page.set_viewport_size({"width": 360, "height": 640})
    chat.page.goto(demo(chat, host, 1))
    opener = chat.page.get_by_role("button", name="Ask about the memorandum")
    assert not [url for url in asked if url.startswith(chat.address) and not url.endswith("/embed.js")]
    script = chat.page.request.get(f"{chat.address}/embed.js")
    assert len(script.body()) < 10_000
    assert "set-cookie" not in script.headers
    opener.focus()
    chat.page.keyboard.press("Enter")
    box = chat.page.get_by_role("region", name="Ask about the US–Japan memorandum")
    expect(box).to_be_in_viewport(ratio=1)
    assert framed(box.locator("iframe")) == ALLOWED
    frame = box.frame_locator("iframe")
    expect(frame.locator("html")).to_have_attribute("lang", "en")
    ask(frame, BINDING["en"])
    assert inside(chat).evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    closer = chat.page.get_by_role("button", name="Close the chat")
    expect(closer).to_have_attribute("aria-expanded", "true")
    closer.focus()
    chat.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(frame.locator(".answer.answered")).to_be_visible()


def test_15_pages_that_are_not_listed_show_nothing(chat: Chat, host: Host) -> None:
    """The same page under an address that MOC_FRAME_ORIGINS does not name: the browser refuses the frame."""
    chat.page.allow("frame-ancestors")  # type: ignore[attr-defined]
    chat.page.goto(demo(chat, host, 0).replace("localhost", "127.0.0.1"))
    with chat.page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        chat.page.locator("#ask iframe").scroll_into_view_if_needed()
    expect(chat.page.frame_locator("#ask iframe").locator("#room")).to_have_count(0)
