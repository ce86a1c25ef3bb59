"""``python -m tests.browser.measure``: what the page costs, and its pictures; writes docs/page.md and docs/screenshots.

The same conversation is served twice: as Gradio serves it by itself, and as it is served here. The tables of the
fifteen behaviours and of axe-core's results are made of what the last run of the browser tests left in ``out/``.
"""

import io
import json
import os
import re
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from assistant import receipt
from assistant.config import Config
from assistant.types import Language
from assistant.web.service import Service
from tests.browser import behaviours
from tests.browser.axe import FOUND
from tests.browser.chat import BINDING, FUSION, UNANSWERABLE, Chat
from tests.browser.conftest import launched, served
from tests.web.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
PAGE, PICTURES = ROOT / "docs" / "page.md", ROOT / "docs" / "screenshots"
VISITS = 7
PLAIN = ("document", "about", "privacy", "accessibility", "nowhere")  # and the chat, and a receipt
MAX_PICTURE = 200_000  # bytes

_WATCH = """() => {
  const look = () => {
    const box = document.querySelector("textarea:not([disabled])");
    if (box?.checkVisibility()) window.ready = performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""
_COUNT = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const before = all.filter(one => one.responseEnd <= paint);
  const bytes = some => some.reduce((sum, one) => sum + one.transferSize, 0);
  return { paint, ready: window.ready, requests: all.length, bytes: bytes(all), early_requests: before.length,
    early_bytes: bytes(before), addresses: all.map(one => one.name) };
}"""


@contextmanager
def plain_gradio(config: Config) -> Iterator[str]:
    """The same conversation and question box as Gradio serves them by itself."""
    import gradio
    from fastapi import FastAPI

    from assistant.web import page

    service = Service(config)
    service.start()
    service.wait(240)
    app = gradio.mount_gradio_app(FastAPI(), page.build("en", service), path="/")
    with serving(app) as address:
        yield address


def visit(browser: "Browser", address: str) -> dict[str, Any]:
    """A first visit, with an empty cache, until a question can be typed and all is loaded."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(f"({_WATCH})()")
    page.goto(address)
    page.wait_for_function("() => window.ready")
    page.wait_for_load_state("load")
    found: dict[str, Any] = page.evaluate(_COUNT)
    context.close()
    return found


def loads(browser: "Browser", address: str, chat: Sequence[str]) -> dict[str, list[str]]:
    """What each page asks for with an empty cache, as paths; ``chat``: what the chat's first visit asked for."""
    context = browser.new_context(locale="en-US")
    answer = context.request.post(f"{address}/api/ask", data={"question": BINDING["en"]}).json()
    context.close()
    link = receipt.link(answer, address)
    found = {"/": [path_of(url, address) for url in chat]}
    for url in (*(f"{address}/{name}" for name in PLAIN), link):
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(url)
        if url == link:
            page.locator("#verdict.good").wait_for()
        page.wait_for_load_state("networkidle")
        asked = page.evaluate("""() => [...performance.getEntriesByType("navigation"),
            ...performance.getEntriesByType("resource")].map(one => one.name)""")
        found[path_of(url, address)] = [path_of(one, address) for one in asked]
        context.close()
    return found


def path_of(url: str, address: str) -> str:
    """The path of a request; Gradio's files, named by what is in them, and receipts count as one each."""
    path = url.removeprefix(address).partition("?")[0].partition("#")[0]
    return re.sub(r"^(/assets|/a)/.*", r"\1/…", path)


def pictures(browser: "Browser", address: str) -> None:
    """The four pictures of the README."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    wanted: tuple[tuple[str, Language, int, int, str, str], ...] = (
        ("answer-en", "en", 1280, 800, "light", FUSION["en"]),
        ("answer-ja-dark", "ja", 1280, 800, "dark", BINDING["ja"]),
        ("first-screen-390", "en", 390, 844, "light", ""),
        ("nothing-found-390", "ja", 390, 844, "light", UNANSWERABLE["ja"]),
    )
    for name, language, width, height, scheme, question in wanted:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
        )
        chat = Chat(context.new_page(), address, language).open(f"?lang={language}")
        if question:
            chat.ask(question)
        if question and width > 1000:
            chat.answer.locator("a.cite").first.click()
        path = PICTURES / f"{name}.png"
        # 256 colours are enough for text on plain ground, and a third of the bytes.
        Image.open(io.BytesIO(chat.page.screenshot())).convert("RGB").quantize(256).save(path, optimize=True)
        assert path.stat().st_size <= MAX_PICTURE, path
        context.close()


def middle(found: list[dict[str, Any]], name: str) -> str:
    """Median and range of what was measured in several visits."""
    values = sorted(one[name] for one in found)
    if values[0] == values[-1]:
        return f"{values[0]:,.0f}"
    return f"{statistics.median(values):,.0f} ({values[0]:,.0f} to {values[-1]:,.0f})"


def costs(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """The table of sizes and times."""
    rows = {
        "requests until the first paint": "early_requests",
        "bytes until the first paint": "early_bytes",
        "first contentful paint, ms": "paint",
        "requests of a first visit": "requests",
        "bytes of a first visit": "bytes",
        "a question can be typed, ms": "ready",
    }
    lines = [f"| {title} | {middle(before, name)} | {middle(after, name)} |" for title, name in rows.items()]
    return "\n".join(["| | Gradio by itself | this page |", "|---|---|---|", *lines])


def asked_for(pages: Mapping[str, Sequence[str]]) -> str:
    """A row for each file, a column for each page, and how often the one asks for the other."""
    counts = {page: Counter(paths) for page, paths in pages.items()}
    files = sorted({path for paths in pages.values() for path in paths})
    lines = [f"| request | {' | '.join(f'`{page}`' for page in pages)} |", "|---" * (len(pages) + 1) + "|"]
    for path in files:
        lines.append(f"| `{path}` | {' | '.join(str(counts[page][path] or '') for page in pages)} |")
    lines.append(f"| all | {' | '.join(str(counts[page].total()) for page in pages)} |")
    return "\n".join(lines)


def axe_table() -> str:
    """What axe-core found in each state, and how each undecided result was judged."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOUND.glob("*.json"))]
    if not records:
        sys.exit("measure: out/ holds no results of axe-core; run the browser tests first: pytest tests/browser")
    lines = [
        "| state | language, scheme | rules passed | violations | undecided | judged |",
        "|---|---|---|---|---|---|",
    ]
    for record in records:
        contrasts = [node["contrast"] for node in record["incomplete"]]
        measured = [contrast for contrast in contrasts if contrast is not None]
        verdicts = [f"scrolled out of their box; contrast {min(measured):.1f}:1 or more"] if measured else []
        if len(measured) < len(contrasts):  # only the evals' report has them; its test says why they pass
            verdicts.append("words in drawings, in the page's own colours")
        judged = "; ".join(verdicts)
        lines.append(
            f"| {record['state']} | {record['language']}, {record['scheme']} | {record['passed']} "
            f"| {len(record['violations'])} | {len(record['incomplete'])} | {judged} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, take the pictures, write the page."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    found_by_axe = axe_table()
    behaved = behaviours.table()
    if not behaved:
        sys.exit(
            "measure: out/ holds no results of the fifteen behaviours; run the browser tests: pytest tests/browser"
        )
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        config = Config.from_env({"MOC_INDEX_DIR": f"{folder}/index", "MOC_FEEDBACK_DIR": f"{folder}/feedback"})
        with served(config) as address, plain_gradio(config) as plain:
            # In turns, so that whatever else the machine does meets both.
            pairs = [(visit(browser, plain), visit(browser, address)) for _ in range(VISITS)]
            before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            requests = asked_for(loads(browser, address, after[0]["addresses"]))
            pictures(browser, address)
    PAGE.write_text(
        _PAGE.format(
            visits=VISITS, costs=costs(before, after), requests=requests, behaviours=behaved, axe=found_by_axe
        ),
        encoding="utf-8",
    )


_PAGE = """# What the page costs

Written by `python -m tests.browser.measure`; run it again after a change of the page. Times belong to the machine it
ran on and to what else ran there, so only the two columns may be compared.

## Sizes and times

{visits} first visits each, with an empty cache, on one machine, in Debian's Chromium: median (range). On the left the
same conversation and question box as Gradio serves them by itself; on the right as they are served here, with the whole
document and both languages in the page. Taken away: fonts, advertising and sharing tags, the manifest, the script that
resizes frames, footer, settings and API panels. Added: compression, and files that may be kept for a year, because
their names carry a digest.

{costs}

What each page asks for on a first visit, all of it from the own origin. The files in `/assets` are Gradio's; no other
page than the chat has any of them, and none but the chat and a receipt (`/a/…`) has a script.

{requests}

## The fifteen behaviours

Each of them is a test that drives the page in Chromium as a reader would; the number of a test is that of its
behaviour. Seconds are those of the whole test, on a machine that did other things too. {behaviours}

## axe-core

Every state of the page that the browser tests look at. In the dark only the rules about colours are run again, and the
text of the document beside the chat is looked at in the states that change it. An undecided result passes only when the
test has measured that the text is scrolled out of its box, wholly or in part, that nothing lies over it and that its
contrast is at least 4.5:1. Each of them, with its measured contrast, is in the files that a run leaves in
`out/screenshots/axe`.

{axe}
"""


if __name__ == "__main__":
    main()
