"""The document's coverage: which sentences no question asks for, no search finds and no answer cites."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from index.document import Document

TOP = 5  # a sentence counts as retrieved when a search ranks it this high


def coverage(document: Document, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Address → how often it is gold of a case (asked), ranked in the first five (retrieved) and shown (cited).

    ``never`` lists, for each of the three, the addresses that occur nowhere. ``rows`` are lines of results.jsonl.
    """
    asked: Counter[str] = Counter()
    retrieved: Counter[str] = Counter()
    cited: Counter[str] = Counter()
    for row in rows:
        asked.update(row["gold"])
        retrieved.update(row.get("ranking", ())[:TOP])
        cited.update(address for address in row.get("shown", ()) if address)
    counts = {
        address: {"asked": asked[address], "retrieved": retrieved[address], "cited": cited[address]}
        for address in document.by_address
    }
    return {
        "schema": 1,
        "sentences": counts,
        "never": {
            what: [address for address, count in counts.items() if not count[what]]
            for what in ("asked", "retrieved", "cited")
        },
    }


def line(found: Mapping[str, Any]) -> str:
    """The map in one line."""
    never: Mapping[str, Sequence[str]] = found["never"]
    parts = [f"never {what}: {', '.join(never[what]) or 'none'}" for what in ("asked", "retrieved", "cited")]
    return f"Of {len(found['sentences'])} sentences, " + "; ".join(parts) + "."
