"""Writing the report: against a bare openpyxl loop that writes the same cells, and the memory that a very large one takes."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from benchmarks.growth import Growth, cpu
from benchmarks.table import Line
from benchmarks.work import typical
from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.fields import Environment
from kis_xl.history import Stored
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.report import write_report
from kis_xl.report.past import DAILY_FIELDS, Past
from kis_xl.simulator import demo_account

ROWS, MANY_ROWS, DAYS = 1_000, 100_000, 250
SIZES = (100, 1_000, 10_000, MANY_ROWS)

LARGE = """
import resource, sys
from pathlib import Path
from benchmarks.report import balance, past
from kis_xl.report import write_report
shown = balance(int(sys.argv[2]))
write_report(shown, Path(sys.argv[1]), "ko", past(shown))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
"""


def balance(rows: int) -> Balance:
    """A made-up account."""
    given = demo_account(rows=rows)
    return Balance(
        account=AccountNumber.parse(given.number),
        name="benchmark",
        environment=Environment.REAL,
        as_of=datetime(2026, 11, 20, 16, 0, tzinfo=kst.KST),
        holdings=tuple(read_holdings(given.holdings())[0]),
        summary=read_summary(given.summary())[0],
        pages=rows // 50,
        parameters={},
        host=Environment.REAL.host,
    )


def past(shown: Balance) -> Past:
    """The same account the day before, read anew so that nothing is shared, and a year of totals."""
    earlier = balance(len(shown.holdings))
    totals = tuple(getattr(shown.summary, field.key) for field in DAILY_FIELDS)
    days = tuple((date(2026, 11, 19) - timedelta(days=number), totals) for number in range(DAYS, -1, -1))
    return Past(Stored(earlier.as_of - timedelta(days=1), earlier.holdings, earlier.summary), days)


def bare_loop(sheets: list[tuple[str, list[list[Any]]]], path: Path) -> None:
    """What anyone would write first, at openpyxl's fastest: no widths, no formats, no tables, no charts."""
    book = Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def against_a_bare_loop() -> list[Line]:
    """A report of 1,000 holdings with a past."""
    shown = balance(ROWS)
    then = past(shown)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.xlsx")
        write_report(shown, path, "ko", then)
        book = load_workbook(io.BytesIO(path.read_bytes()))
        sheets = [(sheet.title, [[place.value for place in row] for row in sheet.iter_rows()]) for sheet in book.worksheets]
        ours, bare = typical(lambda: write_report(shown, path, "ko", then)), typical(lambda: bare_loop(sheets, path))
    cells = sum(value is not None for _, rows in sheets for row in rows for value in row)
    name = f"report of {ROWS:,} holdings, {cells:,} cells / bare openpyxl loop"
    return [Line(name, ours / bare, "≤ 1.6", f"{ours * 1e3:.0f} ms / {bare * 1e3:.0f} ms")]


def memory() -> list[Line]:
    """A report of 100,000 holdings, each compared with the day before."""
    name = f"memory of a report of {MANY_ROWS:,} holdings, MB"
    if sys.platform == "win32":
        return [Line(name, None, "", "not measured on Windows")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.xlsx")
        started = time.perf_counter()
        command = [sys.executable, "-c", LARGE, str(path), str(MANY_ROWS)]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return [Line(name, peak, "≤ 600", f"{time.perf_counter() - started:.0f} s, {path.stat().st_size / 1e6:.0f} MB on disk")]


def growth() -> Growth:
    """What a report costs by its holdings, each compared with the day before."""
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            shown = balance(size)
            costs[size] = cpu(partial(write_report, shown, Path(folder, "report.xlsx"), "ko", past(shown)))
    return Growth("a report", "holdings", costs)


def lines() -> list[Line]:
    return against_a_bare_loop() + memory()
