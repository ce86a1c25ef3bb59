"""A writer before a scripted server, with little patience, and what it is asked in the tests."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import cache

from assistant import glossary
from assistant.briefing import Briefing
from assistant.config import LlmSettings
from assistant.types import Claim, Language, Question, Turn
from assistant.write import Writer, WriterFailure
from evals.fakellm import FakeLlm
from index import parse, reading_aid


def as_asked(text: str, language: Language) -> Question:
    return Question(text, text, text, language)


CONNECT, FIRST, GAP, TOTAL = 1.0, 2.5, 0.6, 3.5  # seconds
LIKELY = ("iv.p1.s3", "iv.p1.s4")
QUESTION = as_asked("How can a country leave, and how long does it take?", "en")
JAPANESE = as_asked("脱退するにはどうすればよいですか", "ja")
WRITTEN = [parse.load().by_address[address].text for address in LIKELY]


def settings(server: FakeLlm) -> LlmSettings:
    return LlmSettings("scripted", server.base_url, None, "", CONNECT, FIRST, GAP, TOTAL)


@cache
def briefing(budget: int = 6000) -> Briefing:
    document = parse.load()
    return Briefing(document, glossary.load(), reading_aid.load(document).sentences, budget)


def writer(server: FakeLlm) -> Writer:
    return Writer(settings(server), briefing())


async def written(
    writer: Writer, question: Question = QUESTION, history: Sequence[Turn] = (), likely: Sequence[str] = LIKELY
) -> tuple[list[Claim], str]:
    """The claims, and "whole" or the code of the failure."""
    claims: list[Claim] = []
    try:
        async with aclosing(writer.claims(writer.briefing.brief(question, history, likely))) as stream:
            async for claim in stream:
                claims.append(claim)
    except WriterFailure as failure:
        return claims, failure.mode_note
    return claims, "whole"
