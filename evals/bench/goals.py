"""The goals of faults, load and growth, each with the figure that was reached, from committed results alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.machine import aged
from evals.processes import ROOT

FAULTS = ROOT / "docs" / "faults-results.json"
CROWD, FIRST_WORDS = 200, 3.0  # visitors at once; seconds to first words over the model's own
MODES = ("quote", "llm")
OPENS = 5.0  # seconds in which a second process opens the index
CHATS = 10_000
MEMORY_MIB, FLAT = 20.0, 5  # after the first tenth of the long run; descriptors and tasks come and go by this many
RATE, LASTING, KINDS = 50, 60.0, 2  # an attack's questions a second and seconds; from one address, and from new ones
READERS_RATIO = 2.0
LOCKED = "locked by another process"
LEAVING = "readers leave while the model writes (streamed, whole, OpenAI, chat; closed and reset)"
SILENT = "a silent server, and nobody has set any patience"
ELSEWHERE = "`python -m tests.goals measure 19`, kept in [goals.md](goals.md)"
NOT_RUN = "not run on this state"
_PARTS = {10: "load", 11: "soak", 13: "attack"}  # goal → the part of the bench its figure is from
_FAULTS_OF = {  # goal → how the names begin of the rows its figure is from
    5: ("faults of the language model", SILENT),
    8: ("kill -9 during a build", "corrupt"),
    9: (LOCKED, "eight builds at once"),
    12: (LEAVING,),
}


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal and what was reached; ``holds`` is None where it was not measured, or not as large as the goal asks.

    A goal is reached only by what is whole; what already misses it misses it, however small it was.
    """

    number: int
    goal: str
    figure: str
    holds: bool | None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """A row of the table."""
        return str(self.number), self.goal, self.figure, {True: "yes", False: "**no**", None: "–"}[self.holds]


def read_faults(path: Path = FAULTS) -> dict[str, Any]:
    """Name of a fault's row → what was last seen of it; empty where nothing was seen yet."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def reached(parts: Mapping[str, Any], faults: Mapping[str, Any]) -> tuple[Reached, ...]:
    """Every goal, measured or not. ``parts`` are the bench's results, ``faults`` those of the fault table, by name."""
    return (
        _of_faults(5, "every fault of the language model ends in time", faults),
        _of_faults(8, "100 builds killed: sound; 200 damaged indexes: no crash, none served", faults),
        _opening(faults),
        _crowd(parts.get(_PARTS[10])),
        _long_run(parts.get(_PARTS[11])),
        _of_faults(12, "readers leave: upstream closed in 2 s or less, all of 200", faults),
        _attack(parts.get(_PARTS[13])),
        Reached(19, "95 % of branches run, 85 % of mutants noticed, in the modules that keep it safe", ELSEWHERE, None),
    )


def _rows_of(number: int, faults: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of the goal's rows that were run."""
    seen = [
        next((found for name, found in faults.items() if name.startswith(begin)), None)
        for begin in _FAULTS_OF.get(number, ())
    ]
    return [found for found in seen if found is not None]


def _of_faults(number: int, goal: str, faults: Mapping[str, Any]) -> Reached:
    """Of rows of the fault table; only the full size counts as reached."""
    told = _rows_of(number, faults)
    if not told:
        return Reached(number, goal, NOT_RUN, None)
    figure = "; ".join(("" if one["size"] == "full" else "small size: ") + one["seen"] for one in told)
    whole = len(told) == len(_FAULTS_OF[number]) and all(one["size"] == "full" for one in told)
    return Reached(number, goal, figure, _holds(all(one["holds"] for one in told), whole))


def _opening(faults: Mapping[str, Any]) -> Reached:
    """The row of the locks tells whether they are waited for; how long opening takes is held against the goal here."""
    goal = f"a second process opens in {OPENS:g} s or less; eight builds leave one index"
    found = _of_faults(9, goal, faults)
    row = faults.get(LOCKED)
    if row is None or row["size"] != "full":
        return found
    if row.get("seconds") is None:
        return replace(found, holds=False if found.holds is False else None)
    return replace(found, holds=False if row["seconds"] > OPENS else found.holds)


def _holds(good: bool, whole: bool) -> bool | None:
    return False if not good else True if whole else None


def _crowd(load: Mapping[str, Any] | None) -> Reached:
    goal = f"{CROWD} at once: no unplanned error, first words at p95 within {FIRST_WORDS:g} s over the model's own time"
    rows = [row for row in load["rows"] if row["users"] == CROWD] if load else []
    if load is None or not rows:
        return Reached(10, goal, NOT_RUN, None)
    alone = {row["mode"]: row["words"]["p95"] for row in load["rows"] if row["users"] == 1}
    whole = not load.get("unfinished") and {row["mode"] for row in rows} == set(MODES)
    figures, good = [], True
    for row in rows:
        own, words = alone.get(row["mode"]), row["words"]["p95"]
        late = None if words is None or own is None else words - own
        whole = whole and own is not None
        good = good and row["errors"] == 0 and words is not None and (late is None or late <= FIRST_WORDS)
        pause = f"a question every {row['pause']:g} s each" if row["pause"] else "each asks again at once"
        waited = "no answer to compare" if late is None else f"{late:+.1f} s"
        figures.append(f"{row['mode']}, {pause}: {row['errors']} errors, {waited}")
    return Reached(10, goal, _told(load, "; ".join(figures)), _holds(good, whole))


def _long_run(soak: Mapping[str, Any] | None) -> Reached:
    goal = f"{CHATS:,} chats: at most {MEMORY_MIB:g} MiB more after the first 1,000; descriptors and tasks flat"
    if soak is None:
        return Reached(11, goal, NOT_RUN, None)
    growth = soak["growth"]
    figure = (
        f"{soak['chats']:,} chats: {growth['memory']:+.1f} MiB after {soak['settled_at']:,} "
        f"({soak['memory_per_1000_chats']:+.2f} MiB per 1,000 chats), descriptors {growth['files']:+.0f}, tasks "
        f"{growth['tasks']:+.0f}, temporary files {growth['temporary']:+.0f}; otherwise than planned: {soak['wrong']}"
    )
    flat = max(growth["files"], growth["tasks"], growth["temporary"]) <= FLAT
    good = growth["memory"] <= MEMORY_MIB and flat and soak["wrong"] == 0
    return Reached(11, goal, _told(soak, figure), _holds(good, soak["chats"] >= CHATS and not soak.get("unfinished")))


def _attack(attack: Mapping[str, Any] | None) -> Reached:
    goal = (
        f"{RATE} questions a second for {LASTING:g} s: never more spent than the budget, readers' p95 at most "
        f"{READERS_RATIO:g}×"
    )
    if attack is None:
        return Reached(13, goal, NOT_RUN, None)
    figures, good = [], True
    for row in attack["rows"]:
        before, during = row["idle"]["p95"], row["attacked"]["p95"]
        ratio = during / before if during and before else None  # None: readers got no answer to compare
        within = ratio is not None and ratio <= READERS_RATIO and row["readers_failed"] == 0
        good = good and row["spent"] <= row["budget"] and within
        waits = "readers got no answer" if ratio is None else f"readers' p95 {during:.3f} s, {ratio:.1f}× idle"
        figures.append(
            f"{row['kind']}: {row['spent']:,} of {row['budget']:,} tokens, {waits}, {row['readers_failed']} of their "
            "questions failed"
        )
    asked = f"{attack['rate']} a second for {attack['lasting']:g} s: "
    kinds = {row["kind"] for row in attack["rows"]}
    whole = attack["rate"] >= RATE and attack["lasting"] >= LASTING and len(kinds) == KINDS
    whole = whole and not attack.get("unfinished")
    return Reached(13, goal, _told(attack, asked + "; ".join(figures)), _holds(good, whole))


def _told(part: Mapping[str, Any], figure: str) -> str:
    return f"{figure} (broken off)" if part.get("unfinished") else figure


def rows(parts: Mapping[str, Any], faults: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the table; a figure of another state of the program says so at its head."""
    for goal in reached(parts, faults):
        number, name, figure, holds = goal.cells
        yield number, name, _age(goal.number, parts, faults) + figure, holds


def _age(number: int, parts: Mapping[str, Any], faults: Mapping[str, Any]) -> str:
    """The oldest of what a goal's figure was made from."""
    part = parts.get(_PARTS.get(number, ""))
    sources = [] if part is None else [(part["date"], part["machine"])]
    sources += [(row["date"], row) for row in _rows_of(number, faults)]
    return min((mark for date, about in sources if (mark := aged(date, about))), default="")
