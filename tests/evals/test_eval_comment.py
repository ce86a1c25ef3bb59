"""The comment on a pull request: what it says when there is no summary, and how a long one is cut."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "evals-comment.yml"
# Stands for GitHub's own command: the pull request is number 7, the artefact is the file SUMMARY where there is one,
# the steps of the run are STEPS.
GH = """#!/bin/sh
case "$*" in
  *pulls*) echo 7 ;;
  *runs/x/jobs*) [ -n "$STEPS" ] || exit 1; printf "$STEPS" ;;
  "run download"*) [ -f "$SUMMARY" ] || exit 1; mkdir -p artefact; cp "$SUMMARY" artefact/summary.md ;;
  *PATCH*|*POST*) echo "$*" >> calls ;;
  *comments*) echo 42 ;;
esac
"""


def comment(folder: Path, summary: str | None, conclusion: str = "failure", steps: str = "") -> str:
    """Run the workflow's step; the body of the comment that replaces the old one."""
    script = textwrap.dedent(WORKFLOW.read_text(encoding="utf-8").partition("- run: |\n")[2])
    program = folder / "gh"
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    if summary is not None:
        (folder / "given.md").write_text(summary, encoding="utf-8")
    names = dict.fromkeys(("GH_TOKEN", "REPOSITORY", "RUN", "HEAD", "OWNER", "BRANCH"), "x")
    own = {"PATH": f"{folder}:{os.environ['PATH']}", "SUMMARY": str(folder / "given.md"), "CONCLUSION": conclusion}
    own["STEPS"] = steps
    subprocess.run(["bash", "-c", script], cwd=folder, env=names | own, check=True, capture_output=True, timeout=20)
    assert "PATCH repos/x/issues/comments/42" in (folder / "calls").read_text(encoding="utf-8")
    return (folder / "body.md").read_text(encoding="utf-8")


def test_without_a_summary_the_old_comment_is_replaced(tmp_path: Path) -> None:
    """A PASS of an earlier commit never stays where validate or the selftest failed."""
    body = comment(tmp_path, None)
    assert body.startswith("<!-- evals -->\n")
    assert "no summary: the run ended before one was written" in body
    assert "`none is named; see the run`" in body
    assert "PASS" not in body


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("success\\tm\\tSet up job\\nskipped\\tnightly\\tx\\nfailure\\tm\\tRun make evals\\nfailure\\tm\\tlater\\n",
         "m: Run make evals (failure)"),
        ("cancelled\\tmeasure\\tRun make .venv/installed-dev\\n", "measure: Run make .venv/installed-dev (cancelled)"),
        ("did not end\\tmeasure\\tRun make evals\\n", "measure: Run make evals (did not end)"),
        ("failure\\tm\\t`x`](http://e) @all <b>#1 日本\\n", "m: x(http://e) all b1  (failure)"),
        ("failure\\tm\\t" + "x" * 400 + "\\n", f"m: {'x' * 197}"),
        ("success\\tmeasure\\tRun make evals\\n", "none is named; see the run"),
    ],
)  # fmt: skip
def test_without_a_summary_the_step_that_failed_is_named(tmp_path: Path, steps: str, told: str) -> None:
    """The first of them; its name, which a pull request may have written, can do nothing in the comment."""
    assert f"First step that did not succeed: `{told}`\n" in comment(tmp_path, None, steps=steps)


def test_a_short_summary_is_whole(tmp_path: Path) -> None:
    """Every line, with the job's own end above it, and nobody is mentioned."""
    text = "# PASS: 5 suites\n\n<details>\n<summary>x</summary>\n\n@all 日本\n</details>\n"
    body = comment(tmp_path, text, "success")
    assert 'ended with "success"' in body
    assert text.replace("@", "＠") in body
    assert "left out" not in body


@pytest.mark.parametrize("folded", [True, False])
def test_a_long_summary_is_cut_with_a_sentence(tmp_path: Path, folded: bool) -> None:
    """Below what a comment holds; the sentence stands outside what is folded away, and what is shorter follows it."""
    rows = "| あ | b |\n" * 9000
    part = f"<details>\n<summary>long</summary>\n\n{rows}</details>\n" if folded else rows
    body = comment(tmp_path, f"# FAIL dev\n\n{part}<details>\n<summary>short</summary>\n\nlast\n</details>\n")
    assert len(body) < 65_536
    assert "# FAIL dev" in body
    assert body.count("<details") == body.count("</details>")
    before, sentence, _ = body.partition(" bytes are left out here; the whole report is in the run.**")
    assert sentence
    assert before.count("<details") == before.count("</details>")
    assert ("last" in body) == folded
    assert re.search(r"actions/runs/x\n$", body)
