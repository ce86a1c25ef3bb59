"""python -m evals.gate: does the gate tell supported claims from unsupported ones? Writes the tables of docs/gate.md.

Every figure comes from ``assistant.verify.check``, which is given the cited sentences and nothing else.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.gate import weigh
from assistant.types import LANGUAGES, Claim, IndexIdentity
from assistant.verify import Finding, Verifier, check
from evals import claims, gates
from evals.claims import LIES, LabelledClaim, Line
from evals.marked import insert
from evals.measured import Measured, Metric
from evals.statistics import Rate, auroc
from index import parse, reading_aid
from index.document import Document
from index.errors import UserError

REPORT = Path(__file__).parent.parent / "docs" / "gate.md"
BEGIN, END = "<!-- figures: python -m evals.gate -->", "<!-- end of figures -->"
SUITE = gates.CLAIMS
METRICS = tuple(f"{name}[{language}]" for name in ("caught", "blocked") for language in LANGUAGES)
GRAM = 4  # characters; two lines are compared by the pieces of that length they share
NEAR = 0.6  # from this share on two lines are near copies of each other


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled claim and what the gate says of it."""

    claim: LabelledClaim
    finding: Finding

    @property
    def is_right(self) -> bool:
        """Whether the gate agrees with the label."""
        return self.finding.supported == self.claim.is_supported

    @property
    def score(self) -> float:
        """The gate's probability that the claim is supported."""
        return self.finding.score if self.finding.score is not None else 0.0


def judge(labelled: Iterable[LabelledClaim], document: Document) -> list[Judged]:
    """Ask the gate about every claim."""
    return [Judged(claim, check(claim.text, claim.evidence(document), claim.language)) for claim in labelled]


def withheld(judged: Iterable[Judged]) -> Rate | None:
    """How many of some claims the gate withholds; None of none."""
    found = [not one.finding.supported for one in judged]
    return Rate(sum(found), len(found)) if found else None


def measured(judged: Sequence[Judged]) -> Measured:
    """``caught`` (unsupported claims withheld) and ``blocked`` (supported ones withheld), per language."""
    metrics = {}
    for language in LANGUAGES:
        for name, supported in (("caught", False), ("blocked", True)):
            of = [j for j in judged if j.claim.language == language and j.claim.is_supported == supported]
            rate = withheld(of)
            if rate is not None:
                worse = tuple(one.claim.id for one in of if not one.is_right)
                value = Metric(rate.value, rate.k, rate.n, rate.interval, None, len(of), len(of), 0, worse)
                metrics[f"{name}[{language}]"] = value
    return Measured(len(judged), (), metrics, {}, (), None)


def pairs(judged: Sequence[Judged]) -> Rate | None:
    """Minimal pairs, groups of one true and one false version: in how many is each judged rightly?"""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.claim.group, []).append(one)
    of = [group for group in groups.values() if sorted(one.claim.is_supported for one in group) == [False, True]]
    return Rate(sum(all(one.is_right for one in group) for group in of), len(of)) if of else None


def curve(judged: Sequence[Judged], points: int = 11) -> list[tuple[float, float, float]]:
    """(threshold on the score, share caught, share blocked) at even steps: the ROC."""
    bad = [one.score for one in judged if not one.claim.is_supported]
    good = [one.score for one in judged if one.claim.is_supported]
    thresholds = [step / (points - 1) for step in range(points)]
    return [
        (t, sum(score < t for score in bad) / len(bad), sum(score < t for score in good) / len(good))
        for t in thresholds
    ]


def likeness(text: str, others: Sequence[frozenset[str]]) -> float:
    """Jaccard similarity (Jaccard 1901) of a text's pieces to the most similar of others: 0..1."""
    own, best = grams(text), 0.0
    for other in others:
        smaller, larger = sorted((len(own), len(other)))
        if larger and smaller / larger > best:  # the similarity is at most the ratio of the sizes
            shared = len(own & other)
            best = max(best, shared / (smaller + larger - shared))
    return best


def grams(text: str) -> frozenset[str]:
    """Overlapping pieces of a text without spaces and marks."""
    letters = re.sub(r"[\W_]+", "", text.casefold())
    return frozenset(letters[i : i + GRAM] for i in range(max(len(letters) - GRAM + 1, 1)))


def shown_lies(lines: Sequence[Line], verifier: Verifier) -> dict[str, list[Line | None]]:
    """Per kind of lie, each line the gate would show, and None for each it withholds."""
    out: dict[str, list[Line | None]] = {}
    for line in lines:
        found = verifier.finding(Claim(line.text, "statement", line.addresses), line.language)
        out.setdefault(line.kind, []).append(line if found.supported else None)
    return out


def table(judged: Sequence[Judged]) -> list[str]:
    """Rows per kind: claims withheld, EN and JA, k/n with the Wilson interval."""
    kinds = [*LIES, *sorted({one.claim.kind for one in judged if one.claim.is_supported})]
    lines = ["| kind | EN withheld | JA withheld |", "|---|---|---|"]
    for kind in kinds:
        of = [one for one in judged if one.claim.kind == kind]
        if of:
            cells = [_cell(withheld(one for one in of if one.claim.language == language)) for language in LANGUAGES]
            lines.append(f"| {'supported: ' if kind not in LIES else ''}`{kind}` | {' | '.join(cells)} |")
    return lines


def _cell(rate: Rate | None) -> str:
    if rate is None:
        return "–"
    return f"{rate.k}/{rate.n} = {rate.value:.3f} ({rate.interval.low:.2f}–{rate.interval.high:.2f})"


def report(name: str, judged: Sequence[Judged]) -> list[str]:
    """One split: totals, table, minimal pairs, ROC."""
    found = measured(judged)
    lines = [f"### `{name}` ({len(judged)} claims)", "", "| | EN | JA |", "|---|---|---|"]
    for title, metric in (("unsupported caught", "caught"), ("supported blocked", "blocked")):
        cells = []
        for language in LANGUAGES:
            one = found.metrics.get(f"{metric}[{language}]")
            cells.append(_cell(Rate(one.k, one.n)) if one is not None and one.k is not None else "–")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    areas = []
    for language in LANGUAGES:
        of = [one for one in judged if one.claim.language == language]
        good, bad = ([j.score for j in of if j.claim.is_supported is side] for side in (True, False))
        areas.append(f"{auroc(good, bad):.4f}" if good and bad else "–")
    lines += [f"| AUROC of the score | {' | '.join(areas)} |", ""]
    lines += [f"Minimal pairs with both versions judged rightly: {_cell(pairs(judged))}.", "", *table(judged), ""]
    lines += ["| threshold on the score alone | caught | blocked |", "|---|---|---|"]
    lines += [f"| {t:.1f} | {caught:.3f} | {blocked:.3f} |" for t, caught, blocked in curve(judged)]
    operating = weigh.weights().show_from
    return [*lines, "", f"Operating point: a claim that breaks no rule is shown from {operating:.2f} on.", ""]


def lines_report(verifier: Verifier, dev: Sequence[LabelledClaim]) -> list[str]:
    """The scripted liars and the honest model: what of theirs would be shown; how like the dev claims they are."""
    liars, honest = claims.load_lines("liars"), claims.load_lines("honest")
    known = [grams(claim.text) for claim in dev]
    likenesses = sorted(likeness(line.text, known) for line in liars)
    near = sum(value >= NEAR for value in likenesses)
    lines = ["### Lines of the scripted models", "", "| lie | shown |", "|---|---|"]
    lines += [
        f"| `{kind}` | {_cell(Rate(sum(one is not None for one in found), len(found)))} |"
        for kind, found in shown_lies(liars, verifier).items()
    ]
    truths = shown_lies(honest, verifier)["honest"]
    lines += [
        f"| honest lines | {_cell(Rate(sum(one is not None for one in truths), len(truths)))} |",
        "",
        f"Likeness of the {len(liars)} lies to the nearest dev claim (shared pieces of {GRAM} characters): median "
        f"{likenesses[len(likenesses) // 2]:.2f}, highest {likenesses[-1]:.2f}, {near} at {NEAR} or above.",
        "",
    ]
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write the tables, hold the test claims against the gates; the exit code is the verdict's."""
    parser = argparse.ArgumentParser(prog="python -m evals.gate", description="Measure the gate on labelled claims.")
    parser.add_argument("--no-write", action="store_true", help="leave docs/gate.md as it is")
    parser.add_argument("--show", choices=("dev",), help="print every dev claim the gate is wrong about")
    arguments = parser.parse_args(argv)
    try:
        document = parse.load()
        limits = gates.load()
        splits = {name: claims.load(name) for name in ("dev", "test")}
        verifier = Verifier(document, reading_aid.load(document), IndexIdentity("", ""))
        started = time.perf_counter()
        judged = {name: judge(labelled, document) for name, labelled in splits.items()}
        each = (time.perf_counter() - started) / sum(map(len, judged.values())) * 1000
        text = [*report("test", judged["test"]), *report("dev", judged["dev"])]
        text += lines_report(verifier, splits["dev"])
        if not arguments.no_write:
            write("\n".join(text))
    except UserError as error:
        print(f"evals.gate: {error}", file=sys.stderr)
        return error.exit_code
    if arguments.show:
        for one in judged[arguments.show]:
            if not one.is_right:
                print(json.dumps([one.claim.id, one.finding.reasons, one.claim.text], ensure_ascii=False))
    from evals.detector import measured_of  # which builds on this module

    own = [limit for limit in limits if limit.suite == SUITE]
    verdict = gates.judge(SUITE, measured_of(judged["test"]), own)
    print(f"{verdict.line} ({each:.1f} ms a claim)")
    return verdict.exit_code


def write(figures: str, path: Path = REPORT) -> None:
    """Put the figures between their markers; the text around them stays."""
    path.write_text(insert(path.read_text(encoding="utf-8"), BEGIN, END, figures), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
