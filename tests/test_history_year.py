"""A year looked back on: the net assets month by month, and what of them each stock has contributed, as far as that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.history import History, Stored
from kis_xl.history.contributions import Contribution
from kis_xl.history.contributions import contributions as contributed
from kis_xl.history.year import Month, Year, look_back
from kis_xl.parsing import read_holdings
from kis_xl.trading import is_trading_day
from tests.history_kit import KEY, balance, sql, worth
from tests.rows import holding_row


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


def close(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T16:00:00+09:00")


def row(code: str, quantity: int, price: int, cost: int, **more: str) -> dict[str, str]:
    """A holding at a price, bought for `cost` won a share."""
    return holding_row(
        pdno=code,
        prdt_name=f"name of {code}",
        hldg_qty=str(quantity),
        prpr=str(price),
        pchs_amt=str(quantity * cost),
        evlu_amt=str(quantity * price),
        evlu_pfls_amt=str(quantity * (price - cost)),
        **more,
    )


def fill(history: History, days: dict[str, tuple[int | None, list[dict[str, str]]]]) -> None:
    for day, (net_assets, rows) in days.items():
        history.store(balance(close(day), rows, None if net_assets is None else worth(net_assets)))


def looked_back(history: History, year: int = 2026) -> Year:
    found = look_back(history, KEY, year, is_trading_day)
    assert found is not None
    return found


def test_a_year_in_months(history: History) -> None:
    fill(
        history,
        {"2025-12-30": (100, []), "2026-01-02": (110, []), "2026-01-05": (90, []), "2026-01-30": (105, []), "2026-03-02": (300, [])},
    )
    year = looked_back(history)
    assert year.months == (
        Month(date(2026, 1, 1), 110, 105, 90, date(2026, 1, 5), 110, date(2026, 1, 2), 3),
        Month(date(2026, 3, 1), 300, 300, 300, date(2026, 3, 2), 300, date(2026, 3, 2), 1),
    )
    assert (year.basis, year.last, year.opening, year.closing, year.change) == (date(2025, 12, 30), date(2026, 3, 2), 100, 300, 200)
    assert year.line[0] == (date(2026, 1, 2), 110)


def test_without_an_earlier_year_the_first_day_is_what_all_is_compared_with(history: History) -> None:
    fill(history, {"2026-03-03": (100, [row("A", 1, 50, 10)]), "2026-03-04": (120, [row("A", 1, 70, 10)])})
    year = looked_back(history)
    assert (year.basis, year.opening, year.change, year.contributed, year.rest) == (date(2026, 3, 3), 100, 20, 20, 0)


def test_days_in_the_future_are_left_out(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was wrong once has stored one."""
    fill(history, {"2026-05-04": (10, [row("A", 1, 10, 10)]), "2026-05-08": (30, [row("A", 1, 30, 10)]), "2026-12-01": (10, [])})
    monkeypatch.setattr(kst, "now", lambda: datetime(2026, 5, 8, 9, tzinfo=kst.KST))
    year = looked_back(history)
    assert (year.last, year.change, year.contributed, year.future) == (date(2026, 5, 8), 20, 20, (date(2026, 12, 1),))
    assert year.missing == (date(2026, 5, 6), date(2026, 5, 7))
    assert [month.first.month for month in year.months] == [5]


def test_missing_trading_days_are_named_and_no_others(history: History) -> None:
    """1 to 3 May 2026 are a holiday and a weekend; before the first stored day of all there is nothing to miss."""
    fill(history, {"2026-04-29": (1, []), "2026-05-04": (2, []), "2026-05-08": (3, [])})
    assert looked_back(history).missing == (date(2026, 4, 30), date(2026, 5, 6), date(2026, 5, 7))


def test_a_year_without_a_stored_day_is_none(history: History) -> None:
    assert look_back(history, KEY, 2026, is_trading_day) is None
    fill(history, {"2025-12-30": (1, [])})
    assert look_back(history, KEY, 2026, is_trading_day) is None
    assert look_back(history, KEY, 2024, is_trading_day) is None


def test_days_without_totals_are_in_no_line(history: History) -> None:
    fill(history, {"2026-01-02": (None, []), "2026-01-05": (5, []), "2026-01-06": (None, [])})
    year = looked_back(history)
    assert (year.line, year.opening, year.closing, year.change, year.rest) == (((date(2026, 1, 5), 5),), None, None, None, None)


def test_days_of_an_unknown_query_are_counted(home: Path, history: History) -> None:
    fill(history, {"2025-12-30": (1, []), "2026-01-02": (2, []), "2026-01-05": (3, [])})
    assert looked_back(history).unknown_query_days == 0
    sql(str(home), "UPDATE kis_snapshot SET query = NULL WHERE day < '2026-01-03'")
    assert looked_back(history).unknown_query_days == 2


def stored(number: int, rows: list[dict[str, str]]) -> Stored:
    return Stored(datetime(2026, 1, 1 + number, 16, tzinfo=kst.KST), tuple(read_holdings(rows)[0]), None)


def contributions(*days: list[dict[str, str]]) -> dict[str, tuple[int, int | None, int]]:
    """Code to contribution, unrealized profit and shares gone, with trading days in between that are not stored."""
    found = contributed([stored(number, rows) for number, rows in enumerate(days)], lambda _day: False)
    return {stock.pdno: (stock.amount, stock.unrealized, stock.gone) for stock in found}


LOAN = {"trad_dvsn_name": "자기융자", "loan_dt": "20260102"}
CASES = {
    "held": ([row("A", 10, 100, 90)], [row("A", 10, 120, 90)], {"A": (200, 300, 0)}),
    "bought": ([], [row("A", 10, 120, 90)], {"A": (300, 300, 0)}),
    "more bought": ([row("A", 10, 100, 90)], [row("A", 20, 120, 100)], {"A": (300, 400, 0)}),
    "all sold": ([row("A", 10, 100, 90)], [], {"A": (0, 0, 10)}),
    "all sold, still listed": ([row("A", 10, 100, 90)], [row("A", 0, 100, 90)], {"A": (0, 0, 10)}),
    "some sold": ([row("A", 10, 100, 90)], [row("A", 4, 120, 90)], {"A": (80, 120, 6)}),
    "split": ([row("A", 10, 100, 90)], [row("A", 20, 55, 45)], {"A": (100, 200, 0)}),
    "merged": ([row("A", 10, 100, 90)], [row("A", 5, 220, 180)], {"A": (100, 200, 0)}),
    "a loan paid back": ([row("A", 10, 100, 90, **LOAN)], [row("A", 10, 101, 90)], {"A": (10, 110, 0)}),
    "in cash and on credit": (
        [row("A", 10, 100, 90), row("A", 10, 100, 80, **LOAN)],
        [row("A", 10, 101, 90), row("A", 10, 101, 80, **LOAN)],
        {"A": (20, 320, 0)},
    ),
}


@pytest.mark.parametrize(("then", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_what_a_stock_contributed(then: list[dict[str, str]], now: list[dict[str, str]], expected: dict[str, tuple[int, int, int]]) -> None:
    assert contributions(then, now) == expected


def test_what_was_gained_before_a_sale_stays_contributed() -> None:
    days = [[row("A", 10, 100, 100)], [row("A", 10, 130, 100)], [], [row("A", 1, 50, 40)]]
    assert contributions(*days) == {"A": (300 + 10, 10, 10)}


def test_a_day_without_a_price_is_no_loss() -> None:
    unpriced = row("A", 10, 0, 90, fltt_rt="-100.00")
    days = [[row("A", 10, 100, 90)], [unpriced], [row("A", 10, 120, 90)]]
    assert contributions(*days) == {"A": (200, 300, 0)}
    assert contributions(*days[:2]) == {"A": (0, None, 0)}


def test_the_largest_contribution_comes_first(history: History) -> None:
    before = [row("A", 1, 10, 10), row("B", 1, 10, 10), row("C", 1, 10, 10)]
    after = [row("A", 1, 5, 10), row("B", 1, 30, 10), row("C", 1, 15, 10)]
    fill(history, {"2025-12-30": (30, before), "2026-01-02": (80, after)})
    year = looked_back(history)
    assert year.stocks[0] == Contribution("B", "name of B", 20, 20, 0, 0)
    assert [stock.pdno for stock in year.stocks] == ["B", "C", "A"]
    assert (year.change, year.contributed, year.rest) == (50, 20, 30)  # 30 more were put in, or came otherwise


PRICES = st.lists(st.integers(1, 10**6), min_size=2, max_size=8)


@settings(deadline=None, max_examples=60)
@given(PRICES, st.integers(1, 1000), st.integers(1, 10**6))
def test_what_is_held_all_year_contributes_its_change_of_profit(prices: Sequence[int], quantity: int, cost: int) -> None:
    days = [[row("A", quantity, price, cost)] for price in prices]
    assert contributions(*days)["A"][0] == quantity * (prices[-1] - prices[0])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1_000, 100_000)), min_size=2, max_size=8))
def test_trades_at_the_close_leave_only_the_last_move_of_what_was_sold_unknown(days: Sequence[tuple[int, int]]) -> None:
    """An account that keeps average costs, as KIS does: what was held overnight gained the change of the price."""
    quantity = cost = price = known = 0
    rows = []
    for wanted, close_price in days:
        known += min(quantity, wanted) * (close_price - price)
        cost = cost + (wanted - quantity) * close_price if wanted >= quantity else round(cost * wanted / quantity)
        quantity, price = wanted, close_price
        one = row("A", quantity, price, 0) | {"pchs_amt": str(cost), "evlu_pfls_amt": str(quantity * price - cost)}
        rows.append([one] if quantity else [])
    first = known - sum(min(q0, q1) * (p1 - p0) for (q0, p0), (q1, p1) in pairwise(days))
    assert first == 0  # nothing is held before the first day
    assert abs(contributions(*rows).get("A", (0, 0, 0))[0] - known) <= 2 * len(days)  # costs and shares are rounded to won


def test_what_had_no_price_on_the_first_day_is_compared_from_the_first_day_with_one(history: History) -> None:
    unpriced = row("100", 18, 0, 50_000) | {"evlu_amt": "0", "fltt_rt": "-100.00000000", "evlu_pfls_amt": "-900000"}
    fill(
        history,
        {
            "2026-11-16": (1_000_000, [unpriced]),
            "2026-11-17": (1_180_000, [row("100", 18, 10_000, 50_000)]),
            "2026-11-18": (1_198_000, [row("100", 18, 11_000, 50_000)]),
        },
    )
    (stock,) = looked_back(history).stocks
    assert stock.amount == 18_000


def test_a_day_of_years_ago_is_no_beginning_of_a_year(history: History) -> None:
    fill(
        history,
        {
            "2023-03-02": (1_000_000, [row("100", 10, 100_000, 100_000)]),
            "2026-11-16": (1_400_000, [row("100", 10, 140_000, 100_000)]),
            "2026-11-17": (1_410_000, [row("100", 10, 141_000, 100_000)]),
        },
    )
    found = looked_back(history)
    assert (found.basis, found.change, found.contributed) == (date(2026, 11, 16), 10_000, 10_000)
