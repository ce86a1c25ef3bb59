"""What lies in deploy/, read for the tests."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, in order."""
    text = "\n".join(
        line for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, " ".join(rest.split())


def image_tree(directory: Path) -> Path:
    """A folder with exactly the files of the checkout that the Dockerfile copies into the image."""
    for name, arguments in instructions():
        if name != "COPY" or arguments.startswith("--from="):
            continue
        *sources, target = arguments.split()
        for source in sources:
            place = directory / target / ("" if not target.endswith("/") else Path(source).name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    return directory


def manifests() -> list[dict[str, Any]]:
    """Every Kubernetes object that kustomization.yaml lists."""
    listed = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    return [
        found for name in listed for found in yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")) if found
    ]


def compose() -> dict[str, Any]:
    """The compose file, merged."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def unit(name: str) -> dict[str, list[str]]:
    """A systemd unit: KEY → values, in order."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", (DEPLOY / "systemd" / name).read_text(encoding="utf-8"), re.M):
        found.setdefault(key, []).append(value)
    return found
