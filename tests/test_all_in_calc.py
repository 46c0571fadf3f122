"""The workbook with `*` for the account in its settings: each sheet shows all accounts as one. See `test_in_calc`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kis_xl import udfs
from kis_xl.excel import session, vba
from kis_xl.excel.helptexts import help_rows
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.workbook import Edition, build
from kis_xl.excel.workbook.edition import Page
from kis_xl.fields import HOLDING_FIELDS
from tests.calc import com
from tests.calc.client import Calc, CellError, Workbook
from tests.test_all_accounts import NAMES, PENSION, Accounts, practice_rows, three

__all__ = ["practice_rows", "three"]  # fixtures
pytest_plugins = ["tests.calc.fixture"]
ACCOUNT_CELL = "B6"
TOTAL = 15080635.0


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = build(Edition("ko", legacy=True), vba.modules(tuple(page.code_name for page in Page)), help_rows("ko"))
    path = tmp_path_factory.mktemp("excel") / "KISBalance.xlsm"
    path.write_bytes(made)
    return path


@pytest.fixture
def book(calc: Calc, three: Accounts, path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    calc.declare({name: {part.name: 2 for part in entry.arguments if part.table} for name, entry in FUNCTIONS.items()})
    opened = calc.open(path)
    opened.set_value("설정", ACCOUNT_CELL, "*")
    yield opened
    session.speak(None)


def shown(book: Workbook, sheet: str, cells: str) -> list[list[Any]]:
    """A block, with blanks as functions have them, without what an array formula's range has left over."""
    rows = [["" if cell is None else cell for cell in row] for row in book.block(sheet, cells)]
    return [row for row in rows if row[0] != CellError("#N/A")]


def test_every_sheet_shows_all_accounts_as_one(book: Workbook, three: Accounts) -> None:
    expected = [[com.serial(cell) if hasattr(cell, "year") else cell for cell in row] for row in udfs.KIS_HOLDINGS("**")]
    assert shown(book, "보유종목", "A5:Z40") == expected
    assert expected[0] == [field.ko for field in HOLDING_FIELDS]
    assert shown(book, "보유종목", "AA5:AA40") == [["계좌"], *([row[0]] for row in udfs.KIS_HOLDINGS("*")[1:])]
    assert shown(book, "계좌", "A5:C28") == udfs.KIS_SUMMARY("**", None, 2)
    assert [row[1] for row in shown(book, "추이", "A7:B10")] == [TOTAL]
    dashboard = [cell for row in book.block("대시보드", "A1:O40") for cell in row]
    assert TOTAL in dashboard
    assert not any(isinstance(cell, CellError) for cell in dashboard)
    assert any("8765****-22, 2222****-01, 3333****-01" in str(cell) for cell in dashboard)
    assert shown(book, "설정", "A15:B29")[4] == ["계좌", "8765****-22, 2222****-01, 3333****-01"]
    assert three.inquiries() == [1, 1, 1]


def test_one_account_again_is_one_account(book: Workbook) -> None:
    book.set_value("설정", ACCOUNT_CELL, PENSION)
    assert book.cell("계좌", "B19").value == udfs.KIS_SUMMARY(PENSION, "tot_evlu_amt")
    assert [row[0] for row in shown(book, "보유종목", "A5:A40")][1:] == ["000660", "035420"]
    assert {row[0] for row in shown(book, "보유종목", "AA5:AA40")} == {""}


def test_the_buttons_are_for_all_accounts(calc: Calc, book: Workbook, three: Accounts) -> None:
    three.move()
    book.press("대시보드", "새로고침")
    assert not calc.messages
    assert three.inquiries() == [2, 2, 2]
    assert [row[0] for row in shown(book, "보유종목", "D6:D13")] == [77, 0, 0, 0, 0, 77, 0, 77]
    book.press("대시보드", "보고서 내보내기")
    assert [Path(opened).name.split("_")[1] for opened in calc.opened] == NAMES
    book.press("설정", "연결 점검")
    assert [line.split(":")[0] for line in calc.messages[-1].splitlines()] == NAMES


def test_an_account_that_fails_is_named_in_the_headline(calc: Calc, book: Workbook, three: Accounts) -> None:
    before = shown(book, "보유종목", "A5:Z40")
    three.pension.add_fault("1x9=http:503")
    book.press("대시보드", "새로고침")
    assert f"[{PENSION}] NETWORK" in calc.messages[0]
    assert f"[{PENSION}] NETWORK" in str(book.cell("대시보드", "B5").value)
    assert shown(book, "보유종목", "A5:Z40") == before


def test_columns_of_accounts_are_formatted(book: Workbook) -> None:
    book.set_formula("설정", "AB40", '=KIS_SUMMARY("*",{"tot_evlu_amt","asst_icdc_erng_rt"})', "AB40:AF42")
    book.set_formula("설정", "AB50", '=KIS_HISTORY("tot_evlu_amt","","","*")', "AB50:AF51")
    book.press("대시보드", "새로고침")
    for column in ("AC", "AD", "AE", "AF"):
        assert book.cell("설정", f"{column}41").number_format == "#,##0;-#,##0"
        assert book.cell("설정", f"{column}51").number_format == "#,##0;-#,##0"
    assert "0.00%" in book.cell("설정", "AD42").number_format
    assert book.cell("설정", "AF51").value == TOTAL
