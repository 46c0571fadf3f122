"""`kis-xl balance`: the account on the terminal, or as JSON for other programs."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from typing import Any

import click
import simplejson  # the standard library cannot write 198600.0000 as the number it is
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kis_xl.broker import Broker
from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.options import account_option, parameter_option, read_parameters
from kis_xl.cli.progress import page_progress
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Kind, Summary, by_key
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.settings import Settings

_SHOWN = ("pdno", "prdt_name", "trad_dvsn_name", "hldg_qty", "pchs_avg_pric", "prpr", "evlu_amt", "evlu_pfls_amt", "evlu_pfls_rt")
_TOTALS = ("tot_evlu_amt", "nass_amt", "dnca_tot_amt", "prvs_rcdl_excc_amt", "pchs_amt_smtl_amt", "evlu_pfls_smtl_amt", "asst_icdc_amt")
_SIGNED = ("evlu_pfls_amt", "evlu_pfls_rt", "evlu_pfls_smtl_amt", "asst_icdc_amt")


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
    """Fetch and show one account."""
    settings = Settings.load()
    account = settings.account(account_name)
    with Broker(account, settings.folder, settings.policy) as broker, page_progress(account.name) as progress:
        fetched = broker.balance(read_parameters(parameters), progress)
    rows = fetched.by_stock() if by == "stock" else fetched.holdings
    if as_json:
        click.echo(_json(fetched, rows))
    else:
        _show(fetched, rows)
    tell_doubts(fetched)


def _json(fetched: Balance, rows: tuple[Holding, ...]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return simplejson.RawJSON(f"{value:f}")
        return value.isoformat() if isinstance(value, date) else value

    def entries(row: Holding | Summary, fields: tuple[Field, ...]) -> dict[str, Any]:
        return {field.key: plain(getattr(row, field.key)) for field in fields}

    document = {
        "account": fetched.account.masked,
        "environment": fetched.environment.key,
        "as_of": fetched.as_of.isoformat(timespec="seconds"),
        "pages": fetched.pages,
        "holdings": [entries(row, HOLDING_FIELDS) for row in rows],
        "summary": None if fetched.summary is None else entries(fetched.summary, SUMMARY_FIELDS),
        "checks": [{"name": check.name, "expected": check.expected, "actual": check.actual, "ok": check.ok} for check in fetched.checks()],
    }
    return simplejson.dumps(document, ensure_ascii=False, use_decimal=False)


def _show(fetched: Balance, rows: tuple[Holding, ...]) -> None:
    terminal = sys.stdout.isatty()
    # a file or a pipe has no width: nothing is cut
    console = Console() if terminal else Console(width=200, no_color=True, highlight=False)
    caption = fetched.environment.caption.in_()
    console.print(f"[bold]{fetched.name}[/] {fetched.account.masked} ({caption})  {fetched.as_of:%Y-%m-%d %H:%M:%S} KST", highlight=False)
    table = Table(header_style="bold", show_edge=False)
    columns = by_key(HOLDING_FIELDS)
    for key in _SHOWN:
        field = columns[key]
        table.add_column(
            field.caption.in_(), justify="left" if field.kind.python_type is str else "right", no_wrap=field.kind is not Kind.TEXT
        )
    for row in rows:
        table.add_row(*[_markup(columns[key], getattr(row, key)) for key in _SHOWN])
    console.print(table)
    if fetched.summary is not None:
        totals = Table.grid(padding=(0, 2))
        names = by_key(SUMMARY_FIELDS)
        for key in _TOTALS:
            totals.add_row(names[key].caption.in_(), _markup(names[key], getattr(fetched.summary, key)))
        totals.columns[1].justify = "right"
        console.print()
        console.print(totals)


def _markup(field: Field, value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    shown = f"{value:,.2f}%" if field.kind is Kind.PERCENT else f"{value:,.2f}" if field.kind is Kind.UNIT_PRICE else f"{value:,}"
    if field.key in _SIGNED and value:
        return f"[red]{shown}[/]" if value > 0 else f"[blue]{shown}[/]"
    return shown
