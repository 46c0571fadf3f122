"""The history on a PostgreSQL server, which a team shares.

psycopg is an extra (`kis-xl[postgres]`): who keeps the history in the data folder needs none of it. Other programs' tables in
the same database are left alone. One writer at a time, as with a file: so two that store the same balance store it once.
"""

from __future__ import annotations

import os
import time
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from kis_xl.errors import ConfigError, DataError, KisError, NetworkError, OutputError
from kis_xl.history import database, schema
from kis_xl.history.database import WRITES, Backend, Failure
from kis_xl.history.place import Server
from kis_xl.language import Text
from kis_xl.redaction import one_line

#: The lock that writers take turns at: any number that no other program of the same database takes.
_LOCK: Final = 0x6B69735F786C  # "kis_xl"
#: What is asked of a connection where neither the address nor the user's environment says otherwise.
_DEFAULTS: Final = {
    "connect_timeout": ("PGCONNECT_TIMEOUT", "10"),
    "application_name": ("PGAPPNAME", "kis_xl"),
    "tcp_user_timeout": ("", "30000"),  # milliseconds: a cell does not wait for a server that is gone
}
#: After a connection that failed, its error is told for so long before another is tried, in seconds.
PAUSE: Final = 20.0
_LONGEST_REASON: Final = 200
_TOLD_AS: Final[dict[str, Text]] = {
    "25006": Text("읽기 전용", "it is read-only"),
    "53100": Text("디스크가 가득 참", "the disk is full"),
    "53200": Text("메모리 부족", "it is out of memory"),
}
_PASSING: Final = ("40001", "40P01", "55P03")  # another program was in the way: serialization, deadlock, lock not available
_CONNECTION: Final = ("08", "53300", "57P01", "57P02", "57P03")
_REFUSED: Final = ("28", "3D", "3F", "42501")
#: The history itself is not as it should be: other tables, other values, or the server's own word for a broken file.
_DAMAGED: Final = ("22", "23", "42", "XX001", "XX002")
#: A time or number that is limited, a disk, what an administrator did: the server says it best, and names no values.
_LIMITED: Final = ("25", "53", "54", "55", "57", "58")


class PostgreSQL(Backend):
    """One database of a server. A connection is kept for the next question: making one takes longer than asking."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.shown = server.shown
        self._driver = _driver()
        self._silent_until = 0.0
        self._last_failure = ""
        self.errors = (self._driver.Error,)
        engine = create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=-1,
            pool_pre_ping=True,
            use_native_hstore=False,
            hide_parameters=True,  # an account's figures are not for logs
        )
        # all statements of a question see one state
        self.reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self.writer = engine.execution_options(**{WRITES: True})
        event.listen(self.writer, "begin", _begin)

    def make_ready(self) -> None:
        """The server is."""

    def check_new(self, connection: Connection) -> None:
        """Names of stocks need Unicode."""
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise ConfigError(
                Text(
                    f"잔고 이력의 데이터베이스가 UTF-8이 아닙니다: {self.shown} ({encoding})",
                    f"the history's database is not in UTF-8: {self.shown} ({encoding})",
                ),
                Text("ENCODING 'UTF8' 로 데이터베이스를 만드세요.", "Create the database with ENCODING 'UTF8'."),
            )

    def size(self, connection: Connection) -> int:
        """The tables with their indexes."""
        sizes = (connection.exec_driver_sql(f"SELECT pg_total_relation_size('{name}')").scalar_one() for name in schema.metadata.tables)
        return sum(map(int, sizes))

    def compact(self) -> None:
        """The server does that by itself (autovacuum)."""

    def failure(self, error: Exception) -> Failure:
        """By SQLSTATE; the driver has none where there was no connection, or it broke."""
        said = error.orig if isinstance(error, DBAPIError) else error
        state = str(getattr(said, "sqlstate", None) or "")
        if state in _PASSING:
            return Failure(self._out_of_use(Text("다른 프로그램이 쓰는 중", "another program is using it")), passing=True)
        if state in _TOLD_AS:
            return Failure(self._out_of_use(_TOLD_AS[state]))
        if state.startswith(_REFUSED):
            return Failure(self._refused(said))
        if state.startswith(_CONNECTION):
            return Failure(self._not_reached(said))
        if state and not state.startswith(_DAMAGED):
            reason = _reason(said) if state.startswith(_LIMITED) else f"SQLSTATE {state}"  # others' words may hold values
            return Failure(self._out_of_use(Text(reason, reason)))
        return Failure(self.damaged() if state else self._without_state(said))

    def _without_state(self, said: object) -> KisError:
        """The driver's own errors: no server has answered."""
        if isinstance(said, (self._driver.OperationalError, self._driver.InterfaceError)):
            return self._not_reached(said)
        if isinstance(said, self._driver.ProgrammingError):  # the address holds what the library does not know
            return self._refused(said)
        return self.damaged()

    def damaged(self) -> DataError:
        """The tables are left alone."""
        return DataError(
            Text(
                f"서버의 잔고 이력이 손상되었거나 kis_xl의 이력이 아닙니다: {self.shown}",
                f"the history on the server is damaged, or no history of kis_xl: {self.shown}",
            ),
            Text(
                "백업을 되돌리거나 다른 데이터베이스를 쓰세요. 표(kis_...)는 그대로 두었습니다.",
                "Restore a backup, or use another database. The tables (kis_...) are left as they are.",
            ),
        )

    def _connect(self) -> Any:
        given = {
            key: value for key, (variable, value) in _DEFAULTS.items() if key not in self._server.stated and variable not in os.environ
        }
        if not self._server.is_local and "PGSSLMODE" not in os.environ and not {"sslmode", "service"} & self._server.stated:
            given["sslmode"] = "require"  # figures do not leave this machine in the clear unless somebody says so
        if time.monotonic() < self._silent_until:  # a sheet of cells does not wait for the same server again and again
            raise self._driver.OperationalError(self._last_failure)
        try:
            return self._driver.connect(self._server.url, **given)
        except self._driver.OperationalError as error:
            self._silent_until, self._last_failure = time.monotonic() + PAUSE, str(error)
            raise

    def _not_reached(self, said: object) -> KisError:
        return NetworkError(
            Text(
                f"잔고 이력 서버에 연결할 수 없습니다: {self.shown} ({_reason(said)})",
                f"the history's server cannot be reached: {self.shown} ({_reason(said)})",
            ),
            Text(
                "서버가 켜져 있는지, 주소(history, KIS_XL_HISTORY_URL)와 비밀번호(~/.pgpass)가 맞는지 확인하세요.",
                "See that the server runs, and check the address (history, KIS_XL_HISTORY_URL) and the password (~/.pgpass).",
            ),
        )

    def _refused(self, said: object) -> KisError:
        return ConfigError(
            Text(
                f"잔고 이력 서버가 거절했습니다: {self.shown} ({_reason(said)})",
                f"the history's server refuses: {self.shown} ({_reason(said)})",
            ),
            Text(
                "주소를 확인하고, 사용자에게 데이터베이스의 표를 만들고 쓸 권한을 주세요.",
                "Check the address, and let the user make and write tables in the database.",
            ),
        )

    def _out_of_use(self, trouble: Text) -> OutputError:
        return OutputError(
            Text(
                f"잔고 이력 서버에 쓸 수 없습니다: {self.shown} ({trouble.ko})",
                f"the history's server cannot be used: {self.shown} ({trouble.en})",
            ),
            Text("서버의 상태를 확인하고 다시 시도하세요.", "Check the state of the server, and try again."),
        )


def _driver() -> Any:
    try:
        return import_module("psycopg")
    except ImportError:  # also where the system lacks PostgreSQL's own library
        pass
    raise ConfigError(
        Text(
            "잔고 이력을 PostgreSQL에 두려면 psycopg 가 필요합니다.",
            "a history on PostgreSQL needs psycopg, which is not installed",
        ),
        Text('설치, kis_xl의 폴더에서: pip install ".[postgres]"', 'Install it, in the folder of kis_xl: pip install ".[postgres]"'),
    )


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(database.PATIENCE * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _reason(said: object) -> str:
    """PostgreSQL's own words about a connection or a permission: they name hosts, users and tables, and no values."""
    return one_line(str(said).partition("\n")[0])[:_LONGEST_REASON]
