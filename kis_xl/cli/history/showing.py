"""`kis-xl history show`: a stored balance, as `kis-xl balance` shows a fetched one."""

from __future__ import annotations

import click

from kis_xl.accounts import AccountNumber
from kis_xl.cli.document import as_json, document_of
from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.history.whose import Whose, account_option, minute, no_day, opened, query_option, read_day
from kis_xl.cli.options import by_option, json_option
from kis_xl.cli.table import show_table
from kis_xl.errors import DataError
from kis_xl.fields import Environment
from kis_xl.history import History, Stored
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.settings import Settings


@click.command(
    "show",
    help=Text(
        "그날 마지막으로 저장된 잔고를 보여 줍니다. 조회하지 않습니다.",
        "Show the last balance that was stored on a day. Nothing is fetched.",
    ).in_(),
)
@click.argument("day", metavar=Text("날짜", "DATE").in_())
@account_option()
@query_option()
@json_option()
@by_option()
def command(day: str, account_name: str | None, parameters: tuple[str, ...], json_wanted: bool, by: str) -> None:
    """Show one day of one account, asked in one way."""
    settings = Settings.load()
    with opened(settings) as history:
        whose = Whose.named(account_name, settings, history, parameters)
        stored = _of_day(history, whose, day)
    balance = _balance(stored, whose)
    rows = balance.by_stock() if by == "stock" else balance.holdings
    if json_wanted:
        document = document_of(balance, rows) | {"pages": None, "stored": True, "source": stored.source.value, "query": stored.query}
        click.echo(as_json(document))
    else:
        click.echo(_what(stored).in_())
        if whose.key.query and stored.query is None:
            click.echo(_unknown(whose).in_())
        show_table(balance, rows)
    tell_doubts(balance)


def _what(stored: Stored) -> Text:
    source, query = stored.source.caption, f", {stored.query}" if stored.query else ""
    return Text(
        f"저장된 잔고입니다 ({source.ko}, {minute(stored.as_of)} KST{query}). 지금의 잔고가 아닙니다.",
        f"A stored balance ({source.en}, {minute(stored.as_of)} KST{query}), not the present one.",
    )


def _unknown(whose: Whose) -> Text:
    return Text(
        f"어떤 조회 조건으로 조회했는지 알 수 없습니다(이전 버전이 저장). {whose.key.query} 로 조회한 것이 아닐 수 있습니다.",
        f"How it was asked is not known (an older version stored it). It may not have been asked with {whose.key.query}.",
    )


def _of_day(history: History, whose: Whose, given: str) -> Stored:
    wanted = read_day(given)
    stored = history.on_or_before(whose.key, wanted)
    if stored is not None and stored.as_of.date() == wanted:
        return stored
    days = history.days(whose.key)
    if not days:
        raise no_day(history, whose)
    before = [day for day in days if day < wanted][-1:]
    after = [day for day in days if day > wanted][:1]
    near = ", ".join(map(str, [*before, *after]))
    raise DataError(
        Text(f"이 날에 저장된 잔고가 없습니다: {wanted}", f"no balance of this day is stored: {wanted}"),
        Text(f"가까운 날: {near}", f"The nearest days: {near}"),
    )


def _balance(stored: Stored, whose: Whose) -> Balance:
    """The stored balance as one that is shown. The history knows no more of the number than the mask.

    An account that is set up no more is called by its letters, by which it is also asked for.
    """
    masked, _, product = whose.key.masked.partition("-")
    return Balance(
        AccountNumber(masked, product),
        whose.key.letters if whose.name == whose.key.masked else whose.name,
        Environment.of(whose.key.environment),
        stored.as_of,
        stored.holdings,
        stored.summary,
        pages=0,
        parameters={},
        host=whose.key.host,
    )
