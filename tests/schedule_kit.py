"""Schedulers to test with: programs on PATH that answer as the systems' own do and remember what they were asked."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from kis_xl import kst, schedule
from kis_xl.accounts import AccountNumber
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.schedule import system
from kis_xl.schedule.cron import Crontab
from kis_xl.schedule.launchd import LaunchAgent
from kis_xl.schedule.plan import Job
from kis_xl.schedule.system import Scheduler
from kis_xl.schedule.systemd import UserTimer
from kis_xl.schedule.windows import TaskScheduler
from kis_xl.simulator import SimAccount, Simulator

SCHEDULERS: dict[str, type[Any]] = {"windows": TaskScheduler, "launchd": LaunchAgent, "systemd": UserTimer, "cron": Crontab}
#: A Thursday on which KRX traded, as it did on the days around it; and a Monday within ten days without trading.
THURSDAY = "2025-11-20"
HOLIDAY = "2025-10-06"
SID = "S-1-5-21-1004336348-1177238915-682003330-1001"

_FAKE = r"""
import json, os, sys
from pathlib import Path

state = Path(os.environ["FAKE_STATE"])
program, arguments = Path(sys.argv[1]).stem, sys.argv[2:]
with (state / "calls.jsonl").open("a", encoding="utf-8") as calls:
    calls.write(json.dumps([program, *arguments]) + "\n")
kept = state / program


def refused(said=b"refused"):
    sys.stderr.buffer.write(said)
    sys.exit(1)


def told(text, encoding="utf-8"):
    sys.stdout.buffer.write(text.encode(encoding))


refusals = state / "refuse.json"
for words, said in json.loads(refusals.read_text()) if refusals.exists() else []:
    if set(words) <= {program, *arguments}:
        refused(said.encode("cp949"))

if program == "crontab":
    if arguments == ["-l"]:
        told(kept.read_bytes().decode("latin-1"), "latin-1") if kept.exists() else refused(b"no crontab for somebody\n")
    elif arguments == ["-r"]:
        kept.unlink()
    else:
        kept.write_bytes(sys.stdin.buffer.read())
elif program == "systemctl":
    verb, *rest = [word for word in arguments if word not in ("--user", "--no-ask-password", "--no-pager")]
    kept = state / f"systemctl {next((word for word in rest if word.endswith('.timer')), '')}"
    if verb == "enable":
        kept.write_text("enabled")
    elif verb == "restart":
        kept.write_text("active") if kept.exists() else refused()
    elif verb == "disable":
        kept.unlink()
    elif verb == "show" and rest[0].endswith(".timer"):
        active = kept.exists() and kept.read_text() == "active"
        told(f"LoadState={'loaded' if active else 'not-found'}\nActiveState={'active' if active else 'inactive'}\n")
        told("NextElapseUSecRealtime=Fri 2025-11-21 16:00:00 KST\n")
    elif verb == "show-environment":
        told("HOME=/home/x\nKIS_XL_APPKEY=a key of the environment\n")
elif program == "launchctl":
    kept = state / f"launchctl {Path(arguments[-1]).name.removesuffix('.plist')}"
    if arguments[0] == "bootstrap":
        if (state / "unloading").exists():
            (state / "unloading").unlink()
            refused(b"Bootstrap failed: 5: Input/output error")
        kept.write_bytes(Path(arguments[2]).read_bytes())
    elif arguments[0] == "bootout":
        if not kept.exists():
            refused(b"Boot-out failed: 3: No such process")
        kept.unlink()
        (state / "unloading").touch()
    elif arguments[0] == "print":
        shown = "state = not running\n\tsub = {\n\t\tstate = inner\n\t}\n\truns = 3\n\tlast exit code = 0"
        told("gui/501/x = {\n\t" + shown + "\n}\n") if kept.exists() else refused()
    elif arguments[0] == "getenv":
        told("a key of the environment\n" if arguments[1] == "KIS_XL_APPKEY" else "\n")
elif program == "schtasks":
    kept = state / f"schtasks {arguments[arguments.index('/tn') + 1]}"
    if arguments[0] == "/create":
        kept.write_bytes(Path(arguments[arguments.index("/xml") + 1]).read_bytes())
    elif not kept.exists():
        refused("오류: 지정된 파일을 찾을 수 없습니다.".encode("cp949"))
    elif arguments[0] == "/delete":
        kept.unlink()
    elif "/xml" in arguments:
        told(kept.read_bytes().decode("utf-16"))
    elif "csv" in arguments:
        told('"\\\\kis_xl_user","2025-11-21 오후 4:00:00","준비"\r\n')
elif program == "whoami":
    told(f'"pc\\user","{os.environ["FAKE_SID"]}"\r\n')
"""


@dataclass(frozen=True)
class Fakes:
    """The programs' memory."""

    state: Path
    kind: str

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler that uses them."""
        made: Scheduler = SCHEDULERS[self.kind]()
        return made

    def calls(self, *words: str) -> list[list[str]]:
        """The calls that held all of these words."""
        path = self.state / "calls.jsonl"
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
        return [call for call in found if set(words) <= set(call)]

    def refuse(self, *words: str, said: str = "refused") -> None:
        """Have calls with all of these words fail."""
        (self.state / "refuse.json").write_text(json.dumps([[words, said]]))

    def kept(self, program: str) -> Path:
        """What a program has been given: the crontab, the first task, agent or timer."""
        return next(iter(self.all_kept(program)), self.state / program)

    def all_kept(self, program: str) -> list[Path]:
        """All that it has been given; a crontab is one."""
        return sorted(self.state.glob(f"{program}*"))


@contextmanager
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> Iterator[Fakes]:
    """The programs of one scheduler, on whatever system the test runs."""
    state, programs = tmp_path / "state", tmp_path / "programs"
    for folder in (state, programs, tmp_path / "user"):
        folder.mkdir()
    script = programs / "fake.py"
    script.write_text(_FAKE, encoding="utf-8")
    names = {"windows": ("schtasks", "whoami"), "launchd": ("launchctl",), "systemd": ("systemctl",), "cron": ("crontab",)}[kind]
    if sys.platform == "win32":  # there a program on PATH would have to be an .exe
        monkeypatch.setattr(system, "find", lambda name: [sys.executable, str(script), name] if name in names else [])
    else:
        for name in names:
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$0" "$@"\n')
            (programs / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_STATE", str(state))
    monkeypatch.setenv("FAKE_SID", SID)
    monkeypatch.setenv("USERNAME", "홍 길동")
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "user"))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(schedule, "_all", lambda: [SCHEDULERS[kind]()])
    monkeypatch.setattr("kis_xl.schedule.launchd._PAUSE", 0.0)
    yield Fakes(state, kind)


def clock(monkeypatch: pytest.MonkeyPatch, day: str, at: str = "16:00:05") -> datetime:
    """Set the clock (KST)."""
    moment = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=kst.KST)
    monkeypatch.setattr(kst, "now", lambda: moment)
    return moment


def add(running: Simulator, whose: SimAccount, name: str, **wrong: str) -> None:
    """An account in the configuration file, its keys in a file: what a scheduler, which passes no environment on, finds."""
    secrets = {"number": whose.number, "appkey": whose.appkey, "appsecret": whose.appsecret} | wrong
    masked = AccountNumber.parse(whose.number).masked
    settings = {"number": masked, "environment": whose.environment.key, "base_url": running.url(whose.environment)}
    editor = ConfigEditor(folder())
    editor.add(NewAccount(name, settings, {}, secrets), secrets="file")
    editor.set_preference("attempts", 1)
    editor.set_preference("read_timeout", 2)


def folder() -> DataFolder:
    """The data folder of this test, also where the settings cannot be read."""
    return DataFolder(Path(os.environ["KIS_XL_HOME"]))


def job(
    words: Sequence[str] = ("/usr/bin/python3", "-P", "-m", "kis_xl", "schedule", "run"), at: time = time(16, 0), mark: str = ""
) -> Job:
    """A job whose next start is that Thursday's."""
    return Job(words, at, datetime.combine(datetime.fromisoformat(THURSDAY).date(), at, kst.KST), mark)


def files_below(*places: Path) -> dict[Path, bytes]:
    """Every file there and its bytes."""
    return {path: path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}
