"""The functions of the workbook: what a person types into a cell.

Each is a look-up in the account's newest snapshot, the same for all cells. Arguments may be literals, cells or ranges,
and blank means the default. Fields are API keys or captions (see KIS_FIELDS). Amounts are won, rates true fractions
(8.51 % is 0.0851), numbers floats, dates dates, codes text. A function that fails returns [["#KIS! CODE: message"]],
which the workbook shows as #VALUE! (ACCOUNT, ARGUMENT) or #N/A (all other codes); KIS_STATUS says why.

Source of the fields: KIS Developers, "주식잔고조회[v1_국내주식-006]", output1 (holdings) and output2 (summary).
"""

from __future__ import annotations

from typing import Any

from kis_xl import __version__
from kis_xl.excel import arguments, past, session, status, tables
from kis_xl.excel.arguments import ACCOUNT_PLACE, COLUMN_NAMES, SUMMARY_NAMES
from kis_xl.excel.options import read as read_options
from kis_xl.excel.registry import Argument, Example, excel_function
from kis_xl.excel.view import Together
from kis_xl.language import Text

_HEADERS_NAME = Text("headers", "headers")
_ACCOUNT = Argument(
    "account",
    Text(
        "계좌 이름. 비우면 기본 계좌, * 는 모든 계좌, ** 는 하나로 합친 모든 계좌 (KIS_ACCOUNTS 로 확인)",
        "The account's name (see KIS_ACCOUNTS); blank: the default one; *: all accounts; **: all as one.",
    ),
)
_FIELDS = Argument(
    "fields",
    Text("항목 이름이나 범위. 비우면 모든 항목 (KIS_FIELDS 로 확인)", "Names of fields, or a range of them; blank: all (see KIS_FIELDS)."),
    table=True,
)
_HEADERS = Argument(
    "headers", Text("0 없음, 1 항목명(기본), 2 항목명과 API 항목", "0 none, 1 captions (default), 2 captions and API keys.")
)
_OPTIONS = Argument(
    "options",
    Text(
        "이름=값을 ; 로 나누어: by=stock; zero=hide; sort=-evlu_amt; top=10; AFHR_FLPR_YN=X",
        "name=value divided by ; such as by=stock; zero=hide; sort=-evlu_amt; top=10; AFHR_FLPR_YN=X",
    ),
    table=True,
)


@excel_function(
    "보유종목을 표로 돌려줍니다: 종목마다 한 행, 26개 항목. 금액은 원, 비율은 0.0851(8.51%)처럼.",
    "The holdings as a table: a row each, 26 fields. Amounts in won, rates as fractions (8.51% is 0.0851).",
    _ACCOUNT,
    _FIELDS,
    _HEADERS,
    _OPTIONS,
    examples=(
        Example(
            '=KIS_HOLDINGS(,"상품명,보유수량,평가금액,평가손익금액,평가손익율",1,"sort=-evlu_amt; top=5")',
            Text("평가금액이 가장 큰 다섯 행", "the five rows of the highest valuation"),
        ),
        Example("=KIS_HOLDINGS()", Text("모든 종목, 모든 항목", "every holding, every field")),
        Example(
            '=KIS_HOLDINGS(,"pdno,prdt_name,trad_dvsn_name,hldg_qty,loan_amt",2,"by=stock; zero=hide; top=4")',
            Text(
                "현금과 대출을 종목별로 합치고, 오늘 모두 판 종목은 빼고, API 항목 이름도 함께",
                "cash and loans of a stock joined, without what was sold out today, with the API keys",
            ),
        ),
        Example(
            '=KIS_HOLDINGS("연습",{"상품명","현재가"},0,"AFHR_FLPR_YN=X; top=3")',
            Text("다른 계좌를 NXT 가격으로, 머리글 없이", "another account at NXT prices, without a header"),
        ),
    ),
)
def KIS_HOLDINGS(account: Any = None, fields: Any = None, headers: Any = None, options: Any = None) -> Any:
    """The holdings (output1): header rows as `headers` says, then a row each, in the service's order.

    Without holdings: the header row, or one blank row where none is wanted. For `*` the accounts' rows one after another,
    with the account's name in the first column; the field `account` puts it elsewhere, and into the table of one account.
    """
    now = session.current()
    chosen, places, captions = read_options(options), COLUMN_NAMES.places(fields), arguments.headers(headers)
    if arguments.is_apart(account) and ACCOUNT_PLACE not in places:
        places = (ACCOUNT_PLACE, *places)
    return tables.holdings(now.figures(account, chosen), places, captions, chosen, now.language)


@excel_function(
    "계좌 합계를 항목명과 값으로 돌려줍니다. 항목을 하나만 지정하면 값만 돌려줍니다.",
    "The account's totals as caption and value; the bare value where a single field is asked for.",
    _ACCOUNT,
    _FIELDS,
    _HEADERS,
    examples=(
        Example(
            '=KIS_SUMMARY(,"예수금총금액,유가평가금액,총평가금액,순자산금액,평가손익합계금액")',
            Text("합계 다섯 가지", "five of the totals"),
        ),
        Example('=KIS_SUMMARY(,"총평가금액")', Text("값 하나만: 다른 계산에 쓸 때", "one bare value, to calculate with")),
        Example('=KIS_SUMMARY("*","총평가금액,순자산금액")', Text("모든 계좌를 나란히", "all accounts side by side")),
        Example("=KIS_SUMMARY(,,2)", Text("모든 합계와 API 항목 이름", "all totals, with the API keys")),
    ),
)
def KIS_SUMMARY(account: Any = None, fields: Any = None, headers: Any = None) -> Any:
    """The totals (output2): a row a field, with caption and value; `headers` 0 leaves the caption out, 2 adds the API key.

    For `*` a header row, a column an account and one of the sums: blank for what does not add up, and in the column of an
    account that the service has no totals for (an empty mock account). A single field gives the bare sum.
    """
    now = session.current()
    places = SUMMARY_NAMES.places(fields)
    if len(places) == 1 and not arguments.text(headers, _HEADERS_NAME):
        return tables.one_total(now.figures(account), places[0])
    captions, figures = arguments.headers(headers), now.figures(account)
    if isinstance(figures, Together) and arguments.is_apart(account):
        return tables.summary_of_each(figures, places, captions, now.language)
    return tables.summary(figures, places, captions, now.language)


@excel_function(
    "종목 하나의 값을 돌려줍니다(현금과 대출을 합산). 종목코드 범위를 주면 표로. 보유하지 않으면 #N/A.",
    "One value of one stock, cash and loans joined; a table for a range of codes. #N/A for a stock that is not held.",
    Argument(
        "code",
        Text("종목코드나 종목명, 또는 범위: 005930, A005930, 5930", "The stock's code or name, or a range: 005930, A005930, 5930."),
        table=True,
    ),
    Argument("field", Text("항목 이름이나 범위: evlu_amt, 평가금액", "The field, or a range of fields: evlu_amt, Valuation."), table=True),
    _ACCOUNT,
    examples=(
        Example(
            '=KIS_VALUE({"005930";"000660";"035420"},{"상품명","보유수량","평가금액"})',
            Text(
                "세 종목의 세 항목을 한 번에: 셀 범위도 이렇게 씁니다",
                "three fields of three stocks with one call; ranges of cells work the same way",
            ),
        ),
        Example('=KIS_VALUE("005930","평가금액")', Text("한 종목의 한 값", "one value of one stock")),
        Example(
            '=KIS_VALUE("삼성전자","pchs_avg_pric","env")',
            Text("종목명으로, 계좌를 정해", "by the name of the stock, in one of the accounts"),
        ),
        Example(
            '=KIS_VALUE(5930,{"매입금액";"평가금액"})',
            Text("숫자로 바뀐 종목코드도 찾습니다; 항목을 세로로", "a code that Excel made a number of is found too; fields downwards"),
        ),
    ),
)
def KIS_VALUE(code: Any, field: Any, account: Any = None) -> Any:
    """One value of a stock; for ranges a table, a row a code and a column a field.

    It is turned round for codes in a row, and for one code with its fields in a column: so it fits beside the ranges. For `*`
    the rows of all accounts are joined, as with by=stock.
    """
    now = session.current()
    codes, fields = arguments.line(code), arguments.line(field)
    if codes.is_single and fields.is_single:
        place = tables.place_of(fields.values[0])
        return tables.value(now.figures(account), codes.values[0], place)
    return tables.values_of(now, now.figures(account), codes, fields)


@excel_function(
    "지금 보이는 자료의 조회 시각, 경과 시간, 검산, 마지막 오류와 해결 방법을 돌려줍니다.",
    "What is shown: as of when, how old, its checks, the last error and what to do about it.",
    _ACCOUNT,
    examples=(
        Example("=KIS_STATUS()", Text("기본 계좌의 상태", "how the default account is doing")),
        Example('=KIS_STATUS("env")', Text("이름으로 고른 계좌의 상태", "how an account is doing, by its name")),
    ),
)
def KIS_STATUS(account: Any = None) -> Any:
    """Caption and value, 15 rows (`kis_xl.excel.status`); for `*` a row of names first, and a column an account. Never asks the network."""
    return status.table(account)


@excel_function(
    "쓸 수 있는 모든 항목: API 항목, 한글명, 영문명, 형식, 단위, 설명, 구분.",
    "Every field that can be asked for: API key, Korean and English caption, type, unit, note, table.",
    Argument(
        "table",
        Text(
            "보유종목, 계좌, 요청 헤더, 요청 파라미터, 응답 헤더, 응답 본문, 전체. 비우면 보유종목과 계좌",
            "Holdings, Account, Request headers, Parameters, Response headers, Response body, all; blank: holdings and account.",
        ),
    ),
    examples=(
        Example('=KIS_FIELDS("보유종목")', Text("보유종목의 26개 항목", "the 26 fields of a holding")),
        Example(
            '=KIS_FIELDS("Parameters")', Text("options 에 쓸 수 있는 조회 파라미터", "the query parameters, which may stand in options")
        ),
        Example("=KIS_FIELDS()", Text("보유종목과 계좌의 모든 항목", "every field of holdings and account")),
    ),
)
def KIS_FIELDS(table: Any = None) -> Any:
    """A header row, then a row a field of the API document."""
    return tables.legend(arguments.text(table, Text("table", "table")), session.language())


@excel_function(
    "설정된 계좌의 이름, 가려진 번호, 환경, 기본 여부를 돌려줍니다.",
    "The accounts that are set up: name, masked number, environment, and which is the default.",
    examples=(Example("=KIS_ACCOUNTS()", Text("설정된 모든 계좌", "all accounts that are set up")),),
)
def KIS_ACCOUNTS() -> Any:
    """A header row, then a row an account; nothing secret."""
    return tables.accounts(session.current())


@excel_function(
    "저장된 날마다의 일자와 값을 돌려줍니다. 조회하지 않은 날은 행이 없습니다.",
    "Date and value of each stored day. A day on which nothing was fetched has no row.",
    Argument(
        "field",
        Text(
            "계좌 항목, 또는 005930:evlu_amt 처럼 종목코드:항목. 비우면 총평가금액",
            "A field of the account, or CODE:field; blank: total valuation.",
        ),
    ),
    Argument("start", Text("첫 날짜. 비우면 처음부터", "The first date; blank: from the beginning.")),
    Argument("end", Text("마지막 날짜. 비우면 끝까지", "The last date; blank: to the end.")),
    _ACCOUNT,
    examples=(
        Example("=KIS_HISTORY()", Text("저장된 모든 날의 총평가금액", "the total valuation of every stored day")),
        Example('=KIS_HISTORY("순자산금액","2026-11-18","2026-11-20")', Text("기간을 정해 순자산금액", "the net assets of some days")),
        Example(
            '=KIS_HISTORY("005930:현재가",20261119,,"env")', Text("한 종목의 현재가를 그날부터", "the price of one stock, from a day on")
        ),
    ),
)
def KIS_HISTORY(field: Any = None, start: Any = None, end: Any = None, account: Any = None) -> Any:
    """A header row, then date and value, oldest first; the last balance of each day (KST) counts.

    For `*` a column an account, blank where it has no value, and, for what adds up, their sum on the days on which every account
    was fetched; for `**` that sum alone.
    """
    wanted = arguments.text(field, Text("field", "field"))
    first = arguments.day(start, Text("start", "start"))
    last = arguments.day(end, Text("end", "end"))
    return past.series(session.current(), account, wanted, first, last)


@excel_function(
    "종목마다 당시와 지금의 수량, 평가금액, 손익과 그 차이, 변동 구분(신규, 추가, 축소, 청산 등), 가격 영향과 수량 영향을 돌려줍니다.",
    "Per stock its quantity, valuation and profit then and now, the difference, how it moved, and what the price and the quantity did.",
    Argument("since", Text("비교할 날짜. 비우면 저장된 이전 날", "The date to compare with; blank: the previous stored day.")),
    _ACCOUNT,
    examples=(
        Example("=KIS_CHANGES()", Text("저장된 이전 날과 비교", "compared with the previous stored day")),
        Example('=KIS_CHANGES("2026-11-17","env")', Text("정한 날과 비교", "compared with a day of your choice")),
    ),
)
def KIS_CHANGES(since: Any = None, account: Any = None) -> Any:
    """A header row of 15 columns, then a row a stock, closed ones last. An effect is blank where it is not known.

    For `*` those of one account after those of another, with its name first. Each is compared with its own last stored day.
    """
    return past.since(session.current(), account, arguments.day(since, Text("since", "since")))


@excel_function(
    "kis_xl의 버전을 돌려줍니다. 네트워크를 쓰지 않습니다.",
    "The version of kis_xl. Uses no network.",
    examples=(Example("=KIS_VERSION()", Text("설치된 버전", "the version that is installed")),),
)
def KIS_VERSION() -> Any:
    """The version as text."""
    return __version__


@excel_function(
    "인증된 조회를 한 번 해 보고 걸린 시간을 알려 줍니다.",
    "Makes one authenticated call and says how long it took.",
    _ACCOUNT,
    examples=(
        Example("=KIS_PING()", Text("기본 계좌로 연결 확인", "whether the default account can be reached")),
        Example('=KIS_PING("연습")', Text("이름으로 고른 계좌로 연결 확인", "whether an account can be reached, by its name")),
    ),
)
def KIS_PING(account: Any = None) -> Any:
    """A text that begins with OK. For `*` a row an account, with its name first; one that fails is an error in its own cell."""
    now = session.current()
    return status.pings(now) if arguments.is_all(account) else status.ping(now, account)
