"""The practice account: everything works with no keys and no network, and nothing of it passes for KIS's."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl import kst, practice, udfs
from kis_xl.broker import Broker
from kis_xl.changes import changes
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros
from kis_xl.fields import Environment
from kis_xl.history import AccountKey, History
from kis_xl.history.year import look_back
from kis_xl.report import write_report
from kis_xl.report.past import read_past
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, demo_account
from kis_xl.snapshots import Key, Snapshots
from kis_xl.trading import is_trading_day
from tests import excel_kit
from tests.conftest import REPOSITORY


@pytest.fixture
def settings(home: Path) -> Settings:
    ConfigEditor(DataFolder(home)).add(NewAccount("연습", {"practice": True}, {}, {}))
    return Settings.load()


def test_it_is_listed_as_what_it_is(settings: Settings) -> None:
    (listed,) = settings.listed()
    assert (listed.name, listed.practice, listed.environment, listed.default) == ("연습", True, Environment.MOCK, True)
    assert settings.account().host == "simulator"


def test_the_simulator_starts_with_the_first_call_and_is_one_a_process(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice, "_running", None)
    account = settings.account()
    assert vars(practice)["_running"] is None
    for _ in range(2):
        with Broker(account, settings.folder, settings.policy) as broker:
            balance = broker.balance()
    running = vars(practice)["_running"]
    assert running.url(Environment.MOCK).startswith("http://127.0.0.1:")
    assert (len(balance.holdings), balance.host) == (18, "simulator")
    assert running.connections <= 2
    running.stop()
    monkeypatch.setattr(practice, "_running", None)


def test_cells_say_that_it_is_a_simulator(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with excel_kit.server(monkeypatch):
        assert len(udfs.KIS_HOLDINGS()) == 1 + 18
        shown = excel_kit.status()
        assert "simulator" in shown["Environment"].lower(), shown
        macros.start_refresh()
        assert excel_kit.finished().stage == "done"
        assert "OK" in udfs.KIS_PING()
        assert udfs.KIS_ACCOUNTS()[1][:2] == ["연습", settings.listed()[0].masked]


def test_a_report_says_it_too(settings: Settings, tmp_path: Path) -> None:
    with Broker(settings.account(), settings.folder, settings.policy) as broker:
        path = write_report(broker.balance(), tmp_path / "report.xlsx", "en")
    told = " ".join(str(cell.value) for row in load_workbook(path)["Provenance"] for cell in row)
    assert "not from KIS" in told or "simulat" in told.lower()


def test_processes_that_share_the_data_folder_do_not_disturb_each_other(settings: Settings) -> None:
    script = "from kis_xl import Broker, Settings\ns = Settings.load()\nfor _ in range(3):\n"
    script += "    with Broker(s.account(), s.folder, s.policy) as b:\n        print(len(b.balance().holdings))\n"
    running = [
        subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        for _ in range(3)
    ]
    for each in running:
        out, err = each.communicate(timeout=60)
        assert (each.returncode, out.split()) == (0, ["18"] * 3), err


# from day to day


def on(day: date) -> SimAccount:
    return replace(demo_account(Environment.MOCK, 18, 7), today=lambda: day)


def test_prices_go_on_from_day_to_day_and_each_days_yesterday_was_so() -> None:
    monday = date(2026, 11, 16)
    before = on(monday - timedelta(days=3))
    for number in range(120):
        day = monday + timedelta(days=number)
        account = on(day)
        rows, totals = account.holdings(), account.summary()
        assert sum(int(row["evlu_amt"]) for row in rows) == int(totals["evlu_amt_smtl_amt"])
        if day.weekday() > 4:
            assert (rows, totals) == (before.holdings(), before.summary())  # Friday's
            continue
        assert totals["bfdy_tot_asst_evlu_amt"] == before.summary()["tot_evlu_amt"]
        for row, then in zip(rows, before.holdings(), strict=True):
            assert (row["hldg_qty"], row["pchs_amt"], row["thdt_sll_qty"]) == (then["hldg_qty"], then["pchs_amt"], "0")
            assert int(row["prpr"]) - int(then["prpr"]) in (int(row["bfdy_cprs_icdc"]), -int(row["bfdy_cprs_icdc"]), 0)
            assert abs(float(row["fltt_rt"])) <= 4 or row["prpr"] == "0"
        before = account


def test_the_history_of_a_practice_account_adds_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no keys yet sees what a history is for: nothing was traded, so all of the change is the prices'."""
    monkeypatch.setattr(practice, "_running", None)
    for number in range(5):
        monkeypatch.setattr(kst, "now", lambda day=number: datetime(2026, 11, 16 + day, 16, tzinfo=kst.KST))
        with Broker(settings.account(), settings.folder, settings.policy) as broker:
            balance = broker.balance()
        Snapshots(settings.folder).keep(Key.of(settings.account()), balance)
    vars(practice)["_running"].stop()
    monkeypatch.setattr(practice, "_running", None)
    with closing(History(settings.folder)) as history:
        year = look_back(history, AccountKey.of(settings.account()), 2026, is_trading_day)
        changed = read_past(history, balance).earlier
    assert year is not None
    assert changed is not None
    assert (len(year.line), year.rest, len(year.missing)) == (5, 0, 0)
    assert year.change == year.contributed != 0
    assert not any(stock.gone or stock.arrived for stock in year.stocks)
    found = changes(changed.holdings, balance.holdings)
    assert sum(change.price_effect or 0 for change in found) == balance.summary.asst_icdc_amt  # type: ignore[union-attr]
    assert {change.quantity_effect for change in found} <= {0, None}
