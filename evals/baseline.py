"""The committed baseline: what the last accepted run did, case by case, with what it was made from.

Never made by itself: a missing or mismatching baseline fails, and a new one needs a reason and a person outside CI.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evals.compare import CaseRecord, Comparison, Snapshot, compare, snapshot
from evals.manifest import code_digest, questions_digest
from evals.stored import Run
from index.errors import ConfigError, UserError

BASELINE = Path(__file__).parent / "baseline.json"
HISTORY = Path(__file__).parent / "history.jsonl"
# What has to be equal for a comparison to mean anything; commit, versions and index may differ and are reported.
_BINDING = ("document_sha256", "mode", "seed")


class BaselineError(UserError):
    """The baseline is missing, broken, or belongs to other questions or another document (exit 4)."""

    exit_code = 4


def load(path: Path = BASELINE) -> Snapshot:
    """Read the baseline.

    Raises:
        BaselineError: it is not there or not well-formed.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cases = {suite: {id_: _record(text) for id_, text in by_id.items()} for suite, by_id in data["cases"].items()}
        return Snapshot(data["provenance"], data["metrics"], cases)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(
            f"the baseline {str(path)!r} cannot be read ({error}); "
            "'python -m evals baseline update --reason …' makes one from the last run"
        ) from None


def compared(path: Path, run: Run) -> Comparison:
    """A stored run against the baseline in ``path``.

    Raises:
        BaselineError: there is none, or it cannot be compared.
    """
    before, after = load(path), snapshot(run)
    check(before, after)
    return compare(before, after)


def comparable(baseline: Snapshot, run: Snapshot) -> None:
    """Refuse to compare runs of other documents, modes or seeds; raises BaselineError."""
    for name in _BINDING:
        if baseline.provenance.get(name) != run.provenance.get(name):
            raise BaselineError(
                f"the baseline was made with another {name} ({baseline.provenance.get(name)!r}, now "
                f"{run.provenance.get(name)!r}); run the suite and 'python -m evals baseline update --reason …'"
            )


def check(baseline: Snapshot, run: Snapshot) -> None:
    """Refuse to compare what is not comparable; suites that were not run are left out.

    Raises:
        BaselineError: document, mode, seed or any case differs; the first differences are named.
    """
    comparable(baseline, run)
    for suite, cases in run.cases.items():
        then = {id_: record.digest for id_, record in baseline.cases.get(suite, {}).items()}
        now = {id_: record.digest for id_, record in cases.items()}
        differing = sorted(id_ for id_ in then | now if then.get(id_) != now.get(id_))
        if differing:
            raise BaselineError(
                f"the baseline was made with other cases: {len(differing)} of {suite} are new, gone or altered "
                f"({', '.join(differing[:5])}{' …' if len(differing) > 5 else ''}); "
                "run the suite and 'python -m evals baseline update --reason …'"
            )


def update(
    run: Run, reason: str, path: Path = BASELINE, history: Path = HISTORY, environ: Mapping[str, str] = os.environ
) -> list[str]:
    """Make a stored run the baseline and add a line for each suite to the history; returns ratchets it suggests.

    Raises:
        ConfigError: no reason, or one that does not name what fell below its ratchet; under CI; a run that is partial,
            of other code or of files that no commit holds, or one that breaks a safety gate.
    """
    if not reason.strip():
        raise ConfigError("--reason must say why the numbers may change; it goes into evals/history.jsonl")
    if environ.get("CI"):
        raise ConfigError("the baseline is updated by hand and reviewed, never under CI")
    _accept(run)
    if unnamed := sorted(name for name in _fallen(run) if name not in reason):
        raise ConfigError(f"--reason must name what fell below its ratchet: {', '.join(unnamed)}")
    taken = snapshot(run)
    path.write_text(render(taken), encoding="utf-8")
    date = datetime.now(UTC).date().isoformat()
    with history.open("a", encoding="utf-8") as file:
        for suite, stored in run.suites.items():
            line = {
                "date": date,
                "reason": reason.strip(),
                "commit": run.manifest["commit"],
                **{name: stored.metrics[name] for name in ("suite", "mode", "verdict", "cases")},
                "document_sha256": run.manifest["document_sha256"],
                "index_fingerprint": run.manifest["index_fingerprint"],
                "metrics": taken.metrics[suite],
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return suggestions(run)


def _accept(run: Run) -> None:
    if run.manifest["code_sha256"] != code_digest():
        raise ConfigError(f"the run in {str(run.folder)!r} is of other code; run 'python -m evals run' again")
    if run.manifest["questions_sha256"] != questions_digest(run.manifest["suites"]):
        raise ConfigError(f"the run in {str(run.folder)!r} asked other questions; run 'python -m evals run' again")
    commit = run.manifest["commit"]
    if commit is None or commit.endswith("+"):
        raise ConfigError(
            f"the run is of commit {commit or 'none'}, with files that no commit holds; commit first, then run again"
        )
    if run.manifest["partial"]:
        raise ConfigError("the run is partial (--only, --suite, --once); a baseline needs a whole one")
    for suite, stored in run.suites.items():
        for gate in stored.metrics["gates"]:
            if gate["limit"] is not None and gate["state"] == "broken":
                raise ConfigError(f"a safety gate is broken, so this is no baseline: {suite}: {gate['why']}")


def _fallen(run: Run) -> set[str]:
    """The metrics, without their slices, of which a ratchet is broken."""
    gates = (gate for stored in run.suites.values() for gate in stored.metrics["gates"])
    return {gate["name"].partition("[")[0] for gate in gates if gate["limit"] is None and gate["state"] == "broken"}


def suggestions(run: Run) -> list[str]:
    """Lines of gates.toml that could be raised to what this run reached."""
    found = []
    for suite, stored in run.suites.items():
        for gate in stored.metrics["gates"]:
            metric, reached = gate["metric"], gate["reached"]
            if gate["limit"] is not None or metric is None or "=" in gate["name"]:
                continue
            now = [metric["k"], metric["n"]] if metric["k"] is not None else metric["value"]
            then = reached[0] / reached[1] if isinstance(reached, Sequence) else reached
            better = gate["better"] == "more"
            # Stored values have six decimals.
            gained = 1.0 if then is None else (metric["value"] - then) * (1 if better else -1)
            if gained > 1e-5:
                found.append(f"{suite}: {gate['name']} could be raised to reached = {now}")
    return found


def render(taken: Snapshot) -> str:
    """The file: sorted, one line for each case and each metric, so that a review reads what changed."""
    content: dict[str, Any] = {
        "schema": 1,
        "provenance": taken.provenance,
        "metrics": taken.metrics,
        "cases": {suite: {id_: _line(record) for id_, record in by_id.items()} for suite, by_id in taken.cases.items()},
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", text) + "\n"


def _line(record: CaseRecord) -> str:
    """``digest fact status sections metric=value …``; a score of 1 is written without its value."""
    scores = (f"{name}={value:g}" if value != 1 else name for name, value in sorted(record.scores.items()))
    return " ".join((record.digest, record.fact, record.status, record.sections or "-", *scores))


def _record(line: str) -> CaseRecord:
    digest, fact, status, sections, *scores = line.split(" ")
    values = {name: float(value) if value else 1.0 for name, _, value in (score.partition("=") for score in scores)}
    return CaseRecord(digest, fact, status, "" if sections == "-" else sections, values)
