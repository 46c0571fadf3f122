"""What was put where, so that it can be undone: that, and nothing else.

A file in the data folder, `installation/record.json`, is written after each step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from kis_xl import __version__, kst
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import DataError, OutputError, reason_of
from kis_xl.language import Text

Kind = Literal["folder", "workbook", "shortcut", "trusted", "script"]

_PART: Final = "installation"
_FILE: Final = "record.json"
_FORMAT: Final = 1


@dataclass(frozen=True)
class Put:
    """One thing that was put somewhere.

    `where` is its path, or the registry key of a trusted location. `holds` tells what it held when it was put there: the
    SHA-256 of a file, the folder that is trusted, the file that a shortcut opens. `made` is the topmost registry key that
    had to be made for it.
    """

    kind: Kind
    where: str
    holds: str = ""
    made: str = ""


@dataclass(frozen=True)
class Record:
    """All that is in place, in the order in which it was put; by which version, and when (ISO, KST)."""

    package: str = __version__
    time: str = ""
    refresh_on_open: bool = True
    puts: tuple[Put, ...] = ()

    def of(self, kind: Kind) -> tuple[Put, ...]:
        """The things of one kind."""
        return tuple(put for put in self.puts if put.kind == kind)

    def find(self, kind: Kind, where: str | Path) -> Put | None:
        """The thing of that kind at that place."""
        return next((put for put in self.of(kind) if put.where == str(where)), None)


def recorded(folder: DataFolder) -> Record | None:
    """What is recorded in a data folder, None where nothing is. Raises DataError where the record cannot be read."""
    path = folder.path / _PART / _FILE
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else type(error).__name__
    raise DataError(
        Text(f"설치 기록을 읽을 수 없습니다: {path} ({reason})", f"the record of the installation cannot be read: {path} ({reason})"),
        Text(
            "이 파일을 지우고 `kis-xl install` 을 다시 실행하세요: 있는 것은 그대로 쓰고 다시 기록합니다.",
            "Delete that file and run kis-xl install again: what is there is kept and recorded anew.",
        ),
    )


class Journal:
    """The record of a data folder while it changes: each change is on the disk before the next step."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self.record = recorded(folder) or Record()

    def begin(self, *, refresh_on_open: bool) -> None:
        """Write the record, which also shows that it can be written. Raises OutputError or ConfigError."""
        self.record = replace(self.record, refresh_on_open=refresh_on_open)
        self._save()

    def add(self, put: Put) -> None:
        """Record a thing, in place of what was recorded for its place. Raises OutputError."""
        known = self.record.find(put.kind, put.where)
        made = put.made or (known.made if known else "")
        self.record = replace(self.record, puts=(*self._others(put), replace(put, made=made)))
        self._save()

    def drop(self, put: Put) -> None:
        """Record that a thing is no longer there. Raises OutputError."""
        self.record = replace(self.record, puts=tuple(self._others(put)))
        self._save()

    def end(self) -> None:
        """Remove the record where nothing is left in it."""
        if not self.record.puts:
            with suppress(OSError):
                (self._folder.path / _PART / _FILE).unlink()
                (self._folder.path / _PART).rmdir()

    def _others(self, put: Put) -> Iterator[Put]:
        return (known for known in self.record.puts if (known.kind, known.where) != (put.kind, put.where))

    def _save(self) -> None:
        self.record = replace(self.record, package=__version__, time=kst.now().isoformat(timespec="seconds"))
        path = self._folder.part(_PART) / _FILE
        try:
            write_atomically(path, json.dumps({"format": _FORMAT, **asdict(self.record)}, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            reason = reason_of(error)
        else:
            return
        raise OutputError(
            Text(f"설치 기록을 쓸 수 없습니다: {path} ({reason})", f"the record of the installation cannot be written: {path} ({reason})"),
            Text("디스크의 남은 공간과 폴더의 권한을 확인하세요.", "Check the space left on the disk and the folder's permissions."),
        )


def hash_of(path: Path) -> str | None:
    """The SHA-256 of a file, None where there is none. Raises OutputError for one that cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        reason = reason_of(error)
    raise OutputError(
        Text(f"파일을 읽을 수 없습니다: {path} ({reason})", f"the file cannot be read: {path} ({reason})"),
        Text("다른 프로그램에서 열려 있으면 닫고, 권한을 확인하세요.", "Close it where it is open, and check its permissions."),
    )


def _read(data: dict[str, Any]) -> Record:
    if data["format"] != _FORMAT:
        raise ValueError("another format")
    puts = tuple(Put(**{name: str(value) for name, value in put.items()}) for put in data["puts"])  # type: ignore[arg-type]
    if any(put.kind not in get_args(Kind) for put in puts):
        raise ValueError("an unknown kind")
    return Record(str(data["package"]), str(data["time"]), bool(data["refresh_on_open"]), puts)
