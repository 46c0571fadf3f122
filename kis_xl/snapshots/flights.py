"""One fetch under way, which anybody may wait for, watch or call off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kis_xl.errors import Cancelled, KisError
from kis_xl.language import NO_TEXT, Text
from kis_xl.models import Balance
from kis_xl.redaction import get_logger

if TYPE_CHECKING:
    from kis_xl.broker import Progress

_log = get_logger(__name__)


class Flight:
    """A fetch in a thread of its own. `balance` or `error` is set when it is `done`.

    The thread is a daemon: Excel's end does not wait for the network.
    """

    def __init__(self, fetch: Callable[[Flight], Balance], landed: Callable[[Flight], None]) -> None:
        self.balance: Balance | None = None
        self.error: KisError | None = None
        self.pages = 0
        self._fetch = fetch
        self._landed = landed
        self._done = threading.Event()
        self._called_off = threading.Event()
        self._started = time.monotonic()

    def start(self) -> None:
        """Take off."""
        threading.Thread(target=self._run, name="kis_xl fetch", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._done.is_set()

    @property
    def called_off(self) -> bool:
        """Whether it is to end with nothing changed; who asks now wants another one."""
        return self._called_off.is_set()

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._started

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, at most so many seconds; whether it has."""
        return self._done.wait(seconds)

    def call_off(self) -> None:
        """Have it end at the next page. What it has read by then is dropped."""
        self._called_off.set()

    def watch(self, progress: Progress) -> None:
        """Called by the broker after each page. Raises Cancelled when the flight was called off."""
        self.pages = progress.pages
        self.check()

    def check(self) -> None:
        """Raise Cancelled when the flight was called off."""
        if self._called_off.is_set():
            raise Cancelled(Text("조회를 취소했습니다.", "the fetch was cancelled"), Text("다시 조회하세요.", "Ask again."))

    def result(self) -> Balance:
        """The balance; raises what the fetch raised."""
        if self.balance is None:
            assert self.error is not None  # noqa: S101 (one of the two is set)
            raise self.error.with_traceback(None)  # raised again and again, it would keep every frame that it passed
        return self.balance

    def _run(self) -> None:
        try:
            self.balance = self._fetch(self)
        except KisError as error:
            self.error = error
            if not isinstance(error, Cancelled):
                _log.error("the fetch failed: %s: %s", error.code, error.message("en"))
        except Exception as error:  # noqa: BLE001 (a bug must end the flight too: cells and buttons are waiting for it)
            _log.exception("a fetch ended with a bug")
            self.error = KisError(Text(f"내부 오류: {type(error).__name__}", f"internal error: {type(error).__name__}"), NO_TEXT)
        finally:
            self._landed(self)
            self._done.set()
