"""A made-up account and its past for tests of the report, and ways to read a report back."""

from __future__ import annotations

import errno
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.fields import Environment
from kis_xl.history import Stored
from kis_xl.models import Balance
from kis_xl.parsing import Extra, read_holdings, read_summary
from kis_xl.report import placing
from kis_xl.report.past import Past
from tests.rows import holding_row, summary_row

AS_OF = datetime(2026, 11, 20, 16, 5, 9, 123456, kst.KST)
EARLIER = datetime(2026, 11, 19, 15, 40, 0, 0, kst.KST)
TITLES = {
    "ko": ["요약", "보유종목", "계좌", "변동", "추이", "항목", "조회정보"],
    "en": ["Overview", "Holdings", "Account", "Changes", "History", "Fields", "Provenance"],
}


def stock(code: str, name: str, quantity: int, price: int, paid: int, rate: str = "0.00000000", **more: str) -> dict[str, str]:
    """A row of `output1` whose amounts agree."""
    profit = quantity * price - paid
    return holding_row(
        pdno=code, prdt_name=name, trad_dvsn_name="현금", hldg_qty=str(quantity), ord_psbl_qty=str(quantity), prpr=str(price),
        pchs_avg_pric=f"{paid / quantity if quantity else 0:.4f}", pchs_amt=str(paid), evlu_amt=str(quantity * price),
        evlu_pfls_amt=str(profit), evlu_pfls_rt=f"{100 * profit / paid if paid else 0:.2f}", fltt_rt=rate,
    ) | more  # fmt: skip


ROWS: tuple[dict[str, str], ...] = (
    stock("000660", "SK하이닉스", 10, 215_500, 1_986_000, "2.62000000", bfdy_cprs_icdc="5500", item_mgna_rt_name="20%"),
    stock("005930", "삼성전자", 35, 71_200, 2_800_000, "-1.25000000", thdt_buyqty="5"),
    stock("005930", "삼성전자", 5, 71_200, 300_000, "-1.25000000", trad_dvsn_name="자기융자", loan_dt="20260102", loan_amt="240000"),
    stock("Q500001", "신한 K200 USD 선물 바이셀 ETN", 100, 11_480, 1_200_000, "0.40000000"),
    stock("035720", "카카오", 0, 35_800, 0, thdt_sll_qty="35"),
    stock("009150", "삼성전기", 18, 0, 900_000, "-100.00000000", evlu_pfls_amt="0", evlu_pfls_rt="0.00"),
)
#: They agree with the rows and with each other.
TOTALS = summary_row(
    dnca_tot_amt="1000000", nxdy_excc_amt="900000", prvs_rcdl_excc_amt="800000", thdt_buy_amt="356000", thdt_sll_amt="1253000",
    thdt_tlex_amt="1880", tot_loan_amt="240000", scts_evlu_amt="6151000", tot_evlu_amt="6951000", nass_amt="6711000",
    fncg_gld_auto_rdpt_yn="N", pchs_amt_smtl_amt="7186000", evlu_amt_smtl_amt="6151000", evlu_pfls_smtl_amt="-135000",
    bfdy_tot_asst_evlu_amt="7000000", asst_icdc_amt="-49000",
)  # fmt: skip
ROWS_THEN: tuple[dict[str, str], ...] = (
    stock("000660", "SK하이닉스", 10, 210_000, 1_986_000),
    stock("005930", "삼성전자", 30, 72_100, 2_400_000),
    stock("Q500001", "신한 K200 USD 선물 바이셀 ETN", 120, 11_430, 1_440_000),
    stock("035720", "카카오", 35, 36_100, 1_400_000),
    stock("009150", "삼성전기", 18, 126_500, 900_000),
)
TOTALS_THEN = TOTALS | {"tot_evlu_amt": "7000000", "nass_amt": "6760000", "asst_icdc_amt": "12000"}
PARAMETERS = {"AFHR_FLPR_YN": "N", "OFL_YN": "", "INQR_DVSN": "01", "FUND_STTL_ICLD_YN": "N", "PRCS_DVSN": "00"}


def balance(
    rows: Sequence[dict[str, str]] | None = None, totals: dict[str, str] | None = TOTALS, name: str = "연금 계좌", **more: Any
) -> Balance:
    """The account of the tests, or one of other rows and totals."""
    return Balance(
        **{
            "account": AccountNumber.parse("87651234-22"),
            "name": name,
            "environment": Environment.MOCK,
            "as_of": AS_OF,
            "holdings": tuple(read_holdings(ROWS if rows is None else rows)[0]),
            "summary": None if totals is None else read_summary(totals)[0],
            "pages": 3,
            "parameters": PARAMETERS,
            "seconds": 1.234,
            "host": Environment.MOCK.host,
            "message": "모의투자 조회가 완료되었습니다.",
            **more,
        }
    )


def past(rows: Sequence[dict[str, str]] = ROWS_THEN, days: int = 12) -> Past:
    """Earlier days of the account of the tests."""
    stored = Stored(EARLIER, tuple(read_holdings(rows)[0]), read_summary(TOTALS_THEN)[0])
    return Past(stored, tuple((date(2026, 11, 20 - number), _totals(number)) for number in range(days, 0, -1)))


def _totals(number: int) -> tuple[int | None, ...]:
    return (7_000_000 - 1_000 * number, 6_760_000 - 1_000 * number, 1_000_000, -100 * number, None if number == 5 else 50 * number)


BEYOND = (Extra("output1", 1, "new_field", "=1"),)


def opened(source: Path | bytes) -> Workbook:
    """The report as openpyxl reads it."""
    return load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source)


def table_rows(book: Workbook, name: str) -> list[list[Any]]:
    """The values of the named table, without its captions."""
    for sheet in book.worksheets:
        if name in sheet.tables:
            return [[place.value for place in row] for row in sheet[sheet.tables[name].ref][1:]]
    raise KeyError(name)


def pairs(book: Workbook) -> dict[Any, Any]:
    """The provenance, by name."""
    return {row[-2]: row[-1] for row in table_rows(book, "Provenance")}


def texts(book: Workbook, title: str) -> str:
    """Everything that stands on a sheet."""
    return "\n".join(str(place.value) for row in book[title].iter_rows() for place in row if place.value is not None)


def footer(sheet: Worksheet) -> str:
    """What stands at the foot of a printed page."""
    assert sheet.oddFooter is not None
    return str(sheet.oddFooter.center.text)


def parts(path: Path) -> dict[str, bytes]:
    """What is in the file, by name."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


class _Refused(PermissionError):
    """As Windows refuses: 5 is access denied, 32 a sharing violation."""

    def __init__(self, number: int, target: Path) -> None:
        super().__init__(errno.EACCES, "Access is denied", str(target))
        self.winerror = number


class Locked:
    """Files that another program has open: as on Windows, nobody else replaces or renames them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str, number: int = 32) -> None:
        self.names, self.number, self.tries = set(names), number, 0
        self.wait: Callable[[], None] = lambda: None
        replace, rename = Path.replace, Path.rename
        monkeypatch.setattr(placing, "_is_windows", lambda: True)
        monkeypatch.setattr(time, "sleep", lambda _: self.wait())
        monkeypatch.setattr(Path, "replace", lambda path, target: self._allowed(Path(target), 5) and replace(path, target))
        monkeypatch.setattr(Path, "rename", lambda path, target: self._allowed(Path(target), self.number) and rename(path, target))

    def _allowed(self, target: Path, number: int) -> bool:
        if target.name not in self.names:
            return True
        self.tries += 1
        raise _Refused(number, target)
