"""What a written statement keeps of the sentences it cites: numbers, negation, and how far it commits anyone.

These checks are deliberately not those of the gate in ``assistant.verify``: a measure that shares code with what it
measures shares its mistakes. They look at claims of kind ``statement``, so quote mode, which writes none, has none.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from evals.outcomes import Failed, Result
from evals.scorers import Measure, Score
from evals.words import plain, steps

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
# What a sentence says in words and a statement may say in digits: 「10月」, 「2通」.
_MONTHS = "january february march april may june july august september october november december".split()
_WORDS = {"one": "1", "two": "2", "both": "2", "duplicate": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_NEGATED = re.compile(
    r"\b(?:not|no|nothing|never|neither|nor|without|cannot|non)\b|n't\b"
    r"|な(?:い|く|し|かっ|ければ)|ません|(?:せ|れ|ら|わ|か)ず|ぬ(?:。|$)|不|無"
)


def numbers_changed(result: Result, measure: Measure) -> Score | None:
    """Changed numbers: statements with a number that what they cite lacks, of all with a number (in digits)."""
    return _score(
        result,
        lambda text, cited: None if not _digits(text) else bool(_digits(text) - _digits(cited) - _in_words(cited)),
    )


def negations_dropped(result: Result, measure: Measure) -> Score | None:
    """Dropped negations: statements without a negation where every sentence they cite has one, of all such."""
    if isinstance(result, Failed):
        return None
    quotes = _quotes(result.answer)
    units = []
    for claim in _statements(result.answer):
        cited = [quotes[number] for number in claim["citations"] if number in quotes]
        if cited and all(_NEGATED.search(plain(quote)) for quote in cited):
            units.append(not _NEGATED.search(plain(claim["text"])))
    return Score(sum(units), len(units)) if units else None


def modality_kept(result: Result, measure: Measure) -> Score | None:
    """Modality preservation: statements that keep a step of the ladder that what they cite stands on, of all statements
    that cite a sentence with one (may < should < expected < intend < must).
    """
    return _score(result, lambda text, cited: bool(steps(text) & steps(cited)) if steps(cited) else None)


def _score(result: Result, judge: Callable[[str, str], bool | None]) -> Score | None:
    """k of n over the statements of an answer for which ``judge`` says something."""
    if isinstance(result, Failed):
        return None
    quotes = _quotes(result.answer)
    judged = [
        judge(claim["text"], " ".join(quotes.get(number, "") for number in claim["citations"]))
        for claim in _statements(result.answer)
    ]
    units = [verdict for verdict in judged if verdict is not None]
    return Score(sum(units), len(units)) if units else None


def _statements(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [claim for claim in answer["claims"] if claim["kind"] == "statement"]


def _quotes(answer: Mapping[str, Any]) -> dict[Any, str]:
    return {cited["number"]: cited["quote"] for cited in answer["citations"]}


def _digits(text: str) -> set[str]:
    return {number.replace(",", "") for number in _DIGITS.findall(plain(text))}


def _in_words(text: str) -> set[str]:
    words = set(re.findall(r"[a-z]+", plain(text)))
    months = {str(number) for number, month in enumerate(_MONTHS, 1) if month in words and month != "may"}
    return months | {digit for word, digit in _WORDS.items() if word in words}
