"""Where in the document a claim belongs: the sentences whose rare words it shares, compared with those it cites."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from assistant.gate.record import Cited, Record
from assistant.gate.support import Support, pieces, support
from assistant.gate.words import plain

# What only some sentences are about, by words too common to place a claim by their rarity.
_TOPICS = (
    (
        re.compile(
            r"\b(?:discontinu\w+|terminat\w+|(?<!in the )end(?:ing)? (?:the|this|it|its) ?(?:moc|memorandum|"
            r"arrangement|"
            r"document|deal|"
            r"cooperation|participation)?|withdraw(?:al|ing|s)?|pull(?:ing)? out|walk(?:ing)? away)\b|終了(?:させ|"
            r"する|を|の通知|は)|離脱"
        ),
        re.compile(r"discontinu"),
    ),
    (re.compile(r"\b(?:written notice|notice of|notif\w+)\b|(?:書面|終了)(?:による|の)通知"), re.compile(r"notice")),
    (re.compile(r"\bwas signed\b|\bsigned (?:at|in|on)\b|署名された|署名地"), re.compile(r"signed|\d{4}")),
    (
        re.compile(r"\bexpenditures?\b|\bspend(?:ing)? (?:of )?(?:money|funds)\b|資金の支出|支出"),
        re.compile(r"expenditure|invest|fund"),
    ),
    (re.compile(r"\blegally binding\b|法的拘束力"), re.compile(r"binding|oblig|legal")),
    (re.compile(r"\blegal frameworks?\b|法的枠組"), re.compile(r"legal framework|law")),
)
_CLEARLY = 1.6  # how many times as near another sentence must be before a citation counts as wrong


@dataclass(frozen=True, slots=True)
class Place:
    """The sentence of the document, among those not cited, that is nearest to a claim.

    ``near`` and ``cited_near`` are summed rarities of the shared words; ``support`` is what the other sentence holds.
    """

    address: str
    near: float
    cited_near: float
    support: Support

    @property
    def is_nearer(self) -> bool:
        """Whether the claim clearly belongs there and not where it says."""
        return self.near > _CLEARLY * self.cited_near + 1.0


def best_elsewhere(claim: str, cited: Cited, record: Record) -> Place | None:
    """The nearest sentence that is not cited; None where no other sentence shares a word with the claim."""
    near = {address: value for address, value in _nearness(claim, record).items() if address not in cited.addresses}
    if not near:
        return None
    address = next(iter(near))
    shared = pieces(plain(claim)) & pieces(cited.everything)
    rarity = _rarity(record)
    cited_near = sum(rarity[word] for word in sorted(shared) if word in rarity)
    return Place(address, near[address], cited_near, support(claim, record.at((address,))))


def off_topic(claim: str, cited: Cited) -> bool:
    """Whether a claim is about the end, the signature, money … and none of its sentences is."""
    if not cited.addresses:
        return False
    said = plain(claim)
    return any(topic.search(said) and not held.search(cited.english) for topic, held in _TOPICS)


def nearest(claim: str, record: Record) -> list[str]:
    """Addresses of the sentences that share a word with a claim, nearest first."""
    return list(_nearness(claim, record))


def _nearness(claim: str, record: Record) -> dict[str, float]:
    words = pieces(plain(claim))
    rarity = _rarity(record)
    near = {
        address: sum(rarity[word] for word in sorted(words & own))
        for address, own in _words_at(record).items()
        if address not in ("title", "date")
    }
    ranked = sorted(near.items(), key=lambda item: (-item[1], item[0]))
    return {address: value for address, value in ranked if value > 0}


@lru_cache(maxsize=4)
def _words_at(record: Record) -> dict[str, frozenset[str]]:
    return {address: pieces(record.at((address,)).everything) for address in record.addresses}


@lru_cache(maxsize=4)
def _rarity(record: Record) -> dict[str, float]:
    """Inverse document frequency (Spärck Jones 1972) over the sentences."""
    counts = Counter(word for own in _words_at(record).values() for word in own)
    return {word: math.log(len(record.addresses) / count) for word, count in counts.items()}
