"""What became of a case: an answer that can be scored, or an error. An error is never an answer and never dropped."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.types import LANGUAGES, REASONS
from evals.cases import ANSWERING, Case

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "id": str,
    "question": str,
    "language": str,
    "mode": str,
    "status": str,
    "confidence": (int, float),
    "text": str,
    "claims": list,
    "citations": list,
    "related": list,
    "follow_ups": list,
    "missing_words": list,
    "dropped": list,
    "document": dict,
    "index": dict,
}


@dataclass(frozen=True, slots=True)
class Scored:
    """The JSON answer object a surface gave, well-formed; ``ranking`` is how its search ranked the sentences."""

    case: Case
    answer: Mapping[str, Any]
    ranking: tuple[str, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether it claims to answer, wholly or in part."""
        return self.answer["status"] in ANSWERING

    @property
    def shown(self) -> tuple[Any, ...]:
        """Citation numbers of claims that count as evidence (notes do not), each once, in order."""
        numbers = (n for claim in self.answer["claims"] if claim["kind"] != "note" for n in claim["citations"])
        return tuple(dict.fromkeys(numbers))

    @property
    def shown_addresses(self) -> tuple[str | None, ...]:
        """Their addresses; None for a number that no citation has."""
        address = {cited["number"]: cited["address"] for cited in self.answer["citations"]}
        return tuple(address.get(number) for number in self.shown)


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer object: the assistant raised, timed out, or gave something that is not one.

    ``model`` says that a language model was to write the answer.
    """

    case: Case
    error: str
    model: bool = False


@dataclass(frozen=True, slots=True)
class NotRun:
    """The case could not be asked (a stale recording): counted apart, neither passed nor failed."""

    case: Case
    why: str


Result = Scored | Failed


def result(case: Case, answer: object, ranking: tuple[str, ...] = ()) -> Result:
    """Accept an answer object for scoring, or say what is wrong with it."""
    if not isinstance(answer, Mapping):
        return Failed(case, f"not an answer object: {type(answer).__name__}")
    for name, types in _TYPES.items():
        if not isinstance(answer.get(name), types):
            return Failed(case, f"answer object: {name} is {answer.get(name)!r}")
    if not (math.isfinite(answer["confidence"]) and 0 <= answer["confidence"] <= 1):
        return Failed(case, f"answer object: confidence is {answer['confidence']!r}")
    if answer["status"] not in REASONS or answer["language"] not in LANGUAGES:
        return Failed(case, f"answer object: status {answer['status']!r}, language {answer['language']!r}")
    for name, keys in (("claims", ("text", "kind", "citations")), ("citations", ("number", "address", "quote"))):
        for element in answer[name]:
            if not isinstance(element, Mapping) or not all(key in element for key in keys):
                return Failed(case, f"answer object: an element of {name} lacks one of {', '.join(keys)}")
    return Scored(case, answer, ranking)
