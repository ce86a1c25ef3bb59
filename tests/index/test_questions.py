"""Drafting a bank with a scripted model: good drafts are kept, nonsense is dropped and counted, faults are said."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from evals.fakellm import FakeLlm, fails, lines, says
from evals.personalities import Personality, Prompt
from index import bank, parse
from index.__main__ import main

TEXT = """Memorandum on Lighthouses

March 3, 2031

I. Purpose

The two ports intend to keep their lighthouses lit. Each port may choose its own lamp.

II. End

Either port may end this memorandum with 30 days of notice.
"""
ADDRESSES = ["title", "date", "i.p1.s1", "i.p1.s2", "ii.p1.s1"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLlm]:
    with FakeLlm() as running:
        monkeypatch.setenv("MOC_LLM_MODEL", "scripted model")
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "lighthouses.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def row(language: str, style: str, question: str, **more: str) -> str:
    return json.dumps({"language": language, "style": style, "question": question, **more}, ensure_ascii=False)


def drafter(prompt: Prompt) -> Iterable[str]:
    """A good model: two questions for the sentence or part it is asked about, no two alike."""
    asked = re.search(r"settles:\n\[(\S+)\]", prompt.user)
    if asked:
        words = {
            "title": "lamp paper",
            "date": "calendar",
            "i.p1.s1": "beacon",
            "i.p1.s2": "bulb",
            "ii.p1.s1": "goodbye",
        }
        word = words[asked[1]]
        return [row("en", "plain", f"What is said of the {word}?"), row("ja", "keyword", f"灯台の{word}とは")]
    about = re.search(r'touch "(.+?)"', prompt.user)
    assert about
    return [row("en", "money", f"What does {about[1]} cost?", reason="absent_detail")]


def run(source: Path, out: Path, *more: str) -> int:
    return main(["questions", "--source", str(source), "--out", str(out), *more])


def test_a_bank_is_drafted_for_another_document(
    server: FakeLlm, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every sentence and every part is asked for once; the file is a bank of that document, its writer the model."""
    server.play((says(drafter),))
    out = tmp_path / "bank.tsv"
    assert run(source, out, "--per-sentence", "3") == 0
    questions = bank.load(parse.load(source), out)
    assert [q.label for q in questions if q.language == "ja"] == ADDRESSES
    assert [q.label for q in questions if q.reason] == ["none/absent_detail"] * 2
    assert {q.writer for q in questions} == {"scripted model"}
    assert capsys.readouterr().out == f"12 questions kept, 0 drafts dropped (none); {out} written\n"
    prompts = [call.body["messages"][0]["content"] for call in server.calls]
    assert len(prompts) == 7
    assert all("Either port may end this memorandum" in prompt for prompt in prompts)
    assert sum("Write 3 questions in English and 3 in Japanese" in prompt for prompt in prompts) == 6


NONSENSE = {
    "prose": ("Here you are!", "not a line of the form asked for"),
    "another shape": ("[1, 2]", "not a line of the form asked for"),
    "a number for words": ('{"language": "en", "style": "plain", "question": 7}', "not a line of the form asked for"),
    "deep nesting": ("[" * 5000, "not a line of the form asked for"),
    "French": (row("fr", "plain", "Qui ?"), "language against the rules of a bank"),
    "empty": (row("en", "plain", "  "), "question against the rules of a bank"),
    "too long": (row("en", "plain", "why " * 200), "question against the rules of a bank"),
    "unknown style": (row("en", "baroque", "Who keeps the lamp?"), "style is none of those asked for"),
    "English called Japanese": (row("ja", "plain", "Who keeps the lamp?"), "says Japanese and is not"),
    "Japanese called English": (row("en", "plain", "灯台はどこですか"), "says English and is not"),
    "only marks": (row("ja", "plain", "???"), "says Japanese and is not"),
    "a surrogate": ('{"language": "en", "style": "plain", "question": "Who \\ud800?"}', "not valid Unicode"),
    "the sentence itself": (
        row("en", "plain", "Memorandum on lighthouses."),
        "a copy of the sentence",
    ),
    "a near copy": (row("en", "casual", "Who keeps those lamps lit??"), "a near copy of another question"),
}


@pytest.mark.parametrize("name", sorted(NONSENSE))
def test_nonsense_is_dropped_with_its_reason(
    name: str, server: FakeLlm, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bad line goes, the good one beside it stays, and the count says why."""
    line, reason = NONSENSE[name]
    server.enqueue(says(lines("```json", row("en", "plain", "Who keeps these lamps lit?"), line, "```")))
    server.default = says(lines())
    out = tmp_path / "bank.tsv"
    assert run(source, out) == 0
    assert [q.text for q in bank.load(parse.load(source), out)] == ["Who keeps these lamps lit?"]
    assert f"1 questions kept, 1 drafts dropped (1 {reason})" in capsys.readouterr().out


def test_one_question_has_one_label(server: FakeLlm, source: Path, tmp_path: Path) -> None:
    """A question drafted for two sentences, or as answered and not, teaches nothing: the first label stays."""
    unanswerable = row("en", "lamps", "Which lamp is it?", reason="absent_detail")
    same: Personality = lambda prompt: [  # noqa: E731
        row("en", "plain", "Which lamp is it?") if "settles:" in prompt.user else unanswerable
    ]
    server.play((says(same),))
    assert run(source, tmp_path / "bank.tsv") == 0
    assert [q.label for q in bank.load(parse.load(source), tmp_path / "bank.tsv")] == ["title"]


@pytest.mark.parametrize("reason", ["greeting", "because", "absent_detail\tiv"])
def test_a_reason_must_be_one_of_those_asked_for(reason: str, server: FakeLlm, source: Path, tmp_path: Path) -> None:
    """The model cannot file its questions under routes or reasons of its own."""
    bad = row("en", "lamps", "Who pays for the oil?", reason=reason)
    server.play((says(lambda prompt: [bad] if "touch" in prompt.user else drafter(prompt)),))
    assert run(source, tmp_path / "bank.tsv") == 0
    assert not any(q.reason for q in bank.load(parse.load(source), tmp_path / "bank.tsv"))


def test_tabs_and_breaks_cannot_break_the_file(server: FakeLlm, source: Path, tmp_path: Path) -> None:
    """White space of any kind becomes one blank."""
    server.enqueue(says(lines(row("en", "plain", "Which\tlamp\u2028is\x0bit\nthere?"))))
    server.default = says(lines())
    assert run(source, tmp_path / "bank.tsv") == 0
    assert [q.text for q in bank.load(parse.load(source), tmp_path / "bank.tsv")] == ["Which lamp is it there?"]


def test_of_a_cut_reply_the_whole_lines_are_used(
    server: FakeLlm, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line of a reply that was cut may look whole and is not used."""
    cut = lines(row("en", "plain", "Which lamp?"), row("en", "plain", "Who lights them at ni"))
    server.enqueue(says(lambda prompt: ["\n".join(cut(prompt))], "length"))
    server.default = says(lines())
    assert run(source, tmp_path / "bank.tsv") == 0
    assert "1 last line of a cut reply" in capsys.readouterr().out


def test_nothing_usable_is_a_failure(
    server: FakeLlm, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that only talks ends in one line, exit 1 and no file."""
    server.play((says(lines("I would love to help you!")),))
    assert run(source, tmp_path / "bank.tsv") == 1
    assert not (tmp_path / "bank.tsv").exists()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "7 not a line of the form asked for" in error


def test_a_dead_server_is_not_asked_for_ever(
    server: FakeLlm, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After three failed requests it stops with one line and exit 1, and what came before is kept."""
    server.enqueue(says(drafter))
    server.default = fails(401, "invalid_api_key")
    assert run(source, tmp_path / "bank.tsv") == 1
    assert len(server.calls) == 4
    assert "failed 3 times in a row (AuthenticationError); check OPENAI_BASE_URL" in capsys.readouterr().err
    assert len(bank.load(parse.load(source), tmp_path / "bank.tsv")) == 2


@pytest.mark.parametrize(
    ("environment", "arguments", "says_what"),
    [
        ({"MOC_LLM_MODEL": ""}, (), "MOC_LLM_MODEL is not set"),
        ({"OPENAI_BASE_URL": ""}, (), "set OPENAI_BASE_URL or OPENAI_API_KEY too"),
        ({"OPENAI_BASE_URL": "localhost"}, (), "must start with http"),
        ({}, ("--per-sentence", "0"), "must be 1 to 50"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    environment: dict[str, str],
    arguments: tuple[str, ...],
    says_what: str,
    server: FakeLlm,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 2, and nothing was sent."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(source, tmp_path / "bank.tsv", *arguments) == 2
    error = capsys.readouterr().err
    assert says_what in error
    assert error.count("\n") == 1
    assert server.connections == 0


def test_a_file_is_never_overwritten(server: FakeLlm, source: Path) -> None:
    """The shipped bank, or any other, is safe; nothing was sent."""
    before = bank.BANK.read_bytes()
    assert run(source, bank.BANK) == 2
    assert bank.BANK.read_bytes() == before
    assert server.connections == 0
