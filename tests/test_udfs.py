"""Every function of the workbook, from what a cell passes to what it shows, through the simulator over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_xl import __version__, fields, kst, udfs
from kis_xl.bystock import join_by_stock
from kis_xl.changes import TABLE_FIELDS
from kis_xl.datafolder import DataFolder
from kis_xl.excel import macros, session, tables
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.values import of_field
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Kind
from kis_xl.history import History
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.simulator import SimAccount, Simulator, reference_account
from tests.broker_kit import demo_account, inquiries
from tests.excel_kit import (
    CASH,
    EN,
    ETN,
    KEYS,
    KO,
    LOAN,
    QUICK_SETTINGS,
    ROWS,
    SMALL,
    TOTALS,
    earlier,
    error,
    excel,
    forget,
    server,
    status,
)
from tests.raw_server import http, page, raw
from tests.rows import holding_row, summary_row

# KIS_HOLDINGS


def test_holdings_hold_every_field_of_every_row(small: Simulator) -> None:
    answer = udfs.KIS_HOLDINGS()
    assert answer[0] == EN
    typed, _ = read_holdings(ROWS)
    assert answer[1:] == [[of_field(field, getattr(row, field.key)) for field in HOLDING_FIELDS] for row in typed]
    loan = dict(zip(KEYS, answer[3], strict=True))
    assert loan["evlu_pfls_rt"] == 0.25
    assert loan["pchs_avg_pric"] == 120.0
    assert loan["loan_dt"] == datetime(2026, 9, 2)  # noqa: DTZ001 (a cell knows no zone)
    assert (answer[1][KEYS.index("loan_dt")], answer[5][KEYS.index("loan_dt")]) == ("", "")
    assert answer[4][:2] == ["0005A0", "새종목 <신규> & 'x'"]
    assert answer[4][KEYS.index("fltt_rt")] == -0.0058


def test_holdings_span_all_pages_in_one_fetch(demo: Simulator) -> None:
    answer = udfs.KIS_HOLDINGS()
    assert len(answer) == 121
    assert [row[0] for row in answer[1:]] == [row["pdno"] for row in demo.account().holdings()]
    assert len(inquiries(demo)) == 3


@pytest.mark.parametrize("language", ["ko", "en"])
def test_headers_are_none_captions_or_captions_and_keys(small: Simulator, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("KIS_XL_LANG", language)
    captions = KO if language == "ko" else EN
    rows = udfs.KIS_HOLDINGS(None, None, 0)
    assert len(rows) == 5
    for one in (None, 1, 1.0, "1", "", True, [[1.0]]):
        assert udfs.KIS_HOLDINGS("", "", one) == [captions, *rows]
    assert udfs.KIS_HOLDINGS(None, None, 2.0) == [captions, KEYS, *rows]
    assert udfs.KIS_HOLDINGS(headers=False) == rows


def test_fields_come_in_the_order_asked(small: Simulator) -> None:
    for asked in ("evlu_amt, PRDT_NAME", [["Valuation", "상품명"]], [["평가금액"], [""], ["name"]], "평가금액;Name"):
        answer = udfs.KIS_HOLDINGS(fields=asked)
        assert answer[0] == ["Valuation", "Name"]
        assert answer[1:] == [
            [450.0, "SK하이닉스"],
            [0.0, "삼성전자"],
            [300.0, "SK하이닉스"],
            [9007199254740992.0, "새종목 <신규> & 'x'"],
            [70.0, "WTI ETN"],
        ]
    assert udfs.KIS_HOLDINGS(fields="pdno", headers=0) == [["000660"], ["005930"], ["000660"], ["0005A0"], ["Q500019"]]
    assert udfs.KIS_HOLDINGS(fields="pdno,pdno", headers=0)[0] == ["000660", "000660"]


def column(options: Any, field: str = "pdno") -> list[Any]:
    return [row[0] for row in udfs.KIS_HOLDINGS(None, field, 0, options)]


def test_rows_can_be_joined_hidden_sorted_and_cut(small: Simulator) -> None:
    assert column("by=stock") == ["000660", "005930", "0005A0", "Q500019"]
    assert column("by=stock; zero=hide") == ["000660", "0005A0", "Q500019"]
    assert column("zero=hide") == ["000660", "000660", "0005A0", "Q500019"]
    assert column("sort=-evlu_amt") == ["0005A0", "000660", "000660", "Q500019", "005930"]
    assert column("sort=-evlu_amt; top=2") == ["0005A0", "000660"]
    assert column("sort=평가금액; zero=hide; top=1") == ["Q500019"]
    assert column("top=99") == column("") == column([["by=row"], ["zero=show"]])
    assert column("by=stock", "evlu_amt") == [750.0, 0.0, 9007199254740992.0, 70.0]


def test_blanks_come_last_whichever_way_rows_are_sorted(small: Simulator) -> None:
    day = datetime(2026, 9, 2)  # noqa: DTZ001 (a cell knows no zone)
    assert column("sort=loan_dt", "loan_dt") == [day, "", "", "", ""]
    assert column("sort=-loan_dt", "loan_dt") == [day, "", "", "", ""]
    assert column("sort=loan_dt") == ["000660", "000660", "005930", "0005A0", "Q500019"]  # the others as they came
    assert column("sort=-loan_dt") == ["000660", "000660", "005930", "0005A0", "Q500019"]
    assert column("sort=grta_rt_name", "grta_rt_name") == column("sort=-grta_rt_name", "grta_rt_name") == ["45%", "", "", "", ""]


def test_equal_rows_keep_the_services_order_in_both_directions(small: Simulator) -> None:
    assert column("sort=pdno", "evlu_amt")[1:3] == [450.0, 300.0]
    assert column("sort=-pdno", "evlu_amt")[2:4] == [450.0, 300.0]


def test_an_account_that_holds_nothing_is_a_header_or_a_blank_row(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, replace(SMALL, given_rows=())):
        assert udfs.KIS_HOLDINGS() == [EN]
        assert udfs.KIS_HOLDINGS(fields="pdno,evlu_amt", headers=0) == [["", ""]]
        assert udfs.KIS_HOLDINGS(headers=2) == [EN, KEYS]
        assert udfs.KIS_HOLDINGS(options="by=stock;sort=-evlu_amt;top=3") == [EN]
        assert udfs.KIS_SUMMARY(fields="tot_evlu_amt") == 10010135.0
        assert error(udfs.KIS_VALUE("005930", "evlu_amt")).startswith("DATA: the account does not hold '005930'")


def test_an_empty_mock_account_has_no_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, demo_account(Environment.MOCK, rows=0)):
        assert udfs.KIS_HOLDINGS() == [EN]
        assert error(udfs.KIS_SUMMARY()).startswith("DATA: the service gave no totals (an empty mock account)")
        assert error(udfs.KIS_SUMMARY(None, "tot_evlu_amt")).startswith("DATA: the service gave no totals")
        shown = status()
        assert (shown["Status"], shown["Rows"], shown["Checks"], shown["Environment"]) == ("OK", 0.0, "2/2", "mock (simulator)")
        assert "no totals" in shown["Last formula error"]


def test_the_services_own_reference_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, reference_account()):
        assert udfs.KIS_VALUE("114800", "evlu_erng_rt") == -0.0428685259
        assert udfs.KIS_VALUE(660.0, "pchs_avg_pric") == 198600.0
        assert udfs.KIS_SUMMARY(None, "asst_icdc_erng_rt") == 0.0004622453
        assert status()["Checks"] == "7/7"


# KIS_SUMMARY


def test_the_summary_is_caption_and_value(small: Simulator) -> None:
    answer = udfs.KIS_SUMMARY()
    totals = read_summary(TOTALS)[0]
    assert answer == [[field.en, of_field(field, getattr(totals, field.key))] for field in SUMMARY_FIELDS]
    assert udfs.KIS_SUMMARY(headers=2) == [[*row, field.key] for row, field in zip(answer, SUMMARY_FIELDS, strict=True)]
    assert udfs.KIS_SUMMARY(headers=0) == [[row[1]] for row in answer]
    assert udfs.KIS_SUMMARY(None, "순자산금액,Deposit") == [["Net assets", 0.0], ["Deposit", 9644485.0]]


def test_a_single_field_is_the_bare_value_unless_headers_are_asked_for(small: Simulator) -> None:
    for asked in ("tot_evlu_amt", "총평가금액", "TOTAL  valuation", [["tot_evlu_amt"]], [[None], ["tot_evlu_amt"]]):
        assert udfs.KIS_SUMMARY(None, asked) == 10010135.0
    assert udfs.KIS_SUMMARY(None, "asst_icdc_erng_rt") == 0.0004622453
    assert udfs.KIS_SUMMARY(None, "fncg_gld_auto_rdpt_yn") == "N"
    assert udfs.KIS_SUMMARY(None, "tot_evlu_amt", 0) == [[10010135.0]]
    assert udfs.KIS_SUMMARY(None, "tot_evlu_amt", 1) == [["Total valuation", 10010135.0]]
    assert udfs.KIS_SUMMARY(None, "tot_evlu_amt", 2) == [["Total valuation", 10010135.0, "tot_evlu_amt"]]


# KIS_VALUE


def test_one_value_of_one_stock_cash_and_loans_joined(small: Simulator) -> None:
    joined = {row.pdno: row for row in join_by_stock(read_holdings(ROWS)[0])}
    for field in HOLDING_FIELDS:
        assert udfs.KIS_VALUE("000660", field.key) == of_field(field, getattr(joined["000660"], field.key))
    assert udfs.KIS_VALUE("000660", "hldg_qty") == 5.0
    assert udfs.KIS_VALUE("000660", "매입평균가격") == 108.0
    assert udfs.KIS_VALUE("000660", "trad_dvsn_name") == "현금 + 자기융자"
    assert udfs.KIS_VALUE("005930", "hldg_qty") == 0.0  # sold out today: there until tomorrow
    assert udfs.KIS_VALUE("005930", "loan_dt") == ""


@pytest.mark.parametrize(
    "code", ["000660", 660.0, 660, "660", "A000660", "a000660", " 000660 ", "SK하이닉스", [[660.0]], (("A000660",),)], ids=repr
)
def test_a_stock_however_written(small: Simulator, code: Any) -> None:
    assert udfs.KIS_VALUE(code, "evlu_amt") == 750.0
    assert udfs.KIS_VALUE(code, [["Valuation"]]) == 750.0


@pytest.mark.parametrize(
    ("code", "value"),
    [("0005A0", 1.0), ("0005a0", 1.0), ("A0005A0", 1.0), ("Q500019", 7.0), ("q500019", 7.0), (500019.0, 7.0), ("500019", 7.0)],
)
def test_codes_with_letters(small: Simulator, code: Any, value: float) -> None:
    assert udfs.KIS_VALUE(code, "hldg_qty") == value


def test_two_stocks_of_one_name_are_not_told_apart_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = tuple(holding_row(pdno=code, prdt_name="같은이름", hldg_qty=quantity) for code, quantity in (("111111", "1"), ("222222", "2")))
    with excel(monkeypatch, replace(SMALL, given_rows=twins)):
        assert error(udfs.KIS_VALUE("같은이름", "hldg_qty")).startswith("ARGUMENT: not a stock code")
        assert udfs.KIS_VALUE("222222", "hldg_qty") == 2.0


def test_ranges_of_codes_and_fields_give_a_table_that_fits_beside_them(small: Simulator) -> None:
    codes, names = ["000660", "005930", 500019.0], ["hldg_qty", "평가금액"]
    wanted = [[5.0, 750.0], [0.0, 0.0], [7.0, 70.0]]
    down, across = [[code] for code in codes], [codes]
    turned = [list(row) for row in zip(*wanted, strict=True)]
    assert udfs.KIS_VALUE(down, [names]) == wanted
    assert udfs.KIS_VALUE(across, [[name] for name in names]) == turned
    assert udfs.KIS_VALUE(codes, [[name] for name in names]) == turned  # a row, as xlwings passes one
    assert udfs.KIS_VALUE(down, "hldg_qty") == [row[:1] for row in wanted]
    assert udfs.KIS_VALUE(across, "hldg_qty") == [[5.0, 0.0, 7.0]]
    assert udfs.KIS_VALUE("000660", [names]) == [[5.0, 750.0]]
    assert udfs.KIS_VALUE("000660", [[name] for name in names]) == [[5.0], [750.0]]


def test_blanks_in_ranges_stay_blank_in_their_places(small: Simulator) -> None:
    assert udfs.KIS_VALUE([["000660"], [None], [""], ["  "], ["005930"]], "hldg_qty") == [[5.0], [""], [""], [""], [0.0]]
    assert udfs.KIS_VALUE([["000660", None, "Q500019"]], "hldg_qty") == [[5.0, "", 7.0]]
    assert udfs.KIS_VALUE([["000660"], [None]], [["hldg_qty", None, "evlu_amt"]]) == [[5.0, "", 750.0], ["", "", ""]]
    assert udfs.KIS_VALUE("000660", [["hldg_qty"], [" "], ["evlu_amt"], [None]]) == [[5.0], [""], [750.0], [""]]


def test_a_code_that_is_not_held_fails_in_its_own_cells_only(small: Simulator) -> None:
    answer = udfs.KIS_VALUE([["000660"], ["999999"], ["#ERROR"], ["005930"]], [["hldg_qty", "", "evlu_amt"]])
    assert (answer[0], answer[3]) == ([5.0, "", 750.0], [0.0, "", 0.0])
    assert [answer[1][0], answer[1][2]] == ["#KIS! DATA: the account does not hold '999999' (Check the code.)"] * 2
    assert answer[2][0].startswith("#KIS! ARGUMENT: not a stock code: '#ERROR'")
    assert answer[1][1] == answer[2][1] == ""
    assert "'#ERROR'" in status()["Last formula error"]


def test_a_field_that_is_none_fails_as_a_whole(small: Simulator) -> None:
    assert error(udfs.KIS_VALUE([["000660"], ["005930"]], [["hldg_qty", "evlu_amnt"]])).startswith(
        "ARGUMENT: there is no field 'evlu_amnt'"
    )
    blanks: list[Any] = [None, "", " ", [[None, ""]], [["", ""]]]
    for blank in blanks:
        assert error(udfs.KIS_VALUE([["000660"], ["005930"]], blank)).startswith("ARGUMENT: field is missing")
        assert error(udfs.KIS_VALUE("000660", blank)).startswith("ARGUMENT: field is missing")
    for blank in (*blanks[:3], [[None]]):
        assert error(udfs.KIS_VALUE(blank, "evlu_amt")).startswith("ARGUMENT: not a stock code")


def test_a_thousand_codes_are_one_look_up_each(monkeypatch: pytest.MonkeyPatch) -> None:
    with excel(monkeypatch, demo_account(rows=300)) as running:
        rows = udfs.KIS_HOLDINGS(None, "pdno,evlu_amt", 0, "by=stock")
        assert udfs.KIS_VALUE([[code] for code, _ in rows], "evlu_amt") == [[value] for _, value in rows]
        assert len(inquiries(running)) == 6


# KIS_STATUS


def test_the_status_tells_what_is_shown(demo: Simulator, home: Path) -> None:
    before = kst.now()
    udfs.KIS_HOLDINGS()
    shown = status()
    assert shown["Status"] == "OK"
    assert before - timedelta(seconds=1) <= shown["As of"].replace(tzinfo=kst.KST) <= kst.now()
    assert shown["Age (minutes)"] == 0.0
    assert (shown["Environment"], shown["Account"]) == ("real (simulator)", "1234****-01")
    assert (shown["Rows"], shown["Pages"], shown["Checks"]) == (120.0, 3.0, "7/7")
    assert shown["Parameters"].startswith("AFHR_FLPR_YN=N; ")
    assert (shown["Last error"], shown["What to do"], shown["Last formula error"]) == ("", "", "")
    assert shown["Log file"] == str(home / "logs" / f"kis_xl-{kst.now():%Y-%m-%d}.log")
    assert shown["Version"] == f"kis_xl {__version__}"


def test_the_status_names_todays_log(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    udfs.KIS_HOLDINGS()
    earlier(monkeypatch, timedelta(days=-3))  # a server that runs for days
    assert status()["Log file"].endswith(f"kis_xl-{kst.now():%Y-%m-%d}.log")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_workbooks_language_goes_before_the_users(small: Simulator, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("KIS_XL_LANG", "en" if language == "ko" else "ko")
    assert macros.hello(language.upper()) == __version__
    assert udfs.KIS_HOLDINGS()[0] == (KO if language == "ko" else EN)
    assert udfs.KIS_STATUS()[0][0] == ("상태" if language == "ko" else "Status")
    assert udfs.KIS_ACCOUNTS()[0][0] == ("계좌 이름" if language == "ko" else "Name")
    assert udfs.KIS_HOLDINGS("x")[0][0].startswith("#KIS! ACCOUNT: " + ("이런" if language == "ko" else "there"))
    macros.hello("")
    assert udfs.KIS_HOLDINGS()[0] == (EN if language == "ko" else KO)


# KIS_FIELDS, KIS_ACCOUNTS, KIS_VERSION, KIS_PING


def test_the_legend_has_every_field_of_the_document(small: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = udfs.KIS_FIELDS()
    assert answer[0] == ["API key", "Korean", "English", "Type", "Unit", "Note", "Table"]
    assert [row[:3] for row in answer[1:]] == [[field.key, field.ko, field.en] for field in (*HOLDING_FIELDS, *SUMMARY_FIELDS)]
    assert [row[6] for row in answer[1:]] == ["Holdings"] * 26 + ["Account"] * 24
    counts = {"Holdings": 26, "output1": 26, "계좌": 24, "OUTPUT2": 24, "Request headers": 13, "parameters": 11, "응답헤더": 4, "body": 7}
    assert {name: len(udfs.KIS_FIELDS(name)) - 1 for name in counts} == counts
    whole = udfs.KIS_FIELDS("ALL")
    assert len(whole) == 1 + 13 + 11 + 4 + 7 + 26 + 24
    assert [row[0] for row in whole[1:]] == [field.key for _, chosen, _ in tables.TABLES for field in chosen]
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert udfs.KIS_FIELDS("전체")[0] == ["API 항목", "한글명", "영문명", "형식", "단위", "설명", "구분"]
    (row,) = [row for row in udfs.KIS_FIELDS("요청 파라미터") if row[0] == "INQR_DVSN"]
    assert "01: 대출일별; 02: 종목별" in row[5]
    assert small.calls == []


def test_accounts_are_named_and_masked(small: Simulator) -> None:
    assert udfs.KIS_ACCOUNTS() == [["Name", "Account", "Environment", "Default"], ["env", "8765****-22", "real", True]]


def test_version_and_ping(demo: Simulator) -> None:
    assert udfs.KIS_VERSION() == __version__
    assert demo.calls == []
    assert re.fullmatch(r"OK: real, 1234\*\*\*\*-01, \d+\.\d\d s", udfs.KIS_PING())
    assert len(inquiries(demo)) == 1
    demo.add_fault("1=EGW00103")
    assert error(udfs.KIS_PING()).startswith("AUTH: ")
    assert "AUTH: " in status()["Last formula error"]
    assert status()["Status"] == "not fetched yet"  # it shows nothing


# KIS_HISTORY and KIS_CHANGES


def store(home: Path, whose: SimAccount, running: Simulator, days: dict[int, tuple[list[dict[str, str]], dict[str, str]]]) -> None:
    """Balances of so many days ago, as earlier fetches would have left them."""
    history = History(DataFolder(home))
    for ago, (rows, totals) in days.items():
        account = session.current().key().account
        history.store(
            Balance(account.number, account.name, whose.environment, kst.now() - timedelta(days=ago), tuple(read_holdings(rows)[0]),
                    read_summary(totals)[0], 1, {}, host=running.url(whose.environment))
        )  # fmt: skip
    history.close()


def ago(days: int) -> datetime:
    """That day, as a cell has it."""
    day = kst.now().date() - timedelta(days=days)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a cell knows no zone)


@pytest.fixture
def stored(small: Simulator, home: Path) -> Simulator:
    """Three earlier days; the stock 000660 was bought two days ago, and an ETF was sold since."""
    gone = holding_row(pdno="114800", prdt_name="KODEX 인버스", hldg_qty="4", evlu_amt="40", evlu_pfls_amt="-1")
    store(home, SMALL, small, {
        9: ([gone], summary_row(tot_evlu_amt="100", asst_icdc_erng_rt="1.5")),
        2: ([gone, CASH], summary_row(tot_evlu_amt="200", asst_icdc_erng_rt="-2")),
        1: ([gone, CASH, LOAN, ETN], summary_row(tot_evlu_amt="300")),
    })  # fmt: skip
    return small


def test_the_history_of_the_account(stored: Simulator, home: Path) -> None:
    assert udfs.KIS_HISTORY() == [["Date", "Total valuation"], [ago(9), 100.0], [ago(2), 200.0], [ago(1), 300.0]]
    assert stored.calls == []  # what is stored is looked up
    udfs.KIS_HOLDINGS()
    assert udfs.KIS_HISTORY()[-1] == [ago(0), 10010135.0]
    assert udfs.KIS_HISTORY("asst_icdc_erng_rt", ago(9), ago(2)) == [["Date", "Rate of change in assets"], [ago(9), 0.015], [ago(2), -0.02]]
    serial = float((ago(2) - datetime(1899, 12, 30)).days)  # noqa: DTZ001 (a cell knows no zone)
    assert udfs.KIS_HISTORY("총평가금액", serial, serial) == [["Date", "Total valuation"], [ago(2), 200.0]]
    assert udfs.KIS_HISTORY("총평가금액", f"{ago(2):%Y-%m-%d}", None)[1:] == [[ago(2), 200.0], [ago(1), 300.0], [ago(0), 10010135.0]]
    assert error(udfs.KIS_HISTORY(None, ago(8), ago(3))).startswith("DATA: no day is stored in this period")
    store(home, SMALL, stored, {-3: ([], summary_row(tot_evlu_amt="7"))})  # a clock was wrong once: shown to those who ask for it
    assert udfs.KIS_HISTORY()[-1] == [ago(0), 10010135.0]
    assert udfs.KIS_HISTORY(None, ago(0), ago(-3))[-1] == [ago(-3), 7.0]
    assert udfs.KIS_HISTORY(None, ago(-3))[1:] == [[ago(-3), 7.0]]


def test_the_history_of_a_stock(stored: Simulator) -> None:
    wanted = [["Date", "Valuation"], [ago(2), 450.0], [ago(1), 750.0]]
    for written in ("000660:evlu_amt", "660:평가금액", "A000660 : Valuation", "000660:", [["000660:evlu_amt"]]):
        assert udfs.KIS_HISTORY(written) == wanted
    for written in ("Q500019:hldg_qty", "q500019:hldg_qty", "500019:보유수량"):
        assert udfs.KIS_HISTORY(written) == [["Date", "Quantity"], [ago(1), 7.0]]
    assert udfs.KIS_HISTORY("000660:loan_dt")[1:] == [[ago(2), ""], [ago(1), ""]]
    assert error(udfs.KIS_HISTORY("999999:evlu_amt")).startswith("DATA: no day is stored")


def header(then: datetime) -> list[str]:
    """The captions; those of then say of which day they are."""
    return [f"{field.en} ({then:%m-%d})" if field.key.endswith("_then") else field.en for field in TABLE_FIELDS]


def test_changes_since_the_previous_stored_day(stored: Simulator) -> None:
    answer = udfs.KIS_CHANGES()
    assert answer[0] == header(ago(1))
    assert [row[:6] for row in answer[1:]] == [
        ["000660", "SK하이닉스", "held", 5.0, 5.0, 0.0],
        ["0005A0", "새종목 <신규> & 'x'", "new", 0.0, 1.0, 1.0],
        ["Q500019", "WTI ETN", "held", 7.0, 7.0, 0.0],
        ["114800", "KODEX 인버스", "closed", 4.0, 0.0, -4.0],
    ]
    assert answer[4][6:] == [40.0, 0.0, -40.0, -1.0, 0.0, 1.0, "closed (no price)", "", ""]  # it had no price
    assert answer[1][12:] == ["kept", 0.0, 0.0]
    assert {type(cell) for row in answer[1:] for cell in row} == {str, float}


def test_changes_since_a_day(stored: Simulator) -> None:
    for since in (ago(2), f"{ago(2):%Y%m%d}", ago(3) + timedelta(days=1), ago(5) + timedelta(days=3)):
        (row,) = [row for row in udfs.KIS_CHANGES(since) if row[0] == "000660"]
        assert row[2:6] == ["held", 3.0, 5.0, 2.0]
        assert row[12:] == ["added", 0.0, 300.0]
    (row,) = [row for row in udfs.KIS_CHANGES(ago(5)) if row[0] == "000660"]  # the last stored day up to then
    assert row[2:6] == ["new", 0.0, 5.0, 5.0]
    nothing = f"DATA: nothing is stored on or before {ago(10):%Y-%m-%d}; the first day is {ago(9):%Y-%m-%d}"
    assert error(udfs.KIS_CHANGES(ago(10))).startswith(nothing)
    assert "tomorrow" not in error(udfs.KIS_CHANGES("2020-01-01"))
    for since in (ago(0), ago(-1)):
        assert error(udfs.KIS_CHANGES(since)).startswith("ARGUMENT: since: ")


def test_changes_on_the_first_day_and_between_two_empty_days(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    empty = replace(SMALL, given_rows=())
    with excel(monkeypatch, empty) as running:
        assert error(udfs.KIS_CHANGES()).startswith("DATA: no earlier day is stored")
        assert error(udfs.KIS_CHANGES("2020-01-01")).startswith("DATA: no earlier day is stored")
        assert "no earlier day" in status()["Last formula error"]
        store(home, empty, running, {1: ([], TOTALS)})
        assert udfs.KIS_CHANGES() == [header(ago(1)), [""] * 15]


def test_a_damaged_history_is_told_and_the_rest_goes_on(small: Simulator, home: Path) -> None:
    file = DataFolder(home).part("history") / "history.sqlite"
    file.write_bytes(b"no database" * 100)
    assert error(udfs.KIS_HISTORY()).startswith("DATA: the history is damaged")
    assert error(udfs.KIS_CHANGES()).startswith("DATA: the history is damaged")
    assert len(udfs.KIS_HOLDINGS()) == 6
    assert "history is damaged" in status()["Status"]  # what was fetched is not in it
    file.unlink()
    (file / "x").mkdir(parents=True)
    assert error(udfs.KIS_HISTORY()).startswith("DATA: the history cannot be used")


# how arguments are given, and what comes back


def test_arguments_by_name(small: Simulator) -> None:
    whole = udfs.KIS_HOLDINGS(account="env", fields="pdno,evlu_amt", headers=0, options="top=2")
    assert (
        udfs.KIS_HOLDINGS(options="top=2", headers=0, fields="pdno,evlu_amt", account="env")
        == whole
        == [["000660", 450.0], ["005930", 0.0]]
    )
    assert udfs.KIS_SUMMARY(fields="tot_evlu_amt", account="env") == 10010135.0
    assert udfs.KIS_VALUE(field="hldg_qty", code="000660") == 5.0
    assert udfs.KIS_FIELDS(table="output2")[1][0] == "dnca_tot_amt"
    assert udfs.KIS_STATUS(account="env")[0] == ["Status", "the checks differ"]
    assert error(udfs.KIS_HISTORY(end="2020-01-01", start="2019-01-01", field="tot_evlu_amt", account="env")).startswith("DATA: ")
    assert error(udfs.KIS_CHANGES(account="env", since="2020-01-01")).startswith("DATA: ")


ODD = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "#N/A",
    "#KIS! DATA: x",
    "TRUE",
    "1e5",
    "😀" * 200,
    "가" * 300,
    "a\x00b",
    "x\ty",
    "'quoted'",
]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_what_comes_back_is_what_excel_takes(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    keys = [field.key for field in HOLDING_FIELDS if field.kind in (Kind.TEXT,)]
    odd = holding_row(
        pdno="123456",
        evlu_amt="9" * 31,
        evlu_pfls_amt="-" + "9" * 31,
        loan_dt="00010101",
        expd_dt="99991231",
        pchs_avg_pric=".5",
        **dict.fromkeys(keys, text),
    )
    with excel(
        monkeypatch, replace(SMALL, given_rows=(odd,), given_summary=summary_row(fncg_gld_auto_rdpt_yn=text, tot_evlu_amt="9" * 31))
    ):
        answers = [udfs.KIS_HOLDINGS(), udfs.KIS_HOLDINGS(None, None, 2, "by=stock"), udfs.KIS_SUMMARY(None, None, 2)]
        answers += [[[udfs.KIS_VALUE("123456", "prdt_name")]], udfs.KIS_VALUE([["123456"], ["1"]], [["prdt_name", "loan_dt"]])]
        answers += [
            udfs.KIS_STATUS(),
            udfs.KIS_FIELDS("all"),
            udfs.KIS_ACCOUNTS(),
            udfs.KIS_HISTORY(),
            udfs.KIS_HISTORY("123456:prdt_name"),
        ]
        answers += [udfs.KIS_CHANGES(), [[udfs.KIS_PING()]], [[udfs.KIS_VERSION()]]]
    for answer in answers:
        assert len({len(row) for row in answer}) == 1
        for cell in (cell for row in answer for cell in row):
            assert type(cell) in (str, float, bool, datetime), cell
            if isinstance(cell, str):
                assert len(cell.encode("utf-16-le")) // 2 <= 255  # half a pair cannot be encoded
            if isinstance(cell, datetime):
                assert cell.tzinfo is None
                assert cell.year >= 1900
    assert not any(str(cell).startswith("#KIS!") for cell in answers[0][1])
    assert answers[0][1][KEYS.index("loan_dt")] == "0001-01-01"


def test_half_a_pair_from_the_service_spoils_nothing(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """JSON can carry what UTF-8 cannot: it is shown as the replacement character, and stored."""
    with raw(http(page(output1=[holding_row(prdt_name="half \ud83d")]))) as running, server(monkeypatch):
        for name, value in QUICK_SETTINGS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("KIS_XL_ACCOUNT", "12345678-01")
        monkeypatch.setenv("KIS_XL_APPKEY", "k" * 36)
        monkeypatch.setenv("KIS_XL_APPSECRET", "s" * 180)
        monkeypatch.setenv("KIS_XL_BASE_URL", running.url)
        assert udfs.KIS_HOLDINGS(None, "prdt_name", 0) == [["half \ufffd"]]
        assert "saved" not in status()["Status"]
        forget(monkeypatch)
        assert udfs.KIS_HOLDINGS(None, "prdt_name", 0) == [["half \ufffd"]]
        assert running.asked("inquire-balance") == 1


def test_a_cell_that_is_changed_changes_no_other(small: Simulator) -> None:
    """xlwings writes into what it is given: the next cell must not see that."""
    asked: list[Callable[[], Any]] = [udfs.KIS_HOLDINGS, udfs.KIS_SUMMARY, udfs.KIS_STATUS, udfs.KIS_FIELDS, udfs.KIS_ACCOUNTS]
    asked.append(lambda: udfs.KIS_VALUE([["000660"]] * 2, "evlu_amt"))
    for ask in asked:
        first = ask()
        wanted = [list(row) for row in first]
        for row in first:
            row[:] = ["spoilt"] * len(row)
        assert ask() == wanted


def test_every_function_of_the_contract_is_there() -> None:
    assert set(FUNCTIONS) == {
        "KIS_HOLDINGS",
        "KIS_SUMMARY",
        "KIS_VALUE",
        "KIS_STATUS",
        "KIS_FIELDS",
        "KIS_ACCOUNTS",
        "KIS_HISTORY",
        "KIS_CHANGES",
        "KIS_VERSION",
        "KIS_PING",
    }
    assert all(getattr(udfs, name) for name in FUNCTIONS)
    assert len(fields.PARAMETERS) == 11
