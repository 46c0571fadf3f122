"""What all tests share: a clean environment, and one table of values that must never be seen."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_xl import redaction
from kis_xl.simulator import Simulator
from tests.excel_kit import SMALL, excel

pytest_plugins = ["tests.leaks", "tests.history_kit"]
REPOSITORY = Path(__file__).parent.parent


#: `kis-xl` for `python -c`, open to Ctrl-C: started from a test-suite in the background, it would ignore it.
INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from kis_xl.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """What one test has the program log to is closed, or another's, in the next."""
    logger = logging.getLogger("kis_xl")
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's own account, language or proxies."""
    for key in list(os.environ):
        if key.startswith("KIS_XL_") or key.lower().endswith("_proxy"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("KIS_XL_LANG", "en")
    # nor the secret store of their machine: keys that a test stores go into a file below its own folder
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # what one test has registered as a secret would be missing from another's messages
    monkeypatch.setattr(redaction, "_registered", {})
    monkeypatch.setattr(redaction, "_finder", None)
    monkeypatch.setenv("KIS_XL_HOME", str(tmp_path / "home"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Five rows of four stocks, one of them sold out, one held in cash and on credit."""
    with excel(monkeypatch, SMALL) as running:
        yield running


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """120 rows on three pages."""
    with excel(monkeypatch) as running:
        yield running


@pytest.fixture
def home() -> Path:
    """The data folder of this test."""
    return Path(os.environ["KIS_XL_HOME"])
