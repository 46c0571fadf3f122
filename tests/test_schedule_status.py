"""What KIS_STATUS, and with it the dashboard's line, says of a scheduled report that failed or was missed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from kis_xl import kst, udfs
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros
from kis_xl.language import Text
from kis_xl.schedule import plan as plans
from kis_xl.schedule import runs
from kis_xl.schedule.plan import Plan
from kis_xl.schedule.runs import Result, Run
from kis_xl.settings import Settings
from kis_xl.simulator import Simulator
from kis_xl.trading import closed_file
from tests.excel_kit import finished, status
from tests.schedule_kit import THURSDAY, clock

MISSED = f"the scheduled report was missed: {THURSDAY} 16:00 KST"
MAKE_UP = "Make it now with kis-xl schedule run."


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=kst.KST)


@pytest.fixture
def planned(home: Path) -> DataFolder:
    """A report was scheduled on a Thursday morning."""
    folder = DataFolder(home)
    Plan(plans.DEFAULT_AT, moment(f"{THURSDAY}T08:00"), "cron", "en").save(folder)
    return folder


def ran(folder: DataFolder, code: int, *results: Result) -> None:
    begun = Run(moment(f"{THURSDAY}T16:00"), moment(f"{THURSDAY}T16:00:05"))
    runs.record(folder, runs.ended(begun, moment(f"{THURSDAY}T16:00:09"), code, results))


def test_a_missed_report_is_the_state_where_the_figures_are_fine(
    planned: DataFolder, demo: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock(monkeypatch, THURSDAY, "15:59:00")
    udfs.KIS_HOLDINGS()
    assert (status()["Status"], status()["What to do"]) == ("OK", "")
    clock(monkeypatch, THURSDAY, "17:30:00")
    assert (status()["Status"], status()["What to do"]) == (MISSED, MAKE_UP)
    for account in ("*", "**"):
        assert MISSED in str(udfs.KIS_STATUS(account))
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert udfs.KIS_STATUS()[0] == ["상태", f"예약 보고서가 실행되지 않았습니다: {THURSDAY} 16:00"]
    assert len(udfs.KIS_STATUS()) == 15


def test_it_is_the_state_where_figures_are_old_for_that_reason(
    planned: DataFolder, demo: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has only the schedule refresh them sees figures of the day before when it fails."""
    clock(monkeypatch, "2025-11-18", "16:00:00")
    udfs.KIS_HOLDINGS()
    clock(monkeypatch, THURSDAY, "17:30:00")
    assert status()["Status"] == MISSED
    assert status()["What to do"].endswith(MAKE_UP)


def test_a_report_that_failed_says_why_until_it_has_been_made(
    planned: DataFolder, demo: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock(monkeypatch, THURSDAY, "16:01:00")
    udfs.KIS_HOLDINGS()
    ran(planned, 3, Result("pension", "", "AUTH", Text("키가 틀림", "wrong keys."), Text("고치세요", "mend it")))
    assert status()["Status"] == f"the scheduled report failed ({THURSDAY} 16:00 KST): pension: AUTH: wrong keys."
    assert status()["Last error"] == ""  # the dashboard calls that red: its own figures are fine
    ran(planned, 0, Result("pension", "/r.xlsx"))
    assert (status()["Status"], status()["What to do"]) == ("OK", "")


def test_where_the_figures_are_not_fine_either_that_is_the_state(
    planned: DataFolder, demo: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock(monkeypatch, THURSDAY, "17:30:00")
    assert (status()["Status"], status()["What to do"]) == ("not fetched yet", f"{MISSED}. {MAKE_UP}")
    monkeypatch.setenv("KIS_XL_ATTEMPTS", "1")
    demo.add_fault("1x9=http:503")
    macros.start_refresh()
    assert finished().stage == "failed"
    assert status()["Status"] == "the fetch failed"
    assert status()["Last error"].startswith("NETWORK: ")
    assert status()["What to do"].endswith(f" {MISSED}. {MAKE_UP}")
    assert not status()["What to do"].startswith(" ")


def test_a_plan_that_cannot_be_read_fails_no_cell(planned: DataFolder, demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    plans.plan_file(planned).write_text("{", encoding="utf-8")
    assert status()["Status"] == "OK"
    plans.plan_file(planned).unlink()
    plans.plan_file(planned).mkdir()
    assert status()["Status"] == "OK"


def test_cells_read_the_files_once_a_minute_or_when_they_have_changed(planned: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, loaded = Settings.load(), []
    load = Plan.load

    def counted(folder: DataFolder) -> Plan | None:
        loaded.append(folder)
        return load(folder)

    monkeypatch.setattr(Plan, "load", counted)
    clock(monkeypatch, THURSDAY, "17:30:00")
    assert {runs.problem(settings) for _ in range(50)} == {
        Text(f"예약 보고서가 실행되지 않았습니다: {THURSDAY} 16:00", MISSED),
    }
    assert len(loaded) == 1
    ran(planned, 0)
    assert runs.problem(settings) is None
    clock(monkeypatch, "2025-11-21", "17:30:00")
    assert runs.problem(settings) is not None
    closed_file(planned).write_text("2025-11-21\n")
    assert runs.problem(settings) is None
    assert len(loaded) == 4


def test_without_a_schedule_nothing_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plan, "load", lambda _: pytest.fail("read"))
    assert runs.problem(Settings.load()) is None
