"""The functions of the workbook: in Python, and on Windows through xlwings' DLL and COM server as Excel calls them."""

from __future__ import annotations

import compileall
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import kis_xl
from benchmarks.table import Line
from benchmarks.work import typical
from kis_xl import udfs
from kis_xl.excel import session
from kis_xl.excel.personal import personal_workbook
from kis_xl.simulator import Limits, Simulator, demo_account
from tests.com.command import conf_of
from tests.com.fake_excel import made_up_excel
from tests.com.interpreter import interpreter_in, user_folder
from tests.com.kit import environment_of
from tests.com.server import MACROS, Server, missing, workbook_at

ROWS = 1_000
#: Cells through xlwings' own wrapper: each takes so long that not all are needed to say how long.
CELLS_OF_THEIRS = 100
STARTS = 7
FIELD = "evlu_amt"

_HOLDINGS = f"warm KIS_HOLDINGS of {ROWS:,} rows, ms"
_VALUE = "warm KIS_VALUE, us"
_RANGE = f"KIS_VALUE of {ROWS:,} codes in one call, ms"
_CELLS = f"{ROWS:,} cells of KIS_VALUE: xlwings' own wrapper / ours"
_START = "server start to a stored value / bare server's answer"


@contextmanager
def stored_account() -> Iterator[list[str]]:
    """A snapshot on disk and the codes in it; the service is gone by then, so that nothing can wait for it."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        try:
            with Simulator([demo_account(rows=ROWS)], Limits.off()) as running:
                os.environ.update(environment_of(running, Path(home)))
                codes = [row[0] for row in udfs.KIS_HOLDINGS(None, "pdno", 0)]
            assert len(codes) == ROWS
            yield codes
        finally:
            session.current().history.close()
            os.environ.clear()
            os.environ.update(before)


def in_python() -> list[Line]:
    """Calls in this process, with the snapshot in memory."""
    with stored_account() as codes:
        column = [[code] for code in codes]
        assert len(udfs.KIS_VALUE(column, FIELD)) == ROWS
        holdings = typical(udfs.KIS_HOLDINGS)
        value = typical(lambda: [udfs.KIS_VALUE(code, FIELD) for code in codes]) / ROWS
        together = typical(lambda: udfs.KIS_VALUE(column, FIELD))
    return [
        Line(_HOLDINGS, holdings * 1e3, "≤ 5", ""),
        Line(_VALUE, value * 1e6, "≤ 30", ""),
        Line(_RANGE, together * 1e3, "≤ 5", ""),
    ]


def over_com() -> list[Line]:
    """Calls as a workbook makes them."""
    if os.name != "nt":
        return [Line(name, None, "", "not measured: COM is on Windows only") for name in (_CELLS, _START)]
    with stored_account() as codes, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        place = user_folder(Path(folder))
        Path(place, "bare.py").write_text("import xlwings\n\n\n@xlwings.func\ndef answer():\n    return 1\n", encoding="ascii")
        compileall.compile_dir(Path(kis_xl.__file__).parent, quiet=2)  # pip leaves an installed package compiled
        compileall.compile_dir(place, quiet=2)
        conf = conf_of(personal_workbook("ko", interpreter=interpreter_in(place / "python env"))) | {"PYTHONPATH": str(place)}
        return [_cells(place, conf, codes), _starts(place, conf, codes[0])]


def _cells(folder: Path, conf: dict[str, str], codes: list[str]) -> Line:
    excel = made_up_excel()
    if isinstance(excel, str):
        return Line(_CELLS, None, "", f"not measured: {excel}")
    server = Server(workbook_at(folder / "cells.xlsm", conf))
    try:
        server.call("KIS_VALUE", codes[0], FIELD)
        ours = _seconds(lambda: [server.call("KIS_VALUE", code, FIELD, None) for code in codes]) / ROWS
        theirs = _seconds(_through_ranges(excel, server, codes[:CELLS_OF_THEIRS])) / CELLS_OF_THEIRS
    finally:
        server.end()
    return Line(_CELLS, theirs / ours, "≥ 10", f"{theirs * 1e3:.1f} ms / {ours * 1e3:.2f} ms a cell")


def _through_ranges(excel: Any, server: Server, codes: list[str]) -> Callable[[], object]:
    """What the wrappers of xlwings' Import Functions do for each cell: ranges, the workbook, the calling cell."""
    application = excel.App()
    book = excel.Book(application)
    sheet = excel.Sheet(book, application)
    workbook, field = excel.w(book), excel.w(excel.Rng(sheet, application, FIELD, "$B$1", 1, 2))
    cells = [excel.w(excel.Rng(sheet, application, code, f"$A${row}", row, 1)) for row, code in enumerate(codes, 1)]
    left_out = missing()
    return lambda: [server.python.CallUDF("kis_xl.udfs", "KIS_VALUE", (cell, field, left_out), workbook, cell) for cell in cells]


def _starts(folder: Path, conf: dict[str, str], code: str) -> Line:
    """From no server to the first answer, each time a new one: ours greets the server and asks for a value, as the workbook does."""

    def ours(server: Server) -> None:
        server.call("hello", "ko", module=MACROS)
        assert server.call("KIS_VALUE", code, FIELD, None) != ""

    def bare(server: Server) -> None:
        assert server.call("answer", module="bare") == 1

    taken: dict[Callable[[Server], None], list[float]] = {bare: [], ours: []}
    for round_ in range(STARTS):
        for first, times in taken.items():
            book = workbook_at(folder / f"{first.__name__}{round_}.xlsm", conf)
            started = time.perf_counter()
            server = Server(book)
            try:
                first(server)
                times.append(time.perf_counter() - started)
            finally:
                server.end()
    basis, whole = median(taken[bare]), median(taken[ours])
    return Line(_START, whole / basis, "≤ 1.5", f"{whole:.2f} s / {basis:.2f} s")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def lines() -> list[Line]:
    return in_python() + over_com()
