"""`kis-xl history list`: the stored days, with the trading days that are missing between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise, takewhile
from typing import TypeAlias

import click
from rich.table import Table

from kis_xl import kst
from kis_xl.cli.asking import plain_console
from kis_xl.cli.history.whose import (
    OTHERS,
    Whose,
    account_option,
    identity,
    minute,
    no_day,
    opened,
    others,
    period_options,
    query_option,
    with_options,
)
from kis_xl.fields import SUMMARY_FIELDS, by_key
from kis_xl.history import AccountKey, Day, Source
from kis_xl.language import Text
from kis_xl.settings import Settings
from kis_xl.trading import calendar

_TOTALS = by_key(SUMMARY_FIELDS)
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
        other = others(history, whose)
        if not days and not as_json:
            raise no_day(history, whose)
    if as_json:
        click.echo(json.dumps(_document(whose.key, days, trades), ensure_ascii=False, indent=2))
        return
    console = plain_console()
    console.print(f"{whose.caption.in_()}  {whose.key.letters}", highlight=False, markup=False)
    console.print(_table(whose.key, days, trades), highlight=False)
    if other:
        click.echo(with_options(OTHERS, other).in_(), err=True)


def missing_days(days: Sequence[date], trades: Trades) -> list[date]:
    """The trading days between stored days that have passed: a day that is stored may be in the future, by a clock that was wrong."""
    today = kst.now().date()
    gaps = ((before + timedelta(days=number) for number in range(1, (after - before).days)) for before, after in pairwise(days))
    return [day for gap in gaps for day in takewhile(lambda day: day < today, gap) if trades(day)]


def _table(key: AccountKey, days: Sequence[Day], trades: Trades) -> Table:
    table = Table(header_style="bold", show_edge=False)
    captions = [Text("조회 시각 (KST)", "As of (KST)"), Text("행", "Rows"), _TOTALS["tot_evlu_amt"].caption, _TOTALS["nass_amt"].caption]
    for place, caption in enumerate([*captions, Text("조회 수", "Fetches"), Text("출처", "From")]):
        table.add_column(caption.in_(), justify="right" if 0 < place < 5 else "left", no_wrap=True)
    previous: Day | None = None
    for day in days:
        gap = [] if previous is None else missing_days([previous.day, day.day], trades)
        if gap:
            table.add_row(f"  {_gap(gap).in_()}")
        notes = ", ".join(note.in_() for note in _notes(key, day, trades))
        table.add_row(minute(day.as_of), f"{day.rows:,}", _won(day.tot_evlu_amt), _won(day.nass_amt), f"{day.fetches:,}", notes)
        previous = day
    return table


def _notes(key: AccountKey, day: Day, trades: Trades) -> Iterator[Text]:
    """What is to be known of a day: it was not fetched, may have been asked otherwise, had no trading, or cannot have been yet."""
    if day.source is not Source.SERVICE:
        yield day.source.caption
    if key.query and day.query is None:  # of the usual query nothing else is to be expected
        yield Text("조회 조건 모름", "unknown query")
    if not trades(day.day):
        yield Text("휴장일", "closed")
    if day.day > kst.now().date():
        yield Text("미래", "in the future")


def _gap(gap: Sequence[date]) -> Text:
    if len(gap) == 1:
        return Text(f"- {gap[0]} 없음", f"- {gap[0]} is missing")
    return Text(f"- {gap[0]} ~ {gap[-1]} 없음 (거래일 {len(gap)}일)", f"- {gap[0]} to {gap[-1]} are missing ({len(gap)} trading days)")


def _won(amount: int | None) -> str:
    return "-" if amount is None else f"{amount:,}"


def _document(key: AccountKey, days: Sequence[Day], trades: Trades) -> dict[str, object]:
    return {
        **identity(key),
        "days": [
            {
                "day": day.day.isoformat(),
                "as_of": day.as_of.isoformat(timespec="seconds"),
                "rows": day.rows,
                "tot_evlu_amt": day.tot_evlu_amt,
                "nass_amt": day.nass_amt,
                "fetches": day.fetches,
                "source": day.source.value,
                "query": day.query,
            }
            for day in days
        ],
        "missing": [day.isoformat() for day in missing_days([day.day for day in days], trades)],
    }
