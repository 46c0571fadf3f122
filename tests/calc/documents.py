"""Open workbooks, from LibreOffice's side: modules, cells, macros, files. Run by the system's Python, in the office's main thread."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]

LIBRARY = "VBAProject"
_HEAD = "Option VBASupport 1\n"
_ERRORS = {503: "#NUM!", 519: "#VALUE!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A"}
_FILTERS = {".xlsm": "Calc MS Excel 2007 VBA XML", ".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8", ".pdf": "calc_pdf_Export"}
#: com.sun.star.sheet.FormulaResult.ERROR; com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN
_FORMULA_ERROR = 4
_RUN_MACROS = 4
#: A procedure is run by way of a function with an error handler: LibreOffice itself swallows run-time errors.
_RUN = """Option VBASupport 1
Public Function KisTestRun({parameters}) As Variant
    On Error GoTo failed
    {call}
    Exit Function
failed:
    KisTestRun = Array("error", Err.Number, Err.Source, Err.Description)
End Function
"""


class MacroError(Exception):
    """A macro ended with a run-time error: number, source, description."""


def _property(name: str, value: Any) -> Any:
    made = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    made.Name, made.Value = name, value
    return made


class Document:
    """One open workbook."""

    def __init__(self, component: Any) -> None:
        self.component = component

    @property
    def _library(self) -> Any:
        libraries = self.component.BasicLibraries
        if not libraries.hasByName(LIBRARY):  # a file without macros
            libraries.VBACompatibilityMode = True
            libraries.createLibrary(LIBRARY)
        return libraries.getByName(LIBRARY)

    # modules

    def modules(self) -> list[str]:
        """The names of the modules."""
        return list(self._library.getElementNames())

    def module_source(self, name: str) -> str:
        """The text of a module, with the lines that LibreOffice puts before it."""
        if not self._library.hasByName(name):
            raise KeyError(f"no module {name}")
        return str(self._library.getByName(name))

    def put_module(self, name: str, source: str, is_class: bool = False) -> None:
        """Add a module, or put its text in place of another's."""
        self._put(name, _HEAD + ("Option ClassModule\n" if is_class else "") + source)

    def _put(self, name: str, text: str) -> None:
        library = self._library
        (library.replaceByName if library.hasByName(name) else library.insertByName)(name, text)

    def edit_module(self, name: str, pattern: str, replacement: str) -> int:
        """Replace each match of `pattern` in a module's text. How many there were; 0 where the module is missing."""
        if not self._library.hasByName(name):
            return 0
        text, count = re.subn(pattern, replacement, self.module_source(name))
        self._put(name, text)
        return count

    # macros

    def run_macro(self, module: str, name: str, args: list[Any]) -> Any:
        """What a function returns; None for a Sub. MacroError for a run-time error, RuntimeError where Basic runs nothing."""
        names = [f"p{place}" for place in range(len(args))]
        called = f"{module}.{name}"
        if re.search(
            rf"^\s*(?:(?:Public|Private|Friend|Static)\s+)*Sub\s+{name}\b", self.module_source(module), re.MULTILINE | re.IGNORECASE
        ):
            call = f"{called} {', '.join(names)}\n    KisTestRun = Array(Empty)"
        else:
            call = f"KisTestRun = Array({called}({', '.join(names)}))"
        parameters = ", ".join(f"ByVal {parameter} As Variant" for parameter in names)
        self._put("KisTestRun", _RUN.format(parameters=parameters, call=call))
        address = f"vnd.sun.star.script:{LIBRARY}.KisTestRun.KisTestRun?language=Basic&location=document"
        answer = self.component.getScriptProvider().getScript(address).invoke(tuple(args), (), ())[0]
        if isinstance(answer, tuple) and answer and answer[0] == "error" and len(answer) == 4:
            raise MacroError(*answer[1:])
        if not isinstance(answer, tuple):
            raise RuntimeError(f"{module}.{name} did not run: some module does not compile")
        return answer[0]

    def buttons(self, sheet: str) -> list[dict[str, str]]:
        """The caption and the macro (`Module.Name`) of each button on a sheet."""
        page = self._sheet(sheet).DrawPage
        captions = {}
        for place in range(page.Count):
            shape = page.getByIndex(place)
            if shape.supportsService("com.sun.star.drawing.ControlShape"):
                captions[shape.Control.Name] = shape.Control.Label
        found = []
        for form in (page.Forms.getByIndex(place) for place in range(page.Forms.Count)):
            for place in range(form.Count):
                codes = [event.ScriptCode for event in form.getScriptEvents(place)]
                macros = [match[1] for code in codes if (match := re.search(rf"script:{LIBRARY}\.([\w.]+)\?", code))]
                name = form.getByIndex(place).Name
                found.append({"caption": captions.get(name, ""), "macro": macros[0] if macros else ""})
        return found

    # cells

    def _sheet(self, name: str) -> Any:
        return self.component.Sheets.getByName(name)

    def sheets(self) -> list[str]:
        """The names of the sheets, in order."""
        return list(self.component.Sheets.getElementNames())

    def set_formula(self, sheet: str, cell: str, text: str, array_range: str | None = None) -> None:
        """Type a formula as Excel writes it (English, with commas), or an array formula over a range."""
        self.run_macro("KisTestBridge", "KisTestFormula", [sheet, array_range or cell, text, array_range is not None])

    def set_value(self, sheet: str, cell: str, value: Any) -> None:
        """Type a value; None clears the cell. The sheet's Worksheet_Change runs."""
        self.run_macro("KisTestBridge", "KisTestValue", [sheet, cell, value])

    def spill(self, sheet: str, cell: str) -> Any:
        """Have an array formula fill as many cells as its result has; their address."""
        return self.run_macro("KisTestBridge", "KisTestSpill", [sheet, cell])

    def cell(self, sheet: str, cell: str) -> dict[str, Any]:
        """What one cell holds and shows."""
        found = self._sheet(sheet).getCellRangeByName(cell).getCellByPosition(0, 0)
        kind = found.getType().value
        value = found.getDataArray()[0][0]
        return {
            "value": None if kind == "EMPTY" or found.getError() else value,
            "string": found.String,
            "error": self._error(found),
            "type": kind.lower(),
            "formula": found.getFormula(),
            "number_format": self.component.NumberFormats.getByKey(found.NumberFormat).FormatString,
        }

    @staticmethod
    def _error(cell: Any) -> str | None:
        number = cell.getError()
        return _ERRORS.get(number, f"Err:{number}") if number else None

    def block(self, sheet: str, cells: str) -> list[list[Any]]:
        """The values of a range: None where empty, {"error": name} where a formula failed."""
        area = self._sheet(sheet).getCellRangeByName(cells)
        values = [list(row) for row in area.getDataArray()]
        at = area.RangeAddress
        for empty in area.queryEmptyCells().RangeAddresses:
            for row in range(empty.StartRow, empty.EndRow + 1):
                for column in range(empty.StartColumn, empty.EndColumn + 1):
                    values[row - at.StartRow][column - at.StartColumn] = None
        for wrong in area.queryFormulaCells(_FORMULA_ERROR).RangeAddresses:
            for row in range(wrong.StartRow - at.StartRow, wrong.EndRow - at.StartRow + 1):
                for column in range(wrong.StartColumn - at.StartColumn, wrong.EndColumn - at.StartColumn + 1):
                    values[row][column] = {"error": self._error(area.getCellByPosition(column, row))}
        return values

    def recalculate(self) -> None:
        """Compute every formula."""
        self.component.calculateAll()

    # files

    def save_as(self, path: str) -> None:
        """Write a copy, in the format that the name's end tells."""
        filter_ = _FILTERS[Path(path).suffix.lower()]
        self.component.storeToURL(uno.systemPathToFileUrl(path), (_property("FilterName", filter_), _property("Overwrite", True)))

    def export_pdf(self, path: str, sheet: str | None = None) -> None:
        """Print to a PDF: all sheets, or one."""
        options = [_property("FilterName", _FILTERS[".pdf"])]
        if sheet is not None:
            chosen = _property("Selection", self._sheet(sheet))
            options.append(_property("FilterData", uno.Any("[]com.sun.star.beans.PropertyValue", (chosen,))))
        self.component.storeToURL(uno.systemPathToFileUrl(path), tuple(options))

    def close(self) -> None:
        """Close without saving."""
        self.component.setModified(False)
        self.component.close(True)


class Opening:
    """A com.sun.star.document.XDocumentEventListener that prepares a workbook once it is read, before its Workbook_Open runs."""

    def __init__(self, modules: dict[str, dict[str, Any]], edits: list[list[str]]) -> None:
        self._modules = modules
        self._edits = edits
        self.error: Exception | None = None
        #: Whether Workbook_Open has its turn, some time after the file has been loaded.
        self.is_open = False

    def getTypes(self) -> tuple[Any, ...]:
        return (uno.getTypeByName("com.sun.star.document.XDocumentEventListener"),)

    def getImplementationId(self) -> Any:
        return uno.ByteSequence(b"")

    def disposing(self, _source: Any) -> None:
        """The office ends."""

    def documentEventOccured(self, event: Any) -> None:  # (sic)
        if event.EventName == "OnLoad":
            self.is_open = True
        if event.EventName == "OnLoadFinished":
            try:
                self._prepare(Document(event.Source))
            except Exception as error:  # noqa: BLE001 (an exception from a listener is lost)
                self.error = error

    def _prepare(self, document: Document) -> None:
        present = document.modules()
        for name, module in self._modules.items():
            if not (module["keep"] and name in present):
                document.put_module(name, module["source"], module["is_class"])
        for edit in self._edits:
            document.edit_module(*edit)

    def load(self, desktop: Any, path: str) -> Document:
        """Load the file. Not hidden: without a view, Select, ActiveCell and PasteSpecial fail."""
        component = desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(path), "_blank", 0, (_property("MacroExecutionMode", _RUN_MACROS), _property("Hidden", False))
        )
        if component is None:
            raise FileNotFoundError(path)
        if self.error is not None:
            raise self.error
        return Document(component)
