"""The by-stock view and the checks."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.bystock import join_accounts, join_by_stock
from kis_xl.fields import HOLDING_FIELDS, Environment, Join
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from tests.rows import holding_row, summary_row


def holdings(*rows: dict[str, str]) -> tuple[object, ...]:
    return tuple(read_holdings(rows)[0])


def balance(rows: list[dict[str, str]], totals: dict[str, str] | None) -> Balance:
    return Balance(
        AccountNumber.parse("12345678-01"),
        "test",
        Environment.REAL,
        kst.now(),
        tuple(read_holdings(rows)[0]),
        None if totals is None else read_summary(totals)[0],
        1,
        {},
    )


CASH = holding_row(
    pdno="000660", prdt_name="SK하이닉스", trad_dvsn_name="현금", hldg_qty="3", pchs_avg_pric="100.3333", pchs_amt="301", prpr="150",
    evlu_amt="450", evlu_pfls_amt="149", evlu_pfls_rt="49.50", fltt_rt="2.62000000",
)  # fmt: skip
LOAN = holding_row(
    pdno="000660", prdt_name="SK하이닉스", trad_dvsn_name="자기융자", hldg_qty="2", pchs_avg_pric="110.0000", pchs_amt="220", prpr="150",
    evlu_amt="300", evlu_pfls_amt="80", evlu_pfls_rt="36.36", fltt_rt="2.62000000", loan_dt="20260102", expd_dt="20260402", loan_amt="200",
    stck_loan_unpr="100.0000",
)  # fmt: skip
OTHER = holding_row(pdno="005930", prdt_name="삼성전자", pchs_avg_pric="4482.1420", pchs_amt="156875", hldg_qty="35")


def test_rows_of_one_stock_are_joined() -> None:
    joined = join_by_stock(read_holdings([CASH, OTHER, LOAN])[0])
    assert [row.pdno for row in joined] == ["000660", "005930"]
    row = joined[0]
    assert (row.hldg_qty, row.pchs_amt, row.evlu_amt, row.evlu_pfls_amt, row.loan_amt) == (5, 521, 750, 229, 200)
    assert row.pchs_avg_pric == Decimal("104.2000")  # 521 / 5
    assert row.evlu_pfls_rt == Decimal("43.95")  # 229 / 521
    assert row.trad_dvsn_name == "현금 + 자기융자"
    assert (row.prpr, row.fltt_rt) == (150, Decimal("2.62000000"))
    assert row.loan_dt is None  # the rows differ
    assert row.stck_loan_unpr == Decimal("100.0000")


def test_a_price_that_has_moved_between_two_pages_is_the_later_one() -> None:
    later = LOAN | {"prpr": "151", "evlu_amt": "302", "fltt_rt": "3.30000000", "bfdy_cprs_icdc": "5"}
    (row,) = join_by_stock(read_holdings([CASH, later])[0])
    assert (row.prpr, row.fltt_rt, row.bfdy_cprs_icdc, row.evlu_amt) == (151, Decimal("3.30000000"), 5, 752)
    (row,) = join_by_stock(read_holdings([later, CASH])[0])
    assert (row.prpr, row.fltt_rt) == (150, Decimal("2.62000000"))
    gone = LOAN | {"prpr": "0", "evlu_amt": "0", "fltt_rt": "-100.00000000"}
    (row,) = join_by_stock(read_holdings([CASH, gone])[0])
    assert (row.prpr, row.fltt_rt) == (150, Decimal("2.62000000"))  # of a row that has one


def test_of_several_accounts_the_newest_price_counts_if_it_is_one() -> None:
    older, newer = kst.now() - timedelta(minutes=1), kst.now()
    gone = LOAN | {"prpr": "0", "evlu_amt": "0", "fltt_rt": "-100.00000000"}
    for accounts in ([(older, CASH), (newer, gone)], [(newer, gone), (older, CASH)]):
        (row,) = join_accounts([(moment, read_holdings([given])[0]) for moment, given in accounts])
        assert (row.prpr, row.fltt_rt) == (150, Decimal("2.62000000"))


def test_a_stock_in_one_row_is_passed_on_digit_for_digit() -> None:
    (row,) = join_by_stock(read_holdings([OTHER])[0])
    assert str(row.pchs_avg_pric) == "4482.1420"  # not 156875 / 35 = 4482.1429


def test_rows_sold_out_today_divide_by_nothing() -> None:
    sold = holding_row(pdno="000660", hldg_qty="0", thdt_sll_qty="5")
    (row,) = join_by_stock(read_holdings([sold, sold])[0])
    assert (row.hldg_qty, row.pchs_avg_pric, row.evlu_pfls_rt) == (0, Decimal("0.0000"), Decimal("0.00"))
    assert row.thdt_sll_qty == 10


def test_two_loans_keep_the_date_they_share() -> None:
    (row,) = join_by_stock(read_holdings([LOAN, LOAN])[0])
    assert row.loan_dt == date(2026, 1, 2)


AMOUNTS = st.integers(0, 10**12).map(str)
MANY = st.lists(
    st.builds(
        lambda code, quantity, paid, worth: holding_row(pdno=code, hldg_qty=quantity, pchs_amt=paid, evlu_amt=worth),
        st.sampled_from(["005930", "000660", "Q500001"]), AMOUNTS, AMOUNTS, AMOUNTS,
    ),
    max_size=12,
)  # fmt: skip


@given(MANY)
def test_joining_loses_nothing_that_is_summed(rows: list[dict[str, str]]) -> None:
    before, _ = read_holdings(rows)
    after = join_by_stock(before)
    assert len({row.pdno for row in after}) == len(after) == len({row.pdno for row in before})
    for field in HOLDING_FIELDS:
        if field.join is Join.SUM:
            assert sum(getattr(row, field.key) for row in after) == sum(getattr(row, field.key) for row in before)


def test_checks_compare_rows_with_totals() -> None:
    totals = summary_row(
        pchs_amt_smtl_amt="521", evlu_amt_smtl_amt="750", evlu_pfls_smtl_amt="229", scts_evlu_amt="750", prvs_rcdl_excc_amt="250",
        tot_evlu_amt="1000", bfdy_tot_asst_evlu_amt="990", asst_icdc_amt="10",
    )  # fmt: skip
    checks = balance([CASH, LOAN], totals).checks()
    assert [check.name for check in checks if not check.ok] == []
    assert len(checks) == 7


def test_a_row_too_few_is_seen() -> None:
    totals = summary_row(pchs_amt_smtl_amt="521", evlu_amt_smtl_amt="750", evlu_pfls_smtl_amt="229")
    failed = {check.name: (check.expected, check.actual) for check in balance([CASH], totals).checks() if not check.ok}
    assert failed == {"pchs_amt": (521, 301), "evlu_amt": (750, 450), "evlu_pfls_amt": (229, 149)}


def test_a_row_twice_is_seen() -> None:
    check, _ = balance([CASH, CASH], None).checks()
    assert (check.name, check.expected, check.actual, check.ok) == ("unique_rows", 2, 1, False)


def test_an_account_without_totals_has_only_the_checks_of_its_rows() -> None:
    assert [(check.name, check.ok) for check in balance([], None).checks()] == [("unique_rows", True), ("row_profits", True)]


def test_a_row_whose_profit_is_not_its_valuation_less_its_purchase_is_seen() -> None:
    good = holding_row(pdno="000660", hldg_qty="1", prpr="450", evlu_amt="450", pchs_amt="301", evlu_pfls_amt="149")
    bad = good | {"pdno": "005930", "evlu_pfls_amt": "150"}
    unpriced = bad | {"pdno": "035720", "prpr": "0", "evlu_amt": "0", "fltt_rt": "-100.00000000"}
    short = bad | {"pdno": "068270", "stln_slng_chgs": "500"}
    _, check = balance([good, bad, unpriced, short], None).checks()
    assert (check.name, check.expected, check.actual, check.ok) == ("row_profits", 2, 1, False)
