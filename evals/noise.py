"""Noisy copies of questions: what a thumb, a phone or politeness does to them, without changing what they ask."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from assistant.types import Language
from evals.cases import Case

MOST_FACTS = 40  # one question of each of so many facts: enough for an interval, few enough for every run
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

NOISES: Mapping[str, Callable[[str, Language], str]] = {
    "case": lambda text, language: text.upper() if language == "en" else text.translate(_FULL_WIDTH),
    "marks": lambda text, _: re.sub(r"[?!.,;:？！。、]+", "", text),
    "spaces": lambda text, language: f"  {text.replace(' ', '  ') if language == 'en' else text}\n",
    "polite": lambda text, language: (
        f"Hello, could you please tell me: {text} Thank you!"
        if language == "en"
        else f"お世話になっております。{text} よろしくお願いいたします。"
    ),
}


def copies(cases: Sequence[Case], facts: int = MOST_FACTS) -> tuple[Case, ...]:
    """Each noise of the first answerable case of each of the first ``facts`` facts; ids are ``ID~KIND``."""
    first: dict[str, Case] = {}
    for case in cases:
        if case.expectation == "answerable" and not case.history:
            first.setdefault(case.fact, case)
    return tuple(
        replace(case, id=f"{case.id}~{name}", question=noise(case.question, case.language))
        for case in list(first.values())[:facts]
        for name, noise in NOISES.items()
    )
