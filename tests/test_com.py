"""The functions and macros as Excel reaches them: xlwings' own DLL starts its COM server, which calls Python.

The server is started by the very command line that a personal workbook builds, under paths with spaces and Korean letters.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

if os.name != "nt":
    pytest.skip("COM is Windows' own: these tests run under a Windows Python only", allow_module_level=True)

import pywintypes  # type: ignore[import-not-found, import-untyped, unused-ignore]
import xlwings.udfs  # type: ignore[import-not-found, import-untyped, unused-ignore]

from kis_xl import __version__, udfs
from kis_xl.excel import macros, session
from kis_xl.excel.personal import personal_workbook
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.simulator import Simulator
from kis_xl.simulator.rows import Row
from tests.com.command import Workbook, conf_of
from tests.com.fake_excel import FakeWorkbook, made_up_excel
from tests.com.interpreter import interpreter_in, speaks_korean, user_folder
from tests.com.kit import BIG, HARD_ROWS, answering, environment_of, over_com, plain, store_days, types
from tests.com.server import MACROS, Server, is_wine, missing, workbook_at
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [dict(row) for row in HARD_ROWS]


@pytest.fixture(scope="module")
def simulator(rows: list[Row]) -> Iterator[Simulator]:
    with answering(rows) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_folder(tmp_path_factory.mktemp("com"))


@pytest.fixture(scope="module")
def environment(simulator: Simulator, folder: Path) -> dict[str, str]:
    return environment_of(simulator, folder / "데이터 data" if speaks_korean() else folder / "data")


@pytest.fixture(scope="module")
def days(environment: dict[str, str]) -> list[datetime]:
    return store_days(environment, 3, 1)


@pytest.fixture(scope="module")
def conf(folder: Path) -> dict[str, str]:
    """The sheet `xlwings.conf` of a personal workbook."""
    return conf_of(personal_workbook("ko", interpreter=interpreter_in(folder / "python env")))


def start(book: Workbook, environment: dict[str, str], folder: Path) -> Server:
    """A server with `environment` and no other setting, started in a folder that is not the repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("KIS_XL_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        return Server(book)


@pytest.fixture(scope="module")
def server(conf: dict[str, str], environment: dict[str, str], folder: Path, days: list[datetime]) -> Iterator[Server]:
    """The server behind a workbook that has stored days and has been asked for its account once."""
    running = start(workbook_at(folder / "KIS balance.xlsm", conf), environment, folder)
    try:
        running.call("hello", "ko", module=MACROS)
        running.call("KIS_HOLDINGS")
        yield running
    finally:
        running.end()


@pytest.fixture(autouse=True)
def here(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process sees what the server sees, and begins anew with each test."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "_session", None)
    monkeypatch.setattr(session, "_language", None)


def test_the_workbooks_own_python_was_started(server: Server, conf: dict[str, str], environment: dict[str, str], folder: Path) -> None:
    assert server.ask("__import__('sys').executable").lower() == conf["INTERPRETER_WIN"].lower()
    assert server.ask("__import__('os').environ['KIS_XL_HOME']") == environment["KIS_XL_HOME"]
    assert " " in server.ask("__import__('sys').prefix")
    assert server.call("KIS_VERSION") == __version__
    searched = server.ask("__import__('sys').path")
    assert repr(str(folder)).lower() not in searched.lower(), "the workbook's own folder must not be searched for modules"


@pytest.mark.skipif(not speaks_korean(), reason="xlwings' DLL takes paths in Windows' own code page, which here lacks Korean")
def test_python_and_its_data_may_have_korean_paths(server: Server, environment: dict[str, str]) -> None:
    assert "홍 길동" in server.ask("__import__('sys').executable")
    assert "홍 길동" in server.ask("__import__('kis_xl.excel.session').excel.session.current().settings.folder.path")
    assert any(Path(environment["KIS_XL_HOME"], "snapshots").iterdir())


@pytest.mark.parametrize(
    "name", ["김's A&B (1).xlsm", "é 뷁 🚀.xlsm", "100% {x} $HOME.xlsm", "https://d.docs.live.net/0a1b/내 문서/KIS.xlsm"]
)
def test_a_workbook_may_be_called_anything(conf: dict[str, str], environment: dict[str, str], folder: Path, name: str) -> None:
    """Also with letters that the DLL cannot take, and with an address for a path, as OneDrive has it."""
    other = start(workbook_at(name if "://" in name else folder / name, conf), environment, folder)
    try:
        assert other.call("KIS_VERSION") == __version__
    finally:
        other.end()


class Call(NamedTuple):
    """A function and its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()


CODES = (("005930", 5930.0), (None, "A000660"))
CALLS = {
    "all holdings": Call("KIS_HOLDINGS"),
    "fields in Korean": Call("KIS_HOLDINGS", ("", "종목코드, 상품명, 평가금액")),
    "a row of fields": Call("KIS_HOLDINGS", (None, (("pdno", "대출일자", "평가수익율"),), 2.0)),
    "a column of fields with a blank": Call("KIS_HOLDINGS", (None, (("pdno",), (None,), ("Valuation",)), 0.0)),
    "a table of fields": Call("KIS_HOLDINGS", (None, (("pdno", "prdt_name"), ("hldg_qty", "evlu_amt")))),
    "one field, no header": Call("KIS_HOLDINGS", (None, "evlu_amt", 0.0)),
    "one row": Call("KIS_HOLDINGS", (None, "pdno; evlu_amt", False, "top=1")),
    "options in a range": Call("KIS_HOLDINGS", (None, "pdno; evlu_amt", True, (("by=stock", "sort=-evlu_amt"), ("top=2", None)))),
    "summary": Call("KIS_SUMMARY"),
    "one total": Call("KIS_SUMMARY", (None, "총평가금액")),
    "all of the totals": Call("KIS_SUMMARY", (None, None, 2.0)),
    "a code as text": Call("KIS_VALUE", ("005930", "evlu_amt")),
    "a code as number": Call("KIS_VALUE", (5930.0, "평가금액")),
    "a code as range of one": Call("KIS_VALUE", ((("A005930",),), (("prdt_name",),))),
    "a name for a code": Call("KIS_VALUE", ("삼성전자", "보유수량")),
    "a column of codes": Call("KIS_VALUE", ((("005930",), (5930.0,), (None,), ("999999",)), "evlu_amt")),
    "a row of codes": Call("KIS_VALUE", ((("005930", 114800.0),), "evlu_amt")),
    "codes and fields": Call("KIS_VALUE", ((("005930",), ("000660",)), (("evlu_amt", "prdt_name", "hldg_qty"),))),
    "codes in a table": Call("KIS_VALUE", (CODES, "evlu_amt")),
    "a code above 2 to the 31st": Call("KIS_VALUE", (3e9, "evlu_amt")),
    "a code above 2 to the 53rd": Call("KIS_VALUE", (float(BIG), "evlu_amt")),
    "fields": Call("KIS_FIELDS", ("전체",)),
    "accounts": Call("KIS_ACCOUNTS"),
    "version": Call("KIS_VERSION"),
    "history": Call("KIS_HISTORY", ("총평가금액",)),
    "history of a stock": Call("KIS_HISTORY", ("000660:evlu_amt",)),
    "changes": Call("KIS_CHANGES"),
    "an unknown field": Call("KIS_HOLDINGS", (None, "평가금엑")),
    "an unknown account": Call("KIS_VALUE", ("005930", "evlu_amt", "없는 계좌")),
    "a stock that is not held": Call("KIS_VALUE", ("999999", "evlu_amt")),
    "a wrong option": Call("KIS_HOLDINGS", (None, None, None, "top=없음")),
    "wrong headers": Call("KIS_HOLDINGS", (None, None, 7.0)),
    "no date": Call("KIS_HISTORY", (None, "어제")),
    "many values for one": Call("KIS_HISTORY", ((("evlu_amt",), ("pchs_amt",)),)),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLS)
def test_the_answer_is_that_of_the_same_call_in_python(server: Server, case: str) -> None:
    name, arguments = CALLS[case]
    answer = plain(server.call(name, *arguments))
    expected = over_com(getattr(udfs, name)(*arguments))
    assert answer == expected
    assert types(answer) == types(expected)


def test_every_function_is_called_here() -> None:
    assert {call.name for call in CALLS.values()} | {"KIS_STATUS", "KIS_PING"} == set(FUNCTIONS)


def test_values_arrive_as_what_a_cell_takes(server: Server) -> None:
    """Said once more without our own code in between: shapes, Korean, big numbers, dates, long text, text that looks like an error."""
    assert server.call("KIS_VALUE", "000660", "evlu_amt") == float(BIG)
    assert type(server.call("KIS_VALUE", "000660", "evlu_amt")) is float
    assert server.call("KIS_HOLDINGS", None, "pchs_amt", 0.0)[2] == (float(2**31),)
    assert server.call("KIS_HOLDINGS", None, "prdt_name; hldg_qty", 0.0, "top=1") == ("삼성전자", 35.0)
    assert plain(server.call("KIS_HOLDINGS", None, "loan_dt", 0.0)) == (("",), (datetime(2026, 1, 2),), ("",), ("",), ("",))  # noqa: DTZ001
    long, marked = (row[0] for row in server.call("KIS_HOLDINGS", None, "prdt_name", 0.0)[3:])
    assert (len(long), long[:3]) == (255, "가가가")
    assert marked == " #KIS! DATA: =1+1 뷁 é 🚀"
    assert server.call("KIS_VALUE", "005930", "evlu_erng_rt") == pytest.approx(-0.0428685259, abs=0.01)


def test_errors_arrive_as_marked_text(server: Server) -> None:
    assert server.call("KIS_VALUE", "999999", "evlu_amt").startswith("#KIS! DATA: ")
    assert server.call("KIS_HOLDINGS", None, "평가금엑").startswith("#KIS! ARGUMENT: ")
    assert "평가금액" in server.call("KIS_HOLDINGS", None, "평가금엑")
    held, not_held = server.call("KIS_VALUE", (("005930",), ("999999",)), "evlu_amt")
    assert held == (154440.0,)
    assert not_held[0].startswith("#KIS! DATA: ")


def test_dates_go_as_serial_numbers_and_as_times(server: Server, days: list[datetime]) -> None:
    """Value2 of a date cell is a number; Value, and xlwings' own wrappers, give a time."""
    first = days[0].replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    serial = float((first - datetime(1899, 12, 30)).days)  # noqa: DTZ001
    expected = over_com(udfs.KIS_HISTORY("tot_evlu_amt", first, first))
    assert [row[0] for row in expected[1:]] == [first]
    for sent in (serial, serial + 0.75, pywintypes.Time(first), f"{first:%Y-%m-%d}", f"{first:%Y.%m.%d}"):
        assert plain(server.call("KIS_HISTORY", "tot_evlu_amt", sent, sent)) == expected
    assert plain(server.call("KIS_CHANGES", serial)) == over_com(udfs.KIS_CHANGES(first))
    assert len(server.call("KIS_HISTORY", "tot_evlu_amt", None, serial + 2)) == 1 + len(days)


@pytest.mark.parametrize("blank", ["none", "text", "left out"])
def test_blanks_mean_the_default(server: Server, blank: str) -> None:
    sent: Any = {"none": None, "text": "", "left out": missing()}[blank]
    assert plain(server.call("KIS_HOLDINGS", sent, sent, sent, sent)) == over_com(udfs.KIS_HOLDINGS())
    assert plain(server.call("KIS_HISTORY", sent, sent, sent, sent)) == over_com(udfs.KIS_HISTORY())


def test_status_and_ping(server: Server) -> None:
    """What differs from process to process is the last attempt, and perhaps the age."""
    there, local = dict(plain(server.call("KIS_STATUS"))), dict(over_com(udfs.KIS_STATUS()))
    assert isinstance(there.pop("마지막 시도"), datetime)
    assert there.pop("경과(분)") <= local.pop("경과(분)")
    local.pop("마지막 시도")
    assert isinstance(there.pop("수식 오류"), str)
    local.pop("수식 오류")
    assert there == local
    assert server.call("KIS_PING").startswith("OK: ")


def ended(server: Server) -> tuple[str, ...]:
    """The last report of the job that is going on."""
    for _ in range(300):
        report: tuple[str, ...] = server.call("poll", 0.2, module=MACROS)
        if report[0] != "running":
            return report
    raise AssertionError("the job does not end")


def test_a_refresh_goes_on_while_cells_are_answered(server: Server, simulator: Simulator, rows: list[Row]) -> None:
    before = server.call("KIS_VALUE", "114800", "prpr")
    rows[3]["prpr"] = str(int(before) + 10)
    simulator.add_fault("1=slow:3")
    assert server.call("start_refresh", None, None, module=MACROS) == ""
    stage, line, *_ = server.call("poll", 0.0, module=MACROS)
    assert (stage, "KIS 잔고 조회 중" in line) == ("running", True)
    assert server.call("KIS_VALUE", "114800", "prpr") == before
    assert server.call("poll", 0.0, module=MACROS)[0] == "running", "the cell did not wait for the fetch"
    stage, line, message, path = ended(server)
    assert (stage, message, path) == ("done", "", "")
    assert "5행" in line
    assert server.call("KIS_VALUE", "114800", "prpr") == before + 10


def test_a_refresh_that_fails_or_is_cancelled_leaves_what_was_there(server: Server, simulator: Simulator, rows: list[Row]) -> None:
    before = server.call("KIS_VALUE", "114800", "prpr")
    rows[3]["prpr"] = str(int(before) + 10)
    simulator.add_fault("1=slow:3")
    made = len(simulator.calls)
    server.call("start_refresh", None, None, module=MACROS)
    while len(simulator.calls) == made:
        assert server.call("poll", 0.05, module=MACROS)[0] == "running"
    assert server.call("cancel", module=MACROS) == ""
    assert ended(server)[0] == "cancelled"
    assert server.call("KIS_VALUE", "114800", "prpr") == before
    simulator.add_fault("1=missing_field:prpr")
    server.call("start_refresh", None, None, module=MACROS)
    stage, _, message, _ = ended(server)
    assert (stage, "DATA: " in message) == ("failed", True)
    assert server.call("KIS_VALUE", "114800", "prpr") == before
    assert "DATA: " in dict(server.call("KIS_STATUS"))["마지막 오류"]


def test_an_export_writes_the_report(server: Server, environment: dict[str, str]) -> None:
    assert server.call("start_export", None, None, module=MACROS) == ""
    stage, line, message, path = ended(server)
    assert stage == "done"
    assert Path(path).parent == Path(environment["KIS_XL_HOME"], "reports")
    assert Path(path).stat().st_size > 10_000
    assert path in line
    assert path in message


def test_the_other_macros(server: Server) -> None:
    assert server.call("hello", "en", module=MACROS) == __version__
    assert server.call("KIS_SUMMARY", None, "tot_evlu_amt", 1.0)[0] == "Total valuation"
    assert server.call("hello", "ko", module=MACROS) == __version__
    assert server.call("check", None, module=MACROS).startswith("OK: ")
    assert server.call("check", "없는 계좌", module=MACROS).startswith("ACCOUNT: ")
    assert type(server.call("is_trading", module=MACROS)) is bool
    captions = (("종목코드", "평가금액", None, "대출일자"),)
    formats = server.call("formats", captions, module=MACROS)
    assert formats == over_com(macros.formats(captions))
    assert [bool(text) for text in formats] == [False, True, False, True]
    assert server.call("formats", "evlu_amt", module=MACROS) == formats[1]
    assert f"\n{formats[1]}\n" in server.call("our_formats", module=MACROS)
    assert server.call("start_refresh", "없는 계좌", None, module=MACROS) == ""
    assert server.call("poll", 0.0, module=MACROS)[2].startswith("ACCOUNT: ")


#: Words that VBA does not take for an argument (MS-VBAL 3.3.5.2), as far as one might think of them.
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        abs and any array as attribute boolean byref byte byval call case cbool cdate const currency date debug declare dim do doevents
        double each else end enum erase error event exit false fix for friend function get global gosub goto if implements in input int
        integer is len let like lock long loop lset me mod name new next not nothing null object on open option optional or paramarray
        preserve print private property public put raiseevent redim rem resume return rset scale seek select set sgn shared single spc
        static step stop string sub tab then to true type typeof unlock until variant wend while with withevents write xor
        """,
    )
)


def arguments_of(module: str) -> dict[str, list[str]]:
    """The declared arguments of each function of a VBA module."""
    declared = re.findall(r"^Function (\w+)\((.*)\)\s*$", module, re.MULTILINE)
    return {name: [part.strip() for part in arguments.split(",") if part.strip()] for name, arguments in declared}


def assert_compiles(module: str) -> None:
    """What can be said of a module of functions without a compiler."""
    assert module.startswith('Attribute VB_Name = "xlwings_udfs"')
    assert module.isascii()
    assert max(map(len, module.splitlines())) <= 1023
    declared = arguments_of(module)
    assert set(declared) == set(FUNCTIONS)
    assert module.count("End Function") == len(FUNCTIONS)
    for name, arguments in declared.items():
        needed = 2 if name == "KIS_VALUE" else 0
        assert ["Optional" in argument for argument in arguments] == [place >= needed for place in range(len(arguments))]
        names = [argument.split()[-1].lower() for argument in arguments]
        assert len(names) == len(FUNCTIONS[name].arguments)
        assert not RESERVED & set(names)
        assert len("".join(names)) < 254


def test_import_functions_makes_a_module_that_compiles() -> None:
    book = FakeWorkbook("KIS 잔고.xlsm")
    importing: Any = xlwings.udfs
    importing.get_udf_module("kis_xl.udfs", None)  # loaded by the first cell, so that the workbook is not searched for it
    importing.import_udfs("kis_xl.udfs", book)
    assert_compiles(book.module)
    assert set(book.described) == {f"'{book.Name}'!{name}" for name in FUNCTIONS}
    for name, function in FUNCTIONS.items():
        shown = book.described[f"'{book.Name}'!{name}"]
        texts = [shown["Description"], *(shown["ArgumentDescriptions"] or ())]
        assert len(texts) == 1 + len(function.arguments)
        assert all(0 < len(text) <= 255 and re.search("[가-힣]", text) for text in texts)
        assert shown["Category"] == "KIS"


@pytest.fixture(scope="module")
def excel() -> Any:
    """Objects that say they are Excel's, where that does no harm."""
    found = made_up_excel()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # the fake leaves a file open
def test_import_functions_over_com(server: Server, excel: Any) -> None:
    """As xlwings' ribbon button does: `XLPy.Call(XLPy.Module("xlwings"), "import_udfs", XLPy.Tuple(modules, workbook))`."""
    application = excel.App()
    book = excel.Book(application, "KIS 잔고.xlsm")
    python = server.python
    python.Call(python.Module("xlwings"), "import_udfs", python.Tuple("kis_xl.udfs", excel.w(book)))
    assert_compiles(book.vb.comps.text)
    assert len(application.options) == len(FUNCTIONS)


def test_xlwings_own_wrappers_work_too(server: Server, excel: Any) -> None:
    """After Import Functions: ranges come as objects, with the workbook and the calling cell."""
    application = excel.App()
    book = excel.Book(application)
    sheet = excel.Sheet(book, application)
    codes = excel.w(excel.Rng(sheet, application, (("005930",), (660.0,)), "$A$1:$A$2", 1, 1))
    field = excel.w(excel.Rng(sheet, application, "평가금액", "$B$1", 1, 2))
    caller = excel.w(excel.Rng(sheet, application, 0.0, "$C$1", 1, 3))
    answer = server.python.CallUDF("kis_xl.udfs", "KIS_VALUE", (codes, field, missing()), excel.w(book), caller)
    assert answer == server.call("KIS_VALUE", (("005930",), (660.0,)), "평가금액")


def known_to_have_gone() -> set[int]:
    """The error numbers at which the workbook starts a new server."""
    source = (REPOSITORY / "kis_xl" / "excel" / "vba" / "KisCore.bas").read_text(encoding="ascii")
    (numbers,) = re.findall(r"Function KisHasGone.*?Case ([-\d, ]+)\n", source, re.DOTALL)
    return {int(number) for number in numbers.split(",")}


@pytest.fixture
def _no_fault_handler(pytestconfig: pytest.Config) -> Iterator[None]:
    """RPC tells itself by an exception of Windows' own, and catches it, that a server has gone; pytest would print each."""
    plugin: Any = pytestconfig.pluginmanager.get_plugin("faulthandler")
    was_enabled = faulthandler.is_enabled()
    faulthandler.disable()
    yield
    gc.collect()
    if was_enabled and plugin is not None:
        faulthandler.enable(file=pytestconfig.stash[plugin.fault_handler_stderr_fd_key])


@pytest.fixture
def dying(
    _no_fault_handler: None, conf: dict[str, str], environment: dict[str, str], folder: Path, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """A server that has answered a call and that nobody else uses."""
    running = start(workbook_at(folder / f"{request.node.name}.xlsm", conf), environment, folder)
    try:
        assert running.call("KIS_VERSION") == __version__
        yield running
    finally:
        running.end()


def test_a_server_that_was_killed_is_noticed(dying: Server) -> None:
    dying.kill()
    for _ in range(2):
        with pytest.raises(pywintypes.com_error) as caught:
            dying.call("KIS_VERSION")
        assert caught.value.hresult in known_to_have_gone()


def test_a_server_that_is_killed_during_a_call_is_noticed(dying: Server) -> None:
    killer = threading.Timer(0.5, dying.kill)
    killer.start()
    with pytest.raises(pywintypes.com_error) as caught:
        dying.python.Exec("import time; time.sleep(60)")
    killer.join()
    assert caught.value.hresult in known_to_have_gone()


@pytest.mark.skipif(is_wine(), reason="Wine never forgets the class of a server that was killed, so the DLL finds the dead one again")
def test_a_server_that_was_killed_is_started_again(dying: Server) -> None:
    """What the workbook does at such an error."""
    before = dying.pid
    dying.kill()
    dying.start()
    assert dying.pid != before
    assert dying.call("KIS_VERSION") == __version__
