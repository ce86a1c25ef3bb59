"""Interface text: both languages say the same things, and every code has its words."""

import re
import string
from pathlib import Path

import pytest

import assistant.web
from assistant.strings import strings
from assistant.types import GATE_REASONS, LANGUAGES, MODE_NOTES, Language
from assistant.web.room import _SPOKEN

STATIC = Path(assistant.web.__file__).parent / "static"


def variables(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    """Same keys, same variables, nothing empty."""
    english, japanese = strings("en"), strings("ja")
    assert set(english) == set(japanese)
    assert {key: variables(text) for key, text in english.items()} == {
        key: variables(text) for key, text in japanese.items()
    }
    assert all(text.strip() for text in (*english.values(), *japanese.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: Language) -> None:
    """Each mode note and gate reason can be told to a reader."""
    wanted = {f"note_{code}" for code in MODE_NOTES} | {f"reason_{code}" for code in GATE_REASONS}
    assert wanted <= set(strings(language))


def test_every_spoken_text_is_read_by_a_script() -> None:
    """What the page hands to its scripts is named in one of them."""
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    assert [key for key in _SPOKEN if not re.search(rf"[\"'.]{key}\b", scripts)] == []


def test_japanese_is_japanese() -> None:
    """No text was left in English, but for names, the switch to English, and what is only punctuation."""
    said = {key: re.sub(r"\{\w+\}", "", text) for key, text in strings("ja").items()}
    left = {key for key, text in said.items() if not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text)}
    assert {key for key in left if re.search(r"[!-~]", said[key])} == {"other_language"}
