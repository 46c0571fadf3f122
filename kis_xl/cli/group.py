"""Groups of commands: a module is loaded when its command is called, and every command explains itself in the user's language."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from kis_xl.language import Text


class Formatter(click.HelpFormatter):
    """click's own headings in the user's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that begins with `Usage:`."""
        super().write_usage(prog, args, prefix or Text("사용법: ", "Usage: ").in_())

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
