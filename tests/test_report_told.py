"""What the report says of its own figures: rates where a price is missing, checks, rings, the legend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kis_xl.accounts import AccountNumber
from kis_xl.changes import MOVE_FIELD
from kis_xl.language import Language
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import DEMO_PAST, NO_PAST, Past
from tests.report_kit import TOTALS, balance, opened, pairs, past, stock, table_rows, texts
from tests.rows import summary_row


def report(tmp_path: Path, shown: Any = None, then: Past = NO_PAST, language: Language = "en") -> Any:
    return opened(write_report(shown or balance(), tmp_path / "r.xlsx", language, then))


def profit_note(book: Any) -> str | None:
    """What stands below the profit or loss."""
    value: str | None = book.worksheets[0]["H12"].value
    return value


def allocated(book: Any) -> dict[str, tuple[Any, Any, Any]]:
    """Weight, rate and valuation by name."""
    return {row[2].value: (row[3].value, row[4].value, row[5].value) for row in book.worksheets[0].iter_rows(min_row=16, max_row=21)}


UNPRICED = stock("009150", "삼성전기", 18, 0, 900_000, "-100.00000000", evlu_pfls_amt="0", evlu_pfls_rt="0.00")
PRICED = stock("005930", "삼성전자", 10, 110, 1_000)
SUMS = summary_row(
    pchs_amt_smtl_amt="901000", evlu_amt_smtl_amt="1100", scts_evlu_amt="1100", tot_evlu_amt="1100", evlu_pfls_smtl_amt="100"
)


# a price is missing


@pytest.mark.parametrize(
    ("language", "told", "missing"),
    [("ko", "+10.00% (계산, 시세 있는 종목)", "시세 없음"), ("en", "+10.00% (computed, where priced)", "no price")],
)
def test_what_a_stock_without_a_price_cost_is_in_no_rate(tmp_path: Path, language: Language, told: str, missing: str) -> None:
    book = report(tmp_path, balance([PRICED, UNPRICED], SUMS), language=language)
    assert profit_note(book) == told
    assert allocated(book)["삼성전기"] == (None, missing, 0)
    assert allocated(book)["삼성전자"] == (1, 0.1, 1100)


def test_of_several_accounts_each_ones_stock_without_a_price_is_left_out(tmp_path: Path) -> None:
    fine = balance([PRICED], SUMS | {"pchs_amt_smtl_amt": "1000"}, name="ISA", account=AccountNumber.parse("11112222-01"))
    path = tmp_path / "all.xlsx"
    write_consolidated([(balance([PRICED, UNPRICED], SUMS), DEMO_PAST), (fine, DEMO_PAST)], path, "en")
    assert profit_note(opened(path)) == "+10.00% (computed, where priced)"
    write_consolidated([(fine, DEMO_PAST), (fine, DEMO_PAST)], path, "en")
    assert profit_note(opened(path)) == "+10.00% (computed)"


def test_a_stock_of_which_one_row_has_no_price_has_no_rate(tmp_path: Path) -> None:
    half = stock("005930", "삼성전자", 18, 0, 900_000, "-100.00000000", trad_dvsn_name="자기융자", evlu_pfls_amt="0", evlu_pfls_rt="0.00")
    book = report(tmp_path, balance([PRICED, half], SUMS))
    assert allocated(book)["삼성전자"] == (1, "partly no price", 1100)
    begin = next(row[1].row for row in book["Overview"].iter_rows() if str(row[1].value).startswith("Profit or loss by stock"))
    assert book["Overview"].cell(begin + 2, 4).value == "partly no price"


@pytest.mark.parametrize("whole", ["0", "-7000000"])
def test_there_is_no_rate_of_nothing_nor_of_a_debt(tmp_path: Path, whole: str) -> None:
    totals = TOTALS | {"bfdy_tot_asst_evlu_amt": whole, "pchs_amt_smtl_amt": whole}
    sheet = report(tmp_path, balance([], totals))["Overview"]
    assert (sheet["H8"].value, sheet["H12"].value) == (None, None)


# a ring that is not there


@pytest.mark.parametrize(
    ("language", "told"), [("ko", "마이너스 금액이 있어 원그래프를 그리지 않습니다."), ("en", "There is no ring: an amount is negative.")]
)
def test_why_there_is_no_ring_is_said(tmp_path: Path, language: Language, told: str) -> None:
    owing = report(tmp_path, balance(totals=TOTALS | {"prvs_rcdl_excc_amt": "-5"}), language=language)
    assert told in texts(owing, owing.sheetnames[0])
    for other in (balance(), balance([], summary_row())):
        assert told not in texts(report(tmp_path, other, language=language), owing.sheetnames[0])


# the history's chart


def test_the_chart_does_not_stand_on_the_captions_that_every_page_repeats(tmp_path: Path) -> None:
    sheet = report(tmp_path, then=past())["History"]
    (chart,) = sheet._charts
    assert sheet.print_title_rows == "$1:$1"
    assert (chart.anchor._from.row, chart.anchor._from.col) == (1, 6)  # row 2, counted from nought


# the checks, and the words


def test_checks_are_in_the_words_of_the_overview(tmp_path: Path) -> None:
    assert pairs(report(tmp_path))["check: rows without duplicates"] == "agrees: expected 6, actual 6"
    assert pairs(report(tmp_path, language="ko"))["검산: 중복 없는 행"] == "일치: 기준 6, 실제 6"


def test_headings_are_spelled_as_korean_is(tmp_path: Path) -> None:
    """The columns keep the API document's spelling; what is ours does not follow it."""
    said = texts(report(tmp_path, balance([PRICED], SUMS), language="ko"), "요약")
    assert {"평가손익률", "손익률", "등락률", "당일 등락"} <= set(said.split("\n"))
    assert "율" not in said
    assert "당일 등락한 종목이 없습니다." in said  # and not "today": the report may be yesterday's


# the legend


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_legend_has_every_column(tmp_path: Path, language: Language) -> None:
    one = report(tmp_path, then=past(), language=language)
    path = tmp_path / "all.xlsx"
    write_consolidated([(balance(name="only"), past())], path, language)
    known = {row[2 if language == "ko" else 3] for row in table_rows(one, "Fields")} | {"only"}
    for book in (one, opened(path)):
        for sheet in book.worksheets[1:]:
            if "Fields" in sheet.tables:
                continue
            assert {place.value for place in sheet[1] if place.value} <= known, sheet.title


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_legend_explains_the_moves_that_the_changes_show(tmp_path: Path, language: Language) -> None:
    rows = {row[1]: row for row in table_rows(report(tmp_path, language=language), "Fields")}
    assert rows["state"][8] == MOVE_FIELD.note.in_(language)


def test_a_stock_without_a_price_is_one_for_every_sheet(tmp_path: Path) -> None:
    """Also where the service gives a day's change of nought: a trading halt, a delisting."""
    halted = stock("000660", "멈춘 종목", 3, 0, 9_000) | {"evlu_amt": "0", "prpr": "0", "fltt_rt": "0.00000000", "evlu_pfls_amt": "-9000"}
    rows = [stock("005930", "삼성전자", 1, 1_100, 1_000), halted]
    path = write_report(balance(rows), tmp_path / "r.xlsx", "en", past([*rows]))
    book = opened(path)
    assert "No price, so a valuation of 0" in texts(book, "Overview")
    assert profit_note(book) == "+10.00% (computed, where priced)"
    facts = {line[0].value: line[1].value for line in book["Provenance"].iter_rows()}
    assert "000660" in str(facts["stocks without a price"])
    assert [row[-1] for row in table_rows(book, "Changes") if row[0] == "000660"] == ["no price"]
