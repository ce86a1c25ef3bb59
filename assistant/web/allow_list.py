"""Every route the service has, in one table; whatever is not listed does not exist, whoever brought it along.

Gradio brings routes for uploads, files on disk, proxying, deep links, components' own server calls, recordings,
monitoring, its API description and its run history. The chat needs none of them. A new route is a line here.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

API_BODY = 16 * 1024  # bytes
# Gradio's page sends the whole conversation with every question; a megabyte is several hundred answers.
CHAT_BODY = 1024 * 1024

# What the service itself gives must fit: an answer of nine quotes in Japanese was 17,852 bytes. Up to this size the
# route reads on to see whether it is an answer object; anything else above API_BODY is refused there as everywhere.
VERIFY_BODY = 64 * 1024

Kind = Literal["page", "asset", "read", "write", "ask", "operator"]


@dataclass(frozen=True, slots=True)
class Route:
    """One route, or a family of them, with all that surrounds it.

    ``kind``: ``ask`` is counted as a question by the gatekeeper; ``page``, ``read`` and ``write`` as a request of its
    address; ``asset`` is not counted; ``operator`` is neither counted nor behind the sign-in. ``pages_elsewhere`` may
    call it when their origin is listed in MOC_CORS_ORIGINS. What ``waits`` stays open without a question, until the
    client or the service ends.
    """

    name: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    kind: Kind
    body: int = API_BODY
    pages_elsewhere: bool = False
    waits: bool = False

    @property
    def allow(self) -> str:
        """The value of an Allow header."""
        return ", ".join(("GET", "HEAD") if self.methods == ("GET",) else self.methods)

    def takes(self, method: str) -> bool:
        """Whether the method is one of the route's; HEAD goes with GET."""
        return method in self.methods or (method == "HEAD" and "GET" in self.methods)


@dataclass(frozen=True, slots=True)
class AllowList:
    """The table, and the look-up in it."""

    routes: tuple[Route, ...] = field(default=())

    def find(self, path: str) -> Route | None:
        """The route of a path, whatever the method."""
        return next((route for route in self.routes if route.pattern.fullmatch(path)), None)


def _route(
    name: str,
    pattern: str,
    methods: str,
    kind: Kind,
    body: int = API_BODY,
    pages_elsewhere: bool = False,
    waits: bool = False,
) -> Route:
    return Route(name, re.compile(pattern), tuple(methods.split()), kind, body, pages_elsewhere, waits)


_FILE = r"(?!.*(?:\.\.|//))[\w.@-][\w./@-]*"
_GRADIO = r"(?:/ja)?/gradio_api"

ALLOWED = AllowList(
    (
        # The chat page, and what of Gradio it needs.
        _route("chat", r"/", "GET", "page"),
        _route("gradio_files", rf"(?:/ja)?/(?:assets|static)/{_FILE}", "GET", "asset"),
        _route("gradio_page", r"(?:/ja)?/(?:config/?|theme\.css|manifest\.json)", "GET", "asset"),
        _route("gradio_state", rf"{_GRADIO}/(?:info/?|app_id/?|startup-events|theme\.css)", "GET", "asset"),
        _route("gradio_heartbeat", rf"{_GRADIO}/heartbeat/\w+", "GET", "asset", waits=True),
        _route("gradio_control", rf"{_GRADIO}/(?:reset/?|cancel)", "POST", "asset"),
        # Handlers of the page ask the gatekeeper themselves; buttons that ask nothing come this way too.
        _route("gradio_join", rf"{_GRADIO}/queue/join", "POST", "write", CHAT_BODY),
        _route("gradio_data", rf"{_GRADIO}/queue/data", "GET", "read"),
        _route("gradio_call", rf"{_GRADIO}/call/ask", "POST", "write", CHAT_BODY),
        _route("gradio_result", rf"{_GRADIO}/call/ask/\w+", "GET", "read"),
        # Our own pages.
        _route("site", r"/site/[\w.-]+", "GET", "asset"),
        _route("site_root", r"/(?:favicon\.ico|robots\.txt)", "GET", "asset"),
        _route("embed", r"/embed\.js", "GET", "asset"),
        _route("document", r"/document", "GET", "page"),
        _route("record", r"/document\.txt", "GET", "read", pages_elsewhere=True),
        _route("about", r"/(?:about|privacy|accessibility)", "GET", "page"),
        _route("receipt", r"/a/\w+", "GET", "page"),
        # The API.
        _route("ask", r"/api/ask", "POST", "ask", pages_elsewhere=True),
        _route("verify", r"/api/verify", "POST", "write", VERIFY_BODY, pages_elsewhere=True),
        _route("tree", r"/api/document", "GET", "read", pages_elsewhere=True),
        _route("section", r"/api/sections/[^/]+", "GET", "read", pages_elsewhere=True),
        _route("feedback", r"/api/feedback", "POST", "write"),
        _route("openapi", r"/api/openapi\.json", "GET", "read", pages_elsewhere=True),
        _route("models", r"/v1/models(?:/[\w.-]+)?", "GET", "read", pages_elsewhere=True),
        _route("completions", r"/v1/chat/completions", "POST", "ask", pages_elsewhere=True),
        _route("mcp", r"/mcp", "POST", "write", pages_elsewhere=True),
        # For whoever runs it.
        _route("alive", r"/healthz", "GET", "operator"),
        _route("ready", r"/readyz", "GET", "operator"),
        _route("metrics", r"/metrics", "GET", "operator"),
    )
)
