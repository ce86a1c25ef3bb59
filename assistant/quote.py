"""A draft without a language model: the sentences a question needs and no more, in document order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from assistant import render
from assistant.absent_words import absent_words
from assistant.answerable import Verdict, covers
from assistant.named_part import named_part
from assistant.retrieve import Evidence
from assistant.types import Claim, Draft, Question
from index.document import Document

MOST_SHOWN = 14
LIST_WHOLE_FROM = 0.5  # share of a list's items
_RELATED = 3
# Questions about duty, money, deadlines and enforcement get the note that nothing here is binding.
_BINDING_QUESTION = re.compile(
    r"\b(must|shall|oblig(?:e[ds]?|ed|ations?|atory|ing)|bind(?:s|ing)?|bound|requir(?:e[ds]?|ements?|ing)|mandat(?:e[ds]?|ory)|"
    r"enforce(?:[ds]|able|ment)?|penalt(?:y|ies)|sanction(?:s|ed)?|fines?|breach(?:e[ds])?|violat(?:e[ds]?|ions?|ing)|treaty|"
    r"treaties|laws?|legal(?:ly)?|liab(?:le|ility)|commit(?:s|ted|ments?|ting)?|promis(?:e[ds]|ing)|pledg(?:e[ds]?|ing)|"
    r"guarantee[ds]?|money|fund(?:s|ed|ing)?|budget(?:s|ed|ary)?|pay(?:s|ing|ments?)?|paid|costs?|billions?|millions?|dollars?|"
    r"yen|invest(?:s|ed|ing|ments?)?|deadlines?|due date|by when|have to|has to)\b"
    r"|義務|拘束|強制|罰|違反|制裁|条約|法的|責任|約束|誓約|保証|予算|資金|費用|お金|金額|拠出|支出|負担|億|ドル|投資|期限|締め切り|締切|いつまで|"
    r"しなければ|必ず",
    re.IGNORECASE,
)
# So do answers with the sentences on money, on the notice that should be given, and on when an end begins.
_BINDING_ADDRESSES = frozenset({"iii.p1.s4", "iv.p1.s3", "iv.p1.s4"})
_NOT_BINDING = "iii.p1.s1"


def draft(
    question: Question,
    evidence: Evidence,
    parts: Sequence[Evidence],
    verdict: Verdict,
    document: Document,
    wanted: Sequence[str] = (),
    missing: str | None = None,
) -> Draft:
    """Quote mode's answer: chosen sentences with the notes they need, or proof that there are none.

    ``parts`` is the evidence for each part of a question that asks several things; ``wanted`` the sentences that a
    question asks for outright, by an overview of a part of the document or by a word, which are then the answer;
    ``missing`` a word asked for outright that is nowhere.
    """
    if verdict.status == "not_in_document":
        return Draft(
            question,
            verdict.status,
            verdict.confidence,
            reason=verdict.reason,
            related=tuple(passage.address for passage in evidence.passages[:_RELATED]),
            missing_words=(missing,) if missing else absent_words(question.text, document),
        )
    chosen = tuple(wanted) or choose(evidence, parts, verdict, document)
    claims = [Claim("", "quote", (address,)) for address in chosen]
    claims += _list_notes(chosen, question, document)
    if (
        _touches_duty(question.standalone, chosen)
        and _NOT_BINDING not in chosen
        and _NOT_BINDING in document.by_address
    ):
        text = render.wording("note.not_binding", question.language)
        claims.append(Claim(text, "note", render.note_addresses("not_binding")))
    return Draft(question, verdict.status, verdict.confidence, reason=verdict.reason, claims=tuple(claims))


def choose(evidence: Evidence, parts: Sequence[Evidence], verdict: Verdict, document: Document) -> tuple[str, ...]:
    """The addresses to show, in document order.

    Every sentence likely enough to be needed, the best one always. When all parts of a question are surely answered,
    the best sentence of each is among them; when one part is absent, only what answers the others is shown. Of a
    question that names a section nothing outside it is shown. A list, or a section named, of which at least half is
    needed is shown whole: a reader cannot see what would be missing.
    """
    answered = [part for part in parts if covers(part)]
    if verdict.status == "partial":
        scores = _merged(_likely(part) for part in answered)
    else:
        scores = _likely(evidence)
        if parts and len(answered) == len(parts):
            scores = _merged([scores, *({part.best.address: part.best.score} for part in answered)])
    best = sorted(scores, key=lambda address: (-scores[address], document.order[address]))[:MOST_SHOWN]
    wholes = _lists(document)
    if named := named_part(evidence.question.standalone, document):
        own = tuple(sentence.address for sentence in named.sentences)
        if inside := [address for address in best if address in own]:
            best = inside
            wholes = (*wholes, own) if len(own) <= MOST_SHOWN else wholes
    for items in wholes:
        if LIST_WHOLE_FROM * len(items) <= sum(item in best for item in items):
            whole = list(dict.fromkeys((*best, *items)))
            best = whole if len(whole) <= MOST_SHOWN else best
    return tuple(sorted(best, key=document.order.__getitem__))


def _likely(evidence: Evidence) -> dict[str, float]:
    """Address → score of every sentence likely enough to be needed, or of the best one."""
    likely = {p.address: p.score for p in evidence.passages if p.score >= evidence.scoring.show_from}
    return likely or {evidence.best.address: evidence.best.score}


def _merged(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The highest score of each address over the parts of a question."""
    scores: dict[str, float] = {}
    for part in parts:
        for address, score in part.items():
            scores[address] = max(score, scores.get(address, 0.0))
    return scores


def _touches_duty(question: str, chosen: tuple[str, ...]) -> bool:
    return bool(_BINDING_QUESTION.search(question)) or bool(_BINDING_ADDRESSES & set(chosen))


def _list_notes(chosen: tuple[str, ...], question: Question, document: Document) -> list[Claim]:
    """List items depend on the sentence that introduces their list: it says how firmly they are meant."""
    notes: list[Claim] = []
    for address in chosen:
        lead = document.lead_of.get(address)
        if lead and lead not in chosen and all(lead not in note.addresses for note in notes):
            text = render.wording("note.list_item", question.language, quote=document.by_address[lead].text)
            notes.append(Claim(text, "note", (lead,)))
    return notes


@cache
def _lists(document: Document) -> tuple[tuple[str, ...], ...]:
    """The addresses of the items of each list."""
    lists = (tuple(sentence.address for sentence in part.items) for part in document.walk())
    return tuple(items for items in lists if len(items) > 1)
