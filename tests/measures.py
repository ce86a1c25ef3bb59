"""The figures of the goals: each measured here, or read from the file another command keeps its results in.

Whatever is read carries the date it was measured on, and says so when its file has nothing yet.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from evals.bench import goals
from evals.bench.figures import RESULTS as BENCH
from evals.bench.figures import read_results
from evals.bench.goals import FAULTS, LEAVING
from tests import mutants

ROOT = Path(__file__).parent.parent
ATTACKS = ROOT / "evals" / "attacks" / "results.json"
HISTORY = ROOT / "evals" / "history.jsonl"
MINUTES = 20  # the tests of a goal may take


def today() -> str:
    """The day, as results are dated."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Found:
    """A figure, whether the goal is reached with it (None: in part), and the day it was measured."""

    figure: str
    holds: bool | None
    date: str = field(default_factory=today)


class NotMeasured(Exception):
    """The file another command writes has no such figure yet; says which command."""


def passes(*arguments: str) -> tuple[str, bool]:
    """What pytest says at its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=MINUTES * 60)
    except subprocess.TimeoutExpired:
        return f"not at its end after {MINUTES} minutes", False
    last = done.stdout.strip().splitlines()[-1].strip("= ")
    return last.partition(" in ")[0], done.returncode == 0 and "skipped" not in last


def share(part: int, whole: int) -> str:
    """A share as every figure and the page show it: fine enough that what misses a bound by little is seen to."""
    return f"{part / whole:.2%}"


def _newest_test() -> Mapping[str, Any]:
    """The newest line of the history with the test questions in quote mode."""
    rows = [json.loads(line) for line in HISTORY.read_text(encoding="utf-8").splitlines()]
    newest: Mapping[str, Any] = [row for row in rows if (row["suite"], row["mode"]) == ("test", "quote")][-1]
    return newest


def citations() -> Found:
    """Of the newest measurement with the test questions."""
    line = _newest_test()
    dangling, all_citations = line["metrics"]["dangling"]
    same, quotes = line["metrics"]["verbatim"]
    said = f"{dangling} of {all_citations:,} citations lead nowhere; {same:,} of {quotes:,} quotes equal the text"
    good = dangling == 0 and same == quotes
    said = f"{said} ({line['cases']} questions); 0 sentences judged by people"
    return Found(said, None if good else False, line["date"])


@cache
def _faults() -> Mapping[str, Any]:
    from assistant.ask import Assistant
    from assistant.config import Config
    from evals import fault_table

    return {row.fault: row for row in fault_table.rows(Assistant.open(Config()))}


def endings() -> Found:
    """Every fault in the application, with short patience; and a server that is silent, with the default one."""
    from assistant.ask import Assistant
    from assistant.config import Config
    from evals import fault_table

    rows = _faults()
    passed, longest = sum(row.passed for row in rows.values()), max(row.seconds for row in rows.values())
    waited = fault_table.silence(Assistant.open(Config()))
    said = f"{passed} of {len(rows)} faults end as they should, the longest after {longest:.1f} s with a patience of "
    said += f"{fault_table.TOTAL:g} s; a silent host after {waited:.1f} s with nothing set"
    return Found(said, passed == len(rows) and waited <= fault_table.SILENT_SECONDS)


def tests_themselves() -> Found:
    """Conditions that went both ways under their tests, and small faults that the tests noticed."""
    command = [sys.executable, "-m", "tests.mutants"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=(mutants.MINUTES + 5) * 60
    )
    if done.returncode:
        return Found(f"could not be measured: {done.stderr.strip().splitlines()[-1]}", False)
    found = json.loads(done.stdout.splitlines()[-1])
    branches, noticed = found["met"] / found["outcomes"], found["noticed"] / max(1, found["tried"])
    said = (
        f"{found['met']} of {found['outcomes']} outcomes of conditions ({share(found['met'], found['outcomes'])}) in "
    )
    said += f"{len(mutants.MODULES)} modules; {found['noticed']} of {found['tried']} faults noticed ({noticed:.1%}), "
    said += f"drawn from {found['possible']}"
    reached = (branches >= 0.95, noticed >= 0.85)
    return Found(said, all(reached) or (None if any(reached) else False))


def cut_answers() -> Found:
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
    return Found(f"{len(shown)} of {len(ways)} kinds of cut answers shown as whole", not shown)


def calls() -> Found:
    """Requests to the language model under every fault."""
    rows = _faults()
    most = max(row.calls for row in rows.values())
    return Found(f"at most {most} calls, over {len(rows)} faults", most <= 2)


def closed_routes() -> Found:
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
    return Found(f"{reached} of {tried} closed routes and methods reached, of {paths} routes inside", reached == 0)


def personal_data() -> Found:
    """Recall and false alarms on all texts, on which the rules were mended; then what is left of canaries."""
    from assistant.personal_data import find
    from tests.test_personal_data import cases

    texts = cases("all")
    there = [text for kind, text in texts if kind != "none"]
    absent = [text for kind, text in texts if kind == "none"]
    found, alarms = sum(bool(find(text)) for text in there), sum(bool(find(text)) for text in absent)
    canaries, clean = passes("tests/web/test_web_privacy.py", "tests/test_feedback.py")
    good = found >= 0.98 * len(there) and alarms <= 0.01 * len(absent)
    rates = f"personal data found in {found} of {len(there)}, false alarms {alarms} of {len(absent)}"
    return Found(f"canaries and deletion: {canaries}; {rates}", clean and good)


def supply_chain() -> Found:
    """The locks, and the advisories that are explained."""
    from tests.test_requirements import entries, faults

    locks = {
        name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for name in ("app", "dev", "audit", "llm")
    }
    bad = sum(len(faults(lock)) for lock in locks.values())
    hosts = sum("://" in lock for lock in locks.values())
    packages = ", ".join(f"{name} {len(entries(lock))}" for name, lock in locks.items())
    minima = len(tomllib.loads((ROOT / "requirements" / "minimum.toml").read_text(encoding="utf-8"))["minimum"])
    explained = len(json.loads((ROOT / "docs" / "security" / "vex.json").read_text(encoding="utf-8"))["statements"])
    said = f"{bad} entries without hash, {hosts} hosts ({packages}); {minima} minimum versions kept"
    said += f", {explained} advisories explained; audit and list of parts in the workflow, Scorecard not run"
    return Found(said, None if not bad + hosts else False)


def _attacks() -> Mapping[str, Any]:
    """The results ``python -m evals.attacks --write`` keeps.

    Raises:
        NotMeasured: there are none.
    """
    if not ATTACKS.exists():
        raise NotMeasured("python -m evals.attacks --write")
    found: Mapping[str, Any] = json.loads(ATTACKS.read_text(encoding="utf-8"))
    return found


def typed_attacks() -> Found:
    """Own attacks typed and in the history, and prompts of other projects."""
    found = _attacks()
    ways = {name: found["attacks"]["ways"][name] for name in ("typed", "history", "package")}
    withstood, tried = (sum(way[part] for way in ways.values()) for part in "kn")
    parts = ", ".join(f"{name} {way['k']} of {way['n']}" for name, way in ways.items())
    shown = found["attacks"]["breaches"]
    said = f"{tried - withstood} of {tried} trials achieved anything (withstood: {parts})"
    said += f"; over all trials {', '.join(f'{kind} {shown[kind]}' for kind in shown)}"
    return Found(said, withstood == tried, found["measured"]["date"])


def planted_attacks() -> Found:
    """Attacks in the sentences of another agreement; with the control on, and without it."""
    found = _attacks()
    ways, planted = found["attacks"]["ways"], found["attacks"].get("planted")
    if planted is None:
        raise NotMeasured("python -m evals.attacks --write")
    withstood, tried = (sum(ways[name][part] for name in ("document", "quoted")) for part in "kn")
    said = f"{tried - withstood} of {tried} trials achieved anything (given to a model that obeys, and quoted); "
    said += f"{planted['found']} of {planted['texts']} planted texts come first in a search; without the control "
    said += f"{planted['told']} reach the model and {planted['achieved']} achieve something; no large model was tried"
    return Found(said, None if withstood == tried else False, found["measured"]["date"])


def real_questions() -> Found:
    """Refused: of the questions that look like attacks, and of the test questions with an answer."""
    from evals.attacks.results import refusals

    found, line = _attacks(), _newest_test()
    alike = refusals(found["real"])
    refused, asked = line["metrics"]["over_refusal"]
    said = f"{refused} of {asked} test questions with an answer ({share(refused, asked)}, {line['date']}); "
    said += f"{alike.k} of {alike.n} that look like attacks ({share(alike.k, alike.n)})"
    if "causes" in found["real"]:
        said += ": " + ", ".join(f"{cause} {count}" for cause, count in found["real"]["causes"].items())
    reached = (asked >= 200 and refused <= 0.02 * asked, alike.k <= 0.05 * alike.n)
    return Found(said, all(reached) or (None if any(reached) else False), found["measured"]["date"])


def _bench(part: str) -> Mapping[str, Any]:
    """A part of the bench's results.

    Raises:
        NotMeasured: that part was not measured.
    """
    parts = read_results(BENCH)
    if part not in parts:
        raise NotMeasured(f"python -m evals.bench {part}")
    found: Mapping[str, Any] = parts[part]
    return found


def _judged(number: int, date: str, parts: Mapping[str, Any], faults: Mapping[str, Any]) -> Found:
    """A goal that the page of the bench has too, as it is judged there."""
    [goal] = [goal for goal in goals.reached(parts, faults) if goal.number == number]
    return Found(goal.figure, goal.holds, date)


def long_run() -> Found:
    """What a run of 10,000 chats leaves behind, after its first tenth."""
    found = _bench("soak")
    return _judged(11, found["date"], {"soak": found}, {})


def leaving() -> Found:
    """Readers who leave while the model writes, from the table of faults."""
    rows = goals.read_faults(FAULTS)
    if LEAVING not in rows:
        raise NotMeasured(f"python -m evals.faults --full --write --only '{LEAVING}'")
    return _judged(12, rows[LEAVING]["date"], {}, rows)


def purse() -> Found:
    """Both attacks on the purse: from one address, and from ever new ones."""
    found = _bench("attack")
    return _judged(13, found["date"], {"attack": found}, {})


def states() -> Found:
    """Each state, brought about in both languages."""
    from assistant.web.states import STATES

    said, good = passes("tests/web/test_web_states.py")
    return Found(f"{len(STATES)} states; {said}", good)
