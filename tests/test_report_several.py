"""A report over several accounts never passes a part for the whole, nor a game for money; nor does a report of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kis_xl.accounts import PRACTICE_HOST, AccountNumber
from kis_xl.fields import Environment
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import DEMO_PAST, NO_PAST
from tests.report_kit import ROWS, TOTALS, balance, footer, opened, past, stock, table_rows, texts

NUMBER = AccountNumber.parse("11112222-01")
REAL = {"environment": Environment.REAL, "host": Environment.REAL.host}
#: It holds something, and the service gave no `output2`.
LACKING = balance([stock("035420", "NAVER", 50, 210_000, 9_000_000)], None, name="ISA", account=NUMBER)


def together(tmp_path: Path, *balances: Balance, language: Language = "en") -> Any:
    return opened(write_consolidated([(each, NO_PAST) for each in balances], tmp_path / "all.xlsx", language))


def beneath(book: Any) -> dict[str, list[Any]]:
    """The lines below the table of holdings by their caption: of purchase amount, valuation, profit."""
    rows = list(book["Holdings"].iter_rows(values_only=True))[-4:]
    return {row[0]: [row[11], row[13], row[14]] for row in rows if row[0]}


# an account with rows and no totals


@pytest.mark.parametrize("balances", [[balance(), LACKING], [LACKING, balance()], [LACKING]])
def test_where_totals_are_missing_there_is_no_sum(tmp_path: Path, balances: list[Balance]) -> None:
    book = together(tmp_path, *balances)
    sheet = book["Overview"]
    assert {sheet.cell(row + 1, column).value for row in (6, 10) for column in (2, 4, 8, 10)} == {"–"}
    assert {sheet.cell(row + 2, column).value for row in (6, 10) for column in (2, 4, 8, 10)} == {"account totals are missing"}
    place = len(balances) + 1
    assert {row[place] for row in table_rows(book, "Account")} == {None}
    said = texts(book, "Account")
    assert "There is no sum: the service gave holdings but no totals of ISA." in said
    assert "an empty mock account" not in said
    assert table_rows(book, "History") == [[None] * 6]
    assert "ISA: The service gave no totals, so those of the report's own day are not known." in texts(book, "History")


def test_no_weight_is_of_a_part_of_the_whole(tmp_path: Path) -> None:
    sheet = together(tmp_path, balance(), LACKING)["Overview"]
    lines = {row[2].value: row[3].value for row in sheet.iter_rows(min_row=16, max_row=20)}
    assert lines["NAVER"] is None
    assert set(lines.values()) == {None}
    assert [type(chart).__name__ for chart in sheet._charts] == ["BarChart"]
    assert "Account totals are missing, so there are no weights." in texts(sheet.parent, "Overview")


def test_missing_totals_are_the_first_to_be_told_and_name_the_account(tmp_path: Path) -> None:
    failing = balance(totals=TOTALS | {"pchs_amt_smtl_amt": "1"})
    sheet = together(tmp_path, failing, LACKING)["Overview"]
    assert sheet["B4"].value.startswith("ISA: The service gave holdings but no totals. Totals and weights are left blank.")


@pytest.mark.parametrize(
    ("language", "told"), [("ko", "서버가 보유종목은 주었으나 계좌 합계를 주지 않았습니다."), ("en", "gave holdings but no totals")]
)
def test_one_account_whose_totals_are_missing_is_not_taken_for_an_empty_one(tmp_path: Path, language: Language, told: str) -> None:
    book = opened(write_report(LACKING, tmp_path / "r.xlsx", language))
    for sheet in (book.worksheets[0], book.worksheets[2]):
        assert told in texts(book, sheet.title)
        assert {"ko": "빈 모의 계좌", "en": "empty mock"}[language] not in texts(book, sheet.title)


def test_an_empty_account_takes_nothing_from_the_sums(tmp_path: Path) -> None:
    empty = balance([], None, name="empty", account=NUMBER)
    book = together(tmp_path, balance(), empty)
    assert book["Overview"]["B7"].value == 6_951_000
    assert book["Overview"]["D16"].value == pytest.approx(2_848_000 / 6_951_000, abs=1e-6)
    assert len(book["Overview"]._charts) == 2
    assert beneath(book)["Verdict"] == ["agrees"] * 3
    assert table_rows(book, "History")[-1][1] == 6_951_000


# the verdict below the holdings


def account(name: str, error: int) -> Balance:
    """One whose total of purchase amounts is off by so much."""
    return balance(totals=TOTALS | {"pchs_amt_smtl_amt": str(7_186_000 + error)}, name=name)


def test_errors_of_two_accounts_do_not_cancel_each_other(tmp_path: Path) -> None:
    lines = beneath(together(tmp_path, account("too much", 5), account("too little", -5), account("right", 0)))
    assert lines["Sum of the rows (computed)"][0] == lines["Total of the account (service)"][0] == 3 * 7_186_000
    assert lines["Verdict"] == ["DIFFERS", "agrees", "agrees"]
    assert "The account's totals are not the sums of its rows: too much, too little" in lines
    fine = beneath(together(tmp_path, account("a", 0), account("b", 0)))
    assert (fine["Verdict"], len(fine)) == (["agrees"] * 3, 3)


def test_what_cannot_be_compared_does_not_agree(tmp_path: Path) -> None:
    lines = beneath(together(tmp_path, account("too much", 5), LACKING))
    assert lines["Total of the account (service)"] == ["–"] * 3
    assert lines["Verdict"] == ["DIFFERS", "–", "–"]


# whose and what money it is


@pytest.mark.parametrize(
    ("more", "language", "told"),
    [
        ({}, "en", "KIS stock balance · mock · 연금 계좌 8765****-22, ISA 1111****-01 · "),
        ({}, "ko", "한국투자증권 주식잔고 · 모의투자 · 연금 계좌 8765****-22, ISA 1111****-01 · "),
        (REAL, "ko", "한국투자증권 주식잔고 · 연금 계좌 8765****-22 (모의투자), ISA 1111****-01 (실전투자) · "),
    ],
)
def test_the_head_names_the_accounts_and_their_environment(tmp_path: Path, more: Any, language: Language, told: str) -> None:
    sheet = together(tmp_path, balance(), balance(name="ISA", account=NUMBER, **more), language=language).worksheets[0]
    assert sheet["B3"].value.startswith(told)


def test_the_head_has_room_for_many_accounts(tmp_path: Path) -> None:
    many = [balance(name=f"{number} 아주 긴 이름의 계좌", account=NUMBER) for number in range(9)]
    sheet = together(tmp_path, *many)["Overview"]
    assert sheet["B3"].alignment.wrap_text
    assert sheet.row_dimensions[3].height > 3 * 13


SIMULATED = {"ko": "한국투자증권 서버가 아님(시뮬레이터 등)", "en": "not a server of KIS (a simulator, for instance)"}


@pytest.mark.parametrize(
    ("more", "language", "mark"),
    [
        (REAL, "en", ""),
        ({}, "ko", "모의투자"),
        ({}, "en", "mock"),
        (REAL | {"host": "http://127.0.0.1:1"}, "en", SIMULATED["en"]),
        ({"host": PRACTICE_HOST}, "ko", f"모의투자 · {SIMULATED['ko']}"),
    ],
)
def test_what_is_no_real_account_of_kis_says_so_wherever_the_file_is_seen(tmp_path: Path, more: Any, language: Language, mark: str) -> None:
    shown = balance(**more)
    one, several = write_report(shown, tmp_path / "r.xlsx", language, past()), tmp_path / "all.xlsx"
    write_consolidated([(shown, DEMO_PAST), (balance(name="ISA", account=NUMBER, **more), DEMO_PAST)], several, language)
    for path in (one, several):
        book = opened(path)
        title = str(book.properties.title)
        assert title.endswith(f"2026-11-20 ({mark})" if mark else "2026-11-20")
        pages = [page for page in book.worksheets if page.title not in ("Fields", "항목")]
        assert {footer(page).partition(" KST")[2].rpartition("  ")[0].strip() for page in pages} == {mark}
        banner = str(book.worksheets[0]["B4"].value)
        assert banner.startswith(("These figures do not come from KIS", "이 값들은 한국투자증권에서 온 것이 아닙니다")) == (
            SIMULATED[language] in mark
        )


def test_figures_that_are_made_up_are_told_before_checks_that_fail(tmp_path: Path) -> None:
    failing, made_up = (
        balance(totals=TOTALS | {"pchs_amt_smtl_amt": "1"}),
        balance(ROWS[:1], name="ISA", account=NUMBER, host=PRACTICE_HOST),
    )
    assert together(tmp_path, failing, made_up)["Overview"]["B4"].value.startswith("ISA: These figures do not come from KIS")
    twice = texts(together(tmp_path, made_up, made_up), "Overview")
    assert twice.count("They are no account's balance.") == 2  # in the banner and below, not once an account
