"""Questions of the tests, and the asking of one."""

from assistant.ask import Assistant
from assistant.types import Answer, Language, Request

LEAVING = "How can a country leave the MOC and how long does it take?"
BINDING_JA = "この覚書に法的拘束力はありますか"
TARIFFS = "What does it say about tariffs?"
ALL_AI = "What are all the focus areas of AI cooperation?"
ORGANISATIONS = "Which organisations are named in the whole document?"
HARMONISE = "What does it say about harmonizing AI practices?"
PLEDGE = "How much did Japan pledge under the MOC?"
PARTLY = "Where was it signed, and how many soldiers does Japan send?"
SAMPLE = (LEAVING, BINDING_JA, TARIFFS, PLEDGE, HARMONISE, ALL_AI, PARTLY, "関税について", "Hello", "どう思いますか")


def ask(assistant: Assistant, text: str, language: Language | None = None) -> Answer:
    return assistant.answer(Request(text, language))


def statements(answer: Answer) -> list[str]:
    """What a language model wrote of an answer."""
    return [claim.text for claim in answer.claims if claim.kind == "statement"]
