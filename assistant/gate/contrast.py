"""What a claim denies only to say what is so instead: "not A but B", "No, it is not A; …", 「AではなくB」.

Readers presume things in their questions, and a true answer may name and deny them. Where the cited sentences do not
speak of A, denying it adds nothing; where they do, it is a denial like any other.
"""

import re

from assistant.gate.record import Cited
from assistant.gate.support import support
from assistant.gate.words import plain

_REPLY = re.compile(r"^\W*(?:(?:yes|no|correct|right)\b[,.:;]|(?:はい|いいえ|いえ|ええ)[、。,])\s*", re.IGNORECASE)
_ALTERNATIVES = (
    re.compile(r"^(?:no, )?(?P<denied>[^;:.]*(?:\b(?:not|never|nor|no)\b|n't)[^;:.]*)[;:] (?=\w)", re.IGNORECASE),
    re.compile(r"^no, (?P<denied>[^;:.]*(?:\b(?:not|never|nor|no)\b|n't)[^;:.]*)[.] (?=\w)", re.IGNORECASE),
    re.compile(
        r"(?:\bno (?P<denied>[^,;:.]{3,60}?) (?:is|are|was|were)|(?:^|[,;:.] (?:and |"
        r"but )?)(?P<named>[^,;:.]{3,60}?) (?:is|are) not) "
        r"(?:mentioned|named|stated|specified|given|listed|set out|foreseen)\b",
        re.IGNORECASE,
    ),
    re.compile(r", (?:and |but )?not (?P<denied>[^,;:.]{3,60})(?=[.,;]|$)", re.IGNORECASE),
    re.compile(
        r",? ?\b(?:rather than|instead of) (?P<denied>[^,;:.]{3,60}?)(?=[.,;]|$| (?:is|are|was|were|it|that)\b)",
        re.IGNORECASE,
    ),
    re.compile(r"\bnot (?P<denied>[^,;:.]{3,60}?),? but (?=\w)", re.IGNORECASE),
    re.compile(r"^いいえ、(?P<denied>[^。]{2,40}?)(?:わけ|もの|の)?では?なく、?"),
    re.compile(r"(?P<denied>[^、。はがをも]{1,16})では?なく、?"),
    re.compile(r"(?P<denied>[^、。]{2,24})(?:わけ|もの|の)では?なく、?"),
)
_MORE = re.compile(  # "not only A": A is affirmed
    r"\b(?:only|just|merely|solely|simply|limited|confined|restricted|alone|exhausti\w+)\b|だけ|"
    r"のみ|ばかり|限|とどま|留ま",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"'“‘「『](.+)[\"'”’」』]")
_STRANGE = 1 / 3  # share of the words of A that the cited sentences do not have


def without_reply(text: str) -> str:
    """A claim without the yes or no before it, which answers a question and says nothing of its own."""
    return _REPLY.sub("", text)


def affirmed(text: str, cited: Cited) -> str:
    """A claim without a yes or no and without the alternatives it denies that its sentences do not speak of."""
    for pattern in _ALTERNATIVES:
        text = pattern.sub(
            lambda match: " " if _strange(next(filter(None, match.groups())), cited) else match.group(), text
        )
    return without_reply(text)


def _strange(denied: str, cited: Cited) -> bool:
    if _MORE.search(denied):
        return False
    if quoted := _QUOTED.fullmatch(denied.strip()):
        return plain(quoted[1]) not in cited.everything
    found = support(denied, cited)
    return bool(found.missing) and 1 - found.share >= _STRANGE
