"""What each section of docs/performance.md shows of its part of the results; charts go into ``drawn``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals import charts
from evals.bench import figures, start
from evals.bench.clients import Surface
from evals.bench.figures import Figure

Part = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
_SURFACES: Mapping[Surface, str] = {
    "json": "`/api/ask`",
    "api": "… streamed",
    "openai": "`/v1/chat/completions`",
    "chat": "the chat",
}


def _figures(rows: Rows) -> str:
    return figures.table([Figure(**row) for row in rows])


def of_start(part: Part, drawn: dict[str, str]) -> str:
    """Seconds of each start, and what was imported meanwhile."""
    imports = part["imports"]
    words = (
        f"One more start with `-X importtime`, which makes everything slower (first page after "
        f"{imports['first_page_seconds']:.1f} s, ready after {imports['ready_seconds']:.1f} s); each package with the "
        "time of its own modules:"
    )
    return "\n\n".join((_figures(part["figures"]), words, start.import_table(imports)))


def of_latency(part: Part, drawn: dict[str, str]) -> str:
    """Quantiles of each way to an answer."""
    return _figures(part["figures"])


def of_profile(part: Part, drawn: dict[str, str]) -> str:
    """Steps of an answer, groups of functions, and the program around it."""
    laps = part["laps_ms"]
    rows = [(name, f"{laps[name]:.2f} ms", f"{laps[name] / laps['total']:.1%}") for name in laps if name != "total"]
    shares = [(row["group"], f"{row['share']:.1%}") for row in part["groups"]]
    around = part["interface"]
    ratio = around["through_ms"] / around["alone_ms"]
    return "\n\n".join(
        (
            table(("step of an answer", f"mean of {part['questions']}", "share"), rows),
            table(("functions (cProfile, own time)", "share"), shares),
            f"The program around it (HTTP on loopback, limits, checks, JSON): median "
            f"{around['through_ms']:.1f} ms against {around['alone_ms']:.1f} ms for the answer alone, {ratio:.2f}×.",
        )
    )


def of_against(part: Part, drawn: dict[str, str]) -> str:
    """Each change before and after, and its two profiles."""
    rows = [
        (
            f"{change['what']} ({change['commit']})",
            f"{row['of']} ({row['count']} times)",
            f"{row['before_ms']:.1f} ms",
            f"{row['after_ms']:.1f} ms",
            f"{row['ratio']:.2f}×",
        )
        for change in part["changes"]
        for row in change["rows"]
    ]
    profiles = [
        (change["commit"], row["group"], f"{row['before']:.2f} s", f"{row['after']:.2f} s")
        for change in part["changes"]
        for row in change["profile"]
    ]
    return "\n\n".join(
        (
            table(("change", "of what", "before, p50", "after, p50", "ratio"), rows),
            table(("commit", "functions", "before", "after"), profiles),
        )
    )


def of_page(part: Part, drawn: dict[str, str]) -> str:
    """Requests and bytes of each page view."""
    rows = [
        (
            f"{row['page']}, {row['view']} view",
            str(row["requests"]),
            str(row["kept"]),
            f"{row['bytes'] / 1024:.0f} KiB",
            f"{row['usable_seconds']:.2f} s",
        )
        for row in part["rows"]
    ]
    return table(("page", "requests", "of these from the browser's own cache", "on the wire", "usable after"), rows)


def of_load(part: Part, drawn: dict[str, str]) -> str:
    """A row for each number of visitors, and a chart of their first words."""

    def name(row: Mapping[str, Any]) -> str:
        pause = f", {row['pause']:g} s to read" if row["pause"] else ""
        return f"{row['mode']}, {row['users']} at once{pause}"

    rows = [
        (
            name(row),
            str(row["answers"]),
            f"{row['answers_per_second']:.1f}",
            _number(row["answers_per_processor_second"], ".1f"),
            str(row["errors"]),
            str(row["turned_away"]),
            f"{row['by_model']}" if row["mode"] == "llm" else "–",
            f"{row['per_user']['least']} / {row['per_user']['median']:g} / {row['per_user']['most']}",
            _number(row["fairness"], ".2f"),
            _triple(row["sign"]),
            _triple(row["words"]),
            _triple(row["total"]),
        )
        for row in part["rows"]
    ]
    head = (
        "visitors", "answers", "a second", "a processor second", "errors", "turned away", "by the model",
        "a visitor: least / median / most", "fairness", "first sign, p50 / p95 / p99 s", "first words", "whole answer",
    )  # fmt: skip
    series = {
        mode: [
            (float(row["users"]), float(row["words"]["p95"]))
            for row in part["rows"]
            if row["mode"] == mode and not row["pause"] and row["words"]["p95"] is not None
        ]
        for mode in ("quote", "llm")
    }
    image = _chart(
        drawn, "load", "First words under load", "visitors at once", "seconds to first words, p95", series, (True, True)
    )
    return "\n\n".join((table(head, rows), _by_surface(part["rows"], name), image))


def _by_surface(rows: Rows, name: Callable[[Mapping[str, Any]], str]) -> str:
    """How long a whole answer took over each surface."""
    cells = [
        (name(row), *(_triple(row["by_surface"].get(surface, figures.quantiles(()))) for surface in _SURFACES))
        for row in rows
    ]
    return table(("whole answer, p50 / p95 / p99 s", *_SURFACES.values()), cells)


def of_attack(part: Part, drawn: dict[str, str]) -> str:
    """What was spent, and how readers fared meanwhile."""
    rows = [
        (
            f"{part['rate']} a second from {row['kind']}",
            f"{row['spent']:,} of {row['budget']:,} in {row['calls']} calls",
            _triple(row["idle"]),
            _triple(row["attacked"]),
            _times(row["attacked"]["p95"], row["idle"]["p95"]),
            f"{row['readers_failed']} of {row['readers_asked']}",
            ", ".join(f"{count} {outcome}" for outcome, count in row["attack"].items()),
        )
        for row in part["rows"]
    ]
    head = (
        "attack", "tokens spent of the budget", "readers before, p50 / p95 / p99 s", "readers during", "p95 ratio",
        "readers' questions that failed", "the attacker's questions",
    )  # fmt: skip
    return table(head, rows)


def of_growth(part: Part, drawn: dict[str, str]) -> str:
    """A row for each size beside the plain index, and charts of build, search, answers and memory."""
    rows = part["rows"]
    cells = [
        (
            f"{row['passages']:,}",
            f"{row['build_seconds']:.1f} / {row['plain_build_seconds']:.1f} s",
            f"{row['open_seconds'] + row['assistant_seconds']:.1f} s",
            row["search"],
            f"{row['search_p50'] * 1000:.2f} / {row['plain_search_p50'] * 1000:.2f} ms",
            f"{row['search_p95'] * 1000:.2f} / {row['plain_search_p95'] * 1000:.2f} ms",
            f"{row['recall']:.3f} / {row['plain_recall']:.3f}",
            f"{row['answer_p50'] * 1000:.0f} / {row['answer_p95'] * 1000:.0f} ms",
            f"{row['answer_p50'] / row['embedding_p50']:.2f}×",
            f"{row['memory']:.0f} MiB",
            f"{row['disk']:.0f} MiB",
        )
        for row in rows
    ]
    head = (
        "passages", "build: ours / plain", "open", "our search", "search p50: ours / plain", "p95",
        f"recall of the {part['limit']} nearest", "answer p50 / p95", "against the bare embedding", "peak memory",
        "disk",
    )  # fmt: skip
    words = (
        f"Embedding the {part['distinct']:,} different sentences took {part['embed_seconds']:.0f} s on all cores and "
        f"is the same for both; beyond them the vectors are the same ones with noise of {part['noise']:g} a dimension."
    )
    images = [
        _chart(drawn, f"growth-{name}", title, "passages", axis, _series(rows, ours, plain, scale), (True, True))
        for name, title, axis, ours, plain, scale in (
            ("build", "Build", "seconds", "build_seconds", "plain_build_seconds", 1),
            ("search", "Search", "milliseconds, p50", "search_p50", "plain_search_p50", 1000),
        )
    ]
    images += [
        _chart(drawn, f"growth-{name}", title, "passages", axis, _of_size(rows, keys, scale), (True, False))
        for name, title, axis, keys, scale in (
            (
                "answer",
                "An answer as the document grows",
                "milliseconds",
                {"an answer, p50": "answer_p50", "p95": "answer_p95", "the bare embedding, p50": "embedding_p50"},
                1000,
            ),
            ("memory", "Memory as the document grows", "MiB at the peak", {"memory": "memory"}, 1),
        )
    ]
    return "\n\n".join((table(head, cells), words, *images))


def _of_size(rows: Rows, keys: Mapping[str, str], scale: float) -> dict[str, list[tuple[float, float]]]:
    return {name: [(float(row["passages"]), float(row[key]) * scale) for row in rows] for name, key in keys.items()}


def _series(rows: Rows, ours: str, plain: str, scale: float) -> dict[str, list[tuple[float, float]]]:
    return {
        name: [(float(row["passages"]), float(row[key]) * scale) for row in rows]
        for name, key in (("this project", ours), ("plain LlamaIndex and Chroma", plain))
    }


def of_soak(part: Part, drawn: dict[str, str]) -> str:
    """What was held over the chats, what rose, and a chart of the memory."""
    samples = part["samples"]
    names = ("chats", "memory", "files", "threads", "tasks", "temporary")
    chosen = [
        samples[place] for place in sorted({0, *(len(samples) * n // 10 for n in range(1, 10)), len(samples) - 1})
    ]
    rows = [
        (f"{row['chats']:,.0f}", f"{row['memory']:.1f}", *(f"{row[name]:.0f}" for name in names[2:])) for row in chosen
    ]
    sent = ", ".join(f"{count} × {kind}" for kind, count in sorted(part["sent"].items(), key=lambda pair: -pair[1]))
    growth = part["growth"]
    rises = ", ".join(f"{name} {growth[name]:+.0f}" for name in names[2:])
    memory = [(float(row["chats"]), float(row["memory"])) for row in samples]
    image = _chart(drawn, "soak", "Memory over a long run", "chats", "MiB", {"memory": memory}, (False, False))
    examples = "".join(f"\n- {text}" for text in part["wrong_examples"])
    return "\n\n".join(
        (
            f"{part['chats']:,} chats: {sent}. Went otherwise than planned: {part['wrong']}.{examples}",
            table(("chats", "memory, MiB", "descriptors", "threads", "asyncio tasks", "temporary files"), rows),
            f"After {part['settled_at']:,.0f} chats: memory {growth['memory']:+.1f} MiB, that is "
            f"{part['memory_per_1000_chats']:+.2f} MiB per 1,000 chats by least squares; {rises}.",
            image,
        )
    )


def _chart(
    drawn: dict[str, str],
    name: str,
    title: str,
    across: str,
    up: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    logarithmic: tuple[bool, bool],
) -> str:
    """Draw a chart into ``drawn``; the Markdown that shows it."""
    drawn[f"{name}.svg"] = charts.alone(charts.lines(title, across, up, series, logarithmic))
    return f"![{title}: {up} over {across}](performance/{name}.svg)"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join((*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)))


def _triple(quantiles: Mapping[str, float | None]) -> str:
    return " / ".join(_number(quantiles[name], ".2f") for name in ("p50", "p95", "p99"))


def _times(value: float | None, of: float | None) -> str:
    return f"{value / of:.1f}×" if value and of else "–"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
