"""The sheets Holdings, Account and Changes: one function each, in columns that are formatted for what it gives."""

from __future__ import annotations

import re
from typing import Final

from kis_xl.changes import TABLE_FIELDS
from kis_xl.excel.arguments import ACCOUNT_FIELD, AS_ONE
from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Macro, Name, Page
from kis_xl.excel.workbook.page import colour_signs, dress, set_up_print, write_buttons, write_title
from kis_xl.excel.workbook.styles import DAY, ENTRY, HEADER, HEADER_FILL, HEADER_SHAPE, NOTE, ROW, SPAN, Look
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind
from kis_xl.language import Text, cells_wide

#: The rows that the legacy edition gives an array formula; a table that grows by itself needs no such bound.
LEGACY_ROWS: Final = 300
_HEADER_ROW = 5
_TEXTS: Final = (Kind.CODE, Kind.TEXT, Kind.FLAG)
_WIDEST: Final = {"prdt_name": 30, "pdno": 11, "trad_dvsn_name": 13}


def _look(field: Field) -> Look:
    """How a field's cells look. Text stays General: a formula in a cell formatted as text turns into text when it is edited."""
    if field.kind in _TEXTS:
        return {"indent": 1, "align": "left"}
    return {"num_format": field.kind.number_format, "align": "center" if field.kind is Kind.DATE else "right"}


def _width(book: Book, field: Field) -> float:
    """Room for the caption in two lines, and for the figures of a large account."""
    figures = {Kind.WON: 15, Kind.UNIT_PRICE: 16, Kind.QUANTITY: 10, Kind.PERCENT: 10, Kind.DATE: 12}.get(field.kind, 13)
    words = max(map(cells_wide, book.say(field.caption).split()))
    return _WIDEST.get(field.key) or max(figures, words + 2.5, cells_wide(book.say(field.caption)) / 2 + 3.5)


def _columns(book: Book, page: Page, fields: tuple[Field, ...]) -> str:
    """Give each field's column its width, format and colours; the letters of the first and last column."""
    sheet = book.sheet(page)
    letters = [chr(ord("A") + place) for place in range(len(fields))]
    for letter, field in zip(letters, fields, strict=True):
        sheet.set_column(f"{letter}:{letter}", _width(book, field), book.style(_look(field)))
        if field.signed:
            colour_signs(book, page, f"{letter}{_HEADER_ROW + 1}:{letter}{_HEADER_ROW + SPAN}", lined=True)
    return f"{letters[0]}:{letters[-1]}"


def _looks(fields: tuple[Field, ...], row: int, column: int) -> Look:
    if row > 0:
        return _look(fields[column])
    # a sentence in place of the table runs over the next cells: only text that neither wraps nor is centred does
    return HEADER_SHAPE if column > 0 else {"align": "left", "indent": 1}


def write_holdings(book: Book) -> None:
    """Every field of every holding, with the captions as the table's own first row."""
    page, sheet = Page.HOLDINGS, book.sheet(Page.HOLDINGS)
    columns = _columns(book, page, HOLDING_FIELDS)
    write_title(book, page)
    write_buttons(book, page, "F1", Macro.REFRESH, Macro.EXPORT, Macro.COPY_VALUES)
    told = Text("조회 옵션 (설정 시트에서 바꿉니다): ", "Options (set them on the Settings sheet): ")
    plain = Text("없음", "none")
    shown = f'IF({Name.OPTIONS.value}="","{book.say(plain)}",{Name.OPTIONS.value})'
    sheet.write_formula("A3", f'="{book.say(told)}"&{shown}', book.style(NOTE), "")
    sheet.set_row(3, 6)
    sheet.set_row(_HEADER_ROW - 1, 33)
    dress(book, page, columns, _HEADER_ROW)
    formula = f'=KIS_HOLDINGS({Name.WHOLE.value},"",1,{Name.OPTIONS.value})'
    area = f"A{_HEADER_ROW}:Z{_HEADER_ROW + LEGACY_ROWS}"
    book.table(page, area, formula, lambda row, column: _looks(HOLDING_FIELDS, row, column), painted=1)
    _say_above(book, page, area, '""')
    _write_whose(book)
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{_HEADER_ROW + SPAN}"})  # codes are text, and meant to be
    sheet.freeze_panes(_HEADER_ROW, 2)
    set_up_print(book, page, header_row=_HEADER_ROW)


def _write_whose(book: Book) -> None:
    """Beside the holdings of all accounts, whose each is: further left it would move all columns that are formatted for one account."""
    page, sheet = Page.HOLDINGS, book.sheet(Page.HOLDINGS)
    whole, first = Name.WHOLE.value, f"AA{_HEADER_ROW + 1}"
    sheet.set_column("AA:AA", 18, book.style(_look(ACCOUNT_FIELD)))
    formula = f'=IF({whole}="{AS_ONE}",KIS_HOLDINGS({whole},"{ACCOUNT_FIELD.key}",1,{Name.OPTIONS.value}),"")'
    area = f"AA{_HEADER_ROW}:AA{_HEADER_ROW + LEGACY_ROWS}"
    book.table(page, area, formula, lambda row, _column: _look(ACCOUNT_FIELD) if row else HEADER_SHAPE, painted=1)
    header = {"type": "formula", "criteria": f"=ISTEXT($AA${_HEADER_ROW})*LEN($AA${_HEADER_ROW})>0", "format": book.rule(HEADER_FILL)}
    sheet.conditional_format(f"AA{_HEADER_ROW}", header)
    lines = {"type": "formula", "criteria": f"=LEN($AA{_HEADER_ROW + 1})>0", "format": book.rule(ROW)}
    sheet.conditional_format(f"{first}:AA{_HEADER_ROW + SPAN}", lines)


def write_account(book: Book) -> None:
    """The account's totals: caption, value, API key, and what the API's document says about it."""
    page, sheet = Page.ACCOUNT, book.sheet(Page.ACCOUNT)
    sheet.set_column("A:A", 30)
    sheet.set_column("B:B", 24)
    sheet.set_column("C:C", 26)
    sheet.set_column("D:D", 74)
    write_title(book, page)
    write_buttons(book, page, "D1", Macro.REFRESH, Macro.EXPORT, Macro.COPY_VALUES)
    sheet.set_row(3, 24)
    captions = (Text("항목", "Item"), Text("값", "Value"), Text("API 항목", "API key"), Text("설명", "Note"))
    for column, caption in zip("ABCD", captions, strict=True):
        sheet.write_string(f"{column}4", book.say(caption), book.style(HEADER))
    first, last = 5, 4 + len(SUMMARY_FIELDS)
    for place, field in enumerate(SUMMARY_FIELDS):
        note = re.split(r"[.:] ", book.say(field.note))[0]  # the document's longer explanations stand in the report's legend
        sheet.write_string(f"D{first + place}", note, book.style(ROW, NOTE, shrink=True, indent=1))
        if field.signed:
            colour_signs(book, page, f"B{first + place}:B{first + place}")
    book.table(page, f"A{first}:C{last}", f'=KIS_SUMMARY({Name.WHOLE.value},"",2)', _account_look)
    sheet.freeze_panes(4, 0)
    set_up_print(book, page)


def _account_look(row: int, column: int) -> Look:
    field = SUMMARY_FIELDS[row]
    if column == 1:
        bold = field.key in ("tot_evlu_amt", "nass_amt")
        return {**ROW, **_look(field), "align": "right", "indent": 1, "bold": bold}
    return {**ROW, "indent": 1} if column == 0 else {**ROW, **NOTE, "indent": 1}


def write_changes(book: Book) -> None:
    """What is different from an earlier day, per stock. On the first day there is none: the sheet says so in words."""
    page, sheet = Page.CHANGES, book.sheet(Page.CHANGES)
    columns = _columns(book, page, TABLE_FIELDS)
    write_title(book, page)
    write_buttons(book, page, "F1", Macro.REFRESH, Macro.EXPORT, Macro.COPY_VALUES)
    sheet.set_row(2, 24)
    sheet.write_string("A3", book.say(Text("기준일", "Since")), book.style(bold=True))
    sheet.write_blank("B3", None, book.style(ENTRY, num_format=DAY))
    hint = Text("비우면 저장된 직전 날과 비교합니다. 예: 2026-11-20", "Blank: the previous stored day. For instance 2026-11-20")
    sheet.write_string("C3", book.say(hint), book.style(NOTE, indent=1))
    book.name(Name.SINCE, page, "$B$3")
    allow_dates(book, page, "B3")
    sheet.set_row(3, 6)
    sheet.set_row(_HEADER_ROW - 1, 33)
    dress(book, page, columns, _HEADER_ROW)
    none = Text(
        "비교할 이전 날의 잔고가 없습니다. 첫날이라면 내일부터 표시됩니다.",
        "There is no earlier day to compare with. On the first day that is so: shown from tomorrow on.",
    )
    call = f"KIS_CHANGES({Name.SINCE.value},{Name.WHOLE.value})"
    area = f"A{_HEADER_ROW}:{columns.partition(':')[2]}{_HEADER_ROW + LEGACY_ROWS}"
    write_or_say(book, page, area, call, none, TABLE_FIELDS)
    sheet.ignore_errors({"number_stored_as_text": f"A1:Z{_HEADER_ROW + SPAN}"})  # codes are text, and meant to be
    sheet.freeze_panes(_HEADER_ROW, 2)
    set_up_print(book, page, header_row=_HEADER_ROW)


def write_or_say(book: Book, page: Page, area: str, call: str, none: Text, fields: tuple[Field, ...]) -> None:
    """A function's table, or a sentence in its place while there is nothing (#N/A). Other errors stay what they are.

    An array formula would repeat the sentence in every cell of its range: there it has a line of its own, above.
    """
    sentence = book.say(none)
    corner = area.split(":", maxsplit=1)[0]
    formula = f"={call}" if book.edition.legacy else f'=_xlfn.IFNA({call},"{sentence}")'
    book.table(page, area, formula, lambda row, column: _looks(fields, row, column), painted=1)
    _say_above(book, page, area, f'IF(ISNA({corner}),"{sentence}","")')


def _say_above(book: Book, page: Page, area: str, otherwise: str) -> None:
    """Above an array formula: that its range is full, so that there may be more than it shows; else the formula `otherwise`."""
    if not book.edition.legacy:
        return
    sheet = book.sheet(page)
    first, last = area.split(":")
    row, bottom = int(first[1:]), int(last[1:])
    cut = Text(
        f"표의 자리가 {bottom - row}행뿐이라 그 뒤는 보이지 않을 수 있습니다. 나머지는 내보낸 보고서에 있습니다.",
        f"The table has room for {bottom - row} rows, so there may be more than it shows. The exported report has all of them.",
    )
    sheet.set_row(row - 2, 18)
    sheet.write_formula(f"{first[0]}{row - 1}", f'=IF(ISNA({first[0]}{bottom}),{otherwise},"{book.say(cut)}")', book.style(NOTE), "")


def allow_dates(book: Book, page: Page, cell: str) -> None:
    """Only a date, or nothing, may be typed into a cell."""
    rule = {
        "validate": "date",
        "criteria": ">",
        "value": "=DATE(2000,1,1)",
        "error_title": book.say(Text("날짜", "Date")),
        "error_message": book.say(Text("2026-11-20 처럼 날짜를 적거나 비워 두세요.", "Type a date such as 2026-11-20, or leave it blank.")),
    }
    book.sheet(page).data_validation(cell, rule)
