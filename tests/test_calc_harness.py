"""The harness that has LibreOffice Calc stand in for Excel: what the other tests in Calc rely on."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kis_xl.excel.ovba import Module
from tests.calc import com, process
from tests.calc.client import Calc, CalcError, CellError, MacroFailed, Workbook
from tests.calc.host import Host
from tests.calc.process import Driver
from tests.calc.sample_functions import WRONG
from tests.calc.sample_workbook import write_sample, write_with_server
from tests.conftest import REPOSITORY

pytest_plugins = ["pytester", "tests.calc.fixture"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "demo 한글.xlsm")


@pytest.fixture
def book(calc: Calc, path: Path) -> Workbook:
    return calc.open(path)


def typed(book: Workbook, formula: str, cell: str = "H1") -> Any:
    book.set_formula("Demo", cell, formula)
    return book.cell("Demo", cell).value


def table(book: Workbook, formula: str, area: str) -> list[list[Any]]:
    book.set_formula("Demo", area.partition(":")[0], formula, area)
    return book.block("Demo", area)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("=DEMO_ADD(1,2)", 3.0),
        ('=DEMO_ADD("한국","투자증권")', "한국투자증권"),
        ("=DEMO_ADD(123456789012345,0)", 123456789012345.0),
        ("=DEMO_ADD(A2,0.25)", 1.75),
        ("=DEMO_ECHO()", "None"),
        ("=DEMO_PASS()", "'left out'"),
        ('=DEMO_ECHO("")', "None"),
        ("=DEMO_ECHO(Z9)", "None"),
        ("=DEMO_ECHO(5930)", "5930.0"),
        ("=DEMO_ECHO(B1)", "True"),
        ("=DEMO_ECHO(B2)", "None"),
        ("=DEMO_ECHO(A1:A2)", "['가격', 1.5]"),
        ("=DEMO_ECHO(A1:B2)", "[['가격', True], [1.5, None]]"),
        ("=DEMO_ECHO(A3:B3)", "[None, None]"),
        ("=DEMO_ECHO(B2:C2)", "[None, None]"),
        ("=DEMO_ECHO(A2:B1)", "[['가격', True], [1.5, None]]"),
        ("=DEMO_ECHO(B4)", "46346.25"),
        ("=DEMO_MIXED()", "[7.0, 7, datetime.datetime(2026, 11, 20, 6, 0), None, None, None, True, None]"),
        ("=DEMO_ECHO({1,2})", "[1.0, 2.0]"),
    ],
)
def test_arguments_arrive_as_xlwings_delivers_them(book: Workbook, formula: str, shown: Any) -> None:
    assert typed(book, formula) == shown


def test_an_argument_declared_as_a_table_is_one(calc: Calc, book: Workbook) -> None:
    calc.declare({"DEMO_ECHO": {"value": 2}})
    assert typed(book, "=DEMO_ECHO(A1:A2)") == "[['가격'], [1.5]]"
    assert typed(book, '=DEMO_ECHO("x")') == "[['x']]"
    assert calc.host.calls[-1] == ("tests.calc.sample_functions", "DEMO_ECHO", [[["x"]]])


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (3, 1), (2, 3)])
def test_results_of_every_shape_fill_an_array_formula(book: Workbook, rows: int, columns: int) -> None:
    area = f"H1:{'HIJK'[columns - 1]}{rows}"
    assert table(book, f"=DEMO_SHAPE({rows},{columns})", area) == [[f"{row},{column}" for column in range(columns)] for row in range(rows)]


def test_texts_numbers_and_dates_come_back_as_they_are(book: Workbook) -> None:
    head, row = table(book, "=DEMO_TABLE()", "H1:K2")
    assert head == ["종목", "수량", "날짜", "참"]
    assert row == ['삼성전자 "가"\n나', 123456789012345.0, com.serial(datetime(2026, 11, 20, 12)), 1.0]  # noqa: DTZ001
    assert com.moment_of(row[2]) == datetime(2026, 11, 20, 12)  # noqa: DTZ001


def test_an_array_formula_larger_than_its_result_shows_errors(book: Workbook) -> None:
    assert table(book, "=DEMO_SHAPE(2,2)", "H1:J2") == [["0,0", "0,1", CellError("#N/A")], ["1,0", "1,1", CellError("#N/A")]]


@pytest.mark.parametrize(("number", "name"), [(2042, "#N/A"), (2015, "#VALUE!"), (2007, "#DIV/0!"), (2023, "#REF!"), (2029, "#NAME?")])
def test_error_values_are_true_ones(book: Workbook, number: int, name: str) -> None:
    assert typed(book, f"=DEMO_ERROR({number})") == CellError(name)
    assert typed(book, f'=IF(ISERROR(DEMO_ERROR({number})),"error","no error")') == "error"


def test_error_values_in_a_table_are_true_ones(book: Workbook) -> None:
    assert table(book, "=DEMO_ERRORS()", "H1:I1") == [["fine", CellError("#N/A")]]
    assert typed(book, "=IFERROR(I1,7)", "H3") == 7.0


def test_an_exception_reaches_vba_with_its_text(book: Workbook) -> None:
    shown = typed(book, '=DEMO_RAISE("없는 계좌")')
    assert shown.startswith("failed: Unexpected Python Error: Traceback (most recent call last):")
    assert shown.strip().endswith("ValueError: 없는 계좌")


@pytest.mark.parametrize("which", WRONG)
def test_what_only_windows_refuses_is_refused_here(calc: Calc, book: Workbook, which: str) -> None:
    assert typed(book, f'=DEMO_WRONG("{which}")').startswith("failed: tests.calc.sample_functions.DEMO_WRONG: ")
    assert len(calc.violations()) == 1


@pytest.mark.parametrize("function", ["DEMO_UNION", "DEMO_KEYWORD"])
def test_signatures_that_xlwings_fails_at_are_refused(calc: Calc, book: Workbook, function: str) -> None:
    assert typed(book, f'={function}("x")').startswith("failed: ")
    assert len(calc.violations()) == 1


def test_a_violation_fails_a_test_whatever_the_workbook_shows(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import http.client, json
        pytest_plugins = ["tests.calc.fixture"]
        def test_quiet(calc):
            connection = http.client.HTTPConnection("127.0.0.1", calc.host.port)
            call = {"module": "tests.calc.sample_functions", "function": "DEMO_WRONG", "args": ["none"]}
            connection.request("POST", "/", json.dumps(call))
            assert json.loads(connection.getresponse().read())[0] == "error"
            connection.close()
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*on Windows this would fail: *DEMO_WRONG: None*"])


def test_objects_and_tables_of_tables_are_refused() -> None:
    host = Host()
    try:
        for argument in ({"$": "object", "value": "ScVbaRange"}, [["x", ["y"]]], []):
            assert host.answer("tests.calc.sample_functions", "DEMO_ECHO", [argument])[0] == "error"
        assert len(host.violations) == 3
    finally:
        host.close()


def test_a_button_runs_its_macro_and_the_test_sees_what_the_user_sees(calc: Calc, book: Workbook) -> None:
    assert calc.messages == ["demo 한글.xlsm is open"]
    assert book.buttons("Demo") == {"말하기": "Demo.DemoTalk"}
    book.press("Demo", "말하기")
    assert calc.statuses == ["working", ""]
    assert calc.asked == ["open it?"]
    assert calc.opened == ["C:\\report.xlsx"]
    assert calc.messages[1:] == ["done"]
    assert calc.timers == [(5.0, "DemoTalk")]
    calc.answer(yes=False)
    book.press("Demo", "말하기")
    assert calc.opened == ["C:\\report.xlsx"]
    assert book.run_macro("Demo.DemoLog") == "open;opened True;"


def test_a_macros_error_is_not_swallowed(book: Workbook) -> None:
    with pytest.raises(MacroFailed, match="1234: 오류") as caught:
        book.run_macro("Demo.DemoFail", "오류")
    assert caught.value.source == "Demo"
    with pytest.raises(CalcError, match="NoSuchModule"):
        book.run_macro("NoSuchModule.Sub")


def test_typing_into_a_cell_is_a_change_of_the_sheet(book: Workbook) -> None:
    book.set_value("Demo", "C3", "005930")
    assert book.cell("Demo", "C3").value == 5930.0
    book.set_value("Demo", "C3", None)
    assert book.cell("Demo", "C3").type == "empty"
    assert book.run_macro("Demo.DemoLog") == "open;change C3;change C3;"


def test_cells_tell_what_they_hold_and_show(calc: Calc, book: Workbook, path: Path) -> None:
    cell = book.cell("Demo", "B4")
    assert (cell.string, cell.type, cell.number_format) == ("2026-11-20 06:00", "value", "YYYY-MM-DD HH:MM")
    assert com.moment_of(cell.value) == datetime(2026, 11, 20, 6)  # noqa: DTZ001
    assert book.cell("Demo", "D1").value == "한글"
    assert book.block("Demo", "A1:B4") == [["가격", 1.0], [1.5, CellError("#N/A")], [None, None], ['a"b', cell.value]]
    book.close()
    assert calc.open(path, recalculate=False).cell("Demo", "D1").value == "not computed"


def test_one_formula_is_computed_alone(calc: Calc, book: Workbook) -> None:
    table(book, "=DEMO_SHAPE(2,2)", "H1:I2")
    before = len(calc.host.calls)
    book.run_macro("Demo.DemoCalculate", "I2")
    assert [name for _module, name, _given in calc.host.calls[before:]] == ["DEMO_SHAPE"]
    book.run_macro("Demo.DemoCalculate", "D1")
    assert [name for _module, name, _given in calc.host.calls[before:]] == ["DEMO_SHAPE", "DEMO_ADD"]
    assert [(address) for _sheet, address in calc.host.recorder.of("calculate")] == ["I2", "D1"]
    formulas = book.run_macro("Demo.DemoFormulas").split(";")
    assert formulas[:4] == ["B1=TRUE()B1", 'D1=DEMO_ADD("한","글")D1', "H1=DEMO_SHAPE(2,2)H1:I2", "I1=DEMO_SHAPE(2,2)H1:I2"]


@pytest.mark.parametrize(
    ("activate", "run", "more"),
    [
        ('Application.Run("xlwings.xlam!XLPy")', 'Application.Run "xlwings.xlam!RunPython", command', ()),
        ("XLPy()", "RunPython command", (Module("xlwings", 'Public Declare PtrSafe Sub Sleep Lib "kernel32" (ByVal ms As Long)\n'),)),
    ],
    ids=["add-in", "module"],
)
def test_the_workbooks_own_server_keeps_its_text(calc: Calc, tmp_path: Path, activate: str, run: str, more: tuple[Module, ...]) -> None:
    book = calc.open(write_with_server(tmp_path / "own.xlsm", activate, run, more))
    assert book.run_macro("KisServer.OWN_ADD") == 3
    book.run_macro("KisServer.KisRunPython", "import this")
    assert calc.host.recorder.of("run_python") == [["import this"]]


def test_what_excel_alone_can_do_is_replaced_name_by_name() -> None:
    """A procedure that the workbook's KisHost has and the harness's has not would be missing in every test."""
    own, replaced = (
        set(re.findall(r"^Public (?:Sub|Function) (\w+\(.*)$", (folder / "KisHost.bas").read_text(encoding="ascii"), re.MULTILINE))
        for folder in (REPOSITORY / "kis_xl" / "excel" / "vba", REPOSITORY / "tests" / "calc" / "basic")
    )
    assert own
    assert own == replaced


def test_a_dynamic_array_formula_spills_when_told_to(calc: Calc, book: Workbook) -> None:
    assert book.block("Demo", "A8:B8") == [["0,0", None]]
    assert book.spill("Demo", "A8") == "A8:C9"
    assert book.block("Demo", "A8:D9") == [["0,0", "0,1", "0,2", None], ["1,0", "1,1", "1,2", None]]
    book.set_formula("Demo", "H1", "=DEMO_SHAPE(1,2)")
    assert book.spill("Demo", "H1") == "H1:I1"
    book.set_formula("Demo", "H3", '=DEMO_WRONG("none")')
    assert book.spill("Demo", "H3") == "H3"
    assert len(calc.violations()) == 4


def test_a_sheet_can_be_looked_at(book: Workbook, tmp_path: Path) -> None:
    (page,) = book.render(tmp_path / "pages", "Demo")
    assert page.read_bytes().startswith(b"\x89PNG")
    book.save_as(tmp_path / "copy.xlsx")
    assert (tmp_path / "copy.xlsx").read_bytes().startswith(b"PK")


def processes(driver: int) -> dict[int, str]:
    """The command lines of a driver's process and of its office's processes, which name the pipe between them."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                line = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                if line and (f"name=calc{driver};" in line or int(entry.name) == driver):
                    found[int(entry.name)] = line
    return found


def assert_gone(driver: int) -> None:
    deadline = time.monotonic() + 20
    while processes(driver) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes(driver) == {}


@pytest.fixture
def alone(tmp_path: Path, calc: Calc) -> Iterator[Driver]:
    """A driver of a test's own, with nothing open."""
    driver = Driver(tmp_path / "offices", calc.host.port)
    yield driver
    driver.close()


def test_a_macro_without_end_is_a_failure_and_the_next_test_gets_a_new_office(calc: Calc, alone: Driver, path: Path) -> None:
    own = Calc(alone, calc.host)
    book = own.open(path)
    first = alone.pid
    assert first is not None
    alone.timeout = 2
    with pytest.raises(TimeoutError, match="run_macro"):
        book.run_macro("Demo.DemoWait", 60)
    assert_gone(first)
    alone.timeout = 120
    assert own.open(path).sheets() == ["Demo"]
    assert alone.pid != first


def test_an_office_that_crashes_is_a_failure(alone: Driver) -> None:
    assert alone.ask("workbooks") == []
    assert alone.pid is not None
    group = alone.pid
    (office,) = [number for number, line in processes(group).items() if "soffice.bin" in line]
    os.kill(office, signal.SIGKILL)
    with pytest.raises(CalcError, match="gone"):
        alone.ask("workbooks")
    assert_gone(group)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_no_office_outlives_its_driver(alone: Driver, how: str) -> None:
    assert alone.ask("workbooks") == []
    group = alone.pid
    assert group is not None
    assert len(processes(group)) >= 3
    os.kill(group, signal.Signals[how])
    assert_gone(group)


@pytest.mark.usefixtures("calc_process")
def test_no_office_outlives_pytest(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys\nfrom tests.calc.process import Driver\n"
        "driver = Driver(pathlib.Path(sys.argv[1]), 1)\nassert driver.ask('workbooks') == []\nprint(driver.pid, flush=True)\nos._exit(3)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 3, done.stderr
    assert_gone(int(done.stdout))


def test_a_machine_without_the_packages_is_told_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process, "_SYSTEM_PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert process.missing().endswith("libreoffice-calc, python3-uno and libreoffice-script-provider-python")
    monkeypatch.setattr(sys, "platform", "win32")
    assert process.missing() == "LibreOffice is driven on Linux only"
