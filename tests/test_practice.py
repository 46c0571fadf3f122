"""The practice account: everything works with no keys and no network, and nothing of it passes for KIS's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl import practice, udfs
from kis_xl.broker import Broker
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros
from kis_xl.fields import Environment
from kis_xl.report import write_report
from kis_xl.settings import Settings
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
