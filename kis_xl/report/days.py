"""The sheets of earlier days: what changed since the last one, and the totals day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from openpyxl.utils import get_column_letter

from kis_xl.cells import Cell, text
from kis_xl.changes import CHANGE_FIELDS, EFFECT_FIELDS, NO_PRICE, Change, Move, values
from kis_xl.language import NO_TEXT, Text
from kis_xl.report.charts import line_chart
from kis_xl.report.holdings import TOTAL, account_column
from kis_xl.report.look import DAY, NAVY, NOTE, PLAIN, WON, Look
from kis_xl.report.past import DAILY_FIELDS
from kis_xl.report.rows import Canvas
from kis_xl.report.sheet import Column, Row, Sheet, Table, lines_high, room
from kis_xl.report.subject import SUMS, Subject, clock

_FIELDS: Final = (*CHANGE_FIELDS, *EFFECT_FIELDS)
_STATE: Final = [field.key for field in CHANGE_FIELDS].index("state")
DATE: Final = Text("일자", "Date")
REMARK: Final = Text("비고", "Remark")
UNCLEAR: Final = Text("분할·매매 구분 불가", "split or traded: not known")
_FLOWS: Final = Text(
    "총평가금액과 순자산의 변화에는 입금과 출금이 들어 있으므로 수익이 아닙니다. API는 입출금액을 주지 않습니다.",
    "Changes of the total valuation and of the net assets hold money that was paid in or out, so they are no profit. "
    "The API does not give such payments.",
)
_NOTE_WIDTH: Final = 110
_CHART_ROWS: Final = 24


def changes(subject: Subject) -> Sheet:
    """A row a stock that is held now or was held then, the largest change of valuation first."""
    columns = [Column.of(field, subject.language) for field in _FIELDS]
    columns.append(Column(subject.say(REMARK), PLAIN))
    if subject.together:
        columns.insert(0, account_column(subject))
    rows = list(_changed(subject))
    table = Table(
        title=subject.say(Text("변동", "Changes")),
        name="Changes",
        columns=columns,
        rows=rows,
        count=len(rows),
        below=_below_changes(subject, len(rows)),
        footer=subject.footer,
    )
    return table.sheet(freeze=f"{get_column_letter(3 + int(subject.together))}2")


def _changed(subject: Subject) -> Iterator[Row]:
    for part in subject.parts:
        for change in part.changes:
            cells: list[Cell] = [text(value) if isinstance(value, str) else value for value in values(change, subject.language)]
            cells[_STATE] = subject.say(change.move.caption)
            remark = NO_PRICE if not change.is_priced else UNCLEAR if change.price_effect is None else NO_TEXT
            cells += [change.price_effect, change.quantity_effect, subject.say(remark) or None]
            yield (text(part.name), *cells) if subject.together else tuple(cells)


def _below_changes(subject: Subject, count: int) -> Canvas:
    canvas = Canvas()
    shift = int(subject.together)
    row = 1
    if count:
        canvas.put(1, 1, subject.say(TOTAL), Look(bold=True, align="left", indent=1), to=2 + shift)
        found = [change for part in subject.parts for change in part.changes]
        for column, (total, signed) in _total_changes(found).items():
            look = Look(WON, bold=True, line=("top",), line_color=NAVY)
            canvas.put(1, column + shift, total, look.signed(total) if signed else look)
        row = 3
    for told in _told_of_changes(subject, count):
        _note(canvas, row, told)
        row += 1
    return canvas


def _total_changes(found: list[Change]) -> dict[int, tuple[int, bool]]:
    """The sums of the columns of won, by column, and whether their sign is coloured. What is not known is not in them."""
    summed = [place for place, field in enumerate(_FIELDS) if field.kind.number_format == WON and not field.key.startswith("hldg_qty")]
    sums = dict.fromkeys(summed, 0)
    for change in found:
        row: tuple[Any, ...] = (*values(change, "en"), change.price_effect, change.quantity_effect)
        for place in summed:
            sums[place] += row[place] or 0
    return {place + 1: (total, _FIELDS[place].signed) for place, total in sums.items()}


def _told_of_changes(subject: Subject, count: int) -> Iterator[str]:
    yield from map(subject.say, subject.caveats)
    if subject.earlier is None:
        return
    if not count:
        yield subject.say(Text("두 시점 모두 보유한 종목이 없습니다.", "Nothing is held at either time."))
    compared = [(part, _times(part.past.earlier.as_of, part.balance.as_of)) for part in subject.parts if part.past.earlier is not None]
    yield from map(subject.say, subject.grouped(compared))
    yield subject.say(
        Text(
            "가격 영향은 두 시점 모두 보유한 수량 × 현재가의 변화이고, 수량 영향은 나머지(매매, 입출고)입니다. 둘을 더하면 "
            "평가금액 증감과 같습니다. 시세가 없던 종목과 분할인지 매매인지 가릴 수 없는 종목은 나누지 않고 합계의 영향에도 넣지 않습니다. "
            "실현한 손익은 이 표에 없습니다.",
            "The price effect is the shares held at both times × the change of their price, the quantity effect the rest "
            "(trades, transfers); together they are the difference of the valuation. Stocks without a price, and those that "
            "may have been split as well as traded, are not divided so, and not in the totals of the effects. What sales realized is "
            "not in this table.",
        )
    )
    if any(change.move is Move.SPLIT for part in subject.parts for change in part.changes):
        yield subject.say(
            Text(
                "분할·병합·무상: 매입금액으로 보아 주식 수만 바뀌었습니다(액면분할, 병합, 무상증자, 주식배당 등). "
                "남은 주식의 평가금액 증감은 모두 가격 영향이고, 판 주식과 단주는 수량 영향입니다.",
                "Split or merged: the purchase amount tells that the number of shares changed without a trade (a split, a merger, bonus "
                "shares, a stock dividend). Of what is left of it the whole difference of the valuation is the price effect; shares "
                "that were sold, and fractions that were paid out, are the quantity effect.",
            )
        )


def _times(then: datetime, now: datetime) -> Text:
    return Text(f"{clock(then)} 과 {clock(now)} (KST) 의 비교입니다.", f"Compared: {clock(then)} with {clock(now)} (KST).")


def history(subject: Subject) -> Sheet:
    """A row a stored day and one for the report's own, with a chart beside."""
    columns = [Column(subject.say(DATE), Look(DAY, align="center"), width=13)]
    columns += [Column.of(field, subject.language) for field in DAILY_FIELDS]
    days = subject.days
    below = Canvas()
    told = [*subject.caveats, *([SUMS, subject.left_out] if subject.together else []), *([_FLOWS] if days else [])]
    for row, line in enumerate((subject.say(each) for each in told if each != NO_TEXT), 1):
        _note(below, row, line, columns=len(columns))
    title = subject.say(Text("추이", "History"))
    charts = []
    if len(days) > 1:
        charts = [_chart(subject, title, days)]
    rows: list[Row] = [(day, *values) for day, values in days]
    table = Table(title, "History", columns, rows, len(rows), below=below, footer=subject.footer)
    return table.sheet(charts=charts)


def _chart(subject: Subject, title: str, days: list[tuple[date, tuple[int | None, ...]]]) -> Any:
    shown = [(place, field) for place, field in enumerate(DAILY_FIELDS) if field.key in ("tot_evlu_amt", "nass_amt")]
    series = [(field.caption.in_(subject.language), place + 2, [values[place] for _, values in days]) for place, field in shown]
    first = len(DAILY_FIELDS) + 2
    caption = " · ".join(field.caption.in_(subject.language) for _, field in shown)
    # below the captions: these are printed on every page, with whatever stands on them
    return line_chart(title, caption, [day for day, _ in days], series, (first, 2, first + 9, 1 + _CHART_ROWS))


def _note(canvas: Canvas, row: int, told: str, columns: int = 13) -> None:
    canvas.put(row, 1, text(told), NOTE, to=columns)
    canvas.height(row, room(lines_high(told, _NOTE_WIDTH if columns > 6 else 80), 14))
