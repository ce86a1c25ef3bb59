"""What a run of the browser tests found of the fifteen behaviours: one record for each test, and a table of them."""

import inspect
import json
import re
import time
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evals import machine
from tests.browser.chat import OUT

RESULTS = OUT / "behaviours"
TITLES = (
    "First screen",
    "Citations",
    "The document",
    "When the text is silent",
    "Something shows at once; Stop",
    "Follow-ups",
    "Languages",
    "Typing",
    "Taking answers along",
    "Mode",
    "Next questions",
    "Feedback",
    "Personal data, limits, errors",
    "Every way to use it",
    "Embedded",
)


def keep(item: pytest.Item, report: pytest.TestReport) -> None:
    """Record how a test of a behaviour ended: its call, or what kept it from being called."""
    name, _, case = item.name.partition("[")
    if not re.match(r"test_\d\d_", name) or (report.when != "call" and report.passed):
        return
    commit, date = _state()
    claim = (inspect.getdoc(item.obj) or "").splitlines()[:1] if isinstance(item, pytest.Function) else []
    record = {
        "test": name,
        "case": case.rstrip("]"),
        "claim": "".join(claim),
        "outcome": report.outcome,
        "seconds": round(report.duration, 2),
        "commit": commit,
        "date": date,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / (re.sub(r"[^\w-]", "-", item.name) + ".json")
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


@cache
def _state() -> tuple[str | None, str]:
    return machine.commit(), time.strftime("%Y-%m-%d", time.gmtime())


def table(folder: Path = RESULTS) -> str:
    """The records as a table with the state and day they are of; empty where there are none.

    A test that was renamed or removed since is left out.
    """
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    records = [record for record in records if f"def {record['test']}(" in source]
    if not records:
        return ""
    by_test: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_test[record["test"]].append(record)
    runs = sorted({(record["date"], record["commit"] or "no commit") for record in records})
    passed = sum(record["outcome"] == "passed" for record in records)
    lines = [
        f"{passed} of {len(records)} passed; measured "
        + ", ".join(f"{date} at {commit}" for date, commit in runs)
        + ".",
        "",
        "| behaviour | test | English | Japanese |",
        "|---|---|---|---|",
    ]
    for test, found in sorted(by_test.items()):
        number = int(test.split("_")[1])
        english, japanese = (
            _cell([one for one in found if (one["case"].split("-")[0] or "en") == language])
            for language in ("en", "ja")
        )
        lines.append(f"| {number}. {TITLES[number - 1]} | `{test}` | {english} | {japanese} |")
    return "\n".join(lines)


def _cell(found: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['outcome']}, {one['seconds']:.1f} s" for one in found) or "not run"
