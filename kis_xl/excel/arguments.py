"""From what a cell passes to a function to typed values.

An argument is a literal, a cell, or a range (one row, one column or both); blank means the default. A number stands
for a text where a text is wanted, since Excel makes 5930 of 005930. Errors name the argument and what it takes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from kis_xl.configfile import ALL
from kis_xl.errors import ArgumentError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind
from kis_xl.language import Text
from kis_xl.redaction import shown

_CODE: Final = re.compile(r"[0-9A-Z]{1,12}")
#: What screens write before a code: A a share, Q an ETN, J an ELW. The service keeps some of them and drops others.
_PREFIXES: Final = "AQJ"
_PREFIXED: Final = re.compile(rf"[{_PREFIXES}][0-9A-Z]{{6}}")
_SHORT: Final = 6
_DAY_ZERO: Final = date(1899, 12, 30)
_LAST_SERIAL: Final = 2_958_465  # 9999-12-31
_DATE: Final = re.compile(r"(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[.일]?|(\d{4})(\d{2})(\d{2})")
_WORDS: Final = {"true": 1, "false": 0}
_MOST_SEEN: Final = 500
#: All accounts as one: what `*` gives, in the shape that a single account has. The workbook's own sheets ask so.
AS_ONE: Final = "**"
_ACCOUNT: Final = Text("account", "account")
#: Whose a row is: no field of the API's, but one that a table of holdings can show.
ACCOUNT_FIELD: Final = Field("account", "계좌", "Account", Kind.TEXT, None)


def flat(value: Any) -> Iterator[Any]:
    """The single values of an argument, row by row, without blanks."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from flat(part)
    elif not is_blank(value):
        yield value


def is_blank(value: Any) -> bool:
    """Whether a single value means the default: an empty cell, or blanks in it."""
    return value is None or (isinstance(value, str) and not value.strip())


def as_text(value: Any) -> str:
    """A single value as the text that the user sees or means: 5930.0 is 5930."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def text(value: Any, name: Text) -> str:
    """The one text of an argument, "" for a blank one. ArgumentError where there are several."""
    found = [as_text(part) for part in flat(value)]
    if len(found) > 1:
        raise ArgumentError(
            Text(f"{name.ko}: 값이 하나여야 하는데 {len(found)}개입니다.", f"{name.en} takes one value and got {len(found)}"),
            Text("셀 하나를 지정하세요.", "Refer to a single cell."),
        )
    return found[0] if found else ""


def account(value: Any) -> str:
    """The one name of an `account` argument, "" for the default one; `*` and `**` are all accounts."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else text(value, _ACCOUNT)


def is_all(value: Any) -> bool:
    """Whether an `account` argument means all accounts, apart (`*`) or as one (`**`)."""
    return value is not None and account(value) in (ALL, AS_ONE)


def is_apart(value: Any) -> bool:
    """Whether an `account` argument means each of all accounts by itself (`*`)."""
    return value is not None and account(value) == ALL


def headers(value: Any) -> int:
    """0 none, 1 captions (default), 2 captions and API keys."""
    given = text(value, Text("headers", "headers"))
    number = _WORDS.get(given.lower(), given)
    if number == "":
        return 1
    if str(number) not in ("0", "1", "2"):
        raise ArgumentError(
            Text(f"headers: 쓸 수 없는 값입니다: {shown(given)}", f"headers cannot be {shown(given)}"),
            Text("0(없음), 1(항목명), 2(항목명과 API 항목) 가운데 하나", "Use 0 (none), 1 (captions) or 2 (captions and API keys)."),
        )
    return int(number)


def day(value: Any, name: Text) -> date | None:
    """A date: a date cell, its serial number, or a text such as 2026-11-23 or 20261123; None for a blank."""
    found = list(flat(value))
    if len(found) == 1:
        read = _day(found[0])
        if read is not None:
            return read
    elif not found:
        return None
    given = shown(", ".join(map(as_text, found)))
    raise ArgumentError(
        Text(f"{name.ko}: 날짜로 읽을 수 없습니다: {given}", f"{name.en} is no date: {given}"),
        Text("날짜 셀이나 2026-11-23 처럼 적으세요.", "Use a date cell or a text such as 2026-11-23."),
    )


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DATE.fullmatch(as_text(value))
    if found:
        try:
            return date(*(int(part) for part in found.groups() if part))
        except ValueError:
            return None
    is_serial = isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value < _LAST_SERIAL + 1
    return _DAY_ZERO + timedelta(days=int(value)) if is_serial else None


@dataclass(frozen=True)
class Codes:
    """Stock codes (or fields) as they were given, blanks too: a column unless `is_row`; `is_single` for one cell."""

    values: tuple[Any, ...]
    is_row: bool
    is_single: bool


def line(value: Any) -> Codes:
    """The values of a cell, a row or a column, with blanks (None) in their places."""
    if not isinstance(value, (list, tuple)):
        return Codes((value,), False, True)
    rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in value]
    if value and not isinstance(value[0], (list, tuple)):
        rows = [list(value)]
    values = tuple(cell for row in rows for cell in row) or (None,)
    return Codes(values, len(rows) == 1 and len(values) > 1, len(values) == 1)


def spellings(value: Any) -> tuple[str, ...]:
    """The codes that the service may mean by what was written, the likeliest first. ArgumentError where it is no code.

    5930.0, "5930" and "A005930" are 005930; 500019 is Q500019 where the service writes that.
    """
    written = as_text(value).upper() if value is not None else ""
    if not _CODE.fullmatch(written):
        raise ArgumentError(
            Text(f"종목코드가 아닙니다: {shown(written)}", f"not a stock code: {shown(written)}"),
            Text("005930 처럼 적으세요.", "Write it as 005930."),
        )
    whole = written.zfill(_SHORT)
    bare = whole[1:] if _PREFIXED.fullmatch(whole) else whole
    likely = (bare, whole) if whole.startswith("A") else (whole, bare)
    return tuple(dict.fromkeys((*likely, *(prefix + bare for prefix in _PREFIXES))))


class Names:
    """Finds the fields of one table by API key, Korean or English caption, in any case and spacing.

    `more` are fields that have to be asked for: a blank argument does not mean them.
    """

    def __init__(self, fields: tuple[Field, ...], *more: Field) -> None:
        self.fields = (*fields, *more)
        self._usual = tuple(range(len(fields)))
        self._places = {_folded(name): place for place, field in enumerate(self.fields) for name in (field.en, field.ko, field.key)}
        self._seen: dict[object, tuple[int, ...]] = {}

    def place(self, value: Any) -> int:
        """The place of one field. ArgumentError suggests the nearest names."""
        written = as_text(value)
        try:
            return self._places[_folded(written)]
        except KeyError:
            pass
        raise ArgumentError(Text(f"없는 항목입니다: {shown(written)}", f"there is no field {shown(written)}"), self._nearest(written))

    def places(self, value: Any) -> tuple[int, ...]:
        """The places of the fields asked for, in that order; all of them for a blank argument.

        Several may stand in one text, divided by commas or semicolons.
        """
        given = tuple(flat(value))
        places = self._seen.get(given)
        if places is None:
            if len(self._seen) > _MOST_SEEN:
                self._seen.clear()
            places = self._seen[given] = tuple(self._read(given)) or self._usual
        return places

    def _read(self, given: Iterable[Any]) -> Iterator[int]:
        for value in given:
            written = as_text(value)
            if _folded(written) in self._places:
                yield self._places[_folded(written)]
            else:
                yield from (self.place(part) for part in re.split(r"[,;\n]", written) if part.strip())

    def _nearest(self, written: str) -> Text:
        near = difflib.get_close_matches(_folded(written), self._places, n=3, cutoff=0.5)
        found = [self.fields[place] for place in dict.fromkeys(self._places[name] for name in near)]
        if not found:
            return Text("=KIS_FIELDS() 로 모든 항목을 볼 수 있습니다.", "=KIS_FIELDS() lists all fields.")
        ko, en = (", ".join(f"{field.key} ({field.caption.in_(language)})" for field in found) for language in ("ko", "en"))
        return Text(f"비슷한 항목: {ko}", f"Nearest: {en}")


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


HOLDING_NAMES: Final = Names(HOLDING_FIELDS)
#: The columns of a table of holdings.
COLUMN_NAMES: Final = Names(HOLDING_FIELDS, ACCOUNT_FIELD)
ACCOUNT_PLACE: Final = len(HOLDING_FIELDS)
SUMMARY_NAMES: Final = Names(SUMMARY_FIELDS)
