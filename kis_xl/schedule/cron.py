"""cron: where the user has no systemd of their own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from kis_xl.errors import OutputError
from kis_xl.language import Text
from kis_xl.schedule import system
from kis_xl.schedule.plan import Job
from kis_xl.schedule.system import Called, Found

_BEGIN: Final = "# kis_xl: the daily report, made by `kis-xl schedule install`"
_END: Final = "# kis_xl: end"
_OURS: Final = " -m kis_xl schedule run "
#: What `crontab -l` says to a user who has none, in the words of the usual crons and of BusyBox.
_NONE: Final = re.compile(r"no crontab|can't open|No such file", re.IGNORECASE)


class Crontab:
    """`crontab`, of which a few lines between two marks are ours."""

    kind = "cron"
    caption = Text("cron", "cron")
    note = Text(
        "컴퓨터가 켜져 있고 cron이 돌고 있을 때 실행되고, 놓친 실행은 다음에 컴퓨터를 켤 때 합니다.",
        "It runs while the machine is on and cron is running; a run that was missed is made up when the machine starts.",
    )

    def works(self) -> bool:
        """Whether it can be used here."""
        return bool(system.find("crontab"))

    def install(self, job: Job) -> tuple[str, ...]:
        """Put our lines into the user's crontab, in the place of those that are there."""
        rest, _ = _split(self._read(), job.mark)
        called = self._write(rest + ("\n" if rest and not rest.endswith("\n") else "") + definition(job))
        if not called.ok:
            raise system.refused(self.caption, called)
        return ("crontab",)

    def remove(self, mark: str) -> bool:
        """Take our lines out; whether there were any."""
        rest, ours = _split(self._read(), mark)
        if not ours:
            return False
        called = self._write(rest) if rest.strip() else system.call("crontab", "-r")
        if not called.ok:
            raise system.kept(self.caption, called)
        return True

    def find(self, job: Job) -> Found:
        """Our lines. cron says nothing of what it will do, and did."""
        try:
            _, ours = _split(self._read(), job.mark)
        except OutputError as error:
            return Found(there=False, said=error.message())
        lines = [line for line in ours.splitlines() if not line.startswith("#")]
        times = [" ".join(line.split()[: 1 if line.startswith("@") else 5]) for line in lines]
        return Found(there=bool(ours), current=ours == definition(job), said=" · ".join(times))

    def sees(self, variable: str) -> bool:
        """Whether it is set in the crontab itself."""
        return re.search(rf"^\s*{re.escape(variable)}\s*=", system.call("crontab", "-l").output, re.MULTILINE) is not None

    def _read(self) -> str:
        """The user's crontab. What cannot be read must not be written anew: only a user who has none has an empty one."""
        called = system.call("crontab", "-l")
        if not called.ok and not _NONE.search(called.errors):
            raise system.refused(self.caption, called)
        return called.output if called.ok else ""

    def _write(self, text: str) -> Called:
        return system.call("crontab", "-", given=text)


def definition(job: Job) -> str:
    """Our lines. cron knows local time only; what it missed while the machine was off, the line for its start makes up."""
    shown = _command(job.words)
    times = [f"{slot.minute} {slot.hour} * * {_days(slot.days)}" for slot in job.slots]
    begin, end = _marks(job.mark)
    lines = [begin, *(f"{when} {shown}" for when in [*times, "@reboot"]), end]
    return "".join(f"{line}\n" for line in lines)


def _command(words: Sequence[str]) -> str:
    """A command line for /bin/sh, in a crontab, where a percent sign would end it. What is printed would be mailed."""
    return shlex.join(words).replace("%", r"\%") + " >/dev/null"


def _days(days: Sequence[int]) -> str:
    # cron counts from Sunday, which is 0
    return ",".join(str((day + 1) % 7) for day in days)


def _marks(mark: str) -> tuple[str, str]:
    """The comments between which the lines of one data folder stand."""
    return (f"{_BEGIN} ({mark})", f"{_END} ({mark})") if mark else (_BEGIN, _END)


def _split(text: str, mark: str) -> tuple[str, str]:
    """A crontab without our lines, and our lines. What a user wrote between our marks, or after one whose end is gone, is theirs."""
    begin, end = _marks(mark)
    rest: list[str] = []
    ours: list[str] = []
    within = False
    for line in re.findall(r"[^\n]*\n|[^\n]+$", text):
        is_mark = line.strip() in (begin, end)
        within = line.strip() == begin or (within and not is_mark)
        (ours if is_mark or (within and _OURS in line) else rest).append(line)
    return "".join(rest), "".join(ours)
