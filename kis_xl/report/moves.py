"""What moved: the part of the overview on the day's rates, and on the changes since the earlier day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kis_xl.cells import Cell, cell
from kis_xl.changes import NO_PRICE, Change
from kis_xl.fields import HOLDING_FIELDS, by_key
from kis_xl.language import Text
from kis_xl.report.look import HAIR, LINE, MUTED, SIGNED_RATE, SIGNED_WON, WON, Look
from kis_xl.report.panel import LEFT, RIGHT, Panel, Place, arrow, as_name, captions, figure, line, lines, name, nothing, section
from kis_xl.report.rows import Canvas
from kis_xl.report.subject import Subject, first_of

_SIDE: Final = 5
_MOST_CHANGES: Final = 7
_FIELDS: Final = by_key(HOLDING_FIELDS)


def movers_and_changes(canvas: Canvas, place: Place, subject: Subject) -> Panel:
    """The day's largest moves by the service's rate, and what changed since the earlier day."""
    return Panel(max(_movers(canvas, place.row, subject), _changes(canvas, place.row, subject)))


def _movers(canvas: Canvas, row: int, subject: Subject) -> int:
    section(canvas, row, subject.say(Text("당일 등락", "Movers of the day")), LEFT)
    heads = (Text("종목", "Holding"), Text("등락률", "Day change"), Text("현재가", "Price"), Text("평가금액", "Valuation"))
    captions(canvas, row + 1, LEFT, [subject.say(each) for each in heads])
    known = sorted((stock for stock in subject.stocks if stock.prpr and stock.fltt_rt), key=lambda stock: (-stock.fltt_rt, stock.pdno))
    up = [stock for stock in known if stock.fltt_rt > 0][:_SIDE]
    down = [stock for stock in known if stock.fltt_rt < 0][-_SIDE:]
    row += 2
    for stock in [*up, *down]:
        rate = cell(_FIELDS["fltt_rt"], stock.fltt_rt)
        figures = ((rate, figure(SIGNED_RATE, rate)), (stock.prpr, figure(WON)), (stock.evlu_amt, figure(WON)))
        line(canvas, row, LEFT, arrow(stock.fltt_rt), ((name(stock), as_name()), *figures))
        row += 1
    if not up and not down:
        nothing(canvas, row, LEFT, subject.say(Text("당일 등락한 종목이 없습니다.", "Nothing moved that day.")))
        row += 1
    return row


def _changes(canvas: Canvas, row: int, subject: Subject) -> int:
    section(canvas, row, subject.say(_since(subject)), RIGHT)
    if subject.earlier is None:
        return lines(canvas, row + 2, subject.say(subject.parts[0].past.why))
    heads = (Text("종목", "Holding"), Text("구분", "Move"), Text("수량 증감", "Quantity"), Text("평가금액 증감", "Valuation"))
    captions(canvas, row + 1, RIGHT, [subject.say(each) for each in heads])
    row += 2
    found = [(change, part.name if subject.together else "") for part in subject.parts for change in part.changes]
    moved = [each for each in found if each[0].valuation_difference or each[0].quantity_difference]
    for change, whose in sorted(moved, key=lambda each: -abs(each[0].valuation_difference))[:_MOST_CHANGES]:
        difference = change.valuation_difference if change.is_priced else None
        figures: tuple[tuple[Cell, Look], ...] = (
            (subject.say(change.move.caption), Look(align="right", shrink=True, line=("bottom",), line_color=HAIR)),
            (change.quantity_difference, figure(SIGNED_WON)),
            (subject.say(NO_PRICE) if difference is None else difference, figure(SIGNED_WON, difference)),
        )
        line(canvas, row, RIGHT, arrow(difference), ((name(change, whose), as_name()), *figures))
        row += 1
    return _effects(canvas, row, subject, [change for change, _ in found])


def _since(subject: Subject) -> Text:
    """The panel's caption: the day that the changes are seen from, or the days where accounts differ in it."""
    days = sorted({earlier.day for part in subject.parts if (earlier := part.past.earlier) is not None})
    if not days:
        return Text("변동", "Changes")
    first, last = days[0], days[-1]
    if first == last:
        return Text(f"변동 ({first} 이후)", f"Changes since {first}")
    return Text(
        f"변동 (계좌별 이전 조회 이후: {first} ~ {last:%m-%d})", f"Changes since each account's earlier day ({first} to {last:%m-%d})"
    )


def _effects(canvas: Canvas, row: int, subject: Subject, found: Sequence[Change]) -> int:
    """What of the total valuation's change is the prices', as far as prices are known; ours, and said to be.

    What a stock's valuation lost or won because its price went missing or came back is no trade: it has a line of its own.
    """
    undivided = [change for change in found if change.price_effect is None]
    price = sum(change.price_effect or 0 for change in found)
    unknown = sum(change.valuation_difference for change in undivided)
    effect = Text("가격 영향 (계산)", "Price effect (computed)")
    if undivided:
        effect = Text("가격 영향 (계산, 알 수 있는 종목만)", "Price effect (computed, where known)")
    effects = [(effect, price)]
    if unknown:
        told = Text("시세 없는 종목의 평가금액 (계산)", "Valuation of stocks without a price (computed)")
        if any(change.is_priced for change in undivided):
            told = Text("나눌 수 없는 종목의 평가금액 (계산)", "Valuation of stocks that cannot be divided so (computed)")
        effects.append((told, unknown))
    whole = _whole_change(subject)
    if whole is not None:
        effects += [
            (Text("그 밖: 매매·입출금·비용 (계산)", "Rest: trades, money in or out, costs (computed)"), whole - price - unknown),
            (Text("총평가금액 증감 (계산)", "Change of the total valuation (computed)"), whole),
        ]
    for caption, amount in effects:
        canvas.put(row, RIGHT[0], subject.say(caption), Look(color=MUTED, align="left", line=("bottom",), line_color=LINE), to=11)
        canvas.put(row, 12, amount, figure(SIGNED_WON, amount))
        row += 1
    without = [part.name for part in subject.parts if part.past.earlier is None]
    if not without:
        return row
    names = first_of(without)
    told = Text(f"이전 날이 없는 계좌는 들어 있지 않습니다: {names.ko}", f"Without the accounts that have no earlier day: {names.en}")
    return lines(canvas, row, subject.say(told))


def _whole_change(subject: Subject) -> int | None:
    """The change of the total valuation since the earlier day; None where a total is missing then or now."""
    then = [None if (old := part.past.earlier) is None else old.summary for part in subject.parts]
    now = [part.balance.summary for part in subject.parts]
    if None in then or None in now:
        return None
    return sum(total.tot_evlu_amt for total in now if total) - sum(total.tot_evlu_amt for total in then if total)
