"""A year of an account, from its stored days: net assets month by month, and what each stock has contributed.

What a stock has contributed (`contributions`) is exact for shares that stay and for shares that are bought. Of shares that went,
what they had gained by the last stored day before counts; what they were then sold for is not known, since the API tells no
realized profit. So the contributions and the change of net assets differ by the last move of what was sold, dividends,
interest, fees, taxes, and money or shares that were put in or taken out. The API does not tell these apart, so nobody
here does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, groupby
from typing import Final

from kis_xl import kst
from kis_xl.history import AccountKey, History, Stored
from kis_xl.history.contributions import Contribution, contributions

#: A stored day before the year that is older than this is no beginning of it.
_NEAR: Final = timedelta(days=31)


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


@dataclass(frozen=True)
class Year:
    """A year as its stored days show it.

    `basis` is the day that all is compared with: the last stored one before the year, or the first of it. `missing` are the
    trading days of the year, up to its last stored day, that are not stored. `line` is the net assets by day, in won. Of
    `unknown_query_days` of the days, `basis` among them, it is not known how they were asked. Days in the `future` are left out.
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
    unknown_query_days: int = 0
    future: tuple[date, ...] = ()

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
    today = kst.now().date()  # a day in the future was stored by a clock that was wrong
    future = tuple(day for day in history.days(account) if today < day <= last)
    before = history.on_or_before(account, first - timedelta(days=1))
    if before is not None and first - before.day > _NEAR:  # what changed in the years between is not this year's
        before = None
    days: dict[date, int | None] = {}
    unknown: set[date] = set()

    def walked() -> Iterator[Stored]:
        for stored in chain([] if before is None else [before], history.walk(account, first, min(last, today))):
            if stored is not before:
                days[stored.day] = _net_assets(stored)
            if stored.query is None:
                unknown.add(stored.day)
            yield stored

    stocks = contributions(walked(), is_trading_day)
    if not days:
        return None
    begin, end = min(days), max(days)
    basis, opening = (begin, days[begin]) if before is None else (before.day, _net_assets(before))
    line = tuple((day, value) for day, value in days.items() if value is not None)
    return Year(
        year,
        basis,
        end,
        line,
        tuple(_months(line)),
        stocks,
        tuple(day for day in _each_day(max(first, basis), end) if day not in days and is_trading_day(day)),
        opening,
        days[end],
        len(unknown),
        future,
    )


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
