"""The account's stored history: every good balance, kept because the API gives no past.

    schema     the tables, from the API document
    database   the file: opening it, transactions, what goes wrong with it
    records    what is written and asked

Importing this package loads no database library. The first store does, and the first question to a history that exists.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kis_xl.accounts import Account
from kis_xl.datafolder import DataFolder, fingerprint
from kis_xl.errors import ArgumentError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Summary
from kis_xl.language import Text
from kis_xl.models import Balance

if TYPE_CHECKING:
    from kis_xl.history.records import Records

__all__ = ["AccountKey", "History", "Stored"]

_FOLDER = "history"
_FILE = "history.sqlite"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An account as the history knows it. Its number is not here: `fingerprint` identifies, `masked` is for people.

    The same number in the other environment, or at another host (a simulator), is another account.
    """

    environment: str
    host: str
    fingerprint: str
    masked: str

    @classmethod
    def of(cls, whose: Balance | Account) -> AccountKey:
        """The key of an account, or of the account that a balance belongs to."""
        number = whose.account if isinstance(whose, Balance) else whose.number
        environment = whose.environment.key
        return cls(environment, whose.host, fingerprint(number.cano, number.product, environment, whose.host), number.masked)


@dataclass(frozen=True, slots=True)
class Stored:
    """One balance out of the history: its time (KST), its rows as the service gave them, its totals where it had any."""

    as_of: datetime
    holdings: tuple[Holding, ...]
    summary: Summary | None


class History:
    """Every good balance, once per account and time, in one SQLite file of the data folder.

    Threads may share a History and processes the file. All methods raise ConfigError for a file that a newer version
    made, DataError for one that is damaged or no history, and OutputError for one that cannot be reached: locked,
    read-only, disk full. None of them changes or removes such a file. Days are Korean days.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._opened: Records | None = None

    def store(self, balance: Balance) -> bool:
        """Keep `balance`, all of it or nothing; False where the account's balance of that time is already there."""
        self._folder.part(_FOLDER)
        return self._records().store(AccountKey.of(balance), balance)

    def series(
        self, account: AccountKey, field: Field, start: date | None = None, end: date | None = None, code: str | None = None
    ) -> list[tuple[date, Any]]:
        """`field` by day, oldest first, from `start` to `end` (both included): int, Decimal, text, date or None.

        Each day's last balance counts. Without `code` the field is one of the account's totals, with it one of that
        stock, its rows joined as in `bystock`. A day without a balance, or without the stock, is not in the list.
        ArgumentError where the table has no such field.
        """
        if field not in (SUMMARY_FIELDS if code is None else HOLDING_FIELDS):
            raise _no_such_field(field, code)
        if not self._exists():
            return []
        return self._records().series(account, field, start, end, code)

    def days(self, account: AccountKey) -> list[date]:
        """The days that have a balance, oldest first."""
        return self._records().days(account) if self._exists() else []

    def on_or_before(self, account: AccountKey, day: date) -> Stored | None:
        """The last balance of `day`, or else of the nearest day before it that has one; None where there is none."""
        return self._records().on_or_before(account, day) if self._exists() else None

    def close(self) -> None:
        """Let go of what was loaded. A History that is used again opens the file again."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    @property
    def _file(self) -> Path:
        return self._folder.path / _FOLDER / _FILE

    def _exists(self) -> bool:
        """Whether anything was ever stored; a file that cannot be reached counts, and opening it says why."""
        try:
            self._file.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def _records(self) -> Records:
        from kis_xl.history.records import Records  # noqa: PLC0415 (the database library is loaded when it is needed)

        with self._lock:
            if self._opened is None:
                self._opened = Records(self._file)
            return self._opened


def _no_such_field(field: Field, code: str | None) -> ArgumentError:
    if code is None:
        return ArgumentError(
            Text(f"{field.key}({field.ko})은(는) 계좌 항목이 아닙니다.", f"{field.key} ({field.en}) is no total of the account"),
            Text("종목 항목은 '종목코드:항목'으로 적으세요.", "For a field of a stock write CODE:field."),
        )
    return ArgumentError(
        Text(f"{field.key}({field.ko})은(는) 종목 항목이 아닙니다.", f"{field.key} ({field.en}) is no field of a stock"),
        Text("계좌 항목은 종목코드 없이 적으세요.", "Write a total of the account without a code."),
    )
