"""What is written to the history and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select

from kis_xl import kst
from kis_xl.bystock import join_by_stock
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Summary
from kis_xl.history import AccountKey, Day, Pruned, Rule, Source, Stored, layouts, pruning
from kis_xl.history.database import Backend, Database
from kis_xl.history.schema import holding, snapshot, summary
from kis_xl.models import Balance

_HOLDING_KEYS = tuple(field.key for field in HOLDING_FIELDS)
_SUMMARY_KEYS = tuple(field.key for field in SUMMARY_FIELDS)
_HOLDING_COLUMNS = tuple(holding.c[key] for key in _HOLDING_KEYS)
_SUMMARY_COLUMNS = tuple(summary.c[key] for key in _SUMMARY_KEYS)
_holding_values = attrgetter(*_HOLDING_KEYS)
_summary_values = attrgetter(*_SUMMARY_KEYS)
#: How many days are read in one transaction when many are.
_DAYS_AT_ONCE = 50


class Records:
    """The snapshots in a database; see `History` for what its methods return and raise."""

    def __init__(self, backend: Backend) -> None:
        self.database = Database(backend)

    def store(self, account: AccountKey, balance: Balance, source: Source) -> bool:
        """Write the balance in one transaction; False where it is there."""
        return self.database.write(lambda connection: _store(connection, account, balance, source))

    def series(self, account: AccountKey, field: Field, start: date | None, end: date | None, code: str | None) -> list[tuple[date, Any]]:
        """One field by day."""

        def ask(connection: Connection, layout: int) -> list[tuple[date, Any]]:
            last = _Whose(account, layout).last_of_days(start, end)
            return _totals(connection, last, field) if code is None else _stock(connection, last, field, code)

        return self.database.read(ask, [])

    def days(self, account: AccountKey) -> list[date]:
        """The days with a balance."""

        def ask(connection: Connection, layout: int) -> list[date]:
            query = select(snapshot.c.day).where(_Whose(account, layout).snapshots).distinct().order_by(snapshot.c.day)
            return list(connection.scalars(query))

        return self.database.read(ask, [])

    def on_or_before(self, account: AccountKey, day: date) -> Stored | None:
        """The last balance of the day or before."""
        return self.database.read(lambda connection, layout: _on_or_before(connection, _Whose(account, layout), day), None)

    def accounts(self) -> list[AccountKey]:
        """Whose balances there are, and how they were asked."""
        return self.database.read(_accounts, [])

    def overview(self, account: AccountKey, start: date | None, end: date | None) -> list[Day]:
        """What is known of each day without its rows."""
        return self.database.read(lambda connection, layout: _overview(connection, _Whose(account, layout), start, end), [])

    def walk(self, account: AccountKey, start: date | None, end: date | None) -> Iterator[Stored]:
        """The last balance of each day, some at a time."""
        days = [day for day in self.days(account) if (start is None or day >= start) and (end is None or day <= end)]
        for place in range(0, len(days), _DAYS_AT_ONCE):
            chunk = days[place : place + _DAYS_AT_ONCE]
            yield from self._of_days(account, chunk[0], chunk[-1])

    def _of_days(self, account: AccountKey, start: date, end: date) -> Sequence[Stored]:
        return self.database.read(lambda connection, layout: _of_days(connection, _Whose(account, layout), start, end), [])

    def prune(self, account: AccountKey | None, rule: Rule, *, dry_run: bool) -> Pruned:
        """Remove, or count, what the rule says."""

        def count(connection: Connection, layout: int) -> Pruned:
            return pruning.count(connection, _ours(account, layout), rule, layout)

        going = self.database.read(count, Pruned(0, 0))
        if dry_run or not going.fetches:  # where there is no history, none is made for that
            return going
        return self.database.write(lambda connection: pruning.prune(connection, _ours(account, layouts.VERSION), rule))

    def size(self) -> int:
        """How many bytes it takes."""
        return self.database.read(lambda connection, _: self.database.backend.size(connection), 0)


@dataclass(frozen=True)
class _Whose:
    """An account, in a history of that layout."""

    account: AccountKey
    layout: int

    @property
    def added(self) -> layouts.Added:
        return layouts.Added.to(snapshot, self.layout)

    @property
    def snapshots(self) -> ColumnElement[bool]:
        """Those of the account that were asked as it is; what is not known of a balance keeps it out of nothing."""
        ours, query = snapshot.c.account == self.account.fingerprint, self.added.query
        return and_(ours, or_(query.is_(None), query == self.account.query))

    def last_of_days(self, start: date | None, end: date | None, *more: Any) -> Select[Any]:
        """The last snapshot of each day: day, id and `more` of it."""
        query = select(snapshot.c.account, snapshot.c.day, func.max(snapshot.c.as_of).label("as_of"))
        query = query.where(self.snapshots).group_by(snapshot.c.account, snapshot.c.day)
        if start is not None:
            query = query.where(snapshot.c.day >= start)
        if end is not None:
            query = query.where(snapshot.c.day <= end)
        newest = query.subquery()
        same = (newest.c.account == snapshot.c.account) & (newest.c.day == snapshot.c.day) & (newest.c.as_of == snapshot.c.as_of)
        return select(snapshot.c.day, snapshot.c.id, *more).join(newest, same)


def _ours(account: AccountKey | None, layout: int) -> ColumnElement[bool] | None:
    """What may be removed as an account's. What is read with every query is removed with the usual one only."""
    if account is None:
        return None
    whose = _Whose(account, layout)
    return and_(whose.snapshots, func.coalesce(whose.added.query, "") == account.query)


def _store(connection: Connection, account: AccountKey, balance: Balance, source: Source) -> bool:
    day = balance.as_of.astimezone(kst.KST).date()
    as_of = _free(connection, account, balance.as_of, source)
    if as_of is None:
        return False
    whose = {"account": account.fingerprint, "environment": account.environment, "host": account.host, "masked": account.masked}
    row = insert(snapshot).values(**whose, query=account.query, day=day, as_of=as_of, source=source.value)
    made = connection.execute(row).inserted_primary_key
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
    pruning.tidy(connection, account, day)
    return True


def _free(connection: Connection, account: AccountKey, as_of: datetime, source: Source) -> datetime | None:
    """The time under which a balance is stored; None where it is there.

    A report knows the time of its balance to the second, so it is the one that was fetched within that second. One that a later
    balance of its day has superseded counts as there, too: it would be removed again. Where one of that time was asked in
    another way, the next microsecond is taken: a time belongs to one balance.
    """
    day = as_of.astimezone(kst.KST).date()
    ours = and_(snapshot.c.account == account.fingerprint, snapshot.c.day == day)
    near = snapshot.c.as_of >= as_of if source is Source.REPORT else snapshot.c.as_of == as_of
    there = connection.execute(select(snapshot.c.as_of, snapshot.c.query).where(ours, near)).all()
    if any(query in (None, account.query) for _, query in there):
        return None
    taken = {time for time, _ in there}
    while as_of in taken:
        as_of += timedelta(microseconds=1)
    return as_of


def _accounts(connection: Connection, layout: int) -> list[AccountKey]:
    query = func.coalesce(layouts.Added.to(snapshot, layout).query, "").label("query")
    columns = (snapshot.c.environment, snapshot.c.host, snapshot.c.account, snapshot.c.masked)
    found = connection.execute(select(*columns, query).distinct().order_by(snapshot.c.account, query))
    return [AccountKey(*row) for row in found]


def _on_or_before(connection: Connection, whose: _Whose, day: date) -> Stored | None:
    found = connection.execute(
        select(snapshot.c.id, snapshot.c.as_of, whose.added.source, whose.added.query)
        .where(whose.snapshots, snapshot.c.day <= day)
        .order_by(snapshot.c.day.desc(), snapshot.c.as_of.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    rows = connection.execute(select(*_HOLDING_COLUMNS).where(holding.c.snapshot == found.id).order_by(holding.c.place))
    totals = connection.execute(select(*_SUMMARY_COLUMNS).where(summary.c.snapshot == found.id)).first()
    return _stored(found, [Holding(*row) for row in rows], totals)


def _stored(found: Any, rows: Sequence[Holding], totals: Sequence[Any] | None) -> Stored:
    return Stored(found.as_of, tuple(rows), None if totals is None else Summary(*totals), Source(found.source), found.query)


def _of_days(connection: Connection, whose: _Whose, start: date, end: date) -> list[Stored]:
    last = whose.last_of_days(start, end, snapshot.c.as_of, whose.added.source, whose.added.query).subquery()
    rows: dict[int, list[Holding]] = {}
    query = select(holding.c.snapshot, *_HOLDING_COLUMNS).join(last, last.c.id == holding.c.snapshot)
    for number, *values in connection.execute(query.order_by(holding.c.snapshot, holding.c.place)):
        rows.setdefault(number, []).append(Holding(*values))
    query = select(summary.c.snapshot, *_SUMMARY_COLUMNS).join(last, last.c.id == summary.c.snapshot)
    totals = {row[0]: row[1:] for row in connection.execute(query)}
    days = connection.execute(select(last).order_by(last.c.day)).all()
    return [_stored(day, rows.get(day.id, []), totals.get(day.id)) for day in days]


def _overview(connection: Connection, whose: _Whose, start: date | None, end: date | None) -> list[Day]:
    last = whose.last_of_days(start, end, snapshot.c.as_of, whose.added.source, whose.added.query).subquery()
    counted = select(snapshot.c.day, func.count()).where(whose.snapshots).group_by(snapshot.c.day)
    fetches = {row[0]: row[1] for row in connection.execute(counted)}
    query = select(summary.c.snapshot, summary.c.tot_evlu_amt, summary.c.nass_amt).join(last, last.c.id == summary.c.snapshot)
    totals = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    rows = select(func.count()).select_from(holding).where(holding.c.snapshot == last.c.id).scalar_subquery()
    days = connection.execute(select(last, rows.label("rows")).order_by(last.c.day))
    return [
        Day(each.day, each.as_of, each.rows, *totals.get(each.id, (None, None)), Source(each.source), fetches[each.day], each.query)
        for each in days
    ]


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
