"""Korea Standard Time: all times are aware and in KST; Korea has no daylight saving."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

KST = timezone(timedelta(hours=9), "KST")


#: Two clocks may differ by so much.
_SAME_TIME: Final = timedelta(minutes=5)


def now() -> datetime:
    """This moment in KST."""
    return datetime.now(KST)


def is_ahead(moment: datetime) -> bool:
    """Whether `moment` (aware) lies in the future, by more than two clocks may differ: this clock is wrong, or was when it was written."""
    return moment - now() > _SAME_TIME


def parse(text: str) -> datetime:
    """Read the token's expiry, `2025-02-05 13:39:00`: KST, though the text names no zone.

    Raises ValueError for any other form.
    """
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)
