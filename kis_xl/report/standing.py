"""The report that already stands where a new one wants to go: whether it may be replaced."""

from __future__ import annotations

import enum
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kis_xl.language import Text

_PROPERTIES: Final = "docProps/core.xml"
_OURS: Final = "kis_xl "
#: No file of properties is nearly as large.
_LARGEST: Final = 1 << 20
_DAMAGED: Final = (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError)


class Reason(enum.Enum):
    """Why a report is left where it is; the value says so, of its file."""

    NEWER = Text("더 나중에 조회한 보고서라 그대로 두었습니다", "holds a balance that was fetched later, and stays as it is")
    EDITED = Text("다른 프로그램에서 고쳐 저장한 보고서라 그대로 두었습니다", "was saved by another program since, and stays as it is")
    IN_USE = Text(
        "다른 프로그램(Excel)에 열려 있어 바꾸지 못했습니다",
        "is open in another program (Excel) and stays as it is",
    )


@dataclass(frozen=True)
class _Report:
    """A report of ours: the time of its balance (UTC), and whether another program has saved it since."""

    as_of: datetime
    is_edited: bool


def reason_to_keep(path: Path, as_of: datetime) -> Reason | None:
    """Why the report of `as_of` (aware) must not take the place of `path`; None where there is no such reason.

    One of ours bears the time of its balance. What is no report of ours is not looked at: whoever names a file means it.
    """
    report = _read(path)
    if report is None:
        return None
    if report.is_edited:
        return Reason.EDITED
    return Reason.NEWER if report.as_of > as_of.astimezone(UTC).replace(microsecond=0) else None


def beside(wanted: Path, written: Path) -> Text:
    """What a user is told of a report that went beside the file whose place it should have taken."""
    report = _read(written)
    why = (report and reason_to_keep(wanted, report.as_of)) or Reason.IN_USE
    return Text(
        f"{wanted.name} 은(는) {why.value.ko}. 새 보고서는 {written.name} 입니다.",
        f"{wanted.name} {why.value.en}; the new report is {written.name}",
    )


def _read(path: Path) -> _Report | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_PROPERTIES).file_size > _LARGEST:
                return None
            said = archive.read(_PROPERTIES).decode()
        as_of = datetime.fromisoformat(_said(said, "created"))
    except _DAMAGED:
        return None
    if as_of.tzinfo is None or not _said(said, "creator").startswith(_OURS):
        return None
    # a report is written with one time and one name; who saves it again leaves other ones
    is_edited = _said(said, "modified") != _said(said, "created") or not _said(said, "lastModifiedBy").startswith(_OURS)
    return _Report(as_of, is_edited)


def _said(properties: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}\b[^>]*>([^<]*)<", properties)
    return found[1] if found else ""
