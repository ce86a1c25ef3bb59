"""What the service is made of: nothing below its known lower bound, no reason that no longer holds, no secret."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.test_layout import code
from tests.test_requirements import entries, faults, pins

ROOT = Path(__file__).parent.parent
MINIMA = tomllib.loads((ROOT / "requirements" / "minimum.toml").read_text(encoding="utf-8"))["minimum"]
VEX = json.loads((ROOT / "docs" / "security" / "vex.json").read_text(encoding="utf-8"))
AUDIT = (ROOT / "requirements" / "audit.txt").read_text(encoding="utf-8")
LOCKED = {
    name: pins((ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")) for name in ("app", "dev", "audit")
}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = {  # the only ones used, by the hash that was looked at
    "actions/checkout": "3d3c42e5aac5ba805825da76410c181273ba90b1",
    "actions/setup-python": "5fda3b95a4ea91299a34e894583c3862153e4b97",
    "actions/upload-artifact": "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f",
}
# What keys look like, each with an example that is none.
SECRETS = {
    r"\bA(?:KI|SI)A[0-9A-Z]{16}\b": "AKIA" + "ABCDEFGHIJKLMNOP",
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b": "ghp_" + "a" * 36,
    r"\bgithub_pat_[A-Za-z0-9_]{60,}": "github_pat_" + "a" * 60,
    r"\bglpat-[A-Za-z0-9_-]{20}": "glpat-" + "a" * 20,
    r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{40,}": "sk-" + "a" * 48,
    r"\bxox[abprs]-[A-Za-z0-9-]{20,}": "xoxb-" + "1" * 24,
    r"\bAIza[A-Za-z0-9_-]{35}\b": "AIza" + "a" * 35,
    r"\bpypi-[A-Za-z0-9_-]{50,}": "pypi-" + "a" * 60,
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}": "eyJ"
    + "a" * 12
    + ".eyJ"
    + "a" * 12
    + "."
    + "a" * 12,
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----": "-----BEGIN " + "RSA PRIVATE KEY-----",
}


def tracked() -> Iterator[tuple[str, str]]:
    """Every text file under version control, with its content."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix != ".npz":
            yield name, path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("row", MINIMA, ids=[row["package"] for row in MINIMA])
def test_nothing_is_locked_below_its_minimum(row: dict[str, str]) -> None:
    """Each package that had a weakness is locked at the version that ended it, or later; each line has its reason."""
    name = canonicalize_name(row["package"])
    assert row["reason"]
    assert name in LOCKED["app"], f"{name} is not used any more; take its line out"
    for lock in ("app", "dev"):
        assert Version(LOCKED[lock][name]) >= Version(row["version"]), row


def test_the_locks_of_the_audit() -> None:
    """Versions and hashes only, and the same version of what both locks have for looking at workflows."""
    assert entries(AUDIT)
    assert faults(AUDIT) == []
    assert {"pip-audit", "cyclonedx-bom", "detect-secrets", "zizmor"} <= set(LOCKED["audit"])
    assert LOCKED["audit"]["zizmor"] == LOCKED["dev"]["zizmor"]


def test_every_explained_advisory_is_of_what_is_locked() -> None:
    """A reason was given for one version; with another one it has to be looked at again."""
    assert VEX["statements"]
    for statement in VEX["statements"]:
        assert statement["status"] == "not_affected"
        assert statement["justification"] == "vulnerable_code_not_in_execute_path"
        assert statement["impact_statement"]
        [product] = statement["products"]
        for part in product["subcomponents"]:
            name, _, version = part["@id"].removeprefix("pkg:pypi/").partition("@")
            assert LOCKED["app"][name] == version


def test_every_lock_that_is_installed_is_audited() -> None:
    """Advisories are asked for all of them; attack-data is only unpacked and read."""
    looked = re.search(r"^for lock in ([a-z ]+); do$", (ROOT / "requirements" / "audit.sh").read_text(), re.MULTILINE)
    assert looked
    locks = {path.stem for path in (ROOT / "requirements").glob("*.txt")}
    assert set(looked[1].split()) == locks - {"attack-data"}


def test_the_options_for_the_audit_are_those_of_the_note() -> None:
    """Nothing is passed over but what the note explains."""
    made = subprocess.run(
        [sys.executable, "requirements/vex.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    vulnerabilities = [statement["vulnerability"] for statement in VEX["statements"]]
    explained = [name for one in vulnerabilities for name in (one["name"], *one["aliases"])]
    assert made == [f"--ignore-vuln={name}" for name in explained]
    assert "ignore-vuln" not in (ROOT / "requirements" / "audit.sh").read_text(encoding="utf-8")


def chroma_faults(node: ast.AST) -> Iterator[str]:
    """What would make the note on Chroma untrue: a server, a client of one, or a function kept with a collection."""
    match node:
        case ast.Import(names=names) if any(re.match(r"chromadb\.(server|app|cli)", alias.name) for alias in names):
            yield "imports Chroma's server"
        case ast.ImportFrom(module=str(module)) if re.match(r"chromadb\.(server|app|cli)", module):
            yield "imports Chroma's server"
        case (
            ast.Attribute(attr="HttpClient" | "AsyncHttpClient" | "CloudClient" as name)
            | ast.Name(id="HttpClient" | "AsyncHttpClient" | "CloudClient" as name)
        ):
            yield f"connects to a server ({name})"
        case ast.Call(func=ast.Attribute(attr="update_collection")):
            yield "updates a collection"
        case ast.Call(
            func=ast.Attribute(attr="create_collection" | "get_collection" | "get_or_create_collection"),
            keywords=keywords,
        ):
            given = {word.arg: word.value for word in keywords}.get("embedding_function")
            if not (isinstance(given, ast.Constant) and given.value is None):
                yield "opens a collection without embedding_function=None"


def test_what_the_note_says_of_chroma_is_so() -> None:
    """No server, no client of one, and every collection is made and opened without a function to rebuild."""
    found, opened = [], 0
    for path, node in code():
        found += [(path, fault) for fault in chroma_faults(node)]
        opened += isinstance(node, ast.Attribute) and bool(
            re.fullmatch(r"(get_|create_|get_or_create_)collection", node.attr)
        )
    assert found == []
    assert opened  # it looked at something


@pytest.mark.parametrize(
    "line",
    [
        "import chromadb.server.fastapi",
        "from chromadb.app import app",
        "chromadb.HttpClient(host='x')",
        "client.get_collection('moc')",
        "client.create_collection('moc', embedding_function=make())",
        "client.update_collection('moc')",
    ],
)
def test_the_look_at_chroma_can_fail(line: str) -> None:
    """Every kind of breach is seen."""
    assert [fault for node in ast.walk(ast.parse(line)) for fault in chroma_faults(node)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_workflows_use_known_actions_by_hash(path: Path) -> None:
    """Nobody can move what is run by moving a tag; permissions are stated, and nothing more than is needed."""
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses:\s*(\S+)@(\S+)", text)
    assert [(name, commit) for name, commit in used if ACTIONS.get(name) != commit] == []
    assert text.count("uses:") == len(used)
    assert re.search(r"^permissions:", text, re.MULTILINE)


def test_workflows_are_clean() -> None:
    """zizmor, without asking anybody: no finding that is not answered beside the line."""
    program = shutil.which("zizmor", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if program is None:
        pytest.skip("needs zizmor (make test installs it)")
    done = subprocess.run(
        [program, "--offline", "--no-progress", "--format", "json", ".github"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    assert [finding["ident"] for finding in findings if not finding.get("ignored")] == []
    assert done.returncode == 0, done.stderr


def test_no_secret_is_kept_here() -> None:
    """Nothing in any file looks like a key."""
    looks = re.compile("|".join(SECRETS))
    assert [(name, found[0][:12]) for name, text in tracked() if (found := looks.search(text))] == []


@pytest.mark.parametrize("pattern", SECRETS)
def test_the_look_for_secrets_can_fail(pattern: str) -> None:
    """Every shape is recognised."""
    assert re.search(pattern, f"key = '{SECRETS[pattern]}'")


def test_what_installs_and_runs_names_no_host() -> None:
    """Locks, scripts and workflows leave it to each machine where packages come from."""
    ours = re.compile(r"https?://(?:127\.0\.0\.1|github\.com/%s/actions/)")
    named = [
        (name, address)
        for name, text in tracked()
        if name.startswith((".ci/", ".github/", "requirements/", "Makefile", "pyproject.toml", ".pre-commit"))
        for address in re.findall(r"\w+://[^\s\"'`)]+", text)
        if not ours.match(address)
    ]
    assert named == []
