"""What the log of the day says of a command: its name, how it ended, how long it took. Its arguments may hold names and are not said."""

from __future__ import annotations

from pathlib import Path

from kis_xl.datafolder import DataFolder
from kis_xl.logs import log_to
from kis_xl.redaction import get_logger

_log = get_logger("kis_xl.cli")


def begin(home: Path) -> None:
    """Have everything logged that happens from now on. Where there is no data folder yet, none is made for that."""
    if home.is_dir():
        log_to(DataFolder(home))


def end(home: Path, name: str, code: int, seconds: float) -> None:
    """The line of a command that has ended; it may have made the data folder, or named another one."""
    begin(home)
    if home.is_dir():
        _log.info("%s: ended with %d in %.1f s", name, code, seconds)
