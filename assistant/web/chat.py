"""The conversation as messages: what a reader sees while a question is answered, with links into the page's document.

Messages are Gradio's (``role``, ``content`` as Markdown, ``options``), made here without importing Gradio. They come
back from the browser with the next question, so nothing in them is trusted: history is only words.
"""

import html
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from assistant import render
from assistant.strings import strings
from assistant.types import Answer, Citation, Language, Mode, Request, Turn, VerifiedClaim
from assistant.web.limits import Limited, Refused
from assistant.web.service import NotReady, Service
from assistant.web.states import STATES
from assistant.web.visitor import NOBODY, Visitor

LIMIT = 500  # characters of a question; the core refuses longer ones on every surface
_HISTORY = 8  # turns

Message = dict[str, Any]


async def reply(
    service: Service,
    question: str,
    language: Language,
    mode: Mode | None,
    history: Sequence[Message],
    visitor: Visitor = NOBODY,
) -> AsyncIterator[Message]:
    """The assistant's message as it grows: first what is being done, then verified claims, last the whole answer.

    Whatever fails ends in a message that says so in plain words.
    """
    yield _message(_stage("searching", language))
    try:
        asking = await service.ask(Request(question, None, mode, turns(history)), visitor.at("chat"))
        shown: list[str] = []
        async with aclosing(asking.events()) as events:
            async for event in events:
                from assistant.ask import ClaimShown, Stage

                if isinstance(event, Answer):
                    yield finished(event)
                elif isinstance(event, ClaimShown):
                    # A model writes claim by claim; quote mode has them all at once, and the whole answer follows.
                    if service.config.llm_on and mode != "quote":
                        shown.append(_in_page(render.claim_markdown(event.claim, event.citations, language)))
                        yield _message("\n\n".join([*shown, _stage("writing", language)]))
                elif isinstance(event, Stage) and event.name != "searching":
                    yield _message("\n\n".join([*shown, _stage(event.name, language)]))
    except NotReady:
        yield failure("error_not_ready", language)
    except Refused as refused:
        yield refusal(refused, language)
    except Exception:  # noqa: BLE001 -- Gradio would cover the whole conversation with its own error
        yield failure("error_failed", language)


def asked(question: str) -> Message:
    """The reader's own message, shown as typed: no Markdown, no HTML, and no longer than a question may be."""
    shown = question if len(question) <= LIMIT else question[:LIMIT] + "…"
    return {"role": "user", "content": render.escape(shown)}


def finished(answer: Answer) -> Message:
    """An answer with its mode, and the questions that can follow it as options."""
    words = strings(answer.language)
    parts = []
    if answer.status in ("answered", "partial"):
        parts.append(_span(f"badge badge-{answer.mode}", words[f"badge_{answer.mode}"]))
    parts.append(_with_notes(answer))
    if answer.mode_note:
        parts.append(_span("mode-note", words[f"note_{answer.mode_note}"]))
    if answer.dropped:
        parts.append(_dropped(answer, words))
    message = _message("\n\n".join(parts))
    if answer.follow_ups:
        message["options"] = [{"value": question, "label": question} for question in answer.follow_ups]
    return message


def failure(key: str, language: Language) -> Message:
    """A message saying that a question was not answered; never to be taken for an answer."""
    words = strings(language)
    return _message(f"{_span('failure', words[key])} [{words['error_read']}](document?lang={language})")


def refusal(refused: Refused, language: Language) -> Message:
    """Why a question is not answered now, and when it may be asked again."""
    key = f"error_limited_{refused.scope}" if isinstance(refused, Limited) else "error_switched_off"
    text = strings(language)[key].format(seconds=refused.retry_after_seconds)
    if refused.state:
        text += " " + strings(language)[STATES[refused.state].words]
    return _message(f"{_span('failure', text)} [{strings(language)['error_read']}](document?lang={language})")


def stopped(history: Sequence[Message], language: Language) -> list[Message]:
    """The conversation after Stop: what was verified stays, the line about what is being done goes."""
    kept = [dict(message) for message in history]
    if kept and kept[-1]["role"] == "assistant":
        lines = re.sub(r'<span class="stage">[^<]*</span>', "", content(kept[-1])).rstrip()
        kept[-1] = _message("\n\n".join(filter(None, (lines, _span("stage", strings(language)["stopped"])))))
    return kept


def turns(history: Sequence[Message]) -> tuple[Turn, ...]:
    """The conversation for the core: the last messages as plain words."""
    return tuple(
        Turn(message["role"], _plain(content(message)))
        for message in history[-_HISTORY:]
        if message.get("role") in ("user", "assistant")
    )


def content(message: Message) -> str:
    """A message's text, whether it came as a string or, as Gradio sends it back, as a list of parts."""
    value = message.get("content")
    if isinstance(value, str):
        return value
    parts = [part.get("text") for part in value or () if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _message(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _stage(name: str, language: Language) -> str:
    return _span("stage", strings(language)[f"stage_{name}"])


def _span(css_class: str, text: str) -> str:
    return f'<span class="{css_class}">{html.escape(text)}</span>'


def _with_notes(answer: Answer) -> str:
    """The answer's Markdown with its notes set apart from what the text says."""
    text = _in_page(render.markdown(answer))
    for claim in answer.claims:
        if claim.kind == "note":
            line = _in_page(render.claim_markdown(claim, _cited(answer, claim), answer.language))
            text = text.replace(line, f'<div class="note">\n\n{line}\n\n</div>', 1)
    return text


def _cited(answer: Answer, claim: VerifiedClaim) -> tuple[Citation, ...]:
    return tuple(answer.citation(number) for number in claim.citations)


def _dropped(answer: Answer, words: Mapping[str, str]) -> str:
    # One line without blanks between lines: Markdown leaves such a block of HTML alone, whatever the model wrote.
    items = [
        f"<li>{html.escape(' '.join(drop.text.split()))} ({html.escape(_reasons(drop.reasons, words))})</li>"
        for drop in answer.dropped
    ]
    summary = words["dropped_summary"].format(count=len(items))
    return f"<details><summary>{html.escape(summary)}</summary><ul>{''.join(items)}</ul></details>"


def _reasons(codes: Sequence[str], words: Mapping[str, str]) -> str:
    return "; ".join(words[f"reason_{code}"] for code in codes)


def _in_page(markdown: str) -> str:
    """Links to the reader become links to the document beside the chat."""
    return markdown.replace("](/document#", "](#")


def _plain(markdown: str) -> str:
    """Markdown as ``asked`` and ``finished`` write it, back to words."""
    text = re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"(?<!\\)\[([^\]\\]+)\]\(#[^)\s]*\)", r"[\1]", text)
    text = re.sub(r"\\([\\`*_\[\]!#|~$])", r"\1", text)
    return html.unescape(text).strip()
