"""The doctor before everything that can be broken: it names it, says what to do, and goes on."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kis_xl import doctor, kst
from kis_xl.broker import DEFAULT_RATES, Broker
from kis_xl.broker.codes import KNOWN_CODES
from kis_xl.cli import main
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.doctor import Case, Finding, examine, exit_code, first_to_mend, folder, python, service, take_up
from kis_xl.doctor.finding import GROUPS, KNOWN, failed, ok, warned
from kis_xl.errors import AccountError, ConfigError, KisError, NetworkError
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.leftovers import Leftovers
from kis_xl.settings import Settings
from tests import doctor_states
from tests.doctor_kit import NAME, STATES, Lab, found, pairs
from tests.schedule_kit import add


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with ExitStack() as stack:
        yield Lab(tmp_path, monkeypatch, stack)


@pytest.mark.parametrize("name", STATES)
def test_each_state_is_named_and_cured(lab: Lab, name: str) -> None:
    build, expected = STATES[name]
    assert set(expected) <= pairs(found(build(lab)))


def test_every_finding_that_there_can_be_is_provoked() -> None:
    possible = {f"{id} {verdict}" for id, verdicts in KNOWN.items() for verdict in verdicts}
    provoked = {pair for _, expected in STATES.values() for pair in expected}
    if os.name != "posix":
        possible -= {"folder.permissions ok", "folder.permissions warn", "runs.schedule fail"}
    assert provoked == possible
    assert {id.partition(".")[0] for id in KNOWN} == set(GROUPS)


def test_where_all_is_well_there_is_nothing_to_mend(lab: Lab) -> None:
    findings = found(doctor_states.all_is_well(lab))
    assert {finding.id: finding.what.en for finding in findings if finding.verdict in ("warn", "fail")} == {}
    assert first_to_mend(findings) is None
    assert exit_code(findings) == 0
    groups = [finding.group for finding in findings]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=list(GROUPS).index)


@pytest.mark.parametrize("id", [id for id, _ in (*doctor._BEFORE, *doctor._AFTER)])
def test_a_check_that_crashes_is_told_and_the_others_go_on(lab: Lab, monkeypatch: pytest.MonkeyPatch, id: str) -> None:
    def broken(_: Case) -> Iterator[Finding]:
        raise ZeroDivisionError("planted: appsecret=topsecretvalue")

    for name in ("_BEFORE", "_AFTER"):
        checks = [(known, broken if known == id else check) for known, check in getattr(doctor, name)]
        monkeypatch.setattr(doctor, name, tuple(checks))
    lab.practice()
    findings = list(examine(lab.case()))
    (crashed,) = [finding for finding in findings if finding.code == "INTERNAL"]
    assert crashed.id == id
    assert "ZeroDivisionError" in crashed.what.en
    assert "topsecretvalue" not in repr(crashed)
    assert findings[-1].group == "workbook"
    assert exit_code(findings) == 1


def test_a_crash_of_the_network_checks_is_told_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise KeyError

    lab.account()
    monkeypatch.setattr("kis_xl.doctor.network.route_to", broken)
    findings = list(examine(lab.case(offline=False)))
    (crashed,) = [finding for finding in findings if finding.code == "INTERNAL"]
    assert (crashed.id, crashed.detail["exception"]) == ("network.host", "KeyError")
    assert str(crashed.detail["place"]).startswith("doctor/network.py:")


def test_the_line_of_a_damaged_file_is_named(lab: Lab) -> None:
    findings = {finding.id: finding for finding in found(doctor_states.a_file_that_is_no_toml(lab))}
    assert "config.toml, line 3" in findings["settings.file"].what.en
    assert "config.toml 3행" in findings["settings.file"].what.ko


def test_without_an_account_it_says_what_to_run_and_the_machine_is_looked_at_all_the_same(lab: Lab) -> None:
    findings = found(doctor_states.nothing_is_set_up(lab))
    first = first_to_mend(findings)
    assert first is not None
    assert first.id == "settings.accounts"
    for text in first.cure:
        assert "kis-xl setup" in text
        assert "kis-xl setup --demo" in text
    assert exit_code(findings) == 2
    assert {"python.version", "excel.program", "folder.space"} <= {finding.id for finding in findings}
    assert not lab.home.exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no permission bits")
@pytest.mark.parametrize(
    ("mode", "part", "said"),
    [
        (0o700, 0o777, "only its owner can read it"),
        (0o711, 0o700, "others can look into {home} "),
        (0o755, 0o700, "others can look into {home} "),
        (0o777, 0o700, "they can write {home} "),
        (0o770, 0o700, "they can write {home} "),
        (0o711, 0o777, "they can write {home}/reports "),
    ],
)
def test_who_can_read_and_write_the_folder_is_told(lab: Lab, mode: int, part: int, said: str) -> None:
    lab.practice()
    (lab.home / "reports").mkdir()
    (lab.home / "reports").chmod(part)
    lab.home.chmod(mode)
    (permissions,) = [finding for finding in found(lab.case()) if finding.id == "folder.permissions"]
    assert said.format(home=lab.home) in permissions.what.en + " "
    assert (permissions.verdict == "ok") == (mode == 0o700)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no place here where not even an administrator can make a folder")
def test_where_no_folder_can_be_made_nothing_is_said_of_the_room(lab: Lab) -> None:
    lab.monkeypatch.setenv("KIS_XL_HOME", "/proc/kis")
    findings = {finding.id: finding for finding in found(lab.case())}
    assert findings["folder.place"].verdict == "fail"
    assert findings["folder.place"].what.en.startswith(f"the data folder cannot be made: {Path('/proc/kis')} ({Path('/proc')}: ")
    assert findings["folder.space"].verdict == "skip"


def test_looking_whether_a_folder_can_be_made_leaves_none(lab: Lab) -> None:
    case = lab.case()
    before = sorted(lab.place.iterdir())
    assert pairs(list(folder.place(case))) == {"folder.place ok"}
    assert sorted(lab.place.iterdir()) == before


def test_keys_that_an_account_still_has_are_no_leftovers(lab: Lab) -> None:
    lab.account()
    settings = Settings.load()
    Leftovers(settings.folder).note(dict.fromkeys(settings.file.entries, "file"))
    assert "settings.leftovers" not in {finding.id for finding in found(lab.case())}
    path = lab.home / "config.toml"
    path.write_text("x = " + path.read_text(encoding="utf-8"), encoding="utf-8")  # nobody knows what it names
    assert "settings.leftovers" not in {finding.id for finding in found(lab.case())}


def test_names_in_a_file_are_those_of_its_accounts_only(lab: Lab) -> None:
    assert doctor_states.accounts_that_are_no_table(lab).names == ()


def test_a_secret_store_that_does_not_answer_is_not_waited_for(lab: Lab) -> None:
    class Slow:
        name = "slow"

        def get_password(self, *_: str) -> str:
            threading.Event().wait(2)  # longer than the doctor waits, shorter than other commands
            return json.dumps({"number": "12345678-01", "appkey": "a" * 36, "appsecret": "b" * 180})

    lab.account()
    path = lab.home / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('secrets = "file"', 'secrets = "system"'), encoding="utf-8")
    lab.monkeypatch.setattr("kis_xl.secretstore._backend", Slow)
    lab.monkeypatch.setattr("kis_xl.doctor.case._PATIENCE", 0.1)
    (secrets,) = [finding for finding in found(lab.case()) if finding.id == "settings.secrets"]
    assert (secrets.verdict, secrets.code) == ("fail", "CONFIG")
    assert "TimeoutError" in secrets.what.en


def test_one_account_that_is_broken_does_not_hide_the_others(lab: Lab) -> None:
    running = lab.account()
    add(running, running.account(), "다른 계좌", appkey="x" * 36)
    ConfigEditor(Settings.load().folder).add(NewAccount("연습", {"practice": True}, {}, {}))
    calls = {finding.whose.name: finding for finding in found(lab.case(offline=False)) if finding.id == "service.call" and finding.whose}
    assert {name: call.verdict for name, call in calls.items()} == {NAME: "ok", "다른 계좌": "fail", "연습": "skip"}
    assert (calls["다른 계좌"].code, calls["다른 계좌"].exit_code) == ("AUTH", 3)


def test_one_account_can_be_asked_for(lab: Lab) -> None:
    running = lab.account()
    add(running, running.account(), "다른 계좌")
    case = take_up(offline=True, account="다른 계좌", machine=lab.machine)
    assert [(each.whose.name, each.whose.number) for each in case.accounts] == [("다른 계좌", 2)]
    with pytest.raises(AccountError, match="nobody"):
        take_up(account="nobody")


def test_an_account_of_a_damaged_file_is_asked_for_in_vain(lab: Lab) -> None:
    doctor_states.a_file_that_is_no_toml(lab)
    with pytest.raises(ConfigError, match=r"config\.toml, line 3"):
        take_up(account=NAME)


@pytest.mark.parametrize(
    ("fault", "code", "exit_code"),
    [
        ("1x9=EGW00206", "AUTH", 3),
        ("token@1x9=EGW00103", "AUTH", 3),
        ("1x9=EGW00201", "RATE", 4),
        ("1x9=http:503", "NETWORK", 5),
        ("1x9=OPSQ2000", "ACCOUNT", 2),
        ("1x9=EGW02007", "CONFIG", 2),
        ("1x9=APBK9999", "DATA", 6),
        ("1x9=garbage", "NETWORK", 5),
    ],
)
def test_what_the_service_refuses_is_told_in_its_own_words(lab: Lab, fault: str, code: str, exit_code: int) -> None:
    lab.account(faults=[fault])
    (call,) = [finding for finding in found(lab.case(offline=False)) if finding.id == "service.call"]
    assert (call.verdict, call.code, call.exit_code) == ("fail", code, exit_code)
    sent = fault.partition("=")[2]
    assert sent not in KNOWN_CODES or call.detail["msg_cd"] == sent


def test_a_host_that_gives_no_answer_is_asked_once(lab: Lab) -> None:
    running = lab.account(faults=["1x9=hang"])
    add(running, running.account(), "다른 계좌")
    calls = [finding for finding in found(lab.case(offline=False)) if finding.id == "service.call"]
    assert [call.verdict for call in calls] == ["fail", "skip"]


def test_a_call_says_whether_a_token_was_issued_for_it(lab: Lab) -> None:
    running = lab.account()
    issued = []
    for _ in range(2):
        (call,) = [finding for finding in found(lab.case(offline=False)) if finding.id == "service.call"]
        issued.append((call.detail["issued_token"], "a token was issued" in call.what.en))
    assert issued == [(True, True), (False, False)]
    assert running.tokens_issued == 1


def test_looking_offline_asks_nobody(lab: Lab) -> None:
    running = lab.account()
    lab.fetched()
    before = running.connections
    found(lab.case())
    assert running.connections == before


def test_where_no_limit_is_kept_that_is_said(lab: Lab) -> None:
    lab.account()
    lab.fetched()
    case = lab.case()
    unlimited = replace(case.settings, policy=replace(case.settings.policy, limited=False))
    (limits,) = [finding for finding in found(replace(case, settings=unlimited)) if finding.id == "service.limits"]
    assert (limits.verdict, limits.detail["left"]) == ("ok", None)


def test_a_call_of_a_moment_ago_is_nobody_elses(lab: Lab) -> None:
    running = lab.simulator()
    add(running, running.account(Environment.MOCK), NAME)
    settings = Settings.load()
    with Broker(settings.account(), settings.folder) as broker:
        broker.ping()
        assert broker.calls_left() == 0
        limits = service._limits(broker, DEFAULT_RATES[Environment.MOCK].seconds)
    assert (limits.verdict, limits.detail["left"]) == ("ok", 1)


def test_a_token_that_has_expired_is_no_fault(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.account()
    lab.fetched()
    later = kst.now() + timedelta(days=3)
    monkeypatch.setattr(kst, "now", lambda: later)
    (token,) = [finding for finding in found(lab.case()) if finding.id == "service.token"]
    assert (token.verdict, token.detail["state"]) == ("ok", "expired")


def test_the_first_failure_decides_and_a_crash_only_by_itself() -> None:
    text = Text("가", "a")
    crash, config, network = (failed("log.lines", kind, text, text) for kind in (KisError, ConfigError, NetworkError))
    warning = warned("log.rate", text, text)
    assert exit_code([]) == exit_code([warning, ok("log.lines", text)]) == 0
    assert exit_code([crash]) == 1
    assert exit_code([crash, network, config]) == 5
    assert first_to_mend([warning, network, config]) is network
    assert first_to_mend([warning]) is warning


@pytest.mark.parametrize(
    ("starter", "program"),
    [
        (b"#!/opt/py/bin/python3\nimport re\n", "/opt/py/bin/python3"),
        (b'#!/bin/sh\n\'\'\'exec\' "/opt/my py/bin/python3" "$0" "$@"\n', "/opt/my py/bin/python3"),
        (b'MZ\0\1#!"C:\\my py\\python.exe"\r\nPK\3\4', "C:\\my py\\python.exe"),
        (b"#!/usr/bin/env python3\n", None),
        (b"\x7fELF", None),
    ],
)
def test_the_python_of_a_starter_is_read(tmp_path: Path, starter: bytes, program: str | None) -> None:
    (tmp_path / "kis-xl").write_bytes(starter)
    assert python._interpreter_of(tmp_path / "kis-xl") == (None if program is None else Path(program))
    assert python._interpreter_of(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    ("version", "relation", "bound", "met"),
    [
        ("2.32.3", ">=", "2.32.3", True),
        ("2.32", ">=", "2.32.0", True),
        ("2.9", ">=", "2.32", False),
        ("10.0rc1", ">=", "9", True),
        ("3.0", "<", "3", False),
        ("2.99", "<", "3", True),
        ("3.3.1", "==", "3.3.1", True),
        ("3.3.2", "==", "3.3.1", False),
        ("unknown", ">=", "1", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, relation: str, bound: str, met: bool) -> None:
    assert python._meets(version, relation, bound) is met


@pytest.mark.parametrize(
    ("path", "synced"),
    [
        ("/home/x/OneDrive/kis", True),
        ("/home/x/OneDrive - 회사/kis", True),
        ("/Users/x/Library/Mobile Documents/com~apple~CloudDocs/kis", True),
        ("/home/x/Dropbox (Personal)/kis", True),
        ("/home/x/Google Drive/kis", True),
        ("/home/x/Dropboxes/kis", False),
        ("/home/x/내 드라이브/kis", False),
    ],
)
def test_synchronised_folders_are_known_by_their_names(path: str, synced: bool) -> None:
    assert folder.is_synced(Path(path)) is synced


@pytest.mark.skipif(os.name != "posix", reason="Windows tells of its drives itself")
def test_a_network_drive_is_known_by_its_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda / ext4 rw 0 0\nserver:/x /mnt/my\\040share nfs4 rw 0 0\n")
    monkeypatch.setattr(folder, "_MOUNTS", mounts)
    assert folder.is_remote(Path("/mnt/my share/kis"))
    assert not folder.is_remote(Path("/mnt/kis"))
    assert folder.is_remote(Path(r"\\server\share\kis"))
    mounts.unlink()
    assert not folder.is_remote(Path("/mnt/my share/kis"))


def test_a_command_that_was_typed_wrongly_is_no_error_of_the_log(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.log("nothing")
    assert main(["balance", "--bogus"]) == 2
    capsys.readouterr()
    assert " ERROR " in path.read_text(encoding="utf-8")
    findings = {finding.id: finding for finding in found(lab.case())}
    assert (findings["log.lines"].verdict, findings["log.lines"].detail["errors"]) == ("ok", 0)
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{kst.now():%Y-%m-%dT%H:%M:%S}+09:00 ERROR 123 kis_xl.excel ARGUMENT: of a formula\n")
    findings = {finding.id: finding for finding in found(lab.case())}
    assert (findings["log.lines"].verdict, findings["log.lines"].detail["errors"]) == ("warn", 1)


def test_a_very_large_log_is_read_from_its_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.log(*(f"old {number}" for number in range(1000)), "the newest EGW00201", level="ERROR")
    monkeypatch.setattr("kis_xl.doctor.log._LARGEST", 2_000)
    findings = {finding.id: finding for finding in found(lab.case())}
    assert findings["log.rate"].detail["count"] == 1
    assert findings["log.lines"].private.endswith("the newest EGW00201")
