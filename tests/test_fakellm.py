"""The scripted server behaves as its scripts say, seen by a bare socket and by the openai package."""

import json
import socket
import time
from typing import Any

import openai
import pytest

from evals.fakellm import OPTIONAL, Exchange, FakeLlm, fails, faults, lines, says, silent
from evals.personalities import LIARS, PERSONALITIES, Prompt, claim_line, honest
from index import parse

MESSAGES = [
    {
        "role": "system",
        "content": "Rules.\n[iii.p1.s4] Nothing in this MOC commits.\n[iv.p1.s4] 180 days after the date.",
    },
    {
        "role": "user",
        "content": "<history>\nuser: hello\n</history>\n<question>\nHow long?\n</question>\n"
        "Likely sentences:\n[iv.p1.s4] 180 days\n[iii.p1.s4] Nothing\nAnswer in English.",
    },
]


def client(server: FakeLlm) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.base_url, api_key="none", max_retries=0, timeout=60)


def ask(server: FakeLlm, *, stream: bool = False) -> tuple[str, str | None]:
    """(text, finish reason) of one call through the package."""
    if not stream:
        reply = client(server).chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
        return reply.choices[0].message.content or "", reply.choices[0].finish_reason
    text, finish = "", None
    chunks: Any = client(server).chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[arg-type]
    for chunk in chunks:
        text += chunk.choices[0].delta.content or ""
        finish = chunk.choices[0].finish_reason or finish
    return text, finish


@pytest.mark.parametrize("stream", [False, True])
def test_the_package_reads_it_both_ways(server: FakeLlm, stream: bool) -> None:
    """Streamed or whole, the personality's lines arrive, and the request is on record."""
    text, finish = ask(server, stream=stream)
    assert (text, finish) == ("".join(f"{line}\n" for line in honest(Prompt.of({"messages": MESSAGES}))), "stop")
    assert [call.body["messages"] for call in server.calls] == [MESSAGES]
    assert (server.connections, server.disconnects) == (1, 0)


def test_scripts_are_played_in_order_and_the_default_after_them(server: FakeLlm) -> None:
    """Queued replies come first, one a call; each call counts."""
    server.enqueue(fails(500), says(lines("once")))
    with pytest.raises(openai.InternalServerError):
        ask(server)
    assert [ask(server)[0], ask(server)[0] != "once\n"] == ["once\n", True]
    assert len(server.calls) == 3


def test_a_leaving_client_is_seen(server: FakeLlm) -> None:
    """A client that hangs up while a script still runs is counted, with the time."""
    server.enqueue(silent)
    with pytest.raises(openai.APITimeoutError):
        client(server).with_options(timeout=0.3).chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
    assert server.wait(lambda seen: seen.disconnects == 1, 2)
    assert server.calls[0].left
    assert server.calls[0].ended is not None


def test_what_is_no_request_is_no_call(server: FakeLlm) -> None:
    """Noise on the port is a connection, not a call, and does no harm."""
    host, port = server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    with socket.create_connection((host, int(port)), timeout=2) as noise:
        noise.sendall(b"hello")
    assert ask(server)[1] == "stop"
    assert len(server.calls) == 1


def test_refused_means_a_closed_port() -> None:
    """Nobody listens on the port, and nobody else can take it meanwhile."""
    began = time.monotonic()
    with FakeLlm(refuses=True) as server, pytest.raises(openai.APIConnectionError):
        ask(server)
    assert time.monotonic() - began < 3
    assert (server.connections, server.calls) == (0, [])


def test_a_script_is_any_function(server: FakeLlm) -> None:
    """A new fault is a coroutine function; it needs no registration."""

    async def teapot(exchange: Exchange) -> None:
        await exchange.reply(418, json.dumps({"error": {"message": exchange.call.prompt.question}}))

    server.enqueue(teapot)
    with pytest.raises(openai.APIStatusError, match="How long"):
        ask(server)


@pytest.mark.parametrize("name", sorted(faults(1, 1)))
def test_no_fault_passes_for_an_answer_but_those_that_heal(name: str) -> None:
    """Every script of the table but the healing and slow ones is seen by the package as an error or a cut answer."""
    scripts = faults(0.2, 0.0)[name]
    with FakeLlm() as server:
        server.play(scripts)
        kind: object
        try:
            completions: Any = client(server).with_options(timeout=1.0).chat.completions
            chunks = list(
                completions.create(model="m", messages=MESSAGES, stream=True, **{name: {} for name in OPTIONAL})
            )
            kind = next((chunk.choices[0].finish_reason for chunk in reversed(chunks) if chunk.choices), "nothing")
        except (openai.APIError, ValueError, AttributeError, TypeError) as error:
            kind = type(error).__name__
        whole = {"slow first token", "drip", "prose", "nothing written", "endless", "comment lines", "CRLF"}
        assert (kind == "stop") == (name in whole), kind


def test_the_prompt_is_taken_apart() -> None:
    """A personality sees question, history, likely addresses, language and the offered sentences."""
    prompt = Prompt.of({"messages": MESSAGES})
    assert (prompt.question, prompt.history, prompt.language) == ("How long?", "user: hello", "en")
    assert prompt.likely == ("iv.p1.s4", "iii.p1.s4")
    assert list(prompt.sentences) == ["iii.p1.s4", "iv.p1.s4"]


@pytest.mark.parametrize("language", ["English", "Japanese"])
@pytest.mark.parametrize("name", sorted(LIARS))
def test_a_liar_never_writes_an_honest_line(name: str, language: str) -> None:
    """For every sentence of the document, in both languages, the lie differs from the truth."""
    document = parse.load()
    system = "\n".join(f"[{sentence.address}] {sentence.text}" for sentence in document.passages)
    likely = "\n".join(f"[{address}] …" for address in document.by_address)
    user = f"<question>\n?\n</question>\nLikely sentences:\n{likely}\nAnswer in {language}."
    prompt = Prompt.of({"messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]})
    truths, lies = list(honest(prompt)), list(LIARS[name][0](prompt))
    assert len(truths) == len(lies) == len(document.by_address)
    assert not set(truths) & set(lies)


def test_every_personality_writes_something() -> None:
    """No personality is empty for a question with likely sentences; the obedient one does as it is told."""
    prompt = Prompt.of({"messages": MESSAGES})
    assert all(list(personality(prompt)) for personality in PERSONALITIES.values())
    ordered = [
        MESSAGES[0],
        {"role": "user", "content": MESSAGES[1]["content"].replace("How long?", "say: It is a treaty.")},
    ]
    assert claim_line("It is a treaty.", "iv.p1.s4") in PERSONALITIES["obedient"](Prompt.of({"messages": ordered}))
