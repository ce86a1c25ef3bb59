"""What earlier runs left: each way a line of history, baseline or recordings can be wrong is named with its field."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from evals import records

RUN: dict[str, Any] = {
    "date": "2026-01-02", "reason": "first", "commit": "c", "suite": "test", "mode": "quote", "verdict": "PASS test",
    "cases": 3, "document_sha256": "0" * 64, "index_fingerprint": "1" * 64, "metrics": {"completeness": [2, 3]},
}  # fmt: skip
RECORDING = {"case": "dev-001", "finish": "stop", "request": "a" * 64, "text": "x"}


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def places(path: Path, found: Iterable[str]) -> list[str]:
    return [line.removeprefix(f"{path}:").partition(": ")[0] for line in found]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": "2026-1-2"}, "date"),
        ({"date": "2025-12-31"}, "date"),
        ({"suite": "tests"}, "suite"),
        ({"mode": "quoted"}, "mode"),
        ({"reason": " "}, "reason"),
        ({"commit": None}, "commit"),
        ({"verdict": ""}, "verdict"),
        ({"cases": 0}, "cases"),
        ({"document_sha256": "x"}, "document_sha256"),
        ({"metrics": {}}, "metrics"),
        ({"metrics": {"completeness": [4, 3]}}, "metrics"),
        ({"metrics": {"completeness": True}}, "metrics"),
    ],
)
def test_a_line_of_the_history_is_held_to_its_fields(changes: dict[str, Any], field: str, tmp_path: Path) -> None:
    """The line above it is in order."""
    path = lines(tmp_path / "history.jsonl", RUN, RUN | changes)
    assert places(path, records.history_problems(path)) == [f"2:{field}"]


def test_only_the_first_run_of_a_suite_needs_no_reason(tmp_path: Path) -> None:
    """Nothing was lowered by it."""
    without = {name: value for name, value in RUN.items() if name != "reason"}
    path = lines(tmp_path / "history.jsonl", without, RUN, without | {"suite": "dev"}, without)
    assert places(path, records.history_problems(path)) == ["4:reason"]


def test_what_is_no_object_does_not_hide_the_next_line(tmp_path: Path) -> None:
    """Broken JSON, a list, and a line that is wrong in itself."""
    path = tmp_path / "history.jsonl"
    path.write_text(f"{{\n[1]\n{json.dumps(RUN | {'cases': 0})}\n", encoding="utf-8")
    assert places(path, records.history_problems(path)) == ["1:row", "2:row", "3:cases"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"case": "gone"}, ["2:case"]),
        ({"request": "a" * 64}, ["2:request"]),
        ({"request": "b"}, ["2:request"]),
        ({"text": 1}, ["2:text"]),
        ({"seconds": 1}, ["2:seconds"]),
        ({"case": "dev-001#2"}, []),
    ],
)
def test_a_recording_is_held_to_its_fields(changes: dict[str, Any], found: list[str], tmp_path: Path) -> None:
    """Each request once, and of a question there is; without questions that is not asked."""
    path = lines(tmp_path / "recordings.jsonl", RECORDING, RECORDING | {"request": "b" * 64} | changes)
    assert places(path, records.recording_problems(path, {"dev-001"})) == found
    if "case" in changes:
        assert list(records.recording_problems(path, ())) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", []),
        ("0badcafe f", "0badcafe", ["10:dev-1"]),
        ("0badcafe", "0BADCAFE", ["10:dev-1"]),
        (" answered/absent ", " answerd ", ["10:dev-1"]),
        ("mrr=0.5", "mrr=1.5", ["10:dev-1"]),
        ("mrr=0.5", "mrr=x", ["10:dev-1"]),
        ("[1, 2]", "[3, 2]", ["5:dev"]),
        ('"seed": 1', '"sed": 1', ["3:provenance"]),
        ('"cases": {', '"case": {', ["1:file"]),
        ('"schema": 1,', '"schema": 1', ["3:file"]),
    ],
)
def test_a_baseline_is_held_to_its_form(old: str, new: str, found: list[str], tmp_path: Path) -> None:
    """Each case by its own line."""
    text = """{
 "schema": 1,
 "provenance": {"document_sha256": "d", "mode": "quote", "seed": 1},

 "metrics": {
  "dev": {"completeness": [1, 2], "auroc": 0.5}
 },
 "cases": {
  "dev": {
   "dev-1": "0badcafe f answered/absent s completeness mrr=0.5"
  }
 }
}
"""
    path = tmp_path / "baseline.json"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert places(path, records.baseline_problems(path)) == found
