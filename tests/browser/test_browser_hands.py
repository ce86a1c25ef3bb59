"""Every way to use the page: enlarged, by keyboard alone, with the preferences of the system, by ear."""

import pytest
from playwright.sync_api import expect

from evals.fakellm import says
from evals.personalities import honest, modality_upgrader
from tests.browser.chat import BINDING, FUSION, Chat


def test_14_zoomed_to_400_percent(chat: Chat) -> None:
    """In a window of 320 by 256 nothing is lost: no sideways scrolling, question box and answer can be reached."""
    chat.page.set_viewport_size({"width": 320, "height": 256})
    answer = chat.open().ask(FUSION[chat.language])
    assert chat.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    below = chat.page.locator("#small")
    parts = (answer.locator("a.cite").last, answer.locator(".chip").last, chat.box, below.locator("#clear"))
    for part in (*parts, *below.locator(".pages a").all(), below.get_by_text(chat.words["notice_short"])):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport()
    answer.locator("a.cite").first.click()
    expect(chat.page.locator(".sentence.shown")).to_be_in_viewport()
    chat.page.locator("#back").click()
    expect(answer.locator("a.cite").first).to_be_focused()


def test_14_by_keyboard_alone(chat: Chat) -> None:
    """Skip link, question, answer, citation, back, next question: with Tab, Enter and Escape, focus always visible."""
    chat.open(anew=True)
    chat.page.keyboard.press("Tab")
    assert chat.words["skip_to_question"] in chat.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.box).to_be_focused()
    chat.page.keyboard.type(BINDING[chat.language])
    chat.page.keyboard.press("Enter")
    chat.answered(1)
    reached = set()
    for _ in range(40):
        chat.page.keyboard.press("Shift+Tab")
        outline = chat.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        name = chat.focus()
        assert outline != "none", name
        reached.add(name)
        if name == "language":
            break
    wanted = {chat.words[key] for key in ("copy_answer", "copy_link", "helpful", "not_helpful")}
    wanted |= {f"{chat.words['check_answer']} {chat.words['opens_new_tab']}"}
    expect(chat.answer.locator("a.receipt")).to_have_attribute("target", "_blank")
    wanted |= set(chat.answer.locator("a.cite").all_inner_texts()) | set(chat.answer.locator(".chip").all_inner_texts())
    assert wanted <= reached
    for _ in range(60):
        chat.page.keyboard.press("Tab")
        if chat.focus() == "own-page":
            break
    else:
        pytest.fail("the document's tools were not reached")


def test_14_preferences_are_respected(chat: Chat) -> None:
    """Dark, reduced motion and forced colours each change what they should."""
    chat.open().ask(BINDING[chat.language])
    look = "() => getComputedStyle(document.getElementById('chat')).backgroundColor"
    light = chat.page.evaluate(look)
    chat.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert chat.page.evaluate(look) != light
    chat.page.evaluate("() => document.querySelector('.answer .badge').className = 'stage'")
    moving = "() => getComputedStyle(document.querySelector('.answer .stage'), '::before').animationName"
    assert chat.page.evaluate(moving) == "none"
    chat.page.emulate_media(color_scheme="light", forced_colors="active")
    chat.answer.locator("a.cite").first.click()
    shown = "() => getComputedStyle(document.querySelector('.sentence.shown')).outlineStyle"
    assert chat.page.evaluate(shown) == "solid"
    chat.picture("forced-colors-1280")


def test_14_one_announcement_for_each_answer(written: Chat) -> None:
    """A growing answer is not read out piece by piece: once that it is searched for, and once when it is whole."""
    assert written.model is not None
    written.model.play([says(between=0.02, size=200)])
    written.open()
    written.page.evaluate(
        """() => { window.said = []; new MutationObserver(() => {
        const text = document.getElementById("live").textContent; if (text) window.said.push(text); })
        .observe(document.getElementById("live"), { childList: true });
        const line = document.getElementById("pending"); window.searching = []; let shown = false;
        new MutationObserver(() => { if (!line.hidden && !shown) window.searching.push(line.textContent);
        shown = !line.hidden; }).observe(line.closest("[role=status]"), { subtree: true, attributes: true }); }"""
    )
    answer = written.ask(FUSION[written.language])
    written.heard(answer.locator(".statement a.cite").first.inner_text())
    assert len(written.page.evaluate("() => window.said")) == 1
    assert written.page.evaluate("() => window.searching") == [written.words["stage_searching"]]
    expect(written.page.locator("#live > [lang]")).to_have_attribute("lang", written.language)
    expect(written.page.locator("#conversation .bubble-wrap")).to_have_attribute("aria-live", "off")


def test_14_every_control_is_on_the_keyboards_way(written: Chat) -> None:
    """Tab reaches everything that can be pressed, typed into, opened or scrolled, and the focus is seen there."""
    assert written.model is not None
    written.model.play([says(lambda prompt: [*list(honest(prompt))[:1], *list(modality_upgrader(prompt))[-1:]])])
    written.open().ask(FUSION[written.language])
    written.answer.locator("a.cite").first.click()
    written.page.locator(".copy-sentence").wait_for()
    controls = written.page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, textarea, summary, [tabindex='0']")]
        .filter(one => one.checkVisibility() && !one.disabled && !(one.type === "radio" && !one.checked))
        .map((one, place) => (one.dataset.control = place, one.id || one.textContent.trim() || one.name))"""
    )
    written.page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    reached = {}
    for _ in range(len(controls) + 3):
        written.page.keyboard.press("Tab")
        stop = written.page.evaluate(
            """() => { const one = document.activeElement, style = getComputedStyle(one);
            const around = getComputedStyle(one.closest("#ask") ?? one).boxShadow;
            return { control: one.dataset.control ?? null, name: one.id || one.textContent.trim(),
              seen: one === document.body || style.outlineStyle !== "none"
                || (one.tagName === "TEXTAREA" && around !== "none") }; }"""
        )
        assert stop["seen"], stop
        reached[stop["control"]] = stop["name"]
    missed = [name for place, name in enumerate(controls) if str(place) not in reached]
    assert missed == []


def test_14_feedback_by_keyboard(chat: Chat) -> None:
    """Open, choose, write, tick, send: without a mouse; the focus goes into the form and back to where it came from."""
    chat.open().ask(BINDING[chat.language])
    opener = chat.answer.get_by_role("button", name=chat.words["not_helpful"], exact=True)
    opener.focus()
    chat.page.keyboard.press("Enter")
    form = chat.page.get_by_role("dialog")
    expect(form.get_by_role("radio").first).to_be_focused()
    for key in ("Space", "ArrowDown", "Tab"):
        chat.page.keyboard.press(key)
    chat.page.keyboard.type("By keyboard.")
    for key in ("Tab", "Space", "Tab", "Tab", "Enter"):
        chat.page.keyboard.press(key)
    expect(form).to_be_hidden()
    expect(chat.answer.locator(".said")).to_have_text(chat.words["feedback_thanks_question"].format(days=30))
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-pressed", "true")
