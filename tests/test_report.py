"""The report, read back cell by cell."""

from __future__ import annotations

import os
import re
import sys
import tempfile
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
from kis_xl.accounts import AccountNumber
from kis_xl.errors import OutputError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Kind
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.report import report_name, write_report
from tests.rows import holding_row, summary_row

AS_OF = datetime(2026, 11, 20, 16, 5, 9, 123456, kst.KST)
ROW = holding_row(
    pdno="005930", prdt_name="삼성전자", trad_dvsn_name="자기융자", hldg_qty="35", pchs_avg_pric="4482.1420", pchs_amt="156875",
    prpr="4290", evlu_amt="150150", evlu_pfls_amt="-6725", evlu_pfls_rt="-4.29",
    evlu_erng_rt="-4.28685259", loan_dt="20260102", fltt_rt="2.62000000",
)  # fmt: skip
TOTALS = summary_row(
    tot_evlu_amt="10010135", nass_amt="9999", dnca_tot_amt="9644485", asst_icdc_erng_rt="0.04622453", fncg_gld_auto_rdpt_yn="N"
)
SHEETS: dict[Language, list[str]] = {
    "ko": ["보유종목", "계좌", "항목", "조회정보"],
    "en": ["Holdings", "Account", "Fields", "Provenance"],
}


def balance(rows: list[dict[str, str]] | None = None, totals: dict[str, str] | None = TOTALS, name: str = "연금 계좌") -> Balance:
    return Balance(
        account=AccountNumber.parse("87651234-22"),
        name=name,
        environment=Environment.MOCK,
        as_of=AS_OF,
        holdings=tuple(read_holdings([ROW] if rows is None else rows)[0]),
        summary=None if totals is None else read_summary(totals)[0],
        pages=3,
        parameters={"INQR_DVSN": "01", "PRCS_DVSN": "00"},
        host=Environment.MOCK.host,
    )


def written(tmp_path: Path, language: Language, shown: Balance) -> Any:
    return load_workbook(write_report(shown, tmp_path / "r.xlsx", language))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_sheets_tables_and_names_are_the_contracts(tmp_path: Path, language: Language) -> None:
    book = written(tmp_path, language, balance())
    assert book.sheetnames == SHEETS[language]
    tables = {name: sheet.tables[name].ref for sheet in book for name in sheet.tables}
    assert tables == {"Holdings": "A1:Z2", "Account": "A1:C25", "Fields": "A1:I86", "Provenance": f"A1:B{book.worksheets[3].max_row}"}
    for sheet in book:
        (table,) = sheet.tables.values()
        assert [column.name for column in table.tableColumns] == [place.value for place in sheet[1]]
        assert sheet.freeze_panes
        assert sheet.page_setup.paperSize == 9
    names = {name: next(iter(entry.destinations)) for name, entry in book.defined_names.items()}
    assert {name: book[sheet][place].value for name, (sheet, place) in names.items()} == {
        "AsOf": datetime(2026, 11, 20, 16, 5, 9),  # noqa: DTZ001 (a cell knows no zone)
        "TotalValuation": 10010135,
        "NetAssets": 9999,
        "Deposit": 9644485,
    }


@pytest.mark.parametrize("language", ["ko", "en"])
def test_holdings_hold_every_field(tmp_path: Path, language: Language) -> None:
    sheet = written(tmp_path, language, balance()).worksheets[0]
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


def test_account_holds_every_total_with_its_format(tmp_path: Path) -> None:
    sheet = written(tmp_path, "en", balance()).worksheets[1]
    rows = list(sheet.iter_rows(min_row=2))
    assert [(row[0].value, row[2].value) for row in rows] == [(field.en, field.key) for field in SUMMARY_FIELDS]
    values = {row[2].value: row[1] for row in rows}
    assert values["asst_icdc_erng_rt"].value == pytest.approx(0.0004622453, abs=0)
    assert values["asst_icdc_erng_rt"].number_format == "0.00%"
    assert values["tot_evlu_amt"].number_format == "#,##0"
    assert values["fncg_gld_auto_rdpt_yn"].value == "N"


def test_an_account_without_totals_has_blank_ones(tmp_path: Path) -> None:
    book = written(tmp_path, "en", balance([], None))
    assert [row[0].value for row in book.worksheets[1].iter_rows(min_row=2, min_col=2, max_col=2)] == [None] * 24
    assert book.worksheets[0].tables["Holdings"].ref == "A1:Z2"


def test_provenance_tells_when_whence_and_how(tmp_path: Path) -> None:
    rows = {row[0].value: row[1].value for row in written(tmp_path, "en", balance()).worksheets[3].iter_rows(min_row=2)}
    assert rows["as of (KST)"] == datetime(2026, 11, 20, 16, 5, 9)  # noqa: DTZ001
    assert rows["account"] == "8765****-22"
    assert rows["pages"] == 3
    assert rows["rows"] == 1
    assert "KIS Open API" in rows["data source"]
    assert rows["INQR_DVSN"] == "01 (loan date)"
    assert rows["check: sum of valuations"] == "DIFFERS: given 0, computed 150,150"


def test_no_account_number_is_in_the_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_report(balance(), tmp_path / "r.xlsx", "ko")) as file:
        for name in file.namelist():
            assert b"87651234" not in file.read(name)


DANGEROUS = ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "#N/A", "#REF!", "\t=1", "'=1", "TRUE", "1e5", "005930", "=" * 9]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_from_outside_is_text(tmp_path: Path, text: str) -> None:
    keys = [field.key for field in HOLDING_FIELDS if field.kind.python_type is str]
    book = written(tmp_path, "en", balance([holding_row(**dict.fromkeys(keys, text))], summary_row(fncg_gld_auto_rdpt_yn=text), name=text))
    places = [sheet[f"{letter}{row}"] for sheet in book for row in range(1, sheet.max_row + 1) for letter in "ABC"]
    assert {place.data_type for place in places} <= {"inlineStr", "s", "n", "d"}
    assert book.worksheets[0]["A2"].value == text.strip()
    with zipfile.ZipFile(tmp_path / "r.xlsx") as file:
        assert not any(b"<f>" in file.read(name) for name in file.namelist() if "worksheets" in name)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_any_name_makes_a_readable_file(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = write_report(balance([holding_row(prdt_name=name)], name=name), folder / report_name(balance(name=name)), "ko")
    assert path.parent == folder
    assert load_workbook(path).worksheets[0]["A2"].value == "005930"
    with zipfile.ZipFile(path) as file:
        for part in file.namelist():
            if part.endswith((".xml", ".rels")):
                ET.fromstring(file.read(part))  # noqa: S314 (our own file)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my/ account", "KIS_my_ account_2026-11-20.xlsx"),
        ("연금", "KIS_연금_2026-11-20.xlsx"),
        ("..", "KIS_account_2026-11-20.xlsx"),
        ("가" * 99, f"KIS_{'가' * 60}_2026-11-20.xlsx"),
    ],
)
def test_the_reports_name(name: str, expected: str) -> None:
    assert report_name(balance(name=name)) == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = write_report(balance(), tmp_path / "r.xlsx", "ko").read_bytes()
    make = os.fdopen

    def full(handle: int, mode: str) -> Any:
        os.close(handle)
        return make(os.open("/dev/full", os.O_WRONLY), mode)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OutputError) as caught:
        write_report(balance([ROW] * 3000), tmp_path / "r.xlsx", "ko")
    assert (caught.value.exit_code, "disk space" in caught.value.hint.en) == (7, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.xlsx"]
    assert (tmp_path / "r.xlsx").read_bytes() == old


def test_a_place_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        write_report(balance(), tmp_path / "file" / "r.xlsx", "ko")


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_a_report_is_its_owners_alone(tmp_path: Path) -> None:
    assert (write_report(balance(), tmp_path / "r.xlsx", "ko").stat().st_mode & 0o077) == 0


def test_long_notes_get_room(tmp_path: Path) -> None:
    sheet = written(tmp_path, "ko", balance()).worksheets[2]
    heights = {row: sheet.row_dimensions[row].height for row in range(2, sheet.max_row + 1) if sheet.row_dimensions[row].height}
    assert heights
    assert all(re.search(r".{40}", str(sheet.cell(row, 9).value)) for row in heights)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.xlsx").write_bytes(b"old")
    (tmp_path / "real.xlsx").chmod(0o644)
    (tmp_path / "link.xlsx").symlink_to(tmp_path / "real.xlsx")
    write_report(balance(), tmp_path / "link.xlsx", "ko")
    assert (tmp_path / "link.xlsx").is_symlink()
    assert load_workbook(tmp_path / "real.xlsx").sheetnames == SHEETS["ko"]
    assert (tmp_path / "real.xlsx").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes among the files of Windows")
def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(OutputError, match="not a regular file"):
        write_report(balance(), tmp_path / "pipe.xlsx", "ko")
    assert (tmp_path / "pipe.xlsx").is_fifo()


def test_a_full_folder_for_temporary_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("openpyxl.worksheet._writer.create_temporary_file", full)
    with pytest.raises(OutputError, match=re.escape(tempfile.gettempdir())) as caught:
        write_report(balance(), tmp_path / "r.xlsx", "ko")
    assert "disk space" in caught.value.hint.en
    assert list(tmp_path.iterdir()) == []


def test_a_failed_check_stands_out_and_a_simulated_account_says_so(tmp_path: Path) -> None:
    book = written(tmp_path, "en", replace(balance(), host="http://127.0.0.1:1"))
    rules = [rule.formula for area in book.worksheets[3].conditional_formatting for rule in area.rules]
    assert rules == [['LEFT($B2,7)="DIFFERS"']]
    rows = {row[0].value: row[1].value for row in book.worksheets[3].iter_rows(min_row=2)}
    assert rows["environment"] == "mock, not a server of KIS (a simulator, for instance)"
    assert all("not a server of KIS" in book.worksheets[number].oddFooter.center.text for number in (0, 1, 3))
    assert book.calculation.fullCalcOnLoad is not True
