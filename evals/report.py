"""Every report of a stored run, made from its files alone: summary.md, diff.md, junit.xml, report.html."""

from collections.abc import Collection
from pathlib import Path

from evals import compare, junit, page, summary
from evals.compare import Comparison
from evals.stored import Run
from index.document import Document

KINDS = ("md", "junit", "html")


def write(run: Run, comparison: Comparison | None, document: Document, kinds: Collection[str] = KINDS) -> list[Path]:
    """Write the reports of these kinds into the run's folder; returns their paths."""
    texts: dict[str, str] = {}
    if "md" in kinds:
        texts["summary.md"] = summary.overall(run, comparison)
        for name in run.suites:
            texts[f"{name}/summary.md"] = summary.suite(run, name)
        if comparison:
            texts["diff.md"] = compare.markdown(comparison, "baseline", "this run")
    if "junit" in kinds:
        texts["junit.xml"] = junit.render(run)
    if "html" in kinds:
        texts["report.html"] = page.render(run, comparison, document)
    if comparison is None:
        (run.folder / "diff.md").unlink(missing_ok=True)
    written = []
    for name, text in texts.items():
        path = run.folder / name
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        written.append(path)
    return written
