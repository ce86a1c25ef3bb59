"""What surrounds every request: known routes only, who sends it, how much, and headers that keep pages private."""

import asyncio
import json
import secrets
import time
from contextlib import ExitStack

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.strings import choose_language
from assistant.web import bodies, logs, posted
from assistant.web.allow_list import ALLOWED, Route
from assistant.web.api import error_body
from assistant.web.errors import Stop, error_page, wants_page
from assistant.web.headers import Policy, preflight
from assistant.web.limits import Busy, Limited, Refused, Stopping, SwitchedOff
from assistant.web.pages import NONCE
from assistant.web.service import Service
from assistant.web.visitor import Visitor, current, identify, looks_misconfigured

HEAD_FIELDS = 100
HEAD_BYTES = 32 * 1024


class Shell:
    """An ASGI application around another one."""

    def __init__(
        self, app: ASGIApp, service: Service, root_path: str = "", handlers: posted.Handlers = posted.NO_HANDLERS
    ) -> None:
        self._app = app
        self._handlers = handlers
        self._service = service
        self._settings = service.config.web
        self._policy = Policy(service.config.frame_origins, self._settings.cors_origins)
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; websockets, which nothing here uses, are closed."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        visitor = identify(scope, self._settings)
        if looks_misconfigured(scope, visitor):
            self._service.gate.recent.saw("proxy_not_listed")
        path = self._local_path(scope["path"])
        route = ALLOWED.find(path)
        if route is not None and route.kind != "operator":
            visitor = self._service.gate.recognised(visitor)
        watched = _Watched(send, self._policy, visitor, route, Headers(scope=scope).get("origin", ""))
        token = current.set(visitor)
        begun = time.perf_counter()
        try:
            await self._handle(scope, receive, watched, visitor, path, route)
            if watched.bare in (429, 503):
                raise self._refused(Busy("queue"), visitor)
            if watched.bare:
                raise Stop.in_place_of(watched.bare, *watched.kept)
        except Stop as stop:
            if watched.status:
                raise
            await _say(scope, watched, path, stop)
        except asyncio.CancelledError:
            # Told to stop, the server has waited long enough. A proxy may ask another replica; the server's own words
            # would be a 500, which it may not.
            if watched.status:
                raise
            await _say(scope, watched, path, Stop.of(Stopping()))
        except Exception as error:  # noqa: BLE001 -- whatever it is, its words stay here
            if watched.streams and _told(error, route):
                await watched({"type": "http.response.body", "body": b""})
            else:
                facts = {"error": type(error).__name__, "at": logs.place(error)}
                name = route.name if route else "none"
                logs.logger().error("request", route=name, request=visitor.request_id, **facts)
                # An answer under way is left without its end: the server closes the connection, and nobody takes what
                # came for the whole.
                if not watched.status:
                    await _say(scope, watched, path, Stop(500, "internal", "an error on the server; it has been noted"))
        finally:
            current.reset(token)
            self._service.gate.telemetry.request(route.name if route else "none", watched.status)
            # A 503 is counted, and logged by what refuses it: a crowd writes no line for each.
            if watched.status >= 500 and watched.status != 503:
                logs.logger().info(
                    "request",
                    route=route.name if route else "none",
                    method=scope["method"],
                    status=watched.status,
                    ms=round((time.perf_counter() - begun) * 1000),
                    request=visitor.request_id,
                )

    async def _handle(
        self, scope: Scope, receive: Receive, send: "_Watched", visitor: Visitor, path: str, route: Route | None
    ) -> None:
        """Everything that may stop a request, cheapest first; then the application."""
        headers = Headers(scope=scope)
        method = scope["method"]
        if len(scope["headers"]) > HEAD_FIELDS or sum(len(n) + len(v) for n, v in scope["headers"]) > HEAD_BYTES:
            raise Stop(431, "too_large", "the head of the request is too large", ((b"connection", b"close"),))
        if scope.get("state", {}).get("crowded") and (route is None or route.kind != "operator"):
            raise self._refused(Busy("connections"), visitor, (b"connection", b"close"))
        if route is None:
            raise Stop(404, "not_found", f"there is nothing at {path!r}")
        if method == "OPTIONS":
            await self._options(headers, send, route)
            return
        if not route.takes(method):
            allow = ((b"allow", route.allow.encode()),)
            raise Stop(405, "method_not_allowed", f"{path} takes {route.allow} only", allow)
        if method not in ("GET", "HEAD") and self._policy.from_elsewhere(headers):
            raise Stop(403, "cross_origin", "this page's origin may not send this; MOC_CORS_ORIGINS lists who may")
        if self._settings.signin_header and not visitor.user and route.kind != "operator":
            raise Stop(401, "sign_in", "sign in first; the proxy in front names who is signed in")
        if route.kind in ("page", "read", "write"):
            try:
                await self._service.gate.rates.request(visitor)
            except Limited as limited:
                raise self._refused(limited, visitor) from None
        if not visitor.known and self._service.gate.keeps_out(route, visitor):
            raise self._refused(Busy("newcomers"), visitor.at("chat" if route.kind == "write" else "api"))
        if route.name == "chat" and self._service.gate.switch == "off":
            raise Stop.of(SwitchedOff())
        with ExitStack() as under_way:
            if route.kind != "operator":
                try:
                    under_way.enter_context(self._service.gate.crowd.one(visitor))
                except Limited as limited:
                    raise self._refused(limited, visitor) from None
            await self._let_in(scope, receive, send, visitor, path, route)

    async def _let_in(
        self, scope: Scope, receive: Receive, send: "_Watched", visitor: Visitor, path: str, route: Route
    ) -> None:
        """Read the body, if there is one, and hand the request to the application."""
        headers = MutableHeaders(raw=self._believed(scope, visitor))
        if scope["method"] in ("POST", "PUT", "PATCH"):
            body = await bodies.read(Headers(scope=scope), receive, route.body)
            if route.name.startswith("gradio_"):
                body = self._rewritten(headers, path, body)
                headers["content-length"] = str(len(body))
            receive = bodies.replayed(body, receive)
        # The ASGI way of saying it, whatever the proxy did: the path in full, and the part of it that is not ours.
        full = self._root_path + path
        inner = {
            **scope,
            "root_path": self._root_path,
            "path": full,
            "raw_path": full.encode(),
            "scheme": "https" if visitor.https else "http",
            "client": (visitor.address, 0),
            "query_string": scope["query_string"] if _reads_query(route) else b"",
            "headers": headers.raw,
            "state": {**scope.get("state", {}), "visitor": visitor},
        }
        if not route.waits:
            await self._app(inner, receive, send)
            return
        with self._service.idle() as stopping:
            await self._app(inner, bodies.until(stopping, receive), send)

    def _rewritten(self, headers: Headers, path: str, body: bytes) -> bytes:
        """What of a body for Gradio comes through."""
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Stop(415, "unsupported_media_type", "send the body as application/json")
        try:
            return posted.rewritten(path, body, self._handlers)
        except ValueError as error:
            raise Stop(400, "bad_request", str(error)) from None

    def _refused(self, refused: Refused, visitor: Visitor, *headers: tuple[bytes, bytes]) -> Stop:
        self._service.gate.refused(refused, visitor)
        return Stop.of(refused, *headers)

    async def _options(self, headers: Headers, send: "_Watched", route: Route) -> None:
        asked = "access-control-request-method" in headers
        if asked and (not route.pages_elsewhere or headers.get("origin", "") not in self._settings.cors_origins):
            raise Stop(403, "cross_origin", "this page's origin may not send this; MOC_CORS_ORIGINS lists who may")
        send.extra = preflight(route) if asked else []
        allow = [(b"allow", route.allow.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 204, "headers": allow})
        await send({"type": "http.response.body", "body": b""})

    def _believed(self, scope: Scope, visitor: Visitor) -> list[tuple[bytes, bytes]]:
        """The headers without what only a listed proxy may say; nobody inside has to know which those are."""
        believe = visitor.proxied
        signin = self._settings.signin_header.encode()
        return [
            (name, value)
            for name, value in scope["headers"]
            if name != signin and (believe or not name.startswith((b"x-forwarded-", b"forwarded")))
        ]

    def _local_path(self, path: str) -> str:
        """The path below the root path, whether or not the proxy in front has removed that."""
        if self._root_path and (path == self._root_path or path.startswith(self._root_path + "/")):
            return path[len(self._root_path) :] or "/"
        return path


class _Watched:
    """Sends an answer with our headers, and the nonce in the scripts of a page (held back until it is whole)."""

    def __init__(self, send: Send, policy: Policy, visitor: Visitor, route: Route | None, origin: str) -> None:
        self._send, self._policy = send, policy
        self._visitor, self._route, self._origin = visitor, route, origin
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._page: list[bytes] = []
        self._said = False
        self.status = 0  # 0 until the answer begins
        self.bare = 0  # the status with which the inside refuses in words of its own, which are left out
        self.kept: list[tuple[bytes, bytes]] = []  # of its headers
        self.streams = False  # events under way
        self.extra: list[tuple[bytes, bytes]] = []  # set after the policy, which takes out what the inside says

    def says(self) -> None:
        """What the inside said was left out; what comes now is ours."""
        self.bare, self._said = 0, True

    async def __call__(self, message: Message) -> None:
        if self.bare:
            return
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            if self._is_bare(message["status"], headers):
                self.bare = message["status"]
                self.kept = [(name, value) for name, value in headers.raw if name in (b"allow", b"content-range")]
                return
            self.status = message["status"]
            self._policy.apply(headers, self._nonce, self._visitor, self._route, self._origin)
            message = {**message, "headers": [*headers.raw, *self.extra]}
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                self._start = message
                return
            self.streams = headers.get("content-type", "").startswith("text/event-stream")
        elif message["type"] == "http.response.body" and self._start is not None:
            self._page.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(self._page).replace(NONCE.encode(), self._nonce.encode())
            headers = MutableHeaders(raw=self._start["headers"])
            if "content-length" in headers:  # an answer to HEAD states a length and has no body
                headers["content-length"] = str(len(body)) if body else headers["content-length"]
            await self._send(self._start)
            self._start = None
            message = {"type": "http.response.body", "body": body}
        await self._send(message)
        self.streams = self.streams and (message["type"] == "http.response.start" or bool(message.get("more_body")))

    def _is_bare(self, status: int, headers: MutableHeaders) -> bool:
        """Whether a library says it: Gradio, or what gives files, in other shapes than ours."""
        if status in (429, 503):
            return "retry-after" not in headers
        if status < 400 or self._said:
            return False
        borrowed = self._route is not None and self._route.name.startswith(("gradio_", "chat"))
        return borrowed or headers.get("content-type", "").startswith("text/plain")


def _reads_query(route: Route) -> bool:
    """Gradio knows wishes of its own (a saved state, a list of all endpoints) that nobody may have here.

    Of its routes only the stream of a session names that in its query. What the page itself is wished with is ours, and
    ``frame`` keeps it from Gradio.
    """
    return route.name == "gradio_data" or not route.name.startswith("gradio_")


def _told(error: Exception, route: Route | None) -> bool:
    """Whether Gradio told it in the stream that it had begun already: there is no such session."""
    cause = error.__cause__
    gradios = route is not None and route.name in ("gradio_data", "gradio_result")
    return gradios and isinstance(cause, HTTPException) and cause.status_code == 404


async def _say(scope: Scope, send: _Watched, path: str, stop: Stop) -> None:
    """A page for people, JSON for programs."""
    send.says()
    headers = Headers(scope=scope)
    if wants_page(headers):
        base = "../" * (path.count("/") - 1) or "./"
        wished = QueryParams(scope["query_string"].decode("latin-1")).get("lang")
        language = choose_language(wished, headers.get("accept-language"))
        body = error_page(stop.status, language, base, stop.code).encode()
        kind = b"text/html; charset=utf-8"
    else:
        body = json.dumps(error_body(stop.code, str(stop))).encode()
        kind = b"application/json"
    start = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *stop.headers]
    start.append((b"cache-control", b"no-store"))
    await send({"type": "http.response.start", "status": stop.status, "headers": start})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
