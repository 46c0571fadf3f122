"""A digest of what a report holds, by which a report that is read back is known to be as it was written.

It guards against mistakes: a cell that somebody overtyped, rows that were deleted. It is no signature: who changes a report on
purpose can make it anew.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Context, Decimal
from typing import Any, Final

from kis_xl import kst
from kis_xl.cells import text
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field
from kis_xl.models import Balance

_LETTERS: Final = 32
#: A spreadsheet program that saves a file again keeps about 15 digits of a number that is no integer.
_KEPT: Final = Context(prec=12)


def digest(balance: Balance) -> str:
    """`sha256:` and 32 letters, of the time to the second, the masked number, server and query, every row and every total.

    Texts count as a cell holds them, runs of blanks as one; numbers by their value, not by their zeros.
    """
    whole = [
        f"{balance.as_of.astimezone(kst.KST):%Y-%m-%dT%H:%M:%S}",
        balance.account.masked,
        balance.environment.key,
        balance.host,
        sorted(balance.parameters.items()),
        [_values(HOLDING_FIELDS, row) for row in balance.holdings],
        None if balance.summary is None else _values(SUMMARY_FIELDS, balance.summary),
    ]
    written = json.dumps(whole, ensure_ascii=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(written.encode()).hexdigest()[:_LETTERS]}"


def _values(fields: tuple[Field, ...], row: object) -> list[str]:
    return [_value(getattr(row, field.key)) for field in fields]


def _value(value: Any) -> str:
    if isinstance(value, Decimal):
        rounded = _KEPT.plus(value)
        return f"{rounded.normalize():f}" if rounded else "0"
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(text(value).split()) if isinstance(value, str) else "" if value is None else str(value)
