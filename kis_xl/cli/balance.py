"""`kis-xl balance`: the account on the terminal, or as JSON for other programs."""

from __future__ import annotations

import click

from kis_xl.cli.document import as_json, document_of
from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.fetching import fetch
from kis_xl.cli.options import account_option, by_option, json_option, parameter_option, read_parameters
from kis_xl.cli.table import show_table
from kis_xl.configfile import ALL
from kis_xl.language import Text
from kis_xl.settings import Settings


@click.command(help=Text("보유종목과 계좌 합계를 표로 보여 줍니다.", "Show holdings and totals as a table.").in_())
@account_option()
@json_option()
@by_option()
@parameter_option()
def balance(account_name: str | None, json_wanted: bool, by: str, parameters: tuple[str, ...]) -> None:
    """Fetch and show one account, or all of them: an error of one is an error of the whole."""
    settings = Settings.load()
    chosen = read_parameters(parameters)
    fetched = [fetch(settings, account, chosen) for account in settings.accounts(account_name)]
    rows = [each.by_stock() if by == "stock" else each.holdings for each in fetched]
    if json_wanted:
        documents = [document_of(*each) for each in zip(fetched, rows, strict=True)]
        named = [{"name": each.name, **document} for each, document in zip(fetched, documents, strict=True)]
        click.echo(as_json(named if account_name == ALL else documents[0]))
    for place, each in enumerate(fetched):
        if not json_wanted:
            if place:
                click.echo()
            show_table(each, rows[place])
        tell_doubts(each)
