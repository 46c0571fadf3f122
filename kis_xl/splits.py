"""Whether a quantity changed by trades, or shares were split, merged or given for nothing; as far as two balances tell.

The accounts keep average costs. So a sale leaves the cost of a share as it is, a purchase adds what was paid, and a split, a
merger, bonus shares or a stock dividend change the number of shares and not what they have cost, but for the fractions of a share
that are paid out: these take their part of the cost with them.

    Lot             what tells them apart: shares, their cost, and the price of one
    verdict(...)    what is known of a change, a Verdict: traded, split, or neither for sure
    part_left(...)  which part of what was split is still there
    cost_part(...)  which part of what was held is still there at most, where the cost tells
    staying(...)    how many shares are held at both times
    rounding(...)   how far a purchase amount may be off
    MOST            how far a price may move in a day
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

#: How far a price may move in a day, in parts of it: beyond that it is the price of another share.
MOST: Final = Fraction(30, 100)
#: Ratios of splits and mergers are of small numbers: 50:1, 3:2, 10:3.
_SMALL: Final = 10
#: Mergers of less are not told from sales and purchases.
_LEAST_MERGER: Final = Fraction(4, 3)
#: A cost tells something where rounding to won is at most so small a part of it.
_FINE: Final = 1_000


class Verdict(enum.Enum):
    """What two balances tell of a position that is held in both."""

    TRADED = "traded"
    SPLIT = "split"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Lot:
    """Shares, what all of them have cost in won, and the price of one, 0 where there is none."""

    quantity: int
    cost: int
    price: Fraction

    @property
    def average(self) -> Fraction:
        """What a share has cost."""
        return Fraction(self.cost, self.quantity)


def rounding(quantity: int) -> int:
    """How many won the purchase amount of so many shares may be off: the service rounds amounts, and averages to 4 digits."""
    return 2 + abs(quantity) // 1_000


def staying(quantity_then: int, quantity_now: int) -> int:
    """How many shares are held at both times; of less than none (sold short) so many less."""
    if (quantity_then > 0) is not (quantity_now > 0):
        return 0
    return min(quantity_then, quantity_now, key=abs)


def verdict(then: Lot, now: Lot) -> Verdict:
    """Whether shares were only traded, or split or merged (and perhaps sold, too), between two times; UNKNOWN where either may be.

    SPLIT: the cost is the same, but for rounding, for another number of shares, and the price does not deny it; or a share's cost
    changed by the very ratio of a split, nothing was added to the cost, and the price is nearer to that ratio's than to the old one.

    UNKNOWN is what trades alone explain badly: more shares at a lower cost; more shares, each added one at a cost that is
    more than 30 % below or above all between the two prices; and, where the price moved by more than 30 %, a cost of a share
    that no mere sale leaves, or so large a purchase that it hides the shares of before. Over months a price may have left that
    range and come back, so some trades are UNKNOWN. Costs of a few won that differ, and positions sold short, tell nothing
    and count as traded.
    """
    if (now.quantity, now.cost) == (then.quantity, then.cost):
        return Verdict.TRADED
    same = _is_split(then, now)
    if min(then.quantity, then.cost, now.quantity, now.cost) <= 0 or min(then.cost, now.cost) < _FINE * _off(then, now):
        return Verdict.SPLIT if same and now.cost == then.cost else Verdict.TRADED
    if same or (now.quantity != then.quantity and abs(now.cost - then.cost) <= _off(then, now)):
        return _by_price(then, now)
    if min(then.price, now.price) <= 0:
        return Verdict.UNKNOWN
    if _of_a_ratio(then, now):
        return Verdict.SPLIT
    return Verdict.TRADED if _is_traded(then, now) else Verdict.UNKNOWN


def _is_split(then: Lot, now: Lot) -> bool:
    """Whether of lots that differ no share was bought or sold: split, merged, or given for nothing (bonus shares, stock dividends).

    A sale takes its part of the cost away and a purchase adds to it; what is split keeps it, but for the fractions of a share
    that a merger of so many into one pays out.
    """
    if min(then.quantity, then.cost, now.quantity, now.cost) <= 0:
        return False
    if now.cost == then.cost:
        return True
    a_share_now, a_share_then = now.cost * then.quantity, then.cost * now.quantity
    into_one = (2 * a_share_now + a_share_then) // (2 * a_share_then)
    if into_one <= 1 or then.quantity // into_one != now.quantity:
        return False
    return abs(a_share_now - into_one * a_share_then) <= rounding(then.quantity) * then.quantity


def _by_price(then: Lot, now: Lot) -> Verdict:
    """SPLIT, unless the price is as it was and not as the split would have it: so much sold, and so much bought at another price."""
    is_denied = _is_near(now.price, then.price) and not _is_near(now.price * now.quantity, then.price * then.quantity)
    return Verdict.UNKNOWN if is_denied and now.price else Verdict.SPLIT


def _is_traded(then: Lot, now: Lot) -> bool:
    if now.quantity > then.quantity:
        return _is_purchase(then, now)
    return now.quantity == then.quantity or _is_sale(then, now) or _is_near(now.price, then.price)


def _off(then: Lot, now: Lot) -> int:
    return rounding(max(then.quantity, now.quantity))


def _of_a_ratio(then: Lot, now: Lot) -> bool:
    """Whether a share's cost is the old one by the ratio of a split (a whole number) or a merger, and its price rather so, too."""
    off = _off(then, now)
    if now.cost - then.cost > off:
        return False
    average = now.average / then.average
    ratio = max(average, 1 / average).limit_denominator(1 if average < 1 else _SMALL)
    if ratio < _LEAST_MERGER:
        return False
    expected = then.average / ratio if average < 1 else then.average * ratio
    if abs(now.average - expected) > off * (expected / then.cost + Fraction(1, now.quantity)):
        return False
    moved = now.price / then.price
    return moved * moved * ratio < 1 if average < 1 else moved * moved > ratio


def _is_sale(then: Lot, now: Lot) -> bool:
    """Whether a share's cost is what it was, but for rounding."""
    return abs(now.cost * then.quantity - then.cost * now.quantity) <= _off(then, now) * (then.quantity + now.quantity)


def _is_purchase(then: Lot, now: Lot) -> bool:
    """Whether what was added to the cost is a price for what was added to the shares, and for nothing less."""
    paid = Fraction(now.cost - then.cost)
    low, high = sorted((then.price, now.price))
    if not (1 - MOST) * low <= paid / (now.quantity - then.quantity) <= (1 + MOST) * high:
        return False
    # split or merged as the price says, would the rest have been bought at the price as well?
    bought = now.quantity - then.quantity * then.price / now.price
    return _is_near(now.price, then.price) or bought <= 0 or not _is_near(paid / bought, now.price)


def _is_near(price: Fraction, other: Fraction) -> bool:
    return abs(price - other) <= MOST * other


def part_left(then: Lot, now: Lot) -> Fraction:
    """Which part of what was split is still there: as much as of its cost. Shares may have been sold, and fractions of one paid out."""
    return min(Fraction(1), Fraction(now.cost, then.cost))


def cost_part(then: Lot, now: Lot) -> Fraction | None:
    """Which part of what was held then is still there at most: of what it has cost no more can be left than all has cost now.

    It is exact where nothing was bought, whatever was sold, split or merged. None where the costs tell nothing, or no more than
    the quantities do.
    """
    if min(then.quantity, then.cost, now.quantity, now.cost) <= 0 or now.cost >= then.cost or _is_sale(then, now):
        return None
    return Fraction(now.cost, then.cost)
