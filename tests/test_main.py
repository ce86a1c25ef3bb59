"""python -m assistant as its users run it: processes, exit codes, a line for each line, receipts that hold or don't."""

import copy
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Any

import pytest

from assistant import render
from assistant.config import SETTINGS
from assistant.receipt import digest_of_object
from assistant.types import Claim, Draft, IndexIdentity, Question
from assistant.verify import Verifier
from index import parse, reading_aid
from tests.index.running import one_line, run

if TYPE_CHECKING:
    from index.embed import Embedder
    from index.store import Store

DOCUMENT = parse.load()
VERIFIER = Verifier(DOCUMENT, reading_aid.load(DOCUMENT), IndexIdentity("f", "e"))
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


def assistant(*arguments: object, **settings: str) -> CompletedProcess[str]:
    return run("-m", "assistant", *map(str, arguments), **settings)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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
        return assistant("ask", *files, MOC_INDEX_DIR=str(directory), PYTHONHASHSEED=seed)

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


def test_the_gate_judges_a_batch(tmp_path: Path) -> None:
    """Supported or not, with score and reasons, under each id; a refused claim is a good answer (exit 0)."""
    leave, bind = DOCUMENT.by_address["iv.p1.s3"].text, DOCUMENT.by_address["iii.p1.s1"].text
    rows = [
        {"id": 1, "claim": "Either Participant may discontinue the MOC.", "evidence": [leave], "language": "en"},
        {"id": 2, "claim": "Either Participant must discontinue the MOC.", "evidence": [leave], "language": "en"},
        {"id": 3, "claim": "この覚書は法的拘束力のある権利及び義務を生じさせない。", "evidence": [bind], "lang": "ja"},
        {"id": 4, "claim": "The MOC ends.", "evidence": [], "language": "en"},
    ]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    found = lines_of(out)
    assert [row["id"] for row in found] == [1, 2, 3, 4]
    assert all(set(row) == {"id", "supported", "score", "reasons"} for row in found)
    assert [row["supported"] for row in found] == [True, False, True, False]
    assert "modality_upgrade" in found[1]["reasons"]
    assert found[3]["score"] is None
    assert all(bool(row["reasons"]) != row["supported"] for row in found)


GOOD_CLAIM = '{"id": "good", "claim": "It may end.", "evidence": ["It may end."], "language": "en"}'


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        pytest.param('{"id": "x", "claim": "It ends."}', "x", id="no evidence"),
        pytest.param('{"id": "x", "claim": "It ends.", "evidence": "It ends."}', "x", id="evidence is no list"),
        pytest.param('{"id": "x", "claim": "It ends.", "evidence": [1]}', "x", id="evidence is no text"),
        pytest.param('{"id": "x", "evidence": ["It ends."]}', "x", id="no claim"),
        pytest.param('{"id": "x", "claim": "x", "evidence": [], "language": 5}', "x", id="language is no text"),
        pytest.param("{", None, id="cut"),
        pytest.param("[" * 200_000, None, id="nested too deep"),
        pytest.param('{"id": "\\ud800", "claim": 5}', "\ud800", id="an id that is no text"),
    ],
)
def test_a_bad_claim_does_not_take_others_with_it(line: str, identity: object, tmp_path: Path) -> None:
    """Its line says so, the lines before and after are judged; exit 1, no traceback."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join([GOOD_CLAIM, line, GOOD_CLAIM]) + "\n", encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert done.returncode == 1
    assert "1 of 3 lines failed" in one_line(done.stderr)
    first, bad, last = lines_of(out)
    assert (first["supported"], last["supported"]) == (True, True)
    assert bad["id"] == identity
    assert bad["error"]["message"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_only_line_feeds_end_a_line(separator: str, tmp_path: Path) -> None:
    """JSON may hold Unicode's other line separators as they are."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    row = {"id": 1, "claim": f"It may{separator}end.", "evidence": ["It may end."], "language": "en"}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\r\n" + GOOD_CLAIM + "\n", encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["supported"] for line in out.read_text(encoding="utf-8").split("\n")[:-1]] == [True, True]


def saved() -> dict[str, Any]:
    """An answer of two quotes and a written statement, as a surface would give it."""
    claims = (
        Claim("", "quote", ("iv.p1.s3",)),
        Claim("", "quote", ("iv.p1.s4",)),
        Claim("Either Participant may discontinue the MOC.", "statement", ("iv.p1.s3",)),
    )
    question = Question("Can Japan leave?", "Can Japan leave?", "Can Japan leave?", "en")
    answer = VERIFIER.answer(Draft(question, "answered", 0.9, mode="llm", claims=claims), {"total": 1.0})
    return dict(copy.deepcopy(render.answer_object(answer)))


def _change(*steps: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: Any) -> None:
        for step in steps[:-1]:
            body = body[step]
        body[steps[-1]] = to(body[steps[-1]]) if callable(to) else to

    return change


def _quote(body: dict[str, Any]) -> None:
    """Claim and citation together, so that only the record tells."""
    for place in (body["claims"][0], body["citations"][0]):
        name = "text" if "text" in place else "quote"
        place[name] = place[name].replace("may", "must")


def _absent(body: dict[str, Any]) -> None:
    body.update(status="not_in_document", reason="absent_topic")


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], None], bool]] = {  # name → change, and whether the id is redone
    "quote": (_quote, True),
    "quote of the claim alone": (_change("claims", 0, "text", to="Japan must leave."), True),
    "start": (_change("citations", 0, "start", to=lambda start: start + 1), True),
    "end": (_change("citations", 1, "end", to=lambda end: end - 1), True),
    "address": (_change("citations", 0, "address", to="iii.p1.s1"), True),
    "unknown address": (_change("citations", 0, "address", to="v.p1.s1"), True),
    "number": (_change("claims", 0, "citations", to=[9]), False),
    "no citation": (_change("claims", 0, "citations", to=[]), True),
    "id": (_change("id", to=lambda identity: identity[:-1] + ("0" if identity[-1] != "0" else "1")), False),
    "status": (_change("status", to="partial"), False),
    "status and id": (_absent, True),
    "question": (_change("question", to="Must Japan leave?"), False),
    "statement": (_change("claims", 2, "text", to="Either Participant must discontinue the MOC."), True),
    "claim left out": (lambda body: body["claims"].pop(), False),
    "document": (_change("document", "sha256", to="0" * 64), True),
    "schema": (_change("schema", to=2), False),
}


def test_a_good_receipt_holds(tmp_path: Path) -> None:
    """Exit 0, and says how many quotes were compared."""
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(saved()), encoding="utf-8")
    done = assistant("verify", receipt)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 quotes" in done.stdout


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_receipt_does_not_hold(name: str) -> None:
    """Whatever was changed, also where the id was computed anew."""
    change, redo = TAMPERED[name]
    body = saved()
    change(body)
    if redo:
        body["id"] = digest_of_object(body)
    assert VERIFIER.problems(body)


@pytest.mark.parametrize("name", ["quote", "start", "id", "status and id", "statement"])
def test_the_command_says_what_does_not_hold(name: str, tmp_path: Path) -> None:
    """Exit 1 and the same words as the verifier's, one a line; no traceback."""
    change, redo = TAMPERED[name]
    body = saved()
    change(body)
    if redo:
        body["id"] = digest_of_object(body)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(body), encoding="utf-8")
    done = assistant("verify", receipt)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == VERIFIER.problems(body)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"schema": 1}', '"a_"'])
def test_what_is_no_answer_does_not_hold(text: str, tmp_path: Path) -> None:
    """Exit 1 with a reason, never a traceback."""
    receipt = tmp_path / "receipt.json"
    receipt.write_text(text, encoding="utf-8")
    done = assistant("verify", receipt)
    assert (done.returncode, done.stderr) == (1, "")
    assert "answer object" in done.stdout
