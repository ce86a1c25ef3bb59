"""Accessibility, measured with axe-core in every state of the page, and what a glance at each size must find."""

from collections.abc import Sequence
from typing import Literal

from playwright.sync_api import expect

from evals.fakellm import says
from evals.personalities import honest, modality_upgrader
from tests.browser import axe
from tests.browser.chat import BINDING, FUSION, MONEY, UNANSWERABLE, Chat

SIZES = ((1280, 800), (768, 1024), (390, 844), (320, 640), (844, 390))  # the last: a telephone on its side


def problems(chat: Chat, state: str, scheme: Literal["light", "dark"] = "light", document: bool = False) -> list[str]:
    """What axe-core finds wrong in this state; in the dark only what depends on colours is looked at again.

    The text of the document, most of the page, is looked at in the states that change it.
    """
    chat.page.emulate_media(color_scheme=scheme)
    leave_out = () if document else ("#text",)
    return axe.problems(chat.page, state, chat.language, scheme == "dark", leave_out)


def test_first_screen(chat: Chat) -> None:
    """The empty page, light and dark."""
    chat.open()
    assert problems(chat, "first-screen", document=True) == []
    assert problems(chat, "first-screen", "dark") == []


def test_answers_and_document(chat: Chat) -> None:
    """Answered, a citation followed, words found, refused, too long, personal data: light, then dark."""
    chat.open().ask(BINDING[chat.language])
    chat.answer.locator("a.cite").first.click()
    expect(chat.page.locator(".sentence.shown")).to_be_in_viewport()
    chat.picture("cited-1280")
    field = chat.page.get_by_role("searchbox")
    field.fill("MOC")
    field.press("Enter")
    assert problems(chat, "answered-document-searched", document=True) == []
    assert problems(chat, "answered-document-searched", "dark", document=True) == []
    chat.ask(UNANSWERABLE[chat.language])
    chat.ask("jane.roe@example.com 090-1234-5678")
    chat.ask("x" * 501)
    assert problems(chat, "refused-declined-too-long") == []
    assert problems(chat, "refused-declined-too-long", "dark") == []


def test_narrow(chat: Chat) -> None:
    """At 320 px: the answer, with wider spacing too, then the document over it, also in the dark."""
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.open().ask(FUSION[chat.language])
    assert problems(chat, "answered-320", "dark") == []
    assert problems(chat, "answered-320") == []
    assert_spaced(chat)
    chat.answer.locator("a.cite").first.click()
    expect(chat.page.locator("#panel")).to_be_visible()
    assert problems(chat, "document-open-320", document=True) == []
    assert problems(chat, "document-open-320", "dark", document=True) == []
    chat.page.set_viewport_size({"width": 390, "height": 844})
    chat.picture("document-390")
    chat.page.get_by_role("searchbox").fill("MOC")
    chat.page.keyboard.press("Enter")
    chat.picture("document-searched-390")


def assert_spaced(chat: Chat) -> None:
    """With the spacing of WCAG 1.4.12 nothing scrolls sideways, and no text is cut off by its box."""
    style = chat.page.evaluate_handle(
        """() => { const style = document.createElement("style"); style.textContent =
        "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
        "p { margin-bottom: 2em !important }"; document.head.append(style); return style; }"""
    )
    assert chat.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    cut = chat.page.evaluate(
        """() => [...document.querySelectorAll("#conversation :is(p, button, a), #small *")]
        .filter(part => part.checkVisibility() && !part.closest(".vh") && part.clientWidth
          && part.scrollWidth > part.clientWidth + 1)
        .map(part => part.textContent.trim().slice(0, 60))"""
    )
    assert cut == []
    style.evaluate("style => style.remove()")


def test_embedded(chat: Chat) -> None:
    """The compact form, empty and after an answer."""
    chat.page.set_viewport_size({"width": 360, "height": 600})
    chat.open(f"?embed=1&lang={chat.language}")
    other = "en" if chat.language == "ja" else "ja"
    expect(chat.page.locator("#language")).to_have_attribute("href", f"./?lang={other}&embed=1")
    assert problems(chat, "embedded-first-screen") == []
    chat.picture("embedded-first-360")
    assert problems(chat, "embedded-first-screen", "dark") == []
    chat.ask(FUSION[chat.language])
    assert problems(chat, "embedded-answered") == []
    chat.picture("embedded-answer-360")
    assert problems(chat, "embedded-answered", "dark") == []


def test_written_withheld_and_failed(written: Chat) -> None:
    """Written by a model, with something withheld unfolded, a quote shown, and an error above the box."""
    assert written.model is not None
    written.model.play([says(lambda prompt: [*list(honest(prompt))[:1], *list(modality_upgrader(prompt))[-1:]])])
    written.open().ask(FUSION[written.language])
    written.answer.locator("details summary").click()
    written.answer.locator(".statement a.cite").first.focus()
    assert problems(written, "written-withheld-quote-shown") == []
    written.picture("written-1280")
    assert problems(written, "written-withheld-quote-shown", "dark") == []
    written.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    refusal = {"status": 429, "headers": {"Retry-After": "30"}, "json": {"error": {"code": "rate_limited"}}}
    written.page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(**refusal))
    written.box.fill(BINDING[written.language])
    written.box.press("Enter")
    expect(written.page.locator("#problem")).to_be_visible()
    assert problems(written, "limit-reached") == []
    assert problems(written, "limit-reached", "dark") == []
    written.picture("limit-1280")


def test_feedback_form(chat: Chat) -> None:
    """The form that asks what was wrong."""
    chat.open().ask(BINDING[chat.language])
    chat.answer.get_by_role("button", name=chat.words["not_helpful"], exact=True).click()
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    assert problems(chat, "feedback-form") == []
    assert problems(chat, "feedback-form", "dark") == []


def test_screenshots(chat: Chat) -> None:
    """At each width nothing scrolls sideways and nothing overlaps the question box; pictures are kept for people.

    First screen, answer, refusal and an answer with the note that it binds nobody; light and dark.
    """
    chat.open()
    shots(chat, "first")
    chat.ask(FUSION[chat.language])
    shots(chat, "answer")
    chat.ask(UNANSWERABLE[chat.language])
    shots(chat, "refusal")
    chat.ask(MONEY[chat.language])
    expect(chat.answer.locator(".note")).to_be_visible()
    shots(chat, "note", SIZES[2:3])


def shots(chat: Chat, state: str, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
    """Pictures of a state at these sizes, and what a glance at each must find."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width, height in sizes:
        chat.page.set_viewport_size({"width": width, "height": height})
        chat.page.evaluate("() => [...document.querySelectorAll('#conversation .user-row')].at(-1)?.scrollIntoView()")
        for scheme in schemes:
            chat.page.emulate_media(color_scheme=scheme)
            chat.picture(f"{state}-{width}")
        assert chat.page.evaluate("() => document.documentElement.scrollWidth") <= width
        expect(chat.box).to_be_in_viewport(ratio=1)
        if state != "first":
            assert read_clear_of_the_box(chat) >= 150


def read_clear_of_the_box(chat: Chat) -> float:
    """Pixels of the newest answer that are seen; at the end of the page the question box lies over none of it."""
    seen = chat.page.evaluate(
        """() => { const answer = [...document.querySelectorAll("#conversation .answer")].at(-1);
        const { top, bottom, left, width } = answer.getBoundingClientRect();
        let seen = 0;
        for (let y = Math.max(0, Math.ceil(top)); y < Math.min(innerHeight, bottom); y++)
          if (document.elementFromPoint(left + width / 2, y)?.closest("#conversation")) seen++;
        return seen; }"""
    )
    over = chat.page.evaluate(
        """() => { const at = scrollY; scrollTo(0, document.documentElement.scrollHeight);
        const [log, foot] = ["conversation", "foot"].map((id) => document.getElementById(id).getBoundingClientRect());
        scrollTo(0, at); return log.bottom - foot.top; }"""
    )
    assert over <= 1
    return float(seen)
