"""What the sheets with tables have in common: title, line, buttons, print set-up, and how a growing table looks."""

from __future__ import annotations

from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Macro, Name, Page
from kis_xl.excel.workbook.headline import UNCOMPUTED
from kis_xl.excel.workbook.styles import ALARM_INK, DOWN, HEADER_FILL, ROW, SPAN, TITLE, UNDER_TITLE, UP


def write_title(book: Book, page: Page) -> None:
    """The sheet's title in row 1, and below it whose figures these are and as of when, or what is wrong."""
    sheet = book.sheet(page)
    sheet.set_row(0, 33)
    sheet.write_string("A1", book.say(page.title), book.style(TITLE))
    sheet.write_formula("A2", f"={Name.LINE.value}", book.style(UNDER_TITLE), book.say(UNCOMPUTED))
    # by name: a conditional format may not refer to another sheet
    failed = {"type": "formula", "criteria": f"={Name.LEVEL.value}=2", "format": book.rule(font_color=ALARM_INK, bold=True)}
    sheet.conditional_format("A2", failed)


def write_buttons(book: Book, page: Page, cell: str, *macros: Macro) -> None:
    """Buttons side by side, the first one's corner in `cell`."""
    for place, macro in enumerate(macros):
        book.button(page, cell, macro, width=126, x=136 * place, y=7)


def set_up_print(book: Book, page: Page, *, header_row: int | None = None, portrait: bool = False) -> None:
    """A4, landscape, one page wide, with the table's header on each page."""
    sheet = book.sheet(page)
    if not portrait:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.7)
    sheet.set_footer(f"&L{book.say(page.title)}&C&P / &N&R&D &T")
    if header_row is not None:
        sheet.repeat_rows(header_row - 1)


def dress(book: Book, page: Page, columns: str, header_row: int) -> None:
    """Header and lines of a table whose size is known only when its function has answered.

    `columns` is its first and last column (`A:Z`). The styles go where something stands. An error, or a sentence in place of a
    table, stands in the first cell alone and is not dressed up as a caption.
    """
    sheet = book.sheet(page)
    first, last = columns.split(":")
    is_table = f"LEN(${chr(ord(first) + 1)}${header_row})>0"
    header = {"type": "formula", "criteria": f"=AND(LEN({first}{header_row})>0,{is_table})", "format": book.rule(HEADER_FILL)}
    sheet.conditional_format(f"{first}{header_row}:{last}{header_row}", header)
    lines = {"type": "formula", "criteria": f"=LEN(${first}{header_row + 1})>0", "format": book.rule(ROW)}
    sheet.conditional_format(f"{first}{header_row + 1}:{last}{header_row + SPAN}", lines)


def colour_signs(book: Book, page: Page, area: str, *, lined: bool = False) -> None:
    """Red above zero, blue below: numbers only, since a text counts as more than any number.

    `lined` where `dress` draws lines: not every spreadsheet applies two conditional formats to one cell.
    """
    corner = area.split(":", maxsplit=1)[0]
    for sign, colour in ((">", UP), ("<", DOWN)):
        look = book.rule(ROW if lined else {}, font_color=colour)
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({corner}),{corner}{sign}0)", "format": look}
        book.sheet(page).conditional_format(area, rule)
