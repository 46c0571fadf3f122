"""`kis-xl balance`: the account on the terminal, or as JSON for other programs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import click
import simplejson  # the standard library cannot write 198600.0000 as the number it is

from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.fetching import fetch
from kis_xl.cli.options import account_option, parameter_option, read_parameters
from kis_xl.cli.table import show_table
from kis_xl.configfile import ALL
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Summary
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.settings import Settings


@click.command(help=Text("보유종목과 계좌 합계를 표로 보여 줍니다.", "Show holdings and totals as a table.").in_())
@account_option()
@click.option(
    "--json", "as_json", is_flag=True, help=Text("JSON으로, API의 이름과 단위 그대로", "as JSON, with the API's names and units").in_()
)
@click.option(
    "--by",
    type=click.Choice(["row", "stock"]),
    default="row",
    help=Text("행 그대로, 또는 종목별로 합쳐서", "rows as given, or joined by stock").in_(),
)
@parameter_option()
def balance(account_name: str | None, as_json: bool, by: str, parameters: tuple[str, ...]) -> None:
    """Fetch and show one account, or all of them: an error of one is an error of the whole."""
    settings = Settings.load()
    chosen = read_parameters(parameters)
    fetched = [fetch(settings, account, chosen) for account in settings.accounts(account_name)]
    rows = [each.by_stock() if by == "stock" else each.holdings for each in fetched]
    if as_json:
        documents = [_document(*each) for each in zip(fetched, rows, strict=True)]
        click.echo(simplejson.dumps(documents if account_name == ALL else documents[0], ensure_ascii=False, use_decimal=False))
    for place, each in enumerate(fetched):
        if not as_json:
            if place:
                click.echo()
            show_table(each, rows[place])
        tell_doubts(each)


def _document(fetched: Balance, rows: tuple[Holding, ...]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return simplejson.RawJSON(f"{value:f}")
        return value.isoformat() if isinstance(value, date) else value

    def entries(row: Holding | Summary, fields: tuple[Field, ...]) -> dict[str, Any]:
        return {field.key: plain(getattr(row, field.key)) for field in fields}

    return {
        "account": fetched.account.masked,
        "environment": fetched.environment.key,
        "as_of": fetched.as_of.isoformat(timespec="seconds"),
        "pages": fetched.pages,
        "holdings": [entries(row, HOLDING_FIELDS) for row in rows],
        "summary": None if fetched.summary is None else entries(fetched.summary, SUMMARY_FIELDS),
        "checks": [{"name": check.name, "expected": check.expected, "actual": check.actual, "ok": check.ok} for check in fetched.checks()],
    }
