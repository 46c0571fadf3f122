"""The account's stored history: every good balance, kept because the API gives no past.

    place        where it is: a file in the data folder, or a PostgreSQL server
    schema       the tables, from the API document
    layouts      the versions of the tables, and the way from one to the next
    database     transactions, and what goes wrong with them
    sqlite, postgresql   what each database has of its own
    records      what is written and asked
    pruning      what is removed
    xlsx, reportfile     a report, read back
    year         a year in months and stocks

Importing this package loads no database library. The first store does, and the first question to a history that exists.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kis_xl.accounts import Account, differing
from kis_xl.datafolder import DataFolder, fingerprint
from kis_xl.errors import ArgumentError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Field, Holding, Summary
from kis_xl.history.place import Server
from kis_xl.language import Text
from kis_xl.models import Balance

if TYPE_CHECKING:
    from kis_xl.history.database import Backend
    from kis_xl.history.records import Records

__all__ = ["KEEP_DAYS", "AccountKey", "Day", "History", "Pruned", "Rule", "Source", "Stored"]

#: For so many days every fetch is kept; of the days before only the last one.
KEEP_DAYS: Final = 7
_FOLDER = "history"
_FILE = "history.sqlite"
_LETTERS = 8


class Source(enum.Enum):
    """Where a stored balance came from; the value is what the database holds."""

    SERVICE = "service"
    REPORT = "report"

    @property
    def caption(self) -> Text:
        """Its name in both languages."""
        return Text("조회", "fetched") if self is Source.SERVICE else Text("보고서", "report")


@dataclass(frozen=True, slots=True)
class AccountKey:
    """An account as the history knows it. Its number is not here: `fingerprint` identifies, `masked` is for people.

    The same number in the other environment, or at another host (a simulator), is another account. `query` is how it is
    asked, as `asked` writes it: balances that were asked in different ways (other prices, with or without fund settlements) are
    not compared with each other. Those of which that is not known count with all.
    """

    environment: str
    host: str
    fingerprint: str
    masked: str
    query: str = ""

    @classmethod
    def of(cls, whose: Balance | Account, parameters: Mapping[str, str] | None = None) -> AccountKey:
        """The key of an account, asked with `parameters` besides its own, or of the account that a balance belongs to."""
        number = whose.account if isinstance(whose, Balance) else whose.number
        environment = whose.environment.key
        whole = fingerprint(number.cano, number.product, environment, whose.host)
        return cls(environment, whose.host, whole, number.masked, asked({**whose.parameters, **(parameters or {})}))

    def asked_with(self, parameters: Mapping[str, str]) -> AccountKey:
        """The same account, asked with other parameters."""
        return replace(self, query=asked(parameters))

    @property
    def letters(self) -> str:
        """The beginning of the fingerprint, by which an account that is set up no more can be named."""
        return self.fingerprint[:_LETTERS]

    @property
    def caption(self) -> Text:
        """`1234****-01 (real)`, with the host where it is not KIS's, and how it is asked where that is not as usual."""
        kind = Environment.of(self.environment)
        more = "".join(f", {each}" for each in ("" if self.host == kind.host else self.host, self.query) if each)
        return Text(f"{self.masked} ({kind.caption.ko}{more})", f"{self.masked} ({kind.caption.en}{more})")


def asked(parameters: Mapping[str, str]) -> str:
    """How a balance was asked, as the history keeps it: what differs from the document's defaults, `AFHR_FLPR_YN=Y PRCS_DVSN=01`."""
    return " ".join(f"{key}={value}" for key, value in differing(parameters).items())


@dataclass(frozen=True, slots=True)
class Stored:
    """One balance out of the history: its time (KST), its rows as the service gave them, its totals where it had any.

    `query` is how it was asked (`asked`), None where that is not known.
    """

    as_of: datetime
    holdings: tuple[Holding, ...]
    summary: Summary | None
    source: Source = Source.SERVICE
    query: str | None = ""

    @property
    def day(self) -> date:
        """Its day in Korea."""
        return self.as_of.date()


@dataclass(frozen=True, slots=True)
class Day:
    """What the history has of a day: its last balance's time (KST), rows and totals in won, and how many fetches are stored.

    `query` is how that balance was asked, as in `Stored`.
    """

    day: date
    as_of: datetime
    rows: int
    tot_evlu_amt: int | None
    nass_amt: int | None
    source: Source
    fetches: int
    query: str | None = ""

    @property
    def lacks_totals(self) -> bool:
        """Whether there are rows without totals: what the account was worth is not known then."""
        return self.tot_evlu_amt is None and bool(self.rows)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is removed: of days before `superseded_before` all but the last fetch, and all of `day` and of days before `all_before`."""

    superseded_before: date | None = None
    all_before: date | None = None
    day: date | None = None

    @classmethod
    def keeping(cls, days: int, today: date) -> Rule:
        """Keep every fetch of the last so many days (1 is today alone), and the last one of each day before."""
        return cls(superseded_before=today - timedelta(days=days - 1))


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: so many fetches, and so many days of which nothing is left."""

    fetches: int
    days: int


class History:
    """Every good balance, once per account and time, in a SQLite file of the data folder or on a PostgreSQL server.

    `where` is a data folder, which may name a server, or a server's address. Threads may share a History and processes the
    file or server. All methods raise ConfigError for a history that a newer version made, DataError for one that is damaged
    or none, OutputError for one that cannot be used: locked, read-only, disk full; and of a server NetworkError where it
    cannot be reached and ConfigError where it refuses. None of them changes or removes such a history. Days are Korean days.
    """

    def __init__(self, where: DataFolder | str) -> None:
        url = where if isinstance(where, str) else where.history
        self._folder = None if isinstance(where, str) else where
        self._server = Server.parse(url) if url or isinstance(where, str) else None
        self._lock = threading.Lock()
        self._opened: Records | None = None

    @property
    def place(self) -> str:
        """Where it is: a file's path, or a server's address without a password."""
        return self._server.shown if self._server is not None else str(self._file)

    def store(self, balance: Balance, *, account: AccountKey | None = None, source: Source = Source.SERVICE) -> bool:
        """Keep `balance`, all of it or nothing; False where the account's balance of that time is already there.

        `account` is whose it is where the balance itself does not know the whole number. One that comes from a report is
        there already when one of the same second (a report knows no smaller parts) or a later one of the day, asked in the same
        way, is: only the last of a day is kept.
        """
        if self._server is None and self._folder is not None:
            self._folder.part(_FOLDER)
        return self._records().store(account or AccountKey.of(balance), balance, source)

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
        return self._records().series(account, field, start, end, code) if self.exists() else []

    def days(self, account: AccountKey) -> list[date]:
        """The days that have a balance, oldest first."""
        return self._records().days(account) if self.exists() else []

    def on_or_before(self, account: AccountKey, day: date) -> Stored | None:
        """The last balance of `day`, or else of the nearest day before it that has one; None where there is none."""
        return self._records().on_or_before(account, day) if self.exists() else None

    def accounts(self) -> list[AccountKey]:
        """Every account that has a balance, once for each way in which it was asked; also those that are set up no more."""
        return self._records().accounts() if self.exists() else []

    def overview(self, account: AccountKey, start: date | None = None, end: date | None = None) -> list[Day]:
        """What is stored of each day from `start` to `end`, oldest first."""
        return self._records().overview(account, start, end) if self.exists() else []

    def walk(self, account: AccountKey, start: date | None = None, end: date | None = None) -> Iterator[Stored]:
        """The last balance of each day from `start` to `end`, oldest first; only some are in memory at a time."""
        return self._records().walk(account, start, end) if self.exists() else iter(())

    def prune(self, rule: Rule, account: AccountKey | None = None, *, dry_run: bool = False) -> Pruned:
        """Remove what `rule` says, of `account` or of all, in one step; with `dry_run` only say what would go.

        A fetch is superseded by a later one that was asked in the same way, and never by a report's.
        """
        return self._records().prune(account, rule, dry_run=dry_run) if self.exists() else Pruned(0, 0)

    def compact(self) -> None:
        """Give the room of what was removed back to the disk; a server does that by itself."""
        if self.exists():
            self._records().database.compact()

    def size(self) -> int:
        """How many bytes the history takes."""
        return self._records().size() if self.exists() else 0

    def exists(self) -> bool:
        """Whether anything can have been stored."""
        if self._server is not None:
            return True
        try:  # without the database library: most cells of a new user ask this
            self._file.stat()
        except FileNotFoundError:
            return False
        except OSError:  # opening it says why
            return True
        return True

    def close(self) -> None:
        """Let go of what was loaded. A History that is used again opens it again."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.database.close()

    @property
    def _file(self) -> Path:
        assert self._folder is not None  # noqa: S101 (a history without a folder has a server)
        return self._folder.path / _FOLDER / _FILE

    def _records(self) -> Records:
        from kis_xl.history.records import Records  # noqa: PLC0415 (the database library is loaded when it is needed)

        with self._lock:
            if self._opened is None:
                self._opened = Records(self._backend())
            return self._opened

    def _backend(self) -> Backend:
        if self._server is None:
            from kis_xl.history.sqlite import SQLite  # noqa: PLC0415 (as above)

            return SQLite(self._file)
        from kis_xl.history.postgresql import PostgreSQL  # noqa: PLC0415 (as above)

        return PostgreSQL(self._server)


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
