"""What a page view costs a visitor: requests and bytes on the wire, the first time and with what the browser kept."""

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from evals.bench.figures import BenchError
from evals.bench.process import UNLIMITED, Server, serving

CHROMIUM = "/usr/bin/chromium"
PAGES: Mapping[str, tuple[str, str]] = {  # name → path, what has to be there before it counts as usable
    "the chat": ("/?lang=en", "#question textarea"),
    "the chat in Japanese": ("/?lang=ja", "#question textarea"),
    "the document": ("/document", "h1"),
}
TIMES = 3
_QUIET_MILLISECONDS = 60_000


def measure(times: int = TIMES) -> dict[str, Any]:
    """A row for each page and view, the median of so many. Raises BenchError where there is no Chromium."""
    from playwright.sync_api import Error, sync_playwright

    rows = []
    with serving(UNLIMITED) as server:
        server.until_ready()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                for name in PAGES:
                    seen: dict[str, list[Mapping[str, float]]] = {"first": [], "again": []}
                    for _ in range(times):
                        context = browser.new_context()
                        for views in seen.values():
                            views.append(_view(context, server, name))
                        context.close()
                    rows += [{"page": name, "view": view, **median(views)} for view, views in seen.items()]
                browser.close()
        except Error as error:
            raise BenchError(f"Chromium at {CHROMIUM} could not show the page: {error.message[:200]}") from None
    for row in rows:
        print(line(row), flush=True)
    return {"rows": rows, "times": times}


def median(views: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What half of the views stayed below, in each of their numbers; of an even number of views the lower one."""
    return {name: statistics.median_low(view[name] for view in views) for name in views[0]}


def line(row: Mapping[str, Any]) -> str:
    """A row as it is printed."""
    return (
        f"{row['page']}, {row['view']} view: {row['requests']} requests ({row['kept']} kept), "
        f"{row['bytes'] / 1024:.0f} KiB, usable after {row['usable_seconds']:.2f} s"
    )


def _view(context: Any, server: Server, name: str) -> dict[str, float]:
    """Open a page and count until the network is quiet."""
    path, usable = PAGES[name]
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    asked: list[str] = []
    kept: set[str] = set()
    received: list[int] = []
    session.on("Network.requestWillBeSent", lambda event: asked.append(event["requestId"]))
    session.on("Network.requestServedFromCache", lambda event: kept.add(event["requestId"]))
    session.on(
        "Network.responseReceived",
        lambda event: kept.add(event["requestId"]) if event["response"].get("fromDiskCache") else None,
    )
    session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    began = time.perf_counter()
    page.goto(server.address + path, timeout=_QUIET_MILLISECONDS)
    page.locator(usable).first.wait_for(timeout=_QUIET_MILLISECONDS)
    seconds = time.perf_counter() - began
    _until_quiet(page, asked)
    page.close()
    return {"requests": len(asked), "kept": len(kept), "bytes": sum(received), "usable_seconds": seconds}


def _until_quiet(page: Any, asked: Sequence[str]) -> None:
    """Wait until two seconds brought no new request; Gradio's heartbeat stays open for as long as the page does."""
    before = -1
    while len(asked) != before:
        before = len(asked)
        page.wait_for_timeout(2000)
