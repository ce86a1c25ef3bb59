"""Every degraded state names itself in the page, in /readyz, in the metrics and in the runbook."""

import asyncio
import html
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.admission import Admission, everyone
from assistant.config import Config, LlmSettings
from assistant.strings import strings
from assistant.types import LANGUAGES, MODE_NOTES, Language, Request
from assistant.web import api, feedback, messages
from assistant.web.about import facts, text_of
from assistant.web.chat import Step, reply
from assistant.web.limits import Busy, Limited, Refused, SwitchedOff
from assistant.web.service import Service
from assistant.web.shell import Shell
from assistant.web.states import RECENT, STATES, Recent
from assistant.web.telemetry import OUTCOMES, SURFACES
from assistant.web.turns import AT_ONCE
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from index.embed import RemoteEmbedding
from tests.web.scripted import Scripted, service_with
from tests.web.stores import closed_port

ROOT = Path(__file__).parent.parent.parent
RUNBOOK = ROOT / "docs" / "runbook"


VISITOR = Visitor(address="203.0.113.8", session="one")
LLM = LlmSettings("m", "http://127.0.0.1:9/v1", None, "Example")
RAISED_NOBODY = replace(WebSettings(), raised=(), session_per_minute=1)


@dataclass
class Brought:
    """A degraded state that was brought about, and what the reader and the operator then see."""

    client: TestClient
    page: str  # what a reader's browser gets where this state shows


Bringing = Callable[[Path, Language], Iterator[Brought]]


def client_for(service: Service) -> TestClient:
    """A client on this machine: the shell around the API, without the pages, which take a second to build."""
    app = FastAPI()
    app.add_exception_handler(api.ApiError, api.error_response)
    for surface in (api, feedback):
        app.include_router(surface.router(service))
    return TestClient(Shell(app, service), "http://localhost", client=("127.0.0.1", 50000))


def in_chat(service: Service, language: Language) -> str:
    """The last message after a question in the chat."""
    question = "Is it binding?" if language == "en" else "法的拘束力はありますか"

    async def last() -> Step:
        *_, step = [step async for step in reply(service, question, language, None, (), VISITOR)]
        return step

    return html.unescape(messages.content(asyncio.run(last()).reply))


def opening(_: Path, language: Language) -> Iterator[Brought]:
    """The index is not open yet."""
    held = threading.Event()
    service = Service(Config(), lambda _: held.wait(30) and Scripted())  # type: ignore[arg-type, return-value]
    service.start()
    try:
        with client_for(service) as client:
            yield Brought(client, in_chat(service, language))
    finally:
        held.set()


def not_ready(_: Path, language: Language) -> Iterator[Brought]:
    """The index could not be opened."""

    def fails(_: Config) -> Any:
        raise RuntimeError("secret")

    service = Service(Config(), fails)
    service.start()
    with client_for(service) as client:
        yield Brought(client, in_chat(service, language))


class Searching(Scripted):
    """Embeds every question on a server before it answers."""

    async def stream(self, request: Request, admission: Admission = everyone) -> AsyncIterator[object]:
        RemoteEmbedding(model_name="m", base_url=closed_port("http"), api_key=None).encode([request.text], query=True)
        async for event in super().stream(request, admission):
            yield event


def embedding_unavailable(_: Path, language: Language) -> Iterator[Brought]:
    """Nothing listens where the embedding server should be."""
    service = service_with(Searching())
    with client_for(service) as client:
        yield Brought(client, in_chat(service, language))


def switched(word: str) -> Bringing:
    def bring(folder: Path, language: Language) -> Iterator[Brought]:
        (folder / "off").write_text(word, encoding="utf-8")
        config = Config(llm=LLM, web=replace(WebSettings(), off_file=str(folder / "off")))
        service = service_with(Scripted(mode_note="llm_off"), config)
        with client_for(service) as client:
            yield Brought(client, in_chat(service, language))

    return bring


def of_the_model(note: str) -> Bringing:
    def bring(_: Path, language: Language) -> Iterator[Brought]:
        service = service_with(Scripted(mode_note=note), Config(llm=LLM))
        with client_for(service) as client:
            yield Brought(client, in_chat(service, language))

    return bring


def store_down(_: Path, language: Language) -> Iterator[Brought]:
    """Nothing listens where the store should be."""
    config = Config(web=replace(RAISED_NOBODY, store_url=closed_port(), secret="s", address_per_minute=2, replicas=2))
    service = service_with(Scripted(), config)
    with client_for(service) as client:
        in_chat(service, language)
        yield Brought(client, in_chat(service, language))


def newcomers_wait(_: Path, language: Language) -> Iterator[Brought]:
    """Others who were never here before are being searched for, and none of those who come then may wait."""
    service = service_with(Scripted(), Config(web=replace(RAISED_NOBODY, newcomers_waiting=0)))

    async def inside() -> None:
        await service.gate.door.enter("others", service)

    for _place in range(AT_ONCE):
        asyncio.run(inside())
    with client_for(service) as client:
        yield Brought(client, in_chat(service, language))


def proxy_not_listed(_: Path, language: Language) -> Iterator[Brought]:
    """A machine of our own network forwards, and nobody listed it."""
    config = Config(web=replace(RAISED_NOBODY, address_per_minute=1), metrics_token="t")
    service = service_with(Scripted(), config)
    with client_for(service) as client:
        client.get("/api/document", headers={"x-forwarded-for": "203.0.113.7"})
        in_chat(service, language)
        yield Brought(client, in_chat(service, language))


def feedback_broken(spoil: Callable[[Path, pytest.MonkeyPatch], object]) -> Bringing:
    def bring(folder: Path, language: Language) -> Iterator[Brought]:
        given = {"answer_id": "a_" + "0" * 64, "verdict": "helpful"}
        service = service_with(Scripted(), Config(feedback_directory=folder))
        with pytest.MonkeyPatch.context() as patch, client_for(service) as client:
            assert client.post("/api/feedback", json=given).status_code == 201
            assert client.get("/readyz").json() == {"status": "ready"}
            spoil(folder, patch)
            assert client.post("/api/feedback", json=given).status_code == 503
            yield Brought(client, html.unescape(text_of("privacy", facts(service, language), language)))

    return bring


def fill(_: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("assistant.feedback.MAX_ENTRIES", 1)


def damage(folder: Path, _: pytest.MonkeyPatch) -> None:
    (folder / "feedback.sqlite3").write_bytes(b"damaged" * 200)


BRINGING: Mapping[str, Bringing] = {
    "opening": opening,
    "not_ready": not_ready,
    "embedding_unavailable": embedding_unavailable,
    "switched_off": switched("off"),
    "llm_off": switched("llm"),
    **{
        f"llm_{kind}": of_the_model(f"llm_{kind}")
        for kind in ("timeout", "unavailable", "busy", "budget", "cut", "invalid")
    },
    "store_down": store_down,
    "newcomers_wait": newcomers_wait,
    "proxy_not_listed": proxy_not_listed,
    "feedback_full": feedback_broken(fill),
    "feedback_failed": feedback_broken(damage),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(STATES))
def test_a_state_that_comes_about_names_itself(
    code: str, language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brought about as it comes about: the reader reads why, in their language; /readyz and the metric name it."""
    monkeypatch.setattr("assistant.web.service.WAIT", 0.1)
    bringing = contextmanager(BRINGING[code])
    with bringing(tmp_path, language) as brought:
        token = {"authorization": "Bearer t"}
        ready = brought.client.get("/readyz", headers=token)
        assert code in ready.json()["states"]
        assert ready.status_code == (503 if code in ("opening", "not_ready") else 200)
        assert f'moc_state{{state="{code}"}} 1.0' in brought.client.get("/metrics", headers=token).text
        assert strings(language)[STATES[code].words] in brought.page
        assert "secret" not in brought.page


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
        *((Limited(7, scope), None) for scope in ("session", "address", "network", "pending")),
        (Limited(7), "store_down"),
        (Limited(7), "proxy_not_listed"),
        (SwitchedOff(), None),
        (Busy(), None),
        (Busy("newcomers"), "newcomers_wait"),
    ],
)
def test_a_refusal_in_the_page(refused: Refused, state: str | None, language: str) -> None:
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
