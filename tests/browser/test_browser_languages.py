"""Every part of every page is marked with the language it is in: a screen reader chooses its voice by that."""

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from assistant.strings import strings
from assistant.types import LANGUAGES, Language
from tests.browser.chat import BINDING, Chat

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Japanese where English is marked; whole English phrases, not single names, where Japanese is.
_ODD = """() => {
  const japanese = /[\\u3040-\\u30ff\\u3400-\\u9fff]/, english = /[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){4,}/;
  const found = [];
  const look = (element, text, what) => {
    if (!element.checkVisibility()) return;
    const lang = element.closest("[lang]")?.lang;
    if ((lang === "ja" ? english : japanese).test(text)) found.push(`${lang} ${what}: ${text.trim().slice(0, 80)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); )
    if (!node.parentElement.closest("script, style, noscript")) look(node.parentElement, node.data, "text");
  for (const name of ["aria-label", "aria-description", "title", "placeholder", "alt", "value"])
    for (const element of document.querySelectorAll(`[${name}]`)) look(element, element.getAttribute(name), name);
  look(document.documentElement, document.title, "title");
  return found;
}"""
PLACES = (
    "document?aid=1",
    "document?aid=0",
    "document?q=核融合&aid=0",
    "document?q=協力 quantum",
    "document?q=zeppelin over the river Thames at night",
    "about?",
    "privacy?",
    "accessibility?",
    "nowhere?",
)


def odd(page: "Page") -> list[str]:
    """What is not in the language it is marked with."""
    found: list[str] = page.evaluate(_ODD)
    return found


def test_07_pages_mark_what_is_in_the_other_language(chat: Chat) -> None:
    """The plain pages, with searches in both languages."""
    chat.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    for place in PLACES:
        chat.page.goto(f"{chat.address}/{place}&lang={chat.language}")
        assert odd(chat.page) == [], place


def test_07_the_chat_and_its_receipts_mark_it(chat: Chat) -> None:
    """Questions and answers in both languages, the document and its search; their receipts in both languages."""
    chat.open()
    links = []
    for asked in LANGUAGES:
        chat.ask(BINDING[asked])
        links.append(chat.answer.locator("a.receipt").get_attribute("href") or "")
        chat.answer.get_by_role("button", name=strings(asked)["copy_answer"]).click()
        said = chat.answer.locator(".said")
        expect(said).to_have_text(chat.words["copied"])  # in the page's language, wherever it stands
        expect(said).to_have_attribute("lang", chat.language)
    chat.answer.locator("a.cite").first.click()
    field = chat.page.get_by_role("searchbox")
    field.fill("MOC")
    field.press("Enter")
    assert odd(chat.page) == []
    chat.page.locator("#language").click()
    other: Language = "ja" if chat.language == "en" else "en"
    expect(chat.page.locator("#send")).to_have_text(strings(other)["send"])
    expect(chat.box).to_have_attribute("placeholder", strings(other)["question_placeholder"])
    assert odd(chat.page) == []
    chat.page.locator("#language").click()
    receipts = chat.page.context.new_page()
    for link in links:
        receipts.goto(f"{chat.address}/{link}")
        expect(receipts.locator("html")).to_have_attribute("lang", chat.language)
        expect(receipts.locator("#verdict.good")).to_be_visible()
        assert odd(receipts) == []
    receipts.close()
