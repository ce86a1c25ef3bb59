"""Asks the assistant every question of a suite, and a second time in a new process on a second, fresh index."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from assistant.admission import Admission, everyone
from assistant.ask import Assistant, Event
from assistant.config import Config
from assistant.render import answer_object
from assistant.retrieve import Evidence
from assistant.types import Answer, Mode, Question, Request
from evals.cases import Case
from evals.outcomes import Failed, Result, result
from evals.retrieval import DEPTH
from index.errors import UserError

ROOT = Path(__file__).parent.parent
SECOND_RUN_SECONDS = 900
SHARED_FROM = 500  # questions; for fewer, a second process would take longer to start than it saves
TOO_LONG_SECONDS = 60.0  # nobody waits longer; an answer that takes more is an error of its case


class SecondRunError(UserError):
    """The second process gave no answers at all (exit 1: determinism could not be shown)."""

    exit_code = 1


class Answering(Protocol):
    """Whatever answers requests; the assistant, or a broken one in a test."""

    def answer(self, request: Request, /) -> Answer:
        """One answer."""


class Watched(Assistant):
    """The assistant, with the ranking of its last search left where the evals can read it.

    ``admission`` stands between every question and the language model, and learns what was used.
    """

    ranking: tuple[str, ...] = ()
    admission: Admission | None = None

    @classmethod
    def limited(cls, config: Config, admission: Admission) -> "Watched":
        """Open it, with someone between it and its language model."""
        assistant = cls.open(config)
        assert isinstance(assistant, cls)
        assistant.admission = admission
        return assistant

    def answer(self, request: Request) -> Answer:
        """One answer; a request that is never searched leaves an empty ranking."""
        self.ranking = ()
        return super().answer(request)

    def stream(self, request: Request, admission: Admission = everyone) -> AsyncGenerator[Event, None]:
        """The events of one question."""
        return super().stream(request, self.admission or admission)

    def _evidence(self, question: Question) -> Evidence:
        found = super()._evidence(question)
        self.ranking = tuple(passage.address for passage in found.passages[:DEPTH])
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """The results of a suite and how long each took, in milliseconds, in order."""

    results: tuple[Result, ...]
    milliseconds: tuple[float, ...]


def ask(
    assistant: Answering,
    cases: Sequence[Case],
    base_url: str = "",
    mode: Mode = "quote",
    clock: Callable[[], float] = time.perf_counter,
) -> Asked:
    """Ask every case in this process; whatever is raised, and whatever takes too long, is an error of that case."""

    def answer(case: Case) -> Mapping[str, Any]:
        return answer_object(assistant.answer(Request(case.question, None, mode, case.history)), base_url)

    found = collect(answer, cases, lambda: getattr(assistant, "ranking", ()), clock)
    if mode == "quote":
        return found
    marked = (replace(one, model=True) if isinstance(one, Failed) else one for one in found.results)
    return replace(found, results=tuple(marked))


def collect(
    answer: Callable[[Case], Any],
    cases: Iterable[Case],
    ranking: Callable[[], tuple[str, ...]] = tuple,
    clock: Callable[[], float] = time.perf_counter,
) -> Asked:
    """One result for each case; ``answer`` gives its answer object, ``ranking`` how the last search ranked."""
    results: list[Result] = []
    milliseconds = []
    for case in cases:
        started = clock()
        try:
            # Through JSON, so that both runs compare what a client would receive.
            found = result(case, json.loads(json.dumps(answer(case))), ranking())
        except Exception as error:  # noqa: BLE001 - any exception is this case's failure, never the end of the run
            found = Failed(case, f"{type(error).__name__}: {error}")
        elapsed = clock() - started
        if elapsed > TOO_LONG_SECONDS:
            found = Failed(case, f"took {elapsed:.0f} seconds, more than {TOO_LONG_SECONDS:g}")
        results.append(found)
        milliseconds.append(round(elapsed * 1000, 3))
    return Asked(tuple(results), tuple(milliseconds))


@dataclass(frozen=True, slots=True)
class Again:
    """What the second run gave, by case: answer objects, and how many milliseconds each took."""

    answers: Mapping[str, Any]
    milliseconds: Mapping[str, float]


class SecondRun:
    """The same questions through ``python -m assistant ask --batch``: other processes, an index of its own for each.

    They start when it is entered, beside the first run, two of them with half of the questions each where there are
    many, for the whole takes longer than the first; :meth:`again` waits for them. Whatever was started ends with it.
    """

    def __init__(
        self, cases: Sequence[Case], environ: Mapping[str, str] = os.environ, processes: int | None = None
    ) -> None:
        processes = processes or (2 if len(cases) >= SHARED_FROM else 1)
        self._shares = [cases[first::processes] for first in range(processes)]
        self._environ = environ
        self._started = ExitStack()
        self._parts: list[_Part] = []

    def __enter__(self) -> "SecondRun":
        with ExitStack() as started:
            scratch = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="moc-evals-")))
            for number, share in enumerate(filter(None, self._shares)):
                part = _Part(scratch / str(number), share, self._environ)
                started.callback(part.end)
                self._parts.append(part)
            self._started = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.close()

    def again(self) -> Again:
        """All of them; cases whose line is an error, or that took too long, are missing.

        Raises:
            SecondRunError: a process ended without output, or took too long.
        """
        end = time.monotonic() + SECOND_RUN_SECONDS
        rows = [row for part in self._parts for row in part.rows(max(end - time.monotonic(), 0.0))]
        given = [row for row in rows if "answer" in row and row["elapsed_ms"] <= TOO_LONG_SECONDS * 1000]
        return Again(
            {row["id"]: row["answer"] for row in given},
            {row["id"]: row["elapsed_ms"] for row in given},
        )


class _Part:
    """One process with its share of the questions, in a folder of its own."""

    def __init__(self, folder: Path, cases: Sequence[Case], environ: Mapping[str, str]) -> None:
        folder.mkdir()
        self._out, self._log = folder / "out.jsonl", folder / "stderr.txt"
        source = folder / "in.jsonl"
        source.write_text("".join(json.dumps(_line(case)) + "\n" for case in cases), encoding="utf-8")
        # Its index is this run's own and may be built even where the shared one may not.
        settings = {name: value for name, value in environ.items() if name != "MOC_INDEX_BUILD"}
        command = [sys.executable, "-m", "assistant", "ask", "--batch", str(source), "--out", str(self._out)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--mode", "quote"],
                cwd=ROOT,
                env=settings | {"MOC_INDEX_DIR": str(folder / "index")},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def end(self) -> None:
        """Stop the process, if it still runs."""
        self.process.kill()
        self.process.wait()

    def rows(self, seconds: float) -> list[dict[str, Any]]:
        """Its lines, once it has ended."""
        try:
            self.process.wait(seconds)
            lines = self._out.read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines if line]
        except (subprocess.TimeoutExpired, OSError, ValueError) as error:
            log = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SecondRunError(
                f"the second run gave no answers ({error}); it said: {log[-1:] or 'nothing'}"
            ) from None


def _line(case: Case) -> dict[str, Any]:
    history = [{"role": turn.role, "content": turn.content} for turn in case.history]
    return {"id": case.id, "question": case.question} | ({"history": history} if history else {})
