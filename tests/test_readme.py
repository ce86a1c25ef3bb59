"""What the documents say about the code holds: settings, commands, targets, links."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_settings_table_is_the_generated_one() -> None:
    """The table between the markers is what `python -m assistant settings` prints."""
    printed = subprocess.run(
        [sys.executable, "-m", "assistant", "settings"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    block = re.search(r"<!-- settings -->\n(.*)<!-- /settings -->", README, re.DOTALL)
    assert block is not None
    assert block[1].strip() == printed.strip()


def test_the_example_is_filled_in() -> None:
    """The example is an answer with a citation into the document, not an empty frame."""
    block = re.search(r"<!-- example -->\n(.*)<!-- /example -->", README, re.DOTALL)
    assert block is not None
    assert "#" in block[1]
    assert "Section" in block[1]


@pytest.mark.parametrize("module", ["assistant", "index", "evals"])
def test_every_command_named_exists(module: str) -> None:
    """Each command that README.md or CONTRIBUTING.md names is listed by the module's own help."""
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(rf"python -m {module} ([a-z]+)", text))
    for row in re.findall(rf"^\| (`python -m {module} .*?) \| ", text, re.MULTILINE):
        named |= set(re.findall(r" · `([a-z]+)`", row))
    usage = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = set(re.findall(r"^ +([a-z]+)\b", usage, re.MULTILINE))
    assert named
    assert named <= listed


def test_every_make_target_named_exists() -> None:
    """Documents name no target the Makefile hasn't."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert named
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    """Every relative link and every path in the documents exists."""
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not (page.parent / link).exists()] == []
    rooms = r"`((?:assistant|deploy|docs|evals|index|prompts|requirements|tests)/[\w./*-]+)`"
    assert [path for path in re.findall(rooms, text) if not list(ROOT.glob(path.rstrip("/")))] == []


def test_pages_the_code_points_to_exist() -> None:
    """A comment or message that sends the reader to a page under docs/ sends them somewhere."""
    files = [
        ROOT / "app.py",
        *(file for room in ("assistant", "index", "evals") for file in (ROOT / room).rglob("*.py")),
    ]
    named = {(file.name, page) for file in files for page in re.findall(r"docs/[\w-]+\.md", file.read_text("utf-8"))}
    assert {(name, page) for name, page in named if not (ROOT / page).exists()} == set()
