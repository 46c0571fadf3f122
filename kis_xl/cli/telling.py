"""What is told of an error: one line that says what happened, one that says what to do, both on standard error."""

from __future__ import annotations

import errno
import traceback

import click

from kis_xl.cli.usage import in_korean
from kis_xl.errors import ArgumentError, KisError, OutputError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import get_logger, one_line, redact, shown_message

_OUTPUT_FAULTS = (errno.ENOSPC, errno.EIO, errno.EBADF, getattr(errno, "EDQUOT", errno.ENOSPC))


def tell(error: Exception, *, debug: bool, whose: str = "") -> int:
    """Tell `error` (of the account `whose`, where there are several); the exit code."""
    if debug:
        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    known = _as_kis_error(error)
    of = f"{whose}: " if whose else ""
    log_error(error, whose)
    click.echo(f"error: {known.code}: {of}{one_line(known.message())}", err=True)
    if known.hint.in_():
        click.echo(f"hint: {one_line(known.hint.in_())}", err=True)
    return known.exit_code


def log_error(error: Exception, whose: str = "") -> None:
    """Have the log of the day say what is told of `error`; of a bug, also where it comes from."""
    known = _as_kis_error(error)
    of = f"{whose}: " if whose else ""
    trace = error if known.code == KisError.code else None
    get_logger("kis_xl.cli").error("%s: %s%s", known.code, of, known.message("en"), exc_info=trace)


def _as_kis_error(error: Exception) -> KisError:
    if isinstance(error, KisError):
        return error
    if isinstance(error, click.ClickException):
        name = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kis-xl"
        said = shown_message(error.format_message())
        return ArgumentError(
            Text(in_korean(said), said),
            Text(f"`{name} --help` 로 사용법을 보세요.", f"`{name} --help` shows how it is used."),
        )
    if isinstance(error, OSError) and error.errno in _OUTPUT_FAULTS:
        reason = reason_of(error)
        return OutputError(Text(f"결과를 출력할 수 없습니다 ({reason}).", f"the result cannot be written ({reason})"))
    what = f"{type(error).__name__}: {error}"
    hint = Text(
        "kis_xl의 버그입니다. --debug 로 다시 실행한 내용을 알려 주세요.",
        "This is a bug in kis_xl. Run it again with --debug and report what it shows.",
    )
    return KisError(Text(what, what), hint)
