"""What the language model sends: inventions, broken bytes, and nothing at all."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx

from evals import fault_table
from evals.bench.goals import SILENT
from evals.fakellm import FakeLlm, faults, says, silent
from evals.faults.nursery import Born, nursery
from evals.faults.program import PATIENCE, QUESTION, Program, at_once
from evals.faults.row import Fault, Seen, Stage, judged
from evals.llm_scripts import BYTES
from evals.personalities import Personality, Prompt, claim_line, honest, inventor_of_addresses
from index import parse

MEMORY_MIB = 64.0  # a line of 10 MB is held a few times over while it is read
_INVENTED = ("v.p1.s1", "[S99]", "Section XII", "evil.example")


def citing_in_words(prompt: Prompt) -> Iterable[str]:
    """True claims under their addresses, with a citation and a link of the model's own in the words."""
    for line in honest(prompt):
        claim = json.loads(line)
        words = f"{claim['text']} [S99] (Section XII, https://evil.example/xii)"
        yield claim_line(words, *claim["addresses"])


def citing_beside(prompt: Prompt) -> Iterable[str]:
    """True claims under their addresses and one that the document does not have."""
    for line in honest(prompt):
        claim = json.loads(line)
        yield claim_line(claim["text"], *claim["addresses"], "v.p1.s1")


def citing_others(prompt: Prompt) -> Iterable[str]:
    """True claims, each under the address of another sentence."""
    claims = [json.loads(line) for line in honest(prompt)]
    addresses = [claim["addresses"] for claim in claims]
    for claim, given in zip(claims, [*addresses[1:], *addresses[:1]], strict=True):
        yield claim_line(claim["text"], *given)


INVENTORS: tuple[Personality, ...] = (inventor_of_addresses, citing_in_words, citing_beside, citing_others)


def _whole(program: Program) -> dict[str, Any]:
    return program.ask(mode="llm")


def _streamed(program: Program) -> dict[str, Any]:
    body = {"question": QUESTION, "mode": "llm", "stream": True}
    reply = httpx.post(f"{program.address}/api/ask", json=body, timeout=PATIENCE)
    events = [event.split("\n") for event in reply.text.strip().split("\n\n")]
    # What was shown before the end is judged with it.
    shown = [json.loads(lines[-1].removeprefix("data: ")) for lines in events if lines[0] == "event: claim"]
    [answer] = [lines[-1].removeprefix("data: ") for lines in events if lines[0] == "event: answer"]
    found: dict[str, Any] = json.loads(answer)
    return {**found, "shown": shown}


def _as_openai(program: Program) -> dict[str, Any]:
    body = {"model": "moc", "messages": [{"role": "user", "content": QUESTION}]}
    reply = httpx.post(f"{program.address}/v1/chat/completions", json=body, timeout=PATIENCE).json()
    answer: dict[str, Any] = reply["moc_answer"]
    return {**answer, "shown": reply["choices"][0]["message"]["content"]}


WAYS: Mapping[str, Callable[[Program], dict[str, Any]]] = {"whole": _whole, "streamed": _streamed, "OpenAI": _as_openai}


def invented(stage: Stage) -> Seen:
    """Each inventor's answer over each interface: its citations are sentences of the document, word for word."""
    texts = {address: sentence.text for address, sentence in parse.load().by_address.items()}
    wrong, count, citations = [], 0, 0
    for personality in INVENTORS:
        stage.llm.play((says(personality),))
        for way, ask in WAYS.items():
            answer, name = ask(stage.program), f"{personality.__name__}, {way}"
            count += 1
            citations += len(answer["citations"])
            wrong += [
                f"{name}: {cited['address']} is not what it quotes"
                for cited in answer["citations"]
                if cited["quote"] not in texts.get(cited["address"], "")
            ]
            # What was withheld is told with its words and addresses; everything else is what readers see.
            seen = json.dumps({key: part for key, part in answer.items() if key != "dropped"}, ensure_ascii=False)
            wrong += [f"{name}: shows {words!r}" for words in _INVENTED if words in seen]
            if not answer["citations"]:
                wrong.append(f"{name}: nothing cited")
    stage.llm.play((says(),))
    return judged(
        wrong, f"{count} answers, {citations} citations: each a sentence of the document, nothing invented shown"
    )


def broken_bytes(stage: Stage) -> Seen:
    """Server-sent events as no server should send them, and as some do, through the running program."""
    program, before = stage.program, stage.program.memory()
    wrong, longest = [], 0.0
    for name in BYTES:
        stage.llm.play(faults(1, 1)[name])
        began = time.monotonic()
        answer = program.ask(mode="llm")
        longest = max(longest, time.monotonic() - began)
        found = (answer["mode"], answer["mode_note"])
        if found != fault_table.EXPECTED[name]:
            wrong.append(f"{name}: {found}")
    stage.llm.play((says(),))
    grown = program.memory() - before
    if grown > MEMORY_MIB:
        wrong.append(f"memory grew by {grown:.0f} MiB")
    good = f"{len(BYTES) - len(wrong)} of {len(BYTES)} ({', '.join(BYTES)}) as expected, the longest {longest:.1f} s"
    return judged(wrong, f"{good}; memory {grown:+.0f} MiB")


def silent_by_default(stage: Stage) -> Seen:
    """A server that accepts and never answers, with no patience set: everybody who asks at once is answered."""
    with FakeLlm() as llm:
        settings = {
            "MOC_LLM_MODEL": "scripted",
            "OPENAI_BASE_URL": llm.base_url,
            "MOC_INDEX_DIR": str(stage.index),
        }
        with Born(stage.folder("silent") / "log", settings, stage.shared("nursery", nursery)) as program:
            quoted = program.ask()
            assert llm.wait(lambda server: bool(server.calls) and server.calls[0].ended is not None, PATIENCE)  # warm
            llm.play((silent,))
            ways = list(WAYS.items())

            def timed(place: int) -> tuple[str, dict[str, Any], float]:
                name, ask = ways[place]
                began = time.monotonic()
                return name, ask(program), time.monotonic() - began

            found = at_once(len(ways), timed)
    wrong = []
    for name, answer, seconds in found:
        if (answer["mode"], answer["mode_note"]) != ("quote", "llm_timeout") or answer["claims"] != quoted["claims"]:
            wrong.append(f"{name}: {answer['mode']}, {answer['mode_note']}")
        if seconds > fault_table.SILENT_SECONDS:
            wrong.append(f"{name}: {seconds:.1f} s")
    longest = max(seconds for _, _, seconds in found)
    what = f"{len(found)} interfaces at once, nothing set: quote mode's own answer after {longest:.1f} s at most"
    return judged(wrong, what)


ROWS = (
    Fault(
        "The language model",
        "the model invents citations and cites addresses that are not there",
        "every citation is a sentence of the document, word for word; nothing invented is shown on any interface",
        invented,
    ),
    Fault(
        "The language model",
        "broken bytes in the stream of the model (UTF-8, no JSON, comments, CRLF, a line of 10 MB)",
        "comments and CRLF are read; the rest is quote mode's own answer with the reason; memory is given back",
        broken_bytes,
    ),
    Fault(
        "The language model",
        SILENT,
        f"quote mode's own answer with the reason in {fault_table.SILENT_SECONDS:g} s or less",
        silent_by_default,
        only="full",
    ),
)
