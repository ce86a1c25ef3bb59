"""Who asks: the address behind the proxies we know, a session, perhaps a signed-in name; logs see only hashes."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from assistant.web_settings import Network, WebSettings

_FORWARDING = frozenset(
    "forwarded via x-real-ip x-client-ip x-cluster-client-ip true-client-ip cf-connecting-ip fastly-client-ip".split()
)
_SESSION = re.compile(r"[!-~]{1,128}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's sender. ``session`` is what the client calls itself and may be made up; the address is not."""

    address: str = ""
    session: str | None = None
    user: str | None = None
    request_id: str = ""
    surface: str = "api"
    forwarded: bool = False  # came through a proxy, known or not
    proxied: bool = False  # came from a listed proxy
    https: bool = False
    local_name: bool = False  # asked for this machine by a name of its own, "localhost"
    known: bool = False  # was here before (``standing``), is signed in, or comes from a raised address

    def at(self, surface: str, session: str | None = None) -> "Visitor":
        """The same visitor on a surface, with the session that surface knows."""
        usable = session if session and _SESSION.fullmatch(session) else self.session
        return replace(self, surface=surface, session=usable)

    @property
    def who(self) -> str | None:
        """What counts as one session: the signed-in person, else the session the client names."""
        if self.user:
            return f"user {self.user}"
        return f"session {self.session}" if self.session else None

    @property
    def on_this_machine(self) -> bool:
        """Whether the request came from this machine, to it by its own name, and through no proxy.

        A browser here may be led to ask under a name of somebody else's, who would read the answer (DNS rebinding).
        """
        try:
            return self.local_name and not self.forwarded and ip_address(self.address).is_loopback
        except ValueError:
            return False


NOBODY = Visitor()
current: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)  # set by the shell for every request


def visitor_of(scope: Scope) -> Visitor:
    """The visitor the shell found for a connection."""
    found = scope.get("state", {}).get("visitor", NOBODY)
    assert isinstance(found, Visitor)
    return found


def identify(scope: Scope, settings: WebSettings) -> Visitor:
    """Read who sends a request; what proxies say is believed only from listed ones."""
    headers = Headers(scope=scope)
    peer = (scope.get("client") or ("", 0))[0]
    forwarded = any(name in _FORWARDING or name.startswith("x-forwarded-") for name in headers)
    session = headers.get("x-session-id", "")
    visitor = Visitor(
        address=_plain(peer),
        session=session if _SESSION.fullmatch(session) else None,
        request_id=secrets.token_hex(8),
        forwarded=forwarded,
        https=scope.get("scheme") == "https",
        local_name=_is_local(headers.getlist("host")),
    )
    if not _listed(peer, settings.trusted_proxies):
        return visitor
    request_id = headers.get("x-request-id", "")
    return replace(
        visitor,
        address=_client(peer, headers.getlist("x-forwarded-for"), settings.trusted_proxies),
        user=_named(headers.getlist(settings.signin_header)) if settings.signin_header else None,
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else visitor.request_id,
        proxied=True,
        https=headers.get("x-forwarded-proto", scope.get("scheme", "")).lower() == "https",
    )


def looks_misconfigured(scope: Scope, visitor: Visitor) -> bool:
    """Whether an unlisted machine of our own network forwards: then all of its visitors are taken for one."""
    if visitor.proxied or "x-forwarded-for" not in Headers(scope=scope):
        return False
    address = _parsed(visitor.address)
    return address is not None and address.is_private


def _is_local(hosts: Sequence[str]) -> bool:
    try:
        name = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 and "@" not in hosts[0] else None
        return name == "localhost" or (name is not None and ip_address(name).is_loopback)
    except ValueError:
        return False


def _named(values: Sequence[str]) -> str | None:
    """Who is signed in; nobody where a proxy added its word to one that had come from outside."""
    return values[0].strip() or None if len(values) == 1 else None


def _client(peer: str, values: Sequence[str], proxies: Sequence[Network]) -> str:
    """The nearest address that is no listed proxy, reading from our side; what is left of it anyone can write."""
    entries = [entry.strip() for value in values for entry in value.split(",")]
    nearest = peer
    for entry in reversed(entries):
        address = _plain(entry)
        if not address:
            break
        nearest = address
        if not _listed(address, proxies):
            break
    return _plain(nearest)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if match := re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+", text):
        text = match[1] or match[2]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _plain(text: str) -> str:
    address = _parsed(text)
    return str(address) if address else ""


def _listed(text: str, networks: Sequence[Network]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def block_of(address: str) -> str:
    """What is limited as one address: an IPv4 address, or an IPv6 /64, which one household has to itself."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed) if parsed else "unknown"


def network_of(address: str) -> str:
    """Whose neighbours are likely one and the same: an IPv4 /24, an IPv6 /48, which one customer has to themself."""
    parsed = _parsed(address)
    if parsed is None:
        return "unknown"
    length = 48 if isinstance(parsed, IPv6Address) else 24
    return str(ip_network((parsed, length), strict=False))


def factor_of(address: str, settings: WebSettings) -> int:
    """How many times the usual limits an address has."""
    return max((raised.factor for raised in settings.raised if _listed(address, (raised.network,))), default=1)


class Pseudonyms:
    """Hashes in place of addresses and sessions: HMAC with a key that is never written down.

    ``MOC_SECRET`` makes replicas agree; without it the key lives as long as the process.
    """

    def __init__(self, secret: str | None) -> None:
        self._key = secret.encode() if secret else secrets.token_bytes(32)

    def of(self, purpose: str, *values: str) -> str:
        """32 hexadecimal digits for values, different for every purpose."""
        message = "\x00".join((purpose, *values)).encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:32]

    def for_logs(self, visitor: Visitor, now: float | None = None) -> str | None:
        """A session's name in the logs: 12 digits that change every day (UTC); None without a session."""
        day = int((time.time() if now is None else now) // 86400)
        return self.of("log", str(day), visitor.who)[:12] if visitor.who else None
