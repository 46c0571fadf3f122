"""The fixture `calc`: a LibreOffice for all tests of a run, and nothing of one test left for the next.

A test module says `pytest_plugins = ["tests.calc.fixture"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calc.client import Calc
from tests.calc.host import Host
from tests.calc.process import Driver, missing


@pytest.fixture(scope="session")
def calc_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Driver, Host]]:
    """The driver and the host, started once."""
    if reason := missing():
        pytest.skip(reason)
    host = Host()
    driver = Driver(tmp_path_factory.mktemp("calc"), host.port)
    try:
        yield driver, host
    finally:
        driver.close()
        host.close()


@pytest.fixture
def calc(calc_process: tuple[Driver, Host]) -> Iterator[Calc]:
    """Calc with no workbook open. A breach of COM's rules fails the test at its end, whatever the workbook made of it."""
    driver, host = calc_process
    host.reset()
    yield Calc(driver, host)
    if driver.pid is not None:
        driver.ask("close_all")
    if host.violations:
        pytest.fail("on Windows this would fail: " + "; ".join(host.violations))
