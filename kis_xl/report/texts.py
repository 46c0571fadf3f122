"""The texts of a workbook, each once; cells hold their numbers.

Texts could also stand in the cells themselves, which is less work. But some readers, among them previewers of phones, show
such cells as blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from kis_xl.cells import text

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: Excel reads `_x0041_` in a text as A.
_LOOKS_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NEEDS_CARE: Final = re.compile(r"[&<>\r\n\t_]|^\s|\s$|  ")


def encoded(value: str) -> str:
    """A text as the file holds it: without what would make it unreadable or what Excel would decode."""
    return _LOOKS_ESCAPED.sub("_x005F_", text(value))


class Texts:
    """The texts in the order in which they were first asked for."""

    #: Where they stand in the file, and what they are.
    path = "/xl/sharedStrings.xml"
    mime_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._uses = 0

    def number(self, value: str) -> int:
        """The number of a text, which a cell holds in its place."""
        self._uses += 1
        return self._numbers.setdefault(value, len(self._numbers))

    def xml(self) -> Iterator[str]:
        """The part of the file that holds them, piece by piece."""
        yield f'{_HEAD}<sst xmlns="{_SPACE}" count="{self._uses}" uniqueCount="{len(self._numbers)}">'
        yield from map(_item, self._numbers)
        yield "</sst>"


def _item(value: str) -> str:
    value = text(value)
    if not _NEEDS_CARE.search(value):
        return f"<si><t>{value}</t></si>"
    kept = escape(encoded(value), {"\r": "&#13;"})
    return f'<si><t xml:space="preserve">{kept}</t></si>'
