"""Linux: a timer of the user's own systemd."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kis_xl.errors import OutputError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import one_line
from kis_xl.schedule import system
from kis_xl.schedule.plan import Job, put
from kis_xl.schedule.system import Called, Found

NAME: Final = "kis-xl-report"


class UserTimer:
    """`systemctl --user` and two unit files."""

    kind = "systemd"
    caption = Text("systemd 사용자 타이머", "systemd user timer")
    note = Text(
        "로그인해 있는 동안 실행되고, 놓친 실행은 다음 로그인 때 합니다. 아무도 로그인하지 않는 컴퓨터라면 "
        "`loginctl enable-linger` 를 실행하세요.",
        "It runs while you are logged in; a run that was missed is made up at the next login. Where nobody logs in, run "
        "`loginctl enable-linger`.",
    )

    @property
    def folder(self) -> Path:
        """Where the user's units are."""
        return _xdg("XDG_CONFIG_HOME", ".config") / "systemd" / "user"

    def works(self) -> bool:
        """Whether the user has a systemd that answers."""
        return _call("show", "--property=Version").ok

    def install(self, job: Job) -> tuple[str, ...]:
        """Write the units and start the timer; their paths."""
        units = definition(job)
        for name, text in units.items():
            put(self.folder / name, text)
        # restarted, or a timer that runs already would keep its old time
        _, timer = _names(job.mark)
        for arguments in (("daemon-reload",), ("enable", timer), ("restart", timer)):
            called = _call(*arguments)
            if not called.ok:
                self._delete(job.mark)
                raise system.refused(self.caption, called)
        return tuple(str(self.folder / name) for name in units)

    def remove(self, mark: str) -> bool:
        """Stop the timer and delete the units; whether they were there."""
        _, timer = names = _names(mark)
        was_there = any((self.folder / name).exists() for name in names)
        if was_there:
            called = _call("disable", "--now", timer)
            if not called.ok and self.works():
                raise system.kept(self.caption, called)
            self._delete(mark)
            _call("daemon-reload")
        return was_there

    def _delete(self, mark: str) -> None:
        service, timer = _names(mark)
        stamp = _xdg("XDG_DATA_HOME", ".local/share") / "systemd" / "timers" / f"stamp-{timer}"
        wanted = self.folder / "timers.target.wants" / timer
        for path in (self.folder / timer, self.folder / service, wanted, stamp):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                reason = reason_of(error)
            else:
                continue
            raise OutputError(Text(f"파일을 지울 수 없습니다: {path} ({reason})", f"the file cannot be deleted: {path} ({reason})"))

    def find(self, job: Job) -> Found:
        """The timer, its state and its next start as systemd tells them."""
        _, timer = _names(job.mark)
        shown = _call("show", timer, "--property=LoadState,ActiveState,NextElapseUSecRealtime,LastTriggerUSec")
        state = dict(re.findall(r"^(\w+)=(.*)$", shown.output, re.MULTILINE))
        if not shown.ok or state.get("ActiveState") != "active":
            return Found(
                there=False, said=shown.said if not shown.ok else one_line(f"{state.get('LoadState')}, {state.get('ActiveState')}")
            )
        next_start = state.get("NextElapseUSecRealtime", "")
        return Found(there=True, current=self._is_current(job), said=one_line(f"active · {next_start}"))

    def _is_current(self, job: Job) -> bool:
        try:
            return all((self.folder / name).read_text(encoding="utf-8") == text for name, text in definition(job).items())
        except (OSError, ValueError):
            return False

    def sees(self, variable: str) -> bool:
        """Whether the user's systemd has it (environment.d, or brought in by the desktop)."""
        return re.search(rf"^{re.escape(variable)}=", _call("show-environment").output, re.MULTILINE) is not None


def _names(mark: str) -> tuple[str, str]:
    """The service and its timer: those of the usual data folder have no mark."""
    name = f"{NAME}-{mark}" if mark else NAME
    return f"{name}.service", f"{name}.timer"


def definition(job: Job) -> dict[str, str]:
    """The two units by file name. systemd knows other zones, so the time is Korea's own.

    `Persistent` makes up what was missed; what failed is made up by the start after each login.
    """
    service = f"""[Unit]
Description=The daily report of kis_xl

[Service]
Type=oneshot
ExecStart={_exec(job.words)}
TimeoutStartSec=1h
"""
    timer = f"""[Unit]
Description=The daily report of kis_xl, on Korea's workdays

[Timer]
OnCalendar=Mon..Fri *-*-* {job.at:%H:%M}:00 Asia/Seoul
OnStartupSec=3min
AccuracySec=1min
Persistent=true

[Install]
WantedBy=timers.target
"""
    return dict(zip(_names(job.mark), (service, timer), strict=True))


def _exec(words: Sequence[str]) -> str:
    """A command line as systemd reads it. In its first word, a path, it does not look for variables."""
    return " ".join(_quoted(word if number == 0 else word.replace("$", "$$")) for number, word in enumerate(words))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _call(*arguments: str) -> Called:
    return system.call("systemctl", "--user", "--no-ask-password", "--no-pager", *arguments)


def _xdg(variable: str, default: str) -> Path:
    """A folder of the user's as systemd finds it: a relative one does not count."""
    given = os.environ.get(variable, "")
    return Path(given) if Path(given).is_absolute() else Path.home() / default
