"""`kis-xl setup` without a terminal: flags and environment variables, exit codes, and all or nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl.cli import main
from kis_xl.fields import Environment
from kis_xl.language import LANGUAGES
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, Simulator
from tests.broker_kit import demo_account, inquiries, simulated, token_calls

MINE, OTHER, MOCK = demo_account(rows=60, seed=2), demo_account(rows=3, seed=3), demo_account(Environment.MOCK, rows=3, seed=2)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with simulated(MINE, OTHER, MOCK) as simulator:
        for environment in Environment:
            monkeypatch.setattr(environment, "host", simulator.url(environment))
        for key, value in {"KIS_XL_ATTEMPTS": "1", "KIS_XL_READ_TIMEOUT": "0.5", "KIS_XL_RATE": "1000"}.items():
            monkeypatch.setenv(key, value)
        yield simulator


def use(monkeypatch: pytest.MonkeyPatch, account: SimAccount) -> None:
    for key, value in {"ACCOUNT": account.number, "APPKEY": account.appkey, "APPSECRET": account.appsecret}.items():
        monkeypatch.setenv(f"KIS_XL_{key}", value)


@pytest.fixture
def _mine(running: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, MINE)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("ACCOUNT", "APPKEY", "APPSECRET"):
        monkeypatch.delenv(f"KIS_XL_{key}")


def config(home: Path) -> str:
    path = home / "config.toml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def kept(home: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in home.glob(pattern))


def holds_nothing(home: Path) -> None:
    assert not config(home)
    assert not kept(home, "secrets/*")
    assert not kept(home, "tokens/*.token")
    assert not kept(home, "snapshots/*.json")


@pytest.mark.usefixtures("_mine")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_variables_account_is_tried_and_saved(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], running: Simulator, language: str
) -> None:
    monkeypatch.setenv("KIS_XL_LANG", language)
    assert main(["setup"]) == 0
    name = {"ko": "내 계좌", "en": "my account"}[language]
    shown = capsys.readouterr()
    assert f"{name} (1234****-01)" in shown.err
    assert "005930" in shown.out  # the first holdings
    assert inquiries(running)
    for secret in (MINE.cano, MINE.appkey, MINE.appsecret):
        assert secret not in shown.out + shown.err
        assert secret not in config(home)
    assert "\x1b" not in shown.out + shown.err
    forget(monkeypatch)
    account = Settings.load().account()
    assert (account.name, account.appkey.reveal(), account.number.cano) == (name, MINE.appkey, MINE.cano)
    calls = len(token_calls(running))
    assert main(["balance"]) == 0
    assert len(token_calls(running)) == calls == 1


@pytest.mark.usefixtures("_mine")
def test_once_more_replaces_the_same_account_and_adds_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["setup"]) == 0
    first = kept(home, "secrets/*")
    assert main(["setup"]) == 0
    second = kept(home, "secrets/*")
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    use(monkeypatch, OTHER)
    assert main(["setup"]) == 0
    forget(monkeypatch)
    assert Settings.load().account_names() == ("my account", "my account 2")
    assert len(kept(home, "secrets/*")) == 2


@pytest.mark.usefixtures("_mine")
def test_an_account_whose_keys_cannot_be_read_is_not_taken_for_this_one(home: Path) -> None:
    assert main(["setup", "--name", "first"]) == 0
    (entry,) = (home / "secrets").iterdir()
    entry.unlink()  # its number is masked in the file: it could be any that begins alike
    assert main(["setup"]) == 0
    assert "[accounts.first]" in config(home)
    assert '[accounts."my account"]' in config(home)


@pytest.mark.usefixtures("_mine")
def test_the_options_say_the_rest(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, MOCK)
    assert main(["setup", "--name", "모의", "--env", "mock", "--secrets", "file"]) == 0
    assert 'environment = "mock"' in config(home)
    assert 'secrets = "file"' in config(home)
    assert main(["setup", "--name", "모의", "--env", "mock"]) == 0  # the same account
    use(monkeypatch, MINE)
    assert main(["setup", "--name", "모의"]) == 2
    assert "there is an account called 모의 already" in capsys.readouterr().err
    for name in ("env", "전체", "12345678", "a:b"):
        assert main(["setup", "--name", name]) == 2
    forget(monkeypatch)
    assert Settings.load().account("모의").number.cano == MOCK.cano


def test_a_language_that_is_asked_for_stays(home: Path, monkeypatch: pytest.MonkeyPatch, running: Simulator) -> None:
    use(monkeypatch, MINE)
    monkeypatch.delenv("KIS_XL_LANG")
    assert main(["setup", "--lang", "ko"]) == 0
    assert 'language = "ko"' in config(home)
    assert '[accounts."내 계좌"]' in config(home)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("given", [(), ("ACCOUNT",), ("APPKEY", "APPSECRET")])
@pytest.mark.parametrize("command", [["setup"], ["accounts", "add", "mine"]])
def test_what_is_missing_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], command: list[str]
) -> None:
    use(monkeypatch, MINE)
    missing = [f"KIS_XL_{key}" for key in ("ACCOUNT", "APPKEY", "APPSECRET") if key not in given]
    for key in missing:
        monkeypatch.delenv(key)
    assert main(command) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: CONFIG: ")
    assert all(key in shown.err for key in missing)
    holds_nothing(home)


@pytest.mark.usefixtures("_mine")
def test_without_a_check_no_call_is_made(home: Path, running: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "--no-verify"]) == 0
    assert not running.calls
    assert "without a check" in capsys.readouterr().err
    assert 'number = "1234****-01"' in config(home)


FAILURES = {
    "EGW00103": (3, "AUTH"),
    "EGW02004": (2, "CONFIG"),
    "OPSQ2000": (2, "ACCOUNT"),
    "EGW00201": (4, "RATE"),
    "http:503": (5, "NETWORK"),
    "hang": (5, "NETWORK"),
    "bad_field:prpr=x": (6, "DATA"),
}


@pytest.mark.usefixtures("_mine")
@pytest.mark.parametrize("fault", FAILURES)
@pytest.mark.parametrize("call", [1, 2])
def test_a_failure_ends_with_its_code_and_leaves_nothing(
    home: Path, running: Simulator, capsys: pytest.CaptureFixture[str], fault: str, call: int
) -> None:
    running.add_fault(f"{1 if fault.startswith('bad') else call}x9={fault}")
    code, name = FAILURES[fault]
    assert main(["setup"]) == code
    shown = capsys.readouterr().err
    assert f"error: {name}: " in shown
    assert not any(secret in shown for secret in (MINE.cano, MINE.appkey, MINE.appsecret))
    holds_nothing(home)


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (replace(MINE, appkey="PSwrong".ljust(36, "k")), 3, "EGW00103"),
        (replace(MINE, appsecret="wrong".ljust(180, "s")), 3, "EGW00105"),
        (replace(MINE, number="99999999-01"), 2, "OPSQ2000"),
        (replace(MINE, number="1234-01"), 2, "KIS_XL_ACCOUNT|not an account number"),
        (MOCK, 2, "EGW02004"),
    ],
)
def test_what_is_wrong_with_the_variables_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: SimAccount, code: int, said: str
) -> None:
    use(monkeypatch, wrong)
    assert main(["setup"]) == code
    shown = capsys.readouterr().err
    assert re.search(said, shown)
    assert wrong.appkey not in shown
    assert wrong.appsecret not in shown
    holds_nothing(home)


@pytest.mark.usefixtures("_mine")
def test_real_keys_for_the_mock_host(home: Path, running: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "--env", "mock"]) == 2
    assert "EGW02007" in capsys.readouterr().err
    assert not token_calls(running)
    holds_nothing(home)


def test_a_corporation(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = SimAccount("43218765-01", "c" * 36, "d" * 180, rows=3, corporate=True)
    with simulated(company) as running:
        monkeypatch.setattr(Environment.REAL, "host", running.real_url)
        use(monkeypatch, company)
        assert main(["setup"]) == 3  # EGW00208: it must say that it is one
        for key, value in {
            "CUSTTYPE": "B",
            "PERSONALSECKEY": "customer-key-of-a-partner",
            "PHONE_NUMBER": "01099998888",
            "IP_ADDR": "203.0.113.9",
            "MAC_ADDRESS": "001122334455",
        }.items():
            monkeypatch.setenv(f"KIS_XL_{key}", value)
        assert main(["setup"]) == 0
        for key in ("ACCOUNT", "APPKEY", "APPSECRET", "CUSTTYPE", "PERSONALSECKEY", "PHONE_NUMBER", "IP_ADDR", "MAC_ADDRESS"):
            monkeypatch.delenv(f"KIS_XL_{key}")
        assert main(["balance", "--json"]) == 0
    account = Settings.load().account()
    assert account.corporate is not None
    assert account.corporate.personalseckey.reveal() == "customer-key-of-a-partner"
    assert account.mac_address == "001122334455"
    for secret in ("customer-key-of-a-partner", "01099998888"):
        assert secret not in config(home)


@pytest.mark.usefixtures("_mine")
@pytest.mark.parametrize("where", ["configedit", "secretstore"])
def test_a_full_disk_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str) -> None:
    def full(path: Path, data: bytes, *, keep_mode: bool = False) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(f"kis_xl.{where}.write_atomically", full)
    assert main(["setup"]) in (2, 7)
    assert os.strerror(28) in capsys.readouterr().err
    holds_nothing(home)


@pytest.mark.usefixtures("_mine")
def test_a_balance_that_cannot_be_kept_does_not_undo_the_account(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("kis_xl.snapshots.files.write_atomically", full)
    assert main(["setup"]) == 0
    assert os.strerror(28) in capsys.readouterr().err
    assert "my account" in config(home)


@pytest.mark.usefixtures("running")
def test_practice(home: Path, capsys: pytest.CaptureFixture[str], running: Simulator) -> None:
    for _ in range(2):
        assert main(["setup", "--demo"]) == 0
        shown = capsys.readouterr()
        assert "made up by a simulator on this machine; they do not come from KIS" in shown.err
        assert "005930" in shown.out
    assert config(home).count("practice = true") == 1
    assert not running.calls
    assert main(["balance"]) == 0
    assert "a simulator made these figures up" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="the schedulers of this test are shell scripts")
@pytest.mark.usefixtures("_mine")
def test_workbook_and_schedule_by_flags(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    script = f'#!/bin/sh\ncase "$1" in -) cat > "{tmp_path}/crontab" ;; *) echo "no crontab for me" >&2; exit 1 ;; esac\n'
    for name, text in {"crontab": script, "systemctl": "#!/bin/sh\nexit 1\n", "launchctl": "#!/bin/sh\nexit 0\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert main(["setup", "--workbook", "--schedule"]) == 0
    assert (tmp_path / "user" / "Documents" / "KIS" / "KISBalance.xlsm").is_file()
    assert (tmp_path / "crontab").exists() or (tmp_path / "user" / "Library").exists()
    # later, for these alone, and where one of them cannot be done
    forget(monkeypatch)
    capsys.readouterr()
    (programs / "crontab").unlink()
    (programs / "launchctl").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("PATH", str(programs))
    assert main(["setup", "--workbook", "--schedule"]) in (2, 7)
    shown = capsys.readouterr().err
    assert "The account is saved." in shown
    assert "Done." not in shown
    assert "my account" in config(home)
