"""Between the surfaces and the assistant: who may ask now, who gets the language model, and what is counted."""

import asyncio
import gc
import threading
from contextlib import aclosing
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.ask import Assistant, ClaimShown
from assistant.config import Config
from assistant.types import Answer, Request
from assistant.web.limits import Limited, SwitchedOff
from assistant.web.service import NotReady, Service
from assistant.web.visitor import Visitor
from assistant.web_settings import Raised, WebSettings
from evals.fakellm import FakeLlm, chunk, events, fails, says, silent
from evals.personalities import claim_line
from tests.web.asking import BINDING, VISITOR, ask, metric, writing
from tests.web.scripted import Scripted, client_of, service_with

CLAIM = claim_line("Nothing in this MOC commits the Participants to the expenditure of funds.", "iii.p1.s4")


def used(total: int) -> dict[str, object]:
    """The last chunk of a stream that tells what the call used."""
    usage = {"prompt_tokens": total - 1, "completion_tokens": 1, "total_tokens": total}
    return chunk({}, "stop") | {"choices": [], "usage": usage}


def test_one_question_at_a_time(scripted: Scripted) -> None:
    """A session waits for its answer; other sessions do not, and one nobody goes on with frees the session."""
    service = service_with(scripted)

    async def run() -> None:
        first = await service.ask(Request("Q"), VISITOR)
        with pytest.raises(Limited) as refused:
            await service.ask(Request("Q"), VISITOR)
        assert (refused.value.scope, refused.value.retry_after_seconds) == ("pending", 5)
        await ask(service, visitor=replace(VISITOR, session="two"))
        await ask(service, visitor=replace(VISITOR, address="203.0.113.8"))  # the same name elsewhere is another
        await ask(service, visitor=Visitor(address="203.0.113.7"))
        await first.answer()
        second = await service.ask(Request("Q"), VISITOR)
        del second
        gc.collect()
        await ask(service)

    asyncio.run(run())
    assert metric(service, 'moc_limited_total{scope="pending"}') == 1


def test_the_language_model_takes_turns_and_the_rest_is_quoted(quoting: Assistant, llm: FakeLlm) -> None:
    """With one slot and no queue, the second question is answered with quotes, and says that the model is busy."""
    service = writing(quoting, llm, llm_at_once=1, llm_waiting=0, cache_seconds=0)
    llm.enqueue(silent)

    async def run() -> None:
        first = asyncio.create_task(ask(service))
        assert await asyncio.to_thread(llm.wait, lambda server: len(server.calls) == 1, 10)
        assert not len(service.gate.turns._coming)  # who waits for the model is not searched any more
        second = await ask(service, visitor=replace(VISITOR, session="two"))
        assert (second.mode, second.mode_note, second.status) == ("quote", "llm_busy", "answered")
        assert service.gate.states == ["llm_busy"]
        quoted = await ask(service, visitor=replace(VISITOR, session="three"), mode="quote")
        assert quoted.mode_note is None
        first.cancel()
        await asyncio.wait([first])
        assert (service.gate.slots.busy, len(llm.calls)) == (0, 1)

    asyncio.run(run())
    assert llm.wait(lambda server: server.calls[0].left, 60)  # whoever leaves stops the model


def test_the_budget_stops_the_model_and_not_the_answers(quoting: Assistant, llm: FakeLlm) -> None:
    """What the server told is charged; when a question's most is more than what is left, quotes answer."""
    service = writing(quoting, llm, cache_seconds=0)
    most = service.wait(0).writer
    assert most is not None
    llm.play((events(chunk({"content": CLAIM + "\n"}), chunk({}, "stop"), used(700), "[DONE]"),))

    async def run() -> None:
        first = await ask(service)
        assert (first.mode, first.mode_note) == ("llm", None)
        assert service.gate.budget.used == {"hour": 700, "day": 700}
        service.gate.budget.most["hour"] = 800
        second = await ask(service)
        assert (second.mode, second.mode_note, second.status) == ("quote", "llm_budget", "answered")
        assert service.gate.budget.used["hour"] == 700

    asyncio.run(run())
    assert len(llm.calls) == 1
    assert llm.calls[0].body["stream_options"] == {"include_usage": True}
    assert metric(service, "moc_llm_tokens_total") == 700
    assert metric(service, 'moc_mode_notes_total{note="llm_budget"}') == 1


def test_what_is_set_aside_is_more_than_any_call_can_take(quoting: Assistant, llm: FakeLlm) -> None:
    """Two calls' bytes and longest answers; the message that was sent is what was counted."""
    service = writing(quoting, llm, cache_seconds=0)
    writer = service.wait(0).writer
    assert writer is not None
    asyncio.run(ask(service, "この覚書に法的拘束力はありますか"))
    sent = sum(len(message["content"].encode()) for message in llm.calls[0].body["messages"])
    assert service.gate.budget.used["hour"] >= sent + llm.calls[0].body["max_tokens"]


def test_the_same_question_costs_the_model_once(quoting: Assistant, llm: FakeLlm) -> None:
    """Kept while fresh; another mode, language or history is another question; quotes and failures are not kept."""
    service = writing(quoting, llm)
    now = [0.0]
    service.gate.cache._clock = lambda: now[0]
    llm.play((says(),) * 9)

    async def run() -> None:
        first = await ask(service)
        assert first.mode == "llm"
        assert await ask(service) == first
        assert len(llm.calls) == 1
        assert (await ask(service, mode="quote")).mode == "quote"
        assert len(llm.calls) == 1
        await ask(service, language="ja")
        assert len(llm.calls) == 2
        now[0] = 3601
        await ask(service)
        assert len(llm.calls) == 3

    asyncio.run(run())
    assert metric(service, 'moc_cache_total{result="hit"}') == 1
    assert all(BINDING not in key for key in service.gate.cache._kept)
    failing = writing(quoting, llm)
    llm.play((fails(401), says()))
    assert asyncio.run(ask(failing)).mode_note == "llm_unavailable"
    assert asyncio.run(ask(failing)).mode == "llm"


def test_a_cached_answer_streams_like_a_new_one(quoting: Assistant, llm: FakeLlm) -> None:
    """Its claims come first, then the answer."""
    service = writing(quoting, llm)

    async def run() -> list[object]:
        await ask(service)
        asking = await service.ask(Request(BINDING), VISITOR)
        async with aclosing(asking.events()) as made:
            return [event async for event in made]

    *claims, last = asyncio.run(run())
    assert claims
    assert all(isinstance(claim, ClaimShown) for claim in claims)
    assert isinstance(last, Answer)


def test_a_slow_reader_holds_no_slot(quoting: Assistant, llm: FakeLlm) -> None:
    """The model's slot is free as soon as it is done, although nobody has read further than the first event."""
    service = writing(quoting, llm, llm_at_once=1)

    async def run() -> None:
        asking = await service.ask(Request(BINDING), VISITOR)
        async with aclosing(asking.events()) as made:
            await anext(made)
            done = await asyncio.to_thread(llm.wait, lambda server: bool(server.calls and server.calls[0].ended), 10)
            assert done
            async with asyncio.timeout(10), service.gate.slots.one():  # the only one there is
                pass
            rest = [event async for event in made]
        assert isinstance(rest[-1], Answer)

    asyncio.run(asyncio.wait_for(run(), 20))


def test_a_service_that_ends_waits_for_the_model_only_so_long(quoting: Assistant, llm: FakeLlm) -> None:
    """Who is with the model, waits for it, or comes a little later: quotes answer, and the connection is closed."""
    llm.play((silent,))
    service = writing(quoting, llm, llm_at_once=1)

    async def run() -> list[Answer]:
        visitors = [replace(VISITOR, session=str(number)) for number in range(2)]
        asked = [asyncio.create_task(ask(service, f"{BINDING} {v.session}", v)) for v in visitors]
        async with asyncio.timeout(60):
            while not service.gate.slots.waiting:  # noqa: ASYNC110 -- a number, which nobody announces
                await asyncio.sleep(0.01)
        service.gate.hurry(0.2)
        service.gate.hurry(60)  # the first word holds
        asked.append(asyncio.create_task(ask(service, BINDING, replace(VISITOR, session="late"))))
        return await asyncio.gather(*asked)

    answers = asyncio.run(run())
    assert {(answer.mode, answer.mode_note) for answer in answers} == {("quote", "llm_timeout")}
    assert all(answer.citations for answer in answers)
    assert llm.wait(lambda server: server.disconnects == len(server.calls) == 1, 5)
    assert service.gate.slots.busy == 0


def test_the_off_switch(scripted: Scripted, quoting: Assistant, llm: FakeLlm, tmp_path: Path) -> None:
    """The file appears: nothing is answered, without a restart. With "llm" in it only the model is off. Then all on."""
    switch = tmp_path / "off"
    service = service_with(scripted, replace(Config(), web=replace(WebSettings(), off_file=str(switch))))
    with client_of(service) as client:
        assert client.post("/api/ask", json={"question": "Q"}).status_code == 200
        switch.touch()
        refused = client.post("/api/ask", json={"question": "Q"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "switched_off")
        assert refused.headers["retry-after"] == "300"
        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 503
        assert "document?lang=en" in page.text
        assert client.get("/document").status_code == 200
        assert client.get("/readyz").json()["states"] == ["switched_off"]
        switch.unlink()
        assert client.post("/api/ask", json={"question": "Q"}).status_code == 200
    with_model = writing(quoting, llm, off_file=str(switch))
    switch.write_text("LLM\n", encoding="utf-8")
    answer = asyncio.run(ask(with_model))
    assert (answer.mode, answer.mode_note, llm.calls) == ("quote", "llm_off", [])
    assert with_model.gate.states == ["llm_off"]
    switch.write_bytes(b"\xff")
    with pytest.raises(SwitchedOff):
        asyncio.run(ask(with_model))


@pytest.mark.parametrize("stream", [False, True])
def test_refusals_over_http(scripted: Scripted, stream: bool) -> None:
    """429 with Retry-After and the shape of errors, before a stream begins; the neighbour is still answered."""
    settings = replace(WebSettings(), session_per_minute=2, raised=())
    with client_of(service_with(scripted, replace(Config(), web=settings))) as client:
        body = {"question": "Q", "stream": stream}
        ask = [client.post("/api/ask", json=body, headers={"x-session-id": "a"}) for _ in range(3)]
        assert [reply.status_code for reply in ask] == [200, 200, 429]
        assert int(ask[-1].headers["retry-after"]) >= 1
        assert ask[-1].json()["error"]["code"] == "rate_limited"
        assert client.post("/api/ask", json=body, headers={"x-session-id": "b"}).status_code == 200


def test_other_requests_are_counted_and_the_files_of_a_page_are_not(scripted: Scripted) -> None:
    """A page and its many files are one request; a browser is told in a page."""
    settings = replace(WebSettings(), requests_per_minute=2, raised=())
    with client_of(service_with(scripted, replace(Config(), web=settings))) as client:
        assert client.get("/").status_code == 200
        assert all(client.get("/site/chat.js").status_code == 200 for _ in range(5))
        assert client.get("/document").status_code == 200
        limited = client.get("/document", headers={"accept": "text/html"})
        assert (limited.status_code, "text/html" in limited.headers["content-type"]) == (429, True)
        assert client.get("/healthz").status_code == 200


def test_the_chat_says_when_to_come_back(scripted: Scripted) -> None:
    """In the page a refusal is a message in plain words with the seconds, and the question stays in its box."""
    settings = replace(WebSettings(), session_per_minute=1, raised=(Raised(ip_network("10.0.0.0/8"), 2),))
    with client_of(service_with(scripted, replace(Config(), web=settings))) as client:
        said = []
        for _ in range(2):
            data: dict[str, object] = {"data": ["Why?", [], "quote", None], "session_hash": "abc"}
            begun = client.post("/gradio_api/queue/join", json={**data, "fn_index": _ask_index(client)})
            assert begun.status_code == 200, begun.text
            said.append(client.get("/gradio_api/queue/data?session_hash=abc").text)
    assert "Section III" in said[0]
    assert "failure" not in said[0]
    assert "You have asked many questions" in said[1]
    assert "Section III" not in said[1]


def _ask_index(client: TestClient) -> int:
    config = client.get("/config").json()
    return int(next(part["id"] for part in config["dependencies"] if part["api_name"] == "ask"))


def test_every_end_of_a_question_is_counted(scripted: Scripted) -> None:
    """Answered, failed, not ready, left: each question has exactly one outcome."""
    service = service_with(scripted)

    async def run() -> None:
        await ask(service)
        scripted.delay = 30
        leaving = asyncio.create_task(ask(service))
        await asyncio.sleep(0.05)
        assert len(service.gate._pending) == 1
        leaving.cancel()
        await asyncio.wait([leaving])
        scripted.delay, scripted.fails = 0, True
        with pytest.raises(RuntimeError):
            await ask(service)

    asyncio.run(run())
    for outcome, mode in (("answered", "quote"), ("left", "none"), ("failed", "none")):
        assert metric(service, f'moc_questions_total{{mode="{mode}",outcome="{outcome}",surface="api"}}') == 1, outcome

    def broken(_: Config) -> Assistant:
        raise RuntimeError("no")

    never = Service(Config(), broken)
    done = threading.Event()
    never.start(lambda _: done.set())
    assert done.wait(10)
    with pytest.raises(NotReady):
        asyncio.run(ask(never))
    assert metric(never, 'moc_questions_total{mode="none",outcome="not_ready",surface="api"}') == 1


def test_metrics_are_for_the_operator(scripted: Scripted) -> None:
    """From this machine, or with the token; to everyone else they do not exist."""
    with client_of(service_with(scripted)) as client:
        client.post("/api/ask", json={"question": "Q"})
        text = client.get("/metrics").text
        assert 'moc_identity{embedding="scripted",index="ffffffffffff"} 1.0' in text
        assert 'moc_http_requests_total{route="ask",status="200"} 1.0' in text
        assert client.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 404
        assert client.get("/metrics", headers={"host": "evil.example"}).status_code == 404
        assert client.get("/readyz", headers={"host": "evil.example"}).status_code == 200
    with client_of(service_with(scripted, replace(Config(), metrics_token="t"))) as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"authorization": "Bearer t"}).status_code == 200
