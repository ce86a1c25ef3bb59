"""The service below a path of another site: nginx with the very lines the manual gives for it."""

import re
from contextlib import AbstractContextManager
from pathlib import Path

from tests.nginx import nginx

_MANUAL = Path(__file__).parents[2] / "docs" / "embed.md"


def below_a_path(folder: Path, port: int, upstream: str, keep_path: bool) -> AbstractContextManager[str]:
    """nginx in front of ``upstream`` (host:port), below /moc/; with ``keep_path`` it passes that part of a path on."""
    [given] = re.findall(r"```nginx\n(.*?)```", _MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    assert "http://127.0.0.1:7860/;" in given
    return nginx(
        folder, port, given.replace("http://127.0.0.1:7860/;", f"http://{upstream}{'' if keep_path else '/'};")
    )
