"""What the doctor is put before: a data folder, accounts, servers and a machine, each well or broken on purpose."""

from __future__ import annotations

import ctypes
import os
import re
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from kis_xl import kst
from kis_xl.broker import Broker
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.doctor import Case, Finding, examine, take_up
from kis_xl.doctor.finding import KNOWN
from kis_xl.fields import Environment
from kis_xl.installation import Machine, install
from kis_xl.settings import Settings
from kis_xl.simulator import Simulator, demo_account
from kis_xl.snapshots import Key, Snapshots
from tests.broker_kit import simulated
from tests.installation_kit import new_machine, new_registry
from tests.raw_server import Raw, raw
from tests.schedule_kit import add, folder
from tests.test_cli import point_at

NAME = "내 연금"


@dataclass
class Lab:
    """One test's place; what it starts is stopped with the test."""

    place: Path
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack
    registry: Any = field(default_factory=new_registry)
    _machine: Machine | None = None

    @property
    def home(self) -> Path:
        """The data folder."""
        return Path(os.environ["KIS_XL_HOME"])

    @property
    def machine(self) -> Machine:
        """A Windows machine with an Excel."""
        self._machine = self._machine or new_machine(self.place, self.registry)
        return self._machine

    def move(self, **places: Path) -> None:
        """Have the machine's folders elsewhere."""
        self._machine = replace(self.machine, **places)  # type: ignore[arg-type]

    @property
    def linux(self) -> Machine:
        """A machine without any."""
        return new_machine(self.place, None, "other")

    def part(self, name: str) -> Path:
        """A part of the data folder."""
        return folder().part(name)

    def simulator(self, **options: Any) -> Simulator:
        """A running one."""
        accounts = [demo_account(rows=5), demo_account(Environment.MOCK, rows=5)]
        running: Simulator = self.stack.enter_context(simulated(*accounts, **options))
        return running

    def account(self, **options: Any) -> Simulator:
        """An account in the configuration file, at a simulator of its own."""
        running = self.simulator(**options)
        add(running, running.account(), NAME)
        return running

    def account_of_variables(self, **options: Any) -> Simulator:
        """An account of environment variables."""
        running = self.simulator(**options)
        point_at(self.monkeypatch, running, Environment.REAL)
        return running

    def practice(self) -> None:
        """A practice account."""
        ConfigEditor(folder()).add(NewAccount("연습", {"practice": True}, {}, {}))

    def at(self, url: str) -> None:
        """An account of environment variables at some address."""
        given = demo_account()
        for name, value in (("ACCOUNT", given.number), ("APPKEY", given.appkey), ("APPSECRET", given.appsecret), ("BASE_URL", url)):
            self.monkeypatch.setenv(f"KIS_XL_{name}", value)
        self.monkeypatch.setenv("KIS_XL_READ_TIMEOUT", "1")

    def raw(self, answer: Any) -> Raw:
        """A server that answers as told, and an account there."""
        running = self.stack.enter_context(raw(answer))
        self.at(running.url)
        return running

    def trusted(self) -> ssl.SSLContext:
        """For a server whose certificate is trusted here."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.place / "ca.pem"))
        self.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self.place / "ca.pem"))
        return server_context(authority)

    def fetched(self) -> None:
        """A balance was fetched and kept, as the commands do."""
        settings = Settings.load()
        account = settings.account()
        with Broker(account, settings.folder, settings.policy) as broker:
            balance = broker.balance()
        assert Snapshots(settings.folder).keep(Key.of(account), balance) is None

    def installed(self) -> Path:
        """The workbook was installed; where it is."""
        install(Settings.load(), machine=self.machine)
        return self.machine.documents / "KIS" / "KISBalance.xlsm"

    def log(self, *messages: str, level: str = "WARNING") -> Path:
        """Lines in today's log; its path."""
        path = self.part("logs") / f"kis_xl-{kst.now():%Y-%m-%d}.log"
        when = kst.now() - timedelta(minutes=1)
        lines = [f"{when:%Y-%m-%dT%H:%M:%S}+09:00 {level} 123 kis_xl.broker.http {message}\n" for message in messages]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def case(self, *, offline: bool = True, machine: Machine | None = None) -> Case:
        """What the doctor looks at."""
        return take_up(offline=offline, machine=machine or self.machine)


def server_context(authority: trustme.CA, name: str = "127.0.0.1", **dates: Any) -> ssl.SSLContext:
    """A server's certificate, for that name and time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **dates).configure_cert(context)
    return context


Build = Callable[[Lab], Case]
#: By name: what is built, and what the doctor has to find then, as `id verdict`.
STATES: dict[str, tuple[Build, tuple[str, ...]]] = {}


def state(*expected: str) -> Callable[[Build], Build]:
    """A state of things, in which the doctor has to find `expected`."""

    def registered(build: Build) -> Build:
        STATES[build.__name__] = (build, expected)
        return build

    return registered


def pairs(findings: list[Finding]) -> set[str]:
    """`id verdict` of each."""
    return {f"{finding.id} {finding.verdict}" for finding in findings}


def found(case: Case) -> list[Finding]:
    """Everything that the doctor finds: each of a known kind, in both languages, with a cure where there is need of one."""
    findings = list(examine(case))
    for finding in findings:
        assert finding.code != "INTERNAL", finding
        assert finding.verdict in KNOWN[finding.id], finding
        needs_cure = finding.verdict in ("warn", "fail")
        for text in (finding.what, *([finding.cure] if needs_cure else [])):
            assert any("가" <= letter <= "힣" for letter in text.ko) or text.ko == text.en, finding
            assert text.en, finding
            assert not any("가" <= letter <= "힣" for letter in _without_names(text.en)), finding
        assert bool(finding.exit_code) == (finding.verdict == "fail"), finding
    return findings


def _without_names(text: str) -> str:
    """Without what the tests' own folders are called, and without the service's and the operating system's own words."""
    text = re.sub(r" \[.*\]$", "", text)
    for name in (NAME, "연습", "홍 길동", "내 파이썬", "문서", "바탕 화면", "회사", *_systems_words()):
        text = text.replace(name, "")
    return text


def _systems_words() -> list[str]:
    """What Windows says, in its own language, of a file or folder that is not there, closed or there already, and where nobody listens."""
    words = getattr(ctypes, "FormatError", None)  # there on Windows only
    return [] if words is None else [words(code).strip().rstrip(".") for code in (2, 3, 5, 80, 183, 1225, 10061)]
