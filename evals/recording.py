"""What the real small model writes to real questions, kept word for word, so that it can be replayed and read.

A recording is made once on whatever machine has the time; replayed through the whole application it gives the same
answers everywhere, which the model itself does not.
"""

import csv
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.briefing import Brief
from assistant.claim_stream import ClaimStream, continued
from assistant.types import Claim
from evals.personalities import Prompt

MAX_TOKENS = 600
LEFT = "left"  # instead of a server's finish_reason: it was still writing, and nobody would have read on
CLAIMS = Path(__file__).parent / "claims" / "recorded.tsv"
HEADER = ("id", "language", "addresses", "label", "labelled_by", "claim")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One answer of the model: the question it was sent, its text, and its own times in seconds."""

    id: str
    question: str
    language: str
    text: str
    finish: str | None
    first_token_seconds: float
    seconds: float


def record(base_url: str, model: str, id_: str, brief: Brief, response_format: Mapping[str, Any] | None) -> Recorded:
    """Ask the server itself, without the application around it; left as soon as the application would leave it."""
    import httpx

    body = {
        "model": model,
        "messages": [dict(message) for message in brief.messages(structured=response_format is not None)],
        "temperature": 0,
        "max_tokens": MAX_TOKENS,
        "stream": True,
    }
    if response_format is not None:
        body["response_format"] = response_format
    taken = ClaimStream(brief.most_claims, brief.opening)
    prompt = Prompt.of(body)
    began = time.monotonic()
    first, text, finish = 0.0, "", None
    with httpx.stream("POST", f"{base_url}/chat/completions", json=body, timeout=600) as reply:
        reply.raise_for_status()
        for piece, reason in _pieces(reply.iter_lines()):
            first = first or (time.monotonic() - began if piece else 0.0)
            text, finish = text + piece, reason or finish
            taken.feed(piece)
            if taken.enough and finish is None:
                finish = LEFT
                break
    seconds = time.monotonic() - began
    text = continued(brief.opening, text) if text.strip() else text
    return Recorded(id_, prompt.question, prompt.language, text, finish, round(first, 3), round(seconds, 3))


def _pieces(lines: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for line in lines:
        if line.startswith("data: {"):
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                yield choice["delta"].get("content") or "", choice["finish_reason"]


def append(path: Path, recorded: Recorded) -> None:
    """Add one answer to a file of JSON lines."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(recorded), ensure_ascii=False) + "\n")


def load(path: Path) -> tuple[Recorded, ...]:
    """The answers of a file; none where there is no file."""
    if not path.exists():
        return ()
    return tuple(Recorded(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def claims(recorded: Recorded) -> list[Claim]:
    """Every whole claim in a recorded answer; the application stops reading where a model repeats itself."""
    if not recorded.text.lstrip().startswith("["):
        stream = ClaimStream()
        found = stream.feed(recorded.text)
        return found if recorded.finish == LEFT else [*found, *stream.rest()]
    lines = recorded.text.split("\n")
    whole = lines[:-1] if recorded.finish == LEFT else lines
    return list(dict.fromkeys(claim for line in whole for claim in ClaimStream().feed(f"{line}\n")))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim the model really wrote and whether its sentences bear it, read one by one; ``by`` says by whom.

    ``label`` is supported, unsupported, or elsewhere: another sentence than the one it names bears it.
    """

    id: str
    language: str
    addresses: tuple[str, ...]
    label: str
    by: str
    text: str

    @property
    def is_supported(self) -> bool:
        """Whether its sentences bear it, by its label."""
        return self.label == "supported"

    def is_supported_at(self, addresses: tuple[str, ...]) -> bool:
        """Whether it may stand under these addresses, which are the ones it names or the gate's repair."""
        return self.is_supported or (self.label == "elsewhere" and addresses != self.addresses)


def label_of(text: str, addresses: tuple[str, ...], labelled: Iterable[Labelled]) -> Labelled | None:
    """The label of a claim, whatever question it answered; under another address only one that speaks against it."""
    same = [one for one in labelled if one.text == text]
    here = [one for one in same if one.addresses == addresses]
    return next(iter(here or [one for one in same if not one.is_supported]), None)


def unlabelled(recorded: Iterable[Recorded], labelled: Sequence[Labelled]) -> Iterator[str]:
    """A row for each claim without a label under its addresses, ``?`` where label and labeller belong."""
    known = {(one.text, one.addresses) for one in labelled}
    for answer in recorded:
        for claim in claims(answer):
            if (claim.text, claim.addresses) not in known and claim.addresses and claim.text:
                known.add((claim.text, claim.addresses))
                yield "\t".join((answer.id, answer.language, "+".join(claim.addresses), "?", "?", claim.text))


def labelled(path: Path = CLAIMS) -> tuple[Labelled, ...]:
    """The labelled claims; none where there is no file."""
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        Labelled(r["id"], r["language"], tuple(r["addresses"].split("+")), r["label"], r["labelled_by"], r["claim"])
        for r in rows
    )
