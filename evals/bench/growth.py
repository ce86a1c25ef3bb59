"""How build, search and answers grow with the document: 51, 10,000 and 100,000 passages, beside plain LlamaIndex.

Each size is measured in a process of its own, so that its memory is its own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evals.bench import plain, synthetic
from evals.bench.figures import BenchError
from evals.bench.load import questions
from evals.processes import ROOT

SIZES = (51, 10_000, 100_000)
SEARCHES = 200
ANSWERS = 30
LIMIT = 10  # how many a search returns, for speed and for recall


def measure(sizes: Sequence[int] = SIZES) -> Iterator[dict[str, Any]]:
    """The rows so far, after each size."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="moc-growth-") as folder:
        vectors, out = Path(folder) / "vectors.npy", Path(folder) / "row.json"
        begun = time.perf_counter()
        np.save(vectors, embedded(min(max(sizes), synthetic.DISTINCT)))
        embed_seconds = time.perf_counter() - begun
        print(f"embedded in {embed_seconds:.0f} s", flush=True)
        for size in sizes:
            command = [sys.executable, "-m", "evals.bench.growth", str(size), str(vectors), str(out)]
            ran = subprocess.run(command, cwd=ROOT, check=False)
            if ran.returncode:
                raise BenchError(f"growth at {size} passages ended with exit code {ran.returncode}")
            rows.append(json.loads(out.read_text(encoding="utf-8")))
            print(line(rows[-1]), flush=True)
            yield {
                "rows": rows,
                "embed_seconds": embed_seconds,
                "distinct": synthetic.DISTINCT,
                "noise": synthetic.NOISE,
                "limit": LIMIT,
            }


def embedded(count: int) -> np.ndarray:
    """The vectors of the first passages of a made-up agreement → (count, d), on all cores."""
    from index import parse
    from index.embed import load_embedder
    from index.settings import IndexSettings

    embedder = load_embedder(IndexSettings.from_env())
    texts = [sentence.text for sentence in parse.parse(synthetic.agreement(count)).passages]
    batches = [texts[begin : begin + 64] for begin in range(0, count, 64)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(lambda batch: embedder.encode(batch, query=False), batches)))


def measure_one(size: int, embedded: np.ndarray) -> dict[str, Any]:
    """One size of a made-up agreement; both indexes hold the same vectors."""
    from assistant.ask import Assistant
    from assistant.config import Config
    from assistant.types import Request
    from index import library, parse
    from index.chroma import EXACT_LIMIT
    from index.embed import load_embedder
    from index.settings import IndexSettings
    from index.store import Store, build

    embedder = load_embedder(IndexSettings.from_env())
    asked = [case.question for case in questions()[:SEARCHES]]
    searched = np.concatenate([embedder.encode([question], query=True) for question in asked])
    document = parse.parse(synthetic.agreement(size))
    identity, entries = library.expected(embedder.fingerprint, document, "file")
    row: dict[str, Any] = {"passages": len(entries)}
    vectors = synthetic.spread(embedded, len(entries))
    exact = [set(np.argsort(-(vectors @ vector), kind="stable")[:LIMIT].tolist()) for vector in searched]
    place = {entry.id: number for number, entry in enumerate(entries)}
    with tempfile.TemporaryDirectory(prefix="moc-growth-") as folder:
        root = Path(folder) / "index"
        row["build_seconds"] = _seconds(lambda: build(root, document, identity, entries, vectors))
        begun = time.perf_counter()
        store = Store.open(root, partial(library.expected, embedder.fingerprint))
        row["open_seconds"] = time.perf_counter() - begun
        row["search"] = "exact" if len(entries) <= EXACT_LIMIT else "HNSW"
        row |= _searched("", lambda v: [hit.entry.id for hit in store.nearest(v, LIMIT)], searched, exact, place)
        begun = time.perf_counter()
        assistant = Assistant.open(Config.from_env(), (store, embedder))
        row["assistant_seconds"] = time.perf_counter() - begun
        assistant.answer(Request(asked[0], None, "quote"))
        taken = [_seconds(partial(assistant.answer, Request(one, None, "quote"))) for one in asked[:ANSWERS]]
        embeds = [_seconds(partial(embedder.encode, [one], query=True)) for one in asked[:ANSWERS]]
        row |= {"answer_p50": float(np.median(taken)), "answer_p95": float(np.quantile(taken, 0.95))}
        row |= {"embedding_p50": float(np.median(embeds))}
        row["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        row["disk"] = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / 2**20
        texts = [entry.text for entry in entries]
        book = plain.build(Path(folder) / "plain", [e.id for e in entries], texts, vectors, LIMIT, embedder)
        row["plain_build_seconds"] = book.seconds
        row |= _searched("plain_", book.nearest, searched, exact, place)
    return row


def line(row: dict[str, Any]) -> str:
    """A row as it is printed while the bench runs."""
    return (
        f"{row['passages']} passages: build {row['build_seconds']:.1f} s (plain "
        f"{row['plain_build_seconds']:.1f}), open {row['open_seconds']:.1f} s, search {row['search']} "
        f"{row['search_p50'] * 1000:.2f} ms, recall {row['recall']:.3f} "
        f"(plain {row['plain_search_p50'] * 1000:.2f} ms, {row['plain_recall']:.3f}), "
        f"answer p50 {row['answer_p50'] * 1000:.0f} ms, peak {row['memory']:.0f} MiB"
    )


def _searched(
    prefix: str,
    nearest: Callable[[np.ndarray], list[str]],
    vectors: np.ndarray,
    exact: Sequence[set[int]],
    place: dict[str, int],
) -> dict[str, float]:
    """p50 and p95 of a search in seconds, and which share of the exact nearest it finds."""
    nearest(vectors[0])
    seconds, found = [], 0
    for vector, wanted in zip(vectors, exact, strict=True):
        begun = time.perf_counter()
        ids = nearest(vector)
        seconds.append(time.perf_counter() - begun)
        found += len(wanted & {place[id_] for id_ in ids})
    return {
        f"{prefix}search_p50": float(np.median(seconds)),
        f"{prefix}search_p95": float(np.quantile(seconds, 0.95)),
        f"{prefix}recall": found / sum(map(len, exact)),
    }


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    measured = measure_one(int(sys.argv[1]), np.load(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(measured), encoding="utf-8")
