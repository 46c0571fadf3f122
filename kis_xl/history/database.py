"""Transactions on the history, all of each or nothing, whichever database it is in.

What a database has of its own (how it is opened, how a transaction begins, what its errors mean) is a `Backend`:
`sqlite` and `postgresql`. The statements are the same for both.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from kis_xl.errors import ConfigError, KisError
from kis_xl.history import layouts
from kis_xl.language import Text

Result = TypeVar("Result")

#: How long to wait for another program that is writing, in seconds.
PATIENCE: Final = 10.0
_PAUSE: Final = 0.01
#: The execution option of a connection whose transactions write.
WRITES: Final = "kis_writes"


@dataclass(frozen=True)
class Failure:
    """What is told of a database's error. One that is `passing` may be gone when the transaction is tried again."""

    error: KisError
    passing: bool = False


class Backend(ABC):
    """A database product. `shown` is where the history is; it holds no secret."""

    shown: str
    reader: Engine
    writer: Engine
    #: Errors of the driver that SQLAlchemy lets through as they are.
    errors: tuple[type[Exception], ...]

    @abstractmethod
    def make_ready(self) -> None:
        """Before each write. Raises KisError."""

    @abstractmethod
    def check_new(self, connection: Connection) -> None:
        """Before the tables are made. Raises KisError where a history cannot be kept there."""

    @abstractmethod
    def failure(self, error: Exception) -> Failure:
        """What `error`, of SQLAlchemy or the driver, means."""

    @abstractmethod
    def damaged(self) -> KisError:
        """What is told where the tables or values are not what they should be."""

    @abstractmethod
    def size(self, connection: Connection) -> int:
        """How many bytes the history takes."""

    @abstractmethod
    def compact(self) -> None:
        """Give back the room of what was removed."""

    def close(self) -> None:
        """Let go of all connections, and forget compiled statements."""
        self.reader.dispose()
        self.writer.dispose()


class Database:
    """Transactions on a history. Threads may share it: each transaction has a connection of its own."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def read(self, question: Callable[[Connection, int], Result], otherwise: Result) -> Result:
        """The answer to `question` from one state of the history, which has the layout given; `otherwise` where nothing is stored."""

        def ask(connection: Connection) -> Result:
            layout = self._layout(connection)
            return question(connection, layout) if layout else otherwise

        return self._run(lambda: self._in_transaction(self.backend.reader, ask))

    def write(self, change: Callable[[Connection], Result]) -> Result:
        """Make `change`, which nobody sees before it is whole and on the disk, or not at all."""

        def make(connection: Connection) -> Result:
            layout = self._layout(connection)
            if not layout:
                self.backend.check_new(connection)
                layouts.make(connection)
            elif layout < layouts.VERSION:
                layouts.take_forward(connection, layout)
            return change(connection)

        self.backend.make_ready()
        return self._run(lambda: self._in_transaction(self.backend.writer, make))

    def compact(self) -> None:
        """Give back the room of what was removed."""
        self._run(self.backend.compact)

    def close(self) -> None:
        """Let go of the database."""
        self.backend.close()

    @staticmethod
    def _in_transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
        with engine.begin() as connection:
            return work(connection)

    def _run(self, work: Callable[[], Result]) -> Result:
        """Do `work`, again where it failed for a passing reason; it has left nothing behind by then."""
        last_try = time.monotonic() + PATIENCE
        failing: tuple[type[Exception], ...] = (SQLAlchemyError, *self.backend.errors)
        while True:
            try:
                return work()
            except failing as error:
                failure = self.backend.failure(error)
            except (ValueError, ArithmeticError):  # what stands where a number or a date belongs is none
                failure = Failure(self.backend.damaged())
            if not failure.passing or time.monotonic() > last_try:
                break
            time.sleep(_PAUSE)
        # outside the handlers: what the libraries say can hold the values that they were given
        raise failure.error

    def _layout(self, connection: Connection) -> int:
        """The layout, 0 where there is no history. One that is not ours is refused before anything is written."""
        found = layouts.layout_of(connection)
        if found > layouts.VERSION:
            where = self.backend.shown
            raise ConfigError(
                Text(
                    f"잔고 이력을 더 새로운 kis_xl이 만들었습니다: {where} (형식 {found}, 이 버전은 {layouts.VERSION})",
                    f"a newer kis_xl made the history: {where} (layout {found}, this version knows {layouts.VERSION})",
                ),
                Text("kis_xl을 최신 버전으로 올리세요. 이력은 그대로 두었습니다.", "Update kis_xl. The history is left as it is."),
            )
        if found < 0:
            raise self.backend.damaged()
        return found
