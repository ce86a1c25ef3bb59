"""A scripted Assistant for the shape of the pages: its answers are real ones, made by the gate from real sentences."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.testclient import TestClient

from assistant.admission import Admission, everyone
from assistant.config import Config
from assistant.types import Answer, Claim, Draft, Dropped, IndexIdentity, Question, Request, ShortReply
from assistant.verify import Verifier
from assistant.web.service import Service
from index import parse, reading_aid

TIMINGS = {"understand": 0.1, "retrieve": 0.1, "draft": 0.1, "verify": 0.1, "total": 0.4}


@dataclass
class Scripted:
    """Answers every question with section III, sentences 1 and 4, and records what it was asked."""

    asked: list[Request] = field(default_factory=list)
    fails: bool = False
    delay: float = 0.0
    dropped: tuple[Dropped, ...] = ()
    mode_note: str | None = None  # why no model wrote, as the real one would say it
    writer: None = None  # quote mode's side only

    def __post_init__(self) -> None:
        self.document = parse.load()
        self.reading_aid = reading_aid.load(self.document)
        self.index = IndexIdentity("f" * 64, "scripted")
        self.verifier = Verifier(self.document, self.reading_aid, self.index)

    def reset(self) -> None:
        """Forget what was asked, and answer as at first."""
        self.asked.clear()
        self.fails, self.delay, self.dropped, self.mode_note = False, 0.0, (), None

    def answer(self, request: Request) -> Answer:
        """The scripted answer."""
        self.asked.append(request)
        language = request.language or ("ja" if any(ord(character) > 0x3000 for character in request.text) else "en")
        if len(request.text) > 500:
            reply = ShortReply(request.text[:500], language, "declined", "too_long")
            return self.verifier.short_reply(reply, 0, TIMINGS)
        question = Question(request.text, request.text, request.text, language)
        claims = (
            Claim("", "quote", ("iii.p1.s1",)),
            Claim("", "quote", ("iii.p1.s4",)),
        )
        note = self.mode_note or ("llm_off" if request.mode == "llm" else None)
        follow_ups = ("What does it say about fusion?",)
        draft = Draft(
            question, "answered", 0.9, claims=claims, follow_ups=follow_ups, mode_note=note, dropped=self.dropped
        )
        return self.verifier.answer(draft, TIMINGS)

    async def stream(self, request: Request, admission: Admission = everyone) -> AsyncIterator[object]:
        """The events of the same answer."""
        from assistant.ask import ClaimShown, Stage

        yield Stage("searching")
        await asyncio.sleep(self.delay)
        if self.fails:
            raise RuntimeError("secret internal path /etc/x")
        answer = self.answer(request)
        for claim in answer.claims:
            yield ClaimShown(claim, tuple(answer.citation(number) for number in claim.citations))
        yield answer


def service_with(scripted: Scripted, config: Config | None = None) -> Service:
    """A started service whose Assistant is the scripted one."""
    service = Service(config or Config(), lambda _: scripted)  # type: ignore[arg-type, return-value]
    service.start()
    service.wait(10)
    return service


def client_of(service: Service) -> TestClient:
    """A client on this machine, talking to the whole application."""
    from assistant.web.server import create

    return TestClient(create(service), "http://localhost", client=("127.0.0.1", 50000), raise_server_exceptions=False)
