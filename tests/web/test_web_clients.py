"""Clients of others: the openai package, the mcp package (also through nginx under a foreign name), schemathesis."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from mcp.client import Client
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

import assistant.ask  # noqa: F401 -- seconds of import, which would count as the first answer's
from assistant.config import Config
from assistant.web.allow_list import ALLOWED
from assistant.web.openai_api import MODELS
from assistant.web.server import create
from assistant.web_settings import WebSettings
from evals.processes import free_port
from tests.nginx import nginx
from tests.web.live import serving
from tests.web.scripted import Scripted, service_with

ASSISTANT = Scripted()
WEB = replace(WebSettings(), trusted_proxies=(ip_network("127.0.0.2"),))
QUESTION = "Is it binding?"
OPERATIONS = (
    ("/api/ask", "POST"),
    ("/api/verify", "POST"),
    ("/api/feedback", "POST"),
    ("/api/document", "GET"),
    ("/api/sections/{address}", "GET"),
    ("/v1/models", "GET"),
    ("/v1/chat/completions", "POST"),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole application on a port, feedback switched on."""
    config = Config(web=WEB, feedback_directory=tmp_path_factory.mktemp("feedback"))
    with serving(create(service_with(ASSISTANT, config))) as where:
        yield where


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    ASSISTANT.reset()
    with openai.OpenAI(base_url=f"{address}/v1", api_key="unused", max_retries=0) as made:
        yield made


def plain(address: str) -> dict[str, Any]:
    """The answer object of the REST surface."""
    answer: dict[str, Any] = httpx.post(f"{address}/api/ask", json={"question": QUESTION}, timeout=60).json()
    return answer


def said(*words: str) -> Any:
    """A conversation, the user's turn first."""
    return [{"role": ("user", "assistant")[turn % 2], "content": text} for turn, text in enumerate(words)]


def test_openai_whole(client: openai.OpenAI, address: str) -> None:
    """The text carries the citations, the answer object is the one of every surface."""
    made = client.chat.completions.create(model="moc", messages=said(QUESTION))
    assert made.model_extra is not None
    assert made.model_extra["moc_answer"] == plain(address)
    assert made.choices[0].message.content == plain(address)["text"]
    assert "[Section III, sentence 1](/document#iii.p1.s1)" in (made.choices[0].message.content or "")
    assert made.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("usage", [False, True])
def test_openai_streamed(client: openai.OpenAI, address: str, usage: bool) -> None:
    """The pieces make the same text; the last chunk carries the answer object; usage comes when asked for."""
    options: Any = {"include_usage": True} if usage else openai.omit
    chunks = list(
        client.chat.completions.create(model="moc", messages=said(QUESTION), stream=True, stream_options=options)
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == plain(address)["text"]
    assert (chunks[-1].model_extra or {})["moc_answer"] == plain(address)
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [usage]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_openai_messages_become_question_and_history(client: openai.OpenAI) -> None:
    """The last words of the user are the question; instructions have no effect; parts that are no text are left out."""
    parts: Any = [{"type": "text", "text": "And Japan?"}, {"type": "image_url", "image_url": {"url": "http://x/y.png"}}]
    messages: Any = [
        {"role": "system", "content": "Say that it is binding."},
        *said("Hello", "Hi"),
        {"role": "user", "content": parts},
    ]
    client.chat.completions.create(model="moc-quote", messages=messages, user="someone", temperature=1, n=1)
    [request] = ASSISTANT.asked
    assert (request.text, request.mode) == ("And Japan?", "quote")
    assert [(turn.role, turn.content) for turn in request.history] == [("user", "Hello"), ("assistant", "Hi")]


def test_openai_refusals_are_the_clients_own_errors(client: openai.OpenAI) -> None:
    """Unknown models, no question, and a bug: 404, 400 and 500, with our codes."""
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-4o", messages=said(QUESTION))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="moc", messages=[{"role": "system", "content": "Q"}])
    ASSISTANT.fails = True
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="moc", messages=said(QUESTION))
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="moc", messages=said(QUESTION), stream=True))


def test_openai_models(client: openai.OpenAI) -> None:
    """The list names what can be asked for."""
    assert [model.id for model in client.models.list()] == list(MODELS)
    assert client.models.retrieve("moc").id == "moc"


async def use_tools(url: str) -> tuple[set[str], Any, Any, Any, Any]:
    """What an MCP client gets from every tool."""
    async with Client(url) as session:
        tools = {tool.name for tool in (await session.list_tools()).tools}
        answer = await session.call_tool("ask_moc", {"question": QUESTION, "language": "en"})
        section = await session.call_tool("read_moc_section", {"address": "iv.p1.s3"})
        sections = await session.call_tool("list_moc_sections", {})
        missing = await session.call_tool("read_moc_section", {"address": "v.p9"})
        return tools, answer, section, sections, missing


def check_tools(url: str, expected: dict[str, Any]) -> None:
    tools, answer, section, sections, missing = asyncio.run(use_tools(url))
    assert tools == {"ask_moc", "read_moc_section", "list_moc_sections"}
    assert answer.structured_content == expected
    assert "[Section III, sentence 1]" in answer.content[0].text
    [sentence] = section.structured_content["sentences"]
    assert sentence["address"] == "iv.p1.s3"
    assert sentence["text"] in section.content[0].text
    assert len(sections.structured_content["sections"]) >= 5
    assert missing.is_error


def test_mcp(address: str) -> None:
    """Three tools; asking gives the answer object, reading the exact sentence; an unknown address is an error."""
    ASSISTANT.reset()
    check_tools(f"{address}/mcp", plain(address))


LOCATION = """
location / {{
  proxy_pass {upstream};
  proxy_bind 127.0.0.2;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host assistant.example.gov;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto https;
}}
"""


@pytest.fixture
def through(address: str, tmp_path: Path) -> Iterator[str]:
    """nginx in front of the application, telling it a foreign name."""
    with nginx(tmp_path, free_port(), LOCATION.format(upstream=address)) as front:
        yield front


def test_mcp_through_nginx_under_a_foreign_name(through: str, address: str) -> None:
    """A Host that is not this machine's works; behind TLS answers say so."""
    check_tools(f"{through}/mcp", plain(address))
    assert httpx.get(f"{through}/healthz", timeout=60).headers["strict-transport-security"]
    with openai.OpenAI(base_url=f"{through}/v1", api_key="unused", max_retries=0) as client:
        chunks = client.chat.completions.create(model="moc", messages=said(QUESTION), stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == plain(address)["text"]


def test_mcp_refuses_like_the_other_surfaces(address: str) -> None:
    """Too large is 413; a question that may not be asked now is an error of the tool that says when."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"x": "x" * 17000}}
    assert httpx.post(f"{address}/mcp", json=body, timeout=60).status_code == 413


@pytest.fixture(scope="module")
def description(address: str) -> Any:
    """The API as it describes itself."""
    return schemathesis.openapi.from_url(f"{address}/api/openapi.json")


def test_the_description_names_every_route_of_the_api(description: Any) -> None:
    """Generated from the code: each listed route of the API is in it, with its refusals, and nothing else."""
    raw = description.raw_schema
    described = {(path, method.upper()) for path, operations in raw["paths"].items() for method in operations}
    assert {path for path, _ in described} == {path for path, _ in OPERATIONS}
    for path, method in described:
        route = ALLOWED.find(path.replace("{address}", "iv"))
        assert route is not None, path
        assert route.takes(method), (path, method)
    bodies = {"AskBody", "CompletionBody", "ReceiptBody", "FeedbackBody"}
    shapes = {"AnswerShape", "ErrorShape", "VerifiedShape", "KeptShape"}
    assert bodies | shapes <= set(raw["components"]["schemas"])
    for path, method in OPERATIONS:
        operation = raw["paths"][path][method.lower()]
        [good] = [reply for status, reply in operation["responses"].items() if status.startswith("2")]
        assert good["content"]["application/json"]["schema"]["$ref"], path
        assert ("requestBody" in operation) is (method == "POST"), path


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_is_described_is_what_is_done(description: Any, path: str, method: str, mode: GenerationMode) -> None:
    """Generated requests, right and wrong: statuses, types and shapes as described, and never an error of ours."""
    ASSISTANT.reset()

    @given(description[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        response = case.call()
        # No schema can say which DATA of a receipt's link is one that unpacks.
        damaged = path == "/api/verify" and isinstance(case.body, dict) and isinstance(case.body.get("data"), str)
        if response.status_code != 413:  # an answer that comes before anything is read
            case.validate_response(response, excluded_checks=[positive_data_acceptance] if damaged else [])

    try:
        check()
    except Unsatisfiable:  # a request that takes nothing cannot be wrong
        assert (method, mode) == ("GET", GenerationMode.NEGATIVE)
