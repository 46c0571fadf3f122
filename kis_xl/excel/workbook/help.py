"""The hidden sheet of texts: what Excel's function wizard shows, the macros' messages, and where the tables are.

VBA reads them there, since its source has to be ASCII. Rows whose key begins with `table.` tell the buttons of a Mac which
tables to write as values: once written, their formulas are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Page

#: The longest text that `Application.MacroOptions` takes.
LONGEST = 255
#: How the keys of the rows for tables begin: `table.보유종목!A5:Z305`.
TABLE_KEY = "table."


@dataclass(frozen=True)
class FunctionHelp:
    """One function: its name, what it does, and its arguments in order, each with its text. Or a macro's message by its key."""

    name: str
    description: str
    arguments: tuple[tuple[str, str], ...] = ()


def write_help(book: Book, rows: Sequence[FunctionHelp]) -> None:
    """One row a function: name, description, then the arguments' texts; then a row a table. No row and no text is blank.

    Call it when all tables are written. ValueError for a text that Excel would refuse, or that would end the reading.
    """
    sheet = book.sheet(Page.HELP)
    lines = [[row.name, row.description, *(text for _, text in row.arguments)] for row in rows]
    for name, *texts in lines:
        if not all(0 < len(text) <= LONGEST for text in texts):
            raise ValueError(f"a help text of {name} is blank or longer than {LONGEST}")
    lines += [[TABLE_KEY + place, formula] for place, formula in book.tables]
    for place, line in enumerate(lines):
        for column, text in enumerate(line):
            sheet.write_string(place, column, text)
    sheet.set_column("A:A", 24)
    sheet.set_column("B:H", 60)
    sheet.hide()
