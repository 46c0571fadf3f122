"""The workbook KISBalance.xlsm, made from sources: sheets here, VBA as text elsewhere.

    edition   what is built: language, legacy, personal; sheets, names, macros
    book      XlsxWriter behind a small face          styles    colours and styles
    headline  the state of the figures in words       page      what sheets with tables share
    start, dashboard, tables, history, settings       the sheets
    conf, help  the hidden sheets                     ribbon    the tab KIS
    package   the file around them, the same bytes each time

What a workbook shows when it opens: Excel keeps the values that it saved last, and this file has none of an account. It is
marked to be calculated when it is opened (XlsxWriter's fullCalcOnLoad, and an old calcId), since otherwise the first
opening would show nothing until somebody presses Refresh. That costs no waiting: the functions answer from the newest
snapshot on the disk. Excel drops the mark when it saves the file; from then on the saved values stand there at once,
yesterday's figures with yesterday's time. Where macros are blocked or Python is missing, a calculation turns the tables into
#NAME? or #N/A. The dashboard then shows dashes and says in words why; Protected View calculates nothing and shows
the cached sentence that says which buttons to press.
"""

from __future__ import annotations

from collections.abc import Sequence

from kis_xl.excel.ovba import Module, vba_project
from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.conf import write_conf
from kis_xl.excel.workbook.dashboard import write_dashboard
from kis_xl.excel.workbook.edition import Edition
from kis_xl.excel.workbook.help import FunctionHelp, write_help
from kis_xl.excel.workbook.history import write_history
from kis_xl.excel.workbook.package import finished
from kis_xl.excel.workbook.settings import write_settings
from kis_xl.excel.workbook.start import write_start
from kis_xl.excel.workbook.tables import write_account, write_changes, write_holdings

__all__ = ["Book", "Edition", "FunctionHelp", "build", "write_sheets"]


def build(edition: Edition, vba: Sequence[Module], help_rows: Sequence[FunctionHelp]) -> bytes:
    """The .xlsm of an edition: the same arguments give the same bytes, on every system.

    `vba` must have a document module for the workbook and for each sheet, under their code names (`edition`). Raises
    ConfigError for an interpreter that xlwings could not start, ValueError for a help text that Excel would refuse.
    """
    book = Book(edition)
    write_sheets(book, help_rows)
    return finished(book.finish(vba_project(vba)), edition.language)


def write_sheets(book: Book, help_rows: Sequence[FunctionHelp]) -> None:
    """Fill all sheets."""
    write_start(book)
    write_dashboard(book)
    write_holdings(book)
    write_account(book)
    write_changes(book)
    write_history(book)
    write_settings(book)
    write_help(book, help_rows)
    write_conf(book)
