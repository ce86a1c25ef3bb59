"""How long one answer takes: in the process, over the JSON interface, through the chat; memory; the index build."""

import asyncio
import http.client
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from evals.bench import clients
from evals.bench.figures import BenchError, Figure, as_rows, latencies, milliseconds, repeated, table
from evals.bench.process import UNLIMITED, Server, memory, serving
from evals.cases import Case, load

BUILDS = 3
QUESTIONS = 200
WARM_UP = 10


def mixed(cases: Sequence[Case], count: int = QUESTIONS) -> tuple[Case, ...]:
    """``count`` cases at equal distances, so that every kind and both languages take part; all if there are fewer."""
    if len(cases) <= count:
        return tuple(cases)
    return tuple(cases[place * len(cases) // count] for place in range(count))


def measure(count: int = QUESTIONS, times: int = BUILDS) -> dict[str, Any]:
    """The figures of one answer at a time, and of ``times`` builds."""
    cases = mixed([case for case in load("dev") if not case.history], count)
    figures = [*builds(times), *in_process(cases), *served(cases)]
    print(table(figures))
    return {"figures": as_rows(figures)}


def in_process(cases: Sequence[Case]) -> list[Figure]:
    """Latency of an answer in this process against the bare embedding of the same question.

    Both take turns, and each goes first every second time, so that neither has the warmer processor.
    """
    from assistant.ask import Assistant
    from assistant.config import Config
    from assistant.types import Request
    from index.embed import load_embedder

    config = Config.from_env()
    assistant = Assistant.open(config)
    embedder = load_embedder(config.index)
    answers: list[float] = []
    embeddings: list[float] = []

    def embed(question: str) -> None:
        embeddings.append(milliseconds(lambda: embedder.encode([question], query=True)))

    def answer(question: str) -> None:
        answers.append(milliseconds(lambda: assistant.answer(Request(question, None, "quote"))))

    for number, case in enumerate((*cases[:WARM_UP], *cases)):
        for measured in (embed, answer) if number % 2 else (answer, embed):
            measured(case.question)
    warm = min(WARM_UP, len(cases))
    answers, embeddings = answers[warm:], embeddings[warm:]
    ratios = {share: np.quantile(answers, share) / np.quantile(embeddings, share) for share in (0.5, 0.95)}
    return [
        *latencies("bare embedding of the question", embeddings),
        *latencies("answer in the process", answers),
        *[
            Figure(f"… against the bare embedding, p{share * 100:.0f}", float(ratio), "×", note="floor 2.5, aim 1.5")
            for share, ratio in ratios.items()
        ],
    ]


def served(cases: Sequence[Case]) -> list[Figure]:
    """Latency one question after the other over both surfaces, and the memory of the process at start and afterwards.

    The three ways take turns for each question, so that a busy moment of the machine strikes all of them.
    """
    with serving(UNLIMITED) as server:
        server.until_ready()
        at_start = server.held().memory
        plain, streamed, chat = asyncio.run(_in_turns(server, cases))
        return [
            *latencies("answer over HTTP (`/api/ask`)", plain),
            *latencies("… as a stream", streamed),
            *latencies("… through the chat (Gradio's queue)", chat),
            Figure("memory of the serving process when ready", at_start, "MiB", note="aim 500 MB"),
            *memory(server.pid),
        ]


async def _in_turns(server: Server, cases: Sequence[Case]) -> tuple[list[float], list[float], list[float]]:
    place = urlsplit(server.address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    plain: list[float] = []
    streamed: list[float] = []
    chat: list[float] = []
    async with clients.connected(server.address) as client:
        for case in (*cases[:WARM_UP], *cases):
            plain.append(milliseconds(lambda case=case: _whole(connection, case.question)))  # type: ignore[misc]
            for surface, found in (("api", streamed), ("chat", chat)):
                asked = await clients.ask(client, surface, case.question, "quote")  # type: ignore[arg-type]
                if asked.outcome != "answered":
                    raise BenchError(f"{surface} did not answer {case.question!r}: {asked.detail}")
                found.append(asked.total * 1000)
    connection.close()
    warm = min(WARM_UP, len(cases))
    return plain[warm:], streamed[warm:], chat[warm:]


def _whole(connection: http.client.HTTPConnection, question: str) -> None:
    body = json.dumps({"question": question, "mode": "quote"})
    connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    content = reply.read()
    if reply.status != 200:
        raise BenchError(f"/api/ask answered {reply.status} to a question: {content[:200]!r}")


def builds(times: int = BUILDS) -> list[Figure]:
    """Index builds into empty directories, imports and loading of the model excluded."""
    from index.embed import load_embedder
    from index.library import build_index
    from index.settings import IndexSettings

    embedder = load_embedder(IndexSettings.from_env())
    embedder.encode(["warm"], query=True)
    seconds = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="moc-bench-") as folder:
            started = time.perf_counter()
            build_index(Path(folder), embedder)
            seconds.append(time.perf_counter() - started)
    return [repeated("index build, less imports", seconds, "s", "floor 20, aim 5")] if seconds else []
