"""Windows Task Scheduler: a task of the user's own, run while the user is logged on, with no password and no rights of an administrator.

The definition follows the schema http://schemas.microsoft.com/windows/2004/02/mit/task.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET  # written, and of what is read only what this user's Task Scheduler gives

from kis_xl.language import Text
from kis_xl.redaction import one_line
from kis_xl.schedule import system
from kis_xl.schedule.plan import Job
from kis_xl.schedule.system import Found

NAMESPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KOREAS: Final = {0, 1, 2, 3, 4}
#: Time for the network to come up after logging on.
_AFTER_LOGON: Final = "PT3M"
_SETTINGS: Final = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "AllowHardTerminate": "true",
    "StartWhenAvailable": "true",
    "RunOnlyIfNetworkAvailable": "true",
    "AllowStartOnDemand": "true",
    "Enabled": "true",
    "Hidden": "false",
    "RunOnlyIfIdle": "false",
    "WakeToRun": "false",
    "ExecutionTimeLimit": "PT1H",
    "Priority": "7",
}
#: Windows tries again when a start condition (the network) does not hold; it takes no notice of how the command ends.
_RESTART: Final = {"Interval": "PT15M", "Count": "3"}


class TaskScheduler:
    """`schtasks`, which every Windows has."""

    kind = "windows"
    caption = Text("Windows 작업 스케줄러", "Windows Task Scheduler")
    note = Text(
        "로그인해 있는 동안(화면 잠금 포함) 실행되고, 놓친 실행은 다음 로그인 때 합니다.",
        "It runs while you are logged on, also with the screen locked; a run that was missed is made up at the next logon.",
    )

    def name(self, mark: str) -> str:
        """The task's name. All users of a machine share one list, so it holds the user's."""
        user = re.sub(r'[\\/:*?"<>|\s]+', "_", os.environ.get("USERNAME", "").strip()) or "user"
        return f"kis_xl_{user}_{mark}" if mark else f"kis_xl_{user}"

    def works(self) -> bool:
        """Whether it can be used here."""
        return bool(system.find("schtasks"))

    def install(self, job: Job) -> tuple[str, ...]:
        """Register the task, replacing the one that is there; its name."""
        user = _user()
        # whether a user may have a task started by their own logon is up to the machine's policy: without, it still
        # starts when the time has passed
        for at_logon in (True, False):
            called = self._create(definition(job, user, at_logon=at_logon), job.mark)
            if called.ok:
                return (self.name(job.mark),)
        raise system.refused(
            self.caption,
            called,
            Text(
                "회사 컴퓨터라면 작업 스케줄러가 막혀 있을 수 있습니다: 관리자에게 문의하세요.",
                "On a company's computer the Task Scheduler may be closed to you: ask who runs it.",
            ),
        )

    def _create(self, document: bytes, mark: str) -> system.Called:
        handle, name = tempfile.mkstemp(prefix="kis_xl_task_", suffix=".xml")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(document)
            return system.call("schtasks", "/create", "/tn", self.name(mark), "/xml", name, "/f")
        finally:
            Path(name).unlink(missing_ok=True)

    def remove(self, mark: str) -> bool:
        """Delete the task; whether there was one."""
        if not system.call("schtasks", "/query", "/tn", self.name(mark)).ok:
            return False
        called = system.call("schtasks", "/delete", "/tn", self.name(mark), "/f")
        if not called.ok:
            raise system.kept(self.caption, called)
        return True

    def find(self, job: Job) -> Found:
        """The task, its next start and its state as Windows tells them."""
        name = self.name(job.mark)
        listed = system.call("schtasks", "/query", "/tn", name, "/fo", "csv", "/nh")
        if not listed.ok:
            return Found(there=False, said=listed.said)
        rows = [row for row in csv.reader(listed.output.splitlines()) if len(row) > 1]
        said = one_line(" · ".join(rows[0][1:])) if rows else ""
        task = system.call("schtasks", "/query", "/tn", name, "/xml")
        return Found(there=True, current=task.ok and _action(task.output) == _exec(job), said=said)

    def sees(self, variable: str) -> bool:
        """Whether it is set for the user or the machine, rather than in one window."""
        return _is_set(variable)


if sys.platform == "win32":
    import winreg

    _PLACES = (
        (winreg.HKEY_CURRENT_USER, "Environment"),
        (winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"),
    )

    def _is_set(variable: str) -> bool:
        for root, key in _PLACES:
            try:
                with winreg.OpenKey(root, key) as opened:
                    winreg.QueryValueEx(opened, variable)
            except OSError:
                continue
            return True
        return False

else:

    def _is_set(variable: str) -> bool:
        return False


def definition(job: Job, user: str, *, at_logon: bool) -> bytes:
    """The task as XML in UTF-16 with its mark, the one encoding that schtasks always takes. `user` is a SID or a name."""
    task = ET.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    about = ET.SubElement(task, "RegistrationInfo")
    _add(about, "Source", "kis_xl")
    _add(about, "Description", "The daily report of kis_xl. Change or remove it with: kis-xl schedule")
    triggers = ET.SubElement(task, "Triggers")
    _weekly(ET.SubElement(triggers, "CalendarTrigger"), job)
    if at_logon:
        logon = ET.SubElement(triggers, "LogonTrigger")
        _add(logon, "UserId", user)
        _add(logon, "Delay", _AFTER_LOGON)
    principal = ET.SubElement(ET.SubElement(task, "Principals"), "Principal", {"id": "Author"})
    _add(principal, "UserId", user)
    _add(principal, "LogonType", "InteractiveToken")
    _add(principal, "RunLevel", "LeastPrivilege")
    settings = ET.SubElement(task, "Settings")
    for name, value in _SETTINGS.items():
        _add(settings, name, value)
    restart = ET.SubElement(settings, "RestartOnFailure")
    for name, value in _RESTART.items():
        _add(restart, name, value)
    action = ET.SubElement(ET.SubElement(task, "Actions", {"Context": "Author"}), "Exec")
    program, arguments = _exec(job)
    _add(action, "Command", program)
    _add(action, "Arguments", arguments)
    ET.indent(task)
    return ('<?xml version="1.0" encoding="UTF-16"?>\r\n' + ET.tostring(task, encoding="unicode")).encode("utf-16")


def _weekly(trigger: ET.Element, job: Job) -> None:
    """Every week on the days that are Korea's workdays here, in Korea and in UTC: the run itself knows which is meant.

    The start carries its offset, so Windows keeps the moment whatever zone the machine is in.
    """
    days = _KOREAS | {day for slot in job.slots for day in slot.days}
    days |= {(day + _days_to_utc(job.start)) % 7 for day in _KOREAS}
    _add(trigger, "StartBoundary", job.start.isoformat(timespec="seconds"))
    week = ET.SubElement(trigger, "ScheduleByWeek")
    _add(week, "WeeksInterval", "1")
    of_week = ET.SubElement(week, "DaysOfWeek")
    for day in sorted(days):
        ET.SubElement(of_week, _DAYS[day])


def _days_to_utc(moment: datetime) -> int:
    return (moment.astimezone(UTC).date() - moment.date()).days


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _exec(job: Job) -> tuple[str, str]:
    return job.words[0], subprocess.list2cmdline(job.words[1:])


def _action(document: str) -> tuple[str, str] | None:
    """Command and arguments of a task's definition. It is text already, whatever encoding it says it has."""
    try:
        task = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", document.strip("\ufeff \r\n\0")))  # noqa: S314 (see the import)
    except ET.ParseError:
        return None
    found = [task.findtext(f".//{{{NAMESPACE}}}Exec/{{{NAMESPACE}}}{name}") for name in ("Command", "Arguments")]
    return None if found[0] is None else (found[0], found[1] or "")


def _user() -> str:
    """Who is logged on, as a SID: names may hold letters that a console's code page lacks."""
    called = system.call("whoami", "/user", "/fo", "csv", "/nh")
    sid = re.search(r"S-1-\d+(?:-\d+)+", called.output) if called.ok else None
    if sid is not None:
        return sid.group()
    domain, user = os.environ.get("USERDOMAIN", ""), os.environ.get("USERNAME", "")
    return f"{domain}\\{user}" if domain else user
