"""``/embed.js``: one script tag puts the chat on an intranet page, in a frame of its own."""

from pathlib import Path

from fastapi import APIRouter, Response

_SCRIPT = Path(__file__).parent / "static" / "embed.js"


def router() -> APIRouter:
    """``GET /embed.js``; where it is loaded from is where the frame leads, so nothing is filled in."""
    routes = APIRouter()

    @routes.get("/embed.js", include_in_schema=False)
    def script() -> Response:
        headers = {"Cache-Control": "public, max-age=300"}
        return Response(_SCRIPT.read_bytes(), media_type="text/javascript; charset=utf-8", headers=headers)

    return routes
