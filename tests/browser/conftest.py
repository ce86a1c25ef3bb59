"""One browser, two running programs (quotes only; with a scripted language model), one page for each test.

They last as long as the session: files of this folder may be run among others.
"""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.config import Config
from assistant.types import Language
from assistant.web.service import Service
from evals.fakellm import FakeLlm, says
from tests.browser.chat import Chat
from tests.web.live import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from index.embed import Embedder
    from index.store import Store

# As app.py does, before Gradio is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

OPERATOR = "Office of Testing"
WAIT = 15_000  # milliseconds; only a failing test waits as long, or a machine that has too much else to do
HERE = ("http://127.0.0.1:", "http://localhost:", "data:", "blob:http://127.0.0.1:")  # localhost: the other site
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))  # the first one starts both programs


@dataclass(frozen=True)
class Running:
    """A served program: its address, the language model behind it, if any, and where feedback is kept."""

    address: str
    model: FakeLlm | None
    feedback: Path


@contextlib.contextmanager
def served(config: Config) -> Iterator[str]:
    """The whole application, as ``app.py`` serves it; gives its address."""
    from assistant.web.server import application

    service = Service(config)
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
def programs(
    browser: "Browser",
    host: tuple[str, Path],
    opened_index: "tuple[Store, Embedder]",
    index_directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Running]]:
    """Both programs, side by side."""
    del browser, opened_index  # no program where there is no browser, and the index has to be there
    feedback = tmp_path_factory.mktemp("feedback")
    environ = {
        "MOC_INDEX_DIR": str(index_directory),
        "MOC_FRAME_ORIGINS": host[0],
        "MOC_FEEDBACK_DIR": str(feedback),
    }
    with FakeLlm(says()) as model:
        written = environ | {
            "MOC_LLM_MODEL": "scripted",
            "OPENAI_BASE_URL": model.base_url,
            "MOC_CACHE_SECONDS": "0",  # tests ask the same questions of models that answer differently
            "MOC_LLM_VENDOR": "Example Models",
            "MOC_OPERATOR_NAME": OPERATOR,
            "MOC_OPERATOR_CONTACT": "help@testing.example",
        }
        with served(Config.from_env(environ)) as quotes_address, served(Config.from_env(written)) as written_address:
            yield {
                "quotes": Running(quotes_address, None, feedback),
                "written": Running(written_address, model, feedback),
            }


@pytest.fixture(scope="package")
def contexts(browser: "Browser") -> "Iterator[Callable[[Language], BrowserContext]]":
    """A browser profile for each language, kept for the package so that Gradio's files are loaded once."""
    made: dict[Language, BrowserContext] = {}

    def of(language: Language) -> "BrowserContext":
        if language not in made:
            made[language] = browser.new_context(
                locale={"en": "en-US", "ja": "ja-JP"}[language],
                viewport={"width": 1280, "height": 800},
                permissions=["clipboard-read", "clipboard-write"],
            )
            made[language].set_default_timeout(2 * WAIT)
        return made[language]

    yield of
    for context in made.values():
        context.close()


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest) -> Language:
    """Both languages."""
    chosen: Language = request.param
    return chosen


@pytest.fixture
def page(contexts: "Callable[[Language], BrowserContext]", language: Language) -> "Iterator[Page]":
    """A page of its own; it may complain of nothing, and ask no other host for anything."""
    opened = contexts(language).new_page()
    complaints: list[str] = []
    allowed: set[str] = set()

    def asked(url: str) -> None:
        if not url.startswith(HERE):
            complaints.append(f"a request to {url}")

    opened.on("request", lambda request: asked(request.url))
    opened.on("pageerror", lambda error: complaints.append(f"an error: {error}"))
    opened.on(
        "console",
        lambda message: (
            complaints.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning") and not any(text in message.text for text in allowed)
            else None
        ),
    )
    # A test that provokes an error names the text with which the browser reports it.
    opened.allow = allowed.add  # type: ignore[attr-defined]
    yield opened
    opened.close()
    assert complaints == []


@pytest.fixture
def chat(page: "Page", programs: dict[str, Running], language: Language) -> Chat:
    """The chat where no language model is set up."""
    return Chat(page, programs["quotes"].address, language)


@pytest.fixture
def written(page: "Page", programs: dict[str, Running], language: Language) -> Iterator[Chat]:
    """The chat with a scripted language model, honest unless a test tells it otherwise."""
    model = programs["written"].model
    assert model is not None
    model.play([says()])
    yield Chat(page, programs["written"].address, language, model)
    model.play([says()])
