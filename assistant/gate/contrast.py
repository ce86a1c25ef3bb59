"""The yes or no before a claim, and what it denies beside: "in writing, not orally" says no more than "in writing".

What a claim denies is otherwise as much its own word as what it says: "not A but B" would carry any A to a reader. So
only an alternative that is wholly the opposite of something the cited sentences say is left out of the checks.
"""

import re

from assistant.gate.record import Cited

_REPLY = re.compile(r"^\W*(?:(?:yes|no|correct|right)\b[,.:;]|(?:はい|いいえ|いえ|ええ)[、。,])\s*", re.IGNORECASE)
# (what is denied, what the cited English must have for it to be the opposite); nothing else may stand beside it.
_OPPOSITES = (
    (r"(?:oral|verbal)(?:ly)?(?: notice| notification)?|by word of mouth|口頭(?:で|の通知)?", r"\bwritten\b"),
    (r"(?:just |only )?one(?: participant| side| government| country)?(?: alone)?|(?:一方|片方)(?:だけ)?", r"\bboth\b"),
    (
        r"(?:(?:with|from|on|at|after) )?(?:its|the|when it (?:is|was))? ?(?:writing|sending|posting|dispatch|"
        r"written|sent)"
        r"(?: of (?:it|the notice))?|(?:通知を)?(?:書いた|出した|送った|発した|作成した)(?:日|とき|時)(?:から)?",
        r"\bis delivered\b",
    ),
    (r"elsewhere|anywhere else|somewhere else|他の場所", r"\bsigned at\b"),
    (r"(?:as )?an? (?:agreement|treaty|contract)|(?:合意|条約|契約)(?:など)?", r"\brecognition reached\b"),
    (r"(?:those of )?the past|(?:the )?past (?:ones|missions)|過去の(?:もの|ミッション)?", r"\bfuture\b"),
    (
        r"(?:one|a|the) (?:single|common|same|uniform) (?:rule ?book|set of rules|rules?)|the same rules|"
        r"(?:同じ|同一の|共通の)(?:ai)?(?:ルール|規則)(?:を(?:作る|定める|設ける|定めた|作った))?",
        r"\bmutual understanding of guidelines\b",
    ),
)
_DUTIES = (  # nothing in the document is one of these
    r"(?:as )?(?:an? |any )?(?:(?:fixed|firm|blanket|binding|strict|hard|formal|legal|mutual|general|automatic|"
    r"unconditional|mandatory) ){0,2}(?:dut(?:y|ies)|obligations?|requirements?|promises?|guarantees?|commitments?|"
    r"pledges?|mandates?)|(?:確定した|固定の|一律の|厳格な|法的な?|拘束力のある)?(?:義務|要件|約束|保証|確約)|"
    r"(?:as )?(?:something |anything |a thing |a matter )?(?:already |yet |that is )*(?:settled|achieved|agreed|"
    r"decided|done|"
    r"in place|promised|guaranteed|required|fixed)"
)
_DENIALS = tuple(
    (
        re.compile(
            rf"(?:(?:,|\b(?:and|but)) (?:and |but )?not|,? \brather than|,? \binstead of) (?:{denied})(?=[.,;]|$)|"
            rf"\bnot (?:{denied}),? but\b|(?:(?<=[、。はをが])|^)(?:{denied})(?:の|わけ)?では?なく、?",
            re.IGNORECASE,
        ),
        re.compile(said),
    )
    for denied, said in (*_OPPOSITES, (_DUTIES, ""))
)


def without_reply(text: str) -> str:
    """A claim without the yes or no before it, which answers a question and says nothing of its own."""
    return _REPLY.sub("", text)


def affirmed(text: str, cited: Cited) -> str:
    """A claim without a yes or no and without the opposites of its sentences that it denies."""
    for denial, said in _DENIALS:
        if said.search(cited.english):
            text = denial.sub(" ", text)
    return without_reply(text)
