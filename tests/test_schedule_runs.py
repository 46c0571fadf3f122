"""The run that a scheduler starts, from end to end against the simulator: reports, the record, the log, the sign."""

from __future__ import annotations

import os
import subprocess
import sys
import time as clocks
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from openpyxl import load_workbook

from kis_xl import kst, schedule
from kis_xl.cli import main
from kis_xl.errors import ConfigError, DataError, NetworkError
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.schedule import plan as plans
from kis_xl.schedule import running, runs, sign
from kis_xl.schedule.plan import Plan
from kis_xl.schedule.runs import Outcome
from kis_xl.settings import Settings
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, inquiries, simulated
from tests.schedule_kit import HOLIDAY, THURSDAY, add, clock, fakes, files_below, folder

FRIDAY, MONDAY = "2025-11-21", "2025-11-24"


@pytest.fixture
def running_simulator() -> Iterator[Simulator]:
    with simulated(demo_account(rows=3), demo_account(Environment.MOCK, rows=2)) as simulator:
        yield simulator


@pytest.fixture
def two(running_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Two accounts in the file; no waiting between attempts."""
    add(running_simulator, running_simulator.account(), "주식")
    add(running_simulator, running_simulator.account(Environment.MOCK), "practice")
    monkeypatch.setattr(running, "AGAIN_AFTER", 0.0)
    return running_simulator


def planned(since: str = f"{THURSDAY}T08:00", output: Path | None = None, at: time = plans.DEFAULT_AT) -> Plan:
    ours = schedule._all()[-1].kind  # one of this system's, whichever it is
    made = Plan(at, datetime.fromisoformat(since).replace(tzinfo=kst.KST), ours, "en", output)
    made.save(folder())
    return made


def scheduled_run(*arguments: str) -> int:
    """The command line as a scheduler has it."""
    return main(["schedule", "run", "--home", str(folder().path), "--lang", "en", *arguments])


def reports(place: Path | None = None) -> list[str]:
    return sorted(path.name for path in (place or folder().path / "reports").glob("*"))


def log() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted((folder().path / "logs").glob("*.log")))


def sign_text(place: Path | None = None) -> str:
    return ((place or folder().path / "reports") / sign.NAME.en).read_text(encoding="utf-8-sig")


def test_all_accounts_have_their_reports(two: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    planned(since=f"{THURSDAY}T09:00")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    names = [f"KIS_practice_{THURSDAY}.xlsx", f"KIS_주식_{THURSDAY}.xlsx"]
    assert reports() == names
    assert sorted(Path(line).name for line in capsys.readouterr().out.splitlines()) == names
    assert load_workbook(folder().path / "reports" / names[1])["Holdings"].tables["Holdings"].ref == "A1:Z4"
    (run,) = runs.load(folder())
    assert (run.ok, run.planned) == (True, datetime.fromisoformat(f"{THURSDAY}T16:00+09:00"))
    assert {result.account: Path(result.path).name for result in run.results} == {"주식": names[1], "practice": names[0]}
    assert runs.problem(Settings.load()) is None
    assert "scheduled report: ends with 0" in log()


def test_what_is_done_is_not_done_again(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    for at in ("16:00:00", "16:30:00", "23:59:00"):
        clock(monkeypatch, THURSDAY, at)
        assert scheduled_run() == 0
    clock(monkeypatch, FRIDAY, "15:58:00")
    assert scheduled_run() == 0
    assert len(inquiries(two)) == 2
    assert log().count("is done") == 3
    clock(monkeypatch, FRIDAY, "15:59:30")  # a scheduler's clock may be a little early
    assert scheduled_run() == 0
    assert len(inquiries(two)) == 4
    assert len(runs.load(folder())) == 2


@pytest.mark.parametrize("day", [HOLIDAY, "2025-10-07", "2025-10-11", "2025-12-25", "2025-12-31"])
def test_a_day_without_trading_is_logged_and_ends_well(two: Simulator, monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    planned(since=f"{day}T08:00")
    clock(monkeypatch, day)
    assert scheduled_run() == 0
    assert reports() == []
    assert not inquiries(two)
    assert runs.load(folder()) == []
    assert "no trading day" in log()


def test_a_closure_of_the_users_own_is_a_day_without_trading(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    plans.offer_closed_file(folder()).write_text(f"{THURSDAY}\n")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    assert not inquiries(two)
    assert "no trading day" in log()


def test_before_the_first_planned_moment_nothing_is_due(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since=f"{THURSDAY}T16:30")
    clock(monkeypatch, THURSDAY, "16:30:02")  # launchd starts it when it is installed
    assert scheduled_run() == 0
    assert "none is due yet" in log()
    assert not inquiries(two)


def test_one_account_that_fails_keeps_no_other_from_its_report(
    running_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add(running_simulator, running_simulator.account(), "broken", appsecret="wrong-secret-wrong-secret-wrong-secret")
    add(running_simulator, running_simulator.account(Environment.MOCK), "fine")
    planned()
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 3
    assert set(reports()) == {f"KIS_fine_{THURSDAY}.xlsx", sign.NAME.en}
    assert capsys.readouterr().err.startswith("error: AUTH: broken: ")
    said = sign_text()
    assert "broken: AUTH: " in said
    assert f"Failed: {THURSDAY} 16:00 KST" in said
    assert f"KIS_fine_{THURSDAY}.xlsx" in said
    assert "kis-xl schedule run" in said
    assert "Log: " in said
    problem = runs.problem(Settings.load())
    assert problem is not None
    assert "broken: AUTH" in problem.en
    assert "예약 보고서 실패" in problem.ko
    (run,) = runs.load(folder())
    assert [(result.account, result.code) for result in run.results] == [("broken", "AUTH"), ("fine", "")]


def test_the_next_success_takes_the_sign_away(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    clock(monkeypatch, THURSDAY)
    config = folder().path / "config.toml"
    good = config.read_text(encoding="utf-8")
    config.write_text(good.replace("[accounts", "[acounts", 1), encoding="utf-8")
    assert scheduled_run() == 2
    assert "CONFIG: " in sign_text()
    (run,) = runs.load(folder())
    assert [(result.account, result.code) for result in run.results] == [("", "CONFIG")]
    config.write_text(good, encoding="utf-8")
    clock(monkeypatch, FRIDAY, "08:30:00")  # the next start, at a login, makes it up
    assert schedule_verdict().outcome is Outcome.FAILED
    assert scheduled_run() == 0
    assert schedule_verdict().outcome is Outcome.DONE
    assert sign.NAME.en not in reports()
    assert runs.problem(Settings.load()) is None


def schedule_verdict() -> runs.Verdict:
    plan = Plan.load(folder())
    assert plan is not None
    return runs.verdict(plan, runs.load(folder()), plans.closed_days(folder()), kst.now())


def test_a_missed_run_is_made_up_at_the_next_start(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since=f"{FRIDAY}T08:00")
    clock(monkeypatch, "2025-11-22", "11:00:00")  # off on Friday, started on Saturday
    problem = runs.problem(Settings.load())
    assert problem is not None
    assert "missed: 2025-11-21 16:00" in problem.en
    assert scheduled_run() == 0
    assert reports() == ["KIS_practice_2025-11-22.xlsx", "KIS_주식_2025-11-22.xlsx"]
    assert runs.problem(Settings.load()) is None
    clock(monkeypatch, "2025-11-23", "11:00:00")
    assert scheduled_run() == 0
    assert "no trading day, nothing to make up" in log()
    assert len(runs.load(folder())) == 1


def test_days_that_cannot_be_made_up_are_told_beside_the_reports(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since="2025-11-18T08:00")
    clock(monkeypatch, FRIDAY)
    assert scheduled_run() == 0
    said = sign_text()
    assert "Failed" not in said
    assert [line for line in said.splitlines() if line.startswith("- 2025")] == [f"- 2025-11-{day} 16:00 KST" for day in (18, 19, 20)]
    assert "missed 2025-11-18, 2025-11-19, 2025-11-20" in log()
    clock(monkeypatch, MONDAY)
    assert scheduled_run() == 0
    assert sign.NAME.en not in reports()


def test_of_many_missed_days_the_newest_are_told(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since="2025-09-01T08:00")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    lines = [line for line in sign_text().splitlines() if line.startswith("- 2025") or "earlier" in line]
    assert lines[0] == "- 48 earlier ones"
    assert [line[2:12] for line in lines[1:]] == ["2025-11-13", "2025-11-14", "2025-11-17", "2025-11-18", "2025-11-19"]


def test_a_run_in_another_time_zone_is_still_koreas(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has one zone for the whole machine")
    planned()
    monkeypatch.setenv("TZ", "America/New_York")
    clocks.tzset()
    try:
        for local, count in (("01:58:00", 0), ("02:00:05", 2), ("03:00:05", 2)):
            moment = datetime.fromisoformat(f"{THURSDAY}T{local}").astimezone()
            assert moment.utcoffset() == timedelta(hours=-5)
            monkeypatch.setattr(kst, "now", lambda moment=moment: moment.astimezone(kst.KST))
            assert scheduled_run() == 0
            assert len(inquiries(two)) == count
    finally:
        monkeypatch.undo()
        clocks.tzset()


def test_what_may_pass_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned()
    slept: list[float] = []
    clock(monkeypatch, THURSDAY)
    monkeypatch.setattr(clocks, "sleep", slept.append)
    calls: dict[str, int] = {}

    def failing(name: str, *errors: Exception) -> Callable[[], Path]:
        def export() -> Path:
            calls[name] = calls.get(name, 0) + 1
            if calls[name] <= len(errors):
                raise errors[calls[name] - 1]
            return Path(f"/{name}.xlsx")

        return export

    gone, odd = NetworkError(Text("끊김", "gone")), DataError(Text("이상함", "odd"))
    jobs = {"a": failing("a", gone), "b": failing("b", odd, odd), "c": failing("c"), "d": failing("d", gone, gone)}
    assert running.run(folder(), lambda: jobs) == odd.exit_code
    assert calls == {"a": 2, "b": 1, "c": 1, "d": 2}
    assert slept == [running.AGAIN_AFTER]
    (run,) = runs.load(folder())
    assert [(result.account, result.code) for result in run.results] == [("a", ""), ("b", "DATA"), ("c", ""), ("d", "NETWORK")]
    assert plan.reports(folder()).joinpath(sign.NAME.en).exists()


def test_a_bug_is_recorded_and_hides_no_secret(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    clock(monkeypatch, THURSDAY)
    secret = two.account().appsecret
    Settings.load().account("주식")  # which registers it

    def broken(*_: object) -> Path:
        raise RuntimeError(f"planted {secret}")

    monkeypatch.setattr("kis_xl.cli.export.export_one", broken)
    assert scheduled_run() == 1
    assert "INTERNAL: RuntimeError: planted ***" in sign_text()
    assert "Traceback" in log()
    for path, data in files_below(folder().path).items():
        if path.parent.name not in ("secrets", "tokens"):
            assert secret.encode() not in data, path


def test_a_run_that_is_broken_off_shows(two: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    planned()
    clock(monkeypatch, THURSDAY)

    def ended(*_: object) -> Path:
        raise SystemExit(143)

    monkeypatch.setattr("kis_xl.cli.export.export_one", ended)
    assert scheduled_run() == 143
    assert schedule_verdict().outcome is Outcome.RUNNING
    clock(monkeypatch, THURSDAY, "19:00:00")
    problem = runs.problem(Settings.load())
    assert problem is not None
    assert "broken off" in problem.en
    assert main(["schedule", "status"]) == 0
    assert "failed, it was broken off" in capsys.readouterr().out


def test_two_runs_at_once_are_one(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    clock(monkeypatch, THURSDAY)
    with FileLock(folder().part("schedule") / "run.lock"):
        assert scheduled_run() == 0
    assert not inquiries(two)
    assert "another run is under way" in log()


def test_reports_go_where_install_said(two: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "my.reports"
    planned(output=place)
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    assert len(reports(place)) == 2
    assert reports() == []


def test_a_folder_that_cannot_be_written_has_its_sign_elsewhere(two: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    planned(output=tmp_path / "file" / "below")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 7
    assert "OUTPUT: " in sign_text(folder().path / "reports")
    planned()
    assert scheduled_run() == 0
    assert sign.NAME.en not in reports()


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["schedule", "run", "--home", str(tmp_path / "file" / "home"), "--lang", "ko"]) == 2
    assert "데이터 폴더를 만들 수 없습니다" in capsys.readouterr().err


def test_the_sign_speaks_the_plans_language(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock(monkeypatch, THURSDAY)
    plan = Plan(plans.DEFAULT_AT, moment, "cron", "ko")
    broke = runs.ended(
        runs.Run(moment, moment), moment, 2, [runs.Result.of_error("가", ConfigError(Text("없음", "none"), Text("넣기", "put")))]
    )
    sign.update(plan, folder(), broke, [], None)
    data = (folder().path / "reports" / sign.NAME.ko).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(os.linesep.encode()) == data.count(b"\n")
    text = data.decode("utf-8-sig")
    assert "- 가: CONFIG: 없음" in text
    assert "  넣기" in text
    assert "할 일" in text
    sign.update(Plan(plans.DEFAULT_AT, moment, "cron", "en"), folder(), runs.ended(broke, moment, 0, []), [], None)
    assert not list((folder().path / "reports").iterdir())


def test_started_by_hand_it_runs_at_once_and_stands_for_nothing(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since=f"{HOLIDAY}T08:00")
    clock(monkeypatch, HOLIDAY)
    assert scheduled_run("--now") == 0
    (run,) = runs.load(folder())
    assert run.planned is None
    assert schedule_verdict() == runs.Verdict(Outcome.NONE)


def test_without_a_plan_it_does_what_the_default_would(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    assert len(reports()) == 2
    assert runs.problem(Settings.load()) is None


def test_status_tells_what_was_done(two: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    planned(since="2025-11-19T08:00")

    def told(day: str, at: str, language: str = "en") -> str:
        clock(monkeypatch, day, at)
        monkeypatch.setenv("KIS_XL_LANG", language)
        capsys.readouterr()
        assert main(["schedule", "status"]) == 0
        return capsys.readouterr().out

    assert "last planned run: 2025-11-19 16:00 KST: missed\n" in told(THURSDAY, "15:00:00")
    assert f"last planned run: {THURSDAY} 16:00 KST: about to run\n" in told(THURSDAY, "16:00:01")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    shown = told(THURSDAY, "20:00:00")
    assert f"last planned run: {THURSDAY} 16:00 KST: done ({THURSDAY} 16:00)\n" in shown
    assert f"KIS_주식_{THURSDAY}.xlsx" in shown
    assert "next planned run: 2025-11-21 16:00 KST" in shown
    assert "다음 예정: 2025-11-21 16:00 KST" in told(THURSDAY, "20:00:00", "ko")


def test_a_report_that_was_made_up_for_is_not_of_that_day(
    two: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The laptop slept at the time; in the morning, in session, the figures are others."""
    planned(since=f"{THURSDAY}T08:00")
    clock(monkeypatch, "2025-11-21", "09:05:00")
    assert scheduled_run() == 0
    for language, said in (("en", "done, but of the time of the run, not of that day"), ("ko", "완료, 그날이 아니라 실행한 때의 잔고")):
        monkeypatch.setenv("KIS_XL_LANG", language)
        capsys.readouterr()
        assert main(["schedule", "status"]) == 0
        assert f": {THURSDAY} 16:00 KST: {said} (2025-11-21 09:05)\n" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_scheduler_needs_to_pass_nothing_on(two: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str) -> None:
    """The installed command line in a bare environment, from a folder that holds modules of the same names."""
    monkeypatch.setenv("KIS_XL_LANG", language)
    with fakes(monkeypatch, tmp_path, "cron"):
        schedule.install(Settings.load(), output=str(tmp_path / "보고서"))
        words = plans.command(folder(), Settings.load().language)
    (tmp_path / "elsewhere" / "kis_xl").mkdir(parents=True)
    for name in ("kis_xl/__init__.py", "holidays.py", "click.py"):
        (tmp_path / "elsewhere" / name).write_text("raise SystemExit(99)")
    kept = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "USERPROFILE", "HOME")
    bare = {name: value for name, value in os.environ.items() if name.upper() in kept}
    done = subprocess.run([*words, "--now"], cwd=tmp_path / "elsewhere", env=bare, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    (first, _) = [path for path in (tmp_path / "보고서").iterdir() if path.suffix == ".xlsx"]
    assert load_workbook(first).worksheets[0].title == ("요약" if language == "ko" else "Overview")


def test_a_user_makes_up_by_hand_what_failed(two: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    planned()
    clock(monkeypatch, THURSDAY)
    two.add_fault("1x2=http:503")
    monkeypatch.setattr("kis_xl.cli.schedule.on_terminal", lambda: True)
    assert scheduled_run() == 5
    assert len(inquiries(two)) == 2  # somebody waits: none is tried again ten minutes later
    assert "make the reports now: kis-xl schedule run" in sign_text()
    capsys.readouterr()
    assert main(["schedule", "run"]) == 0
    assert sign.NAME.en not in reports()
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["schedule", "run"]) == 0
    assert capsys.readouterr().out == f"the one of {THURSDAY} 16:00 is done\n"


def test_what_cannot_be_made_up_is_not_told_to_be(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since="2025-11-18T08:00")
    clock(monkeypatch, FRIDAY)
    assert scheduled_run() == 0
    assert "Missed:" in sign_text()
    assert "schedule run" not in sign_text()


def test_a_plan_that_was_made_while_the_clock_was_ahead_is_kept_to(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(since="2030-01-02T08:00")
    clock(monkeypatch, THURSDAY)
    assert scheduled_run() == 0
    assert len(inquiries(two)) == 2
    clock(monkeypatch, FRIDAY, "18:00:00")
    problem = runs.problem(Settings.load())
    assert problem is not None
    assert f"missed: {FRIDAY} 16:00" in problem.en


def test_a_run_while_the_clock_was_ahead_stands_for_no_day_to_come(two: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    planned()
    clock(monkeypatch, FRIDAY, "18:00:00")  # it is Thursday
    assert scheduled_run() == 0
    clock(monkeypatch, THURSDAY, "16:00:00")
    assert scheduled_run() == 0
    clock(monkeypatch, FRIDAY, "18:30:00")
    assert schedule_verdict().outcome is Outcome.MISSED
    assert scheduled_run() == 0
    assert schedule_verdict().outcome is Outcome.DONE
    assert len(inquiries(two)) == 6


def test_run_is_listed_as_what_a_user_may_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule"]) == 0
    listed = capsys.readouterr().out
    assert "\n  run" in listed
    assert "make up" in listed
    assert main(["schedule", "run", "--help"]) == 0
    assert "--home" in capsys.readouterr().out
