"""The lock that ties gold to the text: each address with its offsets and the digest of its words.

A changed or moved sentence shows as the addresses it touches, instead of as cases that silently ask about other words.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from evals.cases import QUESTIONS
from index.document import Document
from index.errors import UserError

LOCK = QUESTIONS / "spans.tsv"
_ELSEWHERE = "the document has changed elsewhere"
_HEADER = "address\tstart\tend\tquote_sha256\tdocument_sha256"


class StaleLock(UserError):
    """The eval questions were written for another text of record (exit 4)."""

    exit_code = 4


def render(document: Document) -> str:
    """The lock of a document, as it stands in the file."""
    rows = (
        f"{s.address}\t{s.start}\t{s.end}\t{_digest(s.text)}\t{document.sha256}" for s in document.by_address.values()
    )
    return "\n".join((_HEADER, *rows)) + "\n"


def write(document: Document, path: Path = LOCK) -> None:
    """Lock the questions to ``document`` as it is now."""
    path.write_text(render(document), encoding="utf-8")


def differences(document: Document, path: Path = LOCK) -> tuple[str, ...]:
    """How the document differs from the lock, a line for each address it touches; empty when it holds.

    Raises:
        StaleLock: there is no lock.
    """
    try:
        locked = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StaleLock(
            f"{path} cannot be read ({error}); 'python -m evals validate --write-spans' writes it"
        ) from None
    wanted = render(document)
    if locked == wanted:
        return ()
    then, now = _rows(locked.splitlines()[1:]), _rows(wanted.splitlines()[1:])
    changes = {address: _change(then.get(address), now.get(address)) for address in then | now}
    found = [f"{path}:{address}: {what}" for address, what in changes.items() if what not in ("", _ELSEWHERE)]
    if untouched := sum(what == _ELSEWHERE for what in changes.values()):
        found.append(f"{path}: the document is another one, but {untouched} sentences stand where they stood")
    return tuple(found) or (f"{path}: is malformed",)


def changed(document: Document, path: Path = LOCK) -> frozenset[str]:
    """The addresses whose sentence is new, gone, or has other words than when the questions were written."""
    then = _rows(path.read_text(encoding="utf-8").splitlines()[1:])
    now = _rows(render(document).splitlines()[1:])
    digests = {address: rest[2] if len(rest) > 2 else None for address, rest in then.items()}
    return frozenset(a for a in then | now if a not in now or digests.get(a) != now[a][2])


def check(document: Document, path: Path = LOCK) -> None:
    """Refuse to score against another text; raises StaleLock naming the first difference and the way out."""
    if found := differences(document, path):
        raise StaleLock(
            f"{found[0]} ({len(found)} in all); review the questions of these sentences, "
            "then run 'python -m evals validate --write-spans'"
        )


def _rows(lines: Iterable[str]) -> dict[str, list[str]]:
    return {address: rest for address, *rest in (line.split("\t") for line in lines)}


def _change(then: list[str] | None, now: list[str] | None) -> str:
    if then is None or now is None:
        return "is new in the document" if then is None else "is no longer in the document"
    if len(then) != len(now):
        return "the row is malformed"
    if then[2] != now[2]:
        return "the sentence has changed"
    if then[:2] != now[:2]:
        return f"the sentence has moved from {then[0]}:{then[1]} to {now[0]}:{now[1]}"
    return _ELSEWHERE if then[3] != now[3] else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
