"""Where a report goes: in the place of an older one, whole or not at all, and beside one that cannot be replaced now."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from kis_xl.datafolder import write_atomically
from kis_xl.errors import OutputError, reason_of
from kis_xl.language import Text
from kis_xl.report.standing import reason_to_keep

#: What Windows says of a file that another program has open, without letting others in.
_IN_USE: Final = (32, 33)
_PATIENCE: Final = 5
_PAUSE: Final = 0.1
_MOST_BESIDE: Final = 99


def place_report(path: Path, make: Callable[[], bytes], as_of: datetime) -> Path:
    """Put the report of `as_of` (aware) that `make` gives at `path`; the path where it is. Raises OutputError.

    A file that another program has open (Excel does so on Windows) stays as it is, and so does a report of a later balance, or one
    that somebody has edited (`standing`). The new one goes beside it with a number: `name (2).xlsx`.
    """
    try:
        target = _resolved(path)  # a link stays a link, and what it leads to is replaced
        if target.exists() and not target.is_file():
            fault = _not_written(path, "not a regular file")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            written = _put(target, make(), as_of)
            return path if written == target else path.with_name(written.name)
    except OSError as error:
        fault = _not_written(path, reason_of(error), error.errno)
    raise fault


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError:  # before Python 3.13 what a loop of links is
        pass
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _put(target: Path, data: bytes, as_of: datetime) -> Path:
    """Write to the target, or to the first place beside it that is not in use and holds nothing that must be kept."""
    for number in range(1, _MOST_BESIDE):
        place = target if number == 1 else target.with_name(f"{target.stem} ({number}){target.suffix}")
        if reason_to_keep(place, as_of) is None and _replaced(place, data):
            return place
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def _replaced(place: Path, data: bytes) -> bool:
    """Whether the file could be put in place; False where another program has the old one open."""
    tries = _PATIENCE if _is_windows() else 1
    while True:
        tries -= 1
        try:
            write_atomically(place, data, keep_mode=True)
        except PermissionError:
            if _is_windows() and is_in_use(place):
                return False
            if not tries:
                raise
        else:
            return True
        time.sleep(_PAUSE)  # another exporter may just be replacing it, or a virus scanner look at it


def is_in_use(place: Path) -> bool:
    """Whether another program has the file open and lets nobody replace it, as against a folder that cannot be written."""
    try:
        place.rename(place)
    except FileNotFoundError:
        return False
    except OSError as error:
        return getattr(error, "winerror", None) in _IN_USE
    return False


def _is_windows() -> bool:
    return os.name == "nt"


def _not_written(path: Path, reason: str, number: int | None = None) -> OutputError:
    hint = Text(
        "폴더의 권한을 확인하거나 --output 으로 다른 곳을 지정하세요.",
        "Check the folder's permissions, or name another place with --output.",
    )
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        hint = Text("디스크 공간을 비운 뒤 다시 시도하세요.", "Free some disk space and try again.")
    return OutputError(Text(f"파일을 쓸 수 없습니다: {path} ({reason})", f"the file cannot be written: {path} ({reason})"), hint)
