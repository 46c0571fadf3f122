"""From typed values to spreadsheet cells; nothing else does this.

A cell holds a number, a text, a date or nothing. Rates become true fractions (8.51 % is 0.0851, shown by a percent
format), and no digit is lost on the way: Decimal stays Decimal until the file is written.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from kis_xl.fields import Field, Kind
from kis_xl.kst import KST

Cell: TypeAlias = "str | int | Decimal | float | date | datetime | None"

#: Excel's own limit for the text of a cell.
LONGEST_TEXT = 32_767
# characters that a workbook's XML cannot hold
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cell(field: Field, value: object) -> Cell:
    """The cell for a typed `value` of `field`."""
    if value is None:
        return None
    if field.kind is Kind.PERCENT and isinstance(value, Decimal):
        return value.scaleb(-2)
    if isinstance(value, str):
        return text(value) or None
    if isinstance(value, (int, Decimal, date)):
        return value
    raise TypeError(f"no cell for {type(value).__name__} in {field.key}")


def text(value: str) -> str:
    """A text that a cell can hold: without characters that would make the file unreadable, and not too long."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)[:LONGEST_TEXT]


def moment(value: datetime) -> datetime:
    """An aware time as the naive one that a cell holds: what a clock in Korea shows, whole seconds. A naive one is KST already."""
    return (value.astimezone(KST) if value.tzinfo else value).replace(tzinfo=None, microsecond=0)
