"""The history's file: what SQLite is asked to do, who may read it, and what is told when it cannot be used."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError, DataError, KisError, OutputError
from kis_xl.history import History, database, layouts, sqlite
from tests.history_kit import AS_OF, DAY, HOLDING, KEY, SUMMARY, at, balance, demo, python, said, worth
from tests.rows import holding_row

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows has neither these permissions nor this limit")


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


@pytest.fixture
def file(home: Path) -> Path:
    return home / "history" / "history.sqlite"


def done(file: Path, *statements: str) -> list[Any]:
    """Do something to the file behind the history's back; the last statement's rows."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def test_the_tables_are_the_documents(history: History, file: Path) -> None:
    history.store(balance(rows=[holding_row(pchs_avg_pric="198600.0000", evlu_erng_rt="0.00000000")]))
    columns = {
        table: [name for _, name, *_ in done(file, f"PRAGMA table_info({table})")]  # a name of ours
        for table in ("kis_holding", "kis_summary")
    }
    assert columns["kis_holding"] == ["snapshot", "place", *HOLDING]
    assert columns["kis_summary"] == ["snapshot", *SUMMARY]
    assert done(file, "SELECT pchs_avg_pric, evlu_erng_rt FROM kis_holding") == [("198600.0000", "0.00000000")]  # not 0E-8
    assert done(file, "SELECT version FROM kis_schema") == [(layouts.VERSION,)]
    assert done(file, "PRAGMA journal_mode") == [("wal",)]


def test_questions_read_no_more_than_they_need(history: History, file: Path) -> None:
    """Ten years are searched by the keys: no question reads a table from one end to the other."""
    history.store(balance())
    asked: list[tuple[str, Any]] = []
    opened = history._records().database.backend.reader
    from sqlalchemy import event  # noqa: PLC0415

    event.listen(opened, "before_cursor_execute", lambda _, __, statement, given, *___: asked.append((statement, given)))
    history.days(KEY)
    history.on_or_before(KEY, DAY)
    history.series(KEY, SUMMARY["tot_evlu_amt"])
    history.series(KEY, HOLDING["evlu_amt"], DAY, DAY, "005930")
    questions = [(statement, given) for statement, given in asked if statement.startswith("SELECT") and "kis_snapshot" in statement]
    assert len(questions) >= 4
    with closing(sqlite3.connect(file)) as connection:
        plans = [" | ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {one}", given)) for one, given in questions]
    for plan in plans:
        assert "SCAN kis_" not in plan
    assert any("kis_holding USING INDEX" in plan and "snapshot=? AND pdno=?" in plan for plan in plans)


# secrets


def test_the_accounts_number_is_in_no_file(history: History, home: Path, file: Path) -> None:
    history.store(balance(at(16)))
    with closing(sqlite3.connect(file)) as reader:  # while somebody reads, what is written stays in the file beside
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM kis_snapshot").fetchall()
        history.store(balance())
        names = {path.name for path in home.rglob("*") if path.is_file()}
        assert names == {"history.sqlite", "history.sqlite-wal", "history.sqlite-shm"}
        written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"8765****-22" in written
    for number in ("87651234", "5123422", "51234-22"):
        assert number.encode() not in written
        assert number.encode("utf-16-le") not in written


@POSIX_ONLY
def test_the_files_are_their_owners(history: History, home: Path, file: Path) -> None:
    history.store(balance(at(16)))
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM kis_snapshot").fetchall()
        history.store(balance())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}
    assert modes == {
        "home": 0o700, "history": 0o700, "history.sqlite": 0o600, "history.sqlite-wal": 0o600, "history.sqlite-shm": 0o600,
    }  # fmt: skip
    file.chmod(0o644)
    history.store(balance(at(21)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@POSIX_ONLY
def test_the_file_is_its_owners_from_its_beginning(history: History, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "keep_to_owner", lambda _: None)
    history.store(balance())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_figures_are_not_logged(history: History, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        history.store(balance(totals=worth(918273645)))
    assert "INSERT INTO kis_summary" in caplog.text
    assert "918273645" not in caplog.text


# what is loaded

IMPORTED = """
import sys
from datetime import date
from kis_xl.fields import SUMMARY_FIELDS
from kis_xl.history import AccountKey, History
from kis_xl.datafolder import DataFolder
from pathlib import Path
def loaded(): return [name for name in ("sqlalchemy", "sqlite3") if name in sys.modules]
print(loaded())
with_nothing = History(DataFolder(Path(sys.argv[1])))
key = AccountKey("real", "", "", "")
with_nothing.days(key), with_nothing.on_or_before(key, date.today()), with_nothing.series(key, SUMMARY_FIELDS[0], None, None)
with_nothing.close()
print(loaded())
"""


def test_thedatabase_library_waits_until_it_is_needed(home: Path) -> None:
    assert said(python(IMPORTED, home)) == "[]\n[]\n"


# what goes wrong


def told(kind: type[KisError], act: Callable[[], object], file: Path) -> KisError:
    """The error of that very kind: it names the file, says what to do, and carries nothing of the libraries'."""
    with pytest.raises(KisError) as caught:
        act()
    error = caught.value
    assert type(error) is kind
    for text in (*error.what, *error.hint):
        assert text
    assert all(str(file) in text for text in error.what)
    assert error.__cause__ is error.__context__ is None
    assert "sqlalchemy" not in f"{error.what} {error.hint} {error.args}".lower()
    return error


def everything(history: History) -> list[Callable[[], object]]:
    return [
        lambda: history.store(balance(AS_OF + timedelta(hours=1))),
        lambda: history.days(KEY),
        lambda: history.on_or_before(KEY, DAY),
        lambda: history.series(KEY, SUMMARY["tot_evlu_amt"]),
        lambda: history.series(KEY, HOLDING["evlu_amt"], code="005930"),
    ]


def beside(file: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in file.parent.iterdir()}


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_newer_history_is_refused_and_left_alone(history: History, file: Path, mode: str) -> None:
    history.store(balance())
    done(file, f"PRAGMA journal_mode={mode}", "UPDATE kis_schema SET version = 99", "DROP TABLE kis_summary")
    before = beside(file)
    for act in everything(history):
        error = told(ConfigError, act, file)
        assert "Update kis_xl" in error.hint.en
        assert "99" in error.what.en
    assert beside(file) == before


def test_a_history_of_which_only_the_version_is_known_is_refused(history: History, file: Path) -> None:
    file.parent.mkdir(parents=True)
    done(file, "CREATE TABLE kis_schema (version INTEGER)", "INSERT INTO kis_schema VALUES (7)")
    before = beside(file)
    for act in everything(history):
        told(ConfigError, act, file)
    assert beside(file) == before


def overwritten(start: int, data: bytes) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[start : start + len(data)] = data
        file.write_bytes(content)

    return damage


TABLES = ("schema", "holding", "summary", "snapshot")
DAMAGES: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text("date,value\n2026-11-20,1\n"),
    "a long text": lambda file: file.write_bytes(b"this is not a database. " * 1000),
    "a header and nothing": lambda file: file.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8176),
    "a header overwritten": overwritten(0, b"\x00" * 100),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:4096]),
    "the first page overwritten": overwritten(100, b"\xaa" * 3996),
    "the rest overwritten": overwritten(4096, b"\xaa" * 10**6),
    "another program's": lambda file: done(file, "CREATE TABLE notes (text)", *(f"DROP TABLE kis_{table}" for table in TABLES)),
    "no version": lambda file: done(file, "DELETE FROM kis_schema"),
    "a version that never was": lambda file: done(file, "UPDATE kis_schema SET version = 0"),
    "a table gone": lambda file: done(file, "DROP TABLE kis_snapshot"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_file_that_is_no_history_is_named_and_left_alone(history: History, file: Path, damage: Callable[[Path], object]) -> None:
    history.store(demo())
    damage(file)
    before = beside(file)
    for act in everything(history):
        error = told(DataError, act, file)
        assert "move the file elsewhere" in error.hint.en
    assert beside(file) == before
    file.rename(file.with_suffix(".old"))  # what the hint says
    assert history.store(balance()) is True
    assert history.days(KEY) == [DAY]


PLANTED = "4815162342"
WRONG_VALUES = (
    "UPDATE kis_holding SET evlu_amt = 'x4815162342'",
    "UPDATE kis_holding SET pchs_avg_pric = 'x4815162342'",
    "UPDATE kis_holding SET loan_dt = 'x4815162342'",
    "UPDATE kis_holding SET prdt_name = CAST(x'ff' || 'locked 4815162342' AS TEXT)",
    "UPDATE kis_snapshot SET as_of = day || ' 4815162342'",
    "ALTER TABLE kis_holding RENAME COLUMN sbst_pric TO x4815162342",
)


@pytest.mark.parametrize("statement", WRONG_VALUES)
def test_values_that_cannot_be_read_are_not_shown(history: History, file: Path, statement: str) -> None:
    history.store(balance())
    done(file, statement)
    error = told(DataError, lambda: history.on_or_before(KEY, DAY), file)
    assert PLANTED not in "".join(traceback.format_exception(error)) + repr(error.__dict__)


def test_values_that_are_written_are_not_shown(history: History, file: Path) -> None:
    history.store(balance())
    done(file, "CREATE TRIGGER t BEFORE INSERT ON kis_holding BEGIN SELECT RAISE(ABORT, 'refused'); END")
    given = balance(at(21), rows=[holding_row(evlu_amt=PLANTED)])
    error = told(DataError, lambda: history.store(given), file)
    assert PLANTED not in "".join(traceback.format_exception(error)) + repr(error.__dict__)
    assert history.days(KEY) == [DAY]


def test_a_lock_is_waited_for_only_so_long(history: History, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history.store(balance())
    history.close()
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = told(OutputError, lambda: history.store(balance(at(21))), file)
        assert "another program" in error.what.en
        assert history.days(KEY) == [DAY]  # readers do not wait
        other.execute("ROLLBACK")
    assert history.store(balance(at(21))) is True


def test_a_refusal_that_sqlite_does_not_wait_out_is_tried_again(history: History) -> None:
    """Of processes that make the file at the same moment SQLite refuses some at once, whatever the patience."""
    engine, refusals = history._records().database.backend.writer, [sqlite3.OperationalError("database is locked")] * 3

    def refuse(*_: object) -> None:
        if refusals:
            raise refusals.pop()

    from sqlalchemy import event  # noqa: PLC0415

    event.listen(engine, "connect", refuse)
    assert history.store(balance()) is True
    assert refusals == []


def test_a_store_has_the_lock_from_its_beginning(history: History, file: Path) -> None:
    """One that begins by reading could be refused when it comes to write, and would have to begin again."""
    history.store(balance())
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:

        def intrude(_: object) -> str:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            return "refused"

        assert history._records().database.write(intrude) == "refused"


def test_a_lock_that_goes_away_is_waited_for(history: History, file: Path) -> None:
    history.store(balance())
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        release.start()
        assert history.store(balance(at(21))) is True
        release.join()


def test_a_full_disk_loses_nothing(history: History, file: Path) -> None:
    from sqlalchemy import event  # noqa: PLC0415

    history.store(balance())
    pages = done(file, "PRAGMA page_count")[0][0]
    engine = history._records().database.backend.writer

    def fill(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "connect", fill)
    error = told(OutputError, lambda: history.store(demo(at(21), rows=200)), file)
    assert "disk is full" in error.what.en
    assert history.days(KEY) == [DAY]
    event.remove(engine, "connect", fill)
    assert history.store(demo(at(21), rows=200)) is True


LIMITED = """
import resource, sys
from kis_xl.errors import KisError
from tests.history_kit import *

file = Path(sys.argv[1]) / "history" / "history.sqlite"
history = History(DataFolder(Path(sys.argv[1])))
history.store(demo(at(16)))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10_000, hard))
try:
    history.store(demo(at(18), rows=2000))
except KisError as error:
    print(type(error).__name__, str(file) in str(error), error.__context__)
print(len(history.days(KEY)))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(history.store(demo(at(18), rows=2000)), len(history.days(KEY)))
"""


@POSIX_ONLY
def test_a_disk_that_takes_no_more_loses_nothing(home: Path) -> None:
    """Here it is the operating system that refuses to write."""
    assert said(python(LIMITED, home)) == "OutputError True None\n1\nTrue 2\n"


READ_ONLY = """
import os
from contextlib import suppress
from kis_xl.errors import KisError
from tests.history_kit import *

home = Path(sys.argv[1])
places = [home / "history" / "history.sqlite", home / "history", home]
with closing(history_at(str(home))) as history:
    history.days(KEY)  # the libraries are loaded by who may read them
writer = None
if sys.argv[2] == "open":  # somebody writes, and what is written is not in the file itself yet
    writer = sqlite3.connect(places[0], isolation_level=None)
    writer.execute("BEGIN")
    writer.execute("SELECT * FROM kis_snapshot").fetchall()
    with closing(history_at(str(home))) as other:
        other.store(balance(at(21), totals=worth(7)))
for place in (*places[1].iterdir(), *places[1:]):
    place.chmod(0o500 if place.is_dir() else 0o400)
    if os.geteuid() == 0:
        os.chown(place, 65534, 65534)
if os.geteuid() == 0:  # nothing is read-only to root
    os.setgid(65534)
    os.setuid(65534)
with closing(history_at(str(home))) as history:
    for act in (lambda: history.store(balance(at(22))), lambda: history.days(KEY), lambda: history.series(KEY, SUMMARY["nass_amt"])):
        try:
            print(act())
        except KisError as error:
            print(type(error).__name__, str(places[0]) in str(error), error.__context__)
if writer is not None:
    writer.close()
"""
A_DAY = "datetime.date(2026, 11, 20)"
A_DAY_MORE = "datetime.date(2026, 11, 21)"


@pytest.fixture
def shared_home() -> Iterator[Path]:
    """A folder that others can enter, unlike pytest's, with a stored day in it."""
    home = Path(tempfile.mkdtemp())
    with closing(History(DataFolder(home))) as history:
        history.store(balance(totals=worth(5)))
    home.chmod(0o755)
    yield home
    for place in (home, home / "history"):
        place.chmod(0o700)
    shutil.rmtree(home)


@POSIX_ONLY
@pytest.mark.parametrize(
    ("state", "days", "series"),
    [("closed", f"[{A_DAY}]", f"[({A_DAY}, 5)]"), ("open", f"[{A_DAY}, {A_DAY_MORE}]", f"[({A_DAY}, 5), ({A_DAY_MORE}, 7)]")],
)
def test_what_is_read_only_is_read(shared_home: Path, state: str, days: str, series: str) -> None:
    """On a read-only disk, or in another user's folder; a store there is refused with a word."""
    process = python("import sys, sqlite3\nfrom contextlib import closing\n" + READ_ONLY, shared_home, state)
    assert said(process) == f"OutputError True None\n{days}\n{series}\n"


def test_what_was_read_without_locks_while_somebody_wrote_is_read_again(
    history: History, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import event  # noqa: PLC0415

    history.store(balance(at(16)))
    backend = history._records().database.backend
    assert isinstance(backend, sqlite.SQLite)
    opened: list[object] = []

    def refuse() -> None:
        opened.append(None)
        raise sqlite3.OperationalError("unable to open database file")

    def write(_: object) -> None:
        if len(opened) == 1:
            with closing(History(DataFolder(home))) as other:
                other.store(balance(at(17)))

    monkeypatch.setattr(backend, "_connect", refuse)
    event.listen(backend.reader, "begin", write)
    assert len(history.days(KEY)) == 2
    assert len(opened) == 2


def test_a_file_that_cannot_be_opened_is_told(history: History, file: Path) -> None:
    file.mkdir(parents=True)
    for act in everything(history):
        told(OutputError, act, file)
    assert file.is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    with closing(History(DataFolder(tmp_path / "home"))) as history:
        with pytest.raises(ConfigError, match="data folder"):
            history.store(balance())
        if sys.platform.startswith("win"):  # it says no more than that there is no such path, as where nothing has been stored yet
            assert history.days(KEY) == []
        else:
            told(OutputError, lambda: history.days(KEY), tmp_path / "home" / "history" / "history.sqlite")


# the file


@pytest.mark.parametrize("damaged", [False, True])
def test_no_connection_stays_open(history: History, file: Path, damaged: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    history.store(balance())
    if damaged:
        file.write_bytes(b"this is not a database. " * 100)
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*given: Any, **more: Any) -> sqlite3.Connection:
        made.append(connect(*given, **more))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    for act in everything(history):
        with suppress(DataError):
            act()
    assert len(made) == 5
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_nothing_is_held_between_calls(history: History, file: Path) -> None:
    history.store(balance())
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    history.store(balance(at(21)))
    copy.replace(file)
    assert history.days(KEY) == [DAY]
    shutil.rmtree(file.parent.parent)
    assert history.days(KEY) == []
    assert history.store(balance(at(22))) is True
    assert history.days(KEY) == [date(2026, 11, 22)]


def test_a_history_that_was_closed_opens_again(history: History) -> None:
    history.close()
    history.store(balance())
    history.close()
    history.close()
    assert history.days(KEY) == [DAY]


def test_an_empty_file_is_an_empty_history(history: History, file: Path) -> None:
    """A process that was killed between making the file and its tables leaves one."""
    file.parent.mkdir(parents=True)
    file.touch()
    assert history.days(KEY) == []
    assert history.store(balance()) is True
