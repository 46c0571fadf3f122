"""What is written to the history and what is asked of it."""

from __future__ import annotations

from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from kis_xl import kst
from kis_xl.bystock import join_by_stock
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Summary
from kis_xl.history import AccountKey, Stored
from kis_xl.history.database import Database
from kis_xl.history.schema import holding, snapshot, summary
from kis_xl.models import Balance

_HOLDING_KEYS = tuple(field.key for field in HOLDING_FIELDS)
_SUMMARY_KEYS = tuple(field.key for field in SUMMARY_FIELDS)
_HOLDING_COLUMNS = tuple(holding.c[key] for key in _HOLDING_KEYS)
_SUMMARY_COLUMNS = tuple(summary.c[key] for key in _SUMMARY_KEYS)
_holding_values = attrgetter(*_HOLDING_KEYS)
_summary_values = attrgetter(*_SUMMARY_KEYS)


class Records:
    """The snapshots in a database; see `History` for what its methods return and raise."""

    def __init__(self, file: Path) -> None:
        self._database = Database(file)

    def store(self, account: AccountKey, balance: Balance) -> bool:
        """Write the balance in one transaction; False where it is there."""
        return self._database.write(lambda connection: _store(connection, account, balance))

    def series(self, account: AccountKey, field: Field, start: date | None, end: date | None, code: str | None) -> list[tuple[date, Any]]:
        """One field by day."""
        last = _last_of_days(account, start, end)
        if code is None:
            return self._database.read(lambda connection: _totals(connection, last, field), [])
        return self._database.read(lambda connection: _stock(connection, last, field, code), [])

    def days(self, account: AccountKey) -> list[date]:
        """The days with a balance."""
        query = select(snapshot.c.day).where(snapshot.c.account == account.fingerprint).distinct().order_by(snapshot.c.day)
        return self._database.read(lambda connection: list(connection.scalars(query)), [])

    def on_or_before(self, account: AccountKey, day: date) -> Stored | None:
        """The last balance of the day or before."""
        return self._database.read(lambda connection: _on_or_before(connection, account, day), None)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _store(connection: Connection, account: AccountKey, balance: Balance) -> bool:
    day = balance.as_of.astimezone(kst.KST).date()
    about = {"account": account.fingerprint, "day": day, "as_of": balance.as_of}
    if connection.execute(select(snapshot.c.id).filter_by(**about)).first() is not None:
        return False
    about |= {"environment": account.environment, "host": account.host, "masked": account.masked}
    made = connection.execute(insert(snapshot).values(about)).inserted_primary_key
    assert made is not None  # noqa: S101 (it is for statements of many rows only)
    number = made[0]
    if balance.holdings:
        connection.execute(
            insert(holding),
            [
                dict(zip(_HOLDING_KEYS, _holding_values(row), strict=True), snapshot=number, place=place)
                for place, row in enumerate(balance.holdings)
            ],
        )
    if balance.summary is not None:
        connection.execute(insert(summary), dict(zip(_SUMMARY_KEYS, _summary_values(balance.summary), strict=True), snapshot=number))
    return True


def _on_or_before(connection: Connection, account: AccountKey, day: date) -> Stored | None:
    found = connection.execute(
        select(snapshot.c.id, snapshot.c.as_of)
        .where(snapshot.c.account == account.fingerprint, snapshot.c.day <= day)
        .order_by(snapshot.c.day.desc(), snapshot.c.as_of.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    rows = connection.execute(select(*_HOLDING_COLUMNS).where(holding.c.snapshot == found.id).order_by(holding.c.place))
    totals = connection.execute(select(*_SUMMARY_COLUMNS).where(summary.c.snapshot == found.id)).first()
    return Stored(found.as_of, tuple(Holding(*row) for row in rows), None if totals is None else Summary(*totals))


def _last_of_days(account: AccountKey, start: date | None, end: date | None) -> Select[Any]:
    """The last snapshot of each day: day and id."""
    query = select(snapshot.c.account, snapshot.c.day, func.max(snapshot.c.as_of).label("as_of"))
    query = query.where(snapshot.c.account == account.fingerprint).group_by(snapshot.c.account, snapshot.c.day)
    if start is not None:
        query = query.where(snapshot.c.day >= start)
    if end is not None:
        query = query.where(snapshot.c.day <= end)
    newest = query.subquery()
    same = (newest.c.account == snapshot.c.account) & (newest.c.day == snapshot.c.day) & (newest.c.as_of == snapshot.c.as_of)
    return select(snapshot.c.day, snapshot.c.id).join(newest, same)


def _totals(connection: Connection, last: Select[Any], field: Field) -> list[tuple[date, Any]]:
    days = last.subquery()
    query = select(days.c.day, summary.c[field.key]).join(summary, summary.c.snapshot == days.c.id).order_by(days.c.day)
    return [(day, value) for day, value in connection.execute(query)]


def _stock(connection: Connection, last: Select[Any], field: Field, code: str) -> list[tuple[date, Any]]:
    days = last.subquery()
    query = select(days.c.day, *_HOLDING_COLUMNS).join(holding, holding.c.snapshot == days.c.id)
    query = query.where(holding.c.pdno == code).order_by(days.c.day, holding.c.place)
    rows: dict[date, list[Holding]] = {}
    for day, *values in connection.execute(query):
        rows.setdefault(day, []).append(Holding(*values))
    return [(day, getattr(join_by_stock(group)[0], field.key)) for day, group in rows.items()]
