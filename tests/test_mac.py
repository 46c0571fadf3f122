"""On a Mac the buttons write tables as values: which function fills which cells, and what is typed into them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from kis_xl import __version__
from kis_xl.excel import mac, session
from kis_xl.excel.values import MARK, Cell
from kis_xl.fields import Environment
from kis_xl.simulator import Fault, demo_account
from tests.broker_kit import simulated
from tests.conftest import REPOSITORY
from tests.test_cli import point_at


class Sheetless:
    """A workbook that remembers what was done to it."""

    def __init__(self, tables: list[tuple[str, str, str]], **settings: Any) -> None:
        self.settings = settings
        self._tables = tables
        self.written: dict[tuple[str, str], list[list[Any]]] = {}
        self.lines: list[str] = []
        self.messages: list[str] = []

    def setting(self, name: str) -> Any:
        return self.settings.get(name)

    def tables(self) -> Iterator[tuple[str, str, str]]:
        yield from self._tables

    def write(self, sheet: str, cells: str, rows: list[list[Any]]) -> None:
        assert len({len(row) for row in rows}) == 1
        self.written[sheet, cells] = rows

    def status(self, line: str) -> None:
        self.lines.append(line)

    def tell(self, text: str) -> None:
        self.messages.append(text)


TABLES = [
    ("보유종목", "A5:Z305", '=KIS_HOLDINGS(KisWhole,"",1,KisOptions)'),
    ("계좌", "A5:C28", '=KIS_SUMMARY(KisWhole,"",2)'),
    ("변동", "A5:L305", '=_xlfn.IFNA(KIS_CHANGES(KisSince,KisWhole),"none")'),
    ("추이", "A6:B406", '=KIS_HISTORY(KisHistoryField,KisHistoryStart,"",KisWhole)'),
]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with simulated(demo_account(Environment.REAL, rows=7)) as simulator:
        point_at(monkeypatch, simulator, Environment.REAL)
        yield simulator
    session.speak(None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", []),
        ("KisAccount", ["<KisAccount>"]),
        ('KisAccount,"",1,KisOptions', ["<KisAccount>", "", 1.0, "<KisOptions>"]),
        ("KisAccount,,0", ["<KisAccount>", None, 0.0]),
        ('"say ""hi"", you",', ['say "hi", you', None]),
        ('A,{"prdt_name","evlu_amt"},0,"by=stock; top=10"', ["<A>", ["prdt_name", "evlu_amt"], 0.0, "by=stock; top=10"]),
    ],
)
def test_arguments_are_read_as_excel_reads_them(written: str, expected: list[Any]) -> None:
    assert mac._arguments(written, lambda name: f"<{name}>") == expected


def test_a_formula_without_a_function_of_ours_is_refused() -> None:
    for formula in ("=SUM(A1:A3)", "=KIS_NONSENSE(A1)"):
        with pytest.raises(ValueError, match="no function"):
            mac.evaluate(formula, lambda _: None)


def test_values_are_typed_so_that_excel_keeps_them() -> None:
    moment = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 (as cells have it)
    cells: list[Cell] = ["005930", "=SUM(A1)", "", 1.5, True, moment, f"{MARK} DATA: nothing"]
    assert [mac.as_value(cell) for cell in cells] == ["'005930", "'=SUM(A1)", None, 1.5, True, moment, "=NA()"]


def test_refresh_fetches_and_writes_every_table(running: Any) -> None:
    book = Sheetless(TABLES, KisLanguage="en")
    mac.refresh_in(book)
    holdings = book.written["보유종목", "A5:Z305"]
    assert len(holdings) == 1 + 7
    assert holdings[0][:2] == ["'Code", "'Name"]
    assert all(row[0].startswith("'") and isinstance(row[7], float) for row in holdings[1:])
    assert len(book.written["계좌", "A5:C28"]) == 24
    assert book.written["변동", "A5:L305"] == [["=NA()"]]  # the first day
    assert len(book.written["추이", "A6:B406"]) == 2
    assert "7 rows" in book.lines[-1]
    assert not book.messages


def test_a_failed_refresh_writes_the_last_figures_and_says_so(running: Any) -> None:
    book = Sheetless(TABLES[:1], KisLanguage="en")
    mac.refresh_in(book)
    before = dict(book.written)
    running.add_fault(Fault("http:503", times=50))
    book.written.clear()
    mac.refresh_in(book)
    assert book.written == before
    assert len(book.messages) == 1
    assert "NETWORK" in book.messages[0]


def test_a_python_that_was_just_started_knows_the_functions() -> None:
    """RunPython starts a new one for each button; in this test's they are known already."""
    code = "from kis_xl.excel import mac; print(mac.evaluate('=KIS_VERSION()', None)[0][0])"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == __version__


def test_a_wrong_option_is_told(running: Any) -> None:
    book = Sheetless(TABLES[:1], KisOptions="top=none", KisLanguage="ko")
    mac.refresh_in(book)
    assert "top" in book.messages[0]
    assert book.written["보유종목", "A5:Z305"] == [["=NA()"]]


def test_export_says_where_the_report_is(running: Any) -> None:
    book = Sheetless([], KisLanguage="en")
    mac.export_from(book)
    assert book.messages[0].startswith("Report: ")
    assert book.messages[0].endswith(".xlsx")
