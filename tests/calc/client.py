"""A running LibreOffice Calc and its open workbooks, as a test sees them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.calc.host import Host
from tests.calc.process import CalcError, Driver, MacroFailed

__all__ = ["Calc", "CalcError", "Cell", "CellError", "MacroFailed", "Workbook"]

_BASIC = Path(__file__).with_name("basic")
#: How the workbook's own KisServer asks xlwings for its object and runs Python on a Mac, and what stands there in a test.
_EDITS = (
    ("KisServer", r'Application\.Run\("[^"]*XLPy"\)|\bXLPy\(\)', "New KisTestServer"),
    ("KisServer", r'(?m)^(\s*)(?:Application\.Run "[^"]*RunPython",|RunPython) (.*)$', r'\1KisTestRecord "run_python", Array(\2)'),
    # speak to Windows: Basic compiles neither, and then runs nothing of the whole project
    ("xlwings", r"(?s)\A.*\Z", ""),
    ("Dictionary", r"(?s)\A.*\Z", ""),
)
#: The modules that stand in for others; a KisServer only where the workbook has none.
_MODULES = ("KisTestBridge.bas", "KisTestServer.cls", "KisHost.bas", "KisServer.bas")


@dataclass(frozen=True)
class CellError:
    """A true error value in a cell, such as #N/A."""

    name: str


@dataclass(frozen=True)
class Cell:
    """One cell. `value` is text, a number (a date is one too, see com.moment_of), None where empty, or a CellError.

    `type` is empty, value, text or formula.
    """

    value: Any
    string: str
    type: str
    formula: str
    number_format: str


class Workbook:
    """An open workbook. Cells are named as in Excel: `A1`, `B2:C5`."""

    def __init__(self, driver: Driver, number: int) -> None:
        self._driver = driver
        self._number = number

    def _ask(self, request: str, **given: Any) -> Any:
        return self._driver.ask(request, self._number, **given)

    def sheets(self) -> list[str]:
        """The names of the sheets, in order."""
        return list(self._ask("sheets"))

    def set_formula(self, sheet: str, cell: str, text: str, array_range: str | None = None) -> None:
        """Type a formula, or an array formula over `array_range`, as Excel writes it: English, with commas."""
        self._ask("set_formula", sheet=sheet, cell=cell, text=text, array_range=array_range)

    def set_value(self, sheet: str, cell: str, value: str | float | bool | None) -> None:
        """Type a value, or clear the cell with None. The sheet's Worksheet_Change runs."""
        self._ask("set_value", sheet=sheet, cell=cell, value=value)

    def spill(self, sheet: str, cell: str) -> str:
        """Have a formula fill as many cells as its result has, as dynamic arrays do by themselves in Excel. Their address."""
        return str(self._ask("spill", sheet=sheet, cell=cell))

    def cell(self, sheet: str, cell: str) -> Cell:
        """What a cell holds and shows."""
        found = self._ask("cell", sheet=sheet, cell=cell)
        error = found.pop("error")
        return Cell(**(found if error is None else {**found, "value": CellError(error)}))

    def block(self, sheet: str, cells: str) -> list[list[Any]]:
        """The values of a range, row by row, as Cell.value is."""
        rows = self._ask("block", sheet=sheet, cells=cells)
        return [[CellError(value["error"]) if isinstance(value, dict) else value for value in row] for row in rows]

    def run_macro(self, macro: str, *args: Any) -> Any:
        """Run `Module.Procedure`; what a Function returns. MacroFailed for a run-time error that it does not handle."""
        module, _, name = macro.rpartition(".")
        return self._ask("run_macro", module=module, name=name, args=list(args))

    def buttons(self, sheet: str) -> dict[str, str]:
        """The macros of the buttons on a sheet, by caption."""
        return {button["caption"]: button["macro"] for button in self._ask("buttons", sheet=sheet)}

    def press(self, sheet: str, caption: str) -> None:
        """Press a button: run the macro that it is bound to."""
        self.run_macro(self.buttons(sheet)[caption])

    def modules(self) -> list[str]:
        """The names of the VBA modules, those of the harness too."""
        return list(self._ask("modules"))

    def module_source(self, name: str) -> str:
        """The text of a module, with the lines that LibreOffice puts before it."""
        return str(self._ask("module_source", name=name))

    def put_module(self, name: str, source: str, *, is_class: bool = False) -> None:
        """Add a module, or put its text in place of another's."""
        self._ask("put_module", name=name, source=source, is_class=is_class)

    def recalculate(self) -> None:
        """Compute every formula."""
        self._ask("recalculate")

    def save_as(self, path: Path) -> None:
        """Write a copy: .xlsm, .xlsx or .ods."""
        self._ask("save_as", path=str(path))

    def export_pdf(self, path: Path, sheet: str | None = None) -> None:
        """Print to a PDF: all sheets, or one."""
        self._ask("export_pdf", path=str(path), sheet=sheet)

    def render(self, directory: Path, sheet: str | None = None, *, dpi: int = 80) -> list[Path]:
        """A PNG of each printed page. Skips the test where pdftoppm (package poppler-utils) is missing."""
        if shutil.which("pdftoppm") is None:
            pytest.skip("no pdftoppm: install poppler-utils")
        directory.mkdir(parents=True, exist_ok=True)
        self.export_pdf(directory / "pages.pdf", sheet)
        command = ["pdftoppm", "-r", str(dpi), "-png", str(directory / "pages.pdf"), str(directory / "page")]
        subprocess.run(command, check=True, capture_output=True)
        return sorted(directory.glob("page-*.png"))

    def close(self) -> None:
        """Close without saving; Workbook_BeforeClose runs."""
        self._ask("close")


class Calc:
    """LibreOffice Calc for one test: opens workbooks, and knows what they have told the user."""

    def __init__(self, driver: Driver, host: Host) -> None:
        self._driver = driver
        self.host = host

    def open(self, path: Path, *, recalculate: bool = True) -> Workbook:
        """Open a workbook with the test's modules in it; its Workbook_Open runs. Then compute it, as Excel does with a new file."""
        modules = {}
        for file in (_BASIC / name for name in _MODULES):
            source = file.read_text(encoding="ascii")
            modules[file.stem] = {"source": source, "is_class": file.suffix == ".cls", "keep": file.stem == "KisServer"}
        number = self._driver.ask("open", path=str(path), modules=modules, edits=[list(edit) for edit in _EDITS], recalculate=recalculate)
        return Workbook(self._driver, number)

    def workbooks(self) -> dict[str, Workbook]:
        """All open workbooks by title, also those that a macro has made."""
        return {found["title"]: Workbook(self._driver, found["document"]) for found in self._driver.ask("workbooks")}

    def declare(self, ndims: Mapping[str, Mapping[str, int]]) -> None:
        """Say for which arguments of which functions `xw.arg(..., ndim=n)` holds."""
        self.host.ndims = dict(ndims)

    def violations(self) -> list[str]:
        """The breaches of COM's rules so far, which then fail the test no more."""
        found, self.host.violations = self.host.violations, []
        return found

    @property
    def messages(self) -> list[str]:
        """The texts of the messages shown (KisTell)."""
        return [text for text, _title in self.host.recorder.of("tell")]

    @property
    def asked(self) -> list[str]:
        """The texts of the questions asked (KisAsk), answered with `answer`."""
        return [text for text, _title in self.host.recorder.of("ask")]

    @property
    def statuses(self) -> list[str]:
        """What the status bar showed, in order; "" where it was given back."""
        return [text for (text,) in self.host.recorder.of("status")]

    @property
    def opened(self) -> list[str]:
        """The files that the workbook has opened (KisOpenFile)."""
        return [path for (path,) in self.host.recorder.of("open")]

    @property
    def timers(self) -> list[tuple[float, str]]:
        """The macros that the workbook has set the clock for (KisOnTime), and the minutes."""
        return [(minutes, macro) for minutes, macro in self.host.recorder.of("on_time")]

    def answer(self, yes: bool) -> None:
        """How the user answers questions from now on; yes unless said otherwise."""
        self.host.recorder.answer = yes
