"""The document as plain HTML, readable and searchable without JavaScript, and as the exact text of record."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from assistant.strings import strings
from assistant.types import Language
from assistant.web.outline import Outline, lay_out
from assistant.web.pages import html, language_of, page, page_language, page_route
from assistant.web.service import Service
from index.document import Document
from index.reading_aid import ReadingAid

MAX_QUERY = 200  # characters; no sentence holds a longer phrase anyone would look for


def long_date(document: Document, language: Language) -> str:
    """The date of the document as written in a language: October 28, 2025 / 2025年10月28日."""
    date = document.date
    if date is None or language == "en":
        return document.date_line.text
    return f"{date.year}年{date.month}月{date.day}日"


def full_title(document: Document, aid: ReadingAid | None, language: Language) -> str:
    """What the document is called in a language, without its date."""
    return aid.sentences["title"] if aid and language == "ja" else document.title.text


def router(service: Service) -> APIRouter:
    """``GET /document`` and ``GET /document.txt``."""
    routes = APIRouter()

    @page_route(routes, "/document")
    def document(request: Request) -> HTMLResponse:
        language = page_language(request)
        query = request.query_params.get("q", "")[:MAX_QUERY].strip()
        aid = {"0": False, "1": True}.get(request.query_params.get("aid", ""), language == "ja")
        return html(document_page(service.document, service.reading_aid, language, query, aid))

    @page_route(routes, "/document.txt")
    def text_of_record(request: Request) -> Response:
        tag = f'"{service.document.sha256}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        wanted = [entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")]
        if tag in wanted or "*" in wanted:
            return Response(status_code=304, headers=headers)
        body = service.document.source.encode("utf-8")
        return Response(body, media_type="text/plain; charset=utf-8", headers=headers)

    return routes


def document_page(
    document: Document, aid: ReadingAid | None, language: Language, query: str = "", show_aid: bool = False
) -> str:
    """The reader's HTML; a search that hits the reading aid shows those lines even when the aid is hidden."""
    outline = lay_out(document, aid, language, query)

    def link(**changes: str) -> str:
        """An address of this page with other parameters; what is empty, or usual in the language, is left out."""
        wanted = {"lang": language, "q": query, "aid": "1" if show_aid else "0"} | changes
        if wanted["aid"] == ("1" if wanted["lang"] == "ja" else "0"):
            del wanted["aid"]
        return "document?" + urlencode({name: value for name, value in wanted.items() if value})

    return page(
        "document.html",
        language,
        outline=outline,
        has_aid=aid is not None,
        show_aid=show_aid,
        query=query,
        query_language=language_of(query) if query else language,
        result=_result(outline, query, language),
        link=link,
        date=long_date(document, language),
        sha256=document.sha256,
    )


def _result(outline: Outline, query: str, language: Language) -> Markup | None:
    """What a search came to, with the words that were looked for marked as the language they are in."""
    if not query:
        return None
    words = Markup('<span lang="{}">{}</span>').format(language_of(query), query)
    if outline.as_words:
        return escape(strings(language)["reader_words"]).format(query=words, sentences=len(outline.found))
    key = {0: "reader_hits_0", 1: "reader_hits_1"}.get(outline.hits, "reader_hits")
    return escape(strings(language)[key]).format(query=words, count=outline.hits, sentences=len(outline.found))
