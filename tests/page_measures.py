"""The figures of the goals about the page: accessibility and the Content-Security-Policy, seen in a browser."""

import contextlib
import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from assistant.config import Config
from tests.measures import ROOT, Found, passes

AXE = ROOT / "out" / "screenshots" / "axe"

# WCAG 2.2, levels A and AA: chapter and guideline, then the criteria.
_CRITERIA = """1.1 1 / 1.2 1 2 3 4 5 / 1.3 1 2 3 4 5 / 1.4 1 2 3 4 5 10 11 12 13 / 2.1 1 2 4 / 2.2 1 2 / 2.3 1
/ 2.4 1 2 3 4 5 6 7 11 / 2.5 1 2 3 4 7 8 / 3.1 1 2 / 3.2 1 2 3 4 6 / 3.3 1 2 3 4 7 8 / 4.1 2 3"""


def criteria() -> frozenset[str]:
    """The 55 criteria of levels A and AA."""
    rows = (row.split() for row in _CRITERIA.split("/"))
    return frozenset(f"{guideline}.{number}" for guideline, *numbers in rows for number in numbers)


def stated(page: str) -> frozenset[str]:
    """The criteria a table of docs/accessibility.md has a row for; ``1.2.1–1.2.5`` are five."""
    found: set[str] = set()
    for row in re.findall(r"^\| (\d\.\d\.\d[^|]*)\|", page, re.MULTILINE):
        found.update(re.findall(r"\d\.\d\.\d+", row))
        for guideline, first, last in re.findall(r"(\d\.\d)\.(\d+)–\d\.\d\.(\d+)", row):
            found.update(f"{guideline}.{number}" for number in range(int(first), int(last) + 1))
    return frozenset(found) & criteria()


def accessibility() -> Found:
    """The browser tests of access and of the keyboard; what axe-core found in their states; the table."""
    began = datetime.now(UTC).timestamp()
    tests = (f"tests/browser/test_{name}.py" for name in ("browser_access", "browser_hands", "reader"))
    said, good = passes(*tests)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in AXE.glob("*.json") if _newer(path, began)]
    grave = [node for one in records for node in one["violations"] if node["impact"] in ("serious", "critical")]
    looked = {language: sum(one["language"] == language for one in records) for language in ("en", "ja")}
    rows = stated((ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8"))
    states = f"{looked['en']} English and {looked['ja']} Japanese states"
    return Found(
        f"{len(grave)} serious or critical in {states}; keyboard and pages: {said}; "
        f"{len(rows)} of {len(criteria())} criteria in the table",
        good and not grave and all(looked.values()) and rows == criteria(),
    )


def _newer(path: Path, began: float) -> bool:
    return path.stat().st_mtime >= began


def policy() -> Found:
    """The pages and a chat in both languages, in Chromium, with a listener for violations."""
    # Playwright is there only when browsers are tested.
    from tests.browser.conftest import launched, served
    from tests.browser.policy import visited

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        browser = stack.enter_context(launched())
        address = stack.enter_context(served(Config.from_env({"MOC_INDEX_DIR": f"{folder}/index"})))
        seen = visited(browser, address, ("en", "ja"))
    said = (
        f"{len(seen.violations)} violations on {len(seen.policies)} pages and in {seen.answers} answers of the chat; "
    )
    said += (
        f"unsafe-eval in {seen.unsafe} policies; {len(set(seen.nonces))} different nonces on {len(seen.nonces)} pages"
    )
    same = len(set(seen.nonces)) == len(seen.nonces) == len(seen.policies) > 0
    return Found(said, not seen.violations and not seen.unsafe and same)
