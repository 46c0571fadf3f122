"""The first sheet: one page for every morning. It shows the service's own figures; what is computed from them says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from kis_xl.cells import Cell, moment, text
from kis_xl.language import NO_TEXT, Text
from kis_xl.models import is_unpriced
from kis_xl.report.look import ALARM, FINE, MUTED, NAVY, NOTE, PANEL, SIGNED_WON, WARNING, WON, Look
from kis_xl.report.notices import notices
from kis_xl.report.panel import SECTION, Place
from kis_xl.report.panels import PANELS
from kis_xl.report.rows import Canvas
from kis_xl.report.sheet import Sheet, lines_high, room
from kis_xl.report.subject import NAMED_IN_HEAD, SUMS, Subject, first_of

#: Margin · mark, name, three figures · gap · mark, name, three figures.
WIDTHS: Final = (1.2, 2.6, 26, 11, 12, 15.5, 1.6, 2.6, 26, 11, 12, 15.5)
_FIRST, _LAST = 2, 12
_TILE_COLUMNS: Final = ((2, 3), (4, 6), (8, 9), (10, 12))
_WHOLE_WIDTH: Final = sum(WIDTHS[1:])
_COMPUTED: Final = Text("계산", "computed")
_PRICED: Final = Text("계산, 시세 있는 종목", "computed, where priced")
_SUM: Final = Text("합계, 계산", "sum, computed")
_MISSING: Final = Text("계좌 합계가 빠져 있음", "account totals are missing")


@dataclass(frozen=True)
class _Tile:
    """A figure with its label above and a word below. `aside` is a part of the label that gives way to what marks a sum."""

    label: Text
    key: str
    signed: bool = False
    note: Callable[[Subject], str] = lambda _: ""
    aside: Text = NO_TEXT


def overview(subject: Subject) -> Sheet:
    """The sheet, with its charts."""
    canvas = Canvas()
    title = subject.say(Text("요약", "Overview"))
    _head(canvas, subject)
    _banner(canvas, subject)
    for place, tile in enumerate(_TILES):
        _tile(canvas, subject, place, tile)
    row, charts = 14, []
    for panel in PANELS:
        found = panel(canvas, Place(title, row), subject)
        charts += found.charts
        row = found.row + 1
    row = _told(canvas, subject, row)
    return Sheet(
        title=title,
        draw=canvas.lines,
        widths=WIDTHS,
        last=f"L{row}",
        charts=charts,
        merged=canvas.merged,
        print_area=f"A1:L{row}",
        landscape=False,
        pages_high=1,
        grid=False,
        footer=subject.footer,
    )


def _head(canvas: Canvas, subject: Subject) -> None:
    canvas.height(1, 6)
    canvas.height(2, 30)
    canvas.put(2, _FIRST, text(subject.name), Look(size=18, bold=True, color=NAVY, align="left", shrink=True), to=9)
    canvas.put(2, 10, moment(subject.as_of), Look('yyyy-mm-dd hh:mm "KST"', size=12, bold=True, color=NAVY, align="right"), to=_LAST)
    whose, count, stocks = _whose(subject), f"{subject.count:,}", f"{len(subject.stocks):,}"
    told = Text(
        f"한국투자증권 주식잔고 · {whose} · {stocks}종목 {count}행", f"KIS stock balance · {whose} · {stocks} stocks in {count} rows"
    )
    shown = text(subject.say(told))
    canvas.put(3, _FIRST, shown, Look(color=MUTED, align="left", wrap=True), to=_LAST)
    canvas.height(3, room(lines_high(shown, _WHOLE_WIDTH), 13, 4))


def _whose(subject: Subject) -> str:
    """The masked number and the environment; of several accounts the first dozen by name, with their environments where these differ."""
    kinds = [subject.say(kind.caption) for kind in subject.environments]
    if not subject.together:
        return f"{subject.parts[0].balance.account.masked} · {kinds[0]}"
    named = [f"{part.name} {part.balance.account.masked}" for part in subject.parts]
    if len(kinds) == 1:
        return f"{kinds[0]} · {subject.say(first_of(named, NAMED_IN_HEAD))}"
    each = (subject.say(part.balance.environment.caption) for part in subject.parts)
    return subject.say(first_of([f"{name} ({kind})" for name, kind in zip(named, each, strict=True)], NAMED_IN_HEAD))


def _banner(canvas: Canvas, subject: Subject) -> None:
    """One line in colour: whether there is something to look at below."""
    found = notices(subject)
    bad = [notice for notice in found if notice.is_bad]
    checks = [check for part in subject.parts for check in part.checks]
    if not found:
        told, colors = Text(f"검산 {len(checks)}건이 모두 일치합니다.", f"All {len(checks)} checks agree."), FINE
    else:
        first, more = (bad or found)[0].told, len(found) - 1
        others = Text(f" 외 {more}건은 아래 '알림'에 있습니다.", f" {more} more below, under Notices.") if more else Text("", "")
        told, colors = Text(first.ko + others.ko, first.en + others.en), ALARM if bad else WARNING
    look = Look(fill=colors[0], color=colors[1], bold=bool(bad), align="left", indent=1, wrap=True)
    shown = text(subject.say(told))
    canvas.put(4, _FIRST, shown, look, to=_LAST)
    canvas.height(4, room(lines_high(shown, _WHOLE_WIDTH), 15, 8))
    canvas.height(5, 6)


def _tile(canvas: Canvas, subject: Subject, place: int, tile: _Tile) -> None:
    row = 6 + 4 * (place // len(_TILE_COLUMNS))
    left, right = _TILE_COLUMNS[place % len(_TILE_COLUMNS)]
    value: Cell = None if subject.totals is None else subject.totals[tile.key]
    small = Look(size=9, color=MUTED, fill=PANEL, align="left", indent=1, shrink=True, line=("left",), line_color=NAVY)
    figure = replace(small, number_format=SIGNED_WON if tile.signed else WON, size=15, bold=True, color="")
    canvas.height(row, 18)
    canvas.height(row + 1, 25)
    canvas.height(row + 2, 16)
    canvas.height(row + 3, 6)
    aside = _SUM if subject.together else tile.aside
    label = subject.say(tile.label) + (f" ({subject.say(aside)})" if aside != NO_TEXT else "")
    canvas.put(row, left, label, small, to=right)
    canvas.put(row + 1, left, "–" if value is None else value, figure.signed(value) if tile.signed else figure, to=right)
    note = tile.note(subject) if subject.totals is not None else subject.say(_MISSING) if subject.lacking else ""
    canvas.put(row + 2, left, text(note) or None, small.signed(value) if tile.signed else small, to=right)


def _rate(part: int, whole: int) -> str:
    """A part of a whole, "" where that is nothing or a debt: there is no rate of it."""
    return "" if whole <= 0 else f"{Decimal(100 * part) / Decimal(whole):+.2f}%"


def _day_rate(subject: Subject) -> str:
    """The service's own rate where it gives one (the real service does not), else ours, and said to be."""
    totals = subject.totals or {}
    given = totals["asst_icdc_erng_rt"]
    if given:
        return f"{given:+.2f}%"
    rate = _rate(totals["asst_icdc_amt"], totals["bfdy_tot_asst_evlu_amt"])
    return f"{rate} ({subject.say(_COMPUTED)})" if rate else ""


def _profit_rate(subject: Subject) -> str:
    """Of what has a price: the purchase amount of a stock without one would stand against no profit."""
    totals = subject.totals or {}
    profit, cost, how = totals["evlu_pfls_smtl_amt"], totals["pchs_amt_smtl_amt"], _COMPUTED
    if subject.unpriced:
        priced = [row for _, row in subject.rows() if not is_unpriced(row)]
        profit, cost, how = sum(row.evlu_pfls_amt for row in priced), sum(row.pchs_amt for row in priced), _PRICED
    rate = _rate(profit, cost)
    return f"{rate} ({subject.say(how)})" if rate else ""


def _with(caption: Text, key: str) -> Callable[[Subject], str]:
    return lambda subject: f"{subject.say(caption)} {(subject.totals or {})[key]:,}"


_TILES: Final = (
    _Tile(Text("총평가금액", "Total valuation"), "tot_evlu_amt", note=_with(Text("전일", "previous day"), "bfdy_tot_asst_evlu_amt")),
    _Tile(Text("순자산금액", "Net assets"), "nass_amt", note=_with(Text("총대출", "loans"), "tot_loan_amt")),
    _Tile(
        Text("자산증감액", "Change in assets"), "asst_icdc_amt", True, _day_rate, Text("전일 대비, 입출금 포함", "incl. money in or out")
    ),
    _Tile(Text("예수금 D+2", "Deposit D+2"), "prvs_rcdl_excc_amt", note=_with(Text("예수금", "deposit"), "dnca_tot_amt")),
    _Tile(Text("매입금액", "Purchase amount"), "pchs_amt_smtl_amt", note=_with(Text("금일 매수", "bought today"), "thdt_buy_amt")),
    _Tile(Text("평가금액", "Valuation of holdings"), "evlu_amt_smtl_amt", note=_with(Text("금일 매도", "sold today"), "thdt_sll_amt")),
    _Tile(Text("평가손익", "Profit or loss"), "evlu_pfls_smtl_amt", True, _profit_rate),
    _Tile(Text("금일 제비용", "Fees and taxes today"), "thdt_tlex_amt", note=_with(Text("전일", "previous day"), "bfdy_tlex_amt")),
)


def _told(canvas: Canvas, subject: Subject, row: int) -> int:
    """Everything to know, a line each; the last row that is filled."""
    canvas.put(row, _FIRST, subject.say(Text("알림", "Notices")), SECTION, to=_LAST)
    canvas.height(row, 21)
    for told, look in _notices(subject):
        row += 1
        canvas.put(row, _FIRST, text(told), look, to=_LAST)
        canvas.height(row, room(lines_high(told, 1.1 * _WHOLE_WIDTH), 13, 5))
    return row


def _notices(subject: Subject) -> Iterator[tuple[str, Look]]:
    for notice in notices(subject):
        colors = ALARM if notice.is_bad else WARNING
        yield subject.say(notice.told), Look(size=9, color=colors[1], bold=notice.is_bad, align="left", wrap=True)
    for told in (*_EXPLAINED, *([SUMS] if subject.together else [])):
        yield subject.say(told), NOTE


_EXPLAINED: Final = (
    Text(
        "자산증감액에는 입금과 출금이 들어 있으므로 수익이 아닙니다. API는 입출금액을 주지 않습니다.",
        "The change in assets holds money that was paid in or out, so it is no profit. The API does not give such payments.",
    ),
    Text(
        "'계산'이라고 적은 것은 kis_xl이 서버의 값으로 계산한 것이고, 나머지는 서버의 값 그대로입니다. 항목의 뜻은 '항목' 시트에 있습니다.",
        "What says 'computed' was computed by kis_xl from the service's figures; all else is as the service gave it. See the sheet Fields.",
    ),
    Text(
        "여러 행이나 여러 계좌에 나뉘어 있는 종목은 한 종목으로 합쳐 보여 주며, 합친 금액과 수익률은 kis_xl이 계산한 것입니다.",
        "A stock that stands in several rows or accounts is shown as one: its amounts and its rate are then computed by kis_xl.",
    ),
)
