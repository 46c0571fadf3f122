"""Reports read back: exactly what they were made of, whoever saved them since; anything else is refused with the reason."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from kis_xl import kst
from kis_xl.accounts import CHOOSABLE, AccountNumber, query
from kis_xl.cells import cell
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AccountError, DataError, KisError, OutputError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Field, Kind
from kis_xl.history import AccountKey, History, Source
from kis_xl.history.reportfile import _settled, _value, read_report
from kis_xl.history.xlsx import Tables, read_tables
from kis_xl.language import LANGUAGES, Language, Text
from kis_xl.models import Balance
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import NO_PAST
from tests.conftest import REPOSITORY
from tests.excel_kit import CASH, ETN, LOAN, SOLD
from tests.history_kit import AS_OF, KEY, KILLER, account, balance, demo, python, said
from tests.rows import holding_row, summary_row

USUAL = {key: value for key, value in query(account(), {}).items() if key in CHOOSABLE}
NEW_CODE = holding_row(
    pdno="0005A0", prdt_name="새종목 <신규> & 'x'", hldg_qty="1", evlu_amt="900719925474099", fltt_rt="-0.58000000",
    pchs_avg_pric="198600.1234", evlu_pfls_rt="-12.34", grta_rt_name="45%",
)  # fmt: skip
TOTALS = summary_row(tot_evlu_amt="10010135", dnca_tot_amt="9644485", asst_icdc_erng_rt="0.04622453", fncg_gld_auto_rdpt_yn="N")
FETCHED = balance(AS_OF, [CASH, SOLD, LOAN, ETN, NEW_CODE], TOTALS, parameters=USUAL)
#: What version 0.1 wrote of that balance.
OLD = {language: REPOSITORY / "tests" / "data" / f"report_of_0.1_{language}.xlsx" for language in LANGUAGES}


def carried(given: Balance) -> tuple[object, ...]:
    """What a report carries of a balance."""
    return (given.as_of.replace(microsecond=0), given.holdings, given.summary, given.pages, given.parameters, given.host, given.environment)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return write_report(FETCHED, tmp_path / "KIS_연금.xlsx", "ko")


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


# what comes back


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_comes_back_as_the_balance_that_it_was_made_of(tmp_path: Path, language: Language) -> None:
    for given_ in (FETCHED, replace(demo(rows=120), parameters=USUAL)):
        path = write_report(given_, tmp_path / "r.xlsx", language)
        read = read_report(path, account())
        assert carried(read) == carried(given_)
        assert (read.account, read.name) == (given_.account, given_.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reports_of_the_first_version_come_back(language: Language) -> None:
    assert carried(read_report(OLD[language], account())) == carried(FETCHED)


def test_amounts_beyond_a_binary_number_come_back(tmp_path: Path) -> None:
    """Excel would show another last digit; the file has all of them."""
    large = holding_row(hldg_qty="1", evlu_amt="9007199254740993", pchs_avg_pric="123456789012345.6789")
    given_ = balance(AS_OF, [large], summary_row(nass_amt="999999999999999999"), parameters=USUAL)
    assert carried(read_report(write_report(given_, tmp_path / "r.xlsx", "ko"), account())) == carried(given_)


@pytest.mark.parametrize("totals", [None, TOTALS], ids=["no totals", "totals"])
def test_a_report_of_nothing_comes_back(tmp_path: Path, totals: dict[str, str] | None) -> None:
    given_ = balance(rows=[], totals=totals, parameters=USUAL)
    assert carried(read_report(write_report(given_, tmp_path / "r.xlsx", "en"), account())) == carried(given_)


ESCAPED = ("_x0041_", "_x005F_x0041_", "a_x000D_b", "_x005f_", "_x00e9_ _x", "_xD83D__xDE00_", "_x0041", "line\nbreak", "a\rb")


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_that_look_like_an_escape_come_back(tmp_path: Path, language: Language) -> None:
    """Excel reads `_x0041_` as A, so a file has it as `_x005F_x0041_`."""
    rows = [holding_row(pdno=f"{number:06}", prdt_name=name) for number, name in enumerate(ESCAPED)]
    given_ = balance(AS_OF, rows, TOTALS, parameters=USUAL)
    assert [row.prdt_name for row in given_.holdings] == list(ESCAPED)
    path = write_report(given_, tmp_path / "r.xlsx", language)
    assert carried(read_report(path, account())) == carried(given_)
    with zipfile.ZipFile(path) as archive:
        assert b">_x005F_x0041_<" in archive.read("xl/sharedStrings.xml")


CELLS = {
    "shared": '<c r="A{row}" t="s"><v>{row}</v></c>',
    "inline": '<c r="A{row}" t="inlineStr"><is><t>{text}</t></is></c>',
    "of a formula": '<c r="A{row}" t="str"><f>B1</f><v>{text}</v></c>',
}
SHOWN = {
    "_x0041_": "A", "_x005F_x0041_": "_x0041_", "a_x000a_b": "a\nb", "_xD83D__xDE00_": "\U0001f600", "_xDE00_": "\ufffd",
    "_X0041_": "_X0041_", "_x041_": "_x041_", "_x0041_x0042_": "Ax0042_",
}  # fmt: skip


@pytest.mark.parametrize("cell_", CELLS.values(), ids=CELLS.keys())
def test_escapes_are_read_as_excel_shows_them(tmp_path: Path, cell_: str) -> None:
    relation = '<Relationships><Relationship Type="x/{kind}" Target="{target}"/></Relationships>'
    rows = "".join(f'<row r="{row}">{cell_.format(row=row, text=text)}</row>' for row, text in enumerate(["Text", *SHOWN]))
    parts = {
        "xl__workbook.xml": "<workbook/>",
        "xl___rels__workbook.xml.rels": (
            relation.format(kind="worksheet", target="s.xml") + relation.format(kind="sharedStrings", target="t.xml")
        ).replace("</Relationships><Relationships>", ""),
        "xl__s.xml": f"<worksheet>{rows}</worksheet>",
        "xl___rels__s.xml.rels": relation.format(kind="table", target="table.xml"),
        "xl__table.xml": f'<table displayName="Texts" ref="A1:A{len(SHOWN)}"/>',
        "xl__t.xml": f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in ['Text', *SHOWN])}</sst>",
    }
    zipped(**parts)(tmp_path / "t.xlsx")
    assert read_tables(tmp_path / "t.xlsx", ["Texts"]).rows["Texts"] == [[text] for text in SHOWN.values()]


def test_decimals_are_those_that_the_service_prints() -> None:
    row = read_report(OLD["ko"], account()).holdings[-1]
    assert [str(value) for value in (row.pchs_avg_pric, row.evlu_pfls_rt, row.fltt_rt)] == ["198600.1234", "-12.34", "-0.58000000"]


def saved_by_openpyxl(path: Path, target: Path) -> None:
    load_workbook(path).save(target)


def saved_by_xlsxwriter(path: Path, target: Path) -> None:
    """Shared texts, some of them in pieces; binary fractions; days counted from 1904."""
    with xlsxwriter.Workbook(target, {"date_1904": True}) as book:
        day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        for source in load_workbook(path):
            page = book.add_worksheet(source.title)
            for table in source.tables.values():
                captions = [{"header": column.name} for column in table.tableColumns]
                page.add_table(table.ref, {"name": table.name, "columns": captions})
            for line in source.iter_rows(min_row=2):
                for place in line:
                    value: Any = place.value
                    where = ((place.row or 1) - 1, (place.column or 1) - 1)
                    if isinstance(value, datetime):
                        page.write_datetime(*where, value, day)
                    elif isinstance(value, str) and len(value) > 6:
                        page.write_rich_string(*where, bold, value[:3], value[3:])
                    elif isinstance(value, str):
                        page.write_string(*where, value)
                    elif value is not None:
                        page.write_number(*where, value)


@pytest.mark.parametrize("save", [saved_by_openpyxl, saved_by_xlsxwriter])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_that_another_program_saved_comes_back(tmp_path: Path, language: Language, save: Callable[[Path, Path], None]) -> None:
    for path in (OLD[language], write_report(FETCHED, tmp_path / "new.xlsx", language)):
        save(path, tmp_path / "again.xlsx")
        assert carried(read_report(tmp_path / "again.xlsx", account())) == carried(FETCHED)


#: Up to fifteen digits, which a binary fraction keeps.
BINARY = st.decimals(min_value=-(10**6), max_value=10**6, places=8, allow_nan=False, allow_infinity=False)
RATES = [field for field in (*HOLDING_FIELDS, *SUMMARY_FIELDS) if field.kind in (Kind.PERCENT, Kind.UNIT_PRICE)]


@settings(deadline=None)
@given(st.sampled_from(RATES), BINARY)
def test_the_nearest_binary_fraction_is_the_number_that_was_meant(field: Field, number: Decimal) -> None:
    """Excel writes 8.5099999999999995E-2 for 0.0851."""
    given_ = number.quantize(Decimal(1).scaleb(-field.decimals))
    written = cell(field, given_)
    assert isinstance(written, Decimal)
    assert _settled(field, Decimal(f"{float(written):.17g}")) == given_
    assert _settled(field, written) == given_


def test_dates_from_1904_are_read() -> None:
    tables = Tables({}, from_1904=True)
    assert tables.moment(Decimal("44884.5")) == datetime(2026, 11, 20, 12)  # noqa: DTZ001 (a cell knows no zone)
    assert Tables({}, from_1904=False).moment(Decimal("46346.5")) == datetime(2026, 11, 20, 12)  # noqa: DTZ001 (as above)


# what is refused


def refused(kind: type[KisError], path: Path, whose: object = None, **more: bool) -> KisError:
    with pytest.raises(KisError) as caught:
        read_report(path, whose or account(), **more)  # type: ignore[arg-type]
    error = caught.value
    assert type(error) is kind, error
    assert error.__cause__ is error.__context__ is None
    assert all((*error.what, *error.hint)) or kind in (OutputError, DataError)
    return error


OTHERS = {
    "number": account(number=AccountNumber("43211234", "22")),
    "product": account(number=AccountNumber("87651234", "01")),
    "environment": account(environment=Environment.MOCK),
    "server": account(base_url="http://127.0.0.1:9443"),
}


@pytest.mark.parametrize("whose", OTHERS.values(), ids=OTHERS.keys())
def test_a_report_of_another_account_is_refused(report: Path, whose: object) -> None:
    for path in (report, *OLD.values()):
        assert "another" in refused(AccountError, path, whose).what.en


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [1, 2])
def test_a_report_over_all_accounts_is_refused(tmp_path: Path, number: int, language: Language) -> None:
    path = write_consolidated([(FETCHED, NO_PAST)] * number, tmp_path / "r.xlsx", language)
    assert refused(AccountError, path).what == Text(
        "모든 계좌를 모은 보고서라 가져오지 않습니다.", "a report over several accounts: import each account's own"
    )


@pytest.mark.parametrize("name", ["계좌 수", "accounts"])
def test_an_account_may_be_called_like_a_caption(tmp_path: Path, name: str) -> None:
    assert read_report(write_report(replace(FETCHED, name=name), tmp_path / "r.xlsx", "ko"), account()).name == name


def test_a_report_brings_the_parameters_that_it_was_asked_with(tmp_path: Path, history: History) -> None:
    """They are kept with it, so it is not compared with days that were asked in another way."""
    given_ = replace(FETCHED, parameters=USUAL | {"PRCS_DVSN": "01"})
    read = read_report(write_report(given_, tmp_path / "r.xlsx", "en"), account())
    assert carried(read) == carried(given_)
    assert history.store(read, source=Source.REPORT) is True
    assert history.days(KEY) == []
    assert history.days(AccountKey.of(account(parameters={"PRCS_DVSN": "01"}))) == [AS_OF.date()]


def edited(source: Path, target: Path, edit: Callable[[Workbook], object]) -> Path:
    book = load_workbook(source)
    edit(book)
    book.save(target)
    return target


def cell_of(book: Workbook, table: str, row: int, caption: str) -> object:
    """A cell by its table, its row from 2 and its column's caption."""
    sheet = next(page for page in book if table in page.tables)
    column = next(place for place, head in enumerate(sheet[1], 1) if head.value == caption)
    return sheet.cell(row, column)


def put(table: str, row: int, caption: str, value: object) -> Callable[[Workbook], object]:
    return lambda book: setattr(cell_of(book, table, row, caption), "value", value)


def without_row(table: str) -> Callable[[Workbook], object]:
    def edit(book: Workbook) -> None:
        sheet = next(page for page in book if table in page.tables)
        for place in sheet[2]:
            place.value = None

    return edit


def renamed(table: str) -> Callable[[Workbook], object]:
    def edit(book: Workbook) -> None:
        sheet = next(page for page in book if table in page.tables)
        sheet.tables[table].displayName = f"{table}2"
        sheet.tables[table].name = f"{table}2"

    return edit


def row_of(name: str) -> int:
    rows = read_tables(OLD["en"], ["Provenance"]).rows["Provenance"]
    return next(place for place, row in enumerate(rows, 1) if row[0] == name)


CHANGED = {
    "an amount": (put("Holdings", 2, "Valuation", 451), "do not fit"),
    "a total": (put("Account", 16, "Value", 1), "do not fit"),
    "a row gone": (without_row("Holdings"), "do not fit"),
    "the time gone": (put("Provenance", 2, "Value", None), "not a report"),
    "the time a text": (put("Provenance", 2, "Value", "yesterday"), "not a report"),
    "another maker": (put("Provenance", row_of("made by"), "Value", "another program"), "not a report"),
    "a blank amount": (put("Holdings", 2, "Valuation", None), "row 2, Valuation"),
    "a text for an amount": (put("Holdings", 2, "Valuation", "much"), "row 2, Valuation"),
    "a part of a won": (put("Holdings", 2, "Valuation", 450.5), "row 2, Valuation"),
    "a number for a code": (put("Holdings", 2, "Code", 660), "row 2, Code"),
    "a text for a date": (put("Holdings", 4, "Loan date", "soon"), "row 4, Loan date"),
    "a total gone": (put("Account", 16, "API key", "other"), "not a report"),
    "no holdings": (renamed("Holdings"), "not a report"),
    "no account": (renamed("Account"), "not a report"),
    "no provenance": (renamed("Provenance"), "not a report"),
}


def put_fact(name: str, value: object) -> Callable[[Workbook], object]:
    """A value beside its name in the table Provenance."""

    def edit(book: Workbook) -> None:
        sheet = next(page for page in book if "Provenance" in page.tables)
        line = next(line for line in sheet.iter_rows() if line[0].value == name)
        line[1].value = value  # type: ignore[assignment]

    return edit


def without_totals(book: Workbook) -> None:
    sheet = next(page for page in book if "Account" in page.tables)
    for line in sheet.iter_rows(min_row=2):
        line[1].value = None


def without_checks(book: Workbook) -> None:
    sheet = next(page for page in book if "Provenance" in page.tables)
    for line in sheet.iter_rows():
        if str(line[0].value).startswith("check:"):
            line[0].value = "note"


#: What no sum tells: only the digest of the figures does.
SEALED = {
    "a quantity": put("Holdings", 2, "Quantity", 8),
    "a name": put("Holdings", 2, "Name", "Other Co."),
    "an average price": put("Holdings", 2, "Average purchase price", 12345.5),
    "a rate": put("Account", 25, "Value", 0.5),
    "a time": put("Provenance", 2, "Value", datetime(2026, 11, 19, 16, 5, 9)),  # noqa: DTZ001 (a cell's)
    "a parameter": put_fact("PRCS_DVSN", "01"),
    "no totals": without_totals,
    "no digest": put_fact("digest of the figures (checked when they are read back)", None),
}


@pytest.mark.parametrize("edit", SEALED.values(), ids=SEALED.keys())
def test_whatever_somebody_changed_is_refused(tmp_path: Path, edit: Callable[[Workbook], object]) -> None:
    path = write_report(FETCHED, tmp_path / "written.xlsx", "en")
    assert carried(read_report(edited(path, tmp_path / "same.xlsx", lambda _: None), account())) == carried(FETCHED)
    assert "do not fit" in refused(DataError, edited(path, tmp_path / "r.xlsx", edit)).what.en


@pytest.mark.parametrize("edit", [without_totals, without_checks])
def test_of_an_old_report_what_its_checks_rest_on_must_be_there(tmp_path: Path, edit: Callable[[Workbook], object]) -> None:
    assert "do not fit" in refused(DataError, edited(OLD["en"], tmp_path / "r.xlsx", edit)).what.en


def test_a_parameter_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = edited(OLD["en"], tmp_path / "r.xlsx", put_fact("AFHR_FLPR_YN", "=Z"))
    assert "AFHR_FLPR_YN cannot be" in refused(DataError, path).what.en


@pytest.mark.parametrize(("edit", "reason"), CHANGED.values(), ids=CHANGED.keys())
def test_what_somebody_changed_is_refused(tmp_path: Path, edit: Callable[[Workbook], object], reason: str) -> None:
    error = refused(DataError, edited(OLD["en"], tmp_path / "r.xlsx", edit))
    assert reason in error.what.en


def test_a_check_that_failed_when_the_report_was_made_fails_again(tmp_path: Path) -> None:
    assert any(not check.ok for check in FETCHED.checks())
    assert carried(read_report(write_report(FETCHED, tmp_path / "r.xlsx", "en"), account())) == carried(FETCHED)


def zipped(**parts: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name.replace("__", "/"), text)

    return make


RELS = '<Relationships><Relationship Type="x/worksheet" Target="sheet.xml"/></Relationships>'
NO_WORKBOOKS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("date,value\n"),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(OLD["ko"].read_bytes()[:9000]),
    "an archive of nothing": zipped(),
    "another archive": zipped(notes="hello"),
    "no workbook": zipped(**{"xl__workbook.xml": "not XML"}),
    "an entity": zipped(**{"xl__workbook.xml": '<!DOCTYPE x [<!ENTITY e "boom">]><workbook>&e;</workbook>'}),
    "a sheet that is not there": zipped(**{"xl__workbook.xml": "<workbook/>", "xl___rels__workbook.xml.rels": RELS}),
    "another workbook": lambda path: Workbook().save(path),
}


@pytest.mark.parametrize("make", NO_WORKBOOKS.values(), ids=NO_WORKBOOKS.keys())
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "r.xlsx"
    make(path)
    refused(DataError, path)
    path.unlink()


def test_an_archive_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kis_xl.history import xlsx  # noqa: PLC0415 (its limit is changed)

    monkeypatch.setattr(xlsx, "_LARGEST", 10_000)
    assert "too large" in refused(DataError, OLD["ko"]).what.en


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    refused(OutputError, tmp_path / "nowhere.xlsx")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=40))
def test_a_damaged_report_is_refused_or_whole(tmp_path: Path, place: int, data: bytes) -> None:
    """Whatever is overwritten: an error of ours, or the very same balance."""
    content = bytearray(OLD["ko"].read_bytes())
    content[place : place + len(data)] = data
    path = tmp_path / "r.xlsx"
    path.write_bytes(content)
    try:
        read = read_report(path, account())
    except KisError:
        return
    finally:
        path.unlink()
    assert carried(read) == carried(FETCHED)


# into the history


def test_two_reports_of_one_second_are_both_kept_where_they_were_asked_in_two_ways(history: History, tmp_path: Path) -> None:
    """A schedule fetches two entries of one account within a second, and a report knows no smaller parts."""
    for parameters in ({}, {"AFHR_FLPR_YN": "X"}, {"AFHR_FLPR_YN": "Y"}):
        given_ = replace(FETCHED, parameters=USUAL | parameters)
        read = read_report(write_report(given_, tmp_path / "r.xlsx", "ko"), account())
        assert [history.store(read, source=Source.REPORT) for _ in range(2)] == [True, False]
        key = KEY.asked_with(parameters)
        assert [each.as_of.replace(microsecond=0) for each in history.walk(key)] == [AS_OF.replace(microsecond=0)]
    assert [key.query for key in history.accounts()] == ["", "AFHR_FLPR_YN=X", "AFHR_FLPR_YN=Y"]


def test_a_report_of_what_was_fetched_is_there_already(history: History, report: Path) -> None:
    history.store(FETCHED)
    assert history.store(read_report(report, account()), source=Source.REPORT) is False


KILLED = (
    KILLER
    + """
from kis_xl.history import Source
from kis_xl.history.reportfile import read_report
kill_at(sys.argv[3])
for number, path in enumerate(sys.argv[4:]):
    history_at(sys.argv[1]).store(read_report(Path(path), account()), source=Source.REPORT)
    print(number, flush=True)
    kill_at(sys.argv[2])
"""
)


def test_killed_in_the_middle_of_an_import(history: History, home: Path, tmp_path: Path) -> None:
    """What was told as stored is stored; the next import does the rest."""
    first, second = OLD["en"], write_report(replace(FETCHED, as_of=datetime(2026, 11, 23, 9, tzinfo=kst.KST)), tmp_path / "r.xlsx", "ko")
    assert said(python(KILLED, home, "COMMIT", "nothing", first, second)) == "0\n"
    assert [day.day for day in history.days(KEY)] == [20]
    assert said(python(KILLED, home, "nothing", "nothing", first, second)) == "0\n1\n"
    assert [day.day for day in history.days(KEY)] == [20, 23]
    stored = history.on_or_before(KEY, AS_OF.date())
    assert stored is not None
    assert (stored.as_of, stored.holdings, stored.source) == (AS_OF.replace(microsecond=0), FETCHED.holdings, Source.REPORT)


def test_every_kind_of_value_has_a_way_back() -> None:
    """What a report's cell is made of, each field of a holding, gives the value again."""
    given_ = demo(rows=5).holdings[0]
    tables = Tables({}, from_1904=False)
    for field in HOLDING_FIELDS:
        value = getattr(given_, field.key)
        shown = cell(field, value)
        raw = Decimal(shown) if isinstance(shown, int) else shown
        if field.kind is not Kind.DATE:
            assert _value(tables, field, raw, 1) == value  # type: ignore[arg-type]


def test_the_reports_of_a_folder_of_another_system(tmp_path: Path) -> None:
    """A name in any letters, a copy, a read-only file: a report is found by what is in it."""
    copy = tmp_path / "보고서 (1).XLSX"
    shutil.copy(OLD["ko"], copy)
    copy.chmod(0o400)
    assert re.search("보고서", copy.name)
    assert carried(read_report(copy, account())) == carried(FETCHED)
