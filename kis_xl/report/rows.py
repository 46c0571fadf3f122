"""Rows of a worksheet as XML.

They are written here and not by openpyxl, which makes an object and an element of every cell: that takes three times as
long as all the rest, and a large sheet is held in memory or in a temporary file.

What a cell can be is decided here, by its value's type alone: a text (by its number, whatever it begins with), a number, a date.
There is no way to write a formula or an error, so no text from outside becomes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from openpyxl.utils import get_column_letter

from kis_xl.cells import Cell
from kis_xl.report.look import Look, Styles
from kis_xl.report.texts import Texts

_FIRST_DAY: Final = date(1899, 12, 30)
_DAY_SECONDS: Final = 86_400
_LIKE_A_FORMULA: Final = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Shown:
    """A value in a table that looks other than its column does."""

    value: Cell
    look: Look


def serial(value: date) -> int | float:
    """The number by which a sheet counts days; a time is a part of one."""
    if not isinstance(value, datetime):
        return (value - _FIRST_DAY).days
    past_midnight = value.hour * 3600 + value.minute * 60 + value.second
    return (value.date() - _FIRST_DAY).days + past_midnight / _DAY_SECONDS


def cell_xml(place: str, style: int, quoted: int, value: Cell, texts: Texts) -> str:
    """One cell. `quoted` is the style of a text that begins as a formula does."""
    kind = type(value)
    if kind is int or kind is Decimal:
        return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
    if isinstance(value, str):
        number = quoted if value.startswith(_LIKE_A_FORMULA) else style
        return f'<c r="{place}" s="{number}" t="s"><v>{texts.number(value)}</v></c>'
    if value is None:
        return f'<c r="{place}" s="{style}"/>'
    number_of = serial(value) if isinstance(value, date) else value
    return f'<c r="{place}" s="{style}"><v>{number_of!r}</v></c>'


def row_xml(number: int, height: float | None, cells: Iterable[str]) -> str:
    """One row; a `height` in points, None for the sheet's own."""
    tall = "" if height is None else f' ht="{height:g}" customHeight="1"'
    return f'<row r="{number}"{tall}>{"".join(cells)}</row>'


class TableRows:
    """The rows of a table: each column has a look, and another one for a gain and for a loss where its sign is coloured."""

    def __init__(self, styles: Styles, looks: Sequence[Look], signed: Sequence[bool]) -> None:
        self._styles = styles
        self._columns = [
            (
                get_column_letter(place),
                styles.number(look),
                styles.number(look.signed(1)) if coloured else 0,
                styles.number(look.signed(-1)) if coloured else 0,
                styles.number(look, quoted=True),
            )
            for place, (look, coloured) in enumerate(zip(looks, signed, strict=True), 1)
        ]

    def row(self, number: int, values: Sequence[Cell | Shown], height: float | None = None) -> str:
        """One row of the table as XML. A blank cell takes no room."""
        cells = []
        for (letter, plain, up, down, quoted), value in zip(self._columns, values, strict=True):
            if value is None:
                continue
            kind = type(value)
            if kind is int or kind is Decimal:
                style = plain if not up or not value else up if value > 0 else down  # type: ignore[operator]
                cells.append(f'<c r="{letter}{number}" s="{style}"><v>{value}</v></c>')
            elif isinstance(value, Shown):
                cells.append(self._shown(f"{letter}{number}", value))
            else:
                cells.append(cell_xml(f"{letter}{number}", plain, quoted, value, self._styles.texts))
        return row_xml(number, height, cells)

    def _shown(self, place: str, shown: Shown) -> str:
        plain, quoted = (self._styles.number(shown.look, quoted=quoted) for quoted in (False, True))
        return cell_xml(place, plain, quoted, shown.value, self._styles.texts)


class Canvas:
    """A sheet that is filled place by place; rows and columns count from 1."""

    def __init__(self) -> None:
        self._places: dict[int, dict[int, Shown]] = {}
        self._heights: dict[int, float] = {}
        self.merged: list[str] = []

    def put(self, row: int, column: int, value: Cell, look: Look, *, to: int = 0) -> None:
        """Fill a place; with `to` all columns up to that one, which become one cell."""
        line = self._places.setdefault(row, {})
        line[column] = Shown(value, look)
        if to > column:
            for other in range(column + 1, to + 1):
                line[other] = Shown(None, replace(look, line=tuple(edge for edge in look.line if edge != "left")))
            self.merged.append(f"{get_column_letter(column)}{row}:{get_column_letter(to)}{row}")

    def height(self, row: int, points: float) -> None:
        """Have a row so high."""
        self._heights[row] = points
        self._places.setdefault(row, {})

    def value(self, row: int, column: int) -> Cell:
        """What stands there, None for nothing."""
        shown = self._places.get(row, {}).get(column)
        return None if shown is None else shown.value

    @property
    def last_row(self) -> int:
        """The last row that is filled."""
        return max(self._places, default=0)

    def lines(self, styles: Styles, first: int = 1) -> Iterator[str]:
        """The rows as XML, the first of them as row `first`."""
        for row in sorted(self._places):
            line = self._places[row]
            cells = [
                cell_xml(
                    f"{get_column_letter(column)}{row + first - 1}",
                    styles.number(line[column].look),
                    styles.number(line[column].look, quoted=True),
                    line[column].value,
                    styles.texts,
                )
                for column in sorted(line)
            ]
            yield row_xml(row + first - 1, self._heights.get(row), cells)
