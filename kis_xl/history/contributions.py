"""What each stock has contributed, from stored day to stored day.

A stock's contribution is what its unrealized profit grew by; its rows (cash, loans) count as one. Of shares that went, what
they had gained by the stored day before stays counted, at the stock's average. What went is not simply what is less: shares
can be sold and bought again in between. Where the two stored days are trading days next to each other, the rows tell how
many were bought and sold, so that

- shares that were sold and bought again count as sold first, and as bought then;
- shares that came without being bought (a transfer, a subscription, another stock's successor) are known. What they had
  gained before is not this account's: that day only the price's change counts, of the shares that were there;
- shares that were given for nothing, split or merged in any ratio, which brought no cost, take part in the profit that was
  there. Where nothing was bought the cost tells which part of it is left, to the fraction of a share that was paid out.

Otherwise only quantities and costs are known (`splits.verdict`): as many went as are less, what is more was bought, and of what it had
cost no more is left than all costs now. A split or merger is seen in the cost, too, unless there were purchases as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from kis_xl.fields import Holding
from kis_xl.history import Stored
from kis_xl.models import is_unpriced
from kis_xl.splits import MOST, Lot, Verdict, cost_part, part_left, rounding, staying, verdict

#: Before this hour (KST) a service may still call the day before "today"; the exchanges open at 8.
_DAY_BEGINS: Final = 8
#: What rounding may take off a number of shares that costs tell.
_CRUMB: Final = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One stock over the year, in won. `gone` are shares that were sold or moved out, of whose last move nothing is known.

    `unrealized` is the profit of what is held on the last stored day, None where it has no price then. `arrived` are shares that
    came without being bought, as far as that is known; what they had gained before is not in `amount`.
    """

    pdno: str
    prdt_name: str
    amount: int
    unrealized: int | None
    gone: int
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
        if last is not None and not is_trading_day(stored.day):
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
    first, last = then.day, now.day
    if min(then.as_of.hour, now.as_of.hour) < _DAY_BEGINS or not (is_trading_day(first) and is_trading_day(last)):
        return False
    return not any(is_trading_day(first + timedelta(days=days)) for days in range(1, (last - first).days))


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
            self.is_priced and not is_unpriced(row),
        )

    @property
    def lot(self) -> Lot:
        """What tells a split from a trade."""
        return Lot(self.quantity, self.cost, self.price)

    @property
    def price(self) -> Fraction:
        """Of one share; 0 where there is none, or no price."""
        return Fraction(self.value, self.quantity) if self.quantity and self.is_priced else Fraction(0)


_NOTHING: Final = _Position()


@dataclass(frozen=True, slots=True)
class _Step:
    """What became of a position's shares: of `of` shares `stay` are still there. Of a split one both are counted alike."""

    stay: int
    of: int
    gone: int = 0
    arrived: int = 0

    def part(self, amount: int) -> int:
        """What of an amount of then belongs to the shares that are still there, rounded to won."""
        return _part(amount, self.stay, self.of)

    @classmethod
    def of_part(cls, part: Fraction, gone: int = 0) -> _Step:
        """Where it is known as a part of what was held."""
        return cls(part.numerator, part.denominator, gone)


def _part(amount: int, shares: int, of: int) -> int:
    return amount if shares == of else (2 * amount * shares + of) // (2 * of)


def _by_quantities(then: _Position, now: _Position) -> _Step:
    """As far as quantities and costs tell."""
    lots = then.lot, now.lot
    if verdict(*lots) is Verdict.SPLIT:
        return _of_split(*lots)
    stay = staying(then.quantity, now.quantity)
    gone = abs(then.quantity - stay)
    part = cost_part(*lots)
    if part is not None and part * then.quantity < stay:
        return _Step.of_part(part, gone)
    return _Step(stay, then.quantity, gone)


def _of_split(then: Lot, now: Lot) -> _Step:
    """Of what is split the shares that were sold are gone, and no fraction of one that was paid out."""
    part = part_left(then, now)
    return _Step.of_part(part, int(now.quantity / part - now.quantity + _CRUMB))


def _by_trades(then: _Position, now: _Position) -> _Step:
    """Where it is known how many were bought and sold since: what is sold goes before what is bought comes."""
    bought = now.bought + max(0, now.bought_before - then.bought)
    sold = now.sold + max(0, now.sold_before - then.sold)
    came = now.quantity - then.quantity - bought + sold
    part = _left_of_cost(then, now, came, sold) if not bought else None
    if part is not None:  # merged, unless more of the cost went than of the shares
        return _Step.of_part(part, sold if part * then.quantity > now.quantity else sold - came)
    part = _at_no_cost(then, now, bought, sold) if came else None
    if part is not None:
        return _Step.of_part(part, sold)
    went = min(then.quantity, sold + max(0, -came))
    return _Step(then.quantity - went, then.quantity, sold + max(0, -came), max(0, came) if now.quantity else 0)


def _left_of_cost(then: _Position, now: _Position, came: int, sold: int) -> Fraction | None:
    """Which part of what was held the cost tells to be left, where nothing was bought; None where the trades tell it.

    That is where shares went otherwise, or less than one did: a fraction, paid out.
    """
    if came > 0 or now.cost >= then.cost or (came == 0 and sold):
        return None
    part = cost_part(then.lot, now.lot)
    return None if part is not None and came == 0 and part * (now.quantity + 1) < now.quantity else part


def _at_no_cost(then: _Position, now: _Position, bought: int, sold: int) -> Fraction | None:
    """Which part of what was held is still there, where shares came by a split or went by a merger; None where the cost denies it.

    Then what was traded explains the whole cost. Less than one share may have been paid out as a fraction, with its part of the cost.
    """
    there = now.quantity + sold - bought  # after the split, before any trade
    if min(then.quantity, then.cost, there, now.quantity) <= 0:
        return None
    stay = max(0, there - sold)
    worth = bought * now.price
    most, least, left = Fraction(stay, there), Fraction(stay, there + 1), (now.cost - worth) / then.cost
    # a transfer out and a purchase look like a merger and a purchase, but for the price
    if there < then.quantity and now.price <= (1 + MOST) * then.price and _is_paid(then, now, Fraction(stay, then.quantity), worth):
        return None
    part = max(least, left)
    for possible in (most, part) if part < most else (most,):
        if _is_paid(then, now, possible, worth, rounding(there)):
            return possible
    return None


def _is_paid(then: _Position, now: _Position, part: Fraction, worth: Fraction, off: int = 0) -> bool:
    """Whether what was paid, if that part of the old cost is left, is a price of the day for what was bought."""
    return abs(now.cost - part * then.cost - worth) <= (MOST * worth or off)


class _Stocks:
    """What each stock has contributed, over the days that are added one after another."""

    def __init__(self, is_trading_day: Callable[[date], bool]) -> None:
        self._is_trading_day = is_trading_day
        self._amounts: dict[str, int] = {}
        self._gone: dict[str, int] = {}
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
        self._last = stored

    def contributions(self) -> tuple[Contribution, ...]:
        """All stocks that were held, the largest contribution first."""
        found = [
            Contribution(
                code,
                name,
                self._amounts.get(code, 0),
                self._before.get(code, _NOTHING).profit if self._before.get(code, _NOTHING).is_priced else None,
                self._gone.get(code, 0),
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
        self._gone[code] = self._gone.get(code, 0) + step.gone
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
