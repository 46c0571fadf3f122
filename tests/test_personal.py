"""The workbook's file as users get it: the one of the repository, and the one that `kis-xl workbook` makes."""

from __future__ import annotations

import sys
import warnings
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl.cli import main
from kis_xl.errors import ConfigError, OutputError
from kis_xl.excel import personal, vba, wrappers
from kis_xl.excel.personal import FILE_NAME, personal_workbook, shared_workbook, windowless, write_workbook
from tests.conftest import REPOSITORY

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # oletools is older than the pyparsing beside it
    from oletools.olevba import VBA_Parser  # type: ignore[import-untyped]

COMMITTED = REPOSITORY / "workbook" / FILE_NAME


def modules(data: bytes) -> dict[str, str]:
    parser = VBA_Parser("book.xlsm", data=data)
    try:
        return {name.partition(".")[0]: source for _, _, name, source in parser.extract_all_macros()}
    finally:
        parser.close()


def conf(data: bytes) -> dict[str, str]:
    return {
        str(key): str(value or "") for key, value in load_workbook(BytesIO(data))["xlwings.conf"].iter_rows(values_only=True, max_col=2)
    }


def test_the_committed_workbook_is_what_its_sources_make() -> None:
    assert COMMITTED.read_bytes() == shared_workbook(), "run: kis-xl workbook --shared workbook/KISBalance.xlsm --force"


def test_the_committed_workbook_holds_code_of_ours_only() -> None:
    found = modules(COMMITTED.read_bytes())
    assert {"KisServer", "KisHost", "KisCore", "KisButtons", wrappers.NAME, "ThisWorkbook", "shSettings"} <= set(found)
    assert not {"xlwings", "Dictionary"} & set(found)
    assert wrappers.source().replace("\n", "\r\n") in found[wrappers.NAME]
    assert 'Application.Run("xlwings.xlam!XLPy")' in found["KisServer"]
    assert not [key for key in conf(COMMITTED.read_bytes()) if key.startswith("INTERPRETER")]


def test_a_personal_copy_brings_xlwings_and_knows_the_interpreter() -> None:
    interpreter = (
        Path(r"C:\Users\홍 길동\내 파이썬\pythonw.exe") if sys.platform == "win32" else Path("/Users/홍 길동/내 파이썬/bin/python")
    )
    data = personal_workbook("en", interpreter=interpreter)
    found = modules(data)
    assert "Set mServer = XLPy()" in found["KisServer"]
    assert "XLPyDLLActivateAuto" in found["xlwings"]
    assert "Dictionary" in found
    assert str(interpreter) in conf(data).values()
    assert conf(data)["UDF MODULES"] == "kis_xl.udfs"
    assert data == personal_workbook("en", interpreter=interpreter)


def test_an_interpreter_that_excel_could_not_start_is_refused(tmp_path: Path) -> None:
    interpreter = tmp_path / "파이썬" / "Scripts" / "pythonw.exe"
    interpreter.parent.mkdir(parents=True)
    with pytest.raises(ConfigError, match="code page"):
        personal.check_reachable(interpreter, "cp1252")
    with pytest.raises(ConfigError, match="DLL") as caught:
        personal.check_reachable(interpreter, "cp949")
    assert "--user" in caught.value.hint.en
    (interpreter.parent.parent / "xlwings64-0.37.8.dll").touch()  # as pip puts it into a virtual environment
    personal.check_reachable(interpreter, "cp949")


def test_no_vba_of_ours_has_letters_that_a_code_page_could_lose() -> None:
    for module in vba.modules(("shSettings",)):
        assert module.source.isascii(), module.name


def test_the_windowless_interpreter_is_taken_where_there_is_one(tmp_path: Path) -> None:
    python = tmp_path / "python.exe"
    assert windowless(python) == python
    (tmp_path / "pythonw.exe").touch()
    assert windowless(python) == tmp_path / "pythonw.exe"
    assert windowless(Path("/usr/bin/python3")) == Path("/usr/bin/python3")


def test_a_workbook_is_never_replaced_unasked(tmp_path: Path) -> None:
    path = write_workbook(b"first", tmp_path, replace=False)
    assert path == tmp_path / FILE_NAME
    with pytest.raises(OutputError, match="there already") as caught:
        write_workbook(b"second", path, replace=False)
    assert "--force" in caught.value.hint.en
    assert path.read_bytes() == b"first"
    assert write_workbook(b"second", path, replace=True).read_bytes() == b"second"


def test_only_xlsm_is_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.xlsm"):
        write_workbook(b"", tmp_path / "book.xlsx", replace=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such folder")
def test_a_place_that_cannot_be_written_is_told() -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_workbook(b"", Path("/proc/nowhere/book.xlsm"), replace=False)


@pytest.mark.parametrize("options", [[], ["--legacy"], ["--lang", "ko"], ["--shared"]], ids=" ".join)
def test_the_command_makes_a_workbook_and_prints_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    path = tmp_path / "내 통합 문서.xlsm"
    assert main(["workbook", str(path), *options]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    sheets = load_workbook(path, keep_vba=True).sheetnames
    assert sheets[0] == ("시작" if options in (["--lang", "ko"], ["--shared"]) else "Start")
    assert main(["workbook", str(path)]) == 7
    assert "--force" in capsys.readouterr().err
    assert main(["workbook", str(path), "--force"]) == 0


def test_without_xlwings_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(personal, "find_spec", lambda _: None)
    assert main(["workbook", "never.xlsm"]) == 2
    assert "pip install" in capsys.readouterr().err
