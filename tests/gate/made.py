"""The document as the gate reads it, for tests of the gate; their tables name an address first, then the claim."""

from assistant.gate.record import Cited, Record
from assistant.types import IndexIdentity, Language
from assistant.verify import Verifier
from index import parse, reading_aid

DOCUMENT = parse.load()
AID = reading_aid.load(DOCUMENT)
RECORD = Record(DOCUMENT, AID)
VERIFIER = Verifier(DOCUMENT, AID, IndexIdentity("", ""))


def at(*addresses: str) -> Cited:
    """What a claim cites."""
    return RECORD.at(addresses)


def language_of(claim: str) -> Language:
    """Japanese where a single sign is no ASCII; so English claims of these tests are written in ASCII."""
    return "en" if claim.isascii() else "ja"
