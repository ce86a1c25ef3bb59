"""The lock: nothing but pinned versions and hashes, complete, and without the packages that drag in older ones."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in ("app", "dev")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENTRY = re.compile(r"[a-z0-9][a-z0-9._-]*==[A-Za-z0-9.+!]+( ; [\w\s'.()<>=!]+)?( --hash=sha256:[0-9a-f]{64})+")


def entries(lock: str) -> list[str]:
    """The lock as one line for each package."""
    return lock.replace(" \\\n    ", " ").splitlines()


def pins(lock: str) -> dict[str, str]:
    """Package name → pinned version."""
    split = (re.split(r"==| ", entry, maxsplit=2) for entry in entries(lock))
    return {canonicalize_name(name): version for name, version, _ in split}


def faults(lock: str) -> list[str]:
    """The entries that hold more than a name, a version, a marker and hashes, or less."""
    return [entry for entry in entries(lock) if not ENTRY.fullmatch(entry)]


LANGUAGE_MODEL = (ROOT / "requirements" / "llm.txt").read_text(encoding="utf-8")
ATTACK_DATA = (ROOT / "requirements" / "attack-data.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", [*LOCKS.values(), LANGUAGE_MODEL, ATTACK_DATA], ids=[*LOCKS, "llm", "attack-data"])
def test_a_lock_holds_only_versions_and_hashes(lock: str) -> None:
    """No address of a registry, no path and no option but --hash, so that anyone's registry can serve the lock."""
    assert entries(lock)
    assert faults(lock) == []
    assert "://" not in lock


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://pypi.example/simple",
        "--find-links /opt/wheels",
        "-r other.txt",
        "numpy @ file:///tmp/numpy-2.4.6.whl --hash=sha256:" + "0" * 64,
        "./numpy-2.4.6.whl --hash=sha256:" + "0" * 64,
        "numpy>=2 --hash=sha256:" + "0" * 64,
        "numpy==2.4.6",
        "numpy==2.4.6 --hash=sha256:" + "0" * 64 + " --global-option=x",
    ],
)
def test_anything_else_in_a_lock_is_refused(line: str) -> None:
    """The check above can fail."""
    assert faults(line) == [line]


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_within_its_bounds(name: str) -> None:
    """pyproject.toml and the lock agree; `make lock` remakes the lock."""
    wanted = PROJECT["project"]["dependencies"] + (PROJECT["dependency-groups"]["dev"] if name == "dev" else [])
    locked = pins(LOCKS[name])
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in requirements/{name}.txt; run make lock"
        assert version in requirement.specifier, f"{requirement} is locked as {version}; run make lock"


def test_both_locks_pin_the_same_versions() -> None:
    """What is tested is what runs."""
    assert pins(LOCKS["app"]).items() <= pins(LOCKS["dev"]).items()


@pytest.mark.parametrize("name", LOCKS)
def test_openai_is_current_and_nothing_holds_it_back(name: str) -> None:
    """The umbrella package and LlamaIndex's own OpenAI packages pull openai 2 or years-old cores."""
    locked = pins(LOCKS[name])
    assert locked["openai"].startswith("3.")
    unwanted = re.compile(r"llama-index|llama-index-llms-.*|llama-index-embeddings-.*")
    assert [package for package in locked if unwanted.fullmatch(package)] == []


def test_what_the_code_imports_is_named() -> None:
    """A package that is only there because another one needs it can vanish with that one's next version."""
    distributions = packages_distributions()
    named = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
    unnamed = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in [ROOT / "app.py", *(ROOT / "assistant").rglob("*.py"), *(ROOT / "index").rglob("*.py")]
        for module in imported_modules(path.read_text(encoding="utf-8"))
        if module in distributions and not named & set(map(canonicalize_name, distributions[module]))
    }
    assert unnamed == set()


def imported_modules(code: str) -> set[str]:
    """Top-level names of what a module imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Import():
                found |= {alias.name.split(".")[0] for alias in node.names}
            case ast.ImportFrom(level=0, module=str(module)):
                found.add(module.split(".")[0])
    return found
