"""On a Mac, formulas cannot call Python: the buttons write the same tables as values.

The workbook's hidden sheet names each table, where it stands and which function fills it. Each press of a button runs a
Python of its own (`RunPython`), so everything comes from the snapshot on disk, renewed where the button says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, Protocol

from kis_xl import udfs  # noqa: F401 (registers the functions: here is no other way in)
from kis_xl.excel import macros
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.values import MARK, Cell
from kis_xl.excel.workbook.help import TABLE_KEY

TITLE: Final = "KIS"
HELP_SHEET: Final = "_help"
_CALL: Final = re.compile(r"(KIS_[A-Z]+)\(([^()]*)\)")
_PARTS: Final = re.compile(r'\s*("(?:[^"]|"")*"|\{[^}]*\}|[^,"{]*)\s*(?:,|$)')


class Workbook(Protocol):
    """What is needed of a workbook; `_Xlwings` is the one on a Mac."""

    def setting(self, name: str) -> Any:
        """The value of the cell with a defined name, None where there is none."""

    def tables(self) -> Iterator[tuple[str, str, str]]:
        """Sheet, cells and formula of each table; the cells tell where it begins and how wide it is."""

    def write(self, sheet: str, cells: str, rows: list[list[Any]]) -> None:
        """Clear the columns of `cells` from its first row to the sheet's last used one, and write `rows` from its first cell."""

    def status(self, line: str) -> None:
        """Show a line in the status bar."""

    def tell(self, text: str) -> None:
        """Show a message."""


def refresh() -> None:
    """The refresh button: fetch, then write every table. Called by the workbook through RunPython."""
    refresh_in(_Xlwings())


def export() -> None:
    """The export button."""
    export_from(_Xlwings())


def check() -> None:
    """The button that checks the connection."""
    book = _Xlwings()
    answer = macros.check(book.setting("KisAccount"))
    book.tell(answer if isinstance(answer, str) else str(answer[0][0]).removeprefix(MARK).strip())


def refresh_in(book: Workbook) -> None:
    """Fetch and write every table of `book`. Where the fetch fails, the last figures are written, and the message says so."""
    macros.hello(book.setting("KisLanguage"))
    report = _watch(book, macros.start_refresh)
    for sheet, cells, formula in sorted(book.tables(), key=lambda table: "KIS_STATUS" in table[2]):  # it speaks for the others
        book.write(sheet, cells, [[as_value(value) for value in row] for row in evaluate(formula, book.setting)])
    book.status(report[1])
    if report[0] == "failed":
        book.tell(report[2])


def export_from(book: Workbook) -> None:
    """Write the report and say where it is."""
    macros.hello(book.setting("KisLanguage"))
    report = _watch(book, macros.start_export)
    book.status(report[1])
    book.tell(report[1] if report[0] == "done" else report[2])


def _watch(book: Workbook, start: Callable[..., Any]) -> list[str]:
    start(book.setting("KisAccount"), book.setting("KisOptions"))
    while True:
        (report,) = macros.poll()
        if report[0] != "running":
            return [str(part) for part in report]
        book.status(report[1])


def evaluate(formula: str, setting: Callable[[str], Any]) -> list[list[Cell]]:
    """What the function in a formula of ours returns. Its arguments are numbers, texts, array constants and defined names."""
    found = _CALL.search(formula)
    if found is None or found[1] not in FUNCTIONS:
        raise ValueError(f"no function of ours: {formula}")
    answer = FUNCTIONS[found[1]].call(*_arguments(found[2], setting))
    return answer if isinstance(answer, list) else [[answer]]


def _arguments(written: str, setting: Callable[[str], Any]) -> list[Any]:
    if not written.strip():
        return []
    parts, place = [], 0
    while place <= len(written):
        found = _PARTS.match(written, place)
        assert found is not None  # noqa: S101 (the pattern takes the empty text too)
        parts.append(_argument(found[1].strip(), setting))
        if found.end() == len(written) and not found[0].endswith(","):
            break
        place = found.end()
    return parts


def _argument(written: str, setting: Callable[[str], Any]) -> Any:
    if written.startswith('"'):
        return written[1:-1].replace('""', '"')
    if written.startswith("{"):
        return [part.strip().strip('"') for part in re.split("[,;]", written[1:-1])]
    if not written:
        return None
    try:
        return float(written)
    except ValueError:
        return setting(written)


def as_value(cell: Cell) -> Any:
    """A cell's value as it is typed in: text behind an apostrophe (005930 would become a number, =x a formula), errors as #N/A."""
    if isinstance(cell, str) and cell:
        return "=NA()" if cell.startswith(MARK) else f"'{cell}"
    return cell if isinstance(cell, (float, bool, datetime)) else None


class _Xlwings:
    """The workbook whose button was pressed, through xlwings."""

    def __init__(self) -> None:
        import xlwings  # noqa: PLC0415 (loads what talks to Excel)

        self._book: Any = xlwings.Book.caller()

    def setting(self, name: str) -> Any:
        names = {each.name: each for each in self._book.names}
        return names[name].refers_to_range.value if name in names else None

    def tables(self) -> Iterator[tuple[str, str, str]]:
        for key, text in self._book.sheets[HELP_SHEET].range("A1").expand("down").resize(column_size=2).value:
            if str(key).startswith(TABLE_KEY):
                sheet, _, cell = str(key).removeprefix(TABLE_KEY).rpartition("!")
                yield sheet, cell, text

    def write(self, sheet: str, cells: str, rows: list[list[Any]]) -> None:
        page = self._book.sheets[sheet]
        area = page.range(cells)
        last = max(area.last_cell.row, page.used_range.last_cell.row)
        area.resize(last - area.row + 1).clear_contents()
        # an older workbook's table may have fewer columns than the function has now: what stands beside it is the user's
        shown = [row[: area.columns.count] for row in rows]
        area[0, 0].resize(len(shown), len(shown[0])).value = shown

    def status(self, line: str) -> None:
        self._book.app.status_bar = line

    def tell(self, text: str) -> None:
        self._book.app.alert(text, TITLE)
