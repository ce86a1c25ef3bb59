"""One question, start to end: understand → retrieve → answerable → quote or write → verify."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from assistant import absent_words, answerable, glossary, quote, relevance, suggest
from assistant.admission import Admission, NotAdmitted, everyone
from assistant.answerable import Verdict
from assistant.briefing import CUT_FROM, Brief, Briefing
from assistant.clauses import clauses
from assistant.clock import Clock
from assistant.config import Config
from assistant.overview import Overviews
from assistant.retrieve import Evidence, Retriever
from assistant.types import (
    Answer,
    Citation,
    Claim,
    Draft,
    Dropped,
    IndexIdentity,
    ModelUsed,
    Question,
    Request,
    ShortReply,
    VerifiedClaim,
)
from assistant.understand import Understanding
from assistant.verify import Verifier
from assistant.word_lookup import WordLookup
from assistant.write import Writer, WriterFailure
from index import reading_aid
from index.document import Document
from index.embed import Embedder
from index.library import open_index
from index.reading_aid import ReadingAid
from index.store import Store

# So little below the threshold a language model is asked although quote mode would refuse: it may find what retrieval
# missed. Kept so narrow that even a model that answers everything costs refusals less than one point.
GREY_WIDTH = 0.03
_GREY_LIKELY = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """What is being done now, for whoever waits."""

    name: Literal["searching", "writing", "checking"]


@dataclass(frozen=True, slots=True)
class ClaimShown:
    """A claim that passed the gate, before the answer is whole; its citations are numbered on their own."""

    claim: VerifiedClaim
    citations: tuple[Citation, ...]


Event = Stage | ClaimShown | Answer


class Assistant:
    """Answers questions about one document; safe to share between threads."""

    def __init__(
        self,
        document: Document,
        aid: ReadingAid | None,
        index: IndexIdentity,
        understanding: Understanding,
        retriever: Retriever,
        writer: Writer | None,
    ) -> None:
        self.document = document
        self.reading_aid = aid
        self.index = index
        self.verifier = Verifier(document, aid, index)
        self._understanding = understanding
        self._overviews = Overviews(document, aid)
        self._words = WordLookup(document, aid)
        self._retriever = retriever
        self._writer = writer
        # The gate reads its word lists at the first claim: now, and not while a reader waits for it.
        self.verifier.judge(Claim(document.title.text, "statement", (document.title.address,)), "en")

    @classmethod
    def open(cls, config: Config, opened: tuple[Store, Embedder] | None = None) -> "Assistant":
        """Open the index (or build it, or take it ``opened``) and load what answering needs.

        Raises:
            UserError: the index may not be rebuilt, or a file does not hold together.
        """
        store, embedder = opened or open_index(config.index)
        shipped = store.manifest.identity.origin == "shipped"
        aid = reading_aid.load(store.document) if shipped else None
        words = glossary.load()
        absent_words.absent_words("", store.document)  # read what it needs before the first question
        writer = None
        if config.llm:
            renderings = aid.sentences if aid else {}
            writer = Writer(config.llm, Briefing(store.document, words, renderings, config.llm.prompt_tokens))
        return cls(
            store.document,
            aid,
            IndexIdentity(store.fingerprint, store.embedding),
            Understanding(store.document, words, aid),
            Retriever.open(store, embedder, words),
            writer,
        )

    @property
    def writer(self) -> Writer | None:
        """The language model's side, when it is switched on."""
        return self._writer

    def warm_up(self) -> None:
        """Let a language model on this machine compute what all prompts share; blocks, for a thread of its own."""
        if self._writer is not None and self._writer.local:
            asyncio.run(self._writer.warm_up())

    def answer(self, request: Request) -> Answer:
        """Answer one request; in LLM mode this runs an event loop of its own, so call it from a thread without one."""
        if self._writer is None or request.mode == "quote":
            return self._quote_answer(request, None if request.mode != "llm" else "llm_off")
        return asyncio.run(self._collect(request))

    async def stream(self, request: Request, admission: Admission = everyone) -> AsyncGenerator[Event, None]:
        """What happens while a request is answered; the last event is the Answer.

        ``admission`` may keep the question from the language model, which makes it quote mode's. Closing the iterator
        early closes the connection to the language model.
        """
        yield Stage("searching")
        if self._writer is None or request.mode == "quote":
            note = "llm_off" if request.mode == "llm" else None
            answer = await asyncio.to_thread(self._quote_answer, request, note)
            for claim in answer.claims:
                yield ClaimShown(claim, tuple(answer.citation(number) for number in claim.citations))
            yield answer
            return
        async with aclosing(self._write(self._writer, request, admission)) as events:
            async for event in events:
                yield event

    def brief(self, request: Request, briefing: Briefing) -> Brief | None:
        """What a language model would be sent for a request; None where it would not be asked."""
        found = self._prepare(request, Clock())
        if isinstance(found, Answer) or not found.asks(briefing):
            return None
        return briefing.brief(found.question, request.history, found.likely, found.ranked)

    async def _collect(self, request: Request) -> Answer:
        async with aclosing(self.stream(request)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise RuntimeError("the stream ended without an answer")

    def _quote_answer(self, request: Request, mode_note: str | None) -> Answer:
        clock = Clock()
        found = self._prepare(request, clock, mode_note)
        if isinstance(found, Answer):
            return found
        draft = replace(found.draft, mode_note=mode_note)
        clock.lap("draft")
        return self.verifier.answer(draft, clock.laps("verify"))

    def _prepare(self, request: Request, clock: Clock, mode_note: str | None = None) -> "_Prepared | Answer":
        """Everything that needs no model: a finished short reply, or quote mode's draft with its evidence."""
        understood = self._understanding.understand(request)
        clock.lap("understand")
        if isinstance(understood, ShortReply):
            confidence = self._confidence_before_routing(understood)
            clock.lap("retrieve")
            return self.verifier.short_reply(understood, confidence, clock.laps("verify"), mode_note)
        parts_found = self._retriever.begin(_parts(understood))
        evidence = self._evidence(understood)
        parts = parts_found()
        clock.lap("retrieve")
        verdict, wanted, missing = self._judge(understood, evidence, parts, begins=not request.history)
        if verdict.status in ("small_talk", "declined"):
            assert verdict.reason is not None
            reply = self._understanding.reply(understood.text, understood.language, verdict.status, verdict.reason)
            return self.verifier.short_reply(reply, verdict.confidence, clock.laps("verify"), mode_note)
        draft = quote.draft(understood, evidence, parts, verdict, self.document, wanted, missing)
        draft = replace(draft, follow_ups=suggest.follow_ups(draft, self.document))
        return _Prepared(understood, evidence, draft)

    def _judge(
        self, question: Question, evidence: Evidence, parts: Sequence[Evidence], *, begins: bool
    ) -> tuple[Verdict, tuple[str, ...], str | None]:
        """The verdict, the sentences asked for outright, and the word asked for that is nowhere.

        A word or an overview is asked of the question itself, or else an overview of the question after the one before
        it; what is asked for outright is found by rule, so likeness has no say in it.
        """
        word = self._words.asked(question.standalone)
        if word and not word.addresses:
            return Verdict("not_in_document", "absent_detail", 0.0), (), word.word
        wanted = word.addresses if word else self._overviews.asked(question.standalone, begins=begins)
        if not wanted and question.in_context:
            wanted = self._overviews.asked(question.in_context, begins=False)
        if wanted:
            return Verdict("answered", None, max(evidence.answerable, evidence.scoring.answer_from)), wanted, None
        return answerable.judge(evidence, parts), (), None

    def _confidence_before_routing(self, reply: ShortReply) -> float:
        """How likely the document answers what is declined; personal data is not even searched."""
        if reply.reason in ("empty", "too_long", "personal_data"):
            return 0.0
        return self._retriever.evidence(Question(reply.text, reply.text, reply.text, reply.language)).answerable

    def _evidence(self, question: Question) -> Evidence:
        return self._retriever.evidence(question)

    async def _write(self, writer: Writer, request: Request, admission: Admission) -> AsyncGenerator[Event, None]:
        clock = Clock()
        found = await asyncio.to_thread(self._prepare, request, clock)
        if isinstance(found, Answer):
            yield found
            return
        if not found.asks(writer.briefing):
            yield self.verifier.answer(replace(found.draft, mode_note="refused_before_llm"), clock.laps("verify"))
            return
        yield Stage("writing")
        language = found.question.language
        brief = writer.briefing.brief(found.question, request.history, found.likely, found.ranked)
        near = relevance.near(found.likely, found.ranked)
        shown: list[Claim] = []
        beside: list[Claim] = []  # true, but about something else: shown only together with an answer
        dropped: list[Dropped] = []
        note: str | None = None
        try:
            async with (
                admission(writer.most_tokens(brief)) as usage,
                aclosing(writer.claims(brief, usage)) as claims,
            ):
                async for written in claims:
                    claim, finding = await asyncio.to_thread(self.verifier.judge, written, language, brief.offered)
                    if len(claim.text) >= CUT_FROM:
                        dropped.append(writer.drop(claim, ("low_score",)))
                    elif not finding.supported:
                        dropped.append(writer.drop(claim, finding.reasons))
                    elif claim not in (*shown, *beside):
                        beside.append(claim)
                        if shown or not near.isdisjoint(claim.addresses):
                            for passed in (claim, *beside[:-1]):
                                shown.append(passed)
                                yield ClaimShown(*self.verifier.verified(passed, language))
                            beside.clear()
        except (WriterFailure, NotAdmitted) as failure:
            note = failure.mode_note
        clock.lap("draft")
        yield Stage("checking")
        dropped += [writer.drop(claim, ("low_score",)) for claim in beside]
        if note is None and not shown:
            note = "gate_dropped_all" if dropped else "llm_invalid"
        if note is None and relevance.figure_missing(found.question, shown, found.likely, self.document):
            dropped += [writer.drop(claim, ("low_score",)) for claim in shown]
            note = "gate_dropped_all"
        yield self._merge(found.draft, shown, dropped, note, writer.model_used, clock)

    def _merge(
        self,
        base: Draft,
        shown: Sequence[Claim],
        dropped: Sequence[Dropped],
        note: str | None,
        model: ModelUsed,
        clock: Clock,
    ) -> Answer:
        """The written claims, then what quote mode chose and they do not cite; or quote mode's own answer."""
        if note is not None:
            draft = replace(base, mode_note=note, dropped=tuple(dropped))
            return self.verifier.answer(draft, clock.laps("verify"))
        cited = {address for claim in shown for address in claim.addresses}
        rest = [claim for claim in base.claims if claim.kind == "note" or not set(claim.addresses) <= cited]
        draft = replace(base, mode="llm", claims=(*shown, *rest), dropped=tuple(dropped), model=model)
        if base.status == "not_in_document":
            draft = replace(draft, status="answered", reason=None, related=(), missing_words=())
            draft = replace(draft, follow_ups=suggest.follow_ups(draft, self.document))
        return self.verifier.answer(draft, clock.laps("verify"))


def _parts(question: Question) -> list[Question]:
    """The parts of a question that asks several things, each as a question of its own."""
    return [replace(question, standalone=part, corrected=part) for part in clauses(question.corrected)]


@dataclass(frozen=True, slots=True)
class _Prepared:
    question: Question
    evidence: Evidence
    draft: Draft

    def asks(self, briefing: Briefing) -> bool:
        """Whether a language model is asked: not where the document clearly has no answer.

        In the grey zone a model may find one; not a small one, which copies whatever it is given and judges nothing.
        """
        threshold = self.evidence.scoring.answer_from
        grey = threshold - GREY_WIDTH <= self.draft.confidence < threshold
        return self.draft.status != "not_in_document" or (grey and not briefing.short)

    @property
    def likely(self) -> tuple[str, ...]:
        """The sentences quote mode chose; in the grey zone the best few."""
        chosen = tuple(a for claim in self.draft.claims if claim.kind == "quote" for a in claim.addresses)
        return chosen or self.ranked[:_GREY_LIKELY]

    @property
    def ranked(self) -> tuple[str, ...]:
        """All addresses, best first."""
        return tuple(passage.address for passage in self.evidence.passages)
