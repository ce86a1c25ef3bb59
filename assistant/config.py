"""One frozen Config, read from the environment once; every setting is listed in SETTINGS and nowhere else."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.web_settings import THIS_MACHINE, WebSettings
from index.errors import ConfigError
from index.settings import IndexSettings, read_address, read_secret


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable, for the table in the README."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("MOC_INDEX_DIR", ".index", "where the index lies"),
    Setting("MOC_INDEX_BUILD", "auto", "`never`: a missing or stale index is an error (exit 4) instead of being built"),
    Setting(
        "MOC_LLM_MODEL", "", "name of the model; setting it switches LLM mode on. Empty: no language model is asked"
    ),
    Setting("OPENAI_BASE_URL", "", "address of the OpenAI-compatible server, for instance of vLLM or llama.cpp"),
    Setting("OPENAI_API_KEY", "", "key of that server (or `OPENAI_API_KEY_FILE`)"),
    Setting("MOC_LLM_VENDOR", "", "who runs that server, told to readers"),
    Setting("MOC_LLM_CONNECT_SECONDS", "3", "how long a connection to it may take"),
    Setting("MOC_LLM_FIRST_TOKEN_SECONDS", "10", "how long its first word may take"),
    Setting("MOC_LLM_GAP_SECONDS", "8", "how long it may pause"),
    Setting("MOC_LLM_TOTAL_SECONDS", "45", "how long a whole answer may take"),
    Setting(
        "MOC_LLM_PROMPT_TOKENS",
        "6000",
        "how long rules and document may be in its prompt (estimated); of a longer document only the sentences found "
        "for the question are sent; under 700 it is the short prompt of a small model",
    ),
    Setting("MOC_LLM_BREAKER_FAILURES", "5", "after how many failures the server is left alone"),
    Setting("MOC_LLM_BREAKER_WINDOW_SECONDS", "30", "within which time they count"),
    Setting("MOC_LLM_BREAKER_PAUSE_SECONDS", "15", "how long until one question may try it again"),
    Setting(
        "MOC_EMBEDDING_MODEL", "", "an embedding model behind an OpenAI-compatible server instead of the built-in one"
    ),
    Setting("MOC_EMBEDDING_BASE_URL", "", "address of that server"),
    Setting("MOC_EMBEDDING_API_KEY", "", "key of that server (or `MOC_EMBEDDING_API_KEY_FILE`)"),
    Setting("MOC_PUBLIC_URL", "", "address readers reach the service at; citation links start with it"),
    Setting("MOC_FRAME_ORIGINS", "", "origins whose pages may embed the chat, separated by spaces or commas"),
    Setting("MOC_OPERATOR_NAME", "", "who runs the service"),
    Setting("MOC_OPERATOR_CONTACT", "", "how to reach them"),
    Setting("MOC_OFFICIAL_URL", "", "where the official text is published"),
    Setting(
        "MOC_FEEDBACK_DIR",
        "",
        "directory for readers' feedback, kept from other users of the machine. Empty: no feedback is taken",
    ),
    Setting("MOC_FEEDBACK_DAYS", "30", "days until feedback is deleted"),
    Setting(
        "MOC_METRICS_TOKEN",
        "",
        "bearer token for `/metrics` and the reasons in `/readyz` (or `MOC_METRICS_TOKEN_FILE`)",
    ),
    Setting("MOC_TRUSTED_PROXIES", "", "addresses or networks of proxies whose `X-Forwarded-*` headers are believed"),
    Setting("MOC_SIGNIN_HEADER", "", "header in which a trusted proxy names the signed-in person; empty: open to all"),
    Setting("MOC_CORS_ORIGINS", "", "origins whose pages may call the API from a browser"),
    Setting(
        "MOC_STORE_URL",
        "",
        "Redis or Valkey that replicas share for limits, budget and, sealed, written answers (or `MOC_STORE_URL_FILE`)",
    ),
    Setting(
        "MOC_SECRET", "", "key for hashes and for the shared store's seal, same for all replicas (or `MOC_SECRET_FILE`)"
    ),
    Setting("MOC_REPLICAS", "2", "how many replicas share the store; while it is down each allows that part"),
    Setting("MOC_SESSION_PER_MINUTE", "10", "questions a session may ask in a minute"),
    Setting("MOC_SESSION_PER_DAY", "100", "questions a session may ask in a day"),
    Setting("MOC_ADDRESS_PER_MINUTE", "60", "questions an address (IPv6: a /64) may ask in a minute"),
    Setting("MOC_NETWORK_PER_MINUTE", "600", "questions a network (IPv4: a /24, IPv6: a /48) may ask in a minute"),
    Setting(
        "MOC_REQUESTS_PER_MINUTE", "600", "other requests an address may make in a minute, files of the page aside"
    ),
    Setting("MOC_OPEN_PER_ADDRESS", "200", "requests an address may have open at once; an open page holds one or two"),
    Setting(
        "MOC_NEWCOMERS_WAITING",
        "32",
        "questions of addresses never seen before that may wait while too many such come; more are told to come back",
    ),
    Setting("MOC_NEWCOMER_WAIT_SECONDS", "2", "how long one waits at most before it is told to come back"),
    Setting("MOC_RAISED_ADDRESSES", THIS_MACHINE, "`address=factor`: addresses that may ask that many times as much"),
    Setting("MOC_LLM_AT_ONCE", "8", "answers the language model writes at once"),
    Setting("MOC_LLM_WAITING", "64", "questions that may wait for it; more are answered with quotes"),
    Setting("MOC_LLM_WAIT_SECONDS", "20", "how long one waits before it is answered with quotes"),
    Setting("MOC_LLM_TOKENS_PER_HOUR", "1000000", "tokens the language model may use in an hour, then quotes only"),
    Setting("MOC_LLM_TOKENS_PER_DAY", "10000000", "tokens it may use in a day (UTC)"),
    Setting("MOC_CACHE_SECONDS", "3600", "how long a written answer is kept in memory for the same question; 0: not"),
    Setting("MOC_OFF_FILE", "", "while this file exists nothing is answered; while it says `llm`, quotes only"),
)
_SECRETS = ("OPENAI_API_KEY", "MOC_EMBEDDING_API_KEY", "MOC_METRICS_TOKEN", "MOC_STORE_URL", "MOC_SECRET")
_KNOWN = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in _SECRETS} | {"MOC_REQUIRE_ALL"}
_KUBERNETES = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_\w+)$")


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """The language model behind an OpenAI-compatible server, and how long it may take (seconds)."""

    model: str
    base_url: str | None
    api_key: str | None
    vendor: str
    connect_seconds: float = 3.0
    first_token_seconds: float = 10.0
    gap_seconds: float = 8.0
    total_seconds: float = 45.0
    prompt_tokens: int = 6000
    breaker_failures: int = 5
    breaker_window_seconds: float = 30.0
    breaker_pause_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the environment decides."""

    index: IndexSettings = IndexSettings()
    llm: LlmSettings | None = None
    public_url: str = ""
    frame_origins: tuple[str, ...] = ()
    operator_name: str = ""
    operator_contact: str = ""
    official_url: str = ""
    metrics_token: str | None = None
    feedback_directory: Path | None = None
    feedback_days: int = 30
    web: WebSettings = WebSettings()

    @property
    def feedback_on(self) -> bool:
        """Whether readers may leave feedback."""
        return self.feedback_directory is not None

    @property
    def llm_on(self) -> bool:
        """Whether LLM mode is available."""
        return self.llm is not None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read and check every setting.

        Raises:
            ConfigError: naming the variable and the way out.
        """
        for name in environ:
            if name.startswith("MOC_") and name not in _KNOWN and not _KUBERNETES.search(name):
                near = difflib.get_close_matches(name, _KNOWN, 1, 0.0)
                raise ConfigError(f"{name} is not a setting of this program; the nearest is {near[0]}")
        origins = tuple(re.split(r"[\s,]+", environ.get("MOC_FRAME_ORIGINS", "").strip()))
        return cls(
            index=IndexSettings.from_env(environ),
            llm=_llm(environ),
            public_url=read_address("MOC_PUBLIC_URL", environ).rstrip("/"),
            frame_origins=tuple(_origin(origin) for origin in origins if origin),
            operator_name=environ.get("MOC_OPERATOR_NAME", "").strip(),
            operator_contact=environ.get("MOC_OPERATOR_CONTACT", "").strip(),
            official_url=read_address("MOC_OFFICIAL_URL", environ),
            metrics_token=read_secret("MOC_METRICS_TOKEN", environ, in_header=True),
            feedback_directory=_directory("MOC_FEEDBACK_DIR", environ),
            feedback_days=_days("MOC_FEEDBACK_DAYS", environ, 30),
            web=WebSettings.from_env(environ),
        )


def _llm(environ: Mapping[str, str]) -> LlmSettings | None:
    model = environ.get("MOC_LLM_MODEL", "").strip()
    if not model:
        return None
    base_url = read_address("OPENAI_BASE_URL", environ) or None
    api_key = read_secret("OPENAI_API_KEY", environ, in_header=True)
    if not base_url and not api_key:
        raise ConfigError(
            "MOC_LLM_MODEL is set; set OPENAI_BASE_URL or OPENAI_API_KEY too, or unset it for quotes only"
        )
    return LlmSettings(
        model,
        base_url,
        api_key,
        environ.get("MOC_LLM_VENDOR", "").strip(),
        _seconds("MOC_LLM_CONNECT_SECONDS", environ, 3.0),
        _seconds("MOC_LLM_FIRST_TOKEN_SECONDS", environ, 10.0),
        _seconds("MOC_LLM_GAP_SECONDS", environ, 8.0),
        _seconds("MOC_LLM_TOTAL_SECONDS", environ, 45.0),
        _whole_number("MOC_LLM_PROMPT_TOKENS", environ, 6000, 500, 1_000_000),
        _whole_number("MOC_LLM_BREAKER_FAILURES", environ, 5, 1, 1000),
        _seconds("MOC_LLM_BREAKER_WINDOW_SECONDS", environ, 30.0),
        _seconds("MOC_LLM_BREAKER_PAUSE_SECONDS", environ, 15.0),
    )


def _seconds(name: str, environ: Mapping[str, str], default: float) -> float:
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise ConfigError(f"{name} is {value!r}; it must be a number of seconds above 0, at most 600")
    return seconds


def _whole_number(name: str, environ: Mapping[str, str], default: int, lowest: int, highest: int) -> int:
    value = environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from {lowest} to {highest}")
    return int(value)


def _directory(name: str, environ: Mapping[str, str]) -> Path | None:
    value = environ.get(name, "").strip()
    return Path(value) if value else None


def _days(name: str, environ: Mapping[str, str], default: int) -> int:
    value = environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 366):
        raise ConfigError(f"{name} is {value!r}; it must be a number of days from 1 to 366")
    return int(value)


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:*]+", value):
        raise ConfigError(f"MOC_FRAME_ORIGINS holds {value!r}; an origin looks like https://intranet.example.gov")
    return value
