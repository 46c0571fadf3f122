"""The report, read back: the contract's sheets, tables and names, what stands on each, and what a text from outside may do."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from kis_xl import cells, kst
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Kind
from kis_xl.language import Language
from kis_xl.report import report_name, write_consolidated, write_report
from kis_xl.report.past import DEMO_PAST
from tests.report_golden import KINDS, golden, made
from tests.report_kit import AS_OF, BEYOND, PARAMETERS, TITLES, balance, opened, pairs, parts, past, stock, table_rows, texts
from tests.rows import holding_row, summary_row

ROW = holding_row(
    pdno="005930", prdt_name="삼성전자", trad_dvsn_name="자기융자", hldg_qty="35", pchs_avg_pric="4482.1420", pchs_amt="156875",
    prpr="4290", evlu_amt="150150", evlu_pfls_amt="-6725", evlu_pfls_rt="-4.29",
    evlu_erng_rt="-4.28685259", loan_dt="20260102", fltt_rt="2.62000000",
)  # fmt: skip
TOTALS = summary_row(
    tot_evlu_amt="10010135", nass_amt="9999", dnca_tot_amt="9644485", asst_icdc_erng_rt="0.04622453", fncg_gld_auto_rdpt_yn="N"
)


def written(tmp_path: Path, language: Language, shown: Any = None) -> Any:
    return opened(write_report(shown or balance([ROW], TOTALS), tmp_path / "r.xlsx", language))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_is_as_it_was(tmp_path: Path, kind: str, language: Language) -> None:
    """Where a change is meant: `python -m tests.report_golden`, and read the difference."""
    wanted = json.loads(golden(kind, language).read_text(encoding="utf-8"))
    found = json.loads(json.dumps(made(kind, language, tmp_path)))
    for title, sheet in wanted["sheets"].items():
        assert found["sheets"][title] == sheet, title
    assert found == wanted


@pytest.mark.parametrize("language", ["ko", "en"])
def test_sheets_tables_and_names_are_the_contracts(tmp_path: Path, language: Language) -> None:
    book = written(tmp_path, language)
    assert book.sheetnames == TITLES[language]
    tables = {name: sheet.tables[name].ref for sheet in book for name in sheet.tables}
    assert list(tables) == ["Holdings", "Account", "Changes", "History", "Fields", "Provenance"]
    assert (tables["Holdings"], tables["Account"], tables["Changes"], tables["History"]) == ("A1:Z2", "A1:C25", "A1:O2", "A1:F2")
    for sheet in book.worksheets[1:]:
        (table,) = sheet.tables.values()
        captions = [place.value for place in sheet[table.ref][0]]
        assert [column.name for column in table.tableColumns] == captions
        assert len(set(captions)) == len(captions)
        assert sheet.freeze_panes
        assert sheet.print_title_rows == "$1:$1"
    for sheet in book:
        assert (sheet.page_setup.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)
        assert "2026-11-20 16:05 KST" in sheet.oddFooter.center.text or sheet.title in ("항목", "Fields")
    names = {name: next(iter(entry.destinations)) for name, entry in book.defined_names.items()}
    assert {name: book[sheet][place].value for name, (sheet, place) in names.items()} == {
        "AsOf": datetime(2026, 11, 20, 16, 5, 9),  # noqa: DTZ001 (a cell knows no zone)
        "TotalValuation": 10010135,
        "NetAssets": 9999,
        "Deposit": 9644485,
    }


@pytest.mark.parametrize("language", ["ko", "en"])
def test_holdings_hold_every_field(tmp_path: Path, language: Language) -> None:
    sheet = written(tmp_path, language).worksheets[1]
    assert [place.value for place in sheet[1]] == [field.caption.in_(language) for field in HOLDING_FIELDS]
    row = {field.key: place for field, place in zip(HOLDING_FIELDS, sheet[2], strict=True)}
    assert (row["pdno"].value, row["pdno"].data_type) == ("005930", "s")
    assert row["hldg_qty"].value == 35
    assert row["pchs_avg_pric"].value == 4482.142
    assert row["evlu_pfls_rt"].value == -0.0429
    assert row["evlu_erng_rt"].value == -0.0428685259
    assert row["evlu_pfls_rt"].number_format == "0.00%"
    assert row["pchs_amt"].number_format == "#,##0"
    assert (row["loan_dt"].value, row["loan_dt"].is_date) == (datetime(2026, 1, 2), True)  # noqa: DTZ001
    assert row["expd_dt"].value is None
    assert row["prdt_name"].value == "삼성전자"


def test_gains_are_red_and_losses_blue(tmp_path: Path) -> None:
    sheet = written(tmp_path, "en").worksheets[1]
    row = {field.key: place for field, place in zip(HOLDING_FIELDS, sheet[2], strict=True)}
    assert (row["fltt_rt"].font.color.rgb, row["evlu_pfls_amt"].font.color.rgb) == ("00C0282D", "001F5FBF")
    assert row["evlu_amt"].font.color is None


def test_valuations_carry_bars_and_codes_are_texts_on_purpose(tmp_path: Path) -> None:
    path = write_report(balance(), tmp_path / "r.xlsx", "en")
    (area,) = opened(path)["Holdings"].conditional_formatting
    assert str(area.sqref) == "M2:M7"
    assert [rule.type for rule in area.rules] == ["dataBar"]
    assert b'<ignoredError sqref="A2:A7' in parts(path)["xl/worksheets/sheet2.xml"].replace(b'numberStoredAsText="1" ', b"")


def test_sums_stand_below_the_holdings_as_values(tmp_path: Path) -> None:
    sheet = written(tmp_path, "en", balance())["Holdings"]
    column = [field.key for field in HOLDING_FIELDS].index("evlu_amt") + 1
    assert [sheet.cell(row, column).value for row in (8, 9, 10, 11)] == [None, 6_151_000, 6_151_000, "agrees"]
    assert [sheet.cell(row, 1).value for row in (9, 10)] == ["Sum of the rows (computed)", "Total of the account (service)"]


def test_account_holds_every_total_with_its_format_and_its_group(tmp_path: Path) -> None:
    sheet = written(tmp_path, "en")["Account"]
    rows = list(sheet.iter_rows(min_row=2, max_row=25))
    assert [(row[0].value, row[2].value) for row in rows] == [(field.en, field.key) for field in SUMMARY_FIELDS]
    values = {row[2].value: row[1] for row in rows}
    assert values["asst_icdc_erng_rt"].value == pytest.approx(0.0004622453, abs=0)
    assert values["asst_icdc_erng_rt"].number_format == "0.00%"
    assert values["tot_evlu_amt"].number_format == "#,##0"
    assert values["fncg_gld_auto_rdpt_yn"].value == "N"
    groups = {row[2].value: row[3].value for row in rows if row[3].value}
    assert list(groups) == ["dnca_tot_amt", "bfdy_buy_amt", "tot_loan_amt", "pchs_amt_smtl_amt", "bfdy_tot_asst_evlu_amt"]


def test_an_account_without_totals_has_blank_ones_and_says_so(tmp_path: Path) -> None:
    book = written(tmp_path, "en", balance([], None))
    assert [row[1] for row in table_rows(book, "Account")] == [None] * 24
    assert book["Holdings"].tables["Holdings"].ref == "A1:Z2"
    assert "The service gave no totals" in texts(book, "Account")
    assert "Nothing is held." in texts(book, "Overview")
    assert table_rows(book, "History") == [[None] * 6]


def test_provenance_tells_when_whence_and_how(tmp_path: Path) -> None:
    rows = pairs(written(tmp_path, "en"))
    assert rows["as of (KST)"] == datetime(2026, 11, 20, 16, 5, 9)  # noqa: DTZ001
    assert rows["account"] == "8765****-22"
    assert (rows["pages"], rows["rows"]) == (3, 1)
    assert "KIS Open API" in rows["data source"]
    assert rows["INQR_DVSN"] == "01 (loan date)"
    assert rows["check: sum of valuations"] == "DIFFERS: expected 0, actual 150,150"


def test_a_failed_check_stands_out_and_a_simulated_account_says_so(tmp_path: Path) -> None:
    book = written(tmp_path, "en", replace(balance([ROW], TOTALS), host="http://127.0.0.1:1"))
    (alarm,) = [row[1] for row in book["Provenance"].iter_rows() if row[0].value == "check: sum of valuations"]
    assert (alarm.font.b, alarm.font.color.rgb) == (True, "00C0282D")
    assert pairs(book)["environment"] == "mock, not a server of KIS (a simulator, for instance)"
    footers = {sheet.title: "not a server of KIS" in sheet.oddFooter.center.text for sheet in book}
    assert footers == {title: title != "Fields" for title in TITLES["en"]}
    banner = book["Overview"]["B4"]
    assert banner.value.startswith("These figures do not come from KIS")
    assert banner.font.color.rgb == "009C1C20"
    assert book.calculation.fullCalcOnLoad is not True


def test_no_account_number_is_in_the_file(tmp_path: Path) -> None:
    for content in parts(write_report(balance(), tmp_path / "r.xlsx", "ko", past())).values():
        assert b"87651234" not in content


DANGEROUS = [
    "=1+1", '=HYPERLINK("http://x")', "=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "#N/A", "#REF!", "\t=1", "'=1", "TRUE", "1e5", "005930",
    "=" * 9, "<f>1</f>", "]]>", "&amp;", "_x003D_1", "{=1}", "\r\n=1", "=1\u2028",
]  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_from_outside_is_text_wherever_it_stands(tmp_path: Path, text: str) -> None:
    keys = [field.key for field in HOLDING_FIELDS if field.kind.python_type is str]
    rows = [holding_row(**dict.fromkeys(keys, text), hldg_qty="3", prpr="5", evlu_amt="15", fltt_rt="1.00000000", evlu_pfls_amt="2")]
    extras = tuple(replace(extra, key=text) for extra in BEYOND)
    shown = balance(rows, summary_row(fncg_gld_auto_rdpt_yn=text, tot_evlu_amt="9"), name=text, message=text, extras=extras)
    one = write_report(shown, tmp_path / "r.xlsx", "en", past([*rows, stock("000660", text, 3, 4, 5)]))
    both = write_consolidated([(shown, past(rows)), (shown, DEMO_PAST)], tmp_path / "b.xlsx", "ko")
    for path in (one, both):
        book = opened(path)
        assert {place.data_type for sheet in book for row in sheet.iter_rows() for place in row} <= {"s", "n", "d"}
        assert not any(re.search(rb"<(\w+:)?f[ >]", content) for name, content in parts(path).items() if "worksheets/sheet" in name)
        for name, content in parts(path).items():
            assert b't="e"' not in content
            if name.endswith((".xml", ".rels")):
                ET.fromstring(content)  # noqa: S314 (our own file)
    stripped = " ".join(text.split()) if text.strip() != text else text
    assert opened(one)["Holdings"]["B2"].value in (text, text.strip(), stripped)  # openpyxl decodes what is encoded


def test_what_looks_like_a_formula_is_marked_as_text_for_excel(tmp_path: Path) -> None:
    """Somebody who presses F2 and Enter on it would make it one."""
    book = written(tmp_path, "en", balance([stock("005930", "=1+1", 1, 2, 3), stock("000660", "plain", 1, 2, 3)]))
    sheet = book["Holdings"]
    assert (sheet["B2"].quotePrefix, sheet["B3"].quotePrefix) == (True, False)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_any_name_makes_a_readable_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    shown = balance([holding_row(prdt_name=name, hldg_qty="1", evlu_amt="1")], name=name)
    path = write_report(shown, folder / report_name(shown), "ko")
    assert path.parent == folder
    assert load_workbook(path)["보유종목"]["A2"].value == "005930"
    both = write_consolidated([(shown, DEMO_PAST), (shown, DEMO_PAST)], folder / "both.xlsx", "ko")
    for file in (path, both):
        for part, content in parts(file).items():
            if part.endswith((".xml", ".rels")):
                ET.fromstring(content)  # noqa: S314 (our own file)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my/ account", "KIS_my_ account_2026-11-20.xlsx"),
        ("연금", "KIS_연금_2026-11-20.xlsx"),
        ("..", "KIS_.._2026-11-20.xlsx"),
        ("가" * 99, f"KIS_{'가' * 60}_2026-11-20.xlsx"),
    ],
)
def test_the_reports_name(name: str, expected: str) -> None:
    assert report_name(balance(name=name)) == expected


@pytest.mark.parametrize(
    ("parameters", "usual", "end"),
    [
        ({}, {}, ""),
        ({"AFHR_FLPR_YN": "Y"}, {}, "_AFHR_FLPR_YN=Y"),
        ({"PRCS_DVSN": "01", "AFHR_FLPR_YN": "Y"}, {}, "_AFHR_FLPR_YN=Y_PRCS_DVSN=01"),
        ({"AFHR_FLPR_YN": "Y"}, {"AFHR_FLPR_YN": "Y"}, ""),
        ({}, {"AFHR_FLPR_YN": "Y"}, "_AFHR_FLPR_YN=N"),
        ({"OFL_YN": "/"}, {}, "_OFL_YN=_"),
    ],
)
def test_a_report_that_was_asked_otherwise_has_another_name(parameters: dict[str, str], usual: dict[str, str], end: str) -> None:
    for name in ("연금", "가" * 40, "가" * 99):
        made = report_name(balance(name=name, parameters={**PARAMETERS, **parameters}), usual)
        assert made == f"KIS_{name[:60]}_2026-11-20{end}.xlsx"
        assert len(made.encode()) + len(" (99)") <= 255


def test_cells_keep_every_digit() -> None:
    percent = next(field for field in HOLDING_FIELDS if field.kind is Kind.PERCENT)
    assert cells.cell(percent, Decimal("-4.28685259")) == Decimal("-0.0428685259")
    assert cells.cell(percent, None) is None
    assert cells.text("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert len(cells.text("x" * 40_000)) == cells.LONGEST_TEXT
    with pytest.raises(TypeError):
        cells.cell(percent, object())
    day = next(field for field in HOLDING_FIELDS if field.kind is Kind.DATE)
    assert cells.cell(day, date(2026, 1, 2)) == date(2026, 1, 2)
    assert cells.moment(AS_OF.astimezone(kst.KST)) == datetime(2026, 11, 20, 16, 5, 9)  # noqa: DTZ001


def test_every_digit_of_a_number_is_in_the_file(tmp_path: Path) -> None:
    long = holding_row(pchs_amt="9" * 19, pchs_avg_pric="1234567890123456.7891", evlu_erng_rt="-123.45678901")
    rows = parts(write_report(balance([long]), tmp_path / "r.xlsx", "en"))["xl/worksheets/sheet2.xml"].decode()
    assert {f"<v>{number}</v>" in rows for number in ("9" * 19, "1234567890123456.7891", "-1.2345678901")} == {True}


def test_long_notes_get_room(tmp_path: Path) -> None:
    sheet = written(tmp_path, "ko")["항목"]
    heights = {row: sheet.row_dimensions[row].height for row in range(2, sheet.max_row + 1) if sheet.row_dimensions[row].height}
    assert heights
    assert all(re.search(r".{40}", str(sheet.cell(row, 9).value)) for row in heights)


@pytest.mark.parametrize("worth", [12, 9_876_543_210_123])
def test_columns_fit_what_they_hold_also_far_down(tmp_path: Path, worth: int) -> None:
    """The widest value may stand in a row that nobody would look at first."""
    rows = [stock("005930", "짧음", 1, 1, 1)] * 900 + [stock("000660", "아주 긴 종목 이름입니다만 잘리지 않습니다", 1, worth, 1)]
    sheet = written(tmp_path, "ko", balance(rows))["보유종목"]
    assert sheet.column_dimensions["M"].width > len(f"{worth + 900:,}")
    assert sheet.column_dimensions["B"].width > 2 * len("아주 긴 종목 이름입니다만 잘리지 않습니다") - 6


def test_the_file_names_the_program_and_its_time(tmp_path: Path) -> None:
    properties = written(tmp_path, "ko").properties
    assert properties.title == "연금 계좌 2026-11-20 (모의투자)"
    assert properties.creator.startswith("kis_xl ")
    assert properties.created == properties.modified == datetime(2026, 11, 20, 7, 5, 9)  # noqa: DTZ001 (UTC)
    with zipfile.ZipFile(tmp_path / "r.xlsx") as file:
        assert {entry.date_time[:5] for entry in file.infolist()} == {(2026, 11, 20, 16, 5)}
