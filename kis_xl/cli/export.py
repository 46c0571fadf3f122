"""`kis-xl export`: fetch and write the daily report."""

from __future__ import annotations

from pathlib import Path

import click

from kis_xl.accounts import Account
from kis_xl.cli.fetching import fetch
from kis_xl.cli.options import account_option, language_option, output_option, parameter_option, read_parameters
from kis_xl.cli.reporting import Place, write
from kis_xl.cli.telling import tell
from kis_xl.errors import ArgumentError, KisError
from kis_xl.language import Text
from kis_xl.settings import Settings


@click.command(
    help=Text(
        "잔고를 조회해 보고서(.xlsx)를 만들고 그 경로를 보여 줍니다.", "Fetch the balance, write the report (.xlsx) and print its path."
    ).in_()
)
@account_option()
@click.option("--all", "every", is_flag=True, help=Text("모든 계좌", "every account").in_())
@output_option()
@language_option()
@parameter_option()
def export(account_name: str | None, every: bool, output: str | None, language: str | None, parameters: tuple[str, ...]) -> int:
    """Write one report an account; the exit code of the first that failed."""
    if every and account_name is not None:
        raise ArgumentError(Text("--all 과 --account 는 함께 쓸 수 없습니다.", "--all and --account exclude each other"))
    settings = Settings.load()
    place = Place.read(output, settings)
    chosen = read_parameters(parameters)
    if not every or not settings.account_names():
        click.echo(export_one(settings, settings.account(account_name), place, language, chosen))
        return 0
    failed = 0
    for name in settings.account_names():
        try:
            click.echo(export_one(settings, settings.account(name), place, language, chosen))
        except KisError as error:
            code = tell(error, debug=bool(click.get_current_context().obj), whose=name)
            failed = failed or code
    return failed


def export_one(settings: Settings, account: Account, place: Place, language: str | None, parameters: dict[str, str]) -> Path:
    """Fetch one account and write its report; the path. Raises KisError."""
    return write(fetch(settings, account, parameters), place, language, settings)
