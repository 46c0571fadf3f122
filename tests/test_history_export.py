"""The history as tables for other programs: every digit, no formula, whole or not there."""

from __future__ import annotations

import csv
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kis_xl import kst
from kis_xl.cells import cell
from kis_xl.cli import main
from kis_xl.cli.history import files, tidy
from kis_xl.datafolder import DataFolder
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Kind
from kis_xl.history import AccountKey, History, Source
from kis_xl.models import Balance
from tests.history_kit import at, balance, demo, sql, worth
from tests.rows import holding_row

KIS = Environment.REAL.host
WHOSE = ["day", "account", "environment", "host"]
BY_LETTERS = [*WHOSE, *(field.key for field in HOLDING_FIELDS)]
NASTY = ["=1+1", "+82", "-5", "@SUM(A1)", "＝1", "'quoted", "plain", 'say "a, b"', "two\nlines", "삼성전자"]


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCOUNT": "87651234-22", "APPKEY": "k" * 36, "APPSECRET": "s" * 180}.items():
        monkeypatch.setenv(f"KIS_XL_{name}", value)


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


@pytest.fixture
def filled(history: History) -> list[Balance]:
    """Three stored days: the simulator's account, texts of every kind, and nothing."""
    nasty = [holding_row(pdno=f"{number:06}", prdt_name=text, loan_dt="20260102") for number, text in enumerate(NASTY)]
    stored = [demo(at(18), rows=70), balance(at(19), nasty, worth(2**53 - 1)), balance(at(20), [], None)]
    for each in stored[:2]:
        history.store(each)
    history.store(stored[2], source=Source.REPORT)
    return stored


def exported(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> list[Path]:
    """The files that the command says it wrote."""
    assert main(["history", "export", *map(str, arguments)]) == code
    return [Path(line) for line in capsys.readouterr().out.splitlines()]


def plain(value: object) -> str:
    """A value as a csv file has it."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def unmarked(text: str) -> str:
    """What the documentation says: one apostrophe at the beginning was put there."""
    return text.removeprefix("'")


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_csv_has_every_digit(filled: list[Balance], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days, holdings = exported(capsys, tmp_path / "year.csv")
    assert (days, holdings) == (tmp_path / "year_days.csv", tmp_path / "year_holdings.csv")
    assert days.read_bytes().startswith(b"\xef\xbb\xbfday,account,environment,host,as_of,source,query,dnca_tot_amt,")
    head, *rows = rows_of(holdings)
    assert head == BY_LETTERS
    expected = [
        [str(each.as_of.date()), "8765****-22", "real", KIS, *(plain(getattr(row, field.key)) for field in HOLDING_FIELDS)]
        for each in filled
        for row in each.holdings
    ]
    assert [[unmarked(value) for value in row] for row in rows] == expected
    _, *rows = rows_of(days)
    assert [row[:7] for row in rows] == [
        ["2026-11-18", "8765****-22", "real", KIS, "2026-11-18T16:00:00+09:00", "service", ""],
        ["2026-11-19", "8765****-22", "real", KIS, "2026-11-19T16:00:00+09:00", "service", ""],
        ["2026-11-20", "8765****-22", "real", KIS, "2026-11-20T16:00:00+09:00", "report", ""],
    ]
    assert rows[0][7:] == [plain(getattr(filled[0].summary, field.key)) for field in SUMMARY_FIELDS]
    assert rows[2][7:] == [""] * len(SUMMARY_FIELDS)


@pytest.mark.usefixtures("filled")
def test_no_text_of_a_csv_begins_like_a_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, holdings = exported(capsys, tmp_path / "year.csv")
    names = [row[BY_LETTERS.index("prdt_name")] for row in rows_of(holdings)[-len(NASTY) :]]
    assert names == ["'=1+1", "'+82", "'-5", "'@SUM(A1)", "'＝1", "''quoted", "plain", 'say "a, b"', "two\nlines", "삼성전자"]
    assert [unmarked(name) for name in names] == NASTY
    assert [files._plain(text) for text in ("\tx", "\r", "\n=1", " =1", "")] == ["'\tx", "'\r", "'\n=1", " =1", ""]
    assert files._plain(-5) == "-5"  # a number is one


def test_xlsx_is_as_cells_are(
    filled: list[Balance], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    (path,) = exported(capsys, tmp_path / "new" / "year.xlsx")
    book = load_workbook(path)
    assert book.sheetnames == ["일별", "보유종목"]
    head, *rows = list(book["보유종목"].iter_rows(values_only=True))
    assert head == ("일자", "계좌", "환경", "서버", *(field.ko for field in HOLDING_FIELDS))
    expected = [(each.as_of, row) for each in filled for row in each.holdings]
    assert len(rows) == len(expected) == 70 + len(NASTY)
    for shown, (as_of, row) in zip(rows, expected, strict=True):
        assert shown[:4] == (datetime(as_of.year, as_of.month, as_of.day), "8765****-22", "real", KIS)  # noqa: DTZ001 (a cell knows no zone)
        for field, value in zip(HOLDING_FIELDS, shown[4:], strict=True):
            assert same(value, cell(field, getattr(row, field.key))), field.key
    page = book["보유종목"]
    assert {place.data_type for line in page.iter_rows(min_row=2) for place in line} <= {"s", "n", "d"}
    assert page["R2"].number_format == "#,##0"
    days = list(book["일별"].iter_rows(min_row=2, values_only=True))
    assert days[0][4] == datetime(2026, 11, 18, 16)  # noqa: DTZ001 (a cell knows no zone)
    assert days[1][7 + [field.key for field in SUMMARY_FIELDS].index("nass_amt")] == "9007199254740991"  # Excel keeps 15 digits
    assert days[2][7:] == (None,) * len(SUMMARY_FIELDS)


def same(shown: object, given: object) -> bool:
    """A cell has no Decimal, and a date with a time."""
    if isinstance(given, Decimal):
        return isinstance(shown, (int, float)) and Decimal(repr(shown)) == given
    return (shown.date() if isinstance(shown, datetime) else shown) == given


def test_parquet_has_types(filled: list[Balance], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415 (an extra)

    days, holdings = exported(capsys, tmp_path / "year.parquet")
    table: Any = parquet.read_table(holdings)
    assert table.column_names == BY_LETTERS
    kinds = {field.key: str(table.schema.field(field.key).type) for field in HOLDING_FIELDS}
    assert {kinds[field.key] for field in HOLDING_FIELDS if field.kind is Kind.WON} == {"int64"}
    assert (kinds["pchs_avg_pric"], kinds["loan_dt"], kinds["pdno"]) == ("decimal128(38, 8)", "date32[day]", "string")
    rows = table.to_pylist()
    expected = [row for each in filled for row in each.holdings]
    assert [[row[field.key] for field in HOLDING_FIELDS] for row in rows] == [
        [getattr(row, field.key) for field in HOLDING_FIELDS] for row in expected
    ]
    of_days = parquet.read_table(days).to_pylist()
    assert [row["as_of"].astimezone(kst.KST) for row in of_days] == [each.as_of for each in filled]
    assert of_days[2]["nass_amt"] is None


def test_much_is_written_in_parts(
    history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet  # noqa: PLC0415 (an extra)

    monkeypatch.setattr(files, "_AT_ONCE", 7)
    history.store(demo(at(18), rows=50))
    _, holdings = exported(capsys, tmp_path / "year.parquet")
    assert parquet.read_table(holdings).num_rows == 50


@pytest.mark.usefixtures("filled")
def test_a_period(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days, _ = exported(capsys, tmp_path / "part.csv", "--from", "2026-11-19", "--to", "20261119")
    assert [row[0] for row in rows_of(days)[1:]] == ["2026-11-19"]
    exported(capsys, tmp_path / "none.csv", "--from", "2026-11-21", code=6)
    assert not (tmp_path / "none_days.csv").exists()


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("target", "more", "names"),
    [
        ("folder/", [], ["KIS_history_env.xlsx"]),
        ("folder", ["--format", "csv"], ["KIS_history_env_days.csv", "KIS_history_env_holdings.csv"]),
        ("a.b.CSV", [], ["a.b_days.csv", "a.b_holdings.csv"]),
        ("x.xlsx", ["--format", "xlsx"], ["x.xlsx"]),
    ],
)
def test_where_files_go(target: str, more: list[str], names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = exported(capsys, f"{tmp_path}{os.sep}{target}", *more)
    assert [path.name for path in written] == names
    assert all(path.exists() for path in written)
    assert sorted(path.name for path in written[0].parent.iterdir() if path.is_file()) == sorted(names)


@pytest.mark.usefixtures("filled")
def test_formats_that_contradict_or_do_not_exist_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(capsys, tmp_path / "x.csv", "--format", "xlsx", code=2)
    exported(capsys, tmp_path / "x.ods", code=2)
    exported(capsys, tmp_path / "x", "--format", "ods", code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.usefixtures("filled")
def test_without_pyarrow_it_is_said_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["history", "export", str(tmp_path / "x.parquet")]) == 2
    assert 'pip install ".[parquet]"' in capsys.readouterr().err
    assert not list(tmp_path.glob("x*"))


def test_a_number_that_parquet_does_not_hold_is_told(history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history.store(balance(at(18), [holding_row(evlu_amt="9" * 19)]))
    (tmp_path / "x_days.parquet").write_text("before")
    assert main(["history", "export", str(tmp_path / "x.parquet")]) == 6
    assert "too large for parquet: evlu_amt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x_days.parquet"]
    assert (tmp_path / "x_days.parquet").read_text() == "before"
    _, holdings = exported(capsys, tmp_path / "x.csv")
    assert "9" * 19 in holdings.read_text(encoding="utf-8-sig")


def test_more_rows_than_a_sheet_holds_are_told(
    history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LAST_ROW", 50)
    history.store(demo(at(18), rows=49))
    assert exported(capsys, tmp_path / "x.xlsx") == [tmp_path / "x.xlsx"]
    history.store(demo(at(19), rows=1))
    assert main(["history", "export", str(tmp_path / "y.xlsx")]) == 2
    assert "more than the 49 rows" in capsys.readouterr().err
    assert not list(tmp_path.glob("*y*"))


@pytest.mark.usefixtures("filled")
@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
def test_what_is_written_is_its_owners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in exported(capsys, tmp_path / "x.csv"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("filled")
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    (tmp_path / "x_days.csv").mkdir()
    for target in ("file/x.csv", "x.csv"):
        assert main(["history", "export", str(tmp_path / target)]) == 7
        assert "cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob(".x*"))


def test_both_tables_have_the_day_and_the_account() -> None:
    for table in (tidy.DAYS, tidy.HOLDINGS):
        assert [column.key for column in table.columns[:4]] == WHOSE


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_figures_of_a_simulator_say_so_in_both_tables(
    history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setenv("KIS_XL_BASE_URL", "http://127.0.0.1:9")
    history.store(balance(at(18), host="http://127.0.0.1:9"))
    written = exported(capsys, tmp_path / f"x.{ending}")
    if ending == "parquet":
        from pyarrow import parquet  # noqa: PLC0415 (an extra)

        first = [list(parquet.read_table(path).to_pylist()[0].values()) for path in written]
    elif ending == "xlsx":
        first = [list(next(sheet.iter_rows(min_row=2, values_only=True))) for sheet in load_workbook(written[0])]
    else:
        first = [rows_of(path)[1] for path in written]
    assert [row[1:4] for row in first] == [["8765****-22", "real", "http://127.0.0.1:9"]] * 2


def test_a_number_that_excel_would_round_is_a_text(history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    amounts = {"evlu_amt": "9" * 16, "pchs_amt": "-" + "9" * 15, "thdt_buyqty": "1" + "0" * 15, "loan_amt": "-1234567890123456"}
    rates = {"pchs_avg_pric": "123456789012.3456", "fltt_rt": "1234567.12345678"}
    history.store(balance(at(18), [holding_row(**amounts, **rates)]))
    (path,) = exported(capsys, tmp_path / "x.xlsx")
    page = load_workbook(path)["Holdings"]
    found = dict(zip(BY_LETTERS, next(page.iter_rows(min_row=2, values_only=True)), strict=True))
    assert {key: found[key] for key in (*amounts, *rates)} == {
        "evlu_amt": "9999999999999999",
        "pchs_amt": -999_999_999_999_999,
        "thdt_buyqty": 10**15,
        "loan_amt": "-1234567890123456",
        "pchs_avg_pric": "123456789012.3456",
        "fltt_rt": 12345.6712345678,
    }


def test_fetches_that_were_asked_otherwise_are_exported_by_themselves(
    history: History, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history.store(balance(at(18)))
    history.store(balance(at(19), parameters={"AFHR_FLPR_YN": "X", "PRCS_DVSN": "01"}))
    usual, _ = exported(capsys, f"{tmp_path}/", "--format", "csv")
    other, _ = exported(capsys, f"{tmp_path}/", "--format", "csv", "--param", "AFHR_FLPR_YN=X", "--param", "PRCS_DVSN=01")
    assert [(row[0], row[6]) for row in rows_of(usual)[1:]] == [("2026-11-18", "")]
    assert [(row[0], row[6]) for row in rows_of(other)[1:]] == [("2026-11-19", "AFHR_FLPR_YN=X PRCS_DVSN=01")]
    assert [path.name for path in (usual, other)] == [
        "KIS_history_env_days.csv",
        "KIS_history_env_AFHR_FLPR_YN=X_PRCS_DVSN=01_days.csv",
    ]
    sql(str(home), "UPDATE kis_snapshot SET query = NULL WHERE day = '2026-11-18'")  # as an older version has left it
    assert rows_of(exported(capsys, f"{tmp_path}/", "--format", "csv")[0])[1][6] == tidy.UNKNOWN


def test_accounts_that_look_alike_have_files_of_their_own(
    history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNT", "APPKEY", "APPSECRET"):
        monkeypatch.delenv(f"KIS_XL_{name}")
    both = [balance(at(18)), balance(at(18), environment=Environment.MOCK, host=Environment.MOCK.host)]
    keys = [AccountKey.of(each) for each in both]
    for each in both:
        history.store(each)
    written = [exported(capsys, f"{tmp_path}/", "--account", key.letters)[0].name for key in keys]
    assert written == [f"KIS_history_8765____-22_{key.letters}.xlsx" for key in keys]


@pytest.mark.usefixtures("filled")
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals on Windows")
def test_a_terminal_sees_the_days_pass(tmp_path: Path) -> None:
    """Ten years in a workbook take minutes. Only the paths are the result."""
    import pexpect  # noqa: PLC0415 (not on Windows)

    command = f"{sys.executable} -m kis_xl history export {tmp_path / 'x.xlsx'} --from 2026-11-19 > {tmp_path / 'out'}"
    process = pexpect.spawn("/bin/sh", ["-c", command], env=os.environ | {"TERM": "xterm"}, encoding="utf-8", timeout=30)
    process.expect(r"exporting.* of 2 days")
    process.expect(r"2 of 2 days")
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 0
    assert (tmp_path / "out").read_text() == f"{tmp_path / 'x.xlsx'}\n"


@pytest.mark.usefixtures("filled")
def test_a_log_file_sees_no_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "export", str(tmp_path / "x.csv")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("filled")
def test_a_period_without_days_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "export", str(tmp_path / "x.csv"), "--from", "2027-01-01"]) == 6
    assert "no day of this period is stored: env 8765****-22 (real)" in capsys.readouterr().err
