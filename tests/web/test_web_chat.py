"""The conversation: what is shown while answering, what is never rendered, and what goes back as history."""

import asyncio
import re
from dataclasses import replace

import pytest

from assistant.config import Config, LlmSettings
from assistant.types import Dropped, Language
from assistant.web import chat
from assistant.web.service import Service
from tests.web.scripted import Scripted, service_with

LLM = replace(Config(), llm=LlmSettings("m", "http://127.0.0.1:9/v1", None, "Example"))


def replies(service: Service, question: str, language: Language = "en") -> list[chat.Message]:
    async def collect() -> list[chat.Message]:
        return [message async for message in chat.reply(service, question, language, None, [])]

    return asyncio.run(collect())


def test_something_is_shown_at_once_and_the_answer_last(scripted: Scripted) -> None:
    """First the searching line, last the whole answer with its mode, in-page citations and follow-up."""
    first, *_, last = replies(service_with(scripted), "Is it binding?")
    assert "Searching the text…" in first["content"]
    assert "Quotes only (no AI)" in last["content"]
    assert "[Section III, sentence 1](#iii.p1.s1)" in last["content"]
    assert "/document#" not in last["content"]
    assert [option["value"] for option in last["options"]] == ["What does it say about fusion?"]


def test_with_a_model_verified_claims_come_one_by_one(scripted: Scripted) -> None:
    """Each step keeps what was shown before it."""
    steps = [message["content"] for message in replies(service_with(scripted, LLM), "Q")]
    assert [step.count("](#iii.") for step in steps] == [0, 1, 2, 2]


def test_words_follow_the_language_of_the_answer(scripted: Scripted) -> None:
    """A Japanese question on an English page is answered in Japanese, badge and labels too."""
    *_, last = replies(service_with(scripted), "法的拘束力はありますか")
    assert "引用のみ（AI不使用）" in last["content"]
    assert "[第III節 第1文](#iii.p1.s1)" in last["content"]


def test_the_notes_are_set_apart(scripted: Scripted) -> None:
    """A note is in a box of its own, and only there."""
    *_, last = replies(service_with(scripted), "Is it binding?")
    answer = scripted.answer(scripted.asked[0])
    notes = [claim.text for claim in answer.claims if claim.kind == "note"]
    boxes = re.findall(r'<div class="note">\n\n(.*?)\n\n</div>', last["content"], re.DOTALL)
    assert len(boxes) == len(notes)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_failures_are_plain_words(scripted: Scripted, language: Language) -> None:
    """Neither an error while answering nor one while opening tells its internals or looks like an answer."""
    scripted.fails = True
    *_, failed = replies(service_with(scripted), "Q", language)

    def broken(_: Config) -> Scripted:
        raise RuntimeError("secret internal path /etc/x")

    service = Service(Config(), broken)  # type: ignore[arg-type]
    service.start()
    *_, closed = replies(service, "Q", language)
    for message in (failed, closed):
        assert 'class="failure"' in message["content"]
        assert "document?lang=" in message["content"]
        assert "secret" not in message["content"]
    assert failed["content"] != closed["content"]


@pytest.mark.parametrize(
    "typed",
    [
        "![](https://evil.example/x.png)",
        "<img src=https://evil.example/x.png>",
        '<form action="https://evil.example">',
        "[x](javascript:alert(1))",
        "`code` **bold** _it_ | a ~ $x$ # h",
    ],
)
def test_what_is_typed_is_shown_as_typed(typed: str) -> None:
    """No tag, image or link of a question is rendered, and the history gives back the very words."""
    shown = chat.asked(typed)["content"]
    assert "<" not in shown
    assert not re.search(r"(?<!\\)[\[`*_!|~$#]", shown)
    [turn] = chat.turns([{"role": "user", "content": [{"type": "text", "text": shown}]}])
    assert turn.content == typed


def test_withheld_sentences_are_text(scripted: Scripted) -> None:
    """What the check withheld can be unfolded, with the reason, and renders nothing of its own."""
    evil = "They must\n\n![](https://evil.example/x)\n\n<img src=x>"
    scripted.dropped = (Dropped(evil, ("iii.p1.s1",), ("modality_upgrade",)),)
    *_, last = replies(service_with(scripted), "Q")
    [details] = re.findall(r"<details>.*?</details>", last["content"], re.DOTALL)
    assert "states an intention as a duty or a fact" in details
    assert "\n" not in details  # a blank line would end the block of HTML and let Markdown in
    assert "<img" not in details


def test_history_is_words_only(scripted: Scripted) -> None:
    """What goes back to the core holds no badge, no tags and no addresses, and at most eight turns."""
    *_, last = replies(service_with(scripted), "Q")
    turns = chat.turns([*([chat.asked("old")] * 20), last])
    assert len(turns) == 8
    assert "[Section III, sentence 1]" in turns[-1].content
    assert "<" not in turns[-1].content
    assert "#iii" not in turns[-1].content


def test_stop_keeps_what_was_verified() -> None:
    """The line about what is being done gives way to "Stopped."; a conversation without an answer stays as it is."""
    running = {"role": "assistant", "content": '> A quote [x](#iii.p1.s1)\n\n<span class="stage">Writing…</span>'}
    [_, message] = chat.stopped([chat.asked("Q"), running], "en")
    assert message["content"] == '> A quote [x](#iii.p1.s1)\n\n<span class="stage">Stopped.</span>'
    assert chat.stopped([], "en") == []


def test_a_long_question_is_not_echoed_whole() -> None:
    """A paste of a megabyte does not fill the conversation."""
    assert len(chat.asked("x" * 1_000_000)["content"]) == chat.LIMIT + 1
