"""Two balances compared, stock by stock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl.changes import CHANGE_FIELDS, Change, State, changes, values
from kis_xl.fields import Holding, Kind
from kis_xl.language import Language
from kis_xl.parsing import read_holdings
from tests.rows import holding_row


def held(code: str, quantity: int, worth: int = 0, profit: int = 0, name: str = "", **more: str) -> Holding:
    row = holding_row(pdno=code, prdt_name=name, hldg_qty=str(quantity), evlu_amt=str(worth), evlu_pfls_amt=str(profit), **more)
    return read_holdings([row])[0][0]


def test_each_stock_is_new_closed_or_held() -> None:
    then = [held("000660", 3, 450, 149, "SK하이닉스"), held("005930", 10, 700, -20, "삼성전자")]
    now = [held("035720", 1, 50, 5, "카카오"), held("005930", 12, 900, 30, "삼성전자")]
    assert changes(then, now) == (
        Change("035720", "카카오", State.NEW, 0, 1, 0, 50, 0, 5),
        Change("005930", "삼성전자", State.HELD, 10, 12, 700, 900, -20, 30),
        Change("000660", "SK하이닉스", State.CLOSED, 3, 0, 450, 0, 149, 0),
    )


def test_differences_are_now_less_then() -> None:
    (change,) = changes([held("005930", 10, 700, -20)], [held("005930", 4, 300, 30)])
    assert (change.quantity_difference, change.valuation_difference, change.profit_difference) == (-6, -400, 50)


def test_unchanged_stocks_are_in_it() -> None:
    rows = [held("005930", 10, 700, -20), held("000660", 3, 450, 149)]
    unchanged = changes(rows, rows)
    assert [change.state for change in unchanged] == [State.HELD, State.HELD]
    assert {change.valuation_difference for change in unchanged} == {0}


def test_rows_of_one_stock_count_together() -> None:
    cash, loan = (
        held("005930", 10, 700, -20, trad_dvsn_name="현금"),
        held("005930", 5, 350, 10, trad_dvsn_name="자기융자", loan_dt="20260102"),
    )
    (change,) = changes([cash, loan], [cash])
    assert (change.state, change.quantity_then, change.quantity_now) == (State.HELD, 15, 10)
    assert (change.valuation_difference, change.profit_difference) == (-350, -10)


def test_sold_out_today_is_not_held() -> None:
    kept, sold = held("005930", 10), held("005930", 0, thdt_sll_qty="10")
    assert [change.state for change in changes([kept], [sold])] == [State.CLOSED]
    assert [change.state for change in changes([sold], [kept])] == [State.NEW]
    assert changes([sold], [sold]) == ()
    loan = held("005930", 2, trad_dvsn_name="자기융자")
    assert [change.quantity_now for change in changes([kept], [sold, loan])] == [2]


def test_the_order_is_that_of_now_then_of_then() -> None:
    then = [held(code, 1) for code in ("Q500001", "000020", "005930", "000010")]
    now = [held(code, 1) for code in ("900140", "005930", "000030")]
    assert [change.pdno for change in changes(then, now)] == ["900140", "005930", "000030", "Q500001", "000020", "000010"]


def test_a_stock_that_was_renamed_has_its_new_name() -> None:
    (change,) = changes([held("035720", 1, name="다음카카오")], [held("035720", 1, name="카카오")])
    assert (change.prdt_name, change.state) == ("카카오", State.HELD)


def test_from_nothing_and_to_nothing() -> None:
    rows = [held("005930", 10, 700, -20)]
    assert changes([], []) == ()
    assert [change.state for change in changes([], rows)] == [State.NEW]
    assert [change.state for change in changes(rows, [])] == [State.CLOSED]


def test_amounts_of_any_length_are_exact() -> None:
    (change,) = changes([held("005930", 1, -(10**19 - 1))], [held("005930", 1, 10**19 - 1)])
    assert change.valuation_difference == 2 * (10**19 - 1)


ROWS = st.lists(
    st.builds(held, st.sampled_from(["005930", "000660", "Q500001", "035720"]), *[st.integers(0, 3)] * 2, st.integers(-9, 9)), max_size=8
)


@given(ROWS, ROWS)
def test_there_and_back_again(then: list[Holding], now: list[Holding]) -> None:
    """What is new one way is closed the other way, and all differences change their sign."""
    forth, back = ({change.pdno: change for change in changes(*pair)} for pair in ((then, now), (now, then)))
    turned = {State.NEW: State.CLOSED, State.CLOSED: State.NEW, State.HELD: State.HELD}
    assert forth.keys() == back.keys() == {row.pdno for row in (*then, *now) if row.hldg_qty}
    for code, change in forth.items():
        other = back[code]
        assert other.state is turned[change.state]
        assert other.quantity_difference == -change.quantity_difference
        assert other.valuation_difference == -change.valuation_difference
        assert other.profit_difference == -change.profit_difference
        assert change.quantity_now == sum(row.hldg_qty for row in now if row.pdno == code)


def test_the_columns_are_a_tables() -> None:
    assert [(field.key, field.ko, field.en, field.kind) for field in CHANGE_FIELDS] == [
        ("pdno", "상품번호", "Code", Kind.CODE),
        ("prdt_name", "상품명", "Name", Kind.TEXT),
        ("state", "구분", "State", Kind.TEXT),
        ("hldg_qty_then", "당시 수량", "Quantity then", Kind.QUANTITY),
        ("hldg_qty_now", "현재 수량", "Quantity now", Kind.QUANTITY),
        ("hldg_qty_diff", "수량 증감", "Quantity difference", Kind.QUANTITY),
        ("evlu_amt_then", "당시 평가금액", "Valuation then", Kind.WON),
        ("evlu_amt_now", "현재 평가금액", "Valuation now", Kind.WON),
        ("evlu_amt_diff", "평가금액 증감", "Valuation difference", Kind.WON),
        ("evlu_pfls_amt_then", "당시 평가손익", "Profit then", Kind.WON),
        ("evlu_pfls_amt_now", "현재 평가손익", "Profit now", Kind.WON),
        ("evlu_pfls_amt_diff", "평가손익 증감", "Profit difference", Kind.WON),
    ]


@pytest.mark.parametrize(("language", "states"), [("ko", ["신규", "보유", "청산"]), ("en", ["new", "held", "closed"])])
def test_values_stand_in_the_columns_order(language: Language, states: list[str]) -> None:
    then = [held("000660", 3, 450, 149, "SK하이닉스"), held("005930", 10, 700, -20, "삼성전자")]
    now = [held("035720", 1, 50, 5, "카카오"), held("005930", 12, 900, 30, "삼성전자")]
    rows = [values(change, language) for change in changes(then, now)]
    assert [row[2] for row in rows] == states
    assert rows[1] == ("005930", "삼성전자", states[1], 10, 12, 2, 700, 900, 200, -20, 30, 50)
    for row in rows:
        assert [type(value) for value in row] == [field.kind.python_type for field in CHANGE_FIELDS]
