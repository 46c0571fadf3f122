"""What changed between two balances, stock by stock: new and closed positions, quantity, valuation, profit.

    changes(then, now)         one Change a stock that is held at either time
    changes_together(pairs)    the same over several accounts, each compared by itself, as sums
    CHANGE_FIELDS              the columns of a table of them, as data
    values(change, language)   one row of it
    EFFECT_FIELDS              two more columns: what of a valuation's change is the price's, and the rest
    TABLE_FIELDS               all columns of the function KIS_CHANGES: those, and the move between them
    table_values(change, ...)  one row of it

Nothing is fetched or stored here: the balances are the caller's.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kis_xl.bystock import join_by_stock
from kis_xl.fields import HOLDING_FIELDS, Field, Holding, Kind, by_key
from kis_xl.language import Language, Text
from kis_xl.models import is_unpriced
from kis_xl.splits import Lot, Verdict, part_left, staying, verdict


class State(enum.Enum):
    """How a position stands now, seen from then; the value is its name in both languages."""

    NEW = Text("신규", "new")
    CLOSED = Text("청산", "closed")
    HELD = Text("보유", "held")

    @property
    def caption(self) -> Text:
        """The state's name in both languages."""
        return self.value


class Move(enum.Enum):
    """How the quantity of a position moved; the value is its name in both languages.

    Shares also come and go without a trade. A split or merger is told by the purchase amount (`splits.verdict`), also where some of the
    shares were sold; the API does not tell a transfer from a trade.
    """

    NEW = Text("신규", "new")
    ADDED = Text("추가", "added")
    REDUCED = Text("축소", "reduced")
    CLOSED = Text("청산", "closed")
    KEPT = Text("유지", "kept")
    SPLIT = Text("분할·병합·무상", "split or merged")

    @property
    def caption(self) -> Text:
        """The move's name in both languages."""
        return self.value


@dataclass(frozen=True, slots=True)
class Change:
    """One stock at two times: quantities in shares, amounts in won; 0 at the time at which it is not held.

    `price_then` and `price_now` are the prices of a share, None where it is not held or the service had no price for all of it;
    `cost_then` and `cost_now` the purchase amounts. What is the sum over accounts has their changes as `parts`, and no price.

    `price_effect` is what the price made of the shares that were held all the time, in won; None where that is not known: where a
    price is missing, and where the shares may have been split or merged as well as traded, so that the two prices may be of
    different shares (`splits.verdict`). Of what was split the cost tells which part of it is still there: where none of it went, the
    effect is all of the valuation's difference.
    """

    pdno: str
    prdt_name: str
    state: State
    quantity_then: int
    quantity_now: int
    valuation_then: int
    valuation_now: int
    profit_then: int
    profit_now: int
    price_then: int | None = None
    price_now: int | None = None
    cost_then: int = 0
    cost_now: int = 0
    parts: tuple[Change, ...] = ()
    # reckoned once: there may be 100,000 changes, and a report asks each several times
    price_effect: int | None = field(init=False, repr=False, compare=False)
    _verdict: Verdict = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_verdict", Verdict.TRADED if self.parts else verdict(*self._lots))
        object.__setattr__(self, "price_effect", self._effect_of_the_price())

    @property
    def quantity_difference(self) -> int:
        """Shares now less shares then."""
        return self.quantity_now - self.quantity_then

    @property
    def valuation_difference(self) -> int:
        """Valuation now less valuation then, in won: trades and prices together."""
        return self.valuation_now - self.valuation_then

    @property
    def profit_difference(self) -> int:
        """Unrealized profit now less then, in won. What a sale realized is no longer in it."""
        return self.profit_now - self.profit_then

    @property
    def move(self) -> Move:
        """Whether the position is new, larger, smaller, closed, of the same quantity, or split; split, where any of its parts is."""
        if self.state is not State.HELD:
            return Move.NEW if self.state is State.NEW else Move.CLOSED
        if self._verdict is Verdict.SPLIT or any(part.move is Move.SPLIT for part in self.parts):
            return Move.SPLIT
        if not self.quantity_difference:
            return Move.KEPT
        return Move.ADDED if self.quantity_difference > 0 else Move.REDUCED

    @property
    def is_priced(self) -> bool:
        """Whether the service had a price whenever the stock was held; without one a valuation of 0 means nothing."""
        if self.parts:
            return all(part.is_priced for part in self.parts)
        then, now = self.price_then is not None, self.price_now is not None
        return then if self.state is State.CLOSED else now if self.state is State.NEW else then and now

    def _effect_of_the_price(self) -> int | None:
        if self.parts:
            effects = [part.price_effect for part in self.parts]
            return None if None in effects else sum(effect or 0 for effect in effects)
        if not self.is_priced or self._verdict is Verdict.UNKNOWN:
            return None
        if self.price_then is None or self.price_now is None:
            return 0
        if self._verdict is Verdict.SPLIT:
            return self.valuation_now - round(part_left(*self._lots) * self.valuation_then)
        stay = staying(self.quantity_then, self.quantity_now)
        return stay * (self.price_now - self.price_then) if self.quantity_difference else self.valuation_difference

    @property
    def _lots(self) -> tuple[Lot, Lot]:
        """What tells a split from a trade, then and now."""
        then = Lot(self.quantity_then, self.cost_then, Fraction(self.price_then or 0))
        return then, Lot(self.quantity_now, self.cost_now, Fraction(self.price_now or 0))

    @property
    def quantity_effect(self) -> int | None:
        """The rest of the valuation's difference, in won: shares that came or went. Both effects add up to it exactly."""
        price = self.price_effect
        return None if price is None else self.valuation_difference - price


def changes(then: Sequence[Holding], now: Sequence[Holding]) -> tuple[Change, ...]:
    """One Change a stock, unchanged ones too: those held now in the order of `now`, then the closed ones in that of `then`.

    The rows of a stock are joined first (`bystock`). A stock of quantity 0, sold out that day, is not held.
    """
    before, after = _held(then), _held(now)
    current = [_change(State.HELD if code in before else State.NEW, before.get(code), row) for code, row in after.items()]
    return (*current, *(_change(State.CLOSED, row, None) for code, row in before.items() if code not in after))


def changes_together(accounts: Sequence[tuple[Sequence[Holding], Sequence[Holding]]]) -> tuple[Change, ...]:
    """One Change a stock over several accounts, in the order of `changes`: the sums of what changed in each, from (then, now) of each.

    The accounts' days of then may differ, and their prices with them. What moved from one account to another is closed in one and new
    in the other, so all of it is the quantity's.
    """
    found: dict[str, list[Change]] = {}
    for then, now in accounts:
        for change in changes(then, now):
            found.setdefault(change.pdno, []).append(change)
    codes = dict.fromkeys(row.pdno for place in (1, 0) for pair in accounts for row in pair[place] if row.pdno in found)
    sums = [_sum(found[code]) for code in codes]
    return tuple(sorted(sums, key=lambda change: change.state is State.CLOSED))


def _sum(parts: Sequence[Change]) -> Change:
    states = {part.state for part in parts}
    state = states.pop() if len(states) == 1 else State.HELD
    name = next((part.prdt_name for part in parts if part.state is not State.CLOSED), parts[0].prdt_name)
    amounts = {key: sum(getattr(part, key) for part in parts) for key in _AMOUNTS}
    return Change(parts[0].pdno, name, state, **amounts, parts=tuple(parts))


_AMOUNTS = tuple(f"{what}_{when}" for what in ("quantity", "valuation", "profit", "cost") for when in ("then", "now"))


def _held(rows: Sequence[Holding]) -> dict[str, Holding]:
    """Each stock that is held, its rows joined; without a price where any of its rows has none: its valuation lacks that row."""
    unpriced = {row.pdno for row in rows if is_unpriced(row)}
    return {row.pdno: replace(row, prpr=0) if row.pdno in unpriced else row for row in join_by_stock(rows) if row.hldg_qty}


def _change(state: State, then: Holding | None, now: Holding | None) -> Change:
    row = now or then
    assert row is not None  # noqa: S101 (a stock that is held at neither time has no change)
    quantity, valuation, profit, cost = (
        (getattr(then, key) if then else 0, getattr(now, key) if now else 0)
        for key in ("hldg_qty", "evlu_amt", "evlu_pfls_amt", "pchs_amt")
    )
    return Change(row.pdno, row.prdt_name, state, *quantity, *valuation, *profit, _price(then), _price(now), *cost)


def _price(row: Holding | None) -> int | None:
    """The price of a share; the service sends 0 where it has none."""
    return (row.prpr or None) if row else None


_HOLDING = by_key(HOLDING_FIELDS)


def _compared(key: str, noun: Text) -> tuple[Field, Field, Field]:
    """The three columns of one field of a holding: then, now, and the difference."""
    kind, signed = _HOLDING[key].kind, _HOLDING[key].signed
    return (
        Field(f"{key}_then", f"당시 {noun.ko}", f"{noun.en} then", kind, None, signed=signed),
        Field(f"{key}_now", f"현재 {noun.ko}", f"{noun.en} now", kind, None, signed=signed),
        Field(f"{key}_diff", f"{noun.ko} 증감", f"{noun.en} difference", kind, None, signed=True),
    )


#: The columns of a table of changes, in the order of a spreadsheet's columns.
CHANGE_FIELDS: tuple[Field, ...] = (
    _HOLDING["pdno"],
    _HOLDING["prdt_name"],
    Field("state", "구분", "State", Kind.TEXT, None),
    *_compared("hldg_qty", Text("수량", "Quantity")),
    *_compared("evlu_amt", Text("평가금액", "Valuation")),
    *_compared("evlu_pfls_amt", Text("평가손익", "Profit")),
)

#: What the valuation's difference is made of, in won; blank where the service had no price, and where it is not known.
EFFECT_FIELDS: tuple[Field, ...] = (
    Field(
        "price_effect",
        "가격 영향",
        "Price effect",
        Kind.WON,
        None,
        note=Text(
            "두 시점 모두 보유한 수량 × 현재가의 변화. 분할·병합·무상이면 남은 주식의 평가금액 증감 전부",
            "shares held at both times × change of the price; of a split stock the whole difference of what is left of it",
        ),
        signed=True,
    ),
    Field(
        "quantity_effect",
        "수량 영향",
        "Quantity effect",
        Kind.WON,
        None,
        note=Text(
            "평가금액 증감에서 가격 영향을 뺀 나머지: 매매, 입출고 등",
            "the rest of the valuation's difference: trades, transfers",
        ),
        signed=True,
    ),
)

#: How a position moved, for a table whose state keeps to new, closed and held.
MOVE_FIELD: Field = Field(
    "move",
    "변동 구분",
    "Move",
    Kind.TEXT,
    None,
    note=Text(
        "신규, 추가, 축소, 청산, 유지, 분할·병합·무상. 시세가 없으면 (시세 없음)",
        "new, added, reduced, closed, kept, split or merged; (no price) where there was none",
    ),
)

#: Told of a stock of which the service had no price.
NO_PRICE = Text("시세 없음", "no price")
#: The columns of KIS_CHANGES. The first twelve came first: formulas count on their places.
TABLE_FIELDS: tuple[Field, ...] = (*CHANGE_FIELDS, MOVE_FIELD, *EFFECT_FIELDS)


def table_values(change: Change, language: Language) -> tuple[str | int | None, ...]:
    """The values of `TABLE_FIELDS` for one stock; None for an effect that is not known."""
    moved = change.move.caption.in_(language)
    if not change.is_priced:
        moved = f"{moved} ({NO_PRICE.in_(language)})"
    return (*values(change, language), moved, change.price_effect, change.quantity_effect)


def values(change: Change, language: Language) -> tuple[str | int, ...]:
    """The values of `CHANGE_FIELDS` for one stock; the state is a text in `language`."""
    return (
        change.pdno,
        change.prdt_name,
        change.state.caption.in_(language),
        change.quantity_then,
        change.quantity_now,
        change.quantity_difference,
        change.valuation_then,
        change.valuation_now,
        change.valuation_difference,
        change.profit_then,
        change.profit_now,
        change.profit_difference,
    )
