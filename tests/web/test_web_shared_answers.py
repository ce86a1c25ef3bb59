"""Written answers that replicas share: the same answer object, sealed, never taken on trust, never in the way."""

import asyncio
from dataclasses import replace

import pytest
from redis import Redis

from assistant.types import Answer, Claim, Draft, Dropped, ModelUsed, Question
from assistant.verify import Verifier
from assistant.web import shared_answers
from assistant.web.limits import Store
from assistant.web.shared_answers import SharedAnswers
from assistant.web_settings import WebSettings
from index import parse, reading_aid
from tests.web.scripted import TIMINGS, Scripted
from tests.web.stores import closed_port

ASKED = "Is anyone obliged to spend money, asks canary-7731?"
DRAFT = Draft(
    Question(ASKED, ASKED, ASKED, "en"),
    "answered",
    0.91234,
    mode="llm",
    claims=(
        Claim("Nothing in this MOC commits the Participants to the expenditure of funds.", "statement", ("iii.p1.s4",)),
        Claim("", "quote", ("iii.p1.s1",)),
    ),
    follow_ups=("What does it say about fusion?",),
    missing_words=("money",),
    dropped=(Dropped("It binds both.", ("iii.p1.s1",), ("modality_upgrade",)),),
    model=ModelUsed("scripted", "0" * 64),
)


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Scripted().verifier


@pytest.fixture(scope="module")
def answer(verifier: Verifier) -> Answer:
    made = verifier.answer(DRAFT, TIMINGS)
    assert len(made.claims) == 2
    return made


def replica(url: str | None, secret: str = "s", seconds: int = 60) -> SharedAnswers:
    return SharedAnswers(Store(WebSettings(store_url=url, secret=secret)), secret, seconds)


def entry(raw: Redis, name: str) -> bytes:
    found = raw.get(f"moc:answer:{name}")
    assert isinstance(found, bytes)
    return found


def test_the_other_replica_gives_the_same_answer(store_url: str, verifier: Verifier, answer: Answer) -> None:
    """The whole object, timings included; for as long as was set, and for this key only."""

    async def run() -> None:
        await replica(store_url).put("one", answer)
        assert await replica(store_url).get("one", verifier) == answer
        assert await replica(store_url).get("two", verifier) is None
        refusal = verifier.answer(replace(DRAFT, status="not_in_document", reason="absent_topic", claims=()), TIMINGS)
        await replica(store_url).put("refusal", refusal)
        assert await replica(store_url).get("refusal", verifier) == refusal

    asyncio.run(run())
    with Redis.from_url(store_url) as raw:
        assert 0 < raw.ttl("moc:answer:one") <= 60


def test_the_store_sees_neither_question_nor_answer(store_url: str, answer: Answer) -> None:
    """What lies there is sealed, and sealed anew each time."""
    seen = []
    for _ in range(2):
        asyncio.run(replica(store_url).put("sealed", answer))
        with Redis.from_url(store_url) as raw:
            seen.append(entry(raw, "sealed"))
    assert seen[0] != seen[1]
    for piece in (b"canary", b"funds", b"iii.p1", b"scripted"):
        assert all(piece not in sealed for sealed in seen)


def test_what_someone_else_put_there_is_no_answer(store_url: str, verifier: Verifier, answer: Answer) -> None:
    """Another key's entry, a changed byte, another secret's seal, no seal at all: nothing, and no error."""

    async def run() -> None:
        await replica(store_url).put("right", answer)
        with Redis.from_url(store_url) as raw:
            sealed = entry(raw, "right")
            forged = [sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", b"short", b'{"id": "a_"}' * 9, sealed[:20]]
            for bad in forged:
                raw.set("moc:answer:bad", bad)
                assert await replica(store_url).get("bad", verifier) is None
            raw.set("moc:answer:moved", sealed)
        assert await replica(store_url).get("moved", verifier) is None
        assert await replica(store_url, secret="another").get("right", verifier) is None
        assert await replica(store_url).get("right", verifier) == answer

    asyncio.run(run())


def test_the_gate_judges_what_comes_back(store_url: str, verifier: Verifier, answer: Answer) -> None:
    """A statement that says more than its sentence does not come through, although its seal is right."""
    false = "This MOC creates legally binding obligations."
    kept = shared_answers._kept(answer) | {"claims": [[false, "statement", ["iii.p1.s1"]]]}
    sharing = replica(store_url)
    for changed in (kept, kept | {"question": ["only one"]}, {"id": answer.id}):
        sealed = shared_answers._sealed(sharing._key, "false", changed)
        with Redis.from_url(store_url) as raw:
            raw.set("moc:answer:false", sealed)
        assert asyncio.run(replica(store_url).get("false", verifier)) is None


def test_another_document_has_another_answer(store_url: str, verifier: Verifier, answer: Answer) -> None:
    """A replica with another index does not pass on what was written from this one."""
    document = parse.load()
    other = Verifier(document, reading_aid.load(document), replace(answer.index, fingerprint="e" * 64))
    asyncio.run(replica(store_url).put("index", answer))
    assert asyncio.run(replica(store_url).get("index", other)) is None
    assert asyncio.run(replica(store_url).get("index", verifier)) == answer


@pytest.mark.parametrize("where", ["none", "closed", "no time"])
def test_without_a_store_nothing_is_shared(where: str, store_url: str, verifier: Verifier, answer: Answer) -> None:
    """No store, a store that is down, or a cache that is off: every question is written anew."""
    address = {"none": None, "closed": closed_port(), "no time": store_url}[where]
    sharing = replica(address, seconds=0 if where == "no time" else 60)

    async def run() -> None:
        await sharing.put("nothing", answer)
        assert await sharing.get("nothing", verifier) is None

    asyncio.run(run())
    assert sharing._store.down == (where == "closed")


def test_quotes_are_not_kept(store_url: str, verifier: Verifier) -> None:
    """They cost nothing and are made anew."""
    quoted = verifier.answer(replace(DRAFT, mode="quote", claims=DRAFT.claims[1:]), TIMINGS)
    asyncio.run(replica(store_url).put("quoted", quoted))
    assert asyncio.run(replica(store_url).get("quoted", verifier)) is None
