"""What the functions of the workbook show over time: one snapshot for all cells, settings that change, everything that goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_xl import __version__, snapshots, udfs
from kis_xl.broker import Broker
from kis_xl.excel import macros, session, tables
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.fields import Environment
from kis_xl.simulator import Simulator
from kis_xl.snapshots import files
from tests.broker_kit import demo_account, inquiries, read_token, simulated, token_calls
from tests.conftest import REPOSITORY
from tests.excel_kit import (
    EN,
    KO,
    SMALL,
    earlier,
    error,
    excel,
    files_in,
    finished,
    forget,
    log_files,
    server,
    status,
    until,
    use,
)


def told(answer: dict[str, Any]) -> str:
    return f"{answer['Last error']} | {answer['What to do']}"


# one snapshot


def everything() -> list[Any]:
    """What a sheet shows."""
    return [udfs.KIS_HOLDINGS(), udfs.KIS_SUMMARY(), udfs.KIS_VALUE("005930", "prpr"), udfs.KIS_CHANGES("2026-01-01"), udfs.KIS_STATUS()]


def test_a_sheet_of_cells_is_one_fetch(demo: Simulator) -> None:
    for _ in range(20):
        everything()
    assert len(inquiries(demo)) == 3
    assert len(token_calls(demo)) == 1


def test_many_threads_that_start_together_share_one_session_and_one_fetch(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[session.Session] = []
    start = session.Session.start

    def counted(*before: Any) -> session.Session:
        sessions.append(start(*before))
        return sessions[-1]

    monkeypatch.setattr(session.Session, "start", counted)
    gate = threading.Barrier(16)
    answers: list[Any] = []

    def cell() -> None:
        gate.wait()
        answers.append(udfs.KIS_SUMMARY(None, "tot_evlu_amt"))

    threads = [threading.Thread(target=cell) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert len(set(answers)) == 1
    assert len(sessions) == 1
    assert len(inquiries(demo)) == 3


def test_a_refresh_under_way_changes_no_cell_until_it_is_taken_over(demo: Simulator) -> None:
    before = everything()
    demo.add_fault("1x99=ticking")
    assert macros.start_refresh() == ""
    as_of = session.current().view().balance.as_of
    until(lambda: len(inquiries(demo)) == 6 and not session.current().snapshots._flights)
    during = everything()
    assert during[:3] == before[:3]
    assert session.current().view().balance.as_of == as_of
    assert finished().stage == "done"
    after = everything()
    assert after[2] > before[2]
    assert [row[10] for row in after[0]] == [row[10] for row in before[0]]  # purchases
    assert after[0] != before[0]
    assert session.current().view().balance.as_of > as_of


def test_a_workbook_opened_in_the_morning_shows_yesterdays_figures_and_calls_nobody(
    demo: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    calls = len(demo.calls)
    forget(monkeypatch)
    earlier(monkeypatch, timedelta(hours=-20))  # the next morning
    after = everything()
    assert after[:3] == before[:3]
    assert len(demo.calls) == calls
    shown = status()
    assert shown["As of"] == before[4][1][1]
    assert 1199 <= shown["Age (minutes)"] <= 1201
    assert (shown["Status"], shown["Last attempt"]) == ("OK", "")
    earlier(monkeypatch, timedelta(hours=-25))
    assert status()["Status"] == "over a day old: refresh"


SHEET = """
import json, sys
from kis_xl import udfs
cells = [udfs.KIS_HOLDINGS(None, "pdno", 0), udfs.KIS_SUMMARY(None, "tot_evlu_amt"), udfs.KIS_VALUE("005930", "evlu_amt")]
status, rest = udfs.KIS_STATUS(), [udfs.KIS_FIELDS(), udfs.KIS_ACCOUNTS(), udfs.KIS_VERSION()]
print(json.dumps([cells, status[0][1], len(rest), sorted(name for name in sys.modules if "." not in name)]))
"""


def test_a_new_process_shows_the_stored_snapshot_without_loading_what_fetches(demo: Simulator) -> None:
    cells = [udfs.KIS_HOLDINGS(None, "pdno", 0), udfs.KIS_SUMMARY(None, "tot_evlu_amt"), udfs.KIS_VALUE("005930", "evlu_amt")]
    demo.stop()  # whoever asks it now gets no answer
    done = subprocess.run([sys.executable, "-c", SHEET], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True)
    shown, verdict, rest, modules = json.loads(done.stdout)
    assert (shown, verdict, rest) == (cells, "OK", 3)
    heavy = {
        "requests",
        "urllib3",
        "sqlalchemy",
        "openpyxl",
        "xlsxwriter",
        "tenacity",
        "filelock",
        "pyrate_limiter",
        "holidays",
        "simplejson",
    }
    heavy |= {"click", "rich", "xlwings"} - ({"xlwings"} if os.name == "nt" else set())  # Windows: whose server we are
    assert heavy.intersection(modules) == set()


def test_a_process_that_was_never_here_fetches_once_and_keeps_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    with excel(monkeypatch, SMALL) as running:
        assert status()["Status"] == "not fetched yet"
        assert inquiries(running) == []
        udfs.KIS_HOLDINGS()
        assert len(list(home.glob("snapshots/*.json"))) == 1


# options that make a snapshot of their own


def test_api_parameters_make_a_snapshot_of_their_own_and_defaults_do_not(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    udfs.KIS_HOLDINGS(None, None, None, "INQR_DVSN=01; afhr_flpr_yn=n; by=stock; sort=pdno; zero=hide; top=3")
    assert len(inquiries(demo)) == 3
    udfs.KIS_HOLDINGS(None, None, None, "AFHR_FLPR_YN=X")
    udfs.KIS_HOLDINGS(None, "pdno", 0, "afhr_flpr_yn=x;top=1")
    assert len(inquiries(demo)) == 6
    assert {call.params["AFHR_FLPR_YN"] for call in inquiries(demo)} == {"N", "X"}
    assert macros.start_refresh() == ""
    assert finished().stage == "done"
    assert [call.params["AFHR_FLPR_YN"] for call in inquiries(demo)][6:].count("X") == 3  # a refresh renews both
    assert len(inquiries(demo)) == 12


def test_the_workbooks_own_options_are_refreshed_before_a_cell_asks(demo: Simulator) -> None:
    assert macros.start_refresh("", "AFHR_FLPR_YN=X") == ""
    assert finished().stage == "done"
    calls = len(inquiries(demo))
    assert len(udfs.KIS_HOLDINGS(None, None, 0, "AFHR_FLPR_YN=X")) == 120
    assert len(inquiries(demo)) == calls


# settings that change


def test_two_accounts_and_two_environments_never_share_a_snapshot(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    one, other = demo_account(rows=60, seed=1), demo_account(rows=40, seed=2)
    mock = demo_account(Environment.MOCK, rows=25)
    same_number = replace(demo_account(Environment.MOCK, rows=10, seed=9), number=one.number)
    with simulated(one, other, mock, same_number) as running, server(monkeypatch, running, one):
        lengths = []
        for whose in (one, other, mock, same_number, one):
            use(monkeypatch, running, whose)
            lengths.append(len(udfs.KIS_HOLDINGS(None, None, 0)))
            assert status()["Account"] == f"{whose.number[:4]}****-01"
            assert status()["Environment"].startswith(whose.environment.key)
        assert lengths == [60, 40, 25, 10, 60]
        assert len(list(home.glob("snapshots/*.json"))) == 4
        assert len(inquiries(running)) == 2 + 1 + 2 + 1


def test_settings_that_change_between_calls_take_effect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with excel(monkeypatch, SMALL) as running:
        assert udfs.KIS_HOLDINGS()[0] == EN
        monkeypatch.setenv("KIS_XL_LANG", "ko")
        assert udfs.KIS_HOLDINGS()[0] == KO
        assert udfs.KIS_HOLDINGS("x")[0][0].startswith("#KIS! ACCOUNT: 이런 이름의 계좌가 없습니다")
        assert len(inquiries(running)) == 1  # the language makes no other snapshot
        monkeypatch.setenv("KIS_XL_PARAMETERS", "PRCS_DVSN=01")
        udfs.KIS_HOLDINGS()
        assert inquiries(running)[-1].params["PRCS_DVSN"] == "01"
        monkeypatch.setenv("KIS_XL_HOME", str(tmp_path / "다른 곳"))
        udfs.KIS_HOLDINGS()
        assert len(list((tmp_path / "다른 곳").glob("snapshots/*.json"))) == 1
        assert udfs.KIS_STATUS()[13][1].startswith(str(tmp_path / "다른 곳"))
        assert len(inquiries(running)) == 3


def test_a_read_timeout_that_changes_holds_from_the_next_refresh(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    udfs.KIS_HOLDINGS()
    monkeypatch.setenv("KIS_XL_READ_TIMEOUT", "0.2")
    demo.add_fault("1=slow:1")
    macros.start_refresh()
    assert finished().stage == "failed"
    assert "no answer in time" in told(status())


# what goes wrong


def test_no_account_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch):
        for answer in (
            udfs.KIS_HOLDINGS(),
            udfs.KIS_SUMMARY(),
            udfs.KIS_VALUE("005930", "prpr"),
            udfs.KIS_HISTORY(),
            udfs.KIS_CHANGES(),
            udfs.KIS_PING(),
        ):
            assert error(answer).startswith("CONFIG: no account is set up")
            assert "kis-xl " in error(answer)  # what to run
        shown = status()
        assert shown["Status"] == "no account is set up"
        assert "kis-xl " in shown["What to do"]
        assert shown["Last error"] == "CONFIG: no account is set up"
        assert udfs.KIS_ACCOUNTS() == [["Name", "Account", "Environment", "Default"]]
        assert len(udfs.KIS_FIELDS()) == 51
        assert udfs.KIS_VERSION() == __version__
        macros.start_refresh()
        assert finished().message.startswith("CONFIG: no account is set up")


HALF = {
    "a key is missing": ({"KIS_XL_APPKEY": ""}, "CONFIG", "KIS_XL_APPKEY"),
    "a number is none": ({"KIS_XL_ACCOUNT": "1234-56"}, "ACCOUNT", "not an account number"),
    "a parameter is none": ({"KIS_XL_PARAMETERS": "COLOUR=red"}, "ARGUMENT", "not a parameter"),
    "the environment is none": ({"KIS_XL_ENV": "paper"}, "CONFIG", "KIS_XL_ENV cannot be 'paper'"),
    "the rate is none": ({"KIS_XL_RATE": "fast"}, "CONFIG", "KIS_XL_RATE cannot be 'fast'"),
    "the language is none": ({"KIS_XL_LANG": "fr"}, "CONFIG", "'fr'"),
}


@pytest.mark.parametrize(("given", "code", "what"), HALF.values(), ids=HALF.keys())
def test_settings_that_are_wrong_are_told_by_the_status_too(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], code: str, what: str
) -> None:
    with excel(monkeypatch, SMALL, settings=given) as running:
        assert error(udfs.KIS_HOLDINGS()).startswith(code)
        assert what in error(udfs.KIS_HOLDINGS())
        rows = dict(udfs.KIS_STATUS())
        shown = list(rows.values())
        assert what in shown[0]
        assert shown[10].startswith(f"{code}: ")
        assert shown[11]
        assert running.calls == []
        assert udfs.KIS_FIELDS()[0][0] == "API key" or code == "CONFIG"


def test_a_data_folder_that_cannot_be_made_is_told_by_the_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with excel(monkeypatch, SMALL, settings={"KIS_XL_HOME": str(tmp_path / "file" / "home")}):
        assert error(udfs.KIS_HOLDINGS()).startswith("CONFIG: the data folder cannot be made")
        shown = status()
        assert "data folder" in shown["Status"]
        assert "KIS_XL_HOME" in shown["What to do"]
        assert shown["Log file"] == ""


def test_an_unknown_account_is_told_with_the_nearest_names(small: Simulator) -> None:
    for answer in (udfs.KIS_HOLDINGS("envv"), udfs.KIS_SUMMARY("envv"), udfs.KIS_VALUE("005930", "prpr", "envv"), udfs.KIS_STATUS("envv"),
                   udfs.KIS_HISTORY(None, None, None, "envv"), udfs.KIS_CHANGES(None, "envv"), udfs.KIS_PING("envv")):  # fmt: skip
        assert error(answer) == "ACCOUNT: there is no account called 'envv' (Nearest: env)"
    assert "ACCOUNT: there is no account called 'envv' - Nearest: env" in status()["Last formula error"]
    assert inquiries(small) == []
    for name in (
        "env",
        "ENV",
        " env ",
        "87651234-22",
        "8765123422",
        "87651234",
        87651234.0,
        8765123422.0,
        [["env"]],
        [[None], ["env"]],
        None,
        "",
    ):
        assert len(udfs.KIS_HOLDINGS(name)) == 6, name
    for name in ("87651234-01", "99999999", "12345678-22"):
        assert error(udfs.KIS_HOLDINGS(name)).startswith("ACCOUNT: ")
    assert error(udfs.KIS_HOLDINGS([["env", "env"]])).startswith("ARGUMENT: account takes one value and got 2")


WRONG = [
    ("KIS_HOLDINGS", (None, "prdt_nam"), "there is no field 'prdt_nam'", "prdt_name (Name)"),
    ("KIS_HOLDINGS", (None, None, 3.0), "headers cannot be '3'", "0 (none)"),
    ("KIS_HOLDINGS", (None, None, None, "by=x"), "options: by cannot be 'x'", "by=row | stock"),
    ("KIS_HOLDINGS", (None, None, None, "AFHR_FLPR_YN=Z"), "AFHR_FLPR_YN cannot be 'Z'", "X (NXT sessions"),
    ("KIS_SUMMARY", (None, "evlu_amt"), "there is no field 'evlu_amt'", "tot_evlu_amt (Total valuation)"),
    ("KIS_SUMMARY", (None, "tot_evlu_amt", "maybe"), "headers cannot be 'maybe'", "0 (none)"),
    ("KIS_VALUE", ("005930", "prprr"), "there is no field 'prprr'", "prpr (Current price)"),
    ("KIS_FIELDS", ("output3",), "table cannot be 'output3'", "Holdings, Account"),
    ("KIS_HISTORY", ("evlu_amt",), "there is no field 'evlu_amt'", "tot_evlu_amt (Total valuation)"),
    ("KIS_HISTORY", ("005930:tot_evlu_amt",), "there is no field 'tot_evlu_amt'", "evlu_amt"),
    ("KIS_HISTORY", ("!:evlu_amt",), "not a stock code", "005930"),
    ("KIS_HISTORY", (None, "soon"), "start is no date: 'soon'", "2026-11-23"),
    ("KIS_HISTORY", (None, None, "2026-02-30"), "end is no date", "2026-11-23"),
    ("KIS_HISTORY", (None, "2026-02-03", "2026-02-02"), "start lies after end", "Swap"),
    ("KIS_CHANGES", ([["2026-01-01", "2026-01-02"]],), "since is no date", "2026-11-23"),
]


@pytest.mark.parametrize(("name", "given", "what", "hint"), WRONG)
def test_a_wrong_argument_is_named_with_what_is_allowed_and_asks_nobody(
    small: Simulator, monkeypatch: pytest.MonkeyPatch, name: str, given: tuple[Any, ...], what: str, hint: str
) -> None:
    said = error(FUNCTIONS[name].call(*given))
    assert said.startswith("ARGUMENT: ")
    assert what in said
    assert hint in said
    shown = status()
    assert re.match(r"\d\d-\d\d \d\d:\d\d ARGUMENT: ", shown["Last formula error"])
    assert what in shown["Last formula error"]
    assert hint in shown["Last formula error"]
    assert (shown["Status"], shown["Last error"]) == ("not fetched yet", "")
    assert small.calls == []
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert re.search("[가-힣]", error(FUNCTIONS[name].call(*given)))
    # what happened, and what to do, apart from each other
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d ARGUMENT: .*\S - \S.*", {row[0]: row[1] for row in udfs.KIS_STATUS()}["수식 오류"])


def test_the_service_is_down_at_first(demo: Simulator) -> None:
    demo.add_fault("1x99=http:503:html")
    for _ in range(30):
        assert error(udfs.KIS_HOLDINGS()).startswith("NETWORK: ")
        assert error(udfs.KIS_VALUE("005930", "prpr")).startswith("NETWORK: ")
    assert len(inquiries(demo)) == 1
    shown = status()
    assert shown["Status"] == "the fetch failed"
    assert shown["Last error"].startswith("NETWORK: the server")
    assert shown["What to do"]
    assert shown["Last formula error"] == ""  # the same would stand there twice
    assert isinstance(shown["Last attempt"], datetime)
    demo.reset()
    session.current().snapshots.state(session.current().key()).failed_at -= snapshots.PAUSE
    assert len(udfs.KIS_HOLDINGS()) == 121
    assert status()["Last error"] == ""


FAILURES = [
    ("http:503", "NETWORK"), ("reset", "NETWORK"), ("EGW00201", "RATE"), ("EGW00103", "AUTH"), ("EGW00206", "AUTH"),
    ("OPSQ2000", "ACCOUNT"), ("OPSQ2001", "ARGUMENT"), ("APBK9999", "DATA"), ("missing_field:prpr", "DATA"),
    ("bad_field:evlu_amt=1,000", "DATA"), ("EGW02004", "CONFIG"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "code"), FAILURES)
def test_a_failed_refresh_keeps_the_figures_and_the_status_says_why(demo: Simulator, fault: str, code: str) -> None:
    before = [udfs.KIS_HOLDINGS(), udfs.KIS_SUMMARY()]
    demo.add_fault(f"1x99={fault}")
    macros.start_refresh()
    assert finished().stage == "failed"
    assert [udfs.KIS_HOLDINGS(), udfs.KIS_SUMMARY()] == before
    shown = status()
    assert shown["Status"] == "refresh failed: showing earlier data"
    assert shown["Last error"].startswith(f"{code}: ")
    assert shown["What to do"]
    assert shown["Rows"] == 120.0
    assert f"the fetch failed: {code}: " in Path(shown["Log file"]).read_text(encoding="utf-8")
    demo.reset()
    macros.start_refresh()
    assert finished().stage == "done"
    assert (status()["Status"], status()["Last error"]) == ("OK", "")


def test_a_first_fetch_that_takes_long_is_told_and_shown_afterwards(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PATIENCE", 0.1)
    demo.add_fault("1=slow:0.8")
    assert error(udfs.KIS_HOLDINGS()).startswith("NETWORK: the first fetch is not done yet")
    assert "first fetch" in status()["Last formula error"]
    assert session.current().snapshots.fly(session.current().key()).wait(20)
    assert len(udfs.KIS_HOLDINGS()) == 121
    assert len(inquiries(demo)) == 3


def test_a_full_disk_hides_nothing_and_is_told(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_atomically", full)
    assert len(udfs.KIS_HOLDINGS()) == 121
    shown = status()
    assert shown["Status"] == "the snapshot was not saved (No space left on device)"
    assert "free space" in shown["What to do"]
    assert shown["Last error"] == ""


def test_a_spoilt_snapshot_is_fetched_anew(demo: Simulator, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    before = udfs.KIS_HOLDINGS()
    (file,) = home.glob("snapshots/*.json")
    file.write_bytes(file.read_bytes()[:-9])
    forget(monkeypatch)
    assert status()["Status"] == "not fetched yet"
    assert udfs.KIS_HOLDINGS() == before
    assert len(inquiries(demo)) == 6


def test_checks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, SMALL):
        udfs.KIS_HOLDINGS()
        shown = status()
        assert shown["Status"] == "the checks differ"
        assert re.fullmatch(r"\d/7 \(.*sum of valuations.*\)", shown["Checks"])


def test_a_clock_that_was_set_back(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    udfs.KIS_HOLDINGS()
    as_of = status()["As of"]
    earlier(monkeypatch, timedelta(hours=3))
    assert status()["Status"] == "as of a time to come: check this computer's clock"
    assert (status()["Age (minutes)"], status()["As of"]) == ("", as_of)
    macros.start_refresh()
    assert finished().stage == "done"
    assert len(inquiries(demo)) == 6
    assert as_of - status()["As of"] > timedelta(hours=2)


def test_a_bug_is_internal_and_its_traceback_stands_in_the_log_only(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError(f"of {demo.account().appkey}")

    monkeypatch.setattr(tables, "holdings", bug)
    said = error(udfs.KIS_HOLDINGS())
    assert said == "INTERNAL: KIS_HOLDINGS: a bug; please report it with the log file (ZeroDivisionError)"
    shown = status()
    log = Path(shown["Log file"]).read_text(encoding="utf-8")
    assert "in bug" in log
    assert "ZeroDivisionError: of ***" in log
    assert demo.account().appkey not in log
    assert "INTERNAL: KIS_HOLDINGS" in shown["Last formula error"]


def test_too_many_arguments_are_an_error_in_the_cell() -> None:
    assert error(udfs.KIS_VERSION("x")).startswith("INTERNAL: KIS_VERSION")


def test_a_thousand_failing_cells_do_not_flood_the_log(small: Simulator) -> None:
    for _ in range(200):
        udfs.KIS_VALUE("999999", "evlu_amt")
    log = Path(status()["Log file"]).read_text(encoding="utf-8")
    assert log.count("999999") == 1


# secrets

APPKEY, APPSECRET, CANO = "PSplantedAppKeyThatNobodyMaySee00001", "planted+app/secret==" * 9, "73915826"


def test_no_cell_no_log_and_no_file_names_the_account_or_its_keys(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    planted = replace(demo_account(rows=60), number=f"{CANO}-01", appkey=APPKEY, appsecret=APPSECRET)

    def bug(*_: object) -> None:
        raise KeyError(f"{CANO} {APPKEY}")

    with excel(monkeypatch, planted) as running:
        cells = repr(everything()) + repr(udfs.KIS_ACCOUNTS()) + udfs.KIS_PING()
        cells += repr([udfs.KIS_HOLDINGS(given) for given in (f"{CANO}-02", f"{CANO}9", APPKEY, APPSECRET, f"x{CANO}")])
        cells += repr([udfs.KIS_HOLDINGS(None, given) for given in (CANO, APPKEY, f"{CANO},{APPSECRET}")])
        cells += repr([udfs.KIS_HOLDINGS(None, None, given, given) for given in (CANO, APPKEY, f"by={CANO}", f"{APPSECRET}=1")])
        cells += repr(
            [
                udfs.KIS_VALUE(CANO, "prpr"),
                udfs.KIS_VALUE([[float(CANO)], [APPKEY]], "prpr"),
                udfs.KIS_HISTORY(f"{CANO}:prpr"),
                udfs.KIS_CHANGES(CANO),
            ]
        )
        for fault in ("reset", "APBK1271", "EGW00103", "EGW00205", "bad_field:pdno=", "bad_field:evlu_amt=" + CANO + "x"):
            running.reset()
            running.add_fault(f"1x99={fault}")
            macros.start_refresh()
            cells += repr(finished()) + repr(udfs.KIS_STATUS()) + repr(udfs.KIS_PING()) + repr(macros.check())
        running.reset()
        with monkeypatch.context() as patched:
            patched.setattr(Broker, "balance", bug)
            macros.start_refresh()
            cells += repr(finished()) + repr(udfs.KIS_STATUS())
        cells += repr([macros.start_export(), finished()])
    kept = files_in(home)
    assert {Path(name).parts[0] for name in kept} == {"snapshots", "history", "limits", "tokens", "logs", "reports"}
    token = read_token(next(home.glob("tokens/*.token")), planted)["access_token"]
    assert "of the same" not in cells
    assert "KeyError" in cells
    for name, content in kept.items():
        for secret in (APPKEY, APPSECRET, CANO, token):
            assert secret.encode() not in name.encode() + content, name
    for secret in (APPKEY, APPSECRET, CANO, token):
        assert secret not in cells
    assert log_files() == []
