"""`kis-xl history year`: the net assets month by month, and what each stock has contributed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

import click
from rich.markup import escape
from rich.table import Table

from kis_xl import kst
from kis_xl.changes import NO_PRICE
from kis_xl.cli.asking import plain_console
from kis_xl.cli.history.whose import Whose, account_option, identity, no_day, opened, query_option
from kis_xl.history.contributions import Contribution
from kis_xl.history.year import Year, look_back
from kis_xl.language import Text
from kis_xl.settings import Settings
from kis_xl.trading import calendar

_BARS: Final = "▁▂▃▄▅▆▇█"
_WEEKS: Final = 53
_DAYS_A_WEEK: Final = 7
_REST: Final = Text(
    "나머지: 판 주식의 마지막 움직임, 배당, 이자, 수수료, 세금, 입금과 출금, 입고와 출고, 시세가 없는 종목의 평가금액. "
    "API는 이들을 나누어 알려 주지 않습니다.",
    "The rest: the last move of what was sold, dividends, interest, fees, taxes, money or shares put in or taken out, the valuation "
    "of stocks without a price. The API does not tell them apart.",
)
_ARRIVED: Final = Text(
    "들어온 수량: 사지 않았는데 늘어난 주식(대체 입고, 청약, 합병 신주 등). 그전에 얻은 손익은 기여에 넣지 않았습니다.",
    "Shares arrived: those that came without being bought (a transfer, a subscription, a merger). What they had gained before is "
    "not in the contribution.",
)
_FIRST_DAY: Final = Text(
    "저장된 날이 하루뿐이라 비교할 것이 없습니다. 다음 날부터 채워집니다.",
    "One day is stored, so there is nothing to compare with. This fills from the next day on.",
)
_NAMED: Final = 8
_UNKNOWN: Final = Text(
    "{days}일은 어떤 조회 조건으로 조회했는지 알 수 없습니다(이전 버전이 저장). 이 이력은 기본 조건으로 조회한 것이 아니므로 "
    "바로 비교되지 않을 수 있습니다.",
    "Of {days} of the days it is not known how they were asked (an older version stored them). This history was asked with query "
    "parameters of its own, so they may not compare.",
)


@click.command(
    "year",
    help=Text(
        "한 해의 월별 순자산과 종목별 기여(평가손익의 변화). 저장된 날로만 계산합니다.",
        "A year's net assets by month, and the contribution per stock (the change of its unrealized profit), from the stored days.",
    ).in_(),
)
@click.argument("year", metavar=Text("[연도]", "[YEAR]").in_(), required=False, type=click.IntRange(1990, 9998))
@account_option()
@query_option()
@click.option("--json", "as_json", is_flag=True, help=Text("JSON으로", "as JSON").in_())
def command(year: int | None, account_name: str | None, parameters: tuple[str, ...], as_json: bool) -> None:
    """Look back on one year of one account; this year by default."""
    settings = Settings.load()
    wanted = year or kst.now().year
    with opened(settings) as history:
        whose = Whose.named(account_name, settings, history, parameters)
        found = look_back(history, whose.key, wanted, calendar(settings.folder))
        if found is None:
            raise no_day(history, whose)
    if as_json:
        click.echo(json.dumps(_document(found, whose), ensure_ascii=False, indent=2))
    else:
        _show(found, whose)


def _show(year: Year, whose: Whose) -> None:
    console = plain_console()

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False)

    say(f"{whose.caption.in_()}  {year.year}")
    say((_FIRST_DAY if year.basis == year.last else Text(f"{year.basis} 과 비교한 {year.last}", f"{year.last} against {year.basis}")).in_())
    if year.line:
        say(f"{Text('순자산', 'Net assets').in_()}  {sparkline(year.line, year.year)}  {_from_to(year)}")
        console.print(_months(year), highlight=False)
    if year.stocks:
        console.print()
        console.print(_stocks(year.stocks), highlight=False)
        if any(stock.arrived for stock in year.stocks):
            say(_ARRIVED.in_())
    say(Text(f"종목 기여 합계: {_signed(year.contributed)}", f"Contributed by the stocks: {_signed(year.contributed)}").in_())
    if year.rest is not None:
        say(
            Text(
                f"순자산 변화 {_signed(year.change)}, 나머지 {_signed(year.rest)}",
                f"Net assets {_signed(year.change)}, rest {_signed(year.rest)}",
            ).in_()
        )
        say(_REST.in_())
    if whose.key.query and year.unknown_query_days:
        say(_UNKNOWN.in_().format(days=year.unknown_query_days))
    for told in _left_out(year):
        say(told.in_())
    if year.missing:
        first, last = year.missing[0], year.missing[-1]
        say(
            Text(
                f"빠진 거래일 {len(year.missing)}일 ({first} ~ {last}): 그 사이는 앞뒤 저장된 날로 이었습니다.",
                f"{len(year.missing)} trading days are missing ({first} to {last}): what is between two stored days counts as one step.",
            ).in_()
        )


def _left_out(year: Year) -> Iterator[Text]:
    """What is not in the figures, and would look like a loss or a gap."""
    unpriced = ", ".join(f"{stock.prdt_name} ({stock.pdno})" for stock in year.stocks if stock.unrealized is None)
    if unpriced:
        yield Text(
            f"{year.last} 에 시세가 없어 순자산에서 빠진 종목 (손실이 아닙니다): {unpriced}",
            f"Without a price on {year.last}, so that the net assets lack them, which is no loss: {unpriced}",
        )
    if year.future:
        days = ", ".join(map(str, year.future[:_NAMED]))
        yield Text(
            f"시계가 틀렸을 때 저장된 미래의 날은 뺐습니다 (`history prune --on` 으로 지울 수 있습니다): {days}",
            f"Left out are days in the future, which a wrong clock stored (`history prune --on` removes them): {days}",
        )


def sparkline(line: Sequence[tuple[date, int]], year: int) -> str:
    """A week a letter, as high as its last stored day; a blank where none is stored, or all is level."""
    weeks = {(day - date(year, 1, 1)).days // _DAYS_A_WEEK: amount for day, amount in line}
    low, high = min(weeks.values()), max(weeks.values())
    steps = len(_BARS) - 1

    def bar(amount: int) -> str:
        return _BARS[(amount - low) * steps // (high - low) if high > low else steps // 2]

    return "".join(bar(weeks[week]) if week in weeks else " " for week in range(min(weeks), min(max(weeks), _WEEKS) + 1))


def _from_to(year: Year) -> str:
    if year.opening is None or year.closing is None:
        return ""
    return f"{year.opening:,} → {year.closing:,} ({_signed(year.change)})"


def _months(year: Year) -> Table:
    captions = (Text("월", "Month"), Text("마지막", "Last"), Text("최저", "Low"), Text("최고", "High"), Text("저장된 날", "Days stored"))
    table = _table(captions)
    for month in year.months:
        low, high = f"{month.low:,} ({month.low_day:%m-%d})", f"{month.high:,} ({month.high_day:%m-%d})"
        table.add_row(f"{month.first:%Y-%m}", f"{month.closing:,}", low, high, str(month.days))
    return table


def _stocks(stocks: Sequence[Contribution]) -> Table:
    captions = (
        Text("종목코드", "Code"),
        Text("종목명", "Name"),
        Text("기여", "Contribution"),
        Text("지금 평가손익", "Unrealized now"),
        Text("나간 수량 (매도·출고)", "Shares gone"),
        Text("들어온 수량", "Shares arrived"),
    )
    is_shown = any(stock.arrived for stock in stocks)
    table = _table(captions if is_shown else captions[:-1], left=2)
    for stock in stocks:
        moved = [f"{shares:,}" if shares else "" for shares in (stock.gone, stock.arrived)]
        unrealized = NO_PRICE.in_() if stock.unrealized is None else f"{stock.unrealized:,}"
        figures = (_signed(stock.amount), unrealized, *(moved if is_shown else moved[:-1]))
        table.add_row(escape(stock.pdno), escape(stock.prdt_name), *figures)
    return table


def _table(captions: Sequence[Text], left: int = 1) -> Table:
    table = Table(header_style="bold", show_edge=False)
    for place, caption in enumerate(captions):
        table.add_column(caption.in_(), justify="left" if place < left else "right", no_wrap=place != 1)
    return table


def _signed(amount: int | None) -> str:
    return "-" if amount is None else f"{amount:+,}"


def _document(year: Year, whose: Whose) -> dict[str, Any]:
    """All of it; days as ISO texts, amounts in won."""
    return {
        **identity(whose.key),
        "year": year.year,
        "basis": year.basis.isoformat(),
        "last": year.last.isoformat(),
        "nass_amt": {
            "opening": year.opening,
            "closing": year.closing,
            "change": year.change,
            "days": {day.isoformat(): amount for day, amount in year.line},
        },
        "months": [
            {key: str(value) if isinstance(value, date) else value for key, value in asdict(month).items()} for month in year.months
        ],
        "stocks": [asdict(stock) for stock in year.stocks],
        "contributed": year.contributed,
        "rest": year.rest,
        "missing": [day.isoformat() for day in year.missing],
        "unknown_query_days": year.unknown_query_days,
        "future": [day.isoformat() for day in year.future],
    }
