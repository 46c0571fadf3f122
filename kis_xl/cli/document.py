"""A balance as a document for other programs: the API's names, digits and units."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import simplejson  # the standard library cannot write 198600.0000 as the number it is

from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Summary
from kis_xl.models import Balance


def as_json(document: Any) -> str:
    """A document, or a list of them, as JSON; Decimals keep their digits."""
    return simplejson.dumps(document, ensure_ascii=False, use_decimal=False)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return simplejson.RawJSON(f"{value:f}")
    return value.isoformat() if isinstance(value, date) else value


def document_of(balance: Balance, rows: tuple[Holding, ...]) -> dict[str, Any]:
    """The whole balance; `rows` are its holdings, or the by-stock view."""
    return {
        "account": balance.account.masked,
        "environment": balance.environment.key,
        "as_of": balance.as_of.isoformat(timespec="seconds"),
        "pages": balance.pages,
        "holdings": [_entries(row, HOLDING_FIELDS) for row in rows],
        "summary": None if balance.summary is None else _entries(balance.summary, SUMMARY_FIELDS),
        "checks": [{"name": check.name, "expected": check.expected, "actual": check.actual, "ok": check.ok} for check in balance.checks()],
        "host": balance.host,
        "from_kis": balance.from_kis,
    }


def _entries(row: Holding | Summary, fields: tuple[Field, ...]) -> dict[str, Any]:
    return {field.key: plain(getattr(row, field.key)) for field in fields}
