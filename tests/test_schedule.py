"""When a scheduled report is due, missed or done, and what one clock says of the other."""

from __future__ import annotations

import sys
import time as clocks
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ArgumentError, ConfigError
from kis_xl.language import Text
from kis_xl.schedule import plan as plans
from kis_xl.schedule import runs
from kis_xl.schedule.plan import Plan, Slot, TradingDays
from kis_xl.schedule.runs import Outcome, Result, Run
from kis_xl.trading import closed_file
from tests.schedule_kit import HOLIDAY, THURSDAY

FOUR = time(16, 0)
DAYS = TradingDays()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=kst.KST)


def plan(since: str = "2025-09-01T00:00", at: time = FOUR) -> Plan:
    return Plan(at, moment(since), "cron", "en")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put the machine into another time zone."""
    if sys.platform == "win32":
        pytest.skip("Windows has one zone for the whole machine")

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        clocks.tzset()

    yield move
    monkeypatch.undo()
    clocks.tzset()


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        (f"{THURSDAY}T15:59:59", "2025-11-19", "2025-11-20"),
        (f"{THURSDAY}T16:00", "2025-11-20", "2025-11-21"),
        ("2025-11-22T12:00", "2025-11-21", "2025-11-24"),  # a Saturday
        (f"{HOLIDAY}T18:00", "2025-10-02", "2025-10-10"),  # Chuseok
        ("2025-12-31T23:00", "2025-12-30", "2026-01-02"),  # the year's last day is no trading day
    ],
)
def test_only_trading_days_are_planned(now: str, latest: str, following: str) -> None:
    assert DAYS.latest(FOUR, moment(now)) == moment(f"{latest}T16:00")
    assert DAYS.next(FOUR, moment(now)) == moment(f"{following}T16:00")


def test_a_moment_is_koreas_whatever_zone_it_is_told_in() -> None:
    in_new_york = datetime.fromisoformat("2025-11-20T02:00:00-05:00")
    assert DAYS.latest(FOUR, in_new_york) == moment(f"{THURSDAY}T16:00")
    assert DAYS.latest(FOUR, in_new_york - timedelta(seconds=1)) == moment("2025-11-19T16:00")


def test_the_odd_closure_is_added_by_the_user(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = DataFolder(tmp_path / "home")
    path = plans.offer_closed_file(folder)
    assert plans.is_untouched(path)
    assert plans.closed_days(folder).trades(date(2025, 11, 20))
    path.write_text(f"\ufeff# mine\n{THURSDAY}  # a storm\nsoon\n\n2025-11-21\n", encoding="utf-8")
    plans.offer_closed_file(folder)  # leaves it alone
    days = plans.closed_days(folder)
    assert not plans.is_untouched(path)
    assert days.next(FOUR, moment("2025-11-19T17:00")) == moment("2025-11-24T16:00")
    assert days.latest(FOUR, moment("2025-11-22T17:00")) == moment("2025-11-19T16:00")
    assert "no date: 'soon'" in caplog.text


def test_a_list_that_cannot_be_read_closes_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "home")
    plans.offer_closed_file(folder).write_bytes(b"2025-11-20\n\xff\xff")
    assert plans.closed_days(folder).trades(date(2025, 11, 20))
    assert not plans.is_untouched(closed_file(folder))


def test_where_everything_is_closed_nothing_is_planned(tmp_path: Path) -> None:
    days = TradingDays(date(2025, 1, 1) + timedelta(days=number) for number in range(365))
    assert days.latest(FOUR, moment("2025-06-01T12:00")) is None
    assert days.next(FOUR, moment("2025-06-01T12:00")) is None
    assert runs.due(plan(), [], days, moment("2025-06-01T12:00")) is None


@pytest.mark.parametrize(("text", "expected"), [("16:00", FOUR), (" 9:05 ", time(9, 5)), ("00:00", time(0, 0)), ("23:59", time(23, 59))])
def test_times_are_read(text: str, expected: time) -> None:
    assert plans.read_time(text) == expected


@pytest.mark.parametrize("text", ["", "16", "24:00", "16:60", "4pm", "16:00:00", "-1:00", "１６:００"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        plans.read_time(text)
    assert "--at" in caught.value.what.en
    assert "16:00" in caught.value.hint.ko


def test_which_times_have_no_closing_prices() -> None:
    assert [at for at in ("07:59", "08:00", "15:29", "15:30", "16:00") if plans.is_in_session(time.fromisoformat(at))] == ["08:00", "15:29"]


@pytest.mark.parametrize(
    ("name", "at", "expected"),
    [
        ("Asia/Seoul", FOUR, [Slot(16, 0, (0, 1, 2, 3, 4))]),
        ("UTC", FOUR, [Slot(7, 0, (0, 1, 2, 3, 4))]),
        # clocks change there: each time holds for a part of the year
        ("America/New_York", FOUR, [Slot(2, 0, (0, 1, 2, 3, 4)), Slot(3, 0, (0, 1, 2, 3, 4))]),
        ("Pacific/Honolulu", FOUR, [Slot(21, 0, (0, 1, 2, 3, 6))]),
        ("America/Los_Angeles", FOUR, [Slot(0, 0, (0, 1, 2, 3, 4)), Slot(23, 0, (0, 1, 2, 3, 6))]),
        ("Asia/Kolkata", time(20, 15), [Slot(16, 45, (0, 1, 2, 3, 4))]),
        ("Pacific/Auckland", time(22, 0), [Slot(1, 0, (1, 2, 3, 4, 5)), Slot(2, 0, (1, 2, 3, 4, 5))]),
    ],
)
def test_a_time_of_korea_on_another_clock(zone: Callable[[str], None], name: str, at: time, expected: list[Slot]) -> None:
    zone(name)
    assert list(plans.slots(at, moment(f"{THURSDAY}T00:00"))) == expected
    assert list(plans.slots(at, moment("2026-06-01T00:00"))) == expected  # whenever it is asked


def test_wherever_the_machine_is_each_planned_moment_has_its_time(zone: Callable[[str], None]) -> None:
    for name in ("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe"):
        zone(name)
        times = {(slot.hour, slot.minute, day) for slot in plans.slots(FOUR, moment(f"{THURSDAY}T00:00")) for day in slot.days}
        for planned in DAYS.between(FOUR, moment("2025-11-21T00:00"), moment("2026-11-19T00:00")):
            local = planned.astimezone()
            assert (local.hour, local.minute, local.weekday()) in times


def test_a_plan_is_kept_and_read(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "home")
    assert Plan.load(folder) is None
    for output in (None, tmp_path / "내 보고서"):
        kept = Plan(time(17, 30), moment(f"{THURSDAY}T09:00"), "systemd", "ko", output)
        kept.save(folder)
        assert Plan.load(folder) == kept
        assert kept.reports(folder) == (output or tmp_path / "home" / "reports")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"at": "x"}', '{"at": "16:00", "since": "2025-11-20T09:00:00", "scheduler": "", "language": "ko", "output": null}'],
)
def test_a_damaged_plan_is_none(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    folder = DataFolder(tmp_path / "home")
    plan().save(folder)
    plans.plan_file(folder).write_text(text, encoding="utf-8")
    assert Plan.load(folder) is None
    assert "cannot be read" in caplog.text


def test_the_command_is_this_installations(tmp_path: Path) -> None:
    python = tmp_path / "python.exe"
    words = plans.command(DataFolder(tmp_path / "h"), "ko", str(python))
    assert words == (str(python), "-P", "-m", "kis_xl", "schedule", "run", "--home", str(tmp_path / "h"), "--lang", "ko")
    python.with_name("pythonw.exe").touch()
    assert plans.command(DataFolder(tmp_path / "h"), "ko", str(python))[0] == str(python.with_name("pythonw.exe"))
    assert Path(plans.command(DataFolder(tmp_path / "h"), "ko")[0]).parent == Path(sys.executable).parent


def test_a_path_that_no_scheduler_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="control characters"):
        plans.command(DataFolder(tmp_path / "a\nb"), "ko")


def run_of(planned: str | None, code: int | None = 0, started: str = f"{THURSDAY}T16:00:05", **given: object) -> Run:
    begun = Run(None if planned is None else moment(planned), moment(started))
    return begun if code is None else runs.ended(begun, moment(started) + timedelta(seconds=9), code, given.get("results", ()))  # type: ignore[arg-type]


def test_what_is_due() -> None:
    planned = moment(f"{THURSDAY}T16:00")
    later = moment("2025-11-21T09:30")
    assert runs.due(plan(), [], DAYS, planned) == planned
    assert runs.due(plan(), [], DAYS, later) == planned
    assert runs.due(plan(), [run_of(f"{THURSDAY}T16:00", 5)], DAYS, later) == planned  # it failed: made up
    assert runs.due(plan(), [run_of(f"{THURSDAY}T16:00")], DAYS, later) is None
    assert runs.due(plan(), [run_of(None)], DAYS, later) == planned  # somebody's own run stands for none
    assert runs.due(plan(since=f"{THURSDAY}T16:30"), [], DAYS, later) is None  # older than the plan


@pytest.mark.parametrize(
    ("now", "recorded", "outcome"),
    [
        (f"{THURSDAY}T16:59", [], Outcome.DUE),
        (f"{THURSDAY}T17:00", [], Outcome.MISSED),
        (f"{THURSDAY}T17:00", [run_of("2025-11-19T16:00")], Outcome.MISSED),
        (f"{THURSDAY}T17:00", [run_of(f"{THURSDAY}T16:00")], Outcome.DONE),
        (f"{THURSDAY}T17:00", [run_of(f"{THURSDAY}T16:00", 5), run_of(f"{THURSDAY}T16:00", started=f"{THURSDAY}T16:30")], Outcome.DONE),
        (f"{THURSDAY}T17:00", [run_of(f"{THURSDAY}T16:00", 5)], Outcome.FAILED),
        (f"{THURSDAY}T17:00", [run_of(f"{THURSDAY}T16:00", None)], Outcome.RUNNING),
        (f"{THURSDAY}T19:00", [run_of(f"{THURSDAY}T16:00", None)], Outcome.FAILED),
        ("2025-11-21T15:00", [run_of(f"{THURSDAY}T16:00")], Outcome.DONE),
    ],
)
def test_what_became_of_the_last_planned_run(now: str, recorded: list[Run], outcome: Outcome) -> None:
    found = runs.verdict(plan(), recorded, DAYS, moment(now))
    assert (found.outcome, found.planned) == (outcome, moment(f"{THURSDAY}T16:00"))
    told = runs.trouble(found)
    assert (told is not None) == (outcome in (Outcome.FAILED, Outcome.MISSED))


def test_nothing_was_planned_before_the_plan() -> None:
    found = runs.verdict(plan(since=f"{THURSDAY}T16:30"), [], DAYS, moment(f"{THURSDAY}T18:00"))
    assert found == runs.Verdict(Outcome.NONE)
    assert runs.trouble(found) is None


def test_trouble_is_one_sentence_in_both_languages() -> None:
    broke = run_of(f"{THURSDAY}T16:00", 5, results=(Result("a", "/r.xlsx"), Result("b", "", "NETWORK", Text("끊김", "cut off"))))
    text = runs.trouble(runs.Verdict(Outcome.FAILED, broke.planned, broke))
    assert text == Text(
        "예약 보고서 실패(2025-11-20 16:00): b: NETWORK: 끊김", "the scheduled report failed (2025-11-20 16:00 KST): b: NETWORK: cut off"
    )
    off = run_of(f"{THURSDAY}T16:00", None)
    assert "broken off" in (runs.trouble(runs.Verdict(Outcome.FAILED, off.planned, off)) or Text("", "")).en


def test_the_missed_ones_are_between_the_last_run_and_this_one() -> None:
    days = ["2025-11-17", "2025-11-18", "2025-11-19"]
    before = moment(f"{THURSDAY}T16:00")
    assert runs.missed(plan(), [run_of("2025-11-14T16:00")], DAYS, before) == [moment(f"{day}T16:00") for day in days]
    assert runs.missed(plan(since="2025-11-18T17:00"), [run_of("2025-11-14T16:00")], DAYS, before) == [moment("2025-11-19T16:00")]
    assert runs.missed(plan(), [run_of("2025-11-19T16:00", 5)], DAYS, before) == []  # it failed, which is told already
    assert runs.missed(plan(), [run_of("2025-11-19T16:00"), run_of(f"{THURSDAY}T16:00")], DAYS, before) == []


def test_the_record_keeps_the_newest_and_both_languages(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "home")
    first = moment(f"{THURSDAY}T16:00")
    results = (Result("가", "/내 보고서/r.xlsx"), Result("", "", "CONFIG", Text("없음", "none"), Text("넣으세요", "put it in")))
    for number in range(runs.KEPT + 5):
        begun = Run(first, first + timedelta(minutes=number))
        runs.record(folder, begun)
        runs.record(folder, runs.ended(begun, first + timedelta(minutes=number, seconds=1), 2, results))
    runs.record(folder, Run(None, first + timedelta(days=1)))
    kept = runs.load(folder)
    assert len(kept) == runs.KEPT
    assert kept[-1] == Run(None, first + timedelta(days=1))
    assert kept[-2] == Run(first, first + timedelta(minutes=64), first + timedelta(minutes=64, seconds=1), 2, results)


@pytest.mark.parametrize("text", ["", "{}x", "[1]", '[{"planned": 5}]', '{"a": 1}', '[{"planned": null, "started": "x"}]'])
def test_a_damaged_record_counts_as_empty(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    folder = DataFolder(tmp_path / "home")
    (folder.part("schedule") / "runs.json").write_text(text, encoding="utf-8")
    assert runs.load(folder) == []
    assert "cannot be read" in caplog.text
