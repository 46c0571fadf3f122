"""The workbook as its user has it: formulas and buttons, through its own VBA, to the functions and the simulator over HTTP.

LibreOffice stands in for Excel (`tests/calc`). Its Calc knows no spilling, so the sheets are those of the edition for older
Excel, whose tables are array formulas; the VBA is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kis_xl import udfs
from kis_xl.excel import macros, session, vba
from kis_xl.excel.helptexts import MESSAGES, help_rows
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.workbook import Edition, build
from kis_xl.excel.workbook.edition import Page
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment
from kis_xl.simulator import Fault, SimAccount, Simulator, demo_account
from tests.broker_kit import inquiries, simulated
from tests.calc import com
from tests.calc.client import Calc, CellError, Workbook
from tests.excel_kit import forget
from tests.test_cli import point_at

pytest_plugins = ["tests.calc.fixture"]

NOT_AVAILABLE, WRONG = CellError("#N/A"), CellError("#VALUE!")
ROWS = 60


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = build(Edition("ko", legacy=True), vba.modules(tuple(page.code_name for page in Page)), help_rows("ko"))
    path = tmp_path_factory.mktemp("excel") / "내 잔고 KISBalance.xlsm"
    path.write_bytes(made)
    return path


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """What the account holds, as the service prints it: a test may change it, as a market does."""
    return demo_account(Environment.REAL, rows=ROWS).holdings()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]]) -> Iterator[Simulator]:
    like = demo_account(Environment.REAL, rows=ROWS)
    account = SimAccount(like.number, like.appkey, like.appsecret, given_rows=rows, given_summary=like.summary())
    with simulated(account) as simulator:
        point_at(monkeypatch, simulator, Environment.REAL)
        monkeypatch.setenv("KIS_XL_READ_TIMEOUT", "5")
        monkeypatch.setenv("KIS_XL_LANG", "ko")
        yield simulator
    session.speak(None)


@pytest.fixture
def book(calc: Calc, running: Simulator, path: Path) -> Workbook:
    calc.declare({name: {part.name: 2 for part in entry.arguments if part.table} for name, entry in FUNCTIONS.items()})
    return calc.open(path)


@pytest.fixture
def shows(book: Workbook) -> Callable[[str], Any]:
    """Type a formula into a free cell; its value."""

    def typed(formula: str) -> Any:
        book.set_formula("설정", "Z99", formula)
        return book.cell("설정", "Z99").value

    return typed


def test_the_sheets_show_the_account(book: Workbook, running: Simulator) -> None:
    expected = udfs.KIS_HOLDINGS()
    shown = book.block("보유종목", f"A5:Z{5 + ROWS}")
    assert [[com.serial(value) if hasattr(value, "year") else value for value in row] for row in expected] == [
        ["" if value is None else value for value in row] for row in shown
    ]
    assert shown[0] == [field.ko for field in HOLDING_FIELDS]
    assert [row[:3] for row in book.block("계좌", "A5:C28")] == udfs.KIS_SUMMARY(None, None, 2)
    # one look at the service serves every cell of every sheet
    assert len(inquiries(running)) == 2


def test_the_dashboard_sums_it_up(book: Workbook) -> None:
    figures = {field.key: value for field, (_, value) in zip(SUMMARY_FIELDS, udfs.KIS_SUMMARY(), strict=True)}
    values = [value for row in book.block("대시보드", "A1:O40") for value in row]
    for key in ("tot_evlu_amt", "nass_amt", "dnca_tot_amt", "evlu_pfls_smtl_amt"):
        assert figures[key] in values, key
    largest = udfs.KIS_HOLDINGS(None, "prdt_name", 0, "by=stock; zero=hide; sort=-evlu_amt; top=10")
    assert all(name in values for (name,) in largest)
    assert not any(isinstance(value, CellError) for value in values)


@pytest.mark.parametrize(
    "formula",
    [
        'KIS_VALUE("005930","evlu_amt")',
        'KIS_VALUE(5930,"평가금액")',
        'KIS_VALUE("A005930","Valuation")',
        'KIS_VALUE("삼성전자","evlu_amt")',
        "KIS_VALUE(보유종목!A6,보유종목!M5)",
    ],
)
def test_one_value_however_it_is_asked_for(shows: Callable[[str], Any], formula: str) -> None:
    assert shows(f"={formula}") == udfs.KIS_VALUE("005930", "evlu_amt")


def test_a_range_of_codes_is_one_call(book: Workbook, calc: Calc) -> None:
    calc.host.calls.clear()
    book.set_formula("보유종목", "AD10", "=KIS_VALUE(A6:A15,L5:M5)", "AD10:AE19")
    codes = [row[0] for row in book.block("보유종목", "A6:A15")]
    assert book.block("보유종목", "AD10:AE19") == [[udfs.KIS_VALUE(code, key) for key in ("prpr", "evlu_amt")] for code in codes]
    assert [call[1] for call in calc.host.calls].count("KIS_VALUE") == 1


def test_errors_are_true_ones_and_status_says_why(shows: Callable[[str], Any], book: Workbook) -> None:
    assert shows('=KIS_SUMMARY("","없는 항목")') == WRONG
    assert shows('=KIS_HOLDINGS("없는 계좌")') == WRONG
    assert shows('=KIS_VALUE("999999","evlu_amt")') == NOT_AVAILABLE
    assert shows('=SUM(KIS_HOLDINGS("","","","top=none"))') == WRONG
    assert shows('=IFERROR(KIS_VALUE("999999","evlu_amt"),-1)') == -1
    assert shows('=KIS_VALUE("005930","evlu_amtt")') == WRONG
    status = dict(udfs.KIS_STATUS())
    assert "evlu_amtt" in status["수식 오류"]
    assert "evlu_amt (평가금액)" in status["수식 오류"]
    book.set_formula("설정", "Z20", '=KIS_VALUE({"005930";"999999"},"prpr")', "Z20:Z21")
    price, missing = (row[0] for row in book.block("설정", "Z20:Z21"))
    assert price == udfs.KIS_VALUE("005930", "prpr")
    assert missing == NOT_AVAILABLE


def test_every_function_is_there(shows: Callable[[str], Any]) -> None:
    assert shows("=KIS_VERSION()") == udfs.KIS_VERSION()
    assert shows("=KIS_PING()").startswith("OK: ")
    assert shows("=INDEX(KIS_FIELDS(),2,1)") == "pdno"
    assert shows("=INDEX(KIS_ACCOUNTS(),2,1)") == "env"
    assert shows("=INDEX(KIS_STATUS(),1,2)") == "정상"
    assert shows('=INDEX(KIS_HISTORY("tot_evlu_amt"),2,2)') == udfs.KIS_SUMMARY(None, "tot_evlu_amt")
    assert shows("=KIS_CHANGES()") == NOT_AVAILABLE  # the first day has nothing to compare with


def test_the_refresh_button_changes_all_cells(calc: Calc, book: Workbook, running: Simulator, rows: list[dict[str, str]]) -> None:
    before, pages = book.block("보유종목", f"A6:Z{5 + ROWS}"), len(inquiries(running))
    rows[0] |= {"hldg_qty": "777", "prdt_name": "이름이 바뀐 종목"}
    assert book.block("보유종목", f"A6:Z{5 + ROWS}") == before
    running.add_fault(Fault("slow:0.5"))
    book.press("대시보드", "새로고침")
    assert book.cell("보유종목", "B6").value == "이름이 바뀐 종목"
    assert book.cell("보유종목", "H6").value == 777
    assert len(inquiries(running)) == pages + 2
    assert not calc.messages
    assert "/2 페이지" in calc.statuses[0]
    assert f"{ROWS}행" in calc.statuses[-1]
    # cells of other people's making are left alone
    calculated = {(sheet, cell) for sheet, cell in calc.host.recorder.of("calculate")}
    assert ("보유종목", "A5") in calculated
    assert all("KIS_" in book.cell(sheet, cell).formula for sheet, cell in calculated)


def test_a_refresh_that_fails_keeps_everything_and_says_what_to_do(calc: Calc, book: Workbook, running: Simulator) -> None:
    before = book.block("보유종목", f"A5:Z{5 + ROWS}")
    running.add_fault(Fault("http:503", on_call=2, times=9))
    book.press("보유종목", "새로고침")
    assert book.block("보유종목", f"A5:Z{5 + ROWS}") == before
    (message,) = calc.messages
    assert message.startswith("새로고침하지 못했습니다")
    assert "NETWORK" in message
    status = dict(udfs.KIS_STATUS())
    assert status["상태"].startswith("새로고침 실패")
    assert status["해결 방법"]
    banner = [value for row in book.block("대시보드", "A1:O12") for value in row if isinstance(value, str)]
    assert any("새로고침 실패" in text for text in banner)


def test_tables_are_formatted_and_a_format_of_the_users_own_stays(book: Workbook) -> None:
    book.set_formula("설정", "AB40", '=KIS_HOLDINGS("",{"prdt_name","evlu_amt","evlu_pfls_rt"},1,"top=3")', "AB40:AD43")
    book.set_formula("설정", "AF40", '=KIS_SUMMARY("",{"tot_evlu_amt","nass_amt"})', "AF40:AG41")
    own = 'Sub Own()\nThisWorkbook.Worksheets(7).Range("AG41").NumberFormat = "0.0"\nEnd Sub'
    book.put_module("TestFormat", own)
    book.run_macro("TestFormat.Own")
    book.press("대시보드", "새로고침")
    assert book.cell("설정", "AC42").number_format == "#,##0;-#,##0"
    assert "0.00%" in book.cell("설정", "AD42").number_format
    assert book.cell("설정", "AG40").number_format == "#,##0;-#,##0"
    assert book.cell("설정", "AG41").number_format == "0.0"
    assert book.cell("보유종목", "M6").number_format == "#,##0"  # the sheet's own


def test_export_writes_what_the_cells_show_and_offers_to_open_it(calc: Calc, book: Workbook, running: Simulator) -> None:
    pages = len(inquiries(running))
    book.press("대시보드", "보고서 내보내기")
    (question,) = calc.asked
    (opened,) = calc.opened
    assert opened in question
    assert len(inquiries(running)) == pages
    assert load_workbook(opened)["보유종목"].tables["Holdings"].ref == f"A1:Z{1 + ROWS}"
    calc.answer(yes=False)
    book.press("대시보드", "보고서 내보내기")
    assert len(calc.opened) == 1


def test_copy_as_values_holds_no_formula(calc: Calc, book: Workbook) -> None:
    expected = book.block("계좌", "A5:B28")
    book.run_macro("KisButtons.KisCopyValues")  # of the sheet that is active
    (copy,) = [other for title, other in calc.workbooks().items() if "KISBalance" not in title]
    assert not any(copy.cell(sheet, "P4").formula.startswith("=") for sheet in copy.sheets())
    assert expected


def test_the_check_says_whether_the_service_answers(calc: Calc, book: Workbook, running: Simulator) -> None:
    book.press("설정", "연결 점검")
    running.add_fault(Fault("http:503", times=9))
    book.press("설정", "연결 점검")
    fine, wrong = calc.messages
    assert fine.startswith("OK: ")
    assert wrong.startswith("NETWORK: ")


def test_the_functions_help_is_registered_when_the_workbook_opens(calc: Calc, book: Workbook) -> None:
    described = {name: (text, arguments) for name, text, arguments in calc.host.recorder.of("describe")}
    assert set(described) == set(FUNCTIONS)
    text, arguments = described["KIS_HOLDINGS"]
    assert text == FUNCTIONS["KIS_HOLDINGS"].help.ko
    assert len(arguments) == 4


def test_settings_take_effect(calc: Calc, book: Workbook) -> None:
    book.run_macro("KisButtons.KisSchedule")
    assert "KisAuto" not in [macro for _, macro in calc.timers]
    cell = setting(book, "KisInterval")
    book.set_value("설정", cell, 15)
    assert (15.0, "KisAuto") in calc.timers
    book.set_value("설정", setting(book, "KisLanguage"), "en")
    assert book.cell("보유종목", "A5").value == "Code"


def setting(book: Workbook, name: str) -> str:
    """The cell that a defined name of the settings sheet stands for."""
    book.put_module("TestName", f'Function Where()\nWhere = ThisWorkbook.Names("{name}").RefersToRange.Address(False, False)\nEnd Function')
    return str(book.run_macro("TestName.Where"))


def test_python_that_cannot_be_reached_is_told(calc: Calc, book: Workbook) -> None:
    before = book.block("보유종목", "A5:C9")
    gone = 'Function KisConnect() As Object\nErr.Raise 1000, "x", "no server"\nEnd Function\n'
    book.put_module("KisServer", gone + OTHERS)
    book.set_formula("설정", "Z99", "=KIS_VERSION()")
    assert book.cell("설정", "Z99").value == NOT_AVAILABLE
    book.press("대시보드", "새로고침")
    assert calc.messages[0].startswith(MESSAGES["msg.no_python"].ko)
    assert "no server" in calc.messages[0]
    assert book.block("보유종목", "A5:C9") == before
    book.set_value("설정", setting(book, "KisLanguage"), "en")
    assert book.block("보유종목", "A5:C9") == before


@pytest.mark.parametrize("name", ["KisHost", "KisServer"])
def test_the_modules_that_the_harness_replaces_compile_too(book: Workbook, name: str) -> None:
    """What only Excel can run is at least read by a compiler: a fault in one procedure would stop the whole module."""
    (source,) = [module.source for module in vba.modules(()) if module.name == name]
    book.put_module("Compiled", source.replace("Option Private Module", "") + "\nFunction Alive()\nAlive = 42\nEnd Function\n")
    assert book.run_macro("Compiled.Alive") == 42


OTHERS = "".join(f"Public Sub {head}\nEnd Sub\n" for head in ("KisDisconnect()", "KisForget()", "KisRunPython(c)"))
PRESSED_ESC = """
Private mCount As Long
Public Function KisConnect() As Object
    mCount = mCount + 1
    If mCount = {at} Then Err.Raise 18, "x", "interrupted"
    Set KisConnect = New KisTestServer
End Function
"""


@pytest.mark.parametrize("at", [1, 2, 3])
def test_esc_ends_a_refresh_at_any_call_and_the_next_one_works(calc: Calc, book: Workbook, running: Simulator, at: int) -> None:
    before = book.block("보유종목", f"A5:Z{5 + ROWS}")
    running.add_fault(Fault("slow:0.5"))
    book.put_module("KisServer", PRESSED_ESC.replace("{at}", str(at)) + OTHERS)
    book.press("대시보드", "새로고침")
    assert not calc.messages
    assert book.block("보유종목", f"A5:Z{5 + ROWS}") == before
    if at > 1:
        assert any("취소했습니다" in status for status in calc.statuses)
    book.press("대시보드", "새로고침")
    assert not calc.messages
    assert f"{ROWS}행" in calc.statuses[-1]


def test_a_python_that_does_not_start_is_waited_for_once(calc: Calc, book: Workbook) -> None:
    (source,) = [module.source for module in vba.modules(()) if module.name == "KisServer"]
    source = source.replace('Application.Run("xlwings.xlam!XLPy")', "Dawdle()").replace("Option Private Module", "")
    source = source.replace('Application.Run "xlwings.xlam!RunPython", command', "")
    source = (
        source.replace("Private mServer", "Private tries As Long\nPrivate mServer")
        + """
Public Function Dawdle() As Object
    Dim began As Date
    tries = tries + 1
    began = Now
    Do While Now - began < 0.00007
    Loop
    Err.Raise 1000, "x", "too slow"
End Function
Public Function HowMany()
    HowMany = tries
End Function
"""
    )
    book.put_module("KisServer", source)
    for row in range(50, 53):
        book.set_formula("계좌", f"Z{row}", "=KIS_VERSION()")
        assert book.cell("계좌", f"Z{row}").value == NOT_AVAILABLE
    assert book.run_macro("KisServer.HowMany") == 1
    book.press("대시보드", "새로고침")
    assert "too slow" in calc.messages[0]
    assert book.run_macro("KisServer.HowMany") == 2


def test_a_refresh_of_a_workbook_just_opened_renews_every_snapshot(
    calc: Calc, book: Workbook, running: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.set_formula("설정", "Z99", '=KIS_SUMMARY("","tot_evlu_amt")&INDEX(KIS_HOLDINGS("","",0,"PRCS_DVSN=01"),1,1)')
    assert str(book.cell("설정", "Z99").value).endswith("005930")
    forget(monkeypatch)
    before = len(inquiries(running))
    book.press("대시보드", "새로고침")
    assert len(inquiries(running)) == before + 4  # two pages each
    assert not calc.messages


def test_the_banner_tells_of_options_that_fail_at_every_refresh(calc: Calc, book: Workbook, running: Simulator) -> None:
    book.set_value("설정", setting(book, "KisOptions"), "AFHR_FLPR_YN=X")
    assert book.cell("보유종목", "A6").value == "005930"
    for _ in range(2):
        running.add_fault(Fault("APBK9999", on_call=1, times=2))
        book.press("대시보드", "새로고침")
        assert "APBK9999" in str(book.cell("대시보드", "B5").value)
    assert len(calc.messages) == 2


def test_a_python_that_goes_in_the_second_round_spoils_nothing(calc: Calc, book: Workbook, monkeypatch: pytest.MonkeyPatch) -> None:
    book.set_formula("설정", "Z99", '=INDEX(KIS_HOLDINGS("","",0,"PRCS_DVSN=01"),1,1)')
    assert book.cell("설정", "Z99").value == "005930"
    before = book.block("보유종목", "A5:C9")
    forget(monkeypatch)

    def gone(a: Any = None, b: Any = None, c: Any = None, d: Any = None) -> Any:
        monkeypatch.setattr(macros, "poll", gone)
        monkeypatch.setattr(udfs, "KIS_HOLDINGS", gone)
        raise RuntimeError("gone")

    monkeypatch.setattr(macros, "start_rest", gone)
    book.press("대시보드", "새로고침")
    assert "gone" in calc.messages[0]
    assert book.block("보유종목", "A5:C9") == before
