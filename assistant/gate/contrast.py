"""The yes or no before a claim, and what it denies beside: "in writing, not orally" says no more than "in writing".

What a claim denies is otherwise as much its own word as what it says: "not A but B" would carry any A to a reader. So
an alternative is left out of the checks only where it is wholly the opposite of something the cited sentences say, or
where the claim answers a question with no and its first clause denies what the whole document nowhere speaks of.
"""

import re

from assistant.gate.record import Cited, shipped
from assistant.gate.support import support

_REPLY = re.compile(r"^\W*(?:(?:yes|no|correct|right)\b[,.:;]|(?:はい|いいえ|いえ|ええ)[、。,])\s*", re.IGNORECASE)
# (what is denied, what the cited English must have for it to be the opposite); nothing else may stand beside it.
_OPPOSITES = (
    (r"(?:oral|verbal)(?:ly)?(?: notice| notification)?|by word of mouth|口頭(?:で|の通知)?", r"\bwritten\b"),
    (r"(?:just |only )?one(?: participant| side| government| country)?(?: alone)?|(?:一方|片方)(?:だけ)?", r"\bboth\b"),
    (r"elsewhere|anywhere else|somewhere else|他の場所", r"\bsigned at\b"),
    (r"(?:as )?an? (?:agreement|treaty|contract)|(?:合意|条約|契約)(?:など)?", r"\brecognition reached\b"),
    (r"(?:those of )?the past|(?:the )?past (?:ones|missions)|過去の(?:もの|ミッション)?", r"\bfuture\b"),
    (
        r"(?:one|a|the) (?:single|common|same|uniform) (?:rule ?book|set of rules|rules?)|the same rules|"
        r"(?:同じ|同一の|共通の)(?:ai)?(?:ルール|規則)(?:を(?:作る|定める|設ける|定めた|作った))?",
        r"\bmutual understanding of guidelines\b",
    ),
)
_DENIALS = tuple(
    (
        re.compile(
            rf"(?:, (?:and |but )?not|,? \brather than|,? \binstead of) (?:{denied})(?=[.,;]|$)|"
            rf"\bnot (?:{denied}),? but\b|(?:(?<=[、。はをが])|^)(?:{denied})(?:の|わけ)?では?なく、?",
            re.IGNORECASE,
        ),
        re.compile(said),
    )
    for denied, said in _OPPOSITES
)
# "No, A is not so; B is." The first clause, and what follows it.
_NO_THEN = re.compile(
    r"^\W*no, (?P<denied>[^.;:]*?(?:\bnot\b|n't|\bno\b)[^.;:]*)[.;:]\s+(?P<rest>.{20,})$|"
    r"^いい?え、(?P<denied_ja>[^。]{2,40}?)(?:の|わけ|もの)?では?(?:なく、?|ありません。|ない。)(?P<rest_ja>.{10,})$",
    re.IGNORECASE | re.DOTALL,
)


def without_reply(text: str) -> str:
    """A claim without the yes or no before it, which answers a question and says nothing of its own."""
    return _REPLY.sub("", text)


def affirmed(text: str, cited: Cited) -> str:
    """A claim without a yes or no and without what it denies beside what its sentences say."""
    for denial, said in _DENIALS:
        if said.search(cited.english):
            text = denial.sub(" ", text)
    return without_reply(_after_no(text, cited))


def _after_no(text: str, cited: Cited) -> str:
    """What follows a no and the denial of what is nowhere in the document, where the cited sentences bear it wholly."""
    found, record = _NO_THEN.match(text), shipped()
    if found is None or record is None or not cited.addresses:
        return text
    denied, rest = found["denied"] or found["denied_ja"], found["rest"] or found["rest_ja"]
    foreign = support(denied, record.at(record.addresses)).missing
    return rest if foreign and not support(rest, cited).missing else text
