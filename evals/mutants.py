"""Broken assistants, each with one fault and the metric that must notice it ("who tests the tests").

Mutation testing (DeMillo, Lipton and Sayward 1978), with assistants in place of programs: a mutant no gate notices
shows a hole in the suite.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistant.types import REASONS
from evals.cases import Case
from evals.claims import LabelledClaim
from evals.oracle import Oracle
from evals.scorers import Measure
from evals.words import canaries

Answer = dict[str, Any]


class Broken(RuntimeError):
    """What the mutant that raises raises."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``answer`` makes the object a case gets; ``ranking``, ``again`` and ``seconds`` are other ways to be wrong.

    ``again`` changes the objects of the second run, ``seconds`` is how long each answer seems to take.
    """

    name: str
    metric: str
    answer: Callable[["Workshop", Case], Answer]
    ranking: Callable[["Workshop", Case], tuple[str, ...]] | None = None
    again: Callable[[Answer], Answer] | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GateMutant:
    """A broken gate: ``shows`` says whether it lets a claim through."""

    name: str
    metric: str
    shows: Callable[[LabelledClaim], bool]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What mutants are made with."""

    oracle: Oracle
    measure: Measure


def right(shop: Workshop, case: Case) -> Answer:
    """The oracle's answer."""
    return shop.oracle.answer(case)


def _when_answering(change: Callable[[Workshop, Case, Answer], Answer]) -> Callable[[Workshop, Case], Answer]:
    """A fault that shows only in answers with evidence."""

    def answer(shop: Workshop, case: Case) -> Answer:
        good = shop.oracle.answer(case)
        return change(shop, case, good) if good["citations"] else good

    return answer


def _edited(edit: Callable[[Answer], None]) -> Callable[[Workshop, Case], Answer]:
    """A fault that changes an answer with evidence in place."""

    def change(shop: Workshop, case: Case, good: Answer) -> Answer:
        edit(good)
        return good

    return _when_answering(change)


def _stated(rewrite: Callable[[str], str]) -> Callable[[Workshop, Case], Answer]:
    """A fault in the words of written statements: each quote becomes a statement that says something else."""

    def change(good: Answer) -> None:
        for claim in good["claims"]:
            claim["kind"], claim["text"] = "statement", rewrite(claim["text"])

    return _edited(change)


def _never_abstains(shop: Workshop, case: Case) -> Answer:
    good = shop.oracle.answer(case)
    return good if good["citations"] else shop.oracle.quote(case, ("i.p1.s1",))


def _wrong_section(shop: Workshop, case: Case, good: Answer) -> Answer:
    sections = shop.measure.document.section_of
    wrong = next(
        address
        for address in ("iv.p1.s2", "i.p1.s1", "iii.p1.s1")
        if address not in (*case.gold, *case.also)
        and sections[address] not in {sections.get(gold) for gold in (*case.gold, *case.also)}
    )
    return shop.oracle.quote(case, (wrong,))


def _invented_id(good: Answer) -> None:
    good["citations"][0]["address"] = "v.p1.s1"


def _uncited(good: Answer) -> None:
    good["claims"][0]["citations"] = []


def _one_character(good: Answer) -> None:
    text = good["citations"][0]["quote"]
    changed = text[:-2] + ("x" if text[-2] != "x" else "y") + text[-1]
    good["citations"][0]["quote"] = good["claims"][0]["text"] = changed


def _off_by_one(good: Answer) -> None:
    good["citations"][0]["start"] += 1
    good["citations"][0]["end"] += 1


def _other_document(good: Answer) -> None:
    good["document"]["sha256"] = "0" * 64


def _swapped(good: Answer) -> None:
    numbers = [claim["citations"] for claim in good["claims"]]
    for claim, other in zip(good["claims"], numbers[1:] + numbers[:1], strict=True):
        claim["citations"] = other


def _japanese_authority(shop: Workshop, case: Case, good: Answer) -> Answer:
    for cited, claim in zip(good["citations"], good["claims"], strict=True):
        cited["quote"] = claim["text"] = shop.oracle.aid[cited["address"]]
    return good


def _half(shop: Workshop, case: Case, good: Answer) -> Answer:
    return shop.oracle.quote(case, case.gold[:-1] or ("title",))


def _over_citer(shop: Workshop, case: Case, good: Answer) -> Answer:
    section = shop.measure.document.section_of.get(case.gold[0])
    rest = [sentence.address for sentence in section.sentences] if section else []
    return shop.oracle.quote(case, tuple(dict.fromkeys((*case.gold, *rest))))


def _obeys(shop: Workshop, case: Case) -> Answer:
    good = shop.oracle.answer(case)
    orders = canaries(case.question, shop.measure.vocabulary)
    return good | {"text": f"{good['text']} {' '.join(orders)}"} if orders else good


def _calls_absent(shop: Workshop, case: Case) -> Answer:
    good = shop.oracle.answer(case)
    return good | {"missing_words": ["fusion"]} if good["status"] == "not_in_document" else good


def _raises(shop: Workshop, case: Case) -> Answer:
    raise Broken("on purpose")


def _japanese_refused(shop: Workshop, case: Case) -> Answer:
    return shop.oracle.decline(case) if case.language == "ja" else shop.oracle.answer(case)


def _moody(shop: Workshop, case: Case) -> Answer:
    return shop.oracle.decline(case) if case.line % 2 else shop.oracle.answer(case)


def _another_reason(shop: Workshop, case: Case) -> Answer:
    good = shop.oracle.answer(case)
    accepted = {outcome.reason for outcome in case.expect}
    others = [reason for reason in REASONS.get(good["status"], ()) if reason not in accepted]
    return good | {"reason": others[0]} if good["reason"] and others else good


def _refuses_noise(shop: Workshop, case: Case) -> Answer:
    return shop.oracle.decline(case) if "~" in case.id else shop.oracle.answer(case)


def _gold_third(shop: Workshop, case: Case) -> tuple[str, ...]:
    good = shop.oracle.ranking(case)
    return (*good[len(case.gold) : len(case.gold) + 2], *case.gold, *good[len(case.gold) + 2 :])


MUTANTS = (
    Mutant("always abstains", "over_refusal", _when_answering(lambda shop, case, _: shop.oracle.decline(case))),
    Mutant("never abstains", "refusal_recall", _never_abstains),
    Mutant("answers from the wrong section", "sections", _when_answering(_wrong_section)),
    Mutant("invents an address", "dangling", _edited(_invented_id)),
    Mutant("cites nothing", "dangling", _edited(_uncited)),
    Mutant(
        "turns intentions into duties",
        "upgrades",
        _stated(lambda text: re.sub(r"\bintends?(?: to)?\b|\bmay\b|\bshould\b|\bis intended to\b", "must", text)),
    ),
    Mutant(
        "drops negations",
        "negations",
        _stated(
            lambda text: re.sub(r"\b(?:does not|do not|not|no|nothing|neither|nor|without)\b ?", "", text, flags=re.I)
        ),
    ),
    Mutant(
        "changes numbers",
        "numbers",
        _stated(lambda text: re.sub(r"\d+", lambda match: str(int(match.group()) + 7), text)),
    ),
    Mutant("alters one character of a quote", "verbatim", _edited(_one_character)),
    Mutant("is one character off", "verbatim", _edited(_off_by_one)),
    Mutant("quotes another document", "verbatim", _edited(_other_document)),
    Mutant("swaps citations", "verbatim", _edited(_swapped)),
    Mutant("takes the Japanese rendering for the text", "verbatim", _when_answering(_japanese_authority)),
    Mutant("leaves out the last sentence needed", "completeness", _when_answering(_half)),
    Mutant("cites whole sections", "precision", _when_answering(_over_citer)),
    Mutant("obeys injected orders", "injected", _obeys),
    Mutant("calls words absent that are there", "false_absence", _calls_absent),
    Mutant("is equally sure of everything", "auroc", lambda shop, case: right(shop, case) | {"confidence": 0.5}),
    Mutant("raises", "errors", _raises),
    Mutant("gives no number", "errors", lambda shop, case: right(shop, case) | {"confidence": float("nan")}),
    Mutant("is slow", "errors", right, seconds=3600.0),
    Mutant("answers otherwise the second time", "determinism", right, again=lambda good: good | {"confidence": 0.77}),
    Mutant("refuses Japanese questions", "twins", _japanese_refused),
    Mutant("refuses every second question", "paraphrases", _moody),
    Mutant("answers in English only", "language", lambda shop, case: right(shop, case) | {"language": "en"}),
    Mutant(
        "searches backwards",
        "recall@5",
        right,
        ranking=lambda shop, case: tuple(reversed(shop.oracle.ranking(case))),
    ),
    Mutant("ranks two others first", "mrr", right, ranking=_gold_third),
    Mutant("refuses what is written carelessly", "noise", _refuses_noise),
    Mutant("gives another reason for refusing", "reason", _another_reason),
)

GATE_MUTANTS = (
    GateMutant("gate that shows everything", "caught", lambda claim: True),
    GateMutant("gate that blocks everything", "blocked", lambda claim: False),
    GateMutant(
        "gate blind to swapped parties",
        "caught",
        lambda claim: claim.is_supported or claim.kind == "party_swap",
    ),
    GateMutant(
        "gate that reads no Japanese",
        "pairs",
        lambda claim: claim.is_supported or claim.language == "ja",
    ),
)
