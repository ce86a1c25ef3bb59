"""Cold start: how long until the page is there and until questions are answered, and which imports take that time."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from evals.bench.figures import Figure, as_rows, repeated, table
from evals.bench.process import serving
from evals.processes import ROOT

STARTS = 5
SHOWN = 14
EMBEDDED = 100
_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$")


# The same program, had it nothing lazy: everything imported, the index opened and the model loaded before the page.
_EAGER = """
import sys
from assistant.ask import Assistant
from assistant.config import Config
from index import chroma
chroma.preload()
Assistant.open(Config.from_env())
import app
sys.exit(app.main())
"""


def measure(times: int = STARTS) -> dict[str, Any]:
    """The figures of ``times`` starts, what was removed from them, and where the time of one more goes."""
    figures = [*starts(times), *removed(max(1, times // 2))]
    imports = where_it_goes()
    print(table(figures))
    print(import_table(imports))
    return {"figures": as_rows(figures), "imports": imports}


def starts(times: int) -> list[Figure]:
    """First 200 on ``/`` and readiness against ``import gradio``, alternating, each in a fresh process."""
    pages, ready, imports = [], [], []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import gradio"], cwd=ROOT, check=True, env=_quiet(), capture_output=True)
        imports.append(time.perf_counter() - started)
        with serving() as server:
            pages.append(server.first_page)
            ready.append(server.until_ready())
    return [
        repeated("`import gradio`, fresh process", imports, "s"),
        repeated("`python app.py` to the first 200 on `/`", pages, "s"),
        repeated("… against `import gradio`", _ratios(pages, imports), "×", "floor 3, aim 2"),
        repeated("`python app.py` until questions are answered without waiting", ready, "s"),
        repeated("… against `import gradio`", _ratios(ready, imports), "×"),
    ]


def removed(times: int) -> list[Figure]:
    """What a start would cost without lazy imports, the thread beside the page, and the vectors that are shipped."""
    pages = []
    for _ in range(times):
        with serving(program=("-c", _EAGER)) as server:
            pages.append(server.first_page)
    return [
        repeated("the first 200, had everything been imported and opened before it", pages, "s", "what laziness saves"),
        _embedding(),
    ]


def _embedding() -> Figure:
    """Embedding every text of the index, reckoned from a sample of them."""
    from index import parse
    from index.embed import load_embedder
    from index.library import shipped_entries
    from index.settings import IndexSettings

    embedder = load_embedder(IndexSettings.from_env())
    entries = shipped_entries(parse.load())
    sample = [entry.text for entry in entries[:: len(entries) // EMBEDDED]]
    embedder.encode(sample[:2], query=False)
    begun = time.perf_counter()
    for text in sample:
        embedder.encode([text], query=False)
    seconds = (time.perf_counter() - begun) / len(sample) * len(entries)
    what = f"embedding the {len(entries):,} texts of the index on one core, whose vectors are shipped instead"
    return Figure(what, seconds, "s", note=f"reckoned from {len(sample)} of them")


def where_it_goes() -> dict[str, Any]:
    """One start with ``-X importtime``, which itself takes time: seconds by package, before and after the first page.

    Packages are top-level names with the time of their own modules only, what they import is counted where it belongs.
    """
    with serving(program=("-X", "importtime", "app.py")) as server:
        ready = server.until_ready()
        lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
        first_page = server.first_page
    listening = next((place for place, line in enumerate(lines) if line.startswith("Serving on ")), len(lines))
    return {
        "first_page_seconds": first_page,
        "ready_seconds": ready,
        "before": by_package(lines[:listening]),
        "after": by_package(lines[listening:]),
    }


def by_package(lines: Iterable[str]) -> list[dict[str, Any]]:
    """The packages of an import log, the slowest first: name, seconds, how many modules."""
    seconds: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for line in lines:
        if found := _IMPORT.match(line):
            package = found[2].partition(".")[0]
            name = "the standard library" if package.lstrip("_") in _STANDARD or package in _STANDARD else package
            seconds[name] += int(found[1])
            modules[name] += 1
    return [
        {"package": name, "seconds": micro / 1e6, "modules": modules[name]} for name, micro in seconds.most_common()
    ]


def import_table(imports: dict[str, Any]) -> str:
    """Where the time goes, as a Markdown table."""
    rows = ["| imported | package | seconds | modules |", "|---|---|---|---|"]
    for when, words in (("before", "before the page is there"), ("after", "in the background, before answers")):
        found = imports[when]
        for one in found[:SHOWN]:
            rows.append(f"| {words} | {one['package']} | {one['seconds']:.2f} | {one['modules']} |")
        rest = found[SHOWN:]
        total = sum(one["seconds"] for one in found)
        rows.append(f"| {words} | {len(rest)} others | {sum(one['seconds'] for one in rest):.2f} | |")
        rows.append(f"| {words} | **all imports** | **{total:.2f}** | {sum(one['modules'] for one in found)} |")
    return "\n".join(rows)


_STANDARD = frozenset(sys.stdlib_module_names)


def _ratios(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    return [value / base for value, base in zip(values, bases, strict=True)]


def _quiet() -> dict[str, str]:
    """The environment ``app.py`` gives Gradio, so that both sides of the ratio do the same."""
    return {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
