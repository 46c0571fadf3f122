"""A balance as a file, and back: every digit, every row, but no account number.

The file is the newest snapshot of one account and one set of options. It is written whole or not at all; a file that
cannot be read, or that another version wrote with other fields, counts as none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from kis_xl.accounts import Account
from kis_xl.datafolder import write_atomically
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Field, Holding, Kind, Summary
from kis_xl.models import Balance
from kis_xl.parsing import Extra
from kis_xl.redaction import get_logger

_log = get_logger(__name__)
_FORMAT: Final = 1
_PLAIN: Final = ("name", "pages", "seconds", "restarts", "host", "message")


def save(balance: Balance, path: Path) -> None:
    """Write `balance` to `path`, readable by its owner only. Raises OSError."""
    document = {
        "format": _FORMAT,
        "environment": balance.environment.key,
        "as_of": balance.as_of.isoformat(),
        "parameters": dict(balance.parameters),
        **{key: getattr(balance, key) for key in _PLAIN},
        "holding_fields": [field.key for field in HOLDING_FIELDS],
        "holdings": [_values(row, HOLDING_FIELDS) for row in balance.holdings],
        "summary_fields": [field.key for field in SUMMARY_FIELDS],
        "summary": None if balance.summary is None else _values(balance.summary, SUMMARY_FIELDS),
        "extras": [[extra.section, extra.row, extra.key, extra.value] for extra in balance.extras],
    }
    write_atomically(path, json.dumps(document, ensure_ascii=False, default=str).encode())


def load(path: Path, account: Account) -> Balance | None:
    """The balance in `path`, of `account`; None where there is none or none that can be read."""
    try:
        document = json.loads(path.read_bytes())
        return _balance(document, account)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        _log.warning("the stored snapshot cannot be read and is fetched anew: %s", type(error).__name__)
        return None


def _balance(document: Any, account: Account) -> Balance:
    if document["format"] != _FORMAT or not _fields_match(document):
        raise ValueError("another format")
    summary = document["summary"]
    return Balance(
        account=account.number,
        environment=Environment.of(document["environment"]),
        as_of=datetime.fromisoformat(document["as_of"]),
        parameters=document["parameters"],
        holdings=tuple(_rows(document["holdings"], HOLDING_FIELDS, Holding)),
        summary=None if summary is None else next(iter(_rows([summary], SUMMARY_FIELDS, Summary))),
        extras=tuple(Extra(*extra) for extra in document["extras"]),
        **{key: document[key] for key in _PLAIN} | {"name": account.name},
    )


def _fields_match(document: Any) -> bool:
    return bool(
        document["holding_fields"] == [field.key for field in HOLDING_FIELDS]
        and document["summary_fields"] == [field.key for field in SUMMARY_FIELDS]
    )


def _values(row: Holding | Summary, fields: tuple[Field, ...]) -> list[object]:
    """JSON has no Decimal and no date: these go as text (`default=str` writes 198600.0000 and 2026-11-23)."""
    return [getattr(row, field.key) for field in fields]


def _rows(rows: Iterable[Any], fields: tuple[Field, ...], record: Callable[..., Any]) -> Iterable[Any]:
    readers = [_READERS[field.kind] for field in fields]
    for row in rows:
        yield record(*[read(value) for read, value in zip(readers, row, strict=True)])


def _same(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(kind)
        return value

    return read


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


_READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.CODE: _same(str),
    Kind.TEXT: _same(str),
    Kind.FLAG: _same(str),
    Kind.DATE: _day,
    Kind.QUANTITY: _same(int),
    Kind.WON: _same(int),
    Kind.UNIT_PRICE: Decimal,
    Kind.PERCENT: Decimal,
}
