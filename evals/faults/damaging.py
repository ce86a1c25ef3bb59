"""The kinds of damage done to the files of an index, each at a place that a seeded generator chooses."""

import os
import random
from collections.abc import Callable
from pathlib import Path

from index.store import current

Damage = Callable[[Path, random.Random], object]


def _some_file(root: Path, rng: random.Random) -> Path:
    """A file of the current generation, the manifest included."""
    return rng.choice(sorted(path for path in current(root).rglob("*") if path.is_file()))


def _put(path: Path, data: bytes | bytearray) -> None:
    """A new file in the old one's place: the old one is a link to the good index's."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def _rewrite(change: Callable[[bytearray, random.Random], bytes | bytearray]) -> Damage:
    def damage(root: Path, rng: random.Random) -> None:
        path = _some_file(root, rng)
        _put(path, change(bytearray(path.read_bytes()), rng))

    return damage


def _flip(data: bytearray, rng: random.Random) -> bytearray:
    data = data or bytearray(1)  # a file may be empty; then it becomes longer
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _burst(data: bytearray, rng: random.Random) -> bytearray:
    data = data or bytearray(1)
    start = rng.randrange(len(data))
    end = min(len(data), start + 64)
    data[start:end] = rng.randbytes(end - start)
    return data


def _zeros(data: bytearray, rng: random.Random) -> bytearray:
    data = data or bytearray(1)
    start = rng.randrange(len(data))
    data[start : start + 4096] = bytes(len(data[start : start + 4096]))
    return data


def _pointer(root: Path, rng: random.Random) -> None:
    chosen = rng.choice([b"", b"g-", b"../..", b"/etc", b"\xff\xfe", rng.randbytes(40), b"g-" + b"0" * 20])
    _put(root / "current", chosen)


def _torn(root: Path, rng: random.Random) -> None:
    """The file as it was up to some place, and of another index from there."""
    path = _some_file(root, rng)
    theirs = current(root.parent / "other") / path.relative_to(current(root))
    ours, place = path.read_bytes(), rng.randrange(path.stat().st_size or 1)
    _put(path, ours[:place] + (theirs.read_bytes()[place:] if theirs.exists() else b""))


def _foreign(root: Path, rng: random.Random) -> None:
    """A file of another index in the place of ours."""
    others = current(root.parent / "other")
    theirs = rng.choice(sorted(path for path in others.rglob("*") if path.is_file()))
    ours = current(root) / theirs.relative_to(others)
    ours.parent.mkdir(parents=True, exist_ok=True)
    _put(ours, theirs.read_bytes())


def _swap(root: Path, rng: random.Random) -> None:
    first, second = rng.sample(sorted(path for path in current(root).rglob("*") if path.is_file()), 2)
    ours = first.read_bytes()
    _put(first, second.read_bytes())
    _put(second, ours)


def _replace(make: Callable[[Path], object]) -> Damage:
    def damage(root: Path, rng: random.Random) -> None:
        path = _some_file(root, rng)
        path.unlink()
        make(path)

    return damage


DAMAGES: dict[str, Damage] = {
    "a flipped bit": _rewrite(_flip),
    "64 random bytes": _rewrite(_burst),
    "a block of zeros": _rewrite(_zeros),
    "cut": _rewrite(lambda data, rng: data[: rng.randrange(len(data) or 1)]),
    "empty": _rewrite(lambda data, rng: b""),
    "longer": _rewrite(lambda data, rng: data + rng.randbytes(rng.randrange(1, 5000))),
    "torn between two indexes": _torn,
    "another index's file": _foreign,
    "two files swapped": _swap,
    "missing": lambda root, rng: _some_file(root, rng).unlink(),
    "a file too many": lambda root, rng: (_some_file(root, rng).parent / "extra.bin").write_bytes(rng.randbytes(9)),
    "a directory for a file": _replace(Path.mkdir),
    "a pipe for a file": _replace(os.mkfifo),
    "an endless device for a file": _replace(lambda path: path.symlink_to("/dev/zero")),
    "a link to itself for a file": _replace(lambda path: path.symlink_to(path)),
    "the pointer": _pointer,
}
