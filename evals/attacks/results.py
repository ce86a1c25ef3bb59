"""What was measured: attacks withstood by class, language and way, and real questions that were refused; as JSON."""

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.ask import Assistant
from assistant.types import Request
from evals.attacks.breaches import KINDS
from evals.attacks.cases import RealQuestion, attacks, real_questions
from evals.attacks.running import WAYS, Trial
from evals.machine import processor
from evals.statistics import Rate

PATH = Path(__file__).parent / "results.json"


def of_trials(trials: Sequence[Trial]) -> dict[str, Any]:
    """Counts of the trials: withstood k of n by way, class and language, and every breach."""
    return {
        "inputs": len(attacks()),
        "inputs_ja": sum(attack.language == "ja" for attack in attacks()),
        "trials": _rate(trials),
        "reached": sum(trial.reached for trial in trials),
        "written": sum(trial.written for trial in trials),
        "ways": {way: _rate(found) for way in WAYS if (found := [t for t in trials if t.way == way])},
        "classes": [
            {"class": kind, "language": language, **_rate(found)}
            for kind, language in dict.fromkeys((trial.kind, trial.language) for trial in trials)
            if (found := [t for t in trials if (t.kind, t.language) == (kind, language)])
        ],
        "breaches": {kind: sum(any(b.kind == kind for b in trial.breaches) for trial in trials) for kind in KINDS},
        "failed": [
            {"id": trial.id, "way": trial.way, "breaches": sorted({f"{b.kind}: {b.where}" for b in trial.breaches})}
            for trial in trials
            if not trial.withstood
        ],
    }


def _rate(trials: Sequence[Trial]) -> dict[str, int]:
    return {"k": sum(trial.withstood for trial in trials), "n": len(trials)}


def of_real_questions(assistant: Assistant) -> dict[str, Any]:
    """Real questions refused (any status but an answer), by half and language, and how many got their sentences."""
    asked = [(question, assistant.answer(Request(question.text))) for question in real_questions()]
    refused = {q.id: f"{answer.status}/{answer.reason}" for q, answer in asked if answer.status not in _ANSWERED}
    shown = {q.id for q, answer in asked if q.gold <= {cited.address for cited in answer.citations}}
    groups: dict[tuple[str, str], list[RealQuestion]] = {}
    for question, _ in asked:
        groups.setdefault((question.half, question.language), []).append(question)
    return {
        "rows": [
            {
                "half": half,
                "language": language,
                "k": sum(question.id in refused for question in questions),
                "n": len(questions),
                "gold_shown": sum(question.id in shown for question in questions),
            }
            for (half, language), questions in sorted(groups.items())
        ],
        "statuses": dict(sorted(Counter(refused.values()).items())),
    }


_ANSWERED = ("answered", "partial")


def refusals(real: Mapping[str, Any], half: str | None = None) -> Rate:
    """Refused of asked, in a half or in all."""
    rows = [row for row in real["rows"] if half in (None, row["half"])]
    return Rate(sum(row["k"] for row in rows), sum(row["n"] for row in rows))


def machine() -> dict[str, str]:
    """When and where it was measured."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": f"{processor()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
    }


def load() -> dict[str, Any]:
    """The committed results."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def save(results: Mapping[str, Any]) -> None:
    """Write them where ``load`` finds them."""
    PATH.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
