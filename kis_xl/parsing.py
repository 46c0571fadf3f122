"""From the service's JSON strings to typed rows, strictly: a value that does not fit is an error, never a guess.

Each table has one reader. It joins a row's values and matches them against one pattern of the whole row, which costs
a fraction of looking at 26 values one by one; only when that fails does it look closer, to name the field.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from kis_xl.errors import DataError, FieldError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Kind, Summary
from kis_xl.language import Text

Row = TypeVar("Row")

_SEPARATOR: Final = "\x1f"
_NO_DATE: Final = ("", "00000000")

_INTEGER: Final = r"-?[0-9]{1,31}"  # 31 is the longest length in the document
_NUMBER: Final = r"-?(?:[0-9]{1,31}(?:\.[0-9]{0,31})?|\.[0-9]{1,31})"
_ANY: Final = r"[^\x1f]*"
_PATTERNS: Final[dict[Kind, str]] = {
    Kind.CODE: r"\s*[^\x1f\s][^\x1f]*",
    Kind.TEXT: _ANY,
    Kind.FLAG: _ANY,
    Kind.DATE: r"\s*(?:[0-9]{8})?\s*",
    Kind.QUANTITY: _INTEGER,
    Kind.WON: _INTEGER,
    Kind.UNIT_PRICE: _NUMBER,
    Kind.PERCENT: _NUMBER,
}


@dataclass(frozen=True)
class Extra:
    """A field that the API document does not know, kept aside: where it stood, its key and its value as given."""

    section: str
    row: int
    key: str
    value: object


def _text(value: str) -> str:
    # the service pads text to fixed widths; interning keeps one copy of "현금" for 100,000 rows
    return sys.intern(value.strip())


def _day(value: str) -> date | None:
    value = value.strip()
    if value in _NO_DATE:
        return None
    return date(int(value[:4]), int(value[4:6]), int(value[6:]))


_CONVERTERS: Final[dict[Kind, Callable[[str], object]]] = {
    Kind.CODE: str.strip,
    Kind.TEXT: _text,
    Kind.FLAG: _text,
    Kind.DATE: _day,
    Kind.QUANTITY: int,
    Kind.WON: int,
    Kind.UNIT_PRICE: Decimal,
    Kind.PERCENT: Decimal,
}


class Reader(Generic[Row]):
    """Reads the rows of one table: `section` is the response member they stand in, for errors."""

    def __init__(self, section: str, record: Callable[..., Row], fields: tuple[Field, ...]) -> None:
        self._section = section
        self._record = record
        self._fields = fields
        self._keys = frozenset(field.key for field in fields)
        self._values: Callable[[Any], tuple[str, ...]] = itemgetter(*(field.key for field in fields))
        self._shape = re.compile(_SEPARATOR.join(_PATTERNS[field.kind] for field in fields))
        self._converters = tuple(_CONVERTERS[field.kind] for field in fields)

    def read(self, row: Any, number: int) -> Row:
        """The typed row. FieldError names `number` (1 is the first) and the field that is missing or malformed."""
        try:
            values = self._values(row)
            if self._shape.fullmatch(_SEPARATOR.join(values)):
                return self._record(*[convert(value) for convert, value in zip(self._converters, values, strict=True)])
        except (KeyError, TypeError, ValueError):
            pass
        return self._read_closely(row, number)

    def extras(self, row: Any, number: int) -> list[Extra]:
        """What `row` holds beyond the document."""
        if len(row) == len(self._keys):
            return []
        return [Extra(self._section, number, key, value) for key, value in row.items() if key not in self._keys]

    def _read_closely(self, row: Any, number: int) -> Row:
        """Value by value, to say which one is wrong. A text with control characters in it passes here."""
        if not isinstance(row, dict):
            raise DataError(
                Text(f"{self._section} {number}번째 행이 객체가 아닙니다.", f"row {number} of {self._section} is not an object"), _REPORT
            )
        values: list[object] = []
        for field, convert in zip(self._fields, self._converters, strict=True):
            if field.key not in row:
                raise self._error(field, number, Text("값이 없습니다", "is missing"))
            value = row[field.key]
            if not isinstance(value, str) or not re.fullmatch(_PATTERNS[field.kind].replace(_ANY, r"[\s\S]*"), value):
                raise self._malformed(field, number, value)
            try:
                values.append(convert(value))
            except ValueError:
                fault = self._malformed(field, number, value)
            else:
                continue
            raise fault
        return self._record(*values)

    def _malformed(self, field: Field, number: int, value: object) -> FieldError:
        shown = repr(value)[:40]
        return self._error(
            field, number, Text(f"{field.kind.caption.ko}(으)로 읽을 수 없는 값: {shown}", f"is no {field.kind.caption.en}: {shown}")
        )

    def _error(self, field: Field, number: int, fault: Text) -> FieldError:
        what = Text(
            f"{self._section} {number}번째 행의 {field.key}({field.ko}): {fault.ko}",
            f"row {number} of {self._section}: {field.key} ({field.en}) {fault.en}",
        )
        return FieldError(self._section, number, field.key, what, _REPORT)


_REPORT: Final = Text(
    "잠시 후 다시 조회하세요. 계속되면 KIS API가 바뀐 것일 수 있으니 kis_xl을 최신 버전으로 올리거나 알려 주세요.",
    "Try again shortly. If it persists the API may have changed: update kis_xl, or report it.",
)

_HOLDINGS: Final = Reader("output1", Holding, HOLDING_FIELDS)
_SUMMARY: Final = Reader("output2", Summary, SUMMARY_FIELDS)


def read_holdings(rows: Iterable[Any], first: int = 1) -> tuple[list[Holding], list[Extra]]:
    """The typed rows of an `output1`, and what the document does not know. Rows count from `first`."""
    holdings: list[Holding] = []
    extras: list[Extra] = []
    for number, row in enumerate(rows, first):
        holdings.append(_HOLDINGS.read(row, number))
        extras += _HOLDINGS.extras(row, number)
    return holdings, extras


def read_summary(row: Any) -> tuple[Summary, list[Extra]]:
    """The typed row of an `output2`, and what the document does not know."""
    return _SUMMARY.read(row, 1), _SUMMARY.extras(row, 1)
