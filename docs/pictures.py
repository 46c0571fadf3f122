"""Draws the pictures of the function pages: `python -m docs.pictures`. Needs LibreOffice, poppler and the Nanum fonts.

Each picture is a function's first example in Korean, as the sheet shows it. It carries a digest of what it shows, so that only
those that are out of date are drawn anew, and a test finds them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from docs.generator.png import read_text, trimmed, written
from docs.generator.trial import Result, run, trial
from kis_xl.excel import wrappers
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.workbook.styles import INK, LINE, MUTED, PANEL
from kis_xl.language import cells_wide

FOLDER = Path(__file__).parent / "images" / "functions"
#: Drawn anew when this changes.
_LAYOUT = 1
_FONT = {"font_name": "NanumGothic", "font_size": 9, "font_color": INK, "valign": "vcenter"}
_GRID = {"border": 1, "border_color": LINE}
_HEAD = {**_FONT, **_GRID, "font_color": MUTED, "bg_color": PANEL, "align": "center"}
#: Characters across, and rows, of a whole picture.
_WIDTH, _ROWS = 70, 16
_NUMBERS_WIDTH, _EMPTY_WIDTH, _WIDEST = 4.0, 8.0, 27.0
_DOTS_A_INCH = 96


def shown(name: str) -> Result:
    """What the picture of a function shows."""
    with trial("ko") as home:
        return run(FUNCTIONS[name].examples[0].formula, home)


def digest(result: Result) -> str:
    """The same for the same picture."""
    said = json.dumps([_LAYOUT, result.formula, result.texts(), result.formats], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def digest_of(picture: Path) -> str:
    """The digest that a picture carries, "" where there is no picture."""
    return read_text(picture.read_bytes()) if picture.exists() else ""


def book(results: Sequence[Result]) -> bytes:
    """A workbook with a sheet for each, to be printed a page each."""
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as file:
        for result in results:
            _draw(file, file.add_worksheet(), result)
    return whole.getvalue()


def _draw(file: Any, sheet: Any, result: Result) -> None:
    sheet.set_landscape()
    sheet.set_paper(8)  # A3: nothing is made smaller
    sheet.hide_gridlines(2)
    widths, used = _widths(result)
    sheet.set_column(0, 0, _NUMBERS_WIDTH)
    for column, width in enumerate(widths, 1):
        sheet.set_column(column, column, width)
    sheet.write(0, 0, "fx", file.add_format({**_HEAD, "italic": True}))
    bar = file.add_format({**_FONT, **_GRID, "font_name": "NanumGothicCoding", "font_size": 10})
    sheet.merge_range(0, 1, 0, len(widths), "", bar)
    sheet.write_string(0, 1, result.formula, bar)
    head = file.add_format(_HEAD)
    sheet.write_blank(1, 0, None, head)
    for column in range(len(widths)):
        sheet.write(1, column + 1, chr(ord("A") + column), head)
    for row in range(min(_ROWS, max(4, len(result.cells) + 1))):
        sheet.write(row + 2, 0, row + 1, head)
        for column in range(len(widths)):
            _fill(file, sheet, result, (row, column), column < used)
        if used < len(result.cells[0]) and row < len(result.cells):
            sheet.write_string(row + 2, used + 1, "…", head)
        sheet.write_string(row + 2, len(widths) + 1, " ")  # what is longer ends at the picture's edge


def _fill(file: Any, sheet: Any, result: Result, place: tuple[int, int], used: bool) -> None:
    row, column = place
    used = used and row < len(result.cells)
    cell, wanted = (result.cells[row][column], result.formats[row][column]) if used else ("", "")
    look = file.add_format({**_FONT, **_GRID, **({"num_format": wanted} if wanted else {})})
    at = (row + 2, column + 1)
    if isinstance(cell, datetime):
        sheet.write_datetime(*at, cell, look)
    elif isinstance(cell, bool):
        sheet.write_boolean(*at, cell, look)
    elif isinstance(cell, float):
        sheet.write_number(*at, cell, look)
    elif cell:
        sheet.write_string(*at, result.texts()[row][column], look)
    else:
        sheet.write_blank(*at, None, look)


def _widths(result: Result) -> tuple[list[float], int]:
    """The widths of the columns, and how many of them hold something: as many as there is room for; empty ones fill the rest."""
    texts = result.texts()[:_ROWS]
    wanted = [min(_WIDEST, max(_wide(row[column]) for row in texts) + 2.0) for column in range(len(texts[0]))]
    used = max(1, sum(end <= _WIDTH for end in accumulate(wanted)))
    if used < len(wanted):
        return [*wanted[:used], _NUMBERS_WIDTH], used
    return [*wanted, *[_EMPTY_WIDTH] * round((_WIDTH - sum(wanted)) / _EMPTY_WIDTH)], used


def _wide(text: str) -> float:
    """In characters: Hangul is a little less than two wide."""
    return 0.85 * cells_wide(text)


def render(workbook: bytes, pages: int) -> list[bytes]:
    """Each page of a workbook as a PPM picture."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "book.xlsx").write_bytes(workbook)
        # a clean environment: a virtual environment's Python in PATH breaks LibreOffice's own
        environment = {"PATH": "/usr/bin:/bin", "HOME": made, "LC_ALL": "C.UTF-8"}
        office = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{made}/profile"]
        commands = (
            [*office, "--convert-to", "pdf", "--outdir", made, str(folder / "book.xlsx")],
            ["pdftoppm", "-r", str(_DOTS_A_INCH), str(folder / "book.pdf"), str(folder / "page")],
        )
        for command in commands:
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (both are named above)
        found = sorted(folder.glob("page-*.ppm"))
        if len(found) != pages:
            raise RuntimeError(f"{len(found)} pages for {pages} pictures")
        return [page.read_bytes() for page in found]


def main() -> None:
    """Draw what is out of date; take away the picture of a function that has gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = {name: shown(name) for name in wrappers.names()}
    for picture in FOLDER.glob("*.png"):
        if picture.stem not in results:
            picture.unlink()
    stale = {name: result for name, result in results.items() if digest_of(FOLDER / f"{name}.png") != digest(result)}
    pages = render(book(list(stale.values())), len(stale)) if stale else []
    for (name, result), page in zip(stale.items(), pages, strict=True):
        (FOLDER / f"{name}.png").write_bytes(written(trimmed(page), digest(result)))
    sys.stdout.write(f"drawn: {', '.join(stale) or 'nothing'}{os.linesep}")


if __name__ == "__main__":
    main()
