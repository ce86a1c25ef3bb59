"""The gate: nothing reaches a reader but what stands in the document. The only place that makes an Answer.

A quote is filled in here from the document, never by whoever drafted it. A written statement must name sentences that
were offered and must not say more than they do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from assistant import receipt, render
from assistant.gate import foreign
from assistant.gate.finding import Finding as Finding
from assistant.gate.finding import check as check
from assistant.gate.finding import compare
from assistant.gate.places import nearest
from assistant.gate.record import Record
from assistant.gate.support import support
from assistant.saved import misfits, same
from assistant.types import (
    Answer,
    Citation,
    Claim,
    DocumentIdentity,
    Draft,
    Dropped,
    IndexIdentity,
    Language,
    Question,
    Related,
    ShortReply,
    VerifiedClaim,
)
from index.document import Document
from index.reading_aid import ReadingAid

_SNIPPET = 160
_ABOUT_THE_TEXT = 0.75  # share of a withheld sentence's words that the document has, for its words to be listed
_LONGEST_IDLE = 8  # characters; "U.S." is no sentence
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|(?<=[。!?])")
_ADDRESS = re.compile(r"[\w.§-]{0,40}")  # what may be listed of the addresses a model named
_REPAIRS = 4  # how many near sentences are tried for a claim that cites the wrong one


class Verifier:
    """Makes answers for one document and index."""

    def __init__(self, document: Document, reading_aid: ReadingAid | None, index: IndexIdentity) -> None:
        self._document = document
        self._aid: Mapping[str, str] = reading_aid.sentences if reading_aid else {}
        self._record = Record(document, reading_aid)
        self._own = tuple(s.address for s in document.passages if not foreign.addresses_a_machine(s.text))
        self._index = index
        self._identity = DocumentIdentity(
            document.title.text,
            document.date.isoformat() if document.date else document.date_line.text,
            document.sha256,
        )

    def finding(self, claim: Claim, language: Language, offered: Iterable[str] | None = None) -> Finding:
        """The gate's word on one drafted claim; ``offered`` are the addresses its writer was shown (None: all)."""
        known = self._document.by_address
        if not claim.addresses or any(address not in known for address in claim.addresses):
            return Finding(("unknown_address",), None)
        if offered is not None and not set(claim.addresses) <= set(offered):
            return Finding(("not_offered",), None)
        if claim.kind != "statement":
            return Finding((), None)
        if foreign.carried(claim.text):
            return Finding(("added_content",), 0.0)  # even where the document has it: there it is a quote
        return compare(claim.text, self._record.at(claim.addresses), language, self._record)

    def judge(self, claim: Claim, language: Language, offered: Iterable[str] | None = None) -> tuple[Claim, Finding]:
        """The gate's word on a claim, its citation repaired where it is wrong and one other sentence bears it."""
        offered = None if offered is None else frozenset(offered)
        finding = self.finding(claim, language, offered)
        if finding.reasons != ("wrong_citation",) or not claim.text.strip():
            return claim, finding
        near = nearest(claim.text, self._record)[:_REPAIRS]
        tried = [replace(claim, addresses=(address,)) for address in near if address not in claim.addresses]
        judged = [(other, self.finding(other, language, offered)) for other in tried]
        bearing = [(other, found) for other, found in judged if found.supported and found.whole]
        return bearing[0] if len(bearing) == 1 else (claim, finding)

    def answer(self, draft: Draft, timings_ms: Mapping[str, float]) -> Answer:
        """Check every claim of a draft, insert the quotes, number the citations.

        Claims that fail are listed in ``dropped``; a draft of status answered or partial must keep one that is no note.
        """
        language = draft.question.language
        kept: list[Claim] = []
        dropped = list(draft.dropped)
        for drafted in draft.claims:
            claim, finding = self.judge(drafted, language)
            if finding.supported:
                kept.append(claim)
            else:
                dropped.append(Dropped(claim.text, claim.addresses, finding.reasons))
        has_citations = draft.status in ("answered", "partial")
        if has_citations and not any(claim.kind != "note" for claim in kept):
            raise ValueError(f"a draft of status {draft.status!r} has no claim left to stand on")
        citations: dict[str, Citation] = {}
        claims = []
        for claim in kept if has_citations else []:
            for address in claim.addresses:
                citations.setdefault(address, self._citation(len(citations) + 1, address, language))
            text = citations[claim.addresses[0]].quote if claim.kind == "quote" else claim.text
            claims.append(
                VerifiedClaim(text, claim.kind, tuple(citations[address].number for address in claim.addresses))
            )
        return self._make(
            draft,
            tuple(claims),
            tuple(citations.values()),
            tuple(self._related(address, language) for address in draft.related) if not has_citations else (),
            tuple(dropped),
            timings_ms,
        )

    def short_reply(
        self, reply: ShortReply, confidence: float, timings_ms: Mapping[str, float], mode_note: str | None = None
    ) -> Answer:
        """The answer to small talk and to what is declined; it has no claims and no citations."""
        question = Question(reply.text, reply.text, reply.text, reply.language)
        draft = Draft(
            question,
            reply.status,
            confidence,
            reason=reply.reason,
            mode_note=mode_note,
            follow_ups=reply.readings,
        )
        return self._make(draft, (), (), (), (), timings_ms)

    def verified(self, claim: Claim, language: Language) -> tuple[VerifiedClaim, tuple[Citation, ...]]:
        """One claim that passed, with citations numbered on their own: for showing it before the answer is whole."""
        citations = tuple(self._citation(n, address, language) for n, address in enumerate(claim.addresses, 1))
        text = citations[0].quote if claim.kind == "quote" else claim.text
        return VerifiedClaim(text, claim.kind, tuple(cited.number for cited in citations)), citations

    def _make(
        self,
        draft: Draft,
        claims: tuple[VerifiedClaim, ...],
        citations: tuple[Citation, ...],
        related: tuple[Related, ...],
        dropped: tuple[Dropped, ...],
        timings_ms: Mapping[str, float],
    ) -> Answer:
        covered = {
            "question": draft.question.text,
            "standalone": draft.question.standalone,
            "language": draft.question.language,
            "mode": draft.mode,
            "status": draft.status,
            "reason": draft.reason,
            "document": asdict(self._identity),
            "index": asdict(self._index),
            "model": asdict(draft.model) if draft.model else None,
        }
        addresses = {cited.number: cited.address for cited in citations}
        rows = [(claim.text, claim.kind, [addresses[n] for n in claim.citations]) for claim in claims]
        return Answer(
            id=receipt.digest(covered, rows),
            question=draft.question.text,
            standalone=draft.question.standalone,
            language=draft.question.language,
            mode=draft.mode,
            mode_note=draft.mode_note,
            status=draft.status,
            reason=draft.reason,
            confidence=round(draft.confidence, 3),
            claims=claims,
            citations=citations,
            related=related,
            follow_ups=draft.follow_ups,
            missing_words=draft.missing_words,
            dropped=tuple(self._listed(drop) for drop in dropped),
            compared=len(self._document.sentences),
            document=self._identity,
            index=self._index,
            model=draft.model,
            timings_ms=timings_ms,
        )

    def _listed(self, drop: Dropped) -> Dropped:
        """A withheld claim as it may be listed: a lie about the text in its words, anything else without them.

        The list is for readers who want to see where a model went wrong, and no way for foreign words to the page.
        """
        addresses = tuple(address for address in drop.addresses if _ADDRESS.fullmatch(address))
        everything = self._record.at(self._own)
        for part in _SENTENCES.split(drop.text):
            found = support(part, everything)
            idle = not found.words and len(part) > _LONGEST_IDLE
            if idle or found.names or found.share < _ABOUT_THE_TEXT or foreign.carried(part):
                return replace(drop, text="", addresses=addresses)
        return replace(drop, addresses=addresses)

    def _citation(self, number: int, address: str, language: Language) -> Citation:
        sentence = self._document.by_address[address]
        return Citation(
            number,
            address,
            render.section_title(self._document, address),
            render.label(self._document, address, language),
            self._document.source[sentence.start : sentence.end],
            sentence.start,
            sentence.end,
            self._aid.get(address) if language == "ja" else None,
        )

    def _related(self, address: str, language: Language) -> Related:
        text = self._document.by_address[address].text
        snippet = text if len(text) <= _SNIPPET else text[: text.rindex(" ", 0, _SNIPPET)] + " …"
        label = render.label(self._document, address, language)
        return Related(address, label, render.section_title(self._document, address), snippet)

    def problems(self, saved: Mapping[str, Any], judged: dict[Claim, Finding] | None = None) -> list[str]:
        """What does not hold of a saved answer object; an empty list means it can be relied on.

        Checks the document's hash, every quote and offset, the numbering, the id, and the gate on every statement;
        ``judged`` is filled with the gate's word on each statement, so that nobody has to ask for it twice.
        """
        try:
            return list(self._problems(saved, {} if judged is None else judged))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return [f"it is not an answer object of schema 1: {type(error).__name__} {error}"]

    def _problems(self, saved: Mapping[str, Any], judged: dict[Claim, Finding]) -> Iterable[str]:
        if saved["schema"] != 1:
            yield f"schema is {saved['schema']!r}, not 1"
        if saved["document"]["sha256"] != self._identity.sha256:
            yield f"it rests on another document: {saved['document']['sha256']!r}"
            return
        # A receipt made of a link holds no more than the hash.
        known = asdict(self._identity)
        for name in sorted(saved["document"].keys() & known.keys()):
            if saved["document"][name] != known[name]:
                yield f"the document's {name} is not {saved['document'][name]!r}"
        yield from misfits(saved, self._related)
        by_number = {cited["number"]: cited for cited in saved["citations"]}
        if len(by_number) != len(saved["citations"]):
            yield "two citations have the same number"
            return
        for number, cited in by_number.items():
            sentence = self._document.by_address.get(cited["address"])
            if sentence is None:
                yield f"citation {number}: no sentence has the address {cited['address']!r}"
            elif (cited["quote"], cited["start"], cited["end"]) != (sentence.text, sentence.start, sentence.end):
                yield f"citation {number}: the quote or its offsets differ from the text at {cited['address']}"
            elif not same(cited, asdict(self._citation(number, cited["address"], saved["language"]))):
                yield f"citation {number}: its label, section or reading aid is not that of {cited['address']}"
        for place, claim in enumerate(saved["claims"], 1):
            unknown = [number for number in claim["citations"] if number not in by_number]
            if unknown or not claim["citations"]:
                yield f"claim {place}: names citations that are not there: {unknown}"
                continue
            if claim["kind"] == "quote" and claim["text"] != by_number[claim["citations"][0]]["quote"]:
                yield f"claim {place}: the quote differs from its citation"
            if claim["kind"] not in ("quote", "statement", "note"):
                yield f"claim {place}: {claim['kind']!r} is no kind of claim"
            if claim["kind"] == "note" and claim["text"] not in self._notes(claim, by_number, saved["language"]):
                yield f"claim {place}: the note is none that this program writes"
            if claim["kind"] == "statement":
                addresses = tuple(by_number[number]["address"] for number in claim["citations"])
                statement = Claim(claim["text"], "statement", addresses)
                if statement not in judged:
                    judged[statement] = self.finding(statement, saved["language"])
                if not (finding := judged[statement]).supported:
                    yield f"claim {place}: the gate refuses it ({', '.join(finding.reasons)})"
        if saved["status"] not in ("answered", "partial") and saved["citations"]:
            yield f"an answer of status {saved['status']!r} has citations"
        if list(self._dangling(saved, by_number)):
            return
        if receipt.digest_of_object(saved) != saved["id"]:
            yield "the id does not fit the content"
        if "text" in saved and saved["text"] != self._text(saved):
            yield "the text to read is not what the claims and citations give"

    @staticmethod
    def _notes(claim: Mapping[str, Any], by_number: Mapping[int, Any], language: Language) -> set[str]:
        """Every note there is, about the sentence this one cites."""
        quote = by_number[claim["citations"][0]]["quote"]
        return {render.wording(f"note.{name}", language, quote=quote) for name in render.note_names()}

    def _text(self, saved: Mapping[str, Any]) -> str:
        """The Markdown a saved answer should have, with links to wherever its own links lead."""
        base = re.search(r"\]\(([^()\s]*)/document#", saved["text"])
        answer = Answer(
            **{
                **{name: saved[name] for name in ("id", "question", "standalone", "language", "mode", "mode_note")},
                **{name: saved[name] for name in ("status", "reason", "confidence")},
                "claims": tuple(VerifiedClaim(c["text"], c["kind"], tuple(c["citations"])) for c in saved["claims"]),
                "citations": tuple(Citation(**cited) for cited in saved["citations"]),
                "related": tuple(Related(**near) for near in saved["related"]),
                "follow_ups": tuple(saved["follow_ups"]),
                "missing_words": tuple(saved.get("missing_words", ())),
                "dropped": (),
                "compared": len(self._document.sentences),
                "document": self._identity,
                "index": self._index,
                "model": None,
                "timings_ms": {},
            }
        )
        return render.markdown(answer, base[1] if base else "")

    @staticmethod
    def _dangling(saved: Mapping[str, Any], by_number: Mapping[int, Any]) -> Iterable[int]:
        return (number for claim in saved["claims"] for number in claim["citations"] if number not in by_number)
