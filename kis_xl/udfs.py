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
from kis_xl.excel import arguments, session, status, tables
from kis_xl.excel.arguments import HOLDING_NAMES, SUMMARY_NAMES
from kis_xl.excel.options import read as read_options
from kis_xl.excel.registry import Argument, excel_function
from kis_xl.language import Text

_HEADERS_NAME = Text("headers", "headers")
_ACCOUNT = Argument(
    "account", Text("계좌 이름. 비우면 기본 계좌 (KIS_ACCOUNTS 로 확인)", "The account's name; blank: the default one (see KIS_ACCOUNTS).")
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
)
def KIS_HOLDINGS(account: Any = None, fields: Any = None, headers: Any = None, options: Any = None) -> Any:
    """The holdings (output1): header rows as `headers` says, then a row each, in the service's order.

    Without holdings: the header row, or one blank row where none is wanted.
    """
    now = session.current()
    chosen, places, captions = read_options(options), HOLDING_NAMES.places(fields), arguments.headers(headers)
    return tables.holdings(now.view(account, chosen), places, captions, chosen, now.language)


@excel_function(
    "계좌 합계를 항목명과 값으로 돌려줍니다. 항목을 하나만 지정하면 값만 돌려줍니다.",
    "The account's totals as caption and value; the bare value where a single field is asked for.",
    _ACCOUNT,
    _FIELDS,
    _HEADERS,
)
def KIS_SUMMARY(account: Any = None, fields: Any = None, headers: Any = None) -> Any:
    """The totals (output2): a row a field, with caption and value; `headers` 0 leaves the caption out, 2 adds the API key."""
    now = session.current()
    places = SUMMARY_NAMES.places(fields)
    if len(places) == 1 and not arguments.text(headers, _HEADERS_NAME):
        return tables.summary(now.view(account), places, 0, now.language)[0][0]
    captions = arguments.headers(headers)
    return tables.summary(now.view(account), places, captions, now.language)


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
)
def KIS_VALUE(code: Any, field: Any, account: Any = None) -> Any:
    """One value of a stock; for ranges a table, a row a code and a column a field.

    It is turned round for codes in a row, and for one code with its fields in a column: so it fits beside the ranges.
    """
    now = session.current()
    codes, fields = arguments.line(code), arguments.line(field)
    if codes.is_single and fields.is_single:
        place = tables.place_of(fields.values[0])
        return tables.value(now.view(account), codes.values[0], place)
    return tables.values_of(now, now.view(account), codes, fields)


@excel_function(
    "지금 보이는 자료의 조회 시각, 경과 시간, 검산, 마지막 오류와 해결 방법을 돌려줍니다.",
    "What is shown: as of when, how old, its checks, the last error and what to do about it.",
    _ACCOUNT,
)
def KIS_STATUS(account: Any = None) -> Any:
    """Caption and value, 15 rows (`kis_xl.excel.status`). Never asks the network."""
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
)
def KIS_FIELDS(table: Any = None) -> Any:
    """A header row, then a row a field of the API document."""
    return tables.legend(arguments.text(table, Text("table", "table")), session.language())


@excel_function(
    "설정된 계좌의 이름, 가려진 번호, 환경, 기본 여부를 돌려줍니다.",
    "The accounts that are set up: name, masked number, environment, and which is the default.",
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
)
def KIS_HISTORY(field: Any = None, start: Any = None, end: Any = None, account: Any = None) -> Any:
    """A header row, then date and value, oldest first; the last balance of each day (KST) counts."""
    wanted = arguments.text(field, Text("field", "field"))
    first = arguments.day(start, Text("start", "start"))
    last = arguments.day(end, Text("end", "end"))
    return tables.series(session.current(), account, wanted, first, last)


@excel_function(
    "종목마다 당시와 지금의 수량, 평가금액, 손익과 그 차이를 돌려줍니다. 신규와 청산도 표시합니다.",
    "Per stock its quantity, valuation and profit then and now, and the difference; new and closed positions.",
    Argument("since", Text("비교할 날짜. 비우면 저장된 이전 날", "The date to compare with; blank: the previous stored day.")),
    _ACCOUNT,
)
def KIS_CHANGES(since: Any = None, account: Any = None) -> Any:
    """A header row of 12 columns, then a row a stock, closed ones last."""
    return tables.since(session.current(), account, arguments.day(since, Text("since", "since")))


@excel_function("kis_xl의 버전을 돌려줍니다. 네트워크를 쓰지 않습니다.", "The version of kis_xl. Uses no network.")
def KIS_VERSION() -> Any:
    """The version as text."""
    return __version__


@excel_function("인증된 조회를 한 번 해 보고 걸린 시간을 알려 줍니다.", "Makes one authenticated call and says how long it took.", _ACCOUNT)
def KIS_PING(account: Any = None) -> Any:
    """A text that begins with OK."""
    return status.ping(session.current(), account)
