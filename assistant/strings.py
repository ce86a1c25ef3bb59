"""Interface text in both languages, one flat TOML file each; nothing a page says about itself stands in code."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from assistant.types import LANGUAGES, Language

_FOLDER = Path(__file__).parent / "web" / "strings"


@cache
def strings(language: Language) -> Mapping[str, str]:
    """Key → text of the interface in one language; ``{name}`` in a text is filled with ``str.format``."""
    texts = tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType(texts)


def choose_language(wished: str | None, accept_language: str | None) -> Language:
    """The language of a page: what ``?lang=`` asks for, else the browser's preferred one of ours, else English.

    ``accept_language`` is the header of RFC 9110, section 12.5.4; languages with q=0 are refused ones.
    """
    for language in LANGUAGES:
        if wished and wished.lower().split("-")[0] == language:
            return language
    best: Language = "en"
    best_weight = 0.0
    for entry in (accept_language or "").split(","):
        tag, _, parameter = entry.strip().partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter)
        weight = float(match[1]) if match else 1.0
        for language in LANGUAGES:
            if tag.strip().lower().split("-")[0] == language and weight > best_weight:
                best, best_weight = language, weight
    return best
