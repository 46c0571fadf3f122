"""The history's tables. The columns of holdings and totals come from the API document, as their dataclasses do.

    kis_schema     which layout this is
    kis_snapshot   one row a stored balance: whose, when, from where
    kis_holding    the rows of output1, 26 columns
    kis_summary    the row of output2, 24 columns; none where the service gave none

Nothing here belongs to one database product.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, MetaData, PrimaryKeyConstraint, String, Table, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from kis_xl import kst
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind

# half a surrogate pair has no UTF-8, and PostgreSQL takes no NUL in a text
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class Digits(TypeDecorator[Any]):
    """A number as its digits in text, so that `198600.0000` and all 31 digits that the parser lets in come back as given.

    A 64-bit integer ends at 19 digits, and not with the largest of them; SQLite turns NUMERIC into binary floating point
    beyond that, and drops the zeros at the end.
    """

    impl = String
    cache_ok = True

    def __init__(self, number: type[int] | type[Decimal]) -> None:
        super().__init__()
        self.number = number

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """The digits; `f` because `str` writes a Decimal of small zeros as 0E-8, which other readers may not take."""
        return str(value) if self.number is int else f"{value:f}"

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], int | Decimal]:
        """The number again, with its scale. Nothing stands between: ten years of rows have a million numbers."""
        return self.number


class Wording(TypeDecorator[str]):
    """A text; characters that no database holds become the replacement character."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it can be stored."""
        return None if value is None else _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value)


class KoreanTime(TypeDecorator[datetime]):
    """A time as Korea's clock shows it: no database's own idea of time zones comes in, and Korea's clock never jumps."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The naive time in KST."""
        return None if value is None else value.astimezone(kst.KST).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The aware time in KST."""
        return None if value is None else value.replace(tzinfo=kst.KST)


_TYPES: dict[type, TypeEngine[Any]] = {str: Wording(), int: Digits(int), Decimal: Digits(Decimal), date: Date()}


def _columns(fields: tuple[Field, ...]) -> list[Column[Any]]:
    return [Column(field.key, _TYPES[field.kind.python_type], nullable=field.kind is Kind.DATE) for field in fields]


def _of_snapshot() -> Column[int]:
    return Column("snapshot", Integer, ForeignKey("kis_snapshot.id", ondelete="CASCADE"), autoincrement=False, nullable=False)


metadata = MetaData()

version = Table("kis_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

snapshot = Table(
    "kis_snapshot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Wording, nullable=False),
    Column("environment", Wording, nullable=False),
    Column("host", Wording, nullable=False),
    Column("masked", Wording, nullable=False),
    Column("day", Date, nullable=False),
    Column("as_of", KoreanTime, nullable=False),
    # the last one, as it is in a history of layout 1 that was taken forward
    Column("source", Wording, nullable=False, server_default="service"),
    # how it was asked: "" as usual; NULL in what layouts 1 and 2 stored, which did not know
    Column("query", Wording),
    # `day` follows from `as_of`; with it in the middle this one index answers every question about days
    UniqueConstraint("account", "day", "as_of", name="kis_snapshot_once"),
)

# The key begins with the snapshot, so that a day's rows are appended to it; with the code next, one stock's rows of
# 2,500 days are found without reading the others. An index by code would be touched in 200 places by each store.
holding = Table(
    "kis_holding",
    metadata,
    _of_snapshot(),
    Column("place", Integer, nullable=False),
    *_columns(HOLDING_FIELDS),
    PrimaryKeyConstraint("snapshot", "pdno", "place"),
)
summary = Table("kis_summary", metadata, _of_snapshot(), *_columns(SUMMARY_FIELDS), PrimaryKeyConstraint("snapshot"))
