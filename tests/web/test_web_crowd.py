"""A crowd: more questions than the searches take are sent away at once, and it is nobody's own share that goes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from assistant.ask import Assistant
from assistant.config import Config
from assistant.types import Request
from assistant.web import messages
from assistant.web.asking import Asking
from assistant.web.limits import Busy, Limited
from assistant.web.turns import AT_ONCE, MOST_WAITING, Turns
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from evals.fakellm import FakeLlm
from tests.web.asking import BINDING, VISITOR, ask, metric, writing
from tests.web.scripted import Scripted, client_of, service_with


class Someone:
    """Stands for a question of somebody else."""


@contextmanager
def crowd(turns: Turns) -> Iterator[None]:
    """As many questions of others as may wait, on their way to their search."""
    others = [Someone() for _ in range(AT_ONCE + MOST_WAITING)]
    for other in others:
        turns.come(other)
    yield
    for other in others:
        turns.gone(other)


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
def test_a_crowd_is_sent_away_before_its_wait_grows(scripted: Scripted, path: str) -> None:
    """503 with Retry-After while too many wait for a turn; counted as such, and over when the crowd is."""
    service = service_with(scripted)
    body = {"question": "Q", "model": "moc-quote", "messages": [{"role": "user", "content": "Q"}]}
    with client_of(service) as client:
        with crowd(service.gate.turns):
            reply = client.post(path, json=body)
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
        assert reply.json()["error"]["code"] == "busy"
        assert "5 seconds" in messages.refusal(Busy(), "en")["content"]
        assert client.post(path, json=body).status_code == 200
    surface = "api" if path == "/api/ask" else "openai"
    assert metric(service, f'moc_questions_total{{mode="none",outcome="busy",surface="{surface}"}}') == 1
    assert metric(service, 'moc_limited_total{scope="crowd"}') == 1


def test_a_crowd_costs_nobody_their_own_share(scripted: Scripted) -> None:
    """Sent away with the crowd as often as they come, a session still has all its questions."""
    service = service_with(scripted, replace(Config(), web=replace(WebSettings(), session_per_minute=1, raised=())))

    async def run() -> None:
        with crowd(service.gate.turns):
            for _ in range(5):
                with pytest.raises(Busy):
                    await ask(service)
        await ask(service)
        with pytest.raises(Limited):
            await ask(service)

    asyncio.run(run())


def test_a_burst_is_counted_before_its_turns(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let in and not yet searched, as while the index is opened; who is refused or done leaves no trace."""
    monkeypatch.setattr("assistant.web.turns.MOST_WAITING", 2)
    service = service_with(scripted)
    here = Visitor(address="127.0.0.1", known=True)

    async def run() -> None:
        came = await asyncio.gather(
            *(service.ask(Request("Q"), here) for _ in range(AT_ONCE + 9)), return_exceptions=True
        )
        let_in = [asking for asking in came if isinstance(asking, Asking)]
        assert (len(let_in), sum(isinstance(refused, Busy) for refused in came)) == (AT_ONCE + 2, 7)
        assert await let_in[0].answer()
        await ask(service, visitor=here)
        await asyncio.gather(*(asking.answer() for asking in let_in[1:]))
        assert not len(service.gate.turns._coming)
        limited = replace(VISITOR, session="held")
        held = await service.ask(Request("Q"), limited)
        with pytest.raises(Limited):
            await service.ask(Request("Q"), limited)
        assert set(service.gate.turns._coming) == {held}

    asyncio.run(run())


def test_what_is_kept_needs_no_turn(quoting: Assistant, llm: FakeLlm) -> None:
    """In a crowd a written answer in the cache is given; another question, and the same in quotes, is not."""
    service = writing(quoting, llm)

    async def run() -> None:
        first = await ask(service)
        assert first.mode == "llm"
        with crowd(service.gate.turns):
            assert await ask(service) == first
            for question, mode in ((BINDING, "quote"), ("What about fusion?", None)):
                with pytest.raises(Busy):
                    await ask(service, question, mode=mode)

    asyncio.run(run())
