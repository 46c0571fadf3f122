"""What the buttons start: refresh and export, watched and called off through the macros that the workbook calls."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kis_xl import __version__, kst, report, trading, udfs
from kis_xl.excel import formats, jobs, macros, session
from kis_xl.excel.jobs import Export, Refresh
from kis_xl.excel.jobs import Report as Told
from kis_xl.fields import HOLDING_FIELDS, by_key
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, inquiries
from tests.excel_kit import SMALL, error, excel, files_in, finished, flown, forget, server, status, until

SLOW = "1=slow:0.5"
HOLDING = by_key(HOLDING_FIELDS)


def polled(seconds: float = 0.0) -> Told:
    """What a macro gets: one row of four texts."""
    (row,) = macros.poll(seconds)
    assert [type(part) for part in row] == [str] * 4
    return Told(*row)


def cells() -> list[Any]:
    return [udfs.KIS_HOLDINGS(), udfs.KIS_SUMMARY()]


def second(running: Simulator) -> tuple[Any, ...]:
    """The keys of two snapshots that cells show: the account's usual one and one with a parameter."""
    udfs.KIS_HOLDINGS()
    udfs.KIS_HOLDINGS(None, None, None, "PRCS_DVSN=01")
    assert len(inquiries(running)) == 6
    return session.current().asked_keys()


# refresh


def test_a_refresh_shows_new_figures_at_its_end_only(demo: Simulator) -> None:
    before = cells()
    demo.add_fault("1x99=ticking")
    demo.add_fault("2=slow:0.3")
    assert macros.start_refresh(None, None) == ""
    stages = []
    while (told := polled(0.05)).stage == "running":
        stages.append(told.line)
        assert cells() == before
        assert (told.message, told.path) == ("", "")
    assert told.stage == "done"
    assert cells() != before
    assert stages[0].startswith("Reading the KIS balance")
    assert all("Esc cancels" in line for line in stages)
    assert any(" 1/3 pages" in line for line in stages)
    balance = session.current().view().balance
    assert told == Told("done", f"KIS balance as of {balance.as_of:%H:%M:%S}: 120 rows, 3 pages")
    assert polled() == told  # asked once more, it says the same
    assert len(inquiries(demo)) == 6


def test_nobody_knows_how_many_pages_a_first_fetch_has(demo: Simulator) -> None:
    demo.add_fault(SLOW)
    macros.start_refresh()
    line = polled().line
    assert "0 pages" in line
    assert "/" not in line
    assert finished().stage == "done"
    assert len(inquiries(demo)) == 3


def test_an_account_that_has_grown_is_counted_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, demo_account(rows=120)) as running:
        udfs.KIS_HOLDINGS()
        snapshots, key = session.current().snapshots, session.current().key()
        shown = snapshots.shown(key)
        snapshots.state(key).balance = replace(shown, pages=1)
        running.add_fault("3=slow:0.5")
        job = Refresh(snapshots, [key], "ko")
        until(lambda: len(inquiries(running)) == 6)
        told = job.poll(0)
        assert " 2 페이지" in told.line
        assert "/" not in told.line
        while told.stage == "running":
            told = job.poll(0.2)


def test_all_that_cells_show_changes_together(demo: Simulator) -> None:
    usual, other = second(demo)
    snapshots = session.current().snapshots
    before = [snapshots.shown(usual), snapshots.shown(other)]
    demo.add_fault("5=slow:0.4")  # whichever comes second has not ended when the first has
    macros.start_refresh()
    told = polled(0.05)
    while told.stage == "running":
        assert [snapshots.shown(usual), snapshots.shown(other)] == before
        assert [snapshots.shown(usual) is before[0], snapshots.shown(other) is before[1]] == [True, True]
        assert "env: " in told.line
        told = polled(0.05)
    assert told.stage == "done"
    assert "240 rows, 6 pages" in told.line
    assert [snapshots.shown(usual) is before[0], snapshots.shown(other) is before[1]] == [False, False]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_refresh_that_fails_says_what_happened_and_what_to_do(demo: Simulator, language: Language) -> None:
    before = cells()
    macros.hello(language)
    demo.add_fault("2x9=APBK9999")
    macros.start_refresh()
    told = finished()
    assert told.stage == "failed"
    assert told.line == (
        "Not refreshed; the earlier data is shown." if language == "en" else "새로고침하지 못했습니다. 이전 자료를 보여 줍니다."
    )
    assert told.message.startswith(f"{told.line}\n\n[env] DATA: ")
    assert "APBK9999" in told.message
    caught = session.current().snapshots.state(session.current().key()).error
    assert caught is not None
    assert told.message.endswith(f"\n{caught.hint.in_(language)}")
    macros.hello("en")
    assert cells() == before


def test_a_refresh_that_fails_in_part_says_so(demo: Simulator) -> None:
    usual, other = second(demo)
    snapshots = session.current().snapshots
    before = {key: snapshots.shown(key) for key in (usual, other)}
    demo.add_fault("4=APBK9999")
    macros.start_refresh()
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith("Not all was refreshed; of the rest the earlier data is shown.\n\n[env")
    assert [snapshots.shown(key) is before[key] for key in (usual, other)].count(True) == 1
    assert [snapshots.state(key).error is None for key in (usual, other)].count(True) == 1


def test_a_first_refresh_that_fails_leaves_cells_their_error(demo: Simulator) -> None:
    demo.add_fault("1x9=http:503")
    macros.start_refresh()
    assert finished().stage == "failed"
    assert error(udfs.KIS_HOLDINGS()).startswith("NETWORK: ")
    assert len(inquiries(demo)) == 1  # told to the cells without another call


def test_calling_off_is_at_once_and_changes_nothing(demo: Simulator, home: Path) -> None:
    before, kept = cells(), {name: content for name, content in files_in(home).items() if name.startswith(("snapshots", "history"))}
    demo.add_fault("1=slow:1")
    demo.add_fault("1x99=ticking")
    macros.start_refresh()
    until(lambda: len(inquiries(demo)) == 4)
    assert polled().stage == "running"
    assert macros.cancel() == ""
    told = polled()
    assert told == Told("cancelled", "Cancelled; the earlier data stays.")
    flight = macros._job._flights[0][1]  # type: ignore[union-attr]
    assert flight.wait(20)
    assert polled() == told
    assert cells() == before
    assert {name: content for name, content in files_in(home).items() if name.startswith(("snapshots", "history"))} == kept
    shown = status()
    assert (shown["Status"], shown["Last error"]) == ("OK", "")
    assert len(inquiries(demo)) == 4  # the page that was under way, and no other


def test_a_refresh_right_after_a_cancelled_one_is_a_new_one(demo: Simulator) -> None:
    before = cells()
    demo.add_fault("1=slow:0.6")
    macros.start_refresh()
    polled()
    macros.cancel()
    demo.add_fault("2x99=ticking")
    macros.start_refresh()
    assert finished().stage == "done"
    assert cells() != before


def test_calling_off_what_has_landed_shows_nothing_of_it(demo: Simulator) -> None:
    before = cells()
    snapshots, key = session.current().snapshots, session.current().key()
    demo.add_fault("1x99=ticking")
    job = Refresh(snapshots, [key], "en")
    assert job._flights[0][1].wait(20)
    job.cancel()
    assert job.poll(0).stage == "cancelled"
    assert cells() == before


def test_calling_off_what_is_over_changes_nothing_any_more(demo: Simulator) -> None:
    cells()
    macros.start_refresh()
    told = finished()
    after = cells()
    macros.cancel()
    assert polled() == told
    assert cells() == after


def test_a_fetch_that_was_called_off_elsewhere_is_no_failure(demo: Simulator) -> None:
    cells()
    snapshots, key = session.current().snapshots, session.current().key()
    demo.add_fault(SLOW)
    job = Refresh(snapshots, [key], "en")
    snapshots.fly(key).call_off()
    told = job.poll(5)
    assert told.stage == "cancelled"
    assert "earlier data stays" in told.line


def test_a_refresh_joins_the_first_fetch_of_a_cell(demo: Simulator) -> None:
    demo.add_fault(SLOW)
    asking = threading.Thread(target=udfs.KIS_HOLDINGS)
    asking.start()
    until(lambda: inquiries(demo))
    macros.start_refresh()
    assert finished().stage == "done"
    asking.join()
    assert len(inquiries(demo)) == 3


def test_an_account_that_is_no_longer_set_up_is_not_refreshed(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    second(demo)
    for name in ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET"):
        monkeypatch.delenv(name)
    macros.start_refresh()
    assert polled().message.startswith("CONFIG: no account is set up")
    assert len(inquiries(demo)) == 6


WRONG = [(("envv", None), "ACCOUNT: there is no account called 'envv'"), ((None, "by=x"), "ARGUMENT: options: by cannot be 'x'")]


@pytest.mark.parametrize(("given", "said"), WRONG)
@pytest.mark.parametrize("start", ["start_refresh", "start_export"])
def test_a_job_that_cannot_start_says_why(demo: Simulator, start: str, given: Any, said: str) -> None:
    assert getattr(macros, start)(*given) == ""
    told = polled()
    assert told.stage == "failed"
    assert told.message.startswith(said)
    assert inquiries(demo) == []


def test_nothing_is_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch):
        assert polled() == Told("failed", "nothing is going on")
        assert macros.cancel() == ""
        macros.hello("ko")
        assert polled().line == "진행 중인 작업이 없습니다."


# export


def test_an_export_says_what_the_sheet_says(demo: Simulator, home: Path) -> None:
    shown = udfs.KIS_HOLDINGS(None, "pdno,evlu_amt", 0)
    flown(session.current().snapshots, session.current().key())  # the service has moved on, but nobody has adopted that
    calls = len(demo.calls)
    demo.add_fault("1x99=ticking")
    assert macros.start_export("", "") == ""
    told = finished()
    assert told.stage == "done"
    path = Path(told.path)
    assert path.is_absolute()
    assert path.parent == home / "reports"
    assert told.line == f"Report: {path}"
    assert told.message == f"{told.line}\n\nOpen it now?"
    sheet = load_workbook(path)["Holdings"]
    column = [field.key for field in HOLDING_FIELDS].index("evlu_amt")
    assert [[row[0].value, row[column].value] for row in sheet.iter_rows(min_row=2, max_row=121)] == shown
    assert len(demo.calls) == calls


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_report_is_in_the_workbooks_language(demo: Simulator, monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    monkeypatch.setenv("KIS_XL_LANG", "en" if language == "ko" else "ko")
    macros.hello(language)
    macros.start_export()
    told = finished()
    assert ("보고서: " if language == "ko" else "Report: ") in told.line
    assert load_workbook(told.path).worksheets[0].title == ("요약" if language == "ko" else "Overview")


def test_an_export_with_nothing_to_show_fetches_and_shows_that(demo: Simulator) -> None:
    demo.add_fault(SLOW)
    macros.start_export()
    assert "Reading 0 pages" in polled().line
    assert finished().stage == "done"
    assert len(udfs.KIS_HOLDINGS()) == 121
    assert len(inquiries(demo)) == 3


def test_an_export_whose_fetch_fails_says_why(demo: Simulator) -> None:
    demo.add_fault("1x9=EGW00103")
    macros.start_export()
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith("The report was not written.\n\nAUTH: ")
    assert polled() == told
    assert len(inquiries(demo)) == 1


def test_an_export_with_options_is_of_their_snapshot(demo: Simulator) -> None:
    macros.start_export(None, "PRCS_DVSN=01; by=stock")
    rows = {row[0].value: row[1].value for row in load_workbook(finished().path)["Provenance"].iter_rows(min_row=2)}
    assert str(rows["PRCS_DVSN"]).startswith("01")


def test_a_report_that_cannot_be_written_is_told(demo: Simulator, home: Path) -> None:
    udfs.KIS_HOLDINGS()
    taken = home / "reports" / report.report_name(session.current().view().balance)
    taken.mkdir(parents=True)
    macros.start_export()
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith("The report was not written.\n\nOUTPUT: ")
    assert told.message.count("\n") == 3  # the last line is what to do
    assert told.path == ""


def test_no_folder_for_reports_is_told(demo: Simulator, home: Path) -> None:
    udfs.KIS_HOLDINGS()
    (home / "reports").write_text("x")
    macros.start_export()
    assert polled().message.startswith("CONFIG: the data folder cannot be made")


def test_a_bug_of_an_export_is_internal_and_its_traceback_stands_in_the_log_only(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of the report")

    udfs.KIS_HOLDINGS()
    monkeypatch.setattr(report, "write_report", bug)
    macros.start_export()
    told = finished()
    assert told.stage == "failed"
    assert "INTERNAL: export: a bug" in told.message
    assert "of the report" not in told.message
    assert "of the report" in Path(status()["Log file"]).read_text(encoding="utf-8")


def test_an_export_that_is_called_off_while_fetching_writes_nothing(demo: Simulator, home: Path) -> None:
    demo.add_fault(SLOW)
    macros.start_export()
    assert polled().stage == "running"
    macros.cancel()
    assert polled() == Told("cancelled", "Cancelled.")
    flight = macros._job._flight  # type: ignore[union-attr]
    assert flight.wait(20)
    assert list((home / "reports").iterdir()) == []
    assert not list(home.glob("snapshots/*.json"))


def test_a_report_that_is_being_written_when_it_is_called_off_is_whole_and_not_told_of(
    demo: Simulator, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    gate, write = threading.Event(), report.write_report

    def slow(balance: Balance, path: Path, language: Language, *more: Any, **told: Any) -> Path:
        assert gate.wait(20)
        return write(balance, path, language, *more, **told)

    udfs.KIS_HOLDINGS()
    monkeypatch.setattr(report, "write_report", slow)
    macros.start_export()
    assert polled().line == "Writing the report (Esc cancels)"
    macros.cancel()
    gate.set()
    assert polled() == Told("cancelled", "Cancelled.")
    writer = macros._job._writer  # type: ignore[union-attr]
    writer.join(20)
    (path,) = (home / "reports").iterdir()
    assert load_workbook(path).sheetnames[0] == "Overview"


# the other macros


def test_the_first_call_of_a_workbook_sets_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch):
        for given, wanted in (("ko", "ko"), ("EN", "en"), (" Ko ", "ko"), ("", "en"), (None, "en"), ("fr", "en"), ([["ko"]], "ko")):
            assert macros.hello(given) == __version__
            assert session.language() == wanted


def test_the_check_says_whether_a_call_goes_through(demo: Simulator) -> None:
    assert macros.check("").startswith("OK: real, 1234****-01, ")
    assert len(inquiries(demo)) == 1
    demo.add_fault("1=EGW00103")
    said = macros.check().splitlines()
    assert said[0].startswith("AUTH: ")
    assert len(said) == 2
    assert "there is no account called 'x'" in macros.check("x")
    assert udfs.KIS_STATUS()[12][1].endswith("there is no account called 'x' - Nearest: env")


def test_the_check_without_an_account_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch):
        assert "kis-xl " in macros.check()


@pytest.mark.parametrize("is_open", [True, False])
def test_whether_it_is_worth_to_refresh(monkeypatch: pytest.MonkeyPatch, is_open: bool) -> None:
    monkeypatch.setattr(kst, "now", lambda: datetime(2026, 11, 20, 10 if is_open else 21, tzinfo=kst.KST))
    assert macros.is_trading() is is_open
    assert trading.is_open() is is_open


def test_formats_by_header(monkeypatch: pytest.MonkeyPatch) -> None:
    won, rate, day = (formats.number_format(HOLDING[key]) for key in ("evlu_amt", "fltt_rt", "loan_dt"))
    with server(monkeypatch):
        given = ["Code", "평가금액", None, "FLTT_RT", "Nothing", 5.0, "Loan date"]
        assert macros.formats([given]) == [["", won, "", rate, "", "", day]]
        assert macros.formats(given) == [["", won, "", rate, "", "", day]]  # a row, as xlwings passes one
        assert macros.formats([["Deposit"], ["As of"]]) == [[won, formats.MOMENT]]
        assert macros.formats("Valuation") == [[won]]
        assert macros.formats(None) == macros.formats([]) == [[""]]
        known = macros.our_formats()
        assert (known[0], known[-1]) == ("\n", "\n")
        for wanted in (won, rate, day, formats.MOMENT):
            assert f"\n{wanted}\n" in known


def test_a_macro_never_raises(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(jobs.Refresh, "poll", bug)
    macros.start_refresh()
    assert polled().message == "INTERNAL: poll: a bug; please report it with the log file (ZeroDivisionError)"
    assert Told(*macros.poll("soon")[0]).message.startswith("INTERNAL: poll")
    assert error(macros.hello(["ko", "en"])).startswith("ARGUMENT: language takes one value")


def test_a_line_is_no_longer_than_the_status_bar(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.Refresh, "poll", lambda *_: Told("done", "x" * 300, "y" * 300))
    macros.start_refresh()
    told = polled()
    assert (len(told.line), len(told.message)) == (255, 300)


def test_a_process_that_starts_with_a_button_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Mac each press is a Python of its own: the snapshot on disk is all that it knows."""
    with excel(monkeypatch, SMALL) as running:
        macros.start_refresh()
        assert finished().stage == "done"
        forget(monkeypatch)
        macros.start_export()
        assert finished().stage == "done"
        assert len(inquiries(running)) == 1
        assert isinstance(macros._job, Export)
