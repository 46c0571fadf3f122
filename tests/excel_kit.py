"""The functions of the workbook pointed at the simulator, for tests: what a new server process would be, without one."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_xl import kst, udfs
from kis_xl.excel import macros, session
from kis_xl.excel.jobs import Report
from kis_xl.fields import HOLDING_FIELDS, Environment
from kis_xl.logs import DailyFile
from kis_xl.models import Balance
from kis_xl.simulator import SimAccount, Simulator
from kis_xl.snapshots import Flight, Key, Snapshots
from tests.broker_kit import simulated
from tests.rows import holding_row, summary_row

KO, EN = [field.ko for field in HOLDING_FIELDS], [field.en for field in HOLDING_FIELDS]
KEYS = [field.key for field in HOLDING_FIELDS]
#: The captions of KIS_STATUS.
STATUS = ["Status", "As of", "Age (minutes)", "Environment", "Account", "Rows", "Pages", "Checks", "Parameters", "Last attempt"]
STATUS += ["Last error", "What to do", "Last formula error", "Log file", "Version"]

# an account of five rows and four stocks: one in cash and on credit, one sold out today, one with letters in its code, an ETN
HYNIX = {"pdno": "000660", "prdt_name": "SK하이닉스", "prpr": "150"}
CASH = holding_row(
    **HYNIX,
    trad_dvsn_name="현금",
    hldg_qty="3",
    pchs_amt="300",
    pchs_avg_pric="100.0000",
    evlu_amt="450",
    evlu_pfls_amt="150",
    evlu_pfls_rt="50.00",
)
LOAN = holding_row(
    **HYNIX, trad_dvsn_name="자기융자", hldg_qty="2", pchs_amt="240", pchs_avg_pric="120.0000", evlu_amt="300", evlu_pfls_amt="60",
    evlu_pfls_rt="25.00", loan_dt="20260902", loan_amt="200", expd_dt="20261201",
)  # fmt: skip
SOLD = holding_row(pdno="005930", prdt_name="삼성전자", trad_dvsn_name="현금", thdt_sll_qty="5", prpr="70000")
NEW_CODE = holding_row(
    pdno="0005A0", prdt_name="새종목 <신규> & 'x'", hldg_qty="1", evlu_amt="9007199254740993", fltt_rt="-0.58", grta_rt_name="45%"
)
ETN = holding_row(pdno="Q500019", prdt_name="WTI ETN", trad_dvsn_name="현금", hldg_qty="7", evlu_amt="70", loan_dt="00000000")
ROWS = (CASH, SOLD, LOAN, NEW_CODE, ETN)
TOTALS = summary_row(tot_evlu_amt="10010135", dnca_tot_amt="9644485", asst_icdc_erng_rt="0.04622453", fncg_gld_auto_rdpt_yn="N")
SMALL = SimAccount("87651234-22", "a" * 36, "s" * 180, given_rows=ROWS, given_summary=TOTALS)


#: Faults are told at once, and nobody waits for the rate limit.
QUICK_SETTINGS = {"KIS_XL_ATTEMPTS": "1", "KIS_XL_RATE": "1000", "KIS_XL_READ_TIMEOUT": "5", "KIS_XL_CONNECT_TIMEOUT": "2"}


@contextmanager
def server(
    monkeypatch: pytest.MonkeyPatch, running: Simulator | None = None, whose: SimAccount | None = None, **given: str
) -> Iterator[None]:
    """A server behind Excel as it is just after its start, for an account of `running`; nothing of an earlier one is left."""
    if running is not None:
        use(monkeypatch, running, whose or running.account(), **given)
    forget(monkeypatch)
    try:
        yield
    finally:
        for handler in log_files():
            logging.getLogger("kis_xl").removeHandler(handler)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a new process does not know."""
    monkeypatch.setattr(session, "_session", None)
    monkeypatch.setattr(session, "_environment", ())
    monkeypatch.setattr(session, "_language", None)
    monkeypatch.setattr(macros, "_job", None)


def use(monkeypatch: pytest.MonkeyPatch, running: Simulator, whose: SimAccount, **given: str) -> None:
    """Set the variables of an account of the simulator."""
    values = QUICK_SETTINGS | {
        "KIS_XL_ACCOUNT": whose.number,
        "KIS_XL_APPKEY": whose.appkey,
        "KIS_XL_APPSECRET": whose.appsecret,
        "KIS_XL_ENV": whose.environment.key,
        "KIS_XL_BASE_URL": running.url(whose.environment),
    }
    for name, value in (values | given).items():
        monkeypatch.setenv(name, value)


@contextmanager
def excel(
    monkeypatch: pytest.MonkeyPatch, *accounts: SimAccount, settings: dict[str, str] | None = None, **options: Any
) -> Iterator[Simulator]:
    """A simulator, and a fresh server that shows its first account."""
    with simulated(*accounts, **options) as running:
        whose = accounts[0] if accounts else running.account(Environment.REAL)
        with server(monkeypatch, running, whose, **(settings or {})):
            yield running


def log_files() -> list[DailyFile]:
    """The handlers that write the log."""
    return [handler for handler in logging.getLogger("kis_xl").handlers if isinstance(handler, DailyFile)]


def finished(seconds: float = 20.0) -> Report:
    """The last report of the job that a macro has started."""
    for _ in range(int(seconds / 0.2)):
        report = Report(*macros.poll()[0])
        if report.stage != "running":
            return report
    raise AssertionError("the job does not end")


def until(come: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for what is about to come."""
    end = time.monotonic() + seconds
    while not come():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


def flown(snapshots: Snapshots, key: Key) -> Flight:
    """A fetch, done."""
    flight = snapshots.fly(key)
    assert flight.wait(20)
    return flight


def earlier(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the clock back."""
    now = datetime.now
    monkeypatch.setattr(kst, "now", lambda: now(kst.KST) - by)


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of the data folder and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stocks(balance: Balance) -> list[str]:
    """The codes of all rows."""
    return [row.pdno for row in balance.holdings]


def error(answer: Any) -> str:
    """The text of a function that failed: a table of one cell."""
    assert isinstance(answer, list)
    ((cell,),) = answer
    assert isinstance(cell, str)
    assert re.fullmatch(r"#KIS! (AUTH|RATE|NETWORK|DATA|ACCOUNT|ARGUMENT|CONFIG|INTERNAL): .+", cell), cell
    assert len(cell) <= 255
    return cell.removeprefix("#KIS! ")


def status(account: Any = None) -> dict[str, Any]:
    """KIS_STATUS by caption."""
    answer = udfs.KIS_STATUS(account)
    assert [row[0] for row in answer] == STATUS
    return {row[0]: row[1] for row in answer}
