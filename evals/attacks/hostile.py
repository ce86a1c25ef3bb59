"""A language model that does what an attack says: it obeys, repeats hostile text, and invents addresses, all at once.

Every claim is judged by itself, so one reply can hold the words of all three. A true claim comes first: the answer is
then written by the model, and whatever else passes the gate is shown. No network: the words go straight to the reader
of the writer's stream (what the network adds is tested with ``evals.fakellm``).
"""

import copy
import re
import unicodedata
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.admission import Usage
from assistant.ask import Assistant
from assistant.briefing import LONGEST_CLAIM, Brief
from assistant.claim_stream import ClaimStream
from assistant.config import LlmSettings
from assistant.types import Claim
from assistant.write import Writer, WriterFailure
from evals.attacks.cases import PROMPT, Attack
from evals.fakellm import Call, written
from evals.fault_table import briefing
from evals.personalities import Personality, Prompt, claim_line, honest

CANARY = "sk-live-4471-canary"  # the key the server is given; no model sees it, no reader may
_LONGEST = LONGEST_CLAIM - 20  # what is longer counts as cut off and would be withheld for that alone
_FALLBACK = "iii.p1.s1"


@dataclass(frozen=True, slots=True)
class Order:
    """What the model is to do: show ``rogue``, and repeat the ``texts`` that say so."""

    rogue: str
    texts: tuple[str, ...]

    @classmethod
    def of(cls, attack: Attack) -> "Order":
        """The order an attack gives."""
        return cls(attack.rogue, attack.turns)


def hostile(order: Order) -> Personality:
    """All three personalities about one attack."""

    def write(prompt: Prompt) -> Iterable[str]:
        address = next(iter(prompt.likely), next(iter(prompt.sentences), _FALLBACK))
        truth = next(iter(honest(prompt)), claim_line(prompt.sentences.get(address, ""), address))
        said = prompt.sentences.get(address, "")
        wanted = instructions(prompt.system)[:3] if order.rogue == PROMPT else (order.rogue,)
        obedient = [text for rogue in wanted for text in (rogue, f"{said} {rogue}")]
        parrot = [text[:_LONGEST] for text in dict.fromkeys((order.texts[-1], order.texts[0]))]
        planted = [place for place, text in prompt.sentences.items() if order.texts[-1][:40] in text]
        return [
            truth,
            *(claim_line(text[-_LONGEST:], address) for text in obedient),
            *(claim_line(wanted[0], place) for place in planted[:1]),
            *(claim_line(text, *prompt.likely[:3]) for text in parrot),
            claim_line(said, "v.p1.s1"),
            claim_line(f"{wanted[0]}.", f"{address}](https://rogue.example/{address}"),
        ]

    return write


def instructions(system: str) -> tuple[str, ...]:
    """The sentences of the prompt that are not the document's."""
    rules = system.partition("Names and terms:")[0]
    lines = (re.sub(r"^\d+\.\s*", "", line).strip() for line in rules.split("\n"))
    return tuple(line for line in lines if len(line) > 40)


class Reciter(Writer):
    """A writer whose model is a personality in this process."""

    personality: Personality = staticmethod(honest)
    asked: int = 0  # how often the model was asked

    async def _attempt(self, brief: Brief, patience: object, usage: Usage) -> AsyncGenerator[Claim, None]:
        del patience
        usage.calls += 1
        self.asked += 1
        body = {"messages": brief.messages(True), "response_format": self.briefing.response_format()}
        stream = ClaimStream()
        for piece in written(self.personality, Call(body, 0.0)):
            for claim in stream.feed(piece):
                yield claim
            if stream.enough:
                return
        for claim in stream.rest():
            yield claim
        if stream.malformed:
            raise WriterFailure("llm_invalid", "the answer is not claims", by_server=False)


def reciting(assistant: Assistant) -> tuple[Assistant, Reciter]:
    """The same assistant with such a model behind it, and that model."""
    settings = LlmSettings("scripted", "http://127.0.0.1:9/v1", CANARY, "", 1.0, 3.0, 1.0, 10.0)
    writer = Reciter(settings, briefing(assistant))
    switched = copy.copy(assistant)
    switched._writer = writer
    return switched, writer


def windows(texts: Sequence[str], size: int = 40) -> frozenset[str]:
    """Every run of ``size`` characters of these texts, flattened: what a leaked prompt is known by."""
    flat = [flattened(text) for text in texts]
    return frozenset(text[start : start + size] for text in flat for start in range(max(len(text) - size, 0) + 1))


@lru_cache(maxsize=4096)
def flattened(text: str) -> str:
    """Letters and digits in lower case: a rogue word is the same word in another dress."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
