"""`kis-xl export`: fetch and write the daily report."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import click

from kis_xl.accounts import Account
from kis_xl.cli.fetching import fetch
from kis_xl.cli.options import account_option, language_option, output_option, parameter_option, read_parameters
from kis_xl.cli.reporting import Place, past_of, write, write_together
from kis_xl.cli.telling import tell
from kis_xl.configfile import ALL
from kis_xl.errors import ArgumentError, KisError
from kis_xl.fields import Environment
from kis_xl.history import AccountKey
from kis_xl.language import Text
from kis_xl.settings import Settings


@click.command(
    help=Text(
        "잔고를 조회해 보고서(.xlsx)를 만들고 그 경로를 보여 줍니다.", "Fetch the balance, write the report (.xlsx) and print its path."
    ).in_()
)
@account_option()
@click.option(
    "--all",
    "every",
    is_flag=True,
    help=Text("모든 계좌, 계좌마다 보고서 하나 (--account '*' 와 같음)", "every account, a report each (as --account '*')").in_(),
)
@click.option("--together", is_flag=True, help=Text("모든 계좌를 모은 보고서 하나", "one report over all accounts").in_())
@output_option()
@language_option()
@parameter_option()
def export(
    account_name: str | None, every: bool, together: bool, output: str | None, language: str | None, parameters: tuple[str, ...]
) -> int:
    """Write one report an account, or one over all; the exit code of the first that failed."""
    _check(account_name, every=every, together=together)
    settings = Settings.load()
    place = Place.read(output, settings)
    chosen = read_parameters(parameters)
    if together:
        click.echo(_export_together(settings, place, language, chosen))
        return 0
    names = settings.account_names()
    if not names or not (every or account_name == ALL):
        click.echo(export_one(settings, settings.account(account_name), place, language, chosen))
        return 0
    return _export_each(settings, names, place if len(names) == 1 else place.for_several(), language, chosen)


def export_one(settings: Settings, account: Account, place: Place, language: str | None, parameters: dict[str, str]) -> Path:
    """Fetch one account and write its report; the path. Raises KisError."""
    balance = fetch(settings, account, parameters)
    return write(balance, place, language, settings, past_of(balance, settings), account.parameters)


def _check(account_name: str | None, *, every: bool, together: bool) -> None:
    named = [name for name, is_given in (("--all", every), ("--together", together), ("--account", account_name is not None)) if is_given]
    if len(named) > 1 and not (together and account_name == ALL and not every):
        joined = ", ".join(named)
        raise ArgumentError(Text(f"함께 쓸 수 없습니다: {joined}", f"{' and '.join(named)} exclude each other"))


def _export_each(settings: Settings, names: tuple[str, ...], place: Place, language: str | None, chosen: dict[str, str]) -> int:
    """One after another, past one that fails; the exit code of the first that failed."""
    failed = 0
    for name in names:
        try:
            click.echo(export_one(settings, settings.account(name), place, language, chosen))
        except KisError as error:
            code = tell(error, debug=bool(click.get_current_context().obj), whose=name)
            failed = failed or code
    return failed


def _export_together(settings: Settings, place: Place, language: str | None, chosen: dict[str, str]) -> Path:
    """Fetch all accounts and write one report; nothing where one fails, since sums without it would pass for the whole."""
    balances = []
    accounts = _of_one_kind(settings)
    for account in accounts:
        try:
            balances.append(fetch(settings, account, chosen))
        except KisError as error:
            fault = copy(error)
        else:
            continue
        fault.what = Text(f"{account.name}: {fault.what.ko}", f"{account.name}: {fault.what.en}")
        raise fault
    usual = [account.parameters for account in accounts]
    return write_together([(balance, past_of(balance, settings)) for balance in balances], place, language, settings, usual)


def _of_one_kind(settings: Settings) -> list[Account]:
    """The accounts whose money can be added up: of the default one's environment, each once, whatever names it has.

    What is left out is told: a game's money beside real money would be a sum of nothing, and so would a simulator's beside KIS's.
    """
    kind = _kind(settings.account())  # none is an error, which says how one is set up
    chosen: dict[str, Account] = {}
    for name in settings.account_names():
        account = settings.account(name)
        key = AccountKey.of(account).fingerprint  # however it is asked
        if _kind(account) != kind:
            why = Text("기본 계좌와 환경이나 서버가 달라 뺍니다", "left out: it is not of the default account's environment and server")
        elif key in chosen:
            why = Text(f"{chosen[key].name} 와 같은 계좌라 뺍니다", f"left out: it is the same account as {chosen[key].name}")
        else:
            chosen[key] = account
            continue
        click.echo(f"warning: {name}: {why.in_()}", err=True)
    return list(chosen.values())


def _kind(account: Account) -> tuple[Environment, bool, bool]:
    """Whose money it is: real or a game's, of KIS's own server, of another one, or of a practice account."""
    return account.environment, account.practice is None, account.host == account.environment.host
