"""What the tests of the index share."""

import shutil
from pathlib import Path

import pytest

from tests.index.stores import Opened


@pytest.fixture
def copied(index_directory: Path, opened_index: Opened, tmp_path: Path) -> Path:
    """A copy of the session's index that may be damaged."""
    return Path(shutil.copytree(index_directory, tmp_path / "index"))
