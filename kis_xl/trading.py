"""When stocks are traded in Korea: KRX's trading days, from NXT's pre-market to its after-market.

`holidays` knows KRX's closures. `closed-days.txt` in the data folder is the user's own list, for the closure that KRX announces on
short notice: whoever asks for the sake of a user asks `calendar`, which knows both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.redaction import get_logger, shown

if TYPE_CHECKING:
    from holidays import HolidayBase

_log = get_logger(__name__)
#: NXT's pre-market begins and its after-market ends (KST); KRX's own session, 09:00 to 15:30, lies within.
OPENS: Final = time(8, 0)
CLOSES: Final = time(20, 0)
_SATURDAY: Final = 5
_CLOSED_FILE: Final = "closed-days.txt"


def is_trading_day(day: date) -> bool:
    """Whether KRX trades on `day`, as far as is known of all users."""
    return day.weekday() < _SATURDAY and day not in _closures()


def calendar(folder: DataFolder) -> Callable[[date], bool]:
    """Whether KRX trades on a day: `is_trading_day` without the closures of the user's own list, which is read once."""
    own = closed_days(folder)
    return lambda day: day not in own and is_trading_day(day)


def is_open(moment: datetime | None = None, trades: Callable[[date], bool] = is_trading_day) -> bool:
    """Whether stocks are traded at `moment` (aware; now by default) on KRX or NXT, on the days of a `calendar`."""
    local = (moment or kst.now()).astimezone(kst.KST)
    return trades(local.date()) and OPENS <= local.time() < CLOSES


def closed_file(folder: DataFolder) -> Path:
    """The user's list of closures, whether or not it is there: a day a line (2027-01-02), # before a remark."""
    return folder.path / "schedule" / _CLOSED_FILE


def closed_days(folder: DataFolder) -> frozenset[date]:
    """The days of the user's list. A line there that is no date is logged, and no reason to fail; nor is a list that cannot be read."""
    closed = set()
    try:
        lines = closed_file(folder).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        lines = []
    for line in lines:
        text = line.partition("#")[0].strip()
        try:
            closed |= {date.fromisoformat(text)} if text else set()
        except ValueError:
            _log.warning("%s: no date: %s", _CLOSED_FILE, shown(text))
    return frozenset(closed)


@lru_cache(maxsize=1)
def _closures() -> HolidayBase:
    from holidays import financial_holidays  # noqa: PLC0415 (its import costs more than most calls of ours)

    return financial_holidays("XKRX")
