"""Two runs side by side, case by case: every flip by id, a p-value beside it, and whether it is a regression."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.metrics import BETTER, METRICS, TITLES
from evals.paired import SIGNIFICANT, Flips, Shift, flips, holm, shift, smallest_detectable
from evals.retrieval import MEASURES
from evals.stored import TIMELESS, Run, read_run

TOLERATED = 1  # a metric may lose one case more than it wins, as a ratchet may
# What is compared: whatever a single case has a score on. The others stand on pairs, groups, or the run as a whole.
COMPARED = frozenset((*(definition.name for definition in METRICS), *MEASURES))
_OF_THE_RUN = frozenset({"made", "seconds", "machine", "schema"})  # no part of what is compared
_MEAN_DROP = 0.01  # a mean of ranks may move by less without being a regression


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What a comparison needs of a case: score 0..1 on each metric that applied, 1 being perfect."""

    digest: str
    fact: str
    status: str
    sections: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """A run, or the committed baseline, reduced to what is compared."""

    provenance: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]  # suite → name → [k, n] or value
    cases: Mapping[str, Mapping[str, CaseRecord]]  # suite → id → record


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one suite in both runs."""

    suite: str
    metric: str
    flips: Flips
    shift: Shift
    adjusted: float

    @property
    def title(self) -> str:
        """What a reader calls the metric."""
        return TITLES[self.metric]

    @property
    def regressed(self) -> bool:
        """Lost more cases than it may; for means of ranks: fell by more than 0.01, and not by chance."""
        if self.metric in MEASURES:
            return self.shift.difference < -_MEAN_DROP and self.shift.p_value <= SIGNIFICANT
        return len(self.flips.lost) - len(self.flips.won) > TOLERATED

    @property
    def line(self) -> str:
        """In words, with what chance would say."""
        first = f", first {self.flips.lost[0]}" if self.flips.lost else ""
        return (
            f"{self.suite}: {self.metric} lost {len(self.flips.lost)} and won {len(self.flips.won)} of {self.flips.n} "
            f"cases{first} (p {self.flips.p_value:.3f})"
        )


@dataclass(frozen=True)
class Comparison:
    """Everything that changed between two runs."""

    changes: tuple[Change, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    provenance: tuple[tuple[str, str, str], ...] = ()
    detectable: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    @property
    def regressions(self) -> tuple[Change, ...]:
        """The metrics that got worse."""
        return tuple(change for change in self.changes if change.regressed)


def snapshot(run: Run) -> Snapshot:
    """Reduce a stored run."""
    return Snapshot(
        provenance={k: v for k, v in run.manifest.items() if k not in _OF_THE_RUN},
        metrics={
            name: {
                metric: [m["k"], m["n"]] if m["k"] is not None else m["value"]
                for metric, m in suite.metrics["metrics"].items()
            }
            for name, suite in run.suites.items()
        },
        cases={name: {row["id"]: record(row) for row in suite.rows} for name, suite in run.suites.items()},
    )


def record(row: Mapping[str, Any]) -> CaseRecord:
    """A line of results.jsonl as a record: scores turned so that 1 is perfect."""
    scores: dict[str, float] = {}
    for name, score in row["scores"].items():
        if name in COMPARED and score != "does not apply":
            value = score[0] / score[1]
            scores[name] = value if BETTER[name] == "more" else 1 - value
    scores |= {name: value for name, value in row["ranks"].items() if name in COMPARED}
    answer = row.get("answer", {})
    status = "/".join(filter(None, (answer.get("status", "error"), answer.get("reason"))))
    rounded = {name: round(value, 4) for name, value in scores.items()}
    return CaseRecord(row["digest"], row["fact"], status, "+".join(row.get("sections", ())), rounded)


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """What changed; suites and cases that only one run has, and cases that now ask something else, are listed."""
    changes: list[Change] = []
    added: list[str] = []
    removed: list[str] = []
    altered: list[str] = []
    detectable: dict[str, dict[str, tuple[int, int]]] = {}
    for suite, now in after.cases.items():
        then = before.cases.get(suite, {})
        added += [id_ for id_ in now if id_ not in then]
        removed += [id_ for id_ in then if id_ not in now]
        altered += [id_ for id_ in now if id_ in then and now[id_].digest != then[id_].digest]
        shared = [id_ for id_ in now if id_ in then and now[id_].digest == then[id_].digest]
        changes += _changes(suite, {i: then[i] for i in shared}, {i: now[i] for i in shared})
        if found := _detectable([then[id_] for id_ in shared], [now[id_] for id_ in shared]):
            detectable[suite] = found
    adjusted = holm([change.flips.p_value for change in changes])
    changes = [
        Change(change.suite, change.metric, change.flips, change.shift, p)
        for change, p in zip(changes, adjusted, strict=True)
    ]
    differing = tuple(_differences(before.provenance, after.provenance))
    return Comparison(tuple(changes), tuple(added), tuple(removed), tuple(altered), differing, detectable)


def _detectable(then: Sequence[CaseRecord], now: Sequence[CaseRecord]) -> dict[str, tuple[int, int]]:
    """Metric → the fewest lost cases the exact McNemar test notices, and of how many it applies to in both runs."""
    found = {}
    for metric in TITLES:
        n = sum(metric in one.scores and metric in other.scores for one, other in zip(then, now, strict=True))
        if metric not in MEASURES and (needed := smallest_detectable(n)) is not None:
            found[metric] = (needed, n)
    return found


def _changes(suite: str, then: Mapping[str, CaseRecord], now: Mapping[str, CaseRecord]) -> list[Change]:
    """One for each metric on which any case of both runs differs."""
    found = []
    facts = {id_: record.fact for id_, record in now.items()}
    for metric in TITLES:
        before = {id_: r.scores[metric] for id_, r in then.items() if metric in r.scores}
        after = {id_: r.scores[metric] for id_, r in now.items() if metric in r.scores}
        both = [id_ for id_ in before if id_ in after]
        if all(before[id_] == after[id_] for id_ in both):
            continue
        turned = flips({i: before[i] >= 1 for i in both}, {i: after[i] >= 1 for i in both})
        found.append(Change(suite, metric, turned, shift(before, after, facts), 1.0))
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name, str(before.get(name)), str(after.get(name))


def markdown(comparison: Comparison, before: str, after: str, limit: int | None = None) -> str:
    """The comparison as Markdown: regressions first, every flip by id, then what the runs were made from.

    ``limit`` is how many ids of a list are written out.
    """
    lines = [f"# {before} → {after}", ""]
    if not comparison.changes:
        lines += ["No case differs on any metric.", ""]
    else:
        lines += [
            "| suite | metric | lost | won | of | p (McNemar) | p (Holm) | mean moved by | p (permutation) | |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
        for change in sorted(comparison.changes, key=lambda change: not change.regressed):
            cells = [
                change.suite,
                change.title,
                str(len(change.flips.lost)),
                str(len(change.flips.won)),
                str(change.flips.n),
                f"{change.flips.p_value:.3f}",
                f"{change.adjusted:.3f}",
                f"{change.shift.difference:+.4f}",
                f"{change.shift.p_value:.3f}",
                "**regression**" if change.regressed else "",
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", *_flip_lists(comparison.changes, limit)]
    for name, ids in (("New", comparison.added), ("Gone", comparison.removed), ("Altered", comparison.altered)):
        if ids:
            lines += [f"{name} cases ({len(ids)}): {_ids(ids, limit)}", ""]
    if comparison.detectable:
        lines += [
            "Smallest drop the exact McNemar test can notice, with none won:",
            "",
            "| suite | metric | cases lost | of | share |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {suite} | {TITLES[metric]} | {needed} | {n} | {needed / n:.1%} |"
            for suite, found in comparison.detectable.items()
            for metric, (needed, n) in found.items()
        ]
    if comparison.provenance:
        lines += ["", "| made from | before | after |", "|---|---|---|"]
        lines += [f"| {name} | {_short(old)} | {_short(new)} |" for name, old, new in comparison.provenance]
    return "\n".join(lines) + "\n"


def identical(before: Path, after: Path) -> tuple[list[str], bool]:
    """A line for each file of two runs' suites that holds no time, and whether all are equal byte for byte.

    Raises:
        NoRun: a folder holds no run.
    """
    names = [set(read_run(folder).suites) for folder in (before, after)]
    lines, same = [], True
    for name in sorted(names[0] | names[1]):
        for file in TIMELESS:
            contents = [(folder / name / file).read_bytes() for folder in (before, after) if (folder / name).is_dir()]
            equal = len(contents) == 2 and contents[0] == contents[1]
            same = same and equal
            digest = hashlib.sha256(contents[-1]).hexdigest()[:12]
            lines.append(f"{name}/{file}: {f'identical ({digest})' if equal else 'DIFFERS'}")
    return lines, same


def _flip_lists(changes: Sequence[Change], limit: int | None) -> list[str]:
    lines = []
    for change in changes:
        for word, ids in (("lost", change.flips.lost), ("won", change.flips.won)):
            if ids:
                lines.append(f"- {change.suite} {change.metric} {word}: {_ids(ids, limit)}")
    return [*lines, ""]


def _ids(ids: Sequence[str], limit: int | None) -> str:
    left = len(ids[limit:]) if limit is not None else 0
    return ", ".join(ids[:limit]) + (f" and {left} more" if left else "")


def _short(text: str) -> str:
    return (text if len(text) <= 60 else text[:57] + "…").replace("|", "\\|")
