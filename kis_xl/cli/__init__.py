"""The command line, `kis-xl`: one small module a command; a module is loaded when its command is called."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback

import click

from kis_xl import __version__
from kis_xl.errors import ArgumentError, KisError
from kis_xl.language import Text
from kis_xl.redaction import redact

_COMMANDS: dict[str, Text] = {
    "demo": Text(
        "계좌 없이 체험: 시뮬레이터에서 잔고를 읽어 보고서를 만듭니다", "try it with no account: page a simulated one and write a report"
    ),
    "balance": Text("보유종목과 계좌 합계를 표나 JSON으로 보여 줍니다", "show holdings and totals, as a table or as JSON"),
    "export": Text("잔고를 조회해 보고서(.xlsx)를 만듭니다", "fetch the balance and write the report (.xlsx)"),
    "simulator": Text("모의 KIS 서버를 이 컴퓨터에서 실행합니다", "run a simulated KIS server on this machine"),
}


class _Commands(click.Group):
    """Knows its commands by name, so that `--help` and each command load only what they need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"kis_xl.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101
        if not any(parameter.name == "debug" for parameter in command.params):
            command.params.append(_debug_option())
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(Text("명령", "Commands").in_()):
            formatter.write_dl([(name, what.in_()) for name, what in _COMMANDS.items()])


def _debug_option() -> click.Option:
    shown = Text("오류가 나면 자세한 내용을 함께 보여 줍니다", "show where an error comes from").in_()
    return click.Option(["--debug"], is_flag=True, expose_value=False, help=shown)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"kis-xl {__version__}")
        ctx.exit()


_cli = _Commands(
    name="kis-xl",
    help=Text("한국투자증권 계좌 잔고를 Excel로.", "Your Korea Investment & Securities balance in Excel.").in_(),
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_show_version,
            help=Text("버전을 보여 줍니다", "show the version").in_(),
        ),
        _debug_option(),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code of the contract. `arguments` default to the process's."""
    _speak_utf8()
    arguments = sys.argv[1:] if arguments is None else arguments
    _set_up_log("--debug" in arguments)
    try:
        return int(_cli.main(arguments, prog_name="kis-xl", standalone_mode=False) or 0)
    except BrokenPipeError:  # `kis-xl balance | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.Abort, KeyboardInterrupt):
        click.echo(Text("중단했습니다.", "interrupted").in_(), err=True)
        return 130
    except Exception as error:  # noqa: BLE001 (a bug is told in one line too)
        return _tell(error, "--debug" in arguments)


def _speak_utf8() -> None:
    """Write UTF-8 into files and pipes: on Windows they would get a code page that lacks Hangul, or the rest."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", **({} if stream.isatty() else {"encoding": "utf-8"}))


def _set_up_log(debug: bool) -> None:
    """What was retried and came right is told to those who ask; the others see the result."""
    logger = logging.getLogger("kis_xl")
    logger.handlers[:] = [logging.StreamHandler() if debug else logging.NullHandler()]
    logger.setLevel(logging.DEBUG if debug else logging.NOTSET)


def _tell(error: Exception, debug: bool) -> int:
    """Tell `error` in one line, what to do in another; the exit code."""
    if debug:
        click.echo(redact("".join(traceback.format_exception(error))), err=True)
    shown = _as_kis_error(error)
    click.echo(f"error: {shown.code}: {_one_line(shown.message())}", err=True)
    if shown.hint.in_():
        click.echo(f"hint: {_one_line(shown.hint.in_())}", err=True)
    return shown.exit_code


def _as_kis_error(error: Exception) -> KisError:
    if isinstance(error, KisError):
        return error
    if isinstance(error, click.ClickException):
        name = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "kis-xl"
        what = error.format_message()
        return ArgumentError(Text(what, what), Text(f"`{name} --help` 로 사용법을 보세요.", f"`{name} --help` shows how it is used."))
    what = f"{type(error).__name__}: {error}"
    hint = Text(
        "kis_xl의 버그입니다. --debug 로 다시 실행한 내용을 알려 주세요.",
        "This is a bug in kis_xl. Run it again with --debug and report what it shows.",
    )
    return KisError(Text(what, what), hint)


def _one_line(text: str) -> str:
    return " ".join(text.split())
