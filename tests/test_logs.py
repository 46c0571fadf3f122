"""The log file: whole lines of several processes, no secrets, two weeks, and never in the way."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kis_xl import kst, udfs
from kis_xl.accounts import AccountNumber
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros
from kis_xl.logs import KEPT_DAYS, DailyFile, audit, log_to
from kis_xl.redaction import Secret, get_logger
from kis_xl.simulator import Simulator
from tests.conftest import REPOSITORY
from tests.excel_kit import finished, log_files, status

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00 (INFO|WARNING|ERROR) \d+ kis_xl\.[\w.]+ .*")
_log = get_logger("kis_xl.tests")


@pytest.fixture(autouse=True)
def _no_log_of_another_test() -> Iterator[None]:
    logger = logging.getLogger("kis_xl")
    level = logger.level
    yield
    for handler in log_files():
        logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = log_to(DataFolder(tmp_path / "home"))
    assert path is not None
    return path


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_a_line_says_when_who_and_what(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not file.exists()  # made by the first line
    monkeypatch.setattr(kst, "now", lambda: datetime(2026, 11, 20, 12, 30, 59, 999_999, kst.KST))
    _log.info("삼성전자 %d", 5930)
    (line,) = lines(file.with_name("kis_xl-2026-11-20.log"))
    assert line == f"2026-11-20T12:30:59+09:00 INFO {os.getpid()} kis_xl.tests 삼성전자 5930"


def test_every_level_from_info_on_is_kept(file: Path) -> None:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        _log.log(level, "x")
    assert [line.split()[1] for line in lines(file)] == ["INFO", "WARNING", "ERROR"]


def test_a_record_is_one_line_whatever_it_holds(file: Path) -> None:
    _log.warning("a\nb\r\n\x1b[31mc\x00 \ud800 😀")
    try:
        raise ZeroDivisionError("first\nsecond")
    except ZeroDivisionError:
        _log.exception("failed")
    assert len(lines(file)) == 2
    assert all(LINE.fullmatch(line) for line in lines(file))
    assert "Traceback" in lines(file)[1]
    assert "first second" in lines(file)[1]
    assert "\x1b" not in file.read_text(encoding="utf-8")


def test_nothing_secret_is_written(file: Path) -> None:
    AccountNumber.parse("73915826-01")
    secret = Secret("planted-app-secret-0001")
    _log.warning("account 73915826-01, %s, appkey=%s", secret.reveal(), "another-key-that-nobody-registered")
    try:
        raise KeyError(f"73915826 {secret.reveal()}")
    except KeyError:
        _log.exception("of 73915826")
    content = file.read_text(encoding="utf-8")
    for planted in ("73915826", "planted-app-secret-0001", "another-key"):
        assert planted not in content
    assert "7391****-01" in content


def test_each_day_has_a_file_and_two_weeks_are_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [file.with_name(name) for name in ("kis_xl-notes.txt", "other-2020-01-01.log")]
    for other in others:
        other.write_text("mine")
    start = datetime(2026, 11, 1, 12, tzinfo=kst.KST)
    for day in range(30):
        monkeypatch.setattr(kst, "now", lambda day=day: start + timedelta(days=day))
        _log.info("day %d", day)
        _log.info("again")
        kept = sorted(path.name for path in file.parent.glob("kis_xl-2026-*.log"))
        assert len(kept) == min(day + 1, KEPT_DAYS)
        assert kept[-1] == f"kis_xl-{start + timedelta(days=day):%Y-%m-%d}.log"
    assert [other.read_text() for other in others] == ["mine", "mine"]
    assert log_files()[0].path().name == "kis_xl-2026-11-30.log"


def test_a_day_is_koreas(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kst, "now", lambda: datetime.fromisoformat("2026-11-19T15:00:00+00:00").astimezone(kst.KST))
    _log.info("midnight in Seoul")
    assert lines(file.with_name("kis_xl-2026-11-20.log"))[0].startswith("2026-11-20T00:00:00+09:00")


def test_asking_twice_writes_once_and_another_folder_takes_over(tmp_path: Path, file: Path) -> None:
    assert log_to(DataFolder(tmp_path / "home")) == file
    _log.info("once")
    assert len(lines(file)) == 1
    other = log_to(DataFolder(tmp_path / "other"))
    assert other is not None
    _log.info("there")
    assert len(lines(file)) == 1
    assert len(lines(other)) == 1
    assert len(log_files()) == 1


def test_no_folder_is_no_log_and_no_error(tmp_path: Path, file: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert log_to(DataFolder(tmp_path / "file" / "home")) is None
    _log.info("still told to the one before")
    assert len(lines(file)) == 1


def test_a_log_that_cannot_be_written_stops_nobody(file: Path) -> None:
    file.mkdir()
    _log.warning("lost")
    file.rmdir()
    _log.warning("kept")
    assert len(lines(file)) == 1


def test_a_folder_that_was_removed_is_made_again_by_the_next_who_asks_for_a_log(file: Path) -> None:
    _log.info("before")
    file.unlink()
    file.parent.rmdir()
    _log.info("lost")
    assert log_to(DataFolder(file.parent.parent)) == file
    _log.info("after")
    assert lines(file)[-1].endswith("after")


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_a_log_is_its_owners_alone(file: Path) -> None:
    before = os.umask(0)
    try:
        _log.info("x")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o077 == 0


def test_a_level_that_the_program_has_set_lower_stays(tmp_path: Path) -> None:
    logger = logging.getLogger("kis_xl")
    for before, after in ((logging.NOTSET, logging.INFO), (logging.DEBUG, logging.DEBUG), (logging.ERROR, logging.INFO)):
        logger.setLevel(before)
        for handler in log_files():
            logger.removeHandler(handler)
        log_to(DataFolder(tmp_path))
        assert logger.level == after


WRITER = """
import sys
from pathlib import Path
from kis_xl.datafolder import DataFolder
from kis_xl.logs import log_to
from kis_xl.redaction import get_logger
log_to(DataFolder(Path(sys.argv[1])))
log = get_logger("kis_xl.tests")
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    log.info("%s %d %s", sys.argv[2], number, sys.argv[2] * 200)
"""


def test_lines_of_several_processes_and_threads_stay_whole(tmp_path: Path, file: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "home"), letter],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for letter in "ab"
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    def write(letter: str) -> None:
        for number in range(300):
            _log.info("%s %d %s", letter, number, letter * 200)

    mine = [threading.Thread(target=write, args=(letter,)) for letter in "cd"]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for thread in mine:
        thread.start()
    for thread in mine:
        thread.join()
    for process in started:
        process.communicate(timeout=60)
    written = lines(file)
    assert len(written) == 1200
    assert all(re.search(r" (\w) \d+ \1{200}$", line) for line in written)


def test_the_log_is_a_handler_as_others_are(file: Path) -> None:
    (handler,) = log_files()
    assert isinstance(handler, DailyFile)
    assert handler.level == logging.INFO
    assert handler.path() == file


def test_what_is_done_to_accounts_makes_the_folder_and_is_found_by_its_name(tmp_path: Path) -> None:
    audit(DataFolder(tmp_path / "new"), "account renamed: %s, now %s", "연금", "저축")
    (path,) = (tmp_path / "new" / "logs").glob("*.log")
    (line,) = lines(path)
    assert line.endswith(f" INFO {os.getpid()} kis_xl.audit account renamed: 연금, now 저축")


def levels(part: str) -> list[str]:
    """Of the lines of Excel's log that hold `part`."""
    return [line.split()[1] for line in lines(Path(status()["Log file"])) if part in line]


def test_a_fetch_of_excel_is_a_line_and_one_that_fails_an_error(small: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    assert levels(" env: 5 rows on 1 pages in ") == ["INFO"]
    small.add_fault("1x9=http:503")
    macros.start_refresh()
    assert finished().stage == "failed"
    assert levels("the fetch failed: NETWORK: ") == ["ERROR"]


def test_a_formula_that_fails_is_an_error_and_a_slip_in_it_a_warning(small: Simulator) -> None:
    udfs.KIS_HOLDINGS("nope")
    assert levels("ACCOUNT: there is no account called 'nope'") == ["WARNING"]
    small.add_fault("1x9=EGW00206")
    udfs.KIS_PING()
    assert levels("AUTH: ") == ["ERROR"]
