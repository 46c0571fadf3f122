"""Writing safely: the same bytes for the same figures, whole files or none, whoever else writes, locks, kills or fills the disk."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from kis_xl.errors import OutputError
from kis_xl.report import beside, placing, report_name, write_report
from tests.conftest import REPOSITORY
from tests.report_kit import AS_OF, ROWS, TITLES, Locked, balance, footer, opened, pairs, past

#: Writes the report of the tests into the file that it is told.
WRITER = """
import sys
from pathlib import Path
from kis_xl.report import write_report
from tests.report_kit import balance, past
write_report(balance(name=sys.argv[2]), Path(sys.argv[1]), "ko", past())
"""


def writer(path: Path, name: str = "연금 계좌", **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), name]
    return subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **environment})


# the same bytes


@pytest.mark.parametrize("environment", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C"}])
def test_the_same_figures_give_the_same_bytes(tmp_path: Path, environment: dict[str, str]) -> None:
    path = write_report(balance(), tmp_path / "here.xlsx", "ko", past())
    with writer(tmp_path / "there.xlsx", **environment) as process:
        assert process.wait(timeout=60) == 0
    assert path.read_bytes() == (tmp_path / "there.xlsx").read_bytes()


def test_other_figures_give_other_bytes(tmp_path: Path) -> None:
    path = write_report(balance(), tmp_path / "a.xlsx", "ko", past())
    other = write_report(balance(as_of=AS_OF + timedelta(seconds=1)), tmp_path / "b.xlsx", "ko", past())
    assert path.read_bytes() != other.read_bytes()


# days and clocks


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-10)), timezone(timedelta(hours=14))])
def test_days_are_korean_whatever_zone_a_time_is_told_in(tmp_path: Path, zone: timezone) -> None:
    night = datetime(2026, 11, 20, 15, 30, tzinfo=UTC).astimezone(zone)  # half past midnight on the 21st in Korea
    shown = balance(as_of=night)
    assert report_name(shown) == "KIS_연금 계좌_2026-11-21.xlsx"
    book = opened(write_report(shown, tmp_path / "r.xlsx", "en"))
    assert pairs(book)["as of (KST)"] == datetime(2026, 11, 21, 0, 30)  # noqa: DTZ001 (a cell knows no zone)
    assert book["History"]["A2"].value == datetime(2026, 11, 21)  # noqa: DTZ001
    assert "2026-11-21 00:30 KST" in footer(book["Overview"])


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no zone of a process's own; the test above needs none")
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Europe/London"])
def test_the_machines_zone_and_its_daylight_saving_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    expected = write_report(balance(), tmp_path / "a.xlsx", "ko", past()).read_bytes()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for month in (3, 7, 11):
            assert report_name(balance(as_of=AS_OF.replace(month=month, day=8, hour=2))) == f"KIS_연금 계좌_2026-{month:02}-08.xlsx"
        assert write_report(balance(), tmp_path / "b.xlsx", "ko", past()).read_bytes() == expected
    finally:
        monkeypatch.undo()
        time.tzset()


# what stands there already


def test_a_report_never_takes_the_place_of_a_later_one(tmp_path: Path) -> None:
    """Excel has shown the figures of the morning all day, and the schedule has written those of the close; or a clock went back."""
    path = write_report(balance(), tmp_path / report_name(balance()), "ko")
    close = path.read_bytes()
    for hours in (2, 1):  # the second one replaces the first
        earlier = balance(as_of=AS_OF - timedelta(hours=hours))
        written = write_report(earlier, path, "ko")
        assert written == path.with_name(f"{path.stem} (2).xlsx")
        assert "fetched later" in beside(path, written).en
        assert load_workbook(written)["요약"]["J2"].value == datetime(2026, 11, 20, 16 - hours, 5, 9)  # noqa: DTZ001
    assert path.read_bytes() == close
    assert write_report(balance(), path, "ko") == path
    assert write_report(balance(as_of=AS_OF + timedelta(seconds=1)), path, "ko") == path


def saved_by_a_person(path: Path) -> None:
    book = load_workbook(path)
    book.properties.lastModifiedBy = "Kim"
    book.save(path)


def saved_by_a_program_without_a_name(path: Path) -> None:
    """It leaves the name that it found, but not the time."""
    book = load_workbook(path)
    book.save(path)


@pytest.mark.parametrize("save", [saved_by_a_person, saved_by_a_program_without_a_name])
def test_what_somebody_wrote_into_a_report_stays(tmp_path: Path, save: Callable[[Path], None]) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    save(path)
    theirs = path.read_bytes()
    later = balance(as_of=AS_OF + timedelta(hours=1))
    written = write_report(later, path, "ko")
    assert written == tmp_path / "r (2).xlsx"
    assert "saved by another program" in beside(path, written).en
    assert path.read_bytes() == theirs
    assert write_report(later, path, "ko") == written


def test_any_other_file_that_is_named_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    Workbook().save(path)
    for content in (path.read_bytes(), b"no workbook", b""):
        path.write_bytes(content)
        assert write_report(balance(as_of=AS_OF - timedelta(days=9)), path, "ko") == path
        assert load_workbook(path).properties.creator.startswith("kis_xl")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_loop_of_links_is_an_error_of_the_place(tmp_path: Path) -> None:
    loop = tmp_path / "r.xlsx"
    loop.symlink_to(loop)
    with pytest.raises(OutputError, match="symbolic links"):
        write_report(balance(), loop, "ko")


# disks and folders


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = write_report(balance(), tmp_path / "r.xlsx", "ko").read_bytes()
    make = os.fdopen

    def full(handle: int, mode: str) -> Any:
        os.close(handle)
        return make(os.open("/dev/full", os.O_WRONLY), mode)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OutputError) as caught:
        write_report(balance(ROWS * 500), tmp_path / "r.xlsx", "ko")
    assert (caught.value.exit_code, "disk space" in caught.value.hint.en) == (7, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.xlsx"]
    assert (tmp_path / "r.xlsx").read_bytes() == old


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_any_trouble_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    old = path.read_bytes()

    def trouble(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", trouble)
    with pytest.raises(OutputError, match=re.escape(os.strerror(number))):
        write_report(balance([]), path, "ko")
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions hold back neither root nor Windows")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError) as caught:
        write_report(balance(), folder / "r.xlsx", "ko")
    assert "permissions" in caught.value.hint.en
    assert list(folder.iterdir()) == []


def test_a_place_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        write_report(balance(), tmp_path / "file" / "r.xlsx", "ko")


def test_nothing_is_made_in_the_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be full, and what is left there by a killed process would be somebody's balance."""
    (tmp_path / "temporary").mkdir(mode=0o500)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr("openpyxl.worksheet._writer.create_temporary_file", None)
    write_report(balance(), tmp_path / "r.xlsx", "ko")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_a_report_is_its_owners_alone(tmp_path: Path) -> None:
    assert (write_report(balance(), tmp_path / "r.xlsx", "ko").stat().st_mode & 0o077) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.xlsx").write_bytes(b"old")
    (tmp_path / "real.xlsx").chmod(0o644)
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "real.xlsx")
    assert write_report(balance(), tmp_path / "link.xlsx", "ko") == tmp_path / "link.xlsx"
    assert (tmp_path / "link.xlsx").is_symlink()
    assert load_workbook(tmp_path / "real.xlsx").sheetnames == TITLES["ko"]
    assert (tmp_path / "real.xlsx").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes among the files of Windows")
def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(OutputError, match="not a regular file"):
        write_report(balance(), tmp_path / "pipe.xlsx", "ko")
    assert (tmp_path / "pipe.xlsx").is_fifo()


# a report that is open in Excel


def test_a_report_that_is_open_stays_and_the_new_one_goes_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = write_report(balance(), tmp_path / "r.xlsx", "ko")
    before = old.read_bytes()
    Locked(monkeypatch, "r.xlsx")
    for _ in range(2):  # the same day again takes the place that it took before
        assert write_report(balance([]), tmp_path / "r.xlsx", "ko") == tmp_path / "r (2).xlsx"
    Locked(monkeypatch, "r.xlsx", "r (2).xlsx")
    assert write_report(balance([]), tmp_path / "r.xlsx", "ko") == tmp_path / "r (3).xlsx"
    assert old.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r (2).xlsx", "r (3).xlsx", "r.xlsx"]


def test_what_is_refused_but_not_open_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only place is no open report: nothing is written beside it."""
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    locked = Locked(monkeypatch, "r.xlsx", number=5)
    with pytest.raises(OutputError, match="Access is denied"):
        write_report(balance([]), path, "ko")
    assert locked.tries > 2  # a virus scanner may have been looking at it
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.xlsx"]


def test_a_file_is_in_use_only_where_windows_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    assert not placing.is_in_use(path)
    assert not placing.is_in_use(tmp_path / "missing.xlsx")
    for number, wanted in ((32, True), (33, True), (5, False)):
        Locked(monkeypatch, "r.xlsx", number=number)
        assert placing.is_in_use(path) is wanted


def test_where_every_place_is_in_use_that_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["r.xlsx", *(f"r ({number}).xlsx" for number in range(2, 200))]
    Locked(monkeypatch, *names)
    with pytest.raises(OutputError) as caught:
        write_report(balance(), tmp_path / "r.xlsx", "ko")
    assert caught.value.exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_it_for_a_moment_only_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    locked = Locked(monkeypatch, "r.xlsx", number=5)
    locked.wait = locked.names.clear
    assert write_report(balance([]), path, "ko") == path
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.xlsx"]


@pytest.mark.skipif(sys.platform != "win32", reason="only Windows locks an open file")
def test_a_real_lock_of_another_process(tmp_path: Path) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    before = path.read_bytes()
    hold = (
        "import ctypes, sys; from ctypes import wintypes as w; k = ctypes.windll.kernel32; k.CreateFileW.restype = w.HANDLE;"
        # as Excel opens a workbook: others may read it
        "h = k.CreateFileW(sys.argv[1], 0xC0000000, 1, None, 3, 0, None); assert h not in (None, w.HANDLE(-1).value);"
        "print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"open"
        assert placing.is_in_use(path)
        assert write_report(balance([]), path, "ko") == tmp_path / "r (2).xlsx"
        process.communicate(b"")
    assert not placing.is_in_use(path)
    assert path.read_bytes() == before
    assert write_report(balance([]), path, "ko") == path
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["r (2).xlsx", "r.xlsx"]


# others at the same time


def test_two_exporters_at_once_both_write_whole_reports(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    names = ["하나", "둘"]
    for _ in range(3):
        writers = [writer(path, name) for name in names]
        assert [process.wait(timeout=60) for process in writers] == [0, 0]
        assert load_workbook(path)["요약"]["B2"].value in names
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.xlsx"]


def test_two_threads_at_once_both_write_whole_reports(tmp_path: Path) -> None:
    expected = {name: write_report(balance(name=name), tmp_path / f"{name}.xlsx", "ko").read_bytes() for name in "ab"}
    threads = [threading.Thread(target=write_report, args=(balance(name=name), tmp_path / "r.xlsx", "ko")) for name in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (tmp_path / "r.xlsx").read_bytes() in expected.values()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx", "r.xlsx"]


#: Stops for ever where half of the new file is on the disk.
KILLED = """
import os, sys, time
from pathlib import Path
from kis_xl import datafolder
from kis_xl.report import write_report
from tests.report_kit import balance
def never(_):
    print("half", flush=True)
    time.sleep(600)
datafolder.os.fsync = never
write_report(balance([]), Path(sys.argv[1]), "ko")
"""


def test_a_writer_that_is_killed_leaves_the_old_report_and_the_next_one_clears_up(tmp_path: Path) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "ko")
    old = path.read_bytes()
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"half"
        process.kill()
    assert path.read_bytes() == old
    (left,) = [entry for entry in tmp_path.iterdir() if entry != path]
    os.utime(left, (0, 0))  # long ago: a younger one may be somebody's who is writing
    write_report(balance(), path, "ko")
    assert list(tmp_path.iterdir()) == [path]
