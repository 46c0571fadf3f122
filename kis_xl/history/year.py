"""A year of an account, from its stored days: net assets month by month, and what each stock has contributed.

A stock's contribution is what its unrealized profit grew by from one stored day to the next; its rows (cash, loans) count as
one. That is exact for shares that stay and for shares that are bought. Of shares that went, what they had gained by the last
stored day before counts, at the stock's average; what they were then sold for is not known, since the API tells no
realized profit. So the contributions and the change of net assets differ by the last move of what was sold, dividends,
interest, fees, taxes, and money that was put in or taken out. The API does not tell these apart, so nobody here does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from kis_xl import kst
from kis_xl.history import AccountKey, History, Stored
from kis_xl.models import is_unpriced


@dataclass(frozen=True, slots=True)
class Month:
    """The net assets of a month's stored days, in won: first, last, lowest and highest, and when."""

    first: date
    opening: int
    closing: int
    low: int
    low_day: date
    high: int
    high_day: date
    days: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """One stock over the year, in won. `sold` are shares that went, of whose last move nothing is known.

    `unrealized` is the profit of what is held on the last stored day.
    """

    pdno: str
    prdt_name: str
    amount: int
    unrealized: int
    sold: int


@dataclass(frozen=True)
class Year:
    """A year as its stored days show it.

    `basis` is the day that all is compared with: the last stored one before the year, or the first of it. `missing` are the
    trading days of the year, up to its last stored day, that are not stored. `line` is the net assets by day, in won.
    """

    year: int
    basis: date
    last: date
    line: tuple[tuple[date, int], ...]
    months: tuple[Month, ...]
    stocks: tuple[Contribution, ...]
    missing: tuple[date, ...]
    opening: int | None
    closing: int | None

    @property
    def change(self) -> int | None:
        """What the net assets changed by since `basis`, in won: money put in or taken out is in it."""
        return None if self.opening is None or self.closing is None else self.closing - self.opening

    @property
    def contributed(self) -> int:
        """The sum over the stocks."""
        return sum(stock.amount for stock in self.stocks)

    @property
    def rest(self) -> int | None:
        """What the stored days do not explain; see the module."""
        return None if self.change is None else self.change - self.contributed


def look_back(history: History, account: AccountKey, year: int, is_trading_day: Callable[[date], bool]) -> Year | None:
    """The year of an account; None where no day of it is stored."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    before = history.on_or_before(account, first - timedelta(days=1))
    if before is not None and first - _day(before) > _NEAR:  # what changed in the years between is not this year's
        before = None
    stocks = _Stocks()
    days: dict[date, int | None] = {}
    for stored in history.walk(account, first, last):
        if before is None:
            before = stored
        if not days:
            stocks.add(before)
        if stored is not before:
            stocks.add(stored)
        days[_day(stored)] = _net_assets(stored)
    if before is None or not days:
        return None
    line = tuple((day, value) for day, value in days.items() if value is not None)
    end = max(days)
    return Year(
        year,
        _day(before),
        end,
        line,
        tuple(_months(line)),
        stocks.contributions(),
        tuple(day for day in _each_day(max(first, _day(before)), end) if day not in days and is_trading_day(day)),
        _net_assets(before),
        days[end],
    )


def _day(stored: Stored) -> date:
    return stored.as_of.astimezone(kst.KST).date()


def _net_assets(stored: Stored) -> int | None:
    return None if stored.summary is None else stored.summary.nass_amt


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=days) for days in range((last - first).days + 1))


def _months(line: Iterable[tuple[date, int]]) -> Iterator[Month]:
    for _, group in groupby(line, key=lambda each: each[0].month):
        days = list(group)
        low = min(days, key=lambda each: each[1])
        high = max(days, key=lambda each: each[1])
        yield Month(days[0][0].replace(day=1), days[0][1], days[-1][1], low[1], low[0], high[1], high[0], len(days))


#: A stored day before the year that is older than this is no beginning of it.
_NEAR: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _Position:
    """A stock on a day, its rows together: shares, what they cost and their profit in won."""

    quantity: int = 0
    cost: int = 0
    profit: int = 0

    def and_(self, quantity: int, cost: int, profit: int) -> _Position:
        return _Position(self.quantity + quantity, self.cost + cost, self.profit + profit)

    def profit_of(self, quantity: int) -> int:
        """What of the profit belongs to so many of the shares, rounded to won."""
        return (2 * self.profit * quantity + self.quantity) // (2 * self.quantity) if quantity < self.quantity else self.profit


_NOTHING = _Position()


class _Stocks:
    """What each stock has contributed, over the days that are added one after another."""

    def __init__(self) -> None:
        self._amounts: dict[str, int] = {}
        self._sold: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._before: dict[str, _Position] | None = None
        self._unknown: set[str] = set()

    def add(self, stored: Stored) -> None:
        """Add what a day changed. The first one is what the others are compared with."""
        now = self._positions(stored)
        # of a stock that had no price yet it is not known what it had gained: that cannot be compared with
        unknown = {row.pdno for row in stored.holdings if is_unpriced(row)} - (set(self._before or {}) - self._unknown)
        if self._before is not None:
            for code in {**self._before, **now}.keys() - self._unknown - unknown:
                self._compare(code, self._before.get(code, _NOTHING), now.get(code, _NOTHING))
        self._before, self._unknown = now, unknown

    def contributions(self) -> tuple[Contribution, ...]:
        """All stocks that were held, the largest contribution first."""
        last = self._before or {}
        found = [
            Contribution(code, name, self._amounts.get(code, 0), last.get(code, _NOTHING).profit, self._sold.get(code, 0))
            for code, name in self._names.items()
        ]
        return tuple(sorted(found, key=lambda stock: -stock.amount))

    def _positions(self, stored: Stored) -> dict[str, _Position]:
        """Each stock that is held. Without a price its profit is what it was on the day before: it is not known."""
        found: dict[str, _Position] = {}
        for row in stored.holdings:
            if not row.hldg_qty:  # sold out that day
                continue
            self._names[row.pdno] = row.prdt_name
            profit = (self._before or {}).get(row.pdno, _NOTHING).profit_of(row.hldg_qty) if is_unpriced(row) else row.evlu_pfls_amt
            found[row.pdno] = found.get(row.pdno, _NOTHING).and_(row.hldg_qty, row.pchs_amt, profit)
        return found

    def _compare(self, code: str, then: _Position, now: _Position) -> None:
        profit_then = then.profit
        if now.quantity < then.quantity and now.cost != then.cost:  # fewer shares at the same cost were merged, not sold
            self._sold[code] = self._sold.get(code, 0) + then.quantity - now.quantity
            profit_then = then.profit_of(now.quantity)
        self._amounts[code] = self._amounts.get(code, 0) + now.profit - profit_then
