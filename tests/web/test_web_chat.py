"""The conversation: what is shown while answering, what is never rendered, and what goes back as history."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assistant.config import Config, LlmSettings
from assistant.types import Dropped, Language
from assistant.web import chat, messages
from assistant.web.service import Service
from tests.web.scripted import Scripted, service_with

LLM = replace(Config(), llm=LlmSettings("m", "http://127.0.0.1:9/v1", None, "Example"))


def steps(service: Service, question: str, language: Language = "en") -> list[chat.Step]:
    async def collect() -> list[chat.Step]:
        return [step async for step in chat.reply(service, question, language, None, [])]

    return asyncio.run(collect())


def last(service: Service, question: str, language: Language = "en") -> str:
    """The HTML of the whole answer."""
    return str(steps(service, question, language)[-1].reply["content"])


def test_something_is_shown_at_once_and_the_answer_last(scripted: Scripted) -> None:
    """First the searching line, last the whole answer with its mode, in-page citations and follow-up."""
    first, *_, final = steps(service_with(scripted), "Is it binding?")
    assert "Searching the text…" in first.reply["content"]
    assert "Quotes only (no AI)" in final.reply["content"]
    assert '<a class="cite" href="#iii.p1.s1">Section III, sentence 1</a>' in final.reply["content"]
    assert '<button class="chip">What does it say about fusion?</button>' in final.reply["content"]
    assert not final.mend


def test_a_reader_who_left_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two steps nobody asks Gradio; the answer's making ends all the same. Otherwise every step comes."""
    monkeypatch.setattr(chat, "_LOOK_SECONDS", 0.01)
    step = chat.Step({"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"})
    ended = []

    async def slow(pause: float) -> AsyncIterator[chat.Step]:
        try:
            yield step
            await asyncio.sleep(pause)
            yield step
        finally:
            ended.append(pause)

    async def count(pause: float, left: bool) -> int:
        return len([step async for step in chat.while_there(slow(pause), lambda: left)])

    assert asyncio.run(count(60, left=True)) == 1
    assert asyncio.run(count(0.05, left=False)) == 2
    assert ended == [60, 0.05]


def test_with_a_model_verified_claims_come_one_by_one(scripted: Scripted) -> None:
    """Each step keeps what was shown before it."""
    shown = [step.reply["content"] for step in steps(service_with(scripted, LLM), "Q")]
    assert [step.count('href="#iii.') for step in shown] == [0, 1, 2, 2]


def test_words_follow_the_language_of_the_answer(scripted: Scripted) -> None:
    """A Japanese question on an English page is answered in Japanese; the quotes in it are marked as English."""
    answer = last(service_with(scripted), "法的拘束力はありますか")
    assert "引用のみ（AI不使用）" in answer
    assert "第III節 第1文" in answer
    assert '<div class="answer answered" lang="ja"' in answer
    assert answer.count('<span class="verbatim" lang="en">') == 2
    assert answer.count('<p class="aid">') == 2


def test_a_message_is_one_line(scripted: Scripted) -> None:
    """Markdown begins after a blank line; a message has none, whatever was asked."""
    for step in steps(service_with(scripted), "Is it\n\n**binding**?\r\n\r\n# Yes"):
        assert not re.search(r"[\r\n]", step.question["content"] + step.reply["content"])


@pytest.mark.parametrize("language", ["en", "ja"])
def test_failures_are_plain_words(scripted: Scripted, language: Language) -> None:
    """Neither an error while answering nor one while opening tells its internals; the question can be sent again."""
    scripted.fails = True
    failed = steps(service_with(scripted), "Q", language)[-1]

    def broken(_: Config) -> Scripted:
        raise RuntimeError("secret internal path /etc/x")

    service = Service(Config(), broken)  # type: ignore[arg-type]
    service.start()
    closed = steps(service, "Q", language)[-1]
    for step in (failed, closed):
        assert 'class="answer failure"' in step.reply["content"]
        assert "secret" not in step.reply["content"]
        assert 'class="act retry"' in step.reply["content"]
        assert step.mend
    assert failed.reply != closed.reply


@pytest.mark.parametrize(
    "typed",
    [
        "![](https://evil.example/x.png)",
        "<img src=https://evil.example/x.png>",
        '<form action="https://evil.example">',
        "</p></div><script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "`code` **bold** _it_ | a ~ $x$ # h",
        "one line\nand another",
    ],
)
def test_what_is_typed_is_shown_as_typed(typed: str) -> None:
    """No tag of a question is rendered, and the history gives back the very words."""
    message = messages.asked(typed, "en")
    inner = re.search(r"<p lang=\"en\">(.*)</p></div>", message["content"])
    assert inner is not None
    assert "<" not in inner[1].replace("<br>", "")
    [turn] = chat.turns([{"role": "user", "content": [{"type": "text", "text": message["content"]}]}])
    assert turn.content == typed


def test_withheld_sentences_are_text(scripted: Scripted) -> None:
    """What the check withheld can be unfolded, with the reason, and renders nothing of its own."""
    evil = "They must\n\n![](https://evil.example/x)\n\n<img src=x>"
    scripted.dropped = (Dropped(evil, ("iii.p1.s1",), ("modality_upgrade",)),)
    [details] = re.findall(r"<details.*?</details>", last(service_with(scripted), "Q"))
    assert "states an intention as a duty or a fact" in details
    assert "<img" not in details


def test_history_is_words_only(scripted: Scripted) -> None:
    """What goes back to the core holds no badge, no tags, no links and no buttons, and at most eight turns."""
    answer = steps(service_with(scripted), "Q")[-1].reply
    turns = chat.turns([*([messages.asked("old", "en")] * 20), answer])
    assert len(turns) == 8
    said = turns[-1].content
    assert said.startswith("The text says:")
    assert "[Section III, sentence 1]" in said
    for left_out in ("<", "#iii", "Quotes only", "Copy", "fusion", "Answer"):
        assert left_out not in said


def test_stop_keeps_what_was_verified(scripted: Scripted) -> None:
    """The line about what is being done gives way to "Stopped."; a conversation without an answer stays as it is."""
    growing = steps(service_with(scripted, LLM), "Q")[1].reply
    [_, message] = messages.stopped([messages.asked("Q", "en"), growing], "en")
    assert "Stopped." in message["content"]
    assert 'href="#iii.p1.s1"' in message["content"]
    assert "growing" not in message["content"]
    assert 'class="act retry"' in message["content"]
    assert messages.stopped([], "en") == []


def test_a_long_question_is_not_echoed_whole_and_goes_back_to_be_shortened(scripted: Scripted) -> None:
    """A paste of a megabyte does not fill the conversation."""
    final = steps(service_with(scripted), "x" * 1_000_000)[-1]
    assert final.mend
    assert len(messages.plain(final.question)) == chat.LIMIT + 1


def test_the_last_question_can_be_asked_again(scripted: Scripted) -> None:
    """The question as it was typed, and the conversation before it."""
    first = [messages.asked("First?", "en"), steps(service_with(scripted), "First?")[-1].reply]
    again, before = chat.last_question([*first, messages.asked('And <b>"then"</b>?', "en")])
    assert again == 'And <b>"then"</b>?'
    assert before == first


def test_the_link_to_a_receipt_holds_the_answer(scripted: Scripted) -> None:
    """An answer links to its receipt below the page it stands on."""
    answer = last(service_with(scripted), "Is it binding?")
    [link] = re.findall(r'<a class="act receipt" href="([^"]*)"', answer)
    assert re.fullmatch(r"a/a_[0-9a-f]{64}\?lang=en#[\w-]+", html.unescape(link))
