"""A report over many accounts: what is so of all of them is said once, and nobody's name hides a sum or fills a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.report import write_consolidated
from kis_xl.report.past import DEMO_PAST, NO_PAST, Past
from tests.report_kit import AS_OF, ROWS, TOTALS, balance, opened, parts, past, stock, table_rows, texts

#: As long as an account's name may be.
LONGEST = "가나다라마바사아자차" * 4


def named(*names: str, **more: Any) -> list[Balance]:
    return [balance(name=name, **more) for name in names]


def together(
    tmp_path: Path, balances: Sequence[Balance], pasts: Sequence[Past] = (), language: Language = "en", today: date | None = None
) -> Any:
    accounts = list(zip(balances, pasts or [NO_PAST] * len(balances), strict=True))
    return opened(write_consolidated(accounts, tmp_path / "all.xlsx", language, today=today))


def said(book: Any, title: str) -> list[str]:
    """The lines of a sheet that are texts."""
    return [line for line in texts(book, title).split("\n") if line]


# days that not all accounts have


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Only days that are stored of all accounts are summed: 2 of 12 stored days. Accounts with fewer days (how many): late (2)"),
        ("ko", "모든 계좌가 저장된 날만 합계합니다: 저장된 12일 중 2일. 저장된 날이 적은 계좌(일수): late (2)"),
    ],
)
def test_days_that_not_all_accounts_have_are_told(tmp_path: Path, language: Language, told: str) -> None:
    book = together(tmp_path, named("early", "late"), [past(), past(days=2)], language)
    assert [row[0].day for row in table_rows(book, "History")] == [18, 19, 20]
    assert told in said(book, book.sheetnames[4])


def test_an_account_without_any_earlier_day_is_named_where_its_days_are_missing(tmp_path: Path) -> None:
    book = together(tmp_path, named("old", "new"), [past(), DEMO_PAST])
    assert [row[0].day for row in table_rows(book, "History")] == [20]
    assert any(line.endswith("0 of 12 stored days. Accounts with fewer days (how many): new (0)") for line in said(book, "History"))


@pytest.mark.parametrize("pasts", [[past(), past()], [DEMO_PAST, DEMO_PAST]])
def test_where_all_have_the_same_days_nothing_is_told_of_it(tmp_path: Path, pasts: list[Past]) -> None:
    assert "Only days that are stored" not in texts(together(tmp_path, named("a", "b"), pasts), "History")


def test_days_that_the_report_itself_passes_over_are_not_counted(tmp_path: Path) -> None:
    """Of accounts on two days (past midnight) the report is of the first: later stored days are no gap."""
    late = balance(name="late", as_of=AS_OF + timedelta(days=1))
    one_more = replace(past(), days=(*past().days, (AS_OF.date(), (1, 1, 1, 1, 1))))
    book = together(tmp_path, [balance(name="early"), late], [past(), one_more])
    assert "Only days that are stored" not in texts(book, "History")


# what was computed


@pytest.mark.parametrize(("language", "mark"), [("ko", "(합계, 계산)"), ("en", "(sum, computed)")])
def test_sums_over_accounts_say_that_they_were_computed(tmp_path: Path, language: Language, mark: str) -> None:
    book = together(tmp_path, named("a", "b"), [past(), past()], language)
    overview, account, history = (book.worksheets[place] for place in (0, 2, 4))
    labels = [overview.cell(row, column).value for row in (6, 10) for column in (2, 4, 8, 10)]
    assert [label for label in labels if not label.endswith(mark)] == []
    assert account["D1"].value == {"ko": "합계 (계산)", "en": "Total (computed)"}[language]
    told = {"ko": "여러 계좌의 금액은 모두 계좌들의 합계이며", "en": "All amounts of several accounts are their sums"}[language]
    assert all(told in texts(book, sheet.title) for sheet in (overview, history))


def test_stocks_that_are_shown_as_one_are_said_to_be_computed(tmp_path: Path) -> None:
    rows = [stock(f"{number:06}", f"stock {number}", 1, 100, 90) for number in range(13)]
    book = together(tmp_path, [balance(rows)])
    assert "3 others (computed)" in said(book, "Overview")
    assert "A stock that stands in several rows or accounts is shown as one: its amounts and its rate are then computed" in texts(
        book, "Overview"
    )


# the captions of the sheet Account


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_accounts_name_takes_no_caption_from_the_sheet(tmp_path: Path, language: Language) -> None:
    fixed = {"ko": ["항목", "합계 (계산)", "API 항목"], "en": ["Item", "Total (computed)", "API key"]}[language]
    book = together(tmp_path, named(fixed[1].upper(), fixed[2], fixed[0]), language=language)
    (table,) = book.worksheets[2].tables.values()
    captions = [column.name for column in table.tableColumns]
    assert captions == [fixed[0], *(f"{name} (2)" for name in (fixed[1].upper(), fixed[2], fixed[0])), *fixed[1:]]
    assert [place.value for place in book.worksheets[2][1]][:6] == captions


# room


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (4, 1), (5, 2), (30, 6)])
def test_totals_of_many_accounts_are_printed_on_more_pages(tmp_path: Path, count: int, pages: int) -> None:
    sheet = together(tmp_path, named(*(f"account {number}" for number in range(count))))["Account"]
    assert (sheet.freeze_panes, sheet.print_title_cols, sheet.page_setup.fitToWidth) == ("B2", "$A:$A", pages)
    assert sheet.print_title_rows == "$1:$1"


def test_long_names_leave_room_for_what_is_scrolled(tmp_path: Path) -> None:
    book = together(tmp_path, named(LONGEST, "ISA"), [past(), past()])
    for title in ("Holdings", "Changes", "Provenance"):
        sheet = book[title]
        assert sheet.column_dimensions["A"].width == 24
        row = next(row for row in range(2, 99) if sheet.cell(row, 1).value == LONGEST)
        assert sheet.cell(row, 1).alignment.wrap_text
        assert sheet.row_dimensions[row].height >= 4 * 13
    assert book["Account"].row_dimensions[1].height >= 4 * 13  # the name is a caption there
    short = together(tmp_path, named("ISA"))["Holdings"]
    assert short.column_dimensions["A"].width < 24
    assert not short["A2"].alignment.wrap_text


def test_no_row_is_higher_than_excel_takes(tmp_path: Path) -> None:
    broken = Past(why=past().why, caveat=Text("디스크 오류를 길게 설명합니다. " * 400, "A disk error, told at length. " * 400))
    many = named(*(f"{number:02}{LONGEST}"[:40] for number in range(60)), totals=TOTALS | {"pchs_amt_smtl_amt": "1"})
    lacking = balance(ROWS, None, name="lacking")
    path = tmp_path / "all.xlsx"
    write_consolidated([*((each, broken) for each in many), (lacking, broken)], path, "ko", today=date(2026, 11, 21))
    for name, content in parts(path).items():
        heights = [float(found) for found in re.findall(rb'<row [^>]* ht="([\d.]+)"', content)] if "worksheets/sheet" in name else []
        assert max(heights, default=0) <= 409, name


@pytest.mark.parametrize(("count", "end"), [(12, "11 8765****-22 · "), (15, "11 8765****-22 and 3 more · ")])
def test_the_head_names_a_dozen(tmp_path: Path, count: int, end: str) -> None:
    head = together(tmp_path, named(*map(str, range(count))))["Overview"]["B3"].value
    assert (
        head.partition(" stocks in ")[0].rpartition(" · ")[0] + " · "
        == "KIS stock balance · mock · " + ", ".join(f"{number} 8765****-22" for number in range(11)) + ", " + end
    )


# notices


def notices(book: Any) -> list[str]:
    lines = said(book, book.sheetnames[0])
    return lines[lines.index("알림" if "알림" in lines else "Notices") + 1 :]


@pytest.mark.parametrize(("language", "names"), [("ko", "모든 계좌"), ("en", "All accounts")])
def test_what_is_so_of_all_accounts_is_one_line(tmp_path: Path, language: Language, names: str) -> None:
    many = [balance(name=f"a{number}", as_of=AS_OF + timedelta(minutes=number)) for number in range(30)]
    lines = notices(together(tmp_path, many, language=language, today=date(2026, 11, 21)))
    found = [line for line in lines if line.startswith(names)]
    assert len(found) == 2  # the unpriced stock that all of them hold, and the day
    assert any("삼성전기 (009150)" in line for line in found)
    assert any("2026-11-20" in line for line in found)
    assert not [line for line in lines if line.startswith("a0")]


def test_what_is_so_of_some_accounts_names_them(tmp_path: Path) -> None:
    priced = [row for row in ROWS if row["prpr"] != "0"]
    fine = named("fine", rows=priced, totals=TOTALS | {"pchs_amt_smtl_amt": "6286000"})
    lines = notices(together(tmp_path, [*fine, *named(*(f"a{number}" for number in range(3)))]))
    assert [line.partition(":")[0] for line in lines if "No price" in line] == ["a0, a1, a2"]
    lines = notices(together(tmp_path, [*fine, *named(*(f"a{number}" for number in range(10)))]))
    assert [line.partition(":")[0] for line in lines if "No price" in line] == ["a0, a1, a2, a3, a4, a5, a6, a7 and 2 more"]


def test_why_there_is_no_history_is_said_once(tmp_path: Path) -> None:
    book = together(tmp_path, named("a", "b", "c"), [past(), DEMO_PAST, DEMO_PAST])
    for title in ("Changes", "History"):
        assert next(line for line in said(book, title) if "This is a demonstration" in line).startswith("b, c: ")
        assert texts(book, title).count("This is a demonstration") == 1
    all_of_them = together(tmp_path, named("a", "b"), [past(), past()])
    assert "All accounts: Compared: 2026-11-19 15:40 with 2026-11-20 16:05 (KST)." in said(all_of_them, "Changes")
