"""A small run in a folder, as ``python -m evals run`` leaves it, without asking anyone."""

from collections.abc import Sequence
from pathlib import Path

from evals import gates, manifest, metrics, stored
from evals.conclusion import conclude
from evals.coverage import coverage
from evals.gates import Gate
from evals.outcomes import Result, result
from evals.stored import Run
from tests.evals.made import DOCUMENT, MEASURE, case, failed, refusal, scored

GATES = (
    Gate("errors", "less", limit=0),
    Gate("verbatim", "more", limit=1.0),
    Gate("completeness", "more", floor=0.2, aim=0.9),
)
RESULTS: tuple[Result, ...] = (
    scored(case("good", fact="f1"), "iii.p1.s1"),
    result(case("shy", question="a | <b>\n`c` [d](http://e) @all", fact="f2"), refusal()),
    result(case("none", "not_in_document/absent_topic", fact="f3", language="ja", question="誰が？"), refusal()),
)
BROKEN = (*RESULTS, failed(case("broken", question="x" * 900 + "\x08", fact="f4")))


def store(
    folder: Path,
    results: Sequence[Result] = RESULTS,
    *,
    milliseconds: float = 1.0,
    mode: str = "quote",
    noisy: Sequence[Result] = (),
    limits: Sequence[Gate] = GATES,
    **made: object,
) -> Run:
    """Write everything but the reports; ``made`` overrides parts of the manifest."""
    identity = {
        "document_sha256": DOCUMENT.sha256, "index_fingerprint": "f" * 64, "embedding": "e", "threshold": 0.5,
    }  # fmt: skip
    measured = metrics.measure_run(results, MEASURE, {}, noisy=noisy)
    verdict = gates.judge("dev", measured, limits)
    rows = stored.result_rows(results, measured.sheet, DOCUMENT)
    stored.write_suite(
        folder / "dev",
        stored.metrics_object("dev", mode, measured, verdict, identity),
        rows,
        stored.timings(results, [milliseconds] * len(results)),
    )
    content = {
        **identity, "schema": 1, "mode": mode, "seed": 1, "commit": "c", "code_sha256": manifest.code_digest(),
        "questions_sha256": manifest.questions_digest(["dev"]), "partial": False, "suites": {"dev": len(rows)},
        "seconds": 1.0,
    }  # fmt: skip
    stored.write_json(folder / "manifest.json", content | made)
    ended = conclude([verdict])
    stored.write_json(
        folder / "conclusion.json",
        {"exit_code": ended.exit_code, "line": ended.line, "suites": ended.suites, "compared_with": None},
    )
    stored.write_json(folder / "coverage.json", coverage(DOCUMENT, rows))
    return stored.read_run(folder)
