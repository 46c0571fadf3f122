"""What the functions return of earlier days: KIS_HISTORY and KIS_CHANGES, of one account or of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kis_xl import kst
from kis_xl.changes import TABLE_FIELDS, Change, changes, changes_together, table_values
from kis_xl.errors import ArgumentError, DataError, KisError
from kis_xl.excel import arguments
from kis_xl.excel.arguments import ACCOUNT_FIELD, AS_ONE, HOLDING_NAMES, SUMMARY_NAMES
from kis_xl.excel.session import Session
from kis_xl.excel.several import OfAccount, tried
from kis_xl.excel.tables import TOTAL, no_sum
from kis_xl.excel.values import Cell, Grid, of_any, of_field, of_text
from kis_xl.excel.view import View, adds_up
from kis_xl.fields import Field
from kis_xl.history import AccountKey, Stored
from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.snapshots import Key

_DATE: Final = Text("일자", "Date")


@dataclass(frozen=True)
class _Series:
    """What KIS_HISTORY is asked for: a field of the account, or of a stock by its code in the spellings that it may have."""

    field: Field
    stocks: tuple[str | None, ...]
    start: date | None
    end: date | None

    @property
    def is_stock(self) -> bool:
        """Whether it is a field of a stock."""
        return self.stocks != (None,)

    @classmethod
    def read(cls, field: str, start: date | None, end: date | None) -> _Series:
        """From `field` as it is written: an account's, or `CODE:field` for one stock. Raises ArgumentError."""
        code, _, name = field.rpartition(":")
        names = HOLDING_NAMES if code else SUMMARY_NAMES
        chosen = names.fields[names.place(name.strip() or ("evlu_amt" if code else "tot_evlu_amt"))]
        stocks = arguments.spellings(code) if code else (None,)
        if start and end and start > end:
            raise ArgumentError(Text("start 가 end 보다 뒤입니다.", "start lies after end"), Text("두 날짜를 바꾸세요.", "Swap them."))
        return cls(chosen, stocks, start, end)

    def stored(self, session: Session, key: Key) -> list[tuple[date, Any]]:
        """Days and values of one account, oldest first."""
        whose = AccountKey.of(key.account)
        # a day in the future was stored by a clock that was wrong: it is shown to those who ask for it
        end = self.end or max(kst.now().date(), self.start or date.min)
        found = (session.history.series(whose, self.field, self.start, end, stock) for stock in self.stocks)
        return next(filter(None, found), [])


def series(session: Session, account: Any, field: str, start: date | None, end: date | None) -> Grid:
    """A header row, then date and value of each stored day; for `*` a column an account, and the sum of what adds up."""
    wanted = _Series.read(field, start, end)
    caption = wanted.field.caption.in_(session.language)
    header: list[Cell] = [_DATE.in_(session.language), caption]
    if not arguments.is_all(account):
        rows = [[day, found] for day, found in wanted.stored(session, session.key(account))]
    elif arguments.account(account) == AS_ONE:
        rows = _sums(session, wanted)
    else:
        rows = _side_by_side(session, wanted)
        names = [key.account.name for key in session.all_keys()] + ([TOTAL.in_(session.language)] if adds_up(wanted.field) else [])
        header = [header[0], *(of_text(f"{caption} ({name})") for name in names)]
    if not rows:
        raise DataError(
            Text("이 기간에 저장된 날이 없습니다.", "no day is stored in this period"),
            Text(
                "조회할 때마다 그날의 잔고가 저장됩니다. 저장된 이력: `kis-xl history list`",
                "Each day's balance is stored when it is fetched. `kis-xl history list` shows what is stored.",
            ),
        )
    return [header, *([of_any(day), *(of_field(wanted.field, found) for found in cells)] for day, *cells in rows)]


def _side_by_side(session: Session, wanted: _Series) -> list[list[Any]]:
    """A row a day that any account has: each account's value, None where it has none, then their sum where they have one.

    It has none on a day on which any account was not fetched. One that was, and has no value, holds nothing.
    """
    keys = session.all_keys()
    columns = [dict(wanted.stored(session, key)) for key in keys]
    days = sorted({day for column in columns for day in column})
    rows = [[column.get(day) for column in columns] for day in days]
    if not adds_up(wanted.field):
        return [[day, *row] for day, row in zip(days, rows, strict=True)]
    whole = set.intersection(*(_whole_days(session, wanted, AccountKey.of(key.account)) for key in keys))
    return [[day, *row, sum(value or 0 for value in row) if day in whole else None] for day, row in zip(days, rows, strict=True)]


def _whole_days(session: Session, wanted: _Series, whose: AccountKey) -> set[date]:
    """The days on which what is wanted of the account is known; a stock's rows are there without the totals, too."""
    if wanted.is_stock:
        return set(session.history.days(whose))
    return {each.day for each in session.history.overview(whose, wanted.start, wanted.end) if not each.lacks_totals}


def _sums(session: Session, wanted: _Series) -> list[list[Any]]:
    """Day and sum of each day on which every account was fetched."""
    if not adds_up(wanted.field):
        raise no_sum(wanted.field)
    return [[row[0], row[-1]] for row in _side_by_side(session, wanted) if row[-1] is not None]


def since(session: Session, account: Any, start: date | None) -> Grid:
    """Per stock what it was then (the last stored balance up to `start`, by default of the previous day) and is now.

    For `*` the rows of each account, with its name first; for all accounts as one their sums, stock by stock. Each account is
    compared with its own last stored day.
    """
    is_all = arguments.is_all(account)
    views = session.together().parts if is_all else (session.view(account),)
    before = [_before(session, view, start, is_named=is_all) for view in views]
    days = {stored.as_of.date() for stored in before}
    then = days.pop() if len(days) == 1 else None
    header = [_dated(field, then, session.language) for field in TABLE_FIELDS]
    pairs = [(stored.holdings, view.balance.holdings) for view, stored in zip(views, before, strict=True)]
    if is_all and arguments.account(account) != AS_ONE:
        header.insert(0, ACCOUNT_FIELD.caption.in_(session.language))
        rows = [
            [of_text(view.name), *row]
            for view, pair in zip(views, pairs, strict=True)
            for row in _changed(changes(*pair), session.language)
        ]
    else:
        rows = _changed(changes_together(pairs) if is_all else changes(*pairs[0]), session.language)
    return [[*header], *(rows or [[""] * len(header)])]


def _before(session: Session, view: View, start: date | None, *, is_named: bool) -> Stored:
    """What an account is compared with. The error names the account where it is one of several."""
    found = tried(lambda balance: _stored_before(session, balance, start), view.balance)
    if isinstance(found, KisError):
        raise OfAccount(view.name, found).named() if is_named else found
    return found


def _stored_before(session: Session, balance: Balance, start: date | None) -> Stored:
    """DataError where nothing is stored, ArgumentError for a day that is not before the balance."""
    today = balance.as_of.date()
    key = AccountKey.of(balance)
    before = [day for day in session.history.days(key) if day < today]
    if start is not None and start >= today:
        raise ArgumentError(
            Text(f"since: {start} 은(는) 비교할 과거가 아닙니다.", f"since: {start} is not before the balance that is shown"),
            Text(f"{today} 보다 앞선 날짜를 쓰세요.", f"Use a date before {today}."),
        )
    wanted = start or (before[-1] if before else None)
    stored = session.history.on_or_before(key, wanted) if wanted else None
    if stored is None:
        raise _begins_later(start, before[0]) if start and before else _nothing_earlier(start)
    return stored


def _nothing_earlier(start: date | None) -> DataError:
    return DataError(
        Text("비교할 이전 날이 저장되어 있지 않습니다.", "no earlier day is stored to compare with"),
        Text("since 를 비워 두면 내일부터 표시됩니다.", "It is shown from tomorrow on if since is left out.")
        if start
        else Text("내일부터 표시됩니다.", "It is shown from tomorrow on."),
    )


def _begins_later(start: date, first: date) -> DataError:
    return DataError(
        Text(
            f"{start} 까지 저장된 날이 없습니다. 저장된 첫날은 {first} 입니다.",
            f"nothing is stored on or before {start}; the first day is {first}",
        ),
        Text("그날이나 그 뒤의 날짜를 쓰세요.", "Use that day or a later one."),
    )


def _changed(found: Sequence[Change], language: Language) -> Grid:
    """A row a stock; what is not known is blank."""
    return [[of_field(field, value) for field, value in zip(TABLE_FIELDS, table_values(change, language), strict=True)] for change in found]


def _dated(field: Field, then: date | None, language: Language) -> str:
    """The caption; of a column of then with the day that it is of, which may be an earlier one than was asked for."""
    caption = field.caption.in_(language)
    return f"{caption} ({then:%m-%d})" if then is not None and field.key.endswith("_then") else caption
