"""Every degraded state names itself in the page, in /readyz, in the metrics and in the runbook."""

import json
import re
from pathlib import Path

import pytest

from assistant.strings import strings
from assistant.types import LANGUAGES, MODE_NOTES
from assistant.web import messages
from assistant.web.limits import Limited, SwitchedOff
from assistant.web.states import RECENT, STATES, Recent
from assistant.web.telemetry import OUTCOMES, SURFACES
from tests.web.scripted import Scripted, service_with

ROOT = Path(__file__).parent.parent.parent
RUNBOOK = ROOT / "docs" / "runbook"


@pytest.mark.parametrize("code", list(STATES))
def test_a_state_names_itself_everywhere(code: str, scripted: Scripted) -> None:
    """Words for readers in both languages, the list in /readyz, the label of the metric, a page with steps."""
    assert all(strings(language)[STATES[code].words] for language in LANGUAGES)
    gate = service_with(scripted).gate
    before = gate.telemetry.exposition().decode()
    assert f'moc_state{{state="{code}"}} 0.0' in before
    gate.recent.saw(code)
    assert code in gate.states
    assert f'moc_state{{state="{code}"}} 1.0' in gate.telemetry.exposition().decode()
    page = (RUNBOOK / f"{code}.md").read_text(encoding="utf-8")
    assert f"`{code}`" in page
    assert list(re.findall(r"^## (.*)$", page, re.MULTILINE)) == [
        "Signs",
        "What to do",
        "When it is over",
    ]
    assert "\n1. " in page
    assert f"]({code}.md)" in (RUNBOOK / "README.md").read_text(encoding="utf-8")


def test_the_runbook_has_no_other_pages() -> None:
    """A page for a state that does not exist any more would mislead."""
    assert {path.stem for path in RUNBOOK.glob("*.md")} == {*STATES, "README"}


def test_states_of_the_model_are_its_mode_notes() -> None:
    """What readers see under an answer is the same code as the operator's."""
    failures = {note for note in MODE_NOTES if note.startswith("llm_")}
    assert failures == {code for code in STATES if code.startswith("llm_")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("refused", "state"),
    [
        *((Limited(7, scope), None) for scope in ("session", "address", "pending", "requests")),
        (Limited(7), "store_down"),
        (Limited(7), "proxy_not_listed"),
        (SwitchedOff(), None),
    ],
)
def test_a_refusal_in_the_page(refused: Limited | SwitchedOff, state: str | None, language: str) -> None:
    """It says why, when to come back, which state made it likelier, and the way to the document."""
    refused.state = state
    said = messages.refusal(refused, language)["content"]  # type: ignore[arg-type]
    assert f"document?lang={language}" in said
    assert ("7" in said) is isinstance(refused, Limited)
    if state:
        assert strings(language)[STATES[state].words] in said


def test_what_happened_is_forgotten_after_a_while() -> None:
    """A state of the model holds for five minutes after it was seen, or until it is over."""
    now = [0.0]
    recent = Recent(lambda: now[0])
    recent.saw("llm_cut")
    recent.saw("llm_busy")
    recent.over("llm_busy", "llm_timeout")
    assert recent.codes == ["llm_cut"]
    now[0] = RECENT
    assert recent.codes == []


def test_the_dashboard_asks_for_metrics_that_exist(scripted: Scripted) -> None:
    """Every name in an expression is one that is exposed, and every metric of ours is drawn."""
    dashboard = json.loads((ROOT / "docs" / "operations" / "grafana.json").read_text(encoding="utf-8"))
    asked = set(re.findall(r"\bmoc_\w+", json.dumps([panel["targets"] for panel in dashboard["panels"]])))
    exposed = service_with(scripted).gate.telemetry.exposition().decode()
    kinds = dict(re.findall(r"^# TYPE (moc_\w+) (\w+)$", exposed, re.MULTILINE))
    endings = {"histogram": ("_bucket", "_sum", "_count")}
    names = {name + ending for name, kind in kinds.items() for ending in endings.get(kind, ("",))}
    conditional = {"moc_llm_tokens_used", "moc_llm_tokens_most"}  # with a language model only
    assert asked <= names | conditional
    assert set(kinds) <= {re.sub("_(bucket|sum|count)$", "", name) for name in asked} | conditional
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_outcomes_are_a_closed_list(scripted: Scripted) -> None:
    """A word that is not in the list cannot be counted."""
    telemetry = service_with(scripted).gate.telemetry
    for surface in SURFACES:
        for outcome in OUTCOMES:
            telemetry.question(surface, outcome, 0.1, None)
    with pytest.raises(AssertionError):
        telemetry.question("api", "answered?", 0.1, None)
