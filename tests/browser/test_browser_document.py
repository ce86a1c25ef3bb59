"""The document beside the chat: cited, highlighted, searched, linked."""

from playwright.sync_api import expect

from index import parse
from tests.browser.chat import BINDING, FUSION, Chat

TEXT = parse.load()


def test_02_a_citation_leads_to_its_sentence_and_back(chat: Chat) -> None:
    """A click highlights exactly that sentence, focuses it and says so; Back returns to the citation."""
    answer = chat.open().ask(FUSION[chat.language])
    citation = answer.locator("a.cite").nth(1)
    address = str(citation.get_attribute("href")).removeprefix("#")
    label = citation.inner_text()
    citation.click()
    assert chat.shown() == [address]
    assert chat.focus() == address
    expect(chat.page.locator(f'[id="{address}"]')).to_be_in_viewport()
    chat.heard(chat.words["shown_in_document"].format(label=label))
    chat.page.go_back()
    assert chat.shown() == []
    assert chat.focus() == label


def test_02_a_citation_by_keyboard(chat: Chat) -> None:
    """Enter does the same as a click, and Escape the same as Back."""
    citation = chat.open().ask(FUSION[chat.language]).locator("a.cite").first
    citation.focus()
    chat.page.keyboard.press("Enter")
    assert chat.shown() == [str(citation.get_attribute("href")).removeprefix("#")]
    chat.page.keyboard.press("Escape")
    expect(citation).to_be_focused()


def test_02_the_quote_shows_on_hover_and_focus(written: Chat) -> None:
    """Behind a written sentence stands its quote: on hover, on focus, while the pointer is on it, until Escape."""
    citation = written.open().ask(FUSION[written.language]).locator(".statement a.cite").first
    sentence = TEXT.by_address[str(citation.get_attribute("href")).removeprefix("#")].text
    quote = written.page.locator("#quote")
    citation.hover()
    expect(quote).to_contain_text(sentence)
    expect(quote.locator('[lang="ja"]')).to_have_count(1 if written.language == "ja" else 0)
    quote.hover()
    expect(quote).to_be_visible()
    written.page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    assert citation.get_attribute("aria-describedby") is None  # it would be described by whatever is shown next
    citation.focus()
    expect(quote).to_be_visible()
    expect(citation).to_have_attribute("aria-describedby", "quote")
    citation.click()
    expect(quote).to_be_hidden()


def test_02_the_quote_follows_the_keyboard_while_the_page_scrolls(written: Chat) -> None:
    """Tab leads to a citation out of sight: the page scrolls there, and the quote stands beside it until Escape."""
    written.page.set_viewport_size({"width": 390, "height": 420})
    answer = written.open().ask(FUSION[written.language])
    citation = answer.locator(".statement a.cite").last
    answer.locator("h3").evaluate("heading => heading.scrollIntoView()")
    written.page.evaluate("() => scrollTo(0, 0)")
    quote = written.page.locator("#quote")
    before = answer.locator(".statement a.cite").nth(-2)
    before.evaluate("link => link.focus({ preventScroll: true })")
    written.page.keyboard.press("Tab")
    expect(citation).to_be_focused()
    written.page.wait_for_timeout(100)  # what hid it came with the scrolling, after the focus
    expect(quote).to_be_visible()
    expect(citation).to_have_attribute("aria-describedby", "quote")
    for moved in (0, 40):
        written.page.evaluate("by => scrollBy(0, by)", moved)
        written.page.wait_for_timeout(50)
        box, link = quote.bounding_box(), citation.bounding_box()
        assert box is not None
        assert link is not None
        assert min(abs(box["y"] - link["y"] - link["height"]), abs(box["y"] + box["height"] - link["y"])) < 8
    written.page.keyboard.press("Escape")
    expect(quote).to_be_hidden()
    written.page.evaluate("() => scrollBy(0, -20)")
    expect(quote).to_be_hidden()


def test_03_a_search_outlives_a_switch_of_the_language(chat: Chat) -> None:
    """The words stay in their field, are found anew, and the count is told in the other language."""
    chat.open()
    field = chat.page.get_by_role("searchbox")
    field.fill("MOC")
    field.press("Enter")
    counts = {}
    for _ in range(2):  # there and back
        chat.page.locator("#language").click()
        chat.language = "ja" if chat.language == "en" else "en"
        expect(field).to_have_attribute("placeholder", chat.words["panel_search"])
        expect(field).to_have_value("MOC")
        marks = chat.page.locator("#text mark:visible").count()
        counts[chat.language] = marks
        expect(chat.page.locator("#found")).to_have_text(chat.words["panel_hits"].format(place=1, count=marks))
    assert counts["ja"] > counts["en"] > 0  # there the reading aid stands beside the text


def test_03_the_document_is_there_and_can_be_searched(chat: Chat) -> None:
    """Every sentence stands beside the chat; finding marks the words, counts them and steps through them."""
    chat.open()
    for sentence in TEXT.passages:
        assert chat.page.locator(f'[id="{sentence.address}"]').text_content() == sentence.text
    field = chat.page.get_by_role("searchbox")
    query = "children's" if chat.language == "en" else "核融合"  # curly in the text, straight as typed
    field.fill(query)
    field.press("Enter")
    marks = chat.page.locator("#text mark")
    assert marks.count() >= 1
    expect(marks.first).to_be_in_viewport()
    found = chat.words["panel_hits"].format(place=1, count=marks.count())
    expect(chat.page.locator("#found")).to_have_text(found)
    field.fill("")
    expect(marks).to_have_count(0)
    field.fill("zeppelin")
    field.press("Enter")
    expect(chat.page.locator("#found")).to_have_text(chat.words["panel_hits_0"])


def test_03_the_hidden_reading_aid_is_searched_too(chat: Chat) -> None:
    """What stands only there is found and shown with it; what stands in the text leaves it hidden."""
    chat.open()
    toggle = chat.page.locator("#aid")
    usual = toggle.get_attribute("aria-pressed")
    if usual == "true":
        toggle.click()
    field, marks = chat.page.get_by_role("searchbox"), chat.page.locator("#text mark")
    field.fill("fusion")
    field.press("Enter")
    expect(marks.first).to_be_in_viewport()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    field.fill("核融合")
    field.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(marks.first).to_have_text("核融合")
    expect(marks.first).to_be_in_viewport()
    if usual == "false":
        toggle.click()


def test_03_every_sentence_can_be_linked_to(chat: Chat) -> None:
    """A click on any of them, or the arrow keys from one to the next, offer the button that copies its address."""
    chat.open()
    button = chat.page.locator(".copy-sentence")
    chat.page.locator('[id="iv.p1.s1"]').click()
    expect(button).to_have_attribute("aria-describedby", "iv.p1.s1")
    button.click()
    expect(button).to_have_text(chat.words["link_copied"])
    link = chat.page.evaluate("() => navigator.clipboard.readText()")
    assert link == f"{chat.address}/document?lang={chat.language}#iv.p1.s1"
    chat.page.keyboard.press("Escape")
    expect(button).to_have_count(0)
    chat.page.locator('[id="title"]').focus()
    reached = []
    for _ in TEXT.passages:
        reached.append(button.get_attribute("aria-describedby"))
        assert chat.focus() == reached[-1]
        chat.page.keyboard.press("ArrowDown")
    assert reached == [sentence.address for sentence in TEXT.passages]
    chat.page.keyboard.press("ArrowUp")
    chat.page.locator("#text").focus()
    chat.page.keyboard.press("Tab")
    assert chat.focus() == reached[-2]
    chat.page.keyboard.press("Tab")
    expect(button).to_be_focused()
    chat.page.keyboard.press("Escape")
    assert chat.focus() == reached[-2]


def test_03_the_cited_sentence_can_be_linked_to(chat: Chat) -> None:
    """Behind the highlighted sentence stands a button, next in the tab order, that copies its own address.

    The address leads to the sentence, also without the chat.
    """
    answer = chat.open().ask(BINDING[chat.language])
    answer.locator("a.cite").first.click()
    chat.page.keyboard.press("Tab")
    button = chat.page.locator(".copy-sentence")
    expect(button).to_be_focused()
    expect(button).to_have_text(chat.words["copy_sentence"])
    chat.page.keyboard.press("Enter")
    expect(button).to_have_text(chat.words["link_copied"])
    link = chat.page.evaluate("() => navigator.clipboard.readText()")
    assert link == f"{chat.address}/document?lang={chat.language}#iii.p1.s1"
    chat.page.keyboard.press("Escape")
    expect(button).to_have_count(0)
    expect(answer.locator("a.cite").first).to_be_focused()
    chat.page.goto(link)
    expect(chat.page.locator('[id="iii.p1.s1"]')).to_be_in_viewport()
