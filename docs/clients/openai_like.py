"""Asks a running service through LlamaIndex's OpenAI-like client, whole and streamed, and compares with /api/ask.

    sh docs/clients/openai_like.sh http://127.0.0.1:7860

It needs an environment of its own: ``llama-index-llms-openai-like`` holds ``openai`` below 3, and beside the service's
packages an installer falls back to years-old cores of LlamaIndex and Chroma. Prints what was found as JSON; exit 1 when
anything differs.
"""

import asyncio
import json
import platform
import sys
import urllib.request
from importlib.metadata import version

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

PACKAGES = ("llama-index-llms-openai-like", "llama-index-llms-openai", "llama-index-core", "openai")
QUESTIONS = ("Is the MOC legally binding?", "この覚書に法的拘束力はありますか", "What does it say about tariffs?")


def plain(base: str, question: str) -> dict:
    """The answer object of the JSON interface."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{base}/api/ask", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=120) as reply:  # noqa: S310 -- the address given on the command line
        return json.load(reply)


def settled(answer: dict) -> dict:
    """An answer object without how long it took."""
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def client(base: str, model: str = "moc") -> OpenAILike:
    """What a user of LlamaIndex writes."""
    return OpenAILike(
        model=model, api_base=f"{base}/v1", api_key="unused", is_chat_model=True, context_window=8192, max_retries=0
    )


async def streamed_asynchronously(base: str, messages: list) -> str:
    """The same stream by the asynchronous interface."""
    stream = await client(base).astream_chat(messages)
    return "".join([piece.delta or "" async for piece in stream])


def differences(base: str, question: str) -> list[str]:
    """What does not come out as the JSON interface gives it."""
    expected = plain(base, question)
    messages = [ChatMessage(role="user", content=question)]
    found = []
    whole = client(base).chat(messages)
    if whole.message.content != expected["text"]:
        found.append("chat: another text")
    if settled(whole.raw.model_extra["moc_answer"]) != settled(expected):
        found.append("chat: another answer object")
    pieces = list(client(base).stream_chat(messages))
    if "".join(piece.delta or "" for piece in pieces) != expected["text"]:
        found.append("stream_chat: another text")
    carried = [piece.raw.model_extra["moc_answer"] for piece in pieces if "moc_answer" in (piece.raw.model_extra or {})]
    if [settled(answer) for answer in carried] != [settled(expected)]:
        found.append("stream_chat: not one answer object, or another")
    if asyncio.run(streamed_asynchronously(base, messages)) != expected["text"]:
        found.append("astream_chat: another text")
    if client(base).complete(question).text != expected["text"]:
        found.append("complete: another text")
    if "".join(piece.delta or "" for piece in client(base).stream_complete(question)) != expected["text"]:
        found.append("stream_complete: another text")
    return found


def refused(base: str) -> list[str]:
    """A model that is not offered is an error of the client, not an answer."""
    try:
        client(base, "gpt-4o").chat([ChatMessage(role="user", content=QUESTIONS[0])])
    except Exception as error:  # noqa: BLE001 -- whichever class that client raises
        return [] if "choose one of the models" in str(error) else [f"unknown model: {type(error).__name__}"]
    return ["unknown model: was answered"]


def main() -> int:
    """Ask everything; returns the exit code."""
    base = sys.argv[1].rstrip("/")
    found = {question: differences(base, question) for question in QUESTIONS}
    found["unknown model"] = refused(base)
    holds = not any(found.values())
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    print(json.dumps({"holds": holds, "versions": versions, "differences": found}, ensure_ascii=False, indent=2))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
