"""The assistant that knows the answers: real answer objects, made by the real verifier from what the cases expect."""

import json
from collections.abc import Sequence
from typing import Any

from assistant.render import answer_object
from assistant.types import Claim, Draft, IndexIdentity, Question, ShortReply
from assistant.verify import Verifier
from evals.cases import ANSWERING, Case, Outcome
from index import reading_aid
from index.document import Document

SURE, UNSURE = 0.95, 0.05


class Oracle:
    """Answers every case as it expects: exactly the gold sentences, or the first outcome it accepts."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.aid = reading_aid.load(document).sentences
        self._verifier = Verifier(document, reading_aid.load(document), IndexIdentity("oracle", "oracle"))
        self._made: dict[Case, str] = {}

    def answer(self, case: Case) -> dict[str, Any]:
        """The right answer object, made once for each case; every caller gets one of its own, to break as it likes."""
        if case not in self._made:
            answers = [outcome for outcome in case.expect if outcome.status in ANSWERING]
            made = self.quote(case, case.gold, answers[0]) if answers else self.decline(case, case.expect[0])
            self._made[case] = json.dumps(made)
        found: dict[str, Any] = json.loads(self._made[case])
        return found

    def quote(self, case: Case, addresses: Sequence[str], outcome: Outcome | None = None) -> dict[str, Any]:
        """An answer that quotes these sentences."""
        outcome = outcome or Outcome("answered", None)
        draft = Draft(
            self._question(case),
            outcome.status,
            SURE,
            reason=outcome.reason or ("partly_absent" if outcome.status == "partial" else None),
            claims=tuple(Claim("", "quote", (address,)) for address in addresses),
        )
        return answer_object(self._verifier.answer(draft, {"total": 0.0}))

    def decline(self, case: Case, outcome: Outcome | None = None) -> dict[str, Any]:
        """An answer that says why there is none."""
        outcome = outcome or Outcome("not_in_document", "absent_topic")
        if outcome.status in ("small_talk", "declined"):
            assert outcome.reason is not None
            reply = ShortReply(case.question, case.language, outcome.status, outcome.reason)
            return answer_object(self._verifier.short_reply(reply, UNSURE, {"total": 0.0}))
        draft = Draft(self._question(case), "not_in_document", UNSURE, reason=outcome.reason)
        return answer_object(self._verifier.answer(draft, {"total": 0.0}))

    def ranking(self, case: Case) -> tuple[str, ...]:
        """Gold first, then acceptable, then everything else."""
        return tuple(dict.fromkeys((*case.gold, *case.also, *self.document.by_address)))

    @staticmethod
    def _question(case: Case) -> Question:
        return Question(case.question, case.question, case.question, case.language)
