"""What is removed from the history.

The last fetch of each day is kept for ever. Those before it on the same day are kept for a week: each refresh is stored, and
nothing asks for them later. Each store removes a few that are older, so none is felt; `prune` removes more on demand.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, or_, select, true

from kis_xl.history import KEEP_DAYS, Pruned, Rule
from kis_xl.history.schema import snapshot

#: More than a store adds, so that what is left over from busy days goes, and so few that nobody waits.
_AT_ONCE: Final = 2


def tidy(connection: Connection, account: str, day: date) -> None:
    """Remove a few of the account's fetches that were superseded long before `day`."""
    busy = (
        select(snapshot.c.day)
        .where(snapshot.c.account == account, snapshot.c.day < day - timedelta(days=KEEP_DAYS - 1))
        .group_by(snapshot.c.day)
        .having(func.count() > 1)
        .limit(1)
    )
    found = connection.scalar(busy)
    if found is not None:
        same = (snapshot.c.account == account) & (snapshot.c.day == found)
        first = select(snapshot.c.id).where(same, _superseded()).order_by(snapshot.c.as_of).limit(_AT_ONCE)
        connection.execute(delete(snapshot).where(snapshot.c.id.in_(first)))


def prune(connection: Connection, account: str | None, rule: Rule, *, dry_run: bool) -> Pruned:
    """Remove what `rule` says, of one account or of all; with `dry_run` only count it."""
    ours = true() if account is None else snapshot.c.account == account
    going = _going(rule)
    fetches = connection.scalar(select(func.count()).select_from(snapshot).where(ours, going)) or 0
    pruned = Pruned(fetches, _days(connection, ours) - _days(connection, ours & ~going))
    if not dry_run:
        connection.execute(delete(snapshot).where(ours, going))  # their holdings and totals go with them
    return pruned


def _going(rule: Rule) -> ColumnElement[bool]:
    chosen: list[ColumnElement[bool]] = []
    if rule.superseded_before is not None:
        chosen.append(and_(snapshot.c.day < rule.superseded_before, _superseded()))
    if rule.all_before is not None:
        chosen.append(snapshot.c.day < rule.all_before)
    if rule.day is not None:
        chosen.append(snapshot.c.day == rule.day)
    return or_(false(), *chosen)


def _superseded() -> ColumnElement[bool]:
    """There is a later fetch of the same account and day."""
    later = snapshot.alias()
    same = (later.c.account == snapshot.c.account) & (later.c.day == snapshot.c.day)
    return exists().where(same, later.c.as_of > snapshot.c.as_of).correlate(snapshot)


def _days(connection: Connection, which: ColumnElement[bool]) -> int:
    """How many days of accounts have a fetch."""
    days = select(snapshot.c.account, snapshot.c.day).where(which).distinct().subquery()
    return connection.scalar(select(func.count()).select_from(days)) or 0
