"""What one process bears, in the few lines by which an operator reckons how many are needed; from results alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from evals.bench.bodies import table
from evals.machine import aged

MARKERS = ("<!-- sizing -->", "<!-- /sizing -->")


def text(parts: Mapping[str, Any]) -> str:
    """A table, with the command that measures where there is no figure yet."""
    rows = [(words, _age(parts.get(by), figure) + figure, f"`{by}`") for words, figure, by in _rows(parts)]
    return table(("part", "one process", "measured by"), rows)


def _age(part: Mapping[str, Any] | None, figure: str) -> str:
    return "" if part is None or figure == _NONE else aged(part["date"], part["machine"])


def _rows(parts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    load = parts.get("load", {}).get("rows", ())
    for mode, words in (("quote", "answers in quotes"), ("llm", "answers while a model of 50 tokens a second writes")):
        rates = [(row["answers_per_second"], row) for row in load if row["mode"] == mode and not row["pause"]]
        figure = ""
        if rates:
            _, row = max(rates, key=lambda pair: pair[0])
            each = row["answers_per_processor_second"]
            share = f", {row['by_model']} of {row['answers']} by the model" if mode == "llm" else ""
            figure = (
                f"{row['answers_per_second']:.1f} a second at most, {each:.1f} for each second of a core "
                f"({row['users']} visitors at once{share})"
            )
        yield words, figure or _NONE, "load"
    figures = {row["what"]: row for part in ("latency", "start") for row in parts.get(part, {}).get("figures", ())}
    for words, name, by in (
        ("memory, ready", "memory of the serving process when ready", "latency"),
        ("memory, its peak", "… at its peak", "latency"),
        ("index build", "index build, less imports", "latency"),
        ("start until questions are answered", "`python app.py` until questions are answered without waiting", "start"),
    ):
        row = figures.get(name)
        yield words, f"{row['value']:.0f} {row['unit']}" if row else _NONE, by
    soak = parts.get("soak")
    grown = f"{soak['memory_per_1000_chats']:+.2f} MiB for each 1,000 chats ({soak['chats']:,} of them)" if soak else ""
    yield "memory over time", grown or _NONE, "soak"
    for row in parts.get("growth", {}).get("rows", ()):
        yield (
            f"a document of {row['passages']:,} passages",
            f"build {row['build_seconds']:.0f} s, answer {row['answer_p50'] * 1000:.0f} ms (p50), memory at most "
            f"{row['memory']:,.0f} MiB, disk {row['disk']:.0f} MiB",
            "growth",
        )


_NONE = "not measured on this state"
