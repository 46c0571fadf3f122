"""`kis-xl` at a real terminal, for tests: a pseudo-terminal with a person who reads what is shown and types answers."""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kis_xl.accounts import Account
from kis_xl.language import Language, Text
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, Simulator
from tests.conftest import REPOSITORY

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals in the standard library", allow_module_level=True)

import pexpect

#: What set-up asks, in the order in which it does.
KIND = Text("번호 [", "Number [")
NUMBER = Text("계좌번호 (8자리-2자리, 예: 12345678-01):", "Account number (8 digits-2 digits, such as 12345678-01):")
APPKEY = Text("앱키 (App Key):", "App Key:")
APPSECRET = Text("앱시크릿 (App Secret):", "App Secret:")
NAME = Text("이 계좌를 부를 이름 [", "A name for this account [")
WORKBOOK = Text("Excel 통합 문서를 만들까요?", "Make the Excel workbook?")
SCHEDULE = Text("예약할까요?", "Schedule a report after the close of every trading day?")
SAVED = Text("저장했습니다: ", "Saved: ")
DONE = Text("끝났습니다.", "Done.")
NOTHING_SAVED = Text("아무것도 저장하지 않았습니다.", "Nothing was saved.")

_PATIENCE = 30
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# hosts other than KIS's own; and a test-suite that runs in the background would have Ctrl-C ignored
_PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from kis_xl.fields import Environment
Environment.REAL.host, Environment.MOCK.host = os.environ["KIT_REAL"], os.environ["KIT_MOCK"]
{code}
from kis_xl.cli import main
sys.exit(main())
"""
_CRONTAB = """#!/bin/sh
case "$1" in
-l) cat "$KIT_CRONTAB" 2>/dev/null || { echo "no crontab for somebody" >&2; exit 1; } ;;
-r) rm "$KIT_CRONTAB" ;;
*) cat > "$KIT_CRONTAB" ;;
esac
"""


class Conversation:
    """One run of the program."""

    def __init__(self, process: pexpect.spawn[str], language: Language) -> None:
        self._process = process
        self._language: Language = language
        self._shown = io.StringIO()
        process.logfile_read = self._shown

    @property
    def shown(self) -> str:
        """All that stood on the screen, without colours."""
        return _COLOURS.sub("", self._shown.getvalue()).replace("\r\n", "\n")

    def sees(self, text: Text | str) -> None:
        """Read on until `text` is there."""
        wanted = text if isinstance(text, str) else text.in_(self._language)
        try:
            self._process.expect_exact(wanted)
        except (pexpect.EOF, pexpect.TIMEOUT):
            pytest.fail(f"{wanted!r} did not come; the screen:\n{self.shown}")

    def answer(self, question: Text | str, answer: str) -> None:
        """Type an answer that is seen."""
        self.sees(question)
        self._process.sendline(answer)

    def paste(self, question: Text | str, answer: str) -> None:
        """Type an answer that must not be seen: not before the terminal has stopped to show it."""
        self.sees(question)
        self._process.waitnoecho(_PATIENCE)
        assert not self._process.getecho(), f"what is typed at {question} would be seen"
        self._process.sendline(answer)

    def keys(self, whose: SimAccount) -> None:
        """Both keys of an account."""
        self.paste(APPKEY, whose.appkey)
        self.paste(APPSECRET, whose.appsecret)

    def account(self, whose: SimAccount, kind: str = "1") -> None:
        """What is asked of an account before it is tried."""
        self.answer(KIND, kind)
        self.paste(NUMBER, whose.number)
        self.keys(whose)

    def interrupt(self) -> None:
        """Ctrl-C; once more where the program was just about to wait for a line, which Python then does all the same."""
        for _ in range(_PATIENCE // 2):
            self._process.sendintr()
            if self._process.expect(["\n", pexpect.EOF, pexpect.TIMEOUT], timeout=2) != 2:
                return
        pytest.fail(f"it cannot be interrupted; the screen:\n{self.shown}")

    def hang_up(self) -> None:
        """Ctrl-D: the end of all that is typed."""
        self._process.sendeof()

    def end(self) -> int:
        """Read on until the program ends; its exit code."""
        try:
            self._process.expect(pexpect.EOF)
        except pexpect.TIMEOUT:
            pytest.fail(f"it does not end; the screen:\n{self.shown}")
        self._process.close()
        assert self._process.exitstatus is not None, f"killed by signal {self._process.signalstatus}"
        return self._process.exitstatus


@dataclass
class Machine:
    """A user's machine: folders of its own, schedulers that only remember, and a service that is simulated."""

    folder: Path
    running: Simulator
    language: Language = "ko"
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.user = self.folder / "user"
        self.crontab = self.folder / "crontab.txt"
        self.user.mkdir()
        programs = self.folder / "programs"
        programs.mkdir()
        for name, script in {"crontab": _CRONTAB, "systemctl": "#!/bin/sh\nexit 1\n", "launchctl": "#!/bin/sh\nexit 0\n"}.items():
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What the program is started with."""
        return {
            "HOME": str(self.user),
            "PATH": os.pathsep.join([str(self.folder / "programs"), "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "KIT_REAL": self.running.real_url,
            "KIT_MOCK": self.running.mock_url,
            "KIT_CRONTAB": str(self.crontab),
            "KIS_XL_HOME": str(self.home),
            "KIS_XL_LANG": self.language,
            "KIS_XL_RATE": "1000",
            "KIS_XL_ATTEMPTS": "2",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **self.variables,
            **variables,
        }

    def start(self, *arguments: str, columns: int = 200, code: str = "", variables: Mapping[str, str] | None = None) -> Conversation:
        """`kis-xl ARGUMENTS`, after `code`."""
        process = pexpect.spawn(
            sys.executable,
            ["-c", _PROGRAM.format(code=code), *arguments],
            cwd=str(REPOSITORY),
            env=self.environment(variables or {}),
            dimensions=(60, columns),
            timeout=_PATIENCE,
            encoding="utf-8",
        )
        process.delaybeforesend = None
        return Conversation(process, self.language)

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> Conversation:
        """A run that asks nothing and succeeds."""
        done = self.start(*arguments, variables=variables)
        assert done.end() == 0, done.shown
        return done

    def account(self, name: str | None = None) -> Account:
        """An account as the settings of this machine have it."""
        return Settings.load({"KIS_XL_HOME": str(self.home)}).account(name)

    @property
    def config(self) -> str:
        """The configuration file."""
        path = self.home / "config.toml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def kept(self, part: str, pattern: str = "*") -> list[Path]:
        """Files in a part of the data folder."""
        return sorted(path for path in (self.home / part).glob(pattern) if path.is_file())

    def holds_nothing(self, *accounts: SimAccount) -> None:
        """No account, no secret, no token, no balance; and nowhere any value of these accounts."""
        assert not self.config
        assert not self.kept("secrets")
        assert not self.kept("tokens", "*.token")
        assert not self.kept("snapshots", "*.json")
        for path in filter(Path.is_file, self.home.rglob("*")):
            data = path.read_bytes()
            assert not any(secret.encode() in data for account in accounts for secret in secrets_of(account)), path


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    deadline = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def secrets_of(account: SimAccount) -> tuple[str, ...]:
    """What must not be seen of an account."""
    return account.appkey, account.appsecret, account.cano


def assert_hidden(conversation: Conversation, *accounts: SimAccount) -> None:
    """Nothing of what was typed unseen was shown, whole or broken over lines."""
    screen = "".join(conversation.shown.split())
    for account in accounts:
        for secret in secrets_of(account):
            assert secret not in screen
            assert secret[-12:] not in screen
