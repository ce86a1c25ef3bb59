"""The security headers of every answer, and which pages of other origins may read answers."""

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders

from assistant.web.allow_list import Route
from assistant.web.visitor import Visitor

YEAR = 31536000  # seconds


@dataclass(frozen=True, slots=True)
class Policy:
    """The headers; they depend on the settings, the route and how the visitor came."""

    frame_origins: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()

    def content_security_policy(self, nonce: str, route: Route | None) -> str:
        """Scripts by nonce, nothing from elsewhere; inline styles only on the one page that Gradio makes."""
        styles = "'self' 'unsafe-inline'" if route is not None and route.name == "chat" else "'self'"
        ancestors = " ".join(("'self'", *self.frame_origins))
        return "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' 'nonce-{nonce}'",
                f"style-src {styles}",
                "img-src 'self' data:",
                "font-src 'self' data:",
                "connect-src 'self'",
                "frame-src 'none'",
                f"frame-ancestors {ancestors}",
                "base-uri 'self'",
                "form-action 'self'",
                "object-src 'none'",
            )
        )

    def apply(self, headers: MutableHeaders, nonce: str, visitor: Visitor, route: Route | None, origin: str) -> None:
        """Set the headers on an answer; what the application inside says about other origins is taken out."""
        for name in [name for name in headers if name.lower().startswith("access-control-")]:
            del headers[name]
        headers["Content-Security-Policy"] = self.content_security_policy(nonce, route)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        # Pages elsewhere load this one script; everything else is for our own pages, or for readers let in by CORS.
        embeddable = route is not None and route.name == "embed"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if embeddable else "same-origin"
        headers["X-Request-ID"] = visitor.request_id
        if visitor.https:
            headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if not self.frame_origins:  # older browsers know no list of origins, only this
            headers["X-Frame-Options"] = "SAMEORIGIN"
        if route is not None and route.pages_elsewhere and self.cors_origins:
            headers.add_vary_header("Origin")
            if origin in self.cors_origins:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"

    def from_elsewhere(self, headers: Headers) -> bool:
        """Whether a browser sends this for a page of another origin that is not listed.

        Browsers say so themselves (Fetch metadata); programs do not, and need no protection from pages.
        """
        site = headers.get("sec-fetch-site", "none")
        return site not in ("none", "same-origin") and headers.get("origin", "") not in self.cors_origins


def preflight(route: Route) -> list[tuple[bytes, bytes]]:
    """What a browser asks before it lets a page elsewhere send JSON."""
    return [
        (b"access-control-allow-methods", route.allow.encode()),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Mcp-Protocol-Version, X-Session-ID"),
        (b"access-control-max-age", b"600"),
    ]
