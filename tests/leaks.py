"""A plugin: after the last test, the keys that the tests use are searched for in every file and output that they leave.

The keys of the simulator's accounts open nothing, so they serve as planted secrets everywhere. Where they may stand is
said here, with the reason; a test that shows them on purpose says so with `@pytest.mark.shows_keys(reason)`.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from kis_xl.fields import Environment
from kis_xl.simulator import demo_account, reference_account

#: Parts of a path below which secrets are kept, or put by the tests themselves.
ALLOWED = {
    "secrets": "the store for machines that have no other, for its owner only",
    "script.py": "a program that a test wrote, with the secrets that it plants",
    "keyring.json": "what a test has for the system's store",
    "token.dat": "another client's, which keeps its keys there",
}
_SEEDS = range(1, 12)
_shown: list[str] = []


def planted() -> dict[str, str]:
    """Every planted secret and what it is."""
    found = {
        "PSplantedAppKeyThatNobodyMaySee00001": "the planted app key",
        "planted+app/secret==": "the planted app secret",
        "73915826": "the planted account number",
        "planted-customer-key-0001": "the planted customer key",
    }
    for account in (reference_account(), *(demo_account(kind, seed=seed) for kind in Environment for seed in _SEEDS)):
        found[account.appkey] = f"the app key of {account.number[:4]}"
        found[account.appsecret] = f"the app secret of {account.number[:4]}"
    return found | {quote(secret, safe=""): what for secret, what in found.items()}


def search(folder: Path) -> Iterator[str]:
    """Each file below `folder` that holds a secret, or has one in its name."""
    secrets = {secret.encode(): what for secret, what in planted().items()}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or ALLOWED.keys() & set(path.relative_to(folder).parts):
            continue
        content = str(path.relative_to(folder)).encode() + b"\n" + _content(path)
        for secret, what in secrets.items():
            if secret in content or secret.decode().encode("utf-16-le") in content:
                yield f"{path}: {what}"


def _content(path: Path) -> bytes:
    """The bytes of a file; of a workbook also those of its parts, which are compressed in it."""
    whole = path.read_bytes()
    try:
        with zipfile.ZipFile(path) as parts:
            return b"\n".join([whole, *(parts.read(name) for name in parts.namelist())])
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError):
        return whole


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shows_keys(reason): the test shows the keys of a simulated account on purpose")


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    item.user_properties.append(("shows_keys", item.get_closest_marker("shows_keys") is not None))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.passed and ("shows_keys", True) not in report.user_properties:  # a failure shows what it must
        for caption, text in report.sections:
            _shown.extend(f"{report.nodeid} ({caption}): {what}" for secret, what in planted().items() if secret in text)


def pytest_sessionfinish(session: pytest.Session) -> None:
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    _shown.extend(search(factory.getbasetemp()))
    if _shown:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _shown:
        terminalreporter.section("secrets that the tests left behind", red=True)
        for line in _shown:
            terminalreporter.line(line)
