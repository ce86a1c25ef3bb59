"""The goals of faults, load and growth, each with the figure that was reached, from committed results alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evals.processes import ROOT

FAULTS = ROOT / "docs" / "faults-results.json"
CROWD, FIRST_WORDS = 200, 3.0  # visitors at once; seconds to first words over the model's own
MEMORY_MIB, FLAT = 20.0, 5  # after the first tenth of the long run; descriptors and tasks come and go by this many
READERS_RATIO = 2.0
NOT_RUN = "not run on this state"


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal and what was reached; ``holds`` is None where it was not measured."""

    number: int
    goal: str
    figure: str
    holds: bool | None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """A row of the table."""
        return str(self.number), self.goal, self.figure, {True: "yes", False: "**no**", None: "–"}[self.holds]


def read_faults() -> dict[str, Any]:
    """Name of a fault's row → what was last seen of it."""
    found: dict[str, Any] = json.loads(FAULTS.read_text(encoding="utf-8")) if FAULTS.exists() else {}
    return found


def reached(parts: Mapping[str, Any], faults: Mapping[str, Any]) -> tuple[Reached, ...]:
    """Every goal, measured or not."""
    return (
        _of_faults(5, "every fault of the language model ends in time", faults, "faults of the language model"),
        _of_faults(8, "100 builds killed: sound; 200 damaged indexes: no crash, none served", faults,
                   "kill -9 during a build", "corrupt"),
        _of_faults(9, "a second process opens in 5 s or less; eight builds leave one index", faults,
                   "locked by another process", "eight builds at once"),
        _crowd(parts.get("load")),
        _long_run(parts.get("soak")),
        _of_faults(12, "readers leave: upstream closed in 2 s or less, all of 200", faults, "readers leave"),
        _attack(parts.get("attack")),
        Reached(19, "95 % of branches run, 85 % of mutants noticed, in the modules that keep it safe", NOT_RUN, None),
    )  # fmt: skip


def _of_faults(number: int, goal: str, faults: Mapping[str, Any], *rows: str) -> Reached:
    """Of rows of the fault table, found by how their names begin; only the full size counts as reached."""
    seen = [next((found for name, found in faults.items() if name.startswith(row)), None) for row in rows]
    told = [found for found in seen if found is not None]
    if not told:
        return Reached(number, goal, NOT_RUN, None)
    figure = "; ".join(("" if one["size"] == "full" else "small size: ") + one["seen"] for one in told)
    whole = len(told) == len(rows) and all(one["size"] == "full" for one in told)
    holds = False if not all(one["holds"] for one in told) else True if whole else None
    return Reached(number, goal, figure, holds)


def _crowd(load: Mapping[str, Any] | None) -> Reached:
    goal = f"{CROWD} at once: no unplanned error, first words at p95 within {FIRST_WORDS:g} s over the model's own time"
    rows = [row for row in load["rows"] if row["users"] == CROWD] if load else []
    if load is None or not rows:
        return Reached(10, goal, NOT_RUN, None)
    alone = {row["mode"]: row["words"]["p95"] for row in load["rows"] if row["users"] == 1}
    figures, good = [], True
    for row in rows:
        own, words = alone.get(row["mode"]), row["words"]["p95"]
        late = None if words is None or own is None else words - own
        good = good and row["errors"] == 0 and late is not None and late <= FIRST_WORDS
        pause = f"a question every {row['pause']:g} s each" if row["pause"] else "each asks again at once"
        waited = "no answer to compare" if late is None else f"{late:+.1f} s"
        figures.append(f"{row['mode']}, {pause}: {row['errors']} errors, {waited}")
    return Reached(10, goal, "; ".join(figures), good)


def _long_run(soak: Mapping[str, Any] | None) -> Reached:
    goal = f"10,000 chats: at most {MEMORY_MIB:g} MiB more after the first 1,000; descriptors and tasks flat"
    if soak is None:
        return Reached(11, goal, NOT_RUN, None)
    growth = soak["growth"]
    figure = (
        f"{soak['chats']:,} chats: {growth['memory']:+.1f} MiB after {soak['settled_at']:,}, descriptors "
        f"{growth['files']:+.0f}, tasks {growth['tasks']:+.0f}, temporary files {growth['temporary']:+.0f}; "
        f"otherwise than planned: {soak['wrong']}"
    )
    flat = max(growth["files"], growth["tasks"], growth["temporary"]) <= FLAT
    good = growth["memory"] <= MEMORY_MIB and flat and soak["wrong"] == 0
    return Reached(11, goal, figure, good if soak["chats"] >= 10_000 or not good else None)


def _attack(attack: Mapping[str, Any] | None) -> Reached:
    goal = f"50 questions a second for 60 s: never more spent than the budget, readers' p95 at most {READERS_RATIO:g}×"
    if attack is None:
        return Reached(13, goal, NOT_RUN, None)
    figures, good = [], True
    for row in attack["rows"]:
        ratio = row["attacked"]["p95"] / row["idle"]["p95"]
        good = good and row["spent"] <= row["budget"] and ratio <= READERS_RATIO and row["readers_failed"] == 0
        figures.append(f"{row['kind']}: {row['spent']:,} of {row['budget']:,} tokens, {ratio:.1f}×")
    asked = f"{attack['rate']} a second for {attack['lasting']:g} s: "
    whole = attack["rate"] >= 50 and attack["lasting"] >= 60 and len(figures) == 2
    return Reached(13, goal, asked + "; ".join(figures), good if whole or not good else None)


def rows(parts: Mapping[str, Any], faults: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the table."""
    for goal in reached(parts, faults):
        yield goal.cells
