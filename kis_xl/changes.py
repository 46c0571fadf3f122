"""What changed between two balances, stock by stock: new and closed positions, quantity, valuation, profit.

    changes(then, now)         one Change a stock that is held at either time
    CHANGE_FIELDS              the columns of a table of them, as data
    values(change, language)   one row of it

Nothing is fetched or stored here: the balances are the caller's.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from kis_xl.bystock import join_by_stock
from kis_xl.fields import HOLDING_FIELDS, Field, Holding, Kind, by_key
from kis_xl.language import Language, Text


class State(enum.Enum):
    """How a position stands now, seen from then; the value is its name in both languages."""

    NEW = Text("신규", "new")
    CLOSED = Text("청산", "closed")
    HELD = Text("보유", "held")

    @property
    def caption(self) -> Text:
        """The state's name in both languages."""
        return self.value


@dataclass(frozen=True, slots=True)
class Change:
    """One stock at two times: quantities in shares, amounts in won; 0 at the time at which it is not held."""

    pdno: str
    prdt_name: str
    state: State
    quantity_then: int
    quantity_now: int
    valuation_then: int
    valuation_now: int
    profit_then: int
    profit_now: int

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


def changes(then: Sequence[Holding], now: Sequence[Holding]) -> tuple[Change, ...]:
    """One Change a stock, unchanged ones too: those held now in the order of `now`, then the closed ones in that of `then`.

    The rows of a stock are joined first (`bystock`). A stock of quantity 0, sold out that day, is not held.
    """
    before, after = _held(then), _held(now)
    current = [_change(State.HELD if code in before else State.NEW, before.get(code), row) for code, row in after.items()]
    return (*current, *(_change(State.CLOSED, row, None) for code, row in before.items() if code not in after))


def _held(rows: Sequence[Holding]) -> dict[str, Holding]:
    return {row.pdno: row for row in join_by_stock(rows) if row.hldg_qty}


def _change(state: State, then: Holding | None, now: Holding | None) -> Change:
    row = now or then
    assert row is not None  # noqa: S101 (a stock that is held at neither time has no change)
    old = (then.hldg_qty, then.evlu_amt, then.evlu_pfls_amt) if then else (0, 0, 0)
    new = (now.hldg_qty, now.evlu_amt, now.evlu_pfls_amt) if now else (0, 0, 0)
    return Change(row.pdno, row.prdt_name, state, *(amount for pair in zip(old, new, strict=True) for amount in pair))


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
