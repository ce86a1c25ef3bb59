"""What a generation of the index says of itself, and whether that is so: identity, digests, the pointer to it."""

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.entries import EMBEDDED_AS_QUERY
from index.errors import IndexUnusable

SCHEMA = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an index must have been built from to be served: equal identities give equal answers."""

    document_sha256: str
    parser_version: int
    embedding: str
    entries_sha256: str
    entries: int
    origin: str  # "shipped": the text in the checkout, with bank and reading aid · "file": passages of another text

    @property
    def fingerprint(self) -> str:
        """sha256 over the identity; stands in every answer."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Identity plus digests of the vectors and of every file of a generation."""

    identity: Identity
    vectors_sha256: str
    dimensions: int
    files: Mapping[str, str]

    def to_json(self) -> str:
        """The manifest file, with a digest of itself."""
        body = {
            "schema": SCHEMA,
            "identity": asdict(self.identity),
            "fingerprint": self.identity.fingerprint,
            "prefixes": _prefixes(),
            "vectors_sha256": self.vectors_sha256,
            "dimensions": self.dimensions,
            "files": dict(self.files),
        }
        return json.dumps(body | {"sha256": _canonical_digest(body)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Parse and check; raises IndexUnusable when it is malformed or one byte was changed."""
        try:
            body = json.loads(text)
            stated = body.pop("sha256")
            if body["schema"] != SCHEMA or _canonical_digest(body) != stated:
                raise IndexUnusable("the manifest does not match its own digest")
            if body["prefixes"] != _prefixes():
                raise IndexUnusable(f"it was built with other prefixes ({body['prefixes']}, now {_prefixes()})")
            identity = Identity(**body["identity"])
            return cls(identity, body["vectors_sha256"], body["dimensions"], body["files"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexUnusable(f"the manifest cannot be read: {error!r}") from None


def current(root: Path) -> Path:
    """The generation in use; raises IndexUnusable when there is none."""
    try:
        name = (root / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise IndexUnusable(f"there is no index in {str(root)!r}") from None
    if not name.startswith("g-") or "/" in name or len(name) > 100 or not (root / name).is_dir():
        raise IndexUnusable(f"the pointer in {str(root)!r} names no generation: {name[:40]!r}")
    return root / name


def check_files(generation: Path) -> Manifest:
    """Compare every file with the manifest.

    Raises:
        IndexUnusable: naming the first that is missing, changed or foreign.
    """
    try:
        manifest = Manifest.from_json((generation / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"the manifest cannot be read: {error}") from None
    found = file_digests(generation)
    for name in sorted(set(found) | set(manifest.files)):
        if found.get(name) != manifest.files.get(name):
            state = "missing" if name not in found else "foreign" if name not in manifest.files else "changed"
            raise IndexUnusable(f"file {name!r} of the index is {state}")
    return manifest


def vectors_digest(vectors: np.ndarray) -> str:
    """sha256 of the rows as little-endian float32."""
    return hashlib.sha256(np.ascontiguousarray(vectors, dtype="<f4").tobytes()).hexdigest()


def plain_files(generation: Path) -> list[Path]:
    """Every file of a generation but its manifest, sorted.

    Raises:
        IndexUnusable: there is something that is neither a file nor a directory; a link could lead anywhere.
        OSError: it cannot be read.
    """
    found = []
    for path in sorted(generation.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            found.append(path)
        elif not stat.S_ISDIR(mode):
            raise IndexUnusable(f"file {path.relative_to(generation).as_posix()!r} of the index is no plain file")
    return [path for path in found if path != generation / MANIFEST]


def file_digests(generation: Path) -> dict[str, str]:
    """Path within the generation → sha256 of its content, of every file but the manifest."""
    digests = {}
    for path in plain_files(generation):
        with path.open("rb") as file:
            digests[path.relative_to(generation).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def difference(found: Identity, expected: Identity) -> str:
    """In which respect an index is another than the one that is wanted, with both values."""
    names = {
        "document_sha256": "another text",
        "parser_version": "another parser version",
        "embedding": "another embedding model",
        "entries_sha256": "other passages or questions",
    }
    for field, words in names.items():
        if getattr(found, field) != getattr(expected, field):
            return f"{words} ({getattr(found, field)!r}, now {getattr(expected, field)!r})"
    return "something else"


def _canonical_digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _prefixes() -> dict[str, str]:
    return {role: "query" if query else "passage" for role, query in EMBEDDED_AS_QUERY.items()}
