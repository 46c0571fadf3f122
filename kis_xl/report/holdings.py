"""The sheets of holdings and of the account's totals: what the service gave, field by field, and whether it adds up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from openpyxl.utils import get_column_letter

from kis_xl.cells import Cell, cell, text
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Kind
from kis_xl.language import Text, cells_wide
from kis_xl.report.look import MUTED, NAVY, NOTE, PLAIN, UP, WON, Look
from kis_xl.report.rows import Canvas, Shown
from kis_xl.report.sheet import Column, Row, Sheet, Table, lines_high, room
from kis_xl.report.subject import EMPTY_ACCOUNT, Part, Subject, first_of

ACCOUNT: Final = Text("계좌 이름", "Account name")
ITEM: Final = Text("항목", "Item")
VALUE: Final = Text("값", "Value")
TOTAL: Final = Text("합계 (계산)", "Total (computed)")
API_KEY: Final = Text("API 항목", "API key")
GROUP: Final = Text("구분", "Group")
REMARK: Final = Text("설명", "Note")
AGREES: Final = Text("일치", "agrees")
DIFFERS: Final = Text("불일치", "DIFFERS")
#: The holdings' amounts that have a total, and the account's own total of them.
SUMMED: Final[dict[str, str]] = {
    "pchs_amt": "pchs_amt_smtl_amt",
    "evlu_amt": "evlu_amt_smtl_amt",
    "evlu_pfls_amt": "evlu_pfls_smtl_amt",
    "loan_amt": "",
}
#: The account's totals in the document's order, in groups.
GROUPS: Final[tuple[tuple[Text, str], ...]] = (
    (Text("예수금", "Deposits"), "dnca_tot_amt"),
    (Text("매매 · 상환 · 비용", "Trades, repayments, costs"), "bfdy_buy_amt"),
    (Text("평가 · 대출", "Valuation and loans"), "tot_loan_amt"),
    (Text("보유종목 합계", "Sums of the holdings"), "pchs_amt_smtl_amt"),
    (Text("전일 대비", "Against the previous day"), "bfdy_tot_asst_evlu_amt"),
)
DEFINED_NAMES: Final = {"TotalValuation": "tot_evlu_amt", "NetAssets": "nass_amt", "Deposit": "dnca_tot_amt"}
_KEYS: Final = [field.key for field in HOLDING_FIELDS]
_ACCOUNT_WIDTH: Final = 24.0
#: How many columns of accounts a printed page takes; the columns beside them take the room of two.
_COLUMNS_A_PAGE: Final = 6
_OTHER_COLUMNS: Final = 2


def account_column(subject: Subject) -> Column:
    """The column of the accounts' names. It stays in sight, so a wide one would leave no room for what is scrolled."""
    is_wide = any(cells_wide(part.name) + 2.5 > _ACCOUNT_WIDTH for part in subject.parts)
    look, width = (replace(PLAIN, wrap=True), _ACCOUNT_WIDTH) if is_wide else (PLAIN, None)
    return Column(subject.say(ACCOUNT), look, width=width)


def holdings(subject: Subject) -> Sheet:
    """A row a holding, the 26 columns in the document's order; of several accounts with the account's name before them.

    The valuation carries a bar: its length is the holding's part of the largest one. (A column of weights would be a 27th.)
    """
    columns = [Column.of(field, subject.language) for field in HOLDING_FIELDS]
    if subject.together:
        columns.insert(0, account_column(subject))
    table = Table(
        title=subject.say(Text("보유종목", "Holdings")),
        name="Holdings",
        columns=columns,
        rows=_rows(subject),
        count=subject.count,
        looked_at=list(_looked_at(subject)),
        below=_sums(subject),
        footer=subject.footer,
    )
    shift = int(subject.together)
    valuation = get_column_letter(_KEYS.index("evlu_amt") + 1 + shift)
    return table.sheet(
        freeze=f"{get_column_letter(3 + shift)}2",
        bars=[f"{valuation}2:{valuation}{table.last}"],
        title_columns=f"A:{get_column_letter(2 + shift)}",
        pages_wide=2,
    )


def _rows(subject: Subject) -> Iterator[Row]:
    """One after another: with a hundred thousand holdings nothing but the row at hand is made into cells."""
    values_of = attrgetter(*_KEYS)
    for part, row in subject.rows():
        values: tuple[Cell, ...] = tuple(map(cell, HOLDING_FIELDS, values_of(row)))
        yield (text(part.name), *values) if subject.together else values


def _looked_at(subject: Subject) -> Iterator[Iterable[Any]]:
    """The values of each column, as they come: a width needs the extremes only."""
    if subject.together:
        yield [part.name for part in subject.parts]
    for field in HOLDING_FIELDS:
        values = _values(subject, field.key)
        yield (rate.scaleb(-2) for rate in values) if field.kind is Kind.PERCENT else values


def _values(subject: Subject, key: str) -> Iterator[Any]:
    return map(attrgetter(key), chain.from_iterable(part.balance.holdings for part in subject.parts))


def _sums(subject: Subject) -> Canvas:
    """Below the table: the sums of the rows, the account's own totals, and whether they are the same.

    Of several accounts each is compared with its own: what is too much in one may be too little in another.
    """
    canvas = Canvas()
    rows = [row for part in subject.parts for row in part.balance.holdings]
    shift = int(subject.together)
    differing = {key: _differing(subject, key) for key, total_key in SUMMED.items() if total_key}
    captions = (
        Text("행의 합계 (계산)", "Sum of the rows (computed)"),
        Text("계좌의 합계 (서버)", "Total of the account (service)"),
        Text("일치 여부", "Verdict"),
    )
    for line, caption in enumerate(captions, 1):
        canvas.put(line, 1, subject.say(caption), Look(bold=True, align="left", indent=1), to=2 + shift)
    for key, total_key in SUMMED.items():
        column = _KEYS.index(key) + 1 + shift
        total = sum(getattr(row, key) for row in rows)
        look = Look(WON, bold=True, line=("top",), line_color=NAVY)
        canvas.put(1, column, total, look.signed(total) if key == "evlu_pfls_amt" else look)
        if total_key and (subject.totals is not None or subject.lacking):
            given = "–" if subject.totals is None else subject.totals[total_key]
            canvas.put(2, column, given, Look(WON, align="right"))
            canvas.put(3, column, *_verdict(subject, differing[key]))
    wrong = list(dict.fromkeys(part.name for parts in differing.values() for part in parts))
    if subject.together and wrong:
        names = first_of(wrong)
        told = Text(f"계좌의 합계와 행의 합계가 다른 계좌: {names.ko}", f"The account's totals are not the sums of its rows: {names.en}")
        canvas.put(4, 1, text(subject.say(told)), Look(bold=True, color=UP, align="left", indent=1), to=_KEYS.index("evlu_amt") + 1)
    return canvas


def _differing(subject: Subject, key: str) -> list[Part]:
    """The accounts whose rows do not make their own total of the column `key`."""
    known = ((part, part.balance.summary) for part in subject.parts)
    return [
        part
        for part, summary in known
        if summary is not None and getattr(summary, SUMMED[key]) != sum(getattr(row, key) for row in part.balance.holdings)
    ]


def _verdict(subject: Subject, differing: Sequence[Part]) -> tuple[str, Look]:
    """Whether each account's rows make its total, as words and their look; nothing is said for an account without one."""
    if differing:
        return subject.say(DIFFERS), Look(bold=True, color=UP, align="right")
    return "–" if subject.lacking else subject.say(AGREES), Look(align="right")


def account(subject: Subject) -> Sheet:
    """The 24 totals: caption, value and API key, and beside them the group and what the document says of each.

    The values are blank where the service has none (an empty mock account). Of several accounts a column each, and the sum of
    what adds up, blank where one of them holds something and has no totals; the items stay in sight and are on every page.
    """
    columns = [Column(subject.say(ITEM), PLAIN)]
    more: dict[str, Any] = {}
    if subject.together:
        columns += [Column(part.name, Look("General", align="right"), width=20, named=True) for part in subject.parts]
        pages = math.ceil((len(subject.parts) + _OTHER_COLUMNS) / _COLUMNS_A_PAGE)
        more = {"freeze": "B2", "title_columns": "A:A", "pages_wide": pages}
    columns += [
        Column(subject.say(TOTAL if subject.together else VALUE), Look("General", align="right"), width=22),
        Column(subject.say(API_KEY), PLAIN),
        Column(subject.say(GROUP), Look(bold=True, color=NAVY, align="left", indent=1), beside=True),
        Column(subject.say(REMARK), Look(size=9, color=MUTED, align="left", indent=1, wrap=True), width=56, beside=True),
    ]
    below = Canvas()
    if subject.totals is None:
        told = _why_blank(subject)
        below.put(1, 1, text(told), NOTE, to=3)
        below.height(1, room(lines_high(told, 60), 14))
    table = Table(
        title=subject.say(Text("계좌", "Account")),
        name="Account",
        columns=columns,
        rows=_totals(subject),
        count=len(SUMMARY_FIELDS),
        below=below,
        footer=subject.footer,
    )
    letter = get_column_letter(len(columns) - 3)
    place = {field.key: row for row, field in enumerate(SUMMARY_FIELDS, 2)}
    return table.sheet(names={name: f"${letter}${place[key]}" for name, key in DEFINED_NAMES.items()}, **more)


def _why_blank(subject: Subject) -> str:
    if not subject.lacking:
        return subject.say(EMPTY_ACCOUNT)
    if not subject.together:
        told = Text("서버가 보유종목은 주었으나 계좌 합계를 주지 않았습니다.", "The service gave holdings but no totals.")
        return subject.say(told)
    names = first_of([part.name for part in subject.lacking])
    told = Text(
        f"전체 합계를 낼 수 없습니다. 보유종목은 있으나 서버가 계좌 합계를 주지 않은 계좌: {names.ko}",
        f"There is no sum: the service gave holdings but no totals of {names.en}.",
    )
    return subject.say(told)


def _totals(subject: Subject) -> Iterator[Row]:
    begins = {key: caption for caption, key in GROUPS}
    for field in SUMMARY_FIELDS:
        edge = ("top",) if field.key in begins else ()
        label, look = replace(PLAIN, line=edge), Look(field.kind.number_format, align="right", line=edge)
        values: list[Cell] = []
        if subject.together:
            values = [None if (total := part.balance.summary) is None else cell(field, getattr(total, field.key)) for part in subject.parts]
        values.append(None if subject.totals is None else cell(field, subject.totals[field.key]))
        group = subject.say(begins[field.key]) if field.key in begins else None
        shown = (Shown(value, look.signed(value) if field.signed else look) for value in values)
        caption, note = field.caption.in_(subject.language), field.note.in_(subject.language)
        yield (Shown(caption, label), *shown, Shown(field.key, label), group, note or None)
