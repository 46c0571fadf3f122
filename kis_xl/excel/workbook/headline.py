"""What the sheets say about the state of their figures: formulas over the rows of KIS_STATUS, and their wording.

They stand in hidden columns of the dashboard, from row 4 on:

    P:Q  KIS_STATUS      R     KIS_SUMMARY, values only      S:X  the ten largest holdings
    Y:Z, AA              what the charts show                AB   level, age, whose figures, banner, line, account asked

One call each, so that all of the dashboard is of one moment and a failure costs one wait, not twenty.
"""

from __future__ import annotations

from typing import Final

from kis_xl.configfile import ALL
from kis_xl.excel.arguments import AS_ONE
from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.edition import Name, Page
from kis_xl.fields import SUMMARY_FIELDS
from kis_xl.language import Text

FIRST: Final = 4
STATUS: Final = f"P{FIRST}:Q{FIRST + 14}"
SUMMARY: Final = f"R{FIRST}:R{FIRST + len(SUMMARY_FIELDS) - 1}"
LEVEL: Final = "$AB$4"
BANNER: Final = "$AB$7"
LINE: Final = "$AB$8"
MINUTES: Final = "$AB$9"
WHOLE: Final = "$AB$10"
_A_DAY: Final = 24 * 60

#: The rows of KIS_STATUS by what they hold.
ROWS: Final = ("verdict", "as_of", "age", "environment", "account", "rows", "pages", "checks", "parameters", "attempted", "error", "advice")
_PLACES: Final = {field.key: FIRST + place for place, field in enumerate(SUMMARY_FIELDS)}

#: What stands there until functions have run: in Protected View Excel computes nothing.
UNCOMPUTED: Final = Text(
    "「편집 사용」과 「콘텐츠 사용」을 누르면 잔고가 표시됩니다. 그래도 보이지 않으면 시작 시트를 보세요.",
    "Press Enable Editing and Enable Content to see the balance. If it stays blank, see the Start sheet.",
)
_NO_FUNCTIONS: Final = Text(
    "함수를 불러오지 못했습니다: 매크로가 차단되었거나 설치가 끝나지 않았습니다. 시작 시트에 해결 방법이 있습니다.",
    "The functions are not loaded: macros are blocked, or the installation is not complete. The Start sheet says what to do.",
)
_NO_ACCOUNT: Final = Text(
    "계좌를 찾을 수 없습니다. 설정 시트의 계좌를 확인하세요(비우면 기본 계좌).",
    "The account is not known. Check it on the Settings sheet (blank: the default one).",
)
_NO_STATUS: Final = Text(
    "상태를 읽지 못했습니다. 설정 시트의 「연결 점검」을 눌러 보세요.",
    "The state cannot be read. Press Check connection on the Settings sheet.",
)
_FINE: Final = Text("정상", "OK")
_CHECKED: Final = Text("  ·  검산 ", "  ·  checks ")
_HELD: Final = Text("  ·  보유 행 ", "  ·  rows ")
_OLD: Final = Text("하루가 지난 자료입니다: 새로고침 하세요", "Over a day old: refresh")
_JUST_NOW: Final = Text("방금", "just now")
_MINUTES: Final = Text("분 전", " min ago")
_HOURS: Final = Text("시간 전", " h ago")
_DAYS: Final = Text("일 전", " d ago")


def summary(key: str) -> str:
    """The dashboard's cell with the value of a field of the account's totals."""
    return f"$R${_PLACES[key]}"


def quoted(text: str) -> str:
    """A text as a formula has it."""
    return '"' + text.replace('"', '""') + '"'


def _status(row: str) -> str:
    return f"$Q${FIRST + ROWS.index(row)}"


def write_headline(book: Book) -> None:
    """Write the formulas, and the names by which other sheets show the line under their title."""
    sheet = book.sheet(Page.DASHBOARD)
    uncomputed = book.say(UNCOMPUTED)
    for cell, formula, cached in (
        (MINUTES, _minutes(), ""),
        (LEVEL, _level(), 1),
        ("$AB$5", _age(book), ""),
        ("$AB$6", _whose(), ""),
        (BANNER, _banner(book), uncomputed),
        (LINE, f"=IF({LEVEL}=2,{BANNER},$AB$6)", uncomputed),
    ):
        sheet.write_formula(cell.replace("$", ""), formula, None, cached)
    # a sheet has room for the columns of one account: with * in the settings it shows all of them as one
    account = f"TRIM({Name.ACCOUNT.value})"
    sheet.write_formula(WHOLE.replace("$", ""), f"=IF({account}={quoted(ALL)},{quoted(AS_ONE)},{account})", None, "")
    book.name(Name.WHOLE, Page.DASHBOARD, WHOLE)
    book.name(Name.LINE, Page.DASHBOARD, LINE)
    book.name(Name.LEVEL, Page.DASHBOARD, LEVEL)


def _level() -> str:
    """0 fine, 1 to be told (old, checks differ, never fetched), 2 failed. "OK" is said in the functions' language."""
    fine = f"OR({_status('verdict')}={quoted(_FINE.ko)},{_status('verdict')}={quoted(_FINE.en)})"
    known = f'IF({fine},IF({_is_old()},1,0),IF({_status("verdict")}="",2,1))'
    return f'=IF(ISERROR($P${FIRST}),2,IF({_status("error")}<>"",2,{known}))'


def _minutes() -> str:
    """How old the figures are by this computer's clock: what KIS_STATUS said stands still until it is asked again.

    The clock may show another zone's time. Where that would make them younger than KIS_STATUS said, that counts.
    """
    as_of, age = _status("as_of"), _status("age")
    return f'=IF(AND(ISNUMBER({as_of}),ISNUMBER({age})),MAX({age},(NOW()-{as_of})*{_A_DAY}),"")'


def _is_old() -> str:
    return f"AND(ISNUMBER({MINUTES}),N({MINUTES})>={_A_DAY})"


def _age(book: Book) -> str:
    age = MINUTES
    just, minutes, hours, days = (quoted(book.say(text)) for text in (_JUST_NOW, _MINUTES, _HOURS, _DAYS))
    spans = f"IF({age}<1,{just},IF({age}<60,INT({age})&{minutes},IF({age}<1440,INT({age}/60)&{hours},INT({age}/1440)&{days})))"
    return f'=IF(ISNUMBER({age}),{spans},"")'


def _whose() -> str:
    account, environment, as_of = _status("account"), _status("environment"), _status("as_of")
    moment = f'IF(ISNUMBER({as_of}),"  ·  "&TEXT({as_of},"yyyy-mm-dd hh:mm")&"  ("&$AB$5&")","")'
    return f'=IF(ISERROR($P${FIRST}),"–",{account}&IF({environment}="","","  ·  "&{environment})&{moment})'


def _banner(book: Book) -> str:
    """The state in words: the verdict, then the error and what to do about it, where there is one."""
    first = f"$P${FIRST}"
    functions, account, status = (quoted(book.say(text)) for text in (_NO_FUNCTIONS, _NO_ACCOUNT, _NO_STATUS))
    broken = f"IF(ERROR.TYPE({first})=5,{functions},IF(ERROR.TYPE({first})=3,{account},{status}))"
    error, advice = _status("error"), _status("advice")
    verdict = f'IF({LEVEL}=1,IF(AND({_status("error")}="",{_is_old()}),{quoted(book.say(_OLD))},{_status("verdict")}),{_status("verdict")})'
    said = f'IF({error}="",{verdict},IF(ISNUMBER(SEARCH({_status("verdict")},{error})),{error},{verdict}&"  –  "&{error}))'
    told = f'{said}&IF({advice}="","","  →  "&{advice})'
    fine = f"{_status('verdict')}&{quoted(book.say(_CHECKED))}&{_status('checks')}&{quoted(book.say(_HELD))}&{_status('rows')}"
    return f'=IF(ISERROR({first}),{broken},IF({_status("verdict")}="",{status},IF({LEVEL}=0,{fine},{told})))'
