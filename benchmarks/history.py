"""The stored history at the size of ten years: 2,500 days of 200 holdings, in a file."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

from benchmarks.growth import Growth, cpu
from benchmarks.table import Line
from benchmarks.work import typical
from kis_xl import udfs
from kis_xl.datafolder import DataFolder
from kis_xl.excel import session
from kis_xl.history import AccountKey, History
from kis_xl.models import Balance
from kis_xl.simulator import Limits, Simulator, demo_account
from tests.com.kit import environment_of

HOLDINGS = 200
DAYS = (100, 500, 2_500)
FIELD = "nass_amt"
_SIZE = "the file"

#: One stored day, again for each of the days after it: a hundred times faster than storing each, and the same rows.
_DAYS_AFTER = """
WITH RECURSIVE later(days) AS (SELECT 1 UNION ALL SELECT days + 1 FROM later WHERE days < ?)
INSERT INTO kis_snapshot (account, environment, host, masked, day, as_of, source)
SELECT account, environment, host, masked, date(day, days || ' days'),
    strftime('%Y-%m-%d %H:%M:%f000', as_of, days || ' days'), source
FROM later CROSS JOIN kis_snapshot
"""
_ROWS_AFTER = "INSERT INTO {table} SELECT later.id, {columns} FROM kis_snapshot AS later CROSS JOIN {table} WHERE later.id > 1"


def fill(home: Path, balance: Balance, days: int) -> None:
    """Store `days` days of `balance`, up to the day before it."""
    with closing(History(DataFolder(home))) as history:
        history.store(replace(balance, as_of=balance.as_of - timedelta(days=days)))
        file = history.place
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute(_DAYS_AFTER, [days - 1])
        for table in ("kis_holding", "kis_summary"):
            columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "snapshot")
            connection.execute(_ROWS_AFTER.format(table=table, columns=columns))
        connection.execute("COMMIT")


@contextmanager
def account_with(days: int) -> Iterator[tuple[Path, Balance]]:
    """An account that was fetched today, with so many stored days before; the data folder and today's balance."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            with Simulator([demo_account(rows=HOLDINGS)], Limits.off()) as running:
                os.environ.update(environment_of(running, Path(home)))
                balance = session.current().snapshots.shown(session.current().key())
            Path(home, "history", "history.sqlite").unlink()
            fill(Path(home), balance, days)
            yield Path(home), balance
        finally:
            session.current().history.close()
            os.environ.clear()
            os.environ.update(before)


def measured(days: int, cost: Callable[[Callable[[], object]], float] = lambda work: typical(work) * 1e3) -> dict[str, float]:
    """Each question and a store with so many days there, in milliseconds, and the file's size in megabytes."""
    with account_with(days) as (home, balance), closing(History(DataFolder(home))) as history:
        assert len(history.days(AccountKey.of(balance))) == days
        assert len(udfs.KIS_CHANGES()) > HOLDINGS / 2
        stock = f"{balance.holdings[0].pdno}:evlu_amt"
        later = count(1)
        work: dict[str, Callable[[], object]] = {
            "KIS_CHANGES": udfs.KIS_CHANGES,
            "KIS_HISTORY of the account": lambda: udfs.KIS_HISTORY(FIELD),
            "KIS_HISTORY of a stock": lambda: udfs.KIS_HISTORY(stock),
            "a store": lambda: history.store(replace(balance, as_of=balance.as_of + timedelta(seconds=next(later)))),
        }
        return {name: cost(each) for name, each in work.items()} | {_SIZE: history.size() / 1e6}


def at_ten_years() -> list[Line]:
    """What the largest history costs, and how that grew with the days: 25 times the days may cost 25 times as much."""
    found = {days: measured(days) for days in DAYS}
    few, many = DAYS[0], DAYS[-1]
    at = f"{many:,} stored days x {HOLDINGS} holdings"
    lines = [
        Line(f"KIS_CHANGES, {at}, ms", found[many]["KIS_CHANGES"], "≤ 20", ""),
        Line(f"a store, {at}, ms", found[many]["a store"], "≤ 20", ""),
    ]
    for name in found[many]:
        unit = "MB" if name == _SIZE else "ms"
        shown = ", ".join(f"{days:,}: {found[days][name]:.1f} {unit}" for days in DAYS)
        lines.append(
            Line(f"  {name}: growth over {many // few} times the days", found[many][name] / found[few][name], f"≤ {many // few}", shown)
        )
    return lines


def growth() -> list[Growth]:
    """What each question costs by the days that are stored."""
    found = {days: measured(days, cpu) for days in DAYS}
    return [Growth(name, "days", {days: found[days][name] for days in DAYS}) for name in found[DAYS[0]] if name != _SIZE]


def lines() -> list[Line]:
    return at_ten_years()
