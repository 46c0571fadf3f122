"""What the parts of the overview share: where they are, and how their lines look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kis_xl.cells import Cell, text
from kis_xl.changes import Change
from kis_xl.fields import Holding
from kis_xl.language import cells_wide
from kis_xl.report.look import DOWN, HAIR, MUTED, NAVY, NOTE, UP, Look
from kis_xl.report.rows import Canvas
from kis_xl.report.sheet import broken, shortened

#: The columns of the left half and of the right: a mark, a name, three figures.
LEFT: Final = (2, 3, 4, 5, 6)
RIGHT: Final = (8, 9, 10, 11, 12)
SECTION: Final = Look(size=11, bold=True, color=NAVY, align="left", line=("bottom",), line_color=NAVY)
HEAD: Final = Look(size=9, color=MUTED, align="right", shrink=True, line=("bottom",))
ROW: Final = Look(line=("bottom",), line_color=HAIR)
_NAME_WIDTH: Final = 25
_ACCOUNT_WIDTH: Final = 9
_NOTE_WIDTH: Final = 72


@dataclass(frozen=True)
class Place:
    """Where a panel begins: the sheet's title and a row."""

    sheet: str
    row: int


@dataclass(frozen=True)
class Panel:
    """Where a panel has ended, and its charts."""

    row: int
    charts: list[Any] = field(default_factory=list)


def section(canvas: Canvas, row: int, caption: str, columns: Sequence[int] = (*LEFT, *RIGHT)) -> None:
    """The caption of a part, underlined."""
    canvas.put(row, columns[0], text(caption), SECTION, to=columns[-1])
    canvas.height(row, 21)


def captions(canvas: Canvas, row: int, columns: Sequence[int], said: Sequence[str]) -> None:
    """The captions of the columns; the first is the name's."""
    canvas.put(row, columns[0], said[0], replace(HEAD, align="left"), to=columns[1])
    for column, caption in zip(columns[2:], said[1:], strict=True):
        canvas.put(row, column, caption, HEAD)


def line(canvas: Canvas, row: int, columns: Sequence[int], mark: tuple[str, str], values: Sequence[tuple[Cell, Look]]) -> None:
    """A mark in its colour, a name, and figures."""
    canvas.put(row, columns[0], mark[0] or None, replace(ROW, color=mark[1], align="center"))
    for column, (value, look) in zip(columns[1:], values, strict=True):
        canvas.put(row, column, value, look)


def name(row: Holding | Change, whose: str = "") -> str:
    """A stock's name as far as there is room for it, its code where it has none; with the account's name, if that is given."""
    account = f" · {shortened(whose, _ACCOUNT_WIDTH)}" if whose else ""
    return text(shortened(row.prdt_name or row.pdno, _NAME_WIDTH - cells_wide(account)) + account)


def figure(number_format: str, value: Cell = None) -> Look:
    """A number to the right; with a `value` in the colour of its sign."""
    look = Look(number_format, align="right", shrink=True, line=("bottom",), line_color=HAIR)
    return look.signed(value)


def as_name() -> Look:
    """A name to the left."""
    return Look(align="left", line=("bottom",), line_color=HAIR)


def nothing(canvas: Canvas, row: int, columns: Sequence[int], told: str) -> None:
    """A note in place of rows."""
    canvas.put(row, columns[0], told, NOTE, to=columns[-1])


def arrow(value: Any) -> tuple[str, str]:
    """The mark of a gain or a loss, and its colour."""
    return ("▲", UP) if value and value > 0 else ("▼", DOWN) if value and value < 0 else ("", "")


def lines(canvas: Canvas, row: int, told: str) -> int:
    """A note on the right side, on as many rows as it takes; the row after it."""
    for line in broken(text(told), _NOTE_WIDTH):
        canvas.put(row, RIGHT[0], line, NOTE, to=RIGHT[-1])
        row += 1
    return row
