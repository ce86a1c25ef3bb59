"""Legal force: words of treaties and of enforceable duties, which the document either lacks or denies."""

import re

from assistant.gate.negation import denied
from assistant.gate.record import Cited
from assistant.gate.words import plain

# Where the cited sentences deny it, the claim must; where they are silent, the claim may still deny it.
_FORCE = re.compile(
    r"\b(?:treat(?:y|ies)|legally (?:binding|oblig\w+|bound|enforceable|required|incumbent)|"
    r"(?<!non-)(?<!non )binding|contract(?:s|ual|ually)?\b(?! (?:research|development))|"
    r"enforceable|force of law|legal (?:force|duty|duties|obligations?|effect|requirements?)|legal commitments?|"
    r"obligations? under (?:international )?law|"
    r"rights and obligations|(?:becomes?|became|is|as) (?:the |a )?law(?= (?:in|of|for|when|once|as)\b|[.,;]|$))\b|"
    r"縛(?:る|り|ら)|法律(?:に|と)な|"
    r"条約|法的拘束力|法的義務|法的効力|拘束力|法的に拘束|法的な?責任|強制力|契約"
)
# Nothing in the document gives occasion for these, denied or not, unless a cited sentence has them.
_TREATY_WORDS = re.compile(
    r"\b(?:ratif\w+|protocols?|articles? (?:[ivx]+|\d+)\b|(?:its|the) articles\b|contracting part(?:y|ies)|"
    r"states? part(?:y|ies)|signatory states?|each party|"
    r"pact|accord|covenant|convention|statut\w+|courts?|tribunals?|arbitrat\w+|litigat\w+|sanctions?|penalt\w+|fines?|liab\w+|"
    r"breach\w*|violat\w+|"
    r"(?:binding|international|formal|legal) agreements?|precedence|supersed\w+|overrid\w+)\b|"
    r"批准|議定書|締約|第[\d一二三四五六七八九十]+条|第(?:iv|iii|ii|i)条|国際協定|正式な協定|裁判|仲裁|制裁|罰則|"
    r"罰金|違反|賠償|法的責任|優先する効力|条約上"
)
_AGREEMENT_JA = re.compile(r"協定")


def upgrades(claim: str, cited: Cited) -> bool:
    """Whether a claim gives the document more legal force than the cited sentences do."""
    said = plain(claim)
    for match in _FORCE.finditer(said):
        if match.group().startswith("contract") and "contract" in cited.english:
            continue
        if not denied(said, match.start(), match.end()):
            return True
    for match in _TREATY_WORDS.finditer(said):
        if match.group() not in cited.everything and not denied(said, match.start(), match.end()):
            return True
    return bool(_AGREEMENT_JA.search(said)) and "協定" not in cited.japanese and "agreement" not in cited.english
