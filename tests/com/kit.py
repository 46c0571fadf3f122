"""The account that the server is asked about, and how its answers compare with those of the same call in Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kis_xl.broker import Broker
from kis_xl.history import History
from kis_xl.settings import Settings
from kis_xl.simulator import Limits, SimAccount, Simulator, demo_account
from kis_xl.simulator.rows import Row
from tests.rows import holding_row, summary_row

BIG = 2**53 + 2
#: What is no holding of anybody's, but has everything that is hard to get through COM.
HARD_ROWS: tuple[Row, ...] = (
    holding_row(
        pdno="005930", prdt_name="삼성전자", trad_dvsn_name="현금", hldg_qty="35", pchs_avg_pric="4482.1420", pchs_amt="156875",
        prpr="4290", evlu_amt="150150", evlu_pfls_amt="-6725", evlu_pfls_rt="-4.29", evlu_erng_rt="-4.28685259", fltt_rt="2.62000000",
    ),
    holding_row(
        pdno="005930", prdt_name="삼성전자", trad_dvsn_name="자기융자", hldg_qty="1", pchs_avg_pric="4000.0000", pchs_amt="4000",
        prpr="4290", evlu_amt="4290", evlu_pfls_amt="290", loan_dt="20260102", expd_dt="20260701", loan_amt="3000",
    ),
    holding_row(pdno="000660", prdt_name="SK하이닉스", hldg_qty=str(2**40), pchs_amt=str(2**31), prpr="3000000000", evlu_amt=str(BIG)),
    holding_row(pdno="114800", prdt_name="가" * 300, hldg_qty="7", evlu_amt="7"),
    holding_row(pdno="0091P0", prdt_name="#KIS! DATA: =1+1 뷁 é 🚀", hldg_qty="1", evlu_amt="1"),
)  # fmt: skip
TOTALS = summary_row(tot_evlu_amt=str(BIG), nass_amt="9999", dnca_tot_amt=str(2**31), asst_icdc_erng_rt="0.04622453")


@contextmanager
def answering(rows: list[Row]) -> Iterator[Simulator]:
    """A simulator with one account that holds `rows`, whatever they are when it is asked."""
    keys = demo_account()
    with Simulator([SimAccount(keys.number, keys.appkey, keys.appsecret, given_rows=rows, given_summary=TOTALS)], Limits.off()) as running:
        yield running


def environment_of(running: Simulator, home: Path) -> dict[str, str]:
    """The environment variables that point kis_xl at the simulator's account."""
    account = running.account()
    return {
        "KIS_XL_HOME": str(home),
        "KIS_XL_ACCOUNT": account.number,
        "KIS_XL_APPKEY": account.appkey,
        "KIS_XL_APPSECRET": account.appsecret,
        "KIS_XL_BASE_URL": running.real_url,
        "KIS_XL_LANG": "ko",
    }


def store_days(environment: dict[str, str], *days_ago: int) -> list[datetime]:
    """Keep the account, less its first row, as it was some days ago; the times at which that is said to have been."""
    settings = Settings.load(environment)
    with Broker(settings.account(), settings.folder, settings.policy) as broker:
        balance = broker.balance()
    history = History(settings.folder)
    times = [balance.as_of - timedelta(days=days) for days in days_ago]
    for as_of in times:
        history.store(replace(balance, as_of=as_of, holdings=balance.holdings[1:]))
    history.close()
    return times


def over_com(result: Any) -> Any:
    """What a function returns, in the shape in which it arrives: one cell bare, one row flat, else rows."""
    rows = tuple(tuple(row) for row in result) if isinstance(result, list) else ((result,),)
    if len(rows) > 1:
        return rows
    return rows[0] if len(rows[0]) > 1 else rows[0][0]


def plain(answer: Any) -> Any:
    """What arrived, with COM's times as the naive ones that a cell shows."""
    if isinstance(answer, tuple):
        return tuple(map(plain, answer))
    if isinstance(answer, datetime):
        return datetime(*answer.timetuple()[:6])  # noqa: DTZ001 (a cell knows no zone)
    return answer


def types(answer: Any) -> Any:
    """The type of each cell, in the answer's own shape: 1, 1.0 and True are equal, and different in a cell."""
    return tuple(map(types, answer)) if isinstance(answer, tuple) else type(answer)
