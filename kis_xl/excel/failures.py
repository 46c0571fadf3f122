"""From errors to what a cell shows: `#KIS! CODE: message`, which the workbook turns into a true error value."""

from __future__ import annotations

from kis_xl.errors import KisError
from kis_xl.excel.values import MARK, clipped
from kis_xl.language import Language, Text
from kis_xl.redaction import get_logger, one_line, redact

_log = get_logger("kis_xl.excel")

#: The codes that a cell shows as #VALUE!, for what stands in the formula; all others are #N/A.
ARGUMENT_CODES = ("ACCOUNT", "ARGUMENT")
#: A cell has no output: a file that cannot be used is data that is not available.
_SHOWN_AS = {"OUTPUT": "DATA"}
INTERNAL = Text("내부 오류입니다. 로그 파일을 보고 알려 주세요", "a bug; please report it with the log file")


def code_of(error: KisError) -> str:
    """The error's code as cells have it."""
    return _SHOWN_AS.get(error.code, error.code)


def cell(error: KisError, language: Language) -> str:
    """The text for a cell, at most 255 characters."""
    hint = error.hint.in_(language)
    # redacted before it is clipped: half a secret would not be recognized
    return clipped(redact(one_line(f"{MARK} {code_of(error)}: {error.message(language)}" + (f" ({hint})" if hint else ""))))


def of(error: Exception, where: str) -> KisError:
    """`error` as one of ours. What is no KisError is a bug: it is logged whole, and shown by its kind only."""
    if isinstance(error, KisError):
        return error
    _log.error("%s failed", where, exc_info=error)
    return KisError(Text(f"{where}: {INTERNAL.ko} ({type(error).__name__})", f"{where}: {INTERNAL.en} ({type(error).__name__})"))
