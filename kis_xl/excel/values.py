"""From typed values to what a function returns to Excel; nothing else does this.

Excel takes text of at most 255 characters from a function (one longer text anywhere turns the whole result into
#VALUE!), floats, booleans and dates without a zone. A Decimal would become currency with four decimals, None an empty
text, an aware time another hour, a large int a type that Excel does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, TypeAlias

from kis_xl.cells import moment, text
from kis_xl.fields import Field, Kind
from kis_xl.kst import KST

Cell: TypeAlias = "str | float | bool | datetime"
Row: TypeAlias = "tuple[Cell, ...]"
Grid: TypeAlias = "list[list[Cell]]"

#: What a text that stands for an error begins with. The workbook turns it into a true error value.
MARK: Final = "#KIS!"
LONGEST_TEXT: Final = 255
#: Excel's calendar begins here; an earlier date anywhere would spoil the whole result.
_FIRST_YEAR: Final = 1900


def clipped(value: str) -> str:
    """`value` in at most 255 characters, counted as Excel does: one outside the basic plane counts two."""
    if len(value) * 2 <= LONGEST_TEXT:
        return value
    units = value.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * LONGEST_TEXT:
        return value
    # "ignore": the cut may have gone through a pair
    return units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def of_text(value: str) -> str:
    """A text for a cell. Text from outside never looks like one of our errors."""
    value = text(value)
    return clipped(f" {value}" if value.startswith(MARK) else value)


def of_any(value: object) -> Cell:
    """The cell for any typed value; "" for None and for a number that is none."""
    if isinstance(value, bool):
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, (int, float, Decimal)):
        number = float(value)
        return number if math.isfinite(number) else ""
    if isinstance(value, datetime):
        return moment(value.astimezone(KST) if value.tzinfo else value)
    if isinstance(value, date):
        return datetime.combine(value, time()) if value.year >= _FIRST_YEAR else value.isoformat()
    raise TypeError(f"no cell for {type(value).__name__}")


def _rate(value: Decimal) -> Cell:
    return float(value.scaleb(-2))


_BY_KIND: Final[dict[Kind, Callable[..., Cell]]] = {
    Kind.CODE: of_text,
    Kind.TEXT: of_text,
    Kind.FLAG: of_text,
    Kind.DATE: of_any,
    Kind.QUANTITY: float,
    Kind.WON: float,
    Kind.UNIT_PRICE: float,
    Kind.PERCENT: _rate,
}


def reader(field: Field) -> Callable[..., Cell]:
    """What turns a typed value of `field` into a cell: a rate into a true fraction, a number into a float."""
    return _BY_KIND[field.kind]


def of_field(field: Field, value: object) -> Cell:
    """The cell for a typed value of `field`; "" for None."""
    return "" if value is None else reader(field)(value)
