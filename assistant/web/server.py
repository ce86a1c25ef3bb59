"""Everything a visitor can reach, composed: the JSON routes, the reader, the chat page, and the shell around them."""

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from assistant.web import about, api, errors, feedback, page, reader, receipts
from assistant.web.frame import Frame
from assistant.web.service import Service
from assistant.web.shell import Policy, Shell

_STATIC = Path(__file__).parent / "static"


def create(service: Service) -> ASGIApp:
    """The ASGI application; the service may still be opening.

    Served below a path (``MOC_PUBLIC_URL=https://example.gov/moc``) it works whether the proxy keeps or removes it.
    """
    root_path = urlsplit(service.config.public_url).path.rstrip("/")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(api.ApiError, api.error_response)
    errors.install(app)
    for pages in (reader, about, receipts, feedback, api):  # api last: it says of every other path that it is not there
        app.include_router(pages.router(service))
    app.mount("/site", StaticFiles(directory=_STATIC))
    page.mount(app, service, root_path)
    return Shell(Frame(app), Policy(service.config.frame_origins), root_path)
