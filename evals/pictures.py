"""python -m evals.pictures: the report of a run as people see it: light, dark, and on a telephone.

Chromium opens report.html from its file; the pictures go to docs/screenshots.
"""

import argparse
import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evals.stored import NoRun
from index.errors import ConfigError, UserError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).parent.parent / "docs" / "screenshots"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class View:
    """One picture: its name, how large the window is, the colours, and which part of the page is at its top."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    part: str = ""


VIEWS = (
    View("report-light", 1280, 1100, "light"),
    View("report-dark", 1280, 1100, "dark", "detector"),
    View("report-390", 390, 844, "light"),
    View("report-coverage", 1280, 900, "light", "coverage"),
)


def take(browser: "Browser", report: Path, folder: Path, views: Sequence[View] = VIEWS) -> list[Path]:
    """Take the pictures of a report that these views describe; returns their paths."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for view in views:
        size = {"width": view.width, "height": view.height}
        context = browser.new_context(viewport=size, color_scheme=view.scheme, offline=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(report.resolve().as_uri() + (f"#{view.part}" if view.part else ""))
        path = folder / f"{view.name}.png"
        # 256 colours are enough for text on plain ground, and a third of the bytes.
        Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256).save(path, optimize=True)
        taken.append(path)
        context.close()
    return taken


def main(argv: Sequence[str] | None = None) -> int:
    """Take them; exit 4 without a report, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m evals.pictures", description="Pictures of a run's report.html.")
    parser.add_argument("run", type=Path, nargs="?", default=Path("results"), metavar="DIR")
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="default: docs/screenshots")
    arguments = parser.parse_args(argv)
    try:
        report = arguments.run / "report.html"
        if not report.is_file():
            raise NoRun(f"{str(report)!r} is not there; 'python -m evals run' makes it")
        chromium = shutil.which("chromium")
        if chromium is None:
            raise ConfigError("chromium is not installed; Debian's package of that name holds it")
    except UserError as error:
        print(f"evals.pictures: {error}", file=sys.stderr)
        return error.exit_code
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        for path in take(browser, report, arguments.out):
            print(path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
