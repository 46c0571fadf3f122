"""The parts of the overview below its figures: allocation, profits, movers and changes, checks.

Each writes itself from a row on and says where it has ended, and which charts belong to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from kis_xl.cells import Cell, cell, text
from kis_xl.changes import NO_PRICE
from kis_xl.fields import HOLDING_FIELDS, Holding, by_key
from kis_xl.language import Text
from kis_xl.report.charts import doughnut, gains_and_losses
from kis_xl.report.holdings import AGREES, DIFFERS
from kis_xl.report.look import MUTED, NAVY, RATE, SIGNED_RATE, SIGNED_WON, SLICES, SUM, UP, WON, Look
from kis_xl.report.moves import movers_and_changes
from kis_xl.report.panel import HEAD, LEFT, ROW, Panel, Place, arrow, as_name, captions, figure, line, lines, name, nothing, section
from kis_xl.report.rows import Canvas
from kis_xl.report.subject import Subject

TOP: Final = 10
_SIDE: Final = 5
_FIELDS: Final = by_key(HOLDING_FIELDS)
_SOME_PRICES: Final = Text("일부 시세 없음", "partly no price")
_WEIGHT: Final = Decimal("0.000001")
_CHECK_COLUMNS: Final = ((2, 7), (8, 9), (10, 11), (12, 12))


def allocation(canvas: Canvas, place: Place, subject: Subject) -> Panel:
    """The ten largest holdings, the others, the deposit; a ring of them beside."""
    row = place.row
    caption = Text(f"자산 배분 (평가금액 상위 {TOP}종목)", f"Allocation (the {TOP} largest holdings)")
    section(canvas, row, subject.say(caption))
    heads = (
        Text("종목", "Holding"),
        Text("비중 (계산)", "Weight (computed)"),
        Text("평가손익률", "Profit rate"),
        Text("평가금액", "Valuation"),
    )
    captions(canvas, row + 1, LEFT, [subject.say(each) for each in heads])
    parts = _parts(subject)
    total = None if subject.totals is None else subject.totals["tot_evlu_amt"]
    for number, part in enumerate(parts, 2):
        has_weight = part.amount or not isinstance(part.rate, str)  # 0 of a stock without a price is no 0 %
        weight = (Decimal(part.amount) / Decimal(total)).quantize(_WEIGHT) if total and has_weight else None
        figures = ((weight, figure(RATE)), (part.rate, figure(SIGNED_RATE, part.rate)), (part.amount, figure(WON)))
        line(canvas, row + number, LEFT, ("■", part.color), ((part.name, as_name()), *figures))
    end = row + 2 + len(parts)
    if not subject.stocks:
        nothing(canvas, end, LEFT, subject.say(Text("보유한 종목이 없습니다.", "Nothing is held.")))
        end += 1
    look = replace(SUM, align="left")
    canvas.put(end, 2, subject.say(Text("총평가금액", "Total valuation")), look, to=5)
    canvas.put(end, 6, "–" if total is None else total, Look(WON, bold=True, align="right", shrink=True, line=SUM.line, line_color=NAVY))
    charts = []
    if subject.lacking:  # parts of a whole that is not known
        told = Text("계좌 합계가 빠져 있어 비중을 계산하지 않습니다.", "Account totals are missing, so there are no weights.")
        lines(canvas, row + 2, subject.say(told))
    elif any(part.amount for part in parts) and all(part.amount >= 0 for part in parts):  # a ring has no room for less than nothing
        named = ([part.name for part in parts], [part.amount for part in parts], [part.color for part in parts])
        charts = [doughnut(place.sheet, row + 2, *named, (8, row + 1, 13, max(end + 1, row + 9)))]
    elif any(part.amount < 0 for part in parts):
        told = Text("마이너스 금액이 있어 원그래프를 그리지 않습니다.", "There is no ring: an amount is negative.")
        lines(canvas, row + 2, subject.say(told))
    return Panel(max(end, row + 8 if charts else end) + 1, charts)


@dataclass(frozen=True)
class _Part:
    name: str
    amount: int
    color: str
    rate: Cell = None


def _rate_of(stock: Holding, subject: Subject) -> Cell:
    """The rate of profit as a cell; words where it would say nothing, since a price is missing."""
    if stock.pdno in subject.unpriced:
        return subject.say(_SOME_PRICES if stock.evlu_amt else NO_PRICE)
    return cell(_FIELDS["evlu_pfls_rt"], stock.evlu_pfls_rt)


def _parts(subject: Subject) -> list[_Part]:
    ordered = sorted(subject.stocks, key=lambda row: (-row.evlu_amt, row.pdno))
    parts = [_Part(name(row), row.evlu_amt, SLICES[place], _rate_of(row, subject)) for place, row in enumerate(ordered[:TOP])]
    others = ordered[TOP:]
    if others:
        count = f"{len(others):,}"
        caption = subject.say(Text(f"그 밖의 {count}종목 (계산)", f"{count} others (computed)"))
        parts.append(_Part(caption, sum(row.evlu_amt for row in others), SLICES[TOP]))
    if subject.totals is not None and (subject.totals["prvs_rcdl_excc_amt"] or not parts):
        parts.append(_Part(subject.say(Text("예수금 D+2", "Deposit D+2")), subject.totals["prvs_rcdl_excc_amt"], SLICES[-1]))
    return parts


def profits(canvas: Canvas, place: Place, subject: Subject) -> Panel:
    """The largest gains and losses, stock by stock, and bars of them."""
    row = place.row
    caption = Text(f"종목별 평가손익 (이익·손실 상위 {_SIDE}종목)", f"Profit or loss by stock (the {_SIDE} largest of each)")
    section(canvas, row, subject.say(caption))
    heads = [subject.say(each) for each in (Text("종목", "Holding"), Text("손익률", "Rate"), Text("이익", "Gain"), Text("손실", "Loss"))]
    captions(canvas, row + 1, LEFT, heads)
    known = [stock for stock in subject.stocks if stock.evlu_pfls_amt]
    gains = sorted((stock for stock in known if stock.evlu_pfls_amt > 0), key=lambda stock: (-stock.evlu_pfls_amt, stock.pdno))[:_SIDE]
    losses = sorted((stock for stock in known if stock.evlu_pfls_amt < 0), key=lambda stock: (stock.evlu_pfls_amt, stock.pdno))[:_SIDE]
    shown = [*gains, *reversed(losses)]
    for number, stock in enumerate(shown, 2):
        profit, rate = stock.evlu_pfls_amt, _rate_of(stock, subject)
        gain, loss = (profit, None) if profit > 0 else (None, profit)
        figures = ((rate, figure(SIGNED_RATE, rate)), (gain, figure(SIGNED_WON, gain)), (loss, figure(SIGNED_WON, loss)))
        line(canvas, row + number, LEFT, arrow(profit), ((name(stock), as_name()), *figures))
    end = row + 2 + len(shown)
    if not shown:
        nothing(canvas, end, LEFT, subject.say(Text("평가손익이 있는 종목이 없습니다.", "No holding has a profit or loss.")))
        return Panel(end + 1)
    amounts = [stock.evlu_pfls_amt for stock in shown]
    split = ([amount if amount > 0 else None for amount in amounts], [amount if amount < 0 else None for amount in amounts])
    end = max(end, row + 7)
    box = (8, row + 1, 13, end)
    return Panel(end, [gains_and_losses(place.sheet, row + 2, [name(stock) for stock in shown], split, heads[2:], box)])


def checks(canvas: Canvas, place: Place, subject: Subject) -> Panel:
    """Each check with what the service's total says, what the rows make, and whether they agree.

    Of several accounts only those that fail, since the others would fill the page; the last line counts all.
    """
    row = place.row
    section(canvas, row, subject.say(Text("검산", "Checks")))
    shown = [(part, check) for part in subject.parts for check in part.checks if not (subject.together and check.ok)]
    if shown:
        row += 1
        heads = (Text("검산 항목", "Check"), Text("기준", "Expected"), Text("실제", "Actual"), Text("판정", "Verdict"))
        for (first, last), caption in zip(_CHECK_COLUMNS, heads, strict=True):
            canvas.put(row, first, subject.say(caption), replace(HEAD, align="left" if first == 2 else "right"), to=last)
    for part, check in shown:
        row += 1
        words = f"{part.name}: {subject.say(check.caption)}" if subject.together else subject.say(check.caption)
        verdict = replace(ROW, bold=not check.ok, color="" if check.ok else UP, align="right")
        told = (subject.say(AGREES if check.ok else DIFFERS), verdict)
        cells: tuple[tuple[Cell, Look], ...] = (
            (text(words), replace(as_name(), shrink=True)),
            (check.expected, figure(WON)),
            (check.actual, figure(WON)),
            told,
        )
        for (first, last), (value, look) in zip(_CHECK_COLUMNS, cells, strict=True):
            canvas.put(row, first, value, look, to=last)
    everything = [check for part in subject.parts for check in part.checks]
    agreeing = sum(check.ok for check in everything)
    counted = Text(f"{len(everything)}건 중 {agreeing}건 일치", f"{agreeing} of {len(everything)} agree")
    canvas.put(row + 1, 2, subject.say(counted), Look(color=MUTED, size=9, align="left"), to=12)
    return Panel(row + 2)


PANELS: Final[tuple[Callable[[Canvas, Place, Subject], Panel], ...]] = (allocation, profits, movers_and_changes, checks)
