"""The accounts a simulator knows: whose keys they are and what they hold."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from kis_xl.fields import Environment
from kis_xl.simulator import book
from kis_xl.simulator.rows import Row, filled, holding_row, summary_row


@dataclass(frozen=True)
class SimAccount:
    """An account of the simulated service and the key pair that belongs to it.

    `number` is written 12345678-01. What it holds follows from `rows` and `seed`; `rows=0` is an empty account. Where
    `given_rows` and `given_summary` are set, they are what it holds, field by field as the service prints them.
    With `today`, which gives the day, nothing is traded and prices go on from day to day, the same on each day.
    `new_key` marks an app key in its first three days, which may call less often; `corporate` a corporation's.
    """

    number: str
    appkey: str = field(repr=False)
    appsecret: str = field(repr=False)
    environment: Environment = Environment.REAL
    rows: int = 120
    seed: int = 1
    corporate: bool = False
    new_key: bool = False
    today: Callable[[], date] | None = field(default=None, repr=False, compare=False)
    given_rows: Sequence[Row] | None = field(default=None, repr=False, hash=False)
    given_summary: Row | None = field(default=None, repr=False, hash=False)

    @property
    def cano(self) -> str:
        """The first 8 digits of the number."""
        return self.number.partition("-")[0]

    @property
    def product(self) -> str:
        """The product code, the last 2 digits of the number."""
        return self.number.partition("-")[2]

    def count(self, *, by_stock: bool = False) -> int:
        """How many rows of `output1` the account has."""
        if self.given_rows is not None:
            return len(self.given_rows)
        return book.joined_rows(self.rows) if by_stock else self.rows

    def holdings(self, start: int = 0, stop: int | None = None, *, by_stock: bool = False, ticks: int = 0) -> list[Row]:
        """The rows of `output1` from `start` to before `stop`, as the service prints them.

        `ticks` moves the prices of these rows up by that many steps of the exchange.
        """
        end = min(self.count(by_stock=by_stock), self.count(by_stock=by_stock) if stop is None else stop)
        if self.given_rows is not None:
            return [dict(row) for row in self.given_rows[start:end]]
        return [holding_row(row, self.environment) for row in self._lots(start, end, by_stock, ticks)]

    def summary(self, start: int = 0, stop: int = 0, *, ticks: int = 0) -> Row:
        """The row of `output2`; with `ticks`, as it would be after the prices of the rows `start` to `stop` moved."""
        if self.given_summary is not None:
            return dict(self.given_summary)
        totals = book.totals(self.seed, self.rows) if self.today is None else book.sums_of(self._lots(0, self.rows, False, 0))
        before, after = (self._lots(start, min(stop, self.rows), False, moves) for moves in (0, ticks))
        moved = sum(row.valuation for row in after) - sum(row.valuation for row in before)
        totals = totals._replace(valuation=totals.valuation + moved, profit=totals.profit + moved, change=totals.change + moved)
        return summary_row(totals, book.deposit(self.seed), self.environment)

    def _lots(self, start: int, stop: int, by_stock: bool, ticks: int) -> list[book.Lot]:
        if by_stock:
            lots = [book.joined_lot(self.seed, self.rows, index) for index in range(start, stop)]
        else:
            lots = [book.lot(self.seed, index) for index in range(start, stop)]
        if self.today is not None:
            day = self.today()
            lots = [book.on_day(row, self.seed, day) for row in lots]
        return [row._replace(price=row.price + ticks * book.tick(row.price)) if ticks and row.price else row for row in lots]


def demo_account(environment: Environment = Environment.REAL, rows: int = 120, seed: int = 1) -> SimAccount:
    """An account with made-up keys of the length and alphabet of KIS's; each environment and seed has keys of its own."""
    first = 12345678 if environment is Environment.REAL else 50123456
    return SimAccount(f"{first + seed - 1:08d}-01", *_demo_keys(environment, seed), environment, rows, seed)


def _demo_keys(environment: Environment, seed: int) -> tuple[str, str]:
    appkey = f"PSFAKE{environment.key}DEMOKEYno{seed}".ljust(36, "x")
    said = f"this is the made-up app secret number {seed} of the {environment.key} demo account, it opens nothing. "
    return appkey, base64.b64encode((said * 2).encode()[:135]).decode()


def reference_account() -> SimAccount:
    """An account of mock trading that answers exactly as one did: two holdings and a summary that add up."""
    holdings = (
        {
            "pdno": "000660",
            "prdt_name": "SK하이닉스",
            "hldg_qty": "1",
            "ord_psbl_qty": "1",
            "pchs_avg_pric": "198600.0000",
            "pchs_amt": "198600",
            "prpr": "215500",
            "evlu_amt": "215500",
            "evlu_pfls_amt": "16900",
            "evlu_pfls_rt": "8.51",
            "evlu_erng_rt": "8.50956697",
            "fltt_rt": "2.62000000",
            "bfdy_cprs_icdc": "5500",
            "item_mgna_rt_name": "20%",
        },
        {
            "pdno": "114800",
            "prdt_name": "KODEX 인버스",
            "hldg_qty": "35",
            "ord_psbl_qty": "35",
            "pchs_avg_pric": "4482.1420",
            "pchs_amt": "156875",
            "prpr": "4290",
            "evlu_amt": "150150",
            "evlu_pfls_amt": "-6725",
            "evlu_pfls_rt": "-4.29",
            "evlu_erng_rt": "-4.28685259",
            "fltt_rt": "-0.58000000",
            "bfdy_cprs_icdc": "-25",
            "item_mgna_rt_name": "60%",
        },
    )
    summary = {
        "dnca_tot_amt": "9644485",
        "nxdy_excc_amt": "9644485",
        "prvs_rcdl_excc_amt": "9644485",
        "scts_evlu_amt": "365650",
        "tot_evlu_amt": "10010135",
        "nass_amt": "10010135",
        "pchs_amt_smtl_amt": "355475",
        "evlu_amt_smtl_amt": "365650",
        "evlu_pfls_smtl_amt": "10175",
        "bfdy_tot_asst_evlu_amt": "10005510",
        "asst_icdc_amt": "4625",
        "asst_icdc_erng_rt": "0.04622453",
    }
    appkey, appsecret = _demo_keys(Environment.MOCK, 0)
    return SimAccount(
        "50654321-01",
        appkey,
        appsecret,
        Environment.MOCK,
        rows=len(holdings),
        given_rows=tuple(filled("output1", {"trad_dvsn_name": "현금", **row}) for row in holdings),
        given_summary=filled("output2", summary),
    )
