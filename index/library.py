"""Puts the index together: which texts belong to a document, and an opened store that matches them."""

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from index import bank, parse, reading_aid
from index.building import build
from index.document import Document
from index.embed import Embedder, load_embedder
from index.entries import Entry, digest, entries_of
from index.errors import IndexUnusable
from index.manifest import Identity, Manifest
from index.settings import IndexSettings
from index.store import NoRoom, Store
from index.terminal import say
from index.vectors import vectors_for


def shipped_entries(document: Document) -> tuple[Entry, ...]:
    """Passages, reading aid and question bank of the text of record."""
    return entries_of(document, reading_aid.load(document), bank.load(document))


def expected(embedding: str, document: Document, origin: str) -> tuple[Identity, tuple[Entry, ...]]:
    """What an index of ``document`` must hold now.

    Raises:
        IndexUnusable: an index of the shipped text holds another text than the one in the checkout.
    """
    if origin == "shipped":
        here = parse.load()
        if here.sha256 != document.sha256:
            raise IndexUnusable(f"it was built from another text ({document.sha256!r}, now {here.sha256!r})")
        entries = shipped_entries(document)
    else:
        entries = entries_of(document)
    return (
        Identity(document.sha256, parse.PARSER_VERSION, embedding, digest(entries), len(entries), origin),
        entries,
    )


def build_index(
    root: Path, embedder: Embedder, source: Path | None = None, is_there: Callable[[], bool] = lambda: False
) -> Manifest:
    """Build an index of the text of record, or passages only of another text file, into ``root``.

    ``is_there`` is asked when other builds have ended: whether one of them has made it already.

    Raises:
        DocumentError: the text, bank or reading aid does not hold together.
        IndexUnusable: it cannot be written, or the shipped vectors do not fit the model.
    """
    document = parse.load(source or parse.TEXT_OF_RECORD)
    if source is None:
        stated = parse.Source.load().sha256
        if document.sha256 != stated:
            raise IndexUnusable(
                f"{parse.TEXT_OF_RECORD} has sha256 {document.sha256}, but source.toml states {stated}; "
                "restore the text, or follow 'Change the document' in CONTRIBUTING.md"
            )
    identity, entries = expected(embedder.fingerprint, document, "file" if source else "shipped")
    return build(root, document, identity, entries, lambda: vectors_for(entries, embedder), is_there)


def open_index(settings: IndexSettings, embedder: Embedder | None = None) -> tuple[Store, Embedder]:
    """Open the index; a missing, stale or damaged one is built anew (one line on stderr) unless that is forbidden.

    Raises:
        IndexUnusable: it may not or cannot be rebuilt.
    """
    embedder = embedder or load_embedder(settings)
    wanted = partial(expected, embedder.fingerprint)
    try:
        return Store.open(settings.directory, wanted), embedder
    except NoRoom:
        raise
    except IndexUnusable as problem:
        if not settings.may_build:
            raise IndexUnusable(
                f"{problem}; run 'python -m index build', or unset MOC_INDEX_BUILD=never to let it be built"
            ) from None
        say(f"index: {problem}; building it from the shipped text", sys.stderr)
    made: list[Store] = []

    def is_there() -> bool:
        with suppress(IndexUnusable):
            made.append(Store.open(settings.directory, wanted))
        return bool(made)

    build_index(settings.directory, embedder, None, is_there)
    return made[0] if made else Store.open(settings.directory, wanted), embedder
