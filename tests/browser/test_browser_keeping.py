"""What a reader takes along and leaves behind: copies, links, downloads, print, feedback."""

import datetime
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from evals.fakellm import says
from evals.personalities import honest
from index import parse
from tests.browser.chat import BINDING, FUSION, UNANSWERABLE, Chat
from tests.browser.conftest import Running

TEXT = parse.load()


def test_09_copy_with_quotes_and_sections(chat: Chat) -> None:
    """What is copied holds the quotes, their sections, the mode, what document it is and the link to check it."""
    answer = chat.open().ask(BINDING[chat.language])
    answer.get_by_role("button", name=chat.words["copy_answer"]).click()
    chat.heard(chat.words["copied"])
    copied = chat.page.evaluate("() => navigator.clipboard.readText()")
    assert quoted(chat, "iii.p1.s1", answer.locator("a.cite").first.inner_text()) in copied
    if chat.language == "ja":  # no half-width marks between our own words
        assert not re.search(r"[\u3040-\u9fff][,.:;\"]|\[", copied)
    assert chat.words["badge_quote"] in copied
    assert f"{chat.address}/a/a_" in copied
    expect(answer.locator(".said")).to_have_text(chat.words["copied"])


def test_09_copied_sentences_of_a_model_bring_their_quotes(written: Chat) -> None:
    """Each written sentence is followed by its section and, before the next one, by the quotes it rests on."""
    assert written.model is not None
    written.model.play([says(lambda prompt: list(honest(prompt))[:2])])
    answer = written.open().ask(FUSION[written.language])
    answer.get_by_role("button", name=written.words["copy_answer"]).click()
    written.heard(written.words["copied"])
    copied = written.page.evaluate("() => navigator.clipboard.readText()")
    assert written.words["badge_llm_what"] in copied
    blocks = copied.split("\n\n")
    expected = []
    for statement in answer.locator(".statement").all():
        links = statement.locator("a.cite").all()
        labels = [link.inner_text() for link in links]
        expected.append("".join(written.words["copied_citation"].format(label=label) for label in labels))
        addresses = [str(link.get_attribute("href")).removeprefix("#") for link in links]
        expected += [quoted(written, address, label) for address, label in zip(addresses, labels, strict=True)]
    assert len(expected) >= 4
    for block, end in zip(blocks, expected, strict=False):
        assert block.endswith(end)


def quoted(chat: Chat, address: str, label: str) -> str:
    """A sentence of the document as it is copied, in the punctuation of the language."""
    quote = chat.words["copied_quote"].format(text=TEXT.by_address[address].text)
    return f"> {quote}{chat.words['copied_citation'].format(label=label)}"


def test_09_link_download_and_print(chat: Chat) -> None:
    """The link leads to the receipt; the conversation downloads as Markdown; on paper only questions and answers."""
    chat.open()
    answer = chat.ask(BINDING[chat.language])
    answer.get_by_role("button", name=chat.words["copy_link"]).click()
    chat.heard(chat.words["link_copied"])
    link = chat.page.evaluate("() => navigator.clipboard.readText()")
    assert re.match(rf"{re.escape(chat.address)}/a/a_[0-9a-f]{{64}}\?lang={chat.language}#[\w-]+$", link)
    chat.ask(UNANSWERABLE[chat.language])
    with chat.page.expect_download() as downloading:
        chat.page.get_by_role("button", name=chat.words["tool_download"]).click()
    assert downloading.value.suggested_filename == f"{chat.words['transcript_file']}.md"
    text = Path(downloading.value.path()).read_text(encoding="utf-8")
    assert text.startswith(f"# {chat.words['transcript_title']}\n")
    for part in (BINDING[chat.language], UNANSWERABLE[chat.language], TEXT.by_address["iii.p1.s1"].text, link):
        assert part in text
    for passage in chat.answer.locator(".passage").all():  # quoted, too; what was left out is not the document's word
        address = str(passage.locator("a.cite").get_attribute("href")).removeprefix("#")
        words = passage.locator(".verbatim").inner_text()
        assert TEXT.by_address[address].text.startswith(words)
        assert f"\n> {'「' if chat.language == 'ja' else ''}{words}" in text
        expect(passage.locator(".aid")).to_have_count(1 if chat.language == "ja" else 0)
    chat.page.emulate_media(media="print", color_scheme="dark")
    assert chat.answer.evaluate("answer => getComputedStyle(answer).color") == "rgb(0, 0, 0)"  # on white paper
    for gone in ("#panel", "#foot", "#small .talk"):
        expect(chat.page.locator(gone)).to_be_hidden()
    assert chat.page.locator(".acts :is(button, .vote):visible").count() == 0
    chat.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    paper = chat.page.locator("#paper")
    expect(paper).to_be_visible()
    expect(paper).to_contain_text(TEXT.title.text if chat.language == "en" else "2025年10月28日")
    expect(paper).to_contain_text(f"{datetime.datetime.now(datetime.UTC):%Y-%m-}")
    receipt = chat.answers.first.locator("a.receipt")
    expect(receipt).to_be_visible()
    printed = receipt.evaluate("link => getComputedStyle(link, '::after').content")
    assert link.partition("?")[0] in printed
    expect(chat.answers.first).to_be_visible()
    chat.page.emulate_media(media="screen")
    # On a telephone, and embedded, the document lies over the chat; on paper it does not.
    chat.page.set_viewport_size({"width": 390, "height": 844})
    chat.answer.locator("a.cite").first.click()
    for embedded in (False, True):
        chat.page.evaluate("on => document.documentElement.classList.toggle('embed', on)", embedded)
        chat.page.emulate_media(media="screen")
        expect(chat.page.locator("#panel")).to_be_visible()
        expect(chat.answers.first).to_be_hidden()
        chat.page.emulate_media(media="print")
        expect(chat.answers.first).to_be_visible()
        expect(chat.page.locator("h1").first).to_be_visible()
        expect(chat.page.locator("#panel")).to_be_hidden()
    chat.page.evaluate("() => document.documentElement.classList.remove('embed')")
    chat.page.emulate_media(media="screen")
    chat.page.locator("#back").click()
    chat.page.evaluate("() => (window.print = () => (window.printed = true))")
    chat.page.get_by_role("button", name=chat.words["tool_print"]).click()
    assert chat.page.evaluate("() => window.printed")


def test_09_clear(chat: Chat) -> None:
    """Pages about the service open beside a conversation; Clear brings back the first screen, the focus to the box."""
    chat.open().ask(BINDING[chat.language])
    with chat.page.context.expect_page() as opened:
        chat.page.locator("#small .pages a").first.click()
    expect(opened.value.locator("h1")).to_have_text(chat.words["about_title"])
    opened.value.close()
    expect(chat.answers).to_have_count(1)
    chat.page.get_by_role("button", name=chat.words["tool_clear"]).click()
    expect(chat.answers).to_have_count(0)
    expect(chat.page.locator("#welcome")).to_be_visible()
    expect(chat.box).to_be_focused()


def test_12_feedback_says_what_happens_and_keeps_only_that(chat: Chat, quoting_program: Running) -> None:
    """Helpful is one click; not helpful asks why; the question travels only when ticked; all of it is stored."""
    bodies = []
    chat.page.on(
        "request", lambda sent: bodies.append(sent.post_data_json) if sent.url.endswith("/api/feedback") else None
    )
    chat.open().ask(BINDING[chat.language])
    chat.answer.get_by_role("button", name=chat.words["helpful"], exact=True).click()
    chat.heard(chat.words["feedback_thanks"].format(days=30))
    chat.ask(FUSION[chat.language])
    opener = chat.answer.get_by_role("button", name=chat.words["not_helpful"], exact=True)
    opener.click()
    form = chat.page.get_by_role("dialog")
    expect(form).to_contain_text(chat.words["feedback_what"].format(days=30))
    expect(form.get_by_role("checkbox")).not_to_be_checked()
    chat.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.click()
    form.get_by_role("radio", name=chat.words["feedback_wrong_passage"]).check()
    form.get_by_role("button", name=chat.words["feedback_send"]).click()
    expect(chat.answer.locator(".said")).to_have_text(chat.words["feedback_thanks"].format(days=30))
    expect(opener).to_have_attribute("aria-pressed", "true")
    chat.ask(UNANSWERABLE[chat.language])
    chat.answer.get_by_role("button", name=chat.words["not_helpful"], exact=True).click()
    form.get_by_role("radio", name=chat.words["feedback_other"], exact=True).check()
    form.get_by_role("textbox").fill("Please say more.")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name=chat.words["feedback_send"]).click()
    expect(chat.answer.locator(".said")).to_have_text(chat.words["feedback_thanks_question"].format(days=30))
    for body in bodies:
        assert re.fullmatch("a_[0-9a-f]{64}", body.pop("answer_id"))
    assert bodies == [
        {"verdict": "helpful"},
        {"verdict": "not_helpful", "reason": "wrong_passage"},
        {
            "verdict": "not_helpful",
            "reason": "other",
            "comment": "Please say more.",
            "question": UNANSWERABLE[chat.language],
        },
    ]
    [database] = quoting_program.feedback.glob("*.sqlite*")
    with sqlite3.connect(database) as stored:
        kept = json.dumps(
            [
                row
                for (name,) in stored.execute("select name from sqlite_master where type = 'table'")
                for row in stored.execute(f'select * from "{name}"')
            ],
            ensure_ascii=False,
            default=str,
        )
    assert UNANSWERABLE[chat.language] in kept
    assert FUSION[chat.language] not in kept


def refusing(status: int, code: str) -> Callable[[Route], None]:
    """Answers a request with this error."""
    return lambda route: route.fulfill(status=status, json={"error": {"code": code, "message": "refused"}})


def test_12_feedback_that_is_not_kept_says_so(chat: Chat) -> None:
    """When no more can be kept, or the server fails, nobody is thanked, and the button can be used again."""
    chat.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    chat.open().ask(BINDING[chat.language])
    button = chat.answer.get_by_role("button", name=chat.words["helpful"], exact=True)
    said = chat.answer.locator(".said")
    for status, code, words in ((503, "feedback_full", "feedback_full"), (500, "internal", "feedback_failed")):
        chat.page.route("**/api/feedback", refusing(status, code))
        button.click()
        expect(said).to_have_text(chat.words[words])
        expect(button).to_be_enabled()
        assert button.get_attribute("aria-pressed") is None
        chat.page.unroute("**/api/feedback")
    button.click()
    expect(said).to_have_text(chat.words["feedback_thanks"].format(days=30))
