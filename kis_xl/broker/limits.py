"""Call limits that hold over all processes of the machine.

The service counts calls per app key, and Excel, a scheduled export and a terminal share one. The counting is
pyrate-limiter's, in a SQLite file per app key; its Redis bucket has the same three methods, for teams whose machines
share a key.

The bucket is used directly rather than through the library's `Limiter`: that one takes the time before it has the
lock and lets it drift while it waits, so that under contention calls leave closer together than they are recorded.
Here the time is taken inside the lock.
"""

from __future__ import annotations

import math
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout
from pyrate_limiter import Rate as LibraryRate
from pyrate_limiter import RateItem, SQLiteBucket

from kis_xl.errors import ConfigError, KisError, RateLimitError
from kis_xl.language import Text
from kis_xl.policy import Rate
from kis_xl.redaction import get_logger

_log = get_logger(__name__)

_NAME = "call"
_TABLE = "calls_4"  # the library's layout, by its major version: another layout gets another table
_CLOCK_SLACK_MS = 1_000


class Slots:
    """The calls that one app key may make. `file` is shared by everyone who uses the key; `rate` None is no limit."""

    def __init__(self, file: Path, rate: Rate | None, longest_wait: float) -> None:
        self._file = file
        self._rate = rate
        self._longest_wait = longest_wait
        self._lock = FileLock(f"{file}.lock", mode=0o600, poll_interval=0.005)
        self._bucket: SQLiteBucket | None = None

    def take(self) -> None:
        """Wait for a free slot and take it. RateLimitError when none comes in time."""
        if self._rate is None:
            return
        started = time.monotonic()
        while True:
            left = self._longest_wait - (time.monotonic() - started)
            wait = self._try(max(left, 0.0))
            if wait == 0.0:
                return
            if wait > left:
                raise self._none_free()
            time.sleep(wait)

    def left(self) -> int | None:
        """How many slots are free now, None for no limit. Takes none."""
        if self._rate is None:
            return None
        if not self._file.exists():
            return self._rate.calls
        try:
            with self._lock.acquire(timeout=1):
                bucket = self._bucket or self._open()
                bucket.leak(bucket.now())  # type: ignore[no-untyped-call]
                return max(self._rate.calls - bucket.count(), 0)
        except (Timeout, sqlite3.Error, OSError):
            return 0  # as busy, or as broken, as it gets; the next call tells which

    def close(self) -> None:
        """Let go of the file."""
        if self._bucket is not None:
            self._bucket.close()  # type: ignore[no-untyped-call]
            self._bucket = None

    def _try(self, patience: float) -> float:
        """Take a slot if there is one: 0.0, otherwise the seconds until there may be one."""
        try:
            with self._lock.acquire(timeout=patience):
                return self._count_or_start_anew()
        except Timeout:
            fault: KisError = self._none_free()
        except (sqlite3.Error, OSError) as error:
            fault = ConfigError(
                Text(
                    f"호출 횟수를 기록할 수 없습니다: {self._file} ({error})", f"the call counter cannot be written: {self._file} ({error})"
                ),
                Text(
                    "KIS_XL_HOME 폴더의 권한과 남은 공간을 확인하세요.", "Check the permissions and free space of the folder KIS_XL_HOME."
                ),
            )
        raise fault

    def _count_or_start_anew(self) -> float:
        try:
            return self._count()
        except sqlite3.OperationalError:  # the disk is full or read-only: a new file would fare no better
            raise
        except sqlite3.DatabaseError as error:
            _log.warning("the call counter %s is unreadable (%s) and starts anew", self._file.name, error)
        self.close()
        for file in self._file.parent.glob(f"{self._file.name}*"):
            if not file.name.endswith(".lock"):
                file.unlink(missing_ok=True)
        return self._count()

    def _count(self) -> float:
        bucket = self._bucket or self._open()
        now: int = bucket.now()  # type: ignore[no-untyped-call]
        newest = bucket.peek(0)
        if newest is not None and newest.timestamp > now + _CLOCK_SLACK_MS:
            # the clock was set back: calls recorded in the future would block until it has caught up
            bucket.flush()
        bucket.leak(now)
        item = RateItem(_NAME, now)
        if bucket.put(item):
            return 0.0
        return max(int(bucket.waiting(item)), 1) / 1000  # type: ignore[arg-type]  # this bucket is not asynchronous

    def _open(self) -> SQLiteBucket:
        assert self._rate is not None  # noqa: S101 (take() has looked)
        with closing(sqlite3.connect(self._file)) as probe:  # a broken file shows here, where it can be closed and removed
            probe.execute("PRAGMA schema_version")
        rate = LibraryRate(self._rate.calls, math.ceil(self._rate.seconds * 1000))
        bucket = SQLiteBucket.init_from_file([rate], table=_TABLE, db_path=str(self._file))
        # no fsync a call: what a power cut loses here is older than a second once the machine is up again
        bucket.conn.execute("PRAGMA journal_mode=WAL").close()
        bucket.conn.execute("PRAGMA synchronous=OFF").close()
        self._bucket = bucket
        return bucket

    def _none_free(self) -> RateLimitError:
        seconds = f"{self._longest_wait:g}"
        return RateLimitError(
            Text(f"{seconds}초 안에 호출하지 못했습니다(한도 초과).", f"no call could be made within {seconds} s: the limit is used up"),
            Text(
                "같은 앱키로 조회 중인 다른 kis_xl이 끝난 뒤 다시 시도하세요.",
                "Try again when the other kis_xl processes that use this app key are done.",
            ),
        )
