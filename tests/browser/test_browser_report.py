"""The report of the evals in a browser: light, dark, on a telephone, and it asks nobody for anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from evals import pictures, report
from tests.browser import axe
from tests.evals.made import DOCUMENT
from tests.evals.stored_run import BROKEN, store

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small run that fails."""
    folder = tmp_path_factory.mktemp("run")
    report.write(store(folder, BROKEN), None, DOCUMENT, ["html"])
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_accessible_and_fits(browser: "Browser", written: Path, scheme: Literal["light", "dark"]) -> None:
    """No violation of axe-core with everything unfolded; nothing wider than a telephone; no request but the file."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    # Undecided is the contrast of words in drawings and in cells that are scrolled away; both have the page's colours.
    found = axe.problems(page, "evals-report", "en", colours_only=scheme == "dark")
    assert [one for one in found if not one.startswith("undecided color-contrast")] == []
    assert asked == [written.as_uri()]
    context.close()


def test_pictures_are_taken(browser: "Browser", written: Path, tmp_path: Path) -> None:
    """One for each view, and not too heavy for the repository."""
    taken = pictures.take(browser, written, tmp_path)
    assert [path.stem for path in taken] == ["report-light", "report-dark", "report-390", "report-coverage"]
    assert all(0 < path.stat().st_size < 200_000 for path in taken)
