"""`kis-xl export` over several accounts, its past, and a report that is open; the button that does the same."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl import kst, udfs
from kis_xl.accounts import Account
from kis_xl.broker import Broker
from kis_xl.cli import main
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros, session
from kis_xl.fields import Environment
from kis_xl.history import History
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings
from kis_xl.report import report_name
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, Simulator
from tests.broker_kit import inquiries, simulated
from tests.excel_kit import finished, forget
from tests.report_kit import ROWS, TOTALS, Locked, opened, stock, table_rows, texts

export = importlib.import_module("kis_xl.cli.export")  # the package has the command by that name
TODAY = kst.now().date()


@pytest.fixture
def two(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Simulator]]:
    """Two accounts in the configuration file, each with a server of its own."""
    monkeypatch.setenv("KIS_XL_ATTEMPTS", "1")
    accounts = {
        "주식": SimAccount("11111111-01", "1" * 36, "1" * 180, Environment.REAL, rows=0, given_rows=list(ROWS), given_summary=TOTALS),
        "연금": SimAccount("22222222-22", "2" * 36, "2" * 180, Environment.REAL, rows=0, given_rows=list(ROWS[:1]), given_summary=TOTALS),
    }
    with simulated(accounts["주식"]) as first, simulated(accounts["연금"]) as second:
        running = {"주식": first, "연금": second}
        for name, account in accounts.items():
            settings = {"number": f"{account.number[:4]}****{account.number[8:]}", "environment": "real"}
            settings["base_url"] = running[name].url(Environment.REAL)
            secrets = {"number": account.number, "appkey": account.appkey, "appsecret": account.appsecret}
            ConfigEditor(DataFolder(home)).add(NewAccount(name, settings, {}, secrets), secrets="file", replace=True)
        forget(monkeypatch)
        yield running


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("arguments", [["--all"], ["--account", "*"]])
def test_all_accounts_get_a_report_each(
    two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["export", "--output", f"{tmp_path}/r/", *arguments]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.splitlines()] == [f"KIS_{name}_{TODAY}.xlsx" for name in two]


def test_all_goes_on_past_one_that_fails_and_says_so(two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two["주식"].add_fault("1x9=html")
    assert main(["export", "--all", "--output", f"{tmp_path}/r/"]) == 5
    told = capsys.readouterr()
    assert "error: NETWORK: 주식: " in told.err
    assert names_in(tmp_path / "r") == [f"KIS_연금_{TODAY}.xlsx"] == [Path(line).name for line in told.out.splitlines()]


def test_reports_of_all_do_not_go_into_one_file(two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--all", "--output", str(tmp_path / "r.xlsx")]) == 2
    assert "--together" in capsys.readouterr().err
    assert [len(inquiries(running)) for running in two.values()] == [0, 0]


@pytest.mark.parametrize(("language", "name"), [("ko", f"KIS_전체_{TODAY}.xlsx"), ("en", f"KIS_all_{TODAY}.xlsx")])
def test_one_report_over_all(
    two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, name: str
) -> None:
    assert main(["export", "--together", "--output", f"{tmp_path}/r/", "--lang", language]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert Path(line).name == name
    book = opened(Path(line))
    assert [row[0] for row in table_rows(book, "Holdings")] == ["주식"] * 6 + ["연금"]
    assert {row[-1]: row for row in table_rows(book, "Account")}["tot_evlu_amt"][1:4] == [6_951_000, 6_951_000, 13_902_000]
    assert main(["export", "--together", "--account", "*", "--output", str(tmp_path / "one.xlsx")]) == 0
    assert (tmp_path / "one.xlsx").exists()


def test_a_report_over_all_is_of_all_or_none(two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two["연금"].add_fault("1x9=html")
    assert main(["export", "--together", "--output", f"{tmp_path}/r/"]) == 5
    told = capsys.readouterr()
    assert (told.out, "error: NETWORK: 연금: " in told.err) == ("", True)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("arguments", [["--all", "--together"], ["--together", "--account", "주식"], ["--all", "--account", "주식"]])
def test_what_excludes_each_other_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", *arguments]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_the_report_compares_with_the_stored_day(two: dict[str, Simulator], home: Path, tmp_path: Path) -> None:
    assert main(["export", "--output", str(tmp_path / "first.xlsx")]) == 0
    assert table_rows(opened(tmp_path / "first.xlsx"), "Changes") == [[None] * 15]  # today's own balance is no past
    store_earlier(home, days=3)
    assert main(["export", "--output", str(tmp_path / "second.xlsx")]) == 0
    rows = {row[0]: row for row in table_rows(opened(tmp_path / "second.xlsx"), "Changes")}
    assert (rows["000660"][2], rows["000660"][5], rows["005930"][2]) == ("added", 6, "new")
    assert len(table_rows(opened(tmp_path / "second.xlsx"), "History")) == 2
    assert main(["export", "--output", str(tmp_path / "other.xlsx"), "--param", "PRCS_DVSN=01"]) == 0
    assert "Days that were asked with others are not compared." in texts(opened(tmp_path / "other.xlsx"), "Changes")


def store_earlier(home: Path, *, days: int) -> None:
    """Another balance of the first account, some days ago."""
    settings = Settings.load()
    with Broker(settings.account(), settings.folder, settings.policy) as broker:
        balance = broker.balance()
    rows = tuple(read_holdings([stock("000660", "SK하이닉스", 4, 210_000, 800_000)])[0])
    history = History(DataFolder(home))
    history.store(replace(balance, as_of=balance.as_of - timedelta(days=days), holdings=rows))
    history.close()


def test_a_report_that_is_open_is_told_on_standard_error(
    two: dict[str, Simulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(__file__, tmp_path / "r.xlsx")
    Locked(monkeypatch, "r.xlsx")
    assert main(["export", "--output", str(tmp_path / "r.xlsx")]) == 0
    told = capsys.readouterr()
    assert told.out == f"{tmp_path / 'r (2).xlsx'}\n"
    assert "warning: r.xlsx is open in another program (Excel) and stays as it is; the new report is r (2).xlsx" in told.err


def test_a_report_that_is_open_is_told_by_the_button(two: dict[str, Simulator], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    udfs.KIS_HOLDINGS()
    name = report_name(session.current().view().balance)
    (home / "reports").mkdir()
    shutil.copy(__file__, home / "reports" / name)
    Locked(monkeypatch, name)
    macros.start_export()
    told = finished()
    newer = name.replace(".xlsx", " (2).xlsx")
    assert told.stage == "done"
    assert told.path == str(home / "reports" / newer)
    assert f"the new report is {newer}\n\nOpen it now?" in told.message
    macros.start_export("*")
    told = finished()
    assert f"the new report is {newer}\n\nOpen them now?" in told.message
    assert len(told.path.splitlines()) == 2


def test_a_report_that_was_asked_otherwise_does_not_take_the_usual_ones_place(
    two: dict[str, Simulator], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"{tmp_path}/r/"

    def written(*arguments: str) -> list[str]:
        assert main(["export", "--lang", "en", "--output", folder, *arguments]) == 0
        return [Path(line).name for line in capsys.readouterr().out.splitlines()]

    (usual,) = written()
    before = (tmp_path / "r" / usual).read_bytes()
    special = ["--param", "PRCS_DVSN=01", "--param", "afhr_flpr_yn=y"]
    end = f"{TODAY}_AFHR_FLPR_YN=Y_PRCS_DVSN=01.xlsx"
    assert written(*special) == [f"KIS_주식_{end}"]
    assert written("--all", *special) == [f"KIS_주식_{end}", f"KIS_연금_{end}"]
    assert written("--together", *special) == [f"KIS_all_{end}"]
    assert (tmp_path / "r" / usual).read_bytes() == before
    assert written("--param", "PRCS_DVSN=00") == [usual] == [f"KIS_주식_{TODAY}.xlsx"]  # which it is anyway
    assert main(["export", "--output", str(tmp_path / "mine.xlsx"), *special]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'mine.xlsx'}\n"
    # for somebody who always asks so it is the usual report, and the document's own way is the special one
    monkeypatch.setenv("KIS_XL_PARAMETERS", "AFHR_FLPR_YN=X")
    assert written() == [usual]
    assert written("--together") == [f"KIS_all_{TODAY}.xlsx"]
    assert written("--param", "AFHR_FLPR_YN=N") == [f"KIS_주식_{TODAY}_AFHR_FLPR_YN=N.xlsx"]
    assert written("--together", "--param", "AFHR_FLPR_YN=N") == [f"KIS_all_{TODAY}_AFHR_FLPR_YN=N.xlsx"]


@pytest.mark.usefixtures("two")
def test_the_buttons_report_with_options_is_another_one_too(home: Path) -> None:
    macros.start_export()
    usual = Path(finished().path)
    before = usual.read_bytes()
    macros.start_export("", "AFHR_FLPR_YN=Y; top=3")
    assert finished().path == str(home / "reports" / f"KIS_주식_{TODAY}_AFHR_FLPR_YN=Y.xlsx")
    assert (usual.name, usual.read_bytes()) == (f"KIS_주식_{TODAY}.xlsx", before)


def test_a_demo_with_parameters_is_another_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIS_XL_PARAMETERS", "PRCS_DVSN=01")
    for more, end in ((), ""), (("--param", "AFHR_FLPR_YN=Y"), "_AFHR_FLPR_YN=Y"):
        assert main(["demo", "--rows", "1", "--output", f"{tmp_path}/", *more]) == 0
        assert Path(capsys.readouterr().out.strip()).name == f"KIS_demo_{TODAY}{end}.xlsx"


@pytest.mark.usefixtures("two")
def test_money_of_a_simulator_is_not_added_to_kis_own(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_ours(settings: Settings, account: Account, parameters: dict[str, str]) -> Balance:
        assert account.host != account.environment.host  # nobody is asked at KIS itself
        return fetch(settings, account, parameters)

    fetch: Callable[..., Balance] = export.fetch
    monkeypatch.setattr(export, "fetch", only_ours)
    secrets = {"number": "33333333-01", "appkey": "3" * 36, "appsecret": "3" * 180}
    ConfigEditor(DataFolder(home)).add(NewAccount("진짜", {"number": "3333****-01"}, {}, secrets), secrets="file")
    assert main(["export", "--together", "--output", f"{tmp_path}/r.xlsx"]) == 0
    told = capsys.readouterr()
    assert "진짜: left out: it is not of the default account's environment and server" in told.err
    heads = [place.value for place in opened(tmp_path / "r.xlsx")["Account"][1]]
    assert heads[:4] == ["Item", "주식", "연금", "Total (computed)"]


def test_together_counts_an_account_once_and_only_money_of_one_kind(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with simulated() as running:
        whose = running.account(Environment.REAL)
        secrets = {"number": whose.number, "appkey": whose.appkey, "appsecret": whose.appsecret}
        values = {"number": f"{whose.number[:4]}****{whose.number[8:]}", "base_url": running.real_url}
        for name, parameters in {"savings": {}, "the same again": {"AFHR_FLPR_YN": "X"}}.items():
            ConfigEditor(DataFolder(home)).add(NewAccount(name, values, parameters, secrets))
        ConfigEditor(DataFolder(home)).add(NewAccount("practice", {"practice": True}))
        assert main(["export", "--together", "--output", str(tmp_path / "all.xlsx"), "--lang", "en"]) == 0
        assert main(["export", "--account", "savings", "--output", str(tmp_path / "one.xlsx"), "--lang", "en"]) == 0
    said = capfd.readouterr().err
    assert "the same again: left out: it is the same account as savings" in said
    assert "practice: left out: it is not of the default account's environment" in said
    both, one = (load_workbook(tmp_path / name) for name in ("all.xlsx", "one.xlsx"))
    totals = []
    for book in (both, one):
        title, cell = next(book.defined_names["TotalValuation"].destinations)
        totals.append(book[title][cell.replace("$", "")].value)
    assert totals[0] == totals[1]


def test_names_that_differ_in_a_dot_have_reports_of_their_own(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a", ".a"):
        ConfigEditor(DataFolder(home)).add(NewAccount(name, {"practice": True}))
    assert main(["export", "--all", "--output", f"{tmp_path}/"]) == 0
    assert len(set(capfd.readouterr().out.split())) == len(list(tmp_path.glob("*.xlsx"))) == 2
