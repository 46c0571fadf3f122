"""Two balances compared, stock by stock."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl.changes import CHANGE_FIELDS, TABLE_FIELDS, Change, Move, State, changes, changes_together, table_values, values
from kis_xl.fields import Holding, Kind
from kis_xl.language import Language
from kis_xl.parsing import read_holdings
from kis_xl.splits import Lot, Verdict, staying, verdict
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


# split, not traded


def cost(quantity: int, price: int, paid: int, **more: str) -> Holding:
    """The stock 005930 at a price, with what all of it has cost."""
    worth = quantity * price
    return held("005930", quantity, worth, worth - paid, prpr=str(price), pchs_amt=str(paid), **more)


@pytest.mark.parametrize(
    ("now", "move"),
    [
        (cost(50, 14_400, 600_000), Move.SPLIT),  # five for one
        (cost(1, 720_000, 600_000), Move.SPLIT),  # one for ten
        (cost(12, 60_000, 600_000), Move.SPLIT),  # two bonus shares
        (cost(50, 14_400, 600_001), Move.SPLIT),  # a won is rounding
        (cost(50, 14_400, 605_000), Move.ADDED),
        (cost(20, 72_000, 1_300_000), Move.ADDED),
        (cost(5, 72_000, 300_000), Move.REDUCED),
        (cost(10, 72_000, 650_000), Move.KEPT),
    ],
)
def test_a_quantity_that_changed_at_the_same_cost_was_not_traded(now: Holding, move: Move) -> None:
    (change,) = changes([cost(10, 70_000, 600_000)], [now])
    assert change.move is move
    assert change.state is State.HELD
    if move is Move.SPLIT:
        assert (change.price_effect, change.quantity_effect) == (now.evlu_amt - 700_000, 0)


def test_what_was_merged_keeps_its_cost_but_for_the_fractions() -> None:
    """Ten into one, and the five that make no whole one are paid out at the average: they went."""
    (change,) = changes([cost(105, 1_000, 84_000)], [cost(10, 11_000, 80_000)])
    assert (change.move, change.price_effect, change.quantity_effect) == (Move.SPLIT, 10_000, -5_000)


def test_without_a_price_a_merger_is_told_by_its_cost_alone() -> None:
    def of(then: tuple[int, int], now: tuple[int, int]) -> Verdict:
        return verdict(Lot(*then, Fraction(0)), Lot(*now, Fraction(0)))

    assert of((105, 84_000), (10, 80_000)) is Verdict.SPLIT
    assert of((105, 84_000), (10, 8_000)) is Verdict.UNKNOWN  # sold
    assert of((105, 84_000), (11, 88_000)) is Verdict.UNKNOWN  # more than are whole
    assert of((105, 84_000), (10, 79_000)) is Verdict.UNKNOWN
    assert of((10, 0), (20, 0)) is Verdict.TRADED  # no cost tells nothing
    assert of((10, 900), (10, 900)) is Verdict.TRADED


TRADES: dict[str, tuple[Holding, Holding, tuple[Move, int | None, int | None]]] = {
    "split, then half sold": (cost(10, 2_500_000, 10_000_000), cost(250, 50_000, 5_000_000), (Move.SPLIT, 0, -12_500_000)),
    "split, then as many sold as came": (cost(10, 20_000, 100_000), cost(10, 11_000, 50_000), (Move.SPLIT, 10_000, -100_000)),
    "split, then some bought": (cost(10, 2_500_000, 10_000_000), cost(510, 50_000, 10_500_000), (Move.ADDED, None, None)),
    "split, then many bought": (cost(10, 20_000, 100_000), cost(120, 10_000, 1_100_000), (Move.ADDED, None, None)),
    "split, then sold and bought": (cost(10, 2_500_000, 10_000_000), cost(300, 50_000, 9_000_000), (Move.ADDED, None, None)),
    "split, then most sold, some bought": (cost(10, 20_000, 100_000), cost(8, 10_500, 51_000), (Move.REDUCED, None, None)),
    "bonus shares, then some sold": (cost(10, 12_000, 100_000), cost(11, 10_000, 91_667), (Move.ADDED, None, None)),
    "bonus shares, then some bought": (cost(100, 12_000, 1_000_000), cost(125, 10_000, 1_050_000), (Move.ADDED, None, None)),
    "merged three into two": (cost(10, 10_000, 80_000), cost(6, 15_000, 72_000), (Move.SPLIT, 0, -10_000)),
    "merged ten into three": (cost(101, 1_000, 90_900), cost(30, 3_000, 90_000), (Move.SPLIT, -10_000, -1_000)),
    "merged five into two, then half sold": (cost(100, 1_000, 90_000), cost(20, 2_600, 45_000), (Move.SPLIT, 2_000, -50_000)),
    "merged, then some bought": (cost(10, 10_000, 80_000), cost(7, 15_000, 87_000), (Move.REDUCED, None, None)),
    "merged, then more bought than there were": (cost(100, 1_000, 90_000), cost(110, 10_000, 1_090_000), (Move.ADDED, None, None)),
    "added": (cost(10, 10_000, 80_000), cost(15, 11_000, 132_000), (Move.ADDED, 10_000, 55_000)),
    "added on the way down": (cost(10, 10_000, 100_000), cost(20, 6_000, 165_000), (Move.ADDED, -40_000, 60_000)),
    "added in a trough of the price": (cost(10, 10_000, 100_000), cost(20, 9_500, 170_000), (Move.ADDED, -5_000, 95_000)),
    "subscribed for half the price": (cost(100, 10_000, 900_000), cost(120, 9_500, 1_000_000), (Move.ADDED, None, None)),
    "sold": (cost(10, 10_000, 80_000), cost(6, 15_000, 48_000), (Move.REDUCED, 30_000, -40_000)),
    "sold, the average rounded": (cost(7, 10_000, 80_001), cost(3, 25_000, 34_287), (Move.REDUCED, 45_000, -40_000)),
    "sold, then bought at a higher price": (cost(10, 10_000, 80_000), cost(6, 12_000, 56_000), (Move.REDUCED, 12_000, -40_000)),
    "sold, and bought at the old cost": (cost(100, 20_000, 1_000_000), cost(50, 20_000, 1_000_000), (Move.REDUCED, None, None)),
    "sold with a loss, and more bought": (cost(10, 6_000, 100_000), cost(12, 6_000, 72_000), (Move.ADDED, None, None)),
    "all sold, as many bought at half the cost": (cost(100, 6_000, 1_000_000), cost(100, 6_000, 500_000), (Move.KEPT, 0, 0)),
    "sold and bought again": (cost(10, 10_000, 80_000), cost(10, 14_000, 120_000), (Move.KEPT, 40_000, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("then", "now", "expected"), TRADES.values(), ids=TRADES.keys())
def test_what_is_split_and_traded_is_told_or_left_open(then: Holding, now: Holding, expected: tuple[Move, int | None, int | None]) -> None:
    (change,) = changes([then], [now])
    assert (change.move, change.price_effect, change.quantity_effect) == expected
    assert change.is_priced


@given(
    st.integers(10, 10**5), st.integers(500, 10**6), st.integers(500, 10**6), st.integers(-29, 29), st.integers(0, 10**5),
    st.integers(-29, 29), st.booleans(),
)  # fmt: skip
def test_a_mere_trade_of_a_day_is_always_divided(
    quantity: int, paid: int, price: int, moved: int, traded: int, off: int, sold: bool
) -> None:
    """Whatever the shares have cost: from one day to the next a price moves at most 30 %, and what is bought costs about that."""
    price_now = price * (100 + moved) // 100
    whole = quantity * paid
    if sold:
        left = quantity - 1 - traded % (quantity - 1)
        now = cost(left, price_now, round(whole * left / quantity))
    else:
        now = cost(quantity + traded, price_now, whole + traded * (price * (100 + off) // 100))
    (change,) = changes([cost(quantity, price, whole)], [now])
    assert change.price_effect == min(quantity, now.hldg_qty) * (price_now - price)
    assert change.move is not Move.SPLIT


def test_costs_that_rounding_hides_and_prices_that_are_missing() -> None:
    assert verdict(Lot(2, 4, Fraction(2)), Lot(1, 3, Fraction(4))) is Verdict.TRADED
    assert verdict(Lot(2, 4, Fraction(2)), Lot(1, 4, Fraction(2))) is Verdict.SPLIT
    assert verdict(Lot(-2, -4_000, Fraction(2_000)), Lot(1, 4_000, Fraction(2_000))) is Verdict.TRADED
    assert verdict(Lot(10, 10_000, Fraction(0)), Lot(20, 9_000, Fraction(0))) is Verdict.UNKNOWN
    assert verdict(Lot(10, 10_000, Fraction(0)), Lot(20, 10_000, Fraction(0))) is Verdict.SPLIT


# several accounts

Pair = tuple[list[Holding], list[Holding]]


def test_several_accounts_are_compared_one_by_one_and_added_up() -> None:
    accounts = [
        ([cost(100, 990, 50_000)], [cost(90, 1_000, 45_000)]),
        ([cost(10, 500, 5_000), held("000660", 1, 9)], [cost(10, 1_000, 5_000), held("035720", 2, 8)]),
        ([], [held("000660", 0, thdt_sll_qty="1"), held("035720", 1, 4)]),
    ]
    apart = [changes(*pair) for pair in accounts]
    whole = changes_together(accounts)
    assert [change.pdno for change in whole] == ["005930", "035720", "000660"]
    assert [change.move for change in whole] == [Move.REDUCED, Move.NEW, Move.CLOSED]
    assert [change.state for change in whole] == [State.HELD, State.NEW, State.CLOSED]
    first = whole[0]
    assert (first.quantity_then, first.quantity_now, first.cost_then, first.cost_now) == (110, 100, 55_000, 50_000)
    assert (first.price_effect, first.quantity_effect, first.valuation_difference) == (900 + 5_000, -9_900, -4_000)
    for change in whole:
        mine = [each for part in apart for each in part if each.pdno == change.pdno]
        for key in ("valuation_difference", "profit_difference", "quantity_difference"):
            assert getattr(change, key) == sum(getattr(each, key) for each in mine)


def test_of_several_accounts_an_effect_that_one_does_not_know_is_not_known() -> None:
    known = ([cost(10, 70_000, 600_000)], [cost(10, 72_000, 600_000)])
    unpriced = ([cost(10, 0, 600_000)], [cost(10, 72_000, 600_000)])
    (change,) = changes_together([known, unpriced])
    assert (change.is_priced, change.price_effect, change.quantity_effect) == (False, None, None)
    open_ = ([cost(10, 2_500_000, 10_000_000)], [cost(510, 50_000, 10_500_000)])
    (change,) = changes_together([known, open_])
    assert (change.is_priced, change.price_effect, change.quantity_effect) == (True, None, None)


def test_of_several_accounts_a_split_in_one_is_a_split() -> None:
    split = ([cost(10, 70_000, 600_000)], [cost(50, 14_400, 600_000)])
    sold: Pair = ([cost(10, 70_000, 600_000)], [])
    (change,) = changes_together([sold, split])
    assert (change.state, change.move, change.price_effect, change.quantity_effect) == (State.HELD, Move.SPLIT, 20_000, -700_000)
    moved: Pair = ([], [cost(10, 72_000, 600_000)])
    (change,) = changes_together([sold, moved])
    assert (change.state, change.move, change.price_effect, change.quantity_effect) == (State.HELD, Move.KEPT, 0, 20_000)


def test_a_tick_between_two_rows_is_no_missing_price() -> None:
    then = [cost(10, 100, 900), cost(5, 101, 400, trad_dvsn_name="자기융자", loan_dt="20260102")]
    now = [cost(10, 110, 900), cost(5, 111, 400, trad_dvsn_name="자기융자", loan_dt="20260102")]
    (change,) = changes(then, now)
    assert (change.price_then, change.price_now, change.is_priced) == (101, 111, True)
    assert (change.price_effect, change.quantity_effect) == (150, 0)
    (change,) = changes(then, now[:1])
    assert (change.move, change.price_effect, change.quantity_effect) == (Move.REDUCED, 90, -495)


def test_a_row_without_a_price_leaves_the_stock_without_one() -> None:
    unpriced = cost(5, 0, 400, trad_dvsn_name="자기융자", loan_dt="20260102", fltt_rt="-100.00000000")
    for rows in ([cost(10, 110, 900), unpriced], [unpriced, cost(10, 110, 900)]):
        (change,) = changes([cost(15, 100, 1_300)], rows)
        assert (change.is_priced, change.price_effect) == (False, None)
    sold = cost(0, 0, 0, trad_dvsn_name="자기융자")
    (change,) = changes([cost(15, 100, 1_300)], [cost(10, 110, 900), sold])
    assert change.price_effect == 100


def test_less_than_none_is_held_too() -> None:
    assert [staying(*pair) for pair in ((10, 4), (-10, -4), (4, -4), (0, -4), (-4, 0), (0, 0))] == [4, -4, 0, 0, 0, 0]
    (change,) = changes([cost(-10, 100, -1_000)], [cost(-4, 110, -400)])
    assert (change.price_effect, change.quantity_effect) == (-40, 600)


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


@pytest.mark.parametrize(("language", "move", "unpriced"), [("ko", "추가", " (시세 없음)"), ("en", "added", " (no price)")])
def test_the_function_tells_the_move_and_what_made_it(language: Language, move: str, unpriced: str) -> None:
    assert TABLE_FIELDS[:12] == CHANGE_FIELDS
    assert [(field.key, field.ko, field.en, field.kind) for field in TABLE_FIELDS[12:]] == [
        ("move", "변동 구분", "Move", Kind.TEXT),
        ("price_effect", "가격 영향", "Price effect", Kind.WON),
        ("quantity_effect", "수량 영향", "Quantity effect", Kind.WON),
    ]
    (change,) = changes([cost(10, 100, 900)], [cost(15, 110, 1_450)])
    assert table_values(change, language) == (*values(change, language), move, 100, 550)
    (change,) = changes([cost(10, 100, 900)], [cost(15, 0, 1_450)])
    assert table_values(change, language)[12:] == (move + unpriced, None, None)
