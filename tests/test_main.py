"""python -m assistant as its users run it: processes, exit codes, a line for each line."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import pytest

from assistant.config import SETTINGS
from tests.command import DOCUMENT, VERIFIER, assistant, lines_of, program
from tests.index.running import one_line

if TYPE_CHECKING:
    from index.embed import Embedder
    from index.store import Store

FUSION = [{"role": "user", "content": "What does it say about fusion energy?"}, {"role": "assistant", "content": "…"}]
GOOD: Sequence[dict[str, Any]] = (
    {"id": "leave", "question": "How can a country leave the MOC and how long does it take?"},
    {"id": 7, "question": "この覚書に法的拘束力はありますか"},
    {"id": None, "question": "What does it say about tariffs?"},
    {"id": "in Japanese", "question": "Is the memorandum legally binding?", "language": "ja"},
    {"id": "any language", "question": "Where was it signed?", "language": "auto", "history": []},
    {"id": "follow-up", "question": "And what about quantum?", "history": FUSION},
    {"id": "list", "question": "Which organisations are named in the whole document?"},
    {"id": "money", "question": "How much did Japan pledge under the MOC?"},
    {"id": "hello", "question": "Hello"},
    {"id": "empty", "question": ""},
)
BAD: Sequence[tuple[str, str]] = (  # line, what its error has to name
    ("not json", "line 11"),
    ("[1]", "not an object"),
    ('{"id": "b1"}', "question"),
    ('{"id": "b2", "question": 5}', "question"),
    ('{"id": "b3", "question": "Q?", "language": "fr"}', "'fr'"),
    ('{"id": "b4", "question": "Q?", "history": [{"role": "system", "content": "x"}]}', "'system'"),
    ('{"id": "b5", "question": "Q?", "history": "earlier"}', "history"),
    ('{"id": "b6", "question": "Q?", "history": [{"role": "user"}]}', "history"),
)


@dataclass(frozen=True)
class Batches:
    """Two runs of the same good questions: in the session's index with bad lines after them, and in a fresh one."""

    mixed: CompletedProcess[str]
    mixed_rows: list[dict[str, Any]]
    fresh: CompletedProcess[str]
    fresh_rows: list[dict[str, Any]]
    built_in: Path


@pytest.fixture(scope="module")
def batches(
    opened_index: "tuple[Store, Embedder]", index_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Batches:
    """Both at the same time, with different hash seeds."""
    folder = tmp_path_factory.mktemp("batches")
    good = [json.dumps(row, ensure_ascii=place % 2 == 0) for place, row in enumerate(GOOD)]
    (folder / "good.jsonl").write_text("\n".join(good) + "\n", encoding="utf-8")
    (folder / "mixed.jsonl").write_text("\n".join([*good, *(line for line, _ in BAD), "", "  "]), encoding="utf-8")

    def ask(name: str, out: str, directory: Path, seed: str) -> CompletedProcess[str]:
        files = ("--batch", folder / name, "--out", folder / out)
        return program("ask", *files, MOC_INDEX_DIR=str(directory), PYTHONHASHSEED=seed)

    with ThreadPoolExecutor(2) as pool:
        mixed = pool.submit(ask, "mixed.jsonl", "mixed.out", index_directory, "1")
        fresh = pool.submit(ask, "good.jsonl", "fresh.out", folder / "index", "4242")
        done = (mixed.result(), fresh.result())
    rows = [lines_of(folder / out) for out in ("mixed.out", "fresh.out")]
    return Batches(done[0], rows[0], done[1], rows[1], folder / "index")


def test_a_batch_has_a_line_for_each_line(batches: Batches) -> None:
    """In the same order, under the same id, with the answer and the time it took; exit 0."""
    assert batches.fresh.returncode == 0, batches.fresh.stderr
    assert [row["id"] for row in batches.fresh_rows] == [row["id"] for row in GOOD]
    for row, asked in zip(batches.fresh_rows, GOOD, strict=True):
        assert set(row) == {"id", "answer", "elapsed_ms"}
        assert row["answer"]["question"] == asked["question"]
        assert row["elapsed_ms"] >= row["answer"]["timings_ms"]["total"] >= 0
    statuses = [row["answer"]["status"] for row in batches.fresh_rows]
    assert statuses[:3] == ["answered", "answered", "not_in_document"]
    assert statuses[-2:] == ["small_talk", "declined"]
    assert [row["answer"]["language"] for row in batches.fresh_rows[1:4]] == ["ja", "en", "ja"]


def test_a_missing_index_is_built_and_said(batches: Batches) -> None:
    """One line on stderr; nothing on stdout."""
    assert "there is no index in" in one_line(batches.fresh.stderr)
    assert batches.fresh.stdout == ""
    assert (batches.built_in / "current").exists()


def test_a_bad_line_does_not_take_others_with_it(batches: Batches) -> None:
    """An error that names the field under its id, blank lines skipped, every good line answered; exit 1 and a count."""
    assert batches.mixed.returncode == 1
    assert f"{len(BAD)} of {len(GOOD) + len(BAD)} lines failed" in one_line(batches.mixed.stderr)
    answered, failed = batches.mixed_rows[: len(GOOD)], batches.mixed_rows[len(GOOD) :]
    assert all("answer" in row for row in answered)
    assert [row["id"] for row in failed] == [None, None, "b1", "b2", "b3", "b4", "b5", "b6"]
    for row, (_, named) in zip(failed, BAD, strict=True):
        assert set(row) == {"id", "error"}
        assert set(row["error"]) == {"code", "message"}
        assert row["error"]["code"] == "bad_request"
        assert named in row["error"]["message"]


def test_two_builds_in_two_processes_answer_the_same(batches: Batches) -> None:
    """Every answer object, byte for byte less its times, with different hash seeds."""

    def lasting(row: dict[str, Any]) -> str:
        answer = {name: value for name, value in row["answer"].items() if name != "timings_ms"}
        return json.dumps({"id": row["id"], "answer": answer}, ensure_ascii=False)

    pairs = zip(batches.mixed_rows[: len(GOOD)], batches.fresh_rows, strict=True)
    assert [(row["id"], lasting(row) == lasting(fresh)) for row, fresh in pairs] == [(row["id"], True) for row in GOOD]


def test_saved_answers_of_a_batch_hold(batches: Batches, tmp_path: Path) -> None:
    """Each can be verified; by the command the one that quotes."""
    for row in batches.fresh_rows:
        assert VERIFIER.problems(row["answer"]) == [], row["id"]
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(batches.fresh_rows[0]["answer"]), encoding="utf-8")
    done = assistant("verify", receipt)
    assert done.returncode == 0, done.stdout + done.stderr
    assert batches.fresh_rows[0]["answer"]["id"] in done.stdout


def test_one_question_as_json(opened_index: "tuple[Store, Embedder]", index_directory: Path) -> None:
    """The answer object alone on stdout, links with the public address; absence is a good answer (exit 0)."""
    settings = {"MOC_INDEX_DIR": str(index_directory), "MOC_INDEX_BUILD": "never"}
    done = assistant("ask", "関税は", "--json", "--language", "en", MOC_PUBLIC_URL="https://moc.example/", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    body = json.loads(done.stdout)
    assert (body["status"], body["language"], body["mode"]) == ("not_in_document", "en", "quote")
    assert "](https://moc.example/document#" in body["text"]
    assert VERIFIER.problems(body) == []


def test_one_question_as_text(opened_index: "tuple[Store, Embedder]", index_directory: Path) -> None:
    """What a person reads: the sentence, its label, no JSON and no links. Without a model, --mode llm quotes too."""
    settings = {"MOC_INDEX_DIR": str(index_directory), "MOC_INDEX_BUILD": "never"}
    done = assistant("ask", "この覚書に法的拘束力はありますか", "--mode", "llm", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert DOCUMENT.by_address["iii.p1.s1"].text in done.stdout
    assert "[第III節 第1文]" in done.stdout
    assert "参考訳（非公式）" in done.stdout
    assert "](" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "settings", "named"),
    [
        (["ask"], {}, "QUESTION"),
        (["ask", "Q?", "--batch", "IN", "--out", "OUT"], {}, "QUESTION"),
        (["ask", "--batch", "IN"], {}, "--out"),
        (["ask", "Q?", "--out", "OUT"], {}, "--batch"),
        (["ask", "--batch", "nowhere.jsonl", "--out", "OUT"], {}, "nowhere.jsonl"),
        (["check", "--batch", "nowhere.jsonl", "--out", "OUT"], {}, "nowhere.jsonl"),
        (["check", "--batch", "IN", "--out", "no/such/folder/out"], {}, "no/such/folder/out"),
        (["verify", "nowhere.json"], {}, "nowhere.json"),
        (["verify", "IN"], {}, "JSON"),
        (["ask", "Q?"], {"MOC_INDEX_BUILD": "sometimes"}, "MOC_INDEX_BUILD"),
        (["ask", "Q?"], {"MOC_LLM_MODLE": "x"}, "MOC_LLM_MODEL"),
        (["ask", "Q?"], {"MOC_LLM_MODEL": "x"}, "OPENAI_BASE_URL"),
    ],
)
def test_a_mistake_is_named_in_one_line(
    arguments: list[str], settings: dict[str, str], named: str, tmp_path: Path
) -> None:
    """Exit 2, no traceback, nothing on stdout; the variable or file that is wrong."""
    (tmp_path / "in").write_text("not json\n", encoding="utf-8")
    places = {"IN": str(tmp_path / "in"), "OUT": str(tmp_path / "out")}
    done = assistant(*(places.get(argument, argument) for argument in arguments), **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in one_line(done.stderr)


@pytest.mark.parametrize(
    "arguments", [[], ["answer"], ["ask", "Q?", "--language", "fr"], ["ask", "Q?", "--mode", "x"], ["check"]]
)
def test_unknown_arguments_are_a_usage_error(arguments: list[str]) -> None:
    """Exit 2 with the usage, no traceback."""
    done = assistant(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python -m assistant")
    assert "Traceback" not in done.stderr


def test_without_an_index_that_may_not_be_built_there_is_no_answer(tmp_path: Path) -> None:
    """Exit 4 and the way out."""
    done = assistant("ask", "Hello", MOC_INDEX_BUILD="never", MOC_INDEX_DIR=str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (4, "")
    assert "python -m index build" in one_line(done.stderr)


def test_settings_are_printed() -> None:
    """One row of the table for each."""
    done = assistant("settings")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(SETTINGS) + 2
