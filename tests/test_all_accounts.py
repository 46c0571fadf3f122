"""`*` for the account: three accounts at three servers, set up in the configuration file and by variables, shown apart and as one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kis_xl import udfs
from kis_xl.bystock import join_accounts
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AuthError, DataError, FieldError
from kis_xl.excel import formats, jobs, mac, macros, session, tables
from kis_xl.excel.jobs import Report
from kis_xl.excel.several import OfAccount, at_once
from kis_xl.excel.view import Together, View
from kis_xl.fields import SUMMARY_FIELDS, Environment
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings
from kis_xl.simulator import SimAccount, Simulator
from kis_xl.snapshots import Snapshots
from tests.broker_kit import inquiries, simulated
from tests.excel_kit import CASH, EN, KEYS, LOAN, ROWS, SMALL, STATUS, error, finished, forget, server
from tests.rows import holding_row, summary_row

PENSION, PRACTICE = "연금 계좌", "모의"
NAMES = ["env", PENSION, PRACTICE]
# both hold what SMALL holds, too: Hynix at a price that has moved meanwhile, Samsung (sold out in SMALL), and one that nobody else has
PENSION_ROWS = (
    holding_row(
        pdno="000660",
        prdt_name="SK하이닉스",
        trad_dvsn_name="현금",
        hldg_qty="5",
        pchs_amt="600",
        pchs_avg_pric="120.0000",
        prpr="151",
        evlu_amt="755",
        evlu_pfls_amt="155",
        evlu_pfls_rt="25.83",
    ),
    holding_row(pdno="035420", prdt_name="NAVER", hldg_qty="2", prpr="200000", evlu_amt="400000"),
)
PRACTICE_ROWS = (holding_row(pdno="005930", prdt_name="삼성전자", trad_dvsn_name="현금", hldg_qty="1", prpr="70500", evlu_amt="70500"),)
PENSION_TOTALS = summary_row(tot_evlu_amt="5000000", dnca_tot_amt="100", asst_icdc_erng_rt="0.01", fncg_gld_auto_rdpt_yn="Y")
PRACTICE_TOTALS = summary_row(tot_evlu_amt="70500", dnca_tot_amt="-30")


@dataclass
class Accounts:
    """The servers of the three accounts, and the data folder that they share."""

    env: Simulator
    pension: Simulator
    practice: Simulator
    home: Path
    rows: dict[str, list[dict[str, str]]]

    def move(self) -> None:
        """Something happens in each account."""
        for rows in self.rows.values():
            rows[0]["bfdy_buy_qty"] = "77"

    def inquiries(self) -> list[int]:
        """How many pages each was asked for."""
        return [len(inquiries(running)) for running in (self.env, self.pension, self.practice)]


def sim(digit: str, environment: Environment, rows: Any, totals: Any) -> SimAccount:
    return SimAccount(f"{digit * 8}-01", digit * 36, digit * 180, environment, rows=0, given_rows=rows, given_summary=totals)


def add(home: Path, name: str, running: Simulator, whose: SimAccount, **changed: str) -> None:
    secrets = {"number": whose.number, "appkey": whose.appkey, "appsecret": whose.appsecret} | changed
    settings = {"number": f"{whose.number[:4]}****{whose.number[8:]}", "environment": whose.environment.key}
    settings["base_url"] = running.url(whose.environment)
    ConfigEditor(DataFolder(home)).add(NewAccount(name, settings, {}, secrets), secrets="file", replace=True)


@pytest.fixture
def practice_rows() -> list[dict[str, str]]:
    """What the mock account holds; a test may have it hold nothing."""
    return [dict(row) for row in PRACTICE_ROWS]


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch, home: Path, practice_rows: list[dict[str, str]]) -> Iterator[Accounts]:
    rows = {"env": [dict(row) for row in ROWS], PENSION: [dict(row) for row in PENSION_ROWS], PRACTICE: practice_rows}
    pension = sim("2", Environment.REAL, rows[PENSION], PENSION_TOTALS)
    practice = sim("3", Environment.MOCK, practice_rows, PRACTICE_TOTALS if practice_rows else None)
    with simulated(replace(SMALL, given_rows=rows["env"])) as first, simulated(pension) as second, simulated(practice) as third:
        add(home, PENSION, second, pension)
        add(home, PRACTICE, third, practice)
        with server(monkeypatch, first, SMALL):
            yield Accounts(first, second, third, home, rows)


def columns(answer: Any, *names: str) -> list[list[Any]]:
    """Some columns of a table with a header row."""
    places = [answer[0].index(name) for name in names]
    return [[row[place] for place in places] for row in answer[1:]]


# holdings


def test_the_rows_of_all_accounts_stand_under_each_other_the_default_first(three: Accounts) -> None:
    answer = udfs.KIS_HOLDINGS("*")
    assert answer[0] == ["Account", *EN]
    assert columns(answer, "Account", "Code") == [
        ["env", "000660"],
        ["env", "005930"],
        ["env", "000660"],
        ["env", "0005A0"],
        ["env", "Q500019"],
        [PENSION, "000660"],
        [PENSION, "035420"],
        [PRACTICE, "005930"],
    ]
    each = [row for name in NAMES for row in udfs.KIS_HOLDINGS(name)[1:]]
    assert [row[1:] for row in answer[1:]] == each
    assert three.inquiries() == [1, 1, 1]  # and one snapshot an account serves all of this


def test_headers_and_fields_of_all_accounts(three: Accounts) -> None:
    assert udfs.KIS_HOLDINGS(" * ", "pdno", 2)[:3] == [["Account", "Code"], ["account", "pdno"], ["env", "000660"]]
    assert udfs.KIS_HOLDINGS("*", "pdno", 0)[0] == ["env", "000660"]
    assert udfs.KIS_HOLDINGS([["*"]], None, 2)[1] == ["account", *KEYS]
    assert udfs.KIS_HOLDINGS("*", "evlu_amt, 계좌", 0)[0] == [450.0, "env"]  # where it is asked for
    assert udfs.KIS_HOLDINGS(PENSION, "Account, pdno", 0)[0] == [PENSION, "000660"]
    assert udfs.KIS_HOLDINGS("**") == [EN, *(row[1:] for row in udfs.KIS_HOLDINGS("*")[1:])]
    assert error(udfs.KIS_HOLDINGS("*", None, None, "sort=account")).startswith("ARGUMENT")


def test_the_order_is_that_of_the_settings(three: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET"):
        monkeypatch.delenv(name)
    ConfigEditor(DataFolder(three.home)).set_default(PRACTICE)
    forget(monkeypatch)
    listed = [row[0] for row in udfs.KIS_ACCOUNTS()[1:]]
    assert listed == [PRACTICE, PENSION]
    assert list(dict.fromkeys(row[0] for row in udfs.KIS_HOLDINGS("*")[1:])) == listed
    assert udfs.KIS_SUMMARY("*")[0] == ["Item", *listed, "Total"]


def test_rows_of_a_stock_are_joined_within_and_across_accounts(three: Accounts) -> None:
    answer = udfs.KIS_HOLDINGS("*", "pdno,hldg_qty,pchs_amt,pchs_avg_pric,evlu_amt,evlu_pfls_rt,prpr,prdt_name", 0, "by=stock")
    assert answer == [
        # 3 in cash, 2 on credit, 5 in the pension; 10 for 1,140; 365 of it profit; the price of the account fetched last counts
        [f"env, {PENSION}", "000660", 10.0, 1140.0, 114.0, 1505.0, 0.3202, answer[0][7], "SK하이닉스"],
        [f"env, {PRACTICE}", "005930", 1.0, 0.0, 0.0, 70500.0, 0.0, answer[1][7], "삼성전자"],
        ["env", "0005A0", 1.0, 0.0, 0.0, 9007199254740992.0, 0.0, 0.0, "새종목 <신규> & 'x'"],
        ["env", "Q500019", 7.0, 0.0, 0.0, 70.0, 0.0, 0.0, "WTI ETN"],
        [PENSION, "035420", 2.0, 0.0, 0.0, 400000.0, 0.0, 200000.0, "NAVER"],
    ]
    assert answer[0][7] in (150.0, 151.0)
    assert answer[1][7] in (70000.0, 70500.0)


def test_a_price_that_has_moved_between_two_accounts_is_the_newer_one() -> None:
    then, now = datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 10)  # noqa: DTZ001
    cash = read_holdings([CASH, LOAN])[0]
    pension = read_holdings(PENSION_ROWS[:1])[0]
    for accounts, price in (([(now, cash), (then, pension)], 150), ([(then, cash), (now, pension)], 151)):
        (row,) = join_accounts(accounts)
        assert (row.prpr, row.hldg_qty, row.evlu_amt, row.pchs_avg_pric) == (price, 10, 1505, Decimal("114.0000"))
    (alone,) = join_accounts([(now, pension), (then, [])])
    assert alone is pension[0]


def test_options_are_over_all_rows(three: Accounts) -> None:
    def codes(options: str) -> list[Any]:
        return [row[1] for row in udfs.KIS_HOLDINGS("*", "pdno", 0, options)]

    assert codes("sort=-evlu_amt; top=3") == ["0005A0", "035420", "005930"]
    assert codes("zero=hide") == ["000660", "000660", "0005A0", "Q500019", "000660", "035420", "005930"]
    assert codes("by=stock; zero=hide; sort=-evlu_amt; top=4") == ["0005A0", "035420", "005930", "000660"]
    assert codes("by=stock; zero=hide; sort=evlu_amt; top=1") == ["Q500019"]


def test_options_of_the_service_are_for_each_account(three: Accounts) -> None:
    usual = udfs.KIS_HOLDINGS("*")
    assert udfs.KIS_HOLDINGS("*", None, None, "PRCS_DVSN=01") == usual
    assert three.inquiries() == [2, 2, 2]
    assert [call.params["PRCS_DVSN"] for call in inquiries(three.pension)] == ["00", "01"]


# the first look


def test_the_first_look_fetches_all_at_the_same_time(three: Accounts) -> None:
    for running in (three.env, three.pension, three.practice):
        running.add_fault("1=slow:0.4")
    udfs.KIS_HOLDINGS("*")
    began = [inquiries(running)[0].time for running in (three.env, three.pension, three.practice)]
    assert max(began) - min(began) < 0.4  # each call would begin when the one before has ended
    assert three.inquiries() == [1, 1, 1]


def test_at_once_runs_side_by_side_and_keeps_the_order() -> None:
    gate = threading.Barrier(3)

    def wait(number: int) -> int:
        gate.wait(20)
        if number == 1:
            raise AuthError(Text("아니요", "no"))
        return number

    first, second, third = at_once(wait, [0, 1, 2])
    assert (first, type(second), third) == (0, AuthError, 2)
    assert at_once(wait, []) == []


# totals


def test_totals_stand_side_by_side_with_their_sum(three: Accounts) -> None:
    answer = udfs.KIS_SUMMARY("*", "tot_evlu_amt,dnca_tot_amt,asst_icdc_erng_rt,fncg_gld_auto_rdpt_yn", 2)
    assert answer == [
        ["Item", "env", PENSION, PRACTICE, "Total", "API key"],
        ["Total valuation", 10010135.0, 5000000.0, 70500.0, 15080635.0, "tot_evlu_amt"],
        ["Deposit", 9644485.0, 100.0, -30.0, 9644555.0, "dnca_tot_amt"],
        ["Rate of change in assets", pytest.approx(0.0004622453), 0.0001, 0.0, "", "asst_icdc_erng_rt"],
        ["Automatic loan repayment", "N", "Y", "", "", "fncg_gld_auto_rdpt_yn"],
    ]
    assert udfs.KIS_SUMMARY("*", "tot_evlu_amt,dnca_tot_amt") == [row[:-1] for row in answer[:3]]
    assert udfs.KIS_SUMMARY("*", "tot_evlu_amt,dnca_tot_amt", 0) == [row[1:-1] for row in answer[1:3]]
    assert len(udfs.KIS_SUMMARY("*")) == 25


def test_all_accounts_as_one_have_the_shape_of_one_account(three: Accounts) -> None:
    whole, one = udfs.KIS_SUMMARY("**", None, 2), udfs.KIS_SUMMARY("env", None, 2)
    assert [[row[0], row[2]] for row in whole] == [[row[0], row[2]] for row in one]
    sums = {row[2]: row[1] for row in whole}
    assert sums["tot_evlu_amt"] == 15080635.0
    assert [key for key, value in sums.items() if value == ""] == ["fncg_gld_auto_rdpt_yn", "asst_icdc_erng_rt"]
    assert udfs.KIS_SUMMARY("**", None, 0) == [[row[1]] for row in whole]


@pytest.mark.parametrize("account", ["*", "**"])
def test_a_single_total_is_the_bare_sum_where_there_is_one(three: Accounts, account: str) -> None:
    assert udfs.KIS_SUMMARY(account, "총평가금액") == 15080635.0
    said = error(udfs.KIS_SUMMARY(account, "asst_icdc_erng_rt"))
    assert said.startswith("ARGUMENT: asst_icdc_erng_rt (Rate of change in assets) does not add up over accounts (Name one account")
    assert error(udfs.KIS_SUMMARY(account, "fncg_gld_auto_rdpt_yn")).startswith("ARGUMENT")
    assert udfs.KIS_SUMMARY("env", "asst_icdc_erng_rt") == pytest.approx(0.0004622453)


@pytest.mark.parametrize("practice_rows", [[]])
def test_an_account_without_totals_is_blank_and_adds_nothing(three: Accounts) -> None:
    assert error(udfs.KIS_SUMMARY(PRACTICE)).startswith("DATA: the service gave no totals")
    assert udfs.KIS_SUMMARY("*", "tot_evlu_amt,dnca_tot_amt", 0) == [
        [10010135.0, 5000000.0, "", 15010135.0],
        [9644485.0, 100.0, "", 9644585.0],
    ]
    assert PRACTICE not in [row[0] for row in udfs.KIS_HOLDINGS("*", None, 0)]
    assert udfs.KIS_SUMMARY("*", "tot_evlu_amt") == 15010135.0


@pytest.mark.parametrize("practice_rows", [[]])
def test_no_account_with_totals_is_no_sum_of_nought(three: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET"):
        monkeypatch.delenv(name)
    ConfigEditor(DataFolder(three.home)).remove(PENSION)
    forget(monkeypatch)
    for account in ("*", "**"):
        assert error(udfs.KIS_SUMMARY(account)).startswith("DATA: the service gave no totals")
        assert error(udfs.KIS_SUMMARY(account, "tot_evlu_amt")).startswith("DATA: the service gave no totals")
    assert udfs.KIS_HOLDINGS("*", "pdno") == [["Account", "Code"]]
    assert udfs.KIS_HOLDINGS("*", "pdno", 0) == [["", ""]]


def test_an_account_that_is_set_up_twice_counts_once(three: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    add(three.home, "다시", three.env, SMALL)
    forget(monkeypatch)
    assert [row[0] for row in udfs.KIS_ACCOUNTS()[1:]] == [*NAMES, "다시"]
    assert udfs.KIS_SUMMARY("*", "tot_evlu_amt") == 15080635.0
    assert udfs.KIS_SUMMARY("*", None)[0] == ["Item", *NAMES, "Total"]
    assert udfs.KIS_STATUS("*")[0] == ["Item", *NAMES]
    assert [row[0] for row in udfs.KIS_PING("*")] == NAMES
    assert udfs.KIS_SUMMARY("다시", "tot_evlu_amt") == 10010135.0


# values


@pytest.mark.parametrize("account", ["*", "**"])
def test_a_value_is_of_the_stock_in_all_accounts(three: Accounts, account: str) -> None:
    assert udfs.KIS_VALUE("000660", "hldg_qty", account) == 10.0
    assert udfs.KIS_VALUE("SK하이닉스", "evlu_amt", account) == 1505.0
    assert udfs.KIS_VALUE(35420, "evlu_amt", account) == 400000.0
    assert udfs.KIS_VALUE([["005930"], ["000660"]], [["hldg_qty", "prdt_name"]], account) == [[1.0, "삼성전자"], [10.0, "SK하이닉스"]]
    assert error(udfs.KIS_VALUE("999999", "evlu_amt", account)).startswith("DATA: ")
    assert udfs.KIS_VALUE("000660", "hldg_qty") == 5.0


# what goes wrong


def failing() -> list[Any]:
    """Functions that want figures of all accounts."""
    return [
        udfs.KIS_HOLDINGS("*"),
        udfs.KIS_HOLDINGS("**"),
        udfs.KIS_SUMMARY("*"),
        udfs.KIS_SUMMARY("**", "tot_evlu_amt"),
        udfs.KIS_VALUE("005930", "prpr", "*"),
        udfs.KIS_CHANGES(None, "*"),
    ]


def test_one_account_with_nothing_to_show_fails_the_whole_and_is_named(three: Accounts) -> None:
    three.pension.add_fault("1x99=http:503")
    for answer in failing():
        assert error(answer).startswith(f"NETWORK: {PENSION}: ")
    assert three.inquiries() == [1, 1, 1]
    assert udfs.KIS_SUMMARY("env", "tot_evlu_amt") == 10010135.0
    answer = udfs.KIS_STATUS("*")
    assert [row[0] for row in answer[1:]] == STATUS
    table = {row[0]: row[1:] for row in answer}
    assert table["Item"] == NAMES
    assert table["Status"] == ["the checks differ", "the fetch failed", "the checks differ"]
    assert [bool(text) for text in table["Last error"]] == [False, True, False]
    assert table["Account"] == ["8765****-22", "2222****-01", "3333****-01"]
    assert table["Environment"] == ["real (simulator)", "real", "mock (simulator)"]
    assert all(PENSION in text for text in table["Last formula error"])


def test_an_account_whose_keys_are_gone_is_named_and_the_others_are_told_of(three: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in three.home.glob("secrets/*.json"):
        if "2" * 36 in path.read_text(encoding="utf-8"):
            path.unlink()
    forget(monkeypatch)
    for answer in failing():
        assert error(answer).startswith(f"CONFIG: {PENSION}: ")
    assert three.inquiries() == [0, 0, 0]
    udfs.KIS_HOLDINGS("env")
    table = {row[0]: row[1:] for row in udfs.KIS_STATUS("*")}
    assert table["Status"][0] == "the checks differ"
    assert table["Last error"][1].startswith("CONFIG: ")
    assert table["What to do"][1]
    assert table["Status"][2] == "not fetched yet"
    whole = dict(udfs.KIS_STATUS("**"))
    assert whole["Last error"].startswith(f"CONFIG: {PENSION}: ")


def test_a_named_error_is_the_same_otherwise() -> None:
    fault = FieldError("output1", 3, "prpr", Text("무엇", "what"), Text("힌트", "hint"))
    named = OfAccount(PENSION, fault).named()
    assert isinstance(named, FieldError)
    assert (named.row, named.hint, named.what) == (3, fault.hint, Text(f"{PENSION}: 무엇", f"{PENSION}: what"))
    assert fault.what.en == "what"


def test_without_any_account_it_is_told_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch):
        for answer in failing():
            assert error(answer).startswith("CONFIG: no account is set up")
        assert error(udfs.KIS_PING("*")).startswith("CONFIG: no account is set up")
        for account in ("*", "**"):
            assert udfs.KIS_STATUS(account)[0] == ["Status", "no account is set up"]
        macros.start_refresh("*")
        assert finished().message.startswith("CONFIG: no account is set up")


# status


def test_the_status_of_all_as_one_is_that_of_one_account_in_shape(three: Accounts) -> None:
    assert dict(udfs.KIS_STATUS("**"))["Status"] == "not fetched yet"
    assert three.inquiries() == [0, 0, 0]
    udfs.KIS_HOLDINGS("*")
    answer = udfs.KIS_STATUS("**")
    assert [row[0] for row in answer] == STATUS
    shown = dict(answer)
    assert shown["Account"] == "8765****-22, 2222****-01, 3333****-01"
    assert shown["Environment"] == "real (simulator), mock (simulator)"
    assert (shown["Rows"], shown["Pages"]) == (8.0, 3.0)
    balances = [part.balance for part in session.current().together().parts]
    assert shown["As of"] == min(balance.as_of for balance in balances).replace(tzinfo=None, microsecond=0)
    checks = [check for balance in balances for check in balance.checks()]
    assert shown["Checks"].startswith(f"{sum(check.ok for check in checks)}/{len(checks)} (")
    assert shown["Status"] == "the checks differ"


def test_the_status_of_all_as_one_is_the_worst(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("env")
    assert dict(udfs.KIS_STATUS("**"))["Status"] == "not fetched yet"
    three.practice.add_fault("1x9=http:503")
    udfs.KIS_HOLDINGS("*")
    shown = dict(udfs.KIS_STATUS("**"))
    assert shown["Status"] == "the fetch failed"
    assert shown["Last error"].startswith(f"[{PRACTICE}] NETWORK: ")


# history and changes


def stored(day: int, *names: str, **totals: int) -> None:
    """The balances of some accounts, as of so many days ago; `totals` are fields of their summary."""
    now = session.current()
    for name in names:
        balance = now.view(name).balance
        summary = balance.summary and replace(balance.summary, **totals)  # type: ignore[arg-type]
        assert now.history.store(replace(balance, as_of=balance.as_of - timedelta(days=day), summary=summary))


def test_history_stands_side_by_side_and_is_never_a_partial_sum(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    stored(9, PENSION, tot_evlu_amt=1)
    stored(7, *NAMES, tot_evlu_amt=10)
    stored(5, "env", PRACTICE, tot_evlu_amt=3)
    answer = udfs.KIS_HISTORY(None, None, None, "*")
    assert answer[0] == ["Date", *(f"Total valuation ({name})" for name in [*NAMES, "Total"])]
    assert [row[1:] for row in answer[1:]] == [
        ["", 1.0, "", ""],
        [10.0, 10.0, 10.0, 30.0],
        [3.0, "", 3.0, ""],
        [10010135.0, 5000000.0, 70500.0, 15080635.0],
    ]
    whole = udfs.KIS_HISTORY(None, None, None, "**")
    assert whole == [["Date", "Total valuation"], [answer[2][0], 30.0], [answer[4][0], 15080635.0]]
    assert udfs.KIS_HISTORY(None, whole[2][0], None, "**") == [whole[0], whole[2]]
    assert [formats.for_caption(caption) for caption in answer[0]][1:] == ["#,##0;-#,##0"] * 4


def test_a_day_with_holdings_and_no_totals_is_no_day_of_nothing(three: Accounts) -> None:
    """Without one account's totals the sums would pass for the whole; its holdings are known."""
    udfs.KIS_HOLDINGS("*")
    now = session.current()
    for name in NAMES:
        balance = now.view(name).balance
        summary = None if name == PENSION else balance.summary
        now.history.store(replace(balance, as_of=balance.as_of - timedelta(days=7), summary=summary))
    assert udfs.KIS_HISTORY(None, None, None, "*")[1][1:] == [10010135.0, "", 70500.0, ""]
    assert len(udfs.KIS_HISTORY(None, None, None, "**")) == 2
    assert [row[1] for row in udfs.KIS_HISTORY("000660:hldg_qty", None, None, "**")[1:]] == [10.0, 10.0]


def test_sums_without_one_accounts_totals_would_pass_for_the_whole(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    views = [now.view(name) for now in [session.current()] for name in NAMES]
    lacking = Together([*views[:2], View(replace(views[2].balance, summary=None))])
    with pytest.raises(DataError, match=f"holdings without the account's totals: {NAMES[2]}"):
        tables.totals(lacking)
    empty = Together([*views[:2], View(replace(views[2].balance, summary=None, holdings=()))])
    assert tables.totals(empty) == Together(views[:2]).summary


def test_history_of_what_does_not_add_up_has_no_sum(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    (header, row) = udfs.KIS_HISTORY("asst_icdc_erng_rt", None, None, "*")
    assert header == ["Date", *(f"Rate of change in assets ({name})" for name in NAMES)]
    assert row[1:] == [pytest.approx(0.0004622453), 0.0001, 0.0]
    assert error(udfs.KIS_HISTORY("asst_icdc_erng_rt", None, None, "**")).startswith("ARGUMENT: asst_icdc_erng_rt")
    assert error(udfs.KIS_HISTORY("000660:prpr", None, None, "**")).startswith("ARGUMENT: prpr")


def test_history_of_a_stock_sums_those_that_hold_it(three: Accounts) -> None:
    """An account that was fetched and does not hold the stock holds none of it: that is known, and no gap."""
    udfs.KIS_HOLDINGS("*")
    stored(7, "env")
    (_, gap, row) = udfs.KIS_HISTORY("000660:hldg_qty", None, None, "*")
    assert gap[1:] == [5.0, "", "", ""]
    assert row[1:] == [5.0, 5.0, "", 10.0]
    assert udfs.KIS_HISTORY("000660:hldg_qty", None, None, "**")[1:] == [[row[0], 10.0]]


def test_history_without_a_day_of_all_accounts_says_so(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("env")
    assert len(udfs.KIS_HISTORY(None, None, None, "*")) == 2
    assert error(udfs.KIS_HISTORY(None, None, None, "**")).startswith("DATA: no day is stored in this period")


def before(balance: Balance, quantity: int) -> Balance:
    return replace(balance, holdings=tuple(replace(row, hldg_qty=quantity) for row in balance.holdings[:1]))


def test_changes_of_each_account_are_against_its_own_last_day(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    assert error(udfs.KIS_CHANGES(None, "*")).startswith("DATA: env: no earlier day is stored to compare with")
    now = session.current()
    for name, days in (("env", 3), (PENSION, 3), (PRACTICE, 3)):
        balance = now.view(name).balance
        now.history.store(replace(before(balance, 1), as_of=balance.as_of - timedelta(days=days)))
    answer = udfs.KIS_CHANGES(None, "*")
    single = {name: udfs.KIS_CHANGES(None, name) for name in NAMES}
    assert answer[0] == ["Account", *single["env"][0]]  # the same day for all of them: it is named
    assert answer[1:] == [[name, *row] for name in NAMES for row in single[name][1:]]
    whole = udfs.KIS_CHANGES(None, "**")
    assert whole[0] == single["env"][0]
    assert [row[:6] for row in whole[1:]] == [
        ["000660", "SK하이닉스", "held", 2.0, 10.0, 8.0],
        ["005930", "삼성전자", "held", 1.0, 1.0, 0.0],
        ["0005A0", "새종목 <신규> & 'x'", "new", 0.0, 1.0, 1.0],
        ["Q500019", "WTI ETN", "new", 0.0, 7.0, 7.0],
        ["035420", "NAVER", "new", 0.0, 2.0, 2.0],
    ]
    balance = now.view(PENSION).balance
    now.history.store(replace(before(balance, 1), as_of=balance.as_of - timedelta(days=2)))
    assert udfs.KIS_CHANGES(None, "*")[0][4] == "Quantity then"  # of different days
    assert error(udfs.KIS_CHANGES("2099-01-01", "*")).startswith("ARGUMENT: env: since: 2099-01-01 is not before")


def test_changes_of_all_accounts_as_one_are_the_sums_of_each(three: Accounts) -> None:
    """Also where the days of then differ, and with them the prices."""
    udfs.KIS_HOLDINGS("*")
    now = session.current()
    for name, days, price, more in (("env", 1, 149, 0), (PENSION, 30, 75, 2), (PRACTICE, 3, 70_000, 0)):
        balance = now.view(name).balance
        quantities = [row.hldg_qty + (more if row.hldg_qty else 0) for row in balance.holdings]
        then = tuple(
            replace(row, prpr=price, hldg_qty=quantity, evlu_amt=price * quantity, pchs_amt=120 * quantity)
            for row, quantity in zip(balance.holdings, quantities, strict=True)
        )
        now.history.store(replace(balance, holdings=then, as_of=balance.as_of - timedelta(days=days)))
    parts = [row for name in NAMES for row in udfs.KIS_CHANGES(None, name)[1:]]
    captions, *whole = udfs.KIS_CHANGES(None, "**")
    assert captions[3:5] == ["Quantity then", "Quantity now"]
    effects = {row[0]: row[13:] for row in whole}
    assert effects["000660"] == [5 * (150 - 149) + 5 * (151 - 75), -2 * 75]
    for row in whole:
        mine = [part for part in parts if part[0] == row[0]]
        assert row[3:12] == [sum(part[place] for part in mine) for place in range(3, 12)]
        assert row[13:] == ["" if any(part[place] == "" for part in mine) else sum(part[place] for part in mine) for place in (13, 14)]
    assert sum(len([part for part in parts if part[0] == row[0]]) for row in whole) == len(parts)


# the check


def test_every_account_answers_for_itself(three: Accounts) -> None:
    answer = udfs.KIS_PING("*")
    assert [row[0] for row in answer] == NAMES
    assert [row[1].partition(", 0")[0] for row in answer] == ["OK: real, 8765****-22", "OK: real, 2222****-01", "OK: mock, 3333****-01"]
    three.pension.add_fault("1x9=EGW00103")
    answer = udfs.KIS_PING("**")
    assert answer[0][1].startswith("OK: real")
    assert answer[1][1].startswith("#KIS! AUTH: ")
    assert f"AUTH: {PENSION}: " in dict(udfs.KIS_STATUS())["Last formula error"]


# the buttons


def test_a_refresh_of_all_fetches_all_and_shows_them_together(three: Accounts) -> None:
    before = udfs.KIS_HOLDINGS("*")
    three.move()
    three.practice.add_fault("1=slow:0.5")
    macros.start_refresh("*", "")
    while (told := Report(*macros.poll(0.05)[0])).stage == "running":
        assert udfs.KIS_HOLDINGS("*") == before
        assert PRACTICE in told.line
    assert told.stage == "done"
    assert "8 rows, 3 pages" in told.line
    assert udfs.KIS_HOLDINGS("*") != before
    assert three.inquiries() == [2, 2, 2]


def test_cells_of_all_accounts_are_refreshed_whatever_the_setting_says(three: Accounts) -> None:
    udfs.KIS_SUMMARY("*")
    macros.start_refresh("", "")
    assert finished().stage == "done"
    assert three.inquiries() == [2, 2, 2]
    macros.start_refresh("", "")  # no cell has asked since
    assert finished().stage == "done"
    assert three.inquiries() == [3, 2, 2]
    udfs.KIS_SUMMARY("*")
    assert macros.start_rest("", "") == ""
    assert finished().stage == "done"
    assert three.inquiries() == [3, 3, 3]


def test_a_refresh_that_fails_for_one_account_renews_the_others_and_says_which(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    three.pension.add_fault("1x9=http:503")
    three.move()
    old = {name: udfs.KIS_HOLDINGS(name) for name in NAMES}
    macros.start_refresh("*", "")
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith(f"Not all was refreshed; of the rest the earlier data is shown.\n\n[{PENSION}] NETWORK: ")
    assert udfs.KIS_HOLDINGS(PENSION) == old[PENSION]
    assert [udfs.KIS_HOLDINGS(name)[1][3] for name in NAMES] == [77.0, 0.0, 77.0]
    assert len(udfs.KIS_HOLDINGS("*")) == 9  # its earlier figures are there to be shown
    table = {row[0]: row[1:] for row in udfs.KIS_STATUS("*")}
    assert [text.startswith("refresh failed") for text in table["Status"]] == [False, True, False]
    whole = dict(udfs.KIS_STATUS("**"))
    assert whole["Status"] == "refresh failed: showing earlier data"
    assert whole["Last error"].startswith(f"[{PENSION}] NETWORK: ")


def test_a_refresh_goes_on_past_an_account_that_cannot_be_asked(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    for path in three.home.glob("secrets/*.json"):
        if "2" * 36 in path.read_text(encoding="utf-8"):
            path.unlink()
    macros.start_refresh("*", "")
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith(f"Not all was refreshed; of the rest the earlier data is shown.\n\n[{PENSION}] CONFIG: ")
    assert three.inquiries() == [2, 1, 2]


def test_an_export_of_all_writes_a_report_an_account(three: Accounts) -> None:
    udfs.KIS_HOLDINGS("*")
    macros.start_export("*", "")
    told = finished()
    assert told.stage == "done"
    paths = told.path.split("\n")
    assert [Path(path).name.split("_")[1] for path in paths] == NAMES
    assert told.line == "Reports written: 3."
    assert told.message == "\n".join([told.line, *paths]) + "\n\nOpen them now?"
    assert [load_workbook(path)["Holdings"].tables["Holdings"].ref for path in paths] == ["A1:Z6", "A1:Z3", "A1:Z2"]
    assert three.inquiries() == [1, 1, 1]


def test_an_export_of_all_goes_on_past_one_that_fails(three: Accounts) -> None:
    three.env.add_fault("1=APBK9999")
    macros.start_export("*", "")
    told = finished()
    assert told.stage == "failed"
    assert told.message.startswith("Reports written: 2.\n")
    assert "\n\n[env] The report was not written.\n\nDATA: " in told.message
    assert sorted(path.name.split("_")[1] for path in (three.home / "reports").iterdir()) == sorted([PENSION, PRACTICE])
    for path in three.home.glob("secrets/*.json"):
        path.unlink()
    macros.start_refresh("env", "")  # reads the settings anew
    assert finished().stage == "done"
    macros.start_export("**", "")
    told = finished()
    assert told.message.startswith("Reports written: 1.\n")
    assert f"\n\n[{PENSION}] CONFIG: " in told.message
    assert f"\n\n[{PRACTICE}] CONFIG: " in told.message


def test_an_export_of_all_can_be_called_off(three: Accounts) -> None:
    three.env.add_fault("1=slow:1")
    macros.start_export("*", "")
    report = Report(*macros.poll(0)[0])
    assert report.line.startswith("env: Reading 0 pages")
    macros.cancel()
    assert finished().stage == "cancelled"
    assert not list((three.home / "reports").iterdir())
    assert isinstance(macros._job, jobs.Exports)


def test_the_check_has_a_line_an_account(three: Accounts) -> None:
    three.practice.add_fault("1x9=EGW00103")
    lines = macros.check("*").splitlines()
    assert lines[0].startswith("env: OK: real")
    assert lines[2].startswith(f"{PRACTICE}: AUTH: ")


# the workbook


def test_the_formulas_of_the_sheets_fit_all_accounts_as_one(three: Accounts) -> None:
    """Sheets are laid out for one account: with `*` in the settings, their tables are as wide."""
    udfs.KIS_HOLDINGS("*")
    formulas = {
        "KIS_STATUS(KisWhole)": (15, 2),
        'KIS_SUMMARY(KisWhole,"",0)': (24, 1),
        'KIS_SUMMARY(KisWhole,"",2)': (24, 3),
        'KIS_HOLDINGS(KisWhole,"",1,"")': (9, 26),
        'IF(KisWhole="**",KIS_HOLDINGS(KisWhole,"account",1,""),"")': (9, 1),
        'KIS_HISTORY("","","",KisWhole)': (2, 2),
    }
    for formula, shape in formulas.items():
        for account in ("**", "env"):
            answer = mac.evaluate(f"={formula}", {"KisWhole": account}.get)
            rows = shape[0] if account == "**" or shape[0] != 9 else 6
            assert (len(answer), len(answer[0])) == (rows, shape[1]), formula


def test_every_total_of_won_adds_up_and_nothing_else_does(three: Accounts) -> None:
    blank = {row[2] for row in udfs.KIS_SUMMARY("**", None, 2) if row[1] == ""}
    assert blank == {field.key for field in SUMMARY_FIELDS if field.kind.key != "won"}


def test_all_accounts_at_once_are_one_snapshot_each(three: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells made once a snapshot: a second call looks nothing up but that nothing has changed."""
    first = session.current().together()
    assert session.current().together() is first
    shown = Snapshots.shown
    asked: list[str] = []

    def counted(self: Snapshots, key: Any) -> Balance:
        asked.append(key.account.name)
        return shown(self, key)

    monkeypatch.setattr(Snapshots, "shown", counted)
    udfs.KIS_VALUE("000660", "prpr", "*")
    assert asked == NAMES
    macros.start_refresh("env", "")
    assert finished().stage == "done"
    assert session.current().together() is not first
