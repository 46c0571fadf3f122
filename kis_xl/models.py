"""What a balance inquiry returns: the whole account at one time, its checks, and its rows joined by stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kis_xl.accounts import AccountNumber
from kis_xl.bystock import join_by_stock
from kis_xl.fields import Environment, Holding, Summary
from kis_xl.language import Text
from kis_xl.parsing import Extra


@dataclass(frozen=True)
class Check:
    """One comparison of figures that the service gave in two places. `expected` is the summary's, `actual` ours."""

    name: str
    caption: Text
    expected: int
    actual: int

    @property
    def ok(self) -> bool:
        """Whether both are the same."""
        return self.expected == self.actual


def is_unpriced(row: Holding) -> bool:
    """Whether the service had no price for what is held: its valuation of 0 is no loss."""
    return bool(row.hldg_qty and not row.prpr and not row.evlu_amt)


@dataclass(frozen=True)
class Balance:
    """One account as `inquire-balance` gave it: all pages or nothing.

    `as_of` is the time (KST) at which the first page was asked for, so no figure is older than it says; `summary` is None
    only for an account that the service has no totals for (an empty mock account). `parameters` are the API's own,
    without account number and cursors. `extras` are fields beyond the API document, untouched.
    """

    account: AccountNumber
    name: str
    environment: Environment
    as_of: datetime
    holdings: tuple[Holding, ...]
    summary: Summary | None
    pages: int
    parameters: Mapping[str, str]
    seconds: float = 0.0
    restarts: int = 0
    host: str = ""
    message: str = ""
    extras: tuple[Extra, ...] = field(default=(), repr=False)

    @property
    def from_kis(self) -> bool:
        """Whether the figures come from the service's own host, and from no simulator."""
        return self.host == self.environment.host

    @property
    def lacks_totals(self) -> bool:
        """Whether the service gave rows without totals: what the account is worth is not known then."""
        return self.summary is None and bool(self.holdings)

    def by_stock(self) -> tuple[Holding, ...]:
        """The rows of one stock joined into one, in the order of first appearance; see `bystock`."""
        return join_by_stock(self.holdings)

    def unpriced(self) -> tuple[Holding, ...]:
        """The holdings for which the service had no price: it sends 0, often with a day change of -100 %.

        Their valuation of 0 is not a loss, and the account's totals lack them.
        """
        return tuple(filter(is_unpriced, self.holdings))

    def checks(self) -> tuple[Check, ...]:
        """The rows against the account's own totals, and the totals against each other.

        The identities are those that the API document states or that follow from a field's name. They can fail
        without anyone being wrong, for instance when prices move between two pages: they are shown, not enforced.
        """
        keys = Counter((row.pdno, row.trad_dvsn_name, row.loan_dt) for row in self.holdings)
        of_rows = (Check("unique_rows", Text("중복 없는 행", "rows without duplicates"), len(self.holdings), len(keys)), self._profits())
        if self.summary is None:
            return of_rows
        total, rows = self.summary, self.holdings
        return (
            *of_rows,
            Check("pchs_amt", Text("매입금액 합계", "sum of purchase amounts"), total.pchs_amt_smtl_amt, sum(row.pchs_amt for row in rows)),
            Check("evlu_amt", Text("평가금액 합계", "sum of valuations"), total.evlu_amt_smtl_amt, sum(row.evlu_amt for row in rows)),
            Check(
                "evlu_pfls_amt",
                Text("평가손익 합계", "sum of profits and losses"),
                total.evlu_pfls_smtl_amt,
                sum(row.evlu_pfls_amt for row in rows),
            ),
            Check(
                "tot_evlu_amt",
                Text("총평가금액 = 유가평가금액 + D+2 예수금", "total valuation = securities valuation + deposit D+2"),
                total.tot_evlu_amt,
                total.scts_evlu_amt + total.prvs_rcdl_excc_amt,
            ),
            Check(
                "asst_icdc_amt",
                Text("자산증감액 = 총평가금액 - 전일총자산", "change of assets = total valuation - total assets previous day"),
                total.asst_icdc_amt,
                total.tot_evlu_amt - total.bfdy_tot_asst_evlu_amt,
            ),
        )

    def _profits(self) -> Check:
        """How many rows keep to the document's "평가금액 - 매입금액"; those without a price or sold short are not asked."""
        rows = [row for row in self.holdings if row.prpr and not row.stln_slng_chgs]
        kept = sum(row.evlu_pfls_amt == row.evlu_amt - row.pchs_amt for row in rows)
        return Check(
            "row_profits",
            Text("평가손익 = 평가금액 - 매입금액인 행", "rows whose profit = valuation - purchase amount"),
            len(rows),
            kept,
        )
