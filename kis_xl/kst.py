"""Korea Standard Time: all times are aware and in KST; Korea has no daylight saving."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")


def now() -> datetime:
    """This moment in KST."""
    return datetime.now(KST)


def parse(text: str) -> datetime:
    """Read the token's expiry, `2025-02-05 13:39:00`: KST, though the text names no zone.

    Raises ValueError for any other form.
    """
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)
