"""docs/performance.md and its charts, made from docs/bench-results.json and from nothing else."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import charts
from evals.bench import figures, start
from evals.bench.figures import Figure

PAGE = figures.ROOT / "docs" / "performance.md"
CHARTS = figures.ROOT / "docs" / "performance"
Part = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


def write(page: Path = PAGE, folder: Path = CHARTS) -> None:
    """Write the page and the charts it shows; charts of before are removed."""
    text, drawn = made(figures.read_results())
    page.write_text(text, encoding="utf-8")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, svg in drawn.items():
        (folder / name).write_text(svg, encoding="utf-8")


def made(parts: Mapping[str, Part]) -> tuple[str, dict[str, str]]:
    """The page, and file name → chart."""
    drawn: dict[str, str] = {}
    text = [_INTRODUCTION]
    for name, title, how, body in _SECTIONS:
        text += [f"## {title}", "", how, ""]
        if name not in parts:
            text += [f"Not measured yet: `python -m evals.bench {name}`.", ""]
            continue
        part = parts[name]
        text += [body(part, drawn), "", _measured(part), ""]
    return "\n".join(text).rstrip() + "\n", drawn


def _measured(part: Part) -> str:
    about = part["machine"]
    lasted = f" in {part['seconds']} s" if part["seconds"] else ""
    return (
        f"*Measured on {part['date']}{lasted}: {about['processor']}, {about['cores']} cores, {about['system']}, "
        f"Python {about['python']}, load before {about['load']}.*"
    )


def _figures(rows: Rows) -> str:
    return figures.table([Figure(**row) for row in rows])


def _start(part: Part, drawn: dict[str, str]) -> str:
    imports = part["imports"]
    words = (
        f"One more start with `-X importtime`, which makes everything slower (first page after "
        f"{imports['first_page_seconds']:.1f} s, ready after {imports['ready_seconds']:.1f} s); each package with the "
        "time of its own modules:"
    )
    return "\n\n".join((_figures(part["figures"]), words, start.import_table(imports)))


def _latency(part: Part, drawn: dict[str, str]) -> str:
    return _figures(part["figures"])


def _profile(part: Part, drawn: dict[str, str]) -> str:
    laps = part["laps_ms"]
    rows = [(name, f"{laps[name]:.2f} ms", f"{laps[name] / laps['total']:.1%}") for name in laps if name != "total"]
    shares = [(row["group"], f"{row['share']:.1%}") for row in part["groups"]]
    around = part["interface"]
    ratio = around["through_ms"] / around["alone_ms"]
    return "\n\n".join(
        (
            _table(("step of an answer", f"mean of {part['questions']}", "share"), rows),
            _table(("functions (cProfile, own time)", "share"), shares),
            f"The program around it (HTTP on loopback, limits, checks, JSON): median "
            f"{around['through_ms']:.1f} ms against {around['alone_ms']:.1f} ms for the answer alone, {ratio:.2f}×.",
        )
    )


def _against(part: Part, drawn: dict[str, str]) -> str:
    rows = [
        (
            change["what"],
            f"{row['questions']} ({row['count']})",
            f"{row['before_ms']:.1f} ms",
            f"{row['after_ms']:.1f} ms",
            f"{row['ratio']:.2f}×",
            f"{row['ratio_p95']:.2f}×",
        )
        for change in part["changes"]
        for row in change["rows"]
    ]
    return _table(("change", "questions", "before, p50", "after, p50", "ratio of p50", "ratio of p95"), rows)


def _page(part: Part, drawn: dict[str, str]) -> str:
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
    return _table(("page", "requests", "of these from the browser's own cache", "on the wire", "usable after"), rows)


def _load(part: Part, drawn: dict[str, str]) -> str:
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
    return "\n\n".join((_table(head, rows), image))


def _attack(part: Part, drawn: dict[str, str]) -> str:
    rows = [
        (
            f"{part['rate']} a second from {row['kind']}",
            f"{row['spent']:,} of {row['budget']:,} in {row['calls']} calls",
            _triple(row["idle"]),
            _triple(row["attacked"]),
            f"{row['attacked']['p95'] / row['idle']['p95']:.1f}×",
            f"{row['readers_failed']} of {row['readers_asked']}",
            ", ".join(f"{count} {outcome}" for outcome, count in row["attack"].items()),
        )
        for row in part["rows"]
    ]
    head = (
        "attack", "tokens spent of the budget", "readers before, p50 / p95 / p99 s", "readers during", "p95 ratio",
        "readers' questions that failed", "the attacker's questions",
    )  # fmt: skip
    return _table(head, rows)


def _growth(part: Part, drawn: dict[str, str]) -> str:
    rows = part["rows"]
    table = [
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
    return "\n\n".join((_table(head, table), words, *images))


def _series(rows: Rows, ours: str, plain: str, scale: float) -> dict[str, list[tuple[float, float]]]:
    return {
        name: [(float(row["passages"]), float(row[key]) * scale) for row in rows]
        for name, key in (("this project", ours), ("plain LlamaIndex and Chroma", plain))
    }


def _soak(part: Part, drawn: dict[str, str]) -> str:
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
            _table(("chats", "memory, MiB", "descriptors", "threads", "asyncio tasks", "temporary files"), rows),
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


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join((*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)))


def _triple(quantiles: Mapping[str, float | None]) -> str:
    return " / ".join(_number(quantiles[name], ".2f") for name in ("p50", "p95", "p99"))


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


_INTRODUCTION = """\
# Performance

[日本語の要約](#日本語の要約)

How fast the service is, how many visitors it bears, how it grows, and what a long run leaves behind. This page is
made by `python -m evals.bench report` from `bench-results.json`; nothing in it is written by hand. `make bench`
measures all parts but the long run, `make soak` the long run, and each part can be measured alone
(`python -m evals.bench --help`).

Milliseconds hold for the machine they were measured on; ratios within one run can be compared between machines. Times
gate nothing. Questions are those of the dev set, in both languages, answerable and not. The visitors run on the same
machine as the service and take their share of its cores.

## 日本語の要約

サービスの速さ、同時利用者数への耐性、文書が大きくなったときの伸び、長時間運転後の状態の測定結果です。本文の表と図は、
すべて `bench-results.json` から `python -m evals.bench report` で作られます。ミリ秒の値は測定した機械に固有のもので、
同じ測定内の比率だけが他の機械と比べられます。負荷をかける側も同じ機械で動いています。
"""

Section = tuple[str, str, str, Callable[[Part, dict[str, str]], str]]
_SECTIONS: tuple[Section, ...] = (
    (
        "start",
        "Start",
        "From a fresh process to the chat page, and to answers, beside `import gradio` in the same run. The page is "
        "served before LlamaIndex, Chroma and the model are imported; they follow in a thread of their own.",
        _start,
    ),
    (
        "latency",
        "One answer at a time",
        "Quote mode, warm. Three ways to the same answer take turns; the bare embedding of the same question is the "
        "yardstick, because no answer can be faster. The chat polls its queue, which is part of its time.",
        _latency,
    ),
    ("profile", "Where an answer's time goes", "Quote mode, in one process.", _profile),
    (
        "against",
        "What was made faster",
        "Each change against the checkout before it: two processes answer the same questions in turns.",
        _against,
    ),
    (
        "page",
        "A page view",
        "Chromium without and with its cache, until two seconds brought no new request.",
        _page,
    ),
    (
        "load",
        "Many at once",
        "Every second visitor uses the chat, the others the JSON interface; each asks again as soon as it is answered, "
        "which nobody does, and one run has readers who pause. `llm` answers are written by a scripted model at 50 "
        "tokens a second; the service lets eight be written at once, 64 wait for twenty seconds, and answers the rest "
        "with quotes. *Turned away* is a planned 429 or 503; anything else that is not an answer is an error. Fairness "
        "is Jain's index of the answers of each visitor: 1 when all got the same. *A processor second* counts the "
        "service's own processor time, all cores.",
        _load,
    ),
    (
        "attack",
        "An attack on the purse",
        "The attacker asks for the language model's answers at a fixed rate; readers ask in quote mode meanwhile, each "
        "from an address of its own. The goal is that no more is spent than the budget and that the readers' 95th "
        "percentile at most doubles.",
        _attack,
    ),
    (
        "growth",
        "When the document grows",
        "Made-up agreements, passages only, against plain LlamaIndex and Chroma with the same vectors in the same run. "
        "Up to 20,000 vectors every one is compared; beyond, Chroma's graph is asked.",
        _growth,
    ),
    (
        "soak",
        "A long run",
        "Mixed chats in both languages, eight at once: questions, follow-ups, refusals, attacks, visitors who leave, "
        "broken requests, other pages; a tenth may be written by a scripted model. Counted while nobody asks.",
        _soak,
    ),
)
