"""A workbook in the making: XlsxWriter behind a small face that knows edition, styles and tables of functions."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell  # type: ignore[import-untyped]

from kis_xl import __version__
from kis_xl.excel.facts import WorkbookFacts
from kis_xl.excel.workbook.edition import WORKBOOK_CODE_NAME, Edition, Macro, Name, Page
from kis_xl.excel.workbook.styles import FONT, HIDDEN_FONT, INK, Look
from kis_xl.language import Text

# XlsxWriter ships no types
Sheet: TypeAlias = Any
Style: TypeAlias = Any
Chart: TypeAlias = Any

#: The look of a cell of a table, by row and column counted from the table's first cell.
Looks: TypeAlias = Callable[[int, int], Look]

#: The workbook's date is fixed: the same sources must give the same bytes.
CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 (the properties of a file know no zone)
_ROW_HEIGHT = 18
_BUTTON_HEIGHT = 28


class Book:
    """The workbook of one edition: all its sheets, empty at first."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self._whole = io.BytesIO()
        # in memory: temporary files would have the system's line ends
        self._file: Any = xlsxwriter.Workbook(self._whole, {"in_memory": True, "default_format_properties": dict(FONT)})
        self._file.set_properties({"title": "KIS Balance", "author": "kis_xl", "created": CREATED})
        for name, value in _facts(edition).properties().items():
            self._file.set_custom_property(name, value, "text")
        self._file.set_vba_name(WORKBOOK_CODE_NAME)
        self._file.set_size(1680, 1050)
        self._styles: dict[tuple[tuple[str, Any], ...], Style] = {}
        self._rules: dict[tuple[tuple[str, Any], ...], Style] = {}
        self._sheets = {page: self._add(page) for page in Page}
        #: Sheet and first cell (`보유종목!A5`) of each table written so far, and the formula that fills it.
        self.tables: list[tuple[str, str]] = []

    def _add(self, page: Page) -> Sheet:
        sheet: Sheet = self._file.add_worksheet(self.say(page.title))
        sheet.set_vba_name(page.code_name)
        sheet.set_default_row(_ROW_HEIGHT)
        sheet.hide_gridlines(2)
        return sheet

    def sheet(self, page: Page) -> Sheet:
        """The sheet of `page`."""
        return self._sheets[page]

    def say(self, text: Text) -> str:
        """`text` in the workbook's language."""
        return text.in_(self.edition.language)

    def at(self, page: Page, cells: str) -> str:
        """A reference to `cells` (`$A$1`) of a page from any sheet."""
        return page.at(cells, self.edition.language)

    def style(self, *looks: Look, **more: Any) -> Style:
        """The style of a cell; later looks replace what earlier ones say."""
        return self._cached(self._styles, {"font_color": INK, "valign": "vcenter"}, *looks, more)

    def rule(self, *looks: Look, **more: Any) -> Style:
        """The style of a conditional format, which says only what it changes."""
        return self._cached(self._rules, {}, *looks, more)

    def _cached(self, known: dict[tuple[tuple[str, Any], ...], Style], *looks: Look) -> Style:
        merged = {key: value for look in looks for key, value in look.items()}
        key = tuple(sorted(merged.items()))
        if key not in known:
            known[key] = self._file.add_format(merged)
        return known[key]

    def name(self, name: Name, page: Page, cell: str) -> None:
        """Define a workbook-wide name for one cell (`$C$6`)."""
        self._file.define_name(name.value, f"={self.at(page, cell)}")

    def chart(self, kind: str, **options: Any) -> Chart:
        """A new chart, not yet on a sheet."""
        return self._file.add_chart({"type": kind, **options})

    def button(self, page: Page, cell: str, macro: Macro, *, width: int = 112, x: int = 0, y: int = 0) -> None:
        """A button that runs `macro`, its corner in `cell`; `x` and `y` shift it by pixels."""
        options = {"macro": macro.macro, "caption": self.say(macro.caption), "width": width, "height": _BUTTON_HEIGHT}
        self.sheet(page).insert_button(cell, {**options, "x_offset": x, "y_offset": y})

    def table(self, page: Page, area: str, formula: str, looks: Looks, *, painted: int | None = None) -> None:
        """A formula that gives a table, in the first cell of `area`; `area` is what the legacy edition gives it room for.

        A result carries no style, so the cells get theirs beforehand: the first `painted` rows (by default all), where
        the columns have none that fits. No value is cached, not even 0: what has not been computed must not look computed.
        """
        sheet = self.sheet(page)
        self.tables.append((f"{self.say(page.title)}!{area}", formula))
        first, last = ((*xl_cell_to_rowcol(corner),) for corner in area.split(":"))
        rows, columns = last[0] - first[0] + 1, last[1] - first[1] + 1
        style = self.style(looks(0, 0))
        if self.edition.legacy:
            sheet.write_array_formula(*first, *last, formula, style, "")
        else:
            sheet.write_dynamic_array_formula(*first, *first, formula, style, "")
        # XlsxWriter fills an array formula's range with zeros, so there every cell has to be written
        shown = rows if self.edition.legacy or painted is None else painted
        for row in range(shown):
            for column in range(columns):
                if (row, column) != (0, 0):
                    sheet.write_blank(first[0] + row, first[1] + column, None, self.style(looks(row, column)))
        if self.edition.legacy:
            self._hide_surplus(sheet, first, last)

    def _hide_surplus(self, sheet: Sheet, first: tuple[int, ...], last: tuple[int, ...]) -> None:
        """An array formula fills what its result leaves of the range with #N/A: hidden, but for the first cell."""
        corner = xl_rowcol_to_cell(*first)
        sheet.conditional_format(
            *first,
            *last,
            {
                "type": "formula",
                "criteria": f"=AND(ISERROR({corner}),ROW({corner})+COLUMN({corner})>{first[0] + first[1] + 2})",
                "format": self.rule(HIDDEN_FONT),
            },
        )

    def finish(self, vba_project: bytes) -> bytes:
        """The .xlsm as XlsxWriter writes it, with the VBA project in it."""
        self._file.add_vba_project(io.BytesIO(vba_project), is_stream=True)
        self._file.close()
        return self._whole.getvalue()


def _facts(edition: Edition) -> WorkbookFacts:
    return WorkbookFacts(__version__, edition.language, edition.personal, edition.legacy, edition.interpreter, edition.xlwings)
