"""The layouts of the history's tables, and how an older one is taken forward.

    1   the tables of holdings and totals, by snapshot
    2   kis_snapshot tells where a balance came from: fetched from the service, or read back from a report
    3   kis_snapshot tells how the balance was asked: the query parameters that are not the usual ones

A history is made in the newest layout. An older one is read as it is, and taken forward by the first write, in the
transaction of that write: so it is done once, and all of it or nothing. A newer one is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, func, insert, inspect, literal, null, select, text, update

from kis_xl.history import schema

#: The layout that this version writes. It reads all before it.
VERSION: Final = 3
#: What `layout_of` says where there are tables and none, or only some, of ours.
FOREIGN: Final = -1


def _to_2(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE kis_snapshot ADD COLUMN source VARCHAR DEFAULT 'service' NOT NULL"))


def _to_3(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE kis_snapshot ADD COLUMN query VARCHAR"))


#: What takes each layout to the next one. What stands here is never changed: it has been done to somebody's history.
_FORWARD: Final[dict[int, Callable[[Connection], None]]] = {1: _to_2, 2: _to_3}


@dataclass(frozen=True)
class Added:
    """The columns that kis_snapshot, or an alias of it, has by later layouts; in an older one what they would hold."""

    source: ColumnElement[Any]
    query: ColumnElement[Any]

    @classmethod
    def to(cls, table: FromClause, layout: int) -> Added:
        """Those of a table that has `layout`."""
        return cls(
            table.c.source if layout >= 2 else literal("service").label("source"),
            table.c.query if layout >= 3 else null().label("query"),
        )


def layout_of(connection: Connection) -> int:
    """The number of the layout: 0 where there is no history yet, FOREIGN where the tables are not ours.

    Looked at in every transaction: another process may be a newer version, or have moved the file away.
    """
    there = set(inspect(connection).get_table_names())
    if connection.dialect.name != "sqlite":  # where a database holds other programs' tables as well
        there &= set(schema.metadata.tables)
    if not there:
        return 0
    if schema.version.name not in there:
        return FOREIGN
    return connection.scalar(select(func.max(schema.version.c.version))) or FOREIGN


def make(connection: Connection) -> None:
    """Make the tables, in the newest layout."""
    schema.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(schema.version).values(version=VERSION))


def take_forward(connection: Connection, layout: int) -> None:
    """From `layout` to the newest."""
    for step in range(layout, VERSION):
        _FORWARD[step](connection)
    connection.execute(update(schema.version).values(version=VERSION))
