"""What surrounds every request: known routes only, bodies of bounded size, and headers that keep the page to itself."""

import json
import re
import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.strings import choose_language
from assistant.web.api import error_body
from assistant.web.errors import error_page, wants_page

API_BODY = 16 * 1024  # bytes
# Gradio's page sends the whole conversation with every question; a megabyte is several hundred answers.
CHAT_BODY = 1024 * 1024

# Gradio brings routes for uploads, files on disk, proxying, deep links, components' own server calls, recordings,
# monitoring, its API description and its run history. The chat needs these and no others.
_CHAT_ROUTES = re.compile(
    r"/|(?:/ja)?/(?:"
    r"config/?|theme\.css|manifest\.json"
    r"|assets/[\w./@-]+|static/[\w./@-]+"
    r"|gradio_api/(?:info/?|app_id/?|startup-events|theme\.css|reset/?|cancel"
    r"|queue/(?:join|data)|call/(?:v2/)?\w+(?:/\w+)?|heartbeat/\w+)"
    r")"
)
_OWN_ROUTES = re.compile(
    r"/(?:document(?:\.txt)?|about|privacy|accessibility|a/\w+|favicon\.ico|robots\.txt"
    r"|api/.+|healthz|readyz|site/[\w.-]+)"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The security headers of every answer."""

    frame_origins: tuple[str, ...] = ()

    def content_security_policy(self, nonce: str) -> str:
        """Gradio needs inline styles and, by nonce, its own inline scripts; nothing may be fetched from elsewhere."""
        ancestors = " ".join(("'self'", *self.frame_origins))
        return "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' 'nonce-{nonce}'",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data:",
                "font-src 'self' data:",
                "connect-src 'self'",
                f"frame-ancestors {ancestors}",
                "base-uri 'self'",
                "form-action 'self'",
                "object-src 'none'",
            )
        )

    def apply(self, headers: MutableHeaders, nonce: str) -> None:
        """Set the headers on an answer."""
        headers["Content-Security-Policy"] = self.content_security_policy(nonce)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not self.frame_origins:  # older browsers know no list of origins, only this
            headers["X-Frame-Options"] = "SAMEORIGIN"


class Shell:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, policy: Policy, root_path: str = "") -> None:
        self._app = app
        self._policy = policy
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; websockets, which nothing here uses, are closed."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        send = _with_headers(send, self._policy)
        path = self._local_path(scope["path"])
        if not (_OWN_ROUTES.fullmatch(path) or _CHAT_ROUTES.fullmatch(path)):
            await _refuse(scope, send, path, 404, "not_found", f"there is nothing at {path!r}")
            return
        if scope["method"] in ("POST", "PUT", "PATCH"):
            limit = CHAT_BODY if _CHAT_ROUTES.fullmatch(path) else API_BODY
            body = await _read(Headers(scope=scope), receive, limit)
            if body is None:
                message = f"the body is larger than {limit} bytes"
                await _refuse(scope, send, path, 413, "too_large", message)
                return
            receive = _replay(body, receive)
        # The ASGI way of saying it, whatever the proxy did: the path in full, and the part of it that is not ours.
        full = self._root_path + path
        await self._app({**scope, "root_path": self._root_path, "path": full, "raw_path": full.encode()}, receive, send)

    def _local_path(self, path: str) -> str:
        """The path below the root path, whether or not the proxy in front has removed that."""
        if self._root_path and (path == self._root_path or path.startswith(self._root_path + "/")):
            return path[len(self._root_path) :] or "/"
        return path


def _with_headers(send: Send, policy: Policy) -> Send:
    """Adds the headers, and the nonce to the scripts of an HTML page (which is held back until it is whole)."""
    nonce = secrets.token_urlsafe(16)
    start: Message | None = None
    page: list[bytes] = []

    async def wrapped(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            policy.apply(headers, nonce)
            message = {**message, "headers": headers.raw}
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                start = message
                return
        elif message["type"] == "http.response.body" and start is not None:
            page.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(page).replace(b"<script", f'<script nonce="{nonce}"'.encode())
            headers = MutableHeaders(raw=start["headers"])
            if "content-length" in headers:  # an answer to HEAD states a length and has no body
                headers["content-length"] = str(len(body)) if body else headers["content-length"]
            await send(start)
            start = None
            message = {"type": "http.response.body", "body": body}
        await send(message)

    return wrapped


async def _read(headers: Headers, receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None as soon as it is known to be larger than ``limit`` bytes."""
    stated = headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")  # a client that leaves sends no body and no more
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read to the application; after it, what the connection brings (its end)."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _refuse(scope: Scope, send: Send, path: str, status: int, code: str, message: str) -> None:
    headers = Headers(scope=scope)
    if wants_page(headers):
        base = "../" * (path.count("/") - 1) or "./"
        wished = QueryParams(scope["query_string"].decode("latin-1")).get("lang")
        body = error_page(status, choose_language(wished, headers.get("accept-language")), base).encode()
        kind = b"text/html; charset=utf-8"
    else:
        body = json.dumps(error_body(code, message)).encode()
        kind = b"application/json"
    start = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if status == 413:
        start.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
