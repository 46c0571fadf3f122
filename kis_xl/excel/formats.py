"""Number formats for tables that functions return: a spilled result carries none.

Text gets no format: a formula in a cell that is formatted as text would turn into text when it is edited. Gains are
red and losses blue, as Korean screens show them. Each format is written in a way of our own (its negative part is
spelled out), so that a refresh knows a format that it gave from one that the user, or a sheet's design, chose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kis_xl.changes import TABLE_FIELDS
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind
from kis_xl.language import Text

MOMENT: Final = "yyyy-mm-dd hh:mm:ss;@"
DAY: Final = "yyyy-mm-dd;@"
_COUNT: Final = "#,##0;-#,##0"
_TEXT: Final = "@"
#: What a column is of: the day of KIS_CHANGES, the account of KIS_HISTORY.
_WHOSE: Final = re.compile(r" \(.*\)$")
_OTHERS: Final[tuple[tuple[Text, str], ...]] = (
    (Text("일자", "Date"), DAY),
    (Text("조회 시각", "As of"), MOMENT),
    (Text("마지막 시도", "Last attempt"), MOMENT),
    (Text("경과(분)", "Age (minutes)"), _COUNT),
    (Text("보유 행", "Rows"), _COUNT),
    (Text("페이지", "Pages"), _COUNT),
)


def number_format(field: Field) -> str:
    """The format for the cells of `field`, "" for text."""
    plain = field.kind.number_format
    if plain == _TEXT:
        return ""
    if field.kind is Kind.DATE:
        return DAY
    return f"[Red]{plain};[Blue]-{plain};{plain}" if field.signed else f"{plain};-{plain}"


def for_caption(caption: str) -> str:
    """The format for what stands under or beside a caption or API key; "" where there is none."""
    return _FORMATS.get(_folded(caption)) or _FORMATS.get(_folded(_WHOSE.sub("", caption)), "")


def all_formats() -> list[str]:
    """Every format that is given to a cell."""
    return sorted({wanted for wanted in _FORMATS.values() if wanted})


def _folded(caption: str) -> str:
    return "".join(caption.split()).casefold()


def _all() -> Iterator[tuple[str, str]]:
    for field in (*TABLE_FIELDS, *SUMMARY_FIELDS, *HOLDING_FIELDS):
        for name in (field.key, field.ko, field.en):
            yield _folded(name), number_format(field)
    for caption, wanted in _OTHERS:
        for name in caption:
            yield _folded(name), wanted


_FORMATS: Final = dict(_all())
