"""What the report knows of earlier days. It is handed in: nothing here opens a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kis_xl import kst
from kis_xl.errors import KisError
from kis_xl.fields import SUMMARY_FIELDS, Field, by_key
from kis_xl.history import AccountKey, History, Stored
from kis_xl.language import NO_TEXT, Text
from kis_xl.models import Balance

_SUMMARY: Final = by_key(SUMMARY_FIELDS)
#: The totals that the report shows day by day, in the order of its columns.
DAILY_FIELDS: Final[tuple[Field, ...]] = tuple(
    _SUMMARY[key] for key in ("tot_evlu_amt", "nass_amt", "dnca_tot_amt", "evlu_pfls_smtl_amt", "asst_icdc_amt")
)
_FIRST_DAY: Final = Text(
    "저장된 이전 날이 없습니다. 날마다 조회하면 다음 날부터 채워집니다.",
    "No earlier day is stored. This fills from the second day on which the balance is fetched.",
)
_OTHERWISE: Final = Text(
    "같은 조회 조건으로 저장된 이전 날이 없습니다. 다른 조건으로 조회한 날과는 비교하지 않습니다.",
    "No earlier day that was asked with the same query parameters is stored. Days that were asked with others are not compared.",
)
_UNKNOWN: Final = Text(
    "비교한 날을 어떤 조회 조건으로 조회했는지 알 수 없습니다(이전 버전이 저장). 이 보고서는 기본 조건으로 조회하지 않았으므로 "
    "바로 비교되지 않을 수 있습니다.",
    "How the day that is compared with was asked is not known (an older version stored it). This report was asked with query "
    "parameters of its own, so it may not compare.",
)
_NOT_ASKED: Final = Text("이 보고서는 이력 없이 만들었습니다.", "This report was made without a history.")
_NOT_KEPT: Final = Text(
    "체험용 계좌라 이력이 없습니다. 실제 계좌는 날마다 조회하면 다음 날부터 채워집니다.",
    "This is a demonstration, which has no history. An account's fills from the second day on which it is fetched.",
)


@dataclass(frozen=True)
class Past:
    """The days before a balance: the last one whole, the totals of all, oldest first.

    `days` are (day, the values of DAILY_FIELDS, None where the service gave none). `why` says why there is nothing, `caveat`
    what keeps the days from being compared one to one.
    """

    earlier: Stored | None = None
    days: tuple[tuple[date, tuple[int | None, ...]], ...] = ()
    why: Text = NO_TEXT
    caveat: Text = NO_TEXT


#: No history was handed in.
NO_PAST: Final = Past(why=_NOT_ASKED)
#: There can be none: the account is made up for one report.
DEMO_PAST: Final = Past(why=_NOT_KEPT)


def day_of(balance: Balance) -> date:
    """The Korean day of a balance."""
    return balance.as_of.astimezone(kst.KST).date()


def read_past(history: History, balance: Balance) -> Past:
    """What `history` knows of the days before `balance`, asked as it was; a history that cannot be read is told, not raised.

    Days after the balance's own (the clock was set back) are left out.
    """
    try:
        return _read(history, balance)
    except KisError as error:
        return Past(
            why=Text(
                f"이력을 읽을 수 없어 비웠습니다. {error.code}: {error.message('ko')}",
                f"Empty, since the history cannot be read. {error.code}: {error.message('en')}",
            )
        )


def _read(history: History, balance: Balance) -> Past:
    account, today = AccountKey.of(balance), day_of(balance)
    # a day with rows and no totals is no day of nothing: it has no totals to show
    days = [each.day for each in history.overview(account, None, today - timedelta(days=1)) if not each.lacks_totals]
    if not days:
        others = any(key.fingerprint == account.fingerprint and key.query != account.query for key in history.accounts())
        return Past(why=_OTHERWISE if others else _FIRST_DAY)
    columns: list[dict[date, Any]] = [dict(history.series(account, field, None, days[-1])) for field in DAILY_FIELDS]
    rows = tuple((day, tuple(column.get(day) for column in columns)) for day in days)
    earlier = history.on_or_before(account, days[-1])
    is_doubtful = bool(account.query) and earlier is not None and earlier.query is None
    return Past(earlier, rows, caveat=_UNKNOWN if is_doubtful else NO_TEXT)
