"""What of a saved answer its id does not cover: kinds of values, codes, and what the document alone decides.

Questions to go on with, the confidence within its bounds, times, and which withheld sentence a model wrote cannot be
told from here; ``UNTOLD`` names them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from assistant.types import GATE_REASONS, MODE_NOTES, REASONS, Language, Related

UNTOLD = ("confidence", "follow_ups", "dropped", "mode_note", "timings_ms")
_LISTS = ("claims", "citations", "related", "follow_ups", "dropped")
_NOT_ASKED = (None, *(note for note, asked in MODE_NOTES.items() if not asked))  # no model wrote what is withheld


def same(one: object, other: object) -> bool:
    """Whether both are the same JSON: for Python, true is 1 and 1.0 is 1 too."""
    return json.dumps(one, sort_keys=True, allow_nan=False) == json.dumps(other, sort_keys=True, allow_nan=False)


def misfits(saved: Mapping[str, Any], related: Callable[[str, Language], Related]) -> Iterable[str]:
    """What cannot stand in any answer; ``related`` makes the entry of a near passage, or raises KeyError.

    A receipt made of a link has only what the id covers: what is not there is not missed.
    """
    for name in _LISTS:
        if not isinstance(saved.get(name, []), list):
            yield f"{name} is not a list"
            return
    if type(saved["schema"]) is not int:
        yield "schema is no number"
    numbers = [cited["number"] for cited in saved["citations"]]
    numbers += [number for claim in saved["claims"] for number in claim["citations"]]
    if any(type(number) is not int for number in numbers):
        yield "a citation's number is no number"
    if saved["reason"] not in (REASONS[saved["status"]] or (None,)):
        yield "no answer of its status has that reason"
    if saved.get("mode_note") not in (None, *MODE_NOTES):
        yield "mode_note is none of the codes"
    yield from _confidence(saved.get("confidence", 0))
    yield from _related(saved, related)
    yield from _dropped(saved)
    if not all(isinstance(question, str) for question in saved.get("follow_ups", [])):
        yield "a question to go on with is no text"
    if not all(type(spent) in (int, float) and spent >= 0 for spent in saved.get("timings_ms", {}).values()):
        yield "a time is no number"


def _confidence(confidence: object) -> Iterable[str]:
    if type(confidence) not in (int, float) or not 0 <= confidence <= 1:  # type: ignore[operator]
        yield "the confidence is no number from 0 to 1"


def _related(saved: Mapping[str, Any], related: Callable[[str, Language], Related]) -> Iterable[str]:
    if saved.get("related") and saved["citations"]:
        yield "an answer with citations has no nearest passages"
    for place, near in enumerate(saved.get("related", []), 1):
        try:
            expected = related(near["address"], saved["language"])
        except KeyError:
            yield f"nearest passage {place}: no sentence has its address"
        else:
            if not same(near, asdict(expected)):
                yield f"nearest passage {place}: its label, section or words are not those at its address"


def _dropped(saved: Mapping[str, Any]) -> Iterable[str]:
    dropped = saved.get("dropped", [])
    if dropped and saved["mode"] == "quote" and saved.get("mode_note") in _NOT_ASKED:
        yield "a sentence is said to be withheld where no model wrote any"
    for place, drop in enumerate(dropped, 1):
        words = [drop["text"], *drop["addresses"]]
        if drop.keys() != {"text", "addresses", "reasons"} or not all(isinstance(word, str) for word in words):
            yield f"withheld sentence {place}: it is not made of text, addresses and reasons"
        if not drop["reasons"] or any(reason not in GATE_REASONS for reason in drop["reasons"]):
            yield f"withheld sentence {place}: its reasons are none of the codes"
