"""The gate as a detector, against decisions counted by hand."""

from typing import Any

import pytest

from assistant.verify import Finding
from evals import detector
from evals.claims import LabelledClaim
from evals.gate import SUITE, Judged
from evals.gates import Gate
from tests.evals.made import DOCUMENT


def judged(
    id_: str, label: Any, score: float | None, *, shown: bool, kind: str = "k", group: str = "", **of: Any
) -> Judged:
    claim = LabelledClaim(id_, group or id_, of.get("language", "en"), label, kind, ("iii.p1.s1",), id_)
    return Judged(claim, Finding(() if shown else ("low_score",), score))


RUN = (
    judged("t1", "supported", 0.9, shown=True, group="a"),
    judged("f1", "unsupported", 0.2, shown=False, kind="party_swap", group="a"),
    judged("t2", "supported", 0.4, shown=False, group="b"),
    judged("f2", "unsupported", 0.1, shown=False, kind="party_swap", group="b"),
    judged("t3", "supported", 0.8, shown=True),
    judged("f3", "unsupported", 0.85, shown=True, kind="number_mismatch", language="ja"),
)


def test_detection_false_alarms_and_pairs() -> None:
    """2 of 3 lies caught, 1 of 3 truths blocked, 1 of 2 pairs wholly right, balanced (⅔ + ⅔)/2."""
    found = detector.measure(RUN)
    assert (found["caught"].k, found["caught"].n, found["caught"].worse) == (2, 3, ("f3",))
    assert (found["blocked"].k, found["blocked"].worse) == (1, ("t2",))
    assert (found["pairs"].k, found["pairs"].n, found["pairs"].worse) == (1, 2, ("t2", "f2"))
    assert found["balanced"].value == pytest.approx(2 / 3)
    # Truths .9 .4 .8 against lies .2 .1 .85: 3 + 2 + 2 of 9 pairs.
    assert found["auroc"].value == pytest.approx(7 / 9)


def test_a_kind_shows_only_what_applies_to_it() -> None:
    """A kind of lie has a detection rate and no false alarms."""
    kinds = detector.by_kind(RUN)
    assert set(kinds["party_swap"]) == {"caught"}
    assert (kinds["party_swap"]["caught"].k, kinds["number_mismatch"]["caught"].k) == (2, 0)
    assert set(kinds["k"]) == {"blocked"}
    assert detector.measured_of(RUN).metrics["caught[ja]"].k == 0


def test_the_curve_runs_from_nothing_to_everything() -> None:
    """Thresholds upwards: both lies at the bottom are caught before any truth is blocked."""
    curve = detector.roc(RUN)
    assert curve[0] == [0.0, 0.0]
    assert [0.0, 2 / 3] in curve
    assert curve[-1] == [1.0, 1.0]
    assert detector.roc(RUN[:1]) == []


def test_every_file_is_reported_and_one_is_held() -> None:
    """A gate that shows everything: nothing caught, no false alarm, the floor not reached; said with its words."""
    limit = Gate("caught", "more", floor=0.9, suite=SUITE)
    content, verdict = detector.detector(
        DOCUMENT, [limit], lambda given, _: [Judged(c, Finding((), 1.0)) for c in given]
    )
    assert content["line"] == verdict.line
    assert verdict.line.startswith("BELOW FLOOR claims: caught is 0.000")
    assert content["held"] in detector.labelled()
    assert {row["name"].partition(",")[0] for row in content["rows"]} == {*detector.labelled(), detector.REAL}
    assert content["missed"][0]["label"] == "unsupported"
    assert set(content["roc_points"]) == set(content["roc"])
