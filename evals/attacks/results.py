"""What was measured: attacks withstood by class, language and way, and real questions that were refused; as JSON."""

import json
import os
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant import routes
from assistant.ask import Assistant
from assistant.types import Answer, Request
from assistant.understand import clean
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
    """Real questions refused (any status but an answer), by half, language and cause, and who got their sentences.

    Each is named with its cause only in the half that is looked into.
    """
    asked = [(question, assistant.answer(Request(question.text))) for question in real_questions()]
    refused = {q.id: f"{answer.status}/{answer.reason}" for q, answer in asked if answer.status not in _ANSWERED}
    threshold = assistant._retriever._scoring.answer_from
    causes = {q.id: cause(q.text, answer, threshold) for q, answer in asked if q.id in refused}
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
        "causes": dict(sorted(Counter(causes.values()).items())),
        "refused": [{"id": q.id, "cause": causes[q.id]} for q, _ in asked if q.id in causes and q.half == "causes"],
    }


_ANSWERED = ("answered", "partial")


def cause(text: str, answer: Answer, threshold: float) -> str:
    """What refused a question: a rule of the router, the classifier, or too low a probability (and of what)."""
    asked = clean(text)
    rule = routes.route(routes.without_small_talk(asked)) or routes.route(asked)
    if rule is not None and rule == answer.reason:
        return f"rule: {rule}"
    if answer.status in ("declined", "small_talk"):
        by_rule = answer.reason in ("personal_data", "other_language", "unclear", "too_long", "empty")
        return f"{'rule' if by_rule else 'classifier'}: {answer.reason}"
    return f"{'below the threshold' if answer.confidence < threshold else 'classifier'}: {answer.reason}"


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
