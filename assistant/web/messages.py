"""Messages of the conversation as HTML, and back to words.

Everything that is not ours is escaped by the template, and a message is one line, because Gradio reads messages as
Markdown: a block of HTML without a blank line is passed on as it stands.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant import receipt, render
from assistant.render import wording
from assistant.strings import strings
from assistant.types import Answer, Citation, ClaimKind, Language, VerifiedClaim
from assistant.web.limits import Limited, Refused, SwitchedOff
from assistant.web.pages import language_of, page
from assistant.web.states import STATES

LIMIT = 500  # characters of a question; the core refuses longer ones on every surface

Message = dict[str, Any]

# What comes back from a browser may be anything: no pattern looks at a character more than a few times.
_ENDS = re.compile(r'</div>\s?<div class="more">')

# Why a model did not write, where another try may go better.
_PASSING = ("llm_timeout", "llm_unavailable", "llm_busy", "llm_cut", "llm_invalid", "gate_dropped_all")
# What a message may hold, all of it left out.
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("id", "stage", "badge", "lead", "rest", "mode_note", "link", "next_label")),
    **dict.fromkeys(("claims", "related", "dropped", "follow_ups"), ()),
    "retry": False,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim ready to be shown: what it says, what it rests on, and the heading it stands under, if a new one."""

    text: str
    kind: ClaimKind
    citations: tuple[Citation, ...]
    heading: str | None = None
    also: bool = False  # a quote that stands after what a model wrote


@dataclass(frozen=True, slots=True)
class Near:
    """A passage near to a question that nothing answers; ``cut``: its sentence goes on."""

    text: str
    cut: bool
    address: str
    label: str
    reading_aid: str | None


def asked(question: str, language: Language) -> Message:
    """The reader's own message, shown as typed and no longer than a question may be."""
    shown = question.strip()
    shown = shown if len(shown) <= LIMIT else shown[:LIMIT] + "…"
    return _asked(html.escape(shown).replace("\r", "").replace("\n", "<br>"), language, language_of(shown))


def withheld(language: Language) -> Message:
    """Stands where a question with personal data stood: nothing of it is kept, shown again or sent along."""
    return _asked(f"<em>{html.escape(strings(language)['question_withheld'])}</em>", language, language)


def growing(claims: Iterable[tuple[VerifiedClaim, tuple[Citation, ...]]], stage: str, language: Language) -> Message:
    """An answer while it is made: what was verified so far, and what is being done."""
    shown = [Shown(claim.text, claim.kind, citations) for claim, citations in claims]
    return _answer(language, "growing", stage=strings(language)[f"stage_{stage}"], claims=shown)


def finished(answer: Answer, page_language: Language, aids: Mapping[str, str]) -> Message:
    """An answer with its mode, its evidence and what can be done with it; its receipt opens in the page's language.

    ``aids`` are the reading aid's sentences by address, for the nearest passages of a Japanese answer.
    """
    words = strings(answer.language)
    evidence = answer.status in ("answered", "partial")
    # What was declined or small talk has nothing to copy or check; a question with personal data least of all.
    kept = evidence or answer.status == "not_in_document"
    return _answer(
        answer.language,
        answer.status,
        id=answer.id if kept else None,
        badge=answer.mode if kept else None,
        lead=_lead(answer),
        claims=tuple(_shown(answer)),
        rest=wording("frame.rest_absent", answer.language, count=answer.compared)
        if answer.status == "partial"
        else None,
        related=tuple(_near(answer, aids)),
        mode_note=answer.mode_note,
        dropped=[
            {
                "text": drop.text,
                "language": language_of(drop.text or ""),
                "why": words["dropped_between"].join(words[f"reason_{code}"] for code in drop.reasons),
            }
            for drop in answer.dropped
        ],
        retry=answer.mode == "llm" or answer.mode_note in _PASSING,
        link=receipt.link(render.answer_object(answer), "", page_language).lstrip("/") if kept else None,
        follow_ups=answer.follow_ups,
        next_label=wording("frame.readings", answer.language)
        if answer.reason == "unclear"
        else words["next_questions"],
    )


def failure(key: str, language: Language) -> Message:
    """Says that a question was not answered; never to be taken for an answer."""
    return _answer(language, "failure", lead=strings(language)[key], retry=True)


def refusal(refused: Refused, language: Language) -> Message:
    """Why a question is not answered now, and when it may be asked again."""
    words = strings(language)
    # Refused requests never come this far: the page's script tells of them.
    if isinstance(refused, Limited):
        key = f"error_limited_{refused.scope}"
    else:
        key = "error_switched_off" if isinstance(refused, SwitchedOff) else "error_crowded"
    said = [words[key].format(seconds=refused.retry_after_seconds)]
    said += [words[STATES[refused.state].words]] if refused.state else []
    return _answer(language, "failure", lead=" ".join(said), retry=True)


def stopped(history: Sequence[Message], language: Language) -> list[Message]:
    """The conversation after Stop: what was verified stays, the line about what is being done says so."""
    kept = [dict(message) for message in history]
    if kept and kept[-1]["role"] == "assistant":
        words = strings(language)
        text = re.sub(
            r'<span class="stage">[^<]*</span>', f'<span class="stopped">{words["stopped"]}</span>', content(kept[-1])
        ).replace('"answer growing"', '"answer stopped"')
        again = f'<div class="more"><p class="acts"><button class="act retry">{words["retry"]}</button></p>'
        kept[-1] = {"role": "assistant", "content": text.replace('<div class="more">', again, 1)}
    return kept


def content(message: Message) -> str:
    """A message's text, whether it came as a string or, as Gradio sends it back, as a list of parts."""
    value = message.get("content")
    if isinstance(value, str):
        return value
    parts = [part.get("text") for part in value or () if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def plain(message: Message) -> str:
    """What a message says, without marks: the question, or the answer's words with its citations in brackets."""
    text = content(message)
    _, begins, said = text.partition('<div class="words">')
    ends = _ENDS.search(said) if begins else None
    text = said[: ends.start()] if ends else re.sub(r"<h2[^<>]*>[^<]*</h2>", "", text)
    text = re.sub(r'<a class="cite"[^<>]*>([^<]*)</a>', r"[\1]", text)
    text = re.sub(r"<br>|</p>", "\n", text)
    text = re.sub(r"<[^<>]*>|&#[\dA-Fa-fxX]{9,};?", "", text)  # no character has such a number, and Python reads none
    text = html.unescape(text)
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())


def _asked(words: str, page_language: Language, language: Language) -> Message:
    heading = html.escape(strings(page_language)["question_heading"])
    heading = f'<h2 class="vh" lang="{page_language}">{heading}</h2>'
    return {"role": "user", "content": f'<div class="asked">{heading}<p lang="{language}">{words}</p></div>'}


def _answer(language: Language, state: str, **values: Any) -> Message:
    text = page("answer.html", language, state=state, **(_NOTHING | values))
    return {"role": "assistant", "content": re.sub(r"[\r\n]\s*", " ", text).strip()}


def _lead(answer: Answer) -> str | None:
    """The sentence an answer begins with."""
    language = answer.language
    if answer.status in ("answered", "partial"):
        return wording(f"frame.{answer.status}", language) if answer.mode == "quote" else None
    if answer.status == "not_in_document":
        sentences = [wording("frame.not_in_document", language, count=answer.compared)]
        sentences += [wording("frame.missing_word", language, word=word) for word in answer.missing_words]
        if answer.reason == "after_document":
            sentences.append(wording("frame.after_document", language))
        return (" " if language == "en" else "").join(sentences)
    return wording(f"{answer.status}.{answer.reason}", language)


def _near(answer: Answer, aids: Mapping[str, str]) -> Iterable[Near]:
    for related in answer.related:
        text = related.snippet.removesuffix(" …")  # the sign of what was left out is ours, not the document's
        aid = aids.get(related.address) if answer.language == "ja" else None
        yield Near(text, text != related.snippet, related.address, related.label, aid)


def _shown(answer: Answer) -> Iterable[Shown]:
    """The claims in order, with headings where many quotes come from several parts, or follow what a model wrote."""
    headings = dict(render.part_headings(answer))
    written = any(claim.kind == "statement" for claim in answer.claims)
    also = False
    for place, claim in enumerate(answer.claims):
        heading = headings.get(place)
        if written and claim.kind == "quote" and not also:
            also = True
            heading = strings(answer.language)["also_relevant_label"]
        citations = tuple(answer.citation(number) for number in claim.citations)
        yield Shown(claim.text, claim.kind, citations, heading, also and claim.kind == "quote")
