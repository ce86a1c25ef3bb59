"""Replay through the whole assistant: recorded once, the same for ever after, and never for another request."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals import cases, liars, recordings, replay
from evals.fakellm import FakeLlm, says
from evals.personalities import honest
from evals.recordings import STALE_AT_MOST, Recording
from evals.running import Wish
from tests.evals.made import DOCUMENT

NAMES = ("dev-001", "dev-003")


@pytest.fixture
def chosen(opened_once: None) -> tuple[cases.Case, ...]:
    """Two dev cases, with the session's index as the assistant's."""
    return tuple(case for case in cases.load("dev") if case.id in NAMES)


def test_recorded_answers_are_replayed_and_stale_ones_are_not(
    chosen: tuple[cases.Case, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An honest model recorded and replayed passes, with its statements scored; other requests are exit 4."""
    with FakeLlm(default=says(honest)) as model:
        made = replay.record_from(model.base_url, chosen, 9, 60.0, say=lambda _: None)
        calls = len(model.calls)
        again = replay.record_from(model.base_url, chosen, 9, 60.0, made.kept, lambda _: None)
        assert again.kept == made.kept
        assert len(model.calls) == calls  # nothing has changed, so nothing is asked again
    kept = made.kept
    assert {recording.case for recording in kept} == set(NAMES)
    assert made.line.startswith("2 of 9 questions recorded")
    wish = Wish(tmp_path / "good", partial=False, once=True, whole=False, baseline=None)
    assert replay.replay(DOCUMENT, {"dev": chosen}, wish, kept).exit_code == 0
    content = json.loads((tmp_path / "good/dev/metrics.json").read_text(encoding="utf-8"))
    assert (content["mode"], content["cases"], content["not_run"]) == ("replay", 2, [])
    assert content["metrics"]["written"]["k"] == content["metrics"]["written"]["n"] == 2
    rows = [json.loads(row) for row in (tmp_path / "good/dev/results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["answer"]["mode"] for row in rows} == {"llm"}
    assert json.loads((tmp_path / "good/liars.json").read_text(encoding="utf-8"))["line"].startswith("PASS liars")

    # The same questions as those of another suite: what has a recording is replayed, whatever suite it is of.
    capsys.readouterr()
    stale = [replace(kept[0], request="0" * 64), *kept[1:]]
    other = tuple(replace(case, suite="routes") for case in chosen)
    wish = replace(wish, out=tmp_path / "stale")
    assert replay.replay(DOCUMENT, {"routes": other}, wish, stale).exit_code == 4
    told = capsys.readouterr()
    assert "1 of 2 recordings of routes are stale, first dev-001; 'python -m evals record --stale'" in told.err
    assert "(1 replayed, 1 stale and not run)" in told.out
    content = json.loads((tmp_path / "stale/routes/metrics.json").read_text(encoding="utf-8"))
    assert (content["cases"], [row["id"] for row in content["not_run"]]) == (1, [NAMES[0]])


def test_nothing_recorded_is_no_pass(
    chosen: tuple[cases.Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 4; a tenth and no more may be stale."""
    monkeypatch.setattr(liars, "pick", lambda _: chosen[:1])
    wish = Wish(tmp_path, partial=False, once=True, whole=False, baseline=None)
    assert replay.replay(DOCUMENT, {"dev": chosen}, wish, ()).exit_code == 4
    assert "nothing of dev is recorded" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert STALE_AT_MOST == 0.1


@pytest.mark.parametrize("suite", ["dev", "follow_ups"])
def test_what_is_recorded_first_are_questions_of_many_facts(suite: str) -> None:
    """One of each fact before the second of any, both languages, all answerable, none that needs a history."""
    ordered = replay.in_order(cases.load(suite))
    facts = len({case.fact for case in ordered})
    assert len({case.fact for case in ordered[:facts]}) == facts
    assert len({case.id for case in ordered}) == len(ordered)
    assert all(case.expectation == "answerable" and not case.history for case in ordered)
    if suite == "dev":
        assert len(ordered) >= 100
        assert {case.language for case in ordered[:10]} == {"en", "ja"}


def test_other_suites_and_what_was_not_reached_stay() -> None:
    """New recordings replace those of their suite; when the time was up, questions not reached keep theirs."""
    old = [Recording(f"r{id_}", id_, "old", "stop") for id_ in ("dev-1", "dev-2", "test-1")]
    new = Recording("new", "dev-1", "new", "stop")
    made = replay.Made((new,), frozenset({"dev-1"}), True, "")
    assert [r.case for r in replay.merged(old, made, {"dev-1", "dev-2"})] == ["test-1", "dev-1"]
    late = replace(made, in_time=False)
    assert replay.merged(old, late, {"dev-1", "dev-2"}) == (old[1], old[2], new)


def test_only_what_is_stale_is_asked_again(
    chosen: tuple[cases.Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request changed: that one is asked again; a case that is gone loses its recording; then nothing is left."""

    class Small(FakeLlm):
        """The honest script in place of the small model; counts how often it is started."""

        started = 0

        def __init__(self) -> None:
            super().__init__(default=says(honest))
            Small.started += 1

    monkeypatch.setattr(replay, "SmolServer", Small)
    path = tmp_path / "kept.jsonl"
    with FakeLlm(default=says(honest)) as model:
        made = replay.record_from(model.base_url, chosen, 9, 60.0, say=lambda _: None)
    changed = replace(made.kept[0], request="0" * 64)
    recordings.save((changed, *made.kept[1:], replace(changed, request="1" * 64, case="gone")), path)
    assert replay.record_stale(60.0, path).startswith("1 of 3 recordings were stale, 1 more no longer needed; 1 of 1")
    assert set(recordings.load(path)) == set(made.kept)
    assert replay.record_stale(60.0, path) == "none of 2 recordings is stale"
    assert Small.started == 1
