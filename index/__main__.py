"""python -m index: build, status, verify, show, questions, vectors."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from index import parse, questions
from index.document import Document, Part
from index.errors import DocumentError, UserError
from index.settings import IndexSettings
from index.terminal import any_text


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m index", description="The document and its index.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    building = commands.add_parser("build", help="build the index")
    building.add_argument("--source", type=Path, metavar="FILE", help="another text: passages only, for tests")
    building.add_argument("--out", type=Path, metavar="DIR", help="where (default: MOC_INDEX_DIR or .index)")
    commands.add_parser("status", help="say what the index holds")
    commands.add_parser("verify", help="check every digest; never rebuilds")
    showing = commands.add_parser("show", help="print the tree, or one passage or part")
    showing.add_argument("address", nargs="?", metavar="ADDRESS", help="for instance iii.p1.s2 or ii.trusted.space")
    drafting = commands.add_parser("questions", help="draft a question bank with the language model of MOC_LLM_MODEL")
    drafting.add_argument("--source", type=Path, metavar="FILE", default=parse.TEXT_OF_RECORD, help="another text")
    drafting.add_argument("--out", type=Path, metavar="BANK.tsv", required=True, help="a new file")
    drafting.add_argument("--per-sentence", type=int, metavar="N", default=questions.PER_SENTENCE, help="each language")
    commands.add_parser("vectors", help="compute the vectors that are shipped with the texts")
    arguments = parser.parse_args(argv)
    try:
        return run(arguments, IndexSettings.from_env())
    except UserError as error:
        print(f"index: {error}", file=sys.stderr)
        return error.exit_code
    except Exception:  # noqa: BLE001 - a bug: its traceback, and the exit code that says so
        traceback.print_exc()
        return 3


def run(arguments: argparse.Namespace, settings: IndexSettings) -> int:
    """Carry out a parsed command."""
    if arguments.command == "show":
        show(parse.load(), arguments.address)
        return 0
    if arguments.command == "questions":
        model = questions.Model.from_env()
        print(questions.run(arguments.source, arguments.out, arguments.per_sentence, model))
        return 0
    # Everything below needs LlamaIndex and Chroma, which take seconds to import.
    from index import library, store, vectors
    from index.embed import load_embedder

    if arguments.command == "build":
        manifest = library.build_index(arguments.out or settings.directory, load_embedder(settings), arguments.source)
        print(f"built {manifest.identity.entries} entries, fingerprint {manifest.identity.fingerprint[:16]}")
    elif arguments.command == "status":
        manifest = store.check_files(store.current(settings.directory))
        print(manifest.to_json(), end="")
    elif arguments.command == "verify":
        embedder = load_embedder(settings)
        opened = store.Store.open(settings.directory, lambda *found: library.expected(embedder.fingerprint, *found))
        print(f"{len(opened.entries)} entries and {len(opened.manifest.files)} files hold, {opened.fingerprint[:16]}")
    elif arguments.command == "vectors":
        computed = vectors.ship(library.shipped_entries(parse.load()), load_embedder(settings))
        print(f"{computed} vectors computed, {vectors.VECTORS} written")
    return 0


def show(document: Document, address: str | None) -> None:
    """Print the tree, or the sentences an address stands for with their offsets."""
    if address is None:
        print(f"[title] {document.title.text}\n[date] {document.date_line.text}")
        for part in document.parts:
            _show_part(part, 0)
        return
    try:
        sentences = document.under(address)
    except KeyError:
        raise DocumentError(f"no sentence or part has the address {address!r}; 'show' alone lists them") from None
    for sentence in sentences:
        print(f"[{sentence.address}] {sentence.start}:{sentence.end} {sentence.text}")


def _show_part(part: Part, depth: int) -> None:
    indent = "  " * depth
    print(f"{indent}{part.address}: {part.title or part.kind}")
    for block in part.blocks:
        for sentence in block.sentences:
            print(f"{indent}  [{sentence.address}] {sentence.text}")
    for below in part.parts:
        _show_part(below, depth + 1)


if __name__ == "__main__":
    any_text()
    sys.exit(main())
