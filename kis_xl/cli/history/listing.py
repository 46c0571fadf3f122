"""`kis-xl history list`: the stored days, with the trading days that are missing between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeAlias

import click
from rich.console import Console
from rich.table import Table

from kis_xl.cli.asking import on_terminal
from kis_xl.cli.history.whose import Whose, account_option, minute, nothing_stored, opened, period_options, query_option
from kis_xl.errors import DataError
from kis_xl.fields import SUMMARY_FIELDS, by_key
from kis_xl.history import AccountKey, Day, Source
from kis_xl.language import Text
from kis_xl.settings import Settings
from kis_xl.trading import calendar

_TOTALS = by_key(SUMMARY_FIELDS)
_NO_WIDTH = 1_000
#: Whether a day is one on which KRX trades.
Trades: TypeAlias = Callable[[date], bool]


@click.command(
    "list",
    help=Text(
        "저장된 날: 조회 시각, 행 수, 총평가금액, 순자산. 빠진 거래일도 보여 줍니다.",
        "The stored days: time, rows, total valuation, net assets; and the trading days that are missing.",
    ).in_(),
)
@account_option()
@query_option()
@period_options()
@click.option("--json", "as_json", is_flag=True, help=Text("JSON으로", "as JSON").in_())
def command(account_name: str | None, parameters: tuple[str, ...], start: date | None, end: date | None, as_json: bool) -> None:
    """List the days of one account, asked in one way, and name the others."""
    settings = Settings.load()
    trades = calendar(settings.folder)
    with opened(settings) as history:
        whose = Whose.named(account_name, settings, history, parameters)
        days = history.overview(whose.key, start, end)
        others = [key for key in history.accounts() if (key.fingerprint, key.query) != (whose.key.fingerprint, whose.key.query)]
    if as_json:
        click.echo(json.dumps(_document(whose.key, days, trades), ensure_ascii=False, indent=2))
        return
    if not days and not others and start is end is None:
        raise nothing_stored()
    if not days:
        where = whose.caption
        raise DataError(Text(f"이 기간에 저장된 날이 없습니다: {where.ko}", f"no day is stored: {where.en}"), _others(others))
    console = Console(no_color=True, width=None if on_terminal() else _NO_WIDTH)
    console.print(f"{whose.caption.in_()}  {whose.key.letters}", highlight=False, markup=False)
    console.print(_table(days, trades), highlight=False)
    if others:
        click.echo(_others(others).in_(), err=True)


def missing_days(days: Sequence[date], trades: Trades) -> list[date]:
    """The trading days between stored days."""
    gaps = ((before + timedelta(days=number) for number in range(1, (after - before).days)) for before, after in pairwise(days))
    return [day for gap in gaps for day in gap if trades(day)]


def _table(days: Sequence[Day], trades: Trades) -> Table:
    table = Table(header_style="bold", show_edge=False)
    captions = [Text("조회 시각 (KST)", "As of (KST)"), Text("행", "Rows"), _TOTALS["tot_evlu_amt"].caption, _TOTALS["nass_amt"].caption]
    for place, caption in enumerate([*captions, Text("조회 수", "Fetches"), Text("출처", "From")]):
        table.add_column(caption.in_(), justify="right" if 0 < place < 5 else "left", no_wrap=True)
    previous: Day | None = None
    for day in days:
        gap = [] if previous is None else missing_days([previous.day, day.day], trades)
        if gap:
            table.add_row(f"  {_gap(gap).in_()}")
        source = "" if day.source is Source.SERVICE else day.source.caption.in_()
        table.add_row(minute(day.as_of), f"{day.rows:,}", _won(day.tot_evlu_amt), _won(day.nass_amt), f"{day.fetches:,}", source)
        previous = day
    return table


def _gap(gap: Sequence[date]) -> Text:
    if len(gap) == 1:
        return Text(f"- {gap[0]} 없음", f"- {gap[0]} is missing")
    return Text(f"- {gap[0]} ~ {gap[-1]} 없음 (거래일 {len(gap)}일)", f"- {gap[0]} to {gap[-1]} are missing ({len(gap)} trading days)")


def _won(amount: int | None) -> str:
    return "-" if amount is None else f"{amount:,}"


def _others(others: Sequence[AccountKey]) -> Text:
    if not others:
        return Text("다른 이력은 없습니다.", "There is no other history.")
    listed = [Text(f"{key.letters} {key.caption.ko}", f"{key.letters} {key.caption.en}") for key in others]
    return Text(
        f"다른 이력 (--account, --param): {', '.join(each.ko for each in listed)}",
        f"Other histories (--account, --param): {', '.join(each.en for each in listed)}",
    )


def _document(key: AccountKey, days: Sequence[Day], trades: Trades) -> dict[str, object]:
    return {
        "account": key.masked,
        "environment": key.environment,
        "host": key.host,
        "query": key.query,
        "letters": key.letters,
        "days": [
            {
                "day": day.day.isoformat(),
                "as_of": day.as_of.isoformat(timespec="seconds"),
                "rows": day.rows,
                "tot_evlu_amt": day.tot_evlu_amt,
                "nass_amt": day.nass_amt,
                "fetches": day.fetches,
                "source": day.source.value,
            }
            for day in days
        ],
        "missing": [day.isoformat() for day in missing_days([day.day for day in days], trades)],
    }
