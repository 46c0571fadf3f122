"""A balance as a file, and back: every digit, every row, but no account number.

The file is the newest snapshot of one account and one set of options, whose name it bears. It is written whole or not at
all; a file that cannot be read, that stood under another name, or that another version wrote with other fields, counts as
none.
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
from kis_xl.kst import KST
from kis_xl.models import Balance
from kis_xl.parsing import Extra
from kis_xl.redaction import get_logger, redact

_log = get_logger(__name__)
_FORMAT: Final = 1
_PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "pages": (int,),
    "seconds": (int, float),
    "restarts": (int,),
    "host": (str,),
}

_TOO_LARGE: Final = 10**32  # more digits than any length in the API document


def save(balance: Balance, path: Path) -> None:
    """Write `balance` to `path`, readable by its owner only. Raises OSError."""
    document = {
        "format": _FORMAT,
        "file": path.stem,
        "environment": balance.environment.key,
        "as_of": balance.as_of.isoformat(),
        "parameters": dict(balance.parameters),
        "message": redact(balance.message),
        **{key: getattr(balance, key) for key in _PLAIN},
        "holding_fields": [field.key for field in HOLDING_FIELDS],
        "holdings": [_values(row, HOLDING_FIELDS) for row in balance.holdings],
        "summary_fields": [field.key for field in SUMMARY_FIELDS],
        "summary": None if balance.summary is None else _values(balance.summary, SUMMARY_FIELDS),
        "extras": [[extra.section, extra.row, extra.key, _redacted(extra.value)] for extra in balance.extras],
    }
    # the service can send half a surrogate pair, which is no UTF-8
    write_atomically(path, json.dumps(document, ensure_ascii=False, default=str).encode(errors="surrogatepass"))


def load(path: Path, account: Account) -> Balance | None:
    """The balance in `path`, of `account`; None where there is none or none that can be read."""
    try:
        return _balance(json.loads(path.read_bytes()), account, path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        _log.warning("the stored snapshot cannot be read and is fetched anew: %s", type(error).__name__)
        return None


def stamp(path: Path) -> tuple[int, int] | None:
    """What differs once another file was put at `path`; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _balance(document: Any, account: Account, path: Path) -> Balance:
    if document["format"] != _FORMAT or document["file"] != path.stem or not _fields_match(document):
        raise ValueError("another format, or another's")
    summary, as_of = document["summary"], datetime.fromisoformat(document["as_of"])
    if as_of.tzinfo is None:
        raise ValueError("a time without a zone")
    return Balance(
        account=account.number,
        name=account.name,
        environment=Environment.of(document["environment"]),
        as_of=as_of.astimezone(KST),
        parameters={_text(key): _text(value) for key, value in document["parameters"].items()},
        holdings=tuple(_rows(_checked(document["holdings"], list), HOLDING_FIELDS, Holding)),
        summary=None if summary is None else next(iter(_rows([summary], SUMMARY_FIELDS, Summary))),
        extras=tuple(Extra(*extra) for extra in document["extras"]),
        message=_text(document["message"]),
        **{key: _checked(document[key], *kinds) for key, kinds in _PLAIN.items()},
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


def _redacted(value: Any) -> Any:
    """What the API document does not know may name the account."""
    if isinstance(value, dict):
        return {redact(key): _redacted(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_redacted(member) for member in value]
    written = str(value)
    hidden = redact(written)
    return value if hidden == written else hidden


def _checked(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise TypeError(kinds)
    return value


def _text(value: Any) -> Any:
    return _checked(value, str)


def _whole(value: Any) -> Any:
    number = _checked(value, int)
    if abs(number) >= _TOO_LARGE:
        raise ValueError(_TOO_LARGE)
    return number


def _decimal(value: Any) -> Decimal:
    number = Decimal(_text(value))
    if not number.is_finite():
        raise ValueError(value)
    return number


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(value)


_READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.CODE: _text,
    Kind.TEXT: _text,
    Kind.FLAG: _text,
    Kind.DATE: _day,
    Kind.QUANTITY: _whole,
    Kind.WON: _whole,
    Kind.UNIT_PRICE: _decimal,
    Kind.PERCENT: _decimal,
}
