"""The eval of the gate: labelled claims are in order, figures add up, floors hold on the held-out claims."""

from pathlib import Path

import pytest

from evals import claims, gate, gates
from evals.claims import ClaimsError
from index import parse

DOCUMENT = parse.load()
DEV, TEST = claims.load("dev"), claims.load("test")


def test_there_are_enough_claims_of_every_kind() -> None:
    """At least 400 English and 250 Japanese, 12 kinds of lies in both languages and both splits."""
    assert sum(claim.language == "en" for claim in (*DEV, *TEST)) >= 400
    assert sum(claim.language == "ja" for claim in (*DEV, *TEST)) >= 250
    for split in (DEV, TEST):
        for language in ("en", "ja"):
            assert {c.kind for c in split if c.language == language and not c.is_supported} == set(claims.LIES)


def test_no_test_claim_was_fitted_on() -> None:
    """No claim of dev stands in test or among the lines of the scripted models, nor nearly."""
    known = [gate.grams(claim.text) for claim in DEV]
    lines = [line.text for name in ("liars", "honest") for line in claims.load_lines(name)]
    for text in (*(claim.text for claim in TEST), *lines):
        assert gate.likeness(text, known) < 0.8, text


def test_the_floors_hold_on_the_held_out_claims() -> None:
    """Caught at least 0.90, blocked at most 0.10, English and Japanese each; the ratchet as committed."""
    found = gate.measured(gate.judge(TEST, DOCUMENT))
    assert set(found.metrics) == set(gate.METRICS)
    for name, metric in found.metrics.items():
        assert metric.value >= 0.90 if name.startswith("caught") else metric.value <= 0.10
    assert gates.judge(gate.SUITE, found, gates.load()).exit_code == 0
    assert set(gate.METRICS) <= {g.metric for g in gates.load() if g.suite == gate.SUITE}


@pytest.mark.parametrize(
    "row",
    [
        "a\tg\ten\tsupported\tshort\tv.p1.s1\tText.",
        "a\tg\tfr\tsupported\tshort\tiii.p1.s1\tText.",
        "a\tg\ten\tsupported\tparty_swap\tiii.p1.s1\tText.",
        "a\tg\ten\tunsupported\tshort\tiii.p1.s1\tText.",
        "a\tg\ten\tsupported\tshort\tiii.p1.s1",
        "a\tg\ten\tsupported\tshort\tiii.p1.s1\tText.\na\tg\ten\tsupported\tshort\tiii.p1.s2\tOther.",
    ],
)
def test_a_bad_row_is_named(row: str, tmp_path: Path) -> None:
    """With file and line."""
    (tmp_path / "dev.tsv").write_text("\t".join(claims.HEADER) + "\n" + row + "\n", encoding="utf-8")
    with pytest.raises(ClaimsError, match=r"dev\.tsv:\d"):
        claims.load("dev", tmp_path)


def test_figures_stand_between_their_markers(tmp_path: Path) -> None:
    """And the text around them stays."""
    page = tmp_path / "gate.md"
    page.write_text(f"before\n{gate.BEGIN}\nold\n{gate.END}\nafter\n", encoding="utf-8")
    gate.write("new", page)
    assert page.read_text(encoding="utf-8") == f"before\n{gate.BEGIN}\n\nnew\n\n{gate.END}\nafter\n"


def test_the_curve_runs_from_nothing_to_everything() -> None:
    """A threshold of 0 withholds nothing; caught and blocked never fall as it rises."""
    points = gate.curve(gate.judge(DEV[:60], DOCUMENT))
    assert points[0] == (0.0, 0.0, 0.0)
    assert points == sorted(points)
