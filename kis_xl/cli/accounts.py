"""`kis-xl accounts`: which accounts there are, and the adding, removing and renaming of one."""

from __future__ import annotations

import json

import click
from rich.markup import escape
from rich.table import Table

from kis_xl import onboarding
from kis_xl.cli.asking import agree, on_terminal, plain_console
from kis_xl.cli.entering import Wanted, enter, entry_options
from kis_xl.cli.group import CommandGroup
from kis_xl.configedit import ConfigEditor
from kis_xl.configfile import ENV_ACCOUNT
from kis_xl.errors import AccountError, ArgumentError
from kis_xl.language import Text
from kis_xl.logs import audit
from kis_xl.settings import Listed, Settings

_ABOUT = {
    "list": Text("등록된 계좌를 보여 줍니다", "show the accounts"),
    "add": Text("계좌를 추가합니다", "add an account"),
    "remove": Text("계좌와 그 앱키를 지웁니다", "remove an account and its keys"),
    "default": Text("기본 계좌를 정합니다", "choose the default account"),
    "rename": Text("계좌의 이름을 바꿉니다", "give an account another name"),
}
accounts = CommandGroup("accounts", __name__, _ABOUT, Text("계좌를 관리합니다.", "Manage the accounts."))
_NAME = Text("이름", "NAME").in_()


@accounts.command("list", help=Text("등록된 계좌를 보여 줍니다. * 는 기본 계좌.", "Show the accounts; * marks the default one.").in_())
@click.option("--json", "as_json", is_flag=True, help=Text("JSON으로", "as JSON").in_())
def list_accounts(as_json: bool) -> None:
    """Without a single secret."""
    listed = Settings.load().listed()
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in listed], ensure_ascii=False, indent=2))
        return
    if not listed:
        click.echo(
            Text("등록된 계좌가 없습니다. `kis-xl setup` 으로 등록하세요.", "No account is set up. Run `kis-xl setup`.").in_(), err=True
        )
        return
    table = Table(header_style="bold", show_edge=False)
    for caption in (Text("", ""), Text("이름", "Name"), Text("계좌번호", "Account"), Text("환경", "Environment")):
        table.add_column(caption.in_())
    for each in listed:
        kind = (
            Text(f"연습 ({each.environment.caption.ko})", f"practice ({each.environment.caption.en})")
            if each.practice
            else each.environment.caption
        )
        table.add_row("*" if each.default else "", escape(each.name), each.masked, kind.in_())
    plain_console().print(table)


def _as_json(each: Listed) -> dict[str, object]:
    return {
        "name": each.name,
        "account": each.masked,
        "environment": each.environment.key,
        "default": each.default,
        "practice": each.practice,
    }


@accounts.command(
    "add", help=Text("계좌를 추가합니다 (kis-xl setup 과 같은 질문).", "Add an account, with the questions of kis-xl setup.").in_()
)
@click.argument("name", required=False, metavar=f"[{_NAME}]")
@click.option("--name", "named", metavar=_NAME, help=Text("계좌의 이름, setup 에서처럼", "the account's name, as in setup").in_())
@entry_options
@click.option("--default", "default", is_flag=True, help=Text("기본 계좌로", "make it the default one").in_())
def add_account(name: str | None, named: str | None, wanted: Wanted, default: bool) -> None:
    """As in `kis-xl setup`, without workbook and schedule."""
    if None not in (name, named) and name != named:
        raise ArgumentError(
            Text("계좌의 이름을 두 가지로 적었습니다.", "the account is given two names"),
            Text(f"{_NAME} 이나 --name 하나만 쓰세요.", f"Give {_NAME} or --name, not both."),
        )
    click.echo(enter(Settings.load(), named if name is None else name, wanted, default=default))


@accounts.command(
    "remove",
    help=Text(
        "계좌와 그 앱키, 토큰을 이 컴퓨터에서 지웁니다. 추이는 남습니다.",
        "Remove an account, its keys and its token from this machine. Its history stays.",
    ).in_(),
)
@click.argument("name", metavar=_NAME)
@click.option("--yes", is_flag=True, help=Text("묻지 않습니다", "do not ask").in_())
def remove_account(name: str, yes: bool) -> None:
    """Asks first."""
    settings = Settings.load()
    known = _in_file(settings, name)
    question = Text(f"「{known}」 계좌와 그 앱키를 지울까요?", f"Remove the account {known} and its keys?")
    if not yes and not on_terminal():
        raise ArgumentError(
            Text("물어볼 터미널이 없습니다.", "there is no terminal to ask at"), Text("--yes 를 붙이세요.", "Add --yes to do it unasked.")
        )
    if not yes and not agree(question, default=False):
        return
    onboarding.remove(known, settings)
    audit(settings.folder, "account removed: %s", known)
    click.echo(Text(f"지웠습니다: {known}", f"Removed: {known}").in_(), err=True)
    if onboarding.left_in_store(settings):
        said = Text(
            "앱키를 보안 저장소에서 지우지 못했습니다. 저장소가 열리면 다음에 계좌를 바꿀 때 지웁니다.",
            "its keys could not be deleted from the secret store; the next change to the accounts deletes them, once the store opens",
        )
        click.echo(f"warning: {said.in_()}", err=True)


@accounts.command("default", help=Text("기본 계좌를 정합니다.", "Choose the account that is meant where none is named.").in_())
@click.argument("name", metavar=_NAME)
def default_account(name: str) -> None:
    """Tells when the environment variables' account goes before it."""
    settings = Settings.load()
    known = _in_file(settings, name)
    ConfigEditor(settings.folder).set_default(known)
    audit(settings.folder, "default account: %s", known)
    click.echo(Text(f"기본 계좌: {known}", f"Default account: {known}").in_(), err=True)
    if settings.has_variables:
        click.echo(
            Text(
                f"환경 변수가 있는 동안은 계좌 {ENV_ACCOUNT} 가 기본입니다.",
                f"While the environment variables are set, their account {ENV_ACCOUNT} goes before it.",
            ).in_(),
            err=True,
        )


@accounts.command("rename", help=Text("계좌의 이름을 바꿉니다.", "Give an account another name.").in_())
@click.argument("name", metavar=_NAME)
@click.argument("new", metavar=Text("새이름", "NEW").in_())
def rename_account(name: str, new: str) -> None:
    """Formulas that use the old name must be changed; that is told."""
    settings = Settings.load()
    known = _in_file(settings, name)
    renamed = ConfigEditor(settings.folder).rename(known, new)
    audit(settings.folder, "account renamed: %s, now %s", known, renamed)
    click.echo(
        Text(
            f"이제 「{renamed}」 입니다. 수식에 적은 옛 이름도 바꾸세요.", f"It is called {renamed} now; change it in your formulas, too."
        ).in_(),
        err=True,
    )


def _in_file(settings: Settings, name: str) -> str:
    known = settings.find(name)
    if known == ENV_ACCOUNT:
        raise AccountError(
            Text(f"{ENV_ACCOUNT} 는 환경 변수의 계좌입니다.", f"{ENV_ACCOUNT} is the account of the environment variables"),
            Text("환경 변수를 바꾸거나 지우세요.", "Change or unset the variables."),
        )
    return known
