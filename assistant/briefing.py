"""What the model is told: rules and the whole document first, the same bytes each time; the question last.

Servers keep what they computed for an unchanged beginning, so that a small local model speaks after a fraction of a
second instead of many. Only a document that does not fit the budget is cut down to the sentences retrieval found.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant import personal_data
from assistant.follow_up import recent
from assistant.gate.foreign import addresses_a_machine
from assistant.glossary import Glossary
from assistant.prompts import fill, without_delimiters
from assistant.types import Language, Question, Turn
from assistant.understand import clean
from index.document import Document
from index.prompts import PROMPTS

SHORT_BELOW = 700  # tokens; who sets so small a budget has a model that rules and a document confuse
LONGEST_CLAIM = 600  # characters
CUT_FROM = LONGEST_CLAIM - 10  # what is as long was cut off by the schema, less blanks at its end
MOST_CLAIMS = 8
_MOST_SHORT = 2
NO_CLAIM = "(none)"  # a line that says there is nothing to say; an empty message some servers refuse
_LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "ja": "Japanese"}
# Names and words of law have one right rendering; for the other terms a model's own words do.
_TERM_KINDS = frozenset({"organisation", "programme", "document", "legal"})
_MOST_TERMS = 80

Message = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Brief:
    """One question as the model is asked it, and the addresses whose sentences it is shown."""

    # With and without structured output; the same for every question, of short prompts for those of its language.
    beginning: Mapping[bool, tuple[Message, ...]]
    asked: str
    offered: frozenset[str]
    short: bool = False
    opening: str = ""  # how the answer begins, written for a small model, which loses its way in an address

    def messages(self, structured: bool) -> tuple[Message, ...]:
        """The messages; the examples show the form that is wanted, an object with ``structured``, else lines."""
        begun = ({"role": "assistant", "content": self.opening},) if self.opening else ()
        return (*self.beginning[structured], {"role": "user", "content": self.asked}, *begun)

    @property
    def most_claims(self) -> int:
        """More claims than sentences were offered are no answer but a model that goes on and on.

        Of a small model two are enough: quotes follow what it wrote, and it soon loses its way.
        """
        return min(len(self.offered), _MOST_SHORT) if self.short else len(self.offered)

    @property
    def size(self) -> int:
        """Bytes of all messages, which is more than any tokeniser makes tokens of them."""
        return max(sum(len(m["content"].encode()) for m in self.messages(form)) for form in self.beginning)


class Briefing:
    """Makes the messages for questions about one document.

    ``renderings`` (address → Japanese) stand beside Japanese questions; ``budget`` is in tokens (estimated). Under
    ``SHORT_BELOW`` the prompt is the short one of a small model: one rule, the likely sentences and nothing else, and
    plain lines, because a sentence after its address is what such a model copies best.
    """

    def __init__(
        self, document: Document, glossary: Glossary, renderings: Mapping[str, str], budget: int = 6000
    ) -> None:
        self._document = document
        self._glossary = glossary
        self._renderings = renderings
        # A sentence that gives orders to whoever reads it may be quoted, and is nothing to write from.
        self._usable = {s.address: s for s in document.passages if not addresses_a_machine(s.text)}
        self.short = budget < SHORT_BELOW
        rules = fill("short.md", {}) if self.short else fill("answer.md", {"document": ""})
        self._room = budget - tokens(rules)
        whole = self._excerpt(self._usable)
        self.whole = not self.short and tokens(whole) <= self._room
        system = fill("answer.md", {"document": f"\n{whole}"}) if self.whole else rules
        first: Message = {"role": "system", "content": system}
        self._beginning = {form: (first, *_examples(structured=form)) for form in (True, False)}
        # A small model that has just seen the other language goes on in it, and it has no long beginning to keep.
        self._short: Mapping[str, Mapping[bool, tuple[Message, ...]]] = {
            language: dict.fromkeys((True, False), (first, *_short_examples(language))) for language in _LANGUAGE_NAMES
        }
        blank = _asked(document="", history="", question="", likely=(), language="", short=self.short)
        used = [one[form] for one in (self._short.values() if self.short else (self._beginning,)) for form in one]
        everything = json.dumps([list(messages) for messages in used], ensure_ascii=False) + blank
        self.sha256 = hashlib.sha256(everything.encode("utf-8")).hexdigest()

    def blank(self) -> Brief:
        """The beginning and no question, for a server to compute in advance.

        Every question shares it; of the short prompts, which differ by language, it is the English one.
        """
        return Brief(self._short["en"] if self.short else self._beginning, "?", frozenset())

    def brief(
        self, question: Question, history: Sequence[Turn], likely: Sequence[str], ranked: Sequence[str] = ()
    ) -> Brief:
        """The messages for a question.

        ``likely`` are the addresses quote mode chose, ``ranked`` all addresses, best first: where the document does
        not fit the budget, as many of them as fit are offered.
        """
        likely = [address for address in likely if address in self._usable]
        if self.short:
            place = {address: number for number, address in enumerate(ranked)}
            likely = sorted(likely, key=lambda address: place.get(address, len(place)))[:_MOST_SHORT]
        ranked = [address for address in ranked if address in self._usable]
        if self.whole:
            offered = frozenset(self._usable)
        else:
            offered = frozenset(likely) if self.short else self._fitting(likely, ranked)
        # What stands among the likely sentences is not said twice.
        others = frozenset() if self.whole else offered.difference(likely)
        asked = _asked(
            document=f"{self._excerpt(others)}\n" if others else "",
            history="\n".join(f"{turn.role}: {without_delimiters(_told(turn))}" for turn in recent(history)),
            question=without_delimiters(question.standalone),
            likely=[(address, self._in_language(address, question.language)) for address in likely],
            language=_LANGUAGE_NAMES[question.language],
            short=self.short,
        )
        if not self.short:
            return Brief(self._beginning, asked, offered)
        return Brief(self._short[question.language], asked, offered, True, f"[{likely[0]}]" if likely else "")

    def response_format(self) -> Mapping[str, Any] | None:
        """The JSON schema of an answer; None where lines are wanted.

        Not marked strict: servers that are strict take only a part of JSON Schema, and those that compile a grammar
        keep to all of it either way. No list of addresses, for a grammar with one misleads small models; the gate
        knows every address that was offered.
        """
        if self.short:
            return None
        claim = {
            "type": "object",
            "properties": {
                "addresses": {
                    "type": "array",
                    "items": {"type": "string", "maxLength": 40},
                    "minItems": 1,
                    "maxItems": 3,
                },
                "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_CLAIM},
            },
            "required": ["addresses", "text"],
            "additionalProperties": False,
        }
        answer = {
            "type": "object",
            "properties": {"claims": {"type": "array", "items": claim, "maxItems": MOST_CLAIMS}},
            "required": ["claims"],
            "additionalProperties": False,
        }
        return {"type": "json_schema", "json_schema": {"name": "claims", "schema": answer}}

    def _in_language(self, address: str, language: Language) -> str:
        text = self._document.by_address[address].text
        return self._renderings.get(address, text) if language == "ja" else text

    def _excerpt(self, addresses: Iterable[str]) -> str:
        """These sentences in document order, with the terms they use."""
        chosen = frozenset(addresses)
        used = [
            term for term in self._glossary.terms if term.kind in _TERM_KINDS and not chosen.isdisjoint(term.addresses)
        ]
        return fill(
            "document.md",
            {
                "terms": "\n".join(f"{term.en} = {term.ja}" for term in used[:_MOST_TERMS]),
                "sentences": "\n".join(
                    _addressed(s.address, s.text) for s in self._document.passages if s.address in chosen
                ),
            },
        )

    def _fitting(self, likely: Sequence[str], ranked: Sequence[str]) -> frozenset[str]:
        """The likely addresses and as many of the ranked ones as the budget leaves room for."""
        chosen = list(dict.fromkeys(likely))
        for address in ranked:
            if address not in chosen and tokens(self._excerpt([*chosen, address])) > self._room:
                break
            chosen.append(address)
        return frozenset(chosen)


def tokens(text: str) -> int:
    """About how many tokens a text is: four plain characters are one, any other character is one by itself."""
    plain = sum(character.isascii() for character in text)
    return plain // 4 + len(text) - plain


def _told(turn: Turn) -> str:
    """What the model is told of an earlier message: personal data in it stays here, as that of a question does."""
    text = clean(turn.content)
    told = personal_data.redact(text)
    return turn.content if told == text else told


def _asked(
    *, document: str, history: str, question: str, likely: Iterable[tuple[str, str]], language: str, short: bool
) -> str:
    rows = "\n".join(_addressed(address, text) for address, text in likely)
    if short:  # the question is whole without the conversation, and its language shows
        return fill("short_question.md", {"question": question, "likely": rows})
    values = {
        "document": document,
        "history": history,
        "question": question,
        "likely": rows,
        "language": language,
    }
    return fill("question.md", values)


def _addressed(address: str, text: str) -> str:
    return f"[{address}] {text}"


def _examples(*, structured: bool) -> Iterable[Message]:
    """The worked examples as turns of a conversation."""
    for example, sentences in _worked():
        claims = example["claims"]
        likely = [(address, sentences[address]) for address in example["likely"]]
        language = _LANGUAGE_NAMES[example["language"]]
        asked = _asked(
            document="", history="", question=example["question"], likely=likely, language=language, short=False
        )
        rows = [_addressed(", ".join(row["addresses"]), row["text"]) for row in claims]
        written = json.dumps({"claims": claims}, ensure_ascii=False) if structured else "\n".join(rows or [NO_CLAIM])
        yield from _turns(asked, written)


def _short_examples(language: str) -> Iterable[Message]:
    """Those of one language, their answers copies of the sentences that answer; one without any teaches silence."""
    for example, sentences in _worked():
        used = dict.fromkeys(address for claim in example["claims"] for address in claim["addresses"])
        if example["language"] != language or not used:
            continue
        likely = [(address, sentences[address]) for address in example["likely"]]
        asked = _asked(document="", history="", question=example["question"], likely=likely, language="", short=True)
        yield from _turns(asked, "\n".join(_addressed(address, sentences[address]) for address in used))


def _worked() -> Iterable[tuple[Mapping[str, Any], Mapping[str, str]]]:
    """Each example with the sentences it is about, in its language."""
    data = tomllib.loads((PROMPTS / "examples.toml").read_text(encoding="utf-8"))
    return ((example, data["sentences"][example["language"]]) for example in data["examples"])


def _turns(asked: str, written: str) -> tuple[Message, Message]:
    return {"role": "user", "content": asked}, {"role": "assistant", "content": written}
