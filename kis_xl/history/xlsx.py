"""The named tables of an .xlsx file, with each number as the digits that stand in the file.

The library that writes reports would read a number as the nearest binary fraction, and an amount of nineteen digits as
another one. Only what a report needs is read: no formulas, no styles.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

from kis_xl.errors import DataError, OutputError, reason_of
from kis_xl.language import NO_TEXT, Text

Raw: TypeAlias = "str | Decimal | None"

#: What a report of 100,000 holdings takes is a tenth of this; an archive that claims more is not one.
_LARGEST = 1 << 30
#: All that a damaged or made-up file can lead to.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    NotImplementedError,
    RuntimeError,
    ArithmeticError,
    LookupError,
    ValueError,
    EOFError,
)
_WORKBOOK = "xl/workbook.xml"
#: How a text holds a character that XML does not, or that would not come back; `_x005F_` where it really says `_x0041_`.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 (a cell knows no zone)
_DAYS_FROM_1904 = 1462


@dataclass(frozen=True)
class Tables:
    """Tables by name, each as its rows with the caption row first."""

    rows: dict[str, list[list[Raw]]]
    from_1904: bool

    def moment(self, number: Decimal) -> datetime:
        """The naive time that a cell's number stands for, to the second. OverflowError for one that is none."""
        days = _DAYS_FROM_1904 if self.from_1904 else 0
        return _DAY_0 + timedelta(days=days, seconds=round(number * 86_400))

    def day(self, number: Decimal) -> date:
        """The day that a cell's number stands for."""
        return self.moment(number).date()


def read_tables(path: Path, names: Collection[str]) -> Tables:
    """The tables called `names` that there are. DataError for a file that is no workbook, OutputError where it cannot be read."""
    trouble = NO_TEXT
    reason = ""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _LARGEST:
                trouble = Text("너무 큼", "it is too large")
            else:
                return _Book(archive).tables(names)
    except OSError as error:
        reason = reason_of(error)
    except _DAMAGED:
        trouble = Text("Excel 파일이 아니거나 손상됨", "it is no Excel file, or damaged")
    if reason:
        raise OutputError(Text(f"파일을 읽을 수 없습니다 ({reason}).", f"the file cannot be read ({reason})"))
    raise DataError(Text(f"파일을 읽을 수 없습니다 ({trouble.ko}).", f"the file cannot be read ({trouble.en})"))


class _Book:
    """An open workbook. Raises LookupError, ValueError or what the parsers raise where it is not as it should be."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = set(archive.namelist())
        self._shared: list[str] | None = None

    def tables(self, names: Collection[str]) -> Tables:
        found: dict[str, list[list[Raw]]] = {}
        for sheet in self._related(_WORKBOOK, "worksheet"):
            for table in self._related(sheet, "table"):
                about = self._root(table)
                name = about.get("displayName") or about.get("name") or ""
                if name in names and name not in found:
                    found[name] = self._rows(sheet, about.get("ref") or "")
        properties = next(_named(self._root(_WORKBOOK), "workbookPr"), None)
        return Tables(found, properties is not None and properties.get("date1904") in ("1", "true"))

    def _related(self, part: str, kind: str) -> Iterator[str]:
        """The parts that `part` leads to."""
        folder, name = posixpath.split(part)
        place = f"{folder}/_rels/{name}.rels"
        if place not in self._parts:
            return
        for relation in self._root(place):
            if (relation.get("Type") or "").endswith(f"/{kind}"):
                yield posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")

    def _root(self, part: str) -> ElementTree.Element:
        data = self._archive.read(part)
        if b"<!DOCTYPE" in data:
            raise ValueError(part)
        return ElementTree.fromstring(data)  # noqa: S314 (a document type, which could do harm, was refused)

    def _rows(self, sheet: str, ref: str) -> list[list[Raw]]:
        area = _AREA.fullmatch(ref)
        if area is None or area[3] is None:
            raise ValueError(ref)
        left, right = _column(area[1]), _column(area[3])
        top, bottom = int(area[2]), int(area[4])
        rows: dict[int, list[Raw]] = {}
        for place, row in enumerate(_named(self._root(sheet), "row"), 1):
            number = int(row.get("r") or place)
            if top <= number <= bottom:
                values = self._cells(row)
                rows[number] = [values.get(column) for column in range(left, right + 1)]
        return [rows.get(number, [None] * (right - left + 1)) for number in range(top, min(bottom, max(rows, default=top)) + 1)]

    def _cells(self, row: ElementTree.Element) -> dict[int, Raw]:
        values: dict[int, Raw] = {}
        column = 0
        for cell in _named(row, "c"):
            place = _AREA.fullmatch(cell.get("r") or "")
            column = _column(place[1]) if place else column + 1
            values[column] = self._value(cell)
        return values

    def _value(self, cell: ElementTree.Element) -> Raw:
        kind = cell.get("t") or "n"
        if kind == "inlineStr":
            return _text(cell) or None
        value = next((each.text for each in cell if _name(each) == "v"), None)
        if value is None or kind == "e":
            return None
        if kind == "n":
            return _number(value)
        if kind == "s":
            return self._shared_texts()[int(value)] or None
        return _decoded(value)

    def _shared_texts(self) -> list[str]:
        if self._shared is None:
            part = next(self._related(_WORKBOOK, "sharedStrings"))
            self._shared = [_text(item) for item in _named(self._root(part), "si")]
        return self._shared


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > 80 or abs(number.adjusted()) > 80:  # nothing that a field can hold
        raise ValueError(text)
    return number


def _named(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Everything in `element` that is called `name`, in any namespace."""
    return (each for each in element.iter() if _name(each) == name)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]  # comments and instructions are left out by the parser


def _text(element: ElementTree.Element) -> str:
    """The text of a cell or a shared text: all of its runs, without what tells how to pronounce it."""
    parts: list[str] = []
    for each in element:
        if _name(each) == "t":
            parts.append(_decoded(each.text or ""))
        elif _name(each) in ("is", "r"):
            parts.append(_text(each))
    return "".join(parts)


def _decoded(text: str) -> str:
    """A text as Excel shows it. Each piece of a text by itself: an escape does not reach from one into the next."""
    if "_x" not in text:
        return text
    shown = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    return shown.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two escapes can be the halves of one character


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number
