"""The command line with which xlwings' VBA starts its server, in Python.

A port of what xlwings.bas does between a sheet `xlwings.conf` and its DLL, statement by statement, so that a test starts
exactly what a workbook would start. `PORTED` says which text it is a port of: another version of xlwings may do otherwise.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

CONF_SHEET = "xlwings.conf"
#: The procedures of xlwings.bas that are ported here, and fingerprints of their code (see `fingerprints`).
PORTED = {
    "XLPyCommand": "1351573e2b78eca5",
    "XLPyLoadDLL": "32c1403addbff571",
    "XLPy": "ee0dc616c126fcd9",
    "KillPy": "8c6a8d8bcbd24fa7",
    "GetConfig": "8653b7265d67e7a4",
    "GetConfigFromSheet": "b987d7d44f2f0218",
    "ExpandEnvironmentStrings": "7adea9a0f2d38cea",
    "ParentFolder": "e1d600b3b0432873",
}
#: The DLL copies the command into a buffer of 2048 bytes, its end included (xlwings, src/xlwingsdll/config.cpp).
LONGEST_COMMAND = 2047


@dataclass(frozen=True)
class Workbook:
    """What xlwings' VBA knows of a workbook: its full name, and the sheet `xlwings.conf` with its keys in capitals.

    `expand` puts the values of environment variables for %NAME%, as WScript.Shell does.
    """

    full_name: str
    conf: Mapping[str, str]
    expand: Callable[[str], str] = str

    def config(self, key: str, default: str = "") -> str:
        """GetConfig, without the files that only count for keys which are not on the sheet."""
        return self.expand(self.conf.get(key, default))


def conf_of(data: bytes) -> dict[str, str]:
    """GetConfigFromSheet: the rows of an .xlsm's sheet up to the first blank key. KeyError where there is no such sheet."""
    conf: dict[str, str] = {}
    for key, value in load_workbook(io.BytesIO(data), read_only=True)[CONF_SHEET].iter_rows(max_col=2, values_only=True):
        if not key:
            break
        assert str(key).upper() not in conf, f"VBA's dictionary takes {key} once"
        conf[str(key).upper()] = "" if value is None else str(value)
    return conf


def server_command(book: Workbook) -> str:
    """XLPyCommand: what the DLL is to run, with $(CLSID) in it for the DLL to fill in."""
    if _is_true(book.config("DEBUG UDFS", "False")):
        return "{506e67c3-55b5-48c3-a035-eed5deea7d6d}"
    licence = book.config("LICENSE_KEY")
    licensed = f"os.environ['XLWINGS_LICENSE_KEY']='{licence}';" if licence else ""
    searched = rf"import xlwings.utils;xlwings.utils.prepare_sys_path(\"{_search_path(book)}\");"
    served = "import xlwings; xlwings.serve('$(CLSID)')"
    return f'{_python(book)} -B -c "import sys, os;{licensed}{searched}{served}""'


def dll_folders(book: Workbook) -> tuple[str, ...]:
    """XLPyLoadDLL: the folders that are looked through for xlwings' DLL, none where Windows' own search is relied on."""
    python, (conda, environment) = _interpreter(book), _conda(book)
    if _is_plain(python) and conda and environment:
        folder = conda if environment == "base" else environment if "\\" in environment else f"{conda}\\envs\\{environment}"
        python = f"{folder}\\{python}"
    if _is_plain(python) and not (conda and environment):
        return ()
    folder = _parent(python)
    return folder, _parent(folder)


def _search_path(book: Workbook) -> str:
    keys = ("ONEDRIVE_CONSUMER_WIN", "ONEDRIVE_COMMERCIAL_WIN", "SHAREPOINT_WIN", "PYTHONPATH")
    parts = [book.config("ADD_WORKBOOK_TO_PYTHONPATH", "true"), book.full_name, book.full_name, *map(book.config, keys)]
    return ";".join(parts).replace("\\", "\\\\").replace("'", "\\'").replace("&", "^&")


def _python(book: Workbook) -> str:
    python, (conda, environment) = _interpreter(book), _conda(book)
    console = "/showconsole" if _is_true(book.config("SHOW CONSOLE", "False")) else ""
    if _is_plain(python) and conda and environment:
        return f'cmd.exe {console} /K ""{conda}\\condabin\\conda" activate {environment} && python'
    return f'cmd.exe {console} /K ""{python}"'


def _interpreter(book: Workbook) -> str:
    return book.config("INTERPRETER_WIN") or book.config("INTERPRETER", "pythonw")


def _conda(book: Workbook) -> tuple[str, str]:
    return book.config("CONDA PATH"), book.config("CONDA ENV")


def _is_plain(python: str) -> bool:
    return python in ("python", "pythonw")


def _is_true(text: str) -> bool:
    return text.strip().lower() == "true"


def _parent(path: str) -> str:
    return path[: path.rindex("\\")]


def fingerprints() -> dict[str, str]:
    """The procedures of the installed xlwings.bas that are ported here: hashes of their code without comments and spaces."""
    spec = importlib.util.find_spec("xlwings")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).with_name("xlwings.bas").read_text(encoding="utf-8")
    return {name: _fingerprint(source, name) for name in PORTED}


def _fingerprint(source: str, name: str) -> str:
    found = re.search(rf"^(?:Private |Public )?(Function|Sub) {name}\(.*?^End \1", source, re.MULTILINE | re.DOTALL)
    if found is None:
        return "is not there"
    lines = (" ".join(line.split()) for line in found[0].splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("'"))
    return hashlib.sha256(code.encode()).hexdigest()[:16]
