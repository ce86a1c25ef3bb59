"""LLM mode: asked again and again, within a budget, and a model that says nothing is no pass."""

import asyncio
import json
from pathlib import Path

import pytest

from assistant.admission import NotAdmitted
from assistant.types import Answer, Request
from evals import __main__ as command
from evals import live, metrics
from evals.fakellm import FakeLlm, says
from evals.live import Budget
from evals.personalities import honest
from tests.evals.made import MEASURE, case, failed, scored

CHOSEN = ["dev-001", "dev-003"]


@pytest.fixture
def model(opened_once: None, monkeypatch: pytest.MonkeyPatch) -> FakeLlm:
    """A scripted model that is configured as an operator would do it."""
    server = FakeLlm(default=says(honest))
    monkeypatch.setenv("MOC_LLM_MODEL", "scripted")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    return server


def run(folder: Path, *more: str) -> int:
    wanted = ["run", "--mode", "llm", "--suite", "dev", "--out", str(folder), "--only", *CHOSEN]
    return command.main([*wanted, *more])


def test_each_question_is_asked_three_times(model: FakeLlm, tmp_path: Path) -> None:
    """Every repeat is a row of its own; what varies stands in every report."""
    with model:
        assert run(tmp_path) == 0
    rows = [json.loads(row) for row in (tmp_path / "dev/results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [f"{id_}#{number}" for id_ in CHOSEN for number in (1, 2, 3)]
    assert {row["answer"]["mode"] for row in rows} == {"llm"}
    content = json.loads((tmp_path / "dev/metrics.json").read_text(encoding="utf-8"))
    assert content["repeats"]["written"] == {"cases": 2, "mean": 1.0, "between_cases": 0.0, "within_cases": 0.0}
    for name in ("summary.md", "report.html"):
        assert "within a case" in (tmp_path / name).read_text(encoding="utf-8")
    assert run(tmp_path, "--repeats", "2") == 2


def test_a_model_that_is_not_there_is_no_pass(
    model: FakeLlm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Quote mode's answers say nothing about the model: exit 4, and why."""
    model.refuses = True
    with model:
        assert run(tmp_path) == 4
    assert "none of 6 answers is in the model's words (" in capsys.readouterr().err


def test_the_budget_ends_a_run(model: FakeLlm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No tokens: nothing is asked, nothing passes. What is left over counts as not run, with the reason."""
    with model:
        assert run(tmp_path, "--max-tokens", "0") == 4
    assert model.calls == []
    assert "the budget was used up before anything was asked" in capsys.readouterr().err
    asked = live.ask(_Never(), [case("a"), case("b")], 3, Budget(60.0, 0))
    assert [left.case.id for left in asked.left] == ["a#1", "a#2", "a#3", "b#1", "b#2", "b#3"]
    assert asked.left[0].why == "the budget of 0 tokens was used up"
    assert Budget(-1.0, 9).spent() == "the budget of -1 seconds was used up"


class _Never:
    def answer(self, request: Request, /) -> Answer:
        raise AssertionError(f"was asked {request!r}")


def test_tokens_are_counted_as_told_and_else_as_the_most_there_can_be() -> None:
    """Told 70 of at most 100: 70. Told nothing: 100. Then the next question is not let in."""

    async def use(budget: Budget, told: int) -> None:
        async with budget(100) as usage:
            usage.calls, usage.told, usage.tokens = 1, bool(told), told

    budget = Budget(60.0, 150)
    asyncio.run(use(budget, 70))
    assert budget.used == 70
    asyncio.run(use(budget, 0))
    assert budget.used == 170
    with pytest.raises(NotAdmitted):
        asyncio.run(use(budget, 1))


def test_variation_between_cases_and_within_one() -> None:
    """Shares 2/3 and 1: mean 5/6, between 1/36, within (2/9 + 0) / 2; a case asked only once is left out."""
    right, wrong = "iii.p1.s1", "iii.p1.s2"
    answers = (("a#1", right), ("a#2", wrong), ("a#3", right), *((f"b#{n}", right) for n in (1, 2, 3)), ("c#1", wrong))
    results = [scored(case(id_), address) for id_, address in answers]
    found = live.variation(results, metrics.score(results, MEASURE), 3)["completeness"]
    assert found == {
        "cases": 2,
        "mean": pytest.approx(5 / 6, abs=1e-6),
        "between_cases": pytest.approx(1 / 36, abs=1e-6),
        "within_cases": pytest.approx(1 / 9, abs=1e-6),
    }


def test_repeats_are_no_paraphrases() -> None:
    """Three answers to one question agree or not; that says nothing about other wordings."""
    results = [scored(case(f"a#{number}"), "iii.p1.s1") for number in (1, 2, 3)]
    assert "paraphrases" not in metrics.measure_run(results, MEASURE, {}).metrics


def test_what_was_written_is_told_by_its_reasons() -> None:
    """One answer of the model is enough; errors alone are none."""
    assert live.nothing_written([scored(case("a"), "iii.p1.s1", mode="llm"), failed(case("b"))]) is None
    assert live.nothing_written([failed(case("b"))]) == "none of 1 answers is in the model's words (all are errors)"
    told = live.nothing_written([scored(case("a"), "iii.p1.s1", mode_note="llm_timeout")])
    assert told == "none of 1 answers is in the model's words (1 llm_timeout)"
