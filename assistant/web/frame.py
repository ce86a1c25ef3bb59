"""The page around Gradio: which language's page a reader gets, and a head of our own instead of Gradio's adverts."""

import html
import re

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.strings import choose_language, strings
from assistant.types import Language

_ADVERTS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')
# Makes an embedding page resize the frame; the embedding page is not ours to script.
_RESIZER = re.compile(r"<script>\s*\(\(\) => \{\s*const root = .*?\}\)\(\);\s*</script>", re.DOTALL)


class Frame:
    """Sends ``/`` to the page in the reader's language and finishes its HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; only the page itself is changed."""
        root_path = scope.get("root_path", "")
        if scope["type"] != "http" or scope["path"].removeprefix(root_path) not in ("/", ""):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        query = QueryParams(scope["query_string"].decode("latin-1"))
        language = choose_language(query.get("lang"), headers.get("accept-language"))
        path = f"{root_path}/ja/" if language == "ja" else f"{root_path}/"
        # Uncompressed, because the page is still to be changed; it is the one answer that is.
        kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        scope = {**scope, "path": path, "raw_path": path.encode(), "headers": kept}
        await self._app(scope, receive, _finishing(send, language))


def finish(page: str, language: Language) -> str:
    """Gradio's page with our title, language, style and script, and without what points to other hosts."""
    words = strings(language)
    page = _RESIZER.sub("", _ADVERTS.sub("", page))
    page = re.sub(r'<html\s+lang="en"', f'<html lang="{language}" data-language="{language}"', page, count=1)
    head = (
        f"<title>{html.escape(words['page_title'])}</title>\n"
        '\t\t<meta name="color-scheme" content="light dark">\n'
        '\t\t<link rel="icon" href="site/favicon.svg" type="image/svg+xml">\n'
        '\t\t<link rel="stylesheet" href="site/chat.css">\n'
        '\t\t<script src="site/chat.js" defer></script>\n\t</head>'
    )
    page = page.replace("</head>", head, 1)
    without_script = (
        f'<noscript><p style="padding:1rem">{html.escape(words["noscript"])} '
        f'<a href="document?lang={language}">{html.escape(words["open_document"])}</a></p></noscript>\n\t</body>'
    )
    return page.replace("</body>", without_script, 1)


def _finishing(send: Send, language: Language) -> Send:
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
            body = finish(body.decode("utf-8"), language).encode("utf-8")
            headers["content-length"] = str(len(body))
        headers["vary"] = "Accept-Language"
        headers["cache-control"] = "no-cache"
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})

    return wrapped
