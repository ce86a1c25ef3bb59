"""Replay through the whole assistant: recorded once, the same for ever after, and never for another request."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals import cases, replay
from evals.fakellm import FakeLlm, says
from evals.personalities import honest
from evals.running import Wish
from index.embed import Embedder
from index.store import Store
from tests.evals.made import DOCUMENT

NAMES = ("dev-001", "dev-003")


@pytest.fixture
def chosen(
    index_directory: Path, opened_index: tuple[Store, Embedder], monkeypatch: pytest.MonkeyPatch
) -> tuple[cases.Case, ...]:
    """Two dev cases, with the session's index as the assistant's."""
    monkeypatch.setenv("MOC_INDEX_DIR", str(index_directory))
    return tuple(case for case in cases.load("dev") if case.id in NAMES)


def test_recorded_answers_are_replayed_and_stale_ones_are_not(
    chosen: tuple[cases.Case, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An honest model recorded and replayed passes, with its statements scored; other requests are exit 4."""
    with FakeLlm(default=says(honest)) as model:
        kept, line = replay.record_from(model.base_url, chosen, 60.0, say=lambda _: None)
        calls = len(model.calls)
        assert replay.record_from(model.base_url, chosen, 60.0, kept, lambda _: None)[0] == kept
        assert len(model.calls) == calls  # nothing has changed, so nothing is asked again
    assert {recording.case for recording in kept} == set(NAMES)
    assert line.startswith("2 recordings of 2 questions")
    wish = Wish(tmp_path / "good", partial=False, once=True, whole=False, baseline=None)
    assert replay.replay(DOCUMENT, {"dev": chosen}, wish, kept).exit_code == 0
    content = json.loads((tmp_path / "good/dev/metrics.json").read_text(encoding="utf-8"))
    assert (content["mode"], content["cases"], content["not_run"]) == ("replay", 2, [])
    rows = [json.loads(row) for row in (tmp_path / "good/dev/results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["answer"]["mode"] for row in rows} == {"llm"}
    assert json.loads((tmp_path / "good/liars.json").read_text(encoding="utf-8"))["line"].startswith("PASS liars")

    stale = [replace(recording, request="0" * 63 + str(number)) for number, recording in enumerate(kept)]
    wish = replace(wish, out=tmp_path / "stale")
    assert replay.replay(DOCUMENT, {"dev": chosen}, wish, stale).exit_code == 4
    assert "2 of 2 recordings of dev are stale" in capsys.readouterr().err


def test_what_is_recorded_are_few_questions_of_many_facts() -> None:
    """One for each fact, both languages, none that needs a history."""
    chosen = replay.to_record()
    assert len({case.fact for case in chosen}) == len(chosen) <= replay.RECORDED_FACTS
    assert {case.language for case in chosen} == {"en", "ja"}
    assert all(case.expectation == "answerable" and not case.history for case in chosen)
