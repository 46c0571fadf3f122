"""When stocks are traded in Korea: KRX's trading days, from NXT's pre-market to its after-market."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from kis_xl import kst

if TYPE_CHECKING:
    from holidays import HolidayBase

#: NXT's pre-market begins and its after-market ends (KST); KRX's own session, 09:00 to 15:30, lies within.
OPENS: Final = time(8, 0)
CLOSES: Final = time(20, 0)
_SATURDAY: Final = 5


def is_trading_day(day: date) -> bool:
    """Whether KRX trades on `day`."""
    return day.weekday() < _SATURDAY and day not in _closures()


def is_open(moment: datetime | None = None) -> bool:
    """Whether stocks are traded at `moment` (aware; now by default) on KRX or NXT."""
    local = (moment or kst.now()).astimezone(kst.KST)
    return is_trading_day(local.date()) and OPENS <= local.time() < CLOSES


@lru_cache(maxsize=1)
def _closures() -> HolidayBase:
    from holidays import financial_holidays  # noqa: PLC0415 (its import costs more than most calls of ours)

    return financial_holidays("XKRX")
