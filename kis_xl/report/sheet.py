"""A sheet of the report as data: what stands on it, how it is laid out, how it is printed. `book` makes a file of sheets."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from openpyxl.utils import get_column_letter

from kis_xl.cells import Cell, text
from kis_xl.fields import Field, Kind
from kis_xl.language import Language, cells_wide
from kis_xl.report.look import HEADER, NOTE, RATE, WON, Look, Styles
from kis_xl.report.rows import Canvas, Shown, TableRows, row_xml

Row: TypeAlias = "tuple[Cell | Shown, ...]"

#: The height of a row, in points: Hangul at ten points needs more than Excel's fifteen.
ROW_HEIGHT: Final = 16.5
_HEADER_HEIGHT: Final = 31.0
_WIDEST: Final = 62.0
_SAMPLE: Final = 60
#: Excel's own limit, in points: a file with a higher row is said to be damaged.
HIGHEST: Final = 409.0


def lines_high(shown: str, width: float) -> int:
    """How many lines a wrapped text takes in a column of `width` characters, rather one too many."""
    return sum(max(1, math.ceil(cells_wide(line) / max(width - 2, 1))) for line in shown.split("\n"))


def room(lines: int, points: float, more: float = 0) -> float:
    """The height of a row of so many lines, `points` each, and some `more`; never more than Excel takes."""
    return min(points * lines + more, HIGHEST)


def shortened(shown: str, width: int) -> str:
    """A text that fits `width` characters, ended by an ellipsis where something is cut."""
    if cells_wide(shown) <= width:
        return shown
    kept = shown
    while kept and cells_wide(kept) > width - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def broken(shown: str, width: int) -> list[str]:
    """A text as lines that fit `width` characters, broken between words."""
    lines = [""]
    for word in shown.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and cells_wide(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@dataclass(frozen=True)
class Column:
    """A column: its caption, its look, whether its sign is coloured, its width (None for what its values take).

    One `beside` the table belongs to the sheet and not to the table. The caption of one that is `named` by a user gives way
    to an equal caption of another one.
    """

    caption: str
    look: Look = Look()
    signed: bool = False
    width: float | None = None
    beside: bool = False
    named: bool = False

    @classmethod
    def of(cls, field: Field, language: Language) -> Column:
        """The column of a field of the API document, or of one like them."""
        is_text = field.kind.python_type is str
        look = Look(field.kind.number_format, align="left" if is_text else "", indent=1 if is_text else 0)
        return cls(field.caption.in_(language), look, field.signed)


@dataclass(frozen=True)
class TableArea:
    """A named table: where it is and its captions."""

    name: str
    area: str
    captions: tuple[str, ...]


@dataclass
class Sheet:
    """One sheet. `draw` gives its rows as XML; `names` are defined names and the cells they stand for.

    `codes` are areas of codes that are texts on purpose, `bars` areas whose numbers carry a bar; `pages_wide` and
    `pages_high` are what the print is fitted to, 0 for as many as it takes.
    """

    title: str
    draw: Callable[[Styles], Iterator[str]]
    widths: Sequence[float]
    last: str
    tables: tuple[TableArea, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    charts: Sequence[Any] = ()
    merged: Sequence[str] = ()
    bars: Sequence[str] = ()
    codes: Sequence[str] = ()
    freeze: str = ""
    print_area: str = ""
    title_rows: str = ""
    title_columns: str = ""
    landscape: bool = True
    pages_wide: int = 1
    pages_high: int = 0
    grid: bool = True
    footer: str = ""


@dataclass
class Table:
    """A named table from A1, and what stands below and beside it.

    `rows` may be given once only, for `count` rows; `looked_at` are values by which columns get their widths, where all
    rows are too many to look at. What is `below` begins one row after the table's end.
    """

    title: str
    name: str
    columns: Sequence[Column]
    rows: Iterable[Row]
    count: int
    looked_at: Sequence[Iterable[Any]] | None = None
    below: Canvas = field(default_factory=Canvas)
    footer: str = ""

    @property
    def last(self) -> int:
        """The table's last row: it has at least one, if only a blank one."""
        return max(self.count, 1) + 1

    def sheet(self, **more: Any) -> Sheet:
        """The sheet. The caption row stays in sight and is on every printed page."""
        rows = self.rows
        if self.looked_at is None:
            rows = list(rows)
            looked_at: Sequence[Iterable[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(self.columns)
        else:
            looked_at = self.looked_at
        own = [column for column in self.columns if not column.beside]
        area = f"A1:{get_column_letter(len(own))}{self.last}"
        captions = _distinct(own)
        widths = [self._width(place, column, values) for place, (column, values) in enumerate(zip(self.columns, looked_at, strict=True), 1)]
        bottom = max(self.last, self.last + 1 + self.below.last_row if self.below.last_row else 0)
        settings: dict[str, Any] = {
            "freeze": "A2",
            "title_rows": "1:1",
            "footer": self.footer,
            "codes": [
                f"{get_column_letter(place)}2:{get_column_letter(place)}{self.last}"
                for place, column in enumerate(self.columns, 1)
                if column.look.number_format == Kind.CODE.number_format
            ],
        }
        return Sheet(
            title=self.title,
            draw=lambda styles: self._draw(styles, rows, captions, widths),
            widths=widths,
            last=f"{get_column_letter(len(self.columns))}{bottom}",
            tables=(TableArea(self.name, area, captions),),
            merged=[self._moved(place) for place in self.below.merged],
            **{**settings, **more},
        )

    def _draw(self, styles: Styles, rows: Iterable[Row], captions: tuple[str, ...], widths: Sequence[float]) -> Iterator[str]:
        all_captions: list[Cell | Shown] = [*captions, *(column.caption for column in self.columns[len(captions) :])]
        aside = Look(color=NOTE.color, bold=True, align="left", indent=1)
        looks = [aside if column.beside else HEADER for column in self.columns]
        named = (lines_high(column.caption, width) for column, width in zip(self.columns, widths, strict=True) if column.named)
        height = max(_HEADER_HEIGHT, room(max(named, default=1), ROW_HEIGHT))
        yield TableRows(styles, looks, [False] * len(looks)).row(1, all_captions, height)
        writer = TableRows(styles, [column.look for column in self.columns], [column.signed for column in self.columns])
        wrapped = [(place, widths[place]) for place, column in enumerate(self.columns) if column.look.wrap]
        for number, row in enumerate(rows, 2):
            yield writer.row(number, row, _height(row, wrapped))
        if not self.count:
            yield row_xml(2, None, ())
        yield from self.below.lines(styles, self.last + 2)

    def _width(self, place: int, column: Column, values: Iterable[Any]) -> float:
        if column.width is not None:
            return column.width
        below = [self.below.value(row, place) for row in range(1, self.below.last_row + 1)]
        numbers = [value for value in below if value is not None and not isinstance(value, str)]
        widest = max(_widest(column, values), _widest(column, numbers))
        # a caption may break into two lines, and its filter button takes room
        return round(min(max(widest + 2.5, cells_wide(column.caption) * 0.6 + 4.5, 8), _WIDEST), 2)

    def _moved(self, area: str) -> str:
        return re.sub(r"\d+", lambda row: str(int(row[0]) + self.last + 1), area)


def _height(row: Row, wrapped: Sequence[tuple[int, float]]) -> float | None:
    """Rows with wrapped text get the height that it takes: not every reader works it out by itself."""
    if not wrapped:
        return None
    texts = ((row[place], width) for place, width in wrapped)
    lines = max(lines_high(str(value.value if isinstance(value, Shown) else value or ""), width) for value, width in texts)
    return None if lines == 1 else room(lines, ROW_HEIGHT)


def _widest(column: Column, values: Iterable[Any]) -> int:
    """How wide the widest value is. Of many texts only the longest are looked at closely."""
    texts: list[str] = []
    shown: set[str] = set()
    numbers: list[int | Decimal] = []
    for value in values:
        kind = type(value)
        if kind is str:
            shown.add(value)
        elif kind is int or kind is Decimal:
            numbers.append(value)
        elif isinstance(value, Shown):
            texts.append(_as_shown(value.look, value.value))
        elif value is not None:
            texts.append(_as_shown(column.look, value))
    texts += heapq.nlargest(_SAMPLE, shown, key=len)
    if numbers:
        texts += [_as_shown(column.look, extreme) for extreme in (max(numbers), min(numbers))]
    return max(map(cells_wide, texts), default=0)


def _as_shown(look: Look, value: Any) -> str:
    if isinstance(value, (int, float, Decimal)):
        if look.number_format.endswith(RATE):
            return f"{value:,.2%}"
        return f"{value:,.4f}" if "." in look.number_format else f"{value:,}" if WON in look.number_format else str(value)
    return str(value)


def _distinct(columns: Sequence[Column]) -> tuple[str, ...]:
    """Captions as a table takes them: one line each, none blank, none twice (in any case). Those that users named come last."""
    taken: set[str] = set()
    made: dict[int, str] = {}
    for place, column in sorted(enumerate(columns, 1), key=lambda each: each[1].named):
        plain = " ".join(text(column.caption).split())[:200] or f"#{place}"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain} ({number})"
        taken.add(name.casefold())
        made[place] = name
    return tuple(made[place] for place in sorted(made))
