"""`kis-xl accounts`: list, add, remove, default, rename."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_xl.cli import main
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError
from kis_xl.fields import Environment
from kis_xl.history import AccountKey, History
from kis_xl.language import Text
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, Simulator
from tests.broker_kit import demo_account, simulated

MINE, OTHER, MOCK = demo_account(rows=3, seed=2), demo_account(rows=4, seed=3), demo_account(Environment.MOCK, rows=5, seed=2)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with simulated(MINE, OTHER, MOCK) as simulator:
        for environment in Environment:
            monkeypatch.setattr(environment, "host", simulator.url(environment))
        for key, value in {"KIS_XL_ATTEMPTS": "1", "KIS_XL_RATE": "1000"}.items():
            monkeypatch.setenv(key, value)
        yield simulator


def add(account: SimAccount, *arguments: str) -> None:
    """As a script does, whose variables are for this one command."""
    with pytest.MonkeyPatch.context() as variables:
        for key, value in {"ACCOUNT": account.number, "APPKEY": account.appkey, "APPSECRET": account.appsecret}.items():
            variables.setenv(f"KIS_XL_{key}", value)
        assert main(["accounts", "add", *arguments, "--env", account.environment.key]) == 0


@pytest.fixture
def _three(running: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    add(MINE, "내 계좌")
    add(OTHER, "pension")
    add(MOCK, "모의")
    capsys.readouterr()


def names() -> list[str]:
    return list(Settings.load().account_names())


def config(home: Path) -> str:
    return (home / "config.toml").read_text(encoding="utf-8")


def tokens(home: Path) -> int:
    return len(list((home / "tokens").glob("*.token")))


@pytest.mark.usefixtures("_three")
def test_list_shows_no_secret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "--demo", "--name", "연습"]) == 0
    capsys.readouterr()
    assert main(["accounts", "list"]) == 0
    shown = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split("│")] for line in shown.splitlines()[2:]]
    assert lines == [
        ["*", "내 계좌", "1234****-01", "real"],
        ["", "pension", "1234****-01", "real"],
        ["", "모의", "5012****-01", "mock"],
        ["", "연습", "5012****-01", "practice (mock)"],
    ]
    for account in (MINE, OTHER, MOCK):
        assert not any(secret in shown for secret in (account.cano, account.appkey, account.appsecret))


@pytest.mark.usefixtures("_three")
def test_list_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["accounts", "list", "--json"]) == 0
    first, second, third = json.loads(capsys.readouterr().out)
    assert first == {"name": "내 계좌", "account": "1234****-01", "environment": "real", "default": True, "practice": False}
    assert (second["default"], third["environment"]) == (False, "mock")
    for key, value in {"ACCOUNT": MINE.number, "APPKEY": MINE.appkey, "APPSECRET": MINE.appsecret}.items():
        monkeypatch.setenv(f"KIS_XL_{key}", value)
    assert main(["accounts", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["default"]) for each in listed][:2] == [("env", True), ("내 계좌", False)]


def test_list_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "list"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "kis-xl setup" in shown.err
    assert main(["accounts", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("running")
def test_add_prints_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    add(MINE)
    assert capsys.readouterr().out.splitlines()[-1] == "my account"
    add(OTHER, "pension", "--default")
    assert capsys.readouterr().out.splitlines()[-1] == "pension"
    assert names() == ["pension", "my account"]


@pytest.mark.usefixtures("_three")
def test_default(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["accounts", "default", "PENSION"]) == 0
    assert "Default account: pension" in capsys.readouterr().err
    assert names()[0] == "pension"
    assert main(["accounts", "default", OTHER.cano]) == 0  # by its number
    for key, value in {"ACCOUNT": MINE.number, "APPKEY": MINE.appkey, "APPSECRET": MINE.appsecret}.items():
        monkeypatch.setenv(f"KIS_XL_{key}", value)
    capsys.readouterr()
    assert main(["accounts", "default", "모의"]) == 0
    assert "env goes before it" in capsys.readouterr().err
    assert main(["accounts", "default", "env"]) == 2
    assert "environment variables" in capsys.readouterr().err


@pytest.mark.usefixtures("_three")
def test_rename(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "rename", "내 계좌", "저축"]) == 0
    assert "formulas" in capsys.readouterr().err
    assert names() == ["저축", "pension", "모의"]
    assert 'default = "저축"' in config(home)
    assert Settings.load().account("저축").appkey.reveal() == MINE.appkey
    for wrong in ("pension", "PENSION", "env", "a/b", "12345678"):
        assert main(["accounts", "rename", "저축", wrong]) == 2
    assert main(["accounts", "rename", "저축", "저축 "]) == 0
    assert names() == ["저축", "pension", "모의"]


@pytest.mark.usefixtures("_three")
def test_remove_takes_keys_and_token_and_leaves_the_rest(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--account", "pension"]) == 0
    report = Path(capsys.readouterr().out.strip())
    account = Settings.load().account("pension")
    assert (len(list((home / "secrets").iterdir())), tokens(home)) == (3, 3)
    assert main(["accounts", "remove", "pension", "--yes"]) == 0
    assert "Removed: pension" in capsys.readouterr().err
    assert names() == ["내 계좌", "모의"]
    assert (len(list((home / "secrets").iterdir())), tokens(home)) == (2, 2)
    for path in filter(Path.is_file, home.rglob("*")):
        assert OTHER.appsecret.encode() not in path.read_bytes()
    assert report.is_file()
    assert History(DataFolder(home)).days(AccountKey.of(account))
    # and so to the end
    assert main(["accounts", "remove", "내 계좌", "--yes"]) == 0
    assert names() == ["모의"]
    assert main(["accounts", "remove", "모의", "--yes"]) == 0
    assert names() == []
    assert (list((home / "secrets").iterdir()), tokens(home)) == ([], 0)
    assert config(home).startswith("#")


@pytest.mark.usefixtures("_three")
def test_remove_asks_and_without_a_terminal_wants_yes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = config(home)
    assert main(["accounts", "remove", "pension"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert config(home) == before


@pytest.mark.usefixtures("running")
def test_a_token_that_two_accounts_share_goes_with_the_last(home: Path) -> None:
    add(MINE, "one")
    add(MINE, "two", "--no-verify")
    assert tokens(home) == 1
    assert main(["accounts", "remove", "one", "--yes"]) == 0
    assert tokens(home) == 1
    assert main(["accounts", "remove", "two", "--yes"]) == 0
    assert tokens(home) == 0


@pytest.mark.usefixtures("_three")
def test_removing_goes_on_where_the_secrets_are_gone_already(home: Path) -> None:
    for path in (home / "secrets").iterdir():
        path.unlink()
    assert main(["accounts", "remove", "pension", "--yes"]) == 0
    assert names() == ["내 계좌", "모의"]


@pytest.mark.usefixtures("_three")
def test_secrets_that_cannot_be_deleted_do_not_keep_the_token(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(self: object, name: str) -> None:
        raise ConfigError(Text("잠겨 있음", "the store is locked"))

    monkeypatch.setattr("kis_xl.secretstore.FileStore.delete", locked)
    assert main(["accounts", "remove", "pension", "--yes"]) == 0
    assert "could not be deleted from the secret store" in capsys.readouterr().err
    assert names() == ["내 계좌", "모의"]
    assert tokens(home) == 2
    monkeypatch.undo()
    monkeypatch.setenv("KIS_XL_HOME", str(home))
    left = len(list((home / "secrets").glob("*.json")))
    assert main(["accounts", "default", "모의"]) == 0  # the store opens again: what was left is deleted
    assert len(list((home / "secrets").glob("*.json"))) == left - 1


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize("command", [["default", "pensoin"], ["rename", "pensoin", "x"], ["remove", "pensoin", "--yes"]])
def test_an_unknown_name_is_told_with_the_nearest(home: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    before = config(home)
    assert main(["accounts", *command]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ACCOUNT: there is no account called 'pensoin'")
    assert "pension" in shown
    assert "내 계좌" not in shown
    assert config(home) == before


@pytest.mark.parametrize("command", [["default", "x"], ["rename", "x", "y"], ["remove", "x", "--yes"]])
def test_where_there_is_no_account_set_up_is_named(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert main(["accounts", *command]) == 2
    assert re.search(r"kis-xl setup", capsys.readouterr().err)
