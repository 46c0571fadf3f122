"""Groups of commands: a module is loaded when its command is called, and every command explains itself in the user's language."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Final

import click

from kis_xl.language import Text, is_wide

#: Stands behind each letter that is two places wide while lines are broken, since the library counts letters.
_WIDE: Final = "\ue000"
#: The library's own words in help texts.
_WORDS: Final = {
    "INTEGER RANGE": "정수",
    "INTEGER": "정수",
    "FLOAT RANGE": "숫자",
    "FLOAT": "숫자",
    "TEXT": "글",
    "[default: ": "[기본값: ",
}


def _as_wide_as_shown(text: str) -> str:
    return "".join(letter + _WIDE if is_wide(letter) else letter for letter in text)


def _in_users_language(text: str) -> str:
    for english, korean in _WORDS.items():
        text = text.replace(english, Text(korean, english).in_())
    return text


class Formatter(click.HelpFormatter):
    """click's own words in the user's language, and lines broken where a terminal would, Hangul being two places wide."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that begins with `Usage:`."""
        super().write_usage(prog, _as_wide_as_shown(args), _as_wide_as_shown(prefix or Text("사용법: ", "Usage: ").in_()))

    def write_text(self, text: str) -> None:
        """A paragraph."""
        super().write_text(_as_wide_as_shown(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Two columns: options or commands, and what they are."""
        wide = [(_as_wide_as_shown(_in_users_language(term)), _as_wide_as_shown(_in_users_language(what))) for term, what in rows]
        super().write_dl(wide, col_max, col_spacing)

    def getvalue(self) -> str:
        """The whole text."""
        return super().getvalue().replace(_WIDE, "")

    def write_heading(self, heading: str) -> None:
        """`Options:` and the like."""
        super().write_heading(Text("옵션", "Options").in_() if heading == "Options" else heading)


class Context(click.Context):
    """Formats help with `Formatter`."""

    formatter_class = Formatter


class CommandGroup(click.Group):
    """Commands by name: `about` says what each does, and the module `package.NAME` holds the function NAME.

    So `--help` and each command load only what they need. A small group instead has all of its commands in one module,
    which registers them with `@group.command(NAME)`.
    """

    context_class = Context

    def __init__(self, name: str, package: str, about: Mapping[str, Text], help: Text, **given: object) -> None:
        super().__init__(
            name,
            help=help.in_(),
            add_help_option=False,
            subcommand_metavar=Text("명령 [인자]...", "COMMAND [ARGS]...").in_(),
            options_metavar=Text("[옵션]", "[OPTIONS]").in_(),
            no_args_is_help=False,
            invoke_without_command=True,
            callback=_show_help_alone,
            **given,  # type: ignore[arg-type]
        )
        self.params += [debug_option(), help_option()]
        self._package = package
        self._about = about

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are explained."""
        return list(self._about)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None for one that there is not."""
        if cmd_name not in self._about:
            return None
        command = self.commands.get(cmd_name)
        if command is None:
            command = getattr(importlib.import_module(f"{self._package}.{cmd_name}"), cmd_name)
            assert isinstance(command, click.Command)  # noqa: S101
        if not isinstance(command, CommandGroup) and not any(parameter.name == "debug" for parameter in command.params):
            command.params += [debug_option(), help_option()]
        command.context_class = Context
        command.add_help_option = False
        command.options_metavar = Text("[옵션]", "[OPTIONS]").in_()
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; for one that there is not, the nearest is told."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 (help needs none, and should start quickly)

            near = get_close_matches(name, self._about, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help text."""
        with formatter.section(Text("명령", "Commands").in_()):
            formatter.write_dl([(name, what.in_()) for name, what in self._about.items()])


@click.pass_context
def _show_help_alone(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def debug_option() -> click.Option:
    """`--debug`: where an error comes from; read from the arguments by `main`."""
    shown = Text("오류가 나면 자세한 내용을 함께 보여 줍니다", "show where an error comes from").in_()
    return click.Option(["--debug"], is_flag=True, expose_value=False, help=shown)


def help_option() -> click.Option:
    """`-h`, `--help`."""
    shown = Text("이 도움말을 보여 줍니다", "show this message").in_()
    return click.Option(["-h", "--help"], is_flag=True, expose_value=False, is_eager=True, callback=_show_help, help=shown)


def _show_help(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(ctx.get_help())
        ctx.exit()
