"""Made-up agreements of any length, the same for the same length: sentences a parser can tell apart and a model embed.

Beyond DISTINCT sentences the embedded ones are used again with a small seeded noise in their vectors: embedding a
hundred thousand sentences would measure the embedding model, which is the same for every length.
"""

import random
from collections.abc import Iterator

import numpy as np

DISTINCT = 10_000
NOISE = 0.02  # standard deviation in each of 384 dimensions of a unit vector: a cosine of about 0.93 to the original
_SEED = 20251028
_SENTENCES, _PARAGRAPHS, _TOPICS = 5, 10, 20  # of a paragraph, a topic, a section
_SUBJECTS = (
    "The Participants", "Each Participant", "Either Participant", "The ministries concerned", "The joint committee",
    "Research organizations of both countries", "The agencies in charge", "Industry of both sides",
    "The working group", "The laboratories involved",
)  # fmt: skip
_VERBS = (
    "intend to expand", "plan to review", "may propose", "should notify the other side of", "expect to deepen",
    "aim to coordinate", "recognize the value of", "welcome", "are encouraged to share", "intend to assess",
    "plan to fund within their means", "may suspend", "should publish", "expect to finish",
)  # fmt: skip
_KINDS = (
    "joint", "long-term", "regional", "secure", "open", "voluntary", "industrial", "academic", "bilateral", "early",
    "measurable", "resilient", "affordable", "civil", "coastal", "urban", "marine", "clinical", "digital", "mobile",
)  # fmt: skip
_THINGS = (
    "research on batteries", "training of nurses", "studies of sea ice", "standards for hydrogen", "satellite data",
    "work on vaccines", "ports and shipping", "earthquake warning", "cables and networks", "recycling of metals",
    "forest monitoring", "robotics for care", "semiconductor packaging", "water treatment", "wind power at sea",
    "quantum sensors", "fusion materials", "crop protection", "cyber exercises", "railway signalling",
    "nuclear safety", "fisheries control", "museum archives", "language teaching", "space debris removal",
)  # fmt: skip
_ENDS = (
    "within twelve months", "through their agencies", "in line with domestic law", "at no cost to the other side",
    "for the benefit of smaller companies", "with partners in the region", "subject to available funds",
    "after consultations in writing", "under the guidance of the committee", "until the end of the decade",
    "on the basis of equality", "without prejudice to other arrangements", "in times of crisis", "by mutual consent",
)  # fmt: skip
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def agreement(passages: int) -> str:
    """The text of an agreement with so many passages, its title and date among them."""
    lines = ["Memorandum of Cooperation on Many Matters", "October 28, 2025"]
    sentences = _sentences()
    left = passages - 2
    section = 0
    while left > 0:
        section += 1
        lines.append(f"{_roman(section)}. Field {section} and Related Matters")
        for topic in range(1, _TOPICS + 1):
            if left <= 0:
                break
            lines.append(f"- **Topic {section} {topic}**")
            for _ in range(_PARAGRAPHS):
                size = min(_SENTENCES, left)
                if size <= 0:
                    break
                lines.append(" ".join(next(sentences) for _ in range(size)))
                left -= size
    return "\n".join(lines) + "\n"


def spread(vectors: np.ndarray, count: int) -> np.ndarray:
    """``count`` unit vectors (count, d): the given ones, then again and again the same with noise."""
    if count <= len(vectors):
        return vectors[:count]
    dice = np.random.default_rng(_SEED)
    again = vectors[np.arange(len(vectors), count) % len(vectors)]
    noisy = (again + dice.normal(0, NOISE, again.shape)).astype(np.float32)
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    return np.concatenate([vectors, noisy])


def _sentences() -> Iterator[str]:
    """DISTINCT different sentences, then the same ones again."""
    dice = random.Random(_SEED)
    made: dict[str, None] = {}
    while len(made) < DISTINCT:
        parts = (dice.choice(words) for words in (_SUBJECTS, _VERBS, _KINDS, _THINGS, _ENDS))
        sentence = " ".join(parts) + "."
        if sentence not in made:
            made[sentence] = None
            yield sentence
    while True:
        yield from made


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written
