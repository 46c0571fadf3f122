"""From sheets to an .xlsx file, row by row: a row is on its way to the file before the next one is made."""

from __future__ import annotations

import unicodedata
from itertools import islice
from typing import Any, BinaryIO, Final

from openpyxl import Workbook
from openpyxl.cell import Cell as XlsxCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import CellIsRule, Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from kis_xl.cells import Cell
from kis_xl.report.sheets import Column, Sheet

# the Korean convention: gains are red, losses blue
_GAIN: Final = Font(color="C0282D")
_LOSS: Final = Font(color="1F5FBF")
_HEADER_FONT: Final = Font(bold=True, color="FFFFFF")
_HEADER_FILL: Final = PatternFill("solid", fgColor="1F3A5F")
_STYLE: Final = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
_SAMPLE: Final = 300
_WIDEST: Final = 44


def write_book(sheets: list[Sheet], title: str, file: BinaryIO) -> None:
    """Write `sheets` as a workbook to `file`."""
    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "kis_xl"
    for sheet in sheets:
        _write_sheet(book, sheet)
    book.save(file)


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
    templates = [_template(page, column) for column in sheet.columns]
    for number, row in enumerate(sample):
        _append(page, templates, row, sheet, number)
    for number, row in enumerate(rows, len(sample)):
        _append(page, templates, row, sheet, number)

    last = max(sheet.count, 1) + 1  # a table has at least one row, if only a blank one
    _add_table(page, sheet, last)
    for number, column in enumerate(sheet.columns, 1):
        if column.signed:
            area = f"{get_column_letter(number)}2:{get_column_letter(number)}{last}"
            page.conditional_formatting.add(area, _rule("greaterThan", _GAIN))
            page.conditional_formatting.add(area, _rule("lessThan", _LOSS))
    for name, row_number, column_number in sheet.names:
        place = f"'{sheet.title}'!${get_column_letter(column_number + 1)}${row_number + 2}"
        book.defined_names[name] = DefinedName(name, attr_text=place)


def _rule(operator: str, font: Font) -> Rule:
    rule: Rule = CellIsRule(operator=operator, formula=["0"], font=font)  # type: ignore[no-untyped-call]
    return rule


def _append(page: Any, templates: list[XlsxCell], row: tuple[Cell, ...], sheet: Sheet, number: int) -> None:
    """Append a row. The cells are written at once, so one row of them serves for all rows."""
    for template, value in zip(templates, row, strict=True):
        template.value = value
        if isinstance(value, str):
            template.data_type = "s"  # whatever it begins with: a text from outside never becomes a formula or an error
    if sheet.formats:
        # where rows differ in kind the value stands in the second column
        templates[1].number_format = sheet.formats[number]
    page.append(templates)


def _header(page: Any, column: Column) -> XlsxCell:
    header: XlsxCell = WriteOnlyCell(page, column.caption)
    header.data_type = "s"
    header.font = _HEADER_FONT
    header.fill = _HEADER_FILL
    header.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    return header


def _template(page: Any, column: Column) -> XlsxCell:
    template: XlsxCell = WriteOnlyCell(page)
    template.number_format = column.number_format
    template.alignment = Alignment(vertical="top", wrap_text=column.wrap)
    return template


def _add_table(page: Any, sheet: Sheet, last: int) -> None:
    area = f"A1:{get_column_letter(len(sheet.columns))}{last}"
    table = Table(displayName=sheet.table, ref=area, tableStyleInfo=_STYLE, autoFilter=AutoFilter(ref=area))
    # a sheet that is written row by row cannot read its header back, so the table is told
    table.tableColumns = [TableColumn(id=number, name=column.caption) for number, column in enumerate(sheet.columns, 1)]
    page.add_table(table)


def _set_up_print(page: Any, sheet: Sheet) -> None:
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9  # A4
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    page.oddFooter.center.text = f"{sheet.title}  &P / &N"


def _width(column: Column, number: int, sample: list[tuple[Cell, ...]]) -> float:
    if column.width is not None:
        return column.width
    # a header may break into two lines
    widest = max((_cells_wide(_as_shown(column, row[number])) for row in sample), default=0)
    return min(max(widest, _cells_wide(column.caption) * 0.6, 6) + 2.5, _WIDEST)


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


def _cells_wide(text: str) -> int:
    """Hangul and other East Asian characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
