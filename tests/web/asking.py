"""Questions to a service as its surfaces ask them, with the real assistant and a scripted model behind it."""

from dataclasses import replace

from assistant.ask import Assistant
from assistant.config import Config, LlmSettings
from assistant.types import Answer, Request
from assistant.web.service import Service
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from evals import fault_table
from evals.fakellm import FakeLlm

BINDING = "Is this memorandum legally binding?"
VISITOR = Visitor(address="203.0.113.7", session="one")


def writing(quoting: Assistant, llm: FakeLlm, **web: object) -> Service:
    """A service with the real assistant and the scripted model."""
    settings = LlmSettings("scripted", llm.base_url, None, "")
    switched = fault_table.writing(quoting, llm.base_url, patience=3)
    config = Config(llm=settings, web=replace(WebSettings(), **web))  # type: ignore[arg-type]
    service = Service(config, lambda _: switched)
    service.start()
    service.wait(10)
    return service


async def ask(service: Service, question: str = BINDING, visitor: Visitor = VISITOR, **wish: object) -> Answer:
    """The whole answer to a question, asked as the surfaces ask; ``wish`` are further fields of the request."""
    asking = await service.ask(Request(question, **wish), visitor)  # type: ignore[arg-type]
    return await asking.answer()


def metric(service: Service, line: str) -> float:
    """The value of a line of the metrics; 0 when it is not there yet."""
    found = [row for row in service.gate.telemetry.exposition().decode().splitlines() if row.startswith(line + " ")]
    return float(found[0].rpartition(" ")[2]) if found else 0.0
