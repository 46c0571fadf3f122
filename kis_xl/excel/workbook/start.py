"""The start page: what this is, how to begin, and what to do when something does not work."""

from __future__ import annotations

from typing import Final

from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Edition, Macro, Page
from kis_xl.excel.workbook.page import set_up_print
from kis_xl.excel.workbook.styles import HAIR, LINK, NAVY, PANEL, SECTION, TITLE, UNDER_TITLE, lines_high
from kis_xl.language import Text

_WIDTHS: Final = {"A": 2.5, "B": 5, "C": 30, "D": 98, "E": 2.5}
_LINE = 16.5  # points that a line of text takes
_AIR = 9

_INTRODUCTION = Text(
    "한국투자증권 계좌의 잔고를 Excel에서 봅니다. 아래 시트와 =KIS_HOLDINGS() 같은 함수, 단추, 리본 탭 「KIS」가 들어 있습니다.",
    "Your Korea Investment & Securities balance in Excel: the sheets below, functions such as =KIS_HOLDINGS(), buttons, and the "
    "ribbon tab KIS.",
)
_OTHER = Text(
    "In English: press Enable Editing and Enable Content, run `kis-xl setup` at a command prompt (step 2), then press the "
    "first button of the dashboard. `kis-xl workbook --lang en` makes this workbook in English.",
    "한국어: 「편집 사용」과 「콘텐츠 사용」을 누르고, 명령 창에서 kis-xl setup 을 실행한 뒤(2단계) 대시보드의 첫 단추를 누르세요. "
    "`kis-xl workbook --lang ko` 로 한국어 파일을 만들 수 있습니다.",
)

_SHEETS: Final[tuple[tuple[Page, Text], ...]] = (
    (Page.DASHBOARD, Text("총액, 손익, 전일 대비, 상위 종목과 차트", "Totals, profit, day change, the largest holdings, charts")),
    (Page.HOLDINGS, Text("보유종목의 모든 항목 (26개)", "All 26 fields of every holding")),
    (Page.ACCOUNT, Text("계좌 합계의 모든 항목 (24개)", "All 24 totals of the account")),
    (Page.CHANGES, Text("이전 날과 비교한 수량, 평가금액, 손익", "Quantity, valuation and profit against an earlier day")),
    (Page.HISTORY, Text("날마다 저장된 값과 차트", "The value of each stored day, and its chart")),
    (Page.SETTINGS, Text("계좌, 조회 옵션, 자동 새로고침, 상태", "Account, options, automatic refresh, state")),
)

Step = tuple[Text, Text]
_INSTALL: Final[Step] = (
    Text("설치합니다", "Install"),
    Text(
        "Excel을 닫고, 이 프로젝트의 폴더에서 명령 창에 차례로 적습니다:  pip install .   그리고   xlwings addin install\n"
        "더 쉬운 길: kis-xl workbook 은 이 컴퓨터에 맞춘 파일을 만듭니다. 추가 기능도, 차단 해제도 필요 없습니다.",
        "Close Excel. At a command prompt in this project's folder:  pip install .   and then   xlwings addin install\n"
        "Easier: kis-xl workbook makes a copy for this machine, which needs no add-in and is not blocked.",
    ),
)
_ENABLE: Final[Step] = (
    Text("매크로를 켭니다", "Enable macros"),
    Text(
        "노란 막대가 나오면 「콘텐츠 사용」을 누릅니다. 이 파일은 이 컴퓨터에서 만들어져 추가 기능이 필요 없습니다.",
        "Press Enable Content where a yellow bar asks. This workbook was made on this machine and needs no add-in.",
    ),
)
_SETUP: Final[Step] = (
    Text("계좌를 등록합니다", "Set up the account"),
    Text(
        "명령 창에 kis-xl setup 을 적습니다. 필요한 것을 묻고, 실제로 조회해 확인합니다. 키 없이 해 보려면 kis-xl setup --demo 입니다.\n"
        "앱키와 계좌번호는 이 파일이 아니라 Windows의 자격 증명 관리자에 저장됩니다. 이미 했다면 건너뜁니다.",
        "At a command prompt run kis-xl setup: it asks what it needs and checks it by a real call. No keys yet: kis-xl setup --demo.\n"
        "The keys and the account number are kept in Windows' Credential Manager, not in this file. Skip this if it is done.",
    ),
)
_REFRESH: Final[Step] = (
    Text("「새로고침」을 누릅니다", "Press Refresh"),
    Text(
        "위의 단추, 대시보드, 리본 탭 「KIS」 어디서나 됩니다. 다음에 열 때는 마지막 잔고가 그 시각과 함께 바로 보입니다.",
        "Above, on the dashboard, or on the ribbon tab KIS. Next time the workbook opens with the last balance and its time.",
    ),
)

_EDITING: Final[Step] = (
    Text("「제한된 보기」 노란 막대", "Yellow bar: Protected View"),
    Text("「편집 사용」을 누르고, 이어서 「콘텐츠 사용」을 누릅니다.", "Press Enable Editing, then Enable Content."),
)
_BLOCKED: Final[Step] = (
    Text("「매크로를 차단했습니다」 빨간 막대", "Red bar: macros are blocked"),
    Text(
        "인터넷에서 받은 파일이기 때문입니다. Excel을 닫고 파일을 오른쪽 단추로 눌러 속성 → 「차단 해제」에 표시합니다. "
        "또는 파일을 신뢰할 수 있는 위치에 둡니다(파일 → 옵션 → 보안 센터). "
        "또는 kis-xl workbook 으로 만든 파일을 씁니다: 받은 파일이 아니어서 차단되지 않습니다.",
        "The file came from the internet. Close Excel, right-click the file, Properties → Unblock. Or keep it in a trusted location "
        "(File → Options → Trust Center). Or use a copy made by kis-xl workbook, which was not downloaded and is not blocked.",
    ),
)
_NAME: Final[Step] = (
    Text("#NAME?", "#NAME?"),
    Text(
        "함수를 불러오지 못했습니다. 위와 같이 매크로를 켜고 파일을 다시 엽니다. 수식의 함수 이름도 확인합니다.",
        "The functions are not loaded. Enable macros as above and open the file again. Check the spelling of the function, too.",
    ),
)
_SERVER: Final[Text] = Text(
    "「연결 점검」이 Python을 찾지 못한다고 하면: xlwings addin install 을 하고 Excel을 다시 시작합니다. xlwings 리본의 Interpreter 에는 "
    "kis_xl 을 설치한 Python의 경로가 있어야 합니다.",
    "If Check connection cannot find Python: run xlwings addin install and start Excel again. Interpreter on the xlwings ribbon must "
    "be the Python into which kis_xl is installed.",
)
_MOVED: Final[Text] = Text(
    "Python이나 kis_xl 을 옮기거나 새로 설치했다면 kis-xl workbook 으로 파일을 다시 만듭니다.",
    "After moving or reinstalling Python or kis_xl, make the file again with kis-xl workbook.",
)
_COMMON: Final[tuple[Step, ...]] = (
    (
        Text("#VALUE!", "#VALUE!"),
        Text(
            "함수에 준 값이 잘못되었습니다. 설정 시트의 상태에 어느 값이 왜 잘못되었는지와 비슷한 이름이 나옵니다(KIS_STATUS).",
            "A function got a wrong argument. The state on the Settings sheet says which and why, and the nearest names (KIS_STATUS).",
        ),
    ),
    (
        Text("#SPILL!", "#SPILL!"),
        Text(
            "표가 펼쳐질 자리에 다른 값이 있습니다. 수식 아래와 오른쪽의 셀을 비웁니다.",
            "Something stands where the table wants to go. Clear the cells below and to the right of the formula.",
        ),
    ),
    (
        Text("표 대신 값 하나만", "One value instead of a table"),
        Text(
            "Excel 2016·2019에는 펼쳐지는 수식이 없습니다. kis-xl workbook --legacy 로 그 버전용 파일을 만듭니다.",
            "Excel 2016 and 2019 know no formulas that spill. kis-xl workbook --legacy makes a workbook for them.",
        ),
    ),
    (
        Text("Mac", "Mac"),
        Text(
            "수식은 Windows의 Excel에서만 계산됩니다. Mac에서는 「새로고침」이 같은 표를 값으로 적습니다.\n"
            "처음 한 번 터미널에서 xlwings runpython install 을 실행합니다. 값이 수식을 대신하므로 Mac용 파일은 따로 둡니다.",
            "Formulas need Excel on Windows. On a Mac, Refresh writes the same tables as values.\n"
            "Run xlwings runpython install once in a terminal. The values replace the formulas: keep a file of its own for the Mac.",
        ),
    ),
    (
        Text("OneDrive, SharePoint", "OneDrive, SharePoint"),
        Text(
            "브라우저에서 열렸으면 데스크톱 앱에서 다시 엽니다: 웹용 Excel에는 이 함수가 없습니다. "
            "매크로가 차단되면 이 컴퓨터의 폴더에 두고 엽니다.",
            "Opened in a browser? Open it in the desktop app: Excel for the web has no such functions. If macros are blocked there, open a "
            "copy from a folder of this machine.",
        ),
    ),
    (
        Text("보호된 시트", "A protected sheet"),
        Text(
            "값은 바뀌지만 서식은 바뀌지 않습니다. 서식도 바꾸려면 검토 → 「시트 보호 해제」를 누릅니다.",
            "Its values are refreshed, its formats are not. To change that: Review → Unprotect Sheet.",
        ),
    ),
    (
        Text("그 밖의 문제", "Anything else"),
        Text(
            "「연결 점검」을 누르거나 명령 창에 kis-xl doctor 를 적으면 어디가 막혔고 무엇을 하면 되는지 알려 줍니다. "
            "설정 시트의 상태에 로그 파일의 위치가 있습니다.",
            "Press Check connection, or run kis-xl doctor at a command prompt: it says where it is stuck and what to do. The state on the "
            "Settings sheet names the log file.",
        ),
    ),
)


def steps(edition: Edition) -> tuple[Step, ...]:
    """The three steps: a personal copy needs no installation."""
    return (_ENABLE if edition.personal else _INSTALL, _SETUP, _REFRESH)


def troubles(edition: Edition) -> tuple[Step, ...]:
    """What one sees, and what to do."""
    unavailable = Text(
        "자료나 서비스에 문제가 있습니다. 설정 시트의 상태에 이유와 해결 방법이 나옵니다(KIS_STATUS).",
        "Data or service are not available. The state on the Settings sheet says why and what to do (KIS_STATUS).",
    )
    server = _MOVED if edition.personal else _SERVER
    both = Text(f"{unavailable.ko}\n{server.ko}", f"{unavailable.en}\n{server.en}")
    return (
        _EDITING,
        _BLOCKED,
        _NAME,
        (Text("#N/A", "#N/A"), both),
        *(step for step in _COMMON if not (edition.legacy and "--legacy" in step[1].en)),
    )


def write_start(book: Book) -> None:
    """The whole page, from top to bottom."""
    sheet = book.sheet(Page.START)
    for column, width in _WIDTHS.items():
        sheet.set_column(f"{column}:{column}", width)
    sheet.set_row(0, 12)
    sheet.set_row(1, 36)
    sheet.write_string("B2", book.say(Text("KIS 잔고", "KIS Balance")), book.style(TITLE, font_size=22))
    for place, macro in enumerate((Macro.REFRESH, Macro.CHECK)):
        book.button(Page.START, "D2", macro, width=140, x=400 + 152 * place, y=9)
    row = _paragraph(book, 3, book.say(_INTRODUCTION))
    row = _steps(book, row + 1)
    row = _sheets(book, row + 1)
    row = _troubles(book, row + 1)
    hint = Text(
        "함수 도움말: 셀에 =KIS_ 를 적고 수식 입력줄의 fx 를 누르면 인수마다 설명이 나옵니다. 모든 항목의 이름은 =KIS_FIELDS() 로 봅니다.",
        "Help on functions: type =KIS_ and press fx beside the formula bar. =KIS_FIELDS() lists the names of all fields.",
    )
    row = _paragraph(book, row + 1, book.say(hint))
    row = _paragraph(book, row, _OTHER.in_(book.edition.language))
    sheet.hide_row_col_headers()
    set_up_print(book, Page.START, portrait=True)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(f"A1:E{row}")
    sheet.activate()


def _paragraph(book: Book, row: int, text: str) -> int:
    sheet = book.sheet(Page.START)
    sheet.merge_range(f"B{row}:D{row}", text, book.style(UNDER_TITLE, text_wrap=True))
    sheet.set_row(row - 1, _LINE * lines_high(text, _WIDTHS["B"] + _WIDTHS["C"] + _WIDTHS["D"]) + _AIR)
    return row + 1


def _section(book: Book, row: int, caption: Text) -> int:
    sheet = book.sheet(Page.START)
    sheet.set_row(row - 2, 10)
    sheet.set_row(row - 1, 26)
    sheet.merge_range(f"B{row}:D{row}", book.say(caption), book.style(SECTION))
    return row + 1


def _steps(book: Book, row: int) -> int:
    sheet = book.sheet(Page.START)
    row = _section(book, row, Text("세 단계로 시작하기", "Begin in three steps"))
    line = {"bottom": 1, "bottom_color": HAIR}
    for number, (what, how) in enumerate(steps(book.edition), 1):
        text = book.say(how)
        sheet.set_row(row - 1, max(34, _LINE * lines_high(text, _WIDTHS["D"]) + _AIR))
        sheet.write_number(f"B{row}", number, book.style(line, bold=True, font_size=16, font_color=NAVY, bg_color=PANEL, align="center"))
        sheet.write_string(f"C{row}", book.say(what), book.style(line, bold=True, indent=1))
        sheet.write_string(f"D{row}", text, book.style(line, text_wrap=True))
        row += 1
    return row


def _sheets(book: Book, row: int) -> int:
    sheet = book.sheet(Page.START)
    row = _section(book, row, Text("이 파일의 시트", "The sheets"))
    link = book.style(font_color=LINK, underline=1, indent=1)
    for page, about in _SHEETS:
        title = book.say(page.title)
        sheet.set_row(row - 1, 20)
        sheet.write_url(f"C{row}", f"internal:{book.at(page, 'A1')}", link, title)
        sheet.write_string(f"D{row}", book.say(about), book.style())
        row += 1
    return row


def _troubles(book: Book, row: int) -> int:
    sheet = book.sheet(Page.START)
    row = _section(book, row, Text("보이는 것과 할 일", "What you see, and what to do"))
    line = {"bottom": 1, "bottom_color": HAIR}
    for what, how in troubles(book.edition):
        text = book.say(how)
        sheet.set_row(row - 1, max(22, _LINE * lines_high(text, _WIDTHS["D"]) + _AIR))
        sheet.merge_range(f"B{row}:C{row}", book.say(what), book.style(line, bold=True, text_wrap=True, indent=1))
        sheet.write_string(f"D{row}", text, book.style(line, text_wrap=True))
        row += 1
    return row
