"""What a stock has contributed where the rows tell what was traded: sold and bought again, arrived, split; against a simulated broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from kis_xl import kst
from kis_xl.cli import main
from kis_xl.datafolder import DataFolder
from kis_xl.history import History, Stored
from kis_xl.history.contributions import Contribution, contributions
from kis_xl.history.year import look_back
from kis_xl.parsing import read_holdings
from tests.history_kit import KEY, balance, worth
from tests.rows import holding_row

MONDAY = datetime(2026, 3, 9, 16, tzinfo=kst.KST)
Row = dict[str, str]


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def row(quantity: int, price: int, cost: int, code: str = "A", **more: str) -> Row:
    """A holding at a price, with what all of it has cost."""
    return holding_row(
        pdno=code, prdt_name=f"name of {code}", hldg_qty=str(quantity), prpr=str(price), pchs_amt=str(cost), evlu_amt=str(quantity * price),
        evlu_pfls_amt=str(quantity * price - cost),
    ) | more  # fmt: skip


def stored(moment: datetime, rows: list[Row]) -> Stored:
    return Stored(moment, tuple(read_holdings(rows)[0]), None)


def of(*days: tuple[int, list[Row]]) -> dict[str, Contribution]:
    """Days after Monday, and what is held on them; at 16:00."""
    found = contributions([stored(MONDAY + timedelta(days=after), rows) for after, rows in days], is_weekday)
    return {stock.pdno: stock for stock in found}


def one(then: list[Row], now: list[Row]) -> tuple[int, int, int]:
    """Contribution, shares gone and arrived of the stock A, from Monday to Tuesday."""
    stock = of((0, then), (1, now))["A"]
    return stock.amount, stock.gone, stock.arrived


THEN = row(10, 100, 900)
LOAN = {"trad_dvsn_name": "자기융자", "loan_dt": "20260102"}
NO_PRICE = {"prpr": "0", "evlu_amt": "0", "fltt_rt": "-100.00000000"}
CASES: dict[str, tuple[list[Row], list[Row], tuple[int, int, int]]] = {
    "sold and bought again": ([THEN], [row(10, 110, 1_050, thdt_sll_qty="10", thdt_buyqty="10")], (50, 10, 0)),
    "after the fetch of the day before": ([THEN], [row(10, 110, 1_050, bfdy_sll_qty="10", bfdy_buy_qty="10")], (50, 10, 0)),
    "before the fetch of the day before": (
        [row(10, 100, 900, thdt_sll_qty="7", thdt_buyqty="3")],
        [row(10, 110, 900, bfdy_sll_qty="7", bfdy_buy_qty="3")],
        (100, 0, 0),
    ),
    "part of it sold and bought again": ([THEN], [row(10, 110, 960, thdt_sll_qty="4", thdt_buyqty="4")], (60 + 20, 4, 0)),
    "more sold than there was": ([THEN], [row(2, 110, 210, thdt_sll_qty="13", thdt_buyqty="5")], (10, 13, 0)),
    "bought": ([], [row(10, 110, 1_050, thdt_buyqty="10")], (50, 0, 0)),
    "bought, and some of it sold": ([], [row(6, 110, 630, thdt_buyqty="10", thdt_sll_qty="4")], (30, 4, 0)),
    "added to": ([THEN], [row(15, 110, 1_425, thdt_buyqty="5")], (125, 0, 0)),
    "sold out, still listed": ([THEN], [row(0, 110, 0, thdt_sll_qty="10")], (0, 10, 0)),
    "sold out, and gone": ([THEN], [], (0, 10, 0)),
    "some arrived": ([THEN], [row(15, 110, 1_000)], (100, 0, 5)),
    "some arrived at no gain": ([THEN], [row(15, 110, 1_450)], (100, 0, 5)),
    "some arrived, some were sold": ([THEN], [row(11, 110, 740, thdt_sll_qty="4")], (60, 4, 5)),
    "all arrived": ([], [row(10, 110, 300)], (0, 0, 10)),
    "taken away": ([THEN], [row(4, 110, 360)], (40, 6, 0)),
    "taken away, and bought": ([THEN], [row(9, 110, 885, thdt_buyqty="5")], (40 + 25, 6, 0)),
    "split": ([THEN], [row(50, 21, 900)], (50, 0, 0)),
    "split, then some sold": ([THEN], [row(40, 21, 720, thdt_sll_qty="10")], (40, 10, 0)),
    "split, then all sold": ([THEN], [row(0, 21, 0, thdt_sll_qty="50")], (0, 50, 0)),
    "split, then some sold, and as many bought at what they had cost": (
        [THEN],
        [row(50, 18, 900, thdt_sll_qty="10", thdt_buyqty="10")],
        (-80, 10, 0),
    ),
    "split, then some bought": ([THEN], [row(60, 21, 1_105, thdt_buyqty="10")], (50 + 5, 0, 0)),
    "merged": ([THEN], [row(2, 510, 900)], (20, 0, 0)),
    "merged, then some sold": ([THEN], [row(1, 510, 450, thdt_sll_qty="1")], (10, 1, 0)),
    "merged, and fractions paid out": ([row(13, 100, 1_170)], [row(2, 510, 900)], (20, 0, 0)),
    "merged three into two": ([row(10, 10_000, 80_000)], [row(6, 15_000, 72_000)], (18_000 - 18_000, 0, 0)),
    "merged three into two, then some sold": (
        [row(10, 10_000, 80_000)],
        [row(4, 15_000, 48_000, thdt_sll_qty="2")],
        (12_000 - 12_000, 2, 0),
    ),
    "merged ten into three, and then some bought": (
        [row(100, 10_000, 800_000)],
        [row(35, 30_000, 945_000, thdt_buyqty="5")],
        (105_000 - 200_000, 0, 0),
    ),
    "merged five into two, most of a share paid out, and some bought": (
        [row(7, 900, 5_040)],
        [row(4, 1_845, 7_290, thdt_buyqty="2")],
        (90 - 900, 0, 0),
    ),
    "merged three into two, cheaper that day, and some bought": (
        [row(9, 10_000, 72_000)],
        [row(9, 12_750, 110_250, thdt_buyqty="3")],
        (4_500 - 18_000, 0, 0),
    ),
    "bonus shares, and a fraction paid out": ([row(33, 1_000, 26_400)], [row(36, 950, 26_182)], (8_018 - 6_546, 0, 0)),
    "bonus shares that are only a fraction": ([row(3, 1_000, 2_400)], [row(3, 950, 2_182)], (668 - 546, 0, 0)),
    "bonus shares, a fraction paid out, and some sold": (
        [row(33, 1_000, 26_400)],
        [row(30, 950, 21_818, thdt_sll_qty="6")],
        (6_682 - 5_455, 6, 0),
    ),
    "bonus shares, a fraction paid out, and one bought": (
        [row(1_234, 1_000, 987_200)],
        [row(1_358, 950, 987_859, thdt_buyqty="1")],
        (302_241 - 246_727, 0, 0),
    ),
    "the cost corrected": ([row(10, 1_000, 8_000)], [row(10, 1_000, 6_000)], (2_000, 0, 0)),
    "merged, then some bought": ([THEN], [row(3, 510, 1_400, thdt_buyqty="1")], (20 + 10, 0, 0)),
    "given for nothing, and some bought": ([THEN], [row(22, 100, 1_080, thdt_buyqty="2")], (2_200 - 1_080 - 100, 0, 0)),
    "some arrived, and some were bought": ([THEN], [row(22, 110, 1_500, thdt_buyqty="2")], (100, 0, 10)),
    "given for nothing": ([THEN], [row(12, 90, 900)], (80, 0, 0)),
    "a loan paid back": ([THEN, row(5, 100, 400, **LOAN)], [row(15, 101, 1_300)], (15, 0, 0)),
    "sold from the loan, bought in cash": (
        [THEN, row(5, 100, 400, **LOAN)],
        [row(15, 101, 1_401, thdt_buyqty="5"), row(0, 101, 0, thdt_sll_qty="5", **LOAN)],
        (1515 - 1401 - 200 * 10 // 15, 5, 0),
    ),
    "sold short": ([], [row(10, 100, 0, thdt_sll_qty="10", stln_slng_chgs="1000", evlu_pfls_amt="0")], (0, 0, 0)),
    "sold short, cheaper now": (
        [row(10, 100, 0, stln_slng_chgs="1000", evlu_pfls_amt="0")],
        [row(10, 90, 0, stln_slng_chgs="1000", evlu_pfls_amt="100", thdt_sll_qty="3", thdt_buyqty="3")],
        (100, 0, 0),
    ),
    "less than none": ([row(-10, 100, -1_000)], [row(-4, 90, -400)], (40, 6, 0)),
    "without a price": ([THEN], [row(10, 0, 900, **NO_PRICE)], (0, 0, 0)),
    "one of its rows without a price": (
        [THEN, row(5, 100, 400, **LOAN)],
        [row(10, 120, 900), row(5, 0, 400, **NO_PRICE, **LOAN)],
        (0, 0, 0),
    ),
    "closed while it had no price": ([row(10, 0, 900, **NO_PRICE)], [row(0, 110, 0, thdt_sll_qty="10")], (0, 10, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("then", "now", "expected"), CASES.values(), ids=CASES.keys())
def test_from_one_trading_day_to_the_next(then: list[Row], now: list[Row], expected: tuple[int, int, int]) -> None:
    assert one(then, now) == expected


def test_over_a_gap_only_quantities_are_known() -> None:
    traded = [row(10, 110, 1_050, thdt_sll_qty="10", thdt_buyqty="10")]
    assert of((0, [THEN]), (2, traded))["A"] == Contribution("A", "name of A", -50, 50, 0, 0)
    assert of((0, []), (2, [row(10, 110, 300)]))["A"] == Contribution("A", "name of A", 800, 800, 0, 0)


GAPS: dict[str, tuple[Row, Row, tuple[int, int]]] = {
    "split, then half sold": (row(10, 2_500_000, 10_000_000), row(250, 50_000, 5_000_000), (0, 250)),
    "split, then as many sold as came": (row(10, 20_000, 100_000), row(10, 11_000, 50_000), (10_000, 10)),
    "split, then some sold, the cost rounded": (row(516, 80_000, 41_239_752), row(2434, 16_000, 38_906_030), (0, 146)),
    "merged three into two": (row(10, 10_000, 80_000), row(6, 15_000, 72_000), (0, 0)),
    "merged, and a third sold": (row(100, 10_000, 800_000), row(20, 30_000, 533_333), (66_667 - 133_333, 10)),
    "sold": (row(10, 10_000, 80_000), row(6, 15_000, 48_000), (30_000, 4)),
    "sold, and bought for less": (row(10, 10_000, 120_000), row(10, 9_000, 90_000), (0 + 15_000, 0)),
    "sold, and more bought for less": (row(10, 6_000, 100_000), row(12, 6_000, 72_000), (0 + 28_800, 0)),
    "most sold, some bought for less": (row(10, 6_000, 100_000), row(5, 6_000, 30_000), (0 + 12_000, 5)),
    "sold, and bought at the old cost": (row(100, 20_000, 1_000_000), row(50, 20_000, 1_000_000), (-500_000, 50)),
}


@pytest.mark.parametrize(("then", "now", "expected"), GAPS.values(), ids=GAPS.keys())
def test_over_a_gap_the_cost_tells_splits_and_how_much_is_left_at_most(then: Row, now: Row, expected: tuple[int, int]) -> None:
    stock = of((0, [then]), (2, [now]))["A"]
    assert (stock.amount, stock.gone, stock.arrived) == (*expected, 0)


@pytest.mark.parametrize("seed", range(4))
def test_any_split_or_merger_and_its_trades_are_exact_but_for_a_fraction(seed: int) -> None:
    """Where nothing was bought the cost tells the fraction as well; a sale on the day of a split hides the fraction of a whole share."""
    random = Random(seed)
    for _ in range(500):
        ratio = random.choice([Fraction(*each) for each in ((2, 1), (50, 1), (3, 2), (11, 10), (1, 2), (1, 10), (2, 3), (3, 10), (2, 5))])
        quantity, price = random.choice([7, 10, 33, 100, 1_234]), random.choice([900, 5_000, 70_000, 800_000])
        cost = quantity * price * random.randint(60, 150) // 100
        exact = quantity * ratio
        there = int(exact)
        price_now = max(1, round(price * random.randint(98, 128) / 100 / ratio))
        sold = random.choice([0, random.randint(0, there)])
        bought = random.choice([0, random.randint(1, there + 1)])
        paid = bought * price_now * random.randint(95, 105) // 100
        if not there or not there - sold + bought:
            continue
        cost_now = round(cost * (there - sold) / exact) + paid
        then, now = (
            row(quantity, price, cost),
            row(there - sold + bought, price_now, cost_now, thdt_sll_qty=str(sold), thdt_buyqty=str(bought)),
        )
        amount, gone, arrived = one([then], [now])
        profit = quantity * price - cost
        known = (there - sold + bought) * price_now - cost_now - profit * (there - sold) / exact
        a_share = Fraction(abs(profit), there + 1) if bought or (sold and there == quantity) else 0
        assert abs(amount - known) <= 5 + there // 100 + a_share, (ratio, then, now)
        assert (gone, arrived) == (sold, 0), (ratio, then, now)


def test_a_weekend_is_no_gap_and_days_stored_on_it_are_none() -> None:
    traded = [row(10, 110, 1_050, thdt_sll_qty="10", thdt_buyqty="10")]
    for between in ([], [(5, [row(10, 100, 900)])], [(5, [row(10, 100, 900)]), (6, [row(10, 100, 900)])]):
        assert of((4, [THEN]), *between, (7, traded))["A"].amount == 50
    assert of((4, [THEN]), (5, []), (8, traded))["A"] == Contribution("A", "name of A", 50, 50, 10, 0)  # with a gap each day counts
    assert of((4, [THEN]), (5, [row(10, 120, 900)]))["A"].amount == 200  # and so does the last one


def test_before_the_day_begins_the_day_before_may_be_called_today() -> None:
    traded = [row(10, 110, 1_050, thdt_sll_qty="10", thdt_buyqty="10")]
    early = MONDAY.replace(day=10, hour=7)
    assert contributions([stored(MONDAY, [THEN]), stored(early, traded)], is_weekday)[0].gone == 0
    assert contributions([stored(MONDAY, [THEN]), stored(early.replace(hour=8), traded)], is_weekday)[0].gone == 10


def test_what_arrived_counts_from_the_day_on_which_it_did() -> None:
    found = of((0, []), (1, [row(10, 110, 300)]), (2, [row(10, 120, 300)]))
    assert found["A"] == Contribution("A", "name of A", 100, 900, 0, 10)


def test_a_stock_that_another_one_became_brings_no_second_gain() -> None:
    found = of((0, [THEN]), (1, [row(5, 210, 900, code="B")]), (2, [row(5, 220, 900, code="B")]))
    assert (found["A"].amount, found["A"].gone) == (0, 10)
    assert (found["B"].amount, found["B"].arrived) == (50, 5)


def test_days_without_a_price_are_left_out_whatever_moved_on_them() -> None:
    unpriced = row(10, 0, 900, **NO_PRICE)
    assert of((0, [THEN]), (1, [unpriced]), (2, [row(10, 120, 900)]))["A"].amount == 200
    # bought at 80, sold at the average: what stays of the old gain, and what the bought ones gained
    more = row(15, 0, 1_300, **NO_PRICE, thdt_buyqty="5")
    assert of((0, [THEN]), (1, [more]), (2, [row(15, 120, 1_300)]))["A"].amount == 400
    fewer = row(5, 0, 450, **NO_PRICE, thdt_sll_qty="5")
    assert of((0, [THEN]), (1, [fewer]), (2, [row(5, 120, 450)]))["A"] == Contribution("A", "name of A", 100, 150, 5, 0)
    both = [row(10, 0, 900, **NO_PRICE), row(5, 0, 400, **NO_PRICE, **LOAN, thdt_buyqty="5")]
    assert of((0, [THEN]), (1, both))["A"] == Contribution("A", "name of A", 0, None, 0, 0)
    # what arrived brought a gain that is not known: compared again from the first price on
    arrived = row(15, 0, 1_000, **NO_PRICE)
    assert of((0, [THEN]), (1, [arrived]), (2, [row(15, 120, 1_000)]), (3, [row(15, 121, 1_000)]))["A"].amount == 15
    assert of((0, [THEN]), (1, [unpriced]), (2, [row(15, 120, 1_000)]), (3, [row(15, 121, 1_000)]))["A"].amount == 15
    assert of((0, [unpriced]))["A"].unrealized is None
    assert of((0, [unpriced]), (1, []))["A"] == Contribution("A", "name of A", 0, 0, 10, 0)
    assert of((0, [THEN]), (1, [unpriced]), (2, []))["A"] == Contribution("A", "name of A", 0, 0, 10, 0)


# a broker that keeps average costs


@dataclass
class Broker:
    """One stock of an account, day by day, and what an honest book-keeper knows of it.

    `known` is what the shares have gained by the prices while they were held; `rest` what else changed the net assets.
    """

    random: Random
    price: int = 40_000
    quantity: int = 0
    cost: int = 0
    cash: int = 10**12
    known: Fraction = Fraction(0)
    rest: Fraction = Fraction(0)
    sold: int = 0
    arrived: int = 0
    is_priced: bool = True
    trades: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("thdt_buyqty", "thdt_sll_qty", "bfdy_buy_qty", "bfdy_sll_qty"), 0)
    )

    def next_day(self) -> None:
        """What was traded today was traded yesterday."""
        self.trades |= {"bfdy_buy_qty": self.trades["thdt_buyqty"], "bfdy_sll_qty": self.trades["thdt_sll_qty"]}
        self.trades |= {"thdt_buyqty": 0, "thdt_sll_qty": 0}

    def sell(self, quantity: int, worth: Fraction) -> None:
        """At about the price, of shares that were worth so much each by the last stored day."""
        at = self.near()
        self.trades["thdt_sll_qty"] += quantity
        self.cost -= round(Fraction(self.cost * quantity, self.quantity)) if quantity else 0
        self.quantity -= quantity
        self.cash += quantity * at
        self.rest += quantity * (at - worth)
        self.sold += quantity

    def buy(self, quantity: int) -> Fraction:
        """At about the price; what was paid."""
        paid = quantity * self.near()
        self.trades["thdt_buyqty"] += quantity
        self.quantity, self.cost, self.cash = self.quantity + quantity, self.cost + paid, self.cash - paid
        return Fraction(paid)

    def near(self) -> int:
        return self.price * self.random.randint(90, 110) // 100

    def some(self) -> int:
        return self.random.choice([0, self.random.randint(0, self.quantity), self.quantity])

    def until_the_next_fetch(self, events: str) -> None:
        """From one fetch to the next; the rows then say what was traded. Late trades are of the day that ends."""
        worth = Fraction(self.price)
        late = self.random.choice(["sell", "", "both", "none"]) if "trade" in events else ""
        if late in ("sell", "both"):
            self.sell(self.some(), worth)
        paid, bought = Fraction(0), 0
        if late == "both":
            bought = self.random.randint(0, 50)
            paid += self.buy(bought)
        self.next_day()
        held = self.quantity - bought
        factor = Fraction(1)
        if events.startswith("split") and held:
            factor = (
                Fraction(self.random.choice([2, 5, 10]))
                if held % 10 or self.random.random() < 0.5
                else Fraction(1, self.random.choice([2, 5, 10]))
            )
            self.quantity, self.price, worth = int(self.quantity * factor), int(self.price / factor), worth / factor
        if events.startswith("bonus") and held:
            factor = 1 + Fraction(self.random.randint(1, held), held)
            self.quantity, worth = int(self.quantity * factor), worth / factor
        self.price = max(100, self.price * self.random.randint(75, 125) // 100)
        if "sell" in events or ("trade" in events and late != "both"):
            self.sell(self.some() if events != "split sell" else self.quantity // 3, worth)
        if events == "out" and self.quantity:
            gone = self.random.randint(1, self.quantity)
            self.cost -= round(Fraction(self.cost * gone, self.quantity))
            self.quantity -= gone
            self.sold += gone
            self.rest -= gone * worth
        stay = self.quantity - bought
        if "trade" in events or events in ("out", "split buy"):
            more = self.random.randint(0, 50)
            paid, bought = paid + self.buy(more), bought + more
        if events.startswith("in"):
            came = self.random.randint(1, 50)
            self.quantity, self.cost = self.quantity + came, self.cost + came * self.random.randint(1_001, 99_991)
            self.arrived += came
            self.rest += came * self.price
        self.known += stay * (self.price - worth) + bought * self.price - paid

    def rows(self) -> list[Row]:
        """As the service shows them: in cash, some on credit, nothing of what is long gone."""
        trades = {key: str(count) for key, count in self.trades.items()}
        if not self.quantity and not any(self.trades.values()):
            return []
        loan = self.random.randint(0, self.quantity) if self.random.random() < 0.3 else 0
        lent = self.cost * loan // self.quantity if self.quantity else 0
        price = {} if self.is_priced else NO_PRICE
        rows = [row(self.quantity - loan, self.price, self.cost - lent, **trades, **price)]
        return rows + ([row(loan, self.price, lent, **LOAN, **price)] if loan else [])

    @property
    def worth(self) -> int:
        return self.cash + self.quantity * self.price


EVENTS = ("trade", "trade", "trade", "nothing", "in", "in sell", "out", "split", "split sell", "split buy", "bonus", "unpriced")


def simulated(seed: int) -> tuple[Broker, list[tuple[datetime, list[Row], int]]]:
    """A broker after some weeks, and what was fetched of it: on every weekday, and on some weekends."""
    random = Random(seed)
    broker = Broker(random, quantity=random.randint(0, 500))
    broker.cost = broker.quantity * random.randint(10_000, 90_000)
    days = [(MONDAY, broker.rows(), broker.worth)]
    for number in range(1, 30):
        moment = MONDAY + timedelta(days=number)
        if not is_weekday(moment.date()):
            if random.random() < 0.3:
                days.append((moment, broker.rows(), broker.worth))
            continue
        events = random.choice(EVENTS) if broker.is_priced else "trade"
        broker.is_priced = events != "unpriced" or number == 29
        if broker.is_priced:
            broker.until_the_next_fetch(events)
        else:
            broker.next_day()
        days.append((moment, broker.rows(), broker.worth))
    return broker, days


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_against_a_broker_that_keeps_average_costs(first: int) -> None:
    """Contributions, shares sold and arrived, whatever happened: costs are rounded to won, once a sale, and parts of profits are."""
    for seed in range(first, first + 100):
        broker, days = simulated(seed)
        found = contributions([stored(moment, rows) for moment, rows, _ in days], is_weekday)
        amount, sold, arrived = (found[0].amount, found[0].gone, found[0].arrived) if found else (0, 0, 0)
        assert abs(amount - broker.known) <= 2 * len(days), seed
        assert (sold, arrived) == (broker.sold, broker.arrived), seed


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


def test_contributions_and_the_rest_are_the_whole_change(history: History) -> None:
    broker, days = simulated(3)
    for moment, rows, net_assets in days:
        history.store(balance(moment, rows, worth(net_assets)))
    year = look_back(history, KEY, 2026, is_weekday)
    assert year is not None
    assert year.rest is not None
    assert year.missing == ()
    assert abs(year.rest - broker.rest) <= 2 * len(days)
    assert broker.rest != 0


def test_the_command_shows_what_arrived(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    for number, rows in enumerate(([THEN], [row(15, 110, 1_000)])):
        history.store(balance(MONDAY + timedelta(days=number), rows, worth(1_000 + 650 * number)))
    assert main(["history", "year", "2026"]) == 0
    out = capsys.readouterr().out
    assert "Shares arrived" in out
    assert "Shares gone" in out
    assert [cell.strip() for cell in next(line for line in out.splitlines() if "name of A" in line).split("│")][2:] == [
        "+100",
        "650",
        "",
        "5",
    ]
    assert "What they had gained before is not in the contribution." in out
    assert main(["history", "year", "2026", "--json"]) == 0
    (stock,) = json.loads(capsys.readouterr().out)["stocks"]
    assert stock == {"pdno": "A", "prdt_name": "name of A", "amount": 100, "unrealized": 650, "gone": 0, "arrived": 5}


def test_the_command_has_no_column_for_nothing(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    history.store(balance(MONDAY, [THEN], worth(1_000)))
    assert main(["history", "year", "2026"]) == 0
    assert "arrived" not in capsys.readouterr().out
