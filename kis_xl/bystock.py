"""The by-stock view: with INQR_DVSN 01 a stock stands in one row for cash and one for each loan; here they are joined.

The service's own by-stock inquiry (INQR_DVSN 02) is refused since a notice of 2026-02-10, so the view is made here.
How each field is joined stands in the API document's table (`fields.Join`). Of the price and the day's change that of the last
row with a price counts: pages are fetched one after another, and a price that has moved between two of them is not unknown. A
stock with a single row is passed on as it came, digit for digit: what was given is never recomputed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from kis_xl.fields import HOLDING_FIELDS, Field, Holding, Join, Kind

_ZERO = Decimal(0)
#: What says something of the stock, not of the position in it: accounts that are asked one after another differ in it.
_MARKET = tuple(
    field.key
    for field in HOLDING_FIELDS
    if field.key == "prdt_name" or (field.join is Join.SAME and field.kind.python_type in (int, Decimal))
)
#: What moves from one second to the next: one row's, so that they fit each other.
_MOVING = ("prpr", "fltt_rt", "bfdy_cprs_icdc")
_PRECISE = Context(prec=100)  # the default of 28 digits is too few for the longest values that the document allows


def join_by_stock(rows: Sequence[Holding]) -> tuple[Holding, ...]:
    """One Holding a stock (`pdno`), in the order of first appearance."""
    groups: dict[str, list[Holding]] = {}
    for row in rows:
        groups.setdefault(row.pdno, []).append(row)
    return tuple(group[0] if len(group) == 1 else _join(group) for group in groups.values())


def join_accounts(accounts: Sequence[tuple[datetime, Sequence[Holding]]]) -> tuple[Holding, ...]:
    """One Holding a stock over several accounts, each with the time of its rows, in the order of first appearance.

    Joined as the rows of one account are, but for prices and names: where they differ those of the newest account count that
    has a price for the stock, since a price that has moved between two accounts is not unknown.
    """
    joined = join_by_stock([row for _, rows in accounts for row in rows])
    newest: dict[str, Holding] = {}
    for _, rows in sorted(accounts, key=lambda account: account[0]):
        newest |= {row.pdno: row for row in join_by_stock(rows) if row.prpr or row.pdno not in newest}
    return tuple(_at_prices_of(newest[row.pdno], row) for row in joined)


def _at_prices_of(newest: Holding, row: Holding) -> Holding:
    differing = {key: getattr(newest, key) for key in _MARKET if getattr(newest, key) != getattr(row, key)}
    return replace(row, **differing) if differing else row


def _join(rows: list[Holding]) -> Holding:
    priced = next((row for row in reversed(rows) if row.prpr), rows[-1])
    return Holding(*[getattr(priced, field.key) if field.key in _MOVING else _value(field, rows) for field in HOLDING_FIELDS])


def _value(field: Field, rows: list[Holding]) -> Any:
    values = [getattr(row, field.key) for row in rows]
    if field.join is Join.SUM:
        return sum(values)
    if field.join is Join.LISTED:
        return " + ".join(dict.fromkeys(value for value in values if value))
    if field.join is Join.SAME:
        return values[0] if all(value == values[0] for value in values) else _blank(field)
    return _ratio(field, rows, values)


def _ratio(field: Field, rows: list[Holding], values: list[Decimal]) -> Decimal:
    if field.join is Join.AVERAGE:
        return _divided(Decimal(sum(row.pchs_amt for row in rows)), sum(row.hldg_qty for row in rows), field.decimals)
    if field.join is Join.RETURN:
        if not any(values):  # evlu_erng_rt is unused on the real service: nought stays nought
            return values[0]
        profit = Decimal(100 * sum(row.evlu_pfls_amt for row in rows))
        return _divided(profit, sum(row.pchs_amt for row in rows), field.decimals)
    priced = [(row.hldg_qty, value) for row, value in zip(rows, values, strict=True) if value]
    weighted = sum((quantity * value for quantity, value in priced), _ZERO)
    return _divided(weighted, sum(quantity for quantity, _ in priced), field.decimals)


def _divided(dividend: Decimal, divisor: int, decimals: int) -> Decimal:
    """The quotient rounded half up; nought where there is nothing to divide by (a stock sold out today)."""
    with localcontext(_PRECISE):
        quotient = dividend / divisor if divisor else _ZERO
        return quotient.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _blank(field: Field) -> Any:
    if field.kind is Kind.DATE:
        return None
    return "" if field.kind.python_type is str else field.kind.python_type(0)
