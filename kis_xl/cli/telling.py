"""What is told on standard error: errors in one line, what to do in another, and what to doubt in a result."""

from __future__ import annotations

import errno
import traceback

import click

from kis_xl.errors import ArgumentError, KisError, OutputError
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.redaction import redact, shown_message

_OUTPUT_FAULTS = (errno.ENOSPC, errno.EIO, errno.EBADF, getattr(errno, "EDQUOT", errno.ENOSPC))


def tell(error: Exception, *, debug: bool, whose: str = "") -> int:
    """Tell `error` (of the account `whose`, where there are several); the exit code."""
    if debug:
        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    known = _as_kis_error(error)
    of = f"{whose}: " if whose else ""
    click.echo(f"error: {known.code}: {of}{_one_line(known.message())}", err=True)
    if known.hint.in_():
        click.echo(f"hint: {_one_line(known.hint.in_())}", err=True)
    return known.exit_code


def tell_doubts(balance: Balance) -> None:
    """A warning for each failed check, unknown field and holding without a price; silence when all is well."""
    for check in balance.checks():
        if not check.ok:
            _warn(Text(f"검산 불일치({check.caption.ko})", f"check failed ({check.caption.en})"), f"{check.expected:,} ≠ {check.actual:,}")
    for section, key in sorted({(extra.section, extra.key) for extra in balance.extras}):
        _warn(
            Text("API 문서에 없는 항목(보고서에는 넣지 않음)", "a field that the API document does not know (not in the report)"),
            f"{section}.{key}",
        )
    for row in balance.unpriced():
        _warn(Text("시세가 없어 평가금액이 0인 종목", "no price, so its valuation is 0"), f"{row.prdt_name} ({row.pdno})")


def _warn(what: Text, detail: str) -> None:
    click.echo(f"warning: {what.in_()}: {_one_line(redact(detail))}", err=True)


def _as_kis_error(error: Exception) -> KisError:
    if isinstance(error, KisError):
        return error
    if isinstance(error, click.ClickException):
        name = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kis-xl"
        what = shown_message(error.format_message())
        return ArgumentError(Text(what, what), Text(f"`{name} --help` 로 사용법을 보세요.", f"`{name} --help` shows how it is used."))
    if isinstance(error, OSError) and error.errno in _OUTPUT_FAULTS:
        reason = error.strerror or type(error).__name__
        return OutputError(Text(f"결과를 출력할 수 없습니다 ({reason}).", f"the result cannot be written ({reason})"))
    what = f"{type(error).__name__}: {error}"
    hint = Text(
        "kis_xl의 버그입니다. --debug 로 다시 실행한 내용을 알려 주세요.",
        "This is a bug in kis_xl. Run it again with --debug and report what it shows.",
    )
    return KisError(Text(what, what), hint)


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
