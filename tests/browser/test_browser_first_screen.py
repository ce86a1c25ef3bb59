"""The first screen: what this is, who runs it, what happens to a question, in the language of the reader."""

import re

from playwright.sync_api import expect

from assistant.types import Language
from index import parse
from tests.browser.chat import BINDING, FUSION, Chat
from tests.browser.conftest import OPERATOR

TEXT = parse.load()


def test_01_first_screen(chat: Chat) -> None:
    """Document and date, the first sentence of III with its citation, status, operator, storage, starter questions."""
    chat.open()
    welcome = chat.page.locator(f"#welcome > .in-{chat.language}")
    expect(welcome).to_contain_text(TEXT.by_address["iii.p1.s1"].text)
    expect(welcome.locator("a.cite")).to_have_attribute("href", re.compile("#iii.p1.s1$"))
    expect(welcome).to_contain_text("October 28, 2025" if chat.language == "en" else "2025年10月28日")
    for key in ("welcome_official_text", "operator_unnamed", "sending_none"):
        expect(welcome).to_contain_text(chat.words[key])
    expect(welcome).to_contain_text(chat.words["welcome_storage_feedback"].format(days=30))
    starters = welcome.locator(".chip").all_inner_texts()
    assert 4 <= len(starters) <= 6
    for question in starters:
        answer = chat.page.request.post(f"{chat.address}/api/ask", data={"question": question}).json()
        assert (answer["status"], answer["language"]) == ("answered", chat.language), question
    assert chat.page.title() == chat.words["page_title"]
    welcome.locator(".chip").first.click()
    chat.answered(1)
    expect(chat.page.locator("#welcome")).to_be_hidden()


def test_01_first_screen_with_a_language_model(written: Chat) -> None:
    """Who runs it and how to reach them, to whom questions go, and the switch to quotes only."""
    written.open()
    welcome = written.page.locator(f"#welcome > .in-{written.language}")
    expect(welcome).to_contain_text(OPERATOR)
    expect(welcome).to_contain_text("help@testing.example")
    expect(welcome).to_contain_text("Example Models")
    expect(welcome).to_contain_text(written.words["welcome_what_llm"])
    expect(written.page.get_by_role("radio", name=written.words["mode_quote"])).to_be_visible()
    # On a telephone too they are in sight before anything is opened or scrolled.
    for width, height in ((1280, 800), (390, 844), (360, 640)):
        written.page.set_viewport_size({"width": width, "height": height})
        facts = [welcome.locator("dl div").nth(place) for place in range(3)]
        for fact in [*facts, *written.page.locator("#mode label").all(), written.box]:
            expect(fact).to_be_in_viewport(ratio=1)
        low = facts[-1].bounding_box()
        foot = written.page.locator("#foot").bounding_box()
        assert low is not None
        assert foot is not None
        assert low["y"] + low["height"] <= foot["y"], width
        written.picture(f"written-first-{width}")


def test_01_a_link_may_bring_a_question(chat: Chat) -> None:
    """?question= fills the box and sends nothing."""
    chat.open(f"?lang={chat.language}&question=What%20of%20%3Cb%3Espace%3C%2Fb%3E%3F")
    expect(chat.box).to_have_value("What of <b>space</b>?")
    expect(chat.page.locator("#welcome")).to_be_visible()


def test_07_switching_the_language_keeps_the_conversation(chat: Chat) -> None:
    """All words of the page change, lang, title and an error too; the conversation stays; the address says it."""
    chat.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    chat.open().ask(BINDING[chat.language])
    before = chat.answer.inner_text()
    join = "**/gradio_api/queue/join*"
    chat.page.route(join, lambda route: route.fulfill(status=429, headers={"retry-after": "30"}, json={}))
    chat.box.fill(FUSION[chat.language])
    chat.box.press("Enter")
    expect(chat.page.locator("#problem")).to_be_visible()
    chat.page.unroute(join)
    chat.page.locator("#language").click()
    other: Language = "ja" if chat.language == "en" else "en"
    chat.language = other
    expect(chat.box).to_have_attribute("placeholder", chat.words["question_placeholder"])
    expect(chat.page.locator("#send")).to_have_text(chat.words["send"])
    expect(chat.page.locator("html")).to_have_attribute("lang", other)
    wait = chat.words["wait_seconds"].format(count=30)
    expect(chat.page.locator("#problem")).to_have_text(chat.words["error_requests"].format(wait=wait))
    expect(chat.page.locator("h1")).to_contain_text(chat.words["heading"])
    assert chat.page.title() == chat.words["page_title"]
    assert f"lang={other}" in chat.page.url
    assert chat.answer.inner_text() == before
    expect(chat.answer.locator("a.receipt")).to_have_attribute("href", re.compile(rf"\?lang={other}#"))
    chat.ask(FUSION[other])
    assert chat.answers.count() == 2
