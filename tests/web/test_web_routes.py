"""The allow-list against the live application: what exists inside and is not listed cannot be reached."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.web.allow_list import ALLOWED, API_BODY, CHAT_BODY
from assistant.web.server import create
from tests.web.scripted import Scripted, service_with

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# Routes of Gradio and FastAPI that exist inside and are closed, by the start of their path below a mount. Whoever
# updates Gradio reads here what it brought along: a route in neither list fails the crawl.
CLOSED = (
    "/openapi.json",
    "/login",
    "/logout",
    "/svelte",
    "/pwa_icon",
    "/monitoring",
    "/gradio_api/openapi.json",
    "/gradio_api/deep_link",
    "/gradio_api/login",
    "/gradio_api/user",
    "/gradio_api/token",
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file",
    "/gradio_api/proxy",
    "/gradio_api/stream",
    "/gradio_api/component_server",
    "/gradio_api/custom_component",
    "/gradio_api/process_recording",
    "/gradio_api/vibe",
    "/gradio_api/undo-vibe",
    "/gradio_api/run",
    "/gradio_api/api",
    "/gradio_api/call/v2",
    "/gradio_api/queue/status",
    "/gradio_api/app",
    "/gradio_api/dev",
)


def routes(app: Any, prefix: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every route of an application and of what is mounted in it, as (path template, methods)."""
    for route in app.routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from routes(inner, prefix + (getattr(route, "prefix", "") or ""))
        elif (mounted := getattr(route, "app", None)) is not None and hasattr(mounted, "routes"):
            yield from routes(mounted, prefix + route.path)
        elif hasattr(route, "path"):
            yield prefix + route.path, frozenset(getattr(route, "methods", None) or METHODS)


def example(template: str) -> str:
    """A path that fits a template."""
    path = re.sub(r"\{[^}:]+:path\}", "a/b", template)
    return re.sub(r"\{[^}]+\}", "a1", path) or "/"


@pytest.fixture(scope="module")
def inside() -> set[tuple[str, frozenset[str]]]:
    """Every route behind the shell."""
    shell: Any = create(service_with(Scripted()))
    return set(routes(shell._app._app))


def test_the_crawl_sees_gradio(inside: set[tuple[str, frozenset[str]]]) -> None:
    """The walk finds our own routes, those of both pages, and the dangerous ones."""
    paths = {path for path, _ in inside}
    assert {"/api/ask", "/healthz", "/mcp", "/site", "/gradio_api/upload", "/ja/gradio_api/upload"} <= paths
    assert len(paths) > 100


def test_every_route_is_listed_or_known_to_be_closed(inside: set[tuple[str, frozenset[str]]]) -> None:
    """A route that a new version brings along is noticed here, and is closed meanwhile."""
    unknown = sorted(
        path
        for path, _ in inside
        if ALLOWED.find(example(path)) is None and not path.removeprefix("/ja").startswith(CLOSED)
    )
    also = {"/site", "/ja", "/ja/", "/ja/favicon.ico", "/ja/robots.txt"}
    # Of the page's handlers one has a name to be called by from outside: "ask".
    also |= {path for path in unknown if "/gradio_api/call/{api_name}" in path}
    assert set(unknown) - also == set()
    below = {path.removeprefix("/ja") for path, _ in inside}
    assert [closed for closed in CLOSED if not any(path.startswith(closed) for path in below)] == []


def test_what_is_not_listed_cannot_be_reached(inside: set[tuple[str, frozenset[str]]], client: TestClient) -> None:
    """Each inner route with each method: 404 when its path is not listed, 405 when the method is not."""
    reached = []
    for template, methods in sorted(inside):
        path = example(template)
        route = ALLOWED.find(path)
        for method in sorted(methods - {"OPTIONS", "TRACE"}):
            if route is None or not route.takes(method):
                status = client.request(method, path).status_code
                if status != (404 if route is None else 405):
                    reached.append((method, path, status))
    assert reached == []


def test_what_is_listed_exists(client: TestClient) -> None:
    """No line of the table is left over: an example of each of ours is served (or refuses what was sent)."""
    for path in (
        "/document /document.txt /api/document /api/sections/iv /api/openapi.json /v1/models /v1/models/moc /embed.js "
        "/healthz /readyz /metrics /site/chat.js /config /theme.css /gradio_api/info / /ja/config"
    ).split():
        assert client.get(path).status_code == 200, path
    for path in ("/api/ask", "/v1/chat/completions", "/mcp", "/gradio_api/queue/join", "/gradio_api/call/ask"):
        assert client.post(path, content=b"x", headers={"content-type": "text/plain"}).status_code in (400, 415, 422)


def test_bodies_are_small_everywhere_but_in_the_chat() -> None:
    """16 KiB; only a saved answer to check again, and Gradio, which sends the conversation along, have more."""
    others = {route.body for route in ALLOWED.routes if route.name != "verify"}
    assert others == {API_BODY, CHAT_BODY}
    assert all(route.name.startswith("gradio_") for route in ALLOWED.routes if route.body == CHAT_BODY)


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "//document",
        "/document/",
        "/document\n",
        "/site/../server.py",
        "/assets/../../x",
        "/static/..%2f",
        "/A/abc",
        "/api/sections/",
        "/api/sections/a/b",
        "/gradio_api/call/ask/x/y",
        "/api",
    ],
)
def test_near_misses_are_not_listed(path: str) -> None:
    """A pattern fits whole paths only; a step up never leads out of the files."""
    assert ALLOWED.find(path) is None
