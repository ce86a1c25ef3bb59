"""Ratchets are lowered only together with a reason: no gate may stand below what the last recorded run reached."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals import tables

GATES = Path(__file__).parent / "gates.toml"
HISTORY = Path(__file__).parent / "history.jsonl"


def loosened(gates: Path = GATES, history: Path = HISTORY) -> Iterator[str]:
    """``file:line:reached: what`` for each ratchet that allows more than a case (or its slack) less than the last
    recorded run reached.

    ``baseline update`` records a run with its reason. Both files are taken to be well-formed.
    """
    last: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in history.read_text(encoding="utf-8").splitlines() if history.exists() else ():
        line = json.loads(row)
        last[line["suite"], line["mode"]] = line["metrics"]
    text = gates.read_text(encoding="utf-8")
    rows = tomllib.loads(text).get("quality", [])
    for gate, block in zip(rows, tables.blocks(gates, text, "quality", len(rows)), strict=True):
        reached = gate.get("reached")
        then = last.get((gate.get("suite", ""), gate.get("mode", "quote")), {}).get(gate["metric"])
        if reached is None or then is None:
            continue
        allowed = 1 / then[1] if isinstance(then, list) else gate.get("slack", 0.0)
        lost = (_value(then) - _value(reached)) * (-1 if gate.get("better") == "less" else 1)
        if lost > allowed + 1e-9:
            yield (
                f"{block.at('reached')}: {reached} of {gate['metric']} is below {then}, which the last recorded run "
                "reached; raise it, or record a run with 'python -m evals baseline update --reason …'"
            )


def _value(reached: list[int] | float) -> float:
    return reached[0] / reached[1] if isinstance(reached, list) else reached
