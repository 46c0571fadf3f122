"""The workbook's file: read back part by part, and its formulas computed by LibreOffice over figures that are known."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

import kis_xl.udfs  # noqa: F401 (registers the functions)
from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.cli import COMMANDS
from kis_xl.errors import ConfigError
from kis_xl.excel import status, tables, vba
from kis_xl.excel.arguments import HOLDING_NAMES
from kis_xl.excel.options import read as read_options
from kis_xl.excel.ovba import ModuleKind, vba_project
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.view import View
from kis_xl.excel.workbook import Book, Edition, FunctionHelp, build, headline, write_sheets
from kis_xl.excel.workbook import __file__ as package
from kis_xl.excel.workbook.book import Looks
from kis_xl.excel.workbook.conf import conf_rows
from kis_xl.excel.workbook.edition import WORKBOOK_CODE_NAME, Name, Page
from kis_xl.excel.workbook.package import finished
from kis_xl.fields import HOLDING_FIELDS, Environment, Kind
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from tests.rows import holding_row, summary_row

KO = Edition()
EN = Edition("en")
LEGACY = Edition("ko", legacy=True)
PERSONAL = Edition("en", interpreter=r"C:\Program Files\파이썬 3\pythonw.exe")
EDITIONS = [pytest.param(KO, id="ko"), pytest.param(EN, id="en"), pytest.param(LEGACY, id="legacy"), pytest.param(PERSONAL, id="personal")]
HELP = (
    FunctionHelp("KIS_HOLDINGS", "보유종목", (("account", "계좌"), ("fields", "항목"), ("headers", "머리글"), ("options", "옵션"))),
    FunctionHelp("KIS_VERSION", "버전"),
    FunctionHelp("msg.blocked", "비우세요"),
)
MODULES = vba.modules(tuple(page.code_name for page in Page))

#: The contract's functions that a sheet may call: arguments at least, arguments at most.
ARGUMENTS = {
    "KIS_HOLDINGS": (0, 4),
    "KIS_SUMMARY": (0, 3),
    "KIS_VALUE": (2, 3),
    "KIS_STATUS": (0, 1),
    "KIS_ACCOUNTS": (0, 0),
    "KIS_HISTORY": (0, 4),
    "KIS_CHANGES": (0, 2),
    "KIS_VERSION": (0, 0),
}
MACROS = {"KisRefresh", "KisExport", "KisCopyValues", "KisCheck"}
CALLBACKS = {"KisRibbonRefresh", "KisRibbonExport", "KisRibbonCopyValues", "KisRibbonCheck", "KisRibbonStart"}
TABLES = {
    (Page.DASHBOARD, "P4", "KIS_STATUS"), (Page.DASHBOARD, "R4", "KIS_SUMMARY"), (Page.DASHBOARD, "S4", "KIS_HOLDINGS"),
    (Page.HOLDINGS, "A5", "KIS_HOLDINGS"), (Page.HOLDINGS, "AA5", "KIS_HOLDINGS"),
    (Page.ACCOUNT, "A5", "KIS_SUMMARY"), (Page.CHANGES, "A5", "KIS_CHANGES"),
    (Page.HISTORY, "A6", "KIS_HISTORY"), (Page.SETTINGS, "A15", "KIS_STATUS"), (Page.SETTINGS, "E6", "KIS_ACCOUNTS"),
    (Page.SETTINGS, "H2", "KIS_VERSION"),
}  # fmt: skip

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"


@lru_cache
def made(edition: Edition) -> bytes:
    return build(edition, MODULES, HELP)


@lru_cache
def parts(edition: Edition) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made(edition))) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def xml(edition: Edition, part: str) -> ET.Element:
    return ET.fromstring(parts(edition)[part])  # noqa: S314 (our own file)


def sheet_xml(edition: Edition, page: Page) -> ET.Element:
    return xml(edition, f"xl/worksheets/sheet{list(Page).index(page) + 1}.xml")


@lru_cache
def opened(edition: Edition) -> Any:
    return load_workbook(io.BytesIO(made(edition)), keep_vba=True)


def opened_sheet(edition: Edition, page: Page) -> Any:
    return opened(edition)[page.title.in_(edition.language)]


def formulas(edition: Edition) -> Iterator[tuple[Page, str, ET.Element, ET.Element]]:
    """Page, cell, the cell's element and the formula's."""
    for page in Page:
        for cell in sheet_xml(edition, page).iter(f"{MAIN}c"):
            formula = cell.find(f"{MAIN}f")
            if formula is not None:
                yield page, cell.attrib["r"], cell, formula


def corners(area: str) -> tuple[int, int, int, int]:
    """First column, first row, last column, last row, from 1."""
    left, top, right, bottom = range_boundaries(area)
    return int(left or 0), int(top or 0), int(right or 0), int(bottom or 0)


def calls(formula: str) -> Iterator[tuple[str, int]]:
    """The functions of ours in a formula, and how many arguments each gets."""
    for found in re.finditer(r"\b(KIS_\w+)\(", formula):
        depth, count, place, quoted = 1, 0, found.end(), False
        start = place
        while depth:
            character = formula[place]
            if character == '"':
                quoted = not quoted
            elif not quoted:
                depth += (character in "({") - (character in ")}")
                count += character == "," and depth == 1
            place += 1
        yield found[1], count + 1 if formula[start : place - 1].strip() else 0


# ── the package ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_part_is_well_formed_typed_and_related(edition: Edition) -> None:
    content = xml(edition, "[Content_Types].xml")
    defaults = {entry.attrib["Extension"] for entry in content.iter(f"{TYPES}Default")}
    overrides = {entry.attrib["PartName"] for entry in content.iter(f"{TYPES}Override")}
    reached = {"[Content_Types].xml"}
    for name, data in parts(edition).items():
        if name.endswith((".xml", ".rels", ".vml")):
            ET.fromstring(data)  # noqa: S314 (our own file)
        assert f"/{name}" in overrides or name.rpartition(".")[2] in defaults or name in reached, name
        if not name.endswith(".rels"):
            continue
        reached.add(name)
        base = PurePosixPath(name).parent.parent
        related = list(xml(edition, name).iter(f"{PACKAGE}Relationship"))
        assert len({entry.attrib["Id"] for entry in related}) == len(related)
        for entry in related:
            if entry.attrib.get("TargetMode") != "External":
                reached.add(os.path.normpath(base / entry.attrib["Target"]).replace("\\", "/").lstrip("/"))
    assert overrides <= {f"/{name}" for name in parts(edition)}
    assert reached == set(parts(edition))


def test_two_builds_are_the_same_bytes() -> None:
    for edition in (KO, LEGACY):
        assert build(edition, MODULES, HELP) == made(edition)
    code = (
        "import hashlib; from tests.test_workbook import HELP, KO, MODULES, build; "
        "print(hashlib.sha256(build(KO, MODULES, HELP)).hexdigest())"
    )
    sums = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Seoul")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True
        )
        sums.add(done.stdout)
    assert len(sums) == 1


def test_the_archive_says_nothing_of_when_and_where_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(made(KO))) as archive:
        entries = archive.infolist()
    assert {(entry.compress_type, entry.date_time, entry.create_system, entry.external_attr) for entry in entries} == {
        (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 0, 0o600 << 16)
    }
    names = [entry.filename for entry in entries]
    assert names == ["[Content_Types].xml", *sorted(names[1:])]


@pytest.mark.parametrize("edition", EDITIONS)
def test_code_names_are_those_of_the_vba_modules(edition: Edition) -> None:
    kinds = {module.name: module.kind for module in MODULES}
    properties = xml(edition, "xl/workbook.xml").find(f"{MAIN}workbookPr")
    assert properties is not None
    assert properties.attrib["codeName"] == WORKBOOK_CODE_NAME
    assert kinds[WORKBOOK_CODE_NAME] is ModuleKind.WORKBOOK
    names = []
    for page in Page:
        found = sheet_xml(edition, page).find(f"{MAIN}sheetPr")
        assert found is not None
        names.append(found.attrib["codeName"])
    assert names == [page.code_name for page in Page]
    assert set(names) == {name for name, kind in kinds.items() if kind is ModuleKind.WORKSHEET}
    assert parts(edition)["xl/vbaProject.bin"] == vba_project(MODULES)


@pytest.mark.parametrize("edition", EDITIONS)
def test_openpyxl_reads_it(edition: Edition) -> None:
    book = opened(edition)
    assert book.sheetnames == [page.title.in_(edition.language) for page in Page]
    assert [sheet.sheet_state for sheet in book] == ["visible"] * 7 + ["hidden"] * 2
    assert book.sheetnames[-1] == "xlwings.conf"
    assert book.vba_archive.read("xl/vbaProject.bin") == vba_project(MODULES)
    for sheet in book.worksheets[:7]:
        assert (sheet.page_setup.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)
        assert sheet.sheet_view.showGridLines is False
    for page, places in ((Page.HOLDINGS, "C6"), (Page.ACCOUNT, "A5"), (Page.CHANGES, "C6"), (Page.HISTORY, "A7")):
        assert opened_sheet(edition, page).freeze_panes == places


# ── names, formulas, tables ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("edition", EDITIONS)
def test_defined_names_lead_to_cells_that_exist(edition: Edition) -> None:
    book = opened(edition)
    assert set(book.defined_names) == {name.value for name in Name}
    values = {}
    for name, entry in book.defined_names.items():
        ((sheet, cell),) = entry.destinations
        assert re.fullmatch(r"\$[A-Z]+\$\d+", cell)
        values[name] = book[sheet][cell].value
    assert values["KisLanguage"] == edition.language
    assert values["KisRefreshOnOpen"] is False
    assert values["KisInterval"] == 0
    assert (values["KisAccount"], values["KisOptions"], values["KisSince"], values["KisHistoryStart"]) == (None, None, None, None)
    assert values["KisHistoryField"] == ("총평가금액" if edition.language == "ko" else "Total valuation")


@pytest.mark.parametrize("edition", EDITIONS)
def test_inputs_offer_what_they_take(edition: Edition) -> None:
    rules = {
        str(rule.sqref): (rule.type, rule.formula1)
        for sheet in opened(edition).worksheets
        for rule in sheet.data_validations.dataValidation
        if sheet.title == Page.SETTINGS.title.in_(edition.language)
    }
    assert rules["B8"] == ("list", '"ko,en"')
    assert rules["B9"] == ("list", '"TRUE,FALSE"')
    assert rules["B10"] == ("list", '"0,1,3,5,10,15,30,60"')
    assert rules["B6"] == ("list", "$E$7:$E$26")
    assert [str(rule.sqref) for rule in opened_sheet(edition, Page.CHANGES).data_validations.dataValidation] == ["B3"]
    offered = next(rule.formula1 for rule in opened_sheet(edition, Page.HISTORY).data_validations.dataValidation if str(rule.sqref) == "B3")
    assert opened_sheet(edition, Page.HISTORY)["B3"].value == offered.strip('"').split(",")[0]


@pytest.mark.parametrize("edition", EDITIONS)
def test_formulas_call_functions_of_the_contract_with_names_that_exist(edition: Edition) -> None:
    seen = set()
    for page, cell, _, element in formulas(edition):
        formula = element.text or ""
        assert all(len(text) <= 255 for text in re.findall(r'"((?:[^"]|"")*)"', formula)), formula
        for name in re.findall(r"\bKis\w+", re.sub(r'"[^"]*"', "", formula)):
            assert name in {known.value for known in Name}
        for function, count in calls(formula):
            least, most = ARGUMENTS[function]
            assert least <= count <= most, formula
            seen.add((page, cell, function))
    assert seen == TABLES


def test_what_the_sheets_take_for_granted_is_so() -> None:
    """The contract's arguments, and the rows of KIS_STATUS by their places: other modules decide both."""
    assert {name: len(FUNCTIONS[name].arguments) for name in ARGUMENTS} == {name: most for name, (_, most) in ARGUMENTS.items()}
    captions = "Status/As of/Age (minutes)/Environment/Account/Rows/Pages/Checks/Parameters/Last attempt/Last error/What to do"
    assert [caption.en for caption in status._CAPTIONS[: len(headline.ROWS)]] == captions.split("/")
    assert len(status._CAPTIONS) == len(STATUS) == 15
    assert 'Text("정상", "OK")' in Path(status.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("edition", EDITIONS)
def test_tables_are_dynamic_or_fixed_and_hold_no_figures(edition: Edition) -> None:
    """An array formula that XlsxWriter writes by itself is full of zeros, which would look like figures."""
    spans = {}
    for page, _, cell, formula in formulas(edition):
        if "KIS_" not in (formula.text or ""):
            continue
        assert formula.attrib["t"] == "array"
        assert (cell.attrib["t"], cell.findtext(f"{MAIN}v")) == ("str", "")
        assert ("cm" in cell.attrib) is not edition.legacy
        column, row, last_column, last_row = corners(formula.attrib["ref"])
        spans[page, str(formula.attrib["ref"]).partition(":")[0]] = (last_row - row + 1, last_column - column + 1)
        within = [
            other
            for other in sheet_xml(edition, page).iter(f"{MAIN}c")
            if other.attrib["r"] != cell.attrib["r"]
            if column <= corners(other.attrib["r"])[0] <= last_column and row <= corners(other.attrib["r"])[1] <= last_row
        ]
        assert all(other.find(f"{MAIN}v") is None for other in within)
    if edition.legacy:
        assert (spans[Page.HOLDINGS, "A5"], spans[Page.CHANGES, "A5"]) == ((301, 26), (301, 15))
        assert (spans[Page.HISTORY, "A6"], spans[Page.ACCOUNT, "A5"], spans[Page.SETTINGS, "A15"]) == ((2601, 2), (24, 3), (15, 2))
    else:
        assert set(spans.values()) == {(1, 1)}
    assert ("xl/metadata.xml" in parts(edition)) is not edition.legacy


def test_nothing_stands_where_a_table_may_grow() -> None:
    """Below each table up to the end of the sheet, and right of it as far as it goes, cells are blank."""
    widths = {"KIS_HOLDINGS": 26, "KIS_CHANGES": 15, "KIS_HISTORY": 2, "KIS_ACCOUNTS": 4, "KIS_STATUS": 2, "KIS_VERSION": 1}
    for page, anchor, function in TABLES - {(Page.ACCOUNT, "A5", "KIS_SUMMARY"), (Page.DASHBOARD, "R4", "KIS_SUMMARY")}:
        sheet = opened_sheet(KO, page)
        column, row = corners(anchor)[:2]
        width = 6 if (page, function) == (Page.DASHBOARD, "KIS_HOLDINGS") else widths[function]
        depth = 1 if function == "KIS_VERSION" else sheet.max_row - row + 1
        cells = [sheet.cell(row + down, column + right) for down in range(depth) for right in range(width)]
        assert [cell.coordinate for cell in cells if cell.value is not None] == [anchor]


def test_the_legacy_edition_hides_what_array_formulas_leave_over() -> None:
    """They fill the rest of their range with #N/A. The first cell, which says that a function failed, stays."""
    rules = {
        (page, str(area.sqref)): [rule.formula[0] for rule in area.rules]
        for page in (Page.HOLDINGS, Page.CHANGES, Page.HISTORY, Page.ACCOUNT, Page.SETTINGS)
        for area in opened_sheet(LEGACY, page).conditional_formatting
    }
    assert "AND(ISERROR(A5),ROW(A5)+COLUMN(A5)>6)" in rules[Page.HOLDINGS, "A5:Z305"]
    assert "AND(ISERROR(E6),ROW(E6)+COLUMN(E6)>11)" in rules[Page.SETTINGS, "E6:H26"]
    assert not any("ISERROR" in rule for area in opened_sheet(KO, Page.HOLDINGS).conditional_formatting for rule in area.rules[0].formula)


def test_a_first_day_is_told_in_words() -> None:
    texts = {page: formula.text or "" for page, cell, _, formula in formulas(KO) if cell in ("A5", "A6")}
    assert "_xlfn.IFNA(KIS_CHANGES(KisSince,KisWhole)," in texts[Page.CHANGES]
    assert "내일부터 표시됩니다" in texts[Page.CHANGES]
    assert "_xlfn.IFNA(KIS_HISTORY(" in texts[Page.HISTORY]
    legacy = {(page, cell): formula.text or "" for page, cell, _, formula in formulas(LEGACY)}
    assert legacy[Page.CHANGES, "A5"] == "KIS_CHANGES(KisSince,KisWhole)"  # wrapped, it would say so in 4,515 cells
    assert "내일부터 표시됩니다" in legacy[Page.CHANGES, "A4"]
    assert "IF(ISNA(A6)" in legacy[Page.HISTORY, "A5"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_holdings_columns_have_the_formats_of_their_fields(edition: Edition) -> None:
    styles = xml(edition, "xl/styles.xml")
    codes = {entry.attrib["numFmtId"]: entry.attrib["formatCode"] for entry in styles.iter(f"{MAIN}numFmt")}
    formats = [entry.attrib["numFmtId"] for entry in styles.iterfind(f"{MAIN}cellXfs/*")]
    shown: dict[int, str] = {}
    for entry in sheet_xml(edition, Page.HOLDINGS).iter(f"{MAIN}col"):
        for column in range(int(entry.attrib["min"]), int(entry.attrib["max"]) + 1):
            shown[column] = codes.get(formats[int(entry.attrib["style"])], "General")
    texts = (Kind.CODE, Kind.TEXT, Kind.FLAG)
    assert [shown[place] for place in range(1, 27)] == [
        "General" if field.kind in texts else field.kind.number_format for field in HOLDING_FIELDS
    ]


@pytest.mark.parametrize("edition", EDITIONS)
def test_charts_read_cells_of_this_workbook(edition: Edition) -> None:
    names = [name for name in parts(edition) if name.startswith("xl/charts/chart")]
    assert len(names) == 3
    for name in names:
        text = parts(edition)[name].decode()
        references = re.findall(r"<c:f>'([^']+)'!([^<]+)</c:f>", text)
        assert len(references) >= 2
        assert {sheet for sheet, _ in references} <= set(opened(edition).sheetnames)
        assert "#N/A" not in text
        assert '<c:plotVisOnly val="1"/>' not in text  # their cells stand in hidden columns


def test_the_font_is_not_the_themes() -> None:
    """With a scheme Excel takes the theme's font, whatever name is given."""
    fonts = xml(KO, "xl/styles.xml").findall(f"{MAIN}fonts/*")
    assert fonts
    for font in fonts:
        assert font.find(f"{MAIN}scheme") is None
        assert [name.attrib for name in font.iterfind(f"{MAIN}name")] in ([{"val": "맑은 고딕"}], [])
        assert font.find(f"{MAIN}charset") is not None


# ── buttons, ribbon, texts ───────────────────────────────────────────────────────────────────────────────────────────


def _subs() -> set[str]:
    return {name for module in MODULES for name in re.findall(r"^(?:Public )?Sub (\w+)", module.source, re.MULTILINE)}


@pytest.mark.parametrize("edition", EDITIONS)
def test_buttons_run_macros_that_exist(edition: Edition) -> None:
    found: dict[str, list[str]] = {}
    for name, data in parts(edition).items():
        if name.endswith(".vml"):
            found[name] = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", data.decode())
    assert sorted(map(len, found.values())) == [2, 2, 3, 3, 3, 3, 3]
    assert {macro for macros in found.values() for macro in macros} == MACROS
    assert _subs() >= MACROS


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_ribbon_calls_macros_that_exist(edition: Edition) -> None:
    root = xml(edition, "customUI/customUI14.xml")
    schema = "{http://schemas.microsoft.com/office/2009/07/customui}"
    assert root.tag == f"{schema}customUI"
    buttons = list(root.iter(f"{schema}button"))
    assert {button.attrib["onAction"] for button in buttons} == CALLBACKS
    assert _subs() >= CALLBACKS
    assert [group.attrib["id"] for group in root.iter(f"{schema}group")] == ["kisData", "kisReport", "kisHelp"]
    assert all({"label", "screentip", "supertip", "imageMso", "size"} <= set(button.attrib) for button in buttons)
    assert len({button.attrib["id"] for button in buttons}) == len(buttons)
    (entry,) = [entry for entry in xml(edition, "_rels/.rels") if entry.attrib["Target"] == "customUI/customUI14.xml"]
    assert entry.attrib["Type"] == "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    hangul = any(re.search("[가-힣]", button.attrib["supertip"]) for button in buttons)
    assert hangul is (edition.language == "ko")


def _text_pairs() -> Iterator[tuple[str, str, str]]:
    for path in sorted(Path(package).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                values = [part.value for part in node.args if isinstance(part, ast.Constant)]
                if len(values) == 2:
                    yield path.name, str(values[0]), str(values[1])


def test_every_text_is_there_in_both_languages() -> None:
    pairs = list(_text_pairs())
    assert len(pairs) > 80
    for name, korean, english in pairs:
        assert bool(korean.strip()) is bool(english.strip()), (name, korean, english)
        if korean.startswith("In English:"):  # the start page's paragraph for readers of the other language
            continue
        assert not re.search("[가-힣]", english), (name, english)
        assert korean == english or re.search("[가-힣]", korean), (name, korean)


def test_an_english_workbook_is_in_english() -> None:
    korean = [text for text in xml(EN, "xl/sharedStrings.xml").itertext() if re.search("[가-힣]", text) and "kis-xl workbook" not in text]
    assert [
        text for text in korean if text not in {part for row in HELP for part in (row.description, *(said for _, said in row.arguments))}
    ] == []
    assert not any(re.search("[가-힣]", (formula.text or "").replace('"정상"', "")) for _, _, _, formula in formulas(EN))


def _start(edition: Edition) -> str:
    return "\n".join(str(cell.value) for row in opened_sheet(edition, Page.START).iter_rows() for cell in row if cell.value is not None)


def test_the_start_page_says_what_to_do() -> None:
    for edition in (KO, EN, LEGACY, PERSONAL):
        text = _start(edition)
        assert set(re.findall(r"kis-xl (\w+)", text)) <= set(COMMANDS), "names a command that is not there"
        for word in ("#NAME?", "#N/A", "#VALUE!", "#SPILL!", "Mac", "OneDrive", "kis-xl setup", "kis-xl doctor", "KIS_STATUS"):
            assert word in text
        assert ("pip install" in text) is not edition.personal
        assert ("xlwings addin install" in text) is not edition.personal
        assert ("--legacy" in text) is not edition.legacy
    links = [cell.hyperlink.location for row in opened_sheet(EN, Page.START).iter_rows() for cell in row if cell.hyperlink]
    assert [link.split("!")[0].strip("'") for link in links] == [page.title.en for page in list(Page)[1:7]]


# ── the hidden sheets ────────────────────────────────────────────────────────────────────────────────────────────────


def _conf(edition: Edition) -> list[tuple[str, str | None]]:
    return [(row[0].value, row[1].value or None) for row in opened_sheet(edition, Page.CONF).iter_rows(max_col=2)]


SETTLED = [("UDF MODULES", "kis_xl.udfs"), ("ADD_WORKBOOK_TO_PYTHONPATH", "False"), ("USE UDF SERVER", "True"), ("SHOW CONSOLE", "False")]
NO_OTHERS = [("CONDA PATH", None), ("CONDA ENV", None), ("DEBUG UDFS", "False")]


def test_the_conf_sheet_says_how_to_start_python() -> None:
    assert _conf(KO) == SETTLED
    windows = [("INTERPRETER_WIN", PERSONAL.interpreter), ("PYTHONPATH", None)]
    assert _conf(PERSONAL) == [*windows, *SETTLED, *NO_OTHERS]
    kinds = {cell.attrib.get("t") for cell in sheet_xml(PERSONAL, Page.CONF).iter(f"{MAIN}c")}
    assert kinds == {"s"}  # a true Boolean would become text in the language of Excel


@pytest.mark.parametrize(
    ("interpreter", "key"),
    [
        (r"C:\Users\홍길동\내 문서\pythonw.exe", "INTERPRETER_WIN"),
        (r"\\server\share\python\pythonw.exe", "INTERPRETER_WIN"),
        (r"D:\100% 완료\pythonw.exe", "INTERPRETER_WIN"),
        (r"D:\50%\done 100%\pythonw.exe", "INTERPRETER_WIN"),
        (r"D:\a & b (x86)\pythonw.exe", "INTERPRETER_WIN"),
        ("/Users/홍길동/Library/a %PATH% b/bin/python", "INTERPRETER_MAC"),
    ],
)
def test_any_path_of_an_interpreter_survives(interpreter: str, key: str) -> None:
    edition = Edition("ko", interpreter=interpreter)
    rows = dict(_conf(edition))
    assert rows[key] == interpreter
    assert len([name for name in rows if name.startswith("INTERPRETER")]) == 1


def test_a_path_that_xlwings_would_change_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        conf_rows(Edition("ko", interpreter=r"C:\x%PATH%y\pythonw.exe"))
    assert "percent" in caught.value.hint.en


def test_the_help_sheet_holds_texts_and_tables_without_a_gap() -> None:
    rows = [[cell.value for cell in row if cell.value is not None] for row in opened_sheet(KO, Page.HELP).iter_rows()]
    assert rows[:3] == [[row.name, row.description, *(text for _, text in row.arguments)] for row in HELP]
    listed = {str(row[0]).removeprefix("table."): str(row[1]) for row in rows[3:]}
    firsts = {place.partition(":")[0]: formula for place, formula in listed.items()}
    assert set(firsts) == {f"{page.title.ko}!{cell}" for page, cell, _ in TABLES}
    assert "보유종목!A5:Z305" in listed  # how wide a table is, too
    written = {f"{page.title.ko}!{cell}": formula.text or "" for page, cell, _, formula in formulas(KO)}
    assert {place: formula.removeprefix("=") for place, formula in firsts.items()} == {place: written[place] for place in firsts}
    for wrong in (FunctionHelp("KIS_X", "x" * 256), FunctionHelp("KIS_X", "x", (("a", ""),))):
        with pytest.raises(ValueError, match="KIS_X"):
            build(KO, MODULES, [wrong])


# ── with figures ─────────────────────────────────────────────────────────────────────────────────────────────────────

AS_OF = kst.now().replace(microsecond=0) - timedelta(minutes=135)
STATUS = ["정상", AS_OF.replace(tzinfo=None), 135.0, "실전투자", "8765****-22", 12.0, 1.0, "6/6", "", "", "", "", "", "", "kis_xl 1"]
FAILED = ["새로고침 실패: 이전 자료를 보여 줍니다", *STATUS[1:10], "NETWORK: 연결할 수 없습니다", "인터넷 연결을 확인하세요.", *STATUS[12:]]


def balance(count: int = 12) -> Balance:
    """`count` stocks worth 1, 2, 3 ... million; the odd ones lose 10,000, the others gain 20,000."""
    rows = [
        holding_row(
            pdno=f"{number:06d}", prdt_name=f"종목{number}", hldg_qty="10", prpr="100", evlu_amt=str(number * 1_000_000),
            evlu_pfls_amt="-10000" if number % 2 else "20000", evlu_pfls_rt="-1.00" if number % 2 else "2.00",
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    securities = sum(range(1, count + 1)) * 1_000_000
    totals = summary_row(
        scts_evlu_amt=str(securities), prvs_rcdl_excc_amt="22000000", tot_evlu_amt=str(securities + 22_000_000), nass_amt="99",
        pchs_amt_smtl_amt="50000000", evlu_pfls_smtl_amt="60000", dnca_tot_amt="22000001", bfdy_tot_asst_evlu_amt="0", asst_icdc_amt="-5",
    )  # fmt: skip
    holdings = tuple(read_holdings(rows)[0])
    return Balance(AccountNumber.parse("87651234-22"), "a", Environment.REAL, AS_OF, holdings, read_summary(totals)[0], 1, {})


class Filled(Book):
    """A workbook in which values stand where functions would fill tables: something to compute with, and to look at."""

    def __init__(self, edition: Edition, status: list[Any], shown: Balance, days: int = 3) -> None:
        super().__init__(edition)
        self._status, self._view, self._days = status, View(shown), days

    def table(self, page: Page, area: str, formula: str, looks: Looks, *, painted: int | None = None) -> None:
        column, row = corners(area)[:2]
        for down, values in enumerate(self._values(page, formula)):
            for right, value in enumerate(values):
                self.sheet(page).write(row - 1 + down, column - 1 + right, value, self.style(looks(down, right)))

    def _values(self, page: Page, formula: str) -> list[list[Any]]:
        language = self.edition.language
        if "KIS_STATUS" in formula:
            return [["", value] for value in self._status]
        if "KIS_SUMMARY" in formula:
            return tables.summary(self._view, tuple(range(24)), 0 if page is Page.DASHBOARD else 2, language)
        if "KIS_HOLDINGS" in formula:
            keys, options = re.findall('"(.*?)"', formula) if page is Page.DASHBOARD else ("", "")
            return tables.holdings(self._view, HOLDING_NAMES.places(keys), int(page is Page.HOLDINGS), read_options(options), language)
        if "KIS_HISTORY" in formula:
            return [["", ""], *([datetime(2026, 1, 1 + day), 100.0 + day] for day in range(self._days))]  # noqa: DTZ001
        return [[""]]


SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not here to compute the sheets' formulas")


def computed(book: Filled, folder: Path) -> Any:
    """The workbook as LibreOffice computes it."""
    write_sheets(book, HELP)
    (folder / "in.xlsm").write_bytes(finished(book.finish(vba_project(MODULES)), "ko"))
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>'
        "</item>"
        "</oor:items>"
    )
    where = f"-env:UserInstallation={profile.parent.as_uri()}"
    command = [SOFFICE or "", "--headless", "--norestore", where, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder)]
    # a clean environment: a virtual environment's Python in PATH breaks LibreOffice's own
    subprocess.run(
        [*command, str(folder / "in.xlsm")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TZ": "Asia/Seoul"},
        check=True,
        capture_output=True,
    )
    return load_workbook(folder / "in.xlsx", data_only=True)


@needs_office
def test_the_dashboard_computes_what_it_says(tmp_path: Path) -> None:
    book = computed(Filled(KO, STATUS, balance()), tmp_path)
    sheet = book["대시보드"]
    assert sheet["B3"].value == f"8765****-22  ·  실전투자  ·  {AS_OF:%Y-%m-%d %H:%M}  (2시간 전)"
    assert sheet["B5"].value == "정상  ·  검산 6/6  ·  보유 행 12"
    assert [sheet[cell].value for cell in ("B8", "D8", "F8", "H8")] == [100_000_000, 99, 60_000, 0.0012]
    assert [sheet[cell].value for cell in ("B11", "D11", "F11", "H11")] == [50_000_000, 22_000_001, -5, "–"]  # nothing to divide by
    assert [sheet.cell(16, column).value for column in range(2, 10)] == ["■", "종목12", 10, 100, 12_000_000, 0.12, 20_000, 0.02]
    assert [sheet.cell(25, column).value for column in range(2, 10)] == ["■", "종목3", 10, 100, 3_000_000, 0.03, -10_000, -0.01]
    assert [sheet.cell(26, column).value for column in (3, 6, 7, 8)] == ["그 밖의 종목", 3_000_000, 0.03, 10_000]
    assert [sheet.cell(27, column).value for column in (3, 6, 7)] == ["예수금 (D+2)", 22_000_000, 0.22]
    assert [sheet.cell(28, column).value for column in (3, 6, 7, 8, 9)] == ["합계", 100_000_000, 1, 60_000, 0.0012]
    assert sum(sheet.cell(row, 6).value for row in range(16, 28)) == 100_000_000
    slices = [sheet[f"Y{row}"].value for row in range(4, 16)]
    assert slices == [sheet.cell(row, 6).value for row in range(16, 28)]
    assert [(sheet[f"Z{row}"].value, sheet[f"AA{row}"].value) for row in (4, 5)] == [(20_000, 0), (0, -10_000)]
    assert book["보유종목"]["A2"].value == sheet["B3"].value
    assert book["보유종목"]["A3"].value == "조회 옵션 (설정 시트에서 바꿉니다): 없음"


@needs_office
def test_figures_grow_old_though_nothing_is_asked_again(tmp_path: Path) -> None:
    """A workbook that was saved just after a refresh and is opened days later: KIS_STATUS still says what it said then."""
    then = AS_OF.replace(tzinfo=None) - timedelta(days=3)
    sheet = computed(Filled(KO, [STATUS[0], then, 0.0, *STATUS[3:]], balance()), tmp_path)["대시보드"]
    assert sheet["B3"].value.endswith("(3일 전)")
    assert sheet["B5"].value == "하루가 지난 자료입니다: 새로고침 하세요"


@needs_office
def test_a_failed_refresh_is_told_and_few_holdings_leave_blanks(tmp_path: Path) -> None:
    book = computed(Filled(KO, FAILED, balance(2), days=20), tmp_path)
    sheet = book["대시보드"]
    said = "새로고침 실패: 이전 자료를 보여 줍니다  –  NETWORK: 연결할 수 없습니다  →  인터넷 연결을 확인하세요."
    assert sheet["B5"].value == said
    assert book["계좌"]["A2"].value == said
    assert sheet["B8"].value == 25_000_000  # the last good figures stay
    assert [sheet.cell(18, column).value or "" for column in range(2, 10)] == [""] * 8
    assert sheet["F26"].value == 0
    history = book["추이"]
    assert history["Q5"].value == 20
    points = [(history[f"R{row}"].value, history[f"S{row}"].value) for row in range(7, 257)]
    assert points == sorted(points)
    assert [value for _, value in sorted(set(points))] == [100.0 + day for day in range(20)]  # every day is among them


@needs_office
def test_what_cannot_be_computed_is_a_dash_and_the_reason_stands_above(tmp_path: Path) -> None:
    """Macros are not run here, so all functions fail."""

    class Bare(Filled):
        table = Book.table

    book = computed(Bare(EN, [], balance(0)), tmp_path)
    sheet = book["Dashboard"]
    shown = [cell.value for row in sheet.iter_rows(min_row=1, max_row=30, max_col=15) for cell in row if cell.value is not None]
    assert [sheet[cell].value for cell in ("B8", "H11", "C16", "F26", "F28", "I28")] == ["–"] * 6
    assert not [value for value in shown if str(value).startswith("#")]
    assert sheet["AB4"].value == 2
    assert sheet["B5"].value in {
        "The functions are not loaded: macros are blocked, or the installation is not complete. The Start sheet says what to do.",
        "The account is not known. Check it on the Settings sheet (blank: the default one).",  # LibreOffice's error for a blocked macro
    }
    assert book["History"]["Q5"].value == 0


def test_before_anything_is_computed_the_dashboard_says_which_buttons_to_press() -> None:
    """Protected View shows what is cached."""
    languages: tuple[tuple[Edition, Language], ...] = ((KO, "ko"), (EN, "en"))
    for edition, language in languages:
        cached = {cell.attrib["r"]: cell.findtext(f"{MAIN}v") for page, _, cell, _ in formulas(edition) if page is Page.DASHBOARD}
        assert ("편집 사용" if language == "ko" else "Enable Editing") in str(cached["B5"])
        assert {cached[cell] for cell in ("B8", "D8", "F8", "H8", "B11", "D11", "F11", "H11", "C16", "F28")} == {"–"}
