"""The rule of tests/conftest.py, seen from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

from evals.processes import environment

SKIPPING = "import pytest\n@pytest.mark.skip(reason='no browser')\ndef test_skips(): pass\n"
SKIPPING_MODULE = "import pytest\npytest.skip('no browser', allow_module_level=True)\n"


@pytest.mark.parametrize("module", [SKIPPING, SKIPPING_MODULE])
@pytest.mark.parametrize(("require_all", "skips_allowed"), [("1", False), ("", True)])
def test_skips_fail_where_all_is_required(module: str, require_all: str, skips_allowed: bool, tmp_path: Path) -> None:
    """A skip passes on a developer's machine and fails in CI, where it would hide an untested part."""
    conftest = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_skipping.py").write_text(module + "\ndef test_passes(): pass\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        # The rule needs no plugin, and importing them all takes longer than the tests.
        env=environment(MOC_REQUIRE_ALL=require_all, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode in (0, 5)) == skips_allowed, run.stdout
    assert ("allows no skips" in run.stdout) != skips_allowed
