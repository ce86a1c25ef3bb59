"""Everything a visitor can reach, composed: the surfaces, the reader, the chat page, and the shell around them."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from assistant.web import about, api, embed, errors, feedback, mcp_tools, openai_api, page, reader, receipts
from assistant.web.frame import Frame
from assistant.web.limits import Refused
from assistant.web.schema import definitions
from assistant.web.service import Service
from assistant.web.shell import Shell

_STATIC = Path(__file__).parent / "static"
_ABOUT = (
    "Answers about one document, every one with the exact sentences it rests on. "
    'Errors are `{"error": {"code", "message"}}` everywhere.'
)


def create(service: Service) -> ASGIApp:
    """The ASGI application; the service may still be opening.

    Served below a path (``MOC_PUBLIC_URL=https://example.gov/moc``) it works whether the proxy keeps or removes it.
    """
    root_path = urlsplit(service.config.public_url).path.rstrip("/")
    tools = mcp_tools.Tools(service)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=tools.lifespan)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.add_exception_handler(api.ApiError, api.error_response)
    app.add_exception_handler(Refused, api.refused_response)
    errors.install(app)
    for surface in (api, openai_api, receipts, feedback, reader, about):
        app.include_router(surface.router(service))
    app.include_router(embed.router())
    app.mount("/site", StaticFiles(directory=_STATIC))
    app.router.routes.append(Route("/mcp", tools.app, methods=["POST"], include_in_schema=False))
    handlers = page.mount(app, service, root_path)
    return Shell(Frame(app, service), service, root_path, handlers)


def application(service: Service) -> ASGIApp:
    """What is served: the same with its answers compressed, but for streams."""
    return GZipMiddleware(create(service), minimum_size=1024)


def describe(app: FastAPI) -> dict[str, Any]:
    """The API description (OpenAPI), generated from the routes and the shapes they give and take."""
    if app.openapi_schema is None:
        made = get_openapi(title="MOC assistant", version=_version(), description=_ABOUT, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas |= definitions(api.AskBody, openai_api.CompletionBody, receipts.ReceiptBody, feedback.FeedbackBody)
        for path in made["paths"].values():
            for operation in path.values():
                # What FastAPI says by itself of parameters it checks; ours are checked and refused by our own code.
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        app.openapi_schema = made
    return app.openapi_schema


def _version() -> str:
    try:
        return version("moc-assistant")
    except PackageNotFoundError:  # run from its checkout, as usual
        return "0"
