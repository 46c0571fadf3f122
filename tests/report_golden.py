"""The golden reports: every cell of a made-up account's report, in both languages. `python -m tests.report_golden` writes them anew.

Look at the difference before you commit it: whatever changed there, a user sees.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from kis_xl import __version__
from kis_xl.language import LANGUAGES, Language
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import DEMO_PAST
from tests.report_kit import BEYOND, balance, opened, past

FOLDER = Path(__file__).parent / "data"
KINDS = ("one", "together")


def golden(kind: str, language: Language) -> Path:
    """The file that holds a golden report."""
    return FOLDER / f"report_{kind}_{language}.json"


def made(kind: str, language: Language, folder: Path) -> dict[str, Any]:
    """The report as it is made now: each sheet's cells, tables, names and print set-up."""
    path = folder / "report.xlsx"
    if kind == "one":
        write_report(balance(extras=BEYOND), path, language, past(), today=date(2026, 11, 20))
    else:
        second = balance([], None, name="둘째 계좌", host="http://127.0.0.1:1")
        write_consolidated([(balance(), past()), (second, DEMO_PAST)], path, language, today=date(2026, 11, 21))
    book = opened(path)
    names = {name: entry.attr_text for name, entry in sorted(book.defined_names.items())}
    return {"names": names, "sheets": {sheet.title: _sheet(sheet) for sheet in book.worksheets}}


def _sheet(sheet: Worksheet) -> dict[str, Any]:
    return {
        "tables": {table.name: table.ref for table in sheet.tables.values()},
        "freeze": sheet.freeze_panes,
        "print": [sheet.print_area, sheet.print_title_rows, sheet.print_title_cols, sheet.page_setup.orientation],
        "charts": [type(chart).__name__ for chart in sheet._charts],  # type: ignore[attr-defined]
        "widths": {letter: column.width for letter, column in sorted(sheet.column_dimensions.items())},
        "cells": {place.coordinate: _cell(place) for row in sheet.iter_rows() for place in row if place.value is not None},
    }


def _cell(place: Cell | MergedCell) -> list[Any]:
    value = place.value
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        value = value.replace(__version__, "VERSION")
    color = place.font.color.rgb if place.font.color is not None and isinstance(place.font.color.rgb, str) else ""
    return [value, place.number_format, color]


def as_text(report: dict[str, Any]) -> str:
    """A line a cell, so that a difference can be read."""
    text = json.dumps(report, ensure_ascii=False, indent=1)
    return re.sub(r"\[\n\s+([^\[\]]*?)\n\s+\]", lambda found: "[" + re.sub(r",\n\s+", ", ", found[1]) + "]", text) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            for language in LANGUAGES:
                golden(kind, language).write_text(as_text(made(kind, language, Path(folder))), encoding="utf-8")
                sys.stdout.write(f"{golden(kind, language)}\n")


if __name__ == "__main__":
    main()
