"""What a workbook of ours says about itself, without a word to the user: properties of the file, which Excel keeps when it saves.

They are read with the standard library alone, so that a check of the installation is quick and needs no Excel.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from kis_xl.errors import DataError, OutputError, reason_of
from kis_xl.language import LANGUAGES, Language, Text

VERSION: Final = "kis_xl_version"
EDITION: Final = "kis_xl_edition"
LANGUAGE: Final = "kis_xl_language"
INTERPRETER: Final = "kis_xl_interpreter"
XLWINGS: Final = "kis_xl_xlwings"
PERSONAL: Final = "personal"
SHARED: Final = "shared"
LEGACY: Final = "legacy"

_PART: Final = "docProps/custom.xml"
_LARGEST: Final = 1_000_000
_LONGEST: Final = 255  # of a property, in Excel
_PROPERTY: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/custom-properties}property"


@dataclass(frozen=True)
class WorkbookFacts:
    """Which package made a workbook, and for whom. `interpreter` and `xlwings` (a version) are a personal one's, else empty."""

    version: str
    language: Language
    personal: bool
    legacy: bool
    interpreter: str = ""
    xlwings: str = ""

    def properties(self) -> dict[str, str]:
        """The file's properties that say this."""
        edition = " ".join((PERSONAL if self.personal else SHARED, *((LEGACY,) if self.legacy else ())))
        said = {VERSION: self.version, EDITION: edition, LANGUAGE: self.language, INTERPRETER: self.interpreter, XLWINGS: self.xlwings}
        return {name: value[:_LONGEST] for name, value in said.items() if value}


def workbook_facts(path: Path) -> WorkbookFacts:
    """What the workbook at `path` says. Raises DataError for a file that is none of ours, OutputError where it cannot be read."""
    try:
        found = facts_in(path)
    except OSError as error:
        reason = reason_of(error)
    else:
        if found is not None:
            return found
        raise DataError(
            Text(f"kis_xl 이 만든 통합 문서가 아닙니다: {path}", f"this is no workbook that kis_xl has made: {path}"),
            Text("`kis-xl workbook` 으로 만드세요.", "Make one with kis-xl workbook."),
        )
    raise OutputError(
        Text(f"통합 문서를 읽을 수 없습니다: {path} ({reason})", f"the workbook cannot be read: {path} ({reason})"),
        Text("경로와 권한을 확인하세요.", "Check its path and its permissions."),
    )


def facts_in(file: Path | IO[bytes]) -> WorkbookFacts | None:
    """What a workbook says, None for a file that is none of ours. Raises OSError."""
    said = _properties(file)
    edition, language = said.get(EDITION, "").split(), said.get(LANGUAGE, "")
    known = edition[:1] in ([PERSONAL], [SHARED]) and language in LANGUAGES
    if not known or not said.get(VERSION):
        return None
    return WorkbookFacts(
        version=said[VERSION],
        language="ko" if language == "ko" else "en",
        personal=edition[0] == PERSONAL,
        legacy=LEGACY in edition,
        interpreter=said.get(INTERPRETER, ""),
        xlwings=said.get(XLWINGS, ""),
    )


def _properties(file: Path | IO[bytes]) -> dict[str, str]:
    """The file's own properties; none where it is no such file."""
    try:
        with zipfile.ZipFile(file) as archive:
            entry = archive.getinfo(_PART)
            data = archive.read(entry) if entry.file_size <= _LARGEST else b""
        root = ET.fromstring(data)  # noqa: S314 (bounded in size, and expat bounds what entities grow to)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError, ET.ParseError):
        return {}
    return {entry.get("name", ""): "".join(entry.itertext()) for entry in root.iter(_PROPERTY)}
