"""When stocks are traded: what an automatic refresh asks before it calls the service."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from kis_xl import kst, trading
from kis_xl.datafolder import DataFolder

#: Days on which KRX was closed, by its own notices: holidays, substitutes, elections, Labour Day, the year's last day.
CLOSED = [
    "2024-01-01", "2024-02-09", "2024-02-12", "2024-03-01", "2024-04-10", "2024-05-01", "2024-05-06", "2024-05-15", "2024-06-06",
    "2024-08-15", "2024-09-16", "2024-09-17", "2024-09-18", "2024-10-01", "2024-10-03", "2024-10-09", "2024-12-25", "2024-12-31",
    "2025-01-01", "2025-01-27", "2025-01-28", "2025-01-29", "2025-01-30", "2025-03-03", "2025-05-01", "2025-05-05", "2025-05-06",
    "2025-06-03", "2025-06-06", "2025-08-15", "2025-10-03", "2025-10-06", "2025-10-07", "2025-10-08", "2025-10-09", "2025-12-25",
    "2025-12-31",
]  # fmt: skip
OPEN = [
    "2024-01-02",
    "2024-02-13",
    "2024-04-11",
    "2024-12-30",
    "2025-01-02",
    "2025-01-31",
    "2025-05-02",
    "2025-05-07",
    "2025-10-10",
    "2025-12-30",
]


@pytest.mark.parametrize("day", CLOSED)
def test_krx_was_closed(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert not trading.is_trading_day(date.fromisoformat(day))
    assert not trading.is_open(datetime.fromisoformat(f"{day}T10:00+09:00"))


@pytest.mark.parametrize("day", OPEN)
def test_krx_was_open(day: str) -> None:
    assert trading.is_trading_day(date.fromisoformat(day))
    assert trading.is_open(datetime.fromisoformat(f"{day}T10:00+09:00"))


def test_no_trading_at_the_weekend_and_some_two_hundred_and_forty_days_a_year() -> None:
    for year in range(2024, 2031):
        days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
        open_days = [day for day in days if trading.is_trading_day(day)]
        assert all(day.weekday() < 5 for day in open_days)
        assert 236 <= len(open_days) <= 252
        assert not trading.is_trading_day(date(year, 12, 31))
        assert not trading.is_trading_day(date(year, 5, 1))


@pytest.mark.parametrize(
    ("time", "is_open"),
    [
        ("00:00", False),
        ("07:59:59", False),
        ("08:00", True),
        ("09:00", True),
        ("15:30", True),
        ("19:59:59.999999", True),
        ("20:00", False),
        ("23:59", False),
    ],
)
def test_hours_are_those_of_both_exchanges(time: str, is_open: bool) -> None:
    assert trading.is_open(datetime.fromisoformat(f"2025-11-20T{time}+09:00")) is is_open


@pytest.mark.parametrize(("hour", "is_open"), [(22, False), (23, True), (10, True), (11, False)])
def test_a_moment_is_koreas_wherever_the_machine_is(hour: int, is_open: bool) -> None:
    """23:00 UTC is 08:00 of the next day in Korea: Sunday's is Monday's opening, Friday's is a Saturday."""
    assert trading.is_open(datetime(2025, 11, 19, hour, tzinfo=UTC)) is is_open
    assert trading.is_open(datetime(2025, 11, 23, 23, 30, tzinfo=UTC)) is True
    assert trading.is_open(datetime(2025, 11, 21, 23, 30, tzinfo=UTC)) is False


def test_now_is_meant_where_no_moment_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for day, wanted in ((20, True), (22, False)):
        monkeypatch.setattr(kst, "now", lambda day=day: datetime(2025, 11, day, 10, tzinfo=kst.KST))
        assert trading.is_open() is wanted


def test_a_users_calendar_knows_their_own_closures_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = DataFolder(tmp_path / "home")
    assert trading.calendar(folder)(date(2025, 11, 20))
    assert not folder.path.exists()
    path = trading.closed_file(folder)
    path.parent.mkdir(parents=True)
    path.write_text("\ufeff# mine\n2025-11-20  # a storm\nsoon\n", encoding="utf-8")
    trades = trading.calendar(folder)
    days = [date(2025, 11, day) for day in (19, 20, 21, 22)] + [date(2025, 12, 25)]
    assert [trades(day) for day in days] == [True, False, True, False, False]
    assert "no date: 'soon'" in caplog.text
    assert trading.is_trading_day(date(2025, 11, 20))  # of another user it is not known
    noon = datetime.fromisoformat("2025-11-20T12:00+09:00")
    assert trading.is_open(noon)
    assert not trading.is_open(noon, trades)
    assert trading.is_open(noon + timedelta(days=1), trades)
