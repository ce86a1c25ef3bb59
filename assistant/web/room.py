"""The room the chat stands in: what of the page is plain HTML, there before any script has run.

Heading, first screen and document come with the page itself, in both languages; Gradio brings the conversation and
the question box. So a reader sees at once what this is, and a switch of language touches no conversation.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from assistant import render
from assistant.config import Config
from assistant.feedback import MAX_COMMENT, REASONS
from assistant.strings import strings
from assistant.types import LANGUAGES, Language
from assistant.web.chat import LIMIT
from assistant.web.outline import lay_out
from assistant.web.pages import page
from assistant.web.reader import full_title, long_date
from assistant.web.service import Service

# Texts the page's scripts say, beside those that stand in the page.
_SPOKEN = """chat_slow page_title panel_search counter counter_over stage_searching copied
link_copied copy_sentence copy_failed shown_in_document cleared error_requests error_open error_busy
error_offline error_refused wait_soon wait_second wait_seconds wait_minutes transcript_title transcript_saved
transcript_file notice panel_hits panel_hits_0 tools_label state_label feedback_thanks feedback_thanks_question
feedback_full feedback_failed answer_heading question_heading check_answer copied_citation
copied_quote copied_source copied_check""".split()


def room(service: Service, language: Language, gradio: str, here: str) -> str:
    """The page's body; ``gradio`` is the element Gradio builds the chat in, ``here`` the address of this page."""
    document, aid = service.document, service.reading_aid
    legal = document.by_address.get("iii.p1.s1")
    texts = {la: strings(la) for la in LANGUAGES}
    titles: Mapping[Language, str] = {la: full_title(document, aid, la) for la in LANGUAGES}
    dates = {la: long_date(document, la) for la in LANGUAGES}
    return page(
        "room.html",
        language,
        gradio=Markup(gradio),  # noqa: S704 -- Gradio's own markup, taken from the page it made
        here=here,
        texts=texts,
        mode="llm" if service.config.llm_on else "quote",
        subtitle={la: escape(texts[la]["subtitle"]).format(date=_whole(dates[la])) for la in LANGUAGES},
        what={
            la: _sentences(texts[la]["welcome_what_llm" if service.config.llm_on else "welcome_what_quote"], la)
            for la in LANGUAGES
        },
        which={
            la: escape(texts[la]["welcome_document_text"]).format(
                title=titles[la], signed=_whole(texts[la]["welcome_signed"].format(date=dates[la]))
            )
            for la in LANGUAGES
        },
        legal=legal
        and {
            "address": legal.address,
            "text": legal.text,
            "label": {la: render.label(document, legal.address, la) for la in LANGUAGES},
            "aid": aid.sentences[legal.address] if aid else None,
        },
        whose={la: texts[la]["embed_whose"].format(operator=_operator(service.config, texts[la])) for la in LANGUAGES},
        facts={la: facts(service.config, la) for la in LANGUAGES},
        reasons=REASONS if service.config.feedback_on else (),
        max_comment=MAX_COMMENT,
        days=service.config.feedback_days,
        has_aid=aid is not None,
        outline=lay_out(document, aid, language),
        page_words=_json(
            {
                "limit": LIMIT,
                "document": {
                    la: texts[la]["welcome_document_dated"].format(title=titles[la], date=dates[la]) for la in LANGUAGES
                },
                **{la: {key: texts[la][key] for key in _SPOKEN} for la in LANGUAGES},
            }
        ),
    )


def _sentences(text: str, language: Language) -> Markup:
    """Each sentence of a text on a line of its own."""
    end = r"(?<=。)(?=.)" if language == "ja" else r"(?<=\.) "
    between = escape("" if language == "ja" else " ")
    return between.join(Markup("<span>{}</span>").format(sentence) for sentence in re.split(end, text))


def _whole(text: str) -> Markup:
    """A text that is not broken at the end of a line."""
    return Markup('<span class="whole">{}</span>').format(text)


def facts(config: Config, language: Language) -> list[tuple[str, str, str | None]]:
    """What the first screen tells of the service: (name, text, address to link to or None)."""
    words = strings(language)
    between = "" if language == "ja" else " "
    rows: list[tuple[str, str, str | None]] = [
        (words["welcome_official"], words["welcome_official_text"], None),
        (words["welcome_operator"], _operator(config, words), None),
        (words["welcome_sending"], between.join(_sending(config, words)), None),
        (words["welcome_storage"], between.join(_storage(config, words)), None),
    ]
    if config.official_url:
        rows.append((words["welcome_official_source"], config.official_url, config.official_url))
    return rows


def _operator(config: Config, words: Mapping[str, str]) -> str:
    if not config.operator_name:
        return words["operator_unnamed"]
    if not config.operator_contact:
        return config.operator_name
    return words["welcome_operator_contact"].format(name=config.operator_name, contact=config.operator_contact)


def _storage(config: Config, words: Mapping[str, str]) -> Iterator[str]:
    """What is kept, a sentence or two for each place where it is."""
    if config.llm_on and config.web.cache_seconds:
        yield words["welcome_storage_cache"].format(minutes=config.web.cache_minutes)
    elif not config.feedback_on:
        yield words["welcome_storage_text"]
    if config.feedback_on:
        yield words["welcome_storage_feedback"].format(days=config.feedback_days)


def _sending(config: Config, words: Mapping[str, str]) -> Iterator[str]:
    """Where a question goes; an embedding server gets every one, with a language model or without."""
    embedding = config.index.embedding_model
    if config.llm is not None:
        key = "sending_llm" if config.llm.vendor else "sending_llm_unnamed"
        key += "_embedding" if embedding else ""
        yield words[key].format(vendor=config.llm.vendor, model=config.llm.model)
    elif not embedding:
        yield words["sending_none"]
    if embedding:
        yield words["sending_embedding" if config.llm_on else "sending_embedding_only"].format(embedding=embedding)


def _json(value: Any) -> Markup:
    """JSON that may stand in a script element: no ``<`` in it ends the element or begins another."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704
