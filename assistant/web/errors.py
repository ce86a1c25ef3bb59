"""What people and programs get when something went wrong: a page in the reader's language, or one shape of JSON."""

import re
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from assistant.strings import strings
from assistant.types import Language
from assistant.web.api import error_body
from assistant.web.limits import Refused
from assistant.web.pages import page, page_language

_OWN_WORDS = (401, 404, 405, 413, 429, 500, 503)  # statuses with a text of their own
_CODE_WORDS = {"busy": "busy", "unavailable": "busy", "too_many_open": "open"}  # codes that their status would belie


class Stop(Exception):
    """A request ends here, before the application sees it: status, code, message, further headers."""

    def __init__(self, status: int, code: str, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers

    @classmethod
    def of(cls, refused: Refused, *headers: tuple[bytes, bytes]) -> "Stop":
        """A refusal, with when to come back."""
        retry = (b"retry-after", str(refused.retry_after_seconds).encode())
        return cls(refused.status, refused.code, str(refused), (retry, *headers))

    @classmethod
    def in_place_of(cls, status: int, *headers: tuple[bytes, bytes]) -> "Stop":
        """What a library refused in words of its own, in ours; what it cannot read is the sender's mistake."""
        status = 400 if status == 422 else status
        if status >= 500:
            return cls(500, "internal", "an error on the server; it has been noted")
        if status == 400:  # the standard library's words speak of the method
            return cls(400, "bad_request", "something in the request cannot be read", headers)
        known = HTTPStatus(status)
        return cls(status, _code(known), known.description or known.phrase, headers)


def install(app: FastAPI) -> None:
    """Answer every error of the application's routes in this way."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _bug)


def wants_page(headers: Headers) -> bool:
    """Whether a person's browser asks for a page, rather than a script or a program for data."""
    return "text/html" in headers.get("accept", "")


def error_page(status: int, language: Language, base: str, code: str = "") -> str:
    """A page that says what went wrong and where to go instead; ``base`` is the service's root, ending in a slash."""
    kind = _CODE_WORDS.get(code) or (str(status) if status in _OWN_WORDS else "other")
    words = strings(language)
    title, text = words[f"error_title_{kind}"], words[f"error_text_{kind}"]
    return page("error.html", language, base, title=title, text=text, status=status)


def _respond(request: Request, status: int, code: str, message: str, headers: dict[str, str]) -> Response:
    if not wants_page(request.headers):
        return JSONResponse(error_body(code, message), status, headers=headers)
    # Below a mount root_path has the mount in it; app_root_path has not.
    root_path = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    path = request.scope["path"].removeprefix(root_path)
    base = "../" * (path.count("/") - 1) or "./"
    return HTMLResponse(error_page(status, page_language(request), base), status, headers=headers)


def _code(status: HTTPStatus) -> str:
    return re.sub(r"\W+", "_", status.phrase.lower())


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = HTTPStatus(error.status_code)
    code = _code(known)
    message = known.description if error.detail == known.phrase else error.detail
    return _respond(request, error.status_code, code, message or known.phrase, dict(error.headers or {}))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(step) for step in first["loc"])
    return _respond(request, 400, "bad_request", f"{place}: {first['msg']}", {})


def _bug(request: Request, error: Exception) -> Response:
    # Starlette raises it again afterwards, so that the operator's log has it; nobody else learns what it was.
    return _respond(request, 500, "internal", "the request failed because of an error on the server", {})
