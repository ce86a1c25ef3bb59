"""Every fault of the scripted server through the whole application: what the reader saw, how long it took."""

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant import glossary
from assistant.ask import Assistant
from assistant.briefing import Briefing
from assistant.config import LlmSettings
from assistant.types import Mode, Request
from assistant.write import MAX_CALLS, Writer
from evals.fakellm import OPTIONAL, FakeLlm, faults, silent

# Seconds of patience; the defaults of the service are longer and in the same proportions.
CONNECT, FIRST, GAP, TOTAL = 1.0, 3.0, 0.8, 4.0
SILENT_SECONDS = 15.0  # in which everybody is answered when the server is silent, with nothing set
QUESTION = "Is this memorandum legally binding?"
Seen = tuple[Mode, str | None]

# name of the fault → mode and mode_note of the answer that the reader has to get
EXPECTED: Mapping[str, Seen] = {
    "refused": ("quote", "llm_unavailable"),
    "reset": ("quote", "llm_unavailable"),
    "silent": ("quote", "llm_timeout"),
    "slow first token": ("quote", "llm_timeout"),
    "drip": ("quote", "llm_timeout"),
    "stalls after a claim": ("quote", "llm_timeout"),
    "429": ("quote", "llm_busy"),
    "429, Retry-After 1": ("llm", None),
    "429, Retry-After 3600": ("quote", "llm_busy"),
    "quota": ("quote", "llm_busy"),
    "401": ("quote", "llm_unavailable"),
    "404": ("quote", "llm_unavailable"),
    "500 once": ("llm", None),
    "503 long": ("quote", "llm_unavailable"),
    "flapping": ("llm", None),
    "HTML 200": ("quote", "llm_invalid"),
    "bad JSON chunk": ("quote", "llm_invalid"),
    "empty choices": ("quote", "llm_invalid"),
    "wrong schema": ("quote", "llm_invalid"),
    "not UTF-8": ("quote", "llm_invalid"),
    "UTF-8 broken across pieces": ("quote", "llm_invalid"),
    "data without JSON": ("quote", "llm_invalid"),
    "comment lines": ("llm", None),
    "CRLF": ("llm", None),
    "a line of 10 MB": ("quote", "llm_invalid"),
    "error in the stream": ("quote", "llm_unavailable"),
    "reset in the middle": ("quote", "llm_cut"),
    "clean end without finish_reason": ("quote", "llm_cut"),
    "length": ("quote", "llm_cut"),
    "content_filter": ("quote", "llm_cut"),
    "prose": ("quote", "llm_invalid"),
    "nothing written": ("quote", "llm_invalid"),
    "endless": ("quote", "llm_invalid"),
    **{f"400 for {name}": ("llm", None) for name in OPTIONAL},
    "400 for both, one at a time": ("quote", "llm_invalid"),
    "400 for another reason": ("quote", "llm_invalid"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a fault. ``same`` is whether an answer in quote mode is quote mode's own, claim by claim."""

    fault: str
    seen: Seen
    same: bool
    seconds: float
    calls: int

    @property
    def passed(self) -> bool:
        """The expected answer, in time, with at most two upstream calls."""
        whole = self.seen[0] == "llm" or self.same
        return self.seen == EXPECTED[self.fault] and whole and self.calls <= MAX_CALLS and self.seconds < TOTAL + 2


def briefing(assistant: Assistant, budget: int = 6000) -> Briefing:
    """The briefing for an assistant's own document."""
    renderings = assistant.reading_aid.sentences if assistant.reading_aid else {}
    return Briefing(assistant.document, glossary.load(), renderings, budget)


def writing(
    assistant: Assistant, server_url: str, *, name: str = "scripted", patience: float = 1.0, budget: int = 6000
) -> Assistant:
    """The same assistant with a language model behind this address; ``patience`` multiplies the seconds above."""
    seconds = (CONNECT * patience, FIRST * patience, GAP * patience, TOTAL * patience)
    settings = LlmSettings(name, server_url, None, "", *seconds, prompt_tokens=budget)
    switched = copy.copy(assistant)
    switched._writer = Writer(settings, briefing(assistant, budget))
    return switched


def rows(assistant: Assistant) -> Iterator[Row]:
    """One answer for each fault; ``assistant`` is one without a language model."""
    quoted = assistant.answer(Request(QUESTION))
    # What is imported at the first call would count as the first fault's time.
    with FakeLlm() as server:
        writing(assistant, server.base_url, patience=10).answer(Request(QUESTION))
    for name in EXPECTED:
        with FakeLlm(refuses=name == "refused") as server:
            if name != "refused":
                server.play(faults(FIRST + 1, GAP / 3)[name])
            asked = writing(assistant, server.base_url)
            began = time.monotonic()
            answer = asked.answer(Request(QUESTION))
            seconds = time.monotonic() - began
            same = (answer.claims, answer.citations, answer.status) == (quoted.claims, quoted.citations, quoted.status)
            yield Row(name, (answer.mode, answer.mode_note), same, seconds, len(server.calls))


def silence(assistant: Assistant) -> float:
    """Seconds until the answer of a server that accepts and never answers, with the patience nobody has set."""
    with FakeLlm() as server:
        asked = copy.copy(assistant)
        asked._writer = Writer(LlmSettings("scripted", server.base_url, None, ""), briefing(assistant))
        asked.answer(Request(QUESTION))
        server.play((silent,))
        began = time.monotonic()
        answer = asked.answer(Request(QUESTION))
        seconds = time.monotonic() - began
    assert (answer.mode, answer.mode_note) == ("quote", "llm_timeout"), answer.mode_note
    return seconds
