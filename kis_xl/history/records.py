"""What is written to the history and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal, select

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
        last = _last_of_days(account, start, end)
        if code is None:
            return self.database.read(lambda connection: _totals(connection, last, field), [])
        return self.database.read(lambda connection: _stock(connection, last, field, code), [])

    def days(self, account: AccountKey) -> list[date]:
        """The days with a balance."""
        query = select(snapshot.c.day).where(snapshot.c.account == account.fingerprint).distinct().order_by(snapshot.c.day)
        return self.database.read(lambda connection: list(connection.scalars(query)), [])

    def on_or_before(self, account: AccountKey, day: date) -> Stored | None:
        """The last balance of the day or before."""
        return self.database.read(lambda connection: _on_or_before(connection, account, day), None)

    def accounts(self) -> list[AccountKey]:
        """Whose balances there are."""
        columns = (snapshot.c.environment, snapshot.c.host, snapshot.c.account, snapshot.c.masked)
        query = select(*columns).distinct().order_by(snapshot.c.account)
        return self.database.read(lambda connection: [AccountKey(*row) for row in connection.execute(query)], [])

    def overview(self, account: AccountKey, start: date | None, end: date | None) -> list[Day]:
        """What is known of each day without its rows."""
        return self.database.read(lambda connection: _overview(connection, account, start, end), [])

    def walk(self, account: AccountKey, start: date | None, end: date | None) -> Iterator[Stored]:
        """The last balance of each day, some at a time."""
        days = [day for day in self.days(account) if (start is None or day >= start) and (end is None or day <= end)]
        for place in range(0, len(days), _DAYS_AT_ONCE):
            chunk = days[place : place + _DAYS_AT_ONCE]
            yield from self._of_days(account, chunk[0], chunk[-1])

    def _of_days(self, account: AccountKey, start: date, end: date) -> Sequence[Stored]:
        return self.database.read(lambda connection: _of_days(connection, account, start, end), [])

    def prune(self, account: AccountKey | None, rule: Rule, *, dry_run: bool) -> Pruned:
        """Remove, or count, what the rule says."""
        whose = None if account is None else account.fingerprint
        going = self.database.read(lambda connection: pruning.prune(connection, whose, rule, dry_run=True), Pruned(0, 0))
        if dry_run or not going.fetches:  # where there is no history, none is made for that
            return going
        return self.database.write(lambda connection: pruning.prune(connection, whose, rule, dry_run=False))

    def size(self) -> int:
        """How many bytes it takes."""
        return self.database.read(self.database.backend.size, 0)


def _store(connection: Connection, account: AccountKey, balance: Balance, source: Source) -> bool:
    if _is_there(connection, account, balance, source):
        return False
    day = balance.as_of.astimezone(kst.KST).date()
    whose = {"account": account.fingerprint, "environment": account.environment, "host": account.host, "masked": account.masked}
    row = insert(snapshot).values(**whose, day=day, as_of=balance.as_of, source=source.value)
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
    pruning.tidy(connection, account.fingerprint, day)
    return True


def _is_there(connection: Connection, account: AccountKey, balance: Balance, source: Source) -> bool:
    """A report knows the time of its balance to the second, so it is the one that was fetched within that second."""
    day = balance.as_of.astimezone(kst.KST).date()
    same = select(snapshot.c.id).where(snapshot.c.account == account.fingerprint, snapshot.c.day == day)
    if source is Source.REPORT:
        same = same.where(snapshot.c.as_of >= balance.as_of, snapshot.c.as_of < balance.as_of + timedelta(seconds=1))
    else:
        same = same.where(snapshot.c.as_of == balance.as_of)
    return connection.execute(same.limit(1)).first() is not None


def _origin(connection: Connection) -> Any:
    """The column that says where a balance came from, which the first layout has not."""
    known = layouts.layout_of(connection) >= 2
    return snapshot.c.source if known else literal(Source.SERVICE.value).label("source")


def _on_or_before(connection: Connection, account: AccountKey, day: date) -> Stored | None:
    found = connection.execute(
        select(snapshot.c.id, snapshot.c.as_of, _origin(connection))
        .where(snapshot.c.account == account.fingerprint, snapshot.c.day <= day)
        .order_by(snapshot.c.day.desc(), snapshot.c.as_of.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    rows = connection.execute(select(*_HOLDING_COLUMNS).where(holding.c.snapshot == found.id).order_by(holding.c.place))
    totals = connection.execute(select(*_SUMMARY_COLUMNS).where(summary.c.snapshot == found.id)).first()
    return _stored(found.as_of, [Holding(*row) for row in rows], totals, found.source)


def _stored(as_of: datetime, rows: Sequence[Holding], totals: Sequence[Any] | None, source: str) -> Stored:
    return Stored(as_of, tuple(rows), None if totals is None else Summary(*totals), Source(source))


def _of_days(connection: Connection, account: AccountKey, start: date, end: date) -> list[Stored]:
    last = _last_of_days(account, start, end, snapshot.c.as_of, _origin(connection)).subquery()
    rows: dict[int, list[Holding]] = {}
    query = select(holding.c.snapshot, *_HOLDING_COLUMNS).join(last, last.c.id == holding.c.snapshot)
    for number, *values in connection.execute(query.order_by(holding.c.snapshot, holding.c.place)):
        rows.setdefault(number, []).append(Holding(*values))
    query = select(summary.c.snapshot, *_SUMMARY_COLUMNS).join(last, last.c.id == summary.c.snapshot)
    totals = {row[0]: row[1:] for row in connection.execute(query)}
    days = connection.execute(select(last).order_by(last.c.day)).all()
    return [_stored(day.as_of, rows.get(day.id, []), totals.get(day.id), day.source) for day in days]


def _overview(connection: Connection, account: AccountKey, start: date | None, end: date | None) -> list[Day]:
    last = _last_of_days(account, start, end, snapshot.c.as_of, _origin(connection)).subquery()
    counted = select(snapshot.c.day, func.count()).where(snapshot.c.account == account.fingerprint).group_by(snapshot.c.day)
    fetches = {row[0]: row[1] for row in connection.execute(counted)}
    query = select(summary.c.snapshot, summary.c.tot_evlu_amt, summary.c.nass_amt).join(last, last.c.id == summary.c.snapshot)
    totals = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
    rows = select(func.count()).select_from(holding).where(holding.c.snapshot == last.c.id).scalar_subquery()
    days = connection.execute(select(last, rows.label("rows")).order_by(last.c.day))
    return [
        Day(each.day, each.as_of, each.rows, *totals.get(each.id, (None, None)), Source(each.source), fetches[each.day]) for each in days
    ]


def _last_of_days(account: AccountKey, start: date | None, end: date | None, *more: Any) -> Select[Any]:
    """The last snapshot of each day: day, id and `more` of it."""
    query = select(snapshot.c.account, snapshot.c.day, func.max(snapshot.c.as_of).label("as_of"))
    query = query.where(snapshot.c.account == account.fingerprint).group_by(snapshot.c.account, snapshot.c.day)
    if start is not None:
        query = query.where(snapshot.c.day >= start)
    if end is not None:
        query = query.where(snapshot.c.day <= end)
    newest = query.subquery()
    same = (newest.c.account == snapshot.c.account) & (newest.c.day == snapshot.c.day) & (newest.c.as_of == snapshot.c.as_of)
    return select(snapshot.c.day, snapshot.c.id, *more).join(newest, same)


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
