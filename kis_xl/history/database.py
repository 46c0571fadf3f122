"""The history's file: opened for each transaction, all of it or nothing, and its troubles told in our own words.

The file is let go after each transaction. Nobody waits for another who has it open, the file can be copied, moved or
removed while Excel runs, and what SQLite keeps beside it (`-wal`, `-shm`) goes away. It costs about a millisecond.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from kis_xl.datafolder import keep_to_owner
from kis_xl.errors import ConfigError, DataError, OutputError, reason_of
from kis_xl.history import schema
from kis_xl.language import Text

Result = TypeVar("Result")

#: How long to wait for another program that is writing, in seconds.
PATIENCE: Final = 10.0
_WRITES: Final = "kis_writes"

_PAUSE: Final = 0.01

_LOCKED: Final = Text("다른 프로그램이 쓰는 중", "another program is using it")
#: How SQLite's message begins when the file is well but cannot be used now, and what that means.
_TROUBLES: Final = (
    (("database is locked", "database table is locked", "locking protocol"), _LOCKED),
    (("attempt to write a readonly",), Text("읽기 전용", "it is read-only")),
    (("database or disk is full",), Text("디스크가 가득 참", "the disk is full")),
    (("unable to open",), Text("열 수 없음", "it cannot be opened")),
    (("disk I/O error",), Text("디스크 오류", "the disk reports an error")),
)


class Database:
    """Transactions on one SQLite file. Threads may share it: each transaction has a connection of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._engine = create_engine(
            URL.create("sqlite", database=str(file)),
            connect_args={"timeout": PATIENCE},
            poolclass=NullPool,
            hide_parameters=True,  # an account's figures are not for logs
        )
        _speak_sqlite(self._engine)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    def read(self, question: Callable[[Connection], Result], otherwise: Result) -> Result:
        """The answer to `question` from one state of the history; `otherwise` where nothing is stored."""

        def ask(connection: Connection) -> Result:
            return question(connection) if self._has_tables(connection) else otherwise

        return self._run(self._engine, ask)

    def write(self, change: Callable[[Connection], Result]) -> Result:
        """Make `change`, which nobody sees before it is whole and on the disk, or not at all."""

        def make(connection: Connection) -> Result:
            if not self._has_tables(connection):
                schema.metadata.create_all(connection, checkfirst=False)
                connection.execute(insert(schema.version).values(version=schema.VERSION))
            return change(connection)

        self._keep_to_owner()
        return self._run(self._writer, make)

    def close(self) -> None:
        """Nothing is open between transactions; the engine forgets its compiled statements."""
        self._engine.dispose()

    def _run(self, engine: Engine, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in a transaction, again where the file was locked; `work` has left nothing behind by then."""
        last_try = time.monotonic() + PATIENCE
        while True:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except (SQLAlchemyError, sqlite3.Error) as error:
                trouble = _trouble(error)
            except (ValueError, ArithmeticError):  # what stands where a number or a date belongs is none
                trouble = None
            # SQLite waits for most locks by itself, but not where two processes make the file at the same time
            if trouble is not _LOCKED or time.monotonic() > last_try:
                break
            time.sleep(_PAUSE)
        # outside the handlers: what the libraries say can hold the values that they were given
        raise self._damaged() if trouble is None else self._out_of_reach(trouble)

    def _keep_to_owner(self) -> None:
        """The file, owner-only from its beginning; SQLite gives the files beside it the same permissions."""
        try:
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
            keep_to_owner(self._file)
        except OSError as error:
            reason = reason_of(error)
        else:
            return
        raise self._out_of_reach(Text(reason, reason))

    def _has_tables(self, connection: Connection) -> bool:
        """Whether there is a history. A layout that is not ours is refused before anything is written.

        Looked at in every transaction: another process may be a newer version, or have moved the file away.
        """
        there = inspect(connection).get_table_names()
        if not there:
            return False
        found = connection.scalar(select(func.max(schema.version.c.version))) if schema.version.name in there else None
        if found == schema.VERSION:
            return True
        if found is not None and found > schema.VERSION:
            raise ConfigError(
                Text(
                    f"잔고 이력 파일을 더 새로운 kis_xl이 만들었습니다: {self._file} (형식 {found}, 이 버전은 {schema.VERSION})",
                    f"a newer kis_xl made the history: {self._file} (layout {found}, this version knows {schema.VERSION})",
                ),
                Text("kis_xl을 최신 버전으로 올리세요. 파일은 그대로 두었습니다.", "Update kis_xl. The file is left as it is."),
            )
        raise self._damaged()

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

    def _damaged(self) -> DataError:
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


def _trouble(error: Exception) -> Text | None:
    """Why the file cannot be used now; None where it is not what it should be."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, sqlite3.OperationalError):
        for beginnings, trouble in _TROUBLES:
            if str(said).startswith(beginnings):
                return trouble
    return None


def _speak_sqlite(engine: Engine) -> None:
    """All that is SQLite's own. Python's driver would begin transactions late, and not at all before a table is made."""

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        try:
            connection.isolation_level = None
            if connection.execute("PRAGMA page_count").fetchone() == (0,):
                # once, in a file of our own making: readers and a writer do not wait for each other from now on
                connection.execute("PRAGMA journal_mode=WAL").close()
            connection.execute("PRAGMA foreign_keys=ON").close()
        except sqlite3.Error:
            connection.close()  # SQLAlchemy 2.0 does not, and Windows lets nobody move an open file away
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # a writer that begins as a reader is refused when another has written meanwhile, however long it waits
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
