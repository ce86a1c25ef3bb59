"""Institutions: a claim may name those of its sentences, and no others."""

import re
from functools import cache

from assistant import glossary
from assistant.gate.contrast import affirmed
from assistant.gate.record import Cited
from assistant.gate.words import plain

# An institution named by its kind and its field, as it is written.
_INSTITUTION = re.compile(
    r"\b(?:Institutes?|Agency|Ministry|Office|Cent(?:er|re)|Department|Bureau|Foundation|Council|Commission|Administration|"
    r"Society|Academy|Organi[sz]ation|Authority) (?:of|for|on) (?:the )?"
    r"(?!Tokyo\b|Washington\b|Japan\b)[A-Z]\w+(?: [A-Z]\w+)*"
)


def wrong(claim: str, cited: Cited) -> bool:
    """Whether a claim names an institution that its sentences do not name, or one that the glossary does not know."""
    return bool(cited.addresses) and (_absent(claim, cited) or _unknown(claim, cited))


def _unknown(claim: str, cited: Cited) -> bool:
    named = (plain(match.group()) for match in _INSTITUTION.finditer(claim))
    return any(name not in cited.everything and not any(name in form for form in _forms()) for name in named)


def _absent(claim: str, cited: Cited) -> bool:
    """An institution of the document that none of the cited sentences names."""
    said = affirmed(plain(claim), cited)
    held = {term.en for term in cited.terms}
    return any(term not in held and form.search(said) for form, term in _institutions())


@cache
def _institutions() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every form of every institution that the document names, and what the document calls it."""
    return tuple(
        (
            re.compile(
                rf"(?<![a-z0-9]){re.escape(plain(form))}(?![a-z0-9])" if form.isascii() else re.escape(plain(form))
            ),
            term.en,
        )
        for term in glossary.load().terms
        if term.kind == "organisation" and term.side in ("us", "jp") and not term.en.startswith("Government")
        for form in term.forms
    )


@cache
def _forms() -> tuple[str, ...]:
    """Every form of every glossary term, plain."""
    return tuple(plain(form) for term in glossary.load().terms for form in term.forms)
