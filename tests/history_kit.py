"""The history in tests: balances as they would be fetched, a history in a file or on a real server, processes of its own."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from kis_xl import kst
from kis_xl.accounts import Account, AccountNumber
from kis_xl.datafolder import DataFolder
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, by_key
from kis_xl.history import AccountKey, History, Rule  # noqa: F401 (for the programs of tests)
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.redaction import Secret
from tests.broker_kit import demo_account
from tests.postgresql_kit import PostgreSQL, running
from tests.rows import holding_row, summary_row

_REPOSITORY = Path(__file__).parent.parent
DAY = date(2026, 11, 20)
AS_OF = datetime(2026, 11, 20, 16, 5, 9, 123456, kst.KST)
HOLDING, SUMMARY = by_key(HOLDING_FIELDS), by_key(SUMMARY_FIELDS)
TOTALS = summary_row(tot_evlu_amt="10010135", asst_icdc_erng_rt="0.04622453")
NUMBER = AccountNumber("87651234", "22")


def balance(
    as_of: datetime = AS_OF, rows: list[dict[str, str]] | None = None, totals: dict[str, str] | None = TOTALS, **more: Any
) -> Balance:
    return Balance(
        account=more.get("account", NUMBER),
        name="연금",
        environment=more.get("environment", Environment.REAL),
        as_of=as_of,
        holdings=tuple(read_holdings([holding_row()] if rows is None else rows)[0]),
        summary=None if totals is None else read_summary(totals)[0],
        pages=1,
        parameters=more.get("parameters", {}),
        host=more.get("host", Environment.REAL.host),
    )


def demo(as_of: datetime = AS_OF, rows: int = 60) -> Balance:
    """The simulator's account, as it would be fetched at `as_of`."""
    account = demo_account(rows=rows)
    return balance(as_of, account.holdings(), account.summary())


def at(day: int, hour: int = 16, minute: int = 0) -> datetime:
    """A time in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=kst.KST)


def worth(amount: int) -> dict[str, str]:
    """Totals that can be told apart."""
    return summary_row(tot_evlu_amt=str(amount), nass_amt=str(amount))


def account(name: str = "연금", **more: Any) -> Account:
    """The account of these balances, as it is set up."""
    return Account(name, more.pop("number", NUMBER), Secret("k" * 36), Secret("s" * 180), **more)


KEY = AccountKey.of(balance())


def history_at(place: str) -> History:
    """The history at a place: a data folder, or a server's address."""
    return History(place if place.startswith("postgresql:") else DataFolder(Path(place)))


def sql(place: str, *statements: str) -> list[Any]:
    """Do something behind the history's back; the last statement's rows."""
    if place.startswith("postgresql:"):
        import psycopg  # noqa: PLC0415 (an extra)

        with psycopg.connect(place, autocommit=True) as server:
            cursors = [server.execute(statement) for statement in statements]
            return cursors[-1].fetchall() if cursors[-1].description else []
    file = Path(place) / "history" / "history.sqlite"
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def python(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """A process of its own."""
    import os  # noqa: PLC0415 (as it is now)

    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True, env=os.environ | environment)


def said(process: subprocess.Popen[str]) -> str:
    """What is left of its output, once it has ended."""
    return process.communicate(timeout=60)[0]


#: What ends a process at a moment of its work: `kill_at(statement)` before a statement that begins so, or at the commit.
KILLER = """
import os, signal, sys
from sqlalchemy import Engine, event
from tests.history_kit import *

def kill(*_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

def kill_at(moment):
    def look(connection, cursor, statement, *_):
        if statement.strip().startswith(moment):
            kill()
    event.listen(Engine, "before_cursor_execute", look)
    if moment == "COMMIT":
        event.listen(Engine, "commit", kill)
"""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for all tests."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, home: Path) -> str:
    """Where a history can be, empty: each test runs with both."""
    if request.param == "sqlite":
        return str(home)
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.new()


@pytest.fixture
def history(place: str) -> Iterator[History]:
    """The history at that place."""
    with closing(history_at(place)) as opened:
        yield opened
