"""The workbook's VBA: texts beside this file, and the module of functions, which is made.

KisServer   the way to Python: by the xlwings add-in, or by xlwings' own module in a personal copy
KisHost     what only Excel knows how to do
KisCore     arguments in, true error values out
KisButtons  what buttons and the ribbon run
ThisWorkbook, SettingsSheet   what happens when the workbook opens, closes or gets another name, and when a setting changes
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from kis_xl.excel import wrappers
from kis_xl.excel.ovba import Module, ModuleKind

#: How a workbook reaches xlwings: through its add-in, which is late-bound (a reference breaks on other PCs) ...
_ADDIN = ('Application.Run("xlwings.xlam!XLPy")', 'Application.Run "xlwings.xlam!RunPython", command', '"xlwings.xlam!KillPy"')
#: ... or through xlwings' module inside the workbook.
_STANDALONE = ("XLPy()", "RunPython command", '"\'" & Replace(ThisWorkbook.Name, "\'", "\'\'") & "\'!KillPy"')
#: The settings sheet's code name, whose changes are watched.
SETTINGS_SHEET = "shSettings"


def modules(sheets: tuple[str, ...], of_xlwings: Sequence[Module] = ()) -> list[Module]:
    """All modules for a workbook with the sheets of these code names.

    `of_xlwings` is xlwings' own VBA for a personal copy; without it the workbook uses xlwings' add-in.
    """
    activate, run, kill = _STANDALONE if of_xlwings else _ADDIN
    server = _text("KisServer.bas").replace("@ACTIVATE@", activate).replace("@RUNPYTHON@", run).replace("@KILL@", kill)
    made = [Module("ThisWorkbook", _text("ThisWorkbook.cls"), ModuleKind.WORKBOOK)]
    made += [Module(name, _text("SettingsSheet.cls") if name == SETTINGS_SHEET else "", ModuleKind.WORKSHEET) for name in sheets]
    made += [
        Module("KisServer", server, ModuleKind.STANDARD),
        *(Module(name, _text(f"{name}.bas"), ModuleKind.STANDARD) for name in ("KisHost", "KisCore", "KisButtons")),
        Module(wrappers.NAME, wrappers.source(), ModuleKind.STANDARD),
    ]
    return made + list(of_xlwings)


def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="ascii")
