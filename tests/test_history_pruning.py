"""What is removed: of past days the fetches before the last, by and by or on demand; the last of a day only when it is asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kis_xl.fields import Environment
from kis_xl.history import KEEP_DAYS, AccountKey, History, Pruned, Rule, Source
from tests.history_kit import DAY, HOLDING, KEY, at, balance, demo, sql, worth


def times(place: str) -> list[str]:
    return [f"{row[0]}"[5:16] for row in sql(place, "SELECT as_of FROM kis_snapshot ORDER BY as_of")]


def test_fetches_before_the_last_of_a_day_go_after_a_week(history: History, place: str) -> None:
    for hour in (9, 12, 15):
        history.store(balance(at(2, hour)))
    for day in range(3, 9):
        history.store(balance(at(day)))
    assert len(sql(place, "SELECT 1 FROM kis_snapshot")) == 9  # the week is not over
    history.store(balance(at(9)))
    assert times(place)[:2] == ["11-02 15:00", "11-03 16:00"]
    assert [day.day for day in history.days(KEY)] == list(range(2, 10))


def test_the_last_fetch_of_a_day_is_never_removed_by_itself(history: History) -> None:
    history.store(balance(at(1)))
    for years in range(1, 12):
        history.store(balance(at(1) + timedelta(days=365 * years)))
        history.store(balance(at(1) + timedelta(days=365 * years, hours=1)))
    assert len(history.days(KEY)) == 12


def test_what_busy_days_left_goes_by_and_by(history: History, place: str) -> None:
    """A day of many refreshes holds nobody up: each store removes a little more than it adds."""
    for minute in range(30):
        history.store(balance(at(2, 10, minute)))
    for number in range(20):
        before = len(sql(place, "SELECT 1 FROM kis_snapshot"))
        history.store(balance(at(20, 10, number)))
        assert before - 1 <= len(sql(place, "SELECT 1 FROM kis_snapshot")) <= before + 1
    assert times(place)[0] == "11-02 10:29"
    assert len(times(place)) == 21


def test_only_the_accounts_own_fetches_go(history: History, place: str) -> None:
    for hour in (9, 15):
        history.store(balance(at(2, hour), environment=Environment.MOCK, host=Environment.MOCK.host))
    history.store(balance(at(20)))
    assert len(times(place)) == 3


def test_a_clock_that_went_forward_takes_nothing_that_counts(history: History) -> None:
    for hour in (9, 15):
        history.store(demo(at(19, hour)))
    history.store(demo(at(20).replace(year=2099)))
    assert [day.day for day in history.days(KEY)[:1]] == [19]
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    assert (stored.as_of, stored.holdings) == (at(19, 15), demo().holdings)


@pytest.fixture
def filled(history: History) -> History:
    """Three days of two fetches each, and another account's."""
    for day in (16, 17, 18):
        for hour in (9, 15):
            history.store(balance(at(day, hour), totals=worth(day)))
    history.store(THEIRS)
    return history


THEIRS = balance(at(16, 9), environment=Environment.MOCK, host=Environment.MOCK.host)
TODAY = date(2026, 11, 18)
RULES = {
    "nothing": (Rule(), Pruned(0, 0)),
    "a day kept": (Rule.keeping(1, TODAY), Pruned(2, 0)),
    "two days kept": (Rule.keeping(2, TODAY), Pruned(1, 0)),
    "all kept": (Rule.keeping(KEEP_DAYS, TODAY), Pruned(0, 0)),
    "before a day": (Rule(all_before=date(2026, 11, 17)), Pruned(3, 2)),
    "before the first": (Rule(all_before=date(2026, 11, 16)), Pruned(0, 0)),
    "of a day": (Rule(day=date(2026, 11, 17)), Pruned(2, 1)),
}


@pytest.mark.parametrize(("rule", "pruned"), RULES.values(), ids=RULES.keys())
def test_a_dry_run_says_what_would_go(filled: History, place: str, rule: Rule, pruned: Pruned) -> None:
    before = times(place)
    assert filled.prune(rule, dry_run=True) == pruned
    assert times(place) == before


@pytest.mark.parametrize(("rule", "pruned"), RULES.values(), ids=RULES.keys())
def test_what_was_announced_goes(filled: History, place: str, rule: Rule, pruned: Pruned) -> None:
    before, days = len(times(place)), len(filled.days(KEY)) + len(filled.days(AccountKey.of(THEIRS)))
    assert filled.prune(rule) == pruned
    assert len(times(place)) == before - pruned.fetches
    assert len(filled.days(KEY)) + len(filled.days(AccountKey.of(THEIRS))) == days - pruned.days
    assert filled.prune(rule) == Pruned(0, 0)


def test_of_one_account(filled: History) -> None:
    assert filled.prune(Rule(all_before=date(2026, 11, 17)), KEY) == Pruned(2, 1)
    assert filled.days(AccountKey.of(THEIRS)) == [date(2026, 11, 16)]


def test_rows_and_totals_go_with_their_balance(filled: History, place: str) -> None:
    filled.prune(Rule(all_before=date(2099, 1, 1)))
    tables = ("kis_snapshot", "kis_holding", "kis_summary")
    assert [sql(place, f"SELECT COUNT(*) FROM {table}") for table in tables] == [[(0,)]] * 3  # noqa: S608 (names of ours)
    assert filled.series(KEY, HOLDING["evlu_amt"], code="005930") == []


def test_the_room_is_given_back(history: History, place: str) -> None:
    for day in range(1, 20):
        history.store(demo(at(day), rows=200))
    before = history.size()
    assert before > 500_000
    history.prune(Rule(all_before=date(2026, 11, 19)))
    history.compact()
    if not place.startswith("postgresql:"):  # a server does that in its own time
        assert history.size() < before / 5
    assert len(history.days(KEY)) == 1


OTHERWISE = {"AFHR_FLPR_YN": "X"}


def test_a_fetch_is_superseded_only_by_one_that_was_asked_in_the_same_way(history: History) -> None:
    for hour in (9, 12, 15):
        history.store(balance(at(2, hour)))
        history.store(balance(at(2, hour, 1), parameters=OTHERWISE))
    assert history.prune(Rule.keeping(1, at(20).date())) == Pruned(4, 0)
    assert [[each.as_of.hour for each in history.walk(key)] for key in (KEY, KEY.asked_with(OTHERWISE))] == [[15], [15]]


def test_by_itself_the_last_fetch_of_each_query_stays(history: History) -> None:
    for hour in (9, 12, 15):
        history.store(balance(at(2, hour)))
        history.store(balance(at(2, hour, 1), parameters=OTHERWISE))
    for day in range(10, 16):
        history.store(balance(at(day)))
    assert [next(each.as_of.hour for each in history.walk(key)) for key in (KEY, KEY.asked_with(OTHERWISE))] == [15, 15]
    assert [history.overview(key)[0].fetches for key in (KEY, KEY.asked_with(OTHERWISE))] == [1, 1]


def test_a_report_supersedes_nothing_that_was_fetched(history: History, place: str) -> None:
    """A file may say anything; it is shown as the day's last, and the fetch stays."""
    history.store(balance(at(2, 9), totals=worth(1)))
    history.store(balance(at(2, 10), totals=worth(2)), source=Source.REPORT)
    history.store(balance(at(2, 11), totals=worth(3)), source=Source.REPORT)
    assert history.prune(Rule.keeping(1, at(20).date())) == Pruned(1, 0)
    assert times(place) == ["11-02 09:00", "11-02 11:00"]
    history.store(balance(at(2, 12), totals=worth(4)))
    assert history.prune(Rule.keeping(1, at(20).date())) == Pruned(2, 0)
    assert times(place) == ["11-02 12:00"]


def test_importing_again_changes_nothing(history: History, place: str) -> None:
    """A report that a later balance of its day superseded is not stored only to be removed."""
    reports = [balance(at(day, hour)) for day in range(2, 20) for hour in (9, 16)]
    first = [history.store(each, source=Source.REPORT) for each in reports]
    assert all(first)
    for day in range(20, 26):
        history.store(balance(at(day)))
    kept = times(place)
    assert not any(history.store(each, source=Source.REPORT) for each in [*reports, *reversed(reports)])
    assert times(place) == kept
    assert history.store(balance(at(19, 17)), source=Source.REPORT) is True


def test_an_accounts_days_go_only_as_they_were_asked(history: History) -> None:
    history.store(balance(at(2)))
    history.store(balance(at(2, 17), parameters=OTHERWISE))
    assert history.prune(Rule(day=at(2).date()), KEY.asked_with(OTHERWISE)) == Pruned(1, 1)
    assert (history.days(KEY), history.days(KEY.asked_with(OTHERWISE))) == ([at(2).date()], [])
