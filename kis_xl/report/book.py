"""From sheets to an .xlsx file, row by row: a row is on its way to the file before the next one is made."""

from __future__ import annotations

import io
import math
import unicodedata
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell as XlsxCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import CellIsRule, FormulaRule, Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from kis_xl.cells import Cell, text
from kis_xl.report.sheets import Column, Sheet

# the Korean convention: gains are red, losses blue
_GAIN: Final = Font(color="C0282D")
_LOSS: Final = Font(color="1F5FBF")
_FONT: Final = Font(name="Malgun Gothic", size=10)
_HEADER_FONT: Final = Font(name="Malgun Gothic", size=10, bold=True, color="FFFFFF")
_ALARM: Final = Font(color="C0282D", bold=True)
_HEADER_FILL: Final = PatternFill("solid", fgColor="1F3A5F")
_STYLE: Final = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
_SAMPLE: Final = 300
_WIDEST: Final = 44


def write_book(sheets: list[Sheet], title: str) -> bytes:
    """`sheets` as a workbook's bytes. Raises OSError when the system's folder for temporary files is full."""
    book = Workbook(write_only=True)
    book.properties.title = text(title)
    book.properties.creator = "kis_xl"
    # there are no formulas: without this Excel would calculate, and ask on closing whether to save that
    book.calculation = CalcProperties(fullCalcOnLoad=False)
    whole = io.BytesIO()
    try:
        for sheet in sheets:
            _write_sheet(book, sheet)
        for page in book.worksheets:
            page.close()
        book.save(whole)
    except BaseException:
        for page in book.worksheets:  # left open they are noisy when they are collected
            with suppress(Exception):
                page.close()
        raise
    return whole.getvalue()


def _write_sheet(book: Workbook, sheet: Sheet) -> None:
    page: Any = book.create_sheet(sheet.title)  # openpyxl's stubs do not tell a write-only sheet from others
    rows = iter(sheet.rows)
    sample = list(islice(rows, _SAMPLE))  # widths must be known before the first row is written
    for number, column in enumerate(sheet.columns):
        page.column_dimensions[get_column_letter(number + 1)].width = _width(column, number, sample)
    page.freeze_panes = "C2" if len(sheet.columns) > 10 else "A2"
    page.row_dimensions[1].height = 30
    _set_up_print(page, sheet)

    page.append([_header(page, column) for column in sheet.columns])
    writer = _RowWriter(page, sheet)
    for row in chain(sample, rows):
        writer.write(row)

    last = max(sheet.count, 1) + 1  # a table has at least one row, if only a blank one
    _add_table(page, sheet, last)
    for number, column in enumerate(sheet.columns, 1):
        if column.signed:
            area = f"{get_column_letter(number)}2:{get_column_letter(number)}{last}"
            page.conditional_formatting.add(area, _rule("greaterThan", _GAIN))
            page.conditional_formatting.add(area, _rule("lessThan", _LOSS))
    if sheet.alarm:
        length = len(sheet.alarm)
        page.conditional_formatting.add(f"A2:B{last}", _alarm(f'LEFT($B2,{length})="{sheet.alarm}"'))
    for name, row_number, column_number in sheet.names:
        place = f"'{sheet.title}'!${get_column_letter(column_number + 1)}${row_number + 2}"
        book.defined_names[name] = DefinedName(name, attr_text=place)


def _rule(operator: str, font: Font) -> Rule:
    rule: Rule = CellIsRule(operator=operator, formula=["0"], font=font)  # type: ignore[no-untyped-call]
    return rule


def _alarm(formula: str) -> Rule:
    rule: Rule = FormulaRule(formula=[formula], font=_ALARM)  # type: ignore[no-untyped-call]
    return rule


class _RowWriter:
    """Writes rows. A cell is written at once and its style never changes, so one row of cells serves for all rows.

    A cell with another format is another cell: openpyxl keeps a reference to a style, and would see it change.
    """

    def __init__(self, page: Any, sheet: Sheet) -> None:
        self._page = page
        self._cells = [_plain(page, column, column.number_format) for column in sheet.columns]
        self._wrapped = [(number, column.width or _WIDEST) for number, column in enumerate(sheet.columns) if column.wrap]
        self._number = 1
        self._formats = iter(sheet.formats)
        self._values = {number_format: _plain(page, sheet.columns[1], number_format) for number_format in sheet.formats}

    def write(self, row: tuple[Cell, ...]) -> None:
        """Append `row`."""
        cells = self._cells
        if self._values:  # the second column holds values of several kinds
            cells[1] = self._values[next(self._formats)]
        for place, value in zip(cells, row, strict=True):
            place.value = value
            if isinstance(value, str):
                place.data_type = "s"  # whatever it begins with: a text from outside never becomes a formula or an error
        self._make_room(row)
        self._page.append(cells)

    def _make_room(self, row: tuple[Cell, ...]) -> None:
        """Rows with wrapped text get the height that it takes: not every reader works it out by itself."""
        self._number += 1
        lines = max((math.ceil(_cells_wide(str(row[number])) / (width - 2)) for number, width in self._wrapped), default=1)
        if lines > 1:
            self._page.row_dimensions[self._number].height = 15 * lines


def _header(page: Any, column: Column) -> XlsxCell:
    header: XlsxCell = WriteOnlyCell(page, column.caption)
    header.data_type = "s"
    header.font = _HEADER_FONT
    header.fill = _HEADER_FILL
    header.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    return header


def _plain(page: Any, column: Column, number_format: str) -> XlsxCell:
    place: XlsxCell = WriteOnlyCell(page)
    place.font = _FONT
    place.number_format = number_format
    left = column.align == "left" or number_format == "@"
    # a text beside a number would touch it without the indent
    place.alignment = Alignment(vertical="center", wrap_text=column.wrap, horizontal="left" if left else None, indent=1 if left else 0)
    return place


def _add_table(page: Any, sheet: Sheet, last: int) -> None:
    area = f"A1:{get_column_letter(len(sheet.columns))}{last}"
    table = Table(displayName=sheet.table, ref=area, tableStyleInfo=_STYLE, autoFilter=AutoFilter(ref=area))
    # a sheet that is written row by row cannot read its header back, so the table is told
    table.tableColumns = [TableColumn(id=number, name=column.caption) for number, column in enumerate(sheet.columns, 1)]
    page.tables.add(table)  # not add_table(), which warns that the columns must be added by hand: they are


def _set_up_print(page: Any, sheet: Sheet) -> None:
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    page.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.8, header=0.3, footer=0.35)
    page.oddFooter.center.text = f"{sheet.title}  {sheet.footer}  &P / &N"


def _width(column: Column, number: int, sample: list[tuple[Cell, ...]]) -> float:
    if column.width is not None:
        return column.width
    # a header may break into two lines, and its filter button takes room
    widest = max((_cells_wide(_as_shown(column, row[number])) for row in sample), default=0)
    return min(max(widest + 2.5, _cells_wide(column.caption) * 0.6 + 4.5, 8), _WIDEST)


def _as_shown(column: Column, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if column.number_format.endswith("%"):
        return f"{value:.2%}"
    if column.number_format.startswith("#,##0"):
        return f"{value:,.4f}" if "." in column.number_format else f"{value:,}"
    return str(value)


def _cells_wide(shown: str) -> int:
    """Hangul and other East Asian characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in shown)
