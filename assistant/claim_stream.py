"""Streamed text → claims, each as soon as its last brace has come; whether the model writes lines or one object.

Two shapes are read: ``{"claims": [{…}, {…}]}``, as a JSON schema makes a server write it, and one claim on a line:
``[iv.p1.s3] Either Participant may …`` or the same as a JSON object.
"""

import json
import re
import unicodedata
from collections.abc import Iterator

from assistant.briefing import NO_CLAIM
from assistant.gate.foreign import talks
from assistant.repetition import is_looping
from assistant.types import Claim

MAX_CLAIMS = 12
_REPEATS = 2  # a model that has said this many things twice has nothing more to say
_ENVELOPE = re.compile(r'\s*(?:```\w*\s*)?\{\s*"claims"\s*:\s*\[')
# What may still become an envelope; a line that begins otherwise need not wait.
_BEGINNING = re.compile(r'\s*(?:`{0,3}\w*\s*)?(?:\{\s*(?:"?(?:c(?:l(?:a(?:i(?:m(?:s"?\s*:?\s*)?)?)?)?)?)?)?)?')
_DRESS = re.compile(r"^(```\w*|[-*\d.)\s]+(?=[\[{]))")
_ADDRESSED = re.compile(r"\[([^\[\]]{1,200})\]\s*(\S.*)")
_AFTER_ENVELOPE = re.compile(r"\s*\}\s*(?:```)?\s*")
_DECODER = json.JSONDecoder()


class ClaimStream:
    """Takes the text piece by piece, at most ``most`` claims of it; a claim that came before is no new claim.

    ``opening`` is how the answer was begun for the model (see ``continued``).
    """

    def __init__(self, most: int = MAX_CLAIMS, opening: str = "") -> None:
        self._most = min(most, MAX_CLAIMS)
        self._opening = opening
        self._begun = False  # the line that is read next has the opening before it
        self._looping = False
        self._talk = False  # a line that is no claim: harmless beside claims, no answer by itself
        self._buffer = ""
        self._shape: str | None = None  # "object" or "lines", once that is clear
        self._closed = False  # the list of claims has ended
        self._seen: set[Claim] = set()
        self._repeated = 0
        self.malformed = False

    @property
    def enough(self) -> bool:
        """Whether no more claims are taken: their number is reached, or the model repeats itself."""
        return len(self._seen) >= self._most or self._repeated >= _REPEATS or self._looping

    def feed(self, text: str) -> list[Claim]:
        """The claims this piece completes."""
        if self._opening and text.strip():
            whole = continued(self._opening, text)
            text, self._begun, self._opening = whole, whole != text, ""
        found = self._complete(text)
        self._looping = self._looping or is_looping(self._buffer)
        self.malformed |= self._looping and not self._seen
        return found

    def _complete(self, text: str) -> list[Claim]:
        self._buffer += text
        if self._shape is None:
            self._shape = self._recognised()
        if self._shape == "object":
            return list(self._elements()) if "}" in text or "]" in text else []
        if self._shape == "lines":
            *complete, self._buffer = self._buffer.split("\n")
            return [claim for line in complete if (claim := self._line(line))]
        return []

    def rest(self) -> list[Claim]:
        """The claims of what has not been ended by a line break; ``malformed`` says whether anything else is left."""
        if self._shape == "object":
            found = list(self._elements())
            self.malformed |= not self._closed or not _AFTER_ENVELOPE.fullmatch(self._buffer)
            return found
        lines, self._buffer = self._buffer.split("\n"), ""
        found = [claim for line in lines if (claim := self._line(line))]
        self.malformed |= self._talk and not self._seen
        return found

    def _recognised(self) -> str | None:
        if envelope := _ENVELOPE.match(self._buffer):
            self._buffer = self._buffer[envelope.end() :]
            return "object"
        return None if _BEGINNING.fullmatch(self._buffer) else "lines"

    def _elements(self) -> Iterator[Claim]:
        """Whole elements of the list, taken from the front of the buffer."""
        while not self._closed:
            self._buffer = self._buffer.lstrip(" \t\r\n,")
            if self._buffer.startswith("]"):
                self._buffer = self._buffer[1:]
                self._closed = True
                return
            try:
                row, end = _DECODER.raw_decode(self._buffer)
            except (ValueError, RecursionError):
                return  # not yet whole; what never becomes whole is malformed at the end
            self._buffer = self._buffer[end:]
            if claim := self._claim(row):
                yield claim

    def _line(self, line: str) -> Claim | None:
        line = _DRESS.sub("", line.strip()).rstrip(",")
        if not line or line == NO_CLAIM:
            return None
        if (addressed := _ADDRESSED.fullmatch(line)) and not line.startswith('["'):
            begun, self._begun = self._begun, False
            if addressed[2] == NO_CLAIM:
                return None
            if begun and talks(addressed[2]):  # begun anew, so that the address before it is none of its own
                self._talk = True
                return None
            return self._claim({"addresses": re.split(r"[,\s]+", addressed[1].strip()), "text": addressed[2]})
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            if line.startswith(("{", "[")):
                self.malformed = True
            else:
                self._talk = True
            return None
        return self._claim(row)

    def _claim(self, row: object) -> Claim | None:
        match row:
            case {"text": str(text), "addresses": list(addresses)} if all(isinstance(a, str) for a in addresses):
                named = dict.fromkeys(_shown(address).strip("[]") for address in addresses)
                claim = Claim(_shown(text), "statement", tuple(named))
            case _:
                self.malformed = True
                return None
        if claim in self._seen:
            self._repeated += 1
            return None
        self._repeated += any(claim.text == other.text for other in self._seen)  # the same of another sentence
        if self.enough:
            return None
        self._seen.add(claim)
        return claim


def continued(opening: str, text: str) -> str:
    """A whole answer from what was begun for the model and what it wrote; some servers let it begin anew.

    A beginning of ``text`` is enough; what cannot be told by it (talk, a "(none)" in pieces) is told by its whole line.
    """
    return text if text.lstrip().startswith(("[", "{", "`", NO_CLAIM)) else opening + text


def _shown(text: str) -> str:
    """One line without control, invisible and unpaired characters: what the gate reads is what a reader would see."""
    return "".join(c for c in " ".join(text.split()) if not unicodedata.category(c).startswith("C"))
