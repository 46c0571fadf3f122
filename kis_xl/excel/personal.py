"""A workbook for one user's machine: it knows the interpreter, and brings xlwings' own VBA of the version installed there.

Made on the machine itself it carries no mark of the web, so Excel does not block its macros. It needs no add-in, no
PATH, and no other version of xlwings can get in its way.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from kis_xl.datafolder import write_atomically
from kis_xl.errors import ConfigError, OutputError, reason_of
from kis_xl.excel import vba
from kis_xl.excel.facts import WorkbookFacts, workbook_facts
from kis_xl.excel.helptexts import help_rows
from kis_xl.excel.interpreter import check_reachable, windowless, xlwings_dll
from kis_xl.excel.ovba import Module, ModuleKind
from kis_xl.excel.workbook import Edition, build
from kis_xl.excel.workbook.edition import Page
from kis_xl.language import Language, Text

__all__ = [
    "FILE_NAME",
    "WorkbookFacts",
    "check_reachable",
    "personal_workbook",
    "shared_workbook",
    "windowless",
    "workbook_facts",
    "write_workbook",
    "xlwings_dll",
]

FILE_NAME: Final = "KISBalance.xlsm"
_ENDING: Final = ".xlsm"
_SHEETS: Final = tuple(page.code_name for page in Page)


def shared_workbook(language: Language = "ko", *, legacy: bool = False) -> bytes:
    """The workbook of the repository: code of ours only, used with the xlwings add-in."""
    return build(Edition(language=language, legacy=legacy), vba.modules(_SHEETS), help_rows(language))


def personal_workbook(language: Language, *, legacy: bool = False, interpreter: Path | None = None, refresh_on_open: bool = False) -> bytes:
    """A workbook for `interpreter` (by default the running one) and the xlwings that is installed beside it.

    With `refresh_on_open` its setting of that name is on at first. Raises ConfigError where xlwings is not installed, or could
    not start the running interpreter.
    """
    found = interpreter or windowless(Path(sys.executable))
    if interpreter is None and os.name == "nt":
        check_reachable(found)
    modules = vba.modules(_SHEETS, _of_xlwings())
    edition = Edition(language, legacy, interpreter=str(found), xlwings=version("xlwings"), refresh_on_open=refresh_on_open)
    return build(edition, modules, help_rows(language))


def write_workbook(data: bytes, path: Path, *, replace: bool) -> Path:
    """Write a workbook to `path`, or into it where it is a folder. Raises OutputError; never replaces one unasked."""
    target = (path / FILE_NAME if path.is_dir() or not path.suffix else path).absolute()
    if target.suffix.lower() != _ENDING:
        raise OutputError(
            Text(f"통합 문서는 .xlsm 파일이어야 합니다: {target.name}", f"a workbook with macros is an .xlsm file: {target.name}"),
            Text("파일 이름을 .xlsm 로 끝내세요.", "End the file's name in .xlsm."),
        )
    if target.exists() and not replace:
        raise OutputError(
            Text(f"이미 있습니다: {target}", f"it is there already: {target}"),
            Text(
                "다른 이름을 쓰거나, 그 안에 만든 시트를 잃어도 되면 --force 를 붙이세요.",
                "Use another name, or --force if sheets that you made in it may be lost.",
            ),
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data, keep_mode=True)
    except OSError as error:
        reason = reason_of(error)
    else:
        return target
    raise OutputError(
        Text(f"통합 문서를 쓸 수 없습니다: {target} ({reason})", f"the workbook cannot be written: {target} ({reason})"),
        Text(
            "Excel에서 열려 있으면 닫고, 폴더의 권한을 확인하세요.", "Close it in Excel if it is open, and check the folder's permissions."
        ),
    )


def _of_xlwings() -> list[Module]:
    """The VBA that the installed xlwings brings for a workbook without its add-in: its module, and a class that Macs lack."""
    spec = find_spec("xlwings")
    for place in [] if spec is None else list(spec.submodule_search_locations or []):
        module, dictionary = Path(place) / "xlwings.bas", Path(place) / "addin" / "Dictionary.cls"
        if module.is_file() and dictionary.is_file():
            return [
                Module("xlwings", module.read_text(encoding="ascii"), ModuleKind.STANDARD),
                Module("Dictionary", dictionary.read_text(encoding="ascii"), ModuleKind.CLASS),
            ]
    raise ConfigError(
        Text("xlwings가 설치되어 있지 않습니다.", "xlwings is not installed"),
        Text("kis_xl의 폴더에서 다시 설치하세요: pip install .", "Install it again, in kis_xl's folder: pip install ."),
    )
