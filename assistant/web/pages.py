"""Pages that need no script: one set of templates, one way to choose the language, GET and HEAD and nothing else."""

import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from assistant.strings import choose_language, strings
from assistant.types import Language

Handler = TypeVar("Handler", bound=Callable[..., Any])

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_JAPANESE_RUN = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+")


def language_of(text: str) -> Language:
    """The language a text looks to be written in: what it is marked as where nobody has judged it."""
    return "ja" if _JAPANESE.search(text) else "en"


def marked(text: str, language: Language) -> Markup:
    """A text as HTML in a page of ``language``: Japanese in an English page is marked as such (WCAG 3.1.2).

    Single English words and names in Japanese are Japanese usage, as the criterion allows.
    """
    if language == "ja":
        return escape(text)
    pieces, end = [], 0
    for run in _JAPANESE_RUN.finditer(text):
        pieces += [escape(text[end : run.start()]), Markup('<span lang="ja">{}</span>').format(run[0])]
        end = run.end()
    return Markup("").join([*pieces, escape(text[end:])])


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["marked"] = marked
# Stands in our own script elements, and in no others, where the shell puts the nonce of each answer. Nobody outside
# knows it: words of a visitor that look like a script get no nonce, wherever they stand.
NONCE = secrets.token_hex(16)
_TEMPLATES.globals["nonce"] = NONCE


def page_language(request: Request) -> Language:
    """The language a page is wanted in: ``?lang=``, else the browser's."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))


def page(template: str, language: Language, base: str = "", **values: Any) -> str:
    """A template's HTML in a language; ``base`` leads from the page to the service's root: empty, or ``../``."""
    words: Mapping[str, str] = strings(language)
    return _TEMPLATES.get_template(template).render(language=language, words=words, base=base, **values)


def html(text: str) -> HTMLResponse:
    """A page's answer: which one it is depends on the browser's language, and it is asked for anew."""
    return HTMLResponse(text, headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"})


def page_route(routes: APIRouter, path: str) -> Callable[[Handler], Handler]:
    """A route for reading: GET and HEAD, and not part of the API's description."""

    def register(handler: Handler) -> Handler:
        routes.add_api_route(path, handler, methods=["GET", "HEAD"], include_in_schema=False)
        return handler

    return register
