"""The goals of a service that stands in public: the figure reached beside each, and the command that prints it.

    python -m tests.goals                 prints the table
    python -m tests.goals measure 6 7     measures those that can be measured here (without numbers: all of them)
    python -m tests.goals record 11 "RSS grew by …" --holds yes    keeps a figure that another command printed
    python -m tests.goals write           makes docs/goals.md of what was kept

Figures are kept in docs/goals.json, each with its date; the page is made from there and a test makes it again.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "goals.md"
KEPT = ROOT / "docs" / "goals.json"
HOLDS = {"yes": "yes", "no": "**no**", "partly": "partly"}
_HEAD = """# Goals of the public service

The figure reached beside each goal, and the command that prints it. `python -m tests.goals` prints this table,
`measure` and `record` keep a figure with its date in `goals.json`, `write` makes this page. The numbers are those of
the list the goals come from; what it asks of the index, of faults and of load (5, 8, 9, 10, 19) is measured elsewhere.
"not run" means that nobody has measured it on this state.

| # | goal | reached | holds | measured | command |
| --- | --- | --- | --- | --- | --- |
"""
_TAIL = """
## What is weak

- Attack inputs, questions and personal data were written by a language model and labelled by it. No person has reviewed
  them, and nobody outside the project has attacked the service.
- Goal 4 asks for 200 sentences judged by people. Nobody has judged any; the gate is measured on claims with labels of a
  language model instead (`docs/gate.md`).
- Goals 2 and 3 name a real language model. The only one that could be run here is a small one of 135 million
  parameters; what a large one does under attack was not measured.
- Goal 14 has no screen reader and no person in it; `docs/accessibility.md` says what was checked by programs.
- Goal 18: the audit for advisories asks a database on the network. It runs in the workflow "supply chain"; here only
  its reading of the locks was tried (`pip-audit --dry-run`). Scorecard needs a public repository and was not run.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """A figure as it was measured; ``holds`` is yes, no or partly."""

    figure: str
    holds: str
    date: str


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal; ``measure`` where this program can do it, else what ``command`` prints is recorded."""

    number: int
    text: str
    command: str
    measure: Callable[[], tuple[str, bool | None]] | None = None


def passes(*arguments: str) -> tuple[str, bool]:
    """What pytest says at its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1].strip("= ")
    return last.partition(" in ")[0], done.returncode == 0 and "skipped" not in last


def citations() -> tuple[str, bool | None]:
    """Of the newest measurement with the test questions."""
    lines = (ROOT / "evals" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    [*_, line] = [row for row in map(json.loads, lines) if (row["suite"], row["mode"]) == ("test", "quote")]
    dangling, all_citations = line["metrics"]["dangling"]
    same, quotes = line["metrics"]["verbatim"]
    said = f"{dangling} of {all_citations:,} citations lead nowhere; {same:,} of {quotes:,} quotes equal the text"
    good = dangling == 0 and same == quotes
    return f"{said} ({line['cases']} questions, {line['date']}); 0 sentences judged by people", None if good else False


@cache
def _faults() -> Mapping[str, Any]:
    from assistant.ask import Assistant
    from assistant.config import Config
    from evals import fault_table

    return {row.fault: row for row in fault_table.rows(Assistant.open(Config()))}


def cut_answers() -> tuple[str, bool | None]:
    """The five ways in which an answer ends too early."""
    rows = _faults()
    ways = (
        "reset in the middle",
        "clean end without finish_reason",
        "length",
        "content_filter",
        "stalls after a claim",
    )
    shown = [way for way in ways if rows[way].seen[0] != "quote" or not rows[way].same]
    return f"{len(shown)} of {len(ways)} kinds of cut answers shown as whole", not shown


def calls() -> tuple[str, bool | None]:
    """Requests to the language model under every fault."""
    rows = _faults()
    most = max(row.calls for row in rows.values())
    return f"at most {most} calls, over {len(rows)} faults", most <= 2


def closed_routes() -> tuple[str, bool | None]:
    """Every route behind the shell, asked with every method it has."""
    from assistant.web.allow_list import ALLOWED
    from assistant.web.server import create
    from tests.web.scripted import Scripted, client_of, service_with
    from tests.web.test_web_routes import example, routes

    service = service_with(Scripted())
    shell: Any = create(service)
    inside = set(routes(shell._app._app))
    tried = reached = 0
    with client_of(service) as client:
        for template, methods in sorted(inside):
            path = example(template)
            route = ALLOWED.find(path)
            for method in sorted(methods - {"OPTIONS", "TRACE"}):
                if route is None or not route.takes(method):
                    tried += 1
                    reached += client.request(method, path).status_code not in (404, 405)
    paths = len({path for path, _ in inside})
    return f"{reached} of {tried} closed routes and methods reached, of {paths} routes inside", reached == 0


def personal_data() -> tuple[str, bool | None]:
    """Recall and false alarms on the half that nothing was tuned on; then what is left of canaries."""
    from assistant.personal_data import find
    from tests.test_personal_data import cases

    held_out = cases("test")
    there = [text for kind, text in held_out if kind != "none"]
    absent = [text for kind, text in held_out if kind == "none"]
    found, alarms = sum(bool(find(text)) for text in there), sum(bool(find(text)) for text in absent)
    canaries, clean = passes("tests/web/test_web_privacy.py", "tests/test_feedback.py")
    good = found >= 0.98 * len(there) and alarms <= 0.01 * len(absent)
    rates = f"personal data found in {found} of {len(there)}, false alarms {alarms} of {len(absent)}"
    return f"canaries and deletion: {canaries}; {rates}", clean and good


def supply_chain() -> tuple[str, bool | None]:
    """The locks, and the advisories that are explained."""
    from tests.test_requirements import entries, faults

    locks = {
        name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in ("app", "dev", "audit")
    }
    bad = sum(len(faults(lock)) for lock in locks.values())
    hosts = sum("://" in lock for lock in locks.values())
    packages = ", ".join(f"{name} {len(entries(lock))}" for name, lock in locks.items())
    minima = len(tomllib.loads((ROOT / "requirements" / "minimum.toml").read_text(encoding="utf-8"))["minimum"])
    explained = len(json.loads((ROOT / "docs" / "security" / "vex.json").read_text(encoding="utf-8"))["statements"])
    said = f"{bad} entries without hash, {hosts} hosts ({packages}); {minima} minimum versions kept"
    return (
        f"{said}, {explained} advisories explained; audit and list of parts in the workflow, Scorecard not run",
        None if not bad + hosts else False,
    )


def states() -> tuple[str, bool | None]:
    """Each state, brought about in both languages."""
    from assistant.web.states import STATES

    said, good = passes("tests/web/test_web_states.py")
    return f"{len(STATES)} states; {said}", good


GOALS = (
    Goal(
        1,
        "No typed attack breaks the output with an obedient model: leak, foreign words, link, HTML",
        "python -m evals.attacks",
    ),
    Goal(
        2,
        "No planted text changes links, leaks, or adds a claim without a citation; a real model ≥ 95 % unaffected",
        "python -m evals.attacks",
    ),
    Goal(3, "Real questions refused: ≤ 2 % of ≥ 200, ≤ 5 % of those that look like attacks", "python -m evals.attacks"),
    Goal(
        4,
        "All citations resolve; ≥ 98 % of 200 sentences supported, judged by people",
        "python -m evals run --suite test",
        citations,
    ),
    Goal(6, "No cut answer is shown as whole, in all 5 variants", "python -m tests.goals measure 6", cut_answers),
    Goal(
        7,
        "At most 2 calls of the language model for a question, under every fault",
        "python -m tests.goals measure 7",
        calls,
    ),
    Goal(
        11,
        "10,000 chats: RSS grows ≤ 20 MiB after the first 1,000; descriptors and tasks flat",
        "python -m evals.bench",
    ),
    Goal(12, "Whoever leaves: upstream closed within 2 s, 200 of 200", "python -m evals.bench"),
    Goal(
        13,
        "50 requests a second for 60 s: spending within the budget exactly, others' p95 ≤ 2 × idle",
        "python -m evals.bench",
    ),
    Goal(
        14,
        "axe: 0 serious or critical; everything by keyboard; WCAG 2.2 AA table, EN and JA",
        "pytest tests/browser/test_browser_access.py",
    ),
    Goal(
        15,
        "Content-Security-Policy: 0 violations in a browser, no unsafe-eval, a nonce for each answer",
        "python -m tests.goals measure 15",
        lambda: passes("tests/browser/test_browser_network.py"),
    ),
    Goal(16, "Every route that is not listed is 404", "python -m tests.goals measure 16", closed_routes),
    Goal(
        17,
        "No question, address or key in logs; deletion; personal data: recall ≥ 0.98, false alarms ≤ 1 %",
        "python -m tests.goals measure 17",
        personal_data,
    ),
    Goal(
        18,
        "Lock all hashed, no hosts; no unexplained advisory; a list of parts for each release; Scorecard ≥ 8",
        "python -m tests.goals measure 18; make audit",
        supply_chain,
    ),
    Goal(
        20,
        "Every degraded state names itself in the page, /readyz, metrics and the runbook",
        "python -m tests.goals measure 20",
        states,
    ),
)


def kept() -> dict[int, Result]:
    """What was measured so far."""
    stored = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return {int(number): Result(**result) for number, result in stored.items()}


def keep(number: int, figure: str, holds: str) -> None:
    """Keep a figure, with today's date."""
    results = kept() | {number: Result(figure, holds, datetime.now(UTC).date().isoformat())}
    rows = {
        str(goal.number): {"figure": result.figure, "holds": result.holds, "date": result.date}
        for goal in GOALS
        if (result := results.get(goal.number))
    }
    KEPT.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def text() -> str:
    """The page."""
    results, rows = kept(), ""
    for goal in GOALS:
        result = results.get(goal.number, Result("not run", "", ""))
        rows += f"| {goal.number} | {goal.text} | {result.figure} | {HOLDS.get(result.holds, '')} | {result.date} "
        rows += f"| `{goal.command}` |\n"
    return _HEAD + rows + _TAIL


def main() -> int:
    """Do what was asked; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.goals")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("measure").add_argument("numbers", type=int, nargs="*")
    recording = commands.add_parser("record")
    recording.add_argument("number", type=int, choices=[goal.number for goal in GOALS])
    recording.add_argument("figure")
    recording.add_argument("--holds", choices=HOLDS, required=True)
    commands.add_parser("write")
    arguments = parser.parse_args()
    if arguments.command == "record":
        keep(arguments.number, arguments.figure, arguments.holds)
    elif arguments.command == "write":
        PAGE.write_text(text(), encoding="utf-8")
    elif arguments.command == "measure":
        for goal in GOALS:
            if goal.measure and (not arguments.numbers or goal.number in arguments.numbers):
                figure, holds = goal.measure()
                print(f"{goal.number}: {figure}", flush=True)
                keep(goal.number, figure, {True: "yes", False: "no", None: "partly"}[holds])
    else:
        print(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
