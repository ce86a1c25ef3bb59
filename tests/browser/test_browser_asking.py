"""Asking: input methods, limits, personal data, and whatever goes wrong on the way."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Route, expect

from assistant.strings import strings
from assistant.types import Language
from evals.fakellm import says, stalls
from tests.browser.chat import BINDING, FUSION, Chat
from tests.browser.conftest import Running
from tests.browser.relay import relayed


def test_08_enter_during_conversion_never_sends(chat: Chat) -> None:
    """Composition events of an input method: Enter ends the conversion; the next Enter sends."""
    chat.open().box.focus()
    keys = chat.page.context.new_cdp_session(chat.page)
    keys.send("Input.imeSetComposition", {"text": "かくゆうごう", "selectionStart": 6, "selectionEnd": 6})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    keys.send("Input.insertText", {"text": "核融合とは"})
    assert chat.answers.count() == 0
    assert chat.page.locator("#pending").is_hidden()
    expect(chat.box).to_have_value("核融合とは")
    chat.page.keyboard.press("Enter")
    chat.answered(1)


def test_08_shift_enter_makes_a_line_and_long_pastes_meet_a_limit(chat: Chat) -> None:
    """The counter appears near the limit, says what is wrong above it; the server refuses, and the text is kept."""
    chat.open().box.focus()
    chat.page.keyboard.type("a")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("b")
    expect(chat.box).to_have_value("a\nb")
    assert chat.answers.count() == 0
    counter = chat.page.locator("#counter")
    expect(counter).to_be_hidden()
    chat.box.fill("x" * 450)
    expect(counter).to_have_text(chat.words["counter"].format(count=450, limit=500))
    chat.box.fill("x" * 501)
    expect(counter).to_have_text(chat.words["counter_over"].format(count=501, limit=500))
    expect(chat.box).to_have_attribute("aria-invalid", "true")
    chat.box.press("Enter")
    chat.answered(1)
    expect(chat.answer.locator(".lead")).to_contain_text("500")
    expect(chat.box).to_have_value("x" * 501)


def test_13_personal_data_is_refused_before_any_call(written: Chat) -> None:
    """The refusal gives the reason, the question is in the box to be mended and nowhere else, no model was called."""
    assert written.model is not None
    calls = len(written.model.calls)
    question = {
        "en": "My phone number is 090-1234-5678 and my mail is jane.roe@example.com. What does it say about AI?",
        "ja": "私の電話番号は090-1234-5678、メールはjane.roe@example.comです。AIについては？",
    }[written.language]
    answer = written.open().ask(question)
    expect(written.page.locator(".asked").last).to_contain_text(written.words["question_withheld"])
    assert "jane.roe" not in written.page.locator("#conversation").inner_text()
    expect(answer.locator(".act")).to_have_count(0)
    expect(written.box).to_have_value(question)
    assert len(written.model.calls) == calls
    written.ask(FUSION[written.language])
    sent = json.dumps([call.body for call in written.model.calls[calls:]])
    assert sent != "[]"
    assert "jane.roe" not in sent


def test_13_a_chat_that_does_not_load_says_so(browser: Browser, quoting_program: Running, language: Language) -> None:
    """When Gradio's files do not come, the page says what to do, and the document can be read."""
    with browser.new_context(locale=language) as context:  # of its own: a clock is installed for all pages of a context
        context.clock.install()
        page = context.new_page()
        page.route("**/assets/**", lambda route: route.abort())
        page.goto(f"{quoting_program.address}/")
        page.clock.fast_forward(25_000)
        expect(page.locator(f"#loading .in-{language}")).to_have_text(strings(language)["chat_slow"])
        expect(page.locator("#panel")).to_be_visible()


def failing(status: int, headers: dict[str, str], code: str) -> Callable[[Route], None]:
    """Answers a request with this status; 0 drops the connection."""

    def handle(route: Route) -> None:
        if status:
            route.fulfill(status=status, headers=headers, json={"error": {"code": code, "message": ""}})
        else:
            route.abort()

    return handle


def test_13_limits_and_errors_keep_the_question(chat: Chat) -> None:
    """A refusal says when to try again; whatever fails, the question stays in the box and can be sent again."""
    chat.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    chat.open()
    words, join = chat.words, "**/gradio_api/queue/join*"
    soon, later = words["wait_seconds"].format(count=30), words["wait_minutes"].format(count=3)
    failures: list[tuple[int, dict[str, str], str, str]] = [
        (429, {"retry-after": "30"}, "rate_limited", words["error_requests"].format(wait=soon)),
        (429, {"retry-after": "30"}, "too_many_open", words["error_open"].format(wait=soon)),
        (503, {"retry-after": "180"}, "busy", words["error_busy"].format(wait=later)),
        (500, {}, "internal", words["error_refused"].format(status=500)),
        (0, {}, "", words["error_offline"]),
    ]
    for number, (status, headers, code, said) in enumerate(failures, 1):
        chat.page.route(join, failing(status, headers, code))
        chat.box.fill(BINDING[chat.language])
        chat.box.press("Enter")
        expect(chat.page.locator("#problem")).to_have_text(said)
        expect(chat.page.locator("#problem")).to_have_attribute("role", "alert")
        expect(chat.box).to_have_value(BINDING[chat.language])
        expect(chat.page.locator("#send")).to_be_visible()
        chat.page.unroute(join)
        chat.box.press("Enter")
        chat.answered(number)
        expect(chat.page.locator("#problem")).to_be_hidden()


def test_13_a_lost_connection_keeps_what_came(written: Chat) -> None:
    """Cut in mid-answer: what was checked stays, the question is back in its box and can be sent again."""
    assert written.model is not None
    written.model.play([stalls()])  # one claim, then silence
    for text in ("Failed to load resource", "unreachable"):
        written.page.allow(text)  # type: ignore[attr-defined]
    with relayed(written.address) as line:
        written.address = line.address
        written.open()
        written.box.fill(FUSION[written.language])
        written.box.press("Enter")
        first = written.answer.locator(".statement").first
        first.wait_for()
        said = first.inner_text()
        line.cut()
        expect(written.page.locator("#problem")).to_have_text(written.words["error_offline"])
        expect(written.page.locator("#send")).to_be_visible()
        assert first.inner_text() == said
        expect(written.answer.locator(".stage")).to_be_hidden()
        expect(written.box).to_have_value(FUSION[written.language])
        line.mend()
        written.model.play([says()])
        written.box.press("Enter")
        written.page.locator(".answer.answered").wait_for()
        expect(written.page.locator("#problem")).to_be_hidden()


@pytest.mark.parametrize("ending", ["process_completed", "close_stream"])
@pytest.mark.parametrize("language", ["en"])
def test_13_a_question_asked_while_the_last_answer_is_still_ending_is_answered(chat: Chat, ending: str) -> None:
    """On a slow line the answer stands there before Gradio has heard that it is whole, or that its stream is closed."""
    for text in ("Failed to load resource", "unreachable"):  # Gradio may have opened a stream for what has come by then
        chat.page.allow(text)  # type: ignore[attr-defined]
    with relayed(chat.address) as line:
        chat.address = line.address
        chat.open()
        line.hold(f'"{ending}"')
        chat.ask(BINDING[chat.language])
        assert line.holding.wait(30)
        with chat.page.expect_response("**/gradio_api/queue/join*") as joined:
            chat.box.fill(FUSION[chat.language])
            chat.box.press("Enter")
        assert joined.value.ok
        line.release()
        chat.answered(2)
        expect(chat.page.locator("#problem")).to_be_hidden()


def test_13_a_question_that_gradio_did_not_hear_is_sent_all_the_same(chat: Chat) -> None:
    """As on a slow machine, where the box stands there before Gradio listens; other requests do not count for it."""
    chat.open().box.fill(BINDING[chat.language])
    chat.page.evaluate("""() => addEventListener("keypress", event => event.stopImmediatePropagation(),
        { capture: true, once: true })""")
    chat.box.press("Enter")
    chat.page.locator("#language").click()
    chat.answered(1)
    expect(chat.page.locator(".asked").last).to_contain_text(BINDING[chat.language])
    expect(chat.box).to_have_value("")
    chat.page.locator("#language").click()


def test_13_a_second_press_of_retry_asks_no_second_time(written: Chat) -> None:
    """The answer that is to be replaced stands there until another comes."""
    for text in ("Failed to load resource", "unreachable"):  # when the relay is taken away
        written.page.allow(text)  # type: ignore[attr-defined]
    asked: list[str] = []
    with relayed(written.address) as line:
        written.address = line.address
        written.open()
        written.ask(BINDING[written.language])
        written.page.on("request", lambda request: asked.append(request.url) if "/queue/join" in request.url else None)
        line.hold('"process_generating"')
        retry = written.answer.locator(".retry")
        retry.dblclick()
        assert line.holding.wait(60)
        expect(written.page.locator("#pending")).to_be_visible()
        line.release()
        expect(written.page.locator("#pending")).to_be_hidden()
        written.answered(1)
        assert len(asked) == 1


@pytest.mark.parametrize("language", ["en"])
def test_13_clearing_drops_a_question_whose_place_in_the_queue_is_not_known_yet(chat: Chat) -> None:
    """Gradio cannot cancel it by itself then, and its answer would bring the old conversation back."""
    for text in ("Failed to load resource", "unreachable"):
        chat.page.allow(text)  # type: ignore[attr-defined]
    with relayed(chat.address) as line:
        chat.address = line.address
        chat.open()
        line.hold('"close_stream"')
        chat.ask(BINDING[chat.language])
        assert line.holding.wait(60)
        with chat.page.expect_response("**/gradio_api/queue/join*"):
            chat.box.fill(FUSION[chat.language])
            chat.box.press("Enter")
        chat.page.locator("#clear").click()
        with chat.page.expect_response("**/gradio_api/cancel*"):
            line.release()
        expect(chat.answers).to_have_count(0)
        chat.ask(BINDING[chat.language])
        assert chat.page.locator(".asked").count() == 1


def test_13_answers_that_cannot_be_heard_do_not_take_the_conversation_away(chat: Chat) -> None:
    """The question was taken, but the stream of its answer is refused."""
    chat.page.allow("Failed to load resource")  # type: ignore[attr-defined]
    chat.page.allow("unreachable")  # type: ignore[attr-defined]
    chat.open()
    chat.ask(BINDING[chat.language])
    chat.page.evaluate("() => { window.here = true; }")
    stream = "**/gradio_api/queue/data*"
    chat.page.route(stream, failing(429, {"retry-after": "30"}, "too_many_open"))
    chat.box.fill(FUSION[chat.language])
    chat.box.press("Enter")
    said = chat.words["error_open"].format(wait=chat.words["wait_seconds"].format(count=30))
    expect(chat.page.locator("#problem")).to_have_text(said)
    expect(chat.box).to_have_value(FUSION[chat.language])
    chat.page.unroute(stream)
    chat.box.press("Enter")
    chat.page.wait_for_function("() => document.querySelectorAll('#conversation .answer.answered').length >= 2")
    assert chat.page.evaluate("() => window.here") is True
