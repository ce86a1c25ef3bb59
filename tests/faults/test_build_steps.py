"""A build may die before any of its durable steps, each in turn: what is left is the old index or the new."""

import json
import signal
from pathlib import Path

import pytest

from tests.index.running import run

pytestmark = pytest.mark.faults

# A build of the document's sentences with made-up vectors, in a child that kills itself before its n-th fsync, rename
# or replace; n grows until a build gets through. Imports are done once, in the parent. Chroma writes before the first
# of these steps, the same files every time: a build that is to die takes them from one that did not. What is served is
# a matter of the files alone, so files that were opened before are not opened again.
SCRIPT = """
import hashlib, json, os, shutil, signal, sys
from pathlib import Path
import chromadb, llama_index.vector_stores.chroma
import numpy as np
from index import chroma, parse, store
from index.entries import digest, entries_of
from index.errors import IndexUnusable
from index.manifest import current
from index.store import Identity, Store

def identity_of(document):
    entries = entries_of(document)
    return Identity(document.sha256, parse.PARSER_VERSION, "made-up", digest(entries), len(entries), "file"), entries

def build(root, text):
    document = parse.parse(text, parse.Source.load().names)
    identity, entries = identity_of(document)
    store.build(root, document, identity, entries, np.eye(len(entries), 64, dtype=np.float32))

def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            os._exit(work() or 0)
        finally:
            os._exit(70)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def dying(root, text, number, written):
    left = [number]
    def before(step):
        def stepped(*arguments):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments)
        return stepped
    for name in ("fsync", "rename", "replace"):
        setattr(os, name, before(getattr(os, name)))
    def again(folder, fingerprint, entries, vectors):
        shutil.copytree(written, folder)
        return vectors
    chroma.write = again
    build(root, text)

def served(root, texts):
    # 0 or 1: which of the texts is served, whole; 4: no index. Anything else is a crash.
    try:
        found = Store.open(root, lambda document, _: identity_of(document))
    except IndexUnusable:
        return 4
    assert np.array_equal(found.vectors, np.eye(len(found.entries), 64, dtype=np.float32))
    return texts.index(found.document.source)

seen = {}

def outcome(root, texts):
    try:
        generation = current(root)
        files = sorted((path.relative_to(generation), path) for path in generation.rglob("*") if path.is_file())
        key = tuple((str(name), hashlib.sha256(path.read_bytes()).digest()) for name, path in files)
    except IndexUnusable:
        key = ()
    if key not in seen:
        seen[key] = in_child(lambda: served(root, texts))
    return seen[key]

new_text = parse.load().source
texts = [new_text.replace("180 days", "90 days"), new_text]
roots = {name: Path(sys.argv[1]) / name for name in ("old", "none", "whole")}
assert in_child(lambda: build(roots["old"], texts[0])) == 0
assert in_child(lambda: build(roots["whole"], texts[1])) == 0
written = current(roots["whole"]) / "chroma"
for before in ("old", "none"):
    root = roots[before]
    for number in range(1, 60):
        ended = in_child(lambda: dying(root, texts[1], number, written))
        left = [len(list(root.glob(pattern))) for pattern in (".building-*", "g-*")]
        print(json.dumps([before, ended, outcome(root, texts), *left]), flush=True)
        if ended == 0:
            break
print(json.dumps(["opened", len(seen)]), flush=True)
"""


def test_a_build_may_die_before_any_durable_step(tmp_path: Path) -> None:
    """Over an old index and over none: no crash, no mixture, and the new index is served only once it is complete."""
    done = run("-c", SCRIPT, str(tmp_path), TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    *rows, opened = [json.loads(line) for line in done.stdout.splitlines()]
    assert opened[1] >= 3  # the old index, the new one, none
    for before, nothing_yet in (("old", 0), ("none", 4)):
        *killed, last = [row[1:] for row in rows if row[0] == before]
        assert len(killed) > 8
        assert {ended for ended, *_ in killed} == {-signal.SIGKILL}
        assert last == [0, 1, 0, 1]
        # Once the pointer is swapped the new index is there, and stays there whatever happens to later builds.
        outcomes = [served for _, served, *_ in killed]
        swapped = outcomes.index(1) if 1 in outcomes else len(outcomes)
        assert set(outcomes[:swapped]) == {nothing_yet}
        assert set(outcomes[swapped:]) <= {1}
        assert all(building <= 1 and generations <= 2 for *_, building, generations in killed)
