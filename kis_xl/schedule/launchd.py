"""macOS: an agent of the user's own, started by launchd."""

from __future__ import annotations

import os
import plistlib
import re
import time
from pathlib import Path
from typing import Any, Final

from kis_xl.errors import OutputError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import one_line
from kis_xl.schedule import system
from kis_xl.schedule.plan import Job, put
from kis_xl.schedule.system import Called, Found

LABEL: Final = "kis-xl.daily-report"
_TRIES: Final = 6
_PAUSE: Final = 0.5


class LaunchAgent:
    """`launchctl` and a property list in the user's LaunchAgents."""

    kind = "launchd"
    caption = Text("macOS launchd", "macOS launchd")
    note = Text(
        "로그인해 있는 동안 실행되고, 놓친 실행은 다음에 켜거나 로그인할 때 합니다.",
        "It runs while you are logged in; a run that was missed is made up when the Mac wakes or you log in.",
    )

    def path(self, mark: str) -> Path:
        """The agent's property list."""
        return Path.home() / "Library" / "LaunchAgents" / f"{label(mark)}.plist"

    @property
    def _domain(self) -> str:
        return f"gui/{getattr(os, 'getuid', lambda: 0)()}"

    def works(self) -> bool:
        """Whether it can be used here."""
        return bool(system.find("launchctl"))

    def install(self, job: Job) -> tuple[str, ...]:
        """Write the property list and load it in the place of the one that was loaded; its path."""
        path = self.path(job.mark)
        put(path, plistlib.dumps(definition(job)).decode())
        self._unload(job.mark)
        system.call("launchctl", "enable", f"{self._domain}/{label(job.mark)}")  # it may have been switched off
        called = self._load(path)
        if not called.ok:
            path.unlink(missing_ok=True)
            raise system.refused(
                self.caption,
                called,
                Text(
                    "이 Mac의 화면에 로그인한 상태에서 다시 실행하세요.", "Run it again while you are logged in at this Mac's own screen."
                ),
            )
        return (str(path),)

    def _load(self, path: Path) -> Called:
        """For a moment after it has unloaded an agent, launchd refuses to load it anew."""
        called = system.call("launchctl", "bootstrap", self._domain, str(path))
        for _ in range(_TRIES):
            if called.ok:
                break
            time.sleep(_PAUSE)
            called = system.call("launchctl", "bootstrap", self._domain, str(path))
        return called

    def _unload(self, mark: str) -> bool:
        return system.call("launchctl", "bootout", f"{self._domain}/{label(mark)}").ok

    def remove(self, mark: str) -> bool:
        """Unload the agent and delete its property list; whether either was there."""
        loaded, path = self._unload(mark), self.path(mark)
        was_there = path.exists()
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            reason = reason_of(error)
        else:
            return loaded or was_there
        raise OutputError(Text(f"파일을 지울 수 없습니다: {path} ({reason})", f"the file cannot be deleted: {path} ({reason})"))

    def find(self, job: Job) -> Found:
        """The agent, and its state as launchd tells it."""
        shown = system.call("launchctl", "print", f"{self._domain}/{label(job.mark)}")
        if not shown.ok:
            return Found(there=False, said=shown.said)
        lines = re.findall(r"^\t((?:state|runs|last exit code) = .*)$", shown.output, re.MULTILINE)
        try:
            current = plistlib.loads(self.path(job.mark).read_bytes()) == definition(job)
        except (OSError, ValueError, plistlib.InvalidFileException):
            current = False
        return Found(there=True, current=current, said=one_line(" · ".join(lines)))

    def sees(self, variable: str) -> bool:
        """Whether launchd itself has it (`launchctl setenv`)."""
        return bool(system.call("launchctl", "getenv", variable).output.strip())


def label(mark: str) -> str:
    """The agent's name: that of the usual data folder has no mark."""
    return f"{LABEL}.{mark}" if mark else LABEL


def definition(job: Job) -> dict[str, Any]:
    """The agent. launchd knows local time only; and what it missed while the Mac was off, it makes up when it loads the agent."""
    starts = [
        # launchd counts from Sunday, which is 0
        {"Weekday": (day + 1) % 7, "Hour": slot.hour, "Minute": slot.minute}
        for slot in job.slots
        for day in slot.days
    ]
    return {"Label": label(job.mark), "ProgramArguments": list(job.words), "StartCalendarInterval": starts, "RunAtLoad": True}
