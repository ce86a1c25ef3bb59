"""The real small model: recording its answers, replaying them through the whole application, and its times."""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from assistant.ask import Assistant, ClaimShown
from assistant.briefing import Brief
from assistant.types import Answer, Request
from evals import cases as case_files
from evals import fault_table, recording
from evals.cases import Case
from evals.fakellm import FakeLlm, Script, raw_text
from evals.recording import Recorded
from evals.smol import NAME, SmolServer
from evals.told import SEED

RECORDINGS = Path(__file__).parent / "claims"
PROMPT_TOKENS = 500  # for the small model: it reads the likely sentences only, the document confuses it


def replaying(recorded: Recorded) -> Script:
    """The recorded text, word for word, from the scripted server."""
    return raw_text(recorded.text, recorded.finish)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded answer through the whole application, beside quote mode's answer to the same question."""

    case: Case
    recorded: Recorded
    answer: Answer
    quoted: Answer

    @property
    def written(self) -> list[str]:
        """The sentences of the model that were shown."""
        return [claim.text for claim in self.answer.claims if claim.kind == "statement"]


def replay(assistant: Assistant, suite: str, path: Path) -> list[Replayed]:
    """Every recorded answer of a suite, replayed."""
    by_id = {case.id: case for case in case_files.load(suite)}
    found = []
    with FakeLlm() as server:
        asked = fault_table.writing(assistant, server.base_url, name=NAME, patience=20, budget=PROMPT_TOKENS)
        for recorded in recording.load(path):
            case = by_id.get(recorded.id)
            if case is None:
                continue  # a question that is no longer asked
            server.play((replaying(recorded),))
            request = Request(case.question, history=case.history)
            found.append(Replayed(case, recorded, asked.answer(request), assistant.answer(request)))
    return found


def record(assistant: Assistant, suite: str, path: Path, most: int) -> None:
    """Ask the real small model questions of a suite that reach it, until the file holds ``most`` answers."""
    done = {recorded.id for recorded in recording.load(path)}
    chosen = list(case_files.load(suite))
    random.Random(SEED).shuffle(chosen)
    briefing = fault_table.briefing(assistant, PROMPT_TOKENS)
    waiting: list[tuple[Case, Brief]] = []
    for case in chosen:
        if len(done) + len(waiting) >= most:
            break
        brief = assistant.brief(Request(case.question, history=case.history), briefing)
        if brief is not None and case.id not in done:
            waiting.append((case, brief))
    # One language after the other: the server keeps the beginning that its questions share.
    waiting.sort(key=lambda pair: pair[0].language)
    with SmolServer() as small:
        for case, brief in waiting:
            made = recording.record(small.base_url, NAME, case.id, brief, briefing.response_format())
            recording.append(path, made)
            print(f"{case.id}: {made.seconds} s", flush=True)


def times(assistant: Assistant, questions: Sequence[Case]) -> list[tuple[float, float, float | None, float]]:
    """Per question: the model alone (first token, whole), then the application over it (first claim or None, whole)."""
    rows = []
    with SmolServer() as small:
        asked = fault_table.writing(assistant, small.base_url, name=NAME, patience=100, budget=PROMPT_TOKENS)
        briefing = fault_table.briefing(assistant, PROMPT_TOKENS)
        asked.warm_up()
        for case in questions:
            brief = assistant.brief(Request(case.question), briefing)
            if brief is None:
                continue
            alone = recording.record(small.base_url, NAME, case.id, brief, briefing.response_format())
            first, whole = first_claim(asked, case)
            rows.append((alone.first_token_seconds, alone.seconds, first, whole))
    return rows


def first_claim(assistant: Assistant, case: Case) -> tuple[float | None, float]:
    """Seconds to the first verified claim (None: there was none) and to the answer."""

    async def run() -> tuple[float | None, float]:
        began, first = time.monotonic(), None
        async with aclosing(assistant.stream(Request(case.question))) as events:
            async for event in events:
                if isinstance(event, ClaimShown) and first is None:
                    first = time.monotonic() - began
        return first, time.monotonic() - began

    return asyncio.run(run())
