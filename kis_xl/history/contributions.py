"""What each stock has contributed, from stored day to stored day.

A stock's contribution is what its unrealized profit grew by; its rows (cash, loans) count as one. Of shares that went, what
they had gained by the stored day before stays counted, at the stock's average. What went is not simply what is less: shares
can be sold and bought again in between. Where the two stored days are trading days next to each other, the rows tell how
many were bought and sold, so that

- shares that were sold and bought again count as sold first, and as bought then;
- shares that came without being bought (a transfer, a subscription, another stock's successor) are known. What they had
  gained before is not this account's: that day only the price's change counts, of the shares that were there;
- shares that were given for nothing or split, which brought no cost, take part in the profit that was there.

Otherwise only the quantities are known: as many went as are less, and what is more was bought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from kis_xl import kst
from kis_xl.changes import is_split, rounding, staying
from kis_xl.fields import Holding
from kis_xl.history import Stored

#: Before this hour (KST) a service may still call the day before "today"; the exchanges open at 8.
_DAY_BEGINS: Final = 8
#: Prices move at most 30 % a day, so what was paid on a day is that near to its price.
_MOST_PERCENT: Final = 30


@dataclass(frozen=True, slots=True)
class Contribution:
    """One stock over the year, in won. `sold` are shares that went, of whose last move nothing is known.

    `unrealized` is the profit of what is held on the last stored day. `arrived` are shares that came without being bought, as
    far as that is known; what they had gained before is not in `amount`.
    """

    pdno: str
    prdt_name: str
    amount: int
    unrealized: int
    sold: int
    arrived: int = 0


def contributions(days: Iterable[Stored], is_trading_day: Callable[[date], bool]) -> tuple[Contribution, ...]:
    """All stocks that were held on one of the days, the largest contribution first. The first day is what the others are compared with."""
    stocks = _Stocks(is_trading_day)
    for stored in _to_compare(days, is_trading_day):
        stocks.add(stored)
    return stocks.contributions()


def _to_compare(days: Iterable[Stored], is_trading_day: Callable[[date], bool]) -> Iterator[Stored]:
    """The days without those of a closed market between two trading days next to each other.

    Nothing is traded on them, and from one trading day to the next it is known what was.
    """
    last: Stored | None = None
    between: list[Stored] = []
    for stored in days:
        if last is not None and not is_trading_day(_day(stored)):
            between.append(stored)
            continue
        if last is None or not _tells_trades(last, stored, is_trading_day):
            yield from between
        between = []
        yield stored
        last = stored
    yield from between


def _tells_trades(then: Stored, now: Stored, is_trading_day: Callable[[date], bool]) -> bool:
    """Whether the rows of `now` tell all trades since `then`: they do of their own trading day and of the one before."""
    first, last = _day(then), _day(now)
    if min(_hour(then.as_of), _hour(now.as_of)) < _DAY_BEGINS or not (is_trading_day(first) and is_trading_day(last)):
        return False
    return not any(is_trading_day(first + timedelta(days=days)) for days in range(1, (last - first).days))


def _day(stored: Stored) -> date:
    return stored.as_of.astimezone(kst.KST).date()


def _hour(moment: datetime) -> int:
    return moment.astimezone(kst.KST).hour


@dataclass(frozen=True, slots=True)
class _Position:
    """A stock on a day, its rows together: shares, amounts in won, trades in shares.

    Without a price its profit is what it was on the last day with one. `is_known` is False until there is any such day: what
    it had gained by then cannot be compared with.
    """

    quantity: int = 0
    cost: int = 0
    value: int = 0
    profit: int = 0
    bought: int = 0
    sold: int = 0
    bought_before: int = 0
    sold_before: int = 0
    is_short: bool = False
    is_priced: bool = True
    is_known: bool = True

    def with_row(self, row: Holding) -> _Position:
        """This and a row more. A row of quantity 0, sold out, still tells its trades."""
        is_held = row.hldg_qty != 0
        return _Position(
            self.quantity + row.hldg_qty,
            self.cost + row.pchs_amt * is_held,
            self.value + row.evlu_amt * is_held,
            self.profit + row.evlu_pfls_amt * is_held,
            self.bought + row.thdt_buyqty,
            self.sold + row.thdt_sll_qty,
            self.bought_before + row.bfdy_buy_qty,
            self.sold_before + row.bfdy_sll_qty,
            self.is_short or bool(row.stln_slng_chgs) or row.hldg_qty < 0,
            self.is_priced and not (is_held and not row.prpr and not row.evlu_amt),
        )


_NOTHING: Final = _Position()


@dataclass(frozen=True, slots=True)
class _Step:
    """What became of a position's shares: of `of` shares `stay` are still there. Of a split one both are counted alike."""

    stay: int
    of: int
    sold: int = 0
    arrived: int = 0

    def part(self, amount: int) -> int:
        """What of an amount of then belongs to the shares that are still there, rounded to won."""
        return _part(amount, self.stay, self.of)


def _part(amount: int, shares: int, of: int) -> int:
    return amount if shares == of else (2 * amount * shares + of) // (2 * of)


def _by_quantities(then: _Position, now: _Position) -> _Step:
    """As far as quantities tell: as many went as are less."""
    if is_split(then.quantity, then.cost, now.quantity, now.cost):
        return _as_cost(then, now)
    stay = staying(then.quantity, now.quantity)
    return _Step(stay, then.quantity, sold=abs(then.quantity - stay))


def _as_cost(then: _Position, now: _Position) -> _Step:
    """Of what is split nothing goes, but for the fractions of a share that were paid out, which the cost tells."""
    return _Step(now.cost, then.cost)


def _by_trades(then: _Position, now: _Position) -> _Step:
    """Where it is known how many were bought and sold since: what is sold goes before what is bought comes."""
    bought = now.bought + max(0, now.bought_before - then.bought)
    sold = now.sold + max(0, now.sold_before - then.sold)
    came = now.quantity - then.quantity - bought + sold
    if came and is_split(then.quantity, then.cost, now.quantity, now.cost):
        return _as_cost(then, now)
    if came and _at_no_cost(then, now, bought, sold):
        there = then.quantity + came
        return _Step(max(0, there - sold), there, sold)
    went = min(then.quantity, sold + max(0, -came))
    return _Step(then.quantity - went, then.quantity, sold + max(0, -came), max(0, came) if now.quantity else 0)


def _at_no_cost(then: _Position, now: _Position, bought: int, sold: int) -> bool:
    """Whether the shares that neither were bought nor sold account for are a split's: what was traded explains the whole cost."""
    there = now.quantity + sold - bought  # after the split, before any trade
    if then.quantity <= 0 or then.cost <= 0 or there <= 0 or now.quantity <= 0:
        return False
    paid = now.cost - _part(then.cost, max(0, there - sold), there)
    if not bought:
        return abs(paid) <= rounding(there)
    # a transfer out and a purchase look like a merger and a purchase, but for the price
    most = 100 + _MOST_PERCENT
    if there < then.quantity and 100 * now.value * then.quantity <= most * then.value * now.quantity:
        return False
    worth = bought * now.value
    return abs(100 * paid * now.quantity - 100 * worth) <= _MOST_PERCENT * worth


class _Stocks:
    """What each stock has contributed, over the days that are added one after another."""

    def __init__(self, is_trading_day: Callable[[date], bool]) -> None:
        self._is_trading_day = is_trading_day
        self._amounts: dict[str, int] = {}
        self._sold: dict[str, int] = {}
        self._arrived: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._last: Stored | None = None
        self._before: dict[str, _Position] = {}

    def add(self, stored: Stored) -> None:
        """Add what a day changed. The first one is what the others are compared with."""
        now = self._positions(stored)
        if self._last is None:
            self._before = {code: replace(position, is_known=position.is_priced) for code, position in now.items()}
        else:
            tells = _tells_trades(self._last, stored, self._is_trading_day)
            self._before = {
                code: self._compare(code, self._before.get(code, _NOTHING), now.get(code, _NOTHING), tells=tells)
                for code in {**self._before, **now}
            }
            self._before = {code: position for code, position in self._before.items() if code in now}
        self._last = stored

    def contributions(self) -> tuple[Contribution, ...]:
        """All stocks that were held, the largest contribution first."""
        found = [
            Contribution(
                code,
                name,
                self._amounts.get(code, 0),
                self._before.get(code, _NOTHING).profit,
                self._sold.get(code, 0),
                self._arrived.get(code, 0),
            )
            for code, name in self._names.items()
        ]
        return tuple(sorted(found, key=lambda stock: -stock.amount))

    def _positions(self, stored: Stored) -> dict[str, _Position]:
        found: dict[str, _Position] = {}
        for row in stored.holdings:
            if row.hldg_qty:
                self._names[row.pdno] = row.prdt_name
            found[row.pdno] = found.get(row.pdno, _NOTHING).with_row(row)
        return {code: position if position.is_priced else replace(position, profit=0) for code, position in found.items()}

    def _compare(self, code: str, then: _Position, now: _Position, *, tells: bool) -> _Position:
        """Count what a stock has contributed since then. What the next day is to be compared with: now, as far as it is known."""
        step = _by_trades(then, now) if tells and not (then.is_short or now.is_short) else _by_quantities(then, now)
        self._sold[code] = self._sold.get(code, 0) + step.sold
        self._arrived[code] = self._arrived.get(code, 0) + step.arrived
        if not now.is_priced:
            if not then.is_known or not then.quantity or step.arrived:
                return replace(now, is_known=False)
            return replace(now, profit=step.part(then.profit))
        if then.is_known:
            self._amounts[code] = self._amounts.get(code, 0) + self._gain(then, now, step)
        return now

    def _gain(self, then: _Position, now: _Position, step: _Step) -> int:
        if not step.arrived:
            return now.profit - step.part(then.profit)
        if not then.is_priced:
            return 0
        return _part(now.value, step.stay, now.quantity) - step.part(then.value)
