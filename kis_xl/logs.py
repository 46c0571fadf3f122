"""The log file: one a day in the data folder, kept two weeks, appended to by all processes, redacted as all logs are."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError
from kis_xl.redaction import get_logger, one_line

KEPT_DAYS: Final = 14
_LOGGER: Final = logging.getLogger("kis_xl")
#: Windows: the byte that whoever writes has locked lies where no line ever is, so that it can be read meanwhile.
_BEYOND: Final = 1 << 40
_TRIES: Final = 200
_audit: Final = get_logger("kis_xl.audit")


class DailyFile(logging.Handler):
    """Appends each record as one line to the file of the day (KST).

    The file is opened for each line: it is written by several processes, some of which live for days, and a line in
    append mode goes in whole. A log that cannot be written never stops what is logged.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.INFO)
        self.folder = folder
        self._pruned: date | None = None

    def path(self) -> Path:
        """Today's file."""
        return self.folder / f"kis_xl-{kst.now():%Y-%m-%d}.log"

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line: time (KST), level, process, module, message."""
        when = kst.now()
        text = record.getMessage() + (f" | {record.exc_text}" if record.exc_text else "")
        line = f"{when:%Y-%m-%dT%H:%M:%S}+09:00 {record.levelname} {os.getpid()} {record.name} {one_line(text)}\n"
        with suppress(OSError):
            handle = os.open(self.path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                _append(handle, line.encode(errors="replace"))
            finally:
                os.close(handle)
            self._prune(when.date())

    def _prune(self, today: date) -> None:
        if self._pruned == today:
            return
        self._pruned = today
        oldest = f"kis_xl-{today - timedelta(days=KEPT_DAYS - 1)}.log"
        for path in self.folder.glob("kis_xl-*.log"):
            if path.name < oldest:
                with suppress(OSError):
                    path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _append(handle: int, line: bytes) -> None:
        """Windows appends in two steps, between which another process may do so too: its line would be overwritten."""
        for _ in range(_TRIES):
            os.lseek(handle, _BEYOND, os.SEEK_SET)
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
                break
            except OSError:
                time.sleep(0.001)
        os.write(handle, line)
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:

    def _append(handle: int, line: bytes) -> None:
        os.write(handle, line)


def log_to(folder: DataFolder) -> Path | None:
    """Have everything of kis_xl logged into `folder`/logs; today's file, None where there can be none."""
    try:
        place = folder.part("logs")
    except ConfigError:
        return None
    for handler in list(_LOGGER.handlers):
        if isinstance(handler, DailyFile):
            if handler.folder == place:
                return handler.path()
            _LOGGER.removeHandler(handler)
    handler = DailyFile(place)
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(min(_LOGGER.level or logging.INFO, logging.INFO))
    return handler.path()


def audit(folder: DataFolder, what: str, *names: str) -> None:
    """Log what was done to the accounts, so that it is known later who went when: `what` takes `names` as in a log message."""
    log_to(folder)
    _audit.info(what, *names)
