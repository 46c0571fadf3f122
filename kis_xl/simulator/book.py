"""What a made-up account holds, row by row.

Every row is worked out from the account's seed and the row's number alone, so that a page needs only its own rows and
an account of 100,000 rows costs no memory. Rows come in blocks of twenty that hold sixteen stocks:

    row of the block    0     1 2 3   4       5       6   7         8 9   10      11 … 19
    what                loan  cash    loan    loan    cash sold out  cash  loan    cash

A loan row belongs to the stock of the cash row before it. Row 0 of a block continues the stock of the block before, so
that one stock stands on both sides of a page's end at 20 and at 50 rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from kis_xl.simulator.stocks import Stock, stock

_CASH, _LOAN, _SECOND_LOAN, _SOLD = range(4)
#: For each row of a block: which of the block's stocks, and how it is held.
_BLOCK: tuple[tuple[int, int], ...] = (
    (0, _LOAN),
    (1, _CASH),
    (2, _CASH),
    (3, _CASH),
    (3, _LOAN),
    (3, _SECOND_LOAN),
    (4, _CASH),
    (5, _SOLD),
    (6, _CASH),
    (7, _CASH),
    (7, _LOAN),
    *((number, _CASH) for number in range(8, 17)),
)
_STOCKS_A_BLOCK = 16
#: The by-stock view of a block: the two loans of one stock become one row.
_JOINED: tuple[tuple[int, ...], ...] = (*((row,) for row in range(4)), (4, 5), *((row,) for row in range(6, 20)))
#: This row has no price: "0", which is not a worthless holding.
_UNPRICED_ROW = 13
_FIRST_LOAN = date(2025, 9, 1)
_LOAN_DAYS = 90
_MASK = (1 << 64) - 1


class Lot(NamedTuple):
    """One row in numbers: quantities in shares, amounts and prices in won; `previous` is the previous day's close."""

    stock: Stock
    quantity: int
    purchase: int
    price: int
    previous: int
    bought: int = 0
    sold: int = 0
    bought_before: int = 0
    sold_before: int = 0
    loan: int = 0
    loan_date: date | None = None

    @property
    def valuation(self) -> int:
        """Quantity times price; 0 where there is no price."""
        return self.quantity * self.price

    @property
    def profit(self) -> int:
        """Valuation less purchase amount; 0 where there is no price."""
        return self.valuation - self.purchase if self.price else 0

    @property
    def expiry(self) -> date | None:
        """When the loan is due."""
        return self.loan_date + timedelta(days=_LOAN_DAYS) if self.loan_date else None


class Totals(NamedTuple):
    """Sums over all rows of an account, in won; `change` is what the day's moves made of the holdings."""

    purchase: int = 0
    valuation: int = 0
    profit: int = 0
    loan: int = 0
    bought: int = 0
    sold: int = 0
    bought_before: int = 0
    sold_before: int = 0
    change: int = 0


def lot(seed: int, index: int) -> Lot:
    """The row `index` (from 0) of the account with this seed."""
    block, place = divmod(index, len(_BLOCK))
    offset, how = _BLOCK[place] if index else (0, _CASH)
    number = block * _STOCKS_A_BLOCK + offset
    listed = stock(number)
    price, previous = _prices(seed, number, listed.price)
    draw = _mix(seed, 2 * index + 1)
    step = tick(price)
    quantity = max(1, (300_000 + draw % 20_000_000) // price)
    average = max(step, price * (60 + (draw >> 25) % 90) // 100 // step * step)
    # several purchases at neighbouring prices: the average is rarely a whole number
    purchase = quantity * average + (draw >> 32) % quantity * step
    if how == _SOLD:
        return Lot(listed, 0, 0, price, previous, sold=quantity)
    if how in (_LOAN, _SECOND_LOAN):
        opened = _FIRST_LOAN + timedelta(days=(draw >> 40) % 60 + (60 if how == _SECOND_LOAN else 0))
        # a purchase on margin counts as loan in full until it settles
        loan = purchase if how == _LOAN else purchase * 6 // 10
        return Lot(listed, quantity, purchase, price, previous, loan=loan, loan_date=opened)
    if index == _UNPRICED_ROW:
        return Lot(listed, quantity, purchase, 0, previous)
    bought = (draw >> 44) % quantity if draw >> 60 == 1 else 0
    sold = 1 + (draw >> 44) % quantity if draw >> 60 == 2 else 0
    bought_before = (draw >> 44) % quantity if draw >> 60 == 3 else 0
    sold_before = 1 + (draw >> 44) % quantity if draw >> 60 == 4 else 0
    return Lot(listed, quantity, purchase, price, previous, bought, sold, bought_before, sold_before)


def joined_lot(seed: int, rows: int, index: int) -> Lot:
    """The row `index` of the by-stock view of an account of that many rows: loans of one stock are one row, undated."""
    block, place = divmod(index, len(_JOINED))
    members = [lot(seed, row) for row in (block * len(_BLOCK) + member for member in _JOINED[place]) if row < rows]
    first = members[0]
    return first._replace(
        quantity=sum(member.quantity for member in members),
        purchase=sum(member.purchase for member in members),
        loan=sum(member.loan for member in members),
        loan_date=None,
    )


def joined_rows(rows: int) -> int:
    """How many rows the by-stock view of an account of `rows` rows has."""
    blocks, rest = divmod(rows, len(_BLOCK))
    return blocks * len(_JOINED) + sum(members[0] < rest for members in _JOINED)


def on_day(row: Lot, seed: int, day: date) -> Lot:
    """The row as it stands on that day, when prices go on from day to day: nothing is traded, so what was sold is still held.

    A day's previous close is the price of the weekday before. At weekends prices are Friday's.
    """
    held = row.quantity or row.sold
    purchase = row.purchase or held * row.price * 9 // 10
    weeks, weekday = divmod(day.toordinal() - 1, 7)  # day 1 was a Monday
    number = 5 * weeks + min(weekday, 4)
    start = row.price or row.previous
    price, previous = (_price_on(seed, row.stock.code, start, each) for each in (number, number - 1))
    return Lot(row.stock, held, purchase, price if row.price else 0, previous, loan=row.loan, loan_date=row.loan_date)


#: How prices swing: so far to either side, in parts of a thousand, and in so many weekdays there and back.
_SWINGS = ((15, 7), (40, 23), (80, 97))


def _price_on(seed: int, code: str, start: int, number: int) -> int:
    """The price of a stock on a weekday, which swings about `start` by at most a seventh, and from one to the next by at most 4 %."""
    draw = _mix(seed, crc32(code.encode()))
    moved = 0
    for wide, days in _SWINGS:
        place = 4 * wide * ((number + draw) % days) // days
        moved += wide - abs(place - 2 * wide)
        draw >>= 16
    price = start * (1_000 + moved) // 1_000
    return max(1, price - price % tick(price))


@lru_cache(maxsize=64)
def totals(seed: int, rows: int) -> Totals:
    """The sums over the account's rows; worked out once, since every page carries them."""
    return sums_of(lot(seed, index) for index in range(rows))


def sums_of(rows: Iterable[Lot]) -> Totals:
    """The sums over some rows."""
    sums = [0] * len(Totals._fields)
    for row in rows:
        change = row.quantity * (row.price - row.previous) if row.price else 0
        parts = (row.purchase, row.valuation, row.profit, row.loan, *_trades(row), change)
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return Totals(*sums)


def _trades(row: Lot) -> tuple[int, int, int, int]:
    """What was bought and sold today at today's price, and the day before at that day's, in won."""
    price, previous = row.price, row.previous
    return row.bought * price, row.sold * price, row.bought_before * previous, row.sold_before * previous


def _prices(seed: int, number: int, start: int) -> tuple[int, int]:
    """Today's price and the previous close of a stock: the same in all of its rows."""
    draw = _mix(seed, 2 * number)
    price = start * (70 + draw % 61) // 100
    price = max(1, price - price % tick(price))
    previous = price * 1000 // (930 + (draw >> 16) % 141)
    return price, max(1, previous - previous % tick(previous))


def tick(price: int) -> int:
    """The step of prices at the exchange, in won."""
    for below, step in ((2_000, 1), (5_000, 5), (20_000, 10), (50_000, 50), (200_000, 100), (500_000, 500)):
        if price < below:
            return step
    return 1_000


def _mix(seed: int, number: int) -> int:
    """64 well mixed bits (splitmix64): `random` does not promise the same numbers in every version of Python."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 0x2545F4914F6CDD1D) & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
    return mixed ^ mixed >> 31


def deposit(seed: int) -> int:
    """What the account has in cash once everything is settled, before costs, in won."""
    return 3_000_000 + _mix(seed, -1) % 50_000_000
