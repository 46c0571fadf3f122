"""The command line, `kis-xl`: one small module a command; a module is loaded when its command is called."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from contextlib import suppress

import click

from kis_xl import __version__
from kis_xl.language import Text

_COMMANDS: dict[str, Text] = {
    "demo": Text(
        "계좌 없이 체험: 시뮬레이터에서 잔고를 읽어 보고서를 만듭니다", "try it with no account: page a simulated one and write a report"
    ),
    "balance": Text("보유종목과 계좌 합계를 표나 JSON으로 보여 줍니다", "show holdings and totals, as a table or as JSON"),
    "export": Text("잔고를 조회해 보고서(.xlsx)를 만듭니다", "fetch the balance and write the report (.xlsx)"),
    "workbook": Text("이 컴퓨터에 맞춘 Excel 통합 문서를 만듭니다", "make the Excel workbook for this machine"),
    "simulator": Text("모의 KIS 서버를 이 컴퓨터에서 실행합니다", "run a simulated KIS server on this machine"),
}


class _Formatter(click.HelpFormatter):
    """click's own headings in the user's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or Text("사용법: ", "Usage: ").in_())

    def write_heading(self, heading: str) -> None:
        super().write_heading(Text("옵션", "Options").in_() if heading == "Options" else heading)


class _Context(click.Context):
    formatter_class = _Formatter


class _Commands(click.Group):
    """Knows its commands by name, so that `--help` and each command load only what they need."""

    context_class = _Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(f"kis_xl.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101
        if not any(parameter.name == "debug" for parameter in command.params):
            command.params += [_debug_option(), _help_option()]
        command.context_class = _Context
        command.add_help_option = False
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


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(ctx.get_help())
        ctx.exit()


def _help_option() -> click.Option:
    shown = Text("이 도움말을 보여 줍니다", "show this message").in_()
    return click.Option(["-h", "--help"], is_flag=True, expose_value=False, is_eager=True, callback=_show_help, help=shown)


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
        _help_option(),
    ],
    add_help_option=False,
    subcommand_metavar=Text("명령 [인자]...", "COMMAND [ARGS]...").in_(),
    options_metavar=Text("[옵션]", "[OPTIONS]").in_(),
    context_settings={"max_content_width": 110},
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code of the contract. `arguments` default to the process's."""
    _set_up_streams()
    if arguments is None:
        arguments = sys.argv[1:]
        _end_tidily()
    debug = "--debug" in arguments
    if debug:
        _show_log()
    try:
        code = int(_cli.main(arguments or ["--help"], prog_name="kis-xl", standalone_mode=False, obj=debug) or 0)
        sys.stdout.flush()  # a full disk shows here, not when the interpreter ends
    except SystemExit as ended:
        # click and rich end with 1 when the reader of a pipe has gone (`kis-xl balance | head`): that is no failure
        _drop_stdout()
        return 0 if ended.code == 1 else int(ended.code or 0)
    except (click.Abort, KeyboardInterrupt):
        click.echo(Text("중단했습니다.", "interrupted").in_(), err=True)
        return 130
    except Exception as error:  # noqa: BLE001 (a bug is told in one line too)
        if isinstance(error, OSError):
            gone = error.errno in (errno.EPIPE, errno.EINVAL) and _reader_has_gone()
            _drop_stdout()
            if gone:
                return 0
        from kis_xl.cli.telling import tell  # noqa: PLC0415 (only when there is something to tell)

        return tell(error, debug=debug)
    return code


def _set_up_streams() -> None:
    """Write UTF-8 into files and pipes: on Windows they would get a code page that lacks Hangul, or the rest."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 (until the process ends)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", **({} if stream.isatty() else {"encoding": "utf-8"}))


def _end_tidily() -> None:
    """Ended by the system (at shutdown, by a scheduler), clean up as at any other end: temporary files, connections."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _reader_has_gone() -> bool:
    """Whether standard output is a pipe that nobody reads: then nothing can be written, not even the end of a line.

    Windows reports that as an invalid argument, which alone could mean anything.
    """
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _drop_stdout() -> None:
    """What could not be written would be tried again when the interpreter ends, and fail again, noisily."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_log() -> None:
    """What was retried and came right is told to those who ask; the others see the result."""
    import logging  # noqa: PLC0415 (`--help` need not wait for it)

    logger = logging.getLogger("kis_xl")
    logger.handlers[:] = [logging.StreamHandler()]
    logger.setLevel(logging.DEBUG)
