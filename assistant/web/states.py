"""The states in which the service gives less than it could. Each has a code, words for readers, and a runbook page.

The code is the same in ``/readyz``, in the metric ``moc_state`` and in the name of the page in ``docs/runbook``.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

RECENT = 300.0  # seconds for which something that happened still describes the service

Shown = Literal["answer", "failure", "refusal", "feedback"]


@dataclass(frozen=True, slots=True)
class State:
    """One degraded state: where a reader meets it, and the key of the words they then read."""

    code: str
    shown: Shown
    words: str


SEARCHLESS = "embedding_unavailable"
STATES: Mapping[str, State] = MappingProxyType(
    {
        state.code: state
        for state in (
            State("opening", "failure", "error_opening"),
            State("not_ready", "failure", "error_not_ready"),
            State(SEARCHLESS, "failure", "error_embedding_unavailable"),
            State("switched_off", "refusal", "error_switched_off"),
            State("llm_off", "answer", "note_llm_off"),
            State("llm_timeout", "answer", "note_llm_timeout"),
            State("llm_unavailable", "answer", "note_llm_unavailable"),
            State("llm_busy", "answer", "note_llm_busy"),
            State("llm_budget", "answer", "note_llm_budget"),
            State("llm_cut", "answer", "note_llm_cut"),
            State("llm_invalid", "answer", "note_llm_invalid"),
            State("newcomers_wait", "refusal", "state_newcomers_wait"),
            State("store_down", "refusal", "state_store_down"),
            State("proxy_not_listed", "refusal", "state_proxy_not_listed"),
            State("feedback_full", "feedback", "state_feedback_full"),
            State("feedback_failed", "feedback", "state_feedback_failed"),
        )
    }
)


class Recent:
    """What happened lately: an event describes the service until it is over, or RECENT seconds went by."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    def saw(self, code: str, lasting: bool = False) -> None:
        """It happened now; what is ``lasting`` holds until it is over."""
        assert code in STATES, code
        self._seen[code] = math.inf if lasting else self._clock()

    def over(self, *codes: str) -> None:
        """It is known to be over."""
        for code in codes:
            self._seen.pop(code, None)

    @property
    def codes(self) -> list[str]:
        """What happened within RECENT seconds, or lasts."""
        return [code for code, when in self._seen.items() if self._clock() - when < RECENT]
