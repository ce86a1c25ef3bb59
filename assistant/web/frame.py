"""The page around Gradio: in which language a reader gets it, our own head and body, and how long parts may be kept."""

import functools
import html
import re
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.strings import choose_language, strings
from assistant.types import Language
from assistant.web.pages import NONCE
from assistant.web.room import room
from assistant.web.service import Service

_ADVERTS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
# Makes an embedding page resize the frame; the embedding page is not ours to script.
_RESIZER = re.compile(r"<script>\s*\(\(\) => \{\s*const root = .*?\}\)\(\);\s*</script>", re.DOTALL)
_MANIFEST = re.compile(r'<link rel="manifest"[^>]*>\s*')
_GRADIO = re.compile(r"<gradio-app\b.*?</gradio-app>", re.DOTALL)
_SCRIPTS = ("line", "chat", "document", "answer")
_YEAR = "public, max-age=31536000, immutable"
_WISHES = ("embed", "theme", "question")  # of an address, beside the language
_HERE = "<gradio-app></gradio-app>"  # where Gradio's element goes in a room that is kept


class Frame:
    """Sends ``/`` to the page in the reader's language and finishes its HTML; Gradio's own files may be kept."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        # Laying the room out takes most of the time a page takes, and only the opened index changes anything in it.
        kept = functools.cache(lambda language, _ready: room(service, language, _HERE, f"./?lang={language}"))
        self._room: Callable[[Language], str] = lambda language: kept(language, service.ready)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; only the page itself is changed."""
        root_path = scope.get("root_path", "")
        path = scope["path"].removeprefix(root_path) if scope["type"] == "http" else None
        if path not in ("/", ""):
            # The names of Gradio's files carry a digest of what is in them.
            keeps = path is not None and path.removeprefix("/ja").startswith("/assets/")
            await self._app(scope, receive, _kept(send) if keeps else send)
            return
        headers = Headers(scope=scope)
        query = QueryParams(scope["query_string"].decode("latin-1"))
        language = choose_language(query.get("lang"), headers.get("accept-language"))
        path = f"{root_path}/ja/" if language == "ja" else f"{root_path}/"
        # Uncompressed, because the page is still to be changed.
        kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        # Nor with what an address wishes: Gradio knows wishes of its own, for pages and files we do not have.
        inner = {**scope, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": kept}
        await self._app(inner, receive, _finishing(send, self._room, language, query))


def finish(page: str, room: str, language: Language, embedded: bool = False, theme: str = "") -> str:
    """Gradio's page with our title, language, style, scripts and room, and without what points to other hosts."""
    words = strings(language)
    page = _MANIFEST.sub("", _RESIZER.sub("", _ADVERTS.sub("", page)))
    marks = f'lang="{language}" data-language="{language}"'
    marks += ' class="embed"' if embedded else ""
    marks += f' data-theme="{theme}"' if theme in ("light", "dark") else ""
    page = re.sub(r'<html\s+lang="en"', f"<html {marks}", page, count=1)
    # Before Gradio's scripts, so that ours see its requests; all of them wait until the page is read.
    scripts = "\n".join(f'\t\t<script src="site/{name}.js" defer></script>' for name in _SCRIPTS)
    head = (
        f"<title>{html.escape(words['page_title'])}</title>\n"
        '\t\t<meta name="color-scheme" content="light dark">\n'
        '\t\t<link rel="icon" href="site/favicon.svg" type="image/svg+xml">\n'
        '\t\t<link rel="stylesheet" href="site/theme.css">\n'
        f'\t\t<link rel="stylesheet" href="site/chat.css">\n{scripts}\n\t\t<script data-gradio-mode>'
    )
    page = page.replace("<script data-gradio-mode>", head, 1)
    page = page.replace("<script", f'<script nonce="{NONCE}"')  # before anything of ours, and of a visitor's, is in it
    return _GRADIO.sub(lambda found: room.replace(_HERE, found[0], 1), page, count=1)


def _keeping_wishes(room: str, language: Language, query: QueryParams) -> str:
    """The room with a link to the other language that leads to the same form of the page."""
    other = "./?lang=" + ("en" if language == "ja" else "ja")
    wishes = {name: query[name] for name in _WISHES if query.get(name)}
    if not wishes:
        return room
    return room.replace(f'href="{other}"', f'href="{html.escape(f"{other}&{urlencode(wishes)}")}"', 1)


def _finishing(send: Send, room: Callable[[Language], str], language: Language, query: QueryParams) -> Send:
    start: Message = {}
    page: list[bytes] = []

    async def wrapped(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        if message["type"] != "http.response.body":
            await send(message)
            return
        page.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = b"".join(page)
        headers = MutableHeaders(raw=list(start["headers"]))
        if body and headers.get("content-type", "").startswith("text/html"):
            embedded, theme = query.get("embed") == "1", query.get("theme", "")
            shown = _keeping_wishes(room(language), language, query)
            body = finish(body.decode("utf-8"), shown, language, embedded, theme).encode("utf-8")
            headers["content-length"] = str(len(body))
        headers["vary"] = "Accept-Language"
        headers["cache-control"] = "no-cache"
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})

    return wrapped


def _kept(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["cache-control"] = _YEAR
            message = {**message, "headers": headers.raw}
        await send(message)

    return wrapped
