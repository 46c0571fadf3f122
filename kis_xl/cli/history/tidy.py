"""The two tables of an export, as data: a row a day, and a row a holding of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kis_xl.cli.history.whose import Whose
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind
from kis_xl.history import Stored
from kis_xl.language import Text

#: How a balance was asked that an older version stored: it did not write that down.
UNKNOWN: Final = "unknown"
_KEYS = tuple(field.key for field in HOLDING_FIELDS)


def _text(key: str, ko: str, en: str) -> Field:
    return Field(key, ko, en, Kind.TEXT, None)


_DAY = Field("day", "일자", "Date", Kind.DATE, None)
#: Whose figures they are. In both tables: each alone must not pass a simulator's for KIS's.
_WHOSE = (
    _DAY,
    _text("account", "계좌", "Account"),
    _text("environment", "환경", "Environment"),
    _text("host", "서버", "Server"),
)
#: The column of times, which no field of the API document has.
AS_OF = _text("as_of", "조회 시각 (KST)", "As of (KST)")


@dataclass(frozen=True)
class Table:
    """A table's name in files and on a sheet, and its columns. Those of `_WHOSE` are in both, so that they can be joined."""

    name: str
    caption: Text
    columns: tuple[Field, ...]


DAYS = Table(
    "days",
    Text("일별", "Days"),
    (*_WHOSE, AS_OF, _text("source", "출처", "Source"), _text("query", "조회 조건", "Asked with"), *SUMMARY_FIELDS),
)
HOLDINGS = Table("holdings", Text("보유종목", "Holdings"), (*_WHOSE, *HOLDING_FIELDS))


def day_row(stored: Stored, whose: Whose) -> tuple[Any, ...]:
    """The row of `DAYS`. An account that the service has no totals for has none."""
    totals = [None if stored.summary is None else getattr(stored.summary, field.key) for field in SUMMARY_FIELDS]
    query = UNKNOWN if stored.query is None else stored.query
    return (*_whose(stored, whose), stored.as_of, stored.source.value, query, *totals)


def holding_rows(stored: Stored, whose: Whose) -> Iterator[tuple[Any, ...]]:
    """The rows of `HOLDINGS`, in the service's order."""
    for row in stored.holdings:
        yield (*_whose(stored, whose), *(getattr(row, key) for key in _KEYS))


def _whose(stored: Stored, whose: Whose) -> tuple[date, str, str, str]:
    return stored.as_of.date(), whose.key.masked, whose.key.environment, whose.key.host
