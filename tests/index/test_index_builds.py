"""Building and opening: one index is left, it is read while another is built, by anyone, and only where it may be."""

import json
import os
import shutil
from pathlib import Path

import pytest

from index import __main__ as command
from index import library, parse, store
from index.errors import IndexUnusable
from index.settings import IndexSettings
from tests.command import assistant
from tests.index.running import one_line, run
from tests.index.stores import Opened, files, reopen, small

DOCUMENT = parse.load()


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


def test_verify_never_rebuilds(
    copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``python -m index verify`` on a changed file: one line, exit 4, everything as it was."""
    monkeypatch.setenv("MOC_INDEX_DIR", str(copied))
    path = next(copied.rglob("data_level0.bin"))
    os.truncate(path, 100)
    before = files(copied)
    assert command.main(["verify"]) == 4
    assert "data_level0.bin' of the index is changed" in one_line(capsys.readouterr().err)
    assert files(copied) == before


def test_asking_where_building_is_forbidden(tmp_path: Path) -> None:
    """``python -m assistant ask`` with MOC_INDEX_BUILD=never and no index: one line with the way out, exit 4."""
    settings = {"MOC_INDEX_DIR": str(tmp_path / "none"), "MOC_INDEX_BUILD": "never"}
    done = assistant("ask", "Is it binding?", **settings)
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
