"""The command line, `kis-xl`: one small module a command; a module is loaded when its command is called."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import click
import platformdirs

from kis_xl import __version__
from kis_xl.cli.group import CommandGroup
from kis_xl.language import Text, prefer

_LANGUAGE = re.compile(r"""^language\s*=\s*["'](ko|en)["']""", re.MULTILINE)
#: Every command and what it does, in the order of the help text.
COMMANDS: dict[str, Text] = {
    "setup": Text("처음 설정: 계좌, 통합 문서, 예약", "first set-up: account, workbook, schedule"),
    "demo": Text(
        "계좌 없이 체험: 시뮬레이터에서 잔고를 읽어 보고서를 만듭니다", "try it with no account: page a simulated one and write a report"
    ),
    "balance": Text("보유종목과 계좌 합계를 표나 JSON으로 보여 줍니다", "show holdings and totals, as a table or as JSON"),
    "export": Text("잔고를 조회해 보고서(.xlsx)를 만듭니다", "fetch the balance and write the report (.xlsx)"),
    "workbook": Text("이 컴퓨터에 맞춘 Excel 통합 문서를 만듭니다", "make the Excel workbook for this machine"),
    "history": Text("저장된 날들의 잔고: 목록, 한 해, 내보내기", "the stored days: list, a year, export"),
    "accounts": Text("계좌를 추가하고 지우고 이름을 바꿉니다", "add, remove, rename accounts"),
    "install": Text("Excel에 필요한 모든 것을 이 컴퓨터에 설치합니다", "put everything that Excel needs on this machine"),
    "uninstall": Text("install 이 한 일을 되돌립니다", "undo what install did"),
    "schedule": Text("날마다 보고서를 만들도록 예약합니다", "a report every trading day"),
    "doctor": Text("처음부터 끝까지 점검하고 고칠 것을 알려 줍니다", "check the whole chain and say what to mend"),
    "simulator": Text("모의 KIS 서버를 이 컴퓨터에서 실행합니다", "run a simulated KIS server on this machine"),
}

#: They leave the data folder alone, except for what they are told to write.
_APART = ("demo", "simulator")
_EXPLAINING = frozenset(("-h", "--help", "--version"))


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"kis-xl {__version__}")
        ctx.exit()


def _group() -> CommandGroup:
    """All commands, with their help in the user's language, which must be known by now."""
    group = CommandGroup(
        "kis-xl",
        __name__,
        COMMANDS,
        Text("한국투자증권 계좌 잔고를 Excel로.", "Your Korea Investment & Securities balance in Excel."),
        context_settings={"max_content_width": 110},
    )
    shown = Text("버전을 보여 줍니다", "show the version").in_()
    version = click.Option(["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help=shown)
    group.params.insert(0, version)
    return group


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code of the contract. `arguments` default to the process's."""
    _set_up_streams()
    if arguments is None:
        arguments = sys.argv[1:]
        _end_tidily()
    _speak_as_configured()
    debug = "--debug" in arguments
    if debug:
        _show_log()
    if not _is_logged(arguments):
        return _run(arguments, debug=debug)
    from kis_xl.cli import logged  # noqa: PLC0415 (`--help` need not wait for it)

    begun = time.monotonic()
    logged.begin(_home())
    code = _run(arguments, debug=debug)
    logged.end(_home(), _called(arguments), code, time.monotonic() - begun)
    return code


def _run(arguments: list[str], *, debug: bool) -> int:
    """Run the command that `arguments` call, and tell what goes wrong; its exit code."""
    try:
        code = int(_group().main(arguments, prog_name="kis-xl", standalone_mode=False, obj=debug) or 0)
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


def _speak_as_configured() -> None:
    """The language that the configuration file names is known before any command is, since each explains itself in it.

    Only that is read here, and quickly; what is wrong with the file is told by the command that reads all of it.
    """
    if "KIS_XL_LANG" in os.environ:
        return
    with suppress(OSError, UnicodeDecodeError):
        found = _LANGUAGE.search((_home() / "config.toml").read_text(encoding="utf-8-sig").partition("\n[")[0])
        prefer(None if found is None else "ko" if found[1] == "ko" else "en")


def _home() -> Path:
    """The data folder, where it can be told without reading the settings, which may be wrong."""
    named = os.environ.get("KIS_XL_HOME", "").strip()
    try:
        return Path(named).expanduser() if named else platformdirs.user_data_path("kis_xl", appauthor=False)
    except RuntimeError:  # ~somebody who does not exist
        return Path(named)


def _is_logged(arguments: list[str]) -> bool:
    """Whether they call a command that works with the data folder."""
    name = next((each for each in arguments if not each.startswith("-")), "")
    return name in COMMANDS and name not in _APART and not _EXPLAINING.intersection(arguments)


def _called(arguments: list[str]) -> str:
    """`accounts add`: the command and the one inside it, without anything else, which may be a name."""
    name, *others = (each for each in arguments if not each.startswith("-"))
    group = getattr(sys.modules.get(f"{__name__}.{name}"), name, None)
    known = group.list_commands(click.Context(group)) if isinstance(group, CommandGroup) else []
    return " ".join([name, *(each for each in others[:1] if each in known)])


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
    shown = logging.StreamHandler()
    shown.addFilter(lambda record: record.name != __name__)  # what a command tells anyway
    logger.handlers[:] = [shown]
    logger.setLevel(logging.DEBUG)
