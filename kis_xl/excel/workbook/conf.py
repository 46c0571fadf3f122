"""The sheet `xlwings.conf`: how xlwings finds Python and the functions."""

from __future__ import annotations

import re

from kis_xl.errors import ConfigError
from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Edition, Page
from kis_xl.language import Text

_MODULE = "kis_xl.udfs"
# xlwings hands every value to ExpandEnvironmentStrings (and cmd.exe looks again), which know no way to escape a percent sign
_VARIABLE = re.compile(r"%[^%\\/:=]+%")


def conf_rows(edition: Edition) -> list[tuple[str, str]]:
    """Keys and values. Values are text: VBA's own conversion of a true Boolean differs between languages of Excel.

    A personal copy also settles what the user's own xlwings.conf could otherwise say (a search path, a Conda
    environment, a debug server), so that it works the same whatever else uses xlwings on that machine. The workbook of
    the repository leaves them to the user. Raises ConfigError for an interpreter whose path xlwings would change.
    """
    rows = [("UDF MODULES", _MODULE), ("ADD_WORKBOOK_TO_PYTHONPATH", "False"), ("USE UDF SERVER", "True"), ("SHOW CONSOLE", "False")]
    if not edition.personal:
        return rows
    is_mac = edition.interpreter.startswith("/")
    if not is_mac and _VARIABLE.search(edition.interpreter):
        raise ConfigError(
            Text(
                f"경로의 % 때문에 xlwings가 Python을 찾지 못합니다: {edition.interpreter}",
                f"xlwings cannot find a Python whose path has a name between percent signs: {edition.interpreter}",
            ),
            Text("이름에 % 가 없는 폴더에 설치하세요.", "Install into a folder without percent signs in its name."),
        )
    own = [("INTERPRETER_MAC" if is_mac else "INTERPRETER_WIN", edition.interpreter), ("PYTHONPATH", "")]
    return [*own, *rows, ("CONDA PATH", ""), ("CONDA ENV", ""), ("DEBUG UDFS", "False")]


def write_conf(book: Book) -> None:
    """Keys in column A and values in B, from the first row and without a gap: xlwings reads up to the first blank key."""
    sheet = book.sheet(Page.CONF)
    for row, (key, value) in enumerate(conf_rows(book.edition)):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.set_column("A:A", 34)
    sheet.set_column("B:B", 90)
    sheet.hide()
