"""What commands leave in the log: that they ran and how they ended, what went wrong, and who changed which account."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_xl.cli import main
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.fields import Environment
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, simulated
from tests.doctor_states import free_port
from tests.schedule_kit import add
from tests.test_cli import point_at

LINE = re.compile(r"\S+\+09:00 (?P<level>[A-Z]+) \d+ (?P<logger>kis_xl\.[\w.]+) (?P<said>.*)")


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(demo_account(rows=3), demo_account(Environment.MOCK, rows=3)) as simulator:
        yield simulator


@pytest.fixture
def practice(home: Path) -> Path:
    """A data folder with a practice account and no log yet."""
    ConfigEditor(DataFolder(home)).add(NewAccount("연습", {"practice": True}, {}, {}))
    assert not (home / "logs").exists()
    return home


def log(home: Path) -> list[tuple[str, str, str]]:
    """Level, logger and message of each line."""
    lines = [line for path in sorted((home / "logs").glob("*.log")) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [LINE.fullmatch(line) for line in lines]
    return [(match["level"], match["logger"], match["said"]) for match in found if match is not None]


def errors(home: Path) -> list[str]:
    return [said for level, _, said in log(home) if level == "ERROR"]


def audit(home: Path) -> list[str]:
    return [said for _, logger, said in log(home) if logger == "kis_xl.audit"]


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["accounts", "list"], "accounts list", 0),
        (["--debug", "accounts", "list", "--json"], "accounts list", 0),
        (["accounts", "rename", "연습", "새이름"], "accounts rename", 0),
        (["accounts", "remove", "없는 이름", "--yes"], "accounts remove", 2),
        (["accounts", "nonsense"], "accounts", 2),
        (["schedule", "status"], "schedule status", 0),
        (["doctor", "--offline"], "doctor", 0),
        (["doctor", "--offline", "--account", "nope"], "doctor", 2),
        (["balance"], "balance", 0),
        (["export", "--rows"], "export", 2),
    ],
)
def test_each_command_is_a_line_that_holds_no_argument(practice: Path, arguments: list[str], said: str, code: int) -> None:
    assert main(arguments) == code
    level, logger, line = log(practice)[-1]
    assert (level, logger) == ("INFO", "kis_xl.cli")
    assert re.fullmatch(rf"{said}: ended with {code} in \d+\.\d s", line)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], [], ["balance", "--help"], ["accounts", "-h"], ["nonsense"]])
def test_explanations_leave_none(practice: Path, arguments: list[str]) -> None:
    assert main(arguments) in (0, 2)
    assert not (practice / "logs").exists()


@pytest.mark.parametrize(
    "arguments", [["accounts", "list"], ["accounts", "remove", "x", "--yes"], ["doctor", "--offline"], ["schedule", "status"], ["balance"]]
)
def test_no_data_folder_is_made_for_a_log(home: Path, arguments: list[str]) -> None:
    main(arguments)
    assert not home.exists()


def test_a_command_that_makes_the_data_folder_is_logged_there(home: Path) -> None:
    assert main(["setup", "--demo", "--no-workbook", "--no-schedule"]) == 0
    assert log(home)[-1][2].startswith("setup: ended with 0 in ")


def test_the_folder_that_the_scheduler_names_is_logged_in(practice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    ConfigEditor(DataFolder(other)).add(NewAccount("연습", {"practice": True}, {}, {}))
    monkeypatch.setenv("KIS_XL_LANG", "en")  # the command sets both, and monkeypatch takes them back
    assert main(["schedule", "run", "--home", str(other), "--now"]) == 0
    assert log(other)[-1][2].startswith("schedule run: ended with 0 in ")
    assert log(practice) == []


def test_a_home_of_nobody_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KIS_XL_HOME", "~nobody-of-this-name/x")
    assert main(["accounts", "list"]) in (0, 2)  # Windows takes every name for a neighbour's
    assert "INTERNAL" not in capsys.readouterr().err


def test_an_unknown_account_is_an_error_of_the_log(practice: Path) -> None:
    assert main(["balance", "--account", "nope"]) == 2
    assert errors(practice) == ["ACCOUNT: there is no account called 'nope'"]


def test_a_broken_file_is_an_error_of_the_log(practice: Path) -> None:
    (practice / "config.toml").write_text("accounts = [\n", encoding="utf-8")
    assert main(["balance"]) == 2
    (said,) = errors(practice)
    assert said.startswith("CONFIG: config.toml, line ")


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_is_logged_once_and_told_once(
    running: Simulator, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    monkeypatch.setenv("KIS_XL_BASE_URL", f"http://127.0.0.1:{free_port()}")
    assert main([*(["--debug"] if debug else []), "balance"]) == 5
    (said,) = errors(home)
    assert said.startswith("NETWORK: ")
    told = capsys.readouterr().err
    assert [line for line in told.splitlines() if line.endswith(said)] == [f"error: {said}"]
    assert ("Traceback" in told) == debug


def test_of_several_accounts_each_error_is_logged_with_its_name(running: Simulator, home: Path) -> None:
    add(running, running.account(), "하나", appkey="x" * 36)
    add(running, running.account(), "둘")
    assert main(["export", "--all"]) == 3
    (said,) = errors(home)
    assert said.startswith("AUTH: 하나: ")
    assert re.match(r"둘: 3 rows on 1 pages in \d+\.\d s", log(home)[-2][2])


def test_a_bug_is_logged_with_its_traceback_and_without_secrets(
    running: Simulator, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError(f"of {running.account().appkey}")

    add(running, running.account(), "하나")
    monkeypatch.setattr("kis_xl.broker.Broker.balance", bug)
    assert main(["balance"]) == 1
    (said,) = errors(home)
    assert "Traceback" in said
    assert "ZeroDivisionError: of ***" in said
    assert running.account().appkey not in said + capsys.readouterr().err


def test_what_is_done_to_the_accounts_is_known_later(running: Simulator, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as variables:
        point_at(variables, running, Environment.REAL)
        for _ in range(2):
            assert main(["accounts", "add", "연금"]) == 0
    assert main(["setup", "--demo", "--no-workbook", "--no-schedule", "--name", "연습"]) == 0
    assert main(["setup", "--demo", "--no-workbook", "--no-schedule", "--name", "연습"]) == 0  # it is there
    assert main(["accounts", "default", "연습"]) == 0
    assert main(["accounts", "rename", "연습", "놀이"]) == 0
    assert main(["accounts", "remove", "연금", "--yes"]) == 0
    assert audit(home) == [
        "account added: 연금",
        "account entered again: 연금",
        "practice account added: 연습",
        "default account: 연습",
        "account renamed: 연습, now 놀이",
        "account removed: 연금",
    ]
    content = "".join(path.read_text(encoding="utf-8") for path in (home / "logs").glob("*.log"))
    assert running.account().number[:8] not in content


def test_keys_that_a_first_set_up_tries_in_vain_are_an_error_of_the_log(
    running: Simulator, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    monkeypatch.setenv("KIS_XL_APPSECRET", "x" * 180)
    assert not home.exists()
    assert main(["accounts", "add", "연금"]) == 3
    (said,) = errors(home)
    assert said.startswith("AUTH: ")
    assert audit(home) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no permission bits")
def test_a_log_that_cannot_be_written_keeps_no_command_from_its_work(practice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (practice / "logs").write_text("in the way")
    assert main(["accounts", "list"]) == 0
    assert "연습" in capsys.readouterr().out
