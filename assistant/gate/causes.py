"""Invented causes: a claim says that one thing follows from another where the cited sentences name no such ground."""

import re

from assistant.gate.contrast import without_reply
from assistant.gate.record import Cited
from assistant.gate.support import support
from assistant.gate.words import is_japanese, plain

_CAUSE = re.compile(
    r"^since (?!\d|the sign|signature|october)[^,.;]*\b(?:is|are|was|were|has|have|had)\b[^,.;]*,|"
    r"\b(?:because(?! of (?:this|the|its|that) (?:document|memorandum|moc|text|paper))|due to|owing to|thanks to|"
    r"as a result|result(?:s|ed|ing)? (?:from|in|of)|the result of|caused|causes|causing|led (?:\w+ly )?to|leads to|"
    r"leading to|in response to|in reaction to|therefore|consequently|hence|that is why|which is why|"
    r"on account of(?! (?:this|the|its|that) (?:document|memorandum|moc|text|paper))|triggered|prompted|"
    r"stem(?:s|med|ming)? from|driven by|following (?:the|a) (?:crisis|attack|incident|breach|scandal|war|"
    r"pandemic)|after (?:the|a) (?:crisis|attack|breach|scandal|war|pandemic)|became necessary|owed to)\b|"
    r"(?:た|だ|い|る)ため(?:、|に、|で|だ|と)|ためである|ためです|ためだ|ことから|を受け(?:て|、)|を理由に|"
    r"理由は|が原因|を原因|の原因|の結果|"
    r"結果として|によって生じ|により生じ|せいで|おかげで|ことによる|に起因|を背景に|きっかけ|(?<!も)ので、|したがって|"
    r"従って、|そのため|それゆえ|だからこそ|からである|からです"
)
# One thing as the outcome of another: not even a sentence that recognises a ground says that.
_OUTCOME = re.compile(
    r"\b(?:the|a|as a|direct) (?:direct )?(?:result|consequence|outcome|product) of\b|\b(?:was|were|is|are|"
    r"been) (?:caused|triggered|prompted|brought about) by\b|"
    r"\bresulted (?:from|in)\b|\bled (?:\w+ly )?to the\b|\bhas (?:already )?(?:led to|caused)\b|"
    r"の結果(?:である|です|として|、)|によって(?:引き起こ|もたら)され|が原因"
)
# Clauses that give the wording itself as a ground ("because other agencies are mentioned too").
_WORDING = re.compile(
    r"mention|list|enumerat|exhaust|open-ended|網羅|nam(?:e|ed|es)\b|says?|stat(?:e|ed|es)\b|includ|may\b|refer|"
    r"word|記|挙|含ま|言及|述べ|"
    r"され(?:ている|ており|る)ため|できるため"
)
_AS_WRITTEN_JA = re.compile(  # the wording itself as the ground (…とあるので)
    r"と(?:あ(?:る|り)|書かれてい(?:る|ます)|されてい(?:る|ます)|記されてい(?:る|ます)|述べてい(?:る|ます))(?:の?で|ため|ことから|から)、?"
)
_SILENT_ON = re.compile(r"nothing in this moc|does not create")
_NOT_ALONE = re.compile(
    r"\balone (?:cannot|may not)|\b(?:cannot|may not)\b[^.;,]{0,40}\b(?:alone|by itself|on its own)\b"
)
_GROUND = re.compile(
    r"\b(?:recognizing|appreciating|highlighting|noting|affirming|expanding|acknowledging|importance|need|role|"
    r"potential|because|underpin|essential)\b|認識し|踏まえ|評価し|強調し"
)


def names_cause(claim: str, cited: Cited) -> bool:
    """Whether a claim gives a ground for something; the sentence itself as the ground of a yes or no is none."""
    said = _AS_WRITTEN_JA.sub(" ", plain(claim))
    replies = without_reply(said) != said or _NOT_ALONE.search(said) is not None
    return any(
        not _WORDING.search(_clause_at(said, match.start())) and not (replies and _borne(said[match.end() :], cited))
        for match in _CAUSE.finditer(said)
    )


def _borne(ground: str, cited: Cited) -> bool:
    """Whether the cited sentences hold every word of a ground."""
    found = support(re.split(r"[,;.]", ground, maxsplit=1)[0], cited)
    return found.words > 1 and not found.missing


def _clause_at(said: str, start: int) -> str:
    """What follows a causal word, up to the end of its clause."""
    return re.split(r"[,;。、]", said[start + 1 : start + 90], maxsplit=1)[0]


def invents_cause(claim: str, cited: Cited) -> bool:
    """Whether it does so although nothing in the cited sentences is a ground of anything."""
    if _OUTCOME.search(plain(claim)) and _OUTCOME.search(cited.everything) is None:
        return True
    if (
        _SILENT_ON.search(cited.english)
        and not is_japanese(claim)
        and all(_borne(plain(claim)[match.end() :], cited) for match in _CAUSE.finditer(plain(claim)))
    ):
        return False  # what nothing in the document does is itself the ground of a plainer "no"
    return names_cause(claim, cited) and _GROUND.search(cited.everything) is None and not _purpose(claim, cited)


def _purpose(claim: str, cited: Cited) -> bool:
    """「…するため」 of a purpose the sentence names is no cause."""
    held = "ため" in cited.japanese or "目的" in cited.japanese
    return held and re.search(r"(?:[うくぐすつぬぶむる]|の)ため", plain(claim)) is not None
