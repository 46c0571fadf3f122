"""Wrong turns in `kis-xl setup`: what is mistyped or does not work is said, and only that is asked again."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl.fields import Environment
from kis_xl.simulator import SimAccount, Simulator
from tests.broker_kit import Limits, demo_account, inquiries, simulated, token_calls
from tests.terminal_kit import APPKEY, APPSECRET, KIND, NAME, NUMBER, SAVED, Conversation, Machine, assert_hidden

MINE, MOCK = demo_account(rows=60, seed=2), demo_account(Environment.MOCK, rows=3, seed=2)
# as long as the right ones, so that nobody doubts them before the service does
WRONG_KEY, WRONG_SECRET = "PSwrong".ljust(36, "k"), "wrong".ljust(180, "s")
ONLY_ACCOUNT = ("--no-workbook", "--no-schedule")
WHAT_NOW = "어떻게 할까요?"


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(MINE, MOCK) as simulator:
        yield simulator


@pytest.fixture
def machine(tmp_path: Path, running: Simulator) -> Machine:
    return Machine(tmp_path, running)


def begin(machine: Machine, *arguments: str, number: str = MINE.number, code: str = "", **variables: str) -> Conversation:
    """Up to the keys of a real account."""
    talk = machine.start("setup", "--env", "real", *ONLY_ACCOUNT, *arguments, code=code, variables=variables)
    talk.paste(NUMBER, number)
    return talk


def ends_well(talk: Conversation, machine: Machine, whose: SimAccount = MINE) -> None:
    """The rest of the conversation; the account works."""
    talk.answer(NAME, "")
    talk.sees(SAVED)
    assert talk.end() == 0, talk.shown
    assert_hidden(talk, whose)
    assert WRONG_KEY not in talk.shown
    assert WRONG_SECRET not in talk.shown
    if "kit_keyring" in str(machine.variables):  # which is not this process's
        machine.run("balance")
        return
    kept = machine.account()
    assert (kept.number.cano, kept.appkey.reveal(), kept.appsecret.reveal()) == (whose.cano, whose.appkey, whose.appsecret)
    assert (kept.environment, kept.base_url) == (whose.environment, "")


@pytest.mark.parametrize(
    ("appkey", "appsecret", "said"), [(WRONG_KEY, MINE.appsecret, "EGW00103"), (MINE.appkey, WRONG_SECRET, "EGW00105")]
)
def test_wrong_keys_are_asked_for_again(machine: Machine, appkey: str, appsecret: str, said: str) -> None:
    talk = begin(machine)
    talk.paste(APPKEY, appkey)
    talk.paste(APPSECRET, appsecret)
    talk.sees(said)
    talk.sees(APPKEY)
    assert machine.running.tokens_issued == 0
    assert len(machine.running.calls) == 1  # no use to try the same again
    talk.paste("", MINE.appkey)
    talk.paste(APPSECRET, MINE.appsecret)
    ends_well(talk, machine)
    assert machine.running.tokens_issued == 1


def test_keys_in_each_others_place(machine: Machine) -> None:
    talk = begin(machine)
    talk.paste(APPKEY, MINE.appsecret)
    talk.paste(APPSECRET, MINE.appkey)
    talk.answer("서로 바꿀까요? [Y/n]", "")
    ends_well(talk, machine)
    assert not [call for call in machine.running.calls if call.msg_cd in ("EGW00103", "EGW00105")]


def test_a_key_that_was_cut_is_noticed_before_any_call(machine: Machine) -> None:
    talk = begin(machine)
    talk.paste(APPKEY, MINE.appkey[:-1])
    talk.sees("35자")
    talk.paste(APPSECRET, MINE.appsecret)
    talk.answer("앱키는 보통 36자인데 35자가 입력되었습니다.", "y")
    assert not machine.running.calls
    talk.keys(MINE)
    ends_well(talk, machine)


@pytest.mark.parametrize(
    ("typed", "said"), [("", "입력된 것이 없습니다"), ("\x16\x16", "마우스 오른쪽 단추"), ("한글", "공백이나 한글 없이")]
)
def test_what_cannot_be_a_key_is_refused_at_once(machine: Machine, typed: str, said: str) -> None:
    talk = begin(machine)
    talk.paste(APPKEY, typed)
    talk.sees(said)
    talk.keys(MINE)
    ends_well(talk, machine)


@pytest.mark.parametrize("typed", ["", "1234", "12345679-0", "계좌", MINE.appkey])
def test_what_cannot_be_a_number_is_refused_at_once(machine: Machine, typed: str) -> None:
    talk = begin(machine, number=typed)
    talk.sees("계좌번호 형식이 아닙니다")
    talk.paste(NUMBER, MINE.cano)  # without a product code: 01
    talk.sees("1234****-01")
    talk.keys(MINE)
    ends_well(talk, machine)


def test_other_answers_than_there_are(machine: Machine) -> None:
    talk = machine.start("setup", *ONLY_ACCOUNT)
    for wrong in ("3", "0", "x", "ㄱ"):
        talk.answer(KIND, wrong)
        talk.sees("1에서 2 사이")
    talk.answer(KIND, "mock")
    talk.paste(NUMBER, MOCK.number)
    talk.keys(MOCK)
    for wrong in ("a/b", "env", "x" * 41, "12345679-01"):
        talk.answer(NAME, wrong)
        talk.sees("이름")
    talk.answer(NAME, "모의")
    assert talk.end() == 0
    assert '"모의"' in machine.config


@pytest.mark.parametrize(
    ("kind", "whose", "said"),
    [(Environment.REAL, MOCK, "모의투자 앱키를 실전 서버에"), (Environment.MOCK, MINE, "실전투자 앱키를 모의 서버에")],
)
def test_keys_of_the_other_environment_cost_no_token(machine: Machine, kind: Environment, whose: SimAccount, said: str) -> None:
    talk = machine.start("setup", "--env", kind.key, *ONLY_ACCOUNT)
    talk.paste(NUMBER, whose.number)
    talk.keys(whose)
    talk.answer("입니까? [Y/n]", "n")  # the number looks like the other environment's
    talk.sees(said)
    talk.sees("계좌로 바꾸어 다시 해 볼까요? [Y/n]")
    assert machine.running.tokens_issued == 0
    assert not token_calls(machine.running)
    talk.answer("", "")
    ends_well(talk, machine, whose)
    assert machine.running.tokens_issued == 1
    assert f'environment = "{whose.environment.key}"' in machine.config


def test_keys_of_the_other_environment_may_be_the_mistake(machine: Machine) -> None:
    talk = begin(machine)
    talk.keys(MOCK)
    talk.answer("계좌로 바꾸어 다시 해 볼까요? [Y/n]", "n")
    talk.keys(MINE)
    ends_well(talk, machine)


def test_a_wrong_number_costs_one_token_and_no_waiting(tmp_path: Path) -> None:
    limits = replace(Limits.off(), token_spacing=60.0)
    with simulated(MINE, limits=limits) as running:
        machine = Machine(tmp_path, running)
        talk = begin(machine, number="99999999-01")
        talk.keys(MINE)
        talk.sees("OPSQ2000")
        talk.answer(WHAT_NOW, "1")
        talk.paste(NUMBER, MINE.number)
        ends_well(talk, machine)
        assert len(token_calls(running)) == 1
        assert not [call for call in running.calls if call.msg_cd == "EGW00133"]


def test_a_wrong_number_may_be_a_wrong_key(machine: Machine) -> None:
    talk = begin(machine, number="99999999-01")
    talk.keys(MINE)
    talk.answer(WHAT_NOW, "2")
    talk.keys(MINE)
    talk.sees("OPSQ2000")
    talk.interrupt()
    assert talk.end() == 130
    machine.holds_nothing(MINE)


def test_no_network_then_network(tmp_path: Path) -> None:
    with simulated(MINE) as before:
        ports = {"port_real": int(before.real_url.rpartition(":")[2]), "port_mock": int(before.mock_url.rpartition(":")[2])}
        machine = Machine(tmp_path, before)
    talk = begin(machine)
    talk.keys(MINE)
    talk.sees("연결할 수 없거나 연결이 끊어졌습니다")
    talk.sees(WHAT_NOW)
    with simulated(MINE, **ports) as machine.running:
        talk.answer(KIND, "1")
        ends_well(talk, machine)


def test_no_network_and_saved_all_the_same(tmp_path: Path) -> None:
    with simulated(MINE) as running:
        machine = Machine(tmp_path, running)
    talk = begin(machine)
    talk.keys(MINE)
    talk.answer(WHAT_NOW, "2")
    talk.answer(NAME, "")
    talk.sees("확인하지 않고 저장했습니다")
    assert talk.end() == 0
    assert_hidden(talk, MINE)
    assert "1234****-01" in machine.run("accounts", "list").shown


# on the first call with a token; each attempt fails, and so does the second, as set in the kit
FAULTS = {
    "http:503": "HTTP 503",
    "html": "JSON이 아니거나",
    "garbage": "JSON이 아니거나",
    "EGW00201": "EGW00201",
    "reset": "연결할 수 없거나",
    "cut": "연결할 수 없거나",
    "hang": "제한 시간 안에",
    "bad_field:prpr=abc": "prpr",
    "EGW00206": "EGW00206",
    "http:403": "접근을 거부",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_service_in_mid_verification(machine: Machine, fault: str) -> None:
    calls = 1 if fault.startswith(("bad_field", "EGW00206", "http:403")) else 2
    machine.running.add_fault(f"{1 if fault.startswith('bad_field') else 2}x{calls}={fault}")
    talk = begin(machine, KIS_XL_READ_TIMEOUT="0.5")
    talk.keys(MINE)
    talk.sees(FAULTS[fault])
    talk.answer(WHAT_NOW, "1")
    ends_well(talk, machine)
    assert len(token_calls(machine.running)) == 1  # it served the second trial too


@pytest.mark.parametrize("fault", ["http:500", "hang", "EGW00103"])
def test_faults_of_the_token_desk(machine: Machine, fault: str) -> None:
    machine.running.add_fault(f"token@1x{1 if fault == 'EGW00103' else 2}={fault}")
    talk = begin(machine, KIS_XL_READ_TIMEOUT="0.5")
    talk.keys(MINE)
    if fault == "EGW00103":
        talk.keys(MINE)
    else:
        talk.answer(WHAT_NOW, "1")
    ends_well(talk, machine)


def corporation(talk: Conversation) -> None:
    talk.paste("고객식별키 (personalseckey):", "customer-key-of-a-partner")
    talk.paste("핸드폰번호 (숫자만):", "01099998888")
    talk.answer("공인 IP:", "203.0.113.9")


@pytest.mark.parametrize("said_so", [True, False])
def test_a_corporation(tmp_path: Path, said_so: bool) -> None:
    company = SimAccount("43218765-01", "c" * 36, "d" * 180, rows=3, corporate=True)
    with simulated(company) as running:
        machine = Machine(tmp_path, running)
        talk = begin(machine, *(["--corporate"] if said_so else []), number=company.number)
        talk.keys(company)
        if not said_so:
            talk.sees("EGW00208")
            talk.answer(WHAT_NOW, "2")
        corporation(talk)
        ends_well(talk, machine, company)
        assert "customer-key-of-a-partner" not in talk.shown
        assert "01099998888" not in talk.shown
        assert 'customer_type = "B"' in machine.config
        assert "customer-key-of-a-partner" not in machine.config
        assert {call.headers["custtype"] for call in inquiries(running)[-1:]} == {"B"}


# Where it is kept.

_KEYRING = '''
import json, os, pathlib
from keyring.backend import KeyringBackend


class Works(KeyringBackend):
    priority = 5
    path = pathlib.Path(os.environ["KIT_CRONTAB"]).with_name("secrets") / "keyring.json"

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(service + username)

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._all(), service + username: password}))

    def delete_password(self, service, username):
        self.path.write_text(json.dumps({key: value for key, value in self._all().items() if key != service + username}))


class Refuses(Works):
    def set_password(self, service, username, password):
        raise OSError(28, "the keyring said no to " + password)


class Locked(Works):
    """Until the user unlocks it."""

    def set_password(self, service, username, password):
        if not self.path.with_name("unlocked").exists():
            raise RuntimeError("locked: " + password)
        super().set_password(service, username, password)
'''


def with_keyring(machine: Machine, kind: str) -> Path:
    (machine.folder / "secrets").mkdir()
    (machine.folder / "kit_keyring.py").write_text(_KEYRING)
    machine.variables |= {"PYTHONPATH": str(machine.folder), "PYTHON_KEYRING_BACKEND": f"kit_keyring.{kind}"}
    return machine.folder / "secrets" / "keyring.json"


def test_without_a_keyring_the_keys_go_into_a_file_and_that_is_said(machine: Machine) -> None:
    talk = begin(machine)
    talk.keys(MINE)
    ends_well(talk, machine)
    assert "데이터 폴더의 파일 (암호화되지 않음, 본인만 읽기)" in talk.shown
    (entry,) = machine.kept("secrets")
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


def test_a_keyring_that_works_has_them_alone(machine: Machine) -> None:
    stored = with_keyring(machine, "Works")
    talk = begin(machine)
    talk.keys(MINE)
    ends_well(talk, machine)
    assert "보안 저장소" in talk.shown
    assert MINE.appkey in stored.read_text()
    for path in filter(Path.is_file, machine.home.rglob("*")):
        assert MINE.appkey.encode() not in path.read_bytes()
        assert MINE.cano.encode() not in path.read_bytes()
    machine.run("accounts", "remove", "내 계좌", "--yes")
    assert stored.read_text() == "{}"


def test_a_keyring_that_refuses_is_as_good_as_none(machine: Machine) -> None:
    stored = with_keyring(machine, "Refuses")
    talk = begin(machine)
    talk.keys(MINE)
    ends_well(talk, machine)
    assert "데이터 폴더의 파일 (암호화되지 않음, 본인만 읽기)" in talk.shown
    assert not stored.exists()


@pytest.mark.parametrize("kind", ["Refuses", "Locked"])
def test_a_keyring_that_must_be_used_and_refuses_leaves_a_choice(machine: Machine, kind: str) -> None:
    stored = with_keyring(machine, kind)
    talk = begin(machine, "--secrets", "system")
    talk.keys(MINE)
    talk.answer(NAME, "")
    talk.sees("앱키를 저장할 수 없습니다")
    assert MINE.appkey not in talk.shown
    talk.sees(WHAT_NOW)
    assert (machine.config, machine.kept("secrets")) == ("", [])
    if kind == "Locked":
        (machine.folder / "secrets" / "unlocked").touch()
        talk.answer(KIND, "1")
        ends_well(talk, machine)
        assert MINE.appkey in stored.read_text()
    else:
        talk.answer(KIND, "2")
        ends_well(talk, machine)
        assert not stored.exists()
        assert len(machine.kept("secrets")) == 1


def test_a_store_that_is_asked_for_must_be_there(machine: Machine) -> None:
    talk = machine.start("setup", "--secrets", "system")
    assert talk.end() == 2  # before anything is asked
    assert "보안 저장소를 열 수 없습니다" in talk.shown
    machine.holds_nothing()


# a disk that is full as long as the file `full` is there
_DISK = """
import errno, os, pathlib
from kis_xl import {module} as where
write = where.write_atomically
def full(path, data, **given):
    if pathlib.Path(os.environ["KIT_CRONTAB"]).with_name("full").exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    write(path, data, **given)
where.write_atomically = full
"""


@pytest.mark.parametrize("module", ["configedit", "secretstore"])
def test_a_disk_that_fills_up(machine: Machine, module: str) -> None:
    talk = begin(machine, code=_DISK.format(module=module))
    talk.keys(MINE)
    talk.sees(NAME)
    (machine.folder / "full").touch()
    talk.answer("", "")
    talk.sees("No space left on device")
    talk.sees("다시 시도할까요?")
    assert (machine.config, machine.kept("secrets")) == ("", [])
    (machine.folder / "full").unlink()
    talk.answer("", "")
    ends_well(talk, machine)


@pytest.mark.parametrize("stop", [True, False])
def test_a_disk_that_stays_full(machine: Machine, stop: bool) -> None:
    talk = begin(machine, code=_DISK.format(module="secretstore"))
    talk.keys(MINE)
    talk.sees(NAME)
    (machine.folder / "full").touch()
    talk.answer("", "")
    talk.sees("다시 시도할까요?")
    if stop:
        talk.interrupt()
    else:
        talk.answer("", "n")
    assert talk.end() == 130
    assert "아무것도 저장하지 않았습니다" in talk.shown
    machine.holds_nothing(MINE)


def test_a_full_disk_is_found_before_anything_is_asked(machine: Machine) -> None:
    talk = machine.start("setup", code="import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))")
    assert talk.end() == 7
    assert "error: OUTPUT: 데이터 폴더에 쓸 수 없습니다" in talk.shown
    machine.holds_nothing()
    assert not machine.running.calls


def test_a_data_folder_that_cannot_be_made(machine: Machine) -> None:
    machine.home.parent.joinpath("file").touch()
    for command in (["setup"], ["setup", "--demo"], ["accounts", "add"]):
        talk = machine.start(*command, variables={"KIS_XL_HOME": str(machine.folder / "file" / "data")})
        assert talk.end() == 2
        assert "error: CONFIG: 데이터 폴더를 만들 수 없습니다" in talk.shown


def test_a_data_folder_that_is_read_only(machine: Machine) -> None:
    machine.home.mkdir()
    machine.home.chmod(0o500)
    try:
        if os.access(machine.home, os.W_OK):
            pytest.skip("the superuser may write everywhere")
        talk = machine.start("setup")
        assert talk.end() == 2
        assert "데이터 폴더를 만들 수 없습니다" in talk.shown
        for part in ("locks", "limits"):
            (machine.home / part).parent.chmod(0o700)
            (machine.home / part).mkdir(mode=0o500)
        talk = machine.start("setup")
        assert talk.end() == 7
        assert "데이터 폴더에 쓸 수 없습니다" in talk.shown
    finally:
        for path in (machine.home, *machine.home.iterdir()):
            path.chmod(0o700)


def test_a_data_folder_with_korean_letters_and_blanks_behind_links(machine: Machine) -> None:
    target, dotfiles = machine.folder / "진짜 폴더", machine.folder / "dot files"
    target.mkdir()
    dotfiles.mkdir()
    kept = dotfiles / "나의 설정.toml"
    kept.write_text("# 손으로 쓴 것\n", encoding="utf-8")
    (target / "config.toml").symlink_to(kept)
    machine.home = machine.folder / "내 자료 폴더"
    machine.home.symlink_to(target)
    talk = begin(machine)
    talk.keys(MINE)
    ends_well(talk, machine)
    assert machine.home.is_symlink()
    assert (target / "config.toml").is_symlink()
    assert kept.read_text(encoding="utf-8").startswith("# 손으로 쓴 것\n")
    assert '[accounts."내 계좌"]' in kept.read_text(encoding="utf-8")
    assert "내 자료 폴더/reports/KIS_내 계좌_" in machine.run("export").shown.replace("\n", "")
    machine.run("accounts", "rename", "내 계좌", "저축")
    machine.run("accounts", "remove", "저축", "--yes")
    assert (target / "config.toml").is_symlink()
    assert kept.read_text(encoding="utf-8").startswith("# 손으로 쓴 것\n")
