"""python -m assistant: ask, check, verify, feedback, settings."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.config import SETTINGS, Config
from assistant.types import LANGUAGES, Request, Turn
from index.errors import ConfigError, UserError
from index.terminal import any_text


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return error.exit_code
    except Exception:  # noqa: BLE001 - a bug: its traceback, and the exit code that says so
        traceback.print_exc()
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assistant", description="Answers about one document.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asking = commands.add_parser("ask", help="answer a question, or a batch of them")
    asking.add_argument("question", nargs="?", metavar="QUESTION")
    asking.add_argument("--language", choices=("auto", *LANGUAGES), default="auto")
    asking.add_argument("--mode", choices=("auto", "quote", "llm"), default="auto")
    asking.add_argument("--json", action="store_true", help="print the answer object")
    _batch(asking, "one {id, question, history?, language?} a line")
    asking.set_defaults(run=ask)
    checking = commands.add_parser("check", help="the gate alone, on a batch of claims")
    _batch(checking, "one {id, claim, evidence: [quote, ...], language} a line", required=True)
    checking.set_defaults(run=check)
    verifying = commands.add_parser("verify", help="check a saved answer object again")
    verifying.add_argument("receipt", type=Path, metavar="RECEIPT.json")
    verifying.set_defaults(run=verify)
    reading = commands.add_parser("feedback", help="readers' feedback as lines of JSON, or delete it")
    reading.add_argument("action", choices=("export", "purge"))
    reading.add_argument("--out", type=Path, metavar="OUT.jsonl", help="export into this file instead of stdout")
    reading.add_argument("--all", action="store_true", help="purge all of it, not only what is older than kept")
    reading.set_defaults(run=feedback)
    commands.add_parser("settings", help="print the table of settings").set_defaults(run=settings)
    return parser


def _batch(parser: argparse.ArgumentParser, lines: str, *, required: bool = False) -> None:
    parser.add_argument("--batch", type=Path, metavar="IN.jsonl", required=required, help=lines)
    parser.add_argument("--out", type=Path, metavar="OUT.jsonl", required=required, help="a line for each, same order")


def ask(arguments: argparse.Namespace) -> int:
    """Answer one question on stdout, or a batch into a file."""
    if (arguments.question is None) == (arguments.batch is None):
        raise ConfigError("ask needs either a QUESTION or --batch IN.jsonl --out OUT.jsonl")
    if (arguments.batch is None) != (arguments.out is None):
        raise ConfigError("--batch and --out go together")
    config = Config.from_env()
    # Heavy: LlamaIndex, Chroma and the embedding model.
    from assistant import render
    from assistant.ask import Assistant

    language = None if arguments.language == "auto" else arguments.language
    mode = None if arguments.mode == "auto" else arguments.mode
    rows = list(_lines(arguments.batch)) if arguments.batch else []
    assistant = Assistant.open(config)
    if arguments.question is not None:
        answer = assistant.answer(Request(arguments.question, language, mode))
        if arguments.json:
            print(json.dumps(render.answer_object(answer, config.public_url), ensure_ascii=False, indent=2))
        else:
            print(render.plain(answer))
        return 0

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        start = time.perf_counter()
        request = Request(_text(row, "question"), _language(row) or language, mode, _history(row))
        body = render.answer_object(assistant.answer(request), config.public_url)
        return {"answer": body, "elapsed_ms": round((time.perf_counter() - start) * 1000, 3)}

    return _write_batch(arguments.out, rows, one)


def check(arguments: argparse.Namespace) -> int:
    """Run the gate on claims with their evidence."""
    from assistant.gate.words import is_japanese
    from assistant.verify import check as check_claim

    def one(row: Mapping[str, Any]) -> dict[str, Any]:
        evidence = row.get("evidence")
        if not isinstance(evidence, list) or not all(isinstance(quote, str) for quote in evidence):
            raise ValueError("evidence: must be a list of strings")
        claim = _text(row, "claim")
        found = check_claim(claim, evidence, _language(row) or ("ja" if is_japanese(claim) else "en"))
        return {"supported": found.supported, "score": found.score, "reasons": list(found.reasons)}

    return _write_batch(arguments.out, list(_lines(arguments.batch)), one)


def verify(arguments: argparse.Namespace) -> int:
    """Check a saved answer object against the document; exit 1 names what does not hold."""
    from assistant.types import IndexIdentity
    from assistant.verify import Verifier
    from index import parse, reading_aid

    try:
        saved = json.loads(arguments.receipt.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{str(arguments.receipt)!r} cannot be read as JSON: {error}") from None
    document = parse.load()
    problems = Verifier(document, reading_aid.load(document), IndexIdentity("", "")).problems(saved)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{saved['id']} holds: {len(saved['citations'])} quotes, document {document.sha256[:12]}")
    return 1 if problems else 0


def feedback(arguments: argparse.Namespace) -> int:
    """Print readers' feedback, for a person to make eval cases of (``python -m evals promote``), or delete it."""
    from assistant.feedback import FeedbackStore, reports

    config = Config.from_env()
    if config.feedback_directory is None:
        raise ConfigError("MOC_FEEDBACK_DIR is not set, so there is no feedback; set it to the directory it lies in")
    if (arguments.action == "purge" and arguments.out) or (arguments.action == "export" and arguments.all):
        raise ConfigError("--out goes with export, --all with purge")
    store = FeedbackStore(config.feedback_directory, config.feedback_days)
    if arguments.action == "purge":
        print(f"deleted: {store.purge(everything=arguments.all)}")
        return 0
    text = "".join(f"{line}\n" for line in reports(store.all()))
    if arguments.out is None:
        print(text, end="")
        return 0
    try:
        arguments.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{str(arguments.out)!r} cannot be written: {error.strerror}") from None
    return 0


def settings(_: argparse.Namespace) -> int:
    """Print every setting as a Markdown table."""
    print("| variable | default | meaning |\n|---|---|---|")
    for setting in SETTINGS:
        print(f"| `{setting.name}` | {f'`{setting.default}`' if setting.default else ''} | {setting.meaning} |")
    return 0


def _lines(path: Path) -> Iterator[Mapping[str, Any] | ValueError]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), 1):  # JSON may hold U+2028 and its like
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield ValueError(f"line {number}: not JSON: {error}")
            continue
        yield row if isinstance(row, dict) else ValueError(f"line {number}: not an object")


def _write_batch(
    out: Path, rows: Sequence[Mapping[str, Any] | ValueError], one: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> int:
    """One line out for each line in; a line that cannot be done carries an error, and the exit code is then 1."""
    failed = 0
    try:
        file = out.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{str(out)!r} cannot be written: {error.strerror}") from None
    with file:
        for row in rows:
            identity = None if isinstance(row, ValueError) else row.get("id")
            try:
                if isinstance(row, ValueError):
                    raise row
                body = one(row)
            except ValueError as error:
                body = {"error": {"code": "bad_request", "message": str(error)}}
            except UserError as error:
                body = {"error": {"code": "not_available", "message": str(error)}}
            except Exception as error:  # noqa: BLE001  a bug in one line must not take the others with it
                body = {"error": {"code": "internal", "message": type(error).__name__}}
            failed += "error" in body
            file.write(_json_line({"id": identity, **body}))
    if failed:
        print(f"assistant: {failed} of {len(rows)} lines failed, see {str(out)!r}", file=sys.stderr)
    return 1 if failed else 0


def _json_line(body: Mapping[str, Any]) -> str:
    """One line of JSON; escaped where it holds what UTF-8 cannot (an unpaired surrogate in an id)."""
    line = json.dumps(body, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(body)
    return line + "\n"


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name}: must be a string")
    return value


def _language(row: Mapping[str, Any]) -> Any:
    value = row.get("language", row.get("lang"))
    if value is not None and value not in LANGUAGES and value != "auto":
        raise ValueError(f"language: {value!r} is not 'en', 'ja' or 'auto'")
    return None if value == "auto" else value


def _history(row: Mapping[str, Any]) -> tuple[Turn, ...]:
    turns = row.get("history") or []
    try:
        return tuple(Turn(_role(turn["role"]), str(turn["content"])) for turn in turns)
    except (TypeError, KeyError) as error:
        raise ValueError(f"history: must be a list of {{role, content}} ({error})") from None


def _role(role: Any) -> Any:
    if role not in ("user", "assistant"):
        raise ValueError(f"history: role {role!r} is not 'user' or 'assistant'")
    return role


if __name__ == "__main__":
    any_text()
    sys.exit(main())
