"""The daily workbook: what the balance inquiry gave, on sheets that explain themselves.

sheets: what stands on each sheet · book: from sheets to a file
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path

from kis_xl.datafolder import write_atomically
from kis_xl.errors import OutputError, reason_of
from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.report import sheets
from kis_xl.report.book import write_book

_LONGEST_NAME = 180


def write_report(balance: Balance, path: Path, language: Language) -> Path:
    """Write the report of `balance` to `path`, whole or not at all; the path. Raises OutputError."""
    contents = [
        sheets.holdings(balance, language),
        sheets.account(balance, language),
        sheets.fields(language),
        sheets.provenance(balance, language),
    ]
    title = f"{balance.name} {balance.as_of:%Y-%m-%d}"
    target = path
    try:
        target = path.resolve()  # a link stays a link, and what it leads to is replaced
        if target.exists() and not target.is_file():
            fault = _not_written(path, "not a regular file")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, _made(contents, title), keep_mode=True)
            return path
    except OSError as error:
        fault = _not_written(path, reason_of(error), error.errno)
    raise fault


def _made(contents: list[sheets.Sheet], title: str) -> bytes:
    """The workbook's bytes. It is made in the system's folder for temporary files, which may be full by itself."""
    try:
        return write_book(contents, title)
    except OSError as error:
        reason, number = reason_of(error), error.errno
    raise _not_written(Path(tempfile.gettempdir()), reason, number)


def report_name(balance: Balance) -> str:
    """`KIS_<account name>_<date>.xlsx`, without what a file name cannot hold on one of the systems."""
    name = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", balance.name).strip(" .") or "account"
    shortened = name.encode()[:_LONGEST_NAME].decode(errors="ignore")  # file systems count bytes, and Hangul takes three
    return f"KIS_{shortened}_{balance.as_of:%Y-%m-%d}.xlsx"


def _not_written(path: Path, reason: str, number: int | None = None) -> OutputError:
    hint = Text(
        "폴더의 권한을 확인하거나 --output 으로 다른 곳을 지정하세요.",
        "Check the folder's permissions, or name another place with --output.",
    )
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        hint = Text("디스크 공간을 비운 뒤 다시 시도하세요.", "Free some disk space and try again.")
    elif os.name == "nt" and path.exists():
        hint = Text("Excel에서 이 파일을 닫고 다시 시도하세요.", "Close the file in Excel and try again.")
    return OutputError(Text(f"파일을 쓸 수 없습니다: {path} ({reason})", f"the file cannot be written: {path} ({reason})"), hint)
