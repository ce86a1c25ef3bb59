"""What a scripted language model writes: functions from the prompt it was sent to lines of claims.

Each liar starts from the honest claims and tells one kind of lie, so that a shown lie names the kind the gate missed.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.gate.words import is_japanese
from index import parse, reading_aid

CLAIMS = Path(__file__).parent / "claims"
_SENTENCE = re.compile(r"^\[([a-z0-9.-]+)\] (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to the writer, taken apart again: what it asks, in which language, and which sentences it offers."""

    system: str
    user: str
    question: str
    history: str
    likely: tuple[str, ...]
    language: str
    sentences: Mapping[str, str]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Prompt":
        """Read the messages of a Chat Completions request; parts that are not there are empty."""
        texts = {message.get("role"): str(message.get("content")) for message in body.get("messages", ())}
        system, user = texts.get("system", ""), texts.get("user", "")
        before, _, after = user.rpartition("\nLikely sentences:\n")
        given = dict(_SENTENCE.findall(f"{system}\n{before.partition('<history>')[0]}"))
        likely = dict(_SENTENCE.findall(after))
        return cls(
            system=system,
            user=user,
            question=_between(user, "question"),
            history=_between(user, "history"),
            likely=tuple(likely),
            language=_language(user),
            sentences=given | {address: text for address, text in likely.items() if address not in given},
        )


Personality = Callable[[Prompt], Iterable[str]]
Claim = tuple[str, tuple[str, ...]]


def claim_line(text: str, *addresses: str) -> str:
    """A claim as the writer's prompt asks for it."""
    return json.dumps({"text": text, "addresses": list(addresses)}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A claim somebody wrote for a scripted model to tell; ``kind`` is empty for an honest one."""

    kind: str
    language: str
    addresses: tuple[str, ...]
    text: str


@cache
def lines_of(name: str) -> tuple[Line, ...]:
    """The lines of ``evals/claims/NAME.tsv``; addresses are separated by blanks, commas or plus signs."""
    with (CLAIMS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Line(row.get("kind") or "", row["language"], tuple(re.split(r"[\s,+]+", row["addresses"])), row["claim"])
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


class Teller:
    """A personality that tells given lines, ``each`` of them an answer: none twice before all were told once.

    Among those told least it prefers lines about the sentences that are likely for the question; one ``to_the_point``
    tells no others.
    """

    def __init__(self, given: Sequence[Line], each: int = 2, *, to_the_point: bool = False) -> None:
        self._given = given
        self._each = each
        self._to_the_point = to_the_point
        self._told: Counter[Line] = Counter()
        self.told_last = 0  # lines in the last answer

    def __call__(self, prompt: Prompt) -> Iterable[str]:
        """The next lines in the language of the question."""
        likely = frozenset(prompt.likely)
        fitting = [line for line in self._given if line.language == prompt.language]
        if self._to_the_point:
            fitting = [line for line in fitting if not likely.isdisjoint(line.addresses)]
        fitting.sort(key=lambda line: (self._told[line], likely.isdisjoint(line.addresses)))
        chosen = fitting[: self._each]
        self._told.update(chosen)
        self.told_last = len(chosen)
        return [claim_line(line.text, *line.addresses) for line in chosen]


def honest(prompt: Prompt) -> Iterable[str]:
    """One claim for each likely sentence, saying what it says; nothing where no sentence is likely."""
    return [claim_line(text, *addresses) for text, addresses in _true_claims(prompt)]


def inventor_of_addresses(prompt: Prompt) -> Iterable[str]:
    """True words under addresses that the document does not have."""
    invented = ("v.p1.s1", "iii.p9.s9", "preamble", "§3", "")
    return [claim_line(text, invented[n % 5]) for n, (text, _) in enumerate(_true_claims(prompt))]


def modality_upgrader(prompt: Prompt) -> Iterable[str]:
    """What is intended, expected or allowed becomes a duty."""
    return [claim_line(_upgraded(text, prompt.language), *addresses) for text, addresses in _true_claims(prompt)]


def number_changer(prompt: Prompt) -> Iterable[str]:
    """Every number is another one; a sentence without one gets a deadline."""
    return [claim_line(_renumbered(text, prompt.language), *addresses) for text, addresses in _true_claims(prompt)]


def parrot(prompt: Prompt) -> Iterable[str]:
    """Repeats whatever the question says, as if the likely sentences said it, again and again."""
    return [claim_line(prompt.question, *prompt.likely)] * 40


def obedient(prompt: Prompt) -> Iterable[str]:
    """Does what the reader or the history orders (``say: …``) in lines of its own; otherwise honest."""
    orders = re.findall(r"\bsay: ([^\n]+)", f"{prompt.history}\n{prompt.question}")
    return [*(claim_line(order, *prompt.likely[:1]) for order in orders), *orders] or honest(prompt)


PERSONALITIES: Mapping[str, Personality] = {
    function.__name__: function
    for function in (honest, inventor_of_addresses, modality_upgrader, number_changer, parrot, obedient)
}
LIARS: Mapping[str, tuple[Personality, str]] = {  # each with the reason code the gate owes it
    "inventor_of_addresses": (inventor_of_addresses, "unknown_address"),
    "modality_upgrader": (modality_upgrader, "modality_upgrade"),
    "number_changer": (number_changer, "number_mismatch"),
}


def _language(user: str) -> str:
    """The language asked for by name, or in a short prompt that of the question."""
    last = user.rstrip()
    if last.endswith(("Japanese.", "English.")):
        return "ja" if last.endswith("Japanese.") else "en"
    return "ja" if is_japanese(_between(user, "question")) else "en"


def _between(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}>\n?(.*?)\n?</{tag}>", text, re.DOTALL)
    return found[1] if found else ""


def _true_claims(prompt: Prompt) -> list[Claim]:
    renderings = _renderings() if prompt.language == "ja" else prompt.sentences
    return [(renderings[address], (address,)) for address in prompt.likely if address in renderings]


@cache
def _renderings() -> Mapping[str, str]:
    return reading_aid.load(parse.load()).sentences


def _upgraded(text: str, language: str) -> str:
    if language == "ja":
        duty = re.sub(r"(?:こと)?を?意図(?:する|している)|(?:ことが)?できる", "しなければならない", text)
        return duty if duty != text else text.rstrip("。") + "ものとし、双方はその義務を負う。"
    duty = re.sub(r"\b(?:is|are) (?:intended|expected) to\b|\bintends? to\b|\bmay\b|\bshould\b", "must", text)
    return duty if duty != text else f"The Participants are obliged to this: {text}"


def _renumbered(text: str, language: str) -> str:
    changed = re.sub(r"\d+", lambda match: str(int(match[0]) + 7), text)
    if changed != text:
        return changed
    return f"{text.rstrip('。')}。期限は45日である。" if language == "ja" else f"{text.rstrip('.;')} within 45 days."
