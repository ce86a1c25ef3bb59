"""The tables of docs/page.md: made of records, whatever the run that left them found."""

import json
from pathlib import Path

from tests.browser import behaviours
from tests.browser.measure import asked_for, path_of


def test_behaviours_have_a_row_for_each_test(tmp_path: Path) -> None:
    """Both languages side by side, with outcome, seconds and the state they are of; removed tests are left out."""
    found = {"claim": "", "seconds": 1.25, "date": "2026-11-27", "commit": "abc1234"}
    records = [
        {"test": "test_01_first_screen", "case": "en", "outcome": "passed"},
        {"test": "test_01_first_screen", "case": "ja", "outcome": "failed"},
        {"test": "test_15_a_button_by_one_script_tag", "case": "en", "outcome": "passed"},
        {"test": "test_15_that_was_" + "removed", "case": "en", "outcome": "passed"},
    ]
    for number, record in enumerate(records):
        (tmp_path / f"{number}.json").write_text(json.dumps(found | record), encoding="utf-8")
    lines = behaviours.table(tmp_path).splitlines()
    assert lines[0] == "2 of 3 passed; measured 2026-11-27 at abc1234."
    assert lines[4:] == [
        "| 1. First screen | `test_01_first_screen` | passed, 1.2 s | failed, 1.2 s |",
        "| 15. Embedded | `test_15_a_button_by_one_script_tag` | passed, 1.2 s | not run |",
    ]
    assert behaviours.table(tmp_path / "none") == ""


def test_requests_have_a_row_for_each_file() -> None:
    """Gradio's files are one row, ours one each; a page that does not ask for a file has an empty cell."""
    here = "http://127.0.0.1:7860"
    urls = ["/?lang=en", "/assets/a.js", "/assets/b.js", "/site/line.js", "/site/theme.css"]
    chat = [path_of(here + url, here) for url in urls]
    link = path_of(f"{here}/a/a_0#data", here)
    table = asked_for({"/": chat, link: [link, "/site/theme.css"]}).splitlines()
    assert link == "/a/…"
    assert table[0] == "| request | `/` | `/a/…` |"
    for row in (
        "| `/assets/…` | 2 |  |",
        "| `/site/line.js` | 1 |  |",
        "| `/site/theme.css` | 1 | 1 |",
        "| all | 5 | 2 |",
    ):
        assert row in table
