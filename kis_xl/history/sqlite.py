"""The history in a file of the data folder, by SQLite.

The file is let go after each transaction. Nobody waits for another who has it open, the file can be copied, moved or
removed while Excel runs, and what SQLite keeps beside it (`-wal`, `-shm`) goes away. It costs about a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from kis_xl.datafolder import keep_to_owner
from kis_xl.errors import DataError, OutputError, reason_of
from kis_xl.history import database
from kis_xl.history.database import WRITES, Backend, Failure
from kis_xl.language import Text

_LOCKED: Final = Text("다른 프로그램이 쓰는 중", "another program is using it")
_READ_ONLY: Final = Text("읽기 전용", "it is read-only")
_NO_OPENING: Final = Text("열 수 없음", "it cannot be opened")
#: How SQLite's message begins when the file is well but cannot be used now, and what that means.
_TROUBLES: Final = (
    (("database is locked", "database table is locked", "locking protocol"), _LOCKED),
    (("attempt to write a readonly",), _READ_ONLY),
    (("database or disk is full",), Text("디스크가 가득 참", "the disk is full")),
    (("unable to open",), _NO_OPENING),
    (("disk I/O error",), Text("디스크 오류", "the disk reports an error")),
)


class _Stamp(NamedTuple):
    """What changes when somebody writes: the file, and the log of changes beside it."""

    size: int
    changed: int
    logged: int


class _Connection(sqlite3.Connection):
    """`unlocked`: what the file was when it was opened without locks, which nothing else would notice to change."""

    unlocked: _Stamp | None = None


class SQLite(Backend):
    """One file."""

    errors = (sqlite3.Error,)

    def __init__(self, file: Path) -> None:
        self._file = file
        self.shown = str(file)
        self.reader = _engine(self._connect_to_read)
        self.writer = _engine(self._connect).execution_options(**{WRITES: True})
        event.listen(self.reader, "begin", _begin)
        event.listen(self.reader, "commit", self._check_unlocked)
        event.listen(self.writer, "begin", _begin)

    def make_ready(self) -> None:
        """Make the file, owner-only from its beginning; SQLite gives the files beside it the same permissions."""
        try:
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
            keep_to_owner(self._file)
        except OSError as error:
            reason = reason_of(error)
        else:
            return
        raise self._out_of_reach(Text(reason, reason))

    def check_new(self, connection: Connection) -> None:
        """A new file is as we make it."""

    def size(self, connection: Connection) -> int:
        """The file's size, when what is written now is in it."""
        pages, each = (connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
        return int(pages) * int(each)

    def compact(self) -> None:
        """Write the file anew without its holes. It needs as much room again while it does."""
        connection = self._connect()
        try:
            connection.execute("VACUUM")
        finally:
            connection.close()

    def failure(self, error: Exception) -> Failure:
        """SQLite waits for most locks by itself, but not where two processes make the file at the same time."""
        trouble = _trouble(error)
        return Failure(self.damaged()) if trouble is None else Failure(self._out_of_reach(trouble), passing=trouble is _LOCKED)

    def damaged(self) -> DataError:
        """The file is named and left alone."""
        return DataError(
            Text(
                f"잔고 이력 파일이 손상되었거나 kis_xl의 이력이 아닙니다: {self._file}",
                f"the history is damaged, or no history of kis_xl: {self._file}",
            ),
            Text(
                "백업이 있으면 되돌리고, 없으면 파일을 다른 곳으로 옮기세요. 이력을 새로 시작합니다. 파일은 그대로 두었습니다.",
                "Put a backup in its place, or move the file elsewhere: the history then starts anew. The file is left as it is.",
            ),
        )

    def _out_of_reach(self, trouble: Text) -> OutputError:
        return OutputError(
            Text(
                f"잔고 이력 파일을 쓸 수 없습니다: {self._file} ({trouble.ko})",
                f"the history cannot be used: {self._file} ({trouble.en})",
            ),
            Text(
                "KIS_XL_HOME 폴더의 권한과 남은 공간을 확인하고, 다른 kis_xl이 끝난 뒤 다시 시도하세요.",
                "Check the permissions and free space of the folder KIS_XL_HOME, and try again when other kis_xl processes are done.",
            ),
        )

    def _connect(self) -> _Connection:
        """A connection that can write. Python's driver would begin transactions late, and not at all before a table is made."""
        connection = sqlite3.connect(self._file, timeout=database.PATIENCE, isolation_level=None, factory=_Connection)
        try:
            if connection.execute("PRAGMA page_count").fetchone() == (0,):
                # once, in a file of our own making: readers and a writer do not wait for each other from now on
                connection.execute("PRAGMA journal_mode=WAL").close()
            connection.execute("PRAGMA foreign_keys=ON").close()
        except sqlite3.Error:
            connection.close()  # SQLAlchemy 2.0 does not, and Windows lets nobody move an open file away
            raise
        return connection

    def _connect_to_read(self) -> _Connection:
        """A connection that reads, also where nothing can be written: on a read-only disk, in another user's folder."""
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            if _trouble(error) not in (_READ_ONLY, _NO_OPENING) or not self._file.is_file():
                raise
        else:
            return connection
        return self._connect_unlocked()

    def _connect_unlocked(self) -> _Connection:
        """SQLite needs files beside a file that others may write to, and none if it is told that nobody does.

        Whether somebody did is seen by the file's stamp afterwards. Where a log of changes is there, the file is not whole
        without it, and what its writer keeps beside it must do.
        """
        stamp = self._stamp()
        path = quote(self._file.absolute().as_posix())
        unlocked = "" if stamp.logged else "&immutable=1"
        address = f"file://{'' if path.startswith('/') else '/'}{path}?mode=ro{unlocked}"
        connection = sqlite3.connect(address, uri=True, timeout=database.PATIENCE, isolation_level=None, factory=_Connection)
        connection.unlocked = stamp if unlocked else None
        return connection

    def _check_unlocked(self, connection: Connection) -> None:
        opened: Any = connection.connection.dbapi_connection
        if opened.unlocked not in (None, self._stamp()):
            raise sqlite3.OperationalError("database is locked")  # what was read may be half old and half new: again

    def _stamp(self) -> _Stamp:
        file = self._file.stat()
        try:
            logged = self._file.with_name(f"{self._file.name}-wal").stat().st_size
        except FileNotFoundError:
            logged = 0
        return _Stamp(file.st_size, file.st_mtime_ns, logged)


def _engine(connect: Any) -> Engine:
    # an account's figures are not for logs
    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)


def _begin(connection: Connection) -> None:
    # a writer that begins as a reader is refused when another has written meanwhile, however long it waits
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _trouble(error: Exception) -> Text | None:
    """Why the file cannot be used now; None where it is not what it should be."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, sqlite3.OperationalError):
        for beginnings, trouble in _TROUBLES:
            if str(said).startswith(beginnings):
                return trouble
    return None
