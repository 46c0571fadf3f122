"""What is removed from the history.

The last fetch of each day is kept for ever. Those before it on the same day are kept for a week: each refresh is stored, and
nothing asks for them later. Each store removes a few that are older, so none is felt; `prune` removes more on demand.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, or_, select, true

from kis_xl.history import KEEP_DAYS, AccountKey, Pruned, Rule, Source, layouts
from kis_xl.history.schema import snapshot

#: More than a store adds, so that what is left over from busy days goes, and so few that nobody waits.
_AT_ONCE: Final = 2


def tidy(connection: Connection, account: AccountKey, day: date) -> None:
    """Remove a few of the account's fetches that were superseded long before `day`."""
    old = (snapshot.c.account == account.fingerprint) & (snapshot.c.day < day - timedelta(days=KEEP_DAYS - 1))
    # the days with more than one are found in the index; whether these were asked in the same way is looked at there only
    busy = select(snapshot.c.day).where(old).group_by(snapshot.c.day).having(func.count() > 1)
    alike = select(snapshot.c.day).where(old, snapshot.c.day.in_(busy)).group_by(snapshot.c.day, snapshot.c.query).having(func.count() > 1)
    superseded = old & snapshot.c.day.in_(alike) & _superseded(layouts.VERSION)
    first = select(snapshot.c.id).where(superseded).order_by(snapshot.c.day, snapshot.c.as_of).limit(_AT_ONCE)
    connection.execute(delete(snapshot).where(snapshot.c.id.in_(first)))


def count(connection: Connection, ours: ColumnElement[bool] | None, rule: Rule, layout: int) -> Pruned:
    """How much `rule` would remove of `ours`, or of all, from a history of that layout."""
    going, whole = _going(rule, layout), true() if ours is None else ours
    fetches = connection.scalar(select(func.count()).select_from(snapshot).where(whole, going)) or 0
    return Pruned(fetches, _days(connection, whole) - _days(connection, whole & ~going))


def prune(connection: Connection, ours: ColumnElement[bool] | None, rule: Rule) -> Pruned:
    """Remove what `rule` says of `ours`, or of all."""
    pruned = count(connection, ours, rule, layouts.VERSION)
    # their holdings and totals go with them
    connection.execute(delete(snapshot).where(true() if ours is None else ours, _going(rule, layouts.VERSION)))
    return pruned


def _going(rule: Rule, layout: int) -> ColumnElement[bool]:
    chosen: list[ColumnElement[bool]] = []
    if rule.superseded_before is not None:
        chosen.append(and_(snapshot.c.day < rule.superseded_before, _superseded(layout)))
    if rule.all_before is not None:
        chosen.append(snapshot.c.day < rule.all_before)
    if rule.day is not None:
        chosen.append(snapshot.c.day == rule.day)
    return or_(false(), *chosen)


def _superseded(layout: int) -> ColumnElement[bool]:
    """There is a later fetch of the same account and day that was asked in the same way.

    A report can only supersede a report: what the service gave is not given up for what a file says.
    """
    later = snapshot.alias()
    one, other = layouts.Added.to(snapshot, layout), layouts.Added.to(later, layout)
    same = (later.c.account == snapshot.c.account) & (later.c.day == snapshot.c.day)
    alike = func.coalesce(one.query, "?") == func.coalesce(other.query, "?")
    as_good = or_(other.source == Source.SERVICE.value, one.source == Source.REPORT.value)
    return exists().where(same, alike, as_good, later.c.as_of > snapshot.c.as_of).correlate(snapshot)


def _days(connection: Connection, which: ColumnElement[bool]) -> int:
    """How many days of accounts have a fetch."""
    days = select(snapshot.c.account, snapshot.c.day).where(which).distinct().subquery()
    return connection.scalar(select(func.count()).select_from(days)) or 0
