"""From sheets to an .xlsx file. openpyxl makes everything but the rows (see `rows`); these go straight into the archive.

The same sheets and the same time give the same bytes: nothing in the file depends on the clock, the machine or chance. (How
zlib packs them is zlib's own; another version of it may pack the same contents otherwise.)
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.formatting.rule import DataBarRule, Rule
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.dimensions import SheetDimension
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_WORKBOOK_RELS, REL_NS
from openpyxl.xml.functions import Element, SubElement

from kis_xl import __version__
from kis_xl.cells import text
from kis_xl.report.look import BAR, Styles
from kis_xl.report.sheet import ROW_HEIGHT, Sheet, TableArea
from kis_xl.report.texts import Texts, encoded

_STYLE: Final = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
_NO_ROWS: Final = re.compile(rb"<sheetData\s*/>|<sheetData>\s*</sheetData>")
_PIECE: Final = 1 << 16
_A4: Final = 9
_TEXTS_TOO: Final = f'<Relationship Id="texts" Type="{REL_NS}/sharedStrings" Target="{Texts.path}"/>'.encode()
Draw = Callable[[Styles], Iterator[str]]


def write_book(sheets: list[Sheet], title: str, as_of: datetime, language: str) -> bytes:
    """`sheets` as a workbook's bytes; `as_of` (aware) is the time that the file bears."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _describe(book, title, as_of, language)
    draws = {}
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        _lay_out(page, sheet)
        _set_up_print(page, sheet)
        for name, place in sheet.names.items():
            book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!{place}")
        draws[sheet.title] = sheet
    whole = io.BytesIO()
    with _Archive(whole, as_of) as archive:
        _Writer(book, archive, draws).write_data()
    return whole.getvalue()


def _describe(book: Workbook, title: str, as_of: datetime, language: str) -> None:
    properties = book.properties
    properties.title = text(title)
    properties.creator = properties.lastModifiedBy = f"kis_xl {__version__}"
    properties.language = language
    properties.created = properties.modified = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    # there are no formulas: without this Excel would calculate, and ask on closing whether to save that
    book.calculation = CalcProperties(fullCalcOnLoad=False)


def _lay_out(page: Any, sheet: Sheet) -> None:
    for number, width in enumerate(sheet.widths, 1):
        page.column_dimensions[get_column_letter(number)].width = width
    page.sheet_format.defaultRowHeight = ROW_HEIGHT
    page.sheet_format.customHeight = True
    page.freeze_panes = sheet.freeze or None
    page.sheet_view.showGridLines = sheet.grid
    page.sheet_view.tabSelected = page.parent.index(page) == 0
    for area in sheet.merged:
        page.merged_cells.add(area)
    for table in sheet.tables:
        page.tables.add(_table(table))  # not add_table(), which would read the captions from cells
    for area in sheet.bars:
        # from nought, so that a bar's length says how large a part a holding is
        page.conditional_formatting.add(area, _bar())
    for chart in sheet.charts:
        page.add_chart(chart)


def _bar() -> Rule:
    rule: Rule = DataBarRule(start_type="num", start_value=0, end_type="max", color=BAR, minLength=0, maxLength=100)  # type: ignore[no-untyped-call]
    return rule


def _table(area: TableArea) -> Table:
    table = Table(displayName=area.name, ref=area.area, tableStyleInfo=_STYLE, autoFilter=AutoFilter(ref=area.area))
    table.tableColumns = [TableColumn(id=number, name=encoded(caption)) for number, caption in enumerate(area.captions, 1)]
    return table


def _set_up_print(page: Any, sheet: Sheet) -> None:
    page.page_setup.orientation = "landscape" if sheet.landscape else "portrait"
    page.page_setup.paperSize = _A4
    page.page_setup.fitToWidth = sheet.pages_wide
    page.page_setup.fitToHeight = sheet.pages_high
    page.page_setup.pageOrder = "overThenDown"
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_options.horizontalCentered = not sheet.landscape
    page.print_title_rows = sheet.title_rows or None
    page.print_title_cols = sheet.title_columns or None
    page.print_area = sheet.print_area or None
    page.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.8, header=0.3, footer=0.35)
    page.oddFooter.center.text = f"{sheet.title}  {sheet.footer}  &P / &N"


class _SheetWriter(WorksheetWriter):
    """Everything of a sheet but its rows, in memory."""

    def __init__(self, page: Any, sheet: Sheet) -> None:
        self.made = io.BytesIO()
        super().__init__(page, self.made)
        self._sheet = sheet

    def write_dimensions(self) -> None:
        self.xf.send(SheetDimension(f"A1:{self._sheet.last}").to_tree())

    def write_rows(self) -> None:
        self.xf.send(Element("sheetData"))

    def write_drawings(self) -> None:
        """Before the drawings, where the order of the file's elements has it: codes are texts on purpose."""
        if self._sheet.codes:
            ignored = Element("ignoredErrors")
            SubElement(ignored, "ignoredError", {"sqref": " ".join(self._sheet.codes), "numberStoredAsText": "1"})
            self.xf.send(ignored)
        super().write_drawings()


class _Writer(ExcelWriter):
    """openpyxl's writer of files, with our rows in the sheets."""

    def __init__(self, book: Workbook, archive: _Archive, sheets: dict[str, Sheet]) -> None:
        super().__init__(book, archive)
        self._file = archive
        self._sheets = sheets
        self._texts = Texts()

    def write_data(self) -> None:
        """openpyxl's parts, and the table of texts, which it no longer has: it writes texts into the cells."""
        self.manifest.append(self._texts)
        super().write_data()
        self._write_part(self._texts.path, _pieces(self._texts.xml()))

    def _write_part(self, path: str, pieces: Iterable[bytes]) -> None:
        with self._file.open(self._file.entry(path[1:]), "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)

    def write_worksheet(self, ws: Any) -> None:
        """The sheet `ws`: what stands before its rows, the rows one after another, what stands after them."""
        sheet = self._sheets[ws.title]
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts = ws._charts
        writer = _SheetWriter(ws, sheet)
        writer.write()
        ws._rels = writer._rels  # type: ignore[attr-defined]
        before, after = _NO_ROWS.split(writer.made.getvalue())
        rows = _pieces(sheet.draw(Styles(ws, self._texts)))
        self._write_part(ws.path, chain([before, b"<sheetData>"], rows, [b"</sheetData>", after]))
        self.manifest.append(ws)


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """Rows in pieces of some size: the archive is slow at many small ones."""
    kept: list[str] = []
    size = 0
    for line in lines:
        kept.append(line)
        size += len(line)
        if size > _PIECE:
            yield "".join(kept).encode()
            kept, size = [], 0
    yield "".join(kept).encode()


class _Archive(zipfile.ZipFile):
    """A zip file whose entries bear one time and nothing of the machine."""

    def __init__(self, file: io.BytesIO, as_of: datetime) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED)
        self._time = as_of.timetuple()[:6]

    def entry(self, name: str) -> zipfile.ZipInfo:
        """What the archive says of the entry `name`."""
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 0
        return info

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """See `zipfile`; openpyxl gives names. To the parts that belong to the workbook the table of texts is added."""
        if zinfo_or_arcname == ARC_WORKBOOK_RELS:
            data = data.replace(b"</Relationships>", _TEXTS_TOO + b"</Relationships>")
        super().writestr(self.entry(zinfo_or_arcname), data)
