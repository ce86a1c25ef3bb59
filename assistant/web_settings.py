"""The settings of the service around the assistant: who may ask how much, who stands in front, what is shared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from index.errors import ConfigError
from index.settings import has_host, read_secret

Network = IPv4Network | IPv6Network

THIS_MACHINE = "127.0.0.0/8=100 ::1=100"
MAX_CACHE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Raised:
    """Addresses that may ask ``factor`` times as much as one address: an agency behind one egress address."""

    network: Network
    factor: int


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Everything the environment decides about the service itself."""

    trusted_proxies: tuple[Network, ...] = ()
    signin_header: str = ""  # lower case; empty: open to everyone
    cors_origins: tuple[str, ...] = ()
    store_url: str | None = None
    secret: str | None = None
    replicas: int = 2
    session_per_minute: int = 10
    session_per_day: int = 100
    address_per_minute: int = 60
    network_per_minute: int = 600
    requests_per_minute: int = 600
    open_per_address: int = 200
    newcomers_waiting: int = 32
    newcomer_wait_seconds: int = 2
    raised: tuple[Raised, ...] = (Raised(ip_network("127.0.0.0/8"), 100), Raised(ip_network("::1"), 100))
    llm_at_once: int = 8
    llm_waiting: int = 64
    llm_wait_seconds: int = 20
    llm_tokens_per_hour: int = 1_000_000
    llm_tokens_per_day: int = 10_000_000
    cache_seconds: int = MAX_CACHE_SECONDS
    off_file: str = ""

    @property
    def cache_minutes(self) -> int:
        """How long a written answer is kept, in minutes begun, as readers are told."""
        return -(-self.cache_seconds // 60)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "WebSettings":
        """Read and check every setting.

        Raises:
            ConfigError: naming the variable and the way out.
        """
        default = cls()
        proxies = _words("MOC_TRUSTED_PROXIES", environ)
        made = cls(
            trusted_proxies=tuple(_network("MOC_TRUSTED_PROXIES", word) for word in proxies),
            signin_header=_header("MOC_SIGNIN_HEADER", environ),
            cors_origins=tuple(_origin("MOC_CORS_ORIGINS", word) for word in _words("MOC_CORS_ORIGINS", environ)),
            store_url=_store(environ),
            secret=read_secret("MOC_SECRET", environ),
            replicas=_whole("MOC_REPLICAS", environ, default.replicas, 1, 1000),
            session_per_minute=_whole("MOC_SESSION_PER_MINUTE", environ, default.session_per_minute),
            session_per_day=_whole("MOC_SESSION_PER_DAY", environ, default.session_per_day),
            address_per_minute=_whole("MOC_ADDRESS_PER_MINUTE", environ, default.address_per_minute),
            network_per_minute=_whole("MOC_NETWORK_PER_MINUTE", environ, default.network_per_minute),
            requests_per_minute=_whole("MOC_REQUESTS_PER_MINUTE", environ, default.requests_per_minute),
            open_per_address=_whole("MOC_OPEN_PER_ADDRESS", environ, default.open_per_address),
            newcomers_waiting=_whole("MOC_NEWCOMERS_WAITING", environ, default.newcomers_waiting, 0, 1000),
            newcomer_wait_seconds=_whole("MOC_NEWCOMER_WAIT_SECONDS", environ, default.newcomer_wait_seconds, 0, 60),
            raised=_raised(environ),
            llm_at_once=_whole("MOC_LLM_AT_ONCE", environ, default.llm_at_once),
            llm_waiting=_whole("MOC_LLM_WAITING", environ, default.llm_waiting, 0),
            llm_wait_seconds=_whole("MOC_LLM_WAIT_SECONDS", environ, default.llm_wait_seconds, 0, 600),
            llm_tokens_per_hour=_whole("MOC_LLM_TOKENS_PER_HOUR", environ, default.llm_tokens_per_hour),
            llm_tokens_per_day=_whole("MOC_LLM_TOKENS_PER_DAY", environ, default.llm_tokens_per_day),
            cache_seconds=_whole("MOC_CACHE_SECONDS", environ, default.cache_seconds, 0, MAX_CACHE_SECONDS),
            off_file=environ.get("MOC_OFF_FILE", "").strip(),
        )
        if made.signin_header and not made.trusted_proxies:
            raise ConfigError("MOC_SIGNIN_HEADER is set; list the proxy that sets it in MOC_TRUSTED_PROXIES")
        if made.store_url and not made.secret:
            raise ConfigError("MOC_STORE_URL is set; set MOC_SECRET too, the same for every replica")
        return made


def _words(name: str, environ: Mapping[str, str], default: str = "") -> list[str]:
    return [word for word in re.split(r"[\s,]+", environ.get(name, default).strip()) if word]


def _whole(name: str, environ: Mapping[str, str], default: int, least: int = 1, most: int = 10**12) -> int:
    value = environ.get(name, "").strip()
    if not value:
        return default
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else -1
    if not least <= number <= most:
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least} to {most}")
    return number


def _network(name: str, value: str) -> Network:
    try:
        return ip_network(value)
    except ValueError as error:
        raise ConfigError(f"{name} holds {value!r}; give addresses or networks like 10.0.0.0/8 ({error})") from None


def _raised(environ: Mapping[str, str]) -> tuple[Raised, ...]:
    found = []
    for word in _words("MOC_RAISED_ADDRESSES", environ, THIS_MACHINE):
        network, _, factor = word.rpartition("=")
        if not (factor.isascii() and factor.isdigit() and 1 <= int(factor[:9]) <= 100_000):
            raise ConfigError(f"MOC_RAISED_ADDRESSES holds {word!r}; an entry looks like 203.0.113.7=20")
        found.append(Raised(_network("MOC_RAISED_ADDRESSES", network), int(factor)))
    return tuple(found)


def _header(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip().lower()
    if value and not re.fullmatch(r"[a-z0-9-]+", value):
        raise ConfigError(f"{name} is {value!r}; it must be the name of a header like X-Forwarded-User")
    return value


def _origin(name: str, value: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", value):
        raise ConfigError(f"{name} holds {value!r}; an origin looks like https://intranet.example.gov")
    return value


def _store(environ: Mapping[str, str]) -> str | None:
    value = read_secret("MOC_STORE_URL", environ)
    if not value:
        return None
    # The address may hold a password, so it is not repeated.
    if not re.fullmatch(r"(redis|rediss|valkey|valkeys)://[^\s?#]+", value) or not has_host(value, and_port=True):
        raise ConfigError("MOC_STORE_URL must be an address like redis://host:6379/0 (also rediss, valkey, valkeys)")
    if not re.fullmatch(r"/?\d{0,5}", urlsplit(value).path):
        raise ConfigError("MOC_STORE_URL must end in the number of a database, as in redis://host:6379/0")
    return value
