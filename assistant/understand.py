"""From what a person typed to a question that stands alone, or to the short reply that needs no search.

Rules only, and the same input always gives the same result; what they are unsure of passes on as a question.
"""

import re
import unicodedata
from functools import partial
from typing import Literal

from assistant import personal_data, routes
from assistant.follow_up import FollowUps, recent
from assistant.glossary import Glossary
from assistant.language import Languages
from assistant.manner import without_manner
from assistant.spelling import Spelling
from assistant.types import Language, Question, Request, ShortReply
from assistant.unclear import is_unclear, readings
from index import bank
from index.document import Document
from index.reading_aid import ReadingAid

MAX_CHARACTERS = 500
# Letters by their category, yet nothing is seen of them: fillers, variation selectors, the blank of braille.
_INVISIBLE = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-"
    r"\U000e01ef]"
)
_APOSTROPHES = str.maketrans("‘’‛ʼ＇`´", "'''''''")
_TALK: dict[routes.Route, bool] = {"greeting": True, "thanks": True, "about_assistant": True}


def clean(text: str) -> str:
    """NFKC without control, invisible and unassigned characters, white space collapsed; never raises, idempotent."""
    if not (text.isascii() and text.isprintable()):
        text = _visible(unicodedata.normalize("NFKC", _visible(text)).translate(_APOSTROPHES))
        text = unicodedata.normalize("NFKC", text)
    else:
        text = text.translate(_APOSTROPHES)
    return " ".join(text.split())


def _visible(text: str) -> str:
    """Spaces for white space, nothing for what cannot be seen."""
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return _INVISIBLE.sub("", "".join(kept))


class Understanding:
    """Understands questions about one document."""

    def __init__(self, document: Document, glossary: Glossary, reading_aid: ReadingAid | None) -> None:
        """Learns the words of the document, its glossary and reading aid, and of the question bank (about 0.5 s)."""
        japanese = list(reading_aid.sentences.values()) + list(reading_aid.headings.values()) if reading_aid else []
        names = [form for term in glossary.terms for form in term.forms]
        sentences = [sentence.text for sentence in document.passages] + [part.heading for part in document.walk()]
        asked = (
            [q.text for q in bank.load(document) if q.style != "typo" and q.reason != "other_language"]
            if reading_aid
            else []
        )
        self._spelling = Spelling(sentences + names + japanese, asked, glossary.readings)
        self._languages = Languages(japanese + [name for name in names if not name.isascii()], self._spelling.words)
        self._follow_ups = FollowUps(document, glossary, reading_aid)
        self._document = document
        self._known_document = reading_aid is not None

    def understand(self, request: Request) -> Question | ShortReply:
        """The question, standing alone and with slips repaired, or the reply that settles it."""
        text = clean(request.text)
        page: Language = request.language or "en"
        declined = partial(self._declined, text[:MAX_CHARACTERS], request.language)
        if not text:
            return declined("empty")
        if len(text) > MAX_CHARACTERS:
            return declined("too_long")
        if personal_data.find(text):
            return declined("personal_data")
        asked = routes.without_small_talk(text)
        found = routes.route(asked) or (routes.route(text) if asked != text else None)
        spoken = self._languages.of(asked)
        if found is None and spoken is None:
            return ShortReply(text, page, "declined", "other_language")
        language: Language = request.language or spoken or "en"
        if found is not None:
            return ShortReply(text, language, "small_talk" if found in _TALK else "declined", found)
        standalone, earlier = self._standalone(asked, language, request)
        if standalone is None:
            return self.reply(text, language, "declined", "unclear")
        corrected = self._spelling.correct(without_manner(standalone))
        context = f"{earlier} {corrected}" if earlier and standalone == asked else None
        return Question(text, standalone, corrected, language, context)

    def _standalone(self, asked: str, language: Language, request: Request) -> tuple[str | None, str | None]:
        """The question with what the history adds (None when it points at nothing), and the reader's last question."""
        earlier: str | None = None
        answer = ""
        for turn in recent(request.history):
            content = clean(turn.content) if turn.role == "user" else turn.content
            if turn.role == "assistant":
                answer = content
            elif (
                content
                and len(content) <= MAX_CHARACTERS
                and not routes.route(content)
                and not personal_data.find(content)
            ):
                content = routes.without_small_talk(content)
                resolved = self._follow_ups.resolve(content, language, earlier, answer)
                if resolved is not None and not (earlier is None and is_unclear(content)):
                    earlier = resolved[:MAX_CHARACTERS]
        resolved = self._follow_ups.resolve(asked, language, earlier, answer)
        if resolved == asked and is_unclear(asked) and not self._follow_ups.mentions(asked):
            # It asks for nothing by itself; after a question it asks that question on.
            return f"{earlier} {asked}" if earlier else None, earlier
        return resolved, earlier

    def reply(
        self, text: str, language: Language, status: Literal["small_talk", "declined"], reason: str
    ) -> ShortReply:
        """The short reply to a question; to an unclear one with two questions it may have meant."""
        if reason != "unclear":
            return ShortReply(text, language, status, reason)
        meant = readings(text, language, self._document, self._known_document)
        return ShortReply(text, language, status, reason, meant)

    def _declined(self, text: str, wished: Language | None, reason: str) -> ShortReply:
        return ShortReply(text, wished or self._languages.of(text) or "en", "declined", reason)
