"""docs/performance.md, its charts and the operator's figures, made from the committed results and nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from evals.bench import bodies, figures, goals, sizing
from evals.bench.bodies import Part
from evals.machine import aged
from evals.marked import insert
from evals.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "performance"
OPERATIONS = ROOT / "docs" / "operations.md"


def write() -> None:
    """Write the page, the charts it shows and the operator's figures; charts of before are removed."""
    parts = figures.read_results()
    text, drawn = made(parts, goals.read_faults())
    PAGE.write_text(text, encoding="utf-8")
    OPERATIONS.write_text(operations(parts), encoding="utf-8")
    CHARTS.mkdir(exist_ok=True)
    for old in CHARTS.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, svg in drawn.items():
        (CHARTS / name).write_text(svg, encoding="utf-8")


def operations(parts: Mapping[str, Part]) -> str:
    """The operator's page with the figures of these results."""
    return insert(OPERATIONS.read_text(encoding="utf-8"), *sizing.MARKERS, sizing.text(parts))


def made(parts: Mapping[str, Part], faults: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The page, and file name → chart. ``faults`` is what was seen of the rows of docs/faults.md, by name."""
    drawn: dict[str, str] = {}
    text = [_INTRODUCTION, bodies.table(("#", "goal", "reached", "holds"), list(goals.rows(parts, faults))), "", _WEAK]
    for name, title, how, body in _SECTIONS:
        text += [f"## {title}", "", how, ""]
        if name not in parts:
            text += [f"Not measured yet: `python -m evals.bench {name}`.", ""]
            continue
        part = parts[name]
        older = aged(part["date"], part["machine"]).rstrip()
        text += [*((older, "") if older else ()), body(part, drawn), "", _measured(part), ""]
    return "\n".join(text).rstrip() + "\n", drawn


def _measured(part: Part) -> str:
    about = part["machine"]
    lasted = f" in {part['seconds']} s" if part["seconds"] else ""
    of = f" at commit {about['commit']}" if about.get("commit") else ""
    broken_off = " **Broken off: what stands here is not all of it.**" if part.get("unfinished") else ""
    return (
        f"*Measured on {part['date']}{lasted}{of}: {about['processor']}, {about['cores']} cores, {about['system']}, "
        f"Python {about['python']}, load before {about['load']}.*{broken_off}"
    )


_INTRODUCTION = """\
# Performance

[日本語の要約](#日本語の要約)

How fast the service is, how many visitors it bears, how it grows, and what a long run leaves behind. This page is
made by `python -m evals.bench report` from `bench-results.json`, and its goals also from `faults-results.json`; no
figure in it is written by hand. What was measured on another state of the program, or on one that was not kept, says
so. `make bench` measures all parts but the long run, `make soak` the long run, and each part can be measured alone
(`python -m evals.bench --help`).

Milliseconds hold for the machine they were measured on; ratios within one run can be compared between machines. Times
gate nothing. Questions are those of the dev set, in both languages, answerable and not. The visitors run on the same
machine as the service and take their share of its cores.

## 日本語の要約

サービスの速さ、同時利用者数への耐性、文書が大きくなったときの伸び、長時間運転後の状態の測定結果です。本文の表と図は、
すべて `bench-results.json` から `python -m evals.bench report` で作られます。ミリ秒の値は測定した機械に固有のもので、
同じ測定内の比率だけが他の機械と比べられます。負荷をかける側も同じ機械で動いています。

## Goals

The goals of faults, load and growth, with the figures of the sections below and of [faults.md](faults.md). The others
of the list are in [goals.md](goals.md).
"""
_WEAK = """\
What is weak in all of it: everything was measured on one machine of two cores, with the visitors on it; the language
model is a script, so nothing is said of a real one's speed; the larger agreements are made up, and beyond ten thousand
sentences their vectors are copies with noise; a container, a cluster and a network between the parts were never there.
"""
Section = tuple[str, str, str, Callable[[Part, dict[str, str]], str]]
_SECTIONS: tuple[Section, ...] = (
    (
        "start",
        "Start",
        "From a fresh process to the chat page, and to answers, beside `import gradio` in the same run. The page is "
        "served before LlamaIndex, Chroma and the model are imported; they follow in a thread of their own.",
        bodies.of_start,
    ),
    (
        "latency",
        "One answer at a time",
        "Quote mode, warm. Three ways to the same answer take turns; the bare embedding of the same question is the "
        "yardstick, because no answer can be faster. The chat polls its queue, which is part of its time.",
        bodies.of_latency,
    ),
    ("profile", "Where an answer's time goes", "Quote mode, in one process.", bodies.of_profile),
    (
        "against",
        "What was made faster",
        "Each change that was kept against the commit before it: a process of each works in turns on the same, then "
        "each is profiled (cProfile, own time; a profiled process is slower, and work in another thread shows as "
        "waiting). What keeps the start short stands under Start.",
        bodies.of_against,
    ),
    (
        "page",
        "A page view",
        "Chromium without and with its cache, until two seconds brought no new request; each number is the "
        "median of several views, three where nothing else was asked for.",
        bodies.of_page,
    ),
    (
        "load",
        "Many at once",
        "Visitors use in turn the JSON interface, the same streamed, the one made for OpenAI's clients, and the chat; "
        "each asks again as soon as it is answered, which nobody does, and one run has readers "
        "who pause. `llm` answers are written by a scripted model at 50 tokens a second; the "
        "service lets eight be written at once, 64 wait for twenty seconds, and answers the rest "
        "with quotes. *Turned away* is a planned 429 or 503; anything else that is not an answer is an error. Fairness "
        "is Jain's index of the answers of each visitor: 1 when all got the same. *A processor second* counts the "
        "service's own processor time, all cores.",
        bodies.of_load,
    ),
    (
        "attack",
        "An attack on the purse",
        "The attacker asks for the language model's answers at a fixed rate; readers ask in quote mode meanwhile, each "
        "from an address of its own. The goal is that no more is spent than the budget and that the readers' 95th "
        "percentile at most doubles.",
        bodies.of_attack,
    ),
    (
        "growth",
        "When the document grows",
        "Made-up agreements, passages only, against plain LlamaIndex and Chroma with the same vectors in the same run. "
        "Up to 50,000 vectors every one is compared; beyond, Chroma's graph is asked.",
        bodies.of_growth,
    ),
    (
        "soak",
        "A long run",
        "Mixed chats in both languages, eight at once: questions, follow-ups, refusals, attacks, visitors who leave, "
        "broken requests, other pages; a tenth may be written by a scripted model. Counted while nobody asks.",
        bodies.of_soak,
    ),
)
