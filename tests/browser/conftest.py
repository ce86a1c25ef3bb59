"""One browser, two running programs (quotes only; with a scripted language model), and their pages.

They last as long as the package, and start when a test first needs them: a page that is loaded costs more than most of
what a test does with it, so the chat is loaded once for each program and language and cleared for every test.
"""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.config import Config
from assistant.types import Language
from assistant.web.service import Service
from evals.fakellm import FakeLlm, says
from tests.browser import behaviours
from tests.browser.chat import OUT, Chat
from tests.web.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

    from index.embed import Embedder
    from index.store import Store

# As app.py does, before Gradio is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

OPERATOR = "Office of Testing"
WINDOW: "ViewportSize" = {"width": 1280, "height": 800}
WAIT = 60_000  # milliseconds; only a failing test waits as long
HERE = ("http://127.0.0.1:", "http://localhost:", "data:", "blob:http://127.0.0.1:")  # localhost: the other site
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))  # the first one starts both programs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep how the tests of the fifteen behaviours ended, for the page that ``measure`` writes."""
    report = yield
    behaviours.keep(item, report)
    return report


@dataclass(frozen=True)
class Running:
    """A served program: its address, the language model behind it, if any, and where feedback is kept."""

    address: str
    model: FakeLlm | None
    feedback: Path


@contextlib.contextmanager
def served(config: Config, opened: "tuple[Store, Embedder] | None" = None) -> Iterator[str]:
    """The whole application, as ``app.py`` serves it, on an index that may be ``opened`` already; gives its address."""
    from assistant.ask import Assistant
    from assistant.web.server import application

    def open_assistant(config: Config) -> Assistant:
        assistant = Assistant.open(config, opened)
        threading.Thread(target=assistant.warm_up, name="warm-up", daemon=True).start()
        return assistant

    service = Service(config, open_assistant)
    service.start()
    with serving(application(service)) as address:
        service.wait(240)  # what it imports meanwhile is no part of any test
        yield address


@contextlib.contextmanager
def launched() -> "Iterator[Browser]":
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(
    scope="package"
)  # not for the session: Playwright's event loop would run on under the tests that follow
def browser() -> "Iterator[Browser]":
    """Debian's Chromium, or none of these tests."""
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed: the browser tests did not run")
    from playwright.sync_api import expect

    for old in (*OUT.glob("*.png"), *behaviours.RESULTS.glob("*.json")):  # what is there after a run is of that run
        old.unlink()
    expect.set_options(timeout=WAIT)
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="package")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Another site: its address, and the folder whose pages it serves. By its number it is a third one, not listed."""
    folder = tmp_path_factory.mktemp("host")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()
    thread.join(5)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="package")
def environ(
    browser: "Browser",
    host: tuple[str, Path],
    opened_index: "tuple[Store, Embedder]",
    index_directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The settings both programs share."""
    del browser, opened_index  # no program where there is no browser, and the index has to be there
    return {
        "MOC_INDEX_DIR": str(index_directory),
        "MOC_FRAME_ORIGINS": host[0],
        "MOC_FEEDBACK_DIR": str(tmp_path_factory.mktemp("feedback")),
    }


@pytest.fixture(scope="package")
def quoting_program(environ: dict[str, str], opened_index: "tuple[Store, Embedder]") -> Iterator[Running]:
    """The program where no language model is set up."""
    with served(Config.from_env(environ), opened_index) as address:
        yield Running(address, None, Path(environ["MOC_FEEDBACK_DIR"]))


@pytest.fixture(scope="package")
def writing_program(environ: dict[str, str], opened_index: "tuple[Store, Embedder]") -> Iterator[Running]:
    """The program with a scripted language model."""
    with FakeLlm(says()) as model:
        more = {
            "MOC_LLM_MODEL": "scripted",
            "OPENAI_BASE_URL": model.base_url,
            "MOC_CACHE_SECONDS": "0",  # tests ask the same questions of models that answer differently
            "MOC_LLM_VENDOR": "Example Models",
            "MOC_LLM_BREAKER_FAILURES": "1000",  # many tests in a row make the model fail; none is to lose it for that
            "MOC_OPERATOR_NAME": OPERATOR,
            "MOC_OPERATOR_CONTACT": "help@testing.example",
        }
        with served(Config.from_env(environ | more), opened_index) as address:
            assert model.wait(lambda model: len(model.calls) > 0, 120)  # it is warmed up first, and tests count calls
            yield Running(address, model, Path(environ["MOC_FEEDBACK_DIR"]))


@pytest.fixture(scope="package")
def contexts(browser: "Browser") -> "Iterator[Callable[[Language], BrowserContext]]":
    """A browser profile for each language, kept for the package so that Gradio's files are loaded once."""
    made: dict[Language, BrowserContext] = {}

    def of(language: Language) -> "BrowserContext":
        if language not in made:
            made[language] = browser.new_context(
                locale={"en": "en-US", "ja": "ja-JP"}[language],
                viewport=WINDOW,
                permissions=["clipboard-read", "clipboard-write"],
            )
            made[language].set_default_timeout(WAIT)
        return made[language]

    yield of
    for context in made.values():
        context.close()


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest) -> Language:
    """Both languages."""
    chosen: Language = request.param
    return chosen


# Gradio's client ends its own stream when a page is left, and on a slow machine it is heard saying so.
LEFT = ("AbortError: signal is aborted without reason", ".close (")


class Watched:
    """A page and what it complains of: errors, warnings, and requests to any other host."""

    def __init__(self, context: "BrowserContext") -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.allowed: set[str] = set()
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(f"an error: {error.stack}"))
        self.page.on("console", lambda message: self._said(message.type, message.text))
        # A test that provokes an error names the text with which the browser reports it.
        self.page.allow = self.allowed.add  # type: ignore[attr-defined]

    def _asked(self, url: str) -> None:
        if not url.startswith(HERE):
            self.complaints.append(f"a request to {url}")

    def _said(self, kind: str, text: str) -> None:
        left = all(part in text for part in LEFT)
        if kind in ("error", "warning") and not left and not any(allowed in text for allowed in self.allowed):
            self.complaints.append(f"{kind}: {text}")

    def settle(self) -> list[str]:
        """Put the window back as it was; gives the complaints since the last time."""
        self.page.unroute_all()
        self.page.emulate_media(media="null", color_scheme="null", reduced_motion="null", forced_colors="null")
        self.page.set_viewport_size(WINDOW)
        complaints = list(self.complaints)
        self.complaints.clear()
        self.allowed.clear()
        return complaints


@pytest.fixture
def page(contexts: "Callable[[Language], BrowserContext]", language: Language) -> "Iterator[Page]":
    """A page of its own; it may complain of nothing, and ask no other host for anything."""
    watched = Watched(contexts(language))
    yield watched.page
    watched.page.close()
    assert watched.complaints == []


@pytest.fixture(scope="package")
def kept(contexts: "Callable[[Language], BrowserContext]") -> Callable[[str, Language], Watched]:
    """The one page of each program (its address) in each language that its tests share."""
    return functools.cache(lambda address, language: Watched(contexts(language)))


@contextlib.contextmanager
def chatting(kept: Callable[[str, Language], Watched], running: Running, language: Language) -> Iterator[Chat]:
    """The shared page, for one test; it may complain of nothing, and ask no other host for anything."""
    watched = kept(running.address, language)
    watched.page.bring_to_front()  # a page behind another one is painted once a second
    yield Chat(watched.page, running.address, language, running.model)
    complaints = watched.settle()
    if watched.page.url != f"{running.address}/":
        watched.page.goto("about:blank")
        watched.complaints.clear()  # of being left in the middle of something
    assert complaints == []


@pytest.fixture
def chat(kept: Callable[[str, Language], Watched], quoting_program: Running, language: Language) -> Iterator[Chat]:
    """The chat where no language model is set up."""
    with chatting(kept, quoting_program, language) as made:
        yield made


@pytest.fixture
def written(kept: Callable[[str, Language], Watched], writing_program: Running, language: Language) -> Iterator[Chat]:
    """The chat with a scripted language model, honest unless a test tells it otherwise."""
    model = writing_program.model
    assert model is not None
    model.play([says()])
    with chatting(kept, writing_program, language) as made:
        yield made
    model.play([says()])
