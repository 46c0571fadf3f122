"""The sheet Settings: what the user can set, the accounts, and the state of the figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Macro, Name, Page
from kis_xl.excel.workbook.page import dress, set_up_print, write_buttons, write_title
from kis_xl.excel.workbook.styles import ALARM_INK, ENTRY, HEADER_SHAPE, MOMENT, NOTE, SECTION, Look, lines_high
from kis_xl.language import LANGUAGES, Text

_FIRST = 6
_STATUS = 15  # the row of the first line of KIS_STATUS
_STATUS_ROWS = 15
_ACCOUNTS = 6
_ACCOUNT_ROWS = 20
_MOMENTS: Final = (1, 9)  # the rows of KIS_STATUS that hold a time
_NUMBERS: Final = (2, 5, 6)
_ERROR = 10
_HELP_WIDTH = 62


@dataclass(frozen=True)
class Setting:
    """One cell to fill in: its name, label, first value, explanation, and the list that it offers."""

    name: Name
    label: Text
    help: Text
    value: str | int | bool = ""
    offers: tuple[Any, ...] = field(default=())
    strict: bool = False


def settings(book: Book) -> tuple[Setting, ...]:
    """The settings in their order."""
    return (
        Setting(
            Name.ACCOUNT,
            Text("계좌", "Account"),
            Text(
                "계좌 이름(오른쪽 목록). 비우면 기본 계좌, * 이면 모든 계좌의 합계입니다. 계좌번호는 적지 마세요: 파일에 남습니다.",
                "An account's name, as listed on the right; blank: the default one; *: all accounts as one. Do not type its number: it "
                "would stay in the file.",
            ),
        ),
        Setting(
            Name.OPTIONS,
            Text("조회 옵션", "Options"),
            Text(
                "보유종목 시트의 옵션. 이름=값을 ; 로 나눕니다: by=stock (종목별로 합침), zero=hide (수량 0 숨김), sort=-evlu_amt, top=10, "
                "AFHR_FLPR_YN=X (NXT 시세)",
                "For the sheet Holdings, name=value divided by ; such as by=stock (rows of a stock joined), zero=hide (no quantity, no "
                "row), sort=-evlu_amt, top=10, AFHR_FLPR_YN=X (NXT prices)",
            ),
            offers=("by=stock", "by=stock; zero=hide", "by=stock; zero=hide; sort=-evlu_amt", "AFHR_FLPR_YN=X"),
        ),
        Setting(
            Name.LANGUAGE,
            Text("언어", "Language"),
            Text("항목 이름과 메시지의 언어: ko, en", "The language of captions and messages: ko, en"),
            book.edition.language,
            LANGUAGES,
            strict=True,
        ),
        Setting(
            Name.REFRESH_ON_OPEN,
            Text("열 때 새로고침", "Refresh on opening"),
            Text(
                "TRUE 이면 파일을 열 때 새로 조회합니다. FALSE 이면 마지막 잔고가 그 시각과 함께 보입니다.",
                "TRUE fetches when the workbook opens. FALSE shows the last balance, with its time.",
            ),
            book.edition.refresh_on_open,
            ("TRUE", "FALSE"),
            strict=True,
        ),
        Setting(
            Name.INTERVAL,
            Text("자동 새로고침(분)", "Refresh every (minutes)"),
            Text("거래 시간에만 이 간격으로 새로 조회합니다. 0 이면 하지 않습니다.", "In trading hours only. 0: never."),
            0,
            (0, 1, 3, 5, 10, 15, 30, 60),
            strict=True,
        ),
    )


def write_settings(book: Book) -> None:
    """The settings on the left, below them the state; the accounts on the right, free to grow."""
    page, sheet = Page.SETTINGS, book.sheet(Page.SETTINGS)
    for columns, width in (("A:A", 24), ("B:B", 34), ("C:C", _HELP_WIDTH), ("D:D", 3), ("E:E", 20), ("F:F", 18), ("G:H", 13)):
        sheet.set_column(columns, width)
    write_title(book, page)
    write_buttons(book, page, "C1", Macro.CHECK, Macro.REFRESH)
    sheet.set_row(2, 9)
    _section(book, "A4:C4", Text("설정", "Settings"))
    sheet.set_row(4, 6)
    for place, setting in enumerate(settings(book)):
        _write_setting(book, _FIRST + place, setting)
    others = Text(
        "변동의 기준일과 추이의 항목·시작일은 각 시트에서 정합니다.",
        "The day that Changes compares with, and History's field and first day, are set on their own sheets.",
    )
    sheet.write_string(f"A{_FIRST + 5}", book.say(others), book.style(NOTE))
    sheet.write_string("G2", "KIS_VERSION()", book.style(NOTE, align="right"))
    book.table(page, "H2:H2", "=KIS_VERSION()", lambda _row, _column: {**NOTE, "align": "center"})
    _write_status(book)
    _write_accounts(book)
    set_up_print(book, page)


def _section(book: Book, area: str, caption: Text) -> None:
    row = int(area.partition(":")[0][1:])
    book.sheet(Page.SETTINGS).set_row(row - 1, 24)
    book.sheet(Page.SETTINGS).merge_range(area, book.say(caption), book.style(SECTION))


def _write_setting(book: Book, row: int, setting: Setting) -> None:
    sheet = book.sheet(Page.SETTINGS)
    sheet.set_row(row - 1, max(24, 9 + 14 * lines_high(book.say(setting.help), _HELP_WIDTH)))
    sheet.write_string(f"A{row}", book.say(setting.label), book.style(bold=True))
    style = book.style(ENTRY)
    if isinstance(setting.value, bool):
        sheet.write_boolean(f"B{row}", setting.value, style)
    elif isinstance(setting.value, int):
        sheet.write_number(f"B{row}", setting.value, style)
    else:
        sheet.write(f"B{row}", setting.value, style)
    sheet.write_string(f"C{row}", book.say(setting.help), book.style(NOTE, text_wrap=True, indent=1))
    book.name(setting.name, Page.SETTINGS, f"$B${row}")
    source: Any = list(setting.offers)
    if setting.name is Name.ACCOUNT:
        source = f"=$E${_ACCOUNTS + 1}:$E${_ACCOUNTS + _ACCOUNT_ROWS}"
    told = {
        "error_title": book.say(setting.label),
        "error_message": book.say(Text("목록에서 고르세요.", "Choose from the list.")),
    }
    sheet.data_validation(f"B{row}", {"validate": "list", "source": source, "show_error": setting.strict, **told})


def _write_status(book: Book) -> None:
    """KIS_STATUS. Long texts run over the next column, which stays empty for them. Nothing stands below: it may grow."""
    page = Page.SETTINGS
    _section(book, f"A{_STATUS - 2}:C{_STATUS - 2}", Text("상태", "State"))
    book.sheet(page).set_row(_STATUS - 2, 6)
    area = f"A{_STATUS}:B{_STATUS + _STATUS_ROWS - 1}"
    book.table(page, area, f"=KIS_STATUS({Name.WHOLE.value})", _status_look)
    verdict, error = f"$B${_STATUS}", f"$B${_STATUS + _ERROR}"
    alarm = {"type": "formula", "format": book.rule(bold=True, font_color=ALARM_INK)}
    book.sheet(page).conditional_format(verdict, {**alarm, "criteria": f'=AND({verdict}<>"정상",{verdict}<>"OK")'})
    book.sheet(page).conditional_format(error, {**alarm, "criteria": f"=LEN({error})>0"})


def _status_look(row: int, column: int) -> Look:
    if column == 0:
        return {"font_color": NOTE["font_color"]}
    return {"align": "left", "num_format": MOMENT if row in _MOMENTS else "#,##0" if row in _NUMBERS else "General"}


def _write_accounts(book: Book) -> None:
    page = Page.SETTINGS
    _section(book, "E4:H4", Text("설정된 계좌", "Accounts"))
    dress(book, page, "E:H", _ACCOUNTS)
    area = f"E{_ACCOUNTS}:H{_ACCOUNTS + _ACCOUNT_ROWS}"
    book.table(page, area, "=KIS_ACCOUNTS()", lambda row, _column: HEADER_SHAPE if row == 0 else {"align": "center"}, painted=_ACCOUNT_ROWS)
