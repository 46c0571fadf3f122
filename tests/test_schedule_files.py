"""What each scheduler is given, judged by its schema or by the scheduler's own tools."""

from __future__ import annotations

import ctypes
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kis_xl import kst
from kis_xl.schedule import cron, launchd, system, systemd, windows
from kis_xl.schedule.plan import Job, Slot
from tests.conftest import REPOSITORY
from tests.schedule_kit import SID, THURSDAY, job

#: Words that every one of the formats has to protect.
ODD = ["/opt/py thon/100%$x/python3", "-P", "--home", '/home/홍 길동/a\'b "c" & <d>/50%/$HOME/${X}/x\\y;#z', "--lang", "ko"]
NAMES = {"t": windows.NAMESPACE}


def tool(name: str) -> str:
    """A program that not every machine has."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def written(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# --- Windows


def task(words: Sequence[str] = ODD, at: time = time(16, 0), *, at_logon: bool = True) -> ET.Element:
    data = windows.definition(job(words, at), SID, at_logon=at_logon)
    assert data.startswith(b"\xff\xfe")  # the one encoding that schtasks always takes
    return ET.fromstring(data)  # noqa: S314 (made here)


def validated(path: Path) -> subprocess.CompletedProcess[str]:
    schema = REPOSITORY / "tests" / "data" / "task.xsd"
    command = [tool("xmllint"), "--noout", "--schema", str(schema), str(path)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("at_logon", [True, False])
def test_the_task_is_of_task_schedulers_schema(tmp_path: Path, at_logon: bool) -> None:
    done = validated(written(tmp_path / "task.xml", windows.definition(job(ODD), SID, at_logon=at_logon)))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<Count>3</Count>", "<Count>0</Count>"),
        ("PT1H", "1 hour"),
        ("+09:00</StartBoundary>", " KST</StartBoundary>"),
        ("<Monday />", "<Montag />"),
        ("InteractiveToken", "Interactive"),
        ('Context="Author"', 'Context="Somebody"'),
        ("mit/task", "mit/tasks"),
        (f"<UserId>{SID}</UserId>", "<UserId></UserId>"),
    ],
)
def test_the_schema_tells_right_from_wrong(tmp_path: Path, right: str, wrong: str) -> None:
    text = windows.definition(job(), SID, at_logon=True).decode("utf-16")
    assert right in text
    assert validated(written(tmp_path / "task.xml", text.replace(right, wrong).encode("utf-16"))).returncode != 0


def test_the_task_needs_no_administrator_no_password_and_no_mains() -> None:
    found = task()
    said = {re.sub(r"\{.*\}", "", element.tag): element.text for element in found.iter()}
    assert (said["LogonType"], said["RunLevel"]) == ("InteractiveToken", "LeastPrivilege")
    assert (said["DisallowStartIfOnBatteries"], said["StopIfGoingOnBatteries"], said["WakeToRun"]) == ("false", "false", "false")
    assert (said["StartWhenAvailable"], said["RunOnlyIfNetworkAvailable"], said["MultipleInstancesPolicy"]) == ("true", "true", "IgnoreNew")
    assert said["ExecutionTimeLimit"] == "PT1H"
    # a user may have a task at their own logon only
    assert [element.text for element in found.iterfind(".//t:UserId", NAMES)] == [SID, SID]


def test_the_tasks_start_names_its_offset() -> None:
    starts = [element.text for element in task().iterfind(".//t:StartBoundary", NAMES)]
    assert starts == [f"{THURSDAY}T16:00:00+09:00"]


@pytest.mark.parametrize(
    ("at", "slots", "days"),
    [
        (time(16, 0), [Slot(16, 0, (0, 1, 2, 3, 4))], "Monday Tuesday Wednesday Thursday Friday"),
        (time(16, 0), [Slot(21, 0, (0, 1, 2, 3, 6))], "Monday Tuesday Wednesday Thursday Friday Sunday"),
        # before nine in Korea it is the day before in UTC
        (time(7, 0), [Slot(7, 0, (0, 1, 2, 3, 4))], "Monday Tuesday Wednesday Thursday Friday Sunday"),
    ],
)
def test_the_tasks_days_hold_in_every_zone_that_windows_may_mean(
    monkeypatch: pytest.MonkeyPatch, at: time, slots: list[Slot], days: str
) -> None:
    monkeypatch.setattr(Job, "slots", tuple(slots))
    of_week = task(at=at).find(".//t:DaysOfWeek", NAMES)
    assert of_week is not None
    assert [re.sub(r"\{.*\}", "", day.tag) for day in of_week] == days.split()


def test_the_tasks_command_line_is_windows_own() -> None:
    found = task()
    assert found.findtext(".//t:Command", namespaces=NAMES) == ODD[0]
    assert found.findtext(".//t:Arguments", namespaces=NAMES) == subprocess.list2cmdline(ODD[1:])


def test_what_task_scheduler_shows_is_read_whatever_encoding_it_names() -> None:
    document = windows.definition(job(ODD), SID, at_logon=True).decode("utf-16")
    wanted = (ODD[0], subprocess.list2cmdline(ODD[1:]))
    assert windows._action(document) == wanted
    assert windows._action(f"\r\n\ufeff{document}\r\n\r\n") == wanted
    assert windows._action("ERROR: no such task") is None
    assert windows._action(f'<Task xmlns="{windows.NAMESPACE}"><Actions/></Task>') is None


def is_wine() -> bool:
    libraries = getattr(ctypes, "windll", None)
    return hasattr(getattr(libraries, "ntdll", None), "wine_get_version")


@pytest.fixture
def own_task(monkeypatch: pytest.MonkeyPatch) -> Iterator[windows.TaskScheduler]:
    """The real Task Scheduler, under a name that nobody uses."""
    monkeypatch.setenv("USERNAME", f"test_{os.getpid()}")
    scheduler = windows.TaskScheduler()
    yield scheduler
    system.call("schtasks", "/delete", "/tn", scheduler.name(""), "/f")


on_windows = pytest.mark.skipif(sys.platform != "win32", reason="Windows has Task Scheduler")


@on_windows
@pytest.mark.parametrize("at_logon", [True, False])
def test_task_scheduler_takes_the_task(own_task: windows.TaskScheduler, at_logon: bool) -> None:
    called = own_task._create(windows.definition(job(ODD), windows._user(), at_logon=at_logon), "")
    assert called.ok, called.said
    wrong = windows.definition(job(ODD), windows._user(), at_logon=at_logon).decode("utf-16").replace("</LogonType>", "</LogonTyp>")
    assert not own_task._create(wrong.encode("utf-16"), "").ok
    assert own_task.remove("")


@on_windows
def test_task_scheduler_tells_what_it_has(own_task: windows.TaskScheduler) -> None:
    if is_wine():
        pytest.skip("Wine's schtasks cannot query")
    assert not own_task.find(job()).there
    assert not own_task.remove("")
    words = [sys.executable, "-P", "-m", "kis_xl", "--home", r"C:\Users\홍 길동\kis & xl", "--lang", "ko"]
    assert own_task.install(job(words)) == (own_task.name(""),)
    assert own_task.install(job(words)) == (own_task.name(""),)  # replaces
    found = own_task.find(job(words))
    assert (found.there, found.current) == (True, True), found
    assert not own_task.find(job([*words, "--now"])).current
    assert own_task.remove("")


# --- macOS


def test_the_agent_has_the_keys_and_types_that_launchd_documents() -> None:
    found = plistlib.loads(plistlib.dumps(launchd.definition(job(ODD))))
    assert {key: type(value) for key, value in found.items()} == {
        "Label": str,
        "ProgramArguments": list,
        "StartCalendarInterval": list,
        "RunAtLoad": bool,
    }
    assert found["ProgramArguments"] == ODD
    for start in found["StartCalendarInterval"]:
        assert set(start) == {"Weekday", "Hour", "Minute"}
        assert 0 <= start["Weekday"] <= 6
        assert 0 <= start["Hour"] <= 23
        assert 0 <= start["Minute"] <= 59


def test_the_agents_week_begins_on_sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "slots", (Slot(0, 30, (0, 4)), Slot(23, 30, (6,))))
    assert launchd.definition(job())["StartCalendarInterval"] == [
        {"Weekday": 1, "Hour": 0, "Minute": 30},
        {"Weekday": 5, "Hour": 0, "Minute": 30},
        {"Weekday": 0, "Hour": 23, "Minute": 30},
    ]


@pytest.mark.parametrize(("name", "arguments"), [("plutil", ["-lint"]), ("plistutil", ["-f", "bin", "-o", os.devnull, "-i"])])
def test_the_agent_is_a_property_list(tmp_path: Path, name: str, arguments: list[str]) -> None:
    program = tool(name)
    right = plistlib.dumps(launchd.definition(job(ODD)))
    for data, taken in ((right, True), (right.replace(b"</array>", b""), False)):
        path = written(tmp_path / "agent.plist", data)
        done = subprocess.run([program, *arguments, str(path)], capture_output=True, encoding="utf-8", check=False)
        # plistutil says so and ends with 0
        assert (done.returncode == 0 and "ERROR" not in done.stdout + done.stderr) is taken


# --- systemd


def verified(units: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What systemd has to say of the units."""
    program = tool("systemd-analyze")
    (folder / "runtime").mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))
    paths = [written(folder / name, text) for name, text in units.items()]
    done = subprocess.run([program, "verify", "--user", *map(str, paths)], capture_output=True, encoding="utf-8", check=False)
    return done.stderr or ("" if done.returncode == 0 else str(done.returncode))


@pytest.fixture
def odd_python(tmp_path: Path) -> list[str]:
    """The odd words, with a program at the odd path."""
    path = tmp_path / ODD[0].lstrip("/")
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return [str(path), *ODD[1:]]


def test_the_units_are_systemds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd_python: list[str]) -> None:
    units = systemd.definition(job(odd_python))
    assert verified(units, tmp_path, monkeypatch) == ""
    assert "Unknown" in verified({name: text.replace("Type=", "Typ=") for name, text in units.items()}, tmp_path, monkeypatch)
    assert "calendar" in verified({name: text.replace("Mon..", "Mo..") for name, text in units.items()}, tmp_path, monkeypatch)
    gone = {name: text.replace("python3", "python4") for name, text in units.items()}
    assert "not executable" in verified(gone, tmp_path, monkeypatch)


def test_the_timer_starts_when_it_is_that_time_in_korea() -> None:
    program = tool("systemd-analyze")
    assert set(systemd.definition(job(mark="1a2b3c4d"))) == {"kis-xl-report-1a2b3c4d.service", "kis-xl-report-1a2b3c4d.timer"}
    for at, days in ((time(16, 0), {0, 1, 2, 3, 4}), (time(7, 30), {0, 1, 2, 3, 4})):
        (calendar,) = re.findall(r"^OnCalendar=(.*)$", systemd.definition(job(at=at))["kis-xl-report.timer"], re.MULTILINE)
        command = [program, "calendar", "--iterations=10", calendar]
        done = subprocess.run(command, env={**os.environ, "TZ": "UTC"}, capture_output=True, encoding="utf-8", check=True)
        starts = re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
        local = [datetime.fromisoformat(f"{start}+00:00").astimezone(kst.KST) for start in starts]
        assert len(local) == 10
        assert {moment.time() for moment in local} == {at}
        assert {moment.weekday() for moment in local} == days


def test_the_timer_makes_up_what_it_missed_and_ends_what_hangs() -> None:
    units = systemd.definition(job())
    assert "\nPersistent=true\n" in units["kis-xl-report.timer"]
    assert "\nOnStartupSec=3min\n" in units["kis-xl-report.timer"]  # what failed is not missed to systemd
    assert "\nTimeoutStartSec=1h\n" in units["kis-xl-report.service"]
    assert "\nType=oneshot\n" in units["kis-xl-report.service"]


# --- cron


def test_the_crontab_says_the_time_the_days_and_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "slots", (Slot(2, 0, (0, 1, 2, 3, 4)), Slot(23, 5, (6,))))
    lines = cron.definition(job()).splitlines()
    assert lines[0].startswith("#")
    assert lines[-1].startswith("#")
    ends = " /usr/bin/python3 -P -m kis_xl schedule run >/dev/null"
    assert lines[1:-1] == [f"0 2 * * 1,2,3,4,5{ends}", f"5 23 * * 0{ends}", f"@reboot{ends}"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /bin/sh")
def test_the_crontabs_command_line_is_the_shells(tmp_path: Path) -> None:
    words = ["/bin/echo", *ODD[1:]]
    (line, *_) = cron.definition(job(words)).splitlines()[1:]
    command = line.split(" ", 5)[5].removesuffix(" >/dev/null")
    assert not re.search(r"(?<!\\)%", command)  # a bare one would be the end of the line to cron
    said = subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], capture_output=True, encoding="utf-8", check=True).stdout
    assert said == " ".join(words[1:]) + "\n"
    assert shlex.split(command.replace(r"\%", "%")) == words


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Debian's cron can check a crontab without taking it")
def test_the_crontab_is_crons(tmp_path: Path) -> None:
    program = tool("crontab")
    if "-n" not in subprocess.run([program, "-h"], capture_output=True, encoding="utf-8", check=False).stderr:
        pytest.skip("this crontab cannot check without installing")
    text = cron.definition(job(ODD))
    for content, taken in ((text, True), (text.replace(" * * 1", " * * 9"), False)):
        done = subprocess.run([program, "-n", str(written(tmp_path / "tab", content))], capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode == 0) is taken, done.stderr
