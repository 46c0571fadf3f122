"""The API document of the balance inquiry, once, as data; everything that depends on it is derived from here.

Source: KIS Developers, "주식잔고조회[v1_국내주식-006]", `GET /uapi/domestic-stock/v1/trading/inquire-balance`.

    REQUEST_HEADERS    13 headers of a request
    PARAMETERS         11 query parameters, with their allowed values
    RESPONSE_HEADERS    4 headers of an answer
    RESPONSE_BODY       7 members of an answer's body
    Holding            26 fields of an `output1` row   (HOLDING_FIELDS)
    Summary            24 fields of the `output2` row  (SUMMARY_FIELDS)

`Holding` and `Summary` are the tables of `output1` and `output2` and at the same time the types of their rows, so that
a field's caption, type and unit cannot drift from its value. Lengths, required marks and captions are the document's
own, also where it contradicts itself (`seq_no` has length 2 and the value 001).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kis_xl.language import NO_TEXT, Text

PATH = "/uapi/domestic-stock/v1/trading/inquire-balance"
CONTENT_TYPE = "application/json; charset=utf-8"


class Environment(enum.Enum):
    """Real or paper trading: each has a host, a transaction id and a page size of its own."""

    REAL = ("real", "https://openapi.koreainvestment.com:9443", "TTTC8434R", 50, Text("실전투자", "real"))
    MOCK = ("mock", "https://openapivts.koreainvestment.com:29443", "VTTC8434R", 20, Text("모의투자", "mock"))

    def __init__(self, key: str, host: str, tr_id: str, page_size: int, caption: Text) -> None:
        self.key = key
        self.host = host
        self.tr_id = tr_id
        self.page_size = page_size
        self.caption = caption

    @classmethod
    def of(cls, key: str) -> Environment:
        """The environment called `real` or `mock`; ValueError for anything else."""
        for environment in cls:
            if environment.key == key.strip().lower():
                return environment
        raise ValueError(key)


class Kind(enum.Enum):
    """What a value is: its Python type, its unit, its format in a spreadsheet, and its name in messages."""

    CODE = ("code", str, NO_TEXT, "@", Text("코드", "code"))
    TEXT = ("text", str, NO_TEXT, "@", Text("텍스트", "text"))
    FLAG = ("flag", str, Text("Y/N", "Y/N"), "@", Text("Y/N", "Y/N"))
    DATE = ("date", date, Text("일자", "date"), "yyyy-mm-dd", Text("날짜", "date"))
    QUANTITY = ("quantity", int, Text("주", "shares"), "#,##0", Text("정수(주)", "whole number of shares"))
    WON = ("won", int, Text("원", "KRW"), "#,##0", Text("정수(원)", "whole number of won"))
    UNIT_PRICE = ("unit_price", Decimal, Text("원", "KRW"), "#,##0.0000", Text("소수(원)", "decimal number of won"))
    PERCENT = ("percent", Decimal, Text("%", "%"), "0.00%", Text("비율(%)", "percentage"))
    ROWS = ("rows", list, NO_TEXT, "", Text("배열", "array"))

    def __init__(self, key: str, python_type: type, unit: Text, number_format: str, caption: Text) -> None:
        self.key = key
        self.caption = caption
        self.python_type = python_type
        self.unit = unit
        self.number_format = number_format


class Join(enum.Enum):
    """How a field of several rows of one stock becomes one value in the by-stock view."""

    SAME = (
        "the value that all rows share, blank (zero for a number) where they differ; a price and the day's change: of the last priced row"
    )
    LISTED = "the distinct values, joined by ' + '"
    SUM = "the sum"
    AVERAGE = "purchase amount / quantity, from the sums"
    RETURN = "profit / purchase amount in percent, from the sums"
    WEIGHTED = "the mean weighted by quantity, over the rows that have one"


@dataclass(frozen=True)
class Field:
    """One line of the API document.

    `key` is the API's spelling, `length` the document's maximum (None where it gives none), `choices` the allowed
    values of a request parameter with their meaning (empty where any text goes), `default` what is sent when the user
    says nothing, `decimals` how many the service prints, and `corporate` marks what only corporations send. `signed` marks
    what is a gain or a loss by its sign. (`bfdy_cprs_icdc` is not: the service sends it unsigned at times.)
    """

    key: str
    ko: str
    en: str
    kind: Kind
    length: int | None
    required: bool = True
    note: Text = NO_TEXT
    choices: Mapping[str, Text] = dataclasses.field(default_factory=dict)
    default: str = ""
    decimals: int = 0
    corporate: bool = False
    secret: bool = False
    signed: bool = False
    join: Join = Join.SAME

    @property
    def caption(self) -> Text:
        """The field's name in both languages."""
        return Text(self.ko, self.en)


def _text(key: str, ko: str, en: str, length: int | None, required: bool, note: Text = NO_TEXT, **more: Any) -> Field:
    return Field(key, ko, en, Kind.TEXT, length, required, note, **more)


_TOKEN_NOTE = Text(
    "OAuth 토큰이 필요한 API 경우 발급한 Access token. 일반고객 유효기간 1일, 법인 유효기간 3개월(Refresh token 1년)",
    "the access token; valid 1 day for persons, 3 months for corporations (refresh token 1 year)",
)
_UID_NOTE = Text(
    "[법인 전용] 거래고유번호로 사용하므로 거래별로 UNIQUE해야 함", "[corporations] the transaction's own number: unique for each call"
)

REQUEST_HEADERS: tuple[Field, ...] = (
    _text("content-type", "컨텐츠타입", "Content type", 40, False, Text(CONTENT_TYPE, CONTENT_TYPE), default=CONTENT_TYPE),
    _text("authorization", "접근토큰", "Access token", 350, True, _TOKEN_NOTE, secret=True),
    _text(
        "appkey",
        "앱키",
        "App key",
        36,
        True,
        Text("한국투자증권 홈페이지에서 발급받은 appkey", "issued on the KIS Developers site"),
        secret=True,
    ),
    _text(
        "appsecret",
        "앱시크릿키",
        "App secret",
        180,
        True,
        Text("한국투자증권 홈페이지에서 발급받은 appsecret", "issued on the KIS Developers site"),
        secret=True,
    ),
    _text(
        "personalseckey",
        "고객식별키",
        "Customer key",
        180,
        False,
        Text("[법인 필수] 제휴사 회원 관리를 위한 고객식별키", "[corporations, required] the partner's key for its member"),
        corporate=True,
        secret=True,
    ),
    _text("tr_id", "거래ID", "Transaction ID", 13, True, Text("실전투자 TTTC8434R, 모의투자 VTTC8434R", "TTTC8434R real, VTTC8434R mock")),
    _text(
        "tr_cont",
        "연속 거래 여부",
        "Continuation",
        1,
        False,
        choices={"": Text("초기 조회", "first inquiry"), "N": Text("다음 데이터 조회", "next data")},
    ),
    _text(
        "custtype",
        "고객타입",
        "Customer type",
        1,
        False,
        choices={"P": Text("개인", "person"), "B": Text("법인", "corporation")},
        default="P",
    ),
    _text("seq_no", "일련번호", "Sequence number", 2, False, Text("[법인 필수] 001", "[corporations, required] 001"), corporate=True),
    _text(
        "mac_address", "맥주소", "MAC address", 12, False, Text("법인고객 혹은 개인고객의 Mac address 값", "of the corporation or person")
    ),
    _text(
        "phone_number",
        "핸드폰번호",
        "Mobile number",
        12,
        False,
        Text(
            "[법인 필수] 제휴사APP을 사용하는 경우 사용자(회원) 핸드폰번호, 구분값 없이 01011112222",
            "[corporations, required] the member's mobile number, digits only",
        ),
        corporate=True,
        secret=True,
    ),
    _text(
        "ip_addr",
        "접속 단말 공인 IP",
        "Public IP",
        12,
        False,
        Text("[법인 필수] 사용자(회원)의 IP Address", "[corporations, required] the member's IP address"),
        corporate=True,
    ),
    _text("gt_uid", "Global UID", "Global UID", 32, False, _UID_NOTE, corporate=True),
)

PARAMETERS: tuple[Field, ...] = (
    Field(
        "CANO",
        "종합계좌번호",
        "Account number",
        Kind.CODE,
        8,
        True,
        Text("계좌번호 체계(8-2)의 앞 8자리", "the first 8 digits of the account (8-2)"),
    ),
    Field(
        "ACNT_PRDT_CD",
        "계좌상품코드",
        "Account product code",
        Kind.CODE,
        2,
        True,
        Text("계좌번호 체계(8-2)의 뒤 2자리", "the last 2 digits of the account (8-2)"),
    ),
    _text(
        "AFHR_FLPR_YN",
        "시간외단일가, 거래소여부",
        "After-hours price, exchange",
        1,
        True,
        Text(
            "NXT 선택 시 NXT 거래종목만 시세 등 정보가 NXT 기준으로 변동, KRX 종목은 그대로 유지",
            "with X only the stocks traded on NXT carry NXT prices; those of KRX stay as they are",
        ),
        choices={
            "N": Text("기본값", "default"),
            "Y": Text("시간외단일가", "after-hours single price"),
            "X": Text("NXT 정규장 (프리마켓, 메인, 애프터마켓)", "NXT sessions (pre, main, after)"),
        },
        default="N",
    ),
    _text("OFL_YN", "오프라인여부", "Offline", 1, False, Text("공란(Default)", "blank (default)")),
    _text(
        "INQR_DVSN",
        "조회구분",
        "Inquiry by",
        2,
        True,
        Text("2026-02-10 공지 이후 02는 OPSQ2001로 거절될 수 있음", "since a notice of 2026-02-10 the service may refuse 02 with OPSQ2001"),
        choices={"01": Text("대출일별", "loan date"), "02": Text("종목별", "stock")},
        default="01",
    ),
    _text("UNPR_DVSN", "단가구분", "Unit price", 2, True, choices={"01": Text("기본값", "default")}, default="01"),
    _text(
        "FUND_STTL_ICLD_YN",
        "펀드결제분포함여부",
        "Include fund settlements",
        1,
        True,
        choices={"N": Text("포함하지 않음", "not included"), "Y": Text("포함", "included")},
        default="N",
    ),
    _text(
        "FNCG_AMT_AUTO_RDPT_YN",
        "융자금액자동상환여부",
        "Automatic loan repayment",
        1,
        True,
        choices={"N": Text("기본값", "default")},
        default="N",
    ),
    _text(
        "PRCS_DVSN",
        "처리구분",
        "Previous day's trades",
        2,
        True,
        choices={"00": Text("전일매매포함", "included"), "01": Text("전일매매미포함", "not included")},
        default="00",
    ),
    _text(
        "CTX_AREA_FK100",
        "연속조회검색조건100",
        "Cursor: condition",
        100,
        False,
        Text("공란 : 최초 조회시, 다음 페이지는 이전 응답의 값", "blank at first, then the previous answer's value"),
    ),
    _text(
        "CTX_AREA_NK100",
        "연속조회키100",
        "Cursor: key",
        100,
        False,
        Text("공란 : 최초 조회시, 다음 페이지는 이전 응답의 값", "blank at first, then the previous answer's value"),
    ),
)

RESPONSE_HEADERS: tuple[Field, ...] = (
    _text("content-type", "컨텐츠타입", "Content type", 40, True, Text(CONTENT_TYPE, CONTENT_TYPE)),
    _text("tr_id", "거래ID", "Transaction ID", 13, True, Text("요청한 tr_id", "as requested")),
    _text(
        "tr_cont",
        "연속 거래 여부",
        "Continuation",
        1,
        True,
        choices={key: Text("다음 데이터 있음", "more data") for key in "FM"}
        | {key: Text("마지막 데이터", "the last data") for key in "DE"},
    ),
    _text("gt_uid", "Global UID", "Global UID", 32, True, _UID_NOTE, corporate=True),
)

RESPONSE_BODY: tuple[Field, ...] = (
    _text("rt_cd", "성공 실패 여부", "Result", 1, True, Text("0 : 성공, 0 이외의 값 : 실패", "0: success, anything else: failure")),
    _text("msg_cd", "응답코드", "Message code", 8, True, Text("응답코드", "message code")),
    _text("msg1", "응답메세지", "Message", 80, True, Text("응답메세지", "message text")),
    _text("ctx_area_fk100", "연속조회검색조건100", "Cursor: condition", 100, True),
    _text("ctx_area_nk100", "연속조회키100", "Cursor: key", 100, True),
    Field("output1", "응답상세1", "Holdings", Kind.ROWS, None, True),
    Field("output2", "응답상세2", "Summary", Kind.ROWS, None, True),
)


def _column(kind: Kind, ko: str, en: str, length: int, note: Text = NO_TEXT, **more: Any) -> Any:
    """A column of `output1` or `output2`; its key is the name of the attribute it is assigned to."""
    return dataclasses.field(metadata={"field": Field("", ko, en, kind, length, True, note, **more)})


def _table(record: type) -> tuple[Field, ...]:
    return tuple(dataclasses.replace(column.metadata["field"], key=column.name) for column in dataclasses.fields(record))


@dataclass(frozen=True, slots=True)
class Holding:
    """One row of `output1`: one stock of the account, once for each way it is held.

    With INQR_DVSN 01 a stock can stand in several rows (cash, and each loan by its date): the key of a row is
    (`pdno`, `trad_dvsn_name`, `loan_dt`). Amounts are won, rates percent (8.51 is 8.51 %), digits as the service gave
    them; dates are None where the service gives none. A row sold out today stays with quantity 0.
    """

    pdno: str = _column(Kind.CODE, "상품번호", "Code", 12, Text("종목번호(뒷 6자리)", "the stock's code (last 6 characters)"))
    prdt_name: str = _column(Kind.TEXT, "상품명", "Name", 60, Text("종목명", "the stock's name"))
    trad_dvsn_name: str = _column(
        Kind.TEXT, "매매구분명", "Trade type", 60, Text("매수매도구분", "cash, or the kind of loan"), join=Join.LISTED
    )
    bfdy_buy_qty: int = _column(Kind.QUANTITY, "전일매수수량", "Bought previous day", 10, join=Join.SUM)
    bfdy_sll_qty: int = _column(Kind.QUANTITY, "전일매도수량", "Sold previous day", 10, join=Join.SUM)
    thdt_buyqty: int = _column(Kind.QUANTITY, "금일매수수량", "Bought today", 10, join=Join.SUM)
    thdt_sll_qty: int = _column(Kind.QUANTITY, "금일매도수량", "Sold today", 10, join=Join.SUM)
    hldg_qty: int = _column(Kind.QUANTITY, "보유수량", "Quantity", 19, join=Join.SUM)
    ord_psbl_qty: int = _column(Kind.QUANTITY, "주문가능수량", "Orderable quantity", 10, join=Join.SUM)
    pchs_avg_pric: Decimal = _column(
        Kind.UNIT_PRICE,
        "매입평균가격",
        "Average purchase price",
        22,
        Text("매입금액 / 보유수량", "purchase amount / quantity"),
        join=Join.AVERAGE,
        decimals=4,
    )
    pchs_amt: int = _column(Kind.WON, "매입금액", "Purchase amount", 19, join=Join.SUM)
    prpr: int = _column(Kind.WON, "현재가", "Current price", 19)
    evlu_amt: int = _column(Kind.WON, "평가금액", "Valuation", 19, join=Join.SUM)
    evlu_pfls_amt: int = _column(
        Kind.WON,
        "평가손익금액",
        "Profit or loss",
        19,
        Text("평가금액 - 매입금액", "valuation - purchase amount"),
        join=Join.SUM,
        signed=True,
    )
    evlu_pfls_rt: Decimal = _column(Kind.PERCENT, "평가손익율", "Profit rate", 9, join=Join.RETURN, decimals=2, signed=True)
    evlu_erng_rt: Decimal = _column(
        Kind.PERCENT,
        "평가수익율",
        "Return rate",
        31,
        Text("미사용항목(0으로 출력)", "not used (printed as 0; mock fills it)"),
        join=Join.RETURN,
        decimals=8,
        signed=True,
    )
    loan_dt: date | None = _column(
        Kind.DATE,
        "대출일자",
        "Loan date",
        8,
        Text("INQR_DVSN(조회구분)을 01(대출일별)로 설정해야 값이 나옴", "given only with INQR_DVSN 01 (by loan date)"),
    )
    loan_amt: int = _column(Kind.WON, "대출금액", "Loan amount", 19, join=Join.SUM)
    stln_slng_chgs: int = _column(Kind.WON, "대주매각대금", "Short-sale proceeds", 19, join=Join.SUM)
    expd_dt: date | None = _column(Kind.DATE, "만기일자", "Maturity date", 8)
    fltt_rt: Decimal = _column(Kind.PERCENT, "등락율", "Day change rate", 31, decimals=8, signed=True)
    bfdy_cprs_icdc: int = _column(Kind.WON, "전일대비증감", "Day change", 19)
    item_mgna_rt_name: str = _column(Kind.TEXT, "종목증거금율명", "Margin rate", 20)
    grta_rt_name: str = _column(Kind.TEXT, "보증금율명", "Guarantee deposit rate", 20)
    sbst_pric: int = _column(
        Kind.WON,
        "대용가격",
        "Substitute price",
        19,
        Text(
            "증권매매의 위탁보증금으로서 현금 대신에 사용되는 유가증권 가격",
            "the price at which the security counts as collateral in place of cash",
        ),
    )
    stck_loan_unpr: Decimal = _column(Kind.UNIT_PRICE, "주식대출단가", "Stock loan unit price", 22, join=Join.WEIGHTED, decimals=4)


@dataclass(frozen=True, slots=True)
class Summary:
    """The one row of `output2`: the account's totals, in won; `asst_icdc_erng_rt` in percent."""

    dnca_tot_amt: int = _column(Kind.WON, "예수금총금액", "Deposit", 19, Text("예수금", "cash on deposit"))
    nxdy_excc_amt: int = _column(Kind.WON, "익일정산금액", "Deposit D+1", 19, Text("D+1 예수금", "the deposit after settlement D+1"))
    prvs_rcdl_excc_amt: int = _column(Kind.WON, "가수도정산금액", "Deposit D+2", 19, Text("D+2 예수금", "the deposit after settlement D+2"))
    cma_evlu_amt: int = _column(Kind.WON, "CMA평가금액", "CMA valuation", 19)
    bfdy_buy_amt: int = _column(Kind.WON, "전일매수금액", "Purchases previous day", 19)
    thdt_buy_amt: int = _column(Kind.WON, "금일매수금액", "Purchases today", 19)
    nxdy_auto_rdpt_amt: int = _column(Kind.WON, "익일자동상환금액", "Automatic repayment D+1", 19)
    bfdy_sll_amt: int = _column(Kind.WON, "전일매도금액", "Sales previous day", 19)
    thdt_sll_amt: int = _column(Kind.WON, "금일매도금액", "Sales today", 19)
    d2_auto_rdpt_amt: int = _column(Kind.WON, "D+2자동상환금액", "Automatic repayment D+2", 19)
    bfdy_tlex_amt: int = _column(Kind.WON, "전일제비용금액", "Fees and taxes previous day", 19)
    thdt_tlex_amt: int = _column(Kind.WON, "금일제비용금액", "Fees and taxes today", 19)
    tot_loan_amt: int = _column(Kind.WON, "총대출금액", "Total loans", 19)
    scts_evlu_amt: int = _column(Kind.WON, "유가평가금액", "Securities valuation", 19)
    tot_evlu_amt: int = _column(
        Kind.WON,
        "총평가금액",
        "Total valuation",
        19,
        Text("유가증권 평가금액 합계금액 + D+2 예수금", "sum of the securities' valuation + deposit D+2"),
    )
    nass_amt: int = _column(Kind.WON, "순자산금액", "Net assets", 19)
    fncg_gld_auto_rdpt_yn: str = _column(
        Kind.FLAG,
        "융자금자동상환여부",
        "Automatic loan repayment",
        1,
        Text(
            "보유현금에 대한 융자금만 차감여부. 신용융자 매수체결 시점에서는 융자비율을 매매대금 100%로 계산 하였다가 "
            "수도결제일에 보증금에 해당하는 금액을 고객의 현금으로 충당하여 융자금을 감소시키는 업무",
            "whether only the loan covered by cash is deducted: a margin purchase counts as 100 % loan until settlement, "
            "when the customer's cash covers the deposit and reduces the loan",
        ),
    )
    pchs_amt_smtl_amt: int = _column(Kind.WON, "매입금액합계금액", "Total purchase amount", 19)
    evlu_amt_smtl_amt: int = _column(
        Kind.WON, "평가금액합계금액", "Total holdings valuation", 19, Text("유가증권 평가금액 합계금액", "sum of the securities' valuation")
    )
    evlu_pfls_smtl_amt: int = _column(Kind.WON, "평가손익합계금액", "Total profit or loss", 19, signed=True)
    tot_stln_slng_chgs: int = _column(Kind.WON, "총대주매각대금", "Total short-sale proceeds", 19)
    bfdy_tot_asst_evlu_amt: int = _column(Kind.WON, "전일총자산평가금액", "Total assets previous day", 19)
    asst_icdc_amt: int = _column(Kind.WON, "자산증감액", "Change in assets", 19, signed=True)
    asst_icdc_erng_rt: Decimal = _column(
        Kind.PERCENT,
        "자산증감수익율",
        "Rate of change in assets",
        31,
        Text("데이터 미제공", "not provided (mock fills it)"),
        decimals=8,
        signed=True,
    )


HOLDING_FIELDS: tuple[Field, ...] = _table(Holding)
SUMMARY_FIELDS: tuple[Field, ...] = _table(Summary)


def by_key(table: tuple[Field, ...]) -> dict[str, Field]:
    """The fields of a table by their API key."""
    return {field.key: field for field in table}
