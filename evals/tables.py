"""Tab-separated files and TOML tables, read so that whatever is wrong with them is said with file, line and field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = tuple[int, Mapping[str, str]]  # line in the file; column → cell


def rows(path: Path, header: Sequence[str], *, edited: bool = False) -> tuple[list[Row], list[str]]:
    """The well-formed rows of a tab-separated file, in order, and every problem as ``file:line:field: what``.

    ``edited``: people keep the file in a spreadsheet, so empty lines are skipped, and cells that hold quotation marks
    may stand in quotation marks with those inside doubled.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [], [f"{path}:1:file: cannot be read: {error}"]
    # Not splitlines(): a cell may hold U+2028 or a form feed on purpose.
    first, *lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if tuple(_cells(first, edited)) != tuple(header):
        return [], [f"{path}:1:header: the first line must name the columns {', '.join(header)}, separated by tabs"]
    found: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 2):
        cells = _cells(line, edited)
        if edited and not any(cells):
            continue
        if len(cells) == len(header):
            found.append((number, dict(zip(header, cells, strict=True))))
        else:
            problems.append(f"{path}:{number}:row: has {len(cells)} columns, needs {len(header)}")
    return found, problems


def _cells(line: str, edited: bool) -> list[str]:
    cells = line.split("\t")
    return [_unquoted(cell) for cell in cells] if edited else cells


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


@dataclass(frozen=True, slots=True)
class Block:
    """One ``[[table]]`` or ``[table]`` of a TOML file: where it begins and where each of its keys stands."""

    path: Path
    line: int
    keys: Mapping[str, int]

    def at(self, field: str) -> str:
        """``file:line:field``; for a key that is missing the line of the table."""
        return f"{self.path}:{self.keys.get(field, self.line)}:{field}"


def blocks(path: Path, text: str, table: str, count: int) -> list[Block]:
    """The ``count`` tables of this name in order; where they are not written as ``[[table]]``, the first line."""
    found: list[Block] = []
    keys: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if head := re.match(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#|$)", line):
            keys = {}
            if head[1].strip() == table:
                found.append(Block(path, number, keys))
        elif key := re.match(r"\s*(?:\"([^\"]+)\"|([A-Za-z0-9_-]+))\s*=", line):
            keys.setdefault(key[1] or key[2], number)
    return found if len(found) == count else [Block(path, 1, {})] * count
