"""The port of xlwings' VBA, which also counts where there is no Windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from kis_xl.excel.personal import personal_workbook
from kis_xl.language import LANGUAGES, Language
from tests.com.command import LONGEST_COMMAND, PORTED, Workbook, conf_of, dll_folders, fingerprints, server_command

PYTHON = r"C:\Users\홍 길동\파이썬 환경\Scripts\pythonw.exe"
BOOK = r"D:\문서 & 자료\김's\KISBalance.xlsm"
SERVED = "import xlwings; xlwings.serve('$(CLSID)')"


def personal(full_name: str = BOOK, language: Language = "ko", interpreter: str = PYTHON) -> Workbook:
    return Workbook(full_name, conf_of(personal_workbook(language, interpreter=Path(interpreter))))


def test_the_installed_xlwings_is_the_one_that_was_ported() -> None:
    assert fingerprints() == PORTED, "xlwings.bas does something else: read it, mend tests/com/command.py, then renew PORTED"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_personal_workbook_starts_its_own_python(language: Language) -> None:
    book = personal(language=language)
    name = r"D:\\문서 ^& 자료\\김\'s\\KISBalance.xlsm"
    assert server_command(book) == (
        rf'cmd.exe  /K ""{PYTHON}" -B -c "import sys, os;import xlwings.utils;'
        rf'xlwings.utils.prepare_sys_path(\"False;{name};{name};;;;\");{SERVED}""'
    )
    assert dll_folders(book) == (r"C:\Users\홍 길동\파이썬 환경\Scripts", r"C:\Users\홍 길동\파이썬 환경")


def test_the_sheet_says_what_xlwings_would_otherwise_guess_or_take_from_the_users_own_files() -> None:
    assert personal().conf == {
        "INTERPRETER_WIN": PYTHON, "PYTHONPATH": "", "UDF MODULES": "kis_xl.udfs", "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "USE UDF SERVER": "True", "SHOW CONSOLE": "False", "CONDA PATH": "", "CONDA ENV": "", "DEBUG UDFS": "False",
    }  # fmt: skip


def test_the_longest_paths_fit_into_the_dlls_buffer() -> None:
    """Excel opens files of up to 218 characters, Windows programs of up to 260, in Korean two bytes each."""
    book = personal("C:\\" + "가" * 215, interpreter="C:\\" + "나" * 244 + "\\pythonw.exe")
    assert len(server_command(book).encode("cp949")) <= LONGEST_COMMAND


def test_the_rest_of_the_port() -> None:
    """What a personal workbook does not use, and what tests of other ways to start would."""
    conda = {"INTERPRETER_WIN": "pythonw", "CONDA PATH": r"C:\conda", "CONDA ENV": "kis"}
    assert server_command(Workbook("b", conda)).startswith(r'cmd.exe  /K ""C:\conda\condabin\conda" activate kis && python -B -c "import')
    assert [dll_folders(Workbook("b", conda | {"CONDA ENV": name}))[0] for name in ("kis", "base", r"D:\env")] == [
        r"C:\conda\envs\kis", r"C:\conda", r"D:\env",
    ]  # fmt: skip
    assert dll_folders(Workbook("b", {})) == ()
    assert server_command(Workbook("b", {"SHOW CONSOLE": "True", "LICENSE_KEY": "x"})) == (
        'cmd.exe /showconsole /K ""pythonw" -B -c "import sys, os;'
        "os.environ['XLWINGS_LICENSE_KEY']='x';import xlwings.utils;"
        rf'xlwings.utils.prepare_sys_path(\"true;b;b;;;;\");{SERVED}""'
    )
    assert server_command(Workbook("b", {"DEBUG UDFS": "True"})).startswith("{506e67c3-")
    assert dll_folders(Workbook("b", {"INTERPRETER": r"%A%\x\p.exe"}, lambda text: text.replace("%A%", "Z:"))) == (r"Z:\x", "Z:")
